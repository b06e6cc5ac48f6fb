/* Signing keys: HMACs chained over day, Region and service, and kept, because they are the same all day. */
#ifndef DRRUN_PROVIDERS_AWS_SIGNING_KEYS_H
#define DRRUN_PROVIDERS_AWS_SIGNING_KEYS_H

#include "providers/aws/signing/digest.h"

enum { DR_AWS_KEYS_KEPT = 32 };

/* The key of a secret, a day ("20150830"), a Region and a service. Writes to `out`, which the caller wipes.
 * Source: AWS General Reference, "Derive a signing key for Signature Version 4". */
void dr_aws_signing_key(const char *secret, const char day[8], const char *region, const char *service,
                        unsigned char out[DR_SHA256_BYTES]);

/* How often a key was derived rather than found, since the process began: for tests. */
unsigned long dr_aws_signing_keys_derived(void);

#endif

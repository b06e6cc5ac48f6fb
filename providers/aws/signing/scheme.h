/* What signer and verifier have in common beyond the canonical form. */
#ifndef DRRUN_PROVIDERS_AWS_SIGNING_SCHEME_H
#define DRRUN_PROVIDERS_AWS_SIGNING_SCHEME_H

#include "interpreter/base/text.h"

/* "AWS4-HMAC-SHA256" or "AWS4-ECDSA-P256-SHA256". */
const char *dr_aws_scheme_name(bool asymmetric);
/* Appends the four lines. `date` as X-Amz-Date has it. */
void dr_aws_scheme_string_to_sign(struct dr_text *text, bool asymmetric, const char *date, const char *credential_scope,
                                  const char *canonical_request);

#endif

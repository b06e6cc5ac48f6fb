/* The key pair of SigV4A, derived from an AWS secret, and signatures with it. libcrypto's curves are loaded on first
 * use: linked in, they would add 4 MB to every drrun (docs/decisions/0002). */
#ifndef DRRUN_PROVIDERS_AWS_SIGNING_ECDSA_H
#define DRRUN_PROVIDERS_AWS_SIGNING_ECDSA_H

#include "providers/aws/signing/digest.h"

#include <stdbool.h>

enum { DR_ECDSA_BYTES_MAX = 80, DR_ECDSA_POINT = 65 };

struct dr_ecdsa_key;

/* The P-256 key of an access key: a counter-mode HMAC KDF over its id (NIST SP 800-108), as AWS's SDKs do it. The last
 * one is kept. NULL: libcrypto cannot be loaded; `ret_problem` (borrowed, static) says why. */
const struct dr_ecdsa_key *dr_ecdsa_key(const char *access_key_id, const char *secret, const char **ret_problem);
/* A signature of a SHA-256 digest in DER. Its size, 0 if there is none. */
size_t dr_ecdsa_sign(const struct dr_ecdsa_key *key, const unsigned char digest[DR_SHA256_BYTES],
                     unsigned char out[DR_ECDSA_BYTES_MAX]);
bool dr_ecdsa_verify(const struct dr_ecdsa_key *key, const unsigned char digest[DR_SHA256_BYTES],
                     const unsigned char *signature, size_t size);
/* The public key as an uncompressed point: 4, X, Y. */
void dr_ecdsa_public(const struct dr_ecdsa_key *key, unsigned char out[DR_ECDSA_POINT]);
/* Wipes the key that is kept. */
void dr_ecdsa_forget(void);

#endif

/* SHA-256 and the HMAC built on it, from libcrypto's low-level calls: EVP would make every start slower. */
#ifndef DRRUN_PROVIDERS_AWS_SIGNING_DIGEST_H
#define DRRUN_PROVIDERS_AWS_SIGNING_DIGEST_H

#include <stddef.h>

enum { DR_SHA256_BYTES = 32, DR_SHA256_TEXT = 65 };

void dr_aws_sha256(const void *bytes, size_t size, unsigned char out[DR_SHA256_BYTES]);
/* RFC 2104. `out` may be `key`. */
void dr_aws_hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size,
                        unsigned char out[DR_SHA256_BYTES]);
/* Lower-case hexadecimal of `size` bytes: 2 * size digits and a NUL. Returns `out`. */
const char *dr_aws_hex(const unsigned char *bytes, size_t size, char *out);

#endif

/* SHA-256, HMAC-SHA256 and hexadecimal digits, as signatures need them. */
#define OPENSSL_SUPPRESS_DEPRECATED /* EVP and the one-call SHA256() bring all ciphers along: a slow start */
#include "providers/aws/signing/digest.h"

#include <assert.h>
#include <openssl/sha.h>
#include <string.h>

static_assert(DR_SHA256_BYTES == SHA256_DIGEST_LENGTH, "one length");

void dr_aws_sha256(const void *bytes, size_t size, unsigned char out[DR_SHA256_BYTES])
{
    SHA256_CTX running;
    SHA256_Init(&running);
    if (size) {
        SHA256_Update(&running, bytes, size);
    }
    SHA256_Final(out, &running);
}

void dr_aws_hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size,
                        unsigned char out[DR_SHA256_BYTES])
{
    unsigned char block[SHA256_CBLOCK] = {0}, pad[SHA256_CBLOCK];
    if (key_size > sizeof block) {
        dr_aws_sha256(key, key_size, block);
    } else if (key_size) {
        memcpy(block, key, key_size);
    }
    SHA256_CTX running;
    for (size_t i = 0; i < sizeof pad; i++) {
        pad[i] = block[i] ^ 0x36;
    }
    SHA256_Init(&running);
    SHA256_Update(&running, pad, sizeof pad);
    if (size) {
        SHA256_Update(&running, bytes, size);
    }
    SHA256_Final(out, &running);
    for (size_t i = 0; i < sizeof pad; i++) {
        pad[i] = block[i] ^ 0x5c;
    }
    SHA256_Init(&running);
    SHA256_Update(&running, pad, sizeof pad);
    SHA256_Update(&running, out, DR_SHA256_BYTES);
    SHA256_Final(out, &running);
    explicit_bzero(block, sizeof block);
    explicit_bzero(pad, sizeof pad);
    explicit_bzero(&running, sizeof running);
}

const char *dr_aws_hex(const unsigned char *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
    return out;
}

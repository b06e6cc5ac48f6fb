/* OpenSSL's EVP would make the binary 3 MB larger and every start 0.3 ms slower: all ciphers and curves come with it.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "interpreter/expression/digest.h"

#include <assert.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#define ALGORITHMS(ROW)                                                                                                \
    ROW("MD5", MD5, MD5_CTX, MD5_DIGEST_LENGTH)                                                                        \
    ROW("SHA-1", SHA1, SHA_CTX, SHA_DIGEST_LENGTH)                                                                     \
    ROW("SHA-256", SHA256, SHA256_CTX, SHA256_DIGEST_LENGTH)                                                           \
    ROW("SHA-384", SHA384, SHA512_CTX, SHA384_DIGEST_LENGTH)                                                           \
    ROW("SHA-512", SHA512, SHA512_CTX, SHA512_DIGEST_LENGTH)

/* A function per algorithm: its three steps at once. */
#define ALGORITHM(label, prefix, context, bytes)                                                                       \
    static void prefix##_digest(const char *from, size_t size, unsigned char *to)                                      \
    {                                                                                                                  \
        context running;                                                                                               \
        prefix##_Init(&running);                                                                                       \
        prefix##_Update(&running, from, size);                                                                         \
        prefix##_Final(to, &running);                                                                                  \
    }
ALGORITHMS(ALGORITHM)
#undef ALGORITHM

json_t *dr_digest(const char *algorithm, const char *bytes, size_t size)
{
#define ALGORITHM(label, prefix, context, digest_bytes) {label, digest_bytes, prefix##_digest},
    static const struct {
        const char *name;
        size_t bytes;
        void (*digest)(const char *from, size_t size, unsigned char *to);
    } algorithms[] = {ALGORITHMS(ALGORITHM)};
#undef ALGORITHM
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (strcmp(algorithms[i].name, algorithm) != 0) {
            continue;
        }
        unsigned char digest[SHA512_DIGEST_LENGTH];
        char text[2 * SHA512_DIGEST_LENGTH];
        algorithms[i].digest(bytes, size, digest);
        for (size_t at = 0; at < algorithms[i].bytes; at++) {
            static const char hex[] = "0123456789abcdef";
            text[2 * at] = hex[digest[at] >> 4];
            text[2 * at + 1] = hex[digest[at] & 15];
        }
        return json_stringn_nocheck(text, 2 * algorithms[i].bytes);
    }
    return NULL;
}

json_t *dr_uuid(struct dr_random *random)
{
    uint64_t high = dr_random_next(random), low = dr_random_next(random);
    high = (high & ~UINT64_C(0xF000)) | 0x4000;             /* version 4 */
    low = (low & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62; /* the RFC's variant */
    char text[37];
    snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xFFFF),
             (unsigned)(high & 0xFFFF), (unsigned)(low >> 48), (unsigned long long)(low & UINT64_C(0xFFFFFFFFFFFF)));
    return json_string_nocheck(text);
}

/* A linear congruential generator of 48 bits, as the Java API specifies it. */
static uint32_t java_next(uint64_t *state, unsigned bits)
{
    *state = (*state * UINT64_C(0x5DEECE66D) + 0xB) & ((UINT64_C(1) << 48) - 1);
    return (uint32_t)(*state >> (48 - bits));
}

static uint64_t java_seed(int64_t seed)
{
    return ((uint64_t)seed ^ UINT64_C(0x5DEECE66D)) & ((UINT64_C(1) << 48) - 1);
}

int32_t dr_java_random_int(int64_t seed, int32_t bound)
{
    assert(bound > 0);
    uint64_t state = java_seed(seed);
    if ((bound & -bound) == bound) { /* a power of two */
        return (int32_t)((uint64_t)bound * java_next(&state, 31) >> 31);
    }
    for (;;) {
        int32_t bits = (int32_t)java_next(&state, 31), value = bits % bound;
        if ((int64_t)bits - value + (bound - 1) <= INT32_MAX) {
            return value;
        }
    }
}

double dr_java_random_double(int64_t seed)
{
    uint64_t state = java_seed(seed), high = java_next(&state, 26), low = java_next(&state, 27);
    return (double)((high << 27) + low) * 0x1p-53;
}

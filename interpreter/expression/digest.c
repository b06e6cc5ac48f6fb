#include "interpreter/expression/digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

json_t *dr_digest(const char *algorithm, const char *bytes, size_t size)
{
    static const struct {
        const char *name;
        const EVP_MD *(*method)(void);
    } algorithms[] = {
        {"MD5", EVP_md5},        {"SHA-1", EVP_sha1},     {"SHA-256", EVP_sha256},
        {"SHA-384", EVP_sha384}, {"SHA-512", EVP_sha512},
    };
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (strcmp(algorithms[i].name, algorithm) != 0) {
            continue;
        }
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned digest_size;
        int done = EVP_Digest(bytes, size, digest, &digest_size, algorithms[i].method(), NULL);
        if (done != 1) {
            return NULL; /* a build of the library that forbids MD5 */
        }
        char text[2 * EVP_MAX_MD_SIZE];
        for (unsigned at = 0; at < digest_size; at++) {
            static const char hex[] = "0123456789abcdef";
            text[2 * at] = hex[digest[at] >> 4];
            text[2 * at + 1] = hex[digest[at] & 15];
        }
        return json_stringn_nocheck(text, (size_t)2 * digest_size);
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

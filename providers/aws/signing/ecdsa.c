/* P-256 for SigV4A: from a secret to a scalar, from there to signatures. */
#define OPENSSL_SUPPRESS_DEPRECATED /* EVP's way to a key from a bare scalar is longer, and does the same */
#include "providers/aws/signing/ecdsa.h"

#include "interpreter/base/text.h"
#include "providers/library.h"

#include <assert.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <stdlib.h>
#include <string.h>

struct libcrypto {
#define LIBRARY_FUNCTION(name) __typeof__(name) *name;
#include "providers/aws/signing/ecdsa.def"
#undef LIBRARY_FUNCTION
};
static const char *const names[] = {
#define LIBRARY_FUNCTION(name) #name,
#include "providers/aws/signing/ecdsa.def"
#undef LIBRARY_FUNCTION
};
static_assert(sizeof(struct libcrypto) == sizeof names, "one pointer a name, in the same order");

struct dr_ecdsa_key {
    unsigned char origin[DR_SHA256_BYTES]; /* a digest of the id and the secret: whose key it is */
    EC_KEY *pair;
};

static struct libcrypto functions;
static struct dr_ecdsa_key kept;

static bool load(const char **ret_problem)
{
    static bool loaded;
    static char *problem; /* remembered: a library that is missing stays missing */
    if (!loaded && !problem) {
        loaded = dr_library_load("libcrypto.so.3", names, sizeof names / sizeof *names, &functions, &problem);
    }
    if (!loaded) {
        *ret_problem = problem;
    }
    return loaded;
}

/* The order of the curve, less 2: the KDF's numbers run from 0 to that, and 1 is added to make the key. */
static const unsigned char order_less_2[DR_SHA256_BYTES] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f};

/* HMAC(secret, 1 || label || 0 || id || counter || 256): the first one that is small enough. All numbers are 32 bits
 * but the counter, which is a byte. One in 2^32 is too large. */
static void derive_scalar(const char *access_key_id, const char *secret, unsigned char out[DR_SHA256_BYTES])
{
    static const char label[] = "AWS4-ECDSA-P256-SHA256"; /* with its NUL */
    struct dr_text key = {0}, input = {0};
    dr_text_reserve(&key, 5 + strlen(secret));
    dr_text_puts(&key, "AWS4A");
    dr_text_puts(&key, secret);
    dr_text_add(&input, "\0\0\0\1", 4);
    dr_text_add(&input, label, sizeof label);
    dr_text_puts(&input, access_key_id);
    size_t counter_at = input.size;
    dr_text_add(&input, "\0\0\0\1\0", 5);
    for (unsigned counter = 1; counter < 255; counter++) {
        input.bytes[counter_at] = (char)counter;
        dr_aws_hmac_sha256(key.bytes, key.size, input.bytes, input.size, out);
        if (memcmp(out, order_less_2, DR_SHA256_BYTES) <= 0) {
            break;
        }
    }
    for (size_t i = DR_SHA256_BYTES; i-- > 0 && ++out[i] == 0;) {
    }
    explicit_bzero(key.bytes, key.capacity);
    dr_text_done(&key);
    dr_text_done(&input);
}

static EC_KEY *make_pair(const unsigned char scalar[DR_SHA256_BYTES])
{
    EC_KEY *pair = functions.EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *number = functions.BN_bin2bn(scalar, DR_SHA256_BYTES, NULL);
    assert(pair && number && "out of memory");
    EC_POINT *point = functions.EC_POINT_new(functions.EC_KEY_get0_group(pair));
    bool made =
        point && functions.EC_POINT_mul(functions.EC_KEY_get0_group(pair), point, number, NULL, NULL, NULL) == 1 &&
        functions.EC_KEY_set_private_key(pair, number) == 1 && functions.EC_KEY_set_public_key(pair, point) == 1;
    functions.EC_POINT_free(point);
    functions.BN_clear_free(number);
    assert(made && "the scalar is in the group's range");
    return pair;
}

const struct dr_ecdsa_key *dr_ecdsa_key(const char *access_key_id, const char *secret, const char **ret_problem)
{
    if (!load(ret_problem)) {
        return NULL;
    }
    struct dr_text whose = {0};
    unsigned char origin[DR_SHA256_BYTES], scalar[DR_SHA256_BYTES];
    dr_text_reserve(&whose, strlen(access_key_id) + strlen(secret) + 1);
    dr_text_add(&whose, access_key_id, strlen(access_key_id) + 1);
    dr_text_puts(&whose, secret);
    dr_aws_sha256(whose.bytes, whose.size, origin);
    explicit_bzero(whose.bytes, whose.capacity);
    dr_text_done(&whose);
    if (!kept.pair || memcmp(kept.origin, origin, sizeof origin) != 0) {
        dr_ecdsa_forget();
        derive_scalar(access_key_id, secret, scalar);
        kept.pair = make_pair(scalar);
        memcpy(kept.origin, origin, sizeof origin);
        explicit_bzero(scalar, sizeof scalar);
    }
    return &kept;
}

size_t dr_ecdsa_sign(const struct dr_ecdsa_key *key, const unsigned char digest[DR_SHA256_BYTES],
                     unsigned char out[DR_ECDSA_BYTES_MAX])
{
    unsigned size = 0; /* at most 72: two numbers of 33 bytes and their headers */
    return functions.ECDSA_sign(0, digest, DR_SHA256_BYTES, out, &size, key->pair) == 1 ? size : 0;
}

bool dr_ecdsa_verify(const struct dr_ecdsa_key *key, const unsigned char digest[DR_SHA256_BYTES],
                     const unsigned char *signature, size_t size)
{
    return size <= DR_ECDSA_BYTES_MAX &&
           functions.ECDSA_verify(0, digest, DR_SHA256_BYTES, signature, (int)size, key->pair) == 1;
}

void dr_ecdsa_public(const struct dr_ecdsa_key *key, unsigned char out[DR_ECDSA_POINT])
{
    const EC_GROUP *group = functions.EC_KEY_get0_group(key->pair);
    size_t size = functions.EC_POINT_point2oct(group, functions.EC_KEY_get0_public_key(key->pair),
                                               POINT_CONVERSION_UNCOMPRESSED, out, DR_ECDSA_POINT, NULL);
    assert(size == DR_ECDSA_POINT);
}

void dr_ecdsa_forget(void)
{
    if (kept.pair) {
        functions.EC_KEY_free(kept.pair); /* wipes the scalar */
        kept.pair = NULL;
    }
}

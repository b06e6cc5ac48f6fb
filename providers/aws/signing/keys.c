/* The signing keys of one process: a handful, the least recently used makes room, wiped when it goes. A key is found by
 * a digest of what it was derived from, so that the secret itself is not kept a second time. */
#include "providers/aws/signing/keys.h"

#include "interpreter/base/text.h"
#include "providers/aws/signing/ecdsa.h"
#include "providers/aws/signing/sigv4.h"

#include <stdlib.h>
#include <string.h>

struct kept_key {
    unsigned char origin[DR_SHA256_BYTES], key[DR_SHA256_BYTES];
    unsigned long used; /* 0: empty */
};

static struct kept_key kept[DR_AWS_KEYS_KEPT];
static unsigned long uses, derived;

static void derive(const char *secret, const char day[8], const char *region, const char *service,
                   unsigned char out[DR_SHA256_BYTES])
{
    size_t size = strlen(secret);
    char *first = dr_alloc(4 + size + 1);
    memcpy(first, "AWS4", 4);
    memcpy(first + 4, secret, size);
    dr_aws_hmac_sha256(first, 4 + size, day, 8, out);
    dr_aws_hmac_sha256(out, DR_SHA256_BYTES, region, strlen(region), out);
    dr_aws_hmac_sha256(out, DR_SHA256_BYTES, service, strlen(service), out);
    dr_aws_hmac_sha256(out, DR_SHA256_BYTES, "aws4_request", 12, out);
    explicit_bzero(first, 4 + size);
    free(first);
    derived++;
}

/* The parts with their NULs, so that no two quadruples give the same bytes. */
static void digest_origin(const char *secret, const char day[8], const char *region, const char *service,
                          unsigned char out[DR_SHA256_BYTES])
{
    struct dr_text text = {0};
    dr_text_reserve(&text, strlen(secret) + strlen(region) + strlen(service) + 16); /* grows never: leaves no copy */
    dr_text_add(&text, day, 8);
    dr_text_add(&text, region, strlen(region) + 1);
    dr_text_add(&text, service, strlen(service) + 1);
    dr_text_puts(&text, secret);
    dr_aws_sha256(text.bytes, text.size, out);
    explicit_bzero(text.bytes, text.capacity);
    dr_text_done(&text);
}

void dr_aws_signing_key(const char *secret, const char day[8], const char *region, const char *service,
                        unsigned char out[DR_SHA256_BYTES])
{
    unsigned char origin[DR_SHA256_BYTES];
    digest_origin(secret, day, region, service, origin);
    struct kept_key *found = &kept[0];
    for (struct kept_key *key = kept; key < kept + DR_AWS_KEYS_KEPT; key++) {
        if (key->used && memcmp(key->origin, origin, sizeof origin) == 0) {
            found = key;
            break;
        }
        if (key->used < found->used) {
            found = key;
        }
    }
    if (!found->used || memcmp(found->origin, origin, sizeof origin) != 0) {
        derive(secret, day, region, service, found->key);
        memcpy(found->origin, origin, sizeof origin);
    }
    found->used = ++uses;
    memcpy(out, found->key, sizeof found->key);
}

unsigned long dr_aws_signing_keys_derived(void)
{
    return derived;
}

void dr_aws_signing_forget(void)
{
    explicit_bzero(kept, sizeof kept);
    dr_ecdsa_forget();
}

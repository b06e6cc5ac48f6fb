#include "interpreter/journal/chain.h"

#include <assert.h>
#include <string.h>

static const char durable_key[] = ",\"durable\":";
static const char digest_key[] = ",\"sha256\":\"";
static const char closing[] = "\"}";

void dr_hex(char *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = 0;
}

void dr_chain_start(struct dr_chain *chain)
{
    *chain = (struct dr_chain){0};
    SHA256_Init(&chain->running);
}

void dr_chain_feed(struct dr_chain *chain, const char *bytes, size_t size)
{
    SHA256_Update(&chain->running, bytes, size);
}

static void finish_hex(SHA256_CTX *running, char out[DR_DIGEST_HEX + 1])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_Final(digest, running);
    dr_hex(out, digest, sizeof digest);
}

void dr_digest_hex(const char *bytes, size_t size, char out[DR_DIGEST_HEX + 1])
{
    SHA256_CTX running;
    SHA256_Init(&running);
    SHA256_Update(&running, bytes, size);
    finish_hex(&running, out);
}

/* The line up to the digest. Returns its size. */
static size_t print_start(char *out, uint64_t n, uint64_t durable)
{
    char *at = out;
    const uint64_t numbers[] = {n, durable};
    const char *const before[] = {DR_COMMIT_PREFIX, durable_key};
    for (size_t i = 0; i < 2; i++) {
        at = stpcpy(at, before[i]);
        char digits[20];
        size_t count = 0;
        for (uint64_t left = numbers[i]; left > 0 || count == 0; left /= 10)
            digits[count++] = (char)('0' + left % 10);
        while (count > 0)
            *at++ = digits[--count];
    }
    at = stpcpy(at, digest_key);
    return (size_t)(at - out);
}

/* The whole line, newline included, as it belongs at this place of the chain. */
static size_t print_line(const struct dr_chain *chain, uint64_t durable, char out[DR_COMMIT_SIZE_MAX],
                         char ret_digest[DR_DIGEST_HEX + 1])
{
    size_t size = print_start(out, chain->commits + 1, durable);
    SHA256_CTX running = chain->running;
    SHA256_Update(&running, out, size);
    finish_hex(&running, ret_digest);
    memcpy(out + size, ret_digest, DR_DIGEST_HEX);
    size += DR_DIGEST_HEX;
    memcpy(out + size, "\"}\n", 3);
    return size + 3;
}

static void advance(struct dr_chain *chain, uint64_t durable, const char *line, size_t size)
{
    chain->commits++;
    chain->durable = durable;
    SHA256_Init(&chain->running);
    SHA256_Update(&chain->running, line, size);
}

void dr_chain_commit(struct dr_chain *chain, uint64_t durable, struct dr_text *out)
{
    assert(durable <= chain->commits);
    char line[DR_COMMIT_SIZE_MAX];
    size_t size = print_line(chain, durable, line, chain->digest);
    advance(chain, durable, line, size);
    dr_text_add(out, line, size);
}

/* Reads a decimal number that ends before `size`; one that fills the rest may be cut, so `*ret_whole` says whether
 * something follows. */
static size_t read_number(const char *text, size_t size, uint64_t *ret_number)
{
    size_t used = 0;
    uint64_t number = 0;
    while (used < size && used < 19 && text[used] >= '0' && text[used] <= '9')
        number = number * 10 + (uint64_t)(text[used++] - '0');
    *ret_number = number;
    return used;
}

static size_t read_literal(const char *text, size_t size, const char *literal)
{
    size_t length = strlen(literal);
    return size >= length && memcmp(text, literal, length) == 0 ? length : 0;
}

/* Both numbers of a line that begins as a commit line does, up to the digest. Returns the offset of the digest, 0 if it
 * is none. */
static size_t read_start(const char *line, size_t size, uint64_t *ret_n, uint64_t *ret_durable)
{
    size_t at = read_literal(line, size, DR_COMMIT_PREFIX);
    if (at == 0)
        return 0;
    size_t used = read_number(line + at, size - at, ret_n);
    at += used;
    size_t more = used > 0 ? read_literal(line + at, size - at, durable_key) : 0;
    if (more == 0)
        return 0;
    at += more;
    used = read_number(line + at, size - at, ret_durable);
    at += used;
    more = used > 0 ? read_literal(line + at, size - at, digest_key) : 0;
    return more > 0 ? at + more : 0;
}

bool dr_chain_check(struct dr_chain *chain, const char *line, size_t size)
{
    uint64_t n, durable;
    if (read_start(line, size, &n, &durable) == 0 || durable > chain->commits || durable < chain->durable)
        return false;
    /* Comparing with the line that we would write checks each byte of it: the numbers' spelling, the order and the
     * digest. */
    char expected[DR_COMMIT_SIZE_MAX], digest[DR_DIGEST_HEX + 1];
    size_t expected_size = print_line(chain, durable, expected, digest);
    if (size + 1 != expected_size || memcmp(line, expected, size) != 0)
        return false;
    memcpy(chain->digest, digest, sizeof digest);
    advance(chain, durable, expected, expected_size);
    return true;
}

bool dr_chain_begins(const struct dr_chain *chain, const char *part, size_t size)
{
    char expected[DR_COMMIT_SIZE_MAX], digest[DR_DIGEST_HEX + 1];
    uint64_t n, durable = chain->durable;
    if (read_start(part, size, &n, &durable) > 0) {
        if (durable > chain->commits || durable < chain->durable)
            return false;
    } else {
        /* It ends before the digest: then only `durable`, cut or not yet there, is not known beforehand. */
        size_t start = print_start(expected, chain->commits + 1, 0) - strlen(digest_key) - 1;
        size_t common = size < start ? size : start;
        if (memcmp(part, expected, common) != 0)
            return false;
        size_t at = common + read_number(part + common, size - common, &durable);
        size_t rest = size - at;
        return rest < strlen(digest_key) && memcmp(part + at, digest_key, rest) == 0 && durable <= chain->commits;
    }
    size_t expected_size = print_line(chain, durable, expected, digest);
    return size < expected_size && memcmp(part, expected, size) == 0;
}

bool dr_resembles_commit(const char *line, size_t size)
{
    if (size < DR_COMMIT_PREFIX_SIZE)
        return false;
    unsigned different = 0;
    for (size_t i = 0; i < DR_COMMIT_PREFIX_SIZE && different <= 2; i++)
        different += line[i] != DR_COMMIT_PREFIX[i];
    return different <= 2;
}

bool dr_commit_claims(const char *line, size_t size, uint64_t *ret_durable)
{
    uint64_t n, durable;
    size_t at = read_start(line, size, &n, &durable);
    if (at == 0 || size != at + DR_DIGEST_HEX + strlen(closing) || memcmp(line + size - 2, closing, 2) != 0)
        return false;
    for (size_t i = at; i < at + DR_DIGEST_HEX; i++)
        if (!((line[i] >= '0' && line[i] <= '9') || (line[i] >= 'a' && line[i] <= 'f')))
            return false;
    *ret_durable = durable;
    return true;
}

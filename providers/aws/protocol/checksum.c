/* Checksums of request bodies: which one an operation wants, and how each is made. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the one-call digests of EVP would bring all of it along: a slow start */
#include "providers/aws/protocol/checksum.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TREE_PIECE (1u << 20)

/* --- The algorithms ---------------------------------------------------------------------------------------------- */

/* Any CRC whose bits are reflected, begins with all ones and ends inverted, as all of AWS's are. Four bits a step: the
 * table is small enough to be made for each sum. */
static uint64_t reflected_crc(uint64_t polynomial, uint64_t ones, const char *bytes, size_t size)
{
    uint64_t table[16], sum = ones;
    for (unsigned i = 0; i < 16; i++) {
        table[i] = i;
        for (unsigned bit = 0; bit < 4; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? polynomial : 0);
    }
    for (size_t i = 0; i < size; i++) {
        sum ^= (unsigned char)bytes[i];
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }
    return sum ^ ones;
}

static void put_big_endian(uint64_t number, size_t size, unsigned char *ret_sum)
{
    for (size_t i = 0; i < size; i++)
        ret_sum[i] = (unsigned char)(number >> 8 * (size - 1 - i));
}

static void sum_crc32(const char *bytes, size_t size, unsigned char *ret_sum)
{
    put_big_endian(reflected_crc(0xedb88320, UINT32_MAX, bytes, size), 4, ret_sum);
}

static void sum_crc32c(const char *bytes, size_t size, unsigned char *ret_sum)
{
    put_big_endian(reflected_crc(0x82f63b78, UINT32_MAX, bytes, size), 4, ret_sum);
}

static void sum_crc64nvme(const char *bytes, size_t size, unsigned char *ret_sum)
{
    put_big_endian(reflected_crc(0x9a6c9329ac4bc9b5, UINT64_MAX, bytes, size), 8, ret_sum);
}

static void sum_md5(const char *bytes, size_t size, unsigned char *ret_sum)
{
    MD5_CTX running;
    MD5_Init(&running);
    MD5_Update(&running, bytes, size);
    MD5_Final(ret_sum, &running);
}

static void sum_sha1(const char *bytes, size_t size, unsigned char *ret_sum)
{
    SHA_CTX running;
    SHA1_Init(&running);
    SHA1_Update(&running, bytes, size);
    SHA1_Final(ret_sum, &running);
}

static void sum_sha256(const char *bytes, size_t size, unsigned char *ret_sum)
{
    SHA256_CTX running;
    SHA256_Init(&running);
    SHA256_Update(&running, bytes, size);
    SHA256_Final(ret_sum, &running);
}

static const struct dr_aws_checksum flexible[] = {
    {"CRC32", "x-amz-checksum-crc32", 4, sum_crc32},
    {"CRC32C", "x-amz-checksum-crc32c", 4, sum_crc32c},
    {"CRC64NVME", "x-amz-checksum-crc64nvme", 8, sum_crc64nvme},
    {"SHA1", "x-amz-checksum-sha1", SHA_DIGEST_LENGTH, sum_sha1},
    {"SHA256", "x-amz-checksum-sha256", SHA256_DIGEST_LENGTH, sum_sha256},
};
static const struct dr_aws_checksum content_md5 = {"MD5", "Content-MD5", MD5_DIGEST_LENGTH, sum_md5};

const struct dr_aws_checksum *dr_aws_checksum_find(const char *name)
{
    for (size_t i = 0; i < sizeof flexible / sizeof *flexible; i++)
        if (strcasecmp(flexible[i].name, name) == 0)
            return &flexible[i];
    return strcasecmp(name, content_md5.name) == 0 ? &content_md5 : NULL;
}

char *dr_aws_checksum_text(const struct dr_aws_checksum *checksum, const char *bytes, size_t size)
{
    unsigned char sum[DR_AWS_CHECKSUM_SIZE_MAX];
    struct dr_text text = {0};
    checksum->sum(bytes, size, sum);
    dr_aws_write_base64(&text, (const char *)sum, checksum->size);
    return dr_text_take(&text);
}

/* --- The choice -------------------------------------------------------------------------------------------------- */

static bool brings_sum(const struct dr_aws_headers *headers)
{
    for (size_t i = 0; i < sizeof flexible / sizeof *flexible; i++)
        if (dr_aws_headers_find(headers->items, headers->count, flexible[i].header))
            return true;
    return false;
}

static void add_sum(struct dr_aws_writer *writer, const struct dr_aws_checksum *checksum)
{
    char *value = dr_aws_checksum_text(checksum, writer->body.bytes ? writer->body.bytes : "", writer->body.size);
    dr_aws_headers_set(&writer->request->headers, checksum->header, value);
    free(value);
}

/* The service is told which algorithm it is when the author did not choose one. */
static void name_default(struct dr_aws_writer *writer, const char *member_name, const struct dr_aws_checksum *checksum)
{
    const struct dr_aws_shape *input = writer->operation->input;
    const struct dr_aws_member *member = input ? dr_aws_shape_member(input, member_name) : NULL;
    if (member && member->location == DR_AWS_IN_HEADER && member->wire)
        dr_aws_headers_set(&writer->request->headers, member->wire, checksum->name);
}

bool dr_aws_write_checksum(struct dr_aws_writer *writer, bool only_required)
{
    const struct dr_aws_operation *operation = writer->operation;
    const struct dr_aws_headers *headers = &writer->request->headers;
    const char *member = json_string_value(json_object_get(operation->checksum, "requestAlgorithmMember"));
    bool required =
        operation->checksum_required || json_is_true(json_object_get(operation->checksum, "requestChecksumRequired"));
    if (brings_sum(headers))
        return true;
    const char *chosen = member ? json_string_value(dr_aws_given(writer->input, member)) : NULL;
    if (chosen) {
        const struct dr_aws_place top = {0};
        struct dr_aws_place place = dr_aws_place_member(&top, member);
        const struct dr_aws_checksum *checksum = dr_aws_checksum_find(chosen);
        if (!checksum || checksum == &content_md5)
            return dr_aws_refuse(writer, &place,
                                 "names a checksum that drrun cannot make: it knows CRC32, CRC32C, "
                                 "CRC64NVME, SHA1 and SHA256");
        add_sum(writer, checksum);
    } else if (member && (required || !only_required)) {
        add_sum(writer, &flexible[0]);
        name_default(writer, member, &flexible[0]);
    } else if (required && !dr_aws_headers_find(headers->items, headers->count, content_md5.header))
        add_sum(writer, &content_md5);
    return true;
}

/* --- Glacier ----------------------------------------------------------------------------------------------------- */

static char *hex_text(const unsigned char *bytes, size_t size)
{
    struct dr_text text = {0};
    for (size_t i = 0; i < size; i++)
        dr_text_printf(&text, "%02x", bytes[i]);
    return dr_text_take(&text);
}

char *dr_aws_tree_hash_hex(const char *bytes, size_t size)
{
    size_t count = size ? (size + TREE_PIECE - 1) / TREE_PIECE : 1;
    unsigned char *sums = dr_resize(NULL, count, SHA256_DIGEST_LENGTH);
    for (size_t i = 0; i < count; i++) {
        size_t start = i * TREE_PIECE, left = size - start;
        sum_sha256(bytes + start, left < TREE_PIECE ? left : TREE_PIECE, sums + i * SHA256_DIGEST_LENGTH);
    }
    while (count > 1) { /* pairs become one; an odd last one goes up as it is */
        size_t above = 0;
        for (size_t i = 0; i < count; i += 2, above++) {
            unsigned char *pair = sums + i * SHA256_DIGEST_LENGTH, *to = sums + above * SHA256_DIGEST_LENGTH;
            unsigned char sum[SHA256_DIGEST_LENGTH];
            if (i + 1 < count)
                sum_sha256((const char *)pair, sizeof sum * 2, sum);
            else
                memcpy(sum, pair, sizeof sum);
            memcpy(to, sum, sizeof sum);
        }
        count = above;
    }
    char *text = hex_text(sums, SHA256_DIGEST_LENGTH);
    free(sums);
    return text;
}

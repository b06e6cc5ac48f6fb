/* Checksums of request bodies: Content-MD5, the "flexible" ones of httpChecksum, and Glacier's tree hash.
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html) */
#ifndef DRRUN_PROVIDERS_AWS_PROTOCOL_CHECKSUM_H
#define DRRUN_PROVIDERS_AWS_PROTOCOL_CHECKSUM_H

#include "providers/aws/protocol/serialize.h"

/* One algorithm that a requestAlgorithmMember may name. */
struct dr_aws_checksum {
    const char *name;   /* "CRC32", as the API spells it */
    const char *header; /* "x-amz-checksum-crc32" */
    size_t size;        /* bytes of the sum */
    void (*sum)(const char *bytes, size_t size, unsigned char *ret_sum);
};
#define DR_AWS_CHECKSUM_SIZE_MAX 32

const struct dr_aws_checksum *dr_aws_checksum_find(const char *name); /* in any case; NULL: none */
/* The value of its header: base64, owned by the caller. */
char *dr_aws_checksum_text(const struct dr_aws_checksum *checksum, const char *bytes, size_t size);

/* Adds the headers that the operation wants of the finished body, unless the input brought them. */
bool dr_aws_write_checksum(struct dr_aws_writer *writer, bool only_required);

/* SHA-256 over a binary tree of the SHA-256s of 1 MiB pieces, as 64 hex digits.
 * (https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations.html) */
char *dr_aws_tree_hash_hex(const char *bytes, size_t size);

#endif

/* Base64 (RFC 4648 section 4, padded): what bytes become where JSON only has strings. */
#ifndef DRRUN_BASE_BASE64_H
#define DRRUN_BASE_BASE64_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A new reference to the string. */
json_t *dr_base64_json(const void *bytes, size_t size);
/* The bytes that `text` stands for, owned by the caller; false if it is not base64. No white space is accepted. */
bool dr_base64_decode(const char *text, size_t size, unsigned char **ret_bytes, size_t *ret_size)
    __attribute__((warn_unused_result));

#endif

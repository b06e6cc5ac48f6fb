/* Simple values that are written as text: what stands in an XML leaf or in a header. */
#include "interpreter/base/base64.h"
#include "interpreter/base/octets.h"
#include "providers/aws/protocol/parse.h"
#include "providers/aws/protocol/timestamp.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NUMBER_TEXT 128 /* longer ones are kept as text: a double would not hold them anyway */

json_t *dr_aws_text_json(const char *text, size_t size)
{
    json_t *string = json_stringn(text, size);
    return string ? string : dr_octets_repaired(text, size);
}

json_t *dr_aws_blob_json(const char *bytes, size_t size)
{
    json_t *string = json_stringn(size > 0 ? bytes : "", size);
    return string ? string : dr_base64_json(bytes, size);
}

/* Services wrap long base64 over lines. */
static char *without_space(const char *text, size_t size, size_t *ret_size)
{
    char *packed = dr_alloc(size + 1);
    *ret_size = 0;
    for (size_t i = 0; i < size; i++)
        if (!strchr(" \t\r\n", text[i]) || text[i] == '\0')
            packed[(*ret_size)++] = text[i];
    return packed;
}

json_t *dr_aws_blob_decode(const char *text, size_t size)
{
    unsigned char *bytes = NULL;
    size_t byte_count = 0;
    bool decoded = dr_base64_decode(text, size, &bytes, &byte_count);
    if (!decoded) {
        size_t packed_size = 0;
        char *packed = without_space(text, size, &packed_size);
        decoded = packed_size < size && dr_base64_decode(packed, packed_size, &bytes, &byte_count);
        free(packed);
    }
    json_t *value = decoded ? dr_aws_blob_json((const char *)bytes, byte_count) : dr_aws_text_json(text, size);
    free(bytes);
    return value;
}

static void trim(const char **text, size_t *size)
{
    while (*size > 0 && strchr(" \t\r\n", **text) && **text)
        (*text)++, (*size)--;
    while (*size > 0 && strchr(" \t\r\n", (*text)[*size - 1]) && (*text)[*size - 1])
        (*size)--;
}

/* NULL: it is none. JSON's numbers, leading zeros and a plus sign too. */
static json_t *number_read(enum dr_aws_type type, const char *text, size_t size)
{
    char copy[NUMBER_TEXT];
    if (size >= sizeof(copy))
        return NULL;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (strspn(copy, "0123456789+-.eE") != size)
        return NULL; /* strtod would take "inf" and hexadecimal digits */
    char *end = copy;
    bool whole = type == DR_AWS_INTEGER || type == DR_AWS_LONG;
    if (whole) {
        errno = 0;
        long long integer = strtoll(copy, &end, 10);
        if (end > copy && *end == '\0' && errno == 0)
            return json_integer(integer);
    }
    double real = strtod(copy, &end);
    if (end == copy || *end != '\0' || !isfinite(real))
        return NULL;
    if (whole && real == trunc(real) && fabs(real) < 0x1p53)
        return json_integer((json_int_t)real);
    return json_real(real);
}

static json_t *boolean_read(const char *text, size_t size)
{
    if (size == 4 && strncasecmp(text, "true", 4) == 0)
        return json_true();
    if (size == 5 && strncasecmp(text, "false", 5) == 0)
        return json_false();
    return NULL;
}

static json_t *timestamp_read(const char *text, size_t size)
{
    struct dr_aws_instant instant;
    return dr_aws_instant_read(text, size, &instant) ? dr_aws_instant_json(instant) : NULL;
}

json_t *dr_aws_scalar_read(const struct dr_aws_shape *shape, const char *text, size_t size)
{
    json_t *value = NULL;
    const char *trimmed = text;
    size_t trimmed_size = size;
    trim(&trimmed, &trimmed_size);
    switch (shape->type) {
    case DR_AWS_STRUCTURE:
    case DR_AWS_LIST:
    case DR_AWS_MAP:
    case DR_AWS_STRING:
        return dr_aws_text_json(text, size);
    case DR_AWS_BLOB:
        return dr_aws_blob_decode(text, size);
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
        value = number_read(shape->type, trimmed, trimmed_size);
        break;
    case DR_AWS_BOOLEAN:
        value = boolean_read(trimmed, trimmed_size);
        break;
    case DR_AWS_TIMESTAMP:
        value = timestamp_read(trimmed, trimmed_size);
        break;
    }
    if (!value && trimmed_size == 0)
        return NULL;
    return value ? value : dr_aws_text_json(trimmed, trimmed_size);
}

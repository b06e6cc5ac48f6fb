/* The intrinsic functions, in the order of intrinsics.def. Each gets evaluated arguments of the right number, and
 * answers with a value or a problem. Where the developer guide and the service differ (what is rounded and what is cut,
 * what equals what), this does what the service does. */
#include "interpreter/expression/intrinsic_functions.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/expression/digest.h"
#include "interpreter/expression/values.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNLIMITED SIZE_MAX
#define TEXT_CHARACTERS_MAX 10000 /* of Base64Encode, Base64Decode and Hash */
#define RANGE_ITEMS_MAX 1000

static json_t *fail(struct intrinsic_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

static json_t *fail(struct intrinsic_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    free(call->problem);
    call->problem = dr_format_list(format, arguments);
    va_end(arguments);
    return NULL;
}

/* --- Arguments of the right type ---------------------------------------------------------------------------------- */

static const json_t *need_array(struct intrinsic_call *call, size_t at)
{
    const json_t *value = call->arguments[at];
    if (json_is_array(value)) {
        return value;
    }
    fail(call, "Argument %zu must be an array but was: %s", at + 1, dr_json_type_name(value));
    return NULL;
}

static const json_t *need_string(struct intrinsic_call *call, size_t at)
{
    const json_t *value = call->arguments[at];
    if (json_is_string(value)) {
        return value;
    }
    fail(call, "Argument %zu must be a string but was: %s", at + 1, dr_json_type_name(value));
    return NULL;
}

/* An integer of 32 bits, made from a real by `to_whole`. */
static bool need_whole(struct intrinsic_call *call, size_t at, double (*to_whole)(double), int64_t *ret_integer)
{
    const json_t *value = call->arguments[at];
    if (!json_is_number(value)) {
        fail(call, "Argument %zu must be an integer but was: %s", at + 1, dr_json_type_name(value));
        return false;
    }
    double number = json_is_real(value) ? to_whole(json_real_value(value)) : json_number_value(value);
    if (!(number >= INT32_MIN && number <= INT32_MAX)) {
        fail(call, "Argument %zu must be between %d and %d", at + 1, INT32_MIN, INT32_MAX);
        return false;
    }
    *ret_integer = (int64_t)number;
    return true;
}

/* Sizes, indices and bounds are cut, whatever the developer guide says of rounding. */
static bool need_integer(struct intrinsic_call *call, size_t at, int64_t *ret_integer)
{
    return need_whole(call, at, trunc, ret_integer);
}

static double round_half_up(double number)
{
    return floor(number + 0.5);
}

static bool need_short(struct intrinsic_call *call, size_t at, const char *text, size_t size)
{
    size_t characters = 0;
    for (size_t i = 0; i < size; i++) {
        characters += ((unsigned char)text[i] & 0xC0) != 0x80;
    }
    if (characters > TEXT_CHARACTERS_MAX) {
        fail(call, "Argument %zu has more than %d characters", at + 1, TEXT_CHARACTERS_MAX);
    }
    return characters <= TEXT_CHARACTERS_MAX;
}

/* --- Arrays ------------------------------------------------------------------------------------------------------- */

static json_t *call_Array(struct intrinsic_call *call)
{
    json_t *array = json_array();
    for (size_t i = 0; i < call->count; i++) {
        json_array_append(array, call->arguments[i]);
    }
    return array;
}

static json_t *call_ArrayPartition(struct intrinsic_call *call)
{
    const json_t *array = need_array(call, 0);
    int64_t size;
    if (!array || !need_integer(call, 1, &size)) {
        return NULL;
    }
    if (size <= 0) {
        return fail(call, "Argument 2 must be a positive, non-zero integer but was: %lld", (long long)size);
    }
    json_t *parts = json_array(), *part = NULL;
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i % (size_t)size == 0) {
            part = json_array();
            json_array_append_new(parts, part);
        }
        json_array_append(part, json_array_get(array, i));
    }
    return parts;
}

/* The service compares texts: 1 is in ["1"] and true is in ["true"], but {"a":1,"b":2} is not in [{"b":2,"a":1}]. */
static json_t *call_ArrayContains(struct intrinsic_call *call)
{
    const json_t *array = need_array(call, 0);
    if (!array) {
        return NULL;
    }
    struct dr_text wanted = {0}, item = {0};
    bool fits = dr_text_java(&wanted, call->arguments[1], DR_PAYLOAD_BYTES_MAX), found = false;
    for (size_t i = 0; fits && !found && i < json_array_size(array); i++) {
        dr_text_clear(&item);
        fits = dr_text_java(&item, json_array_get(array, i), DR_PAYLOAD_BYTES_MAX);
        found =
            fits && item.size == wanted.size && (item.size == 0 || memcmp(item.bytes, wanted.bytes, item.size) == 0);
    }
    dr_text_done(&wanted);
    dr_text_done(&item);
    return fits ? json_boolean(found) : fail(call, "A value is larger than %u bytes as text", DR_PAYLOAD_BYTES_MAX);
}

static json_t *call_ArrayRange(struct intrinsic_call *call)
{
    int64_t first, last, step;
    if (!need_integer(call, 0, &first) || !need_integer(call, 1, &last) || !need_integer(call, 2, &step)) {
        return NULL;
    }
    if (step == 0) {
        return fail(call, "Argument 3, the step, must not be 0");
    }
    int64_t count = (last - first) / step + 1;
    if ((step > 0 && first > last) || (step < 0 && first < last)) {
        count = 0;
    }
    if (count > RANGE_ITEMS_MAX) {
        return fail(call, "The range has %lld items, more than %d", (long long)count, RANGE_ITEMS_MAX);
    }
    json_t *range = json_array();
    for (int64_t i = 0; i < count; i++) {
        json_array_append_new(range, json_integer(first + i * step));
    }
    return range;
}

static json_t *call_ArrayGetItem(struct intrinsic_call *call)
{
    const json_t *array = need_array(call, 0);
    int64_t index;
    if (!array || !need_integer(call, 1, &index)) {
        return NULL;
    }
    if (index >= 0 && json_array_size(array) == 0) {
        return json_null(); /* as the service has it */
    }
    if (index < 0 || (size_t)index >= json_array_size(array)) {
        return fail(call, "Index %lld is out of bounds for an array of length %zu", (long long)index,
                    json_array_size(array));
    }
    return dr_json_share(json_array_get(array, (size_t)index));
}

static json_t *call_ArrayLength(struct intrinsic_call *call)
{
    const json_t *array = need_array(call, 0);
    return array ? json_integer((json_int_t)json_array_size(array)) : NULL;
}

/* The service collects the items in a java.util.HashSet, whose order is that of the hash codes: [true, false] comes out
 * as [false, true]. */
static uint32_t java_hash(const json_t *value)
{
    uint32_t hash = 0;
    uint64_t bits;
    switch (json_typeof(value)) {
    case JSON_OBJECT: {
        json_t *object = dr_json_thaw(value);
        for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
            hash += dr_java_string_hash(json_object_iter_key(at), json_object_iter_key_len(at)) ^
                    java_hash(json_object_iter_value(at));
        }
        return hash;
    }
    case JSON_ARRAY:
        hash = 1;
        for (size_t i = 0; i < json_array_size(value); i++) {
            hash = 31 * hash + java_hash(json_array_get(value, i));
        }
        return hash;
    case JSON_STRING:
        return dr_java_string_hash(json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        bits = (uint64_t)json_integer_value(value);
        return json_integer_value(value) == (int32_t)bits ? (uint32_t)bits : (uint32_t)(bits ^ bits >> 32);
    case JSON_REAL: {
        double real = json_real_value(value);
        memcpy(&bits, &real, sizeof bits);
        return (uint32_t)(bits ^ bits >> 32);
    }
    case JSON_TRUE:
        return 1231;
    case JSON_FALSE:
        return 1237;
    case JSON_NULL:
        break;
    }
    return 0;
}

struct hashed {
    size_t bucket, order;
    uint32_t hash;
};

static int compare_hashed(const void *left, const void *right)
{
    const struct hashed *l = left, *r = right;
    if (l->bucket != r->bucket) {
        return l->bucket < r->bucket ? -1 : 1;
    }
    return (l->order > r->order) - (l->order < r->order);
}

static json_t *call_ArrayUnique(struct intrinsic_call *call)
{
    const json_t *array = need_array(call, 0);
    if (!array) {
        return NULL;
    }
    size_t size = json_array_size(array), buckets = 16;
    while (buckets < size + size / 3 + 1) {
        buckets *= 2;
    }
    struct hashed *items = dr_resize(NULL, size, sizeof *items);
    for (size_t i = 0; i < size; i++) {
        uint32_t hash = java_hash(json_array_get(array, i));
        items[i] = (struct hashed){.bucket = (hash ^ hash >> 16) & (buckets - 1), .order = i, .hash = hash};
    }
    qsort(items, size, sizeof *items, compare_hashed);
    json_t *unique = json_array();
    for (size_t i = 0, from = 0; i < size; i++) {
        if (items[i].bucket != items[from].bucket) {
            from = i;
        }
        const json_t *item = json_array_get(array, items[i].order);
        bool repeated = false;
        for (size_t j = from; j < i && !repeated; j++) {
            repeated = items[j].hash == items[i].hash && json_equal(json_array_get(array, items[j].order), item);
        }
        if (!repeated) {
            json_array_append_new(unique, dr_json_share(item));
        }
    }
    free(items);
    return unique;
}

/* --- Text and data ------------------------------------------------------------------------------------------------ */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Writes 4 characters for each 3 bytes begun; returns how many. */
static size_t encode_base64(const unsigned char *bytes, size_t size, char *to)
{
    char *at = to;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t bits =
            (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
        *at++ = base64_digits[bits >> 18];
        *at++ = base64_digits[bits >> 12 & 63];
        *at++ = left > 1 ? base64_digits[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? base64_digits[bits & 63] : '=';
    }
    return (size_t)(at - to);
}

static json_t *call_Base64Encode(struct intrinsic_call *call)
{
    const json_t *text = need_string(call, 0);
    if (!text || !need_short(call, 0, json_string_value(text), json_string_length(text))) {
        return NULL;
    }
    size_t size = json_string_length(text);
    char *encoded = dr_alloc(4 * (size / 3 + 1));
    size_t encoded_size = encode_base64((const unsigned char *)json_string_value(text), size, encoded);
    json_t *result = json_stringn_nocheck(encoded, encoded_size);
    free(encoded);
    return result;
}

static int base64_digit(char byte)
{
    byte = byte == '-' ? '+' : byte == '_' ? '/' : byte; /* the alphabet for URLs is understood too */
    const char *at = byte ? strchr(base64_digits, byte) : NULL;
    return at ? (int)(at - base64_digits) : -1;
}

/* As lenient as the service: what is no digit is skipped, the first '=' ends it, the digits that do not fill a byte are
 * dropped. */
static void decode_base64(const char *text, size_t size, struct dr_text *decoded)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < size && text[i] != '='; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0) {
            continue;
        }
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            dr_text_putc(decoded, (char)(bits >> count & 0xFF));
        }
    }
}

/* How many bytes of valid UTF-8 begin here, 0 if none. */
static size_t utf8_size(const char *bytes, size_t rest)
{
    unsigned char lead = (unsigned char)bytes[0];
    size_t size = lead < 0x80                   ? 1
                  : lead >= 0xC2 && lead < 0xE0 ? 2
                  : lead >= 0xE0 && lead < 0xF0 ? 3
                  : lead >= 0xF0 && lead < 0xF5 ? 4
                                                : 0;
    if (size == 0 || size > rest) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    unsigned char second = size > 1 ? (unsigned char)bytes[1] : 0;
    bool bad = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) || (lead == 0xF0 && second < 0x90) ||
               (lead == 0xF4 && second >= 0x90);
    return bad ? 0 : size;
}

static json_t *call_Base64Decode(struct intrinsic_call *call)
{
    const json_t *text = need_string(call, 0);
    if (!text || !need_short(call, 0, json_string_value(text), json_string_length(text))) {
        return NULL;
    }
    struct dr_text decoded = {0}, repaired = {0};
    decode_base64(json_string_value(text), json_string_length(text), &decoded);
    for (size_t i = 0; i < decoded.size;) { /* what is not UTF-8 becomes U+FFFD, as in Java */
        size_t size = utf8_size(decoded.bytes + i, decoded.size - i);
        if (size) {
            dr_text_add(&repaired, decoded.bytes + i, size);
        } else {
            dr_text_puts(&repaired, "\xEF\xBF\xBD");
        }
        i += size ? size : 1;
    }
    json_t *result = json_stringn(repaired.bytes ? repaired.bytes : "", repaired.size);
    dr_text_done(&decoded);
    dr_text_done(&repaired);
    return result;
}

static json_t *call_Hash(struct intrinsic_call *call)
{
    const json_t *algorithm = need_string(call, 1), *data = call->arguments[0];
    if (!algorithm) {
        return NULL;
    }
    struct dr_text text = {0};
    dr_text_java(&text, data, DR_PAYLOAD_BYTES_MAX); /* what is cut off is far beyond the bound below */
    json_t *result = NULL;
    if (need_short(call, 0, text.bytes ? text.bytes : "", text.size)) {
        result = dr_digest(json_string_value(algorithm), text.bytes ? text.bytes : "", text.size);
        if (!result) {
            fail(call, "Argument 2 must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512 but was: %s",
                 json_string_value(algorithm));
        }
    }
    dr_text_done(&text);
    return result;
}

static json_t *call_JsonMerge(struct intrinsic_call *call)
{
    for (size_t i = 0; i < 2; i++) {
        if (!json_is_object(call->arguments[i])) {
            return fail(call, "Argument %zu must be an object but was: %s", i + 1,
                        dr_json_type_name(call->arguments[i]));
        }
    }
    if (json_is_true(call->arguments[2])) {
        return fail(call, "Argument 3 must be false: only the shallow merging mode is supported");
    }
    json_t *merged = dr_json_copy(call->arguments[0]);
    dr_json_merge(merged, call->arguments[1]);
    return merged;
}

static json_t *call_StringToJson(struct intrinsic_call *call)
{
    const json_t *text = need_string(call, 0);
    if (!text) {
        return NULL;
    }
    const char *bytes = json_string_value(text);
    size_t size = json_string_length(text);
    if (strspn(bytes, " \t\r\n") == size) {
        return json_null();
    }
    char *problem = NULL;
    json_t *value = dr_json_parse(bytes, size, &problem);
    if (!value) {
        fail(call, "Invalid JSON: %s", problem);
        free(problem);
    }
    return value;
}

static json_t *call_JsonToString(struct intrinsic_call *call)
{
    struct dr_text text = {0};
    json_t *result = NULL;
    if (dr_text_json(&text, call->arguments[0], DR_PAYLOAD_BYTES_MAX)) {
        result = json_stringn(text.bytes, text.size);
    } else {
        fail(call, "Argument 1 is larger than %u bytes as text", DR_PAYLOAD_BYTES_MAX);
    }
    dr_text_done(&text);
    return result;
}

/* --- Numbers ------------------------------------------------------------------------------------------------------ */

static json_t *call_MathRandom(struct intrinsic_call *call)
{
    int64_t start, end, seed;
    if (!need_integer(call, 0, &start) || !need_integer(call, 1, &end)) {
        return NULL;
    }
    if (start >= end) {
        return fail(call, "The start %lld must be less than the end %lld", (long long)start, (long long)end);
    }
    uint64_t span = (uint64_t)(end - start);
    if (call->count < 3) {
        return json_integer(start + (int64_t)(dr_random_next(call->random) % span));
    }
    if (!need_integer(call, 2, &seed)) {
        return NULL;
    }
    if (span > INT32_MAX) {
        return json_integer(start + (int64_t)(dr_java_random_double(seed) * (double)span));
    }
    return json_integer(start + dr_java_random_int(seed, (int32_t)span));
}

static json_t *call_MathAdd(struct intrinsic_call *call)
{
    int64_t left, right;
    if (!need_whole(call, 0, round_half_up, &left) || !need_whole(call, 1, round_half_up, &right)) {
        return NULL;
    }
    if (left + right < INT32_MIN || left + right > INT32_MAX) {
        return fail(call, "The sum must be between %d and %d", INT32_MIN, INT32_MAX);
    }
    return json_integer(left + right);
}

/* --- Text --------------------------------------------------------------------------------------------------------- */

static size_t character_size(const char *at)
{
    size_t size = 1;
    while (((unsigned char)at[size] & 0xC0) == 0x80) {
        size++;
    }
    return size;
}

static json_t *call_StringSplit(struct intrinsic_call *call)
{
    const json_t *text = need_string(call, 0), *separators = text ? need_string(call, 1) : NULL;
    if (!separators) {
        return NULL;
    }
    const char *bytes = json_string_value(text);
    size_t size = json_string_length(text), start = 0;
    json_t *parts = json_array();
    for (size_t at = 0; at <= size;) {
        size_t step = at < size ? character_size(bytes + at) : 1;
        bool cut =
            at == size || memmem(json_string_value(separators), json_string_length(separators), bytes + at, step);
        if (cut) {
            if (at > start) {
                json_array_append_new(parts, json_stringn_nocheck(bytes + start, at - start));
            }
            start = at + step;
        }
        at += step;
    }
    return parts;
}

static json_t *call_UUID(struct intrinsic_call *call)
{
    return dr_uuid(call->random);
}

/* In a literal template a brace that is not part of {} must be escaped; one from the data may hold any. */
static json_t *call_Format(struct intrinsic_call *call)
{
    const json_t *first = need_string(call, 0);
    if (!first) {
        return NULL;
    }
    const char *format = call->format ? call->format : json_string_value(first);
    size_t size = call->format ? call->format_size : json_string_length(first), used = 1;
    struct dr_text text = {0};
    bool good = true;
    for (size_t i = 0; i < size && good; i++) {
        bool escape = format[i] == '\\' && i + 1 < size && strchr("\\'{}", format[i + 1]);
        if (escape) {
            dr_text_putc(&text, format[++i]);
        } else if (format[i] == '{' && i + 1 < size && format[i + 1] == '}') {
            good = used >= call->count || dr_text_java(&text, call->arguments[used], DR_PAYLOAD_BYTES_MAX);
            used++;
            i++;
        } else if (call->format && (format[i] == '{' || format[i] == '}')) {
            fail(call, "A %c in the template must be escaped as \\%c", format[i], format[i]);
            good = false;
        } else {
            dr_text_putc(&text, format[i]);
        }
        good = good && text.size <= DR_PAYLOAD_BYTES_MAX;
    }
    json_t *result = NULL;
    if (!good && !call->problem) {
        fail(call, "The text would be larger than %u bytes", DR_PAYLOAD_BYTES_MAX);
    } else if (good && used != call->count) {
        fail(call, "number of arguments do not match the occurrences of {}.");
    } else if (good) {
        result = json_stringn(text.bytes ? text.bytes : "", text.size);
    }
    dr_text_done(&text);
    return result;
}

const struct intrinsic_function dr_intrinsic_functions[] = {
#define INTRINSIC(name, fewest, most, summary) {#name, fewest, most, summary, call_##name},
#include "interpreter/expression/intrinsics.def"
#undef INTRINSIC
};

const size_t dr_intrinsic_function_count = sizeof dr_intrinsic_functions / sizeof *dr_intrinsic_functions;
static_assert(sizeof dr_intrinsic_functions / sizeof *dr_intrinsic_functions == 18,
              "the language has 18 intrinsic functions");

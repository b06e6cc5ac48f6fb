/* DynamoDB's values: decimal numbers of 38 digits, sets, what is equal, what is in order.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
#include "interpreter/base/base64.h"
#include "interpreter/base/limits.h"
#include "providers/simulated/services/dynamodb.h"

#include <ctype.h>

#define DIGITS_MAX 38
#define PLACES_MAX 300 /* of a sum on its way */

/* --- Numbers -------------------------------------------------------------------------------------------------------
 */

struct decimal { /* 0.d1d2d3... * 10^exponent; zero has no digits */
    bool negative;
    int count, exponent;
    char digits[PLACES_MAX];
};

static void trim(struct decimal *decimal)
{
    int zeros = 0;
    while (zeros < decimal->count && decimal->digits[zeros] == '0')
        zeros++;
    memmove(decimal->digits, decimal->digits + zeros, (size_t)(decimal->count - zeros));
    decimal->count -= zeros;
    decimal->exponent -= zeros;
    while (decimal->count > 0 && decimal->digits[decimal->count - 1] == '0')
        decimal->count--;
    if (decimal->count == 0)
        *decimal = (struct decimal){0};
}

static bool read_decimal(const char *text, struct decimal *ret_decimal)
{
    struct decimal *decimal = ret_decimal;
    *decimal = (struct decimal){0};
    if (*text == '-' || *text == '+')
        decimal->negative = *text++ == '-';
    bool point = false, any = false;
    for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        any = true;
        if (decimal->count == PLACES_MAX - 2)
            return false;
        decimal->digits[decimal->count++] = *text;
        decimal->exponent += !point;
    }
    if (any && (*text == 'e' || *text == 'E')) {
        char *end = NULL;
        long power = strtol(text + 1, &end, 10);
        if (end == text + 1 || power > 1000 || power < -1000)
            return false;
        decimal->exponent += (int)power;
        text = end;
    }
    trim(decimal);
    return any && *text == '\0' && decimal->count <= DIGITS_MAX && decimal->exponent <= 126 &&
           decimal->exponent >= -129;
}

static char *write_decimal(const struct decimal *decimal)
{
    struct dr_text text = {0};
    if (decimal->count == 0)
        return dr_copy_string("0");
    if (decimal->negative)
        dr_text_putc(&text, '-');
    if (decimal->exponent <= 0) {
        dr_text_puts(&text, "0.");
        for (int i = decimal->exponent; i < 0; i++)
            dr_text_putc(&text, '0');
    }
    for (int i = 0; i < decimal->count || i < decimal->exponent; i++) {
        if (i == decimal->exponent && i > 0)
            dr_text_putc(&text, '.');
        dr_text_putc(&text, '0');
        if (i < decimal->count)
            text.bytes[text.size - 1] = decimal->digits[i];
    }
    return dr_text_take(&text);
}

char *ddb_number(const char *text)
{
    struct decimal decimal;
    return read_decimal(text, &decimal) ? write_decimal(&decimal) : NULL;
}

static int compare_size(const struct decimal *a, const struct decimal *b)
{
    if (a->count == 0 || b->count == 0)
        return (a->count > 0) - (b->count > 0);
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    int common = a->count < b->count ? a->count : b->count, order = memcmp(a->digits, b->digits, (size_t)common);
    return order ? order : (a->count > b->count) - (a->count < b->count);
}

static int compare(const struct decimal *a, const struct decimal *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_size(b, a) : compare_size(a, b);
}

int ddb_number_compare(const char *a, const char *b)
{
    struct decimal one, other;
    read_decimal(a, &one);
    read_decimal(b, &other);
    return compare(&one, &other);
}

/* The digit at 10^place (0: units). */
static int digit_at(const struct decimal *decimal, int place)
{
    int index = decimal->exponent - 1 - place;
    return index >= 0 && index < decimal->count ? decimal->digits[index] - '0' : 0;
}

char *ddb_number_add(const char *a, const char *b, bool minus)
{
    struct decimal one, other, sum = {0};
    read_decimal(a, &one);
    read_decimal(b, &other);
    if (minus && other.count > 0)
        other.negative = !other.negative;
    const struct decimal *large = compare_size(&one, &other) >= 0 ? &one : &other,
                         *small = large == &one ? &other : &one;
    if (small->count == 0)
        return write_decimal(large);
    bool subtract = one.negative != other.negative;
    int top = large->exponent, bottom = large->exponent - large->count;
    if (small->exponent - small->count < bottom)
        bottom = small->exponent - small->count;
    if (top + 1 - bottom > PLACES_MAX - 2)
        return NULL;
    int carry = 0;
    sum.count = top + 1 - bottom;
    sum.exponent = top + 1;
    sum.negative = large->negative;
    for (int place = bottom; place <= top; place++) {
        int digit = digit_at(large, place) + (subtract ? -1 : 1) * digit_at(small, place) + carry;
        carry = digit < 0 ? -1 : digit > 9;
        digit -= 10 * carry;
        sum.digits[top - place] = (char)('0' + digit);
    }
    trim(&sum);
    return sum.count <= DIGITS_MAX && sum.exponent <= 126 ? write_decimal(&sum) : NULL;
}

/* --- Values --------------------------------------------------------------------------------------------------------
 */

const char *ddb_type(const json_t *value)
{
    const char *type = json_is_object(value) && json_object_size(value) == 1
                           ? json_object_iter_key(json_object_iter(row_mutable(value)))
                           : NULL;
    return type ? type : "";
}

static const json_t *content(const json_t *value)
{
    return json_object_get(value, ddb_type(value));
}

/* The bytes of a B: as text, or {"Base64"}. Owned. */
static unsigned char *bytes_of(const json_t *blob, size_t *ret_size)
{
    const json_t *encoded = json_object_get(blob, DR_AWS_BASE64);
    unsigned char *bytes;
    if (encoded && dr_base64_decode(json_string_value(encoded), json_string_length(encoded), &bytes, ret_size))
        return bytes;
    *ret_size = json_is_string(blob) ? json_string_length(blob) : 0;
    return (unsigned char *)dr_copy_bytes(json_is_string(blob) ? json_string_value(blob) : "", *ret_size);
}

static int compare_bytes(const json_t *a, const json_t *b)
{
    size_t a_size, b_size;
    unsigned char *one = bytes_of(a, &a_size), *other = bytes_of(b, &b_size);
    int order = memcmp(one, other, a_size < b_size ? a_size : b_size);
    free(one);
    free(other);
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

bool ddb_compare(const json_t *a, const json_t *b, int *ret_order)
{
    const char *type = ddb_type(a);
    const json_t *one = content(a), *other = content(b);
    if (strcmp(type, ddb_type(b)) != 0)
        return false;
    if (strcmp(type, "N") == 0)
        *ret_order = ddb_number_compare(json_string_value(one), json_string_value(other));
    else if (strcmp(type, "S") == 0 || strcmp(type, "B") == 0)
        *ret_order = compare_bytes(one, other);
    else
        return false;
    return true;
}

static bool is_set(const char *type)
{
    return strlen(type) == 2 && type[1] == 'S';
}

/* An element of a set as a value of its own; a new reference. */
static json_t *element(const char *type, const json_t *item)
{
    char single[2] = {type[0], '\0'};
    return json_pack("{s:O}", single, item);
}

bool ddb_contains(const json_t *container, const json_t *value)
{
    const char *type = ddb_type(container);
    const json_t *inside = content(container);
    if (strcmp(type, "S") == 0 && strcmp(ddb_type(value), "S") == 0)
        return strstr(json_string_value(inside), json_string_value(content(value))) != NULL;
    bool found = false;
    for (size_t i = 0; i < json_array_size(inside) && !found; i++) {
        json_t *item = json_array_get(inside, i), *own = is_set(type) ? element(type, item) : json_incref(item);
        found = ddb_equal(own, value);
        json_decref(own);
    }
    return found;
}

bool ddb_equal(const json_t *a, const json_t *b)
{
    const char *type = ddb_type(a);
    int order;
    if (strcmp(type, ddb_type(b)) != 0)
        return false;
    if (ddb_compare(a, b, &order))
        return order == 0;
    if (!is_set(type))
        return json_equal(row_mutable(a), row_mutable(b)) != 0; /* numbers inside are written in one way */
    bool same = json_array_size(content(a)) == json_array_size(content(b));
    for (size_t i = 0; i < json_array_size(content(a)) && same; i++) {
        json_t *own = element(type, json_array_get(content(a), i));
        same = ddb_contains(b, own);
        json_decref(own);
    }
    return same;
}

int64_t ddb_size(const json_t *value)
{
    const char *type = ddb_type(value);
    const json_t *inside = content(value);
    size_t size = 0;
    if (strcmp(type, "S") == 0 || strcmp(type, "B") == 0)
        free(bytes_of(inside, &size));
    else if (json_is_array(inside))
        size = json_array_size(inside);
    else if (strcmp(type, "M") == 0)
        size = json_object_size(inside);
    else
        return -1;
    return (int64_t)size;
}

static size_t value_bytes(const json_t *value, unsigned depth)
{
    const char *type = ddb_type(value);
    const json_t *inside = content(value);
    size_t size = 0;
    if (strcmp(type, "S") == 0 || strcmp(type, "B") == 0) {
        free(bytes_of(inside, &size));
    } else if (strcmp(type, "N") == 0) {
        size = json_string_length(inside) / 2 + 1;
    } else if (strcmp(type, "M") == 0) {
        size = 3 + (depth < DR_DEPTH_MAX ? ddb_item_bytes(inside) : 0);
    } else if (json_is_array(inside)) {
        size = 3;
        for (size_t i = 0; i < json_array_size(inside); i++) {
            json_t *item = json_array_get(inside, i), *own = is_set(type) ? element(type, item) : json_incref(item);
            size += 1 + (depth < DR_DEPTH_MAX ? value_bytes(own, depth + 1) : 0);
            json_decref(own);
        }
    } else {
        size = 1;
    }
    return size;
}

size_t ddb_item_bytes(const json_t *item)
{
    const char *name;
    json_t *value;
    size_t size = 0;
    json_object_foreach(row_mutable(item), name, value) size += strlen(name) + value_bytes(value, 1);
    return size;
}

/* --- As they are kept ----------------------------------------------------------------------------------------------
 */

static json_t *normal_number(struct dr_sim_call *call, const char *text)
{
    char *number = ddb_number(text);
    json_t *value = number ? json_string(number) : NULL;
    if (!number)
        dr_sim_fail(call, 0, "ValidationException",
                    strspn(text, "0123456789.-+eE") == strlen(text) && *text
                        ? "Attempting to store more than 38 significant digits in a Number"
                        : "The parameter cannot be converted to a numeric value%s%s",
                    *text ? ": " : "", text);
    free(number);
    return value;
}

static json_t *normal_set(struct dr_sim_call *call, const char *type, const json_t *set)
{
    json_t *copy = json_array();
    if (json_array_size(set) == 0)
        dr_sim_fail(call, 0, "ValidationException",
                    "One or more parameter values were invalid: An %s set  may not be empty",
                    *type == 'S'   ? "string"
                    : *type == 'N' ? "number"
                                   : "binary");
    for (size_t i = 0; i < json_array_size(set) && !call->error; i++) {
        json_t *item = json_array_get(set, i);
        json_t *own = *type == 'N' ? normal_number(call, json_string_value(item)) : json_incref(item);
        json_t *single = own ? element(type, own) : NULL, *all = json_pack("{s:O}", type, copy);
        if (single && ddb_contains(all, single))
            dr_sim_fail(call, 0, "ValidationException",
                        "One or more parameter values were invalid: Input collection contains duplicates.");
        if (own)
            json_array_append_new(copy, own);
        json_decref(single);
        json_decref(all);
    }
    return copy;
}

json_t *ddb_normal(struct dr_sim_call *call, const json_t *value, unsigned depth)
{
    const char *type = ddb_type(value), *key;
    const json_t *inside = content(value);
    json_t *copy = NULL, *item, *own;
    size_t i;
    if (depth > 32) {
        dr_sim_fail(call, 0, "ValidationException", "Nesting Levels have exceeded supported limits");
    } else if (!*type) {
        dr_sim_fail(call, 0, "ValidationException", "%s",
                    json_object_size(value)
                        ? "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
                          "supported datatypes"
                        : "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
    } else if (strcmp(type, "N") == 0) {
        copy = normal_number(call, json_string_value(inside));
    } else if (is_set(type)) {
        copy = normal_set(call, type, inside);
    } else if (strcmp(type, "L") == 0) {
        copy = json_array();
        json_array_foreach(inside, i, item)
        {
            own = call->error ? NULL : ddb_normal(call, item, depth + 1);
            if (own)
                json_array_append_new(copy, own);
        }
    } else if (strcmp(type, "M") == 0) {
        copy = json_object();
        json_object_foreach(row_mutable(inside), key, item)
        {
            own = call->error ? NULL : ddb_normal(call, item, depth + 1);
            if (own)
                json_object_set_new(copy, key, own);
        }
    } else if (strcmp(type, "NULL") == 0 && !json_is_true(inside)) {
        dr_sim_fail(
            call, 0, "ValidationException",
            "One or more parameter values were invalid: Null attribute value types must have the value of true");
    } else {
        copy = dr_json_share(inside);
    }
    if (!call->error)
        return json_pack("{s:o}", type, copy);
    json_decref(copy);
    return NULL;
}

json_t *ddb_on_the_wire(const json_t *value, unsigned depth)
{
    const char *key;
    json_t *item;
    size_t i;
    if (depth > DR_DEPTH_MAX)
        return json_null();
    const json_t *blob = json_object_size(value) == 1 ? json_object_get(value, "B") : NULL;
    if (json_is_string(blob) || json_object_get(blob, DR_AWS_BASE64)) {
        size_t size;
        unsigned char *bytes = bytes_of(blob, &size);
        json_t *encoded = json_pack("{s:o}", "B", dr_base64_json(bytes, size));
        free(bytes);
        return encoded;
    }
    if (json_is_object(value)) {
        json_t *copy = json_object();
        json_object_foreach(row_mutable(value), key, item)
            json_object_set_new(copy, key, ddb_on_the_wire(item, depth + 1));
        return copy;
    }
    if (json_is_array(value)) {
        json_t *copy = json_array();
        json_array_foreach(value, i, item) json_array_append_new(copy, ddb_on_the_wire(item, depth + 1));
        return copy;
    }
    return dr_json_share(value);
}

/* Numbers. */
#include "interpreter/expression/jsonata/function.h"

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/picture.h"

/* --- $number
 * ------------------------------------------------------------------------------------------------------------ */

static size_t digits(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return (size_t)(at - start);
}

/* -?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)? */
static bool is_decimal(struct jx_text text)
{
    const char *at = text.bytes, *end = at + text.size;
    if (at < end && *at == '-')
        at++;
    size_t size = digits(at, end);
    if (!size)
        return false;
    at += size;
    if (at < end && *at == '.') {
        size = digits(at + 1, end);
        if (!size)
            return false;
        at += 1 + size;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        size = digits(at, end);
        if (!size)
            return false;
        at += size;
    }
    return at == end;
}

/* 0x, 0o and 0b; NaN if it is none of them. */
static double read_prefixed(struct jx_text text)
{
    if (text.size < 3 || text.bytes[0] != '0')
        return (double)NAN;
    char prefix = (char)(text.bytes[1] | 0x20);
    int radix = prefix == 'x' ? 16 : prefix == 'o' ? 8 : prefix == 'b' ? 2 : 0;
    double number = 0;
    for (size_t i = 2; i < text.size; i++) {
        char c = text.bytes[i], lower = (char)(c | 0x20);
        int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
        if (digit >= radix)
            return (double)NAN;
        number = number * radix + digit;
    }
    return number;
}

struct jx_value jx_fn_number(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    struct jx_value value = arguments[0];
    if (jx_is_undefined(value) || jx_is_number(value))
        return value;
    if (value.tag == JX_BOOLEAN)
        return jx_number(value.boolean);
    if (jx_is_string(value)) {
        struct jx_text text = jx_as_text(value);
        double number = is_decimal(text) ? jx_read_number(text.bytes, text.size) : read_prefixed(text);
        if (isfinite(number))
            return jx_number(number);
    }
    JX_FAIL(run->trap, .code = "D3030", .value = &value);
}

/* --- rounding and the like
 * ------------------------------------------------------------------------------------------------- */

struct jx_value jx_fn_floor(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    return arguments[0].tag == JX_NUMBER ? jx_number(floor(arguments[0].number)) : arguments[0];
}

struct jx_value jx_fn_ceil(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    return arguments[0].tag == JX_NUMBER ? jx_number(ceil(arguments[0].number)) : arguments[0];
}

struct jx_value jx_fn_abs(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    struct jx_value value = arguments[0];
    if (value.tag == JX_INTEGER && value.integer > INT64_MIN)
        return (struct jx_value){.tag = JX_INTEGER, .integer = value.integer < 0 ? -value.integer : value.integer};
    return jx_is_undefined(value) ? value : jx_number(fabs(jx_as_number(value)));
}

struct jx_value jx_fn_round(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)run, (void)count;
    double precision = jx_is_undefined(arguments[1]) ? 0 : jx_as_number(arguments[1]);
    if (jx_is_undefined(arguments[0]) || (arguments[0].tag == JX_INTEGER && precision >= 0))
        return arguments[0];
    return jx_number(jx_round_half_even(jx_as_number(arguments[0]), precision));
}

struct jx_value jx_fn_sqrt(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    if (jx_as_number(arguments[0]) < 0)
        JX_FAIL(run->trap, .code = "D3060", .value = &arguments[0]);
    return jx_number(sqrt(jx_as_number(arguments[0])));
}

struct jx_value jx_fn_power(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    double result =
        jx_is_undefined(arguments[1]) ? (double)NAN : pow(jx_as_number(arguments[0]), jx_as_number(arguments[1]));
    if (!isfinite(result))
        JX_FAIL(run->trap, .code = "D3061", .value = &arguments[0], .value2 = &arguments[1]);
    return jx_number(result);
}

/* --- randomness
 * --------------------------------------------------------------------------------------------------------------- */

double jx_random(struct jx_run *run)
{
    if (run->environment && run->environment->random)
        return run->environment->random(run->environment->data);
    uint64_t x = run->random_state += 0x9E3779B97F4A7C15u; /* SplitMix64: a fixed sequence */
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return (double)((x ^ x >> 31) >> 11) * 0x1p-53;
}

struct jx_value jx_fn_random(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)arguments, (void)count;
    return jx_number(jx_random(run));
}

/* --- formatting
 * ---------------------------------------------------------------------------------------------------------------- */

struct jx_value jx_fn_format_number(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_text picture = jx_is_undefined(arguments[1]) ? JX_TEXT("") : jx_as_text(arguments[1]);
    return jx_format_number(run, jx_as_number(arguments[0]), picture, arguments[2]);
}

enum { LIMBS = 33 }; /* of 32 bits: the largest double has 1024 */

/* Divides the number, least limb first, and returns the remainder. */
static uint32_t divide(uint32_t limbs[LIMBS], uint32_t divisor)
{
    uint64_t rest = 0;
    for (size_t i = LIMBS; i-- > 0;) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint32_t)rest;
}

static bool is_zero(const uint32_t limbs[LIMBS])
{
    for (size_t i = 0; i < LIMBS; i++)
        if (limbs[i])
            return false;
    return true;
}

/* All the digits of an integral number, exactly. */
static struct jx_value integer_in_base(struct jx_run *run, double value, uint32_t radix)
{
    uint32_t limbs[LIMBS] = {0};
    int exponent;
    uint64_t mantissa = (uint64_t)ldexp(frexp(fabs(value), &exponent), 53);
    for (int bit = 0; bit < 53; bit++) {
        int at = bit + exponent - 53;
        if (at >= 0 && (mantissa >> bit & 1))
            limbs[at / 32] |= 1u << at % 32;
    }
    char reversed[LIMBS * 32];
    size_t used = 0;
    do {
        reversed[used++] = "0123456789abcdefghijklmnopqrstuvwxyz"[divide(limbs, radix)];
    } while (!is_zero(limbs));
    struct jx_builder builder = {.arena = &run->heap};
    if (value < 0)
        jx_build_byte(&builder, '-');
    while (used)
        jx_build_byte(&builder, reversed[--used]);
    return jx_build_done(&builder);
}

struct jx_value jx_fn_format_base(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    double value = jx_round_half_even(jx_as_number(arguments[0]), 0);
    double radix = jx_is_undefined(arguments[1]) ? 10 : jx_round_half_even(jx_as_number(arguments[1]), 0);
    if (!(radix >= 2 && radix <= 36)) {
        struct jx_value given = jx_number(radix);
        JX_FAIL(run->trap, .code = "D3100", .value = &given);
    }
    if (radix != 10 && isfinite(value))
        return integer_in_base(run, value, (uint32_t)radix);
    char text[JX_NUMBER_TEXT];
    return jx_copy_string(run, (struct jx_text){text, jx_number_text(text, value)});
}

struct jx_value jx_fn_format_integer(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_integer_format format;
    jx_analyse_integer_picture(run, jx_is_undefined(arguments[1]) ? JX_TEXT("") : jx_as_text(arguments[1]), &format);
    struct jx_builder builder = {.arena = &run->heap};
    jx_build_integer(run, &builder, floor(jx_as_number(arguments[0])), &format);
    return jx_build_done(&builder);
}

struct jx_value jx_fn_parse_integer(struct jx_run *run, const struct jx_value *arguments, size_t count)
{
    (void)count;
    if (jx_is_undefined(arguments[0]))
        return JX_NOTHING;
    struct jx_integer_format format;
    jx_analyse_integer_picture(run, jx_is_undefined(arguments[1]) ? JX_TEXT("") : jx_as_text(arguments[1]), &format);
    return jx_number(jx_parse_integer(run, jx_as_text(arguments[0]), &format));
}

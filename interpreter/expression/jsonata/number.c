#include "interpreter/expression/jsonata/number.h"

#include <stdio.h>
#include <stdlib.h>

bool jx_is_integral(double number)
{
    return isfinite(number) && floor(number) == number;
}

/* printf and strtod write and read the C locale's decimal point: drrun never leaves that locale. */
static size_t digits_of(char out[32], double number, int digits, int *ret_exponent)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.*e", digits - 1, number);
    size_t count = 0;
    char *at = text;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            out[count++] = *at;
    *ret_exponent = (int)strtol(at + 1, NULL, 10);
    while (count > 1 && out[count - 1] == '0')
        count--;
    return count;
}

static size_t lay_out(char out[JX_NUMBER_TEXT], bool negative, const char *digits, size_t count, int exponent)
{
    size_t n = 0;
    if (negative)
        out[n++] = '-';
    int point = exponent + 1; /* digits before the decimal point */
    if (point > 21 || point <= -6) {
        out[n++] = digits[0];
        if (count > 1) {
            out[n++] = '.';
            memcpy(out + n, digits + 1, count - 1);
            n += count - 1;
        }
        return n + (size_t)snprintf(out + n, 8, "e%+d", exponent);
    }
    if (point <= 0) {
        out[n++] = '0';
        out[n++] = '.';
        for (int i = point; i < 0; i++)
            out[n++] = '0';
        memcpy(out + n, digits, count);
        return n + count;
    }
    for (size_t i = 0; i < count || (int)i < point; i++) {
        if ((int)i == point)
            out[n++] = '.';
        out[n++] = i < count ? digits[i] : '0';
    }
    return n;
}

static size_t special_text(char *out, double number)
{
    const char *text = isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity";
    size_t size = strlen(text);
    memcpy(out, text, size);
    return size;
}

static size_t integer_text(char *out, int64_t integer)
{
    char reversed[24];
    size_t count = 0, n = 0;
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    do {
        reversed[count++] = (char)('0' + rest % 10);
    } while (rest /= 10);
    if (integer < 0)
        out[n++] = '-';
    while (count)
        out[n++] = reversed[--count];
    return n;
}

bool jx_is_short_decimal(double number, int64_t *ret_digits, unsigned *ret_places)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    for (unsigned places = 0; places < sizeof powers / sizeof *powers; places++) {
        double scaled = number * powers[places];
        if (!(fabs(scaled) < 1e15))
            return false;
        double digits = rint(scaled);
        if (digits / powers[places] == number) {
            *ret_digits = (int64_t)digits;
            *ret_places = places;
            return true;
        }
    }
    return false;
}

static size_t short_decimal_text(char *out, int64_t digits, unsigned places)
{
    char text[24];
    size_t n = 0, size = integer_text(text, digits < 0 ? -digits : digits), padded = size > places ? size : places + 1;
    if (digits < 0)
        out[n++] = '-';
    for (size_t i = 0; i < padded; i++) {
        if (i && padded - i == places)
            out[n++] = '.';
        out[n++] = padded - i > size ? '0' : text[size - (padded - i)];
    }
    return n;
}

size_t jx_number_text(char out[JX_NUMBER_TEXT], double number)
{
    int64_t short_digits;
    unsigned places;
    if (!isfinite(number))
        return special_text(out, number);
    if (jx_is_short_decimal(number, &short_digits, &places))
        return short_decimal_text(out, short_digits, places);
    char digits[32];
    size_t count = 0;
    int exponent = 0;
    /* Fifteen digits suffice for most, and for no normal number do fewer say more; subnormals need looking for the
     * shortest. */
    for (int precision = fabs(number) < 2.3e-308 ? 1 : 15; precision <= 17; precision++) {
        char text[40];
        (void)snprintf(text, sizeof text, "%.*e", precision - 1, number);
        if (precision == 17 || strtod(text, NULL) == number) {
            count = digits_of(digits, fabs(number), precision, &exponent);
            break;
        }
    }
    return lay_out(out, number < 0, digits, count, exponent);
}

size_t jx_value_number_text(char out[JX_NUMBER_TEXT], struct jx_value number)
{
    return number.tag == JX_INTEGER ? integer_text(out, number.integer) : jx_number_text(out, number.number);
}

size_t jx_number_text_15(char out[JX_NUMBER_TEXT], double number)
{
    int64_t short_digits;
    unsigned places;
    if (!isfinite(number) || jx_is_integral(number) || jx_is_short_decimal(number, &short_digits, &places))
        return jx_number_text(out, number);
    char digits[32];
    int exponent = 0;
    if (fabs(number) < 2.3e-308) { /* what 15 digits say may be said shorter */
        char text[40];
        (void)snprintf(text, sizeof text, "%.14e", number);
        return jx_number_text(out, strtod(text, NULL));
    }
    size_t count = digits_of(digits, fabs(number), 15, &exponent);
    return lay_out(out, number < 0, digits, count, exponent);
}

double jx_read_number(const char *bytes, size_t size)
{
    char small[64];
    if (size < sizeof small) {
        memcpy(small, bytes, size);
        small[size] = '\0';
        return strtod(small, NULL);
    }
    char *copy = strndup(bytes, size);
    if (!copy)
        abort();
    double number = strtod(copy, NULL);
    free(copy);
    return number;
}

double jx_round_half_up(double number)
{
    double below = floor(number);
    return number - below >= 0.5 ? below + 1 : below;
}

/* Moves the decimal point in the number's text, since multiplying by a power of ten would not be exact. */
static double shift(double number, double places)
{
    char text[JX_NUMBER_TEXT], shifted[80];
    size_t size = jx_number_text(text, number);
    if (!isfinite(number) || !jx_is_integral(places))
        return (double)NAN;
    const char *e = memchr(text, 'e', size);
    double exponent = places;
    size_t mantissa = size;
    if (e) {
        mantissa = (size_t)(e - text);
        exponent += jx_read_number(e + 1, size - mantissa - 1);
    }
    if (fabs(exponent) > 9999)
        exponent = exponent < 0 ? -9999 : 9999;
    (void)snprintf(shifted, sizeof shifted, "%.*se%d", (int)mantissa, text, (int)exponent);
    return strtod(shifted, NULL);
}

double jx_round_half_even(double number, double precision)
{
    bool shifts = precision != 0 && !isnan(precision);
    double moved = shifts ? shift(number, precision) : number;
    double result = isfinite(moved) ? jx_round_half_up(moved) : moved;
    if (fabs(result - moved) == 0.5 && fabs(fmod(result, 2)) == 1)
        result -= 1;
    if (shifts)
        result = shift(result, -precision);
    return result == 0 ? 0 : result;
}

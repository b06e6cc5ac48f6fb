/* Numbers as a picture wants them: words, Roman numerals, letters, grouped digits ($formatInteger). */
#include "interpreter/expression/jsonata/picture.h"

#include "interpreter/expression/jsonata/case.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <stdio.h>

/* --- words
 * --------------------------------------------------------------------------------------------------------------- */

static const char *const few[] = {"Zero",     "One",     "Two",     "Three",     "Four",     "Five",    "Six",
                                  "Seven",    "Eight",   "Nine",    "Ten",       "Eleven",   "Twelve",  "Thirteen",
                                  "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
static const char *const ordinals[] = {"Zeroth",    "First",     "Second",      "Third",      "Fourth",
                                       "Fifth",     "Sixth",     "Seventh",     "Eighth",     "Ninth",
                                       "Tenth",     "Eleventh",  "Twelfth",     "Thirteenth", "Fourteenth",
                                       "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
static const char *const decades[] = {"Twenty",  "Thirty", "Forty",  "Fifty",  "Sixty",
                                      "Seventy", "Eighty", "Ninety", "Hundred"};
static const char *const magnitudes[] = {"Thousand", "Million", "Billion", "Trillion"};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void put(struct jx_builder *builder, const char *text)
{
    jx_build_add(builder, text, strlen(text));
}

static void build_words(struct jx_builder *builder, double number, bool follows, bool ordinal);

static void build_small_words(struct jx_builder *builder, double number, bool follows, bool ordinal)
{
    if (number <= 19) {
        put(builder, follows ? " and " : "");
        put(builder, ordinal ? ordinals[(int)number] : few[(int)number]);
        return;
    }
    const char *decade = decades[(int)(number / 10) - 2];
    double rest = fmod(number, 10);
    put(builder, follows ? " and " : "");
    if (rest > 0) {
        put(builder, decade);
        put(builder, "-");
        build_words(builder, rest, false, ordinal);
    } else if (ordinal) {
        jx_build_add(builder, decade, strlen(decade) - 1);
        put(builder, "ieth");
    } else {
        put(builder, decade);
    }
}

/* Recursion ends soon: each level takes off a magnitude of at least a hundred, at most 10^12. */
static void build_words(struct jx_builder *builder, double number, bool follows, bool ordinal)
{
    if (number < 100) {
        build_small_words(builder, number, follows, ordinal);
        return;
    }
    double factor = 100, rest;
    const char *unit = "Hundred";
    put(builder, follows ? ", " : "");
    if (number >= 1000) {
        size_t magnitude = (size_t)floor(log10(number) / 3);
        if (magnitude > COUNT(magnitudes))
            magnitude = COUNT(magnitudes);
        factor = pow(10, (double)magnitude * 3);
        unit = magnitudes[magnitude - 1];
    }
    double mantissa = floor(number / factor);
    rest = number - mantissa * factor;
    build_words(builder, mantissa, false, false);
    put(builder, " ");
    put(builder, unit);
    if (rest > 0)
        build_words(builder, rest, true, ordinal);
    else if (ordinal)
        put(builder, "th");
}

static bool same_word(struct jx_text word, const char *candidate, size_t size, const char *ending)
{
    size_t ending_size = strlen(ending);
    if (word.size != size + ending_size)
        return false;
    for (size_t i = 0; i < word.size; i++) {
        char expected = i < size ? candidate[i] : ending[i - size];
        if (word.bytes[i] != (expected >= 'A' && expected <= 'Z' ? expected + 32 : expected))
            return false;
    }
    return true;
}

/* NaN if the word, in lower case, is no number. */
static double value_of_word(struct jx_text word)
{
    for (size_t i = 0; i < COUNT(few); i++)
        if (same_word(word, few[i], strlen(few[i]), "") || same_word(word, ordinals[i], strlen(ordinals[i]), ""))
            return (double)i;
    for (size_t i = 0; i < COUNT(decades); i++) {
        size_t size = strlen(decades[i]);
        if (same_word(word, decades[i], size, "") || same_word(word, decades[i], size - 1, "ieth"))
            return (double)(i + 2) * 10;
    }
    if (jx_text_equal(word, JX_TEXT("hundredth")))
        return 100;
    for (size_t i = 0; i < COUNT(magnitudes); i++) {
        size_t size = strlen(magnitudes[i]);
        if (same_word(word, magnitudes[i], size, "") || same_word(word, magnitudes[i], size, "th"))
            return pow(10, (double)(i + 1) * 3);
    }
    return (double)NAN;
}

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* How long the separator of words is that begins here: ", ", " and ", a blank, a hyphen or a backslash. */
static size_t separator_size(const char *at, const char *end)
{
    size_t left = (size_t)(end - at);
    if (left >= 2 && at[0] == ',' && is_space(at[1]))
        return 2;
    if (left >= 5 && is_space(at[0]) && memcmp(at + 1, "and", 3) == 0 && is_space(at[4]))
        return 5;
    return is_space(*at) || *at == '-' || *at == '\\' ? 1 : 0;
}

/* Segments as the words say them: "two thousand and five" is [2000, 5]. Only the last one is still being built. */
static double parse_words(struct jx_text text)
{
    double done = 0, last = 0;
    const char *end = text.bytes + text.size, *start = text.bytes;
    for (const char *at = text.bytes;; at++) {
        size_t separator = at < end ? separator_size(at, end) : 0;
        if (at < end && !separator)
            continue;
        double value = value_of_word((struct jx_text){start, (size_t)(at - start)});
        if (value < 100) {
            if (last >= 1000) {
                done += last;
                last = 0;
            }
            last += value;
        } else {
            last *= value;
        }
        if (at >= end)
            return done + last;
        start = at + separator;
        at = start - 1;
    }
}

/* --- roman numerals and letters
 * --------------------------------------------------------------------------------------------------- */

static void build_roman(struct jx_run *run, struct jx_builder *builder, double value, bool upper)
{
    static const struct {
        double value;
        const char *lower, *upper;
    } numerals[] = {{1000, "m", "M"}, {900, "cm", "CM"}, {500, "d", "D"},  {400, "cd", "CD"}, {100, "c", "C"},
                    {90, "xc", "XC"}, {50, "l", "L"},    {40, "xl", "XL"}, {10, "x", "X"},    {9, "ix", "IX"},
                    {5, "v", "V"},    {4, "iv", "IV"},   {1, "i", "I"}};
    for (size_t i = 0; i < COUNT(numerals); i++)
        for (; value >= numerals[i].value; value -= numerals[i].value) {
            put(builder, upper ? numerals[i].upper : numerals[i].lower);
            jx_charge(run, 1);
            if (value >= 9007199254740992.0) /* subtracting would change nothing: give up as a step limit would */
                jx_charge(run, run->steps_max);
        }
}

static double parse_roman(struct jx_text text)
{
    static const struct {
        char letter;
        double value;
    } values[] = {{'M', 1000}, {'D', 500}, {'C', 100}, {'L', 50}, {'X', 10}, {'V', 5}, {'I', 1}};
    double total = 0, most = 1;
    for (size_t i = text.size; i-- > 0;) {
        double value = (double)NAN;
        for (size_t v = 0; v < COUNT(values); v++)
            if (text.bytes[i] == values[v].letter || text.bytes[i] == values[v].letter + 32)
                value = values[v].value;
        if (value < most) {
            total -= value;
        } else {
            most = value;
            total += value;
        }
    }
    return total;
}

static void build_letters(struct jx_builder *builder, double value, char first)
{
    char reversed[256];
    size_t used = 0;
    while (value > 0 && used < sizeof reversed) {
        reversed[used++] = (char)(first + (int)fmod(value - 1, 26));
        value = floor((value - 1) / 26);
    }
    while (used)
        jx_build_byte(builder, reversed[--used]);
}

static double parse_letters(struct jx_text text, char first)
{
    double total = 0, place = 1;
    for (size_t i = text.size; i-- > 0; place *= 26)
        total += ((unsigned char)text.bytes[i] - first + 1) * place;
    return total;
}

/* --- the picture
 * ---------------------------------------------------------------------------------------------------------------- */

static const uint32_t digit_zeros[] = {0x30,   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
                                       0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0,
                                       0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
                                       0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

/* The zero of the digit's family, 0 if it is no digit. */
static uint32_t zero_of(uint32_t code)
{
    for (size_t i = 0; i < COUNT(digit_zeros); i++)
        if (code >= digit_zeros[i] && code <= digit_zeros[i] + 9)
            return digit_zeros[i];
    return 0;
}

static uint32_t greatest_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The distance at which the separators repeat, 0 if they do not. */
static uint32_t repeats_every(const struct jx_separator *separators, uint32_t count)
{
    if (!count)
        return 0;
    uint32_t factor = separators[0].position;
    for (uint32_t i = 1; i < count; i++) {
        if (separators[i].character != separators[0].character)
            return 0;
        factor = greatest_divisor(factor, separators[i].position);
    }
    for (uint32_t i = 1; i <= count; i++) {
        bool found = false;
        for (uint32_t s = 0; s < count; s++)
            found |= separators[s].position == i * factor;
        if (!found)
            return 0;
    }
    return factor;
}

static void analyse_digits(struct jx_run *run, struct jx_text picture, struct jx_integer_format *format)
{
    uint32_t *codes = jx_alloc(&run->heap, jx_times(picture.size + 1, sizeof *codes));
    uint32_t count = 0, position = 0;
    const char *end = picture.bytes + picture.size;
    for (const char *at = picture.bytes; at < end;)
        codes[count++] = jx_utf8_next(&at, end);
    format->separators = jx_alloc(&run->heap, jx_times(count + 1u, sizeof *format->separators));
    for (uint32_t i = count; i-- > 0;) { /* positions count from the right */
        uint32_t zero = zero_of(codes[i]);
        if (zero) {
            if (format->mandatory && format->zero != zero)
                JX_FAIL(run->trap, .code = "D3131");
            format->zero = zero;
            format->mandatory++;
            position++;
        } else if (codes[i] == '#') {
            format->optional++;
            position++;
        } else {
            format->separators[format->separator_count++] = (struct jx_separator){position, codes[i]};
        }
    }
    if (format->separator_count > 1000) /* no number is that long; the check below looks at all pairs */
        format->separator_count = 1000;
    if (!format->mandatory) {
        format->style = JX_UNKNOWN_STYLE;
        format->token = picture;
        return;
    }
    format->every = repeats_every(format->separators, format->separator_count);
}

void jx_analyse_integer_picture(struct jx_run *run, struct jx_text picture, struct jx_integer_format *ret_format)
{
    static const struct {
        const char *text;
        enum jx_integer_style style;
        enum jx_letter_case letter_case;
    } named[] = {{"A", JX_LETTERS, JX_UPPER_CASE}, {"a", JX_LETTERS, JX_LOWER_CASE}, {"I", JX_ROMAN, JX_UPPER_CASE},
                 {"i", JX_ROMAN, JX_LOWER_CASE},   {"W", JX_WORDS, JX_UPPER_CASE},   {"Ww", JX_WORDS, JX_TITLE_CASE},
                 {"w", JX_WORDS, JX_LOWER_CASE}};
    *ret_format = (struct jx_integer_format){.style = JX_DECIMAL};
    const char *semicolon = memrchr(picture.bytes, ';', picture.size);
    if (semicolon) {
        size_t size = (size_t)(semicolon - picture.bytes);
        ret_format->ordinal = size + 1 < picture.size && semicolon[1] == 'o';
        picture.size = size;
    }
    for (size_t i = 0; i < COUNT(named); i++)
        if (jx_text_equal(picture, (struct jx_text){named[i].text, strlen(named[i].text)})) {
            ret_format->style = named[i].style;
            ret_format->letter_case = named[i].letter_case;
            return;
        }
    analyse_digits(run, picture, ret_format);
}

/* --- formatting
 * -------------------------------------------------------------------------------------------------------------------
 */

static _Noreturn void fail_style(struct jx_run *run, const struct jx_integer_format *format)
{
    struct jx_value token = jx_string(format->token.bytes, format->token.size);
    JX_FAIL(run->trap, .code = "D3130", .value = &token);
}

/* The separator with `right` characters to its right, 0 if there is none. */
static uint32_t separator_at(const struct jx_integer_format *format, size_t right)
{
    if (format->every)
        return right % format->every == 0 ? format->separators[0].character : 0;
    for (uint32_t i = 0; i < format->separator_count; i++)
        if (format->separators[i].position == right)
            return format->separators[i].character;
    return 0;
}

static const char *ordinal_suffix(const char *text, size_t size)
{
    if (size > 1 && text[size - 2] == '1')
        return "th";
    switch (text[size - 1]) {
    case '1':
        return "st";
    case '2':
        return "nd";
    case '3':
        return "rd";
    default:
        return "th";
    }
}

static void build_decimal(struct jx_run *run, struct jx_builder *builder, double value,
                          const struct jx_integer_format *format)
{
    char text[JX_NUMBER_TEXT];
    size_t size = jx_number_text(text, value), total = size > format->mandatory ? size : format->mandatory;
    for (size_t i = 0; i < total; i++) {
        size_t right = total - i;
        uint32_t separator = i ? separator_at(format, right) : 0;
        if (separator)
            jx_build_code(builder, separator);
        char digit = right > size ? '0' : text[size - right];
        jx_build_code(builder, digit >= '0' && digit <= '9' ? (uint32_t)(digit - '0') + format->zero : (uint32_t)digit);
        jx_charge(run, 1);
    }
    /* A separator after the last digit. */
    uint32_t last = format->every ? 0 : separator_at(format, 0);
    if (last)
        jx_build_code(builder, last);
    if (format->ordinal)
        put(builder, format->zero == '0' ? ordinal_suffix(text, size) : "th");
}

static void build_cased_words(struct jx_run *run, struct jx_builder *builder, double value,
                              const struct jx_integer_format *format)
{
    struct jx_builder words = {.arena = &run->heap};
    build_words(&words, value, false, format->ordinal);
    struct jx_text text = jx_as_text(jx_build_done(&words));
    if (format->letter_case == JX_UPPER_CASE)
        jx_build_upper(builder, text);
    else if (format->letter_case == JX_LOWER_CASE)
        jx_build_lower(builder, text);
    else
        jx_build_text(builder, text);
}

void jx_build_integer(struct jx_run *run, struct jx_builder *builder, double value,
                      const struct jx_integer_format *format)
{
    struct jx_value number = jx_number(value);
    if (!isfinite(value))
        JX_FAIL(run->trap, .code = "D1001", .value = &number);
    if (value < 0)
        jx_build_byte(builder, '-');
    value = fabs(value);
    bool upper = format->letter_case == JX_UPPER_CASE;
    switch (format->style) {
    case JX_LETTERS:
        build_letters(builder, value, upper ? 'A' : 'a');
        break;
    case JX_ROMAN:
        build_roman(run, builder, value, upper);
        break;
    case JX_WORDS:
        build_cased_words(run, builder, value, format);
        break;
    case JX_DECIMAL:
        build_decimal(run, builder, value, format);
        break;
    case JX_UNKNOWN_STYLE:
        fail_style(run, format);
    }
}

/* --- parsing
 * ---------------------------------------------------------------------------------------------------------------------
 */

double jx_leading_integer(struct jx_text text)
{
    size_t i = 0;
    while (i < text.size && is_space(text.bytes[i]))
        i++;
    bool negative = i < text.size && text.bytes[i] == '-';
    if (i < text.size && (text.bytes[i] == '-' || text.bytes[i] == '+'))
        i++;
    size_t start = i;
    while (i < text.size && text.bytes[i] >= '0' && text.bytes[i] <= '9')
        i++;
    if (i == start)
        return (double)NAN;
    double number = jx_read_number(text.bytes + start, i - start);
    return negative ? -number : number;
}

static bool is_separator(const struct jx_integer_format *format, uint32_t code)
{
    if (format->every)
        return code == ',';
    for (uint32_t i = 0; i < format->separator_count; i++)
        if (format->separators[i].character == code)
            return true;
    return false;
}

static double parse_decimal(struct jx_run *run, struct jx_text text, const struct jx_integer_format *format)
{
    if (format->ordinal)
        text.size = text.size >= 2 ? text.size - 2 : 0;
    struct jx_builder digits = {.arena = &run->heap};
    const char *end = text.bytes + text.size;
    for (const char *at = text.bytes; at < end;) {
        uint32_t code = jx_utf8_next(&at, end);
        if (!is_separator(format, code))
            jx_build_code(&digits, format->zero == '0' ? code : code - format->zero + '0');
    }
    return jx_leading_integer(jx_as_text(jx_build_done(&digits)));
}

double jx_parse_integer(struct jx_run *run, struct jx_text text, const struct jx_integer_format *format)
{
    struct jx_builder lower = {.arena = &run->heap};
    switch (format->style) {
    case JX_LETTERS:
        return parse_letters(text, format->letter_case == JX_UPPER_CASE ? 'A' : 'a');
    case JX_ROMAN:
        return parse_roman(text);
    case JX_WORDS:
        jx_build_lower(&lower, text);
        return parse_words(jx_as_text(jx_build_done(&lower)));
    case JX_DECIMAL:
        return parse_decimal(run, text, format);
    case JX_UNKNOWN_STYLE:
        break;
    }
    fail_style(run, format);
}

static void build_words_pattern(struct jx_builder *builder)
{
    put(builder, "(?:");
    for (size_t i = 0; i < COUNT(few); i++) {
        put(builder, few[i]);
        put(builder, "|");
        put(builder, ordinals[i]);
        put(builder, "|");
    }
    for (size_t i = 0; i < COUNT(decades); i++) {
        put(builder, decades[i]);
        put(builder, "|");
        jx_build_add(builder, decades[i], strlen(decades[i]) - 1);
        put(builder, "ieth|");
    }
    put(builder, "hundredth|");
    for (size_t i = 0; i < COUNT(magnitudes); i++) {
        put(builder, magnitudes[i]);
        put(builder, "(?:th)?|");
    }
    put(builder, "and|[\\-, ])+");
}

void jx_build_integer_pattern(struct jx_run *run, struct jx_builder *builder, const struct jx_integer_format *format)
{
    char width[16];
    bool upper = format->letter_case == JX_UPPER_CASE;
    switch (format->style) {
    case JX_LETTERS:
        put(builder, upper ? "[A-Z]+" : "[a-z]+");
        return;
    case JX_ROMAN:
        put(builder, upper ? "[MDCLXVI]+" : "[mdclxvi]+");
        return;
    case JX_WORDS:
        build_words_pattern(builder);
        return;
    case JX_DECIMAL:
        (void)snprintf(width, sizeof width, "{%u}", format->width);
        put(builder, "[0-9]");
        put(builder, format->width ? width : "+");
        put(builder, format->ordinal ? "(?:th|st|nd|rd)" : "");
        return;
    case JX_UNKNOWN_STYLE:
        break;
    }
    fail_style(run, format);
}

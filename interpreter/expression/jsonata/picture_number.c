/* $formatNumber. The numbered steps are those of XPath F&O 4.7.5; the checks those of 4.7.3. */
#include "interpreter/expression/jsonata/picture.h"

#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <stdio.h>
#include <stdlib.h>

/* Text as characters, so that positions are positions. */
struct codes {
    const uint32_t *at;
    size_t size;
};

static const uint32_t NO_CHARACTER = 0xFFFFFFFF;
static const size_t NOWHERE = SIZE_MAX;

struct symbols {
    uint32_t decimal, grouping, exponent, zero, digit, pattern; /* NO_CHARACTER: not one character, found nowhere */
    struct codes percent, per_mille;
    struct jx_text minus;
};

struct picture_part { /* one of at most two sub-pictures */
    struct codes whole, prefix, suffix, active, mantissa, exponent, integer, fraction;
    bool has_exponent;
    uint32_t *integer_groups, *fraction_groups;
    size_t integer_group_count, fraction_group_count;
    uint32_t every; /* grouping repeats every so many digits; 0: it does not */
    size_t integer_min, fraction_min, fraction_max, exponent_min, scaling;
};

static struct codes decode(struct jx_run *run, struct jx_text text)
{
    uint32_t *codes = jx_alloc(&run->heap, jx_times(text.size + 1, sizeof *codes));
    size_t size = 0;
    const char *end = text.bytes + text.size;
    for (const char *at = text.bytes; at < end;)
        codes[size++] = jx_utf8_next(&at, end);
    return (struct codes){codes, size};
}

static struct codes cut(struct codes codes, size_t from, size_t to)
{
    if (to > codes.size)
        to = codes.size;
    return from < to ? (struct codes){codes.at + from, to - from} : (struct codes){codes.at, 0};
}

static size_t find(struct codes codes, uint32_t code, size_t from)
{
    for (size_t i = from; i < codes.size; i++)
        if (codes.at[i] == code)
            return i;
    return NOWHERE;
}

static size_t find_last(struct codes codes, uint32_t code)
{
    for (size_t i = codes.size; i-- > 0;)
        if (codes.at[i] == code)
            return i;
    return NOWHERE;
}

static size_t times_found(struct codes codes, struct codes wanted)
{
    size_t times = 0;
    for (size_t i = 0; wanted.size && i + wanted.size <= codes.size; i++)
        times += memcmp(codes.at + i, wanted.at, wanted.size * sizeof *wanted.at) == 0;
    return times;
}

static bool is_family(const struct symbols *symbols, uint32_t code)
{
    return code >= symbols->zero && code - symbols->zero < 10;
}

static bool is_active(const struct symbols *symbols, uint32_t code)
{
    return is_family(symbols, code) || code == symbols->decimal || code == symbols->exponent ||
           code == symbols->grouping || code == symbols->digit || code == symbols->pattern;
}

static size_t count_family(const struct symbols *symbols, struct codes codes, bool optional_too)
{
    size_t count = 0;
    for (size_t i = 0; i < codes.size; i++)
        count += is_family(symbols, codes.at[i]) || (optional_too && codes.at[i] == symbols->digit);
    return count;
}

/* --- symbols
 * ------------------------------------------------------------------------------------------------------------ */

static struct jx_text option(struct jx_value options, const char *name, struct jx_text otherwise)
{
    struct jx_value value = jx_is_object(options) ? jx_get(options, name, strlen(name)) : JX_NOTHING;
    return jx_is_string(value) ? jx_as_text(value) : otherwise;
}

static uint32_t one_character(struct jx_run *run, struct jx_value options, const char *name, struct jx_text otherwise)
{
    struct codes codes = decode(run, option(options, name, otherwise));
    return codes.size == 1 ? codes.at[0] : NO_CHARACTER;
}

static struct symbols read_symbols(struct jx_run *run, struct jx_value options)
{
    struct codes zero = decode(run, option(options, "zero-digit", JX_TEXT("0")));
    return (struct symbols){
        .decimal = one_character(run, options, "decimal-separator", JX_TEXT(".")),
        .grouping = one_character(run, options, "grouping-separator", JX_TEXT(",")),
        .exponent = one_character(run, options, "exponent-separator", JX_TEXT("e")),
        .digit = one_character(run, options, "digit", JX_TEXT("#")),
        .pattern = one_character(run, options, "pattern-separator", JX_TEXT(";")),
        .zero = zero.size ? zero.at[0] : '0',
        .percent = decode(run, option(options, "percent", JX_TEXT("%"))),
        .per_mille = decode(run, option(options, "per-mille", JX_TEXT("\u2030"))),
        .minus = option(options, "minus-sign", JX_TEXT("-")),
    };
}

/* --- taking the picture apart
 * --------------------------------------------------------------------------------------------------- */

static void split_part(const struct symbols *symbols, struct codes whole, struct picture_part *part)
{
    size_t first = 0, last = whole.size;
    while (first < whole.size && (!is_active(symbols, whole.at[first]) || whole.at[first] == symbols->exponent))
        first++;
    while (last > 0 && (!is_active(symbols, whole.at[last - 1]) || whole.at[last - 1] == symbols->exponent))
        last--;
    if (first == whole.size) { /* nothing active: the whole is neither prefix nor suffix */
        first = 0;
        last = whole.size;
    }
    *part = (struct picture_part){.whole = whole,
                                  .prefix = cut(whole, 0, first),
                                  .suffix = cut(whole, last, whole.size),
                                  .active = cut(whole, first, last)};
    size_t exponent = find(whole, symbols->exponent, first);
    part->mantissa = part->active;
    if (exponent != NOWHERE && exponent <= last) {
        part->has_exponent = true;
        part->mantissa = cut(part->active, 0, exponent);
        part->exponent = cut(part->active, exponent + 1, part->active.size);
    }
    size_t decimal = find(part->mantissa, symbols->decimal, 0);
    part->integer = cut(part->mantissa, 0, decimal);
    part->fraction = decimal == NOWHERE ? part->suffix : cut(part->mantissa, decimal + 1, part->mantissa.size);
}

static bool has_passive(const struct symbols *symbols, struct codes codes)
{
    for (size_t i = 0; i < codes.size; i++)
        if (!is_active(symbols, codes.at[i]))
            return true;
    return false;
}

static bool has_double_grouping(const struct symbols *symbols, struct codes codes)
{
    for (size_t i = 0; i + 1 < codes.size; i++)
        if (codes.at[i] == symbols->grouping && codes.at[i + 1] == symbols->grouping)
            return true;
    return false;
}

static bool is_grouping_at(const struct symbols *symbols, struct codes codes, size_t index)
{
    return index < codes.size && codes.at[index] == symbols->grouping;
}

/* The last check that fails is the one reported. */
static void check_part(struct jx_run *run, const struct symbols *symbols, const struct picture_part *part)
{
    const char *error = NULL;
    size_t decimal = find(part->whole, symbols->decimal, 0);
    size_t percents = times_found(part->whole, symbols->percent),
           per_milles = times_found(part->whole, symbols->per_mille);
    if (decimal != find_last(part->whole, symbols->decimal))
        error = "D3081";
    if (percents > 1)
        error = "D3082";
    if (per_milles > 1)
        error = "D3083";
    if (percents && per_milles)
        error = "D3084";
    if (!count_family(symbols, part->mantissa, true))
        error = "D3085";
    if (has_passive(symbols, part->active))
        error = "D3086";
    if (decimal != NOWHERE) {
        if ((decimal && is_grouping_at(symbols, part->whole, decimal - 1)) ||
            is_grouping_at(symbols, part->whole, decimal + 1))
            error = "D3087";
    } else if (part->integer.size && is_grouping_at(symbols, part->integer, part->integer.size - 1)) {
        error = "D3088";
    }
    if (has_double_grouping(symbols, part->whole))
        error = "D3089";
    size_t optional = find(part->integer, symbols->digit, 0);
    if (optional != NOWHERE && count_family(symbols, cut(part->integer, 0, optional), false))
        error = "D3090";
    optional = find_last(part->fraction, symbols->digit);
    if (optional != NOWHERE && count_family(symbols, cut(part->fraction, optional, part->fraction.size), false))
        error = "D3091";
    if (part->has_exponent && part->exponent.size && (percents || per_milles))
        error = "D3092";
    if (part->has_exponent &&
        (!part->exponent.size || count_family(symbols, part->exponent, false) != part->exponent.size))
        error = "D3093";
    if (error)
        JX_FAIL(run->trap, .code = error);
}

/* For each grouping separator, the digits on the side that leads away from the decimal point. */
static uint32_t *grouping_positions(struct jx_run *run, const struct symbols *symbols, const struct picture_part *part,
                                    struct codes side, bool to_left, size_t *ret_count)
{
    uint32_t *positions = jx_alloc(&run->heap, (side.size + part->integer.size + 1) * sizeof *positions);
    *ret_count = 0;
    for (size_t at = find(side, symbols->grouping, 0); at != NOWHERE; at = find(side, symbols->grouping, at + 1)) {
        struct codes counted = to_left ? cut(side, 0, at) : cut(side, at, side.size);
        positions[(*ret_count)++] = (uint32_t)count_family(symbols, counted, true);
    }
    return positions;
}

static uint32_t repeats_every(const uint32_t *positions, size_t count)
{
    if (!count || count > 1000)
        return 0;
    uint32_t factor = positions[0];
    for (size_t i = 1; i < count; i++)
        for (uint32_t b = positions[i]; b;) {
            uint32_t rest = factor % b;
            factor = b;
            b = rest;
        }
    for (uint32_t i = 1; i <= count; i++) {
        bool found = false;
        for (size_t p = 0; p < count; p++)
            found |= positions[p] == i * factor;
        if (!found)
            return 0;
    }
    return factor;
}

static void analyse_part(struct jx_run *run, const struct symbols *symbols, struct picture_part *part)
{
    part->integer_groups = grouping_positions(run, symbols, part, part->integer, false, &part->integer_group_count);
    part->fraction_groups = grouping_positions(run, symbols, part, part->fraction, true, &part->fraction_group_count);
    part->every = repeats_every(part->integer_groups, part->integer_group_count);
    part->integer_min = part->scaling = count_family(symbols, part->integer, false);
    part->fraction_min = count_family(symbols, part->fraction, false);
    part->fraction_max = count_family(symbols, part->fraction, true);
    if (part->integer_min == 0 && part->fraction_max == 0) {
        if (part->has_exponent)
            part->fraction_min = part->fraction_max = 1;
        else
            part->integer_min = 1;
    }
    if (part->has_exponent && part->integer_min == 0 && find(part->integer, symbols->digit, 0) != NOWHERE)
        part->integer_min = 1;
    if (part->integer_min == 0 && part->fraction_min == 0)
        part->fraction_min = 1;
    part->exponent_min = part->has_exponent ? count_family(symbols, part->exponent, false) : 0;
}

/* --- printing
 * -------------------------------------------------------------------------------------------------------------------
 */

static void put_codes(struct jx_builder *builder, struct codes codes)
{
    for (size_t i = 0; i < codes.size; i++)
        jx_build_code(builder, codes.at[i]);
}

static void put_digit(const struct symbols *symbols, struct jx_builder *builder, char digit)
{
    jx_build_code(builder, digit >= '0' && digit <= '9' ? symbols->zero + (uint32_t)(digit - '0') : (uint32_t)digit);
}

/* Number.prototype.toFixed: exact decimals, but for large numbers an exponent. */
static char *fixed(struct jx_run *run, double value, size_t decimals)
{
    if (decimals > 400)
        decimals = 400; /* a double has no more */
    char *text = jx_alloc(&run->heap, decimals + 400);
    if (fabs(value) >= 1e21)
        text[jx_number_text(text, value)] = '\0';
    else
        (void)snprintf(text, decimals + 400, "%.*f", (int)decimals, value);
    return text;
}

static bool has_integer_separator(const struct picture_part *part, size_t right)
{
    if (part->every)
        return right % part->every == 0;
    for (size_t i = 0; i < part->integer_group_count; i++)
        if (part->integer_groups[i] == right)
            return true;
    return false;
}

static bool has_fraction_separator(const struct picture_part *part, size_t left)
{
    for (size_t i = 0; i < part->fraction_group_count; i++)
        if (part->fraction_groups[i] == left)
            return true;
    return false;
}

/* Steps 7 to 12: digits without idle zeros, padded to what the picture demands, with separators. */
static void build_digits(struct jx_run *run, const struct symbols *symbols, const struct picture_part *part,
                         double value, struct jx_builder *builder)
{
    const char *text = fixed(run, fabs(value), part->fraction_max), *point = strchr(text, '.');
    size_t integers = point ? (size_t)(point - text) : strlen(text);
    const char *fraction = point ? point + 1 : "";
    size_t fractions = strlen(fraction);
    while (integers && *text == '0') {
        text++;
        integers--;
    }
    while (fractions && fraction[fractions - 1] == '0')
        fractions--;
    size_t before = integers > part->integer_min ? integers : part->integer_min;
    size_t after = fractions > part->fraction_min ? fractions : part->fraction_min;
    for (size_t i = 0; i < before; i++) {
        size_t right = before - i;
        if (i && has_integer_separator(part, right) && symbols->grouping != NO_CHARACTER)
            jx_build_code(builder, symbols->grouping);
        put_digit(symbols, builder, right > integers ? '0' : text[integers - right]);
    }
    if (find(part->whole, symbols->decimal, 0) == NOWHERE || !after)
        return;
    jx_build_code(builder, symbols->decimal);
    for (size_t i = 0; i < after; i++) {
        if (i && has_fraction_separator(part, i) && symbols->grouping != NO_CHARACTER)
            jx_build_code(builder, symbols->grouping);
        put_digit(symbols, builder, i < fractions ? fraction[i] : '0');
    }
}

/* Step 5: mantissa and exponent. */
static double scale(double value, size_t scaling, double *ret_exponent)
{
    double most = pow(10, (double)scaling), least = pow(10, (double)scaling - 1), exponent = 0;
    while (value != 0 && fabs(value) < least) {
        value *= 10;
        exponent--;
    }
    while (value != 0 && fabs(value) > most) {
        value /= 10;
        exponent++;
    }
    *ret_exponent = exponent;
    return value;
}

static void build_exponent(const struct symbols *symbols, const struct picture_part *part, double exponent,
                           struct jx_builder *builder)
{
    char text[16];
    int size = snprintf(text, sizeof text, "%d", abs((int)exponent));
    if (symbols->exponent != NO_CHARACTER)
        jx_build_code(builder, symbols->exponent);
    if (exponent < 0)
        jx_build_text(builder, symbols->minus);
    for (size_t pad = (size_t)size; pad < part->exponent_min; pad++)
        put_digit(symbols, builder, '0');
    for (int i = 0; i < size; i++)
        put_digit(symbols, builder, text[i]);
}

struct jx_value jx_format_number(struct jx_run *run, double value, struct jx_text picture, struct jx_value options)
{
    struct jx_value number = jx_number(value);
    if (!isfinite(value))
        JX_FAIL(run->trap, .code = "D1001", .value = &number);
    struct symbols symbols = read_symbols(run, options);
    struct codes whole = decode(run, picture);
    size_t separator = find(whole, symbols.pattern, 0);
    if (separator != NOWHERE && find(whole, symbols.pattern, separator + 1) != NOWHERE)
        JX_FAIL(run->trap, .code = "D3080");
    struct picture_part parts[2];
    size_t part_count = separator == NOWHERE ? 1 : 2;
    split_part(&symbols, cut(whole, 0, separator), &parts[0]);
    if (part_count == 2)
        split_part(&symbols, cut(whole, separator + 1, whole.size), &parts[1]);
    for (size_t i = 0; i < part_count; i++)
        check_part(run, &symbols, &parts[i]);
    struct picture_part *part = &parts[value < 0 && part_count == 2];
    analyse_part(run, &symbols, part);

    if (times_found(part->whole, symbols.percent))
        value *= 100;
    else if (times_found(part->whole, symbols.per_mille))
        value *= 1000;
    double exponent = 0;
    if (part->exponent_min)
        value = scale(value, part->scaling, &exponent);
    value = jx_round_half_even(value, (double)part->fraction_max);

    struct jx_builder builder = {.arena = &run->heap};
    if (number.number < 0 && part_count == 1)
        jx_build_text(&builder, symbols.minus);
    put_codes(&builder, part->prefix);
    build_digits(run, &symbols, part, value, &builder);
    if (part->exponent_min)
        build_exponent(&symbols, part, exponent, &builder);
    put_codes(&builder, part->suffix);
    return jx_build_done(&builder);
}

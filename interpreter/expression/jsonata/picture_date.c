/* Dates and times by picture string. What a picture leaves out when parsing is taken from now (to the left of what it
 * gives) or is zero (to the right); known slips of the reference implementation (negative half-hour zones) are kept:
 * see docs/conformance-jsonata.md. */
#include "interpreter/expression/jsonata/calendar.h"
#include "interpreter/expression/jsonata/case.h"
#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/picture.h"
#include "interpreter/expression/jsonata/regex.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { COMPONENT_COUNT = 128, NO_WIDTH = -1 };

struct marker {
    bool literal;
    struct jx_text text; /* of a literal */
    char component;
    bool names, traditional; /* second modifier "t": Z instead of +00:00 */
    enum jx_letter_case name_case;
    int width_min, width_max;
    int year_digits; /* 0: all */
    bool has_format;
    struct jx_integer_format format;
};

struct date_picture {
    struct marker *markers;
    size_t count;
};

static const char *const day_names[] = {"",         "Monday", "Tuesday",  "Wednesday",
                                        "Thursday", "Friday", "Saturday", "Sunday"};
static const char *const month_names[] = {"",     "January", "February",  "March",   "April",    "May",     "June",
                                          "July", "August",  "September", "October", "November", "December"};
static const char iso_picture[] = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

static _Noreturn void fail_component(struct jx_run *run, const char *code, char component)
{
    struct jx_value value = jx_string(&component, component ? 1 : 0);
    JX_FAIL(run->trap, .code = code, .value = &value);
}

/* --- the picture
 * ------------------------------------------------------------------------------------------------------------ */

static const char *default_presentation(char component)
{
    static const char ones[] = "YMDdWwXxHhf", names[] = "FPCE", twos[] = "ms", zones[] = "Zz";
    if (!component)
        return NULL;
    return strchr(ones, component)    ? "1"
           : strchr(names, component) ? "n"
           : strchr(twos, component)  ? "01"
           : strchr(zones, component) ? "01:01"
                                      : NULL;
}

static struct jx_text without_spaces(struct jx_run *run, struct jx_text text)
{
    char *out = jx_alloc(&run->heap, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] != ' ' && (text.bytes[i] < '\t' || text.bytes[i] > '\r'))
            out[size++] = text.bytes[i];
    return (struct jx_text){out, size};
}

static int parse_width(struct jx_text text)
{
    double width = jx_leading_integer(text);
    return width >= 0 && width < 1e6 ? (int)width : NO_WIDTH;
}

/* ",min-max" */
static void read_widths(struct jx_text text, struct marker *marker)
{
    const char *dash = memchr(text.bytes, '-', text.size);
    size_t size = dash ? (size_t)(dash - text.bytes) : text.size;
    marker->width_min = parse_width((struct jx_text){text.bytes, size});
    if (dash)
        marker->width_max = parse_width((struct jx_text){dash + 1, text.size - size - 1});
}

static void apply_widths(struct marker *marker)
{
    struct jx_integer_format *format = &marker->format;
    bool decimal = format->style == JX_DECIMAL;
    if (decimal && marker->width_min > 0 && format->mandatory < (uint32_t)marker->width_min)
        format->mandatory = (uint32_t)marker->width_min;
    if (marker->component != 'Y')
        return;
    if (marker->width_max != NO_WIDTH) {
        marker->year_digits = marker->width_max;
        format->mandatory = (uint32_t)marker->width_max;
    } else if (decimal && format->mandatory + format->optional >= 2) {
        marker->year_digits = (int)(format->mandatory + format->optional);
    }
}

static void read_presentation(struct jx_run *run, struct jx_text text, struct marker *marker, struct marker *previous)
{
    char second = text.size > 1 ? text.bytes[text.size - 1] : '\0';
    bool has_second = second && strchr("atco", second);
    if (has_second)
        text.size--;
    marker->traditional = has_second && second == 't';
    if (!text.size) {
        const char *presentation = default_presentation(marker->component);
        if (!presentation)
            fail_component(run, "D3132", marker->component);
        text = (struct jx_text){presentation, strlen(presentation)};
        marker->traditional = marker->traditional && marker->component != 'Z';
    }
    if (text.bytes[0] == 'n' || text.bytes[0] == 'N') {
        marker->names = true;
        marker->name_case = text.bytes[0] == 'n'                    ? JX_LOWER_CASE
                            : text.size > 1 && text.bytes[1] == 'n' ? JX_TITLE_CASE
                                                                    : JX_UPPER_CASE;
    } else if (strchr("YMDdFWwXxHhmsf", marker->component)) {
        struct jx_builder pattern = {.arena = &run->heap};
        jx_build_text(&pattern, text);
        if (has_second) {
            jx_build_byte(&pattern, ';');
            jx_build_byte(&pattern, second);
        }
        jx_analyse_integer_picture(run, jx_as_text(jx_build_done(&pattern)), &marker->format);
        marker->has_format = true;
        apply_widths(marker);
        if (previous && previous->has_format && previous->format.style == JX_DECIMAL)
            previous->format.width = previous->format.mandatory; /* no markup between: it must be that long */
    }
    if (marker->component == 'Z' || marker->component == 'z') {
        jx_analyse_integer_picture(run, text, &marker->format);
        marker->has_format = true;
    }
}

static void read_marker(struct jx_run *run, struct jx_text text, struct marker *marker, struct marker *previous)
{
    text = without_spaces(run, text);
    *marker =
        (struct marker){.component = text.size ? text.bytes[0] : '\0', .width_min = NO_WIDTH, .width_max = NO_WIDTH};
    if (!default_presentation(marker->component))
        fail_component(run, "D3132", marker->component);
    text = (struct jx_text){text.bytes + 1, text.size - 1};
    const char *comma = memrchr(text.bytes, ',', text.size);
    if (comma) {
        size_t size = (size_t)(comma - text.bytes);
        read_widths((struct jx_text){comma + 1, text.size - size - 1}, marker);
        text.size = size;
    }
    read_presentation(run, text, marker, previous);
}

static void add_literal(struct jx_run *run, struct date_picture *picture, struct jx_text text)
{
    if (!text.size)
        return;
    char *out = jx_alloc(&run->heap, text.size);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) { /* "]]" stands for "]" */
        out[size++] = text.bytes[i];
        if (text.bytes[i] == ']' && i + 1 < text.size && text.bytes[i + 1] == ']')
            i++;
    }
    picture->markers[picture->count++] = (struct marker){.literal = true, .text = {out, size}};
}

static struct date_picture analyse(struct jx_run *run, struct jx_text text)
{
    struct date_picture picture = {.count = 0};
    picture.markers = jx_alloc(&run->heap, jx_times(text.size + 1, sizeof *picture.markers));
    size_t start = 0, at = 0;
    while (at < text.size) {
        if (text.bytes[at] != '[') {
            at++;
            continue;
        }
        add_literal(run, &picture, (struct jx_text){text.bytes + start, at - start});
        if (at + 1 < text.size && text.bytes[at + 1] == '[') {
            picture.markers[picture.count++] = (struct marker){.literal = true, .text = {"[", 1}};
            at += 2;
        } else {
            const char *close = memchr(text.bytes + at, ']', text.size - at);
            if (!close)
                JX_FAIL(run->trap, .code = "D3135");
            size_t end = (size_t)(close - text.bytes);
            struct marker *marker = &picture.markers[picture.count];
            read_marker(run, (struct jx_text){text.bytes + at + 1, end - at - 1}, marker,
                        picture.count ? marker - 1 : NULL);
            picture.count++;
            at = end + 1;
        }
        start = at;
    }
    add_literal(run, &picture, (struct jx_text){text.bytes + start, at - start});
    return picture;
}

/* --- formatting
 * -------------------------------------------------------------------------------------------------------------- */

static double component_value(const struct jx_date *date, char component)
{
    switch (component) {
    case 'Y':
        return (double)date->year;
    case 'M':
        return date->month;
    case 'D':
        return date->day;
    case 'd':
        return jx_day_of_year(date);
    case 'F':
        return date->weekday;
    case 'W':
        return jx_week_of_year(date);
    case 'w':
        return jx_week_of_month(date);
    case 'X':
        return (double)jx_week_year(date);
    case 'x':
        return jx_week_month(date);
    case 'H':
        return date->hour;
    case 'h':
        return date->hour % 12 ? date->hour % 12 : 12;
    case 'P':
        return date->hour >= 12;
    case 'm':
        return date->minute;
    case 's':
        return date->second;
    case 'f':
        return date->millisecond;
    default:
        return 0;
    }
}

static void build_name(struct jx_run *run, struct jx_builder *builder, const struct marker *marker, double value)
{
    bool month = marker->component == 'M' || marker->component == 'x';
    if (!month && marker->component != 'F')
        fail_component(run, "D3133", marker->component);
    const char *name = (month ? month_names : day_names)[(int)value];
    struct jx_text text = {name, strlen(name)};
    if (marker->width_max != NO_WIDTH && text.size > (size_t)marker->width_max)
        text.size = (size_t)marker->width_max;
    if (marker->name_case == JX_UPPER_CASE)
        jx_build_upper(builder, text);
    else if (marker->name_case == JX_LOWER_CASE)
        jx_build_lower(builder, text);
    else
        jx_build_text(builder, text);
}

struct zone {
    double hours, minutes;
};

static void build_zone(struct jx_run *run, struct jx_builder *builder, const struct marker *marker, struct zone zone)
{
    double offset = zone.hours * 100 + zone.minutes;
    if (offset == 0 && marker->traditional) {
        jx_build_byte(builder, 'Z');
        return;
    }
    if (marker->component == 'z')
        jx_build_add(builder, "GMT", 3);
    if (offset >= 0)
        jx_build_byte(builder, '+');
    uint32_t digits = marker->format.mandatory;
    if (marker->format.every || digits == 3 || digits == 4 || marker->format.style != JX_DECIMAL) {
        jx_build_integer(run, builder, offset, &marker->format);
    } else if (digits == 1 || digits == 2) {
        jx_build_integer(run, builder, zone.hours, &marker->format);
        if (zone.minutes != 0) {
            struct jx_integer_format two = {.style = JX_DECIMAL, .zero = '0', .mandatory = 2};
            jx_build_byte(builder, ':');
            jx_build_integer(run, builder, zone.minutes, &two);
        }
    } else {
        struct jx_value value = jx_number(digits);
        JX_FAIL(run->trap, .code = "D3134", .value = &value);
    }
}

static void build_component(struct jx_run *run, struct jx_builder *builder, const struct marker *marker,
                            const struct jx_date *date, struct zone zone)
{
    double value = component_value(date, marker->component);
    switch (marker->component) {
    case 'Z':
    case 'z':
        build_zone(run, builder, marker, zone);
        return;
    case 'P': {
        bool upper = marker->names && marker->name_case == JX_UPPER_CASE;
        jx_build_add(builder, value != 0 ? (upper ? "PM" : "pm") : (upper ? "AM" : "am"), 2);
        return;
    }
    case 'C':
    case 'E':
        jx_build_add(builder, "ISO", 3);
        return;
    default:
        break;
    }
    if (marker->component == 'Y' && marker->year_digits)
        value = fmod(value, pow(10, marker->year_digits));
    if (marker->names)
        build_name(run, builder, marker, value);
    else
        jx_build_integer(run, builder, value, &marker->format);
}

static _Noreturn void fail_range(struct jx_run *run, struct jx_value value)
{
    JX_FAIL(run->trap, .code = "D1001", .value = &value);
}

struct jx_value jx_format_date(struct jx_run *run, double millis, struct jx_text picture, struct jx_value timezone)
{
    struct zone zone = {0, 0};
    if (jx_is_string(timezone)) {
        double offset = jx_leading_integer(jx_as_text(timezone));
        if (isnan(offset))
            fail_range(run, timezone);
        zone = (struct zone){floor(offset / 100), fmod(offset, 100)};
    }
    struct date_picture analysed = analyse(run, picture.bytes ? picture : JX_TEXT(iso_picture));
    double local = trunc(millis) + (60 * zone.hours + zone.minutes) * 60000;
    if (!(fabs(local) <= JX_TIME_MAX))
        fail_range(run, jx_number(millis));
    struct jx_date date = jx_date_of((int64_t)local);
    struct jx_builder builder = {.arena = &run->heap};
    for (size_t i = 0; i < analysed.count; i++) {
        const struct marker *marker = &analysed.markers[i];
        if (marker->literal)
            jx_build_text(&builder, marker->text);
        else
            build_component(run, &builder, marker, &date, zone);
    }
    return jx_build_done(&builder);
}

/* --- parsing: the regular expression
 * ---------------------------------------------------------------------------------------------- */

static void build_literal_pattern(struct jx_builder *builder, struct jx_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] && strchr(".*+?^${}()|[]\\", text.bytes[i]))
            jx_build_byte(builder, '\\');
        jx_build_add(builder, text.bytes + i, 1);
    }
}

static void build_marker_pattern(struct jx_run *run, struct jx_builder *builder, const struct marker *marker)
{
    char separator[4];
    jx_build_byte(builder, '(');
    if (marker->literal) {
        build_literal_pattern(builder, marker->text);
    } else if (marker->component == 'Z' || marker->component == 'z') {
        if (marker->component == 'z')
            jx_build_add(builder, "GMT", 3);
        jx_build_add(builder, "[-+][0-9]+", 10);
        if (marker->format.every) {
            build_literal_pattern(
                builder, (struct jx_text){separator, jx_utf8_put(separator, marker->format.separators[0].character)});
            jx_build_add(builder, "[0-9]+", 6);
        }
    } else if (marker->component == 'f') {
        jx_build_add(builder, "[0-9]+", 6);
    } else if (marker->has_format) {
        jx_build_integer_pattern(run, builder, &marker->format);
    } else {
        if (!strchr("MxFP", marker->component))
            fail_component(run, "D3133", marker->component);
        jx_build_add(builder, "[a-zA-Z]+", 9);
    }
    jx_build_byte(builder, ')');
}

/* Fills in the text of each marker; false if the text is not as the picture says. */
static bool match_picture(struct jx_run *run, const struct date_picture *picture, struct jx_text text,
                          struct jx_text *parts)
{
    struct jx_builder pattern = {.arena = &run->heap};
    jx_build_byte(&pattern, '^');
    for (size_t i = 0; i < picture->count; i++)
        build_marker_pattern(run, &pattern, &picture->markers[i]);
    jx_build_byte(&pattern, '$');
    struct jx_regex *list = NULL;
    struct jx_text problem;
    struct jx_regex *regex =
        jx_regex_new(&run->heap, jx_as_text(jx_build_done(&pattern)), true, false, &list, &problem);
    if (!regex)
        JX_FAIL(run->trap, .code = "S0303", .message = problem);
    struct jx_match match;
    enum jx_match_result result = jx_regex_match(regex, text, 0, &match);
    for (size_t i = 0; result == JX_MATCH && i < picture->count; i++)
        parts[i] = (struct jx_text){text.bytes + match.groups[i * 2], match.groups[i * 2 + 1] - match.groups[i * 2]};
    jx_regexes_free(list);
    if (result == JX_MATCH_LIMIT)
        JX_FAIL(run->trap, .code = "U1003", .message = JX_TEXT("The picture string takes too long to match"));
    return result == JX_MATCH;
}

/* --- parsing: components
 * ------------------------------------------------------------------------------------------------------------- */

struct components {
    bool known[COMPONENT_COUNT];
    double value[COMPONENT_COUNT];
};

/* NaN if it is no such name. */
static double value_of_name(const struct marker *marker, struct jx_text text)
{
    static const struct {
        struct jx_text text;
        double value;
    } halves[] = {{{"am", 2}, 0}, {{"AM", 2}, 0}, {{"pm", 2}, 1}, {{"PM", 2}, 1}};
    if (marker->component == 'P') {
        for (size_t i = 0; i < sizeof halves / sizeof *halves; i++)
            if (jx_text_equal(text, halves[i].text))
                return halves[i].value;
        return (double)NAN;
    }
    bool day = marker->component == 'F';
    for (size_t i = 1; i <= (day ? 7u : 12u); i++) {
        const char *name = (day ? day_names : month_names)[i];
        size_t size = strlen(name);
        if (marker->width_max > 0 && size > (size_t)marker->width_max)
            size = (size_t)marker->width_max;
        if (jx_text_equal(text, (struct jx_text){name, size}))
            return (double)i;
    }
    return (double)NAN;
}

static double value_of_zone(const struct marker *marker, struct jx_text text)
{
    if (marker->component == 'z')
        text = (struct jx_text){text.bytes + 3, text.size - 3};
    size_t split = text.size <= 3 ? text.size : 3, skip = split;
    if (marker->format.every) {
        char separator[4];
        size_t size = jx_utf8_put(separator, marker->format.separators[0].character);
        const char *found = memmem(text.bytes, text.size, separator, size);
        split = found ? (size_t)(found - text.bytes) : text.size;
        skip = found ? split + size : text.size;
    }
    double hours = jx_leading_integer((struct jx_text){text.bytes, split});
    double minutes = skip < text.size ? jx_leading_integer((struct jx_text){text.bytes + skip, text.size - skip}) : 0;
    return hours * 60 + minutes;
}

static double value_of_part(struct jx_run *run, const struct marker *marker, struct jx_text text)
{
    if (marker->component == 'Z' || marker->component == 'z')
        return value_of_zone(marker, text);
    if (marker->component == 'f') { /* milliseconds: as many digits as there are of three */
        double fraction = 0, place = 100;
        for (size_t i = 0; i < text.size && i < 3; i++, place /= 10)
            fraction += (text.bytes[i] - '0') * place;
        return fraction;
    }
    return marker->has_format ? jx_parse_integer(run, text, &marker->format) : value_of_name(marker, text);
}

static unsigned mask_of(const struct components *components, const char *letters)
{
    unsigned mask = 0;
    for (; *letters; letters++) {
        double value = components->value[(unsigned char)*letters];
        mask = mask << 1 | (components->known[(unsigned char)*letters] && value != 0 && !isnan(value));
    }
    return mask;
}

/* Nothing but bits of the type, and at least one. */
static bool is_type(unsigned mask, unsigned type)
{
    return !(~type & mask) && (type & mask);
}

/* Fills the gaps: from now before the first component given, with the least value after the last; none in between. */
static void complete(struct jx_run *run, struct components *components, const char *letters, const struct jx_date *now)
{
    bool started = false, ended = false;
    for (; *letters; letters++) {
        unsigned char letter = (unsigned char)*letters;
        if (components->known[letter]) {
            started = true;
            if (ended)
                JX_FAIL(run->trap, .code = "D3136");
            continue;
        }
        if (started)
            components->value[letter] = strchr("MDd", letter) ? 1 : 0;
        else
            components->value[letter] = component_value(now, *letters);
        ended = started;
    }
}

static double utc(double year, double month, double day, double hour, double minute, double second, double fraction)
{
    if (year >= 0 && year <= 99)
        year += 1900; /* as Date.UTC() has it */
    if (!(fabs(year) < 1e6 && fabs(month) < 1e7 && fabs(day) < 1e9))
        return (double)NAN;
    double days = (double)jx_days((int64_t)year, (int64_t)month, 1) + day - 1;
    double millis = days * 86400000 + hour * 3600000 + minute * 60000 + second * 1000 + fraction;
    return fabs(millis) <= JX_TIME_MAX ? trunc(millis) : (double)NAN;
}

static double assemble(struct jx_run *run, struct components *components)
{
    /* Bits in the order of the letters; which components may stand together, and what they leave to be filled in. */
    unsigned date = mask_of(components, "YXMxWwdD"), time = mask_of(components, "PHhmsf");
    bool ymd = is_type(date, 0xA1), yd = !ymd && is_type(date, 0x82), month_week = is_type(date, 0x54);
    bool week = !month_week && is_type(date, 0x48);
    bool half_day = !is_type(time, 0x17) && is_type(time, 0x2F);
    struct jx_date now = jx_date_of(run->now_ms);
    char letters[16];
    (void)snprintf(letters, sizeof letters, "%s%s",
                   yd           ? "YD"
                   : month_week ? "XxwF"
                   : week       ? "XWF"
                                : "YMD",
                   half_day ? "Phmsf" : "Hmsf");
    complete(run, components, letters, &now);
    if (month_week || week)
        JX_FAIL(run->trap, .code = "D3136");
    const double *value = components->value;
    double month = value['M'] > 0 ? value['M'] : 1, day = value['D'], hour = value['H'];
    if (yd) {
        month = 1;
        day = value['d'];
    }
    if (half_day)
        hour = (value['h'] == 12 ? 0 : value['h']) + (value['P'] == 1 ? 12 : 0);
    double millis = utc(value['Y'], month, day, hour, value['m'], value['s'], value['f']);
    double zone = value['Z'] != 0 && !isnan(value['Z']) ? value['Z'] : value['z'];
    return components->known['Z'] || components->known['z'] ? millis - zone * 60000 : millis;
}

struct jx_value jx_parse_date(struct jx_run *run, struct jx_text text, struct jx_text picture)
{
    struct date_picture analysed = analyse(run, picture);
    struct jx_text *parts = jx_alloc(&run->heap, jx_times(analysed.count, sizeof *parts));
    if (!match_picture(run, &analysed, text, parts))
        return JX_NOTHING;
    struct components components = {.known = {false}};
    bool any = false;
    for (size_t i = 0; i < analysed.count; i++) {
        const struct marker *marker = &analysed.markers[i];
        if (marker->literal)
            continue;
        double value = value_of_part(run, marker, parts[i]);
        bool unknown_name = !marker->has_format && marker->component != 'f' && isnan(value);
        components.known[(unsigned char)marker->component] = !unknown_name;
        components.value[(unsigned char)marker->component] = unknown_name ? 0 : value;
        any = true;
    }
    return any ? jx_number(assemble(run, &components)) : JX_NOTHING;
}

/* --- ISO 8601
 * ----------------------------------------------------------------------------------------------------------------------------
 */

/* Reads the digits of `form` ('d') with its other characters in between; *at moves on, or nothing is read. */
static bool read_form(struct jx_text text, size_t *at, const char *form, int *ret_numbers)
{
    size_t i = *at;
    int number = 0;
    for (; *form; form++, i++) {
        if (i >= text.size)
            return false;
        char c = text.bytes[i];
        if (*form == 'd') {
            if (c < '0' || c > '9')
                return false;
            number = number * 10 + (c - '0');
            if (form[1] != 'd')
                *ret_numbers++ = number;
        } else if (c != *form) {
            return false;
        } else {
            number = 0;
        }
    }
    *at = i;
    return true;
}

static int read_zone(struct jx_text text, size_t *at, bool *ret_good)
{
    int numbers[2] = {0, 0};
    *ret_good = true;
    if (*at < text.size && text.bytes[*at] == 'Z') {
        ++*at;
        return 0;
    }
    if (*at == text.size)
        return 0;
    int sign = text.bytes[*at] == '-' ? -1 : 1;
    if (!read_form(text, at, sign < 0 ? "-dd:dd" : "+dd:dd", numbers)) {
        numbers[1] = 0;
        if (read_form(text, at, sign < 0 ? "-dddd" : "+dddd", numbers)) {
            numbers[1] = numbers[0] % 100;
            numbers[0] /= 100;
        } else {
            *ret_good = false;
        }
    }
    *ret_good = *ret_good && numbers[0] <= 29 && numbers[1] <= 59;
    return sign * (numbers[0] * 60 + numbers[1]);
}

static bool read_iso(struct jx_text text, double *ret_millis)
{
    int date[3] = {0, 1, 1}, time[3] = {0, 0, 0};
    size_t at = 0;
    if (!read_form(text, &at, "dddd", date))
        return false;
    bool has_month = read_form(text, &at, "-dd", date + 1);
    if (has_month)
        (void)read_form(text, &at, "-dd", date + 2);
    bool has_time = read_form(text, &at, "Tdd:dd:dd", time);
    double fraction = 0, place = 100;
    if (has_time && at < text.size && text.bytes[at] == '.') {
        size_t start = ++at;
        for (; at < text.size && text.bytes[at] >= '0' && text.bytes[at] <= '9';
             at++, place = place >= 1 ? place / 10 : 0)
            fraction += place >= 1 ? (text.bytes[at] - '0') * place : 0;
        if (at == start)
            return false;
    }
    bool good = true;
    int zone = has_time ? read_zone(text, &at, &good) : 0;
    if (!has_time && at < text.size && text.bytes[at] == 'Z')
        at++;
    if (!good || at != text.size || date[1] < 1 || date[1] > 12 || date[2] < 1 || date[2] > 31 || time[1] > 59 ||
        time[2] > 59 || time[0] > 24 || (time[0] == 24 && (time[1] || time[2] || fraction != 0)))
        return false;
    *ret_millis = (double)jx_days(date[0], date[1], date[2]) * 86400000 + time[0] * 3600000.0 + time[1] * 60000.0 +
                  time[2] * 1000.0 + fraction - zone * 60000.0;
    return true;
}

struct jx_value jx_parse_iso_date(struct jx_run *run, struct jx_value text)
{
    double millis;
    if (!read_iso(jx_as_text(text), &millis))
        JX_FAIL(run->trap, .code = "D3110", .value = &text);
    return jx_number(millis);
}

/* Picture strings: numbers, integers, dates and times, as XPath Functions and Operators 3.1 describes them and the
 * reference implementation reads them. */
#ifndef DRRUN_EXPRESSION_JSONATA_PICTURE_H
#define DRRUN_EXPRESSION_JSONATA_PICTURE_H

#include "interpreter/expression/jsonata/build.h"
#include "interpreter/expression/jsonata/evaluate.h"

/* --- fn:format-number --- */
struct jx_value jx_format_number(struct jx_run *run, double value, struct jx_text picture, struct jx_value options);

/* --- fn:format-integer --- */
enum jx_integer_style { JX_DECIMAL, JX_LETTERS, JX_ROMAN, JX_WORDS, JX_UNKNOWN_STYLE };
enum jx_letter_case { JX_LOWER_CASE, JX_UPPER_CASE, JX_TITLE_CASE };

struct jx_separator {
    uint32_t position; /* digits to its right */
    uint32_t character;
};

struct jx_integer_format {
    enum jx_integer_style style;
    enum jx_letter_case letter_case;
    bool ordinal;
    uint32_t zero;                /* the zero of the digits' family */
    uint32_t mandatory, optional; /* digits */
    uint32_t width;               /* when parsing: exactly so many digits; 0: any */
    uint32_t every;               /* separators repeat every so many digits; 0: they stand at their positions */
    struct jx_separator *separators;
    uint32_t separator_count;
    struct jx_text token; /* of JX_UNKNOWN_STYLE */
};

/* Throws D3131. */
void jx_analyse_integer_picture(struct jx_run *run, struct jx_text picture, struct jx_integer_format *ret_format);
/* Throws D3130. */
void jx_build_integer(struct jx_run *run, struct jx_builder *builder, double value,
                      const struct jx_integer_format *format);
/* NaN if it is none. Throws D3130. */
double jx_parse_integer(struct jx_run *run, struct jx_text text, const struct jx_integer_format *format);
/* Appends the regular expression of what can be parsed. Throws D3130. */
void jx_build_integer_pattern(struct jx_run *run, struct jx_builder *builder, const struct jx_integer_format *format);
/* parseInt(): leading digits after white space and a sign; NaN if there are none. */
double jx_leading_integer(struct jx_text text);

/* --- fn:format-dateTime --- */
/* `picture`.bytes NULL: ISO 8601. */
struct jx_value jx_format_date(struct jx_run *run, double millis, struct jx_text picture, struct jx_value timezone);
struct jx_value jx_parse_date(struct jx_run *run, struct jx_text text, struct jx_text picture);
/* ISO 8601 without a picture. Throws D3110. */
struct jx_value jx_parse_iso_date(struct jx_run *run, struct jx_value text);

#endif

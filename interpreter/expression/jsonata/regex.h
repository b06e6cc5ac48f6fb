/* Regular expressions in JavaScript's syntax, matched by PCRE2: the pattern is translated (regex.c tells what differs),
 * backtracking is bounded. */
#ifndef DRRUN_EXPRESSION_JSONATA_REGEX_H
#define DRRUN_EXPRESSION_JSONATA_REGEX_H

#include "interpreter/expression/jsonata/value.h"

struct jx_regex;

/* Byte offsets of a match and its groups; an unmatched group has start == SIZE_MAX. */
struct jx_match {
    size_t start, end;
    uint32_t group_count;
    const size_t *groups; /* start, end, start, end, ...; valid until the next match */
};

enum jx_match_result { JX_MATCH, JX_NO_MATCH, JX_MATCH_LIMIT };

/* NULL: `ret_problem` says why. Pushes itself to the list `regexes`, which jx_regexes_free() frees. */
struct jx_regex *jx_regex_new(struct jx_arena *arena, struct jx_text pattern, bool ignore_case, bool multiline,
                              struct jx_regex **regexes, struct jx_text *ret_problem);
void jx_regexes_free(struct jx_regex *regexes);

/* The first match at or after byte offset `from`. */
enum jx_match_result jx_regex_match(const struct jx_regex *regex, struct jx_text subject, size_t from,
                                    struct jx_match *ret_match);
struct jx_text jx_regex_source(const struct jx_regex *regex);

#endif

/* A command line split into words. */
#include "providers/aws/credentials/words.h"

#include "interpreter/base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void add_word(struct dr_aws_words *words, struct dr_text *word)
{
    words->items = dr_resize(words->items, words->count + 2, sizeof *words->items);
    words->items[words->count++] = dr_text_take(word);
    words->items[words->count] = NULL;
}

/* From an opening quote to behind the closing one; NULL: there is none. Only double quotes know escapes, and only of
 * what would end or escape. */
static const char *take_quoted(struct dr_text *word, const char *at, const char *end)
{
    char quote = *at++;
    for (; at < end && *at != quote; at++) {
        bool escapes = quote == '"' && *at == '\\' && at + 1 < end && (at[1] == '"' || at[1] == '\\');
        at += escapes;
        dr_text_putc(word, *at);
    }
    return at < end ? at + 1 : NULL;
}

static const char *split(struct dr_aws_words *words, struct dr_text *word, const char *at, const char *end)
{
    bool inside = false; /* of a word, though it may be empty: '' */
    while (at < end) {
        if (is_space(*at)) {
            if (inside)
                add_word(words, word);
            inside = false;
            at++;
            continue;
        }
        inside = true;
        if (*at == '\'' || *at == '"') {
            at = take_quoted(word, at, end);
            if (!at)
                return "a quotation mark is not closed";
        } else {
            at += *at == '\\';
            if (at == end)
                return "nothing follows the last backslash";
            dr_text_putc(word, *at++);
        }
    }
    if (inside)
        add_word(words, word);
    return NULL;
}

const char *dr_aws_words_split(struct dr_aws_words *words, const char *text, size_t size)
{
    struct dr_text word = {0};
    *words = (struct dr_aws_words){0};
    const char *problem = split(words, &word, text, text + size);
    if (word.bytes)
        explicit_bzero(word.bytes, word.capacity);
    dr_text_done(&word);
    if (problem)
        dr_aws_words_done(words);
    return problem;
}

void dr_aws_words_done(struct dr_aws_words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        explicit_bzero(words->items[i], strlen(words->items[i]));
        free(words->items[i]);
    }
    free(words->items);
    *words = (struct dr_aws_words){0};
}

#include "interpreter/expression/jsonata/error.h"

#include "interpreter/expression/jsonata/number.h"
#include "interpreter/expression/jsonata/utf8.h"

#include <stdio.h>

static const struct {
    const char *code, *sentence;
} sentences[] = {
#define JX_ERROR(code, sentence) {code, sentence},
#include "interpreter/expression/jsonata/error.def"
#undef JX_ERROR
};

/* --- showing values --------------------------------------------------------------------------------------------------
 */

struct sink {
    char *out;
    size_t size, used;
    bool full;
};

static void sink_add(struct sink *sink, const char *bytes, size_t size)
{
    if (sink->full)
        return;
    if (sink->used + size + 4 > sink->size) { /* "..." and NUL always fit */
        memcpy(sink->out + sink->used, "...", 3);
        sink->used += 3;
        sink->full = true;
        return;
    }
    memcpy(sink->out + sink->used, bytes, size);
    sink->used += size;
}

static void sink_string(struct sink *sink, struct jx_text text)
{
    sink_add(sink, "\"", 1);
    const char *end = text.bytes + text.size;
    for (const char *at = text.bytes; at < end && !sink->full;) {
        const char *start = at;
        uint32_t code = jx_utf8_next(&at, end);
        char escape[16];
        static const char short_escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
        const char *found = NULL;
        for (size_t i = 0; i < sizeof short_escapes - 1 && !found; i += 2)
            if ((uint32_t)(unsigned char)short_escapes[i] == code)
                found = &short_escapes[i + 1];
        if (found)
            sink_add(sink, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", *found));
        else if (code < 0x20 || (code >= 0xD800 && code < 0xE000))
            sink_add(sink, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", code));
        else
            sink_add(sink, start, (size_t)(at - start));
    }
    sink_add(sink, "\"", 1);
}

static void sink_value(struct sink *sink, struct jx_value value, unsigned depth);

static void sink_array(struct sink *sink, struct jx_value array, unsigned depth)
{
    sink_add(sink, "[", 1);
    for (size_t i = 0, count = jx_count(array); i < count && !sink->full; i++) {
        if (i)
            sink_add(sink, ",", 1);
        sink_value(sink, jx_at(array, i), depth + 1);
    }
    sink_add(sink, "]", 1);
}

static void sink_member(struct sink *sink, const char *key, size_t size, struct jx_value value, unsigned depth)
{
    if (sink->out[sink->used - 1] != '{')
        sink_add(sink, ",", 1);
    sink_string(sink, (struct jx_text){key, size});
    sink_add(sink, ":", 1);
    sink_value(sink, value, depth + 1);
}

static void sink_object(struct sink *sink, struct jx_value object, unsigned depth)
{
    sink_add(sink, "{", 1);
    if (object.tag == JX_OBJECT) {
        for (uint32_t i = 0; i < object.object->count && !sink->full; i++) {
            const struct jx_member *member = &object.object->members[i];
            sink_member(sink, member->key, member->size, member->value, depth);
        }
    } else {
        for (void *at = json_object_iter(object.json); at && !sink->full; at = json_object_iter_next(object.json, at))
            sink_member(sink, json_object_iter_key(at), json_object_iter_key_len(at),
                        jx_of_json(json_object_iter_value(at)), depth);
    }
    sink_add(sink, "}", 1);
}

static void sink_value(struct sink *sink, struct jx_value value, unsigned depth)
{
    if (sink->full)
        return;
    if (depth > 32) {
        sink_add(sink, "...", 3);
        return;
    }
    switch ((enum jx_tag)value.tag) {
    case JX_UNDEFINED:
        sink_add(sink, "undefined", 9);
        break;
    case JX_NULL:
        sink_add(sink, "null", 4);
        break;
    case JX_BOOLEAN:
        sink_add(sink, value.boolean ? "true" : "false", value.boolean ? 4 : 5);
        break;
    case JX_NUMBER:
    case JX_INTEGER: {
        char text[JX_NUMBER_TEXT];
        size_t size = jx_value_number_text(text, value);
        if (isfinite(jx_as_number(value)))
            sink_add(sink, text, size);
        else
            sink_add(sink, "null", 4);
        break;
    }
    case JX_STRING:
    case JX_JSON_STRING:
        sink_string(sink, jx_as_text(value));
        break;
    case JX_ARRAY:
    case JX_JSON_ARRAY:
        sink_array(sink, value, depth);
        break;
    case JX_OBJECT:
    case JX_JSON_OBJECT:
        sink_object(sink, value, depth);
        break;
    case JX_FUNCTION:
    case JX_TUPLE:
    case JX_TAIL:
        sink_add(sink, "\"\"", 2);
        break;
    }
}

void jx_show(char *out, size_t size, struct jx_value value)
{
    struct sink sink = {.out = out, .size = size};
    sink_value(&sink, value, 0);
    out[sink.used] = '\0';
}

/* --- the sentence
 * -------------------------------------------------------------------------------------------------------- */

static const char *sentence_of(const char *code)
{
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (strcmp(sentences[i].code, code) == 0)
            return sentences[i].sentence;
    return "{{{message}}}";
}

static void copy_text(char *out, size_t size, struct jx_text text)
{
    size_t length = text.size < size ? text.size : size - 1;
    while (length < text.size && length > 0 && ((unsigned char)text.bytes[length] & 0xC0) == 0x80)
        length--; /* not in the middle of a character */
    if (length)
        memcpy(out, text.bytes, length);
    out[length] = '\0';
}

static void insert(struct sink *sink, struct jx_text name, bool quoted, const struct jsonata_error *error,
                   const struct jx_problem *problem)
{
    char number[16];
    struct jx_text text = {NULL, 0};
    const struct jx_value *value = NULL;
    bool is_value = true;
    if (jx_text_equal(name, JX_TEXT("value"))) {
        value = problem->value;
    } else if (jx_text_equal(name, JX_TEXT("value2"))) {
        value = problem->value2;
    } else {
        is_value = false;
        if (jx_text_equal(name, JX_TEXT("token")))
            text = (struct jx_text){error->token, strlen(error->token)};
        else if (jx_text_equal(name, JX_TEXT("message")))
            text = problem->message;
        else if (jx_text_equal(name, JX_TEXT("expected")))
            text = (struct jx_text){problem->expected, strlen(problem->expected)};
        else
            text = (struct jx_text){number, (size_t)snprintf(number, sizeof number, "%u", problem->index)};
    }
    if (is_value)
        sink_value(sink, value ? *value : JX_NOTHING, 0);
    else if (quoted && text.bytes != number)
        sink_string(sink, text);
    else if (text.bytes) {
        for (size_t i = 0; i < text.size && !sink->full; i++)
            sink_add(sink, text.bytes + i, 1);
    }
}

void jx_describe(struct jsonata_error *error, const struct jx_problem *problem, const struct jx_call *call)
{
    *error = (struct jsonata_error){.position = 0};
    (void)snprintf(error->code, sizeof error->code, "%s", problem->code);
    if (problem->place) {
        error->position = problem->place->start;
        error->end = problem->place->end;
    } else if (call) {
        error->position = call->place.start;
        error->end = call->place.end;
    }
    if (problem->token.bytes)
        copy_text(error->token, sizeof error->token, problem->token);
    else if (call && call->token.bytes)
        copy_text(error->token, sizeof error->token, call->token);
    if (problem->value)
        jx_show(error->value, sizeof error->value, *problem->value);

    struct sink sink = {.out = error->message, .size = sizeof error->message};
    const char *at = sentence_of(problem->code);
    while (*at) {
        const char *open = strstr(at, "{{");
        if (!open) {
            sink_add(&sink, at, strlen(at));
            break;
        }
        sink_add(&sink, at, (size_t)(open - at));
        bool raw = open[2] == '{';
        const char *name = open + (raw ? 3 : 2), *close = strchr(name, '}');
        insert(&sink, (struct jx_text){name, (size_t)(close - name)}, !raw, error, problem);
        at = close + (raw ? 3 : 2);
    }
    error->message[sink.used] = '\0';
}

_Noreturn void jx_fail(struct jx_trap *trap, const struct jx_problem *problem)
{
    jx_describe(&trap->error, problem, trap->call);
    longjmp(trap->jump, 1);
}

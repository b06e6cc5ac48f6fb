/* Evaluates expressions for diff.js: a line of JSON {"e": expression, "i": input, "b": bindings} in, a line of JSON
 * with what came of it out: {"v": value}, {"u": 1}, {"f": 1} (a function) or {"c": code, "t": token, "p": end of the
 * token, "m": message}. */
#include "interpreter/expression/jsonata/jsonata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t fixed_now(void *data)
{
    (void)data;
    return 1521801216617;
}

static const struct jsonata_environment environment = {.now_ms = fixed_now, .steps_max = 20000000};

static json_t *error_line(const struct jsonata_error *error)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "c", error->code, "t", error->token, "p", (json_int_t)error->end, "m",
                     error->message);
}

static json_t *evaluate(const json_t *request)
{
    const json_t *text = json_object_get(request, "e");
    struct jsonata_error error = {.code = ""};
    struct jsonata *program = jsonata_compile(json_string_value(text), json_string_length(text), &environment, &error);
    if (!program)
        return error_line(&error);
    json_t *value = NULL, *line = NULL;
    enum jsonata_status status = jsonata_eval(program, json_object_get(request, "i"), json_object_get(request, "b"),
                                              &environment, &value, &error);
    switch (status) {
    case JSONATA_OK:
        line = json_pack("{s:o}", "v", value);
        break;
    case JSONATA_UNDEFINED:
        line = json_pack("{s:i}", "u", 1);
        break;
    case JSONATA_FUNCTION:
        line = json_pack("{s:i}", "f", 1);
        break;
    case JSONATA_ERROR:
        line = error_line(&error);
        break;
    }
    jsonata_free(program);
    return line;
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stdin)) > 0) {
        json_t *request = json_loadb(line, (size_t)size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        json_t *answer = request ? evaluate(request) : json_pack("{s:s}", "c", "request");
        char *text = json_dumps(answer, JSON_COMPACT);
        if (!text)
            text = strdup("{\"c\":\"answer\"}");
        puts(text);
        (void)fflush(stdout);
        free(text);
        json_decref(answer);
        json_decref(request);
    }
    free(line);
    return 0;
}

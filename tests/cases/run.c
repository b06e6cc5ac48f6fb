/* Runs the case files: each says what a runbook does with an input. They are the manual of the language.
 *
 *     about: one sentence
 *     spec: a link
 *     runbook: {StartAt: ..., States: ...}
 *     runs:
 *       - input: {...}                 default {}
 *         answers: [{status: 200, body: {...}, delay: 500}, ...]   what http:invoke and exec:run meet, in turn
 *         output: ... | error: NAME and cause: TEXT (a cause may end in "...")
 *         status: FAILED               default SUCCEEDED, or FAILED if an error is given
 *         path: [State, State]         the states left, in order
 *         takes: 90                    seconds of virtual time
 *         requests: ["GET http://..."] what the services saw
 *         bodies: [{...}, "text"]      what they were sent; an object or a list: as JSON
 *         invalid: ["message ..."]     the runbook or input is refused: these texts occur, in order
 * Usage: cases FOLDER. */
#include "tests/support/lab.h"

#include "interpreter/base/text.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned passed, failed;
static const char *only;

static char *show(const json_t *value)
{
    struct dr_text text = {0};
    if (!value)
        dr_text_puts(&text, "(nothing)");
    else
        dr_text_json(&text, value, 1 << 20);
    return dr_text_take(&text);
}

/* Equal, 1 and 1.0 too. */
static bool same(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return !(json_number_value(a) < json_number_value(b)) && !(json_number_value(a) > json_number_value(b));
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_array(a)) {
        if (json_array_size(a) != json_array_size(b))
            return false;
        for (size_t i = 0; i < json_array_size(a); i++)
            if (!same(json_array_get(a, i), json_array_get(b, i)))
                return false;
        return true;
    }
    if (json_is_object(a)) {
        const char *key;
        json_t *value;
        if (json_object_size(a) != json_object_size(b))
            return false;
        json_object_foreach((json_t *)(uintptr_t)a, key, value)
        {
            const json_t *other = json_object_get(b, key);
            if (!other || !same(value, other))
                return false;
        }
        return true;
    }
    return json_equal(a, b);
}

static bool text_matches(const char *wanted, const char *found)
{
    size_t length = wanted ? strlen(wanted) : 0;
    if (!wanted || !found)
        return wanted == found;
    if (length > 3 && strcmp(wanted + length - 3, "...") == 0)
        return strncmp(wanted, found, length - 3) == 0;
    return strcmp(wanted, found) == 0;
}

static void complain(const char *path, size_t run, const char *what, const json_t *wanted, const json_t *found)
{
    char *a = show(wanted), *b = show(found);
    printf("FAILED %s, run %zu: %s\n  wanted %s\n  found  %s\n", path, run + 1, what, a, b);
    free(a);
    free(b);
}

static bool check_invalid(const json_t *wanted, const json_t *found)
{
    size_t at = 0;
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        while (at < json_array_size(found) &&
               !strstr(json_string_value(json_array_get(found, at)), json_string_value(json_array_get(wanted, i))))
            at++;
        if (at++ >= json_array_size(found))
            return false;
    }
    return true;
}

static bool check_bodies(const char *path, size_t number, const json_t *wanted, const json_t *result)
{
    json_t *found = json_array();
    size_t i;
    json_t *body;
    json_array_foreach((json_t *)(uintptr_t)json_object_get(result, "bodies"), i, body)
    {
        bool as_text = json_is_string(json_array_get(wanted, i));
        json_t *parsed = as_text || !json_is_string(body)
                             ? NULL
                             : dr_json_parse(json_string_value(body), json_string_length(body), NULL);
        json_array_append_new(found, parsed ? parsed : json_incref(body));
    }
    bool equal = same(wanted, found);
    if (!equal)
        complain(path, number, "bodies", wanted, found);
    json_decref(found);
    return equal;
}

static bool check(const char *path, size_t number, const json_t *run, const json_t *result)
{
    const json_t *error = json_object_get(run, "error"), *cause = json_object_get(run, "cause"),
                 *status = json_object_get(run, "status");
    const char *wanted = status ? json_string_value(status) : error || cause ? "FAILED" : "SUCCEEDED";
    if (json_object_get(run, "invalid")) {
        if (json_object_get(result, "invalid") &&
            check_invalid(json_object_get(run, "invalid"), json_object_get(result, "invalid")))
            return true;
        complain(path, number, "should be refused", json_object_get(run, "invalid"), result);
        return false;
    }
    if (!text_matches(wanted, json_string_value(json_object_get(result, "status")))) {
        json_t *name = json_string(wanted);
        complain(path, number, "status", name, result);
        json_decref(name);
        return false;
    }
    const json_t *output = json_object_get(run, "output");
    if (output && !(json_object_get(result, "output") && same(output, json_object_get(result, "output")))) {
        complain(path, number, "output", output, json_object_get(result, "output"));
        return false;
    }
    if (error && !text_matches(json_string_value(error), json_string_value(json_object_get(result, "error")))) {
        complain(path, number, "error", error, result);
        return false;
    }
    if (cause && !text_matches(json_string_value(cause), json_string_value(json_object_get(result, "cause")))) {
        complain(path, number, "cause", cause, json_object_get(result, "cause"));
        return false;
    }
    const json_t *states = json_object_get(run, "path"), *requests = json_object_get(run, "requests"),
                 *takes = json_object_get(run, "takes");
    if (states) {
        json_t *left = json_array();
        for (size_t i = 0; i < json_array_size(json_object_get(result, "trace")); i++)
            json_array_append(left, json_object_get(json_array_get(json_object_get(result, "trace"), i), "exit"));
        bool equal = same(states, left);
        if (!equal)
            complain(path, number, "path", states, left);
        json_decref(left);
        if (!equal)
            return false;
    }
    if (requests && !same(requests, json_object_get(result, "requests"))) {
        complain(path, number, "requests", requests, json_object_get(result, "requests"));
        return false;
    }
    if (json_object_get(run, "bodies") && !check_bodies(path, number, json_object_get(run, "bodies"), result))
        return false;
    if (takes &&
        json_integer_value(json_object_get(result, "durationMs")) != (json_int_t)(json_number_value(takes) * 1000)) {
        complain(path, number, "takes", takes, json_object_get(result, "durationMs"));
        return false;
    }
    return true;
}

static void run_one(const char *path, const json_t *file, size_t number, const json_t *run)
{
    struct dr_lab lab = {.store = dr_store_memory(),
                         .actions = "providers/actions",
                         .aws = true,
                         .service = {.answers = json_object_get(run, "answers")}};
    const json_t *runbook =
        json_object_get(run, "runbook") ? json_object_get(run, "runbook") : json_object_get(file, "runbook");
    struct dr_text text = {0};
    json_t *input = json_object_get(run, "input") ? json_incref(json_object_get(run, "input")) : json_object();
    if (json_is_string(runbook))
        dr_text_puts(&text, json_string_value(runbook));
    else
        dr_text_json(&text, runbook, 1 << 24);
    json_t *result = dr_lab_run(&lab, "case.yaml", text.bytes, input);
    if (check(path, number, run, result))
        passed++;
    else
        failed++;
    json_decref(result);
    json_decref(input);
    dr_text_done(&text);
    struct dr_store *store = lab.store;
    dr_lab_done(&lab);
    dr_store_free(store);
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *place)
{
    size_t length = strlen(path);
    (void)status;
    (void)place;
    if (type != FTW_F || length < 5 || strcmp(path + length - 5, ".yaml") != 0 || (only && !strstr(path, only)))
        return 0;
    if (strstr(path, "/validate/")) /* what is said about definitions: unit/definition/validate_cases_test.c */
        return 0;
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_load(path, &found);
    json_t *file = document ? dr_node_json(document->root) : NULL;
    const json_t *runs = json_object_get(file, "runs");
    if (!json_object_get(file, "about") || json_array_size(runs) == 0) {
        printf("FAILED %s: a case needs about and runs\n", path);
        failed++;
    }
    for (size_t i = 0; i < json_array_size(runs); i++)
        run_one(path, file, i, json_array_get(runs, i));
    json_decref(file);
    dr_document_free(document);
    dr_diagnostics_done(&found);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: cases FOLDER [PART-OF-A-PATH]\n");
        return 2;
    }
    only = argc > 2 ? argv[2] : NULL;
    if (nftw(argv[1], visit, 16, FTW_PHYS) != 0)
        perror(argv[1]);
    printf("%u runs passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

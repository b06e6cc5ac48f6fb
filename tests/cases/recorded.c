/* Runs the executions recorded from AWS: status, output, error and cause must be AWS's. Skips, saying so, where the
 * recordings are not there. <anything> in angle brackets in a recording stands for anything; 1 equals 1.0; the number
 * in "event id #N" need not agree. */
#include "tests/support/lab.h"

#include "interpreter/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_number_sign(const char *text)
{
    return strncmp(text, "event id #", 10) == 0;
}

static bool text_like(const char *wanted, const char *found)
{
    while (*wanted != '\0') {
        const char *close = *wanted == '<' ? strchr(wanted, '>') : NULL;
        if (close && !strchr("< =", wanted[1])) { /* a placeholder: anything up to what follows it */
            const char *rest = close + 1;
            for (const char *at = found;; at++) {
                if (text_like(rest, at))
                    return true;
                if (*at == '\0')
                    return false;
            }
        }
        if (is_number_sign(wanted) && is_number_sign(found)) {
            wanted += 10;
            found += 10;
            wanted += strspn(wanted, "0123456789");
            found += strspn(found, "0123456789");
            continue;
        }
        if (*wanted != *found)
            return false;
        wanted++;
        found++;
    }
    return *found == '\0';
}

static bool like(const json_t *wanted, const json_t *found)
{
    if (json_is_string(wanted)) {
        const char *text = json_string_value(wanted);
        size_t length = json_string_length(wanted);
        if (length > 2 && text[0] == '<' && text[length - 1] == '>' && !memchr(text, ' ', length))
            return true;
        if (strcmp(text, "date") == 0 && json_is_string(found)) /* how the recordings blank out times */
            return true;
        return json_is_string(found) && text_like(text, json_string_value(found));
    }
    if (json_is_number(wanted) && json_is_number(found))
        return !(json_number_value(wanted) < json_number_value(found)) &&
               !(json_number_value(wanted) > json_number_value(found));
    if (!found || json_typeof(wanted) != json_typeof(found))
        return false;
    if (json_is_array(wanted)) {
        bool equal = json_array_size(wanted) == json_array_size(found);
        for (size_t i = 0; equal && i < json_array_size(wanted); i++)
            equal = like(json_array_get(wanted, i), json_array_get(found, i));
        return equal;
    }
    if (json_is_object(wanted)) {
        const char *key;
        json_t *value;
        bool equal = json_object_size(wanted) == json_object_size(found);
        json_object_foreach((json_t *)(uintptr_t)wanted, key, value) equal =
            equal && like(value, json_object_get(found, key));
        return equal;
    }
    return json_equal(wanted, found);
}

/* The states left must be those that AWS left, with the same output and variables; branches that run at once may come
 * in another order. */
static bool trace_like(const json_t *wanted, const json_t *found)
{
    size_t count = json_array_size(found), exits = 0;
    bool *used = calloc(count + 1, sizeof *used), good = true;
    for (size_t i = 0; good && i < json_array_size(wanted); i++) {
        const json_t *entry = json_array_get(wanted, i);
        const json_t *assigned = json_object_get(entry, "assigned");
        if (!json_object_get(entry, "exit"))
            continue;
        exits++;
        good = false;
        for (size_t j = 0; j < count && !good; j++) {
            const json_t *own = json_array_get(found, j);
            if (used[j] || !like(json_object_get(entry, "exit"), json_object_get(own, "exit")) ||
                !like(json_object_get(entry, "output"), json_object_get(own, "output")) ||
                (assigned && !like(assigned, json_object_get(own, "assigned"))))
                continue;
            used[j] = good = true;
        }
    }
    free(used);
    return good && (exits == 0 || exits <= count);
}

static bool expected(const json_t *expect, const json_t *result)
{
    static const char *const keys[] = {"status", "output", "error", "cause"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *wanted = json_object_get(expect, keys[i]), *found = json_object_get(result, keys[i]);
        if (wanted ? !like(wanted, found) : found != NULL)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    char *path = dr_lab_vectors("asl/recorded.json");
    unsigned passed = 0, failed = 0;
    if (!path) {
        printf("skipped: the recordings (asl/recorded.json) are not here; set DRRUN_VECTORS to their folder\n");
        return 77;
    }
    json_t *recordings = dr_lab_load(path);
    for (size_t i = 0; i < json_array_size(recordings); i++) {
        const json_t *recording = json_array_get(recordings, i);
        const char *id = json_string_value(json_object_get(recording, "id"));
        if (argc > 1 && !strstr(id, argv[1]))
            continue;
        struct dr_store *store = dr_store_memory();
        struct dr_lab lab = {.store = store};
        struct dr_text text = {0};
        dr_text_json(&text, json_object_get(recording, "definition"), 1 << 24);
        json_t *result = dr_lab_run(&lab, "recorded.json", text.bytes, json_object_get(recording, "input"));
        bool good = expected(json_object_get(recording, "expect"), result) &&
                    (!json_object_get(recording, "trace") ||
                     trace_like(json_object_get(recording, "trace"), json_object_get(result, "trace")));
        if (good) {
            passed++;
        } else {
            struct dr_text wanted = {0}, found = {0};
            dr_text_json(&wanted, json_object_get(recording, "expect"), 1 << 16);
            dr_text_json(&found, result, 1 << 16);
            printf("FAILED %s\n  wanted %s\n  found  %.1500s\n", id, wanted.bytes, found.bytes);
            dr_text_done(&wanted);
            dr_text_done(&found);
            failed++;
        }
        json_decref(result);
        dr_text_done(&text);
        dr_lab_done(&lab);
        dr_store_free(store);
    }
    json_decref(recordings);
    free(path);
    printf("%u recorded executions agree, %u do not\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

/* Expressions of a rule set: literals, "{templates}", references, calls. */
#include "providers/aws/endpoint/rules.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

json_t *dr_rules_fail(struct dr_rules_run *run, const char *format, ...)
{
    if (!run->problem) {
        va_list arguments;
        va_start(arguments, format);
        run->problem = dr_format_list(format, arguments);
        va_end(arguments);
    }
    return NULL;
}

bool dr_rules_step(struct dr_rules_run *run)
{
    if (++run->steps > DR_RULES_STEPS_MAX) {
        dr_rules_fail(run, "the endpoint rule set takes more than %d steps", DR_RULES_STEPS_MAX);
    }
    return !run->problem;
}

void dr_rules_assign(struct dr_rules_run *run, const char *name, json_t *value)
{
    if (run->count == run->room) {
        run->room = run->room ? 2 * run->room : 16;
        run->variables = dr_resize(run->variables, run->room, sizeof *run->variables);
    }
    run->variables[run->count++] = (struct dr_rules_variable){.name = name, .value = value};
}

static const json_t *find_variable(const struct dr_rules_run *run, const char *name, size_t size)
{
    for (size_t i = run->count; i-- > 0;) {
        if (strncmp(run->variables[i].name, name, size) == 0 && run->variables[i].name[size] == '\0') {
            return run->variables[i].value;
        }
    }
    return NULL;
}

/* "[12]" or "[-1]" at `path`; its length, or 0 if it is none. */
static size_t parse_index(const char *path, size_t size, long *ret_index)
{
    char digits[12];
    const char *end = size ? memchr(path, ']', size) : NULL;
    if (!end || *path != '[' || (size_t)(end - path - 1) >= sizeof digits || end == path + 1) {
        return 0;
    }
    memcpy(digits, path + 1, (size_t)(end - path - 1));
    digits[end - path - 1] = '\0';
    char *stopped;
    *ret_index = strtol(digits, &stopped, 10);
    return *stopped ? 0 : (size_t)(end - path + 1);
}

const json_t *dr_rules_attribute(const json_t *value, const char *path, size_t size)
{
    while (size > 0 && value) {
        long index;
        size_t taken = parse_index(path, size, &index);
        if (taken > 0) {
            size_t count = json_array_size(value);
            size_t at = index < 0 ? count - (size_t)-index : (size_t)index;
            value = at < count ? json_array_get(value, at) : NULL;
        } else {
            for (taken = 0; taken < size && path[taken] != '.' && path[taken] != '[';) {
                taken++;
            }
            if (taken == 0) {
                return NULL;
            }
            value = json_object_getn(value, path, taken);
        }
        path += taken;
        size -= taken;
        if (size > 0 && *path == '.') {
            path++;
            size--;
        }
    }
    return json_is_null(value) ? NULL : value;
}

/* What stands between the braces of a template: "name" or "name#path". */
static bool add_reference(struct dr_rules_run *run, struct dr_text *text, const char *name, size_t size)
{
    const char *hash = memchr(name, '#', size);
    size_t name_size = hash ? (size_t)(hash - name) : size;
    const json_t *value = find_variable(run, name, name_size);
    if (hash) {
        value = dr_rules_attribute(value, hash + 1, size - name_size - 1);
    }
    if (json_is_string(value)) {
        dr_text_add(text, json_string_value(value), json_string_length(value));
    } else if (json_is_boolean(value)) {
        dr_text_puts(text, json_is_true(value) ? "true" : "false");
    } else if (json_is_integer(value)) {
        dr_text_int(text, json_integer_value(value));
    } else {
        dr_rules_fail(run, "the endpoint rule set puts {%.*s} into a text, and it is not set", (int)size, name);
    }
    return !run->problem;
}

/* "https://{Region}.{partition#dnsSuffix}"; doubled braces are braces. */
static json_t *fill_template(struct dr_rules_run *run, const char *template, size_t size)
{
    struct dr_text text = {0};
    const char *end = template + size;
    for (const char *at = template; at < end && !run->problem;) {
        bool doubled = at + 1 < end && at[1] == *at;
        if (*at == '{' && !doubled) {
            const char *close = memchr(at, '}', (size_t)(end - at));
            if (!close) {
                dr_rules_fail(run, "the endpoint rule set has an open brace in \"%.*s\"", (int)size, template);
            } else if (add_reference(run, &text, at + 1, (size_t)(close - at - 1))) {
                at = close + 1;
            }
        } else {
            dr_text_putc(&text, *at);
            at += doubled && (*at == '{' || *at == '}') ? 2 : 1;
        }
        if (text.size > DR_RULES_TEXT_BYTES_MAX) {
            dr_rules_fail(run, "the endpoint rule set makes a text of more than %d bytes", DR_RULES_TEXT_BYTES_MAX);
        }
    }
    json_t *value = run->problem ? NULL : json_stringn_nocheck(text.bytes ? text.bytes : "", text.size);
    dr_text_done(&text);
    return value;
}

static json_t *call(struct dr_rules_run *run, const json_t *expression)
{
    const char *name = json_string_value(json_object_get(expression, "fn"));
    const json_t *argv = json_object_get(expression, "argv");
    json_t *arguments[DR_RULES_ARGUMENTS];
    size_t count = json_array_size(argv), made = 0;
    if (!name || count > DR_RULES_ARGUMENTS) {
        return dr_rules_fail(run, "the endpoint rule set has a call without \"fn\", or with more than %d arguments",
                             DR_RULES_ARGUMENTS);
    }
    for (; made < count && !run->problem; made++) {
        arguments[made] = dr_rules_value(run, json_array_get(argv, made));
    }
    json_t *value = run->problem ? NULL : dr_rules_call(run, name, arguments, count);
    while (made > 0) {
        json_decref(arguments[--made]);
    }
    return value;
}

json_t *dr_rules_value(struct dr_rules_run *run, const json_t *expression)
{
    if (!dr_rules_step(run)) {
        return NULL;
    }
    if (json_is_string(expression)) {
        const char *text = json_string_value(expression);
        size_t size = json_string_length(expression);
        return memchr(text, '{', size) || memchr(text, '}', size) ? fill_template(run, text, size)
                                                                  : dr_json_share(expression);
    }
    if (!json_is_object(expression)) {
        return json_is_null(expression) || !expression ? NULL : dr_json_share(expression);
    }
    const json_t *reference = json_object_get(expression, "ref");
    if (reference) {
        const char *name = json_string_value(reference);
        const json_t *value = name ? find_variable(run, name, strlen(name)) : NULL;
        return value ? dr_json_share(value) : NULL;
    }
    if (run->depth >= DR_RULES_DEPTH_MAX) {
        return dr_rules_fail(run, "the endpoint rule set is nested more than %d deep", DR_RULES_DEPTH_MAX);
    }
    run->depth++;
    json_t *value = call(run, expression);
    run->depth--;
    return value;
}

json_t *dr_rules_properties(struct dr_rules_run *run, const json_t *properties)
{
    if (json_is_string(properties) ||
        (json_is_object(properties) && (json_object_get(properties, "ref") || json_object_get(properties, "fn")))) {
        return dr_rules_value(run, properties);
    }
    if (!dr_rules_step(run)) {
        return NULL;
    }
    if (!json_is_object(properties) && !json_is_array(properties)) {
        return dr_json_share(properties);
    }
    if (run->depth >= DR_RULES_DEPTH_MAX) {
        return dr_rules_fail(run, "the endpoint rule set is nested more than %d deep", DR_RULES_DEPTH_MAX);
    }
    run->depth++;
    json_t *copy = json_is_object(properties) ? json_object() : json_array();
    const char *name;
    const json_t *item;
    size_t index;
    if (json_is_object(properties)) {
        void *at;
        for (at = json_object_iter((json_t *)(uintptr_t)properties); at && !run->problem;
             at = json_object_iter_next((json_t *)(uintptr_t)properties, at)) {
            name = json_object_iter_key(at);
            json_t *value = dr_rules_properties(run, json_object_iter_value(at));
            if (value) {
                json_object_set_new_nocheck(copy, name, value);
            }
        }
    } else {
        json_array_foreach(properties, index, item)
        {
            json_t *value = run->problem ? NULL : dr_rules_properties(run, item);
            if (value) {
                json_array_append_new(copy, value);
            }
        }
    }
    run->depth--;
    if (run->problem) {
        json_decref(copy);
        return NULL;
    }
    return copy;
}

#include "providers/aws/iam/iam.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/known.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *service, *operations, *value;
};

static const struct row prefixes[] = {
#define IAM_PREFIX(service, prefix) {service, NULL, prefix},
#include "providers/aws/iam/prefixes.def"
#undef IAM_PREFIX
    {NULL, NULL, NULL},
};
static const struct row actions[] = {
#define IAM_ACTION(service, operation, needed) {service, operation, needed},
#include "providers/aws/iam/actions.def"
#undef IAM_ACTION
    {NULL, NULL, NULL},
};
static const struct row resources[] = {
#define IAM_RESOURCE(service, operations, resource) {service, operations, resource},
#include "providers/aws/iam/resources.def"
#undef IAM_RESOURCE
    {NULL, NULL, NULL},
};

static const char *prefix_of(const struct dr_aws_model *model)
{
    for (const struct row *row = prefixes; row->service; row++)
        if (strcmp(row->service, model->name) == 0)
            return row->value;
    return model->signing_name;
}

/* Whether one of the patterns, separated by spaces, fits. */
static bool fits(const struct row *row, const struct dr_aws_operation *operation)
{
    if (strcmp(row->service, operation->model->name) != 0)
        return false;
    for (const char *at = row->operations; *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        char *pattern = dr_copy_bytes(at, size);
        bool found = fnmatch(pattern, operation->name, 0) == 0;
        free(pattern);
        if (found)
            return true;
        at += size;
    }
    return false;
}

/* --- Resources -----------------------------------------------------------------------------------------------------
 */

/* The last part of an ARN, a path or a URL: what a name stands for there. */
static const char *last_part(const char *text)
{
    const char *slash = strrchr(text, '/'), *colon = strrchr(text, ':');
    const char *cut = slash > colon ? slash : colon;
    return cut ? cut + 1 : text;
}

/* Where a known value stands in a resource: "/hostedzone/Z1" as Z1, an ARN as its last part, and "/shop/region" as
 * shop/region where a slash stands before it already ("parameter/", but "log-group:"). */
static void add_value(struct dr_text *out, const char *value)
{
    bool arn = strncmp(value, "arn:", 4) == 0, url = strstr(value, "://") != NULL,
         zone = strncmp(value, "/hostedzone/", 12) == 0, change = strncmp(value, "/change/", 8) == 0;
    if (arn || url || zone || change)
        value = last_part(value);
    bool slash = out->size > 0 && out->bytes[out->size - 1] == '/';
    dr_text_puts(out, slash && *value == '/' ? value + 1 : value);
}

/* Secrets Manager ends its ARNs with a hyphen and six random characters; ARNs without them name the secret too. */
static const char random_end[] = "-\?\?\?\?\?\?";

static bool has_random_end(const char *arn)
{
    size_t size = strlen(arn);
    return size > 7 && arn[size - 7] == '-' && strcspn(arn + size - 6, "-/:") == 6;
}

const char *dr_aws_iam_secret_end(const char *id)
{
    return strncmp(id, "arn:", 4) == 0 && has_random_end(id) ? "" : random_end;
}

struct expansion {
    const struct dr_aws_iam_call *call;
    void (*done)(void *data, const char *resource);
    void *data;
};

static void expand(const struct expansion *expansion, const char *pattern, const char *made);

/* One placeholder with one value: an ARN behind which nothing but a random end comes is that resource. */
static void put(const struct expansion *expansion, const char *made, const json_t *value, const char *rest)
{
    const char *text = json_string_value(value);
    struct dr_text out = {0};
    bool ends = *rest == '\0' || strcmp(rest, random_end) == 0;
    if (text && !dr_is_unknown(value) && strncmp(text, "arn:", 4) == 0 && ends) {
        dr_text_printf(&out, "%s%s", text, *rest ? dr_aws_iam_secret_end(text) : "");
        expansion->done(expansion->data, out.bytes);
        dr_text_done(&out);
        return;
    }
    dr_text_puts(&out, made);
    if (text && *text && !dr_is_unknown(value))
        add_value(&out, text);
    else if (out.size == 0 || out.bytes[out.size - 1] != '*')
        dr_text_putc(&out, '*');
    expand(expansion, rest, out.bytes ? out.bytes : "");
    dr_text_done(&out);
}

/* The values of "Name", "List[]", "List[].Name". */
static void put_each(const struct expansion *expansion, const char *made, const json_t *within, const char *path,
                     const char *rest)
{
    size_t size = strcspn(path, "[.");
    const json_t *value = json_object_getn(within, path, size);
    const char *further = path + size;
    if (strncmp(further, "[]", 2) != 0) {
        if (*further == '.')
            put_each(expansion, made, value, further + 1, rest);
        else
            put(expansion, made, value, rest);
        return;
    }
    further += 2;
    if (!json_is_array(value) || json_array_size(value) == 0)
        put(expansion, made, NULL, rest);
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (*further == '.')
            put_each(expansion, made, json_array_get(value, i), further + 1, rest);
        else
            put(expansion, made, json_array_get(value, i), rest);
    }
}

static void expand(const struct expansion *expansion, const char *pattern, const char *made)
{
    const char *open = strchr(pattern, '{');
    if (!open) {
        struct dr_text whole = {0};
        if (strncmp(made, "arn:", 4) != 0 && strcmp(made, "*") != 0)
            dr_text_printf(&whole, "arn:%s:", expansion->call->partition);
        dr_text_printf(&whole, "%s%s", made, pattern);
        expansion->done(expansion->data, whole.bytes);
        dr_text_done(&whole);
        return;
    }
    const char *close = strchr(open, '}');
    char *name = dr_copy_bytes(open + 1, (size_t)(close - open - 1)),
         *before = dr_format("%s%.*s", made, (int)(open - pattern), pattern);
    json_t *fixed = strcmp(name, "R") == 0   ? json_string(expansion->call->region)
                    : strcmp(name, "A") == 0 ? json_string(expansion->call->account)
                                             : NULL;
    if (fixed)
        put(expansion, before, fixed, close + 1);
    else
        put_each(expansion, before, expansion->call->input, name, close + 1);
    json_decref(fixed);
    free(name);
    free(before);
}

/* --- Actions ---------------------------------------------------------------------------------------------------------
 */

struct grant {
    const struct dr_aws_iam_call *call;
    void (*add)(void *data, const char *action, const char *resource);
    void *data;
};

static void grant_on(void *data, const char *resource)
{
    const struct grant *grant = data;
    const struct dr_aws_operation *operation = grant->call->operation;
    const char *prefix = prefix_of(operation->model), *needed = operation->name;
    for (const struct row *row = actions; row->service; row++)
        if (fits(row, operation))
            needed = row->value;
    for (; *needed; needed += strspn(needed, " ")) {
        size_t size = strcspn(needed, " ");
        bool own = memchr(needed, ':', size) != NULL;
        char *action = own ? dr_copy_bytes(needed, size) : dr_format("%s:%.*s", prefix, (int)size, needed);
        char *role = strcmp(action, "iam:PassRole") == 0
                         ? dr_format("arn:%s:iam::%s:role/*", grant->call->partition, grant->call->account)
                         : NULL;
        grant->add(grant->data, action, role ? role : resource);
        free(action);
        free(role);
        needed += size;
    }
}

void dr_aws_iam(const struct dr_aws_iam_call *call, void (*add)(void *data, const char *action, const char *resource),
                void *data)
{
    struct grant grant = {call, add, data};
    struct expansion expansion = {call, grant_on, &grant};
    bool limited = false;
    for (const struct row *row = resources; row->service; row++) {
        if (!fits(row, call->operation))
            continue;
        limited = true;
        expand(&expansion, row->value, "");
    }
    if (!limited)
        grant_on(&grant, "*");
}

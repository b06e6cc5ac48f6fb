/* RequestBodyEncoding URL_ENCODED and QueryParameters: nested values become keys such as a[b][0], as AWS documents it
 * for HTTP tasks. */
#include "providers/http/request.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/octets.h"

#include <string.h>

struct form {
    struct dr_text *out;
    size_t begun; /* out->size at the start */
    const char *format;
};

static void add_scalar(struct dr_text *out, const json_t *value)
{
    struct dr_text text = {0};
    if (json_is_string(value))
        dr_text_add(&text, json_string_value(value), json_string_length(value));
    else if (!json_is_null(value) && !dr_text_json(&text, value, DR_PAYLOAD_BYTES_MAX))
        dr_text_clear(&text); /* larger than anything a state can hold: cannot be */
    dr_octets_percent(out, text.bytes ? text.bytes : "", text.size, "");
    dr_text_done(&text);
}

static void add_pair(struct form *form, const char *key, const json_t *value)
{
    if (form->out->size > form->begun)
        dr_text_putc(form->out, '&');
    dr_text_puts(form->out, key);
    dr_text_putc(form->out, '=');
    add_scalar(form->out, value);
}

static void add(struct form *form, const char *key, const json_t *value, unsigned depth);

static void add_joined(struct form *form, const char *key, const json_t *list)
{
    add_pair(form, key, json_array_get(list, 0));
    for (size_t i = 1; i < json_array_size(list); i++) {
        dr_text_putc(form->out, ',');
        add_scalar(form->out, json_array_get(list, i));
    }
}

static void add_list(struct form *form, const char *key, const json_t *list, unsigned depth)
{
    if (json_array_size(list) == 0)
        return;
    if (strcmp(form->format, "COMMAS") == 0) {
        add_joined(form, key, list);
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct dr_text name = {0};
        dr_text_puts(&name, key);
        if (strcmp(form->format, "BRACKETS") == 0)
            dr_text_puts(&name, "[]");
        else if (strcmp(form->format, "INDICES") == 0)
            dr_text_printf(&name, "[%zu]", i);
        add(form, name.bytes, json_array_get(list, i), depth);
        dr_text_done(&name);
    }
}

static void add_members(struct form *form, const char *key, const json_t *object, unsigned depth)
{
    union {
        const json_t *frozen;
        json_t *iterable;
    } same = {.frozen = object};
    const char *member;
    json_t *value;
    json_object_foreach(same.iterable, member, value)
    {
        struct dr_text name = {0};
        dr_text_puts(&name, key);
        dr_text_puts(&name, *key ? "[" : "");
        dr_octets_percent(&name, member, strlen(member), "");
        dr_text_puts(&name, *key ? "]" : "");
        add(form, name.bytes ? name.bytes : "", value, depth);
        dr_text_done(&name);
    }
}

static void add(struct form *form, const char *key, const json_t *value, unsigned depth)
{
    if (depth == DR_DEPTH_MAX)
        return; /* a state's data is never that deep */
    if (json_is_object(value))
        add_members(form, key, value, depth + 1);
    else if (json_is_array(value))
        add_list(form, key, value, depth + 1);
    else
        add_pair(form, key, value);
}

void dr_http_form(struct dr_text *out, const json_t *value, const char *format)
{
    add(&(struct form){.out = out, .begun = out->size, .format = format}, "", value, 0);
}

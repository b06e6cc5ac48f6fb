/* The protocols query and ec2: a form of flattened names. They differ in names and lists only, so one writer has a
 * small table of what differs. (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html,
 * aws-ec2-query-protocol.html) */
#include "providers/aws/protocol/serialize.h"

#include "interpreter/base/octets.h"

#include <string.h>

struct dialect {
    bool capitals;    /* names begin with a capital, queryName wins over locationName */
    bool plain_lists; /* "Name.1", never "Name.member.1"; empty lists are left out */
};
static const struct dialect query = {.capitals = false, .plain_lists = false};
static const struct dialect ec2 = {.capitals = true, .plain_lists = true};

/* A name under construction: the writer appends to it and cuts it off again, as it walks. */
struct form {
    struct dr_aws_writer *writer;
    const struct dialect *dialect;
    struct dr_text name;
};

static bool write_value(struct form *form, const struct dr_aws_place *place, const struct dr_aws_member *member,
                        const json_t *value);
static bool write_anything(struct form *form, const struct dr_aws_place *place, const json_t *value);

/* Appends ".part" (without the dot at the beginning) and gives what to cut back to. */
static size_t push_name(struct form *form, const char *part, bool capital)
{
    size_t before = form->name.size;
    if (before)
        dr_text_putc(&form->name, '.');
    size_t start = form->name.size;
    dr_text_puts(&form->name, part);
    if (capital && form->name.size > start && form->name.bytes[start] >= 'a' && form->name.bytes[start] <= 'z')
        form->name.bytes[start] = (char)(form->name.bytes[start] - 'a' + 'A');
    return before;
}

static size_t push_number(struct form *form, size_t number)
{
    size_t before = form->name.size;
    dr_text_printf(&form->name, before ? ".%zu" : "%zu", number);
    return before;
}

static void pop_name(struct form *form, size_t before)
{
    form->name.size = before;
    if (form->name.bytes)
        form->name.bytes[before] = '\0';
}

static void put_pair(struct form *form, const char *value, size_t size)
{
    struct dr_text *body = &form->writer->body;
    dr_text_putc(body, '&');
    dr_octets_percent(body, form->name.bytes ? form->name.bytes : "", form->name.size, "");
    dr_text_putc(body, '=');
    dr_octets_percent(body, value, size, "");
}

static size_t push_member(struct form *form, const struct dr_aws_member *member)
{
    if (form->dialect->capitals && member->query_name)
        return push_name(form, member->query_name, false);
    return push_name(form, dr_aws_sent_name(member), form->dialect->capitals);
}

static bool write_structure(struct form *form, const struct dr_aws_place *place, const struct dr_aws_shape *shape,
                            const json_t *value)
{
    if (!json_is_object(value))
        return dr_aws_refuse(form->writer, place, "must be an object, not %s", dr_aws_json_kind(value));
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const json_t *given = dr_aws_given(value, member->name);
        if (!given)
            continue;
        struct dr_aws_place inside = dr_aws_place_member(place, member->name);
        size_t before = push_member(form, member);
        if (!write_value(form, &inside, member, given))
            return false;
        pop_name(form, before);
    }
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value}; /* jansson's iterator wants it mutable */
    for (void *at = json_object_iter(same.value); at; at = json_object_iter_next(same.value, at)) {
        const char *key = json_object_iter_key(at);
        if (json_is_null(json_object_iter_value(at)) || !dr_aws_is_unknown(shape, key))
            continue;
        struct dr_aws_place inside = dr_aws_place_member(place, key);
        size_t before = push_name(form, key, form->dialect->capitals);
        if (!write_anything(form, &inside, json_object_iter_value(at)))
            return false;
        pop_name(form, before);
    }
    return true;
}

/* The name of a flattened list's items: the reference's own; models older than Smithy name the list's member instead,
 * and then that stands in place of the structure's member (SQS: "AttributeNames" is sent as "AttributeName.1"). */
static void rename_last(struct form *form, const struct dr_aws_member *reference, const struct dr_aws_member *item)
{
    if (reference->wire || !item->wire || !reference->name)
        return;
    size_t end = form->name.size;
    while (end > 0 && form->name.bytes[end - 1] != '.')
        end--;
    pop_name(form, end ? end - 1 : 0);
    push_name(form, item->wire, false);
}

static bool write_list(struct form *form, const struct dr_aws_place *place, const struct dr_aws_member *reference,
                       const struct dr_aws_shape *shape, const json_t *value)
{
    if (!json_is_array(value))
        return dr_aws_refuse(form->writer, place, "must be an array, not %s", dr_aws_json_kind(value));
    bool plain = form->dialect->plain_lists;
    if (json_array_size(value) == 0) {
        if (!plain)
            put_pair(form, "", 0);
        return true;
    }
    bool flattened = reference->flattened || shape->flattened;
    struct dr_text whole = {0};
    size_t before = form->name.size;
    if (!plain && flattened) {
        dr_text_add(&whole, form->name.bytes ? form->name.bytes : "", form->name.size);
        rename_last(form, reference, shape->member);
    } else if (!plain)
        push_name(form, shape->member->wire ? shape->member->wire : "member", false);
    bool good = true;
    size_t number = 0;
    for (size_t i = 0; good && i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        if (json_is_null(item))
            continue;
        struct dr_aws_place inside = dr_aws_place_index(place, i);
        size_t list = push_number(form, ++number);
        good = write_value(form, &inside, shape->member, item);
        pop_name(form, list);
    }
    if (whole.bytes) { /* the last part was renamed */
        dr_text_clear(&form->name);
        dr_text_add(&form->name, whole.bytes, whole.size);
    } else
        pop_name(form, before);
    dr_text_done(&whole);
    return good;
}

static bool write_map(struct form *form, const struct dr_aws_place *place, const struct dr_aws_member *reference,
                      const struct dr_aws_shape *shape, const json_t *value)
{
    if (!json_is_object(value))
        return dr_aws_refuse(form->writer, place, "must be an object, not %s", dr_aws_json_kind(value));
    size_t before = form->name.size;
    if (!reference->flattened && !shape->flattened)
        push_name(form, "entry", false);
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value};
    size_t number = 0;
    for (void *at = json_object_iter(same.value); at; at = json_object_iter_next(same.value, at)) {
        const json_t *item = json_object_iter_value(at);
        if (json_is_null(item))
            continue;
        struct dr_aws_place inside = dr_aws_place_member(place, json_object_iter_key(at));
        size_t map = push_number(form, ++number);
        size_t entry = push_name(form, shape->key->wire ? shape->key->wire : "key", false);
        put_pair(form, json_object_iter_key(at), json_object_iter_key_len(at));
        pop_name(form, entry);
        push_name(form, shape->value->wire ? shape->value->wire : "value", false);
        if (!write_value(form, &inside, shape->value, item))
            return false;
        pop_name(form, map);
    }
    pop_name(form, before);
    return true;
}

static bool write_value(struct form *form, const struct dr_aws_place *place, const struct dr_aws_member *member,
                        const json_t *value)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if (!dr_aws_bounded(form->writer, place, &form->writer->body))
        return false;
    if (shape->type == DR_AWS_STRUCTURE)
        return write_structure(form, place, shape, value);
    if (shape->type == DR_AWS_LIST)
        return write_list(form, place, member, shape, value);
    if (shape->type == DR_AWS_MAP)
        return write_map(form, place, member, shape, value);
    struct dr_text scalar = {0};
    bool good = dr_aws_write_scalar(form->writer, place, member, value, DR_AWS_TIME_ISO8601, &scalar);
    if (good)
        put_pair(form, scalar.bytes ? scalar.bytes : "", scalar.size);
    dr_text_done(&scalar);
    return good;
}

/* What the model does not know: by the protocol's defaults. */
static bool write_anything(struct form *form, const struct dr_aws_place *place, const json_t *value)
{
    union {
        const json_t *frozen;
        json_t *value;
    } same = {.frozen = value};
    if (!dr_aws_bounded(form->writer, place, &form->writer->body))
        return false;
    if (json_is_object(value)) {
        for (void *at = json_object_iter(same.value); at; at = json_object_iter_next(same.value, at)) {
            struct dr_aws_place inside = dr_aws_place_member(place, json_object_iter_key(at));
            size_t before = push_name(form, json_object_iter_key(at), form->dialect->capitals);
            if (!write_anything(form, &inside, json_object_iter_value(at)))
                return false;
            pop_name(form, before);
        }
        return true;
    }
    if (json_is_array(value)) {
        size_t before = form->name.size;
        if (!form->dialect->plain_lists)
            push_name(form, "member", false);
        for (size_t i = 0; i < json_array_size(value); i++) {
            struct dr_aws_place inside = dr_aws_place_index(place, i);
            size_t list = push_number(form, i + 1);
            if (!write_anything(form, &inside, json_array_get(value, i)))
                return false;
            pop_name(form, list);
        }
        pop_name(form, before);
        return true;
    }
    if (json_is_string(value)) {
        put_pair(form, json_string_value(value), json_string_length(value));
        return true;
    }
    struct dr_text scalar = {0};
    if (!json_is_null(value) && dr_text_json(&scalar, value, DR_PAYLOAD_BYTES_MAX))
        put_pair(form, scalar.bytes, scalar.size);
    dr_text_done(&scalar);
    return true;
}

static bool write_form(struct dr_aws_writer *writer, const struct dialect *dialect)
{
    const struct dr_aws_operation *operation = writer->operation;
    static const struct dr_aws_shape nothing = {.type = DR_AWS_STRUCTURE};
    const struct dr_aws_place top = {0};
    struct form form = {.writer = writer, .dialect = dialect};

    writer->body_type = "application/x-www-form-urlencoded";
    writer->has_body = true;
    dr_text_puts(&writer->body, "Action=");
    dr_octets_percent(&writer->body, operation->name, strlen(operation->name), "");
    dr_text_puts(&writer->body, "&Version=");
    dr_octets_percent(&writer->body, operation->model->api_version, strlen(operation->model->api_version), "");
    bool good = write_structure(&form, &top, operation->input ? operation->input : &nothing, writer->input);
    dr_text_done(&form.name);
    return good && dr_aws_bounded(writer, &top, &writer->body);
}

bool dr_aws_write_query(struct dr_aws_writer *writer)
{
    return write_form(writer, &query);
}

bool dr_aws_write_ec2(struct dr_aws_writer *writer)
{
    return write_form(writer, &ec2);
}

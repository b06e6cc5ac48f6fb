/* A request as an operation and its input. */
#include "providers/simulated/wire.h"

#include "interpreter/base/base64.h"
#include "interpreter/base/limits.h"
#include "interpreter/base/octets.h"
#include "providers/aws/protocol/parse.h"
#include "providers/aws/protocol/serialize.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- Texts of URLs and forms ---------------------------------------------------------------------------------------
 */

static int hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Percent-decoded, and '+' as a space in forms and queries. Owned by the caller. */
static char *decode(const char *text, size_t size, bool plus, size_t *ret_size)
{
    struct dr_text out = {0};
    dr_text_reserve(&out, size + 1);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '%' && i + 2 < size && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            dr_text_putc(&out, (char)(hex(text[i + 1]) << 4 | hex(text[i + 2])));
            i += 2;
        } else {
            dr_text_putc(&out, plus && text[i] == '+' ? ' ' : text[i]);
        }
    }
    *ret_size = out.size;
    return dr_text_take(&out);
}

typedef void pair_fn(void *data, const char *name, const char *value, size_t value_size, bool has_value);

static void each_pair(const char *form, size_t size, pair_fn *visit, void *data)
{
    const char *end = form + size;
    while (form < end) {
        const char *stop = memchr(form, '&', (size_t)(end - form));
        stop = stop ? stop : end;
        const char *equals = memchr(form, '=', (size_t)(stop - form));
        const char *name_end = equals ? equals : stop;
        size_t name_size, value_size = 0;
        char *name = decode(form, (size_t)(name_end - form), true, &name_size);
        char *value = equals ? decode(equals + 1, (size_t)(stop - equals - 1), true, &value_size) : dr_copy_string("");
        if (name_size)
            visit(data, name, value, value_size, equals != NULL);
        free(name);
        free(value);
        form = stop + 1;
    }
}

/* A blob as it was sent: text if it is UTF-8, else {"Base64": ...}, so that it is the same bytes on its way out. */
static json_t *bytes_json(const char *bytes, size_t size)
{
    json_t *text = dr_aws_blob_json(bytes, size);
    if (json_string_length(text) == size && memcmp(json_string_value(text), bytes, size) == 0)
        return text;
    json_decref(text);
    return json_pack("{s:o}", DR_AWS_BASE64, dr_base64_json(bytes, size));
}

/* The same of what is base64 in JSON and forms; what is not base64 is kept as text. */
static json_t *encoded_bytes_json(const char *text, size_t size)
{
    unsigned char *bytes;
    size_t byte_count;
    if (!dr_base64_decode(text, size, &bytes, &byte_count))
        return dr_aws_text_json(text, size);
    json_t *value = bytes_json((const char *)bytes, byte_count);
    free(bytes);
    return value;
}

/* JSON's blobs once more, by the shape, since the client's reading of them does not keep all bytes. */
static json_t *keep_bytes(const struct dr_aws_shape *shape, json_t *value /* stolen */, const json_t *raw,
                          unsigned depth)
{
    const char *key;
    json_t *item;
    size_t i;
    if (shape->type == DR_AWS_BLOB && json_is_string(raw)) {
        json_decref(value);
        return encoded_bytes_json(json_string_value(raw), json_string_length(raw));
    }
    if (depth > DR_DEPTH_MAX || shape->document)
        return value;
    json_t *copy = json_copy(value); /* what has no blob in it is shared with the body */
    json_decref(value);
    if (shape->type == DR_AWS_STRUCTURE && json_is_object(copy)) {
        for (i = 0; i < shape->member_count; i++) {
            const struct dr_aws_member *member = &shape->members[i];
            item = json_object_get(copy, member->name);
            if (json_is_object(item) || json_is_array(item) || dr_aws_member_shape(member)->type == DR_AWS_BLOB)
                json_object_set_new(copy, member->name,
                                    keep_bytes(dr_aws_member_shape(member), json_incref(item),
                                               json_object_get(raw, dr_aws_wire_name(member)), depth + 1));
        }
    } else if (shape->type == DR_AWS_LIST && json_is_array(copy)) {
        json_array_foreach(copy, i, item) json_array_set_new(
            copy, i,
            keep_bytes(dr_aws_member_shape(shape->member), json_incref(item), json_array_get(raw, i), depth + 1));
    } else if (shape->type == DR_AWS_MAP && json_is_object(copy)) {
        json_object_foreach(copy, key, item) json_object_set_new(
            copy, key,
            keep_bytes(dr_aws_member_shape(shape->value), json_incref(item), json_object_get(raw, key), depth + 1));
    }
    return copy;
}

/* Where the bucket of an S3 request stands in the host, its path begins with it, as in the models. On a socket the host
 * is bucket.localhost:4566 or bucket.s3.localhost:4566. */
static char *model_path(const struct dr_aws_model *model, const struct dr_sim_request *request)
{
    static const char *const ends[] = {".s3.", ".s3-", ".localhost:", ".localhost"};
    const char *end = NULL;
    for (size_t i = 0; i < sizeof ends / sizeof *ends && !end && strcmp(model->name, "s3") == 0; i++)
        end = strstr(request->host, ends[i]);
    if (!end || strncmp(request->host, "s3.localhost", 12) == 0)
        return dr_copy_string(request->path);
    return dr_format("/%.*s%s", (int)(end - request->host), request->host,
                     strcmp(request->path, "/") == 0 ? "" : request->path);
}

/* --- Which operation -----------------------------------------------------------------------------------------------
 */

static void take_action(void *data, const char *name, const char *value, size_t value_size, bool has_value)
{
    (void)value_size, (void)has_value;
    char **action = data;
    if (!*action && strcmp(name, "Action") == 0)
        *action = dr_copy_string(value);
}

static const struct dr_aws_operation *by_name(const struct dr_aws_model *model, const char *name, char **ret_problem)
{
    const struct dr_aws_operation *operation = name ? dr_aws_model_operation(model, name) : NULL;
    if (!operation)
        *ret_problem = name ? dr_format("%s has no operation %s", model->full_name, name)
                            : dr_format("the request names no operation of %s", model->full_name);
    return operation;
}

static bool is_greedy(const char *label, size_t size)
{
    return size > 2 && label[size - 2] == '+';
}

static size_t count_segments(const char *path, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += path[i] != '/' && (i == 0 || path[i - 1] == '/');
    return count;
}

/* How much of the path a greedy label takes: all but as many segments as the pattern has behind it. */
static size_t greedy_size(const char *path, size_t segments_behind)
{
    size_t size = strlen(path);
    for (; segments_behind > 0; segments_behind--) {
        while (size > 0 && path[size - 1] == '/')
            size--;
        while (size > 0 && path[size - 1] != '/')
            size--;
    }
    while (segments_behind == 0 && size > 0 && path[size] != '\0' && path[size - 1] == '/')
        size--;
    return size;
}

/* Matches a path with a template's ("/2013-04-01/hostedzone/{Id}/rrset"); calls `label` (may be NULL) for each label.
 * The number of literal segments, or -1. */
static int match_path(const char *pattern, size_t pattern_size, const char *path, pair_fn *label, void *data)
{
    int literal = 0;
    const char *end = pattern + pattern_size;
    for (;;) {
        while (pattern < end && *pattern == '/')
            pattern++;
        const char *slash = pattern < end ? memchr(pattern, '/', (size_t)(end - pattern)) : NULL;
        size_t size = (size_t)((slash ? slash : end) - pattern);
        bool greedy = pattern < end && *pattern == '{' && is_greedy(pattern, size);
        path += *path == '/';
        while (!greedy && *path == '/') /* an object's key may begin with them */
            path++;
        if (pattern == end)
            return *path ? -1 : literal;
        size_t given = strcspn(path, "/");
        if (greedy)
            given = greedy_size(path, count_segments(pattern + size, (size_t)(end - pattern) - size));
        if (given == 0)
            return -1;
        if (*pattern != '{') {
            if (size != given || strncmp(pattern, path, size) != 0)
                return -1;
            literal++;
        } else if (label) {
            char *name = dr_copy_bytes(pattern + 1, size - (greedy ? 3 : 2));
            size_t value_size;
            char *value = decode(path, given, false, &value_size);
            label(data, name, value, value_size, true);
            free(name);
            free(value);
        }
        pattern += size;
        path += given;
    }
}

struct wanted {
    const char *name, *value;
    size_t name_size, value_size;
    bool found;
};

static void look_for(void *data, const char *name, const char *value, size_t value_size, bool has_value)
{
    (void)has_value;
    struct wanted *wanted = data;
    bool same = strlen(name) == wanted->name_size && strncmp(name, wanted->name, wanted->name_size) == 0;
    wanted->found = wanted->found || (same && (!wanted->value || (value_size == wanted->value_size &&
                                                                  strncmp(value, wanted->value, value_size) == 0)));
}

static bool has_query(const struct dr_sim_request *request, struct wanted wanted)
{
    each_pair(request->query, strlen(request->query), look_for, &wanted);
    return wanted.found;
}

/* "?acl&list-type=2" of a template: how many there are, or -1 if the request lacks one. */
static int match_query(const char *constant, const struct dr_sim_request *request)
{
    int count = 0;
    while (*constant) {
        size_t size = strcspn(constant, "&"), name = strcspn(constant, "=&");
        struct wanted wanted = {.name = constant, .name_size = name};
        if (name < size) {
            wanted.value = constant + name + 1;
            wanted.value_size = size - name - 1;
        }
        if (!has_query(request, wanted))
            return -1;
        count++;
        constant += size + (constant[size] == '&');
    }
    return count;
}

/* Required members that stand in query and headers tell CopyObject from PutObject: their number, or -1 if one is
 * missing. */
static int match_members(const struct dr_aws_operation *operation, const struct dr_sim_request *request)
{
    int count = 0;
    for (size_t i = 0; operation->input && i < operation->input->member_count; i++) {
        const struct dr_aws_member *member = &operation->input->members[i];
        const char *name = dr_aws_wire_name(member);
        if (!member->required || (member->location != DR_AWS_IN_QUERY && member->location != DR_AWS_IN_HEADER))
            continue;
        bool there = member->location == DR_AWS_IN_QUERY
                         ? has_query(request, (struct wanted){.name = name, .name_size = strlen(name)})
                         : dr_aws_headers_find(request->headers, request->header_count, name) != NULL;
        if (!there)
            return -1;
        count++;
    }
    return count;
}

static const struct dr_aws_operation *by_path(const struct dr_aws_model *model, const struct dr_sim_request *request,
                                              char **ret_problem)
{
    char *path = model_path(model, request);
    const struct dr_aws_operation *best = NULL;
    int best_score = -1;
    for (size_t i = 0; i < model->operation_count; i++) {
        const struct dr_aws_operation *operation = dr_aws_model_operation(model, model->operation_names[i]);
        if (!operation || strcmp(operation->method, request->method) != 0)
            continue;
        size_t size = strcspn(operation->request_uri, "?");
        int literal = match_path(operation->request_uri, size, path, NULL, NULL);
        int query = literal < 0
                        ? -1
                        : match_query(operation->request_uri + size + (operation->request_uri[size] == '?'), request);
        int members = query < 0 ? -1 : match_members(operation, request);
        int score = members < 0 ? -1 : literal * 10000 + query * 100 + members * 2 + !operation->deprecated;
        if (score > best_score) {
            best = operation;
            best_score = score;
        }
    }
    if (!best)
        *ret_problem = dr_format("%s has no operation for %s %s", model->full_name, request->method, path);
    free(path);
    return best;
}

const struct dr_aws_operation *dr_sim_operation_of(const struct dr_aws_model *model,
                                                   const struct dr_sim_request *request, char **ret_problem)
{
    if (dr_aws_is_rest(model->protocol))
        return by_path(model, request, ret_problem);
    if (model->protocol == DR_AWS_JSON) {
        const char *target = dr_aws_headers_find(request->headers, request->header_count, "X-Amz-Target");
        const char *dot = target ? strrchr(target, '.') : NULL;
        return by_name(model, dot ? dot + 1 : target, ret_problem);
    }
    char *action = NULL;
    each_pair(request->body ? request->body : "", request->body_size, take_action, &action);
    each_pair(request->query, strlen(request->query), take_action, &action);
    const struct dr_aws_operation *operation = by_name(model, action, ret_problem);
    free(action);
    return operation;
}

/* --- Forms: the query and ec2 protocols ----------------------------------------------------------------------------
 */

/* "Filter.1.Name=x" becomes {"Filter": {"1": {"Name": "x"}}}. */
static void plant(void *data, const char *name, const char *value, size_t value_size, bool has_value)
{
    (void)has_value;
    json_t *tree = data;
    for (unsigned depth = 0; depth < DR_DEPTH_MAX; depth++) {
        size_t size = strcspn(name, ".");
        if (name[size] == '\0') {
            json_t *text = dr_aws_text_json(value, value_size);
            json_object_setn_new(tree, name, size, text);
            return;
        }
        json_t *inner = json_object_getn(tree, name, size);
        if (!json_is_object(inner)) {
            inner = json_object();
            json_object_setn_new(tree, name, size, inner);
        }
        tree = inner;
        name += size + 1;
    }
}

struct form {
    bool ec2;
};

static json_t *form_value(const struct form *form, const struct dr_aws_member *member, const json_t *tree);

static const json_t *branch_of(const struct form *form, const struct dr_aws_member *member, const json_t *tree)
{
    if (!form->ec2)
        return json_object_get(tree, dr_aws_sent_name(member));
    if (member->query_name)
        return json_object_get(tree, member->query_name);
    char *name = dr_copy_string(dr_aws_wire_name(member));
    if (*name >= 'a' && *name <= 'z')
        *name = (char)(*name - 'a' + 'A');
    const json_t *branch = json_object_get(tree, name);
    free(name);
    return branch;
}

/* A flattened list's items may be named like the item instead of the member. */
static const json_t *flat_branch(const struct form *form, const struct dr_aws_member *member, const json_t *tree)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    bool flat =
        !form->ec2 && shape->type == DR_AWS_LIST && (member->flattened || shape->flattened) && shape->member->wire;
    const json_t *branch = flat ? json_object_get(tree, shape->member->wire) : NULL;
    return branch ? branch : branch_of(form, member, tree);
}

static void form_members(const struct form *form, const struct dr_aws_shape *shape, const json_t *tree, json_t *output)
{
    for (size_t i = 0; shape && i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const json_t *branch = flat_branch(form, member, tree);
        json_t *value = branch ? form_value(form, member, branch) : NULL;
        if (value)
            json_object_set_new(output, member->name, value);
    }
}

static json_t *form_list(const struct form *form, const struct dr_aws_member *member, const json_t *tree)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    const char *item = shape->member->wire ? shape->member->wire : "member";
    json_t *list = json_array();
    if (!form->ec2 && !member->flattened && !shape->flattened) {
        tree = json_object_get(tree, item);
    }
    for (size_t i = 1; json_is_object(tree) && i <= json_object_size(tree); i++) {
        char *number = dr_format("%zu", i);
        const json_t *branch = json_object_get(tree, number);
        free(number);
        json_t *value = branch ? form_value(form, shape->member, branch) : NULL;
        if (!value)
            break;
        json_array_append_new(list, value);
    }
    return list;
}

static json_t *form_map(const struct form *form, const struct dr_aws_member *member, const json_t *tree)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    json_t *map = json_object();
    if (!member->flattened && !shape->flattened)
        tree = json_object_get(tree, "entry");
    for (size_t i = 1; json_is_object(tree) && i <= json_object_size(tree); i++) {
        char *number = dr_format("%zu", i);
        const json_t *entry = json_object_get(tree, number);
        free(number);
        const char *key = json_string_value(json_object_get(entry, shape->key->wire ? shape->key->wire : "key"));
        const json_t *branch = json_object_get(entry, shape->value->wire ? shape->value->wire : "value");
        json_t *value = branch ? form_value(form, shape->value, branch) : NULL;
        if (key && value)
            json_object_set_new(map, key, value);
        else
            json_decref(value);
    }
    return map;
}

static json_t *form_value(const struct form *form, const struct dr_aws_member *member, const json_t *tree)
{
    const struct dr_aws_shape *shape = dr_aws_member_shape(member);
    if (shape->type == DR_AWS_STRUCTURE) {
        json_t *value = json_object();
        form_members(form, shape, tree, value);
        return value;
    }
    if (shape->type == DR_AWS_LIST)
        return form_list(form, member, tree);
    if (shape->type == DR_AWS_MAP)
        return form_map(form, member, tree);
    if (shape->type == DR_AWS_BLOB && json_is_string(tree))
        return encoded_bytes_json(json_string_value(tree), json_string_length(tree));
    return json_is_string(tree) ? dr_aws_scalar_read(shape, json_string_value(tree), json_string_length(tree)) : NULL;
}

/* --- REST ----------------------------------------------------------------------------------------------------------
 */

struct binding {
    const struct dr_aws_shape *shape;
    json_t *input;
};

static void take_label(void *data, const char *name, const char *value, size_t value_size, bool has_value)
{
    (void)has_value;
    struct binding *binding = data;
    for (size_t i = 0; i < binding->shape->member_count; i++) {
        const struct dr_aws_member *member = &binding->shape->members[i];
        if (member->location == DR_AWS_IN_URI && strcmp(dr_aws_wire_name(member), name) == 0)
            json_object_set_new(binding->input, member->name,
                                dr_aws_scalar_read(dr_aws_member_shape(member), value, value_size));
    }
}

static const struct dr_aws_member *query_member(const struct dr_aws_shape *shape, const char *name,
                                                const struct dr_aws_member **ret_map)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        if (member->location != DR_AWS_IN_QUERY)
            continue;
        if (dr_aws_member_shape(member)->type == DR_AWS_MAP)
            *ret_map = member;
        else if (strcmp(dr_aws_wire_name(member), name) == 0)
            return member;
    }
    return NULL;
}

static void take_query(void *data, const char *name, const char *value, size_t value_size, bool has_value)
{
    (void)has_value;
    struct binding *binding = data;
    const struct dr_aws_member *map = NULL, *member = query_member(binding->shape, name, &map);
    if (!member && !map)
        return;
    const struct dr_aws_shape *shape = dr_aws_member_shape(member ? member : map);
    json_t *there = json_object_get(binding->input, (member ? member : map)->name);
    if (!member) {
        if (!there) {
            there = json_object();
            json_object_set_new(binding->input, map->name, there);
        }
        const struct dr_aws_shape *of = dr_aws_member_shape(shape->value);
        if (of->type == DR_AWS_LIST) {
            json_t *list = json_object_get(there, name);
            if (!list) {
                list = json_array();
                json_object_set_new(there, name, list);
            }
            json_array_append_new(list, dr_aws_scalar_read(dr_aws_member_shape(of->member), value, value_size));
        } else {
            json_object_set_new(there, name, dr_aws_scalar_read(of, value, value_size));
        }
    } else if (shape->type == DR_AWS_LIST) {
        if (!there) {
            there = json_array();
            json_object_set_new(binding->input, member->name, there);
        }
        json_array_append_new(there, dr_aws_scalar_read(dr_aws_member_shape(shape->member), value, value_size));
    } else {
        json_object_set_new(binding->input, member->name, dr_aws_scalar_read(shape, value, value_size));
    }
}

static bool read_xml(const struct dr_sim_request *request, const struct dr_aws_shape *shape, json_t *output,
                     char **ret_problem)
{
    struct dr_xml xml = {0};
    bool good = dr_xml_read(request->body, request->body_size, &xml, ret_problem);
    if (good && dr_xml_has_root(&xml))
        dr_aws_xml_members(&xml, DR_XML_ROOT, shape, output);
    dr_xml_done(&xml);
    return good;
}

static bool read_json(const struct dr_sim_request *request, const struct dr_aws_shape *shape, bool all, json_t *output,
                      char **ret_problem)
{
    json_t *body = dr_json_parse(request->body, request->body_size, ret_problem);
    if (!body)
        return false;
    bool good = json_is_object(body);
    if (good) {
        json_t *members = json_object();
        dr_aws_json_members(shape, body, all, members);
        members = keep_bytes(shape, members, body, 0);
        json_object_update(output, members);
        json_decref(members);
    } else {
        *ret_problem = dr_copy_string("the body is no JSON object");
    }
    json_decref(body);
    return good;
}

/* The member that is the whole body, or the members that stand in it. */
static bool read_body(const struct dr_aws_operation *operation, const struct dr_sim_request *request, json_t *input,
                      char **ret_problem)
{
    const struct dr_aws_shape *shape = operation->input;
    const struct dr_aws_member *payload = shape->payload ? dr_aws_shape_member(shape, shape->payload) : NULL;
    const struct dr_aws_shape *inner = payload ? dr_aws_member_shape(payload) : shape;
    if (request->body_size == 0)
        return true;
    if (payload && (inner->type == DR_AWS_BLOB || inner->type == DR_AWS_STRING)) {
        json_object_set_new(input, payload->name,
                            inner->type == DR_AWS_BLOB ? bytes_json(request->body, request->body_size)
                                                       : dr_aws_text_json(request->body, request->body_size));
        return true;
    }
    json_t *output = payload ? json_object() : input;
    if (payload)
        json_object_set_new(input, payload->name, output);
    return operation->model->protocol == DR_AWS_REST_XML ? read_xml(request, inner, output, ret_problem)
                                                         : read_json(request, inner, false, output, ret_problem);
}

static bool read_rest(const struct dr_aws_operation *operation, const struct dr_sim_request *request, json_t *input,
                      char **ret_problem)
{
    struct binding binding = {operation->input, input};
    char *path = model_path(operation->model, request);
    match_path(operation->request_uri, strcspn(operation->request_uri, "?"), path, take_label, &binding);
    free(path);
    each_pair(request->query, strlen(request->query), take_query, &binding);
    struct dr_aws_answer headers = {.headers = request->headers, .header_count = request->header_count};
    dr_aws_rest_head(operation->input, &headers, input);
    return read_body(operation, request, input, ret_problem);
}

json_t *dr_sim_read_input(const struct dr_aws_operation *operation, const struct dr_sim_request *request,
                          char **ret_problem)
{
    json_t *input = json_object();
    bool good = true;
    *ret_problem = NULL;
    if (!operation->input)
        return input;
    enum dr_aws_protocol protocol = operation->model->protocol;
    if (dr_aws_is_rest(protocol)) {
        good = read_rest(operation, request, input, ret_problem);
    } else if (protocol == DR_AWS_JSON) {
        const struct dr_aws_answer head = {.headers = request->headers, .header_count = request->header_count};
        dr_aws_rest_head(operation->input, &head, input); /* dynamodb:PutResourcePolicy has a member there */
        good = request->body_size == 0 || read_json(request, operation->input, true, input, ret_problem);
    } else {
        struct form form = {.ec2 = protocol == DR_AWS_EC2};
        json_t *tree = json_object();
        each_pair(request->query, strlen(request->query), plant, tree);
        each_pair(request->body ? request->body : "", request->body_size, plant, tree);
        form_members(&form, operation->input, tree, input);
        json_decref(tree);
    }
    if (good)
        return input;
    json_decref(input);
    return NULL;
}

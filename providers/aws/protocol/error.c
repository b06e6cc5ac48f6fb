/* Errors, in every form that AWS's services, and what stands in front of them, send. The form is told by the body, not
 * by the protocol: gateways answer JSON services in XML and everything in HTML.
 *
 * Sources of a code, in this order: the header x-amzn-query-error (services that moved from query to JSON keep their
 * old codes there), the header x-amzn-errortype, the body, the status. */
#include "interpreter/base/octets.h"
#include "providers/aws/protocol/parse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What was found; strings are owned. `old_code` is that of x-amzn-query-error. */
struct found {
    char *old_code, *code, *message, *request_id;
    struct dr_xml xml; /* of a body that is XML */
    uint32_t element;  /* the error in it; 0: none */
    json_t *json;      /* the error of a body that is JSON, an object; NULL: none */
};

/* Headers that name the request, the services' own before those of what stands in front of them. */
static const char *const request_id_headers[] = {"x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id",
                                                 "x-amz-cf-id"};

const char *dr_aws_request_id(const struct dr_aws_answer *answer)
{
    for (size_t i = 0; i < sizeof(request_id_headers) / sizeof(*request_id_headers); i++) {
        const char *value = dr_aws_headers_find(answer->headers, answer->header_count, request_id_headers[i]);
        if (value && *value)
            return value;
    }
    return NULL;
}

/* Text from outside, repaired where it is not UTF-8. */
static char *copy_text(const char *text, size_t size)
{
    json_t *repaired = dr_octets_repaired(text, size);
    char *copy = dr_copy_string(json_string_value(repaired));
    json_decref(repaired);
    return copy;
}

/* "aws.protocoltests#FooError:http://internal.amazon.com/coral/" is "FooError". Owned; NULL if it is no code: nothing
 * is left, or it is a sentence (a gateway's {"error": "Something went wrong"}). */
static char *bare_code(const char *code)
{
    const char *end = code + strcspn(code, ":");
    const char *hash = memchr(code, '#', (size_t)(end - code));
    const char *start = hash ? hash + 1 : code;
    while (start < end && *start == ' ')
        start++;
    while (end > start && end[-1] == ' ')
        end--;
    if (end == start || memchr(start, ' ', (size_t)(end - start)))
        return NULL;
    return copy_text(start, (size_t)(end - start));
}

static void set_once(char **text, char *value /* stolen */)
{
    if (*text && **text) {
        free(value);
        return;
    }
    free(*text);
    *text = value;
}

/* --- XML -----------------------------------------------------------------------------------------------------------
 */

/* Without the white space around it: servers made of templates are generous with that. */
static void take_text(const struct dr_xml *xml, uint32_t parent, const char *const *names, char **ret_text)
{
    static const char space[] = " \t\r\n";
    for (; *names; names++) {
        uint32_t child = dr_xml_child(xml, parent, *names);
        const char *text = child ? dr_xml_text(xml, child) : "";
        text += strspn(text, space);
        size_t size = strlen(text);
        while (size > 0 && strchr(space, text[size - 1]))
            size--;
        if (size > 0)
            set_once(ret_text, dr_copy_bytes(text, size));
    }
}

static const char *const code_elements[] = {"Code", "code", NULL};
static const char *const message_elements[] = {"Message", "message", NULL};
static const char *const request_id_elements[] = {"RequestId", "RequestID", "requestId", NULL};

/* ErrorResponse/Error, Response/Errors/Error, S3's Error at the root, and the shape itself at the root. 0: none. */
static uint32_t find_error(const struct dr_xml *xml)
{
    uint32_t error = dr_xml_child(xml, DR_XML_ROOT, "Error");
    uint32_t errors = dr_xml_child(xml, DR_XML_ROOT, "Errors");
    if (!error && errors)
        error = dr_xml_child(xml, errors, "Error");
    if (error)
        return error;
    if (dr_xml_child(xml, DR_XML_ROOT, "Code") || dr_xml_child(xml, DR_XML_ROOT, "code"))
        return DR_XML_ROOT;
    return 0;
}

/* Route 53's batches: <InvalidChangeBatch><Messages><Message>, all of them, one a line. */
static void take_messages(const struct dr_xml *xml, uint32_t error, char **ret_text)
{
    struct dr_text text = {0};
    uint32_t list = dr_xml_child(xml, error, "Messages");
    for (uint32_t child = list ? dr_xml_first(xml, list) : 0; child; child = dr_xml_next(xml, child)) {
        if (text.size > 0)
            dr_text_putc(&text, '\n');
        dr_text_puts(&text, dr_xml_text(xml, child));
    }
    if (text.size > 0)
        set_once(ret_text, dr_text_take(&text));
    dr_text_done(&text);
}

/* Is the root an error's name, as in <InvalidChangeBatch> and <UnknownOperationException/>? */
static bool names_error(const struct dr_aws_operation *operation, const char *name)
{
    static const char *const endings[] = {"Exception", "Error", "Fault"};
    for (size_t i = 0; i < operation->error_count; i++)
        if (strcmp(operation->errors[i]->name, name) == 0)
            return true;
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        size_t length = strlen(name), ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static void read_xml(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer, struct found *found)
{
    char *problem = NULL;
    /* Of a body that breaks off, what came before may still tell the code. */
    (void)!dr_xml_read(answer->body, answer->body_size, &found->xml, &problem);
    free(problem);
    if (!dr_xml_has_root(&found->xml))
        return;
    found->element = find_error(&found->xml);
    if (!found->element && names_error(operation, dr_xml_name(&found->xml, DR_XML_ROOT))) {
        found->element = DR_XML_ROOT;
        set_once(&found->code, dr_copy_string(dr_xml_name(&found->xml, DR_XML_ROOT)));
    }
    if (!found->element)
        return;
    take_text(&found->xml, found->element, code_elements, &found->code);
    take_text(&found->xml, found->element, message_elements, &found->message);
    take_messages(&found->xml, found->element, &found->message);
    take_text(&found->xml, DR_XML_ROOT, request_id_elements, &found->request_id);
    take_text(&found->xml, found->element, request_id_elements, &found->request_id);
}

/* --- JSON ----------------------------------------------------------------------------------------------------------
 */

static const char *const code_keys[] = {"__type", "code", "Code", "errorType", "error", NULL};
static const char *const message_keys[] = {
    "message", "Message", "errorMessage", "ErrorMessage", "error_description", "errorDescription", NULL};
static const char *const request_id_keys[] = {"RequestId", "requestId", "RequestID", NULL};

static const char *find_string(const json_t *object, const char *const *keys)
{
    for (; *keys; keys++) {
        const json_t *value = json_object_get(object, *keys);
        if (json_is_string(value) && json_string_length(value) > 0)
            return json_string_value(value);
    }
    return NULL;
}

/* The object that tells: the body itself, or what it wraps ({"Error": ...}, {"Output": {"__type": ...}}). */
static json_t *find_object(json_t *body)
{
    static const char *const wrappers[] = {"Error", "error", "Output"};
    for (size_t i = 0; i < sizeof(wrappers) / sizeof(*wrappers); i++) {
        json_t *inner = json_object_get(body, wrappers[i]);
        if (json_is_object(inner) && !find_string(body, code_keys) && find_string(inner, code_keys))
            return inner;
    }
    return body;
}

static void read_json(const struct dr_aws_answer *answer, struct found *found)
{
    json_t *body = dr_json_parse(answer->body, answer->body_size, NULL);
    if (json_is_object(body)) {
        found->json = json_incref(find_object(body));
        const char *code = find_string(found->json, code_keys), *message = find_string(found->json, message_keys);
        const char *request_id = find_string(body, request_id_keys);
        char *bare = code ? bare_code(code) : NULL;
        if (bare)
            set_once(&found->code, bare);
        if (message)
            set_once(&found->message, dr_copy_string(message));
        if (request_id)
            set_once(&found->request_id, dr_copy_string(request_id));
    }
    json_decref(body);
}

/* --- The shape -----------------------------------------------------------------------------------------------------
 */

static bool is_error_code(const struct dr_aws_shape *shape, const char *code)
{
    return strcmp(shape->error_code ? shape->error_code : shape->name, code) == 0;
}

/* The service's shape that has the code though the operation does not list it: models leave out the common ones. */
static const struct dr_aws_shape *find_service_error(const struct dr_aws_operation *operation, const char *code)
{
    static const char *const endings[] = {"", "Fault", "Exception", "Error"};
    const struct dr_aws_shape *shape = NULL;
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings) && !shape; i++) {
        char *name = dr_format("%s%s", code, endings[i]);
        shape = dr_aws_model_shape(operation->model, name);
        free(name);
        if (shape && (!shape->is_exception || (i > 0 && !is_error_code(shape, code))))
            shape = NULL;
    }
    return shape;
}

static const struct dr_aws_shape *find_shape(const struct dr_aws_operation *operation, const char *code)
{
    for (size_t i = 0; code && i < operation->error_count; i++)
        if (is_error_code(operation->errors[i], code))
            return operation->errors[i];
    for (size_t i = 0; code && i < operation->error_count; i++)
        if (strcmp(operation->errors[i]->name, code) == 0)
            return operation->errors[i];
    return code && *code ? find_service_error(operation, code) : NULL;
}

/* A HEAD has no body to say what is wrong. When something is not there, and the operation knows of one error only (S3's
 * HeadObject of NoSuchKey, HeadBucket of NoSuchBucket), that is it, as in the AWS SDK for Java. */
static const struct dr_aws_shape *find_head_shape(const struct dr_aws_operation *operation, int status)
{
    bool head = operation->method && strcmp(operation->method, "HEAD") == 0;
    return head && status == 404 && operation->error_count == 1 ? operation->errors[0] : NULL;
}

/* --- Together ------------------------------------------------------------------------------------------------------
 */

static void read_headers(const struct dr_aws_answer *answer, struct found *found)
{
    const char *type = dr_aws_headers_find(answer->headers, answer->header_count, "x-amzn-errortype");
    const char *old = dr_aws_headers_find(answer->headers, answer->header_count, "x-amzn-query-error");
    const char *request_id = dr_aws_request_id(answer);
    if (old && *old && *old != ';')
        found->old_code = copy_text(old, strcspn(old, ";"));
    if (type)
        found->code = bare_code(type);
    if (request_id)
        found->request_id = copy_text(request_id, strlen(request_id));
}

/* Services spell it "message" or "Message", whatever their models say. */
static void complete_message(const struct dr_aws_shape *shape, const char *message, json_t *details)
{
    for (size_t i = 0; *message && i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        if (strcasecmp(member->name, "message") == 0 && !json_object_get(details, member->name) &&
            dr_aws_member_shape(member)->type == DR_AWS_STRING) {
            json_object_set_new(details, member->name, dr_aws_text_json(message, strlen(message)));
        }
    }
}

static json_t *read_details(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                            const struct dr_aws_shape *shape, const struct found *found)
{
    json_t *details = json_object();
    if (!shape)
        return details;
    bool rest = dr_aws_is_rest(operation->model->protocol);
    if (rest)
        dr_aws_rest_head(shape, answer, details);
    if (found->element)
        dr_aws_xml_members(&found->xml, found->element, shape, details);
    else if (found->json)
        dr_aws_json_members(shape, found->json, !rest, details);
    complete_message(shape, found->message ? found->message : "", details);
    return details;
}

/* Did an AWS service say this? A body of its protocol did; nothing did if its headers tell of one. */
static bool is_services_own(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                            const struct found *found)
{
    if (dr_aws_body_looks(answer) == DR_AWS_LOOKS_EMPTY)
        return found->code || found->old_code || dr_aws_request_id(answer);
    if (dr_aws_speaks_xml(operation->model->protocol))
        return found->element != 0;
    return found->json != NULL;
}

static void read_stream_error(struct dr_aws_stream_error *stream, struct dr_aws_error *ret_error)
{
    ret_error->code =
        *stream->code ? copy_text(stream->code, strlen(stream->code)) : dr_format("%d", ret_error->status);
    ret_error->message = copy_text(stream->message, strlen(stream->message));
    ret_error->shape = stream->shape;
    ret_error->details = stream->details ? stream->details : json_object();
    ret_error->is_modelled_answer = true;
    free(stream->code);
    free(stream->message);
}

static bool find_stream_error(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                              struct dr_aws_stream_error *ret_error)
{
    const struct dr_aws_member *stream = dr_aws_event_stream(operation->output);
    return stream && answer->status < 300 &&
           dr_aws_event_stream_error(operation, dr_aws_member_shape(stream), answer, ret_error);
}

static char *tell_other_bytes(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer)
{
    if (dr_aws_body_looks(answer) == DR_AWS_LOOKS_EMPTY)
        return dr_copy_string("");
    return dr_aws_unexpected(dr_aws_speaks_xml(operation->model->protocol) ? "XML" : "JSON", answer,
                             "it is no error that AWS sends");
}

static void fill_error(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                       struct dr_aws_error *ret_error)
{
    struct found found = {0};
    enum dr_aws_looks looks = dr_aws_body_looks(answer);
    read_headers(answer, &found);
    if (looks == DR_AWS_LOOKS_XML)
        read_xml(operation, answer, &found);
    else if (looks == DR_AWS_LOOKS_JSON)
        read_json(answer, &found);
    ret_error->is_modelled_answer = is_services_own(operation, answer, &found);
    ret_error->shape = find_shape(operation, found.old_code);
    if (!ret_error->shape)
        ret_error->shape = find_shape(operation, found.code);
    if (!ret_error->shape && looks == DR_AWS_LOOKS_EMPTY)
        ret_error->shape = find_head_shape(operation, answer->status);
    ret_error->details = read_details(operation, answer, ret_error->shape, &found);
    ret_error->code = found.old_code ? found.old_code : found.code;
    if (found.old_code)
        free(found.code);
    if (!ret_error->code)
        ret_error->code = dr_format("%d", answer->status);
    ret_error->message = found.message;
    if (!ret_error->message)
        ret_error->message = found.element || found.json ? dr_copy_string("") : tell_other_bytes(operation, answer);
    ret_error->request_id = found.request_id ? found.request_id : dr_copy_string("");
    dr_xml_done(&found.xml);
    json_decref(found.json);
}

static struct dr_aws_answer with_body(const struct dr_aws_answer *answer)
{
    struct dr_aws_answer safe = *answer;
    if (!safe.body || safe.body_size == 0) {
        safe.body = "";
        safe.body_size = 0;
    }
    return safe;
}

void dr_aws_parse_error(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                        struct dr_aws_error *ret_error)
{
    struct dr_aws_answer safe = with_body(answer);
    struct dr_aws_stream_error stream;
    *ret_error = (struct dr_aws_error){.status = answer->status};
    if (find_stream_error(operation, &safe, &stream)) {
        const char *request_id = dr_aws_request_id(answer);
        read_stream_error(&stream, ret_error);
        ret_error->request_id = request_id ? copy_text(request_id, strlen(request_id)) : dr_copy_string("");
    } else {
        fill_error(operation, &safe, ret_error);
    }
    if (answer->status < 300) /* it was sent before the work was done */
        ret_error->status = ret_error->shape && ret_error->shape->error_status ? ret_error->shape->error_status : 500;
}

void dr_aws_error_done(struct dr_aws_error *error)
{
    free(error->code);
    free(error->message);
    free(error->request_id);
    json_decref(error->details);
    *error = (struct dr_aws_error){0};
}

/* An answer that begins with 200, because the work takes long, and then fails: its body is an error's. Not where the
 * body is data that a user once stored. */
static bool may_hold_error(const struct dr_aws_operation *operation)
{
    const struct dr_aws_shape *shape = operation->output;
    const struct dr_aws_member *payload = shape && shape->payload ? dr_aws_shape_member(shape, shape->payload) : NULL;
    enum dr_aws_type type = payload ? dr_aws_member_shape(payload)->type : DR_AWS_STRUCTURE;
    return dr_aws_speaks_xml(operation->model->protocol) && type != DR_AWS_BLOB && type != DR_AWS_STRING;
}

bool dr_aws_answer_is_error(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer)
{
    struct dr_aws_answer safe = with_body(answer);
    struct dr_aws_stream_error stream;
    char root[64];
    if (answer->status >= 300)
        return true;
    if (find_stream_error(operation, &safe, &stream)) {
        free(stream.code);
        free(stream.message);
        json_decref(stream.details);
        return true;
    }
    if (!may_hold_error(operation))
        return false;
    dr_aws_body_root(&safe, root);
    return strcmp(root, "Error") == 0 || strcmp(root, "ErrorResponse") == 0 ||
           (strcmp(root, "Response") == 0 && operation->model->protocol != DR_AWS_REST_XML);
}

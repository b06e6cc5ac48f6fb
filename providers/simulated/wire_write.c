/* An output or an error as the answer that the service's protocol has for it. */
#include "providers/simulated/wire.h"

#include "providers/aws/protocol/parse.h"
#include "providers/aws/protocol/serialize.h"

#include <stdlib.h>
#include <string.h>

void dr_sim_answer_done(struct dr_sim_answer *answer)
{
    dr_aws_headers_done(&answer->headers);
    free(answer->body);
    *answer = (struct dr_sim_answer){0};
}

/* Only what the model knows goes out: the simulation's own keys stay inside. A new reference. */
static json_t *modelled(const struct dr_aws_shape *shape, const json_t *value, bool top)
{
    json_t *copy = NULL;
    const char *key;
    json_t *item;
    if (shape->document)
        return dr_json_share(value);
    if (shape->type == DR_AWS_STRUCTURE && json_is_object(value)) {
        copy = json_object();
        for (size_t i = 0; i < shape->member_count; i++) {
            const struct dr_aws_member *member = &shape->members[i];
            item = json_object_get(value, member->name);
            if (item && !json_is_null(item) && !(top && member->location == DR_AWS_IN_STATUS))
                json_object_set_new(copy, member->name, modelled(dr_aws_member_shape(member), item, false));
        }
    } else if (shape->type == DR_AWS_LIST && json_is_array(value)) {
        copy = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(copy, modelled(dr_aws_member_shape(shape->member), json_array_get(value, i), false));
    } else if (shape->type == DR_AWS_MAP && json_is_object(value)) {
        copy = json_object();
        json_object_foreach((json_t *)(uintptr_t)value, key, item)
            json_object_set_new(copy, key, modelled(dr_aws_member_shape(shape->value), item, false));
    } else {
        copy = dr_json_share(value);
    }
    return copy;
}

static int status_of(const struct dr_aws_shape *shape, const json_t *output)
{
    for (size_t i = 0; shape && i < shape->member_count; i++) {
        const json_t *value = json_object_get(output, shape->members[i].name);
        if (shape->members[i].location == DR_AWS_IN_STATUS && json_is_integer(value))
            return (int)json_integer_value(value);
    }
    return 0;
}

/* What botocore's models leave out, because its parser does not look at it, and other clients' do: the names of the
 * roots of S3's answers, and the namespaces. Source: the "Response Syntax" of each operation, as in
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
static const struct {
    const char *operation, *root;
} s3_roots[] = {
    {"CompleteMultipartUpload", "CompleteMultipartUploadResult"},
    {"CreateMultipartUpload", "InitiateMultipartUploadResult"},
    {"DeleteObjects", "DeleteResult"},
    {"GetBucketAccelerateConfiguration", "AccelerateConfiguration"},
    {"GetBucketAcl", "AccessControlPolicy"},
    {"GetBucketCors", "CORSConfiguration"},
    {"GetBucketLifecycleConfiguration", "LifecycleConfiguration"},
    {"GetBucketLogging", "BucketLoggingStatus"},
    {"GetBucketRequestPayment", "RequestPaymentConfiguration"},
    {"GetBucketTagging", "Tagging"},
    {"GetBucketVersioning", "VersioningConfiguration"},
    {"GetBucketWebsite", "WebsiteConfiguration"},
    {"GetObjectAcl", "AccessControlPolicy"},
    {"GetObjectAttributes", "GetObjectAttributesResponse"},
    {"GetObjectTagging", "Tagging"},
    {"ListBuckets", "ListAllMyBucketsResult"},
    {"ListMultipartUploads", "ListMultipartUploadsResult"},
    {"ListObjectVersions", "ListVersionsResult"},
    {"ListObjects", "ListBucketResult"},
    {"ListObjectsV2", "ListBucketResult"},
    {"ListParts", "ListPartsResult"},
};

static const char *root_of(const struct dr_aws_operation *operation)
{
    for (size_t i = 0; strcmp(operation->model->name, "s3") == 0 && i < sizeof s3_roots / sizeof *s3_roots; i++)
        if (strcmp(s3_roots[i].operation, operation->name) == 0)
            return s3_roots[i].root;
    return operation->output_wire;
}

static const char *namespace_of(const struct dr_aws_model *model)
{
    return strcmp(model->name, "s3") == 0        ? "http://s3.amazonaws.com/doc/2006-03-01/"
           : strcmp(model->name, "route53") == 0 ? "https://route53.amazonaws.com/doc/2013-04-01/"
           : model->xml_uri                      ? model->xml_uri
                                                 : "";
}

/* Before a document of rest-xml, its declaration; in its root, the namespace. */
static void declare(const struct dr_aws_model *model, struct dr_text *body)
{
    size_t name = body->size > 1 && body->bytes[0] == '<' ? 1 + strcspn(body->bytes + 1, " />") : 0;
    const char *end = name ? strchr(body->bytes, '>') : NULL, *uri = namespace_of(model);
    if (!end || !*uri)
        return;
    struct dr_text whole = {0};
    bool has = memmem(body->bytes, (size_t)(end - body->bytes), "xmlns", 5) != NULL;
    dr_text_puts(&whole, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    dr_text_add(&whole, body->bytes, name);
    if (!has)
        dr_text_printf(&whole, " xmlns=\"%s\"", uri);
    dr_text_add(&whole, body->bytes + name, body->size - name);
    dr_text_done(body);
    *body = whole;
}

/* Whether the body is a document with members. */
static bool has_document(const struct dr_aws_shape *shape)
{
    bool has = false;
    for (size_t i = 0; !shape->payload && i < shape->member_count; i++)
        has = has || shape->members[i].location == DR_AWS_IN_BODY;
    return has;
}

/* REST outputs are bound as inputs are: the request's writer does it, on an operation whose input is the output. */
static bool write_rest(struct dr_aws_writer *writer, const struct dr_aws_operation *operation,
                       struct dr_aws_operation *ret_turned)
{
    *ret_turned = *operation;
    ret_turned->request_uri = "/";
    ret_turned->input = operation->output;
    ret_turned->input_wire = root_of(operation);
    ret_turned->input_xml_prefix = NULL;
    ret_turned->input_xml_uri = operation->model->xml_uri;
    writer->operation = ret_turned;
    if (operation->model->protocol != DR_AWS_REST_XML)
        return dr_aws_write_rest_json(writer);
    bool good = dr_aws_write_rest_xml(writer);
    if (good && !writer->has_body && has_document(operation->output)) { /* it is there even if it is empty */
        const char *root = root_of(operation) ? root_of(operation) : operation->output->name;
        dr_text_printf(&writer->body, "<%s></%s>", root, root);
        writer->body_type = "application/xml";
    }
    if (good && writer->body_type && strcmp(writer->body_type, "application/xml") == 0)
        declare(operation->model, &writer->body);
    return good;
}

/* S3's GetBucketLocation: its only member is the root itself (providers/aws/protocol/answer.c). */
static bool write_location(struct dr_aws_writer *writer, const json_t *output)
{
    const char *region = json_string_value(json_object_get(output, "LocationConstraint"));
    dr_text_printf(&writer->body,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">%s"
                   "</LocationConstraint>",
                   region ? region : "");
    writer->body_type = "application/xml";
    return true;
}

static bool write_xml(struct dr_aws_writer *writer, const struct dr_aws_operation *operation, const char *request_id)
{
    const struct dr_aws_place top = {0};
    const struct dr_aws_model *model = operation->model;
    bool ec2 = model->protocol == DR_AWS_EC2, good = true;
    struct dr_text *body = &writer->body;
    if (ec2)
        dr_text_puts(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    dr_text_printf(body, "<%sResponse xmlns=\"%s\">", operation->name, model->xml_uri ? model->xml_uri : "");
    if (ec2)
        dr_text_printf(body, "<requestId>%s</requestId>", request_id);
    if (operation->output) {
        char *name = operation->result_wrapper ? dr_copy_string(operation->result_wrapper)
                                               : dr_format("%sResult", operation->name);
        struct dr_text result = {0};
        good = dr_aws_write_xml_root(writer, &top, &(struct dr_aws_xml_root){.name = name}, operation->output,
                                     writer->input, &result);
        const char *inside = result.bytes;
        size_t size = result.size, open = strlen(name) + 2, close = open + 1;
        if (good && ec2 && size >= open + close) { /* its members stand in the response itself */
            inside += open;
            size -= open + close;
        } else if (good && ec2) {
            size = 0; /* <Result/> */
        }
        if (good)
            dr_text_add(body, inside ? inside : "", size);
        dr_text_done(&result);
        free(name);
    }
    if (!ec2)
        dr_text_printf(body, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>", request_id);
    dr_text_printf(body, "</%sResponse>", operation->name);
    return good;
}

static const char *json_content_type(const struct dr_aws_model *model)
{
    return model->json_version && strcmp(model->json_version, "1.0") == 0 ? "application/x-amz-json-1.0"
                                                                          : "application/x-amz-json-1.1";
}

static void add_request_id(const struct dr_aws_model *model, const char *request_id, struct dr_aws_headers *headers)
{
    if (strcmp(model->name, "s3") == 0) {
        dr_aws_headers_set(headers, "x-amz-request-id", request_id);
        dr_aws_headers_set(headers, "x-amz-id-2", "simulated");
    } else {
        dr_aws_headers_set(headers, "x-amzn-RequestId", request_id);
    }
}

void dr_sim_write_output(const struct dr_aws_operation *operation, const json_t *output, const char *request_id,
                         struct dr_sim_answer *ret_answer)
{
    const struct dr_aws_model *model = operation->model;
    const struct dr_aws_place top = {0};
    json_t *nothing = json_object(),
           *known = operation->output && output ? modelled(operation->output, output, true) : json_incref(nothing);
    struct dr_aws_request request = {0};
    struct dr_aws_writer writer = {.operation = operation, .input = known, .request = &request};
    struct dr_aws_operation turned;
    const char *type = "text/xml";
    bool good = true;
    if (dr_aws_is_rest(model->protocol)) {
        bool location = strcmp(model->name, "s3") == 0 && strcmp(operation->name, "GetBucketLocation") == 0;
        good =
            location ? write_location(&writer, known) : !operation->output || write_rest(&writer, operation, &turned);
        type = writer.body_type;
    } else if (model->protocol == DR_AWS_JSON) {
        static const struct dr_aws_shape empty = {.type = DR_AWS_STRUCTURE};
        good = dr_aws_write_json_structure(&writer, &top, operation->output ? operation->output : &empty, known,
                                           &writer.body);
        type = json_content_type(model);
    } else {
        good = write_xml(&writer, operation, request_id);
    }
    *ret_answer = (struct dr_sim_answer){.status = 200, .headers = request.headers};
    request.headers = (struct dr_aws_headers){0};
    if (!good) { /* a service of ours made what its model does not allow */
        dr_sim_answer_done(ret_answer);
        dr_sim_write_error(operation, model, 500, "InternalFailure", writer.problem, NULL, request_id, ret_answer);
    } else {
        int status = status_of(operation->output, output);
        ret_answer->status = status ? status : operation->response_code ? operation->response_code : 200;
        ret_answer->body_size = writer.body.size;
        ret_answer->body = dr_text_take(&writer.body);
        if (type && !dr_aws_headers_find(ret_answer->headers.items, ret_answer->headers.count, "Content-Type"))
            dr_aws_headers_set(&ret_answer->headers, "Content-Type", type);
        add_request_id(model, request_id, &ret_answer->headers);
    }
    free(writer.problem);
    dr_text_done(&writer.body);
    dr_aws_request_done(&request);
    json_decref(known);
    json_decref(nothing);
}

/* --- Errors ----------------------------------------------------------------------------------------------------------
 */

static const struct dr_aws_shape *error_shape(const struct dr_aws_operation *operation, const char *code)
{
    for (size_t i = 0; operation && i < operation->error_count; i++) {
        const struct dr_aws_shape *shape = operation->errors[i];
        if (strcmp(shape->name, code) == 0 || (shape->error_code && strcmp(shape->error_code, code) == 0))
            return shape;
    }
    return NULL;
}

static void add_escaped(struct dr_text *text, const char *string)
{
    for (; *string; string++) {
        const char *entity = *string == '&' ? "&amp;" : *string == '<' ? "&lt;" : *string == '>' ? "&gt;" : NULL;
        if (entity)
            dr_text_puts(text, entity);
        else
            dr_text_putc(text, *string);
    }
}

static void add_element(struct dr_text *text, const char *name, const char *value)
{
    dr_text_printf(text, "<%s>", name);
    add_escaped(text, value);
    dr_text_printf(text, "</%s>", name);
}

/* The scalar members of the error besides code and message: S3's <BucketName>, ... */
static void add_details(struct dr_text *text, const json_t *details)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)details, key, value) if (json_is_string(value))
        add_element(text, key, json_string_value(value));
}

static void write_xml_error(const struct dr_aws_model *model, int status, const char *code, const char *message,
                            const json_t *details, const char *request_id, struct dr_text *body)
{
    bool s3 = strcmp(model->name, "s3") == 0;
    if (model->protocol == DR_AWS_EC2) {
        dr_text_puts(body, "<Response><Errors><Error>");
        add_element(body, "Code", code);
        add_element(body, "Message", message);
        dr_text_puts(body, "</Error></Errors>");
        add_element(body, "RequestID", request_id);
        dr_text_puts(body, "</Response>");
        return;
    }
    if (!s3)
        dr_text_printf(body, "<ErrorResponse xmlns=\"%s\">", namespace_of(model));
    dr_text_puts(body, "<Error>");
    if (!s3)
        add_element(body, "Type", status >= 500 ? "Receiver" : "Sender");
    add_element(body, "Code", code);
    add_element(body, "Message", message);
    add_details(body, details);
    if (s3) {
        add_element(body, "RequestId", request_id);
        add_element(body, "HostId", "simulated");
    }
    dr_text_puts(body, "</Error>");
    if (!s3) {
        add_element(body, "RequestId", request_id);
        dr_text_puts(body, "</ErrorResponse>");
    }
}

void dr_sim_write_error(const struct dr_aws_operation *operation, const struct dr_aws_model *model, int status,
                        const char *code, const char *message, const json_t *details, const char *request_id,
                        struct dr_sim_answer *ret_answer)
{
    const struct dr_aws_shape *shape = error_shape(operation, code);
    struct dr_text body = {0};
    *ret_answer = (struct dr_sim_answer){0};
    if (status == 0)
        status = shape && shape->error_status ? shape->error_status : 400;
    ret_answer->status = status;
    if (dr_aws_speaks_xml(model->protocol)) {
        dr_text_puts(&body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        write_xml_error(model, status, code, message, details, request_id, &body);
        dr_aws_headers_set(&ret_answer->headers, "Content-Type",
                           model->protocol == DR_AWS_REST_XML ? "application/xml" : "text/xml");
    } else {
        const char *name = shape ? shape->name : code;
        json_t *object = json_pack("{s:s,s:s}", "__type", name, "message", message);
        if (details)
            json_object_update_missing(object, (json_t *)(uintptr_t)details);
        dr_text_json(&body, object, 1 << 20);
        json_decref(object);
        dr_aws_headers_set(&ret_answer->headers, "Content-Type",
                           model->protocol == DR_AWS_JSON ? json_content_type(model) : "application/json");
        dr_aws_headers_set(&ret_answer->headers, "x-amzn-ErrorType", name);
        if (model->query_compatible) {
            const char *old = shape && shape->error_code ? shape->error_code : code;
            char *value = dr_format("%s;%s", old, status >= 500 ? "Receiver" : "Sender");
            dr_aws_headers_set(&ret_answer->headers, "x-amzn-query-error", value);
            free(value);
        }
    }
    add_request_id(model, request_id, &ret_answer->headers);
    if (status == 304 || (operation && strcmp(operation->method, "HEAD") == 0))
        dr_text_clear(&body);
    ret_answer->body_size = body.size;
    ret_answer->body = dr_text_take(&body);
}

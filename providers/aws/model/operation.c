/* Operations and a model's metadata: from a line's JSON to structs in the arena. */
#include "providers/aws/model/effect.h"
#include "providers/aws/model/store.h"

#include <stdlib.h>
#include <string.h>

static const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

/* The shape that a reference names; NULL: no reference. */
static const struct dr_aws_shape *shape_of(struct dr_aws_opened *opened, const json_t *reference)
{
    const char *name = json_string_value(json_object_get(reference, "shape"));
    return name ? dr_aws_model_shape(&opened->model, name) : NULL;
}

/* A copy that lives as long as the models. */
static const json_t *keep(struct dr_aws_opened *opened, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value ? dr_arena_json(opened->arena, dr_json_share(value)) : NULL;
}

static void read_errors(struct dr_aws_opened *opened, const json_t *json, struct dr_aws_operation *operation)
{
    const json_t *errors = json_object_get(json, "errors");
    size_t count = json_array_size(errors);
    const struct dr_aws_shape **list = count ? dr_arena_alloc(opened->arena, count * sizeof *list) : NULL;
    for (size_t i = 0; i < count; i++) {
        const struct dr_aws_shape *shape = shape_of(opened, json_array_get(errors, i));
        if (shape)
            list[operation->error_count++] = shape;
    }
    operation->errors = list;
}

/* "authtype" of older models; "auth" and "unsignedPayload" of newer ones. */
static const char *read_auth(struct dr_aws_opened *opened, const json_t *json)
{
    const char *type = dr_aws_text_of(opened, json, "authtype");
    const char *first = json_string_value(json_array_get(json_object_get(json, "auth"), 0));
    if (!type && first && strcmp(first, "smithy.api#noAuth") == 0)
        type = "none";
    if (!type && dr_aws_flag_of(json, "unsignedPayload"))
        type = "v4-unsigned-body";
    return type;
}

static bool takes_gzip(const json_t *json)
{
    const json_t *encodings = json_object_get(json_object_get(json, "requestcompression"), "encodings");
    for (size_t i = 0; i < json_array_size(encodings); i++) {
        const char *name = json_string_value(json_array_get(encodings, i));
        if (name && strcmp(name, "gzip") == 0)
            return true;
    }
    return false;
}

static void read_pages(struct dr_aws_opened *opened, struct dr_aws_operation *operation)
{
    struct dr_aws_compact_line line;
    if (dr_aws_compact_find(&opened->text, "paginator/", operation->name, &line))
        operation->paginator_text = dr_arena_string(opened->arena, line.json, line.json_size);
}

const struct dr_aws_operation *dr_aws_operation_read(struct dr_aws_opened *opened, const char *name, const json_t *json)
{
    struct dr_aws_operation *operation = dr_arena_alloc(opened->arena, sizeof *operation);
    const json_t *http = json_object_get(json, "http"), *input = json_object_get(json, "input"),
                 *output = json_object_get(json, "output"), *checksum = json_object_get(json, "httpChecksum");
    operation->model = &opened->model;
    operation->name = name;
    operation->method = text_or(dr_aws_text_of(opened, http, "method"), "POST");
    operation->request_uri = text_or(dr_aws_text_of(opened, http, "requestUri"), "/");
    json_int_t status = json_integer_value(json_object_get(http, "responseCode"));
    operation->response_code = status > 0 && status < 1000 ? (int)status : 0;
    operation->input = shape_of(opened, input);
    operation->output = shape_of(opened, output);
    operation->input_wire = dr_aws_text_of(opened, input, "locationName");
    operation->output_wire = dr_aws_text_of(opened, output, "locationName");
    operation->result_wrapper = dr_aws_text_of(opened, output, "resultWrapper");
    const json_t *namespace = json_object_get(input, "xmlNamespace");
    operation->input_xml_uri = json_is_string(namespace) ? dr_aws_text_of(opened, input, "xmlNamespace")
                                                         : dr_aws_text_of(opened, namespace, "uri");
    operation->input_xml_prefix = dr_aws_text_of(opened, namespace, "prefix");
    read_errors(opened, json, operation);
    operation->host_prefix = dr_aws_text_of(opened, json_object_get(json, "endpoint"), "hostPrefix");
    operation->auth_type = read_auth(opened, json);
    operation->static_context_params = keep(opened, json, "staticContextParams");
    operation->context_params = keep(opened, json, "operationContextParams");
    operation->checksum = json_is_object(checksum) ? keep(opened, json, "httpChecksum") : NULL;
    operation->checksum_required = dr_aws_flag_of(json, "httpChecksumRequired");
    operation->gzip = takes_gzip(json);
    operation->idempotent = dr_aws_flag_of(json, "idempotent");
    operation->read =
        dr_aws_operation_reads(opened->model.service_id, name, operation->method, dr_aws_flag_of(json, "readonly"));
    operation->deprecated = dr_aws_flag_of(json, "deprecated");
    operation->endpoint_discovery_required = dr_aws_flag_of(json_object_get(json, "endpointdiscovery"), "required");
    for (size_t i = 0; operation->input && i < operation->input->member_count; i++)
        operation->has_idempotency_token |= operation->input->members[i].idempotency_token;
    read_pages(opened, operation);
    return operation;
}

/* --- Metadata ------------------------------------------------------------------------------------------------------
 */

static const char *const protocols[] = {[DR_AWS_QUERY] = "query",
                                        [DR_AWS_EC2] = "ec2",
                                        [DR_AWS_JSON] = "json",
                                        [DR_AWS_REST_JSON] = "rest-json",
                                        [DR_AWS_REST_XML] = "rest-xml"};

static bool find_protocol(const json_t *name, enum dr_aws_protocol *ret_protocol)
{
    const char *text = json_string_value(name);
    for (size_t i = 0; text && i < sizeof protocols / sizeof *protocols; i++) {
        if (strcmp(protocols[i], text) == 0) {
            *ret_protocol = (enum dr_aws_protocol)i;
            return true;
        }
    }
    return false;
}

bool dr_aws_protocol_find(const json_t *metadata, enum dr_aws_protocol *ret_protocol)
{
    const json_t *list = json_object_get(metadata, "protocols");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (find_protocol(json_array_get(list, i), ret_protocol))
            return true;
    return find_protocol(json_object_get(metadata, "protocol"), ret_protocol);
}

static const char *read_signature(struct dr_aws_opened *opened, const json_t *metadata)
{
    const char *first = json_string_value(json_array_get(json_object_get(metadata, "auth"), 0));
    if (first && strcmp(first, "smithy.api#httpBearerAuth") == 0)
        return "bearer";
    return text_or(dr_aws_text_of(opened, metadata, "signatureVersion"), "v4");
}

char *dr_aws_metadata_read(struct dr_aws_opened *opened, const json_t *metadata, const json_t *provenance)
{
    struct dr_aws_model *model = &opened->model;
    const json_t *format = json_object_get(provenance, "format");
    if (format && json_integer_value(format) != DR_AWS_COMPACT_FORMAT)
        return dr_format(
            "the model of %s was compiled by another version of drrun: import it again ('drrun models import "
            "DIR')",
            model->name);
    if (!dr_aws_protocol_find(metadata, &model->protocol))
        return dr_format("the model of %s speaks none of the protocols that drrun knows (query, ec2, json, rest-json, "
                         "rest-xml)",
                         model->name);
    model->endpoint_prefix = text_or(dr_aws_text_of(opened, metadata, "endpointPrefix"), model->name);
    model->full_name = text_or(dr_aws_text_of(opened, metadata, "serviceFullName"), model->name);
    model->service_id = text_or(dr_aws_text_of(opened, metadata, "serviceId"), model->name);
    model->api_version = text_or(dr_aws_text_of(opened, metadata, "apiVersion"), "");
    model->signing_name = text_or(dr_aws_text_of(opened, metadata, "signingName"), model->endpoint_prefix);
    model->target_prefix = dr_aws_text_of(opened, metadata, "targetPrefix");
    model->json_version = dr_aws_text_of(opened, metadata, "jsonVersion");
    const json_t *namespace = json_object_get(metadata, "xmlNamespace");
    model->xml_uri = json_is_object(namespace) ? dr_aws_text_of(opened, namespace, "uri")
                                               : dr_aws_text_of(opened, metadata, "xmlNamespace");
    model->signature_version = read_signature(opened, metadata);
    model->global_endpoint = dr_aws_text_of(opened, metadata, "globalEndpoint");
    const json_t *compatible = json_object_get(metadata, "awsQueryCompatible");
    model->query_compatible = compatible && !json_is_false(compatible) && !json_is_null(compatible);
    model->origin = text_or(dr_aws_text_of(opened, provenance, "origin"), "an unknown source");
    model->date = text_or(dr_aws_text_of(opened, provenance, "date"), "");
    return NULL;
}

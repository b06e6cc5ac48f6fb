/* Presigned URLs for copies across Regions: when one is needed, which request it is, and where it goes. Signing is the
 * client's business. */
#include "providers/aws/protocol/protocol.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
    const char *service, *operation, *member;
    bool tells_destination;
} rows[] = {
#define DR_AWS_PRESIGN(service, operation, member, tells_destination) {service, operation, member, tells_destination},
#include "providers/aws/protocol/presign.def"
#undef DR_AWS_PRESIGN
};

static const struct row *find_row(const struct dr_aws_operation *operation)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].operation, operation->name) == 0 &&
            strcmp(rows[i].service, operation->model->service_id) == 0)
            return &rows[i];
    return NULL;
}

bool dr_aws_presign_need(const struct dr_aws_operation *operation, const json_t *input,
                         struct dr_aws_presign *ret_presign)
{
    const struct row *row = find_row(operation);
    const char *source = json_string_value(json_object_get(input, "SourceRegion"));
    const json_t *url = row ? json_object_get(input, row->member) : NULL;
    if (!row || !source || !*source || (url && !json_is_null(url)))
        return false;
    *ret_presign = (struct dr_aws_presign){.source_region = source, .member = row->member};
    return true;
}

/* jansson copies from a mutable pointer. */
static json_t *copy_input(const json_t *input)
{
    json_t *same = dr_json_share(input), *copy = json_copy(same);
    json_decref(same);
    assert(copy);
    return copy;
}

bool dr_aws_presign_serialize(const struct dr_aws_operation *operation, const json_t *input, const char *region,
                              struct dr_aws_request *ret_request, char **ret_problem)
{
    const struct row *row = find_row(operation);
    assert(row && json_is_object(input));
    json_t *presigned = copy_input(input);
    json_object_del(presigned, row->member);
    json_object_set_new_nocheck(presigned, "DestinationRegion", json_string_nocheck(region));
    struct dr_aws_serialize_options options = {.token = NULL};
    bool good = dr_aws_serialize(operation, presigned, &options, ret_request, ret_problem);
    json_decref(presigned);
    if (!good)
        return false;
    free(ret_request->query);
    ret_request->query = ret_request->body ? ret_request->body : dr_copy_string(""); /* a form is a query */
    ret_request->body = NULL;
    ret_request->body_size = 0;
    ret_request->method = "GET";
    dr_aws_headers_done(&ret_request->headers);
    return true;
}

json_t *dr_aws_presign_input(const struct dr_aws_operation *operation, const json_t *input, const char *region,
                             const char *url)
{
    const struct row *row = find_row(operation);
    assert(row && json_is_object(input));
    json_t *copy = copy_input(input);
    json_object_set_new_nocheck(copy, row->member, json_string_nocheck(url));
    if (row->tells_destination)
        json_object_set_new_nocheck(copy, "DestinationRegion", json_string_nocheck(region));
    return copy;
}

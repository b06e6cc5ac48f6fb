/* What may be done when it is not known whether an AWS call took effect (design 4.3): never guessed, but taken from the
 * model, and from a list of writes that say what shall be (idempotent.def). */
#include "providers/aws/integration/resource.h"

#include <string.h>

static bool is_listed(const struct dr_aws_operation *operation)
{
    static const struct {
        const char *service_id, *operation;
    } rows[] = {
#define DR_AWS_IDEMPOTENT(service_id_, operation_) {service_id_, operation_},
#include "providers/aws/integration/idempotent.def"
#undef DR_AWS_IDEMPOTENT
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].operation, operation->name) == 0 &&
            strcmp(rows[i].service_id, operation->model->service_id) == 0)
            return true;
    return false;
}

/* Names that mean one thing in every service: a repetition with the same value does nothing new. */
const struct dr_aws_member *dr_aws_unmarked_token(const struct dr_aws_operation *operation)
{
    static const char *const names[] = {"ClientRequestToken", "clientRequestToken", "ClientToken",
                                        "clientToken",        "IdempotencyToken",   "idempotencyToken"};
    if (operation->input == NULL || operation->read || operation->has_idempotency_token)
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct dr_aws_member *member = dr_aws_shape_member(operation->input, names[i]);
        if (member && !member->required && dr_aws_member_shape(member)->type == DR_AWS_STRING)
            return member;
    }
    return NULL;
}

/* A batch of DNS changes that are all UPSERT says what the records shall be. */
static bool is_upsert_only(const struct dr_aws_operation *operation, const json_t *arguments)
{
    if (strcmp(operation->model->service_id, "Route 53") != 0 ||
        strcmp(operation->name, "ChangeResourceRecordSets") != 0)
        return false;
    const json_t *changes = json_object_get(json_object_get(arguments, "ChangeBatch"), "Changes");
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const char *action = json_string_value(json_object_get(json_array_get(changes, i), "Action"));
        if (action == NULL || strcmp(action, "UPSERT") != 0)
            return false;
    }
    return json_array_size(changes) > 0;
}

enum dr_repeat dr_aws_repeat(const struct dr_aws_resource *resource, const json_t *arguments)
{
    const struct dr_aws_operation *operation = resource->operation;
    if (operation->read)
        return DR_REPEAT_SAFE;
    if (operation->has_idempotency_token || dr_aws_unmarked_token(operation))
        return DR_REPEAT_TOKEN;
    if (resource->integration && resource->integration->rules->token_makes_repeatable)
        return DR_REPEAT_TOKEN;
    if (operation->idempotent || is_listed(operation) || is_upsert_only(operation, arguments))
        return DR_REPEAT_SAFE;
    return DR_REPEAT_NEVER;
}

/* Step Functions' spellings: the first byte chooses the operation of a small model, the rest is a value for it, as
 * JSON. Whatever it is, it is respelt and checked; what is respelt there and back is the same. The text as a whole is
 * taken for a name and for a pattern as well. */
#include "tests/fuzz/target.h"
#include "tests/support/aws_small_model.h"

#include "interpreter/base/text.h"
#include "interpreter/definition/parse.h"
#include "providers/aws/integration/pattern.h"
#include "providers/aws/integration/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct dr_aws_operation *choose_operation(uint8_t choice)
{
    static const struct dr_aws_model *model;
    static struct dr_aws_models *owner;
    if (!owner) {
        owner = dr_aws_models_new(NULL);
        model = dr_small_model(owner, "rest-json");
    }
    assert(model);
    return dr_aws_model_operation(model, model->operation_names[choice % model->operation_count]);
}

static void respell(const char *text)
{
    free(dr_aws_sdk_member(text));
    free(dr_aws_sdk_operation(text));
    free(dr_aws_sdk_exception(text));
    free(dr_aws_spell_member(DR_AWS_SPELLING_OPTIMISED, text));
    free(dr_aws_pattern(text));
}

static void try_value(const struct dr_aws_operation *operation, const json_t *value)
{
    struct dr_aws_operation taking = *operation; /* what it answers, it shall take */
    const struct dr_aws_shape *shape = taking.input = operation->output;
    json_t *schema = dr_aws_arguments_schema(&taking, NULL);
    dr_schema_check(schema, value, NULL, NULL);
    dr_schema_check_computed(schema, value, NULL, NULL);
    json_decref(schema);
    if (shape == NULL)
        return;
    json_t *api = dr_aws_from_sdk(shape, value), *sdk = dr_aws_to_sdk(shape, api), *back = dr_aws_from_sdk(shape, sdk),
           *again = dr_aws_to_sdk(shape, back);
    assert(json_equal(sdk, again));
    json_decref(api);
    json_decref(sdk);
    json_decref(back);
    json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    char *text = dr_copy_bytes((const char *)data + 1, size - 1);
    respell(text);
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    if (value)
        try_value(choose_operation(data[0]), value);
    json_decref(value);
    free(text);
    return 0;
}

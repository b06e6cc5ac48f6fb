/* Reads and changes over all bundled operations: chosen cases, needed exceptions, and how many there are. */
#include "interpreter/base/text.h"
#include "providers/aws/model/effect.h"
#include "providers/aws/model/find.h"
#include "providers/aws/model/model.h"
#include "providers/aws/model/overlay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Only what is bundled: what else is installed on a machine must not decide a test. */
static struct dr_aws_models *bundled(void)
{
    struct dr_arena *arena = dr_arena_new();
    const char *none[] = {NULL};
    struct dr_aws_finder *finder = dr_aws_finder_new(arena, &(struct dr_aws_finder_options){.folders = none});
    const char *folders[] = {dr_aws_finder_bundled(finder), NULL};
    assert_non_null(folders[0]);
    struct dr_aws_models *models = dr_aws_models_new(&(struct dr_aws_models_options){.folders = folders});
    dr_arena_free(arena);
    return models;
}

static const struct {
    const char *service, *operation;
    bool reads;
} cases[] = {
    {"rds", "DescribeDBInstances", true},
    {"rds", "PromoteReadReplica", false},
    {"rds", "FailoverGlobalCluster", false},
    {"rds", "SwitchoverGlobalCluster", false},
    {"rds-data", "ExecuteStatement", false},
    {"dynamodb", "GetItem", true},
    {"dynamodb", "TransactGetItems", true},
    {"dynamodb", "TransactWriteItems", false},
    {"dynamodb", "BatchGetItem", true},
    {"dynamodb", "BatchWriteItem", false},
    {"dynamodb", "ExecuteStatement", false},
    {"dynamodb", "Query", true},
    {"sqs", "ReceiveMessage", false},
    {"sqs", "GetQueueUrl", true},
    {"ec2", "GetPasswordData", true},
    {"ec2", "GetLaunchTemplateData", true},
    {"ec2", "RunInstances", false},
    {"ec2", "GetFlowLogsIntegrationTemplate", false},
    {"lambda", "Invoke", false},
    {"lambda", "GetFunction", true},
    {"athena", "StartQueryExecution", false},
    {"logs", "StartQuery", true},
    {"logs", "FilterLogEvents", true},
    {"s3", "SelectObjectContent", true},
    {"s3", "HeadObject", true},
    {"s3", "GetObject", true},
    {"s3", "CopyObject", false},
    {"sts", "AssumeRole", true},
    {"sts", "GetSessionToken", true},
    {"sts", "GetFederationToken", true},
    {"sts", "GetCallerIdentity", true},
    {"kms", "Decrypt", true},
    {"kms", "GenerateDataKey", true},
    {"kms", "CreateKey", false},
    {"ssm", "GetParameter", true},
    {"ssm", "GetParametersByPath", true},
    {"ssm", "StartAutomationExecution", false},
    {"stepfunctions", "GetActivityTask", false},
    {"stepfunctions", "DescribeExecution", true},
    {"cognito-identity", "GetId", false},
    {"cognito-idp", "AdminGetUser", true},
    {"elasticache", "TestFailover", false},
    {"cloudformation", "DetectStackDrift", false},
    {"cloudformation", "ValidateTemplate", true},
    {"apigateway", "TestInvokeMethod", false},
    {"route53", "TestDNSAnswer", true},
    {"route53-recovery-cluster", "GetRoutingControlState", true},
    {"route53-recovery-cluster", "UpdateRoutingControlState", false},
    {"license-manager", "CheckInLicense", false},
    {"license-manager", "CheckoutLicense", false},
    {"iam", "SimulatePrincipalPolicy", true},
    {"resource-explorer-2", "Search", true},
    {"iot", "ConfirmTopicRuleDestination", false},
};

static void chosen_operations_are_classed_rightly(void **state)
{
    (void)state;
    struct dr_aws_models *models = bundled();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *problem = NULL;
        const struct dr_aws_model *model = dr_aws_models_find(models, cases[i].service, &problem);
        const struct dr_aws_operation *operation = model ? dr_aws_model_operation(model, cases[i].operation) : NULL;
        if (!operation || operation->read != cases[i].reads)
            fail_msg("%s.%s: %s", cases[i].service, cases[i].operation, problem ? problem : "wrongly classed");
    }
    dr_aws_models_free(models);
}

static void a_model_may_say_that_an_operation_reads(void **state)
{
    (void)state;
    assert_true(dr_aws_operation_reads("Drill", "InspectThing", "POST", true));
    assert_false(dr_aws_operation_reads("Drill", "InspectThing", "POST", false));
    assert_true(dr_aws_operation_reads("Drill", "GetThing", "POST", false));
    assert_false(
        dr_aws_operation_reads("SFN", "GetActivityTask", "POST", true)); /* the reviewed list has the last word */
}

static void every_exception_is_needed(void **state)
{
    (void)state;
    struct dr_aws_models *models = bundled();
    size_t count;
    const struct dr_aws_model_row *rows = dr_aws_models_list(models, &count);
    const char *service_id, *name;
    bool reads;
    for (size_t i = 0; dr_aws_exception(i, &service_id, &name, &reads); i++) {
        const struct dr_aws_operation *operation = NULL;
        for (size_t j = 0; !operation && j < count; j++) {
            char *problem = NULL;
            const struct dr_aws_model *model =
                strcmp(rows[j].service_id, service_id) == 0 ? dr_aws_models_find(models, rows[j].name, &problem) : NULL;
            operation = model ? dr_aws_model_operation(model, name) : NULL;
            free(problem);
        }
        if (!operation)
            fail_msg("effects.def: %s has no operation %s", service_id, name);
        else if (dr_aws_reads_by_name(name, operation->method) == reads)
            fail_msg("effects.def: %s %s is what its name says", service_id, name);
    }
    dr_aws_models_free(models);
}

/* Whoever brings another botocore, or changes a rule, looks at what moved before changing these numbers. What overlays
 * add is not counted. */
static void the_numbers_are_as_reviewed(void **state)
{
    (void)state;
    struct dr_aws_models *models = bundled();
    size_t count, operations = 0, reads = 0;
    bool reviewed = false;
    const struct dr_aws_model_row *rows = dr_aws_models_list(models, &count);
    for (size_t i = 0; i < count; i++) {
        char *problem = NULL;
        const struct dr_aws_model *model = dr_aws_models_find(models, rows[i].name, &problem);
        assert_non_null(model);
        json_t *overlay = dr_aws_overlay_load("providers/aws/overlays", rows[i].name, &problem);
        assert_null(problem);
        reviewed |= strncmp(rows[i].origin, "botocore 1.29.27", 16) == 0;
        for (size_t j = 0; j < model->operation_count; j++) {
            if (json_object_get(json_object_get(overlay, "operations"), model->operation_names[j]))
                continue;
            operations++;
            reads += dr_aws_model_operation(model, model->operation_names[j])->read;
        }
        json_decref(overlay);
    }
    dr_aws_models_free(models);
    if (!reviewed)
        skip(); /* another botocore than the one that was reviewed */
    assert_int_equal(operations, 12819);
    assert_int_equal(reads, 5459);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_operations_are_classed_rightly),
        cmocka_unit_test(a_model_may_say_that_an_operation_reads),
        cmocka_unit_test(every_exception_is_needed),
        cmocka_unit_test(the_numbers_are_as_reviewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

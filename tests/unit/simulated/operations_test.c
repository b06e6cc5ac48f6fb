/* The tables of the simulated services against the models: operations that exist, and outputs all of whose members the
 * model has, with their types and words, because the wire leaves out silently what it does not know. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"
#include "providers/aws/client/client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT "111122223333"
#define WEST "us-west-2"
#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-west-2:\n"                                                                                                   \
    "    ecr: { Repositories: { shop: { Images: [v1] } }, Replication: [us-east-1] }\n"                                \
    "    ec2: { Instances: { one: { Id: i-0aaaaaaaaaaaaaaa1 } }, Images: { golden: ami-0aaaaaaaaaaaaaaa1 },\n"         \
    "           Snapshots: { snap-0aaaaaaaaaaaaaaa1: 8 } }\n"                                                          \
    "    elbv2: { TargetGroups: { machines: { TargetType: instance } }, LoadBalancers: { shop: {}, machines: {} } }\n" \
    "    autoscaling: { Groups: { web: { MaxSize: 4, DesiredCapacity: 1, TargetGroup: machines } } }\n"                \
    "    ecs: { Clusters: { shop: { Services: { web: { DesiredCount: 2, TargetGroup: shop } } } } }\n"                 \
    "    application-autoscaling: { Targets: { service/shop/web: { Min: 1, Max: 4 } } }\n"                             \
    "    lambda: { Functions: { hello: { Answer: 42, Concurrency: 5, Aliases: { live: '1' } } } }\n"

/* --- An output and its shape
 * ------------------------------------------------------------------------------------------ */

static void misfit(const char *where, const char *what)
{
    fail_msg("%s: %s", where, what);
}

static void check_fit(const struct dr_aws_shape *shape, const json_t *value, const char *where)
{
    const char *key;
    json_t *item;
    size_t i;
    switch (shape->type) {
    case DR_AWS_STRUCTURE:
        if (!json_is_object(value))
            misfit(where, "is no structure");
        json_object_foreach((json_t *)(uintptr_t)value, key, item)
        {
            const struct dr_aws_shape *inner = NULL;
            for (i = 0; i < shape->member_count && !inner; i++)
                if (strcmp(shape->members[i].name, key) == 0)
                    inner = dr_aws_member_shape(&shape->members[i]);
            char *place = dr_format("%s.%s", where, key);
            if (!inner && *key != '_')
                misfit(place, "the model has no such member");
            if (inner)
                check_fit(inner, item, place);
            free(place);
        }
        return;
    case DR_AWS_LIST:
        if (!json_is_array(value))
            misfit(where, "is no list");
        json_array_foreach(value, i, item) check_fit(dr_aws_member_shape(shape->member), item, where);
        return;
    case DR_AWS_MAP:
        if (!json_is_object(value))
            misfit(where, "is no map");
        json_object_foreach((json_t *)(uintptr_t)value, key, item)
            check_fit(dr_aws_member_shape(shape->value), item, where);
        return;
    case DR_AWS_STRING:
        if (!json_is_string(value))
            misfit(where, "is no string");
        for (i = 0; i < shape->value_count; i++)
            if (strcmp(shape->values[i], json_string_value(value)) == 0)
                return;
        if (shape->value_count > 0)
            misfit(where, json_string_value(value));
        return;
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
        if (!json_is_integer(value))
            misfit(where, "is no integer");
        return;
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
        if (!json_is_number(value))
            misfit(where, "is no number");
        return;
    case DR_AWS_BOOLEAN:
        if (!json_is_boolean(value))
            misfit(where, "is no boolean");
        return;
    case DR_AWS_BLOB:
    case DR_AWS_TIMESTAMP:
        return;
    }
}

/* --- Calls
 * ------------------------------------------------------------------------------------------------------------ */

static const struct dr_sim_operation *find(const char *service, const char *operation)
{
    for (const struct dr_sim_service *const *row = dr_sim_services(); *row; row++)
        for (const struct dr_sim_operation *at = (*row)->operations; at && at->name; at++)
            if (strcmp((*row)->name, service) == 0 && strcmp(at->name, operation) == 0)
                return at;
    return NULL;
}

static json_t *read(const char *text)
{
    char *plain = dr_copy_string(text);
    for (char *at = plain; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_t *value = dr_json_parse(plain, strlen(plain), NULL);
    assert_non_null(value);
    free(plain);
    return value;
}

/* One operation without the wire: its output must fit. */
static void check_call(struct dr_simulated *world, const char *service, const char *operation, const char *input)
{
    char *problem = NULL, *where = dr_format("%s.%s", service, operation);
    const struct dr_aws_model *model = dr_aws_models_find(dr_aws_models(world->aws), service, &problem);
    const struct dr_sim_operation *row = find(service, operation);
    if (!model || !row)
        fail_msg("%s: %s", where, problem ? problem : "is not simulated");
    json_t *given = read(input);
    struct dr_sim_call call = {.cloud = world->cloud,
                               .operation = dr_aws_model_operation(model, operation),
                               .account = ACCOUNT,
                               .region = WEST,
                               .principal = "arn:aws:iam::" ACCOUNT ":user/test",
                               .request_id = "00000000-0000-4000-8000-000000000000",
                               .input = given,
                               .now_ms = world->now_ms};
    row->run(&call);
    if (call.error)
        fail_msg("%s: %s: %s", where, call.error, call.message);
    if (call.output && call.operation->output)
        check_fit(call.operation->output, call.output, where);
    assert_true(!call.output || call.operation->output || json_object_size(call.output) == 0);
    json_decref(call.output);
    json_decref(call.headers);
    json_decref(given);
    free(where);
}

static void every_row_is_an_operation_of_its_model(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    for (const struct dr_sim_service *const *service = dr_sim_services(); *service; service++) {
        char *problem = NULL;
        const struct dr_aws_model *model = dr_aws_models_find(dr_aws_models(world.aws), (*service)->name, &problem);
        free(problem);
        for (const struct dr_sim_operation *row = (*service)->operations; model && row && row->name; row++) {
            if (!dr_aws_model_operation(model, row->name))
                fail_msg("%s has no operation %s", (*service)->name, row->name);
        }
    }
    dr_simulated_close(&world);
}

static const struct {
    const char *service, *operation, *input;
} calls[] = {
    {"ecs", "DescribeClusters", "{'clusters': ['shop', 'none']}"},
    {"ecs", "ListClusters", "{}"},
    {"ecs", "DescribeServices", "{'cluster': 'shop', 'services': ['web', 'none'], 'include': ['TAGS']}"},
    {"ecs", "UpdateService", "{'cluster': 'shop', 'service': 'web', 'forceNewDeployment': true}"},
    {"ecs", "ListServices", "{'cluster': 'shop'}"},
    {"ecs", "CreateService", "{'cluster': 'shop', 'serviceName': 'b', 'taskDefinition': 'web', 'desiredCount': 1}"},
    {"ecs", "ListTasks", "{'cluster': 'shop'}"},
    {"ecs", "RunTask", "{'cluster': 'shop', 'taskDefinition': 'web'}"},
    {"ecs", "DescribeTaskDefinition", "{'taskDefinition': 'web'}"},
    {"ecs", "ListTaskDefinitions", "{}"},
    {"ecs", "RegisterTaskDefinition", "{'family': 'c', 'containerDefinitions': [{'name': 'c', 'image': 'c'}]}"},
    {"ecs", "DeregisterTaskDefinition", "{'taskDefinition': 'c:1'}"},
    {"ecs", "CreateCluster", "{'clusterName': 'new'}"},
    {"ecs", "DeleteService", "{'cluster': 'shop', 'service': 'b', 'force': true}"},
    {"ecs", "DeleteCluster", "{'cluster': 'new'}"},
    {"elbv2", "DescribeLoadBalancers", "{}"},
    {"elbv2", "DescribeTargetGroups", "{}"},
    {"elbv2", "DescribeListeners", "{}"},
    {"elbv2", "CreateLoadBalancer", "{'Name': 'b'}"},
    {"elbv2", "CreateTargetGroup", "{'Name': 'b'}"},
    {"ec2", "DescribeInstances", "{}"},
    {"ec2", "DescribeInstanceStatus", "{'IncludeAllInstances': true}"},
    {"ec2", "RunInstances", "{'ImageId': 'ami-0aaaaaaaaaaaaaaa1', 'MinCount': 1, 'MaxCount': 2}"},
    {"ec2", "StopInstances", "{'InstanceIds': ['i-0aaaaaaaaaaaaaaa1']}"},
    {"ec2", "TerminateInstances", "{'InstanceIds': ['i-0aaaaaaaaaaaaaaa1']}"},
    {"ec2", "DescribeImages", "{}"},
    {"ec2", "CopyImage", "{'Name': 'x', 'SourceImageId': 'ami-0aaaaaaaaaaaaaaa1', 'SourceRegion': 'us-west-2'}"},
    {"ec2", "DescribeSnapshots", "{}"},
    {"ec2", "CreateSnapshot", "{'VolumeId': 'vol-1'}"},
    {"ec2", "CopySnapshot", "{'SourceSnapshotId': 'snap-0aaaaaaaaaaaaaaa1', 'SourceRegion': 'us-west-2'}"},
    {"ec2", "DescribeVpcs", "{}"},
    {"ec2", "DescribeSubnets", "{}"},
    {"ec2", "DescribeSecurityGroups", "{}"},
    {"ec2", "DescribeRegions", "{}"},
    {"ec2", "DescribeAvailabilityZones", "{}"},
    {"autoscaling", "DescribeAutoScalingGroups", "{}"},
    {"autoscaling", "DescribeAutoScalingInstances", "{}"},
    {"autoscaling", "SetDesiredCapacity", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 3}"},
    {"autoscaling", "DescribeScalingActivities", "{}"},
    {"autoscaling", "SuspendProcesses", "{'AutoScalingGroupName': 'web'}"},
    {"autoscaling", "DescribeAutoScalingGroups", "{}"},
    {"application-autoscaling", "DescribeScalableTargets", "{'ServiceNamespace': 'ecs'}"},
    {"ecr", "DescribeRepositories", "{}"},
    {"ecr", "DescribeImages", "{'repositoryName': 'shop'}"},
    {"ecr", "ListImages", "{'repositoryName': 'shop'}"},
    {"ecr", "BatchGetImage", "{'repositoryName': 'shop', 'imageIds': [{'imageTag': 'v1'}, {'imageTag': 'v2'}]}"},
    {"ecr", "PutImage", "{'repositoryName': 'shop', 'imageManifest': '{}', 'imageTag': 'v2'}"},
    {"ecr", "DescribeImageReplicationStatus", "{'repositoryName': 'shop', 'imageId': {'imageTag': 'v2'}}"},
    {"ecr", "DescribeRegistry", "{}"},
    {"lambda", "Invoke", "{'FunctionName': 'hello'}"},
    {"lambda", "GetFunction", "{'FunctionName': 'hello'}"},
    {"lambda", "GetFunctionConfiguration", "{'FunctionName': 'hello', 'Qualifier': 'live'}"},
    {"lambda", "ListFunctions", "{}"},
    {"lambda", "ListVersionsByFunction", "{'FunctionName': 'hello'}"},
    {"lambda", "ListAliases", "{'FunctionName': 'hello'}"},
    {"lambda", "GetAlias", "{'FunctionName': 'hello', 'Name': 'live'}"},
    {"lambda", "PublishVersion", "{'FunctionName': 'hello'}"},
    {"lambda", "GetFunctionConcurrency", "{'FunctionName': 'hello'}"},
};

static void what_computes_answers_in_its_models_words(void **state)
{
    (void)state;
    struct dr_simulated world;
    dr_simulated_open(&world, WORLD);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        check_call(&world, calls[i].service, calls[i].operation, calls[i].input);
        dr_simulated_wait(&world, 7); /* in the middle of what the last one began */
    }
    /* What has an ARN or an id of its own. */
    json_t *tasks = dr_simulated_expect(&world, WEST, "ecs", "ListTasks", "{'cluster': 'shop'}", NULL);
    char *text = dr_format("{'cluster': 'shop', 'tasks': ['%s', 'none'], 'include': ['TAGS']}",
                           dr_simulated_text(tasks, "/taskArns/0"));
    check_call(&world, "ecs", "DescribeTasks", text);
    free(text);
    text = dr_format("{'cluster': 'shop', 'task': '%s'}", dr_simulated_text(tasks, "/taskArns/0"));
    check_call(&world, "ecs", "StopTask", text);
    free(text);
    json_decref(tasks);
    json_t *groups = dr_simulated_expect(&world, WEST, "elbv2", "DescribeTargetGroups", "{'Names': ['shop']}", NULL);
    text = dr_format("{'TargetGroupArn': '%s'}", dr_simulated_text(groups, "/TargetGroups/0/TargetGroupArn"));
    check_call(&world, "elbv2", "DescribeTargetHealth", text);
    check_call(&world, "elbv2", "DescribeTargetGroupAttributes", text);
    free(text);
    text = dr_format("{'ResourceArns': ['%s']}", dr_simulated_text(groups, "/TargetGroups/0/TargetGroupArn"));
    check_call(&world, "elbv2", "DescribeTags", text);
    free(text);
    json_decref(groups);
    json_t *listeners = dr_simulated_expect(&world, WEST, "elbv2", "DescribeListeners", "{}", NULL);
    text = dr_format("{'ListenerArn': '%s'}", dr_simulated_text(listeners, "/Listeners/0/ListenerArn"));
    check_call(&world, "elbv2", "DescribeRules", text);
    free(text);
    json_decref(listeners);
    dr_simulated_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_an_operation_of_its_model),
        cmocka_unit_test(what_computes_answers_in_its_models_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

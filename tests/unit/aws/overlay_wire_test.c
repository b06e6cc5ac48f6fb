/* What overlays add goes over the wire as AWS's pages say: requests of added operations and members, endpoints of added
 * services. */
#include "interpreter/base/text.h"
#include "providers/aws/endpoint/endpoint.h"
#include "providers/aws/model/find.h"
#include "providers/aws/protocol/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dr_aws_models *models;

/* Only what is bundled: what else is installed on a machine must not decide a test. */
static int open_models(void **state)
{
    (void)state;
    struct dr_arena *arena = dr_arena_new();
    const char *none[] = {NULL};
    struct dr_aws_finder *finder = dr_aws_finder_new(arena, &(struct dr_aws_finder_options){.folders = none});
    const char *folders[] = {dr_aws_finder_bundled(finder), NULL};
    assert_non_null(folders[0]);
    models = dr_aws_models_new(&(struct dr_aws_models_options){.folders = folders});
    dr_arena_free(arena);
    return 0;
}

static int close_models(void **state)
{
    (void)state;
    dr_aws_models_free(models);
    return 0;
}

static const struct dr_aws_operation *find(const char *service, const char *name)
{
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(models, service, &problem);
    if (!model)
        fail_msg("%s", problem);
    const struct dr_aws_operation *operation = dr_aws_model_operation(model, name);
    if (!operation)
        fail_msg("%s has no %s", service, name);
    return operation;
}

static const struct {
    const char *service, *operation, *input;
    const char *line;   /* method, path and query */
    const char *header; /* "name: value"; NULL: not looked at */
    const char *body;
} requests[] = {
    {"rds", "SwitchoverGlobalCluster",
     "{\"GlobalClusterIdentifier\":\"shop\",\"TargetDbClusterIdentifier\":\"arn:aws:rds:us-west-2:1:cluster:shop\"}",
     "POST /", NULL,
     "Action=SwitchoverGlobalCluster&Version=2014-10-31&GlobalClusterIdentifier=shop&TargetDbClusterIdentifier=arn%3A"
     "aws%3Ards%3Aus-west-2%3A1%3Acluster%3Ashop"},
    {"rds", "FailoverGlobalCluster",
     "{\"GlobalClusterIdentifier\":\"shop\",\"TargetDbClusterIdentifier\":\"c\",\"AllowDataLoss\":true}", "POST /",
     NULL,
     "Action=FailoverGlobalCluster&Version=2014-10-31&GlobalClusterIdentifier=shop&TargetDbClusterIdentifier=c&"
     "AllowDataLoss=true"},
    {"docdb", "SwitchoverGlobalCluster", "{\"GlobalClusterIdentifier\":\"g\",\"TargetDbClusterIdentifier\":\"c\"}",
     "POST /", NULL,
     "Action=SwitchoverGlobalCluster&Version=2014-10-31&GlobalClusterIdentifier=g&TargetDbClusterIdentifier=c"},
    {"sqs", "StartMessageMoveTask", "{\"SourceArn\":\"a\",\"MaxNumberOfMessagesPerSecond\":5}", "POST /", NULL,
     "Action=StartMessageMoveTask&Version=2012-11-05&SourceArn=a&MaxNumberOfMessagesPerSecond=5"},
    {"arc-region-switch", "StartPlanExecution",
     "{\"planArn\":\"p\",\"targetRegion\":\"us-west-2\",\"action\":\"activate\",\"mode\":\"ungraceful\"}", "POST /",
     "X-Amz-Target: ArcRegionSwitch.StartPlanExecution",
     "{\"planArn\":\"p\",\"targetRegion\":\"us-west-2\",\"action\":\"activate\",\"mode\":\"ungraceful\"}"},
    {"dsql", "DeleteCluster", "{\"identifier\":\"abc\",\"clientToken\":\"t\"}", "DELETE /cluster/abc?client-token=t",
     NULL, ""},
    {"dsql", "UpdateCluster", "{\"identifier\":\"abc\",\"deletionProtectionEnabled\":false,\"clientToken\":\"t\"}",
     "POST /cluster/abc", NULL, "{\"deletionProtectionEnabled\":false,\"clientToken\":\"t\"}"},
    {"ecs", "StopServiceDeployment", "{\"serviceDeploymentArn\":\"d\",\"stopType\":\"ROLLBACK\"}", "POST /",
     "X-Amz-Target: AmazonEC2ContainerServiceV20141113.StopServiceDeployment",
     "{\"serviceDeploymentArn\":\"d\",\"stopType\":\"ROLLBACK\"}"},
    {"dynamodb", "UpdateTable", "{\"TableName\":\"t\",\"MultiRegionConsistency\":\"STRONG\"}", "POST /",
     "X-Amz-Target: DynamoDB_20120810.UpdateTable", "{\"TableName\":\"t\",\"MultiRegionConsistency\":\"STRONG\"}"},
    {"s3", "PutObject", "{\"Bucket\":\"b\",\"Key\":\"k\",\"IfNoneMatch\":\"*\",\"Body\":\"x\"}", "PUT /b/k",
     "If-None-Match: *", "x"},
    {"arc-zonal-shift", "UpdateZonalAutoshiftConfiguration",
     "{\"resourceIdentifier\":\"r\",\"zonalAutoshiftStatus\":\"ENABLED\"}", "PUT /managedresources/r", NULL,
     "{\"zonalAutoshiftStatus\":\"ENABLED\"}"},
    {"mq", "Promote", "{\"BrokerId\":\"b\",\"Mode\":\"FAILOVER\"}", "POST /v1/brokers/b/promote", NULL,
     "{\"mode\":\"FAILOVER\"}"},
    {"stepfunctions", "RedriveExecution", "{\"executionArn\":\"e\",\"clientToken\":\"t\"}", "POST /",
     "X-Amz-Target: AWSStepFunctions.RedriveExecution", "{\"executionArn\":\"e\",\"clientToken\":\"t\"}"},
    {"route53", "UpdateHostedZoneFeatures", "{\"HostedZoneId\":\"Z1\",\"EnableAcceleratedRecovery\":true}",
     "POST /2013-04-01/hostedzone/Z1/features", NULL,
     "<UpdateHostedZoneFeaturesRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"
     "<EnableAcceleratedRecovery>true</EnableAcceleratedRecovery></UpdateHostedZoneFeaturesRequest>"},
    {"efs", "UpdateFileSystemProtection", "{\"FileSystemId\":\"fs-1\",\"ReplicationOverwriteProtection\":\"DISABLED\"}",
     "PUT /2015-02-01/file-systems/fs-1/protection", NULL, "{\"ReplicationOverwriteProtection\":\"DISABLED\"}"},
    {"account", "EnableRegion", "{\"RegionName\":\"af-south-1\"}", "POST /enableRegion", NULL,
     "{\"RegionName\":\"af-south-1\"}"},
    {"ec2", "LockSnapshot", "{\"SnapshotId\":\"snap-1\",\"LockMode\":\"governance\",\"LockDuration\":7}", "POST /",
     NULL, "Action=LockSnapshot&Version=2016-11-15&SnapshotId=snap-1&LockMode=governance&LockDuration=7"},
};

static void requests_are_as_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const struct dr_aws_operation *operation = find(requests[i].service, requests[i].operation);
        json_t *input = dr_json_parse(requests[i].input, strlen(requests[i].input), NULL);
        struct dr_aws_request request = {0};
        char *problem = NULL;
        if (!dr_aws_serialize(operation, input, &(struct dr_aws_serialize_options){0}, &request, &problem))
            fail_msg("%s %s: %s", requests[i].service, requests[i].operation, problem);
        char *line = dr_format("%s %s%s%s", request.method, request.path, *request.query ? "?" : "", request.query);
        assert_string_equal(line, requests[i].line);
        char *body = dr_copy_bytes(request.body ? request.body : "", request.body_size);
        assert_string_equal(body, requests[i].body);
        const char *colon = requests[i].header ? strchr(requests[i].header, ':') : NULL;
        if (colon) {
            char *name = dr_copy_bytes(requests[i].header, (size_t)(colon - requests[i].header));
            const char *value = dr_aws_headers_find(request.headers.items, request.headers.count, name);
            assert_non_null(value);
            assert_string_equal(value, colon + 2);
            free(name);
        }
        free(line);
        free(body);
        dr_aws_request_done(&request);
        json_decref(input);
    }
}

static const struct {
    const char *service, *operation, *region, *url, *signing_region;
    bool fips;
} endpoints[] = {
    {"dsql", "GetCluster", "us-west-2", "https://dsql.us-west-2.api.aws", NULL, false},
    {"dsql", "GetCluster", "us-west-2", "https://dsql-fips.us-west-2.api.aws", NULL, true},
    {"arc-region-switch", "StartPlanExecution", "us-west-2", "https://arc-region-switch.us-west-2.api.aws", NULL,
     false},
    {"arc-region-switch", "GetPlanInRegion", "us-west-2", "https://arc-region-switch-fips.us-west-2.api.aws", NULL,
     true},
    {"arc-region-switch", "ListPlans", "us-west-2", "https://arc-region-switch-control-plane.us-east-1.api.aws",
     "us-east-1", false},
    {"arc-region-switch", "GetPlan", "us-gov-east-1", "https://arc-region-switch-control-plane.us-gov-west-1.api.aws",
     "us-gov-west-1", false},
};

static void endpoints_are_as_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        const struct dr_aws_operation *operation = find(endpoints[i].service, endpoints[i].operation);
        struct dr_aws_endpoint_settings settings = {
            .region = endpoints[i].region, .fips = endpoints[i].fips, .sts_regional = true};
        struct dr_aws_endpoint endpoint = {0};
        char *problem = NULL;
        json_t *input = json_object();
        if (!dr_aws_endpoint_resolve(operation, input, &settings, &endpoint, &problem))
            fail_msg("%s %s: %s", endpoints[i].service, endpoints[i].operation, problem);
        assert_string_equal(endpoint.url, endpoints[i].url);
        if (endpoints[i].signing_region) {
            assert_non_null(endpoint.signing_region);
            assert_string_equal(endpoint.signing_region, endpoints[i].signing_region);
        }
        dr_aws_endpoint_done(&endpoint);
        json_decref(input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_as_documented),
        cmocka_unit_test(endpoints_are_as_documented),
    };
    return cmocka_run_group_tests(tests, open_models, close_models);
}

/* The public cases of what services' endpoints are, against the bundled models' rule sets: the parameters straight into
 * the rule set, and the same as a call with its input. Rule sets that are older than the cases fail some: those are in
 * endpoint_exceptions.txt, and not one more. */
#include "tests/support/lab.h"
#include "tests/unit/aws/endpoint_support.h"

#include "providers/aws/model/model.h"

#include <unistd.h>

struct exceptions {
    struct exception {
        char service[64];
        size_t first, last;

    } * items;
    size_t count;
};

/* Lines "service: 1-3, 7: reason". */
static struct exceptions read_exceptions(const char *path)
{
    struct exceptions found = {0};
    FILE *file = fopen(path, "re");
    char line[4096];
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':'), *end = colon ? strchr(colon + 1, ':') : NULL;
        if (*line == '#' || !end)
            continue;
        *end = '\0';
        assert_true(strlen(end + 1) > 10); /* a reason */
        for (char *at = colon + 1; *at;) {
            struct exception one = {.first = strtoul(at, &at, 10)};
            snprintf(one.service, sizeof one.service, "%.*s", (int)(colon - line), line);
            one.last = *at == '-' ? strtoul(at + 1, &at, 10) : one.first;
            found.items = dr_resize(found.items, found.count + 1, sizeof *found.items);
            found.items[found.count++] = one;
            at += strspn(at, ", ");
        }
    }
    fclose(file);
    return found;
}

static bool is_exception(const struct exceptions *exceptions, const char *service, size_t number)
{
    for (size_t i = 0; i < exceptions->count; i++)
        if (strcmp(exceptions->items[i].service, service) == 0 && number >= exceptions->items[i].first &&
            number <= exceptions->items[i].last)
            return true;
    return false;
}

static struct dr_aws_models *open_bundled(void)
{
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(size > 0);
    self[size] = '\0';
    *strrchr(self, '/') = '\0';
    char *folder = dr_format("%s/../share/drrun/models", self), *index = dr_format("%s/index", folder);
    const char *const folders[] = {folder, NULL};
    struct dr_aws_models *models =
        access(index, R_OK) == 0 ? dr_aws_models_new(&(struct dr_aws_models_options){.folders = folders}) : NULL;
    free(folder);
    free(index);
    return models;
}

static bool flag(const json_t *given, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(given, name);
    return value ? json_is_true(value) : otherwise;
}

/* The case as a call: its built-in parameters are settings. NULL: as expected, or the case is not about a call. */
static char *compare_call(const struct dr_aws_model *model, const json_t *one)
{
    const json_t *call = json_array_get(json_object_get(one, "operationInputs"), 0);
    const json_t *given = json_object_get(call, "builtInParams"), *expect = json_object_get(one, "expect");
    const char *name = json_string_value(json_object_get(call, "operationName"));
    const struct dr_aws_operation *operation = name ? dr_aws_model_operation(model, name) : NULL;
    if (!operation)
        return NULL;
    const char *account = json_string_value(json_object_get(given, "AWS::Auth::AccountId"));
    const char *url = json_string_value(json_object_get(json_object_get(expect, "endpoint"), "url"));
    const char *mode = json_string_value(json_object_get(given, "AWS::Auth::AccountIdEndpointMode"));
    if (mode && strcmp(mode, "preferred") != 0)
        return NULL; /* drrun has no such setting */
    bool session_auth = strcmp(model->name, "s3") == 0 && url && strstr(url, "s3express") &&
                        !json_is_true(json_object_get(json_object_get(one, "params"), "DisableS3ExpressSessionAuth"));
    if (json_is_true(json_object_get(given, "AWS::S3::UseGlobalEndpoint")) || session_auth)
        return NULL; /* nor these, on purpose: see resolve.c */
    struct dr_aws_endpoint_settings settings = {
        .region = json_string_value(json_object_get(given, "AWS::Region")),
        .configured_url = json_string_value(json_object_get(given, "SDK::Endpoint")),
        .fips = flag(given, "AWS::UseFIPS", false),
        .dualstack = flag(given, "AWS::UseDualStack", false),
        .s3_path_style = flag(given, "AWS::S3::ForcePathStyle", false),
        .s3_accelerate = flag(given, "AWS::S3::Accelerate", false),
        .s3_use_arn_region = flag(given, "AWS::S3::UseArnRegion", true),
        .s3_disable_multiregion = flag(given, "AWS::S3::DisableMultiRegionAccessPoints", false),
        .sts_regional = !flag(given, "AWS::STS::UseGlobalEndpoint", false),
        .account_id = account,
    };
    const char *bucket = json_string_value(json_object_get(json_object_get(call, "operationParams"), "Bucket"));
    if ((settings.configured_url && (settings.fips || settings.dualstack)) ||
        (settings.s3_path_style && (settings.s3_accelerate || (bucket && strncmp(bucket, "arn:", 4) == 0))))
        return NULL; /* the rule sets refuse these together; a call takes the one that makes sense */
    struct dr_aws_endpoint endpoint = {0};
    char *problem = NULL, *wrong = NULL;
    if (!dr_aws_endpoint_resolve(operation, json_object_get(call, "operationParams"), &settings, &endpoint, &problem)) {
        if (url)
            wrong = dr_format("a call to %s expected %s, got %s", name, url, problem);
    } else if (!url || strncmp(endpoint.url, url, strlen(endpoint.url)) != 0) {
        wrong = dr_format("a call to %s expected %s, got %s", name, url ? url : "an error", endpoint.url);
    } else if (!endpoint.signing_name || !endpoint.signing_region) {
        wrong = dr_format("a call to %s has no signing name or Region", name);
    }
    free(problem);
    dr_aws_endpoint_done(&endpoint);
    return wrong;
}

struct tally {
    unsigned good, excepted, calls, wrong;
};

static void check_service(struct dr_aws_models *models, const char *service, const json_t *cases,
                          const struct exceptions *exceptions, struct tally *tally)
{
    char *problem = NULL;
    const struct dr_aws_model *model = dr_aws_models_find(models, service, &problem);
    const json_t *rules = model ? dr_aws_model_endpoint_rules(model) : NULL, *one;
    size_t i;
    free(problem);
    json_array_foreach(cases, i, one)
    {
        char *wrong =
            rules ? compare_case(rules, dr_aws_models_partitions(models), one) : dr_copy_string("no rule set");
        bool listed = is_exception(exceptions, service, i);
        if (!wrong && !listed) {
            tally->calls += json_array_size(json_object_get(one, "operationInputs")) > 0;
            wrong = compare_call(model, one);
        }
        if ((wrong != NULL) != listed) {
            print_message("%s: %zu: %s\n", service, i, wrong ? wrong : "passes, although it is listed as an exception");
            tally->wrong++;
        }
        tally->good += !wrong;
        tally->excepted += listed;
        free(wrong);
    }
}

static void test_public_cases_of_services(void **state)
{
    (void)state;
    char *root = dr_lab_vectors("aws-endpoints/services");
    DIR *folder = root ? opendir(root) : NULL;
    struct dr_aws_models *models = open_bundled();
    if (!folder || !models) {
        free(root);
        dr_aws_models_free(models);
        if (folder)
            closedir(folder);
        print_message("the public endpoint cases (DRRUN_VECTORS) or the bundled models are not here\n");
        skip();
    }
    struct exceptions exceptions = read_exceptions("tests/unit/aws/endpoint_exceptions.txt");
    struct tally tally = {0};
    for (const struct dirent *entry; (entry = readdir(folder));) {
        const char *dot = strstr(entry->d_name, ".json");
        if (!dot)
            continue;
        char *path = dr_format("%s/%s", root, entry->d_name);
        char *service = dr_copy_bytes(entry->d_name, (size_t)(dot - entry->d_name));
        json_t *file = dr_lab_load(path);
        check_service(models, service, json_object_get(file, "testCases"), &exceptions, &tally);
        json_decref(file);
        free(service);
        free(path);
    }
    closedir(folder);
    print_message("%u cases as expected (%u of them as calls too), %u exceptions\n", tally.good, tally.calls,
                  tally.excepted);
    free(exceptions.items);
    free(root);
    dr_aws_models_free(models);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.good + tally.excepted >= 2414);
}

/* What is right today although the rule sets of 2022 have it otherwise. */
static void test_services_with_one_home(void **state)
{
    (void)state;
    static const struct {
        const char *service, *region, *url, *signing_region;
    } cases[] = {
        {"route53-recovery-control-config", "us-east-1",
         "https://route53-recovery-control-config.us-west-2.amazonaws.com", "us-west-2"},
        {"route53-recovery-control-config", "us-west-2",
         "https://route53-recovery-control-config.us-west-2.amazonaws.com", "us-west-2"},
        {"route53-recovery-control-config", "aws-global",
         "https://route53-recovery-control-config.us-west-2.amazonaws.com", "us-west-2"},
        {"route53-recovery-control-config", "us-gov-east-1",
         "https://route53-recovery-control-config.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
        {"support", "eu-west-1", "https://support.us-east-1.amazonaws.com", "us-east-1"},
        {"route53", "eu-west-1", "https://route53.amazonaws.com", "us-east-1"},
        {"iam", "cn-north-1", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {"sts", "eu-west-1", "https://sts.eu-west-1.amazonaws.com", "eu-west-1"},
        {"route53-recovery-cluster", "eu-west-1", "https://route53-recovery-cluster.eu-west-1.amazonaws.com",
         "eu-west-1"},
    };
    struct dr_aws_models *models = open_bundled();
    if (!models) {
        print_message("the bundled models are not here\n");
        skip();
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *problem = NULL;
        const struct dr_aws_model *model = dr_aws_models_find(models, cases[i].service, &problem);
        assert_non_null(model);
        struct dr_aws_endpoint endpoint;
        struct dr_aws_endpoint_settings settings = {.region = cases[i].region, .sts_regional = true};
        const struct dr_aws_operation *operation = dr_aws_model_operation(model, model->operation_names[0]);
        assert_true(dr_aws_endpoint_resolve(operation, NULL, &settings, &endpoint, &problem));
        assert_string_equal(endpoint.url, cases[i].url);
        assert_string_equal(endpoint.signing_region, cases[i].signing_region);
        dr_aws_endpoint_done(&endpoint);
    }
    dr_aws_models_free(models);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_public_cases_of_services),
                                       cmocka_unit_test(test_services_with_one_home)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

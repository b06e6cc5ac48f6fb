/* The credentials: every source with its failures, roles, and what is kept for how long; in virtual time, with scripted
 * servers and processes. */
#include "providers/aws/credentials/credentials.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/runtime/virtual.h"
#include "providers/aws/client/client.h"
#include "providers/aws/credentials/source.h"
#include "providers/aws/credentials/token_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MINUTE_MS = 60000, HOUR_MS = 3600000, START = 1767225600 /* 2026-01-01T00:00:00Z */ };

/* --- A world -------------------------------------------------------------------------------------------------------
 */

static json_t *variables;
static char folder[] = "/tmp/drrun-credentials-XXXXXX";
static struct dr_runtime *runtime;
static struct dr_runtime_ops ops; /* the virtual runtime's, but it says that it is real */
static struct dr_aws *aws;
static struct dr_text seen; /* "METHOD URL[ header: value]...[ scope][ body]\n" for each request, "PROGRAM|ARG|...\n" */

struct reply {
    const char *to; /* what the line in `seen` contains; each is used once, the last that fits stays */
    int status;     /* 0: it cannot be reached; -1: it does not answer */
    const char *body;
    int exit_status; /* of a process */
    const char *errors;
};
static const struct reply *replies;
static size_t reply_count;
static bool used[64];

static const char *environment(const char *name)
{
    return json_string_value(json_object_get(variables, name));
}

static void set(const char *name, const char *value)
{
    json_object_set_new(variables, name, json_string(value));
}

static char *path_of(const char *name)
{
    return dr_format("%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static const struct reply *reply_to(const char *line)
{
    const struct reply *last = NULL;
    for (size_t i = 0; i < reply_count; i++)
        if (strstr(line, replies[i].to)) {
            last = &replies[i];
            if (!used[i]) {
                used[i] = true;
                break;
            }
        }
    return last;
}

static bool answer_http(void *data, const struct dr_http_request *request, int64_t now_ms,
                        struct dr_http_response *ret_response, int64_t *ret_delay_ms)
{
    (void)data, (void)now_ms;
    size_t start = seen.size;
    dr_text_printf(&seen, "%s %s", request->method, request->url);
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name, *value = request->headers[i].value;
        const char *scope = strstr(value, "Credential=");
        if (strncasecmp(name, "x-aws-ec2", 9) == 0 || strncasecmp(name, "x-amz-sso", 9) == 0 ||
            (strcasecmp(name, "authorization") == 0 && !scope))
            dr_text_printf(&seen, " %s: %s", name, value);
        else if (scope)
            dr_text_printf(&seen, " by %.*s", (int)strcspn(scope + 11, ","), scope + 11);
        else if (strcasecmp(name, "x-amz-security-token") == 0)
            dr_text_printf(&seen, " session %s", value);
    }
    if (request->body_size > 0)
        dr_text_printf(&seen, " %.*s", (int)request->body_size, request->body);
    dr_text_putc(&seen, '\n');
    const struct reply *reply = reply_to(seen.bytes + start);
    if (!reply)
        fail_msg("nothing answers: %s", seen.bytes + start);
    *ret_delay_ms = reply->status < 0 ? INT64_MAX : 1;
    if (reply->status < 0)
        ret_response->reach = DR_REACH_SENT;
    else if (reply->status == 0)
        ret_response->problem = "Connection refused";
    else {
        ret_response->reach = DR_REACH_ANSWER;
        ret_response->status = reply->status;
        ret_response->body = reply->body ? reply->body : "";
        ret_response->body_size = strlen(ret_response->body);
    }
    return true;
}

static bool answer_process(void *data, const struct dr_process_request *request, int64_t now_ms,
                           struct dr_process_result *ret_result, int64_t *ret_delay_ms)
{
    (void)data, (void)now_ms;
    size_t start = seen.size;
    for (const char *const *word = request->argv; *word; word++)
        dr_text_printf(&seen, "%s%s", word == request->argv ? "" : "|", *word);
    dr_text_putc(&seen, '\n');
    const struct reply *reply = reply_to(seen.bytes + start);
    if (!reply)
        fail_msg("nothing answers: %s", seen.bytes + start);
    *ret_delay_ms = reply->status < 0 ? INT64_MAX : 1;
    if (reply->status == 0)
        ret_result->problem = "nosuch: No such file or directory";
    ret_result->exit_status = reply->exit_status;
    ret_result->output = reply->body ? reply->body : "";
    ret_result->output_size = strlen(ret_result->output);
    ret_result->errors = reply->errors ? reply->errors : "";
    ret_result->errors_size = strlen(ret_result->errors);
    return true;
}

static bool is_real(const struct dr_runtime *self)
{
    (void)self;
    return false;
}

/* --- The services that are called, in as much of their models as is needed -------------------------------------------
 */

static const char sts_model[] =
    "{'metadata':{'apiVersion':'2011-06-15','endpointPrefix':'sts','protocol':'query','serviceId':'STS',"
    "'signatureVersion':'v4','xmlNamespace':'https://sts.amazonaws.com/doc/2011-06-15/'},'operations':{"
    "'AssumeRole':{'name':'AssumeRole','http':{'method':'POST','requestUri':'/'},'input':{'shape':'In'},"
    "'output':{'shape':'Out','resultWrapper':'AssumeRoleResult'}},"
    "'AssumeRoleWithWebIdentity':{'name':'AssumeRoleWithWebIdentity','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'In'},'output':{'shape':'Out','resultWrapper':'AssumeRoleWithWebIdentityResult'},"
    "'authtype':'none'}},"
    "'shapes':{'In':{'type':'structure','members':{'RoleArn':{'shape':'S'},'RoleSessionName':{'shape':'S'},"
    "'ExternalId':{'shape':'S'},'SerialNumber':{'shape':'S'},'TokenCode':{'shape':'S'},'DurationSeconds':{'shape':"
    "'I'},'WebIdentityToken':{'shape':'S'}}},"
    "'Out':{'type':'structure','members':{'Credentials':{'shape':'C'},'AssumedRoleUser':{'shape':'U'}}},"
    "'C':{'type':'structure','members':{'AccessKeyId':{'shape':'S'},'SecretAccessKey':{'shape':'S'},"
    "'SessionToken':{'shape':'S'},'Expiration':{'shape':'T'}}},"
    "'U':{'type':'structure','members':{'Arn':{'shape':'S'}}},"
    "'S':{'type':'string'},'I':{'type':'integer'},'T':{'type':'timestamp'}}}";
static const char sso_model[] =
    "{'metadata':{'apiVersion':'2019-06-10','endpointPrefix':'portal.sso','protocol':'rest-json','serviceId':'SSO',"
    "'signatureVersion':'v4'},'operations':{'GetRoleCredentials':{'name':'GetRoleCredentials','http':{'method':'GET',"
    "'requestUri':'/federation/credentials'},'input':{'shape':'In'},'output':{'shape':'Out'},'errors':[{'shape':"
    "'UnauthorizedException'}],'authtype':'none'}},"
    "'shapes':{'In':{'type':'structure','members':{'roleName':{'shape':'S','location':'querystring','locationName':"
    "'role_name'},'accountId':{'shape':'S','location':'querystring','locationName':'account_id'},'accessToken':{"
    "'shape':'S','location':'header','locationName':'x-amz-sso_bearer_token'}}},"
    "'Out':{'type':'structure','members':{'roleCredentials':{'shape':'C'}}},"
    "'C':{'type':'structure','members':{'accessKeyId':{'shape':'S'},'secretAccessKey':{'shape':'S'},'sessionToken':{"
    "'shape':'S'},'expiration':{'shape':'L'}}},"
    "'UnauthorizedException':{'type':'structure','members':{'message':{'shape':'S'}},'error':{'httpStatusCode':401},"
    "'exception':true},'S':{'type':'string'},'L':{'type':'long'}}}";
static const char oidc_model[] =
    "{'metadata':{'apiVersion':'2019-06-10','endpointPrefix':'oidc','protocol':'rest-json','serviceId':'SSO OIDC',"
    "'signatureVersion':'v4'},'operations':{'CreateToken':{'name':'CreateToken','http':{'method':'POST',"
    "'requestUri':'/token'},'input':{'shape':'In'},'output':{'shape':'Out'},'authtype':'none'}},"
    "'shapes':{'In':{'type':'structure','members':{'clientId':{'shape':'S'},'clientSecret':{'shape':'S'},"
    "'grantType':{'shape':'S'},'refreshToken':{'shape':'S'}}},"
    "'Out':{'type':'structure','members':{'accessToken':{'shape':'S'},'refreshToken':{'shape':'S'},'expiresIn':{"
    "'shape':'I'}}},'S':{'type':'string'},'I':{'type':'integer'}}}";

static json_t *parse_quoted(const char *quoted)
{
    char *text = dr_copy_string(quoted), *problem = NULL;
    for (char *at = text; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_t *value = dr_json_parse(text, strlen(text), &problem);
    if (!value)
        fail_msg("%s", problem);
    free(text);
    return value;
}

static void add_model(const char *name, const char *quoted)
{
    json_t *service = parse_quoted(quoted);
    char *problem = NULL;
    if (!dr_aws_models_add(dr_aws_models(aws), name, service, NULL, NULL, &problem))
        fail_msg("%s: %s", name, problem);
    json_decref(service);
}

static const char *const files[] = {".aws/config", ".aws/credentials", ".aws/sso/cache", ".aws/sso", "token"};

static int end(void **state)
{
    (void)state;
    dr_aws_free(aws);
    dr_runtime_free(runtime);
    aws = NULL;
    runtime = NULL;
    dr_text_clear(&seen);
    dr_text_puts(&seen, "");
    replies = NULL;
    reply_count = 0;
    memset(used, 0, sizeof used);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = path_of(files[i]);
        assert_true(remove(path) == 0 || errno == ENOENT);
        free(path);
    }
    return 0;
}

static int begin(void **state)
{
    (void)state;
    json_decref(variables);
    variables = json_object();
    set("HOME", folder);
    set("AWS_ENDPOINT_URL_STS", "http://sts");
    set("AWS_ENDPOINT_URL_SSO", "http://sso");
    set("AWS_ENDPOINT_URL_SSO_OIDC", "http://oidc");
    set("AWS_EC2_METADATA_DISABLED", "true");
    set("AWS_MAX_ATTEMPTS", "1");
    runtime = dr_runtime_virtual_new(1, (int64_t)START * 1000);
    dr_runtime_virtual_answer(runtime, &(struct dr_virtual_script){.http = answer_http, .process = answer_process},
                              NULL);
    ops = *runtime->ops;
    ops.simulates = is_real;
    runtime->ops = &ops;
    aws = dr_aws_new(&(struct dr_aws_options){.environment = environment});
    add_model("sts", sts_model);
    add_model("sso", sso_model);
    add_model("sso-oidc", oidc_model);
    dr_text_puts(&seen, "");
    return 0;
}

static int begin_all(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    char *path = path_of(".aws");
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
    return 0;
}

static int end_all(void **state)
{
    end(state);
    char *path = path_of(".aws");
    assert_int_equal(rmdir(path), 0);
    free(path);
    assert_int_equal(rmdir(folder), 0);
    json_decref(variables);
    dr_text_done(&seen);
    return 0;
}

#define SCRIPT(...)                                                                                                    \
    static const struct reply script[] = {__VA_ARGS__};                                                                \
    replies = script;                                                                                                  \
    reply_count = sizeof script / sizeof *script;                                                                      \
    memset(used, 0, sizeof used)

/* --- Asking ----------------------------------------------------------------------------------------------------------
 */

struct got {
    unsigned times;
    char *key, *token, *account, *problem;
    int64_t expires_ms;
};

static void got_done(struct got *got)
{
    free(got->key);
    free(got->token);
    free(got->account);
    free(got->problem);
    *got = (struct got){0};
}

static void keep(void *data, const struct dr_aws_identity *identity, const char *problem)
{
    struct got *got = data;
    got->times++;
    assert_true(!identity != !problem);
    got->problem = dr_copy_string(problem);
    if (!identity)
        return;
    assert_non_null(identity->secret_access_key);
    got->key = dr_copy_string(identity->access_key_id);
    got->token = dr_copy_string(identity->session_token);
    got->account = dr_copy_string(identity->account_id);
    got->expires_ms = identity->expires_ms;
}

static struct dr_aws_lookup *ask_as(struct got *got, const char *arn, const char *region, bool force)
{
    const struct dr_aws_role role = {.arn = arn, .external_id = arn ? "ext" : NULL, .session_name = "drrun-blue"};
    return dr_aws_credentials_get(dr_aws_credentials(aws), runtime, &role, region, force, keep, got);
}

static void run(const struct got *got)
{
    int64_t limit_ms = dr_runtime_now(runtime) + 10 * MINUTE_MS;
    while (!got->times && dr_runtime_now(runtime) < limit_ms && dr_runtime_wait(runtime, limit_ms))
        ;
    assert_int_equal(got->times, 1);
}

static void get_as(struct got *got, const char *arn, const char *region, bool force)
{
    got_done(got);
    ask_as(got, arn, region, force);
    assert_int_equal(got->times, 0); /* never from within */
    run(got);
}

static void assert_key(const struct got *got, const char *key)
{
    if (got->problem)
        fail_msg("%s", got->problem);
    assert_string_equal(got->key, key);
}

static void advance(int64_t ms)
{
    int64_t until_ms = dr_runtime_now(runtime) + ms;
    while (dr_runtime_now(runtime) < until_ms && dr_runtime_wait(runtime, until_ms))
        ;
}

/* The chain finds this key, and says that it is from there. */
static void finds(const char *key, const char *source)
{
    struct got got = {0};
    get_as(&got, NULL, "us-west-2", false);
    if (got.problem)
        fail_msg("%s", got.problem);
    assert_string_equal(got.key, key);
    assert_string_equal(dr_aws_credentials_source(dr_aws_credentials(aws)), source);
    got_done(&got);
}

/* The chain finds nothing, and this is among the reasons; nothing secret is. */
static void fails(const char *reason)
{
    struct got got = {0};
    get_as(&got, NULL, "us-west-2", false);
    if (!got.problem)
        fail_msg("found %s", got.key);
    if (!strstr(got.problem, reason))
        fail_msg("%s\nis not in: %s", reason, got.problem);
    assert_null(strstr(got.problem, "HIDDEN"));
    assert_null(dr_aws_credentials_source(dr_aws_credentials(aws)));
    got_done(&got);
}

static void saw(const char *text)
{
    if (!strstr(seen.bytes, text))
        fail_msg("%s\nis not in: %s", text, seen.bytes);
}

static unsigned count_seen(const char *text)
{
    unsigned count = 0;
    for (const char *at = seen.bytes; (at = strstr(at, text)); at += strlen(text))
        count++;
    return count;
}

/* --- Keys in the environment and in files
 * ----------------------------------------------------------------------------- */

static void environment_comes_first(void **state)
{
    (void)state;
    write_file(".aws/credentials", "[default]\naws_access_key_id = F\naws_secret_access_key = HIDDEN\n");
    set("AWS_ACCESS_KEY_ID", "E");
    set("AWS_SECRET_ACCESS_KEY", "HIDDEN");
    set("AWS_SESSION_TOKEN", "T");
    set("AWS_ACCOUNT_ID", "123456789012");
    struct got got = {0};
    get_as(&got, NULL, NULL, false);
    assert_key(&got, "E");
    assert_string_equal(got.token, "T");
    assert_string_equal(got.account, "123456789012");
    assert_true(got.expires_ms == INT64_MAX);
    assert_string_equal(dr_aws_credentials_source(dr_aws_credentials(aws)), "environment");
    got_done(&got);
}

static void half_an_environment_is_a_mistake(void **state)
{
    (void)state;
    set("AWS_ACCESS_KEY_ID", "E");
    fails("the AWS credentials cannot be used:\n  environment: AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is "
          "not");
}

static void an_environment_may_expire(void **state)
{
    (void)state;
    set("AWS_ACCESS_KEY_ID", "E");
    set("AWS_SECRET_ACCESS_KEY", "HIDDEN");
    set("AWS_CREDENTIAL_EXPIRATION", "2026-01-01T01:00:00Z");
    struct got got = {0};
    get_as(&got, NULL, NULL, false);
    assert_true(got.expires_ms == (int64_t)START * 1000 + HOUR_MS);
    advance(HOUR_MS);
    get_as(&got, NULL, NULL, false);
    assert_non_null(strstr(got.problem, "the credentials in the environment have expired"));
    got_done(&got);
}

static void a_profile_that_is_named_comes_before_the_environment(void **state)
{
    (void)state;
    write_file(".aws/credentials", "[dev]\naws_access_key_id = F\naws_secret_access_key = HIDDEN\n");
    set("AWS_ACCESS_KEY_ID", "E");
    set("AWS_SECRET_ACCESS_KEY", "HIDDEN");
    set("AWS_PROFILE", "dev"); /* named, but not explicitly: as in the SDKs */
    finds("E", "environment");
    dr_aws_free(aws);
    aws = dr_aws_new(&(struct dr_aws_options){.environment = environment, .profile = "dev"});
    finds("F", "profile dev (credentials file)");
}

static void the_credentials_file_comes_before_the_config(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\naws_access_key_id = C\naws_secret_access_key = HIDDEN\n"
                              "[profile config]\naws_access_key_id = C2\naws_secret_access_key = HIDDEN\n");
    write_file(".aws/credentials", "[default]\naws_access_key_id = F\naws_secret_access_key = HIDDEN\n");
    finds("F", "profile default (credentials file)");
    dr_aws_free(aws);
    set("AWS_PROFILE", "config");
    aws = dr_aws_new(&(struct dr_aws_options){.environment = environment});
    finds("C2", "profile config (config file)");
}

static void half_a_profile_is_a_mistake(void **state)
{
    (void)state;
    write_file(".aws/credentials", "[default]\naws_access_key_id = F\n");
    fails("credentials file: the profile \"default\" in ~/.aws/credentials has an aws_access_key_id without an "
          "aws_secret_access_key");
}

static void a_broken_file_is_told(void **state)
{
    (void)state;
    write_file(".aws/credentials", "[default]\naws_access_key_id = F\naws_secret_access_key HIDDEN\n");
    fails("~/.aws/credentials:3:1: expected \"key = value\"");
}

static void every_source_tells_why_it_has_nothing(void **state)
{
    (void)state;
    struct got got = {0};
    get_as(&got, NULL, NULL, false);
    assert_string_equal(
        got.problem,
        "there are no AWS credentials:\n"
        "  environment: AWS_ACCESS_KEY_ID is not set\n"
        "  role of the profile: the profile \"default\" has no role_arn\n"
        "  web identity: no AWS_WEB_IDENTITY_TOKEN_FILE, and no web_identity_token_file in the profile \"default\"\n"
        "  SSO: neither sso_role_name nor sso_account_id in the profile \"default\"\n"
        "  aws login: the profile \"default\" has no login_session\n"
        "  credentials file: no aws_access_key_id for the profile \"default\" in ~/.aws/credentials (not there)\n"
        "  credential process: no credential_process in the profile \"default\"\n"
        "  config file: no aws_access_key_id for the profile \"default\" in ~/.aws/config (not there)\n"
        "  container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set\n"
        "  instance metadata: switched off by AWS_EC2_METADATA_DISABLED");
    got_done(&got);
}

static void a_login_session_is_the_clis(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\nlogin_session = arn:aws:iam::123456789012:user/x\n");
    fails("credential_process = aws configure export-credentials --profile default --format process");
}

/* --- Processes
 * ---------------------------------------------------------------------------------------------------------- */

#define PROCESS_OUTPUT                                                                                                 \
    "{\"Version\": 1, \"AccessKeyId\": \"P\", \"SecretAccessKey\": \"HIDDEN\", \"SessionToken\": \"T\", "              \
    "\"Expiration\": \"2026-01-01T01:00:00+00:00\"}"

static void a_process_is_started_without_a_shell(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\ncredential_process = get \"a b\" $X 'c;d' -- \\\"\n");
    SCRIPT({"get|a b|$X|c;d|--|\"\n", 200, PROCESS_OUTPUT, 0, NULL});
    finds("P", "profile default (credential_process get)");
}

static void a_process_is_asked_again_before_the_end(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\ncredential_process = get\n");
    SCRIPT({"get", 200, PROCESS_OUTPUT, 0, NULL});
    finds("P", "profile default (credential_process get)");
    advance(44 * MINUTE_MS);
    finds("P", "profile default (credential_process get)");
    assert_int_equal(count_seen("get\n"), 1);
    advance(2 * MINUTE_MS);
    finds("P", "profile default (credential_process get)");
    assert_int_equal(count_seen("get\n"), 2);
}

static void check_process(const char *reason)
{
    write_file(".aws/config", "[default]\ncredential_process = get it\n");
    fails(reason);
    assert_int_equal(count_seen("get|it\n"), 1);
}

static void a_process_may_fail(void **state)
{
    (void)state;
    SCRIPT({"get", 200, "{\"HIDDEN\"", 3, "starting\nlogin has\x1b[31m expired\n\n"});
    check_process("credential process: the credential_process of the profile \"default\", get: exit status 3: login "
                  "has[31m expired");
}

static void a_process_may_be_missing(void **state)
{
    (void)state;
    SCRIPT({"get", 0, NULL, 0, NULL});
    check_process("get: nosuch: No such file or directory");
}

static void a_process_may_print_nonsense(void **state)
{
    (void)state;
    SCRIPT({"get", 200, "HIDDEN", 0, NULL});
    check_process("get: its output is not JSON");
}

static void a_process_may_print_another_version(void **state)
{
    (void)state;
    SCRIPT({"get", 200, "{\"Version\": 2, \"AccessKeyId\": \"P\", \"SecretAccessKey\": \"HIDDEN\"}", 0, NULL});
    check_process("get: of its output, Version is not 1");
}

static void a_process_may_print_half(void **state)
{
    (void)state;
    SCRIPT({"get", 200, "{\"Version\": 1, \"AccessKeyId\": \"P\"}", 0, NULL});
    check_process("get: its output cannot be used: it has no SecretAccessKey");
}

static void a_process_may_print_what_has_expired(void **state)
{
    (void)state;
    SCRIPT({"get", 200,
            "{\"Version\": 1, \"AccessKeyId\": \"P\", \"SecretAccessKey\": \"HIDDEN\", \"Expiration\": "
            "\"2025-12-31T23:59:59Z\"}",
            0, NULL});
    check_process("get: it printed credentials that have expired");
}

static void a_process_may_print_no_time(void **state)
{
    (void)state;
    SCRIPT({"get", 200,
            "{\"Version\": 1, \"AccessKeyId\": \"P\", \"SecretAccessKey\": \"HIDDEN\", \"Expiration\": \"soon\"}", 0,
            NULL});
    check_process("get: its output cannot be used: its Expiration is not a time");
}

static void a_process_may_hang(void **state)
{
    (void)state;
    SCRIPT({"get", -1, NULL, 0, NULL});
    check_process("get, took more than 60 s");
}

static void a_command_line_may_be_broken(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\ncredential_process = get 'it\n");
    fails("the credential_process of the profile \"default\": a quotation mark is not closed");
}

/* --- Containers
 * --------------------------------------------------------------------------------------------------------- */

#define CONTAINER_OUTPUT                                                                                               \
    "{\"AccessKeyId\": \"N\", \"SecretAccessKey\": \"HIDDEN\", \"Token\": \"T\", \"Expiration\": "                     \
    "\"2026-01-01T06:00:00Z\", \"RoleArn\": \"arn\"}"

static void a_relative_uri_is_the_agents(void **state)
{
    (void)state;
    set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x?y=1");
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/other");
    SCRIPT({"GET http://169.254.170.2/v2/credentials/x?y=1\n", 200, CONTAINER_OUTPUT, 0, NULL});
    finds("N", "container");
}

static void a_full_uri_is_asked_with_its_token(void **state)
{
    (void)state;
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://[fd00:ec2::23]:80/v1/credentials");
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of the environment");
    SCRIPT({"Authorization: of the environment\n", 200, CONTAINER_OUTPUT, 0, NULL},
           {"Authorization: of the file\n", 200, CONTAINER_OUTPUT, 0, NULL});
    finds("N", "container");
    char *path = path_of("token");
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    write_file("token", "of the file\n");
    free(path);
    struct got got = {0};
    get_as(&got, NULL, NULL, true);
    assert_key(&got, "N");
    got_done(&got);
    saw("Authorization: of the file\n");
}

static void a_token_file_must_be_readable(void **state)
{
    (void)state;
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/");
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN");
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token");
    fails("container: the authorization token cannot be used: /nowhere/token: No such file or directory");
    assert_string_equal(seen.bytes, "");
}

static void a_token_must_not_smuggle_headers(void **state)
{
    (void)state;
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/");
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN\r\nX: y");
    fails("AWS_CONTAINER_AUTHORIZATION_TOKEN holds a line break");
    assert_string_equal(seen.bytes, "");
}

static const struct {
    const char *url;
    bool asked;
} uris[] = {
    {"http://127.0.0.1:8080/x", true},
    {"http://127.3.2.1/x", true},
    {"http://[::1]:80/x", true},
    {"http://localhost/x", true},
    {"http://LOCALHOST:1/x", true},
    {"http://169.254.170.2/x", true},
    {"http://169.254.170.23", true},
    {"http://[fd00:ec2::23]?x", true},
    {"https://credentials.example/x", true},
    {"HTTPS://1.2.3.4/x", true},
    {"http://169.254.169.254/x", false},
    {"http://169.254.170.3/x", false},
    {"http://[fd00:ec2::24]/x", false},
    {"http://[::2]/x", false},
    {"http://[::1/x", false},
    {"http://example.com/127.0.0.1", false},
    {"http://127.0.0.1.example.com/", false},
    {"http://localhost.example.com/", false},
    {"http://127.0.0.1@example.com/", false},
    {"http://example.com#@127.0.0.1/", false},
    {"http://example.com\\@127.0.0.1/", false},
    {"http://127.1/", false},
    {"http://2130706433/", false},
    {"http:///x", false},
    {"http://", false},
    {"ftp://127.0.0.1/", false},
    {"127.0.0.1", false},
    {"http://127.0.0.1/a b", false},
    {"http://127.0.0.1/\r\nX: y", false},
};

static void plain_http_goes_to_known_hosts_only(void **state)
{
    (void)state;
    SCRIPT({"GET ", 200, CONTAINER_OUTPUT, 0, NULL});
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        struct got got = {0};
        set("AWS_CONTAINER_CREDENTIALS_FULL_URI", uris[i].url);
        set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN");
        dr_text_clear(&seen);
        get_as(&got, NULL, NULL, true);
        if ((got.key != NULL) != uris[i].asked || (seen.size > 0) != uris[i].asked)
            fail_msg("%s: %s", uris[i].url, got.problem ? got.problem : "asked");
        got_done(&got);
    }
}

static void a_container_is_asked_three_times(void **state)
{
    (void)state;
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/");
    SCRIPT({"GET", 500, "", 0, NULL}, {"GET", -1, NULL, 0, NULL}, {"GET", 200, CONTAINER_OUTPUT, 0, NULL});
    finds("N", "container");
    assert_int_equal(count_seen("GET"), 3);
    assert_in_range(dr_runtime_now(runtime) - (int64_t)START * 1000, 2000, 4000); /* one waited 2 s */
}

static void a_container_may_fail_for_good(void **state)
{
    (void)state;
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x");
    SCRIPT({"GET", 0, NULL, 0, NULL});
    fails("container: http://127.0.0.1/x gives none: Connection refused");
    assert_int_equal(count_seen("GET"), 3);
}

static void a_container_that_refuses_is_not_asked_again(void **state)
{
    (void)state;
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x");
    SCRIPT({"GET", 403, "{\"message\": \"no\"}", 0, NULL});
    fails("container: http://127.0.0.1/x gives none: HTTP status 403");
    assert_int_equal(count_seen("GET"), 1);
}

static void a_container_may_answer_nonsense(void **state)
{
    (void)state;
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x");
    SCRIPT({"GET", 200, "<html>HIDDEN", 0, NULL}, {"GET", 200, "[]", 0, NULL},
           {"GET", 200, "{\"SecretAccessKey\":\"HIDDEN\",\"message\":\"not\\nyet\"}", 0, NULL});
    fails("container: the answer of http://127.0.0.1/x is not JSON");
    fails("cannot be used: it is not a JSON object");
    fails("cannot be used: it has no AccessKeyId: not yet");
}

/* --- Instance metadata
 * -------------------------------------------------------------------------------------------------- */

#define IMDS "http://169.254.169.254/latest/"
#define IMDS_ROLE IMDS "meta-data/iam/security-credentials/"
#define IMDS_OUTPUT(until)                                                                                             \
    "{\"Code\": \"Success\", \"Type\": \"AWS-HMAC\", \"AccessKeyId\": \"I\", \"SecretAccessKey\": \"HIDDEN\", "        \
    "\"Token\": \"T\", \"Expiration\": \"" until "\"}"

static void an_instance_is_asked_with_a_session_token(void **state)
{
    (void)state;
    set("AWS_EC2_METADATA_DISABLED", "false");
    SCRIPT({"PUT " IMDS "api/token x-aws-ec2-metadata-token-ttl-seconds: 21600\n", 200, "TOKEN", 0, NULL},
           {"GET " IMDS_ROLE " x-aws-ec2-metadata-token: TOKEN\n", 200, "my-role\nother", 0, NULL},
           {"GET " IMDS_ROLE "my-role x-aws-ec2-metadata-token: TOKEN\n", 200, IMDS_OUTPUT("2026-01-01T06:00:00Z"), 0,
            NULL});
    finds("I", "instance metadata (role my-role)");
}

static void the_metadata_service_may_be_elsewhere(void **state)
{
    (void)state;
    json_object_del(variables, "AWS_EC2_METADATA_DISABLED");
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
    SCRIPT({"PUT http://[fd00:ec2::254]/latest/api/token", 0, NULL, 0, NULL},
           {"PUT http://127.0.0.1:1338/latest/api/token", 0, NULL, 0, NULL});
    fails("instance metadata: http://[fd00:ec2::254] is not there: Connection refused");
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/");
    fails("instance metadata: http://127.0.0.1:1338 is not there: Connection refused");
    assert_int_equal(count_seen("PUT"), 2); /* one attempt each, and version 1 is not tried where nobody is */
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "127.0.0.1");
    fails("AWS_EC2_METADATA_SERVICE_ENDPOINT is not a URL");
}

static void without_session_tokens_version_1_does(void **state)
{
    (void)state;
    json_object_del(variables, "AWS_EC2_METADATA_DISABLED");
    SCRIPT({"PUT", -1, NULL, 0, NULL}, {"GET " IMDS_ROLE "\n", 200, "my-role", 0, NULL},
           {"GET " IMDS_ROLE "my-role\n", 200, IMDS_OUTPUT("2026-01-01T06:00:00Z"), 0, NULL});
    finds("I", "instance metadata (role my-role)");
    assert_in_range(dr_runtime_now(runtime) - (int64_t)START * 1000, 1000, 1500);
}

static void version_1_may_be_switched_off(void **state)
{
    (void)state;
    json_object_del(variables, "AWS_EC2_METADATA_DISABLED");
    set("AWS_EC2_METADATA_V1_DISABLED", "true");
    SCRIPT({"PUT", 403, "", 0, NULL});
    fails("gives no session token, and version 1 is switched off: HTTP status 403");
}

static void an_instance_may_have_no_role(void **state)
{
    (void)state;
    json_object_del(variables, "AWS_EC2_METADATA_DISABLED");
    SCRIPT({"PUT", 200, "TOKEN", 0, NULL}, {"GET", 404, "", 0, NULL}, {"GET", 200, "my-role", 0, NULL},
           {"GET", 200, "{\"Code\": \"AssumeRoleUnauthorizedAccess\", \"Message\": \"EC2 may not\"}", 0, NULL});
    fails("names no role of this instance: it has none");
    fails("the answer for the role my-role cannot be used: AssumeRoleUnauthorizedAccess: EC2 may not");
}

static void an_instance_whose_credentials_have_expired_goes_on(void **state)
{
    (void)state;
    json_object_del(variables, "AWS_EC2_METADATA_DISABLED");
    SCRIPT({"PUT", 200, "TOKEN", 0, NULL}, {"GET " IMDS_ROLE " ", 200, "my-role", 0, NULL},
           {"GET " IMDS_ROLE "my-role", 200, IMDS_OUTPUT("2025-12-31T23:00:00Z"), 0, NULL});
    struct got got = {0};
    get_as(&got, NULL, NULL, false);
    assert_key(&got, "I");
    assert_in_range(got.expires_ms - (int64_t)START * 1000, 17 * MINUTE_MS, 26 * MINUTE_MS);
    got_done(&got);
}

/* --- Roles of profiles
 * -------------------------------------------------------------------------------------------------- */

#define ASSUMED(operation, key, until)                                                                                 \
    "<" operation "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" operation "Result><Credentials>"    \
    "<AccessKeyId>" key "</AccessKeyId><SecretAccessKey>HIDDEN</SecretAccessKey><SessionToken>T</SessionToken>"        \
    "<Expiration>" until "</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/x/y" \
    "</Arn></AssumedRoleUser></" operation "Result></" operation "Response>"
#define STS_ERROR(code, message)                                                                                       \
    "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" message                                  \
    "</Message></Error><RequestId>r</RequestId></ErrorResponse>"
#define BASE "[base]\naws_access_key_id = B\naws_secret_access_key = HIDDEN\n"

static void a_role_is_assumed_with_its_source_profile(void **state)
{
    (void)state;
    set("AWS_PROFILE", "prod");
    write_file(".aws/config", "[profile prod]\nrole_arn = arn:aws:iam::1:role/p\nsource_profile = base\nexternal_id = "
                              "ext\nduration_seconds = 1800\nregion = us-east-1\n");
    write_file(".aws/credentials", BASE);
    SCRIPT({"POST http://sts", 200, ASSUMED("AssumeRole", "R", "2026-01-01T01:00:00Z"), 0, NULL});
    struct got got = {0};
    get_as(&got, NULL, "us-west-2", false);
    assert_key(&got, "R");
    assert_string_equal(got.token, "T");
    assert_string_equal(got.account, "123456789012");
    assert_true(got.expires_ms == (int64_t)START * 1000 + HOUR_MS);
    assert_string_equal(dr_aws_credentials_source(dr_aws_credentials(aws)),
                        "profile prod (role arn:aws:iam::1:role/p)");
    saw("by B/20260101/us-west-2/sts/aws4_request"); /* the Task's Region, not the profile's */
    saw("RoleSessionName=drrun-blue");
    saw("ExternalId=ext");
    saw("DurationSeconds=1800");
    got_done(&got);
}

static void roles_lead_to_roles(void **state)
{
    (void)state;
    set("AWS_PROFILE", "a");
    write_file(".aws/config",
               "[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\nrole_session_name = me"
               "\n[profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = base\n");
    write_file(".aws/credentials", BASE);
    SCRIPT({"role%2Fb", 200, ASSUMED("AssumeRole", "RB", "2026-01-01T01:00:00Z"), 0, NULL},
           {"role%2Fa", 200, ASSUMED("AssumeRole", "RA", "2026-01-01T01:00:00Z"), 0, NULL});
    finds("RA", "profile a (role arn:aws:iam::1:role/a)");
    saw("by B/");
    saw("by RB/");
    saw("RoleSessionName=me");
}

static void a_profile_may_be_its_own_source(void **state)
{
    (void)state;
    write_file(".aws/credentials", "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = default\n"
                                   "aws_access_key_id = B\naws_secret_access_key = HIDDEN\n");
    SCRIPT({"POST http://sts", 200, ASSUMED("AssumeRole", "R", "2026-01-01T01:00:00Z"), 0, NULL});
    finds("R", "profile default (role arn:aws:iam::1:role/a)");
    saw("by B/");
}

static const struct {
    const char *config, *reason;
} mistakes[] = {
    {"[default]\nrole_arn = a\n", "must have either source_profile or credential_source"},
    {"[default]\nrole_arn = a\nsource_profile = b\ncredential_source = Environment\n",
     "must have one of source_profile and credential_source"},
    {"[default]\nrole_arn = a\nsource_profile = b\n", "has source_profile = b, which does not exist"},
    {"[default]\nrole_arn = a\nsource_profile = default\n", "which leads back to it: a loop"},
    {"[default]\nrole_arn = a\nsource_profile = b\n[profile b]\nrole_arn = b\nsource_profile = c\n[profile "
     "c]\nrole_arn "
     "= c\nsource_profile = b\n",
     "the profile \"c\" has source_profile = b, which leads back to it: a loop"},
    {"[default]\nrole_arn = a\ncredential_source = Nowhere\n",
     "credential_source = Nowhere, which is not one of Environment, Ec2InstanceMetadata, EcsContainer"},
    {"[default]\nrole_arn = a\ncredential_source = environment\n",
     "credential_source = environment, which has none: AWS_ACCESS_KEY_ID is not set"},
    {"[default]\nrole_arn = a\nsource_profile = b\nduration_seconds = 1h\n[profile b]\n",
     "duration_seconds that is not a number of 900 to 43200"},
    {"[default]\nrole_arn = a\nsource_profile = b\n[profile b]\nregion = x\n",
     "has source_profile = b, which has no credentials:\n    role of the profile: the profile \"b\" has no role_arn\n"},
    {"[default]\nrole_arn = a\nsource_profile = b\nmfa_serial = arn:mfa\n[profile b]\naws_access_key_id = "
     "B\naws_secret_access_key = HIDDEN\n",
     "the role a needs the code of arn:mfa, and"},
    {"[default]\nweb_identity_token_file = /nowhere\n", "but neither AWS_ROLE_ARN nor role_arn"},
    {"[default]\nweb_identity_token_file = /nowhere\nrole_arn = a\n",
     "web identity: the token cannot be read: /nowhere: No such file or directory"},
    {"[default]\nsso_role_name = r\n", "is set up for SSO, and sso_start_url is missing"},
    {"[default]\nsso_role_name = r\nsso_session = s\n", "there is no section [sso-session s]"},
    {"[default]\nsso_role_name = r\nsso_session = s\n[sso-session s]\nsso_region = x\n",
     "sso_start_url is missing there and in sso-session s"},
    {"[default]\nsso_role_name = r\nsso_region = y\nsso_session = s\n[sso-session s]\nsso_region = x\nsso_start_url = u"
     "\n",
     "sso_region is not the same in the profile \"default\" and in sso-session s"},
    {"[default]\nsso_role_name = r\nsso_account_id = 1\nsso_region = y\nsso_start_url = u\n",
     "there is no SSO session ("},
};

static void mistakes_in_profiles_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        write_file(".aws/config", mistakes[i].config);
        dr_aws_free(aws);
        aws = dr_aws_new(&(struct dr_aws_options){.environment = environment});
        fails(mistakes[i].reason);
    }
    assert_string_equal(seen.bytes, "");
}

static void roles_do_not_lead_to_one_another_for_ever(void **state)
{
    (void)state;
    for (unsigned count = DR_AWS_ROLE_DEPTH_MAX; count <= DR_AWS_ROLE_DEPTH_MAX + 1; count++) {
        struct dr_text config = {0};
        dr_text_puts(&config, "[default]\nrole_arn = a\nsource_profile = p1\n");
        for (unsigned i = 1; i < count; i++)
            dr_text_printf(&config, "[profile p%u]\nrole_arn = a\nsource_profile = p%u\n", i, i + 1);
        dr_text_printf(&config, "[profile p%u]\naws_access_key_id = B\naws_secret_access_key = HIDDEN\n", count);
        write_file(".aws/config", config.bytes);
        dr_text_done(&config);
        dr_aws_free(aws);
        aws = dr_aws_new(&(struct dr_aws_options){.environment = environment});
        add_model("sts", sts_model);
        SCRIPT({"POST http://sts", 200, ASSUMED("AssumeRole", "R", "2026-01-01T01:00:00Z"), 0, NULL});
        if (count == DR_AWS_ROLE_DEPTH_MAX)
            finds("R", "profile default (role a)");
        else
            fails("more than 16 roles lead to one another");
    }
}

static void a_credential_source_stands_for_a_profile(void **state)
{
    (void)state;
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/");
    write_file(".aws/config", "[default]\nrole_arn = arn:aws:iam::1:role/a\ncredential_source = EcsContainer\n");
    SCRIPT({"GET http://127.0.0.1/", 200, CONTAINER_OUTPUT, 0, NULL},
           {"POST http://sts", 200, ASSUMED("AssumeRole", "R", "2026-01-01T01:00:00Z"), 0, NULL});
    finds("R", "profile default (role arn:aws:iam::1:role/a)");
    saw("by N/");
}

static void a_role_may_be_refused(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = base\n");
    write_file(".aws/credentials", BASE);
    SCRIPT({"POST http://sts", 403, STS_ERROR("AccessDenied", "B may not\nassume it"), 0, NULL});
    fails("role of the profile: the profile \"default\": AssumeRole of arn:aws:iam::1:role/a: AccessDenied: B may not "
          "assume it");
}

/* --- Web identity
 * ------------------------------------------------------------------------------------------------------- */

static void a_web_identity_becomes_a_role(void **state)
{
    (void)state;
    char *path = path_of("token");
    set("AWS_WEB_IDENTITY_TOKEN_FILE", path);
    set("AWS_ROLE_ARN", "arn:aws:iam::1:role/w");
    write_file("token", "TOKEN\n");
    SCRIPT({"POST http://sts", 200, ASSUMED("AssumeRoleWithWebIdentity", "W", "2026-01-01T01:00:00Z"), 0, NULL});
    finds("W", "web identity (role arn:aws:iam::1:role/w)");
    saw("WebIdentityToken=TOKEN");
    saw("RoleSessionName=drrun-blue");
    assert_null(strstr(seen.bytes, " by ")); /* not signed */
    free(path);
}

static void a_web_identity_may_be_refused(void **state)
{
    (void)state;
    char *path = path_of("token");
    set("AWS_WEB_IDENTITY_TOKEN_FILE", path);
    set("AWS_ROLE_ARN", "arn:aws:iam::1:role/w");
    set("AWS_ROLE_SESSION_NAME", "me");
    write_file("token", "HIDDEN\n");
    SCRIPT({"RoleSessionName=me", 400, STS_ERROR("InvalidIdentityToken", "No OpenIDConnect provider"), 0, NULL});
    fails("web identity: AssumeRoleWithWebIdentity of arn:aws:iam::1:role/w: InvalidIdentityToken: No OpenIDConnect "
          "provider");
    free(path);
}

/* --- SSO
 * ---------------------------------------------------------------------------------------------------------------- */

#define SSO_PROFILE                                                                                                    \
    "[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = admin\n[sso-session corp]\nsso_region = "      \
    "eu-west-1\nsso_start_url = https://corp.example/start\n"
#define SSO_ROLE                                                                                                       \
    "{\"roleCredentials\": {\"accessKeyId\": \"O\", \"secretAccessKey\": \"HIDDEN\", \"sessionToken\": \"T\", "        \
    "\"expiration\": 1767229200000}}"

static char *sso_file; /* where the token is; the digest is the program's own, which the servers' suite checks */

static void write_token(const char *session, const char *until, const char *more)
{
    char *path = path_of(".aws/sso");
    mkdir(path, 0700);
    free(path);
    path = path_of(".aws/sso/cache");
    mkdir(path, 0700);
    free(path);
    free(sso_file);
    sso_file = dr_aws_token_path(dr_aws_settings(aws), session);
    char *text = dr_format("{\"accessToken\": \"TOKEN\", \"expiresAt\": \"%s\"%s}", until, more);
    write_file(sso_file + strlen(folder) + 1, text);
    free(text);
}

static int end_sso(void **state)
{
    if (sso_file)
        unlink(sso_file);
    free(sso_file);
    sso_file = NULL;
    return end(state);
}

#define REFRESHABLE                                                                                                    \
    ", \"clientId\": \"C\", \"clientSecret\": \"CS\", \"refreshToken\": \"RT\", \"registrationExpiresAt\": "           \
    "\"2026-03-01T00:00:00Z\", \"other\": 1"

static void a_session_gives_a_role(void **state)
{
    (void)state;
    write_file(".aws/config", SSO_PROFILE);
    write_token("corp", "2026-01-01T08:00:00Z", REFRESHABLE);
    SCRIPT({"GET http://sso/federation/credentials?", 200, SSO_ROLE, 0, NULL});
    struct got got = {0};
    get_as(&got, NULL, "us-west-2", false);
    if (got.problem)
        fail_msg("%s", got.problem);
    assert_key(&got, "O");
    assert_string_equal(got.account, "1");
    assert_true(got.expires_ms == (int64_t)START * 1000 + HOUR_MS);
    assert_string_equal(dr_aws_credentials_source(dr_aws_credentials(aws)), "profile default (SSO, role admin in 1)");
    saw("x-amz-sso_bearer_token: TOKEN");
    saw("role_name=admin");
    saw("account_id=1");
    assert_null(strstr(seen.bytes, " by "));
    got_done(&got);
}

static void a_session_of_old_is_found_by_its_url(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\nsso_account_id = 1\nsso_role_name = admin\nsso_region = eu-west-1\n"
                              "sso_start_url = https://corp.example/start\n");
    write_token("https://corp.example/start", "2026-01-01T00:05:00UTC", REFRESHABLE);
    SCRIPT({"GET http://sso/federation/credentials?", 200, SSO_ROLE, 0, NULL});
    finds("O", "profile default (SSO, role admin in 1)"); /* near its end, and never refreshed */
}

static void a_session_near_its_end_is_refreshed(void **state)
{
    (void)state;
    write_file(".aws/config", SSO_PROFILE);
    write_token("corp", "2026-01-01T00:10:00Z", REFRESHABLE);
    SCRIPT({"POST http://oidc/token", 200,
            "{\"accessToken\": \"NEW\", \"refreshToken\": \"RT2\", \"expiresIn\": 28800}", 0, NULL},
           {"x-amz-sso_bearer_token: NEW", 200, SSO_ROLE, 0, NULL});
    finds("O", "profile default (SSO, role admin in 1)");
    saw("\"refreshToken\":\"RT\"");
    saw("\"grantType\":\"refresh_token\"");
    json_t *token = json_load_file(sso_file, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(token, "accessToken")), "NEW");
    assert_string_equal(json_string_value(json_object_get(token, "refreshToken")), "RT2");
    assert_string_equal(json_string_value(json_object_get(token, "expiresAt")), "2026-01-01T08:00:00Z");
    assert_string_equal(json_string_value(json_object_get(token, "clientSecret")), "CS");
    assert_int_equal(json_integer_value(json_object_get(token, "other")), 1);
    json_decref(token);
    struct stat about;
    assert_int_equal(stat(sso_file, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void a_refresh_that_fails_does_no_harm_while_the_token_lasts(void **state)
{
    (void)state;
    write_file(".aws/config", SSO_PROFILE);
    write_token("corp", "2026-01-01T00:10:00Z", REFRESHABLE);
    SCRIPT({"POST http://oidc/token", 400, "{\"error\": \"invalid_grant\"}", 0, NULL},
           {"x-amz-sso_bearer_token: TOKEN", 200, SSO_ROLE, 0, NULL});
    finds("O", "profile default (SSO, role admin in 1)");
}

static void write_others_token(void *data)
{
    (void)data;
    write_token("corp", "2026-01-01T08:00:00Z", REFRESHABLE);
}

static void a_session_that_another_process_has_refreshed_is_taken(void **state)
{
    (void)state;
    write_file(".aws/config", SSO_PROFILE);
    write_token("corp", "2025-12-31T23:00:00Z", REFRESHABLE);
    SCRIPT({"POST http://oidc/token", 400, "{\"error\": \"invalid_grant\"}", 0, NULL},
           {"x-amz-sso_bearer_token: TOKEN", 200, SSO_ROLE, 0, NULL});
    struct got got = {0};
    ask_as(&got, NULL, NULL, false);
    dr_runtime_timer(runtime, dr_runtime_now(runtime) + 1, write_others_token, NULL);
    run(&got);
    assert_key(&got, "O");
    got_done(&got);
}

static void an_expired_session_wants_a_login(void **state)
{
    (void)state;
    write_file(".aws/config", SSO_PROFILE);
    write_token("corp", "2025-12-31T23:00:00Z", "");
    fails("SSO: the SSO session has expired. Run: aws sso login --profile default");
    write_token("corp", "2025-12-31T23:00:00Z", REFRESHABLE);
    SCRIPT({"POST http://oidc/token", 400, "{\"error\": \"invalid_grant\"}", 0, NULL});
    fails("its token cannot be refreshed (");
    fails("Run: aws sso login --profile default");
}

static void a_session_that_was_revoked_wants_a_login(void **state)
{
    (void)state;
    write_file(".aws/config", SSO_PROFILE);
    write_token("corp", "2026-01-01T08:00:00Z", REFRESHABLE);
    SCRIPT({"GET", 401, "{\"message\": \"Session token not found or invalid\", \"__type\": \"UnauthorizedException\"}",
            0, NULL},
           {"GET", 403, "{\"message\": \"No access\", \"__type\": \"ForbiddenException\"}", 0, NULL});
    fails("the SSO session is not valid any more. Run: aws sso login --profile default");
    fails("GetRoleCredentials of admin in 1: ForbiddenException: No access");
}

static void a_token_file_may_be_broken(void **state)
{
    (void)state;
    write_file(".aws/config", SSO_PROFILE);
    write_token("corp", "2026-01-01T08:00:00Z", "");
    write_file(sso_file + strlen(folder) + 1, "{\"accessToken\": \"HIDDEN\"}");
    fails("holds no accessToken with expiresAt). Run: aws sso login --profile default");
}

/* --- Roles of tasks, and what is kept
 * ------------------------------------------------------------------------------------ */

static void set_keys(void)
{
    set("AWS_ACCESS_KEY_ID", "E");
    set("AWS_SECRET_ACCESS_KEY", "HIDDEN");
}

static void a_tasks_role_is_assumed_in_its_region(void **state)
{
    (void)state;
    set_keys();
    set("AWS_REGION", "us-east-1");
    SCRIPT({"POST http://sts", 200, ASSUMED("AssumeRole", "R", "2026-01-01T01:00:00Z"), 0, NULL});
    struct got got = {0};
    get_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", false);
    assert_key(&got, "R");
    saw("by E/20260101/eu-west-3/sts/aws4_request");
    saw("RoleSessionName=drrun-blue");
    saw("ExternalId=ext");
    get_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", false);
    assert_int_equal(count_seen("POST"), 1);
    get_as(&got, "arn:aws:iam::1:role/t", "aws-global", false); /* no Region: the settings' */
    saw("by E/20260101/us-east-1/sts/aws4_request");
    get_as(&got, "arn:aws:iam::1:role/u", "eu-west-3", false);
    assert_int_equal(count_seen("POST"), 3);
    got_done(&got);
}

static void a_tasks_role_may_be_refused(void **state)
{
    (void)state;
    struct got got = {0};
    SCRIPT({"POST http://sts", 403, STS_ERROR("AccessDenied", "no"), 0, NULL});
    get_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", false);
    assert_non_null(strstr(got.problem, "there are no AWS credentials:\n  environment: "));
    set_keys();
    get_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", false);
    assert_string_equal(got.problem, "AssumeRole of arn:aws:iam::1:role/t: AccessDenied: no (sts)");
    got_done(&got);
}

static void many_askers_share_one_lookup(void **state)
{
    (void)state;
    set_keys();
    SCRIPT({"POST http://sts", 200, ASSUMED("AssumeRole", "R", "2026-01-01T01:00:00Z"), 0, NULL});
    struct got got[50] = {0};
    struct dr_aws_lookup *lookups[50];
    for (size_t i = 0; i < 50; i++)
        lookups[i] = ask_as(&got[i], "arn:aws:iam::1:role/t", "eu-west-3", false);
    dr_aws_credentials_cancel(lookups[0]);
    dr_aws_credentials_cancel(lookups[49]);
    run(&got[1]);
    advance(1000);
    assert_int_equal(count_seen("POST"), 1);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(got[i].times, i > 0 && i < 49);
        got_done(&got[i]);
    }
}

static void the_last_asker_who_leaves_ends_the_lookup(void **state)
{
    (void)state;
    set_keys();
    SCRIPT({"POST http://sts", -1, NULL, 0, NULL});
    struct got got = {0};
    struct dr_aws_lookup *lookup = ask_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", false);
    advance(100);
    assert_int_equal(count_seen("POST"), 1);
    dr_aws_credentials_cancel(lookup);
    assert_false(dr_runtime_wait(runtime, INT64_MAX)); /* nothing is under way */
    ask_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", false);
    advance(100);
    assert_int_equal(count_seen("POST"), 2);
    assert_int_equal(got.times, 0); /* end() frees it while it is under way */
}

static void expired_tokens_are_thrown_away(void **state)
{
    (void)state;
    set_keys();
    SCRIPT({"POST http://sts", 200, ASSUMED("AssumeRole", "R1", "2026-01-01T01:00:00Z"), 0, NULL},
           {"POST http://sts", 200, ASSUMED("AssumeRole", "R2", "2026-01-01T01:00:00Z"), 0, NULL});
    struct got got = {0}, other = {0};
    get_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", false);
    assert_key(&got, "R1");
    got_done(&got);
    ask_as(&other, "arn:aws:iam::1:role/t", "eu-west-3", false); /* its answer was on the way */
    get_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", true);
    assert_key(&got, "R2");
    assert_key(&other, "R2");
    got_done(&got);
    got_done(&other);
}

static void an_expired_base_is_renewed_once(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\ncredential_process = get\n");
    SCRIPT({"get", 200, "{\"Version\": 1, \"AccessKeyId\": \"P1\", \"SecretAccessKey\": \"HIDDEN\"}", 0, NULL},
           {"get", 200, "{\"Version\": 1, \"AccessKeyId\": \"P2\", \"SecretAccessKey\": \"HIDDEN\"}", 0, NULL},
           {"by P1", 403, STS_ERROR("ExpiredToken", "expired"), 0, NULL},
           {"by P2", 200, ASSUMED("AssumeRole", "R", "2026-01-01T01:00:00Z"), 0, NULL},
           {"by P2", 403, STS_ERROR("ExpiredTokenException", "expired"), 0, NULL});
    struct got got = {0};
    get_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", false);
    assert_key(&got, "R");
    get_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", true);
    assert_non_null(strstr(got.problem, "ExpiredToken"));
    assert_int_equal(count_seen("get\n"), 3);
    got_done(&got);
}

/* An identity of an hour, asked for again after so many minutes: how often was the process asked, and who waited? */
static void identities_are_renewed_as_in_the_sdks(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\ncredential_process = get\n");
    SCRIPT({"get", 200, PROCESS_OUTPUT, 0, NULL}, {"get", -1, NULL, 0, NULL},
           {"get", 200,
            "{\"Version\": 1, \"AccessKeyId\": \"P2\", \"SecretAccessKey\": \"HIDDEN\", \"Expiration\": "
            "\"2026-01-01T02:00:00Z\"}",
            0, NULL});
    struct got first = {0}, second = {0};
    get_as(&first, NULL, NULL, false);
    got_done(&first);
    advance(46 * MINUTE_MS); /* 14 minutes are left: the first asker renews, the next goes on with what there is */
    ask_as(&first, NULL, NULL, false);
    ask_as(&second, NULL, NULL, false);
    advance(1000);
    assert_int_equal(first.times, 0);
    assert_int_equal(second.times, 1);
    assert_key(&second, "P");
    got_done(&second);
    assert_int_equal(count_seen("get\n"), 2);
    advance(60 * 1000); /* it hangs, fails, and the old one does */
    assert_int_equal(first.times, 1);
    assert_key(&first, "P");
    got_done(&first);
    get_as(&first, NULL, NULL, false); /* not tried again at once */
    assert_key(&first, "P");
    assert_int_equal(count_seen("get\n"), 2);
    advance(4 * MINUTE_MS); /* 9 minutes are left: all wait */
    got_done(&first);
    ask_as(&first, NULL, NULL, false);
    ask_as(&second, NULL, NULL, false);
    run(&first);
    run(&second);
    assert_key(&first, "P2");
    assert_key(&second, "P2");
    assert_int_equal(count_seen("get\n"), 3);
    got_done(&first);
    got_done(&second);
}

static void what_lives_for_minutes_is_not_renewed_by_every_call(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\ncredential_process = get\n");
    SCRIPT({"get", 200,
            "{\"Version\": 1, \"AccessKeyId\": \"P\", \"SecretAccessKey\": \"HIDDEN\", \"Expiration\": "
            "\"2026-01-01T00:08:00Z\"}",
            0, NULL});
    struct got got = {0};
    for (unsigned i = 0; i < 5; i++)
        get_as(&got, NULL, NULL, false);
    assert_int_equal(count_seen("get\n"), 2); /* the second asker has learnt that it does not get better */
    advance(5 * MINUTE_MS);
    get_as(&got, NULL, NULL, false);
    assert_int_equal(count_seen("get\n"), 3);
    got_done(&got);
}

static void a_dead_regions_sts_fails_for_that_region_only(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = base\n");
    write_file(".aws/credentials", BASE);
    SCRIPT({"/us-east-1/", -1, NULL, 0, NULL},
           {"/us-west-2/", 200, ASSUMED("AssumeRole", "R", "2026-01-01T01:00:00Z"), 0, NULL});
    struct got dead = {0}, alive = {0};
    ask_as(&dead, NULL, "us-east-1", false);
    ask_as(&alive, NULL, "us-west-2", false);
    run(&alive);
    assert_key(&alive, "R");
    assert_int_equal(dead.times, 1);
    assert_non_null(dead.problem);
    got_done(&dead);
    got_done(&alive);
}

static void ask_again(void *data, const struct dr_aws_identity *identity, const char *problem)
{
    (void)identity;
    assert_non_null(problem);
    ask_as(data, NULL, NULL, false);
}

static void who_asks_from_within_an_answer_gets_an_answer_of_its_own(void **state)
{
    (void)state;
    const struct dr_aws_role none = {0};
    struct got got = {0};
    dr_aws_credentials_get(dr_aws_credentials(aws), runtime, &none, NULL, false, ask_again, &got);
    run(&got);
    assert_non_null(got.problem);
    got_done(&got);
}

static void a_simulation_touches_nothing(void **state)
{
    (void)state;
    write_file(".aws/credentials", BASE);
    set_keys();
    struct dr_runtime *simulated = dr_runtime_virtual_new(1, 0);
    ops.simulates = simulated->ops->simulates;
    dr_runtime_free(simulated);
    SCRIPT({"POST http://sts", 200, ASSUMED("AssumeRole", "R", "2026-01-01T01:00:00Z"), 0, NULL});
    finds("AKIDSIMULATED", "simulation");
    struct got got = {0};
    get_as(&got, "arn:aws:iam::1:role/t", "eu-west-3", false);
    assert_key(&got, "R");
    saw("by AKIDSIMULATED/");
    got_done(&got);
}

static void session_names_are_fit_for_sts(void **state)
{
    (void)state;
    static const struct {
        const char *execution, *name;
    } names[] = {
        {"drrun-failover-1", "drrun-failover-1"},
        {"a b/c:d", "a-b-c-d"},
        {"a_b+c=d,e.f@g", "a_b+c=d,e.f@g"},
        {"\xc3\xbc\xf0\x9f\x98\x82x", "--x"},
        {"", "--"},
        {"x", "x-"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789",
         "0123456789012345678901234567890123456789012345678901234567890123"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *name = dr_aws_session_name_clean(names[i].execution);
        assert_string_equal(name, names[i].name);
        free(name);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define TEST_SSO(name) cmocka_unit_test_setup_teardown(name, begin, end_sso)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(environment_comes_first),
        TEST(half_an_environment_is_a_mistake),
        TEST(an_environment_may_expire),
        TEST(a_profile_that_is_named_comes_before_the_environment),
        TEST(the_credentials_file_comes_before_the_config),
        TEST(half_a_profile_is_a_mistake),
        TEST(a_broken_file_is_told),
        TEST(every_source_tells_why_it_has_nothing),
        TEST(a_login_session_is_the_clis),
        TEST(a_process_is_started_without_a_shell),
        TEST(a_process_is_asked_again_before_the_end),
        TEST(a_process_may_fail),
        TEST(a_process_may_be_missing),
        TEST(a_process_may_print_nonsense),
        TEST(a_process_may_print_another_version),
        TEST(a_process_may_print_half),
        TEST(a_process_may_print_what_has_expired),
        TEST(a_process_may_print_no_time),
        TEST(a_process_may_hang),
        TEST(a_command_line_may_be_broken),
        TEST(a_relative_uri_is_the_agents),
        TEST(a_full_uri_is_asked_with_its_token),
        TEST(a_token_file_must_be_readable),
        TEST(a_token_must_not_smuggle_headers),
        TEST(plain_http_goes_to_known_hosts_only),
        TEST(a_container_is_asked_three_times),
        TEST(a_container_may_fail_for_good),
        TEST(a_container_that_refuses_is_not_asked_again),
        TEST(a_container_may_answer_nonsense),
        TEST(an_instance_is_asked_with_a_session_token),
        TEST(the_metadata_service_may_be_elsewhere),
        TEST(without_session_tokens_version_1_does),
        TEST(version_1_may_be_switched_off),
        TEST(an_instance_may_have_no_role),
        TEST(an_instance_whose_credentials_have_expired_goes_on),
        TEST(a_role_is_assumed_with_its_source_profile),
        TEST(roles_lead_to_roles),
        TEST(a_profile_may_be_its_own_source),
        TEST(mistakes_in_profiles_are_told),
        TEST(roles_do_not_lead_to_one_another_for_ever),
        TEST(a_credential_source_stands_for_a_profile),
        TEST(a_role_may_be_refused),
        TEST(a_web_identity_becomes_a_role),
        TEST(a_web_identity_may_be_refused),
        TEST_SSO(a_session_gives_a_role),
        TEST_SSO(a_session_of_old_is_found_by_its_url),
        TEST_SSO(a_session_near_its_end_is_refreshed),
        TEST_SSO(a_refresh_that_fails_does_no_harm_while_the_token_lasts),
        TEST_SSO(a_session_that_another_process_has_refreshed_is_taken),
        TEST_SSO(an_expired_session_wants_a_login),
        TEST_SSO(a_session_that_was_revoked_wants_a_login),
        TEST_SSO(a_token_file_may_be_broken),
        TEST(a_tasks_role_is_assumed_in_its_region),
        TEST(a_tasks_role_may_be_refused),
        TEST(many_askers_share_one_lookup),
        TEST(the_last_asker_who_leaves_ends_the_lookup),
        TEST(expired_tokens_are_thrown_away),
        TEST(an_expired_base_is_renewed_once),
        TEST(identities_are_renewed_as_in_the_sdks),
        TEST(what_lives_for_minutes_is_not_renewed_by_every_call),
        TEST(a_dead_regions_sts_fails_for_that_region_only),
        TEST(who_asks_from_within_an_answer_gets_an_answer_of_its_own),
        TEST(a_simulation_touches_nothing),
        TEST(session_names_are_fit_for_sts),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}

/* One request from its bytes to its answer: whose it is, whether it is signed, which faults are in its way, and the
 * operation itself. */
#include "providers/simulated/serve.h"

#include "interpreter/base/text.h"
#include "providers/aws/protocol/parse.h"
#include "providers/aws/protocol/timestamp.h"
#include "providers/aws/signing/verify.h"
#include "providers/simulated/aws_chunks.h"
#include "providers/simulated/cloud_parts.h"
#include "providers/simulated/refusals.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WINDOW_MS (15 * 60 * 1000)
#define HTML                                                                                                           \
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"

/* What is known of a request on its way. */
struct visit {
    struct dr_sim_cloud *cloud;
    const struct dr_sim_request *request;
    const char *known_host;
    struct dr_sim_reply *reply;
    char *region, *signing_name; /* of the signature's scope, or of the host; "" */
    const struct dr_sim_service *service;
    const struct dr_aws_model *model;
    const struct dr_aws_operation *operation; /* NULL: not known yet */
    struct dr_aws_model spoken;               /* what `model` and `operation` are instead when the client speaks JSON */
    struct dr_aws_operation asked;
    struct dr_sim_key key;
    char *request_id;
    int64_t now_ms, wall_ms; /* the cloud's time, and what the client's clock should show */
};

void dr_sim_reply_done(struct dr_sim_reply *reply)
{
    dr_sim_answer_done(&reply->answer);
    *reply = (struct dr_sim_reply){0};
}

static void answer_error(struct visit *visit, int status, const char *code, const char *message)
{
    dr_sim_answer_done(&visit->reply->answer);
    dr_sim_write_error(visit->operation, visit->model, status, code, message, NULL, visit->request_id,
                       &visit->reply->answer);
}

static void answer_nothing(struct visit *visit, enum dr_reach reach, const char *problem)
{
    dr_sim_answer_done(&visit->reply->answer);
    visit->reply->reach = reach;
    visit->reply->problem = problem;
}

/* --- Whose request it is ---------------------------------------------------------------------------------------------
 */

/* The part of a credential scope, "KEY/20261121/us-east-1/rds/aws4_request", from 0. Owned by the caller. */
static char *scope_part(const char *scope, size_t size, unsigned index)
{
    const char *end = scope + size;
    for (; index > 0; index--) {
        const char *slash = memchr(scope, '/', (size_t)(end - scope));
        if (!slash)
            return dr_copy_string("");
        scope = slash + 1;
    }
    const char *slash = memchr(scope, '/', (size_t)(end - scope));
    return dr_copy_bytes(scope, (size_t)((slash ? slash : end) - scope));
}

/* From the Authorization header or the presigned query. */
static bool take_scope(struct visit *visit)
{
    const char *authorization =
        dr_aws_headers_find(visit->request->headers, visit->request->header_count, "Authorization");
    const char *scope = authorization ? strstr(authorization, "Credential=") : NULL;
    if (scope) {
        scope += strlen("Credential=");
        size_t size = strcspn(scope, ", ");
        visit->region = scope_part(scope, size, 2);
        visit->signing_name = scope_part(scope, size, 3);
        return true;
    }
    scope = strstr(visit->request->query, "X-Amz-Credential=");
    if (!scope)
        return false;
    scope += strlen("X-Amz-Credential=");
    struct dr_text plain = {0};
    for (size_t i = 0, size = strcspn(scope, "&"); i < size; i++) {
        bool slash = strncmp(scope + i, "%2F", 3) == 0 || strncmp(scope + i, "%2f", 3) == 0;
        dr_text_putc(&plain, slash ? '/' : scope[i]);
        i += slash ? 2 : 0;
    }
    visit->region = scope_part(plain.bytes ? plain.bytes : "", plain.size, 2);
    visit->signing_name = scope_part(plain.bytes ? plain.bytes : "", plain.size, 3);
    dr_text_done(&plain);
    return true;
}

/* "rds.us-west-2.amazonaws.com", "bucket.s3.us-west-2.amazonaws.com", "route53.amazonaws.com": what is not signed. */
static bool take_host(struct visit *visit, const char *host)
{
    const char *end = strstr(host, ".amazonaws.com");
    if (!end)
        end = strstr(host, ".api.aws");
    if (!end)
        return false;
    const char *region = end;
    while (region > host && region[-1] != '.')
        region--;
    bool has_region = region > host && strchr(region, '-') && strchr(region, '-') < end;
    const char *service_end = has_region ? region - 1 : end, *service = service_end;
    while (service > host && service[-1] != '.')
        service--;
    visit->region = has_region ? dr_copy_bytes(region, (size_t)(end - region)) : dr_copy_string("us-east-1");
    visit->signing_name = dr_copy_bytes(service, (size_t)(service_end - service));
    return true;
}

static const struct dr_aws_model *open_model(struct dr_sim_cloud *cloud, const char *name)
{
    char *problem = NULL;
    const struct dr_aws_model *model = cloud->models ? dr_aws_models_find(cloud->models, name, &problem) : NULL;
    free(problem);
    return model;
}

/* An unsigned request (sts:AssumeRoleWithWebIdentity) to an address that says nothing: by what it asks for. */
static bool take_form(struct visit *visit)
{
    const struct dr_sim_request *request = visit->request;
    const char *target = dr_aws_headers_find(request->headers, request->header_count, "X-Amz-Target");
    const struct dr_sim_service *const *services = dr_sim_services();
    char *body = dr_copy_bytes(request->body, request->body_size);
    for (size_t i = 0; services[i] && !visit->signing_name; i++) {
        const struct dr_aws_model *model = open_model(visit->cloud, services[i]->name);
        if (!model)
            continue;
        char *version = dr_format("Version=%s", model->api_version);
        size_t prefix = model->target_prefix ? strlen(model->target_prefix) : 0;
        bool named = prefix && target && strncmp(target, model->target_prefix, prefix) == 0 && target[prefix] == '.';
        bool form = (model->protocol == DR_AWS_QUERY || model->protocol == DR_AWS_EC2) &&
                    (strstr(request->query, version) || strstr(body, version));
        free(version);
        if (!named && !form)
            continue;
        visit->signing_name = dr_copy_string(model->signing_name);
        visit->region = dr_copy_string("us-east-1");
    }
    free(body);
    return visit->signing_name != NULL;
}

/* Services whose signing name is not their model's name, so that the others' models need not be opened to find them. */
static const struct {
    const char *signing_name, *service;
} renamed[] = {
    {"monitoring", "cloudwatch"},
    {"elasticloadbalancing", "elbv2"},
};

static bool has_name(const struct dr_aws_model *model, const char *signing_name)
{
    return model &&
           (strcmp(model->signing_name, signing_name) == 0 || strcmp(model->endpoint_prefix, signing_name) == 0);
}

/* Several APIs share some signing names ("rds"), and only what is simulated counts. */
static struct dr_sim_route make_route(struct dr_sim_cloud *cloud, const char *signing_name)
{
    const struct dr_sim_service *const *services = dr_sim_services();
    struct dr_sim_route route = {.signing_name = dr_copy_string(signing_name)};
    const char *likely = signing_name;
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (strcmp(renamed[i].signing_name, signing_name) == 0)
            likely = renamed[i].service;
    for (unsigned round = 0; round < 2 && !route.service; round++) { /* the one with that name, then all others */
        for (size_t i = 0; services[i] && !route.service; i++) {
            if ((strcmp(services[i]->name, likely) == 0) != (round == 0))
                continue;
            const struct dr_aws_model *model = open_model(cloud, services[i]->name);
            if (has_name(model, signing_name))
                route = (struct dr_sim_route){route.signing_name, services[i], model};
        }
    }
    if (!route.service) /* to say so in its own protocol, if there is one of that name */
        route.model = open_model(cloud, signing_name);
    return route;
}

#define ROUTES_MAX 512 /* names come from outside */

static void find_service(struct visit *visit)
{
    struct dr_sim_cloud *cloud = visit->cloud;
    for (size_t i = 0; i < cloud->route_count; i++)
        if (strcmp(cloud->routes[i].signing_name, visit->signing_name) == 0) {
            visit->service = cloud->routes[i].service;
            visit->model = cloud->routes[i].model;
            return;
        }
    struct dr_sim_route route = make_route(cloud, visit->signing_name);
    visit->service = route.service;
    visit->model = route.model;
    if (cloud->route_count == ROUTES_MAX) {
        free(route.signing_name);
        return;
    }
    cloud->routes = dr_resize(cloud->routes, cloud->route_count + 1, sizeof *cloud->routes);
    cloud->routes[cloud->route_count++] = route;
}

/* --- Whether it is signed --------------------------------------------------------------------------------------------
 */

static const struct dr_aws_identity *owner_of(void *data, const char *access_key_id)
{
    struct visit *visit = data;
    return dr_sim_key_find(visit->cloud, access_key_id, &visit->key) ? &visit->key.identity : NULL;
}

static void refuse(struct visit *visit, const char *verdict, const char *message)
{
    struct dr_sim_refusal refusal = dr_sim_refusal(visit->model, verdict);
    answer_error(visit, refusal.status, refusal.code, refusal.message || !message ? refusal.message : message);
}

static bool is_signed(struct visit *visit, bool by_header)
{
    const struct dr_sim_request *request = visit->request;
    struct dr_http_header *headers = dr_alloc((request->header_count + 1) * sizeof *headers);
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, "host") != 0)
            headers[count++] = request->headers[i];
    const struct dr_aws_to_sign sent = {.method = request->method,
                                        .host = request->host,
                                        .path = request->path,
                                        .query = request->query,
                                        .headers = headers,
                                        .header_count = count,
                                        .body = request->body,
                                        .body_size = request->body_size};
    const json_t *skew = dr_sim_fault(visit->cloud, "ClockSkew", visit->region, visit->model->name, NULL, NULL);
    int64_t skew_ms = dr_sim_ms(json_object_get(skew, "Seconds"), 1000);
    visit->wall_ms += skew_ms; /* the answer's Date shows it too, from which clients learn */
    const struct dr_aws_verify_options options = {.now_ms = visit->wall_ms,
                                                  .window_ms = WINDOW_MS,
                                                  .region = by_header ? visit->region : NULL,
                                                  .service = visit->model->signing_name,
                                                  .owner = owner_of,
                                                  .data = visit};
    struct dr_aws_verdict verdict;
    bool good = dr_aws_verify(&sent, &options, &verdict);
    if (!good)
        refuse(visit, verdict.code, verdict.message);
    free(headers);
    dr_aws_verdict_done(&verdict);
    if (good && (visit->key.expires_ms <= visit->now_ms ||
                 dr_sim_fault(visit->cloud, "CredentialsExpire", visit->region, visit->model->name, NULL, NULL))) {
        refuse(visit, "ExpiredToken", NULL);
        return false;
    }
    return good;
}

/* --- The operation ---------------------------------------------------------------------------------------------------
 */

static const struct dr_sim_operation *find_operation(const struct dr_sim_service *service, const char *name)
{
    for (const struct dr_sim_operation *row = service ? service->operations : NULL; row && row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static void not_simulated(struct visit *visit, const char *what)
{
    char *message = dr_format("%s is not simulated: docs/simulated-cloud.md lists what is", what);
    if (visit->model) {
        answer_error(visit, 501, "NotSimulated", message);
    } else {
        visit->reply->answer.status = 501;
        dr_aws_headers_set(&visit->reply->answer.headers, "Content-Type", "application/json");
        visit->reply->answer.body = dr_format("{\"__type\":\"NotSimulated\",\"message\":\"%s\"}", message);
        visit->reply->answer.body_size = strlen(visit->reply->answer.body);
    }
    free(message);
}

static json_t *read_input(struct visit *visit, char **ret_problem)
{
    if (!dr_sim_is_chunked(visit->request))
        return dr_sim_read_input(visit->operation, visit->request, ret_problem);
    struct dr_sim_unchunked plain;
    json_t *input = NULL;
    if (dr_sim_unchunk(visit->request, &plain))
        input = dr_sim_read_input(visit->operation, &plain.request, ret_problem);
    else
        *ret_problem = dr_copy_string("The request body terminated unexpectedly");
    dr_sim_unchunked_done(&plain);
    return input;
}

static void run(struct visit *visit, const struct dr_sim_operation *row)
{
    char *problem = NULL, *principal = NULL;
    json_t *input = read_input(visit, &problem);
    if (!input) {
        answer_error(visit, 400, dr_aws_speaks_xml(visit->model->protocol) ? "MalformedXML" : "SerializationException",
                     problem);
        free(problem);
        return;
    }
    if (!visit->key.principal)
        principal = dr_sim_arn("iam", "", visit->key.account ? visit->key.account : "", "user/simulated");
    struct dr_sim_call call = {
        .cloud = visit->cloud,
        .operation = visit->operation,
        .account =
            visit->key.account ? visit->key.account : json_object_iter_key(json_object_iter(visit->cloud->tables)),
        .region = visit->service->global ? "us-east-1" : visit->region,
        .principal = visit->key.principal ? visit->key.principal : principal,
        .request_id = visit->request_id,
        .request = visit->request,
        .input = input,
        .now_ms = visit->now_ms,
    };
    if (dr_sim_check_input(&call))
        row->run(&call);
    if (call.error)
        dr_sim_write_error(visit->operation, visit->model, call.status, call.error, call.message, call.details,
                           visit->request_id, &visit->reply->answer);
    else
        dr_sim_write_output(visit->operation, call.output, visit->request_id, &visit->reply->answer);
    if (!call.error && call.status && visit->reply->answer.status == 200)
        visit->reply->answer.status = call.status;
    visit->reply->delay_ms += call.delay_ms;
    const char *name;
    json_t *value;
    json_object_foreach(call.headers, name, value)
        dr_aws_headers_set(&visit->reply->answer.headers, name, json_string_value(value));
    free(call.error);
    free(call.message);
    json_decref(call.headers);
    json_decref(call.details);
    json_decref(call.output);
    json_decref(input);
    free(principal);
}

/* --- Faults in the way -----------------------------------------------------------------------------------------------
 */

static const json_t *fault(struct visit *visit, const char *kind)
{
    return dr_sim_fault(visit->cloud, kind, visit->region, visit->model->name, visit->operation->name, NULL);
}

static void answer_throttled(struct visit *visit)
{
    const char *name = visit->model->name;
    if (strcmp(name, "s3") == 0)
        answer_error(visit, 503, "SlowDown", "Please reduce your request rate.");
    else if (strcmp(name, "ec2") == 0)
        answer_error(visit, 503, "RequestLimitExceeded", "Request limit exceeded.");
    else if (strcmp(name, "dynamodb") == 0)
        answer_error(visit, 400, "ThrottlingException", "Rate of requests exceeds the allowed throughput.");
    else if (dr_aws_speaks_xml(visit->model->protocol))
        answer_error(visit, 400, "Throttling", "Rate exceeded");
    else
        answer_error(visit, 400, "ThrottlingException", "Rate exceeded");
}

/* True: the request comes no further. */
static bool stopped_before(struct visit *visit, const struct dr_sim_operation *row)
{
    const json_t *latency = fault(visit, "Latency");
    visit->reply->delay_ms += dr_sim_ms(json_object_get(latency, "Milliseconds"), 1);
    if (fault(visit, "ResetBefore"))
        answer_nothing(visit, DR_REACH_SENT, "Connection reset by peer");
    else if (row->plane == DR_SIM_CONTROL && fault(visit, "ControlPlaneDown"))
        answer_error(visit, 503, "ServiceUnavailable", "The service is unavailable. Please try again later.");
    else if (fault(visit, "Throttled"))
        answer_throttled(visit);
    else if (fault(visit, "ServerError"))
        answer_error(visit, 500, "InternalFailure", "An internal error has occurred");
    else
        return false;
    return true;
}

static void spoiled_after(struct visit *visit)
{
    if (fault(visit, "ResetAfter")) {
        answer_nothing(visit, DR_REACH_SENT, "Connection reset by peer");
    } else if (fault(visit, "TruncatedAnswer")) {
        visit->reply->answer.body_size /= 2; /* a socket sends so much and closes */
        visit->reply->reach = DR_REACH_SENT;
        visit->reply->problem = "transfer closed with outstanding read data remaining";
    } else if (fault(visit, "WrongAnswer")) {
        dr_sim_answer_done(&visit->reply->answer);
        visit->reply->answer.status = 502;
        dr_aws_headers_set(&visit->reply->answer.headers, "Content-Type", "text/html");
        visit->reply->answer.body = dr_copy_string(HTML);
        visit->reply->answer.body_size = strlen(HTML);
    }
}

/* --- In
 * --------------------------------------------------------------------------------------------------------------- */

/* SDKs since 2023 speak JSON to services (CloudWatch, SQS) whose model here has the query protocol alone: the members
 * are the same, and errors carry the old code too. False: it is no such request.
 * (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait) */
static bool speaks_json(struct visit *visit)
{
    const struct dr_sim_request *request = visit->request;
    const char *target = dr_aws_headers_find(request->headers, request->header_count, "X-Amz-Target");
    const char *type = dr_aws_headers_find(request->headers, request->header_count, "Content-Type");
    const char *dot = target ? strrchr(target, '.') : NULL;
    if (visit->model->protocol != DR_AWS_QUERY || !dot || !type || strncmp(type, "application/x-amz-json", 22) != 0)
        return false;
    const struct dr_aws_operation *operation = dr_aws_model_operation(visit->model, dot + 1);
    if (!operation)
        return false;
    visit->spoken = *visit->model;
    visit->spoken.protocol = DR_AWS_JSON;
    visit->spoken.json_version = "1.0";
    visit->spoken.query_compatible = true;
    visit->asked = *operation;
    visit->asked.model = &visit->spoken;
    visit->model = &visit->spoken;
    visit->operation = &visit->asked;
    return true;
}

static void serve_aws(struct visit *visit, bool by_scope)
{
    find_service(visit);
    if (!visit->service || !visit->service->global) {
        if (dr_sim_region_down(visit->cloud, visit->region)) {
            answer_nothing(visit, DR_REACH_NOTHING, "Connection timed out");
            visit->reply->delay_ms = INT64_MAX;
            return;
        }
    }
    if (!visit->service) {
        not_simulated(visit, visit->signing_name);
        return;
    }
    char *problem = NULL;
    if (!speaks_json(visit))
        visit->operation = dr_sim_operation_of(visit->model, visit->request, &problem);
    if (!visit->operation) {
        answer_error(visit, 400,
                     dr_aws_speaks_xml(visit->model->protocol) ? "InvalidAction" : "UnknownOperationException",
                     problem);
        free(problem);
        return;
    }
    const struct dr_sim_operation *row = find_operation(visit->service, visit->operation->name);
    const char *auth = visit->operation->auth_type;
    bool open = auth && strcmp(auth, "none") == 0;
    if (!row) {
        char *what = dr_format("%s:%s", visit->model->name, visit->operation->name);
        not_simulated(visit, what);
        free(what);
    } else if (!by_scope && !open) {
        refuse(visit, "MissingAuthenticationToken", NULL);
    } else if (open || is_signed(visit, by_scope)) {
        if (!stopped_before(visit, row)) {
            run(visit, row);
            spoiled_after(visit);
        }
    }
}

static bool serve_application(struct visit *visit, const char *host)
{
    const struct dr_sim_service *const *services = dr_sim_services();
    for (size_t i = 0; services[i]; i++)
        if (services[i]->visit && services[i]->visit(visit->cloud, visit->request, host, visit->now_ms, visit->reply))
            return true;
    return false;
}

/* The world's Latency: milliseconds, or by Region with a Default; "latency" in Timings is drawn anew each time. */
static int64_t latency(struct dr_sim_cloud *cloud, const char *region)
{
    const json_t *given = json_object_get(cloud->world, "Latency");
    if (json_is_object(given)) {
        const json_t *own = json_object_get(given, region);
        given = own ? own : json_object_get(given, "Default");
    }
    return dr_sim_timing(cloud, "latency", given ? dr_sim_ms(given, 1) : cloud->latency_ms);
}

/* S3's old signature, which S3 itself no longer takes for new buckets: the first thing that such a client asks. */
static bool refuse_version_2(struct visit *visit)
{
    const struct dr_sim_request *request = visit->request;
    const char *authorization = dr_aws_headers_find(request->headers, request->header_count, "Authorization");
    bool old = strstr(request->query, "AWSAccessKeyId=") || (authorization && strncmp(authorization, "AWS ", 4) == 0);
    visit->model = old ? open_model(visit->cloud, "s3") : NULL;
    if (!visit->model)
        return false;
    answer_error(visit, 400, "InvalidRequest",
                 "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
    return true;
}

void dr_sim_serve(struct dr_sim_cloud *cloud, const struct dr_sim_request *request, const char *known_host,
                  int64_t now_ms, struct dr_sim_reply *ret_reply)
{
    dr_sim_advance(cloud, now_ms);
    *ret_reply = (struct dr_sim_reply){.reach = DR_REACH_ANSWER};
    cloud->calls++;
    struct visit visit = {
        .cloud = cloud, .request = request, .known_host = known_host, .reply = ret_reply, .now_ms = now_ms};
    visit.wall_ms = request->wall_ms ? request->wall_ms : now_ms;
    ret_reply->delay_ms = latency(cloud, "");
    const char *host = known_host ? known_host : request->host;
    bool by_scope = take_scope(&visit);
    visit.request_id = dr_sim_request_id(cloud);
    bool application = !by_scope && serve_application(&visit, host); /* load balancers are in amazonaws.com too */
    if (!application && (by_scope || take_host(&visit, host) || (!known_host && take_form(&visit)))) {
        ret_reply->delay_ms = latency(cloud, visit.region);
        serve_aws(&visit, by_scope);
        dr_sim_observe(cloud, now_ms);
    } else if (!application && !refuse_version_2(&visit)) {
        answer_nothing(&visit, DR_REACH_NOTHING, "Could not resolve host: the world has no such name");
    }
    if (ret_reply->reach == DR_REACH_ANSWER) {
        struct dr_text date = {0};
        dr_aws_instant_write(&date, (struct dr_aws_instant){.seconds = visit.wall_ms / 1000}, DR_AWS_TIME_RFC822);
        dr_aws_headers_set(&ret_reply->answer.headers, "Date", date.bytes);
        dr_text_done(&date);
    }
    free(visit.region);
    free(visit.signing_name);
    free(visit.request_id);
}

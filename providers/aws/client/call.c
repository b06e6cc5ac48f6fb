/* One call, from start to outcome: a small machine that is moved on by the runtime's callbacks.
 *
 *     begin -> [page -> [attempt: wait for the rate -> identity -> prepare, sign, send -> answer] ... ] ... -> finish
 *
 * After an answer: success (the next page, or the end); a cure, at once and once (the clock, the credentials, the
 * bucket's Region); a retry after a delay; or the end. Each function is the last thing its caller does: it may have
 * freed the call. */
#include "interpreter/base/clock.h"
#include "interpreter/base/limits.h"
#include "providers/aws/client/bucket.h"
#include "providers/aws/client/coding.h"
#include "providers/aws/client/discover.h"
#include "providers/aws/client/judge.h"
#include "providers/aws/client/log.h"
#include "providers/aws/client/pages.h"
#include "providers/aws/client/send.h"
#include "providers/aws/client/signer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    ATTEMPT_TIMEOUT_MS = 60000,
    CONNECT_TIMEOUT_MS = 3100,
    AFTER_DEADLINE_MS = 1, /* so that the caller's own timer, which says whose time was over, comes first */
    SKEW_MS = 1000,        /* the server says that the time is wrong: any difference is worth another attempt */
    SKEW_PERHAPS_MS = 4 * 60 * 1000, /* it says that the signature is wrong: AWS allows five minutes */
};

struct dr_aws_calling {
    struct dr_aws *aws;
    struct dr_runtime *runtime;
    dr_aws_call_fn *fn;
    void *data;
    /* What the caller said. */
    const struct dr_aws_operation *operation;
    json_t *input;
    char *asked_region, *role_arn, *external_id, *session_name, *token, *user_agent;
    struct dr_aws_identity identity; /* if `own_identity` */
    bool own_identity, anonymous, may_repeat, all_pages;
    int64_t deadline_ms, attempt_timeout_ms, connect_timeout_ms;
    /* Of the call. */
    char *region;
    struct dr_aws_lane *lane;
    struct dr_aws_pages *pages; /* NULL: one page */
    struct dr_aws_log log;
    int64_t started_ms;
    bool ending;
    /* Of the page. */
    struct dr_aws_retry retry;
    struct dr_aws_prepared prepared;
    bool clock_set, renewed, renew_now, moved;
    char key[DR_AWS_KEY_TEXT]; /* who signed last, of those whom the credentials' sources gave; "": nobody */
    bool signed_by_source;
    char invocation_id[37];
    /* Of the attempt: what is under way. */
    int64_t signed_ms, sent_ms;
    struct dr_handle *timer, *http, *lookup_timer;
    struct dr_aws_lookup *lookup;
    struct dr_aws_calling *question; /* asked first: where the bucket is, who serves this account */
    struct dr_aws_error moved_error; /* what it ends with, if nobody knows where the bucket is */
    /* The last answer, borrowed while it is dealt with. */
    const struct dr_http_response *response;
};

/* --- Memory --------------------------------------------------------------------------------------------------------
 */

static void stop_all(struct dr_aws_calling *calling)
{
    dr_runtime_cancel(calling->runtime, calling->timer);
    dr_runtime_cancel(calling->runtime, calling->lookup_timer);
    dr_runtime_cancel(calling->runtime, calling->http);
    dr_aws_credentials_cancel(calling->lookup);
    dr_aws_call_cancel(calling->question);
    calling->timer = calling->lookup_timer = calling->http = NULL;
    calling->lookup = NULL;
    calling->question = NULL;
}

static void release(struct dr_aws_calling *calling)
{
    json_decref(calling->input);
    dr_aws_identity_done(&calling->identity);
    dr_aws_pages_free(calling->pages);
    dr_aws_log_done(&calling->log);
    dr_aws_prepared_done(&calling->prepared);
    if (calling->moved_error.code)
        dr_aws_error_done(&calling->moved_error);
    free(calling->asked_region);
    free(calling->region);
    free(calling->role_arn);
    free(calling->external_id);
    free(calling->session_name);
    free(calling->token);
    free(calling->user_agent);
    free(calling);
}

void dr_aws_call_cancel(struct dr_aws_calling *calling)
{
    if (!calling || calling->ending) /* within its own callback, it is as good as gone */
        return;
    stop_all(calling);
    release(calling);
}

/* --- The end -------------------------------------------------------------------------------------------------------
 */

static void finish(struct dr_aws_calling *calling, struct dr_aws_outcome outcome)
{
    calling->ending = true;
    stop_all(calling);
    outcome.region = calling->region ? calling->region : calling->asked_region;
    outcome.host = calling->prepared.target.host;
    outcome.attempts = calling->log.items;
    outcome.attempt_count = calling->log.count;
    outcome.pages = calling->pages ? dr_aws_pages_count(calling->pages) : outcome.output != NULL;
    outcome.status = outcome.error ? outcome.error->status : 0;
    if (calling->response && calling->response->reach == DR_REACH_ANSWER) {
        outcome.status = calling->response->status;
        outcome.headers = calling->response->headers;
        outcome.header_count = calling->response->header_count;
    }
    calling->fn(calling->data, &outcome);
    release(calling);
}

/* "rds DescribeDBInstances in us-west-2 at rds.us-west-2.amazonaws.com: ... (3 attempts in 2 s; ...)". `what` and
 * `note` are stolen. */
static void fail(struct dr_aws_calling *calling, const char *kind, bool unknown, char *what, char *note)
{
    const char *host = calling->prepared.target.host, *region = calling->region;
    char *problem = dr_format("%s %s%s%s%s%s: %s%s%s%s", calling->operation->model->name, calling->operation->name,
                              region ? " in " : "", region ? region : "", host ? " at " : "", host ? host : "", what,
                              note ? " (" : "", note ? note : "", note ? ")" : "");
    free(what);
    free(note);
    finish(calling, (struct dr_aws_outcome){.problem = problem, .problem_kind = kind, .unknown = unknown});
    free(problem);
}

static char *write_note(const struct dr_aws_calling *calling, enum dr_aws_retry_answer why, bool unknown,
                        enum dr_aws_failure failure, const char *code)
{
    struct dr_text note = {0};
    char duration[DR_TIME_TEXT];
    unsigned attempts = calling->retry.attempt;
    if (attempts > 1)
        dr_text_printf(&note, "%u attempts in %s; ", attempts,
                       dr_duration_format(duration, dr_runtime_now(calling->runtime) - calling->started_ms));
    if (unknown) {
        dr_text_puts(&note, "not sent again, because it may have taken effect and is not safe to repeat");
        return dr_text_take(&note);
    }
    switch (why) {
    case DR_AWS_RETRY:
    case DR_AWS_RETRY_FINAL:
        if (note.size)
            dr_text_puts(&note, "this error does not go away by itself");
        break;
    case DR_AWS_RETRY_ATTEMPTS:
        if (failure == DR_AWS_THROTTLED)
            dr_text_puts(&note, "the service throttles: ask less often, or have the account's rate raised");
        else
            dr_text_puts(&note, "no more are allowed (AWS_MAX_ATTEMPTS)");
        if (strcmp(code, "LimitExceededException") == 0)
            dr_text_puts(&note, ". LimitExceededException can also mean that a quota of the account is used up, which "
                                "no retry cures: see Service Quotas");
        break;
    case DR_AWS_RETRY_DEADLINE:
        dr_text_puts(&note, "not sent again, because the time that the call has is too short for the wait");
        break;
    case DR_AWS_RETRY_QUOTA:
        dr_text_puts(&note, "not sent again, because too many calls of this service and Region failed lately (the "
                            "retry quota is used up)");
        break;
    }
    if (note.size)
        return dr_text_take(&note);
    dr_text_done(&note);
    return NULL;
}

/* --- Retries -------------------------------------------------------------------------------------------------------
 */

static void begin_attempt(struct dr_aws_calling *calling);

static double draw(struct dr_runtime *runtime)
{
    uint64_t bits;
    runtime->ops->random(runtime, &bits, sizeof bits);
    return (double)(bits >> 11) * 0x1p-53;
}

static int64_t retry_after_ms(const struct dr_http_response *response)
{
    const char *text = dr_aws_headers_find(response->headers, response->header_count, "x-amz-retry-after");
    if (!text || !*text || strlen(text) > 15 || strspn(text, "0123456789") != strlen(text))
        return -1;
    return strtoll(text, NULL, 10);
}

static void retry_is_due(void *data)
{
    struct dr_aws_calling *calling = data;
    calling->timer = NULL;
    begin_attempt(calling);
}

/* true: there will be another attempt. */
static bool try_again(struct dr_aws_calling *calling, struct dr_aws_judgement judgement,
                      enum dr_aws_retry_answer *ret_why)
{
    *ret_why = DR_AWS_RETRY_FINAL;
    if (judgement.unknown && !calling->may_repeat)
        return false;
    int64_t now_ms = dr_runtime_now(calling->runtime), delay_ms = 0,
            patience_ms = calling->deadline_ms == INT64_MAX ? INT64_MAX : calling->deadline_ms - now_ms;
    *ret_why = dr_aws_retry_next(&calling->retry, judgement.failure, draw(calling->runtime),
                                 retry_after_ms(calling->response), patience_ms, &delay_ms);
    if (*ret_why != DR_AWS_RETRY)
        return false;
    calling->timer = dr_runtime_timer(calling->runtime, now_ms + delay_ms, retry_is_due, calling);
    calling->response = NULL;
    return true;
}

/* The attempt gave nothing that could be used. `what` is stolen. */
static void missed(struct dr_aws_calling *calling, struct dr_aws_judgement judgement, const char *kind, char *what)
{
    enum dr_aws_retry_answer why;
    if (try_again(calling, judgement, &why)) {
        free(what);
        return;
    }
    bool unknown = judgement.unknown && !calling->may_repeat;
    fail(calling, kind, unknown, what, write_note(calling, why, unknown, judgement.failure, ""));
}

/* --- Cures ---------------------------------------------------------------------------------------------------------
 */

static bool set_clock(struct dr_aws_calling *calling, int64_t least_ms)
{
    const struct dr_http_response *response = calling->response;
    if (calling->clock_set)
        return false;
    calling->clock_set = dr_aws_skew_learn(&calling->aws->skews, calling->prepared.target.host,
                                           dr_aws_headers_find(response->headers, response->header_count, "Date"),
                                           calling->signed_ms, dr_runtime_now(calling->runtime), least_ms);
    return calling->clock_set;
}

static bool renew(struct dr_aws_calling *calling)
{
    if (calling->renewed || calling->own_identity || calling->anonymous)
        return false;
    return calling->renewed = calling->renew_now = true;
}

static bool cure(struct dr_aws_calling *calling, enum dr_aws_cure cure)
{
    switch (cure) {
    case DR_AWS_CURE_NONE:
        return false;
    case DR_AWS_CURE_CLOCK:
        return set_clock(calling, SKEW_MS);
    case DR_AWS_CURE_CLOCK_OR_RENEW:
        return set_clock(calling, SKEW_PERHAPS_MS) || renew(calling);
    case DR_AWS_CURE_PERHAPS_CLOCK:
        return set_clock(calling, SKEW_PERHAPS_MS);
    case DR_AWS_CURE_RENEW:
        return renew(calling);
    }
    return false;
}

/* Timestream: the cell that serves the account is another one now. */
static bool leave_cell(struct dr_aws_calling *calling, const struct dr_aws_error *error)
{
    if (calling->moved || strcmp(error->code, "InvalidEndpointException") != 0)
        return false;
    calling->moved = true;
    return dr_aws_undiscover(calling->aws, calling->operation->model->name, calling->region, calling->role_arn);
}

static void go_to_region(struct dr_aws_calling *calling, const char *bucket, const char *region)
{
    dr_aws_bucket_learn(calling->aws, bucket, region);
    free(calling->region);
    calling->region = dr_copy_string(region);
    calling->moved = true;
    dr_aws_prepared_done(&calling->prepared);
}

static void end_with_error(struct dr_aws_calling *calling, const struct dr_aws_error *error,
                           struct dr_aws_judgement judgement, enum dr_aws_retry_answer why, const char *advice);

/* The attempts of a question are the call's too. */
static void add_attempts(struct dr_aws_calling *calling, const struct dr_aws_outcome *outcome)
{
    calling->question = NULL;
    for (size_t i = 0; i < outcome->attempt_count; i++)
        dr_aws_log_add(&calling->log, &outcome->attempts[i]);
}

/* What HeadBucket said about where the bucket is. */
static void bucket_answered(void *data, const struct dr_aws_outcome *outcome)
{
    struct dr_aws_calling *calling = data;
    const char *bucket = dr_aws_bucket(calling->operation, calling->input);
    struct dr_aws_answer answer = {.headers = outcome->headers, .header_count = outcome->header_count, .body = ""};
    char *region = dr_aws_bucket_region(&answer);
    add_attempts(calling, outcome);
    if (region && strcmp(region, calling->region) != 0) {
        go_to_region(calling, bucket, region);
        free(region);
        begin_attempt(calling);
        return;
    }
    free(region);
    end_with_error(calling, &calling->moved_error, (struct dr_aws_judgement){0}, DR_AWS_RETRY_FINAL,
                   "if the bucket is in another Region, S3 does not tell in which: give the Task its Region");
}

/* A read that must be answered first, made as this call is. */
static void ask(struct dr_aws_calling *calling, const struct dr_aws_operation *operation, const json_t *input,
                dr_aws_call_fn *fn)
{
    calling->response = NULL;
    calling->question = dr_aws_call_start(calling->aws, calling->runtime,
                                          &(struct dr_aws_call){
                                              .operation = operation,
                                              .input = input,
                                              .region = calling->region,
                                              .role = {calling->role_arn, calling->external_id, calling->session_name},
                                              .identity = calling->own_identity ? &calling->identity : NULL,
                                              .anonymous = calling->anonymous,
                                              .user_agent = calling->user_agent,
                                              .deadline_ms = calling->deadline_ms,
                                              .attempt_timeout_ms = calling->attempt_timeout_ms,
                                              .connect_timeout_ms = calling->connect_timeout_ms,
                                              .may_repeat = true,
                                          },
                                          fn, calling);
}

/* Takes the error over. */
static bool ask_for_bucket(struct dr_aws_calling *calling, const char *bucket, struct dr_aws_error *error)
{
    const struct dr_aws_operation *head = dr_aws_model_operation(calling->operation->model, "HeadBucket");
    if (!head || strcmp(calling->operation->name, "HeadBucket") == 0)
        return false;
    calling->moved_error = *error;
    *error = (struct dr_aws_error){0};
    json_t *input = json_object();
    json_object_set_new_nocheck(input, "Bucket", json_string_nocheck(bucket));
    ask(calling, head, input, bucket_answered);
    json_decref(input);
    return true;
}

/* true: the request goes to another Region, or it is being found out which. */
static bool follow_bucket(struct dr_aws_calling *calling, const struct dr_aws_answer *answer,
                          struct dr_aws_error *error)
{
    const char *bucket = dr_aws_bucket(calling->operation, calling->input);
    if (!bucket || calling->moved || !dr_aws_bucket_moved(calling->operation, answer, error))
        return false;
    char *region = dr_aws_bucket_region(answer);
    if (!region)
        return ask_for_bucket(calling, bucket, error);
    bool elsewhere = strcmp(region, calling->prepared.signing_region) != 0;
    if (elsewhere) {
        go_to_region(calling, bucket, region);
        begin_attempt(calling);
    }
    free(region);
    return elsewhere;
}

/* --- Answers -------------------------------------------------------------------------------------------------------
 */

static void begin_page(struct dr_aws_calling *calling);

static void log_attempt(struct dr_aws_calling *calling, const struct dr_aws_answer *answer, const char *code)
{
    const char *request_id = answer ? dr_aws_request_id(answer) : NULL;
    dr_aws_log_add(&calling->log, &(struct dr_aws_attempt){
                                      .status = answer ? answer->status : 0,
                                      .request_id = request_id ? request_id : "",
                                      .code = code,
                                      .started_ms = calling->sent_ms,
                                      .took_ms = dr_runtime_now(calling->runtime) - calling->sent_ms,
                                  });
}

static void end_with_error(struct dr_aws_calling *calling, const struct dr_aws_error *error,
                           struct dr_aws_judgement judgement, enum dr_aws_retry_answer why, const char *advice)
{
    bool unknown = judgement.unknown && !calling->may_repeat;
    char *note = advice ? dr_copy_string(advice) : write_note(calling, why, unknown, judgement.failure, error->code);
    if (unknown) { /* nobody who knows said no */
        fail(calling, "Response", true,
             dr_format("the answer is HTTP %d, and not from the service: %s", error->status,
                       error->message[0] ? error->message : "it is empty"),
             note);
        return;
    }
    char *signer = calling->signed_by_source && dr_aws_is_refusal(error->code)
                       ? dr_aws_signer(calling->key, calling->role_arn,
                                       dr_aws_credentials_source(dr_aws_credentials(calling->aws)))
                       : NULL;
    finish(calling,
           (struct dr_aws_outcome){
               .error = error, .throttled = judgement.failure == DR_AWS_THROTTLED, .note = note, .signer = signer});
    free(signer);
    free(note);
}

static void handle_redirect(struct dr_aws_calling *calling, const struct dr_aws_answer *answer)
{
    const char *location = dr_aws_headers_find(answer->headers, answer->header_count, "Location");
    fail(calling, "Response", false,
         dr_format("the answer is a redirect (%d) to %s: not followed, because the signature is only for the host that "
                   "it was made for. Is the endpoint right?",
                   answer->status, location ? location : "nowhere"),
         NULL);
}

static void handle_error(struct dr_aws_calling *calling, const struct dr_aws_answer *answer)
{
    struct dr_aws_error error;
    dr_aws_parse_error(calling->operation, answer, &error);
    log_attempt(calling, answer, error.code);
    struct dr_aws_judgement judgement = dr_aws_judge_error(calling->operation->model, &error);
    dr_aws_rate_answer(&calling->lane->rate, judgement.failure == DR_AWS_THROTTLED, dr_runtime_now(calling->runtime));
    enum dr_aws_retry_answer why = DR_AWS_RETRY_FINAL;
    bool redirect = answer->status == 301 || answer->status == 302 || answer->status == 303 || answer->status == 307 ||
                    answer->status == 308;
    if (cure(calling, judgement.cure) || leave_cell(calling, &error)) {
        dr_aws_prepared_done(&calling->prepared); /* a presigned URL in it has the old time and session */
        begin_attempt(calling);
    } else if (follow_bucket(calling, answer, &error) || try_again(calling, judgement, &why))
        ;
    else if (redirect && !error.is_modelled_answer)
        handle_redirect(calling, answer);
    else
        end_with_error(calling, &error, judgement, why,
                       calling->clock_set
                           ? "the time of the request was put right once, as the server's Date header says"
                       : calling->renewed ? "the credentials were renewed once, and refused again"
                                          : NULL);
    if (error.code)
        dr_aws_error_done(&error);
}

/* DynamoDB's own proof against bytes that were changed on the way. */
static bool is_intact(const struct dr_aws_calling *calling, const struct dr_aws_answer *answer)
{
    const char *expected = dr_aws_headers_find(answer->headers, answer->header_count, "x-amz-crc32");
    if (!expected || strcmp(calling->operation->model->service_id, "DynamoDB") != 0)
        return true;
    const struct dr_http_response *sent = calling->response; /* the sum is of the bytes as sent, packed or not */
    uLong sum = crc32_z(crc32_z(0, NULL, 0), (const Bytef *)sent->body, sent->body_size);
    return strtoul(expected, NULL, 10) == sum;
}

static void handle_success(struct dr_aws_calling *calling, const struct dr_aws_answer *answer)
{
    char *problem = NULL;
    json_t *output = NULL;
    if (is_intact(calling, answer))
        output = dr_aws_parse(calling->operation, answer, &problem);
    else
        problem = dr_copy_string("the answer was damaged on the way: its checksum (x-amz-crc32) is another");
    log_attempt(calling, answer, output ? "" : problem);
    if (!output) {
        missed(calling, dr_aws_judge_gibberish(), "Response",
               dr_format("the answer (HTTP %d) cannot be read: %s", answer->status, problem));
        free(problem);
        return;
    }
    dr_aws_retry_succeeded(&calling->retry);
    dr_aws_rate_answer(&calling->lane->rate, false, dr_runtime_now(calling->runtime));
    if (calling->pages) {
        enum dr_aws_pages_step step = dr_aws_pages_take(calling->pages, output, answer->body_size, &problem);
        json_decref(output);
        if (step == DR_AWS_PAGES_MORE) {
            begin_page(calling);
            return;
        }
        if (step == DR_AWS_PAGES_BROKEN) {
            fail(calling, "Response", false, problem, NULL);
            return;
        }
        output = dr_aws_pages_result(calling->pages);
    }
    finish(calling, (struct dr_aws_outcome){.output = output});
    json_decref(output);
}

static void answered(void *data, const struct dr_http_response *response)
{
    struct dr_aws_calling *calling = data;
    calling->http = NULL;
    calling->response = response; /* borrowed: begin_attempt() lets go of it, and everything else ends here */
    if (response->reach != DR_REACH_ANSWER) {
        const char *why = response->problem ? response->problem : "no answer";
        log_attempt(calling, NULL, why);
        missed(calling, dr_aws_judge_silence(response),
               response->cut         ? "Response"
               : response->timed_out ? "Timeout"
                                     : "Connection",
               dr_copy_string(why));
        return;
    }
    struct dr_aws_answer answer = {.status = response->status,
                                   .headers = response->headers,
                                   .header_count = response->header_count,
                                   .body = response->body,
                                   .body_size = response->body_size};
    struct dr_text unpacked = {0};
    dr_aws_answer_unpack(calling->operation, &answer, &unpacked);
    if (answer.status >= 300 || dr_aws_answer_is_error(calling->operation, &answer))
        handle_error(calling, &answer);
    else
        handle_success(calling, &answer);
    if (unpacked.bytes)
        explicit_bzero(unpacked.bytes, unpacked.size); /* it may hold a secret */
    dr_text_done(&unpacked);
}

/* --- Attempts ------------------------------------------------------------------------------------------------------
 */

/* What is said beside the request: who asks, and which attempt it is. Not signed. */
static void add_own_headers(const struct dr_aws_calling *calling, struct dr_aws_headers *headers)
{
    struct dr_text agent = {0};
    const struct dr_aws_settings *settings = dr_aws_settings(calling->aws);
    const char *environment = dr_aws_settings_environment(settings, "AWS_EXECUTION_ENV"),
               *application = dr_aws_settings_value(settings, "AWS_SDK_UA_APP_ID", "sdk_ua_app_id");
    dr_text_puts(&agent, "drrun/" DRRUN_VERSION);
    if (environment)
        dr_text_printf(&agent, " exec-env/%s", environment);
    if (application)
        dr_text_printf(&agent, " app/%s", application);
    if (calling->user_agent)
        dr_text_printf(&agent, " %s", calling->user_agent);
    for (char *at = agent.bytes; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '-';
    dr_aws_headers_add(headers, "User-Agent", agent.bytes);
    dr_text_done(&agent);
    char *attempt = dr_format("attempt=%u; max=%u", calling->retry.attempt, calling->retry.rules.attempts_max);
    dr_aws_headers_add(headers, "amz-sdk-invocation-id", calling->invocation_id);
    dr_aws_headers_add(headers, "amz-sdk-request", attempt);
    free(attempt);
}

static void wipe_headers(struct dr_aws_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++)
        explicit_bzero((char *)(uintptr_t)headers->items[i].value, strlen(headers->items[i].value));
    dr_aws_headers_done(headers);
}

static void post(struct dr_aws_calling *calling, const struct dr_aws_headers *headers)
{
    const struct dr_aws_prepared *prepared = &calling->prepared;
    int64_t now_ms = dr_runtime_now(calling->runtime), timeout_ms = calling->attempt_timeout_ms;
    if (calling->deadline_ms != INT64_MAX && calling->deadline_ms - now_ms < timeout_ms)
        timeout_ms = calling->deadline_ms - now_ms + AFTER_DEADLINE_MS;
    calling->sent_ms = now_ms;
    const struct dr_aws_settings *settings = dr_aws_settings(calling->aws);
    const char *authorities = dr_aws_settings_value(settings, "AWS_CA_BUNDLE", "ca_bundle");
    char *ca_file = authorities ? dr_aws_settings_path(settings, authorities) : NULL;
    struct dr_http_request request = {
        .method = prepared->request.method,
        .url = prepared->target.url,
        .headers = headers->items,
        .header_count = headers->count,
        .body = prepared->request.body,
        .body_size = prepared->request.body_size,
        .timeout_ms = timeout_ms > 0 ? timeout_ms : AFTER_DEADLINE_MS,
        .connect_timeout_ms = calling->connect_timeout_ms,
        .body_bytes_max = DR_PAYLOAD_BYTES_MAX,
        .ca_file = ca_file ? ca_file : authorities,
    };
    calling->http = calling->runtime->ops->http(calling->runtime, &request, answered, calling);
    free(ca_file);
    if (!calling->http)
        fail(calling, "Connection", false, dr_copy_string(dr_runtime_problem(calling->runtime)), NULL);
}

/* NULL: where the rules say, or nobody knows. */
static const char *find_host(const struct dr_aws_calling *calling)
{
    return dr_aws_discovery(calling->aws, calling->operation)
               ? dr_aws_discovered(calling->aws, calling->operation->model->name, calling->region, calling->role_arn,
                                   dr_runtime_now(calling->runtime))
               : NULL;
}

/* `identity` NULL: not signed. */
static bool prepare(struct dr_aws_calling *calling, const struct dr_aws_identity *identity, char **ret_problem,
                    const char **ret_kind)
{
    if (calling->prepared.ready)
        return true;
    struct dr_aws_preparing preparing = {
        .aws = calling->aws,
        .operation = calling->operation,
        .input = calling->pages ? dr_aws_pages_input(calling->pages) : calling->input,
        .region = calling->region,
        .token = calling->token,
        .discovered = find_host(calling),
        .identity = identity,
        .now_ms = dr_runtime_now(calling->runtime),
    };
    return dr_aws_prepare(&preparing, &calling->prepared, ret_problem, ret_kind);
}

static void transmit(struct dr_aws_calling *calling, const struct dr_aws_identity *identity)
{
    char *problem = NULL;
    const char *kind = NULL;
    if (!prepare(calling, identity, &problem, &kind)) {
        fail(calling, kind, false, problem, NULL);
        return;
    }
    struct dr_aws_headers own = {0}, headers = {0};
    calling->signed_ms =
        dr_aws_skew_time(&calling->aws->skews, calling->prepared.target.host, dr_runtime_now(calling->runtime));
    add_own_headers(calling, &own);
    bool sealed = dr_aws_seal(&calling->prepared, identity, calling->signed_ms, &own, &headers, &problem);
    dr_aws_headers_done(&own);
    if (!sealed) {
        fail(calling, "Request", false, problem, NULL);
        return;
    }
    struct dr_aws_headers sent = headers; /* post() may end the call */
    post(calling, &sent);
    wipe_headers(&sent);
}

static void identified(void *data, const struct dr_aws_identity *identity, const char *problem)
{
    struct dr_aws_calling *calling = data;
    calling->lookup = NULL;
    dr_runtime_cancel(calling->runtime, calling->lookup_timer);
    calling->lookup_timer = NULL;
    calling->signed_by_source = !problem;
    if (!problem) {
        dr_aws_key_ends(identity, calling->key);
        transmit(calling, identity);
        return;
    }
    /* A few operations are for those who have no credentials yet. */
    char *other = NULL;
    const char *kind = NULL;
    bool open = prepare(calling, NULL, &other, &kind) && calling->prepared.request.anonymous;
    free(other);
    if (open) {
        transmit(calling, NULL);
        return;
    }
    dr_aws_prepared_done(&calling->prepared); /* no host had to do with it */
    fail(calling, "Credentials", false, dr_copy_string(problem), NULL);
}

static void lookup_takes_too_long(void *data)
{
    struct dr_aws_calling *calling = data;
    calling->lookup_timer = NULL;
    fail(calling, "Timeout", false, dr_copy_string("no credentials were found in the time that the call has"), NULL);
}

static void identify(struct dr_aws_calling *calling)
{
    if (calling->anonymous || calling->own_identity) {
        transmit(calling, calling->anonymous ? NULL : &calling->identity);
        return;
    }
    struct dr_aws_role role = {calling->role_arn, calling->external_id, calling->session_name};
    bool force = calling->renew_now;
    calling->renew_now = false;
    if (calling->deadline_ms != INT64_MAX)
        calling->lookup_timer = dr_runtime_timer(calling->runtime, calling->deadline_ms + AFTER_DEADLINE_MS,
                                                 lookup_takes_too_long, calling);
    calling->lookup = dr_aws_credentials_get(dr_aws_credentials(calling->aws), calling->runtime, &role, calling->region,
                                             force, identified, calling);
}

/* What DescribeEndpoints said. */
static void endpoints_answered(void *data, const struct dr_aws_outcome *outcome)
{
    struct dr_aws_calling *calling = data;
    add_attempts(calling, outcome);
    if (outcome->output && dr_aws_discover(calling->aws, calling->operation->model->name, calling->region,
                                           calling->role_arn, outcome->output, dr_runtime_now(calling->runtime))) {
        identify(calling);
        return;
    }
    fail(calling, outcome->problem ? outcome->problem_kind : "Endpoint", false,
         dr_format("DescribeEndpoints, which tells who serves the account, failed: %s%s%s",
                   outcome->error ? outcome->error->code : "", outcome->error ? ": " : "",
                   outcome->error     ? outcome->error->message
                   : outcome->problem ? outcome->problem
                                      : "it names no host"),
         NULL);
}

/* Finds out who serves the account, if that must be asked. */
static void locate(struct dr_aws_calling *calling)
{
    const struct dr_aws_operation *asked =
        calling->prepared.ready ? NULL : dr_aws_discovery(calling->aws, calling->operation);
    if (asked && !find_host(calling))
        ask(calling, asked, NULL, endpoints_answered);
    else
        identify(calling);
}

static void rate_allows(void *data)
{
    struct dr_aws_calling *calling = data;
    calling->timer = NULL;
    locate(calling);
}

static void begin_attempt(struct dr_aws_calling *calling)
{
    int64_t now_ms = dr_runtime_now(calling->runtime);
    calling->response = NULL;
    if (now_ms >= calling->deadline_ms) {
        fail(calling, "Timeout", false, dr_copy_string("the time that the call has was over before it was sent"), NULL);
        return;
    }
    int64_t wait_ms = calling->aws->adaptive ? dr_aws_rate_wait_ms(&calling->lane->rate, now_ms) : 0;
    if (calling->deadline_ms != INT64_MAX && wait_ms >= calling->deadline_ms - now_ms)
        fail(calling, "Timeout", false,
             dr_copy_string("the time that the call has is too short for the pace that the adaptive retry mode keeps"),
             NULL);
    else if (wait_ms > 0)
        calling->timer = dr_runtime_timer(calling->runtime, now_ms + wait_ms, rate_allows, calling);
    else
        locate(calling);
}

/* --- Pages, and the beginning --------------------------------------------------------------------------------------
 */

static void begin_page(struct dr_aws_calling *calling)
{
    unsigned char bytes[16];
    dr_aws_prepared_done(&calling->prepared);
    dr_aws_retry_begin(&calling->retry, &calling->lane->quota,
                       dr_aws_retry_rules(calling->operation->model->service_id, calling->aws->attempts_max));
    calling->clock_set = calling->renewed = calling->renew_now = calling->moved = false;
    calling->runtime->ops->random(calling->runtime, bytes, sizeof bytes);
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* RFC 9562: version 4 */
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    char *at = calling->invocation_id;
    for (size_t i = 0; i < sizeof bytes; i++) {
        at += snprintf(at, 3, "%02x", bytes[i]);
        if (i == 3 || i == 5 || i == 7 || i == 9)
            *at++ = '-';
    }
    *at = '\0';
    begin_attempt(calling);
}

static void begin(void *data)
{
    struct dr_aws_calling *calling = data;
    struct dr_aws *aws = calling->aws;
    char *problem = NULL;
    calling->timer = NULL;
    const char *wrong = dr_aws_settings_problem(dr_aws_settings(aws));
    if (wrong) {
        fail(calling, "Credentials", false, dr_copy_string(wrong), NULL);
        return;
    }
    wrong = dr_aws_read_retries(aws);
    if (wrong) {
        fail(calling, "Request", false, dr_copy_string(wrong), NULL);
        return;
    }
    const char *bucket = dr_aws_bucket(calling->operation, calling->input),
               *region = bucket ? dr_aws_bucket_known(aws, bucket) : NULL;
    if (!region)
        region = dr_aws_pick_region(aws, calling->operation, calling->asked_region);
    if (!region) {
        fail(calling, "Endpoint", false,
             dr_copy_string("no Region is known: give the Task a Region, the Runbook a default one, set AWS_REGION, or "
                            "write \"region\" into the profile"),
             NULL);
        return;
    }
    calling->region = dr_copy_string(region);
    calling->lane = dr_aws_lane(aws, calling->operation->model->name, region);
    if (calling->all_pages && calling->operation->paginator_text) {
        calling->pages = dr_aws_pages_new(calling->operation->paginator_text, calling->input, &problem);
        if (!calling->pages) {
            fail(calling, "Request", false, problem, NULL);
            return;
        }
    }
    begin_page(calling);
}

static int64_t usual_timeout_ms(const struct dr_aws_operation *operation)
{
    static const struct {
        const char *service_id, *operation;
        int64_t timeout_ms;
    } slow[] = {
#define DR_AWS_SLOW(service_id, operation, timeout_ms) {service_id, operation, timeout_ms},
#include "providers/aws/client/slow.def"
#undef DR_AWS_SLOW
    };
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
        if (strcmp(slow[i].service_id, operation->model->service_id) == 0 &&
            strcmp(slow[i].operation, operation->name) == 0)
            return slow[i].timeout_ms;
    return ATTEMPT_TIMEOUT_MS;
}

struct dr_aws_calling *dr_aws_call_start(struct dr_aws *aws, struct dr_runtime *runtime, const struct dr_aws_call *call,
                                         dr_aws_call_fn *fn, void *data)
{
    struct dr_aws_calling *calling = dr_alloc(sizeof *calling);
    calling->aws = aws;
    calling->runtime = runtime;
    calling->fn = fn;
    calling->data = data;
    calling->operation = call->operation;
    calling->input = call->input ? dr_json_share(call->input) : json_object();
    calling->asked_region = dr_copy_string(call->region);
    calling->role_arn = dr_copy_string(call->role.arn);
    calling->external_id = dr_copy_string(call->role.external_id);
    calling->session_name = dr_copy_string(call->role.session_name);
    calling->token = dr_copy_string(call->token);
    calling->user_agent = dr_copy_string(call->user_agent);
    calling->own_identity = call->identity != NULL;
    if (call->identity)
        dr_aws_identity_copy(&calling->identity, call->identity);
    const char *auth_type = call->operation->auth_type;
    calling->anonymous = call->anonymous || (auth_type && strcmp(auth_type, "none") == 0);
    calling->may_repeat = call->may_repeat;
    calling->all_pages = call->all_pages;
    calling->deadline_ms = call->deadline_ms;
    calling->attempt_timeout_ms =
        call->attempt_timeout_ms > 0 ? call->attempt_timeout_ms : usual_timeout_ms(call->operation);
    calling->connect_timeout_ms = call->connect_timeout_ms > 0 ? call->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    calling->started_ms = dr_runtime_now(runtime);
    calling->timer = dr_runtime_timer(runtime, calling->started_ms, begin, calling);
    return calling;
}

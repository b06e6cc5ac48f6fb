/* What one attempt's answer means for the next. */
#include "providers/aws/client/judge.h"

#include <string.h>

enum kind { TRANSIENT, THROTTLED, SKEWED, SKEWED_OR_EXPIRED, PERHAPS_SKEWED, EXPIRED };

static const struct {
    const char *code, *service_id;
    enum kind kind;
} retried[] = {
#define DR_AWS_RETRIED(code, service_id, kind) {code, service_id, kind},
#include "providers/aws/client/errors.def"
#undef DR_AWS_RETRIED
};

static const struct dr_aws_judgement judgements[] = {
    [TRANSIENT] = {.failure = DR_AWS_TRANSIENT},
    [THROTTLED] = {.failure = DR_AWS_THROTTLED},
    [SKEWED] = {.cure = DR_AWS_CURE_CLOCK},
    [SKEWED_OR_EXPIRED] = {.cure = DR_AWS_CURE_CLOCK_OR_RENEW},
    [PERHAPS_SKEWED] = {.cure = DR_AWS_CURE_PERHAPS_CLOCK},
    [EXPIRED] = {.cure = DR_AWS_CURE_RENEW},
};

struct dr_aws_judgement dr_aws_judge_silence(const struct dr_http_response *response)
{
    return (struct dr_aws_judgement){
        .failure = response->cut ? DR_AWS_FINAL : DR_AWS_TRANSIENT, /* what is too large would be so again */
        .unknown = response->reach != DR_REACH_NOTHING,
    };
}

struct dr_aws_judgement dr_aws_judge_gibberish(void)
{
    return (struct dr_aws_judgement){.failure = DR_AWS_TRANSIENT, .unknown = true};
}

/* The parser gives the status as the code where there is none. */
static bool has_code(const struct dr_aws_error *error)
{
    return error->code[strspn(error->code, "0123456789")] != '\0';
}

/* 503 is said by whoever did not even begin: a service without capacity, a balancer without anybody behind it. The
 * others are a failure on the way only if the service itself says so; from a gateway they mean that the service, which
 * may be doing it, has not answered the gateway. */
static struct dr_aws_judgement judge_status(const struct dr_aws_error *error)
{
    bool said_by_service = error->is_modelled_answer && has_code(error);
    switch (error->status) {
    case 503:
        return (struct dr_aws_judgement){.failure = DR_AWS_TRANSIENT};
    case 500:
    case 502:
    case 504:
        return (struct dr_aws_judgement){.failure = DR_AWS_TRANSIENT, .unknown = !said_by_service};
    case 429: /* from a gateway: services say it with a code */
        return (struct dr_aws_judgement){.failure = DR_AWS_THROTTLED};
    default:
        return (struct dr_aws_judgement){.failure = DR_AWS_FINAL, .unknown = error->status >= 500 && !said_by_service};
    }
}

struct dr_aws_judgement dr_aws_judge_error(const struct dr_aws_model *model, const struct dr_aws_error *error)
{
    for (size_t i = 0; i < sizeof retried / sizeof *retried; i++)
        if (strcmp(retried[i].code, error->code) == 0 &&
            (!retried[i].service_id || strcmp(retried[i].service_id, model->service_id) == 0))
            return judgements[retried[i].kind];
    if (error->shape && error->shape->is_retryable)
        return judgements[error->shape->is_throttling ? THROTTLED : TRANSIENT];
    return judge_status(error);
}

/* usage: credentials_driver [--profile NAME] [--role ARN] [--region REGION] [--times N]
 * Asks for AWS credentials as a task would, N times one after the other, and prints a JSON object: {"access_key",
 * "secret_key", "token", "account_id", "expires_ms", "source"} or {"problem"}. For comparison with the SDKs. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/runtime/real.h"
#include "providers/aws/client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asking {
    bool done;
    json_t *answer;
};

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static void keep(void *data, const struct dr_aws_identity *identity, const char *problem)
{
    struct asking *asking = data;
    asking->done = true;
    json_decref(asking->answer);
    asking->answer = json_object();
    if (problem) {
        json_object_set_new(asking->answer, "problem", json_string(problem));
        return;
    }
    json_object_set_new(asking->answer, "access_key", json_string(identity->access_key_id));
    json_object_set_new(asking->answer, "secret_key", json_string(identity->secret_access_key));
    json_object_set_new(asking->answer, "token", text_or_null(identity->session_token));
    json_object_set_new(asking->answer, "account_id", text_or_null(identity->account_id));
    json_object_set_new(asking->answer, "expires_ms",
                        identity->expires_ms == INT64_MAX ? json_null() : json_integer(identity->expires_ms));
}

int main(int count, char **words)
{
    const char *profile = NULL, *region = NULL;
    struct dr_aws_role role = {.session_name = "drrun-driver"};
    int times = 1;
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(words[i], "--profile") == 0)
            profile = words[i + 1];
        else if (strcmp(words[i], "--role") == 0)
            role.arn = words[i + 1];
        else if (strcmp(words[i], "--region") == 0)
            region = words[i + 1];
        else if (strcmp(words[i], "--times") == 0)
            times = (int)strtol(words[i + 1], NULL, 10);
    }
    char *problem = NULL;
    struct dr_runtime *runtime = dr_runtime_real_new(&problem);
    if (!runtime) {
        fprintf(stderr, "%s\n", problem);
        return 1;
    }
    struct dr_aws *aws = dr_aws_new(&(struct dr_aws_options){.profile = profile});
    struct asking asking = {0};
    for (int i = 0; i < times; i++) {
        asking.done = false;
        dr_aws_credentials_get(dr_aws_credentials(aws), runtime, &role, region, false, keep, &asking);
        while (!asking.done && dr_runtime_wait(runtime, INT64_MAX))
            ;
    }
    json_object_set_new(asking.answer, "source", text_or_null(dr_aws_credentials_source(dr_aws_credentials(aws))));
    struct dr_text text = {0};
    (void)dr_text_json(&text, asking.answer, DR_PAYLOAD_BYTES_MAX);
    printf("%s\n", text.bytes);
    dr_text_done(&text);
    json_decref(asking.answer);
    dr_aws_free(aws);
    dr_runtime_free(runtime);
    return 0;
}

/* What the calls of one process share, made as it is needed, and what the user's settings say about it. */
#include "providers/aws/client/client.h"

#include "providers/aws/client/parts.h"

#include <stdlib.h>
#include <string.h>

static char **copy_list(const char *const *list)
{
    if (!list)
        return NULL;
    size_t count = 0;
    while (list[count])
        count++;
    char **copy = dr_alloc((count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = dr_copy_string(list[i]);
    return copy;
}

struct dr_aws *dr_aws_new(const struct dr_aws_options *options)
{
    struct dr_aws *aws = dr_alloc(sizeof *aws);
    if (options) {
        aws->environment = options->environment;
        aws->profile = dr_copy_string(options->profile);
        aws->endpoint_url = dr_copy_string(options->endpoint_url);
        aws->model_folders = copy_list(options->model_folders);
    }
    return aws;
}

void dr_aws_free(struct dr_aws *aws)
{
    if (!aws)
        return;
    dr_aws_credentials_free(aws->credentials);
    dr_aws_signing_forget();
    dr_aws_settings_free(aws->settings);
    dr_aws_models_free(aws->models);
    for (struct dr_aws_lane *lane; (lane = aws->lanes);) {
        aws->lanes = lane->next;
        free(lane);
    }
    dr_aws_skews_done(&aws->skews);
    json_decref(aws->bucket_regions);
    json_decref(aws->discovered);
    for (char **folder = aws->model_folders; folder && *folder; folder++)
        free(*folder);
    free(aws->model_folders);
    free(aws->profile);
    free(aws->endpoint_url);
    free(aws->retries_problem);
    free(aws);
}

struct dr_aws_models *dr_aws_models(struct dr_aws *aws)
{
    if (!aws->models)
        aws->models = dr_aws_models_new(&(struct dr_aws_models_options){
            .folders = (const char *const *)aws->model_folders, .environment = aws->environment});
    return aws->models;
}

struct dr_aws_settings *dr_aws_settings(struct dr_aws *aws)
{
    if (!aws->settings)
        aws->settings = dr_aws_settings_new(&(struct dr_aws_settings_options){
            .environment = aws->environment, .profile = aws->profile, .endpoint_url = aws->endpoint_url});
    return aws->settings;
}

struct dr_aws_credentials *dr_aws_credentials(struct dr_aws *aws)
{
    if (!aws->credentials)
        aws->credentials = dr_aws_credentials_new(aws);
    return aws->credentials;
}

struct dr_aws_lane *dr_aws_lane(struct dr_aws *aws, const char *service, const char *region)
{
    size_t service_size = strlen(service);
    for (struct dr_aws_lane *lane = aws->lanes; lane; lane = lane->next)
        if (strcmp(lane->name, service) == 0 && strcmp(lane->name + lane->service_size + 1, region) == 0)
            return lane;
    struct dr_aws_lane *lane = dr_alloc(sizeof *lane + service_size + strlen(region) + 2);
    lane->quota = DR_AWS_QUOTA_FULL;
    lane->service_size = service_size;
    memcpy(lane->name, service, service_size);
    memcpy(lane->name + service_size + 1, region, strlen(region) + 1);
    lane->next = aws->lanes;
    return aws->lanes = lane;
}

/* --- Settings of the retries ---------------------------------------------------------------------------------------
 */

static bool read_attempts(const char *text, unsigned *ret_attempts)
{
    char *end;
    long attempts = strtol(text, &end, 10);
    if (end == text || *end || attempts < 1 || attempts > 1000)
        return false;
    *ret_attempts = (unsigned)attempts;
    return true;
}

const char *dr_aws_read_retries(struct dr_aws *aws)
{
    if (aws->retries_read)
        return aws->retries_problem;
    aws->retries_read = true;
    const struct dr_aws_settings *settings = dr_aws_settings(aws);
    const char *mode = dr_aws_settings_value(settings, "AWS_RETRY_MODE", "retry_mode"),
               *attempts = dr_aws_settings_value(settings, "AWS_MAX_ATTEMPTS", "max_attempts");
    if (mode && strcmp(mode, "standard") != 0 && strcmp(mode, "adaptive") != 0 && strcmp(mode, "legacy") != 0)
        aws->retries_problem =
            dr_format("the retry mode (AWS_RETRY_MODE, retry_mode) is \"%s\"; it can be standard or adaptive", mode);
    else if (attempts && !read_attempts(attempts, &aws->attempts_max))
        aws->retries_problem = dr_format(
            "the number of attempts (AWS_MAX_ATTEMPTS, max_attempts) is \"%s\"; it must be from 1 to 1000", attempts);
    aws->adaptive = mode && strcmp(mode, "adaptive") == 0;
    return aws->retries_problem;
}

/* --- Regions -------------------------------------------------------------------------------------------------------
 */

const char *dr_aws_pick_region(struct dr_aws *aws, const struct dr_aws_operation *operation, const char *region)
{
    if (region && *region)
        return region;
    region = dr_aws_settings_region(dr_aws_settings(aws));
    if (region)
        return region;
    return operation->model->global_endpoint ? "us-east-1" : NULL; /* they answer for every Region */
}

/* Between the files of the client. Private to this room. */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_PARTS_H
#define DRRUN_PROVIDERS_AWS_CLIENT_PARTS_H

#include "interpreter/base/text.h"
#include "providers/aws/client/client.h"
#include "providers/aws/client/rate.h"
#include "providers/aws/client/retry.h"
#include "providers/aws/client/skew.h"
#include "providers/aws/endpoint/endpoint.h"

/* What the SDKs call a client: a service in a Region. They share what they learn about how much it takes. */
struct dr_aws_lane {
    struct dr_aws_lane *next;
    struct dr_aws_quota quota;
    struct dr_aws_rate rate; /* adaptive mode only */
    size_t service_size;
    char name[]; /* "rds", NUL, "us-west-2" */
};

struct dr_aws {
    const char *(*environment)(const char *name);
    char *profile, *endpoint_url;
    char **model_folders; /* NULL: the usual places */
    struct dr_aws_models *models;
    struct dr_aws_settings *settings;
    struct dr_aws_credentials *credentials;
    struct dr_aws_lane *lanes;
    struct dr_aws_skews skews;
    json_t *bucket_regions; /* {"bucket": "eu-west-1"}: what S3 has told */
    json_t *discovered;     /* discover.c */
    bool retries_read, adaptive;
    unsigned attempts_max; /* 0: the service's own */
    char *retries_problem; /* NULL: the settings make sense */
};

/* Made on first use; lives as long as `aws`. */
struct dr_aws_lane *dr_aws_lane(struct dr_aws *aws, const char *service, const char *region);
/* Reads AWS_RETRY_MODE and AWS_MAX_ATTEMPTS once. NULL, or what is wrong with them. */
const char *dr_aws_read_retries(struct dr_aws *aws);

/* The Region of a call: the caller's, the settings', for global services any. NULL: nobody said one. */
const char *dr_aws_pick_region(struct dr_aws *aws, const struct dr_aws_operation *operation, const char *region);

#endif

/* A botocore data folder as it is: <service>/<version>/service-2.json, plain or gzipped, with its companions. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_RAW_H
#define DRRUN_PROVIDERS_AWS_MODEL_RAW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define DR_AWS_DATE_TEXT 16 /* bytes of "2022-12-09", NUL included, with room */

/* Whether `folder` holds a service-2.json (or .gz) itself. */
bool dr_aws_raw_is_version(const char *folder);
/* The folder of a service's latest version, "<folder>/<service>/2014-10-31": versions are compared as text. Owned by
 * the caller; NULL: none. `service` NULL: `folder` is the service's. */
char *dr_aws_raw_version(const char *folder, const char *service);
/* The names of the services in a data folder, sorted; owned by the caller (dr_aws_raw_names_free). */
char **dr_aws_raw_names(const char *folder, size_t *ret_count);
void dr_aws_raw_names_free(char **names, size_t count);

/* What tells that a model is no longer the one that was compiled, and how old it is. false: there is none. */
struct dr_aws_raw_stamp {
    int64_t modified_ns;
    uint64_t size;
    char date[DR_AWS_DATE_TEXT]; /* of the last change: "2022-12-09" */
};
bool dr_aws_raw_stamp(const char *version_folder, struct dr_aws_raw_stamp *ret_stamp);

/* One file of a version, with its sdk-extras laid over: "service-2", "paginators-1". A new reference; NULL without a
 * problem: it is not there; NULL with one: it is not to be read. */
json_t *dr_aws_raw_load(const char *version_folder, const char *file, char **ret_problem);
/* Any JSON file, plain or gzipped. The same results. */
json_t *dr_aws_raw_file(const char *path, char **ret_problem);
/* Only the metadata of a version's service, from the beginning of the file if it stands there. NULL: none. */
json_t *dr_aws_raw_metadata(const char *version_folder);

/* What a folder below a botocore's or an AWS CLI's "data" belongs to: "botocore 1.29.27", "AWS CLI 2.9.19", else the
 * folder itself. Owned by the caller. */
char *dr_aws_raw_origin(const char *folder);

/* The version of the AWS CLI that a folder was installed with, from its path: "2.15.0". NULL: not such a path. Owned by
 * the caller. */
char *dr_aws_raw_cli_version(const char *folder);

#endif

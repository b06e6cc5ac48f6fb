/* Where models are looked for, in this order; the first that has the service gives it:
 *
 *     the folders given (then nothing else), else
 *     $DRRUN_MODELS, $AWS_DATA_PATH   folders, separated by colons
 *     ~/.aws/models                   as the SDKs do
 *     $XDG_DATA_HOME/drrun/models     what `drrun models import` brought
 *     an installed AWS CLI v2         if its model is younger than the bundled one
 *     the bundled models              beside the binary
 *
 * A folder may hold compact models or botocore's own; the latter are compiled once and kept in $XDG_CACHE_HOME/drrun. A
 * model's date is the day on which its service-2.json was last changed: packages keep that. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_FIND_H
#define DRRUN_PROVIDERS_AWS_MODEL_FIND_H

#include "interpreter/base/arena.h"
#include "providers/aws/model/compact.h"

#include <jansson.h>
#include <stdbool.h>

struct dr_aws_finder;

struct dr_aws_finder_options {                    /* borrowed, copied */
    const char *const *folders;                   /* NULL: the usual places */
    const char *const *installed;                 /* data folders of AWS CLIs; NULL: where they are installed */
    const char *(*environment)(const char *name); /* NULL: getenv */
};

/* Cheap: no folder is read before something is looked for. Everything it finds lives in `arena`. */
struct dr_aws_finder *dr_aws_finder_new(struct dr_arena *arena, const struct dr_aws_finder_options *options);

/* The text of a service's model. false without a problem: nobody has it; with one: who has it is damaged. */
bool dr_aws_finder_find(struct dr_aws_finder *finder, const char *name, struct dr_aws_compact *ret_text,
                        char **ret_problem);
/* The service of which `sdk_name` is Step Functions' name; NULL: none. */
const char *dr_aws_finder_by_sdk(struct dr_aws_finder *finder, const char *sdk_name);
/* Entries as in an index (index.h), by name, sorted; borrowed. */
const json_t *dr_aws_finder_list(struct dr_aws_finder *finder);
/* partitions.json of the first place that has one: a new reference; NULL: none. */
json_t *dr_aws_finder_partitions(struct dr_aws_finder *finder);

/* The endpoint rules of the bundled model of a service: a new reference; NULL: none. */
json_t *dr_aws_finder_rules(struct dr_aws_finder *finder, const char *name);

const char *dr_aws_finder_bundled(struct dr_aws_finder *finder);  /* the folder beside the binary; NULL: none */
const char *dr_aws_finder_overlays(struct dr_aws_finder *finder); /* the folder of overlays; NULL: none */
const char *dr_aws_finder_imports(struct dr_aws_finder *finder);  /* where imports go; NULL: there is no home */

#endif

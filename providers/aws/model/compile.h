/* From a botocore data folder to compact models: documentation stripped, keys sorted, licence and provenance kept. The
 * same code serves the build (`drrun models import`) and users who bring newer models. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_COMPILE_H
#define DRRUN_PROVIDERS_AWS_MODEL_COMPILE_H

#include "interpreter/base/text.h"

#include <jansson.h>
#include <stdbool.h>

struct dr_aws_import {
    const char *from; /* <service>/<version>/service-2.json[.gz], or one <version> folder, or one service's folder */
    const char *to;   /* made if it is not there; what is there for the same service is replaced, atomically */
    const char *overlays; /* a folder of <service>.json, laid over the models (model/overlay.c); NULL: none */
    const char *origin;   /* "botocore 1.29.27"; NULL: found out from `from` */
    void (*told)(void *data, const char *service, size_t operations,
                 const char *problem); /* one call a service; NULL */
    void *data;
};

/* The number of services imported; -1 with `ret_problem`. A broken model is told, left out, and the others go on. */
long dr_aws_models_import(const struct dr_aws_import *import, char **ret_problem);

/* One service into its compact text: "key<TAB>json" lines, sorted. false with a problem: what is missing, where. */
bool dr_aws_model_compile(const char *name, const json_t *service, const json_t *paginators, const json_t *waiters,
                          const json_t *endpoint_rules, const char *origin, const char *date, struct dr_text *out,
                          char **ret_problem);

#endif

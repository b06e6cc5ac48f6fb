/* Values of an evaluation out to jansson. */
#ifndef DRRUN_EXPRESSION_JSONATA_JSON_H
#define DRRUN_EXPRESSION_JSONATA_JSON_H

#include "interpreter/expression/jsonata/evaluate.h"

/* A new reference; what came from outside is shared, not copied. NULL for undefined. Functions become "", as in
 * JavaScript's JSON of them. Throws if the result is too large, too deep, or holds a number that is not finite. */
json_t *jx_to_json(struct jx_run *run, struct jx_value value);

#endif

/* What stands between "{{resolve:" and "}}": CloudFormation's grammar.
 *
 *   env:NAME
 *   ssm:NAME[:VERSION]  ssm-secure:NAME[:VERSION]
 *   secretsmanager:ID[:SecretString[:KEY[:STAGE[:VERSION]]]]     each part after ID may be empty
 * NAME and ID may be ARNs, whose own colons belong to them.
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html) */
#ifndef DRRUN_PROVIDERS_SECRET_REFERENCE_H
#define DRRUN_PROVIDERS_SECRET_REFERENCE_H

#include "interpreter/expression/expression.h"

#include <stddef.h>

struct dr_secret_reference {
    const char *source;  /* "env", "ssm", "ssm-secure", "secretsmanager" */
    const char *name;    /* of the variable or the parameter, the id of the secret; or an ARN */
    const char *key;     /* the member of the secret's JSON; NULL: all of it */
    const char *stage;   /* NULL: the current one */
    const char *version; /* NULL: the newest */
    char *bytes;         /* what the others point into; owned */
};

/* False with `ret_error` (States.Runtime): no such source, or not its grammar. Free with dr_secret_reference_done(). */
bool dr_secret_reference_parse(const char *text, size_t size, struct dr_secret_reference *ret_reference,
                               struct dr_error *ret_error) __attribute__((warn_unused_result));
/* The same value, whole: a copy without the key. */
struct dr_secret_reference dr_secret_reference_copy(const struct dr_secret_reference *reference);
void dr_secret_reference_done(struct dr_secret_reference *reference);
/* Whether both name the same value of the same source, whatever member of it. */
bool dr_secret_reference_same(const struct dr_secret_reference *one, const struct dr_secret_reference *other);

#endif

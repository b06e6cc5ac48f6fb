/* Inside the rule-set interpreter: one run of one rule set. Values are JSON; a value that is not set is NULL.
 * rules.c walks the rules, values.c evaluates references, templates and calls, functions.c is the table of functions.
 */
#ifndef DRRUN_PROVIDERS_AWS_ENDPOINT_RULES_H
#define DRRUN_PROVIDERS_AWS_ENDPOINT_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct dr_rules_run {
    const json_t *partitions;
    struct dr_rules_variable { /* parameters, then what conditions assigned; the newest is found first */
        const char *name;      /* borrowed from the rule set or the parameters */
        json_t *value;         /* owned */
    } * variables;
    size_t count, room;
    unsigned steps, depth; /* so far; see DR_RULES_STEPS_MAX */
    char *problem;         /* set once: the run is over */
};

/* Sets the problem, unless there is one already. Returns NULL, for those who want a value. */
json_t *dr_rules_fail(struct dr_rules_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* False, with the problem set, when the run has taken too many steps. */
bool dr_rules_step(struct dr_rules_run *run);

void dr_rules_assign(struct dr_rules_run *run, const char *name, json_t *value); /* steals `value` */

/* A literal, template, {"ref"} or {"fn"}: a new reference. NULL: not set, or a problem. */
json_t *dr_rules_value(struct dr_rules_run *run, const json_t *expression);
/* The same through objects and lists, for an endpoint's properties: templates wherever there are strings. */
json_t *dr_rules_properties(struct dr_rules_run *run, const json_t *properties);
/* Member of a value by path: "name", "resourceId[0]", "a.b", "[1]", and "[-1]" from the end. Borrowed; NULL: none. */
const json_t *dr_rules_attribute(const json_t *value, const char *path, size_t size);

/* Calls a function by name with evaluated arguments; they may be NULL. A new reference; NULL: not set, or a problem. */
json_t *dr_rules_call(struct dr_rules_run *run, const char *name, json_t *const *arguments, size_t count);
enum { DR_RULES_ARGUMENTS = 16 };

/* The partition that a Region belongs to: its outputs and "name". A new reference; never NULL: the first partition
 * holds what belongs to none (as Smithy's aws.partition), and without partitions it is that of aws. */
json_t *dr_aws_partition(const json_t *partitions, const char *region);
/* The Region that a partition's pseudo-Region ("aws-global") signs for; NULL: it is a plain Region. Static or borrowed
 * from `partitions`. */
const char *dr_aws_partition_global_region(const json_t *partitions, const char *region);

#endif

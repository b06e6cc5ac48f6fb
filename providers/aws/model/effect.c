/* Reads or changes: by exceptions, verb and method. */
#include "providers/aws/model/effect.h"

#include <stddef.h>
#include <string.h>

/* First words of names of operations that read. Words that mean both (Test, Verify, Detect, Evaluate, Export, Generate)
 * are none of them: what reads of those is in the list. */
static const char *const reading[] = {
    "BatchDescribe", "BatchGet", "BatchList", "Check", "Count", "Describe", "Estimate", "Get",      "Head",     "Is",
    "List",          "Lookup",   "Preview",   "Query", "Scan",  "Search",   "Select",   "Simulate", "Validate",
};

struct exception {
    const char *service_id, *operation;
    bool reads;
    const char *why;
};

static const struct exception exceptions[] = {
#define DR_AWS_READS(service_id, operation, why) {service_id, operation, true, why},
#define DR_AWS_CHANGES(service_id, operation, why) {service_id, operation, false, why},
#include "providers/aws/model/effects.def"
#undef DR_AWS_READS
#undef DR_AWS_CHANGES
};

static bool has_verb(const char *name, const char *verb)
{
    size_t size = strlen(verb);
    return strncmp(name, verb, size) == 0 && !(name[size] >= 'a' && name[size] <= 'z');
}

bool dr_aws_reads_by_name(const char *operation, const char *method)
{
    for (size_t i = 0; i < sizeof reading / sizeof *reading; i++)
        if (has_verb(operation, reading[i]))
            return true;
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

bool dr_aws_operation_reads(const char *service_id, const char *operation, const char *method, bool readonly)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (strcmp(exceptions[i].operation, operation) == 0 && strcmp(exceptions[i].service_id, service_id) == 0)
            return exceptions[i].reads;
    return readonly || dr_aws_reads_by_name(operation, method);
}

bool dr_aws_exception(size_t index, const char **ret_service_id, const char **ret_operation, bool *ret_reads)
{
    if (index >= sizeof exceptions / sizeof *exceptions)
        return false;
    *ret_service_id = exceptions[index].service_id;
    *ret_operation = exceptions[index].operation;
    *ret_reads = exceptions[index].reads;
    return true;
}

/* Reads or changes: by exceptions, verb and method. */
#include "providers/aws/model/effect.h"

#include <stddef.h>
#include <string.h>

/* First words of names of operations that read. */
static const char *const reading[] = {"Describe", "Get",    "List",  "Head", "BatchGet",
                                      "Search",   "Lookup", "Query", "Scan", "Test"};

static bool has_verb(const char *name, const char *verb)
{
    size_t size = strlen(verb);
    return strncmp(name, verb, size) == 0 && !(name[size] >= 'a' && name[size] <= 'z');
}

bool dr_aws_operation_reads(const char *service_id, const char *operation, const char *method)
{
    (void)service_id;
    for (size_t i = 0; i < sizeof reading / sizeof *reading; i++)
        if (has_verb(operation, reading[i]))
            return true;
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

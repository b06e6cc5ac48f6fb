/* Test data from outside lives beside the repository: $DRRUN_VECTORS, else ../shared/vectors. Where it is absent, a
 * test says so and skips. */
#ifndef DRRUN_TESTS_UNIT_EXPRESSION_VECTORS_H
#define DRRUN_TESTS_UNIT_EXPRESSION_VECTORS_H

#include "interpreter/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline json_t *load_vectors(const char *name)
{
    const char *folder = getenv("DRRUN_VECTORS");
    char *path = dr_format("%s/%s", folder ? folder : "../shared/vectors", name);
    FILE *file = fopen(path, "r");
    json_t *value = NULL;
    if (file) {
        struct dr_text text = {0};
        char block[65536];
        for (size_t size; (size = fread(block, 1, sizeof block, file)) > 0;) {
            dr_text_add(&text, block, size);
        }
        fclose(file);
        value = dr_json_parse(text.bytes, text.size, NULL);
        dr_text_done(&text);
    } else {
        printf("skipped: %s is not there\n", path);
    }
    free(path);
    return value;
}

static inline char *json_text(const json_t *value)
{
    struct dr_text text = {0};
    dr_text_json(&text, value, SIZE_MAX);
    return dr_text_take(&text);
}

#endif

/* JSONata's parser: any text compiles or is refused with a place inside it; what compiles can be asked what it uses. */
#include "tests/fuzz/target.h"

#include "interpreter/expression/jsonata/jsonata.h"

#include <assert.h>
#include <string.h>

static void see_variable(void *data, const char *name, const char *path, size_t position)
{
    assert(name && path && position < *(size_t *)data);
}

static void see_call(void *data, const char *name, unsigned arguments, size_t position)
{
    unsigned min, max;
    assert(position < *(size_t *)data);
    if (jsonata_arity(NULL, name, strlen(name), &min, &max))
        assert(min <= max);
    (void)arguments;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct jsonata_error error = {.code = ""};
    struct jsonata *program = jsonata_compile((const char *)bytes, size, NULL, &error);
    if (program) {
        jsonata_variables(program, see_variable, &size);
        jsonata_calls(program, see_call, &size);
    } else {
        assert(strlen(error.code) == 5 && *error.message);
        assert(error.position <= error.end && error.end <= size);
    }
    jsonata_free(program);
    return 0;
}

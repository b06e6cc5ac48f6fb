/* How much of a process's output is kept when nothing is said. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/runtime/real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

struct ended {
    bool ended, cut;
    size_t size;
};

static void process_ended(void *data, const struct dr_process_result *result)
{
    *(struct ended *)data = (struct ended){true, result->output_cut, result->output_size};
}

static void output_is_kept_up_to_the_default_limit(void **state)
{
    (void)state;
    char *problem = NULL;
    struct dr_runtime *runtime = dr_runtime_real_new(&problem);
    assert_non_null(runtime);
    for (unsigned more = 0; more <= 1; more++) {
        char *count = dr_format("%u", DR_OUTPUT_BYTES_MAX + more);
        const char *argv[] = {"head", "-c", count, "/dev/zero", NULL};
        struct ended ended = {0};
        assert_non_null(
            runtime->ops->process(runtime, &(struct dr_process_request){.argv = argv}, process_ended, &ended));
        while (!ended.ended)
            (void)runtime->ops->wait(runtime, INT64_MAX);
        assert_int_equal(ended.size, DR_OUTPUT_BYTES_MAX);
        assert_int_equal(ended.cut, more == 1);
        free(count);
    }
    runtime->ops->free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(output_is_kept_up_to_the_default_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a fuzz target defines; libFuzzer's name for it. */
#ifndef DRRUN_TESTS_FUZZ_TARGET_H
#define DRRUN_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif

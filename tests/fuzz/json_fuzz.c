/* The JSON reader and printer: what is read prints, and reads back as the same value. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/values.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *error = NULL;
    json_t *value = dr_json_parse((const char *)bytes, size, &error);
    assert(!value == !!error);
    if (value) {
        struct dr_text text = {0}, pretty = {0};
        assert(dr_text_json(&text, value, SIZE_MAX));
        assert(dr_text_json_pretty(&pretty, value, SIZE_MAX));
        json_t *again = dr_json_parse(text.bytes, text.size, NULL);
        json_t *from_pretty = dr_json_parse(pretty.bytes, pretty.size, NULL);
        assert(again && dr_json_same(again, value));
        assert(from_pretty && dr_json_same(from_pretty, value));
        json_decref(again);
        json_decref(from_pretty);
        dr_text_done(&text);
        dr_text_done(&pretty);
    }
    json_decref(value);
    free(error);
    return 0;
}

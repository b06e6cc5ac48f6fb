/* PostgreSQL's values: the first two bytes choose the type, the rest is what the server would have printed. */
#include "tests/fuzz/target.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/postgres/values.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return 0;
    /* Every printable value must be one: a server that is not what it says must not break the journal. */
    json_t *value = dr_postgres_value((uint32_t)bytes[0] << 8 | bytes[1], (const char *)bytes + 2, size - 2);
    struct dr_text text = {0};
    assert(value);
    assert(dr_text_json(&text, value, DR_PAYLOAD_BYTES_MAX));
    dr_text_done(&text);
    json_decref(value);
    return 0;
}

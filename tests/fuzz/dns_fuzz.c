/* The DNS answer reader: whatever comes, it ends, stays inside, and gives JSON that prints. */
#include "tests/fuzz/target.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/dns/message.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    int rcode = -1;
    json_t *answer = dr_dns_answer(bytes, size, &rcode);
    if (answer) {
        struct dr_text text = {0};
        assert(rcode >= 0 && rcode <= 15);
        assert(dr_text_json(&text, answer, DR_PAYLOAD_BYTES_MAX));
        json_t *again = dr_json_parse(text.bytes, text.size, NULL);
        assert(again && json_equal(again, answer));
        json_decref(again);
        dr_text_done(&text);
    }
    json_decref(answer);
    return 0;
}

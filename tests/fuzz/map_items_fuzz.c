/* What a Map's ItemReader got: the first byte chooses the format and what it reads, the second whether the body is text
 * or bytes, the rest is the body, of the first object and of all that it names. There are items, or a further object to
 * get, or an error with a cause. */
#include "tests/fuzz/target.h"

#include "interpreter/base/base64.h"
#include "interpreter/base/text.h"
#include "interpreter/states/map_items.h"
#include "interpreter/states/map_objects.h"

#include <assert.h>
#include <string.h>

enum { OBJECTS_MAX = 8, ITEMS_MAX = 1000 };

static json_t *make_result(const char *bytes, size_t size, bool packed, bool listing)
{
    json_t *body = packed ? NULL : json_stringn(bytes, size);
    json_t *result =
        json_pack("{s:o,s:I}", "Body", body ? body : dr_base64_json(bytes, size), "ContentLength", (json_int_t)size);
    if (listing) {
        json_t *parsed = dr_json_parse(bytes, size, NULL);
        json_object_set_new(result, "Contents", parsed ? parsed : json_null());
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const enum dr_input_type types[] = {DR_INPUT_JSON, DR_INPUT_JSONL, DR_INPUT_CSV, DR_INPUT_MANIFEST,
                                               DR_INPUT_LIST};
    static const enum dr_reads reads[] = {DR_READS_ITEMS, DR_READS_INVENTORY, DR_READS_ATHENA, DR_READS_LISTED};
    static const struct dr_resource get = {.name = "get"};
    if (size < 2)
        return 0;
    struct dr_item_reader reader = {.resource_text = "read",
                                    .resource = &get,
                                    .get = &get,
                                    .input_type = types[bytes[0] % 5],
                                    .reads = reads[bytes[0] / 5 % 4],
                                    .delimiter = ',',
                                    .items_pointer = bytes[0] & 0x80 ? "/a/0" : NULL};
    struct dr_state state = {.name = "M", .kind = DR_MAP};
    state.map.reader = &reader;
    json_t *result = make_result((const char *)bytes + 2, size - 2, bytes[1] & 1, bytes[1] & 2);
    json_t *place = json_pack("{s:s}", "Bucket", "b"), *carried = dr_objects_carry(place);
    struct dr_moment moment = {.state = &state, .stage = DR_MAP_READ, .carried = carried};
    for (unsigned objects = 0; objects < OBJECTS_MAX; objects++) {
        struct dr_decision decision = {0};
        if (reader.reads == DR_READS_ITEMS)
            decision.items = dr_items_read(&reader, result, ITEMS_MAX, &decision);
        else
            dr_objects_read(&moment, result, ITEMS_MAX, &decision);
        bool goes_on = decision.kind == DR_DECIDE_CALL;
        assert(!!decision.items + !!decision.error.error + goes_on == 1);
        assert(!decision.error.error || decision.error.cause);
        assert(!decision.items || json_is_array(decision.items));
        assert(!goes_on || (json_is_string(json_object_get(decision.output, "Key")) && decision.carried));
        json_decref(carried);
        moment.carried = carried = json_incref(decision.carried);
        moment.stage = DR_MAP_FETCH;
        dr_decision_done(&decision);
        if (!goes_on)
            break;
    }
    json_decref(carried);
    json_decref(place);
    json_decref(result);
    return 0;
}

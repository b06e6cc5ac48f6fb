/* Any bytes as a journal. Whatever they are, what is verified stays verified on its own, and nothing outside of it is
 * handed out. [D5] */
#include "interpreter/journal/verify.h"
#include "target.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static bool inside(void *data, const char *line, size_t size, uint64_t offset)
{
    const struct dr_verified *verified = data;
    assert(offset + size < verified->bytes);
    assert(!dr_is_commit(line, size) && !memchr(line, '\n', size));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct dr_bytes_source source = {.memory = (const char *)bytes, .size = size};
    struct dr_verified found = {0}, again = {0};
    if (size == 0)
        source.memory = "";
    if (!dr_verify(&source, &found))
        return 0;
    assert(found.bytes <= size && found.torn_bytes <= size - found.bytes);
    assert(dr_read_records(&source, 0, found.bytes, inside, &found));
    if (found.tail == DR_TAIL_NEWER)
        return 0;
    source.size = (size_t)found.bytes;
    assert(dr_verify(&source, &again));
    assert(again.tail == DR_TAIL_CLEAN && again.bytes == found.bytes && again.chain.commits == found.chain.commits);
    return 0;
}

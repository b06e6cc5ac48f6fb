/* gzip in memory: what a file may be, and what it may not do to us. */
#include "interpreter/base/gunzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

static void pack(const char *bytes, size_t size, struct dr_text *out)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, size);
    dr_text_reserve(out, room);
    stream.next_in = (z_const Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = (Bytef *)out->bytes + out->size;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->size += room - stream.avail_out;
    deflateEnd(&stream);
}

static char *long_text(size_t size)
{
    char *text = dr_alloc(size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i * i % 23);
    return text;
}

static void members_are_unpacked_one_after_the_other(void **state)
{
    (void)state;
    struct dr_text packed = {0}, found = {0};
    char *text = long_text(300000);
    pack(text, 200000, &packed);
    pack("", 0, &packed);
    pack(text + 200000, 100000, &packed);
    assert_true(dr_is_gzip(packed.bytes, packed.size));
    assert_null(dr_gunzip(packed.bytes, packed.size, 300000, &found));
    assert_int_equal(found.size, 300000);
    assert_memory_equal(found.bytes, text, 300000);
    dr_text_done(&packed);
    dr_text_done(&found);
    free(text);
}

static void what_is_no_gzip_is_refused(void **state)
{
    (void)state;
    struct dr_text packed = {0}, found = {0};
    char *text = long_text(5000);
    pack(text, 5000, &packed);
    for (size_t size = 0; size < packed.size; size++) { /* cut anywhere */
        dr_text_clear(&found);
        assert_non_null(dr_gunzip(packed.bytes, size, 5000, &found));
    }
    for (size_t i = 0; i < packed.size; i++) { /* any byte damaged: refused, or the same (flags that mean nothing) */
        dr_text_clear(&found);
        packed.bytes[i] = (char)(packed.bytes[i] ^ 0x55);
        const char *problem = dr_gunzip(packed.bytes, packed.size, 5000, &found);
        assert_true(problem || (found.size == 5000 && memcmp(found.bytes, text, 5000) == 0));
        packed.bytes[i] = (char)(packed.bytes[i] ^ 0x55);
    }
    dr_text_clear(&found);
    assert_non_null(dr_gunzip("plain text", 10, 5000, &found));
    assert_false(dr_is_gzip("plain text", 10));
    dr_text_done(&packed);
    dr_text_done(&found);
    free(text);
}

static void a_bomb_is_stopped(void **state)
{
    (void)state;
    struct dr_text packed = {0}, found = {0};
    char *zeros = dr_alloc(10000000);
    pack(zeros, 10000000, &packed);
    assert_true(packed.size < 20000);
    assert_string_equal(dr_gunzip(packed.bytes, packed.size, 100000, &found), "the unpacked data is too large");
    assert_true(found.capacity < 1000000);
    dr_text_done(&packed);
    dr_text_done(&found);
    free(zeros);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_unpacked_one_after_the_other),
        cmocka_unit_test(what_is_no_gzip_is_refused),
        cmocka_unit_test(a_bomb_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

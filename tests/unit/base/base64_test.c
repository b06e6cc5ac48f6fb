#include "tests/providers/call.h"

#include "interpreter/base/base64.h"

/* RFC 4648 section 10. */
static const struct {
    const char *bytes, *text;
} vectors[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

static void test_vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        json_t *text = dr_base64_json(vectors[i].bytes, strlen(vectors[i].bytes));
        assert_string_equal(json_string_value(text), vectors[i].text);
        json_decref(text);
        unsigned char *bytes;
        size_t size;
        assert_true(dr_base64_decode(vectors[i].text, strlen(vectors[i].text), &bytes, &size));
        assert_int_equal(size, strlen(vectors[i].bytes));
        assert_memory_equal(bytes, vectors[i].bytes, size);
        free(bytes);
    }
}

static void test_every_byte_survives(void **state)
{
    (void)state;
    unsigned char all[256], *bytes;
    for (unsigned i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    json_t *text = dr_base64_json(all, sizeof all);
    size_t size;
    assert_true(dr_base64_decode(json_string_value(text), json_string_length(text), &bytes, &size));
    assert_int_equal(size, 256);
    assert_memory_equal(bytes, all, 256);
    free(bytes);
    json_decref(text);
}

static void test_what_is_not_base64_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Zg", "Zg=", "Z===", "=Zg=", "Zm9v\n", "Zm 9", "Zm9*", "===="};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        unsigned char *bytes = NULL;
        size_t size;
        if (dr_base64_decode(wrong[i], strlen(wrong[i]), &bytes, &size))
            fail_msg("accepted: %s", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_both_ways),
        cmocka_unit_test(test_every_byte_survives),
        cmocka_unit_test(test_what_is_not_base64_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

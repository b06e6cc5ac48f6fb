/* Checksums of bodies: the published check values, and which one an operation gets. */
#include "tests/unit/aws/serialize.h"

#include "providers/aws/protocol/checksum.h"

/* The check values of the catalogue of CRC algorithms, and of the RFCs, as base64. */
static void test_check_values(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } rows[] = {{"CRC32", "y/Q5Jg=="},         /* cbf43926 */
                {"crc32c", "4waSgw=="},        /* e3069283 */
                {"CRC64NVME", "rosUhgp5mIg="}, /* ae8b14860a799888 */
                {"SHA1", "98O8HYCOBHMq32eZZczDTKeuNEE="},
                {"SHA256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
                {"MD5", "JfnnlDI7RTiF9RgfG2JNCw=="}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct dr_aws_checksum *checksum = dr_aws_checksum_find(rows[i].name);
        assert_non_null(checksum);
        char *text = dr_aws_checksum_text(checksum, "123456789", 9);
        assert_string_equal(text, rows[i].text);
        free(text);
    }
    assert_null(dr_aws_checksum_find("CRC16"));
}

static void test_tree_hash(void **state)
{
    (void)state;
    char *tree = dr_aws_tree_hash_hex("", 0); /* one piece is its own tree */
    assert_string_equal(tree, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    free(tree);
    size_t size = (5u << 19) + 1; /* two and a half pieces and a byte */
    char *bytes = dr_alloc(size);
    memset(bytes, 'a', size);
    tree = dr_aws_tree_hash_hex(bytes, size);
    assert_string_equal(tree, "7e4d0f8f0596e0c325215fbe24a6a31b7e2a25815b516e1a88c9a19a12bfff6f");
    free(tree);
    free(bytes);
}

static const char shapes[] =
    "{'In': {'type': 'structure', 'payload': 'Body', 'members': {"
    "  'Algorithm': {'shape': 'S', 'location': 'header', 'locationName': 'x-amz-sdk-checksum-algorithm'},"
    "  'Sum': {'shape': 'S', 'location': 'header', 'locationName': 'x-amz-checksum-sha1'},"
    "  'MD5': {'shape': 'S', 'location': 'header', 'locationName': 'Content-MD5'},"
    "  'Body': {'shape': 'B', 'streaming': true}}},"
    " 'S': {'type': 'string'}, 'B': {'type': 'blob'}}";

static struct test_api api_with(const char *checksum)
{
    char *operation =
        dr_format("{'http': {'method': 'PUT', 'requestUri': '/'}, 'input': {'shape': 'In'}, %s}", checksum);
    struct test_api api = test_api_new("{'protocol': 'rest-xml'}", operation, shapes);
    free(operation);
    return api;
}

static void test_which_one(void **state)
{
    (void)state;
    static const char supported[] = "'httpChecksum': {'requestAlgorithmMember': 'Algorithm'}";
    static const char required[] =
        "'httpChecksum': {'requestAlgorithmMember': 'Algorithm', 'requestChecksumRequired': true}";
    static const char old[] = "'httpChecksumRequired': true";
    static const struct {
        const char *operation, *input;
        bool only_required;
        const char *header, *value, *absent;
    } rows[] = {
        {supported, "{'Body': '123456789'}", false, "x-amz-checksum-crc32", "y/Q5Jg==", "Content-MD5"},
        {supported, "{'Body': '123456789'}", false, "x-amz-sdk-checksum-algorithm", "CRC32", "Content-MD5"},
        {supported, "{}", false, "x-amz-checksum-crc32", "AAAAAA==", "Content-MD5"},
        {supported, "{'Body': '1', 'Algorithm': 'SHA1', 'Sum': 'mine'}", false, "x-amz-checksum-sha1", "mine",
         "x-amz-checksum-crc32"},
        {supported, "{'Body': '123456789', 'Algorithm': 'CRC32C'}", false, "x-amz-checksum-crc32c",
         "4waSgw==", "x-amz-checksum-crc32"},
        {supported, "{'Body': '123456789'}", true, NULL, NULL, "x-amz-checksum-crc32"},
        {required, "{'Body': '123456789'}", true, "x-amz-checksum-crc32", "y/Q5Jg==", "Content-MD5"},
        {old, "{'Body': '123456789'}", true, "Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw==", "x-amz-checksum-crc32"},
        {old, "{'Body': '1', 'MD5': 'mine'}", false, "Content-MD5", "mine", "x-amz-checksum-crc32"},
        {"'idempotent': true", "{'Body': '1'}", false, NULL, NULL, "x-amz-checksum-crc32"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_api api = api_with(rows[i].operation);
        struct dr_aws_serialize_options options = {.checksum_when_required = rows[i].only_required};
        assert_true(test_api_call_with(&api, &options, test_json("%s", rows[i].input)));
        if (rows[i].header) {
            assert_non_null(test_api_header(&api, rows[i].header));
            assert_string_equal(test_api_header(&api, rows[i].header), rows[i].value);
        }
        assert_null(test_api_header(&api, rows[i].absent));
        test_api_done(&api);
    }
}

static void test_an_unknown_algorithm_is_refused(void **state)
{
    (void)state;
    struct test_api api = api_with("'httpChecksum': {'requestAlgorithmMember': 'Algorithm'}");
    assert_false(test_api_call(&api, test_json("{'Algorithm': 'MD5'}")));
    assert_string_equal(api.problem, "Input.Algorithm names a checksum that drrun cannot make: it knows CRC32, CRC32C, "
                                     "CRC64NVME, SHA1 and SHA256");
    test_api_done(&api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_values),
        cmocka_unit_test(test_tree_hash),
        cmocka_unit_test(test_which_one),
        cmocka_unit_test(test_an_unknown_algorithm_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

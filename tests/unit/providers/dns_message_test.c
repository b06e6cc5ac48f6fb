#include "tests/providers/call.h"

#include "providers/dns/message.h"

/* An answer to "example.com": 12 bytes of header, then the question, then `records` (which may point to the name at
 * 12). */
static json_t *read_answer(const char *flags, unsigned count, const char *records, size_t size, int *ret_rcode)
{
    static const char question[] = "\7example\3com\0\0\1\0\1";
    struct dr_text message = {0};
    dr_text_add(&message, "\x12\x34", 2);
    dr_text_add(&message, flags, 2);
    dr_text_add(&message, "\0\1\0", 3);
    dr_text_putc(&message, (char)count);
    dr_text_add(&message, "\0\0\0\0", 4);
    dr_text_add(&message, question, sizeof question - 1);
    dr_text_add(&message, records, size);
    /* An exact copy, so that the sanitizer sees a read past its end. */
    unsigned char *exact = malloc(message.size);
    memcpy(exact, message.bytes, message.size);
    json_t *answer = dr_dns_answer(exact, message.size, ret_rcode);
    free(exact);
    dr_text_done(&message);
    return answer;
}

#define NAME "\xc0\x0c"
#define HEAD(type, ttl) NAME type "\0\1" ttl

struct row {
    const char *record;
    size_t size;
    const char *json; /* NULL: refused */
};
#define ROW(record, json)                                                                                              \
    {                                                                                                                  \
        record, sizeof record - 1, json                                                                                \
    }

static const struct row rows[] = {
    ROW(HEAD("\0\1", "\0\0\0\x3c") "\0\4\xc0\0\2\1",
        "{'Name': 'example.com', 'Type': 'A', 'Ttl': 60, 'Value': '192.0.2.1'}"),
    ROW(HEAD("\0\1", "\xff\xff\xff\xff") "\0\4\xc0\0\2\1",
        "{'Name': 'example.com', 'Type': 'A', 'Ttl': 0, 'Value': '192.0.2.1'}"),
    ROW(HEAD("\0\1", "\x7f\xff\xff\xff") "\0\4\xc0\0\2\1",
        "{'Name': 'example.com', 'Type': 'A', 'Ttl': 2147483647, 'Value': '192.0.2.1'}"),
    ROW(HEAD("\0\x1c", "\0\0\0\1") "\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
        "{'Name': 'example.com', 'Type': 'AAAA', 'Ttl': 1, 'Value': '2001:db8::1'}"),
    ROW(HEAD("\0\5", "\0\0\0\1") "\0\6\3www\xc0\x0c",
        "{'Name': 'example.com', 'Type': 'CNAME', 'Ttl': 1, 'Value': 'www.example.com'}"),
    ROW(HEAD("\0\5", "\0\0\0\1") "\0\1\0", "{'Name': 'example.com', 'Type': 'CNAME', 'Ttl': 1, 'Value': '.'}"),
    ROW(HEAD("\0\x0f", "\0\0\0\1") "\0\4\0\x0a\xc0\x0c",
        "{'Name': 'example.com', 'Type': 'MX', 'Ttl': 1, 'Value': '10 example.com'}"),
    ROW(HEAD("\0\x10", "\0\0\0\1") "\0\7\2ab\3c\xff"
                                   "d",
        "{'Name': 'example.com', 'Type': 'TXT', 'Ttl': 1, 'Value': 'abc\\\\255d'}"),
    ROW(HEAD("\0\x10", "\0\0\0\1") "\0\1\0", "{'Name': 'example.com', 'Type': 'TXT', 'Ttl': 1, 'Value': ''}"),
    ROW(HEAD("\0\x21", "\0\0\0\1") "\0\x08\0\1\0\2\x15\x38\xc0\x0c",
        "{'Name': 'example.com', 'Type': 'SRV', 'Ttl': 1, 'Value': '1 2 5432 example.com'}"),
    ROW(HEAD("\1\1", "\0\0\0\1") "\0\x0a\0\5issuex.y",
        "{'Name': 'example.com', 'Type': 'CAA', 'Ttl': 1, 'Value': '0 issue \\\"x.y\\\"'}"),
    ROW(HEAD("\0\6", "\0\0\0\1") "\0\x18\xc0\x0c\xc0\x0c\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5",
        "{'Name': 'example.com', 'Type': 'SOA', 'Ttl': 1, 'Value': 'example.com example.com 1 2 3 4 5'}"),
    ROW(HEAD("\0\x63", "\0\0\0\1") "\0\2\xab\xcd",
        "{'Name': 'example.com', 'Type': 'TYPE99', 'Ttl': 1, 'Value': '\\\\# 2 abcd'}"),
    ROW("\5a.b c\0\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1",
        "{'Name': 'a\\\\.b c', 'Type': 'A', 'Ttl': 1, 'Value': '192.0.2.1'}"),
    /* Cut short, too long, or not what the type says. */
    ROW(HEAD("\0\1", "\0\0\0\1") "\0\4\xc0\0\2", NULL), ROW(HEAD("\0\1", "\0\0\0\1") "\0\5\xc0\0\2\1\1", NULL),
    ROW(HEAD("\0\1", "\0\0\0\1") "\0\3\xc0\0\2", NULL), ROW(HEAD("\0\x10", "\0\0\0\1") "\0\2\2a", NULL),
    ROW(HEAD("\0\x0f", "\0\0\0\1") "\0\5\0\x0a\xc0\x0c\0", NULL),
    ROW(HEAD("\0\6", "\0\0\0\1") "\0\4\xc0\x0c\xc0\x0c", NULL),
    ROW(HEAD("\0\5", "\0\0\0\1") "\0\2\xc0\xff", NULL), /* jumps forward */
    ROW(HEAD("\0\5", "\0\0\0\1") "\0\2\xc0\x29", NULL), /* jumps to itself */
    ROW(HEAD("\0\5", "\0\0\0\1") "\0\3\x80zz", NULL),   /* a label type that does not exist */
    ROW(HEAD("\0\5", "\0\0\0\1") "\0\3\5ab", NULL),     /* the label is longer than the data */
    ROW("\xc0", NULL), ROW("", NULL),                   /* a record is announced and none is there */
};

static void test_records_read_as_dig_prints_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rcode;
        json_t *answer = read_answer("\x84\0", 1, rows[i].record, rows[i].size, &rcode);
        print_message("row %zu: %s\n", i, rows[i].json ? rows[i].json : "refused");
        if (rows[i].json)
            assert_json_equal(json_array_get(json_object_get(answer, "Answers"), 0), rows[i].json);
        else
            assert_null(answer);
        json_decref(answer);
    }
}

static void test_status_and_authority(void **state)
{
    (void)state;
    int rcode;
    json_t *answer = read_answer("\x84\3", 0, "", 0, &rcode);
    assert_int_equal(rcode, DR_DNS_NXDOMAIN);
    assert_json_equal(answer, "{'Status': 'NXDOMAIN', 'Authoritative': true, 'Answers': []}");
    json_decref(answer);
    answer = read_answer("\x80\x0f", 0, "", 0, &rcode);
    assert_json_equal(answer, "{'Status': 'RCODE15', 'Authoritative': false, 'Answers': []}");
    json_decref(answer);
    assert_null(read_answer("\x04\0", 0, "", 0, &rcode)); /* a query, not an answer */
    assert_null(dr_dns_answer((const unsigned char *)"\x12\x34\x84", 3, &rcode));
}

static void test_other_classes_are_skipped(void **state)
{
    (void)state;
    int rcode;
    static const char chaos[] = NAME "\0\1\0\3\0\0\0\1\0\4\xc0\0\2\1";
    json_t *answer = read_answer("\x84\0", 1, chaos, sizeof chaos - 1, &rcode);
    assert_int_equal(json_array_size(json_object_get(answer, "Answers")), 0);
    json_decref(answer);
}

/* 127 labels of one byte are 255 bytes and legal; one more is not. */
static void test_a_name_has_at_most_255_bytes(void **state)
{
    (void)state;
    for (unsigned labels = 127; labels <= 128; labels++) {
        struct dr_text record = {0};
        for (unsigned i = 0; i < labels; i++)
            dr_text_add(&record, "\1a", 2);
        dr_text_add(&record, "\0\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1", 15);
        int rcode;
        json_t *answer = read_answer("\x84\0", 1, record.bytes, record.size, &rcode);
        assert_int_equal(answer != NULL, labels == 127);
        json_decref(answer);
        dr_text_done(&record);
    }
}

static void test_reverse_names(void **state)
{
    (void)state;
    char *name = dr_dns_reverse_name("192.0.2.1");
    assert_string_equal(name, "1.2.0.192.in-addr.arpa");
    free(name);
    name = dr_dns_reverse_name("2001:db8::1");
    assert_string_equal(name, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    free(name);
    assert_null(dr_dns_reverse_name("example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_read_as_dig_prints_them),
        cmocka_unit_test(test_status_and_authority),
        cmocka_unit_test(test_other_classes_are_skipped),
        cmocka_unit_test(test_a_name_has_at_most_255_bytes),
        cmocka_unit_test(test_reverse_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

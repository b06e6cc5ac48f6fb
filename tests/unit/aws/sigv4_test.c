/* Signing beyond the official cases: what is signed, S3's ways, kept keys, SigV4A, and the server's side. */
#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"
#include "providers/aws/signing/ecdsa.h"
#include "providers/aws/signing/keys.h"
#include "providers/aws/signing/sigv4.h"
#include "providers/aws/signing/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t time_of(const char *text)
{
    int64_t time_ms;
    assert_true(dr_time_parse(text, strlen(text), &time_ms, NULL));
    return time_ms;
}

/* The keys of Amazon S3's documentation. */
static char example_id[] = "AKIAIOSFODNN7EXAMPLE", example_secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
static struct dr_aws_identity example = {
    .access_key_id = example_id, .secret_access_key = example_secret, .expires_ms = INT64_MAX};

static const struct dr_aws_identity *find_owner(void *data, const char *access_key_id)
{
    const struct dr_aws_identity *identity = data;
    return strcmp(identity->access_key_id, access_key_id) == 0 ? identity : NULL;
}

/* "Signature Calculations for the Authorization Header", examples GET Object, PUT Object, GET Bucket (List Objects);
 * "Authenticating Requests: Using Query Parameters". */
static void test_the_examples_of_s3s_documentation(void **state)
{
    (void)state;
    static const struct dr_http_header range[] = {{"Range", "bytes=0-9"}};
    static const struct dr_http_header put[] = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                                {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    static const struct {
        struct dr_aws_to_sign request;
        const char *signature;
    } cases[] = {
        {{.method = "GET", .path = "/test.txt", .query = "", .headers = range, .header_count = 1},
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
        {{.method = "PUT",
          .path = "/test%24file.text",
          .query = "",
          .headers = put,
          .header_count = 2,
          .body = "Welcome to Amazon S3.",
          .body_size = 21},
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
        {{.method = "GET", .path = "/", .query = "max-keys=2&prefix=J"},
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    };
    struct dr_aws_scope scope = {.region = "us-east-1",
                                 .service = "s3",
                                 .now_ms = time_of("2013-05-24T00:00:00Z"),
                                 .single_encoding = true,
                                 .content_sha256 = true,
                                 .all_headers = true};
    struct dr_aws_signature signature;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dr_aws_to_sign request = cases[i].request;
        request.host = "examplebucket.s3.amazonaws.com";
        dr_aws_sign(&request, &example, &scope, &signature);
        assert_string_equal(signature.signature, cases[i].signature);
        dr_aws_signature_done(&signature);
    }
    scope.unsigned_body = true;
    scope.expires_seconds = 86400;
    struct dr_aws_to_sign request = {
        .method = "GET", .host = "examplebucket.s3.amazonaws.com", .path = "/test.txt", .query = ""};
    dr_aws_presign(&request, &example, &scope, &signature);
    assert_string_equal(signature.signature, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    dr_aws_signature_done(&signature);
}

static struct dr_aws_to_sign plain_request(void)
{
    static const struct dr_http_header headers[] = {
        {"User-Agent", "drrun/1"},
        {"Accept", "*/*"},
        {"Connection", "keep-alive"},
        {"Content-Type", "application/x-amz-json-1.0"},
        {"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="},
        {"X-Amz-Target", "DynamoDB_20120810.ListTables"},
        {"X-Amzn-Trace-Id", "Root=1"},
        {"X-Amz-Date", "20000101T000000Z"}, /* an earlier attempt's */
        {"Authorization", "an earlier attempt's"},
        {"Expect", "100-continue"},
        {"Content-Length", "2"},
    };
    return (struct dr_aws_to_sign){.method = "POST",
                                   .host = "dynamodb.us-east-1.amazonaws.com",
                                   .path = "/",
                                   .query = "",
                                   .headers = headers,
                                   .header_count = sizeof headers / sizeof *headers,
                                   .body = "{}",
                                   .body_size = 2};
}

static struct dr_aws_scope plain_scope(void)
{
    return (struct dr_aws_scope){.region = "us-east-1",
                                 .service = "dynamodb",
                                 .now_ms = time_of("2026-11-21T12:00:00.999Z"),
                                 .normalize = true,
                                 .content_sha256 = true};
}

static void test_only_what_stays_as_it_is_gets_signed(void **state)
{
    (void)state;
    static char token[] = "session";
    struct dr_aws_identity identity = example;
    identity.session_token = token;
    struct dr_aws_to_sign request = plain_request();
    struct dr_aws_scope scope = plain_scope();
    struct dr_aws_signature signature;
    dr_aws_sign(&request, &identity, &scope, &signature);
    assert_string_equal(signature.date, "20261121T120000Z");
    assert_string_equal(signature.content_sha256, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    assert_string_equal(
        signature.canonical_request,
        "POST\n/\n\n"
        "content-md5:1B2M2Y8AsgTpgAmY7PhCfg==\n"
        "content-type:application/x-amz-json-1.0\n"
        "host:dynamodb.us-east-1.amazonaws.com\n"
        "x-amz-content-sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n"
        "x-amz-date:20261121T120000Z\n"
        "x-amz-security-token:session\n"
        "x-amz-target:DynamoDB_20120810.ListTables\n\n"
        "content-md5;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-target\n"
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    assert_null(signature.problem);
    dr_aws_signature_done(&signature);
    scope.unsigned_body = true;
    dr_aws_sign(&request, &identity, &scope, &signature);
    assert_string_equal(signature.content_sha256, "UNSIGNED-PAYLOAD");
    assert_non_null(strstr(signature.canonical_request, "\nUNSIGNED-PAYLOAD"));
    dr_aws_signature_done(&signature);
}

/* What the server sees as one path is one canonical path; S3 keys are taken as they are. */
static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path, *normalized, *raw;
    } cases[] = {
        {"/", "/", "/"},
        {"", "/", "/"},
        {"/a/b", "/a/b", "/a/b"},
        {"/a%20b/%C3%A9", "/a%2520b/%25C3%25A9", "/a%20b/%C3%A9"},
        {"/a//b/./c/../d/", "/a/b/d/", "/a//b/./c/../d/"},
        {"/../../a/..", "/", "/../../a/.."},
        {"/a/..b/...", "/a/..b/...", "/a/..b/..."},
        {"/(a)!*'", "/%28a%29%21%2A%27", "/%28a%29%21%2A%27"},
        {"/100%", "/100%25", "/100%25"},
        {"/100%zz%4", "/100%25zz%254", "/100%25zz%254"},
        {"/a%2Bb+c%2fd", "/a%252Bb%2Bc%252fd", "/a%2Bb%2Bc/d"},
        {"/arn%3Aaws%3Arn", "/arn%253Aaws%253Arn", "/arn%3Aaws%3Arn"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int raw = 0; raw < 2; raw++) {
            struct dr_aws_to_sign request = {.method = "GET", .host = "h", .path = cases[i].path, .query = ""};
            struct dr_aws_scope scope = plain_scope();
            scope.single_encoding = raw;
            scope.normalize = !raw;
            struct dr_aws_signature signature;
            dr_aws_sign(&request, &example, &scope, &signature);
            char *line = dr_format("GET\n%s\n\nhost:h\n", raw ? cases[i].raw : cases[i].normalized);
            if (strncmp(signature.canonical_request, line, strlen(line)) != 0)
                fail_msg("%s: expected %s in %s", cases[i].path, line, signature.canonical_request);
            free(line);
            dr_aws_signature_done(&signature);
        }
}

static void test_keys_are_kept(void **state)
{
    (void)state;
    dr_aws_signing_forget();
    unsigned long before = dr_aws_signing_keys_derived();
    struct dr_aws_to_sign request = plain_request();
    struct dr_aws_scope scope = plain_scope();
    struct dr_aws_signature signature;
    char *first = NULL;
    for (int i = 0; i < 100; i++) {
        dr_aws_sign(&request, &example, &scope, &signature);
        if (first)
            assert_string_equal(signature.signature, first);
        else
            first = dr_copy_string(signature.signature);
        dr_aws_signature_done(&signature);
    }
    assert_int_equal(dr_aws_signing_keys_derived() - before, 1);
    /* Another day, another Region: other keys. More Regions than are kept, and then the first again. */
    for (int i = 0; i < DR_AWS_KEYS_KEPT + 1; i++) {
        char *region = dr_format("region-%d", i);
        scope.region = region;
        dr_aws_sign(&request, &example, &scope, &signature);
        dr_aws_signature_done(&signature);
        free(region);
    }
    scope.region = "us-east-1";
    dr_aws_sign(&request, &example, &scope, &signature);
    assert_string_equal(signature.signature, first);
    dr_aws_signature_done(&signature);
    assert_int_equal(dr_aws_signing_keys_derived() - before, 1 + DR_AWS_KEYS_KEPT + 1 + 1);
    dr_aws_signing_forget();
    dr_aws_sign(&request, &example, &scope, &signature);
    assert_string_equal(signature.signature, first);
    dr_aws_signature_done(&signature);
    assert_int_equal(dr_aws_signing_keys_derived() - before, 1 + DR_AWS_KEYS_KEPT + 1 + 2);
    free(first);
}

/* RFC 4231, test cases 1, 2, 3 and 6 (a key longer than a block). */
static void test_hmac(void **state)
{
    (void)state;
    unsigned char aa[131], ob[20], dd[50], out[DR_SHA256_BYTES];
    char digits[DR_SHA256_TEXT];
    memset(aa, 0xaa, sizeof aa);
    memset(ob, 0x0b, sizeof ob);
    memset(dd, 0xdd, sizeof dd);
    dr_aws_hmac_sha256(ob, sizeof ob, "Hi There", 8, out);
    assert_string_equal(dr_aws_hex(out, sizeof out, digits),
                        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    dr_aws_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
    assert_string_equal(dr_aws_hex(out, sizeof out, digits),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    dr_aws_hmac_sha256(aa, 20, dd, sizeof dd, out);
    assert_string_equal(dr_aws_hex(out, sizeof out, digits),
                        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    dr_aws_hmac_sha256(aa, sizeof aa, "Test Using Larger Than Block-Size Key - Hash Key First", 54, out);
    assert_string_equal(dr_aws_hex(out, sizeof out, digits),
                        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* The key pair that AWS's SDKs derive from this pair of strings, as their own tests state it. */
static void test_sigv4a_derives_the_key_that_awss_sdks_derive(void **state)
{
    (void)state;
    const char *problem = NULL;
    const struct dr_ecdsa_key *key =
        dr_ecdsa_key("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom", &problem);
    if (!key) {
        print_message("%s\n", problem);
        skip();
    }
    unsigned char point[DR_ECDSA_POINT];
    char digits[2 * DR_ECDSA_POINT + 1];
    dr_ecdsa_public(key, point);
    assert_string_equal(dr_aws_hex(point, sizeof point, digits),
                        "0415d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb"
                        "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0");
    dr_ecdsa_forget();
}

struct received {
    struct dr_aws_to_sign request;
    struct dr_http_header headers[24];
    struct dr_aws_signature signature;
    struct dr_aws_verify_options options;
};

/* A signed request as its server gets it. */
static void send_request(struct received *it, const struct dr_aws_identity *identity, const struct dr_aws_scope *scope)
{
    *it = (struct received){.request = plain_request()};
    size_t count = 0;
    for (size_t i = 0; i < it->request.header_count; i++)
        if (strcmp(it->request.headers[i].name, "Authorization") != 0 &&
            strcmp(it->request.headers[i].name, "X-Amz-Date") != 0)
            it->headers[count++] = it->request.headers[i];
    dr_aws_sign(&it->request, identity, scope, &it->signature);
    assert_non_null(it->signature.authorization);
    it->headers[count++] = (struct dr_http_header){"Authorization", it->signature.authorization};
    it->headers[count++] = (struct dr_http_header){"X-Amz-Date", it->signature.date};
    it->headers[count++] = (struct dr_http_header){"X-Amz-Content-Sha256", it->signature.content_sha256};
    if (identity->session_token)
        it->headers[count++] = (struct dr_http_header){"X-Amz-Security-Token", identity->session_token};
    if (scope->asymmetric)
        it->headers[count++] = (struct dr_http_header){"X-Amz-Region-Set", scope->region};
    it->request.headers = it->headers;
    it->request.header_count = count;
    it->options = (struct dr_aws_verify_options){.now_ms = scope->now_ms,
                                                 .window_ms = 900000,
                                                 .region = "us-east-1",
                                                 .service = "dynamodb",
                                                 .owner = find_owner,
                                                 .data = &example};
}

static void expect_verdict(struct received *it, const char *code)
{
    struct dr_aws_verdict verdict;
    bool good = dr_aws_verify(&it->request, &it->options, &verdict);
    if (good != (code == NULL) || (code && strcmp(code, verdict.code) != 0))
        fail_msg("expected %s, got %s: %s", code ? code : "good", good ? "good" : verdict.code,
                 good ? "" : verdict.message);
    if (!good)
        assert_null(strstr(verdict.message, example_secret));
    dr_aws_verdict_done(&verdict);
}

static const char **header_of(struct received *it, const char *name)
{
    for (size_t i = 0; i < it->request.header_count; i++)
        if (strcmp(it->headers[i].name, name) == 0)
            return &it->headers[i].value;
    fail_msg("no header %s", name);
    abort(); /* fail_msg() does not come back, which compilers do not know */
}

static void replace_in(struct received *it, const char *old, const char *new)
{
    const char **value = header_of(it, "Authorization");
    const char *at = strstr(*value, old);
    assert_non_null(at);
    char *changed = dr_format("%.*s%s%s", (int)(at - *value), *value, new, at + strlen(old));
    free(it->signature.authorization);
    *value = it->signature.authorization = changed;
}

static void test_a_server_accepts_and_refuses(void **state)
{
    (void)state;
    struct dr_aws_scope scope = plain_scope();
    struct received it;
#define REFUSED(code, ...)                                                                                             \
    send_request(&it, &example, &scope);                                                                               \
    {                                                                                                                  \
        __VA_ARGS__;                                                                                                   \
    }                                                                                                                  \
    expect_verdict(&it, code);                                                                                         \
    dr_aws_signature_done(&it.signature)
    REFUSED(NULL, (void)0);
    REFUSED(NULL, it.options.now_ms += 899000);
    REFUSED(NULL, it.options.now_ms -= 899000);
    REFUSED(NULL, it.options.region = it.options.service = NULL);
    REFUSED(NULL, *header_of(&it, "User-Agent") = "a proxy's");
    REFUSED("RequestTimeTooSkewed", it.options.now_ms += 902000);
    REFUSED("RequestTimeTooSkewed", it.options.now_ms -= 902000);
    REFUSED("SignatureDoesNotMatch", it.options.region = "eu-west-1");
    REFUSED("SignatureDoesNotMatch", it.options.service = "rds");
    REFUSED("SignatureDoesNotMatch", it.request.path = "/x");
    REFUSED("SignatureDoesNotMatch", it.request.query = "a=b");
    REFUSED("SignatureDoesNotMatch", it.request.method = "GET");
    REFUSED("SignatureDoesNotMatch", it.request.host = "dynamodb.us-east-2.amazonaws.com");
    REFUSED("SignatureDoesNotMatch", *header_of(&it, "X-Amz-Target") = "DynamoDB_20120810.DeleteTable");
    REFUSED("XAmzContentSHA256Mismatch", it.request.body = "[]");
    REFUSED("MissingAuthenticationToken", it.headers[it.request.header_count - 3].name = "X-Other");
    REFUSED("InvalidClientTokenId", replace_in(&it, "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF"));
    REFUSED("IncompleteSignature", replace_in(&it, "AWS4-HMAC", "AWS4-RSA"));
    REFUSED("IncompleteSignature", replace_in(&it, "/aws4_request", "/aws4"));
    REFUSED("IncompleteSignature", replace_in(&it, "Signature=", "Sig="));
    REFUSED("IncompleteSignature", replace_in(&it, "/20261121/", "/20261122/"));
    REFUSED("SignatureDoesNotMatch", replace_in(&it, ";x-amz-date", ";x-amz-date;x-other"));
    REFUSED("SignatureDoesNotMatch", replace_in(&it, ";host", ""));
    REFUSED("AccessDenied", replace_in(&it, ";x-amz-target", ""));
    REFUSED("SignatureDoesNotMatch", replace_in(&it, "Signature=", "Signature=0"));
    REFUSED("ExpiredToken", static struct dr_aws_identity late; late = example; late.expires_ms = 1;
            it.options.data = &late);
    scope.unsigned_body = true;
    REFUSED(NULL, it.request.body = "[]");
#undef REFUSED
    static char token[] = "session", other[] = "another";
    struct dr_aws_identity session = example;
    session.session_token = token;
    send_request(&it, &session, &scope);
    it.options.data = &session;
    expect_verdict(&it, NULL);
    *header_of(&it, "X-Amz-Security-Token") = other;
    expect_verdict(&it, "InvalidClientTokenId");
    it.options.data = &example;
    expect_verdict(&it, "InvalidClientTokenId");
    dr_aws_signature_done(&it.signature);
}

static void test_sigv4a_is_accepted_in_its_regions_only(void **state)
{
    (void)state;
    static const struct {
        const char *set, *code;
    } cases[] = {{"*", NULL},
                 {"us-east-1", NULL},
                 {"eu-west-1,us-east-1", NULL},
                 {"us-*", NULL},
                 {"eu-west-1", "SignatureDoesNotMatch"},
                 {"us-east-1x", "SignatureDoesNotMatch"}};
    struct dr_aws_scope scope = plain_scope();
    scope.asymmetric = true;
    const char *problem;
    if (!dr_ecdsa_key("a", "b", &problem)) {
        print_message("%s\n", problem);
        skip();
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct received it;
        scope.region = cases[i].set;
        send_request(&it, &example, &scope);
        assert_non_null(strstr(it.signature.authorization, "AWS4-ECDSA-P256-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/"
                                                           "20261121/dynamodb/aws4_request, SignedHeaders="));
        assert_non_null(strstr(it.signature.canonical_request, "x-amz-region-set:"));
        expect_verdict(&it, cases[i].code);
        if (!cases[i].code) {
            it.request.path = "/x";
            expect_verdict(&it, "SignatureDoesNotMatch");
        }
        dr_aws_signature_done(&it.signature);
    }
    dr_aws_signing_forget();
}

/* As the SDKs upload to S3: the digest's place says that the body comes in chunks. */
static void test_bodies_in_chunks_are_taken_by_their_headers(void **state)
{
    (void)state;
    static const char *const kinds[] = {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"};
    struct dr_aws_scope scope = plain_scope();
    struct received it;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        send_request(&it, &example, &scope);
        *header_of(&it, "X-Amz-Content-Sha256") = kinds[i];
        expect_verdict(&it, "SignatureDoesNotMatch"); /* it was not signed with that */
        dr_aws_signature_done(&it.signature);
    }
}

static void test_a_presigned_request_lives_as_long_as_it_says(void **state)
{
    (void)state;
    struct dr_aws_scope scope = plain_scope();
    scope.service = "s3";
    scope.single_encoding = true;
    scope.normalize = false;
    scope.unsigned_body = true;
    scope.expires_seconds = 60;
    for (int asymmetric = 0; asymmetric < 2; asymmetric++) {
        scope.asymmetric = asymmetric;
        struct dr_aws_to_sign request = {
            .method = "GET", .host = "b.s3.amazonaws.com", .path = "/k%20/../%C3%A9", .query = "versionId=1"};
        struct dr_aws_signature signature;
        dr_aws_presign(&request, &example, &scope, &signature);
        if (signature.problem) {
            dr_aws_signature_done(&signature);
            continue;
        }
        struct received it = {.request = request,
                              .options = {.now_ms = scope.now_ms,
                                          .window_ms = 900000,
                                          .region = "us-east-1",
                                          .service = "s3",
                                          .owner = find_owner,
                                          .data = &example}};
        it.request.query = signature.query;
        expect_verdict(&it, NULL);
        it.options.now_ms += 58000;
        expect_verdict(&it, NULL);
        it.options.now_ms += 3000;
        expect_verdict(&it, "AccessDenied");
        dr_aws_signature_done(&signature);
    }
    dr_aws_signing_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_examples_of_s3s_documentation),
        cmocka_unit_test(test_only_what_stays_as_it_is_gets_signed),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_keys_are_kept),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_sigv4a_derives_the_key_that_awss_sdks_derive),
        cmocka_unit_test(test_a_server_accepts_and_refuses),
        cmocka_unit_test(test_sigv4a_is_accepted_in_its_regions_only),
        cmocka_unit_test(test_bodies_in_chunks_are_taken_by_their_headers),
        cmocka_unit_test(test_a_presigned_request_lives_as_long_as_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

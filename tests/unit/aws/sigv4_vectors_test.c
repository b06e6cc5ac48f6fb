/* The official signing cases, header and query form, with everything on the way to the signature. */
#include "tests/support/lab.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"
#include "providers/aws/signing/sigv4.h"
#include "providers/aws/signing/verify.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEADERS_MAX = 16, CASES = 38 };

struct vector_case {
    char *folder, *text; /* of request.txt */
    char *head;          /* a copy of its lines, without the empty one and the body */
    json_t *context;
    struct dr_aws_to_sign request;
    struct dr_http_header headers[HEADERS_MAX];
    struct dr_aws_identity identity;
    struct dr_aws_scope scope;
};

static char *read_text(const char *folder, const char *name)
{
    char *path = dr_format("%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be read", path);
    struct dr_text text = {0};
    char block[4096];
    size_t size;
    while ((size = fread(block, 1, sizeof block, file)) > 0)
        dr_text_add(&text, block, size);
    fclose(file);
    free(path);
    return dr_text_take(&text);
}

/* Splits request.txt in place: "GET /path?query HTTP/1.1", "Name:value" lines (a line that begins with a space goes on
 * with the value), an empty line, the body. */
static void parse_request(struct vector_case *it)
{
    char *end = strstr(it->text, "\n\n"), *line = strchr(it->text, '\n');
    size_t head = end ? (size_t)(end - it->text) : strlen(it->text) - (it->text[strlen(it->text) - 1] == '\n');
    it->head = dr_copy_bytes(it->text, head);
    it->request.body = end ? end + 2 : "";
    it->request.body_size = strlen(it->request.body);
    if (end)
        *end = '\0';
    *line = '\0';
    *strrchr(it->text, ' ') = '\0'; /* the version */
    char *target = strchr(it->text, ' ');
    *target++ = '\0';
    it->request.method = it->text;
    it->request.path = target;
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    it->request.query = query ? query : "";
    for (char *at = line + 1, *next; at && *at; at = next) {
        next = at;
        do
            next = strchr(next + 1, '\n');
        while (next && next[1] == ' ');
        if (next)
            *next++ = '\0';
        char *value = strchr(at, ':');
        *value++ = '\0';
        if (strcmp(at, "Host") == 0) {
            it->request.host = value;
        } else {
            assert_true(it->request.header_count < HEADERS_MAX);
            it->headers[it->request.header_count++] = (struct dr_http_header){at, value};
        }
    }
    it->request.headers = it->headers;
}

static char *context_text(const struct vector_case *it, const char *name)
{
    return dr_copy_string(json_string_value(json_object_get(json_object_get(it->context, "credentials"), name)));
}

static void open_case(struct vector_case *it, const char *folder)
{
    *it = (struct vector_case){.folder = dr_copy_string(folder), .text = read_text(folder, "request.txt")};
    char *path = dr_format("%s/context.json", folder);
    it->context = dr_lab_load(path);
    free(path);
    assert_non_null(it->context);
    parse_request(it);
    it->identity = (struct dr_aws_identity){.access_key_id = context_text(it, "access_key_id"),
                                            .secret_access_key = context_text(it, "secret_access_key"),
                                            .session_token = context_text(it, "token"),
                                            .expires_ms = INT64_MAX};
    const char *timestamp = json_string_value(json_object_get(it->context, "timestamp"));
    it->scope = (struct dr_aws_scope){
        .region = json_string_value(json_object_get(it->context, "region")),
        .service = json_string_value(json_object_get(it->context, "service")),
        .normalize = json_is_true(json_object_get(it->context, "normalize")),
        .content_sha256 = json_is_true(json_object_get(it->context, "sign_body")),
        .omit_token = json_is_true(json_object_get(it->context, "omit_session_token")),
        .expires_seconds = json_integer_value(json_object_get(it->context, "expiration_in_seconds")),
        .all_headers = true,
    };
    assert_true(dr_time_parse(timestamp, strlen(timestamp), &it->scope.now_ms, NULL));
}

static void close_case(struct vector_case *it)
{
    dr_aws_identity_done(&it->identity);
    json_decref(it->context);
    free(it->head);
    free(it->text);
    free(it->folder);
}

static void expect(const struct vector_case *it, const char *file, const char *actual)
{
    char *expected = read_text(it->folder, file);
    if (strcmp(expected, actual) != 0)
        fail_msg("%s/%s:\nexpected <<<%s>>>\nactual   <<<%s>>>", it->folder, file, expected, actual);
    free(expected);
}

static const struct dr_aws_identity *find_owner(void *data, const char *access_key_id)
{
    const struct dr_aws_identity *identity = data;
    return strcmp(identity->access_key_id, access_key_id) == 0 ? identity : NULL;
}

/* What was signed, as a server receives it, is good; and not if its signature says otherwise. */
static void expect_verified(struct vector_case *it, const struct dr_aws_to_sign *received)
{
    struct dr_aws_verify_options options = {.now_ms = it->scope.now_ms + 60000,
                                            .window_ms = 900000,
                                            .region = it->scope.region,
                                            .service = it->scope.service,
                                            .owner = find_owner,
                                            .data = &it->identity};
    struct dr_aws_verdict verdict;
    if (!it->scope.normalize) /* no service but S3 takes paths unnormalised; the cases' name is "service" */
        return;
    if (!dr_aws_verify(received, &options, &verdict))
        fail_msg("%s: %s: %s", it->folder, verdict.code, verdict.message);
    dr_aws_verdict_done(&verdict);
    struct dr_aws_to_sign altered = *received;
    altered.method = "DELETE";
    assert_false(dr_aws_verify(&altered, &options, &verdict));
    assert_string_equal(verdict.code, "SignatureDoesNotMatch");
    dr_aws_verdict_done(&verdict);
}

static void check_header_form(struct vector_case *it)
{
    struct dr_aws_signature signature;
    dr_aws_sign(&it->request, &it->identity, &it->scope, &signature);
    expect(it, "header-canonical-request.txt", signature.canonical_request);
    expect(it, "header-string-to-sign.txt", signature.string_to_sign);
    expect(it, "header-signature.txt", signature.signature);
    struct dr_text sent = {0};
    dr_text_puts(&sent, it->head);
    dr_text_putc(&sent, '\n');
    struct dr_http_header received[HEADERS_MAX + 4];
    struct dr_aws_to_sign request = it->request;
    memcpy(received, it->headers, sizeof it->headers);
    request.headers = received;
    const struct dr_http_header added[] = {
        {"X-Amz-Security-Token", it->identity.session_token},
        {"X-Amz-Date", signature.date},
        {"x-amz-content-sha256", it->scope.content_sha256 ? signature.content_sha256 : NULL},
        {"Authorization", signature.authorization},
    };
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        if (added[i].value) {
            dr_text_printf(&sent, "%s:%s\n", added[i].name, added[i].value);
            received[request.header_count++] = added[i];
        }
    dr_text_putc(&sent, '\n');
    dr_text_puts(&sent, it->request.body);
    expect(it, "header-signed-request.txt", sent.bytes);
    expect_verified(it, &request);
    dr_text_done(&sent);
    dr_aws_signature_done(&signature);
}

static void check_query_form(struct vector_case *it)
{
    struct dr_aws_signature signature;
    dr_aws_presign(&it->request, &it->identity, &it->scope, &signature);
    expect(it, "query-canonical-request.txt", signature.canonical_request);
    expect(it, "query-string-to-sign.txt", signature.string_to_sign);
    expect(it, "query-signature.txt", signature.signature);
    char *sent = dr_format("%s %s?%s HTTP/1.1%s\n\n%s", it->request.method, it->request.path, signature.query,
                           strchr(it->head, '\n'), it->request.body);
    expect(it, "query-signed-request.txt", sent);
    free(sent);
    struct dr_aws_to_sign request = it->request;
    request.query = signature.query;
    if (!it->scope.omit_token) /* verifiers take the token as part of what was signed */
        expect_verified(it, &request);
    dr_aws_signature_done(&signature);
}

static void test_official_cases(void **state)
{
    (void)state;
    char *root = dr_lab_vectors("sigv4/v4");
    DIR *folder = root ? opendir(root) : NULL;
    if (!folder) {
        free(root);
        print_message("the official signing cases are not here: see DRRUN_VECTORS\n");
        skip();
    }
    unsigned cases = 0;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = dr_format("%s/%s", root, entry->d_name);
        struct vector_case it;
        open_case(&it, path);
        check_header_form(&it);
        check_query_form(&it);
        close_case(&it);
        free(path);
        cases++;
    }
    closedir(folder);
    free(root);
    assert_int_equal(cases, CASES);
    print_message("%u cases, header and query form\n", cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_official_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Dynamic references are resolved in a copy, and what was resolved never comes back out. */
#include "providers/secrets.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

static void assert_json(const json_t *value, const char *expected)
{
    struct dr_text text = {0};
    assert_true(dr_text_json(&text, value, DR_PAYLOAD_BYTES_MAX));
    assert_string_equal(text.bytes, expected);
    dr_text_done(&text);
}

static void references_are_resolved_in_a_copy(void **state)
{
    (void)state;
    setenv("DRRUN_TEST_TOKEN", "s3cret token", 1);
    json_t *arguments = parse("{\"Headers\":{\"Authorization\":\"Bearer "
                              "{{resolve:env:DRRUN_TEST_TOKEN}}\"},\"List\":[1,\"{{resolve:env:DRRUN_TEST_TOKEN}}"
                              "{{resolve:env:DRRUN_TEST_TOKEN}}\",\"plain\"],\"Other\":{\"a\":1}}");
    struct dr_secrets *secrets = NULL;
    struct dr_error error = {0};
    assert_true(dr_secrets_present(arguments));
    json_t *resolved = dr_secrets_resolve(arguments, &secrets, &error);
    assert_json(resolved, "{\"Headers\":{\"Authorization\":\"Bearer s3cret token\"},\"List\":[1,\"s3cret tokens3cret "
                          "token\",\"plain\"],\"Other\":{\"a\":1}}");
    assert_non_null(strstr(json_string_value(json_object_get(json_object_get(arguments, "Headers"), "Authorization")),
                           "{{resolve:"));
    assert_ptr_equal(json_object_get(arguments, "Other"), json_object_get(resolved, "Other")); /* the rest is shared */
    assert_null(error.error);
    json_decref(resolved);
    json_decref(arguments);
    dr_secrets_free(secrets);
}

static void without_references_it_is_the_same_object(void **state)
{
    (void)state;
    json_t *arguments = parse("{\"a\":[\"{{other}}\",null]}");
    struct dr_secrets *secrets = (struct dr_secrets *)1;
    struct dr_error error = {0};
    assert_false(dr_secrets_present(arguments));
    json_t *resolved = dr_secrets_resolve(arguments, &secrets, &error);
    assert_ptr_equal(resolved, arguments);
    assert_null(secrets);
    json_t *masked = dr_secrets_mask(NULL, arguments);
    assert_ptr_equal(masked, arguments);
    json_decref(masked);
    json_decref(resolved);
    json_decref(arguments);
}

static void check_error(const char *reference, const char *name, const char *cause)
{
    json_t *arguments = json_pack("{s:s}", "x", reference);
    struct dr_secrets *secrets = NULL;
    struct dr_error error = {0};
    assert_null(dr_secrets_resolve(arguments, &secrets, &error));
    assert_string_equal(error.error, name);
    assert_non_null(strstr(error.cause, cause));
    assert_null(secrets);
    free(error.error);
    free(error.cause);
    json_decref(arguments);
}

static void what_cannot_be_resolved_says_why(void **state)
{
    (void)state;
    unsetenv("DRRUN_TEST_UNSET");
    setenv("DRRUN_TEST_LATIN1", "caf\xe9", 1);
    check_error("{{resolve:env:DRRUN_TEST_UNSET}}", "Drrun.SecretNotFound", "DRRUN_TEST_UNSET is not set");
    check_error("{{resolve:ssm:/a/b}}", "Drrun.SecretSourceUnavailable", "AWS Systems Manager");
    check_error("{{resolve:ssm-secure:/a/b}}", "Drrun.SecretSourceUnavailable", "AWS Systems Manager");
    check_error("{{resolve:secretsmanager:db:SecretString:password}}", "Drrun.SecretSourceUnavailable",
                "AWS Secrets Manager");
    check_error("{{resolve:vault:x}}", "States.Runtime", "expected {{resolve:env:NAME}}");
    check_error("{{resolve:env:}}", "States.Runtime", "not a dynamic reference");
    check_error("{{resolve:env}}", "States.Runtime", "not a dynamic reference");
    check_error("a {{resolve:env:HOME", "States.Runtime", "not closed");
    check_error("{{resolve:env:DRRUN_TEST_LATIN1}}", "States.Runtime", "not valid UTF-8");
}

static void echoes_are_masked(void **state)
{
    (void)state;
    setenv("DRRUN_TEST_TOKEN", "a/b \"c\"", 1);
    setenv("DRRUN_TEST_LONGER", "a/b \"c\"-and-more", 1);
    setenv("DRRUN_TEST_SHORT", "xyz", 1);
    json_t *arguments = parse("[\"{{resolve:env:DRRUN_TEST_TOKEN}}\",\"{{resolve:env:DRRUN_TEST_SHORT}}\",\"{{resolve:"
                              "env:DRRUN_TEST_LONGER}}\"]");
    struct dr_secrets *secrets = NULL;
    struct dr_error error = {0};
    json_t *resolved = dr_secrets_resolve(arguments, &secrets, &error);
    assert_non_null(resolved);
    json_t *output = parse("{\"key a/b \\\"c\\\"\":[\"<a/b \\\"c\\\"-and-more>\",\"xyz "
                           "a/b\",\"a%2Fb%20%22c%22\",\"\\\"a/b \\\\\\\"c\\\\\\\"\\\"\",7]}");
    json_t *masked = dr_secrets_mask(secrets, output);
    assert_json(masked, "{\"key ***\":[\"<***>\",\"xyz a/b\",\"***\",\"\\\"***\\\"\",7]}");
    char *text = dr_secrets_mask_text(secrets, "it was a/b \"c\".");
    assert_string_equal(text, "it was ***.");
    assert_null(dr_secrets_mask_text(secrets, NULL));
    free(text);
    json_decref(masked);
    json_decref(output);
    json_decref(resolved);
    json_decref(arguments);
    dr_secrets_free(secrets);
    dr_secrets_free(NULL);
}

/* While somebody still holds the resolved arguments they stay whole; the last reference wipes. */
static void resolved_strings_are_wiped_only_when_nobody_uses_them(void **state)
{
    (void)state;
    setenv("DRRUN_TEST_TOKEN", "0123456789abcdef", 1);
    json_t *arguments = parse("[\"{{resolve:env:DRRUN_TEST_TOKEN}}\"]");
    struct dr_secrets *secrets = NULL;
    struct dr_error error = {0};
    json_t *resolved = dr_secrets_resolve(arguments, &secrets, &error);
    dr_secrets_free(secrets);
    assert_json(resolved, "[\"0123456789abcdef\"]");
    json_decref(resolved);
    json_decref(arguments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_resolved_in_a_copy),
        cmocka_unit_test(without_references_it_is_the_same_object),
        cmocka_unit_test(what_cannot_be_resolved_says_why),
        cmocka_unit_test(echoes_are_masked),
        cmocka_unit_test(resolved_strings_are_wiped_only_when_nobody_uses_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

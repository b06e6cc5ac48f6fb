/* [D29] Dynamic references are resolved in a copy, and what was resolved never comes back out. */
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

/* ----- What a resolution told
 * ------------------------------------------------------------------------------------------------- */

struct told {
    unsigned times;
    json_t *resolved;
    struct dr_secrets *secrets;
    struct dr_error error;
};

static void tell(void *data, json_t *resolved, struct dr_secrets *secrets, const struct dr_error *error)
{
    struct told *told = data;
    told->times++;
    told->resolved = json_incref(resolved);
    told->secrets = secrets;
    if (error)
        dr_error_set(&told->error, error->error, "%s", error->cause);
}

static void forget(struct told *told)
{
    json_decref(told->resolved);
    dr_secrets_free(told->secrets);
    dr_error_done(&told->error);
    *told = (struct told){0};
}

/* From the environment alone, hence at once. */
static json_t *resolve(const json_t *arguments, struct dr_secrets **ret_secrets, struct dr_error *ret_error)
{
    struct told told = {0};
    assert_null(dr_secrets_resolve(arguments, &(struct dr_secret_place){.source = NULL}, tell, &told));
    assert_int_equal(told.times, 1);
    *ret_secrets = told.secrets;
    *ret_error = told.error;
    return told.resolved;
}

/* ----- From the environment
 * --------------------------------------------------------------------------------------------------- */

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
    json_t *resolved = resolve(arguments, &secrets, &error);
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
    json_t *resolved = resolve(arguments, &secrets, &error);
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
    assert_null(resolve(arguments, &secrets, &error));
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
    check_error("{{resolve:ssm:/a/b}}", "Drrun.SecretSourceUnavailable", "needs AWS");
    check_error("{{resolve:ssm-secure:/a/b}}", "Drrun.SecretSourceUnavailable", "needs AWS");
    check_error("{{resolve:secretsmanager:db:SecretString:password}}", "Drrun.SecretSourceUnavailable", "needs AWS");
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
    json_t *resolved = resolve(arguments, &secrets, &error);
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
    json_t *resolved = resolve(arguments, &secrets, &error);
    dr_secrets_free(secrets);
    assert_json(resolved, "[\"0123456789abcdef\"]");
    json_decref(resolved);
    json_decref(arguments);
}

/* ----- The grammar
 * ------------------------------------------------------------------------------------------------------------ */

static void check_reference(const char *text, const char *name, const char *key, const char *stage, const char *version)
{
    struct dr_secret_reference reference;
    struct dr_error error = {0};
    if (!dr_secret_reference_parse(text, strlen(text), &reference, &error))
        fail_msg("%s: %s", text, error.cause);
    const char *const wanted[] = {name, key, stage, version};
    const char *const found[] = {reference.name, reference.key, reference.stage, reference.version};
    for (size_t i = 0; i < 4; i++)
        if ((wanted[i] == NULL) != (found[i] == NULL) || (wanted[i] && strcmp(wanted[i], found[i]) != 0))
            fail_msg("%s: part %zu is %s", text, i, found[i] ? found[i] : "not there");
    dr_secret_reference_done(&reference);
}

static void references_have_the_grammar_of_cloudformation(void **state)
{
    (void)state;
    static const char secret[] = "arn:aws:secretsmanager:us-west-2:123456789012:secret:db-a1b2c3";
    static const char parameter[] = "arn:aws:ssm:us-west-2:123456789012:parameter/db/host";
    check_reference("env:PATH:WITH:COLONS", "PATH:WITH:COLONS", NULL, NULL, NULL);
    check_reference("ssm:/db/host", "/db/host", NULL, NULL, NULL);
    check_reference("ssm:/db/host:7", "/db/host", NULL, NULL, "7");
    check_reference("ssm-secure:arn:aws:ssm:us-west-2:123456789012:parameter/db/host", parameter, NULL, NULL, NULL);
    check_reference("ssm-secure:arn:aws:ssm:us-west-2:123456789012:parameter/db/host:3", parameter, NULL, NULL, "3");
    check_reference("secretsmanager:db", "db", NULL, NULL, NULL);
    check_reference("secretsmanager:db:SecretString", "db", NULL, NULL, NULL);
    check_reference("secretsmanager:db:SecretString:password", "db", "password", NULL, NULL);
    check_reference("secretsmanager:db::password", "db", "password", NULL, NULL);
    check_reference("secretsmanager:db:::AWSPREVIOUS", "db", NULL, "AWSPREVIOUS", NULL);
    check_reference("secretsmanager:db:SecretString:password::01234567-89ab", "db", "password", NULL, "01234567-89ab");
    check_reference("secretsmanager:db::::", "db", NULL, NULL, NULL);
    check_reference("secretsmanager:arn:aws:secretsmanager:us-west-2:123456789012:secret:db-a1b2c3", secret, NULL, NULL,
                    NULL);
    check_reference("secretsmanager:arn:aws:secretsmanager:us-west-2:123456789012:secret:db-a1b2c3:SecretString:user",
                    secret, "user", NULL, NULL);
    check_error("{{resolve:ssm:/db/host:}}", "States.Runtime", "expected {{resolve:ssm:NAME[:VERSION]}}");
    check_error("{{resolve:ssm:/db/host:1:2}}", "States.Runtime", "expected {{resolve:ssm:NAME");
    check_error("{{resolve:ssm-secure:}}", "States.Runtime", "expected {{resolve:ssm-secure:NAME");
    check_error("{{resolve:secretsmanager:db:SecretBinary}}", "States.Runtime", "expected {{resolve:secretsmanager:ID");
    check_error("{{resolve:secretsmanager:db::k:AWSCURRENT:v}}", "States.Runtime", "a STAGE or a VERSION");
    check_error("{{resolve:secretsmanager:db::k::v:more}}", "States.Runtime", "expected");
    check_error("{{resolve:secretsmanager::SecretString}}", "States.Runtime", "expected");
}

/* ----- From a source
 * ---------------------------------------------------------------------------------------------------------- */

#define FETCHES 4

struct shelf {
    struct dr_secret_source source;
    struct {
        char *name;
        dr_secret_fn *fn;
        void *data;
    } fetches[FETCHES + DR_SECRETS_MAX];
    size_t count, cancelled;
};

static void *fetch(struct dr_secret_source *source, const struct dr_secret_request *request, dr_secret_fn *fn,
                   void *data)
{
    struct shelf *shelf = (struct shelf *)(void *)source;
    const struct dr_secret_reference *reference = request->reference;
    assert_string_equal(request->region, "eu-west-1");
    shelf->fetches[shelf->count].name =
        dr_format("%s %s %s %s", reference->source, reference->name, reference->stage ? reference->stage : "-",
                  reference->version ? reference->version : "-");
    shelf->fetches[shelf->count].fn = fn;
    shelf->fetches[shelf->count].data = data;
    return &shelf->fetches[shelf->count++];
}

static void cancel(struct dr_secret_source *source, void *fetching)
{
    struct shelf *shelf = (struct shelf *)(void *)source;
    assert_non_null(fetching);
    shelf->cancelled++;
}

static void hand_out(struct shelf *shelf, size_t i, const char *value)
{
    shelf->fetches[i].fn(shelf->fetches[i].data, value, strlen(value), NULL);
}

static void clear(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++)
        free(shelf->fetches[i].name);
    *shelf = (struct shelf){.source = {.fetch = fetch, .cancel = cancel}};
}

static void each_value_is_fetched_once_and_all_at_the_same_time(void **state)
{
    (void)state;
    struct shelf shelf = {.source = {.fetch = fetch, .cancel = cancel}};
    const struct dr_secret_place place = {.source = &shelf.source, .region = "eu-west-1"};
    struct told told = {0};
    json_t *arguments =
        parse("{\"user\":\"{{resolve:secretsmanager:db:SecretString:user}}\","
              "\"login\":[\"{{resolve:secretsmanager:db:SecretString:user}}:{{resolve:secretsmanager:db:"
              ":password}}\",\"{{resolve:ssm:/port:2}}\"],\"old\":\"{{resolve:secretsmanager:db:::"
              "AWSPREVIOUS}}\"}");
    struct dr_resolution *resolution = dr_secrets_resolve(arguments, &place, tell, &told);
    assert_non_null(resolution);
    assert_int_equal(shelf.count, 3);
    assert_string_equal(shelf.fetches[0].name, "secretsmanager db - -");
    assert_string_equal(shelf.fetches[1].name, "ssm /port - 2");
    assert_string_equal(shelf.fetches[2].name, "secretsmanager db AWSPREVIOUS -");
    hand_out(&shelf, 2, "the one before");
    hand_out(&shelf, 0, "{\"user\":\"admin\",\"password\":\"correct horse\"}");
    assert_int_equal(told.times, 0);
    hand_out(&shelf, 1, "5432");
    assert_int_equal(told.times, 1);
    assert_json(told.resolved, "{\"user\":\"admin\",\"login\":[\"admin:correct horse\",\"5432\"],\"old\":\"the one "
                               "before\"}");
    char *masked = dr_secrets_mask_text(told.secrets, "admin, correct%20horse, the one before");
    assert_string_equal(masked, "***, ***, ***");
    free(masked);
    assert_int_equal(shelf.cancelled, 0);
    forget(&told);
    clear(&shelf);
    json_decref(arguments);
}

static void the_first_failure_ends_it(void **state)
{
    (void)state;
    struct shelf shelf = {.source = {.fetch = fetch, .cancel = cancel}};
    const struct dr_secret_place place = {.source = &shelf.source, .region = "eu-west-1"};
    struct told told = {0};
    json_t *arguments = parse("[\"{{resolve:ssm:a}}\",\"{{resolve:ssm:b}}\",\"{{resolve:ssm:c}}\"]");
    assert_non_null(dr_secrets_resolve(arguments, &place, tell, &told));
    hand_out(&shelf, 0, "x");
    shelf.fetches[1].fn(shelf.fetches[1].data, NULL, 0,
                        &(struct dr_error){.error = (char *)(uintptr_t) "Drrun.SecretNotFound",
                                           .cause = (char *)(uintptr_t) "there is no b"});
    assert_int_equal(told.times, 1);
    assert_null(told.resolved);
    assert_string_equal(told.error.error, "Drrun.SecretNotFound");
    assert_string_equal(told.error.cause, "there is no b");
    assert_int_equal(shelf.cancelled, 1);
    forget(&told);
    clear(&shelf);
    dr_secrets_cancel(dr_secrets_resolve(arguments, &place, tell, &told));
    assert_int_equal(shelf.cancelled, 3);
    assert_int_equal(told.times, 0);
    clear(&shelf);
    json_decref(arguments);
}

static void members_are_picked_from_the_secret(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *resolved, *problem;
    } cases[] = {
        {"{\"k\":\"v\"}", "[\"v\"]", NULL},
        {"{\"k\":\"\"}", "[\"\"]", NULL},
        {"{\"k\":5432}", "[\"5432\"]", NULL},
        {"{\"k\":{\"a\":[true]}}", "[\"{\\\"a\\\":[true]}\"]", NULL},
        {"{\"other\":\"secret-value\"}", NULL, "has no such member"},
        {"secret-value", NULL, "is not a JSON object"},
        {"[\"secret-value\"]", NULL, "is not a JSON object"},
    };
    json_t *arguments = parse("[\"{{resolve:secretsmanager:db::k}}\"]");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shelf shelf = {.source = {.fetch = fetch, .cancel = cancel}};
        const struct dr_secret_place place = {.source = &shelf.source, .region = "eu-west-1"};
        struct told told = {0};
        assert_non_null(dr_secrets_resolve(arguments, &place, tell, &told));
        hand_out(&shelf, 0, cases[i].secret);
        if (cases[i].resolved) {
            assert_json(told.resolved, cases[i].resolved);
        } else {
            assert_string_equal(told.error.error, "Drrun.SecretNotFound");
            assert_non_null(strstr(told.error.cause, cases[i].problem));
            assert_null(strstr(told.error.cause, "secret-value"));
        }
        forget(&told);
        clear(&shelf);
    }
    json_decref(arguments);
}

/* DR_SECRETS_MAX and one past it. */
static void so_many_secrets_and_no_more(void **state)
{
    (void)state;
    struct shelf shelf = {.source = {.fetch = fetch, .cancel = cancel}};
    const struct dr_secret_place place = {.source = &shelf.source, .region = "eu-west-1"};
    struct told told = {0};
    json_t *arguments = json_array();
    for (int i = 0; i < DR_SECRETS_MAX; i++)
        json_array_append_new(arguments, json_sprintf("{{resolve:ssm:p%d}}", i));
    dr_secrets_cancel(dr_secrets_resolve(arguments, &place, tell, &told));
    assert_int_equal(shelf.count, DR_SECRETS_MAX);
    assert_int_equal(told.times, 0);
    json_array_append_new(arguments, json_string("{{resolve:ssm:more}}"));
    assert_null(dr_secrets_resolve(arguments, &place, tell, &told));
    assert_string_equal(told.error.error, "States.Runtime");
    forget(&told);
    clear(&shelf);
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
        cmocka_unit_test(references_have_the_grammar_of_cloudformation),
        cmocka_unit_test(each_value_is_fetched_once_and_all_at_the_same_time),
        cmocka_unit_test(the_first_failure_ends_it),
        cmocka_unit_test(members_are_picked_from_the_secret),
        cmocka_unit_test(so_many_secrets_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Answers against others' data: the official protocol vectors, and answers that real services once sent. A case that
 * does not pass must be listed in parse_exceptions.txt with its reason, and a listed case that passes fails the test.
 */
#include "tests/support/lab.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/values.h"
#include "providers/aws/protocol/protocol.h"
#include "providers/aws/protocol/timestamp.h"

#include <dirent.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct {
    json_t *exceptions; /* {id: reason} */
    unsigned passed, excepted, failed;
} tally;

/* --- Comparing -----------------------------------------------------------------------------------------------------
 */

static json_t *expected_by_shape(const struct dr_aws_shape *shape, json_t *value);

static json_t *expected_structure(const struct dr_aws_shape *shape, json_t *value)
{
    json_t *result = json_object(), *item;
    const char *key;
    json_object_foreach(value, key, item)
    {
        const struct dr_aws_member *member = dr_aws_shape_member(shape, key);
        if (strcmp(key, "ResponseMetadata") != 0 && !json_is_null(item))
            json_object_set_new(result, key,
                                member ? expected_by_shape(dr_aws_member_shape(member), item) : json_incref(item));
    }
    return result;
}

/* What the vectors expect, with timestamps (seconds, or text of any format) as our outputs have them. New reference. */
static json_t *expected_by_shape(const struct dr_aws_shape *shape, json_t *value)
{
    struct dr_aws_instant instant;
    json_t *result, *item;
    const char *key;
    size_t i;
    if (shape->type == DR_AWS_TIMESTAMP && dr_aws_instant_from_json(value, &instant))
        return dr_aws_instant_json(instant);
    if (shape->type == DR_AWS_STRUCTURE && json_is_object(value) && !shape->document)
        return expected_structure(shape, value);
    if (shape->type == DR_AWS_LIST && json_is_array(value)) {
        result = json_array();
        json_array_foreach(value, i, item)
            json_array_append_new(result, expected_by_shape(dr_aws_member_shape(shape->member), item));
        return result;
    }
    if (shape->type == DR_AWS_MAP && json_is_object(value)) {
        result = json_object();
        json_object_foreach(value, key, item)
            json_object_set_new(result, key, expected_by_shape(dr_aws_member_shape(shape->value), item));
        return result;
    }
    return json_incref(value);
}

static char *print(const json_t *value)
{
    struct dr_text text = {0};
    if (value)
        dr_text_json(&text, value, 100000);
    else
        dr_text_puts(&text, "nothing");
    return dr_text_take(&text);
}

static json_t *read_document(const char *text)
{
    struct dr_text plain = {0};
    for (; *text; text++) {
        char digits[3] = {0};
        if (*text == '%' && text[1] && text[2]) {
            memcpy(digits, text + 1, 2);
            dr_text_putc(&plain, (char)strtoul(digits, NULL, 16));
            text += 2;
        } else {
            dr_text_putc(&plain, *text);
        }
    }
    json_t *value = dr_json_parse(plain.bytes ? plain.bytes : "", plain.size, NULL);
    dr_text_done(&plain);
    return value ? value : json_null();
}

/* botocore's client (not its parser) reads policy documents and templates; Step Functions leaves them as text, so do
 * we. Where the vector has such an object, ours is read here. New reference. */
static json_t *with_documents(const json_t *expected, json_t *got)
{
    json_t *result, *item;
    const char *key;
    size_t i;
    if (json_is_object(expected) && json_is_string(got))
        return read_document(json_string_value(got));
    if (json_is_object(expected) && json_is_object(got)) {
        result = json_object();
        json_object_foreach(got, key, item)
            json_object_set_new(result, key, with_documents(json_object_get(expected, key), item));
        return result;
    }
    if (json_is_array(expected) && json_is_array(got)) {
        result = json_array();
        json_array_foreach(got, i, item)
            json_array_append_new(result, with_documents(json_array_get(expected, i), item));
        return result;
    }
    return json_incref(got);
}

/* NULL: the same; else how they differ, owned. */
static char *difference(const char *what, const struct dr_aws_shape *shape, json_t *expected, json_t *value)
{
    json_t *got = with_documents(expected, value);
    json_t *by_shape = shape ? expected_by_shape(shape, expected) : json_incref(expected);
    char *found = NULL;
    if (!json_is_object(by_shape) || !dr_json_same(by_shape, got)) {
        char *wanted_text = print(by_shape), *got_text = print(got);
        found = dr_format("%s\n  expected %s\n  got      %s", what, wanted_text, got_text);
        free(wanted_text);
        free(got_text);
    }
    json_decref(by_shape);
    json_decref(got);
    return found;
}

static void judge(const char *id, char *wrong /* stolen */)
{
    const char *reason = json_string_value(json_object_get(tally.exceptions, id));
    if (wrong && reason) {
        tally.excepted++;
    } else if (wrong) {
        print_error("%s: %s\n", id, wrong);
        tally.failed++;
    } else if (reason) {
        print_error("%s passes: take it out of parse_exceptions.txt\n", id);
        tally.failed++;
    } else {
        tally.passed++;
    }
    free(wrong);
}

/* --- Cases ---------------------------------------------------------------------------------------------------------
 */

static char *check_error(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer, const char *code,
                         const char *message, json_t *details)
{
    struct dr_aws_error error;
    char *wrong = NULL;
    if (!dr_aws_answer_is_error(operation, answer))
        return dr_copy_string("it is not taken for an error");
    dr_aws_parse_error(operation, answer, &error);
    if (!error.code || strcmp(error.code, code) != 0)
        wrong = dr_format("code %s instead of %s", error.code, code);
    else if (message && strcmp(error.message, message) != 0)
        wrong = dr_format("message \"%s\" instead of \"%s\"", error.message, message);
    else if (!error.is_modelled_answer)
        wrong = dr_copy_string("it is not taken for a service's answer");
    else if (details && !error.shape)
        wrong = dr_copy_string("its shape was not found");
    else if (details)
        wrong = difference("details", error.shape, details, error.details);
    dr_aws_error_done(&error);
    return wrong;
}

static char *check_output(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                          json_t *expected)
{
    char *problem = NULL;
    if (dr_aws_answer_is_error(operation, answer))
        return dr_copy_string("it is taken for an error");
    json_t *output = dr_aws_parse(operation, answer, &problem);
    if (!output)
        return problem;
    char *wrong = difference("output", operation->output, expected, output);
    json_decref(output);
    return wrong;
}

/* The model of one vector: the suite's shapes with the one operation. */
static json_t *model_of_case(const json_t *suite, json_t *given)
{
    json_t *model = json_object(), *operations = json_object();
    json_object_set(model, "metadata", json_object_get(suite, "metadata"));
    json_object_set(model, "shapes", json_object_get(suite, "shapes"));
    json_object_set(operations, json_string_value(json_object_get(given, "name")), given);
    json_object_set_new(model, "operations", operations);
    return model;
}

static char *run_case(const json_t *suite, const json_t *it)
{
    json_t *given = json_object_get(it, "given"), *response = json_object_get(it, "response");
    json_t *model_json = model_of_case(suite, given), *value;
    struct dr_aws_models *models = dr_aws_models_new(NULL);
    struct dr_http_header headers[32];
    struct dr_aws_answer answer = {.status = (int)json_integer_value(json_object_get(response, "status_code")),
                                   .headers = headers};
    char *wrong = NULL;
    const struct dr_aws_model *model = dr_aws_models_add(models, "vector", model_json, NULL, NULL, &wrong);
    const struct dr_aws_operation *operation =
        model ? dr_aws_model_operation(model, json_string_value(json_object_get(given, "name"))) : NULL;
    const char *name, *code = json_string_value(json_object_get(it, "errorCode"));
    json_object_foreach(json_object_get(response, "headers"), name, value)
    {
        assert_true(answer.header_count < 32);
        headers[answer.header_count++] = (struct dr_http_header){name, json_string_value(value)};
    }
    answer.body = json_string_value(json_object_get(response, "body"));
    answer.body_size = json_string_length(json_object_get(response, "body"));
    if (operation && code)
        wrong = check_error(operation, &answer, code, json_string_value(json_object_get(it, "errorMessage")),
                            json_object_get(it, "error"));
    else if (operation)
        wrong = check_output(operation, &answer, json_object_get(it, "result"));
    else if (!wrong)
        wrong = dr_copy_string("the model lacks its operation");
    dr_aws_models_free(models);
    json_decref(model_json);
    return wrong;
}

static void run_suites(const char *path)
{
    json_t *suites = dr_lab_load(path), *suite, *it;
    size_t i, j;
    assert_non_null(suites);
    json_array_foreach(suites, i, suite)
    {
        json_array_foreach(json_object_get(suite, "cases"), j, it)
            judge(json_string_value(json_object_get(it, "id")), run_case(suite, it));
    }
    json_decref(suites);
}

static void begin_tally(void)
{
    FILE *file = fopen("tests/unit/aws/parse_exceptions.txt", "r");
    char line[512];
    tally.exceptions = json_object();
    tally.passed = tally.excepted = tally.failed = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char *reason = strchr(line, ' ');
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        assert_non_null(reason); /* an exception without a reason is none */
        *reason++ = '\0';
        json_object_set_new(tally.exceptions, line, json_string(reason));
    }
    fclose(file);
}

static void end_tally(unsigned wanted)
{
    print_message("%u passed, %u excepted, %u failed\n", tally.passed, tally.excepted, tally.failed);
    json_decref(tally.exceptions);
    assert_int_equal(tally.failed, 0);
    assert_int_equal(tally.passed + tally.excepted, wanted);
}

static void protocol_vectors_pass(void **state)
{
    static const char *const files[] = {"query",     "ec2",     "json", "json_1_0", "json_1_0-query-compatible",
                                        "rest-json", "rest-xml"};
    (void)state;
    char *folder = dr_lab_vectors("aws-protocols/output");
    if (!folder) {
        print_message("skipped: there are no vectors (DRRUN_VECTORS)\n");
        skip();
    }
    begin_tally();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = dr_format("%s/%s.json", folder, files[i]);
        run_suites(path);
        free(path);
    }
    free(folder);
    end_tally(328);
}

/* --- Recorded answers ----------------------------------------------------------------------------------------------
 */

static char *read_file(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    struct dr_text text = {0};
    char block[4096];
    size_t size;
    if (!file)
        fail_msg("%s cannot be read", path);
    while ((size = fread(block, 1, sizeof block, file)) > 0)
        dr_text_add(&text, block, size);
    fclose(file);
    *ret_size = text.size;
    return dr_text_take(&text);
}

/* botocore's newest model of a service, parsed. */
static json_t *botocore_model(const char *service)
{
    glob_t found;
    const char *data = getenv("DRRUN_BOTOCORE_DATA");
    char *pattern =
        dr_format("%s/%s/*/service-2.json", data ? data : "/usr/lib/python3/dist-packages/botocore/data", service);
    json_t *model = NULL;
    if (glob(pattern, 0, NULL, &found) == 0) {
        model = dr_lab_load(found.gl_pathv[found.gl_pathc - 1]); /* sorted by date */
        globfree(&found);
    }
    free(pattern);
    return model;
}

/* Models are opened once each: "ec2" is large. */
static const struct dr_aws_model *open_model(struct dr_aws_models *models, json_t *opened, const char *service)
{
    const struct dr_aws_model *model =
        (const struct dr_aws_model *)(uintptr_t)json_integer_value(json_object_get(opened, service));
    char *problem = NULL;
    json_t *json = model ? NULL : botocore_model(service);
    if (json) {
        model = dr_aws_models_add(models, service, json, NULL, NULL, &problem);
        if (!model)
            fail_msg("%s: %s", service, problem);
        json_object_set_new(opened, service, json_integer((json_int_t)(uintptr_t)model));
    }
    json_decref(json);
    return model;
}

/* "describe-db-instances" names DescribeDBInstances. */
static const struct dr_aws_operation *find_operation(const struct dr_aws_model *model, const char *hyphenated)
{
    char *name_only = dr_copy_bytes(hyphenated, strcspn(hyphenated, "#")); /* "#2" is a second answer to the same */
    const struct dr_aws_operation *found = NULL;
    for (size_t i = 0; i < model->operation_count && !found; i++) {
        const char *letter = name_only, *name = model->operation_names[i];
        while (*letter && *name) {
            letter += *letter == '-';
            if ((*letter | 0x20) != (*name | 0x20))
                break;
            letter++, name++;
        }
        if (!*letter && !*name)
            found = dr_aws_model_operation(model, model->operation_names[i]);
    }
    free(name_only);
    return found;
}

static char *run_recorded(const struct dr_aws_operation *operation, const char *xml, const json_t *expected_json)
{
    struct dr_http_header header = {"Content-Type", "text/xml"};
    struct dr_aws_answer answer = {.status = 200, .headers = &header, .header_count = 1};
    json_t *expected = json_deep_copy(expected_json), *error = json_object_get(expected, "Error");
    char *bytes = read_file(xml, &answer.body_size), *wrong = NULL;
    answer.body = bytes;
    json_object_del(expected, "ResponseMetadata");
    if (strstr(xml, "/errors/")) {
        answer.status = 400;
        wrong = check_error(operation, &answer, json_string_value(json_object_get(error, "Code")),
                            json_string_value(json_object_get(error, "Message")), NULL);
    } else if (operation->output) {
        wrong = check_output(operation, &answer, expected);
    } else {
        assert_int_equal(json_object_size(expected), 0);
        wrong = check_output(operation, &answer, expected);
    }
    json_decref(expected);
    free(bytes);
    return wrong;
}

static void run_folder(struct dr_aws_models *models, json_t *opened, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        char *name = entries[i]->d_name, *dot = strrchr(name, '.');
        if (dot && strcmp(dot, ".xml") == 0) {
            char *xml = dr_format("%s/%s", folder, name),
                 *path = dr_format("%s/%.*sjson", folder, (int)(dot + 1 - name), name);
            json_t *expected = dr_lab_load(path);
            *dot = '\0';
            char *service = dr_copy_bytes(name, strcspn(name, "-"));
            const struct dr_aws_model *model = open_model(models, opened, service);
            const struct dr_aws_operation *operation = model ? find_operation(model, name + strlen(service) + 1) : NULL;
            judge(name, !expected   ? dr_format("there is no %s", path)
                        : operation ? run_recorded(operation, xml, expected)
                                    : dr_format("no model has %s", name));
            json_decref(expected);
            free(service);
            free(xml);
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
}

static void recorded_answers_pass(void **state)
{
    (void)state;
    char *folder = dr_lab_vectors("aws-responses"), *part;
    json_t *known = folder ? botocore_model("sts") : NULL, *opened = json_object();
    json_decref(known);
    if (!known) {
        print_message(
            "skipped: there are no recorded answers (DRRUN_VECTORS), or botocore's models are not installed\n");
        free(folder);
        json_decref(opened);
        skip();
    }
    struct dr_aws_models *models = dr_aws_models_new(NULL);
    begin_tally();
    part = dr_format("%s/responses", folder);
    run_folder(models, opened, part);
    free(part);
    part = dr_format("%s/errors", folder);
    run_folder(models, opened, part);
    free(part);
    dr_aws_models_free(models);
    json_decref(opened);
    free(folder);
    end_tally(204 + 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocol_vectors_pass),
        cmocka_unit_test(recorded_answers_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

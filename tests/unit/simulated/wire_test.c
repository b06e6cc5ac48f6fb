/* The server's side of the wire against the client's: what our client sends is read back as what was meant, and what
 * our server answers is parsed as what was answered, for operations of every service. The client's side is held by the
 * official vectors and by botocore, so this holds the server's to them as well. */
#include "providers/simulated/wire.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { DEEP = 3, STRIDE = 7 }; /* every so-manyth operation of a service, another one in each service */

static unsigned counter;

static json_t *make(const struct dr_aws_shape *shape, unsigned depth);

static json_t *make_structure(const struct dr_aws_shape *shape, unsigned depth)
{
    json_t *value = json_object();
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct dr_aws_member *member = &shape->members[i];
        const struct dr_aws_shape *inner = dr_aws_member_shape(member);
        bool scalar = inner->type > DR_AWS_MAP;
        if (inner->event_stream || member->jsonvalue || inner->document || member->location == DR_AWS_IN_STATUS ||
            member->location == DR_AWS_IN_HEADERS || member->deprecated)
            continue;
        if (strcmp(member->name, "ContentLength") == 0 || strcmp(member->name, "SourceRegion") == 0)
            continue; /* HTTP's own, and what is turned into a presigned URL */
        if (inner->type == DR_AWS_LIST && inner->wire && !inner->flattened)
            continue; /* models do not agree on what that names */
        if (!scalar && depth == 0 && !member->required)
            continue;
        if (shape->is_union && json_object_size(value) > 0)
            continue;
        json_t *made = make(inner, depth ? depth - 1 : 0);
        if (made)
            json_object_set_new(value, member->name, made);
    }
    return value;
}

static json_t *make_text(const struct dr_aws_shape *shape)
{
    if (shape->value_count)
        return json_string(shape->values[counter % shape->value_count]);
    char *text = dr_format("a-%u", ++counter);
    json_t *value = json_string(text);
    free(text);
    return value;
}

static json_t *make(const struct dr_aws_shape *shape, unsigned depth)
{
    json_t *item = NULL;
    switch (shape->type) {
    case DR_AWS_STRUCTURE:
        return make_structure(shape, depth);
    case DR_AWS_LIST:
        item = make(dr_aws_member_shape(shape->member), depth ? depth - 1 : 0);
        return json_is_object(item) && json_object_size(item) == 0 ? (json_decref(item), NULL) : json_pack("[o]", item);
    case DR_AWS_MAP:
        item = make(dr_aws_member_shape(shape->value), depth ? depth - 1 : 0);
        return json_is_object(item) && json_object_size(item) == 0
                   ? (json_decref(item), NULL)
                   : json_pack("{s:o}",
                               dr_aws_member_shape(shape->key)->value_count ? dr_aws_member_shape(shape->key)->values[0]
                                                                            : "key",
                               item);
    case DR_AWS_STRING:
    case DR_AWS_BLOB:
        return make_text(shape);
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
        return json_integer(1 + counter++ % 90);
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
        return json_real(0.5 + counter++ % 90);
    case DR_AWS_BOOLEAN:
        return json_boolean(counter++ % 2);
    case DR_AWS_TIMESTAMP:
        return json_string("2026-11-21T03:04:05Z");
    }
    return NULL;
}

/* Everything that was meant is there; the client may have added to it. NULL, or where it is not. */
static char *missing(const json_t *meant, const json_t *got, const char *where)
{
    const char *key;
    json_t *value;
    char *inner = NULL;
    if (json_is_object(meant)) {
        json_object_foreach((json_t *)(uintptr_t)meant, key, value)
        {
            char *place = dr_format("%s.%s", where, key);
            bool empty = (json_is_object(value) && json_object_size(value) == 0);
            if (!inner && !empty)
                inner = missing(value, json_object_get(got, key), place);
            free(place);
        }
        return inner;
    }
    if (json_is_array(meant)) {
        for (size_t i = 0; i < json_array_size(meant) && !inner; i++) {
            char *place = dr_format("%s[%zu]", where, i);
            inner = missing(json_array_get(meant, i), json_array_get(got, i), place);
            free(place);
        }
        return inner;
    }
    bool numbers = json_is_number(meant) && json_is_number(got);
    double apart = numbers ? json_number_value(meant) - json_number_value(got) : 1;
    if (json_equal(meant, got) || (numbers && apart < 1e-6 && apart > -1e-6))
        return NULL;
    char *one = json_dumps(meant, JSON_ENCODE_ANY),
         *other = got ? json_dumps(got, JSON_ENCODE_ANY) : dr_copy_string("nothing");
    inner = dr_format("%s is %s instead of %s", where, other, one);
    free(one);
    free(other);
    return inner;
}

static char *check_request(const struct dr_aws_operation *operation)
{
    json_t *meant = operation->input ? make(operation->input, DEEP) : json_object();
    struct dr_aws_request request;
    char *problem = NULL, *wrong = NULL;
    if (!dr_aws_serialize(operation, meant, &(struct dr_aws_serialize_options){0}, &request, &problem)) {
        free(problem); /* what the client refuses (labels with wishes of their own) cannot come */
        json_decref(meant);
        return NULL;
    }
    struct dr_sim_request received = {.method = operation->method,
                                      .host = "127.0.0.1:4566",
                                      .path = request.path,
                                      .query = request.query,
                                      .headers = request.headers.items,
                                      .header_count = request.headers.count,
                                      .body = request.body ? request.body : "",
                                      .body_size = request.body_size};
    const struct dr_aws_operation *found = dr_sim_operation_of(operation->model, &received, &problem);
    json_t *got = NULL;
    if (!found)
        wrong = dr_format("not recognized: %s", problem);
    else if (found != operation)
        wrong = dr_format("taken for %s", found->name);
    else if (!(got = dr_sim_read_input(operation, &received, &problem)))
        wrong = dr_format("not read: %s", problem);
    else
        wrong = missing(meant, got, "Input");
    free(problem);
    json_decref(got);
    json_decref(meant);
    dr_aws_request_done(&request);
    return wrong;
}

static char *check_answer(const struct dr_aws_operation *operation)
{
    json_t *meant = operation->output ? make(operation->output, DEEP) : json_object();
    if (json_is_object(meant))
        json_object_set_new(meant, "_own", json_string("stays inside"));
    struct dr_sim_answer sent;
    dr_sim_write_output(operation, meant, "request-1", &sent);
    json_object_del(meant, "_own");
    struct dr_aws_answer answer = {.status = sent.status,
                                   .headers = sent.headers.items,
                                   .header_count = sent.headers.count,
                                   .body = sent.body,
                                   .body_size = sent.body_size};
    char *problem = NULL, *wrong = NULL;
    json_t *got = dr_aws_parse(operation, &answer, &problem);
    if (!got)
        wrong = dr_format("not parsed: %s", problem);
    else if (json_object_get(got, "_own"))
        wrong = dr_copy_string("the simulation's own keys went out");
    else
        wrong = missing(meant, got, "Output");
    free(problem);
    json_decref(got);
    json_decref(meant);
    dr_sim_answer_done(&sent);
    return wrong;
}

static char *check_error(const struct dr_aws_operation *operation)
{
    const struct dr_aws_shape *shape = operation->error_count ? operation->errors[0] : NULL;
    const char *code = shape ? shape->error_code ? shape->error_code : shape->name : "Odd.Thing";
    struct dr_sim_answer sent;
    dr_sim_write_error(operation, operation->model, 0, code, "less < more & so", NULL, "request-1", &sent);
    struct dr_aws_answer answer = {.status = sent.status,
                                   .headers = sent.headers.items,
                                   .header_count = sent.headers.count,
                                   .body = sent.body,
                                   .body_size = sent.body_size};
    struct dr_aws_error error;
    dr_aws_parse_error(operation, &answer, &error);
    char *wrong = NULL;
    if (strcmp(operation->method, "HEAD") == 0)
        wrong = NULL; /* has no body to say it */
    else if (shape && error.shape != shape && !(error.shape && strcmp(error.code, code) == 0))
        wrong = dr_format("the error %s was read as %s", code, error.code);
    else if (strcmp(error.message, "less < more & so") != 0 || strcmp(error.request_id, "request-1") != 0)
        wrong = dr_format("the error was read as %s: %s (%s)", error.code, error.message, error.request_id);
    dr_aws_error_done(&error);
    dr_sim_answer_done(&sent);
    return wrong;
}

static void check_all(char *(*check)(const struct dr_aws_operation *), const char *what)
{
    struct dr_aws_models *models = dr_aws_models_new(NULL);
    size_t services, checked = 0, wrong = 0;
    const struct dr_aws_model_row *rows = dr_aws_models_list(models, &services);
    if (services < 100) {
        dr_aws_models_free(models);
        print_message("no bundled models: skipped\n");
        skip();
    }
    for (size_t i = 0; i < services; i++) {
        char *problem = NULL;
        const struct dr_aws_model *model = dr_aws_models_find(models, rows[i].name, &problem);
        assert_non_null(model);
        bool whole = strcmp(model->name, "s3") == 0 || strcmp(model->name, "rds") == 0 ||
                     strcmp(model->name, "route53") == 0 || strcmp(model->name, "sqs") == 0 ||
                     strcmp(model->name, "dynamodb") == 0;
        for (size_t j = whole ? 0 : i % STRIDE; j < model->operation_count; j += whole ? 1 : STRIDE) {
            const struct dr_aws_operation *operation = dr_aws_model_operation(model, model->operation_names[j]);
            if (operation->deprecated)
                continue; /* its successor has the same method and path */
            char *message = check(operation);
            checked++;
            if (message && ++wrong < 60)
                print_message("%s:%s: %s\n", model->name, operation->name, message);
            free(message);
        }
    }
    print_message("%zu %s checked, %zu wrong\n", checked, what, wrong);
    assert_true(checked > 1500);
    assert_int_equal(wrong, 0);
    dr_aws_models_free(models);
}

static void requests_are_read_as_they_were_meant(void **state)
{
    (void)state;
    check_all(check_request, "requests");
}

static void answers_are_parsed_as_they_were_meant(void **state)
{
    (void)state;
    check_all(check_answer, "answers");
}

static void errors_keep_code_message_and_request_id(void **state)
{
    (void)state;
    check_all(check_error, "errors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_read_as_they_were_meant),
        cmocka_unit_test(answers_are_parsed_as_they_were_meant),
        cmocka_unit_test(errors_keep_code_message_and_request_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A Map whose items and results are objects of a bucket: what is got and put, in which order, and what a crash between
 * two objects does. The bucket is in memory, under the names by which AWS's operations are known. */
#include "tests/support/lab.h"

#include "interpreter/base/base64.h"
#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#define START_MS INT64_C(1767225600000)
#define ANSWER_MS 10

/* ----- The bucket
 * ------------------------------------------------------------------------------------------------------------- */

static struct {
    json_t *objects; /* {"bucket/key": {"Body", "ContentLength"}} */
    json_t *told;    /* ["get b/k", "put b/k", "list b/prefix"] */
    const char *forbidden;
} bucket;

static void put_text(const char *place, const char *text)
{
    json_object_set_new(bucket.objects, place,
                        json_pack("{s:s,s:I}", "Body", text, "ContentLength", (json_int_t)strlen(text)));
}

static void put_packed(const char *place, const char *text)
{
    unsigned char packed[4096];
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (z_const Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)strlen(text);
    stream.next_out = packed;
    stream.avail_out = sizeof packed;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = sizeof packed - stream.avail_out;
    deflateEnd(&stream);
    json_object_set_new(
        bucket.objects, place,
        json_pack("{s:o,s:I}", "Body", dr_base64_json(packed, size), "ContentLength", (json_int_t)size));
}

static json_t *list_objects(const char *prefix)
{
    json_t *contents = json_array();
    const char *place;
    json_t *object;
    json_object_foreach(bucket.objects, place, object)
    {
        if (strncmp(place, prefix, strlen(prefix)) == 0)
            json_array_append_new(contents, json_pack("{s:s,s:O}", "Key", strchr(place, '/') + 1, "Size",
                                                      json_object_get(object, "ContentLength")));
    }
    return json_array_size(contents) > 0 ? json_pack("{s:o}", "Contents", contents)
                                         : (json_decref(contents), json_object());
}

static void answer(void *data)
{
    struct dr_call *call = data;
    const char *name = dr_argument_string(call, "Bucket", "");
    const char *key = dr_argument_string(call, "Key", dr_argument_string(call, "Prefix", ""));
    const char *operation = strrchr(call->primitive->resource.name, ':') + 1;
    char *place = dr_format("%s/%s", name, key), *told = dr_format("%.3s %s", operation, place);
    json_array_append_new(bucket.told, json_string(told));
    free(told);
    call->data = NULL;
    json_t *object = json_object_get(bucket.objects, place);
    if (bucket.forbidden && strcmp(bucket.forbidden, place) == 0)
        dr_call_fail(call, "S3.S3Exception", "Access Denied");
    else if (operation[0] == 'l')
        dr_call_succeed(call, list_objects(place));
    else if (operation[0] == 'p') {
        const char *body = dr_argument_string(call, "Body", NULL);
        assert_non_null(body);
        put_text(place, body);
        dr_call_succeed(call, json_pack("{s:s}", "ETag", "\"1\""));
    } else if (object)
        dr_call_succeed(call, json_incref(object));
    else
        dr_call_fail(call, "S3.NoSuchKeyException", "The specified key does not exist.");
    free(place);
}

static void start(struct dr_call *call)
{
    call->data =
        call->runtime->ops->timer(call->runtime, call->runtime->ops->now_ms(call->runtime) + ANSWER_MS, answer, call);
}

static void cancel(struct dr_call *call)
{
    call->runtime->ops->cancel(call->runtime, call->data);
}

static enum dr_repeat repeat(const struct dr_primitive *primitive, const json_t *arguments)
{
    (void)primitive;
    (void)arguments;
    return DR_REPEAT_SAFE;
}

#define OPERATION(operation)                                                                                           \
    {                                                                                                                  \
        .resource = {.kind = DR_RESOURCE_PRIMITIVE, .name = "aws-sdk:s3:" operation, .summary = "An operation."},      \
        .repeat = repeat, .start = start, .cancel = cancel, .local = true                                              \
    }
static const struct dr_primitive operations[] = {OPERATION("getObject"), OPERATION("putObject"),
                                                 OPERATION("listObjectsV2.allPages")};

static const struct dr_resource *find(struct dr_resolver *resolver, const char *name, bool in_action, char **ret_action,
                                      struct dr_diagnostics *found)
{
    (void)resolver;
    (void)in_action;
    (void)ret_action;
    (void)found;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].resource.name, name) == 0)
            return &operations[i].resource;
    return NULL;
}

static struct dr_resolver resolver = {.find = find};

static int set_up(void **state)
{
    (void)state;
    bucket.objects = json_object();
    bucket.told = json_array();
    bucket.forbidden = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(bucket.objects);
    json_decref(bucket.told);
    return 0;
}

/* ----- Running
 * ---------------------------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static json_t *parse(const char *text)
{
    json_t *value = dr_json_parse(text, strlen(text), NULL);
    if (!value)
        fail_msg("not JSON: %s", text);
    return value;
}

static void expect_json(const json_t *found, const char *wanted)
{
    json_t *value = parse(wanted);
    if (!found || !json_equal(found, value)) {
        struct dr_text text = {0};
        dr_text_json(&text, found ? found : json_null(), 1 << 20);
        fail_msg("wanted %s\nfound  %s", wanted, text.bytes);
    }
    json_decref(value);
}

/* Dies after every `turns` turns (0: never), with a snapshot after every record for odd numbers. */
static json_t *run(const char *runbook, unsigned turns)
{
    struct dr_store *store = dr_store_memory();
    struct dr_lab lab = {
        .store = store, .resolver = &resolver, .stop_after_turns = turns, .snapshot_records = turns % 2};
    json_t *input = parse("{\"from\":\"b\",\"limit\":3}"), *result = dr_lab_run(&lab, "r.yaml", runbook, input);
    if (json_object_get(result, "invalid"))
        fail_msg("%s", json_string_value(json_array_get(json_object_get(result, "invalid"), 0)));
    for (unsigned lives = 0; strcmp(text_of(result, "status"), "RUNNING") == 0; lives++) {
        assert_true(lives < 100);
        dr_store_memory_crash(store, true);
        lab.start_ms = START_MS + json_integer_value(json_object_get(result, "durationMs"));
        lab.stop_after_turns = turns + lives / 4;
        json_decref(result);
        result = dr_lab_resume(&lab);
        if (json_object_get(result, "problem"))
            fail_msg("%s", text_of(result, "problem"));
    }
    dr_lab_done(&lab);
    dr_store_free(store);
    json_decref(input);
    return result;
}

#define READ(resource, arguments, config)                                                                              \
    "StartAt: M\nStates:\n"                                                                                            \
    "  M:\n    Type: Map\n    End: true\n"                                                                             \
    "    ItemReader: { Resource: 'arn:aws:states:::s3:" resource "', Parameters: " arguments ", ReaderConfig: " config \
    " }\n"                                                                                                             \
    "    ItemProcessor:\n      ProcessorConfig: { Mode: DISTRIBUTED }\n      StartAt: P\n"                             \
    "      States: { P: { Type: Pass, End: true } }\n"

static void expect_items(const char *runbook, const char *items, const char *told)
{
    json_t *result = run(runbook, 0);
    if (strcmp(text_of(result, "status"), "SUCCEEDED") != 0)
        fail_msg("%s: %s", text_of(result, "error"), text_of(result, "cause"));
    expect_json(json_object_get(result, "output"), items);
    expect_json(bucket.told, told);
    json_decref(result);
    for (unsigned turns = 1; turns <= 4; turns++) {
        result = run(runbook, turns);
        expect_json(json_object_get(result, "output"), items);
        json_decref(result);
    }
    json_array_clear(bucket.told);
}

static void expect_failure(const char *runbook, const char *error, const char *cause)
{
    json_t *result = run(runbook, 0);
    assert_string_equal(text_of(result, "error"), error);
    if (!strstr(text_of(result, "cause"), cause))
        fail_msg("wanted \"%s\" in: %s", cause, text_of(result, "cause"));
    json_decref(result);
}

/* ----- Reading
 * ---------------------------------------------------------------------------------------------------------------- */

static void one_object_holds_the_items(void **state)
{
    (void)state;
    put_text("b/items.json", "[{\"i\":1},{\"i\":2}]");
    put_text("b/deep.json", "{\"a\":{\"list\":[1,2,3]}}");
    put_text("b/items.jsonl", "{\"i\":1}\n\n{\"i\":2}\n");
    put_text("b/items.csv", "\xEF\xBB\xBFid,name\n1,a\n2\n");
    put_packed("b/items.csv.gz", "id,name\n1,a\n");
    put_packed("b/chunked.csv.gz", "id,name\n1,a\n");
    json_object_del(json_object_get(bucket.objects, "b/chunked.csv.gz"), "ContentLength");
    expect_items(READ("getObject", "{ Bucket.$: $.from, Key: items.json }", "{ InputType: JSON }"),
                 "[{\"i\":1},{\"i\":2}]", "[\"get b/items.json\"]");
    expect_items(
        READ("getObject", "{ Bucket: b, Key: deep.json }", "{ InputType: JSON, ItemsPointer: /a/list, MaxItems: 2 }"),
        "[1,2]", "[\"get b/deep.json\"]");
    expect_items(READ("getObject", "{ Bucket: b, Key: items.jsonl }", "{ InputType: JSONL }"), "[{\"i\":1},{\"i\":2}]",
                 "[\"get b/items.jsonl\"]");
    expect_items(READ("getObject", "{ Bucket: b, Key: items.csv }", "{ InputType: CSV, CSVHeaderLocation: FIRST_ROW }"),
                 "[{\"id\":\"1\",\"name\":\"a\"},{\"id\":\"2\",\"name\":\"\"}]", "[\"get b/items.csv\"]");
    expect_items(
        READ("getObject", "{ Bucket: b, Key: items.csv.gz }", "{ InputType: CSV, CSVHeaderLocation: FIRST_ROW }"),
        "[{\"id\":\"1\",\"name\":\"a\"}]", "[\"get b/items.csv.gz\"]");
    expect_items(
        READ("getObject", "{ Bucket: b, Key: chunked.csv.gz }", "{ InputType: CSV, CSVHeaderLocation: FIRST_ROW }"),
        "[{\"id\":\"1\",\"name\":\"a\"}]", "[\"get b/chunked.csv.gz\"]");
}

static void a_listing_is_the_items(void **state)
{
    (void)state;
    put_text("b/logs/1", "x");
    put_text("b/logs/2", "yy");
    put_text("b/other", "z");
    expect_items(READ("listObjectsV2", "{ Bucket: b, Prefix: logs/ }", "{ MaxItems: 5 }"),
                 "[{\"Key\":\"logs/1\",\"Size\":1},{\"Key\":\"logs/2\",\"Size\":2}]", "[\"lis b/logs/\"]");
    expect_items(READ("listObjectsV2", "{ Bucket: b, Prefix: none/ }", "{ MaxItems: 5 }"), "[]", "[\"lis b/none/\"]");
}

#define INVENTORY                                                                                                      \
    "{\"sourceBucket\":\"src\",\"destinationBucket\":\"arn:aws:s3:::inv\",\"fileFormat\":\"CSV\",\"fileSchema\":"      \
    "\"Bucket, Key, Size\",\"files\":[{\"key\":\"data/1.csv.gz\",\"size\":1},{\"key\":\"data/2.csv.gz\",\"size\":1}]}"

static void an_inventory_names_packed_files(void **state)
{
    (void)state;
    put_text("b/manifest.json", INVENTORY);
    put_packed("inv/data/1.csv.gz", "\"src\",\"a%20b\",\"10\"\n\"src\",\"c\",\"20\"\n");
    put_packed("inv/data/2.csv.gz", "\"src\",\"d\",\"30\"\n\"src\",\"e\",\"40\"\n");
    expect_items(
        READ("getObject", "{ Bucket: b, Key: manifest.json }", "{ InputType: MANIFEST }"),
        "[{\"Bucket\":\"src\",\"Key\":\"a%20b\",\"Size\":\"10\"},{\"Bucket\":\"src\",\"Key\":\"c\",\"Size\":\"20\"},"
        "{\"Bucket\":\"src\",\"Key\":\"d\",\"Size\":\"30\"},{\"Bucket\":\"src\",\"Key\":\"e\",\"Size\":\"40\"}]",
        "[\"get b/manifest.json\",\"get inv/data/1.csv.gz\",\"get inv/data/2.csv.gz\"]");
    expect_items(
        READ("getObject", "{ Bucket: b, Key: manifest.json }", "{ ManifestType: S3_INVENTORY, MaxItemsPath: $.limit }"),
        "[{\"Bucket\":\"src\",\"Key\":\"a%20b\",\"Size\":\"10\"},{\"Bucket\":\"src\",\"Key\":\"c\",\"Size\":\"20\"},"
        "{\"Bucket\":\"src\",\"Key\":\"d\",\"Size\":\"30\"}]",
        "[\"get b/manifest.json\",\"get inv/data/1.csv.gz\",\"get inv/data/2.csv.gz\"]");
    /* What is not wanted is not got. */
    expect_items(
        READ("getObject", "{ Bucket: b, Key: manifest.json }", "{ InputType: MANIFEST, MaxItems: 2 }"),
        "[{\"Bucket\":\"src\",\"Key\":\"a%20b\",\"Size\":\"10\"},{\"Bucket\":\"src\",\"Key\":\"c\",\"Size\":\"20\"}]",
        "[\"get b/manifest.json\",\"get inv/data/1.csv.gz\"]");
}

static void athena_and_listings_name_objects(void **state)
{
    (void)state;
    put_text("b/unload.csv", "s3://b/out/1\r\n\"s3://c/out/2\"\n");
    put_text("b/out/1", "{\"i\":1}\n");
    put_packed("c/out/2", "{\"i\":2}\n{\"i\":3}\n");
    expect_items(READ("getObject", "{ Bucket: b, Key: unload.csv }", "{ ManifestType: ATHENA_DATA, InputType: JSONL }"),
                 "[{\"i\":1},{\"i\":2},{\"i\":3}]", "[\"get b/unload.csv\",\"get b/out/1\",\"get c/out/2\"]");
    put_text("b/in/", "");
    put_text("b/in/1.json", "[1,2]");
    put_text("b/in/2.json", "[3]");
    expect_items(
        READ("listObjectsV2", "{ Bucket: b, Prefix: in/ }", "{ Transformation: LOAD_AND_FLATTEN, InputType: JSON }"),
        "[1,2,3]", "[\"lis b/in/\",\"get b/in/1.json\",\"get b/in/2.json\"]");
}

static void what_cannot_be_read_fails_the_reader(void **state)
{
    (void)state;
    put_text("b/manifest.json", INVENTORY);
    put_packed("inv/data/1.csv.gz", "\"src\",\"a\",\"10\"\n");
    put_text("b/orc.json", "{\"fileFormat\":\"ORC\",\"fileSchema\":\"x\",\"files\":[]}");
    put_text("b/urls", "https://b/k\n");
    json_object_set_new(bucket.objects, "b/bytes", json_pack("{s:s,s:i}", "Body", "gICAgA==", "ContentLength", 4));
    json_object_set_new(bucket.objects, "b/torn", json_pack("{s:s,s:i}", "Body", "H4sIAAAA", "ContentLength", 6));
#define MANIFEST(key) READ("getObject", "{ Bucket: b, Key: " key " }", "{ InputType: MANIFEST }")
    expect_failure(MANIFEST("manifest.json"), "States.ItemReaderFailed",
                   "S3.NoSuchKeyException: The specified key does not exist.");
    expect_failure(MANIFEST("none"), "States.ItemReaderFailed", "S3.NoSuchKeyException");
    expect_failure(MANIFEST("orc.json"), "States.ItemReaderFailed", "are ORC; only CSV");
    expect_failure(MANIFEST("urls"), "States.ItemReaderFailed", "not that of an Amazon S3 inventory");
    expect_failure(MANIFEST("bytes"), "States.ItemReaderFailed", "not UTF-8");
    expect_failure(MANIFEST("torn"), "States.ItemReaderFailed", "ends too early");
    expect_failure(READ("getObject", "{ Bucket: b, Key: urls }", "{ ManifestType: ATHENA_DATA, InputType: CSV }"),
                   "States.ItemReaderFailed", "is not s3://BUCKET/KEY");
}

/* ----- Writing
 * ---------------------------------------------------------------------------------------------------------------- */

#define WRITE(states, more, config)                                                                                    \
    "Runbook: { Name: moving }\n"                                                                                      \
    "StartAt: M\nStates:\n"                                                                                            \
    "  M:\n    Type: Map\n    QueryLanguage: JSONata\n    Items: '{% [1, 2, 3, 4] %}'\n    MaxConcurrency: 1\n    "    \
    "Label: each\n    End: true\n" more "    ItemSelector: { n: '{% $states.context.Map.Item.Value %}' }\n"            \
    "    ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: b, Prefix: out }" config      \
    " }\n"                                                                                                             \
    "    ItemProcessor:\n      ProcessorConfig: { Mode: DISTRIBUTED }\n      StartAt: P\n      States:\n" states

#define DOUBLE                                                                                                         \
    "        P: { Type: Pass, QueryLanguage: JSONata, Output: '{% [$states.input.n, $states.input.n * 2] %}', End: "   \
    "true }\n"
#define PICKY                                                                                                          \
    "        P: { Type: Choice, QueryLanguage: JSONata, Choices: [{ Condition: '{% $states.input.n = 2 %}', Next: F "  \
    "}], Default: S }\n"                                                                                               \
    "        F: { Type: Fail, Error: Odd, Cause: why }\n"                                                              \
    "        S: { Type: Wait, Seconds: 1, End: true }\n"

static json_t *object_of(const char *folder, const char *name)
{
    char *place = dr_format("b/%s%s", folder, name);
    const json_t *object = json_object_get(bucket.objects, place);
    if (!object)
        fail_msg("there is no %s", place);
    free(place);
    return parse(text_of(object, "Body"));
}

/* "out/<run id>/" from "out/<run id>/manifest.json". Owned by the caller. */
static char *folder_of(const json_t *result)
{
    const char *key = text_of(json_object_get(json_object_get(result, "output"), "ResultWriterDetails"), "Key");
    const char *slash = strrchr(key, '/');
    if (!slash || strcmp(slash, "/manifest.json") != 0)
        fail_msg("%s: %s", text_of(result, "error"), text_of(result, "cause"));
    return dr_copy_bytes(key, (size_t)(slash - key) + 1);
}

static void results_are_exported_by_status(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns <= 6; turns++) { /* 0: undisturbed */
        json_object_clear(bucket.objects);
        json_t *result = run(WRITE(PICKY, "    ToleratedFailureCount: 1\n", ""), turns), *value;
        char *folder = folder_of(result);
        json_t *manifest = object_of(folder, "manifest.json"), *good = object_of(folder, "SUCCEEDED_0.json"),
               *bad = object_of(folder, "FAILED_0.json");
        assert_int_equal(json_object_size(bucket.objects), 3); /* one run, however often it was killed */
        char *run_id = dr_copy_bytes(folder + 4, strlen(folder) - 5);
        char *arn = dr_format("arn:aws:states:::mapRun:moving/each:%s", run_id);
        assert_string_equal(text_of(json_object_get(result, "output"), "MapRunArn"), arn);
        assert_string_equal(text_of(manifest, "MapRunArn"), arn);
        assert_string_equal(text_of(manifest, "DestinationBucket"), "b");
        const json_t *files = json_object_get(manifest, "ResultFiles");
        expect_json(json_object_get(files, "PENDING"), "[]");
        const json_t *listed = json_array_get(json_object_get(files, "SUCCEEDED"), 0);
        char *key = dr_format("%sSUCCEEDED_0.json", folder);
        assert_string_equal(text_of(listed, "Key"), key);
        char *place = dr_format("b/%s", key);
        assert_int_equal(json_integer_value(json_object_get(listed, "Size")),
                         strlen(text_of(json_object_get(bucket.objects, place), "Body")));
        free(place);
        free(key);
        assert_int_equal(json_array_size(good), 3);
        assert_int_equal(json_array_size(bad), 1);
        value = json_array_get(good, 2);
        assert_string_equal(text_of(value, "Status"), "SUCCEEDED");
        assert_string_equal(text_of(value, "Input"), "{\"n\":4}");
        assert_string_equal(text_of(value, "Output"), "{\"n\":4}");
        expect_json(json_object_get(value, "OutputDetails"), "{\"Included\":true}");
        assert_int_equal(strlen(text_of(value, "Name")), 36);
        assert_int_equal(strlen(text_of(value, "StartDate")), strlen("2026-01-01T00:00:02.000Z"));
        assert_string_not_equal(text_of(value, "StartDate"), text_of(value, "StopDate"));
        value = json_array_get(bad, 0);
        assert_string_equal(text_of(value, "Status"), "FAILED");
        assert_string_equal(text_of(value, "Error"), "Odd");
        assert_string_equal(text_of(value, "Cause"), "why");
        assert_string_equal(text_of(value, "Input"), "{\"n\":2}");
        free(arn);
        free(run_id);
        free(folder);
        json_decref(good);
        json_decref(bad);
        json_decref(manifest);
        json_decref(result);
    }
}

static void results_are_exported_as_the_writer_wants_them(void **state)
{
    (void)state;
    static const struct {
        const char *runbook, *name, *text;
    } cases[] = {
        {WRITE(DOUBLE, "", ", WriterConfig: { Transformation: COMPACT }"), "SUCCEEDED_0.json",
         "[[1,2],[2,4],[3,6],[4,8]]"},
        {WRITE(DOUBLE, "", ", WriterConfig: { Transformation: FLATTEN }"), "SUCCEEDED_0.json", "[1,2,2,4,3,6,4,8]"},
        {WRITE(DOUBLE, "", ", WriterConfig: { Transformation: COMPACT, OutputType: JSONL }"), "SUCCEEDED_0.jsonl",
         "[1,2]\n[2,4]\n[3,6]\n[4,8]\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *result = run(cases[i].runbook, 0);
        char *folder = folder_of(result), *place = dr_format("b/%s%s", folder, cases[i].name);
        assert_string_equal(text_of(json_object_get(bucket.objects, place), "Body"), cases[i].text);
        free(place);
        free(folder);
        json_decref(result);
    }
}

/* What became of every item is written, then the Map fails as it would have. */
static void a_failed_map_is_exported_too(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns <= 6; turns++) {
        json_object_clear(bucket.objects);
        json_t *result = run(WRITE(PICKY, "", ""), turns);
        assert_string_equal(text_of(result, "error"), "States.ExceedToleratedFailureThreshold");
        assert_string_equal(text_of(result, "cause"), "The specified tolerated failure threshold was exceeded");
        assert_int_equal(json_object_size(bucket.objects), 4);
        const char *place;
        json_t *object;
        json_object_foreach(bucket.objects, place, object)
        {
            json_t *value = parse(text_of(object, "Body"));
            if (strstr(place, "PENDING_0.json")) {
                assert_int_equal(json_array_size(value), 2); /* one at a time: 3 and 4 never began */
                assert_string_equal(text_of(json_array_get(value, 0), "Status"), "PENDING");
            }
            if (strstr(place, "SUCCEEDED_0.json") || strstr(place, "FAILED_0.json"))
                assert_int_equal(json_array_size(value), 1);
            json_decref(value);
        }
        json_decref(result);
    }
}

/* [D24] The items' results are kept, and only the writing is done again. */
static void a_redrive_writes_again(void **state)
{
    (void)state;
    static const char runbook[] =
        "StartAt: M\nStates:\n"
        "  M:\n    Type: Map\n    QueryLanguage: JSONata\n    Items: '{% [1, 2] %}'\n    End: true\n"
        "    ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: locked } }\n"
        "    ItemProcessor:\n      ProcessorConfig: { Mode: DISTRIBUTED }\n      StartAt: P\n"
        "      States: { P: { Type: Task, Resource: 'aws-sdk:s3:putObject', QueryLanguage: JSONata, Arguments: { "
        "Bucket: b, "
        "Key: '{% \"item\" & $string($states.input) %}', Body: x }, End: true } }\n";
    struct dr_store *store = dr_store_memory();
    struct dr_lab lab = {.store = store, .resolver = &resolver};
    json_t *input = json_object();
    bucket.forbidden = NULL;
    json_t *result = dr_lab_run(&lab, "r.yaml", runbook, input);
    assert_string_equal(text_of(result, "status"), "SUCCEEDED");
    /* The id of a run follows from the seed: the same first object is refused in another store. */
    char *place = dr_format("locked/%s",
                            text_of(json_object_get(json_object_get(result, "output"), "ResultWriterDetails"), "Key"));
    json_decref(result);
    dr_lab_done(&lab);
    dr_store_free(store);
    json_array_clear(bucket.told);
    bucket.forbidden = place;
    store = dr_store_memory();
    lab = (struct dr_lab){.store = store, .resolver = &resolver};
    result = dr_lab_run(&lab, "r.yaml", runbook, input);
    assert_string_equal(text_of(result, "error"), "States.ResultWriterFailed");
    assert_string_equal(text_of(result, "cause"), "S3.S3Exception: Access Denied");
    json_decref(result);
    bucket.forbidden = NULL;
    result = dr_lab_resume(&lab);
    assert_string_equal(text_of(result, "status"), "SUCCEEDED");
    unsigned items = 0;
    for (size_t i = 0; i < json_array_size(bucket.told); i++)
        items += strncmp(json_string_value(json_array_get(bucket.told, i)), "put b/item", 10) == 0;
    assert_int_equal(items, 2);
    free(place);
    json_decref(result);
    json_decref(input);
    dr_lab_done(&lab);
    dr_store_free(store);
}

static void a_destination_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *message;
    } cases[] = {
        {"{ Prefix: out }", "\"Bucket\" is required in a ResultWriter's Arguments"},
        {"{ Bucket: b, Key: k }", "Field 'Key' is not supported in a ResultWriter's Arguments"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dr_store *store = dr_store_memory();
        struct dr_lab lab = {.store = store, .resolver = &resolver};
        char *runbook =
            dr_format("StartAt: M\nStates:\n  M: { Type: Map, QueryLanguage: JSONata, End: true, ResultWriter: {"
                      " Resource: 'arn:aws:states:::s3:putObject', Arguments: %s }, ItemProcessor: {"
                      " ProcessorConfig: { Mode: DISTRIBUTED }, StartAt: P, States: { P: { Type: Pass, End: "
                      "true } } } }\n",
                      cases[i].arguments);
        json_t *input = json_object(), *result = dr_lab_run(&lab, "r.yaml", runbook, input);
        const char *message = json_string_value(json_array_get(json_object_get(result, "invalid"), 0));
        if (!message || !strstr(message, cases[i].message))
            fail_msg("wanted \"%s\" in: %s", cases[i].message, message ? message : "nothing");
        json_decref(result);
        json_decref(input);
        free(runbook);
        dr_lab_done(&lab);
        dr_store_free(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_object_holds_the_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_listing_is_the_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_inventory_names_packed_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(athena_and_listings_name_objects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_fails_the_reader, set_up, tear_down),
        cmocka_unit_test_setup_teardown(results_are_exported_by_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(results_are_exported_as_the_writer_wants_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_map_is_exported_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_redrive_writes_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_destination_is_checked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

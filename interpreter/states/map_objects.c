#include "interpreter/states/map_objects.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/expression/digest.h"
#include "interpreter/states/dataflow.h"
#include "interpreter/states/map_items.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECT_BYTES_MAX = 16 << 20 /* of a file of results; what is more goes into the next */ };

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void call(struct dr_decision *decision, enum dr_map_stage stage, const struct dr_resource *resource,
                 json_t *arguments, json_t *carried)
{
    decision->kind = DR_DECIDE_CALL;
    decision->stage = stage;
    decision->resource = resource;
    decision->timeout_ms = decision->heartbeat_ms = DR_TIME_NONE;
    decision->output = arguments;
    decision->carried = carried;
}

/* --- Which objects there are ---------------------------------------------------------------------------------------
 */

json_t *dr_objects_carry(const json_t *arguments)
{
    json_t *bucket = json_object_get(arguments, "Bucket");
    return bucket ? json_pack("{s:O}", "Bucket", bucket) : json_object();
}

static void add_object(json_t *objects, const char *bucket, size_t bucket_size, const char *key, size_t key_size)
{
    json_array_append_new(objects, json_pack("{s:s%,s:s%}", "Bucket", bucket, bucket_size, "Key", key, key_size));
}

/* "arn:aws:s3:::name", or the name itself. */
static const char *bucket_name(const char *text)
{
    const char *colon = text ? strrchr(text, ':') : NULL;
    return colon ? colon + 1 : text;
}

/* The columns of an inventory: "Bucket, Key, Size". */
static json_t *split_schema(const char *schema)
{
    json_t *names = json_array();
    for (const char *at = schema; at;) {
        at += strspn(at, " ");
        size_t size = strcspn(at, ",");
        while (size > 0 && at[size - 1] == ' ')
            size--;
        json_array_append_new(names, json_stringn(at, size));
        at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL;
    }
    return names;
}

static bool note_inventory(json_t *result, json_t *carried, struct dr_decision *decision)
{
    struct dr_text text = {0};
    if (!dr_items_text(result, &text, decision))
        return false;
    json_t *manifest = dr_json_parse(text.bytes ? text.bytes : "", text.size, NULL), *objects = json_array();
    const json_t *files = json_object_get(manifest, "files");
    const char *format = text_of(manifest, "fileFormat"), *schema = text_of(manifest, "fileSchema");
    const char *destination = bucket_name(text_of(manifest, "destinationBucket"));
    const char *bucket = destination ? destination : text_of(carried, "Bucket");
    bool good = json_is_array(files) && bucket && schema && (!format || strcmp(format, "CSV") == 0);
    for (size_t i = 0; good && i < json_array_size(files); i++) {
        const char *key = text_of(json_array_get(files, i), "key");
        good = key != NULL;
        if (key)
            add_object(objects, bucket, strlen(bucket), key, strlen(key));
    }
    if (format && strcmp(format, "CSV") != 0)
        dr_flow_fail(decision, "States.ItemReaderFailed", "The files of the inventory are %s; only CSV can be read",
                     format);
    else if (!good)
        dr_flow_fail(decision, "States.ItemReaderFailed",
                     "The manifest is not that of an Amazon S3 inventory: it needs fileSchema and files");
    else
        json_object_set_new(carried, "Columns", split_schema(schema));
    json_object_set_new(carried, "Objects", objects);
    json_decref(manifest);
    dr_text_done(&text);
    return good;
}

/* One "s3://bucket/key" a line, perhaps in quotes. */
static bool note_athena(json_t *result, json_t *carried, struct dr_decision *decision)
{
    struct dr_text text = {0};
    if (!dr_items_text(result, &text, decision))
        return false;
    json_t *objects = json_array();
    bool good = true;
    for (const char *at = text.bytes ? text.bytes : ""; good && *at;) {
        size_t line = strcspn(at, "\r\n"), size = line;
        const char *url = at;
        if (size >= 2 && url[0] == '"' && url[size - 1] == '"') {
            url++;
            size -= 2;
        }
        const char *slash = size > 5 ? memchr(url + 5, '/', size - 5) : NULL;
        good = size == 0 || (slash && strncmp(url, "s3://", 5) == 0);
        if (good && size > 0)
            add_object(objects, url + 5, (size_t)(slash - url) - 5, slash + 1, size - (size_t)(slash - url) - 1);
        if (!good)
            dr_flow_fail(decision, "States.ItemReaderFailed",
                         "The manifest is not that of an Athena UNLOAD: \"%.*s\" is not s3://BUCKET/KEY",
                         (int)(size < 200 ? size : 200), url);
        at += line;
        at += strspn(at, "\r\n");
    }
    json_object_set_new(carried, "Objects", objects);
    dr_text_done(&text);
    return good;
}

static bool note_listed(json_t *result, json_t *carried, struct dr_decision *decision)
{
    json_t *objects = json_array();
    const json_t *listing = json_object_get(result, "Contents");
    const char *bucket = text_of(carried, "Bucket");
    bool good = bucket && (!listing || json_is_array(listing));
    for (size_t i = 0; good && i < json_array_size(listing); i++) {
        const json_t *object = json_array_get(listing, i);
        const char *key = text_of(object, "Key");
        size_t size = key ? strlen(key) : 0;
        bool folder = size > 0 && key[size - 1] == '/' && json_integer_value(json_object_get(object, "Size")) == 0;
        if (size > 0 && !folder)
            add_object(objects, bucket, strlen(bucket), key, size);
    }
    if (!good)
        dr_flow_fail(decision, "States.ItemReaderFailed", "Attempting to map over non-iterable node.");
    json_object_set_new(carried, "Objects", objects);
    return good;
}

/* --- What they hold ------------------------------------------------------------------------------------------------
 */

/* The items of one object. `carried` has an inventory's columns: its files have no header. New reference, or NULL. */
static json_t *read_object(const struct dr_item_reader *reader, const json_t *carried, json_t *result, size_t items_max,
                           struct dr_decision *decision)
{
    struct dr_item_reader own = *reader;
    const json_t *columns = json_object_get(carried, "Columns");
    const char **names = dr_resize(NULL, json_array_size(columns) + 1, sizeof *names);
    struct dr_text text = {0};
    if (columns) {
        for (size_t i = 0; i < json_array_size(columns); i++)
            names[i] = json_string_value(json_array_get(columns, i));
        own.input_type = DR_INPUT_CSV;
        own.headers_given = true;
        own.headers = names;
        own.header_count = json_array_size(columns);
        own.delimiter = ',';
    }
    json_t *items = NULL;
    if (dr_items_text(result, &text, decision))
        items = dr_items_parse(&own, text.bytes ? text.bytes : "", text.size, items_max, decision);
    dr_text_done(&text);
    free(names);
    return items;
}

/* The lists of all objects as one. New reference. */
static json_t *join_parts(const json_t *parts)
{
    json_t *items = json_array();
    for (size_t i = 0; i < json_array_size(parts); i++)
        json_array_extend(items, json_array_get(parts, i));
    return items;
}

/* The number of items that are still wanted, 0: all; false: there are enough. */
static bool still_wanted(const json_t *parts, size_t items_max, size_t *ret_count)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(parts); i++)
        count += json_array_size(json_array_get(parts, i));
    *ret_count = items_max == 0 ? 0 : items_max - count;
    return items_max == 0 || count < items_max;
}

/* Gets the object that is next, or has all items. Steals `carried`. */
static void go_on(const struct dr_item_reader *reader, json_t *carried, size_t items_max, struct dr_decision *decision)
{
    json_t *parts = json_object_get(carried, "Parts"), *objects = json_object_get(carried, "Objects");
    json_t *object = json_array_get(objects, json_array_size(parts));
    size_t wanted;
    if (object && still_wanted(parts, items_max, &wanted)) {
        call(decision, DR_MAP_FETCH, reader->get, json_incref(object), carried);
        return;
    }
    decision->items = join_parts(parts);
    json_decref(carried);
}

void dr_objects_read(const struct dr_moment *moment, json_t *result, size_t items_max, struct dr_decision *decision)
{
    static bool (*const noting[])(json_t *, json_t *, struct dr_decision *) = {
        [DR_READS_ITEMS] = NULL,
        [DR_READS_INVENTORY] = note_inventory,
        [DR_READS_ATHENA] = note_athena,
        [DR_READS_LISTED] = note_listed,
    };
    const struct dr_item_reader *reader = moment->state->map.reader;
    json_t *carried = json_copy(moment->carried ? moment->carried : json_null()); /* what is in a branch is frozen */
    json_t *parts = NULL;
    assert(reader->reads != DR_READS_ITEMS && json_is_object(carried));
    if (moment->stage == DR_MAP_READ) {
        if (!reader->get)
            dr_flow_fail(decision, "States.Runtime",
                         "The objects that '%s' names cannot be read: this drrun has no "
                         "provider for s3:getObject",
                         reader->resource_text);
        else if (noting[reader->reads](result, carried, decision))
            parts = json_array();
    } else {
        size_t wanted;
        parts = json_copy(json_object_get(carried, "Parts"));
        still_wanted(parts, items_max, &wanted);
        json_t *items = read_object(reader, carried, result, wanted, decision);
        if (items)
            json_array_append_new(parts, items);
        else {
            json_decref(parts);
            parts = NULL;
        }
    }
    if (!parts) {
        json_decref(carried);
        return;
    }
    json_object_set_new(carried, "Parts", parts);
    go_on(reader, carried, items_max, decision);
}

/* --- The records of an export --------------------------------------------------------------------------------------
 */

/* Names of one run of this Map, like AWS's but without Region and account: no such run exists there. */
struct run {
    char *machine; /* "failover/Map" */
    char *id;
};

static void name_run(const struct dr_moment *moment, struct run *run)
{
    const json_t *context = moment->view.context(moment->view.context_data);
    const char *name = text_of(json_object_get(context, "StateMachine"), "Name"), *label = moment->state->map.label;
    json_t *id = dr_uuid(moment->view.random);
    run->machine = dr_format("%s/%s", name ? name : "", label ? label : moment->state->name);
    run->id = dr_copy_string(json_string_value(id));
    json_decref(id);
}

static void set_text(json_t *object, const char *key, const char *details, const json_t *value)
{
    struct dr_text text = {0};
    if (!value)
        return;
    dr_text_json(&text, value, DR_PAYLOAD_BYTES_MAX);
    json_object_set_new(object, key, json_stringn(text.bytes ? text.bytes : "", text.size));
    json_object_set_new(object, details, json_pack("{s:b}", "Included", 1));
    dr_text_done(&text);
}

static void set_time(json_t *object, const char *key, const json_t *ms)
{
    char text[DR_TIME_TEXT];
    if (json_is_integer(ms))
        json_object_set_new(object, key, json_string(dr_time_format(text, json_integer_value(ms))));
}

static void set_formatted(json_t *object, const char *key, char *value)
{
    json_object_set_new(object, key, json_string(value));
    free(value);
}

/* One item's run, as DescribeExecution would tell of a child execution. New reference. */
static json_t *describe_run(const struct dr_moment *moment, const struct run *run, const json_t *record)
{
    json_t *described = json_object(), *name = dr_uuid(moment->view.random);
    set_formatted(described, "ExecutionArn",
                  dr_format("arn:aws:states:::execution:%s:%s", run->machine, json_string_value(name)));
    json_object_set_new(described, "Name", name);
    set_formatted(described, "StateMachineArn", dr_format("arn:aws:states:::stateMachine:%s", run->machine));
    json_object_set(described, "Status", json_object_get(record, "Status"));
    json_object_set(described, "Index", json_object_get(record, "Index"));
    set_text(described, "Input", "InputDetails", json_object_get(record, "Input"));
    set_text(described, "Output", "OutputDetails", json_object_get(record, "Output"));
    if (json_object_get(record, "Error"))
        json_object_set(described, "Error", json_object_get(record, "Error"));
    if (json_object_get(record, "Cause"))
        json_object_set(described, "Cause", json_object_get(record, "Cause"));
    json_object_set_new(described, "RedriveCount", json_integer(0));
    set_time(described, "StartDate", json_object_get(record, "Began"));
    set_time(described, "StopDate", json_object_get(record, "Ended"));
    return described;
}

/* --- The objects of an export --------------------------------------------------------------------------------------
 */

static const char *const groups[] = {"SUCCEEDED", "FAILED", "PENDING"};

/* Aborted and timed out ones count as failed. */
static const char *group_of(const json_t *record)
{
    const char *status = text_of(record, "Status");
    if (status && (strcmp(status, "SUCCEEDED") == 0 || strcmp(status, "PENDING") == 0))
        return status;
    return "FAILED";
}

struct files {
    const struct dr_result_writer *writer;
    const char *prefix, *group;
    json_t *objects; /* [{"Key", "Body"}] */
    json_t *listed;  /* of the manifest: [{"Key", "Size"}] */
    struct dr_text body;
    size_t count, lines; /* files of this group, values in the one that is being made */
};

static void close_file(struct files *files)
{
    bool lines = files->writer->output_type == DR_OUTPUT_JSONL;
    if (files->lines == 0)
        return;
    if (!lines)
        dr_text_putc(&files->body, ']');
    char *key = dr_format("%s%s_%zu.%s", files->prefix, files->group, files->count++, lines ? "jsonl" : "json");
    json_array_append_new(files->objects,
                          json_pack("{s:s,s:s%}", "Key", key, "Body", files->body.bytes, files->body.size));
    json_array_append_new(files->listed, json_pack("{s:s,s:I}", "Key", key, "Size", (json_int_t)files->body.size));
    free(key);
    dr_text_clear(&files->body);
    files->lines = 0;
}

static void add_value(struct files *files, const json_t *value)
{
    bool lines = files->writer->output_type == DR_OUTPUT_JSONL;
    struct dr_text text = {0};
    dr_text_json(&text, value, DR_PAYLOAD_BYTES_MAX);
    if (files->body.size + text.size > OBJECT_BYTES_MAX)
        close_file(files);
    if (!lines)
        dr_text_putc(&files->body, files->lines > 0 ? ',' : '[');
    dr_text_add(&files->body, text.bytes ? text.bytes : "", text.size);
    if (lines)
        dr_text_putc(&files->body, '\n');
    files->lines++;
    dr_text_done(&text);
}

static void add_record(struct files *files, const struct dr_moment *moment, const struct run *run, const json_t *record)
{
    const json_t *output = json_object_get(record, "Output");
    if (!output || files->writer->transformation == DR_TRANSFORM_NONE) {
        json_t *described = describe_run(moment, run, record);
        add_value(files, described);
        json_decref(described);
    } else if (files->writer->transformation == DR_TRANSFORM_FLATTEN && json_is_array(output)) {
        for (size_t i = 0; i < json_array_size(output); i++)
            add_value(files, json_array_get(output, i));
    } else {
        add_value(files, output);
    }
}

/* Every file of results, then the manifest that names them. */
static json_t *make_objects(const struct dr_moment *moment, const struct run *run, const char *bucket,
                            const char *prefix, const char *map_run, const json_t *records)
{
    json_t *objects = json_array(), *result_files = json_object();
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct files files = {.writer = moment->state->map.writer,
                              .prefix = prefix,
                              .group = groups[i],
                              .objects = objects,
                              .listed = json_array()};
        for (size_t j = 0; j < json_array_size(records); j++)
            if (strcmp(group_of(json_array_get(records, j)), groups[i]) == 0)
                add_record(&files, moment, run, json_array_get(records, j));
        close_file(&files);
        dr_text_done(&files.body);
        json_object_set_new(result_files, groups[i], files.listed);
    }
    struct dr_text text = {0};
    json_t *manifest =
        json_pack("{s:s,s:s,s:o}", "DestinationBucket", bucket, "MapRunArn", map_run, "ResultFiles", result_files);
    dr_text_json(&text, manifest, DR_PAYLOAD_BYTES_MAX);
    char *key = dr_format("%smanifest.json", prefix);
    json_array_append_new(objects, json_pack("{s:s,s:s%}", "Key", key, "Body", text.bytes, text.size));
    free(key);
    json_decref(manifest);
    dr_text_done(&text);
    return objects;
}

/* Puts the object that is next. Steals `carried`. */
static void put_next(const struct dr_result_writer *writer, json_t *carried, struct dr_decision *decision)
{
    json_t *object =
        json_array_get(json_object_get(carried, "Objects"), (size_t)json_integer_value(json_object_get(carried, "At")));
    const char *key = text_of(object, "Key");
    bool lines = key && strlen(key) > 6 && strcmp(key + strlen(key) - 6, ".jsonl") == 0;
    json_t *arguments = json_copy(object);
    json_object_set(arguments, "Bucket", json_object_get(carried, "Bucket"));
    json_object_set_new(arguments, "ContentType", json_string(lines ? "application/jsonl" : "application/json"));
    call(decision, DR_MAP_WRITE, writer->resource, arguments, carried);
}

void dr_objects_export(const struct dr_moment *moment, const json_t *arguments, json_t *records,
                       struct dr_decision *decision)
{
    const char *bucket = text_of(arguments, "Bucket"), *prefix = text_of(arguments, "Prefix");
    const json_t *given = json_object_get(arguments, "Prefix");
    struct run run;
    if (!bucket || !*bucket || (given && !prefix && !json_is_null(given))) {
        dr_flow_fail(decision, "States.ResultWriterFailed",
                     "The ResultWriter needs a Bucket, and a Prefix that is a string");
        return;
    }
    name_run(moment, &run);
    size_t length = prefix ? strlen(prefix) : 0;
    char *folder = dr_format("%s%s%s/", length ? prefix : "", length && prefix[length - 1] != '/' ? "/" : "", run.id);
    char *map_run = dr_format("arn:aws:states:::mapRun:%s:%s", run.machine, run.id);
    char *manifest = dr_format("%smanifest.json", folder);
    json_t *carried = json_pack("{s:s,s:i,s:o,s:{s:s,s:{s:s,s:s}}}", "Bucket", bucket, "At", 0, "Objects",
                                make_objects(moment, &run, bucket, folder, map_run, records), "Result", "MapRunArn",
                                map_run, "ResultWriterDetails", "Bucket", bucket, "Key", manifest);
    if (moment->failed) {
        json_object_set_new(carried, "Error", json_string(moment->failed->error));
        json_object_set_new(carried, "Cause", json_string(moment->failed->cause ? moment->failed->cause : ""));
    }
    free(folder);
    free(map_run);
    free(manifest);
    free(run.machine);
    free(run.id);
    put_next(moment->state->map.writer, carried, decision);
}

void dr_objects_exported(const struct dr_moment *moment, struct dr_decision *decision)
{
    json_t *objects = json_object_get(moment->carried, "Objects");
    json_int_t next = json_integer_value(json_object_get(moment->carried, "At")) + 1;
    if ((size_t)next < json_array_size(objects)) {
        json_t *carried = json_copy(moment->carried);
        json_object_set_new(carried, "At", json_integer(next));
        put_next(moment->state->map.writer, carried, decision);
    } else if (text_of(moment->carried, "Error")) {
        decision->kind = DR_DECIDE_FAIL;
        dr_error_set(&decision->error, text_of(moment->carried, "Error"), "%s", text_of(moment->carried, "Cause"));
    } else {
        dr_flow_leave(moment, json_object_get(moment->carried, "Result"), moment->state->next, decision);
    }
}

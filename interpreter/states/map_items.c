#include "interpreter/states/map_items.h"

#include "interpreter/base/base64.h"
#include "interpreter/base/gunzip.h"
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "interpreter/states/dataflow.h"

#include <stdlib.h>
#include <string.h>

/* ----- CSV: RFC 4180 with a chosen delimiter -----------------------------------------------------------------------
 */

struct csv {
    const char *at, *end;
    char delimiter;
    struct dr_text field;
};

/* The next row as an array of strings, or NULL at the end. Empty lines are passed over. */
static json_t *csv_row(struct csv *csv)
{
    while (csv->at < csv->end && (*csv->at == '\n' || *csv->at == '\r'))
        csv->at++;
    if (csv->at == csv->end)
        return NULL;
    json_t *row = json_array();
    for (;;) {
        dr_text_clear(&csv->field);
        bool quoted = csv->at < csv->end && *csv->at == '"';
        if (quoted) {
            for (csv->at++; csv->at < csv->end; csv->at++) {
                if (*csv->at == '"' && (csv->at + 1 == csv->end || csv->at[1] != '"')) {
                    csv->at++;
                    break;
                }
                if (*csv->at == '"')
                    csv->at++;
                dr_text_putc(&csv->field, *csv->at);
            }
        }
        for (; csv->at < csv->end && *csv->at != csv->delimiter && *csv->at != '\n' && *csv->at != '\r'; csv->at++)
            dr_text_putc(&csv->field, *csv->at);
        json_t *value = json_stringn(csv->field.bytes ? csv->field.bytes : "", csv->field.size);
        json_array_append_new(row, value ? value : json_string("")); /* invalid UTF-8 was refused before */
        if (csv->at == csv->end || *csv->at != csv->delimiter)
            return row;
        csv->at++;
    }
}

static json_t *csv_headers(const struct dr_item_reader *reader, struct csv *csv, struct dr_decision *decision)
{
    json_t *headers;
    if (reader->headers_given) {
        headers = json_array();
        for (size_t i = 0; i < reader->header_count; i++)
            json_array_append_new(headers, json_string(reader->headers[i]));
    } else {
        headers = csv_row(csv);
    }
    json_t *seen = json_object();
    for (size_t i = 0; i < json_array_size(headers); i++)
        json_object_set_new(seen, json_string_value(json_array_get(headers, i)), json_null());
    bool repeated = json_object_size(seen) < json_array_size(headers);
    json_decref(seen);
    if (repeated) {
        json_decref(headers);
        dr_flow_fail(decision, "States.ItemReaderFailed", "CSV headers cannot contain duplicates.");
        return NULL;
    }
    return headers ? headers : json_array();
}

static json_t *read_csv(const struct dr_item_reader *reader, const char *bytes, size_t size, size_t items_max,
                        struct dr_decision *decision)
{
    struct csv csv = {.at = bytes, .end = bytes + size, .delimiter = reader->delimiter ? reader->delimiter : ','};
    json_t *headers = csv_headers(reader, &csv, decision);
    json_t *items = headers ? json_array() : NULL;
    json_t *row;
    while (items && (items_max == 0 || json_array_size(items) < items_max) && (row = csv_row(&csv)) != NULL) {
        json_t *item = json_object();
        for (size_t i = 0; i < json_array_size(headers); i++) {
            json_t *value = json_array_get(row, i);
            json_object_set_new(item, json_string_value(json_array_get(headers, i)),
                                value ? json_incref(value) : json_string(""));
        }
        json_array_append_new(items, item);
        json_decref(row);
    }
    json_decref(headers);
    dr_text_done(&csv.field);
    return items;
}

/* ----- JSON and JSON Lines
 * -------------------------------------------------------------------------------------------- */

static json_t *read_lines(const char *bytes, size_t size, size_t items_max, struct dr_decision *decision)
{
    json_t *items = json_array();
    const char *end = bytes + size;
    size_t line = 0;
    while (bytes < end && (items_max == 0 || json_array_size(items) < items_max)) {
        const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t length = (size_t)((stop ? stop : end) - bytes);
        line++;
        if (strspn(bytes, " \t\r") < length) {
            char *problem = NULL;
            json_t *item = dr_json_parse(bytes, length, &problem);
            if (!item) {
                dr_flow_fail(decision, "States.ItemReaderFailed", "Line %zu is not valid JSON: %s", line,
                             problem ? problem : "");
                free(problem);
                json_decref(items);
                return NULL;
            }
            json_array_append_new(items, item);
        }
        bytes += length + 1;
    }
    return items;
}

/* The value that an RFC 6901 pointer names, borrowed, or NULL. */
static json_t *pointed(json_t *value, const char *pointer)
{
    while (value && *pointer == '/') {
        struct dr_text key = {0};
        for (pointer++; *pointer != '\0' && *pointer != '/'; pointer++) {
            if (*pointer == '~' && (pointer[1] == '0' || pointer[1] == '1'))
                dr_text_putc(&key, *++pointer == '0' ? '~' : '/');
            else
                dr_text_putc(&key, *pointer);
        }
        const char *name = key.bytes ? key.bytes : "";
        value = json_is_array(value) ? json_array_get(value, strtoul(name, NULL, 10)) : json_object_get(value, name);
        dr_text_done(&key);
    }
    return value;
}

static json_t *first_items(json_t *list, size_t items_max)
{
    if (items_max == 0 || json_array_size(list) <= items_max)
        return json_incref(list);
    json_t *items = json_array();
    for (size_t i = 0; i < items_max; i++)
        json_array_append(items, json_array_get(list, i));
    return items;
}

static json_t *read_json(const struct dr_item_reader *reader, const char *bytes, size_t size, size_t items_max,
                         struct dr_decision *decision)
{
    char *problem = NULL;
    json_t *document = dr_json_parse(bytes, size, &problem);
    json_t *list = document && reader->items_pointer ? pointed(document, reader->items_pointer) : document;
    json_t *items = NULL;
    if (!document)
        dr_flow_fail(decision, "States.ItemReaderFailed", "The file is not valid JSON: %s", problem ? problem : "");
    else if (!json_is_array(list))
        dr_flow_fail(decision, "States.ItemReaderFailed", "Attempting to map over non-iterable node.");
    else
        items = first_items(list, items_max);
    free(problem);
    json_decref(document);
    return items;
}

json_t *dr_items_parse(const struct dr_item_reader *reader, const char *bytes, size_t size, size_t items_max,
                       struct dr_decision *decision)
{
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        size -= 3;
    }
    switch (reader->input_type) {
    case DR_INPUT_JSON:
        return read_json(reader, bytes, size, items_max, decision);
    case DR_INPUT_JSONL:
        return read_lines(bytes, size, items_max, decision);
    case DR_INPUT_CSV:
        return read_csv(reader, bytes, size, items_max, decision);
    case DR_INPUT_MANIFEST:
    case DR_INPUT_LIST:
        break;
    }
    dr_flow_fail(decision, "States.ItemReaderFailed", "InputType MANIFEST needs Amazon S3");
    return NULL;
}

/* A body that is no text comes as base64: then, and only then, it is longer than the object was. Where no length came
 * with it, it is taken for packed data if it begins so. */
static bool is_encoded(const json_t *result, const json_t *body)
{
    const json_t *length = json_object_get(result, "ContentLength");
    if (json_is_integer(length))
        return (size_t)json_integer_value(length) < json_string_length(body);
    return strncmp(json_string_value(body), "H4sI", 4) == 0;
}

bool dr_items_text(json_t *result, struct dr_text *out, struct dr_decision *decision)
{
    const json_t *body = json_object_get(result, "Body");
    unsigned char *decoded = NULL;
    if (!json_is_string(body)) {
        dr_flow_fail(decision, "States.ItemReaderFailed", "The reader returned no text (a string named Body)");
        return false;
    }
    const char *bytes = json_string_value(body), *problem = NULL;
    size_t size = json_string_length(body);
    if (is_encoded(result, body) && dr_base64_decode(bytes, size, &decoded, &size))
        bytes = (const char *)decoded;
    if (dr_is_gzip(bytes, size)) {
        problem = dr_gunzip(bytes, size, DR_PAYLOAD_BYTES_MAX, out);
        json_t *text = problem ? NULL : json_stringn(out->bytes ? out->bytes : "", out->size);
        if (!problem && !text)
            problem = "what the file unpacks to is not UTF-8 text";
        json_decref(text);
    } else if (decoded) {
        problem = "the file is not UTF-8 text";
    } else {
        dr_text_add(out, bytes, size);
    }
    free(decoded);
    if (problem) {
        dr_text_done(out);
        dr_flow_fail(decision, "States.ItemReaderFailed", "The file cannot be read: %s", problem);
    }
    return problem == NULL;
}

json_t *dr_items_read(const struct dr_item_reader *reader, json_t *result, size_t items_max,
                      struct dr_decision *decision)
{
    json_t *body = json_object_get(result, "Body");
    json_t *listing = json_object_get(result, "Contents");
    if (reader->input_type == DR_INPUT_LIST) {
        if (listing == NULL && json_is_object(result)) /* S3 leaves out what is empty */
            return json_array();
    }
    if (reader->input_type == DR_INPUT_LIST || (!body && listing)) {
        if (json_is_array(listing))
            return first_items(listing, items_max);
        dr_flow_fail(decision, "States.ItemReaderFailed", "Attempting to map over non-iterable node.");
        return NULL;
    }
    struct dr_text text = {0};
    json_t *items = NULL;
    if (dr_items_text(result, &text, decision))
        items = dr_items_parse(reader, text.bytes ? text.bytes : "", text.size, items_max, decision);
    dr_text_done(&text);
    return items;
}

/* ----- Batches and results
 * -------------------------------------------------------------------------------------------- */

static json_t *new_batch(json_t *batch_input)
{
    json_t *batch = json_object();
    if (batch_input)
        json_object_set(batch, "BatchInput", batch_input);
    json_object_set_new(batch, "Items", json_array());
    return batch;
}

json_t *dr_items_batch(json_t *items, json_t *batch_input, size_t items_max, size_t bytes_max)
{
    struct dr_text text = {0};
    json_t *batches = json_array();
    json_t *members = NULL;
    size_t bytes = 0, item_bytes = 0, base_bytes = sizeof "{\"Items\":[]}" - 1;
    if (batch_input && bytes_max > 0 && dr_text_json(&text, batch_input, DR_PAYLOAD_BYTES_MAX))
        base_bytes += sizeof "\"BatchInput\":," - 1 + text.size;
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        if (bytes_max > 0) {
            dr_text_clear(&text);
            dr_text_json(&text, item, DR_PAYLOAD_BYTES_MAX);
            item_bytes = text.size + 1;
        }
        bool full = members && ((items_max > 0 && json_array_size(members) >= items_max) ||
                                (bytes_max > 0 && bytes + item_bytes > bytes_max));
        if (!members || full) {
            json_t *batch = new_batch(batch_input);
            members = json_object_get(batch, "Items");
            json_array_append_new(batches, batch);
            bytes = base_bytes;
        }
        json_array_append(members, item);
        bytes += item_bytes;
    }
    dr_text_done(&text);
    return batches;
}

json_t *dr_items_format(const struct dr_result_writer *writer, json_t *records)
{
    json_t *outputs = json_array();
    if (writer->transformation == DR_TRANSFORM_NONE) {
        for (size_t i = 0; i < json_array_size(records); i++) { /* without what only the export tells */
            json_t *record = json_copy(json_array_get(records, i));
            json_object_del(record, "Began");
            json_object_del(record, "Ended");
            json_array_append_new(outputs, record);
        }
        return outputs;
    }
    for (size_t i = 0; i < json_array_size(records); i++) {
        json_t *output = json_object_get(json_array_get(records, i), "Output");
        if (output && writer->transformation == DR_TRANSFORM_FLATTEN && json_is_array(output))
            json_array_extend(outputs, output);
        else if (output)
            json_array_append(outputs, output);
    }
    return outputs;
}

static void print_values(const struct dr_result_writer *writer, const json_t *values, struct dr_text *out)
{
    if (writer->output_type == DR_OUTPUT_JSON) {
        dr_text_json(out, values, DR_PAYLOAD_BYTES_MAX);
        return;
    }
    for (size_t i = 0; i < json_array_size(values); i++) {
        dr_text_json(out, json_array_get(values, i), DR_PAYLOAD_BYTES_MAX);
        dr_text_putc(out, '\n');
    }
}

json_t *dr_items_write_arguments(const struct dr_result_writer *writer, json_t *arguments, json_t *formatted)
{
    struct dr_text body = {0};
    print_values(writer, formatted, &body);
    json_t *complete = json_is_object(arguments) ? json_copy(arguments) : json_object();
    json_object_set_new(complete, "Body", json_stringn(body.bytes ? body.bytes : "", body.size));
    dr_text_done(&body);
    return complete;
}

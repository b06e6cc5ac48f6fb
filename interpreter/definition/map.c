/* The Map state: its processor, where its items come from and where its results go. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

static bool is(const struct dr_node *node, const char *text)
{
    return node && node->kind == DR_NODE_STRING && strcmp(node->string.bytes, text) == 0;
}

/* The position of the value among the field's, 0 if absent. */
static int choice_of(const struct dr_form *form, const struct dr_node *node, const char *name)
{
    const struct dr_node *member = dr_node_member(node, name);
    const char *const *values = dr_form_field(form, name)->values;
    for (int i = 0; values[i]; i++)
        if (is(member, values[i]))
            return i;
    return 0;
}

static const struct dr_template *parse_arguments(struct dr_state_parse *at, const struct dr_node *node)
{
    bool jsonata = at->state->language == DR_JSONATA;
    const char *name = jsonata ? "Arguments" : "Parameters";
    return dr_template_parse(at, dr_node_member(node, name), name, DR_IN_INPUT);
}

/* Of a writer of objects: a Bucket, and a Prefix if one likes. */
static void check_destination(struct dr_state_parse *at, const struct dr_node *node, const struct dr_where *outer)
{
    static const char *const names[] = {"Bucket", "Prefix"};
    bool jsonata = at->state->language == DR_JSONATA, bucket = false;
    const char *field = jsonata ? "Arguments" : "Parameters";
    const struct dr_node *arguments = dr_node_member(node, field);
    const struct dr_where where = {outer, field, 0};
    if (arguments && arguments->kind != DR_NODE_MAP)
        return;
    for (size_t i = 0; arguments && i < arguments->children.count; i++) {
        const struct dr_node *member = arguments->children.items[i];
        const struct dr_where at_member = {&where, member->key, 0};
        size_t length = strlen(member->key);
        size_t named = !jsonata && length > 2 && strcmp(member->key + length - 2, ".$") == 0 ? length - 2 : length;
        bool known = false;
        for (size_t j = 0; j < sizeof names / sizeof *names; j++)
            known |= strlen(names[j]) == named && strncmp(names[j], member->key, named) == 0;
        bucket |= strncmp(member->key, "Bucket", named) == 0 && named == 6;
        if (!known)
            dr_mistake(at->parser, &at_member, member->key_place, DR_SCHEMA, NULL,
                       "Field '%s' is not supported in a ResultWriter's %s: it takes Bucket and Prefix", member->key,
                       field);
    }
    if (!bucket)
        dr_mistake(at->parser, &where, arguments ? arguments->key_place : node->key_place, DR_SCHEMA, NULL,
                   "\"Bucket\" is required in a ResultWriter's %s", field);
}

/* "arn:aws:states:::s3:getObject", of any partition: Map's own names of operations that aws-sdk has as well. */
static const char *object_operation(const char *name)
{
    const char *states = strncmp(name, "arn:", 4) == 0 ? strstr(name, ":states:::s3:") : NULL;
    return states && strchr(name + 4, ':') == states ? states + strlen(":states:::s3:") : NULL;
}

/* Finds the operation under the name that tasks call it by. */
static const struct dr_resource *find_object_operation(struct dr_state_parse *at, const struct dr_node *resource,
                                                       const char *operation, const struct dr_where *where)
{
    struct dr_node under_sdk = *resource;
    char *name = dr_format("aws-sdk:s3:%s", operation);
    under_sdk.string.bytes = dr_arena_string(at->parser->arena, name, strlen(name));
    under_sdk.string.size = strlen(name);
    free(name);
    return dr_resource_parse(at->parser, &under_sdk, NULL, at->state->language, where);
}

static const struct dr_resource *parse_resource(struct dr_state_parse *at, const struct dr_form *form,
                                                const struct dr_node *node, const char *provided, const char **ret_text,
                                                const struct dr_where *where)
{
    const struct dr_node *resource = dr_form_member(form, node, "Resource");
    if (resource == NULL)
        return NULL;
    *ret_text = resource->string.bytes;
    const char *operation = object_operation(resource->string.bytes);
    if (operation && strcmp(operation, "putObject") == 0 && provided) {
        check_destination(at, node, where);
        return find_object_operation(at, resource, operation, where);
    }
    const struct dr_node *arguments =
        dr_node_member(node, at->state->language == DR_JSONATA ? "Arguments" : "Parameters");
    const struct dr_resource *found =
        operation
            ? find_object_operation(
                  at, resource, strcmp(operation, "listObjectsV2") == 0 ? "listObjectsV2.allPages" : operation, where)
            : dr_resource_parse(at->parser, resource, arguments, at->state->language, where);
    if (found)
        dr_arguments_check(at->parser, found, node, arguments, at->state->language, provided, where);
    return found;
}

/* --- Reader
 * ---------------------------------------------------------------------------------------------------------------- */

static enum dr_input_type input_type_of(const char *resource, const struct dr_node *config)
{
    static const enum dr_input_type types[] = {DR_INPUT_JSON, DR_INPUT_JSONL, DR_INPUT_CSV, DR_INPUT_MANIFEST,
                                               DR_INPUT_JSON /* Parquet, which is refused */};
    if (dr_node_member(config, "InputType"))
        return types[choice_of(&dr_reader_config_form, config, "InputType")];
    return resource && strstr(resource, "listObjects") ? DR_INPUT_LIST : DR_INPUT_JSON;
}

static void check_csv(struct dr_state_parse *at, const struct dr_item_reader *reader, const struct dr_node *config,
                      const struct dr_where *where)
{
    const struct dr_node *headers = dr_node_member(config, "CSVHeaders");
    if (reader->headers_given && headers == NULL)
        dr_mistake(at->parser, where, config->key_place, DR_SCHEMA, NULL,
                   "\"CSVHeaders\" is required with CSVHeaderLocation GIVEN");
    if (reader->input_type == DR_INPUT_CSV)
        return;
    static const char *const fields[] = {"CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct dr_node *field = dr_node_member(config, fields[i]);
        const struct dr_node *type = dr_node_member(config, "InputType");
        const struct dr_where at_field = {where, fields[i], 0};
        if (field && type && !dr_has_placeholder(type) && !is(type, "MANIFEST"))
            dr_mistake(at->parser, &at_field, field->key_place, DR_SCHEMA, NULL, "\"%s\" is only for InputType CSV",
                       fields[i]);
    }
}

/* What else is to be read, once the first answer is there. */
static void parse_reads(struct dr_state_parse *at, struct dr_item_reader *reader, const struct dr_node *node,
                        const struct dr_node *config, const struct dr_where *where)
{
    const struct dr_node *manifest = dr_node_member(config, "ManifestType"),
                         *type = dr_node_member(config, "InputType");
    const struct dr_where at_type = {where, "InputType", 0}, at_manifest = {where, "ManifestType", 0};
    if (is(type, "PARQUET"))
        dr_mistake(at->parser, &at_type, type->place, DR_SCHEMA,
                   dr_copy_string("Write the data as CSV or JSON Lines, or read it with Athena"),
                   "drrun does not read Parquet files");
    if (is(manifest, "ATHENA_DATA"))
        reader->reads = DR_READS_ATHENA;
    else if (is(manifest, "S3_INVENTORY") || reader->input_type == DR_INPUT_MANIFEST)
        reader->reads = DR_READS_INVENTORY;
    else if (is(dr_node_member(config, "Transformation"), "LOAD_AND_FLATTEN"))
        reader->reads = DR_READS_LISTED;
    bool data = is(type, "CSV") || is(type, "JSONL") || (is(type, "JSON") && reader->reads == DR_READS_LISTED);
    if ((reader->reads == DR_READS_ATHENA || reader->reads == DR_READS_LISTED) && !data && !is(type, "PARQUET") &&
        !(type && dr_has_placeholder(type)))
        dr_mistake(at->parser, &at_manifest, config->key_place, DR_SCHEMA, NULL,
                   "\"InputType\" must say what the objects hold: CSV%s JSONL",
                   reader->reads == DR_READS_LISTED ? ", JSON or" : " or");
    const struct dr_node *resource = dr_form_member(&dr_item_reader_form, node, "Resource");
    if (reader->reads == DR_READS_ITEMS || !resource || !reader->resource)
        return;
    reader->get = find_object_operation(at, resource, "getObject", where);
}

static const struct dr_item_reader *parse_reader(struct dr_state_parse *at, const struct dr_node *node)
{
    static const char delimiters[] = ",|; \t"; /* as the enumeration has them: COMMA, PIPE, ... */
    const struct dr_where where = {at->where, "ItemReader", 0}, config_where = {&where, "ReaderConfig", 0};
    if (node == NULL || !dr_form_check(at->parser, &dr_item_reader_form, node, at->state->language, &where))
        return NULL;
    struct dr_item_reader *reader = dr_arena_alloc(at->parser->arena, sizeof *reader);
    reader->resource = parse_resource(at, &dr_item_reader_form, node, NULL, &reader->resource_text, &where);
    reader->arguments = parse_arguments(at, node);
    const struct dr_node *config = dr_form_member(&dr_item_reader_form, node, "ReaderConfig");
    if (config)
        dr_form_check(at->parser, &dr_reader_config_form, config, at->state->language, &config_where);
    reader->input_type = input_type_of(reader->resource_text, config);
    reader->headers_given = choice_of(&dr_reader_config_form, config, "CSVHeaderLocation") == 1;
    reader->headers = dr_strings_parse(at->parser->arena, dr_node_member(config, "CSVHeaders"), &reader->header_count);
    reader->delimiter = delimiters[choice_of(&dr_reader_config_form, config, "CSVDelimiter")];
    if (config == NULL)
        return reader;
    reader->items_max = dr_setting_parse(at, &dr_reader_config_form, config, "MaxItems", "MaxItemsPath", &config_where);
    const struct dr_node *pointer = dr_form_member(&dr_reader_config_form, config, "ItemsPointer");
    reader->items_pointer = pointer ? pointer->string.bytes : NULL;
    check_csv(at, reader, config, &config_where);
    parse_reads(at, reader, node, config, &config_where);
    return reader;
}

/* --- Batcher and writer
 * -------------------------------------------------------------------------------------------------------- */

static const struct dr_item_batcher *parse_batcher(struct dr_state_parse *at, const struct dr_node *node)
{
    const struct dr_where where = {at->where, "ItemBatcher", 0};
    const struct dr_form *form = &dr_item_batcher_form;
    if (node == NULL || !dr_form_check(at->parser, form, node, at->state->language, &where))
        return NULL;
    struct dr_item_batcher *batcher = dr_arena_alloc(at->parser->arena, sizeof *batcher);
    batcher->items_max = dr_setting_parse(at, form, node, "MaxItemsPerBatch", "MaxItemsPerBatchPath", &where);
    batcher->bytes_max = dr_setting_parse(at, form, node, "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", &where);
    batcher->batch_input = dr_template_parse(at, dr_node_member(node, "BatchInput"), "BatchInput", DR_IN_INPUT);
    return batcher;
}

static const struct dr_result_writer *parse_writer(struct dr_state_parse *at, const struct dr_node *node)
{
    const struct dr_where where = {at->where, "ResultWriter", 0}, config_where = {&where, "WriterConfig", 0};
    if (node == NULL || !dr_form_check(at->parser, &dr_result_writer_form, node, at->state->language, &where))
        return NULL;
    struct dr_result_writer *writer = dr_arena_alloc(at->parser->arena, sizeof *writer);
    writer->resource = parse_resource(at, &dr_result_writer_form, node, "Body", &writer->resource_text, &where);
    writer->arguments = parse_arguments(at, node);
    const char *operation = writer->resource_text ? object_operation(writer->resource_text) : NULL;
    writer->exports = operation && strcmp(operation, "putObject") == 0;
    const struct dr_node *config = dr_form_member(&dr_result_writer_form, node, "WriterConfig");
    if (config == NULL ||
        !dr_form_check(at->parser, &dr_writer_config_form, config, at->state->language, &config_where))
        return writer;
    bool lines = choice_of(&dr_writer_config_form, config, "OutputType") == 1;
    writer->output_type = lines ? DR_OUTPUT_JSONL : DR_OUTPUT_JSON;
    switch (choice_of(&dr_writer_config_form, config, "Transformation")) {
    case 1:
        writer->transformation = DR_TRANSFORM_COMPACT;
        break;
    case 2:
        writer->transformation = DR_TRANSFORM_FLATTEN;
        break;
    default:
        writer->transformation = DR_TRANSFORM_NONE;
    }
    return writer;
}

/* --- Map
 * -------------------------------------------------------------------------------------------------------------------------
 */

/* Only where INLINE is said in so many words: the mode left out is let be. */
static void check_mode(struct dr_state_parse *at, const struct dr_node *config)
{
    if (!is(dr_node_member(config, "Mode"), "INLINE"))
        return;
    for (size_t i = 0; i < at->node->children.count; i++) {
        const struct dr_node *member = at->node->children.items[i];
        const struct dr_field *field = dr_form_field(at->form, member->key);
        const struct dr_where where = {at->where, member->key, 0};
        if (field && (field->flags & DR_DISTRIBUTED))
            dr_mistake(at->parser, &where, member->key_place, DR_SCHEMA,
                       dr_copy_string("Set \"Mode\" in ProcessorConfig to \"DISTRIBUTED\", or leave the field out"),
                       "Field '%s' is not supported for a Map state in INLINE mode", member->key);
    }
}

static void parse_processor(struct dr_state_parse *at)
{
    const struct dr_node *node = dr_member(at, "ItemProcessor");
    const char *name = node ? "ItemProcessor" : "Iterator";
    if (node == NULL)
        node = dr_member(at, "Iterator");
    if (node == NULL)
        return;
    const struct dr_where where = {at->where, name, 0}, config_where = {&where, "ProcessorConfig", 0};
    const struct dr_node *config = dr_form_member(&dr_processor_form, node, "ProcessorConfig");
    if (config)
        dr_form_check(at->parser, &dr_processor_config_form, config, at->state->language, &config_where);
    check_mode(at, config);
    at->state->map.distributed = choice_of(&dr_processor_config_form, config, "Mode") == 1;
    at->state->map.processor = dr_machine_parse(at->parser, &dr_processor_form, node, at->state, &where);
}

/* A label becomes a part of the names of runs. */
static void check_label(struct dr_state_parse *at, const struct dr_node *label)
{
    static const char refused[] = " \t\r\n?*<>{}[]:;,\\|^~$#%&`\"";
    const struct dr_where where = {at->where, "Label", 0};
    size_t length = strcspn(label->string.bytes, refused);
    if (label->string.bytes[length] != '\0')
        dr_mistake(at->parser, &where, label->place, DR_SCHEMA, dr_copy_string("Use letters, digits, '-', '_' and '.'"),
                   "\"Label\" must not have the character '%c'", label->string.bytes[length]);
}

void dr_map_parse(struct dr_state_parse *at)
{
    struct dr_state *state = at->state;
    bool jsonata = state->language == DR_JSONATA;
    state->map.items_path = dr_data_path_parse(at, jsonata ? NULL : dr_member(at, "ItemsPath"), "ItemsPath", at->where);
    if (jsonata)
        state->map.items = dr_template_parse(at, dr_member(at, "Items"), "Items", DR_IN_INPUT);
    const struct dr_node *selector = dr_member(at, "ItemSelector");
    if (selector)
        state->map.item_selector = dr_template_parse(at, selector, "ItemSelector", DR_IN_INPUT);
    else if (!jsonata)
        state->map.item_selector = dr_template_parse(at, dr_member(at, "Parameters"), "Parameters", DR_IN_INPUT);
    state->map.concurrency_max =
        dr_setting_parse(at, at->form, at->node, "MaxConcurrency", "MaxConcurrencyPath", at->where);
    state->map.tolerated_count =
        dr_setting_parse(at, at->form, at->node, "ToleratedFailureCount", "ToleratedFailureCountPath", at->where);
    state->map.tolerated_percentage = dr_setting_parse(at, at->form, at->node, "ToleratedFailurePercentage",
                                                       "ToleratedFailurePercentagePath", at->where);
    const struct dr_node *label = dr_member(at, "Label");
    state->map.label = label ? label->string.bytes : NULL;
    if (label)
        check_label(at, label);
    state->map.reader = parse_reader(at, dr_member(at, "ItemReader"));
    state->map.batcher = parse_batcher(at, dr_member(at, "ItemBatcher"));
    state->map.writer = parse_writer(at, dr_member(at, "ResultWriter"));
    parse_processor(at);
}

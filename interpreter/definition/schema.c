/* JSON Schema (2020-12), the part that describes inputs and arguments: types, enumerations, bounds, patterns,
 * properties, items and their combinations. Used for Runbook.Inputs, for the arguments of actions and primitives, and,
 * on templates, before anything runs.
 *
 * Schemas that a provider makes (AWS operations) know a few words more, which authors cannot use:
 *   $ref, $defs       "$ref": "#/$defs/NAME", looked up in the root: shapes that contain themselves
 *   aliases           {other name: property}: names that are accepted, not suggested
 *   absentNulls       a null for a property that is not required counts as not given
 *   patternAsWritten  what messages show instead of "pattern"
 *   coerce            of the root: text that reads as a number or truth value is taken for one; and see struct
 *                     check.lenient
 *   $comment          of the root: goes into the hint of what does not fit */
#include "interpreter/definition/parse.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/known.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <math.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

static const char *const keywords[] = {
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "default",
    "description",
    "title",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "secret",
    "$comment",
    "$schema",
    "$id",
};
static const char *const types[] = {"string", "integer", "number", "boolean", "object", "array", "null"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Where in the value: a chain on the C stack. */
struct step {
    const struct step *outer;
    const char *key; /* NULL: `index` */
    size_t index;
};

struct check {
    const json_t *root;
    dr_schema_fn *report; /* NULL: only the verdict counts */
    void *data;
    const struct step *at;
    bool failed;
    /* The value was computed by a run, and the schema says "coerce": anything is taken for text, and which words and
     * patterns are valid is left to the service, which knows newer ones. */
    bool lenient;
};

static bool check_value(const json_t *schema, const json_t *value, struct check *check);

/* A schema itself, or the one of the root's $defs that it refers to. */
static const json_t *resolve(const json_t *root, const json_t *schema)
{
    static const char place[] = "#/$defs/";
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    if (reference == NULL)
        return schema;
    const json_t *target = NULL;
    if (strncmp(reference, place, sizeof place - 1) == 0)
        target = json_object_get(json_object_get(root, "$defs"), reference + sizeof place - 1);
    return target ? target : schema;
}

/* What a member is called in the schema: an alias's property, else the name itself. */
static const char *property_name(const json_t *schema, const char *key)
{
    const char *name = json_string_value(json_object_get(json_object_get(schema, "aliases"), key));
    return name ? name : key;
}

/* Whether a value has the property, by any of its names. */
static const char *other_name(const json_t *schema, const json_t *given, const char *name)
{
    json_t *aliases = dr_json_share(json_object_get(schema, "aliases")), *property;
    const char *alias, *found = NULL;
    json_object_foreach(aliases, alias, property)
    {
        if (strcmp(json_string_value(property), name) == 0 && json_object_get(given, alias))
            found = alias;
    }
    json_decref(aliases);
    return found;
}

static void add_step(struct dr_text *text, const struct step *step)
{
    const struct step *chain[1024];
    size_t count = 0;
    for (; step && count < COUNT(chain); step = step->outer)
        chain[count++] = step;
    while (count-- > 0) {
        if (chain[count]->key)
            dr_text_printf(text, "/%s", chain[count]->key);
        else
            dr_text_printf(text, "/%zu", chain[count]->index);
    }
}

static void fail(struct check *check, const json_t *schema, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fail(struct check *check, const json_t *schema, const char *format, ...)
{
    check->failed = true;
    if (check->report == NULL)
        return;
    struct dr_text path = {0};
    add_step(&path, check->at);
    va_list arguments;
    va_start(arguments, format);
    struct dr_schema_problem problem = {
        .schema = schema, .path = dr_text_take(&path), .message = dr_format_list(format, arguments)};
    va_end(arguments);
    check->report(check->data, &problem);
    free(problem.path);
    free(problem.message);
}

/* A value for messages: short. */
static char *show(const json_t *value)
{
    struct dr_text text = {0};
    dr_text_json(&text, value, 200);
    if (text.size > 60) {
        size_t cut = 57;
        while (cut > 0 && ((unsigned char)text.bytes[cut] & 0xC0) == 0x80)
            cut--;
        text.bytes[cut] = '\0';
        text.size = cut;
        dr_text_puts(&text, "...");
    }
    return dr_text_take(&text);
}

static const char *type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    case JSON_NULL:
        return "null";
    }
    return "";
}

static const char *type_words(const char *type)
{
    static const char *const words[][2] = {
        {"string", "a string"},  {"integer", "an integer"}, {"number", "a number"}, {"boolean", "true or false"},
        {"object", "an object"}, {"array", "a list"},       {"null", "null"},
    };
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i][0], type) == 0)
            return words[i][1];
    return type;
}

static bool is_type(const json_t *value, const char *type)
{
    if (strcmp(type, "number") == 0)
        return json_is_number(value);
    if (strcmp(type, "integer") == 0 && json_is_real(value))
        return json_real_value(value) == trunc(json_real_value(value));
    return strcmp(type_of(value), type) == 0;
}

/* JSON Schema's equality: 1 equals 1.0. */
static bool is_equal(const json_t *a, const json_t *b)
{
    return json_is_number(a) && json_is_number(b) ? json_number_value(a) == json_number_value(b)
                                                  : json_equal(a, b) != 0;
}

/* --- Keywords
 * ---------------------------------------------------------------------------------------------------------------- */

/* Whether a value of another type is taken: text for a number or a truth value, anything for text. */
static bool is_coercible(const struct check *check, const json_t *value, const char *type)
{
    if (!json_is_true(json_object_get(check->root, "coerce")))
        return false;
    if (strcmp(type, "string") == 0)
        return check->lenient && !json_is_null(value);
    if (!json_is_string(value))
        return false;
    json_t *parsed = dr_json_parse(json_string_value(value), json_string_length(value), NULL);
    bool fits = parsed && !json_is_object(parsed) && !json_is_array(parsed) && is_type(parsed, type);
    json_decref(parsed);
    return fits;
}

static void check_type(const json_t *schema, const json_t *value, struct check *check)
{
    const json_t *type = json_object_get(schema, "type");
    if (json_is_string(type)) {
        if (!is_type(value, json_string_value(type)) && !is_coercible(check, value, json_string_value(type)))
            fail(check, schema, "must be %s, not %s", type_words(json_string_value(type)), type_words(type_of(value)));
        return;
    }
    struct dr_text wanted = {0};
    size_t count = json_array_size(type);
    bool fits = count == 0;
    for (size_t i = 0; i < count && !fits; i++) {
        const char *name = json_string_value(json_array_get(type, i));
        fits = is_type(value, name) || is_coercible(check, value, name);
        dr_text_printf(&wanted, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", type_words(name));
    }
    if (!fits)
        fail(check, schema, "must be %s, not %s", wanted.bytes, type_words(type_of(value)));
    dr_text_done(&wanted);
}

enum { ENUMERATION_SHOWN_MAX = 24 };

/* AWS has enumerations of a thousand values: the nearest one says more than all of them. */
static void fail_long_enumeration(const json_t *schema, const json_t *values, const json_t *value, struct check *check)
{
    size_t count = json_array_size(values), words = 0;
    const char **names = dr_resize(NULL, count, sizeof *names);
    for (size_t i = 0; i < count; i++)
        if (json_is_string(json_array_get(values, i)))
            names[words++] = json_string_value(json_array_get(values, i));
    const char *nearest = json_is_string(value) ? dr_nearest(json_string_value(value), names, words) : NULL;
    char *given = show(value);
    if (nearest)
        fail(check, schema, "must be one of %zu values, not %s. Did you mean \"%s\"?", count, given, nearest);
    else
        fail(check, schema, "must be one of %zu values, not %s", count, given);
    free(given);
    free(names);
}

static void check_enumeration(const json_t *schema, const json_t *value, struct check *check)
{
    const json_t *values = json_object_get(schema, "enum"), *constant = json_object_get(schema, "const");
    if (constant && !is_equal(constant, value)) {
        char *wanted = show(constant), *given = show(value);
        fail(check, schema, "must be %s, not %s", wanted, given);
        free(wanted);
        free(given);
    }
    if (values == NULL || check->lenient)
        return;
    struct dr_text wanted = {0};
    size_t count = json_array_size(values);
    for (size_t i = 0; i < count; i++)
        if (is_equal(json_array_get(values, i), value))
            return;
    if (count > ENUMERATION_SHOWN_MAX) {
        fail_long_enumeration(schema, values, value, check);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char *shown = show(json_array_get(values, i));
        dr_text_printf(&wanted, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", shown);
        free(shown);
    }
    char *given = show(value);
    fail(check, schema, "must be %s, not %s", wanted.bytes ? wanted.bytes : "nothing", given);
    free(given);
    dr_text_done(&wanted);
}

static void check_number(const json_t *schema, const json_t *value, struct check *check)
{
    double number = json_number_value(value);
    const json_t *bound = json_object_get(schema, "minimum");
    if (bound && number < json_number_value(bound))
        fail(check, schema, "must be at least %.15g, not %.15g", json_number_value(bound), number);
    bound = json_object_get(schema, "maximum");
    if (bound && number > json_number_value(bound))
        fail(check, schema, "must be at most %.15g, not %.15g", json_number_value(bound), number);
    bound = json_object_get(schema, "exclusiveMinimum");
    if (bound && number <= json_number_value(bound))
        fail(check, schema, "must be more than %.15g, not %.15g", json_number_value(bound), number);
    bound = json_object_get(schema, "exclusiveMaximum");
    if (bound && number >= json_number_value(bound))
        fail(check, schema, "must be less than %.15g, not %.15g", json_number_value(bound), number);
    bound = json_object_get(schema, "multipleOf");
    if (bound && json_number_value(bound) > 0) {
        double times = number / json_number_value(bound);
        if (fabs(times - round(times)) > 1e-9 * fmax(1, fabs(times)))
            fail(check, schema, "must be a multiple of %.15g, not %.15g", json_number_value(bound), number);
    }
}

static pcre2_code *compile_pattern(const json_t *pattern, int *ret_error)
{
    PCRE2_SIZE offset;
    return pcre2_compile((PCRE2_SPTR)json_string_value(pattern), json_string_length(pattern), PCRE2_UTF | PCRE2_UCP,
                         ret_error, &offset, NULL);
}

/* Bounded in steps, so that no pattern can hang a run; one that needs more does not match. */
static bool matches(const json_t *pattern, const json_t *value)
{
    int error;
    pcre2_code *code = compile_pattern(pattern, &error);
    if (code == NULL)
        return true; /* reported when the schema was read */
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(context, 1000000);
    int count =
        pcre2_match(code, (PCRE2_SPTR)json_string_value(value), json_string_length(value), 0, 0, match, context);
    pcre2_match_context_free(context);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return count >= 0;
}

static void check_string(const json_t *schema, const json_t *value, struct check *check)
{
    const char *text = json_string_value(value);
    size_t characters = 0;
    for (size_t i = 0; i < json_string_length(value); i++)
        characters += ((unsigned char)text[i] & 0xC0) != 0x80;
    const json_t *bound = json_object_get(schema, "minLength");
    if (bound && characters < (size_t)json_integer_value(bound))
        fail(check, schema, characters == 0 ? "must not be empty" : "must have at least %lld characters",
             (long long)json_integer_value(bound));
    bound = json_object_get(schema, "maxLength");
    if (bound && characters > (size_t)json_integer_value(bound))
        fail(check, schema, "must have at most %lld characters", (long long)json_integer_value(bound));
    const json_t *pattern = json_object_get(schema, "pattern"), *written = json_object_get(schema, "patternAsWritten");
    if (pattern && !check->lenient && !matches(pattern, value))
        fail(check, schema, "must match the pattern %s", json_string_value(written ? written : pattern));
}

static void check_list_size(const json_t *schema, size_t count, struct check *check)
{
    const json_t *bound = json_object_get(schema, "minItems");
    if (bound && count < (size_t)json_integer_value(bound))
        fail(check, schema, "must have at least %lld items, not %zu", (long long)json_integer_value(bound), count);
    bound = json_object_get(schema, "maxItems");
    if (bound && count > (size_t)json_integer_value(bound))
        fail(check, schema, "must have at most %lld items, not %zu", (long long)json_integer_value(bound), count);
}

static void check_list(const json_t *schema, const json_t *value, struct check *check)
{
    const json_t *items = json_object_get(schema, "items");
    size_t count = json_array_size(value);
    check_list_size(schema, count, check);
    const struct step *outer = check->at;
    for (size_t i = 0; items && i < count; i++) {
        const struct step step = {outer, NULL, i};
        check->at = &step;
        check_value(items, json_array_get(value, i), check);
    }
    check->at = outer;
    if (!json_is_true(json_object_get(schema, "uniqueItems")))
        return;
    for (size_t i = 1; i < count && count <= 10000; i++)
        for (size_t j = 0; j < i; j++)
            if (is_equal(json_array_get(value, i), json_array_get(value, j))) {
                fail(check, schema, "must not have the same item twice (%zu and %zu)", j, i);
                return;
            }
}

/* "x is not known": with the nearest name. */
static void fail_unknown(const json_t *schema, const char *key, struct check *check)
{
    const json_t *properties = json_object_get(schema, "properties");
    size_t count = json_object_size(properties), i = 0;
    const char **names = dr_resize(NULL, count + 1, sizeof *names), *name;
    json_t *property;
    /* jansson iterates without changing anything, but wants a mutable pointer. */
    json_t *shared = properties ? dr_json_share(properties) : NULL;
    json_object_foreach(shared, name, property) names[i++] = name;
    const char *nearest = dr_nearest(key, names, count);
    if (nearest)
        fail(check, schema, "is not known. Did you mean \"%s\"?", nearest);
    else
        fail(check, schema, "is not known");
    json_decref(shared);
    free(names);
}

static bool is_required(const json_t *schema, const char *name)
{
    const json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; i < json_array_size(required); i++)
        if (strcmp(json_string_value(json_array_get(required, i)), name) == 0)
            return true;
    return false;
}

static void check_object(const json_t *schema, const json_t *value, struct check *check)
{
    const json_t *properties = json_object_get(schema, "properties"),
                 *more = json_object_get(schema, "additionalProperties");
    const json_t *required = json_object_get(schema, "required");
    bool nulls_are_absent = json_is_true(json_object_get(schema, "absentNulls"));
    const struct step *outer = check->at;
    json_t *object = dr_json_share(value), *member;
    const char *key;
    json_object_foreach(object, key, member)
    {
        const struct step step = {outer, key, 0};
        const char *name = property_name(schema, key);
        const json_t *property = json_object_get(properties, name);
        check->at = &step;
        if (name != key && json_object_get(object, name))
            fail(check, schema, "is \"%s\" by another name: give one of them", name);
        else if (property && json_is_null(member) && nulls_are_absent && !is_required(schema, name))
            continue;
        else if (property)
            check_value(property, member, check);
        else if (json_is_false(more))
            fail_unknown(schema, key, check);
        else if (more)
            check_value(more, member, check);
    }
    json_decref(object);
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        const struct step step = {outer, name, 0};
        check->at = &step;
        if (json_object_get(value, name) == NULL && other_name(schema, value, name) == NULL)
            fail(check, schema, "is required");
    }
    check->at = outer;
    const json_t *bound = json_object_get(schema, "minProperties");
    if (bound && json_object_size(value) < (size_t)json_integer_value(bound))
        fail(check, schema, "must have at least %lld members", (long long)json_integer_value(bound));
    bound = json_object_get(schema, "maxProperties");
    if (bound && json_object_size(value) > (size_t)json_integer_value(bound))
        fail(check, schema, "must have at most %lld members", (long long)json_integer_value(bound));
}

/* One of several forms: nothing is told, and its references are the whole schema's. */
static bool fits(const json_t *root, const json_t *schema, const json_t *value)
{
    struct check check = {.root = root};
    return check_value(schema, value, &check);
}

static size_t count_fitting(const json_t *root, const json_t *schemas, const json_t *value)
{
    size_t fitting = 0;
    for (size_t i = 0; i < json_array_size(schemas); i++)
        fitting += fits(root, json_array_get(schemas, i), value);
    return fitting;
}

static void check_combinations(const json_t *schema, const json_t *value, struct check *check)
{
    const json_t *any = json_object_get(schema, "anyOf"), *one = json_object_get(schema, "oneOf"),
                 *all = json_object_get(schema, "allOf"), *none = json_object_get(schema, "not");
    if (any && count_fitting(check->root, any, value) == 0) {
        if (json_array_size(any) == 1)
            check_value(json_array_get(any, 0), value, check);
        else
            fail(check, schema, "fits none of the %zu forms that are allowed", json_array_size(any));
    }
    if (one) {
        size_t fitting = count_fitting(check->root, one, value);
        if (fitting != 1)
            fail(check, schema, "must fit one of %zu forms, and fits %zu", json_array_size(one), fitting);
    }
    for (size_t i = 0; i < json_array_size(all); i++)
        check_value(json_array_get(all, i), value, check);
    if (none && fits(check->root, none, value))
        fail(check, schema, "has a form that is not allowed");
}

static bool check_value(const json_t *schema, const json_t *value, struct check *check)
{
    schema = resolve(check->root, schema);
    if (json_is_string(value) && dr_is_unknown(value))
        return true; /* a look ahead (interpreter/plan): known only in a run */
    bool before = check->failed;
    check->failed = false;
    if (json_is_false(schema))
        fail(check, schema, "is not allowed");
    check_type(schema, value, check);
    if (!check->failed) { /* of a wrong type nothing else is of interest */
        check_enumeration(schema, value, check);
        check_combinations(schema, value, check);
        if (json_is_number(value))
            check_number(schema, value, check);
        else if (json_is_string(value))
            check_string(schema, value, check);
        else if (json_is_array(value))
            check_list(schema, value, check);
        else if (json_is_object(value))
            check_object(schema, value, check);
    }
    bool fits = !check->failed;
    check->failed |= before;
    return fits;
}

bool dr_schema_check(const json_t *schema, const json_t *value, dr_schema_fn *report, void *data)
{
    struct check check = {.root = schema, .report = report, .data = data};
    return check_value(schema, value, &check);
}

bool dr_schema_check_computed(const json_t *schema, const json_t *value, dr_schema_fn *report, void *data)
{
    struct check check = {
        .root = schema, .report = report, .data = data, .lenient = json_is_true(json_object_get(schema, "coerce"))};
    return check_value(schema, value, &check);
}

/* --- Defaults
 * -------------------------------------------------------------------------------------------------------------------
 */

json_t *dr_schema_defaults(const json_t *schema, const json_t *value)
{
    const json_t *properties = json_object_get(schema, "properties");
    if (!json_is_object(value) || json_object_size(properties) == 0)
        return dr_json_share(value);
    json_t *filled = json_object(), *shared = dr_json_share(value), *schemas = dr_json_share(properties), *member;
    const char *key;
    json_object_foreach(shared, key, member)
    {
        const json_t *property = json_object_get(properties, key);
        json_object_set_new_nocheck(filled, key, property ? dr_schema_defaults(property, member) : json_incref(member));
    }
    json_object_foreach(schemas, key, member)
    {
        const json_t *otherwise = json_object_get(member, "default");
        if (otherwise && json_object_get(filled, key) == NULL)
            json_object_set_new_nocheck(filled, key, dr_json_share(otherwise));
    }
    json_decref(shared);
    json_decref(schemas);
    return filled;
}

json_t *dr_schema_drop_nulls(const json_t *schema, const json_t *value)
{
    if (!json_is_object(value))
        return dr_json_share(value);
    const json_t *properties = json_object_get(schema, "properties");
    json_t *kept = json_object(), *shared = dr_json_share(value), *member;
    const char *key;
    json_object_foreach(shared, key, member)
    {
        const char *name = property_name(schema, key);
        const json_t *property = json_object_get(properties, name);
        struct check check = {.root = schema};
        bool drop =
            json_is_null(member) && property && !is_required(schema, name) && !check_value(property, member, &check);
        if (!drop)
            json_object_set_nocheck(kept, key, member);
    }
    json_decref(shared);
    return kept;
}

/* --- Templates
 * --------------------------------------------------------------------------------------------------------------------
 */

struct node_check {
    struct dr_parser *parser;
    const json_t *root;
    enum dr_language language;
    const char *what;     /* "Arguments of http.check" */
    const char *provided; /* an argument that the author need not give; NULL: none */
};

static bool is_dynamic(const struct node_check *check, const struct dr_node *node)
{
    if (node->kind != DR_NODE_STRING)
        return false;
    return (check->language == DR_JSONATA && dr_is_expression(node)) || dr_has_placeholder(node) ||
           strncmp(node->string.bytes, "{{resolve:", 10) == 0;
}

static bool is_path_key(const struct node_check *check, const char *key)
{
    size_t size = strlen(key);
    return check->language == DR_JSONPATH && size > 2 && strcmp(key + size - 2, ".$") == 0;
}

static bool has_dynamic(const struct node_check *check, const struct dr_node *node)
{
    if (node->kind != DR_NODE_LIST && node->kind != DR_NODE_MAP)
        return is_dynamic(check, node);
    for (size_t i = 0; i < node->children.count; i++) {
        const struct dr_node *child = node->children.items[i];
        if ((child->key && node->kind == DR_NODE_MAP && is_path_key(check, child->key)) || has_dynamic(check, child))
            return true;
    }
    return false;
}

struct node_report {
    const struct node_check *check;
    const struct dr_node *node;
    const struct dr_where *where;
};

/* The node that a path of the check leads to, as far as it goes. */
static const struct dr_node *follow(const struct dr_node *node, const char *path)
{
    while (*path == '/') {
        size_t size = strcspn(++path, "/");
        const struct dr_node *next = NULL;
        for (size_t i = 0;
             (node->kind == DR_NODE_MAP || node->kind == DR_NODE_LIST) && i < node->children.count && !next; i++) {
            const struct dr_node *child = node->children.items[i];
            bool here = node->kind == DR_NODE_MAP ? strlen(child->key) == size && memcmp(child->key, path, size) == 0
                                                  : (size_t)strtoul(path, NULL, 10) == i;
            next = here ? child : NULL;
        }
        if (next == NULL)
            return node;
        node = next;
        path += size;
    }
    return node;
}

static void report_node(void *data, const struct dr_schema_problem *problem)
{
    const struct node_report *report = data;
    const struct dr_node *node = follow(report->node, problem->path);
    const char *name = *problem->path ? strrchr(problem->path, '/') + 1 : report->node->key;
    bool about_key = strncmp(problem->message, "is ", 3) == 0 && node->key; /* is not known, is required */
    dr_mistake(report->check->parser, report->where, about_key ? node->key_place : node->place, DR_ARGUMENT,
               dr_copy_string(report->check->what), "\"%s\" %s", name ? name : "", problem->message);
}

static void check_node(const struct node_check *check, const json_t *schema, const struct dr_node *node,
                       const struct dr_where *where);

static void check_node_members(const struct node_check *check, const json_t *schema, const struct dr_node *node,
                               const struct dr_where *outer)
{
    const json_t *properties = json_object_get(schema, "properties"),
                 *more = json_object_get(schema, "additionalProperties"),
                 *required = json_object_get(schema, "required");
    json_t *given = json_object();
    for (size_t i = 0; i < node->children.count; i++) {
        const struct dr_node *child = node->children.items[i];
        bool computed = is_path_key(check, child->key);
        char *name = dr_copy_bytes(child->key, strlen(child->key) - (computed ? 2 : 0));
        const struct dr_where where = {outer, child->key, 0};
        const char *canonical = property_name(schema, name);
        const json_t *property = json_object_get(properties, canonical);
        struct node_report report = {check, child, &where};
        const struct step step = {NULL, name, 0};
        struct check unknown = {.root = check->root, .report = report_node, .data = &report, .at = &step};
        if (json_object_get(given, canonical) && property) {
            fail(&unknown, schema, "is given twice");
        } else if (property == NULL && json_is_false(more)) {
            fail_unknown(schema, name, &unknown);
        } else if (!computed && (property || json_is_object(more)) &&
                   !(child->kind == DR_NODE_NULL && !is_required(schema, canonical))) {
            check_node(check, property ? property : more, child, &where);
        }
        json_object_set_new_nocheck(given, canonical, json_true());
        free(name);
    }
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        if (json_object_get(given, name) == NULL && !(check->provided && strcmp(check->provided, name) == 0))
            dr_mistake(check->parser, outer, node->key ? node->key_place : node->place, DR_ARGUMENT,
                       dr_copy_string(check->what), "\"%s\" is required", name);
    }
    json_decref(given);
}

static void check_node(const struct node_check *check, const json_t *schema, const struct dr_node *node,
                       const struct dr_where *where)
{
    if (is_dynamic(check, node))
        return;
    schema = resolve(check->root, schema);
    struct node_report report = {check, node, where};
    struct check whole = {.root = check->root, .report = report_node, .data = &report};
    if (!has_dynamic(check, node) && !(node->kind == DR_NODE_MAP && json_object_get(schema, "properties"))) {
        json_t *value = dr_node_json(node);
        check_value(schema, value, &whole);
        json_decref(value);
        return;
    }
    /* Some of it is known only later: the rest is checked part by part. */
    json_t *empty = node->kind == DR_NODE_MAP ? json_object() : json_array();
    check_type(schema, empty, &whole);
    json_decref(empty);
    if (whole.failed)
        return;
    if (node->kind == DR_NODE_MAP) {
        check_node_members(check, schema, node, where);
        return;
    }
    const json_t *items = json_object_get(schema, "items");
    check_list_size(schema, node->children.count, &whole);
    for (size_t i = 0; items && i < node->children.count; i++) {
        const struct dr_where item = {where, NULL, i};
        check_node(check, items, node->children.items[i], &item);
    }
}

void dr_schema_check_node(struct dr_parser *parser, const json_t *schema, const struct dr_node *node,
                          enum dr_language language, const char *what, const char *provided,
                          const struct dr_where *where)
{
    const struct node_check check = {parser, schema, language, what, provided};
    check_node(&check, schema, node, where);
}

/* --- Schemas themselves
 * --------------------------------------------------------------------------------------------------------------- */

static void verify_type(struct dr_parser *parser, const struct dr_node *node, const char *code,
                        const struct dr_where *where)
{
    if (node->kind != DR_NODE_STRING) {
        dr_mistake(parser, where, node->place, code, NULL, "\"type\" must be a string, not %s",
                   dr_node_kind_name(node->kind));
        return;
    }
    for (size_t i = 0; i < COUNT(types); i++)
        if (strcmp(types[i], node->string.bytes) == 0)
            return;
    char *hint = dr_suggest(parser, node->string.bytes, types, COUNT(types));
    dr_mistake(parser, where, node->place, code,
               hint ? hint : dr_copy_string("One of string, integer, number, boolean, object, array, null"),
               "There is no type \"%s\" in JSON Schema", node->string.bytes);
}

enum keyword_kind {
    KEY_OTHER,
    KEY_NUMBER,
    KEY_COUNT,
    KEY_LIST,
    KEY_MAP,
    KEY_STRING,
    KEY_BOOLEAN,
    KEY_SCHEMA,
    KEY_SCHEMAS
};

static enum keyword_kind kind_of(const char *key)
{
    static const struct {
        const char *key;
        enum keyword_kind kind;
    } kinds[] = {
        {"minimum", KEY_NUMBER},
        {"maximum", KEY_NUMBER},
        {"exclusiveMinimum", KEY_NUMBER},
        {"exclusiveMaximum", KEY_NUMBER},
        {"multipleOf", KEY_NUMBER},
        {"minLength", KEY_COUNT},
        {"maxLength", KEY_COUNT},
        {"minItems", KEY_COUNT},
        {"maxItems", KEY_COUNT},
        {"minProperties", KEY_COUNT},
        {"maxProperties", KEY_COUNT},
        {"enum", KEY_LIST},
        {"required", KEY_LIST},
        {"properties", KEY_MAP},
        {"pattern", KEY_STRING},
        {"format", KEY_STRING},
        {"description", KEY_STRING},
        {"title", KEY_STRING},
        {"uniqueItems", KEY_BOOLEAN},
        {"items", KEY_SCHEMA},
        {"not", KEY_SCHEMA},
        {"additionalProperties", KEY_SCHEMA},
        {"anyOf", KEY_SCHEMAS},
        {"oneOf", KEY_SCHEMAS},
        {"allOf", KEY_SCHEMAS},
    };
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i].key, key) == 0)
            return kinds[i].kind;
    return KEY_OTHER;
}

static bool fits_kind(enum keyword_kind kind, const struct dr_node *node)
{
    switch (kind) {
    case KEY_OTHER:
        return true;
    case KEY_NUMBER:
        return node->kind == DR_NODE_INTEGER || node->kind == DR_NODE_REAL;
    case KEY_COUNT:
        return node->kind == DR_NODE_INTEGER && node->integer >= 0;
    case KEY_LIST:
    case KEY_SCHEMAS:
        return node->kind == DR_NODE_LIST;
    case KEY_MAP:
        return node->kind == DR_NODE_MAP;
    case KEY_STRING:
        return node->kind == DR_NODE_STRING;
    case KEY_BOOLEAN:
        return node->kind == DR_NODE_BOOLEAN;
    case KEY_SCHEMA:
        return node->kind == DR_NODE_MAP || node->kind == DR_NODE_BOOLEAN;
    }
    return true;
}

static const char *kind_words(enum keyword_kind kind)
{
    static const char *const words[] = {"",
                                        "a number",
                                        "an integer from 0",
                                        "a list",
                                        "a map",
                                        "a string",
                                        "true or false",
                                        "a JSON Schema",
                                        "a list of JSON Schemas"};
    return words[kind];
}

static void verify_pattern(struct dr_parser *parser, const struct dr_node *node, const char *code,
                           const struct dr_where *where)
{
    json_t *pattern = dr_node_json(node);
    int error;
    pcre2_code *compiled = compile_pattern(pattern, &error);
    json_decref(pattern);
    if (compiled == NULL) {
        unsigned char text[256] = "";
        pcre2_get_error_message(error, text, sizeof text);
        dr_mistake(parser, where, node->place, code, NULL, "Not a regular expression: %s", (const char *)text);
    }
    pcre2_code_free(compiled);
}

static void verify_keyword(struct dr_parser *parser, const struct dr_node *node, const char *code,
                           const struct dr_where *where)
{
    enum keyword_kind kind = kind_of(node->key);
    if (!fits_kind(kind, node)) {
        dr_mistake(parser, where, node->place, code, NULL, "\"%s\" must be %s, not %s", node->key, kind_words(kind),
                   dr_node_kind_name(node->kind));
        return;
    }
    bool types_list = strcmp(node->key, "type") == 0 && node->kind == DR_NODE_LIST;
    if (strcmp(node->key, "type") == 0 && !types_list)
        verify_type(parser, node, code, where);
    if (strcmp(node->key, "pattern") == 0)
        verify_pattern(parser, node, code, where);
    if (kind == KEY_SCHEMA)
        dr_schema_verify(parser, node, code, where);
    if (kind != KEY_SCHEMAS && kind != KEY_MAP && !types_list && strcmp(node->key, "required") != 0)
        return;
    for (size_t i = 0; i < node->children.count; i++) {
        const struct dr_node *child = node->children.items[i];
        const struct dr_where item = {where, kind == KEY_MAP ? child->key : NULL, i};
        if (types_list)
            verify_type(parser, child, code, &item);
        else if (kind == KEY_SCHEMAS || kind == KEY_MAP)
            dr_schema_verify(parser, child, code, &item);
        else if (child->kind != DR_NODE_STRING)
            dr_mistake(parser, &item, child->place, code, NULL, "\"required\" lists names, not %s",
                       dr_node_kind_name(child->kind));
    }
}

void dr_schema_verify(struct dr_parser *parser, const struct dr_node *schema, const char *code,
                      const struct dr_where *where)
{
    if (schema->kind == DR_NODE_BOOLEAN)
        return;
    if (schema->kind != DR_NODE_MAP) {
        dr_mistake(parser, where, schema->place, code, dr_copy_string("As in { type: string, description: \"...\" }"),
                   "A JSON Schema must be a map, not %s", dr_node_kind_name(schema->kind));
        return;
    }
    for (size_t i = 0; i < schema->children.count; i++) {
        const struct dr_node *member = schema->children.items[i];
        const struct dr_where at = {where, member->key, 0};
        bool known = false;
        for (size_t j = 0; j < COUNT(keywords) && !known; j++)
            known = strcmp(keywords[j], member->key) == 0;
        if (known)
            verify_keyword(parser, member, code, &at);
        else
            dr_mistake(parser, &at, member->key_place, code, dr_suggest(parser, member->key, keywords, COUNT(keywords)),
                       "There is no keyword \"%s\" in the JSON Schema that drrun knows", member->key);
    }
}

static void verify_default(struct dr_parser *parser, const struct dr_node *property, const json_t *schema,
                           const char *code, const struct dr_where *where)
{
    const struct dr_node *otherwise = dr_node_member(property, "default");
    if (otherwise == NULL)
        return;
    const struct dr_where at = {where, "default", 0};
    if (!dr_schema_check(schema, json_object_get(schema, "default"), NULL, NULL))
        dr_mistake(parser, &at, otherwise->place, code, NULL, "The default of \"%s\" does not fit its own schema",
                   property->key);
}

json_t *dr_schema_of_map(struct dr_parser *parser, const struct dr_node *properties, const struct dr_node *required,
                         bool all_required, const char *code, const struct dr_where *outer)
{
    size_t errors = parser->found->errors;
    json_t *members = json_object(), *names = json_array();
    for (size_t i = 0; properties && i < properties->children.count; i++) {
        const struct dr_node *property = properties->children.items[i];
        const struct dr_where where = {outer, property->key, 0};
        size_t before = parser->found->errors;
        dr_schema_verify(parser, property, code, &where);
        if (parser->found->errors > before)
            continue;
        json_t *schema = dr_node_json(property);
        json_object_set_new_nocheck(members, property->key, schema);
        verify_default(parser, property, schema, code, &where);
        if (all_required && required == NULL && json_object_get(schema, "default") == NULL)
            json_array_append_new(names, json_string_nocheck(property->key));
    }
    for (size_t i = 0; required && required->kind == DR_NODE_LIST && i < required->children.count; i++) {
        const struct dr_node *name = required->children.items[i];
        if (name->kind != DR_NODE_STRING)
            continue;
        json_array_append_new(names, dr_node_json(name));
        if (dr_node_member(properties, name->string.bytes) == NULL)
            dr_mistake(parser, outer, name->place, code, NULL, "\"%s\" is required, but not described",
                       name->string.bytes);
    }
    if (parser->found->errors > errors) {
        json_decref(members);
        json_decref(names);
        return NULL;
    }
    json_t *schema = json_object();
    json_object_set_new(schema, "type", json_string("object"));
    json_object_set_new(schema, "properties", members);
    json_object_set_new(schema, "required", names);
    return schema;
}

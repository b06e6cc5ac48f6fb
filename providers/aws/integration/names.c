#include "providers/aws/integration/names.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

/* Names are ASCII; the locale has no say. */
static bool is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return is_upper(byte) || is_lower(byte);
}

static char to_upper(char byte)
{
    return is_lower(byte) ? (char)(byte - 'a' + 'A') : byte;
}

static char to_lower(char byte)
{
    return is_upper(byte) ? (char)(byte - 'A' + 'a') : byte;
}

/* --- Words
 * ----------------------------------------------------------------------------------------------------------
 * The rules are those of the SDK's code generator; each pass sees what the one before it made. */

/* A version stands alone if what is before it is of the other case: "TESTv4" is TEST v4, "TestV4" is Test V4. */
static void split_versions(const char *from, char mark, bool (*is_same_case)(char), struct dr_text *out)
{
    size_t run = 0; /* bytes of the other case since the last version */
    for (const char *at = from; *at; at++) {
        if (*at == mark && run >= 2 && is_digit(at[1])) {
            dr_text_putc(out, ' ');
            dr_text_putc(out, *at);
            while (is_digit(at[1]))
                dr_text_putc(out, *++at);
            dr_text_putc(out, ' ');
            run = 0;
        } else {
            dr_text_putc(out, *at);
            run = is_same_case(*at) ? 0 : run + 1;
        }
    }
}

/* Whether a word ends before `at`. */
static bool ends_word(const char *from, const char *at)
{
    if (at == from)
        return false;
    char before = at[-1], next = at[1];
    if (is_lower(before) && is_upper(*at) && (is_letter(next) || is_digit(next)))
        return true; /* acmSuccess; but not GiB */
    if (is_upper(before) && is_upper(*at) && is_lower(next))
        return true;                           /* ACMSuccess */
    return is_digit(before) && is_letter(*at); /* s3bucket */
}

/* Every word in lower case but for its first letter, all joined. */
static char *pascal_case(const char *name)
{
    struct dr_text plain = {0}, lower = {0}, upper = {0}, out = {0};
    for (const char *at = name; *at; at++)
        dr_text_putc(&plain, is_letter(*at) || is_digit(*at) ? *at : ' ');
    split_versions(plain.bytes ? plain.bytes : "", 'v', is_lower, &lower);
    split_versions(lower.bytes ? lower.bytes : "", 'V', is_upper, &upper);
    const char *words = upper.bytes ? upper.bytes : "";
    bool first = true;
    for (const char *at = words; *at; at++) {
        if (*at == ' ') {
            first = true;
            continue;
        }
        first = first || ends_word(words, at);
        dr_text_putc(&out, first ? to_upper(*at) : to_lower(*at));
        first = false;
    }
    dr_text_done(&plain);
    dr_text_done(&lower);
    dr_text_done(&upper);
    return dr_text_take(&out);
}

static const char *find_exception(const char *api_name)
{
    static const struct {
        const char *api, *sdk;
    } members[] = {
#define DR_AWS_MEMBER(api_, sdk_) {api_, sdk_},
#include "providers/aws/integration/names.def"
#undef DR_AWS_MEMBER
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].api, api_name) == 0)
            return members[i].sdk;
    return NULL;
}

char *dr_aws_sdk_member(const char *api_name)
{
    const char *exception = find_exception(api_name);
    return exception ? dr_copy_string(exception) : pascal_case(api_name);
}

char *dr_aws_spell_member(enum dr_aws_spelling spelling, const char *api_name)
{
    if (spelling == DR_AWS_SPELLING_SDK)
        return dr_aws_sdk_member(api_name);
    char *name = spelling == DR_AWS_SPELLING_SETTER ? dr_aws_sdk_operation(api_name) : dr_copy_string(api_name);
    name[0] = to_upper(name[0]);
    return name;
}

char *dr_aws_sdk_operation(const char *api_name)
{
    char *name = dr_copy_string(api_name);
    for (char *at = name; *at && (at == name || (is_upper(*at) && !is_lower(at[1]))); at++)
        *at = to_lower(*at);
    return name;
}

char *dr_aws_sdk_prefix(const struct dr_aws_model *model)
{
    char *name = pascal_case(model->service_id);
    static const char *const leading[] = {"Amazon", "Aws"};
    for (size_t i = 0; i < sizeof leading / sizeof *leading; i++) {
        size_t size = strlen(leading[i]);
        if (strncmp(name, leading[i], size) == 0 && name[size])
            memmove(name, name + size, strlen(name + size) + 1);
    }
    size_t size = strlen(name), trailing = strlen("Service");
    if (size > trailing && strcmp(name + size - trailing, "Service") == 0)
        name[size - trailing] = '\0';
    return name;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

char *dr_aws_sdk_exception(const char *shape_name)
{
    static const char fault[] = "Fault";
    bool is_fault = ends_with(shape_name, fault);
    char *stem = dr_copy_bytes(shape_name, strlen(shape_name) - (is_fault ? strlen(fault) : 0));
    char *name = pascal_case(stem);
    free(stem);
    if (!is_fault && ends_with(shape_name, "Exception"))
        return name;
    char *whole = dr_format("%sException", name);
    free(name);
    return whole;
}

char *dr_aws_sdk_error(const struct dr_aws_operation *operation, const struct dr_aws_error *error)
{
    char *prefix = dr_aws_sdk_prefix(operation->model);
    char *exception = error->shape ? dr_aws_sdk_exception(error->shape->name) : dr_format("%sException", prefix);
    char *name = dr_format("%s.%s", prefix, exception);
    free(prefix);
    free(exception);
    return name;
}

/* --- Members
 * ----------------------------------------------------------------------------------------------------------
 */

/* Whether both have the same letters and digits, case apart: a quick no for most of a structure's members. */
static bool have_same_letters(const char *name, const char *api)
{
    for (;; name++, api++) {
        while (*api && !is_letter(*api) && !is_digit(*api))
            api++;
        while (*name && !is_letter(*name) && !is_digit(*name))
            name++;
        if (to_lower(*name) != to_lower(*api))
            return false;
        if (*name == '\0')
            return true;
    }
}

static bool is_spelling(const char *name, const char *api)
{
    const char *exception = find_exception(api);
    if (exception && strcmp(exception, name) == 0)
        return true;
    if (!have_same_letters(name, api))
        return false;
    for (int spelling = DR_AWS_SPELLING_SDK; spelling <= DR_AWS_SPELLING_SETTER; spelling++) {
        char *spelt = dr_aws_spell_member((enum dr_aws_spelling)spelling, api);
        bool same = strcmp(spelt, name) == 0;
        free(spelt);
        if (same)
            return true;
    }
    return false;
}

const struct dr_aws_member *dr_aws_find_member(const struct dr_aws_shape *shape, const char *name)
{
    if (*name == '\0')
        return NULL;
    for (size_t i = 0; i < shape->member_count; i++)
        if (strcmp(shape->members[i].name, name) == 0)
            return &shape->members[i];
    for (size_t i = 0; i < shape->member_count; i++)
        if (is_spelling(name, shape->members[i].name))
            return &shape->members[i];
    return NULL;
}

bool dr_aws_takes_json(const char *name)
{
    static const char *const members[] = {
#define DR_AWS_JSON_MEMBER(name_) name_,
#include "providers/aws/integration/json.def"
#undef DR_AWS_JSON_MEMBER
    };
    for (size_t i = 0; name && i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i], name) == 0)
            return true;
    return false;
}

/* --- Values
 * -----------------------------------------------------------------------------------------------------------
 */

static json_t *as_text(const json_t *value)
{
    struct dr_text text = {0};
    dr_text_json(&text, value, SIZE_MAX);
    json_t *string = json_stringn_nocheck(text.bytes, text.size);
    dr_text_done(&text);
    return string;
}

/* A number or truth value from its text, if that is what the text is. */
static json_t *from_text(const struct dr_aws_shape *shape, const json_t *value)
{
    json_t *parsed = dr_json_parse(json_string_value(value), json_string_length(value), NULL);
    bool wanted = shape->type == DR_AWS_BOOLEAN ? json_is_boolean(parsed) : json_is_number(parsed);
    if (wanted)
        return parsed;
    json_decref(parsed);
    return dr_json_share(value);
}

static json_t *scalar_from_sdk(const struct dr_aws_shape *shape, const json_t *value)
{
    switch (shape->type) {
    case DR_AWS_STRING:
    case DR_AWS_BLOB:
        return json_is_string(value) || json_is_null(value) ? dr_json_share(value) : as_text(value);
    case DR_AWS_INTEGER:
    case DR_AWS_LONG:
    case DR_AWS_FLOAT:
    case DR_AWS_DOUBLE:
    case DR_AWS_BOOLEAN:
        return json_is_string(value) ? from_text(shape, value) : dr_json_share(value);
    case DR_AWS_TIMESTAMP:
    case DR_AWS_STRUCTURE:
    case DR_AWS_LIST:
    case DR_AWS_MAP:
        break;
    }
    return dr_json_share(value);
}

enum { LATELY = 128 };

/* How the parts of a value are walked, whichever way the names go. */
struct walk {
    bool to_sdk;
    enum dr_aws_spelling spelling;
    struct spelt { /* members that were met lately: a list of a thousand instances has the same ones a thousand times */
        const struct dr_aws_member *member;
        char *name; /* owned */
    } lately[LATELY];
};

static const char *spell(struct walk *walk, const struct dr_aws_member *member)
{
    struct spelt *spelt = &walk->lately[(uintptr_t)member / sizeof *member % LATELY];
    if (spelt->member != member) {
        free(spelt->name);
        *spelt = (struct spelt){member, dr_aws_spell_member(walk->spelling, member->name)};
    }
    return spelt->name;
}

static json_t *convert(struct walk *walk, const struct dr_aws_shape *shape, const json_t *value);

/* {"Base64": "..."} for bytes that are no text: the protocol decodes it. Where data is meant by nature, it is data. */
static bool is_bytes_for(const struct dr_aws_member *member, const json_t *value)
{
    return dr_aws_is_bytes(value) && dr_aws_member_shape(member)->type == DR_AWS_BLOB &&
           !dr_aws_takes_json(member->name);
}

static json_t *convert_member(struct walk *walk, const struct dr_aws_member *member, const json_t *value)
{
    if (member->jsonvalue || (!walk->to_sdk && is_bytes_for(member, value)))
        return dr_json_share(value);
    return convert(walk, dr_aws_member_shape(member), value);
}

static json_t *convert_structure(struct walk *walk, const struct dr_aws_shape *shape, const json_t *value)
{
    json_t *object = json_object(), *shared = dr_json_share(value), *part;
    const char *key;
    json_object_foreach(shared, key, part)
    {
        const struct dr_aws_member *member =
            walk->to_sdk ? dr_aws_shape_member(shape, key) : dr_aws_find_member(shape, key);
        if (json_is_null(part) && (member || walk->to_sdk))
            continue;
        if (member == NULL) {
            json_object_set_nocheck(object, key, part);
            continue;
        }
        json_t *converted = convert_member(walk, member, part);
        json_object_set_new_nocheck(object, walk->to_sdk ? spell(walk, member) : member->name, converted);
    }
    json_decref(shared);
    return object;
}

/* Values are as deep as DR_DEPTH_MAX allows: their parser and the engine see to it. */
static json_t *convert(struct walk *walk, const struct dr_aws_shape *shape, const json_t *value)
{
    if (shape->document)
        return dr_json_share(value);
    if (shape->type == DR_AWS_STRUCTURE && json_is_object(value))
        return convert_structure(walk, shape, value);
    if (shape->type == DR_AWS_LIST && json_is_array(value)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(list, convert_member(walk, shape->member, json_array_get(value, i)));
        return list;
    }
    if (shape->type == DR_AWS_MAP && json_is_object(value)) {
        json_t *map = json_object(), *shared = dr_json_share(value), *part;
        const char *key;
        json_object_foreach(shared, key, part)
            json_object_set_new_nocheck(map, key, convert_member(walk, shape->value, part));
        json_decref(shared);
        return map;
    }
    return walk->to_sdk ? dr_json_share(value) : scalar_from_sdk(shape, value);
}

json_t *dr_aws_from_sdk(const struct dr_aws_shape *shape, const json_t *value)
{
    return convert(&(struct walk){.to_sdk = false}, shape, value);
}

json_t *dr_aws_to_spelling(enum dr_aws_spelling spelling, const struct dr_aws_shape *shape, const json_t *value)
{
    struct walk walk = {.to_sdk = true, .spelling = spelling};
    json_t *converted = convert(&walk, shape, value);
    for (size_t i = 0; i < LATELY; i++)
        free(walk.lately[i].name);
    return converted;
}

json_t *dr_aws_to_sdk(const struct dr_aws_shape *shape, const json_t *value)
{
    return dr_aws_to_spelling(DR_AWS_SPELLING_SDK, shape, value);
}

/* DynamoDB's expressions: conditions, filters, key conditions, projections and updates. They are read and evaluated in
 * one go, left to right; nothing has an effect before the whole was read.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html,
 * Expressions.UpdateExpressions.html, Expressions.ProjectionExpressions.html */
#include "providers/simulated/services/dynamodb.h"

#include <ctype.h>
#include <strings.h>

#define EXPRESSION_DEPTH_MAX 300
#define TEXT_MAX 4096

enum token { END, NAME, WORD_VALUE, NUMBER, SIGN };

struct reader {
    struct ddb_names *names;
    const char *kind, *at; /* behind the token */
    const char *start;     /* of the token */
    size_t size;
    enum token token;
    const json_t *item;
    json_t *equals;
    unsigned depth;
};

/* --- Words ---------------------------------------------------------------------------------------------------------
 */

static bool failed(const struct reader *reader)
{
    return reader->names->call->error != NULL;
}

static void next(struct reader *reader)
{
    const char *at = reader->at + strspn(reader->at, " \t\r\n");
    reader->start = at;
    if (*at == '\0') {
        reader->token = END;
    } else if (isalpha((unsigned char)*at) || *at == '_' || *at == '#' || *at == ':') {
        reader->token = *at == ':' ? WORD_VALUE : NAME;
        at++;
        while (isalnum((unsigned char)*at) || *at == '_')
            at++;
    } else if (isdigit((unsigned char)*at)) {
        reader->token = NUMBER;
        while (isdigit((unsigned char)*at))
            at++;
    } else {
        reader->token = SIGN;
        bool two = strncmp(at, "<>", 2) == 0 || strncmp(at, "<=", 2) == 0 || strncmp(at, ">=", 2) == 0;
        at += two ? 2 : 1;
    }
    reader->size = (size_t)(at - reader->start);
    reader->at = at;
}

static void begin(struct reader *reader, struct ddb_names *names, const char *kind, const char *text)
{
    *reader = (struct reader){.names = names, .kind = kind, .at = text};
    if (strspn(text, " \t\r\n") == strlen(text))
        dr_sim_fail(names->call, 0, "ValidationException", "Invalid %s: The expression can not be empty;", kind);
    else if (strlen(text) > TEXT_MAX)
        dr_sim_fail(names->call, 0, "ValidationException",
                    "Invalid %s: Expression size has exceeded the maximum allowed size; expression size: %zu", kind,
                    strlen(text));
    next(reader);
}

static void syntax_error(struct reader *reader)
{
    const char *end = reader->at;
    for (int words = 0; *end && words < 2; words++) {
        end += strspn(end, " \t\r\n");
        end += strcspn(end, " \t\r\n");
    }
    if (!failed(reader))
        dr_sim_fail(reader->names->call, 0, "ValidationException",
                    "Invalid %s: Syntax error; token: \"%.*s\", near: \"%.*s\"", reader->kind,
                    reader->token == END ? 5 : (int)reader->size, reader->token == END ? "<EOF>" : reader->start,
                    (int)(end - reader->start), reader->start);
}

static bool is_word(const struct reader *reader, const char *word)
{
    return reader->token == NAME && reader->size == strlen(word) && strncasecmp(reader->start, word, reader->size) == 0;
}

static bool take_word(struct reader *reader, const char *word)
{
    bool found = is_word(reader, word);
    if (found)
        next(reader);
    return found;
}

static bool is_sign(const struct reader *reader, const char *sign)
{
    return reader->token == SIGN && reader->size == strlen(sign) && strncmp(reader->start, sign, reader->size) == 0;
}

static bool take_sign(struct reader *reader, const char *sign)
{
    bool found = is_sign(reader, sign);
    if (found)
        next(reader);
    return found;
}

static void want_sign(struct reader *reader, const char *sign)
{
    if (!take_sign(reader, sign))
        syntax_error(reader);
}

void ddb_names_begin(struct ddb_names *names, struct dr_sim_call *call, const json_t *given)
{
    *names = (struct ddb_names){.call = call,
                                .names = json_object_get(given, "ExpressionAttributeNames"),
                                .values = json_object_get(given, "ExpressionAttributeValues"),
                                .used = json_object()};
}

static void check_used(struct ddb_names *names, const json_t *given, const char *what)
{
    const char *name;
    json_t *value;
    json_object_foreach(row_mutable(given), name, value)
    {
        if (!names->call->error && !json_object_get(names->used, name))
            dr_sim_fail(names->call, 0, "ValidationException", "Value provided in %s unused in expressions: keys: {%s}",
                        what, name);
    }
}

bool ddb_names_end(struct ddb_names *names)
{
    check_used(names, names->names, "ExpressionAttributeNames");
    check_used(names, names->values, "ExpressionAttributeValues");
    json_decref(names->used);
    names->used = NULL;
    return !names->call->error;
}

/* --- Paths ---------------------------------------------------------------------------------------------------------
 */

/* An attribute's name as it is written or as ExpressionAttributeNames has it. Owned; NULL: the call has failed. */
static char *read_name(struct reader *reader)
{
    if (reader->token != NAME) {
        syntax_error(reader);
        return NULL;
    }
    char *word = dr_copy_bytes(reader->start, reader->size);
    if (*word == '#') {
        const json_t *name = json_object_get(reader->names->names, word);
        if (name)
            json_object_set_new(reader->names->used, word, json_true());
        else
            dr_sim_fail(
                reader->names->call, 0, "ValidationException",
                "Invalid %s: An expression attribute name used in the document path is not defined; attribute name: %s",
                reader->kind, word);
        free(word);
        word = name ? dr_copy_string(json_string_value(name)) : NULL;
    } else if (ddb_is_reserved(word)) {
        if (!failed(reader))
            dr_sim_fail(reader->names->call, 0, "ValidationException",
                        "Invalid %s: Attribute name is a reserved keyword; reserved keyword: %s", reader->kind, word);
        free(word);
        word = NULL;
    }
    next(reader);
    return word;
}

/* a.b[0].#c as ["a", "b", 0, "c"]: a new reference; NULL: the call has failed. */
static json_t *read_path(struct reader *reader)
{
    json_t *path = json_array();
    char *name = read_name(reader);
    while (name) {
        json_array_append_new(path, json_string(name));
        free(name);
        name = NULL;
        while (take_sign(reader, "[")) {
            if (reader->token != NUMBER)
                syntax_error(reader);
            else
                json_array_append_new(path, json_integer(strtoll(reader->start, NULL, 10)));
            next(reader);
            want_sign(reader, "]");
        }
        if (take_sign(reader, "."))
            name = read_name(reader);
    }
    if (!failed(reader))
        return path;
    json_decref(path);
    return NULL;
}

/* The value at `steps` of the path; borrowed; NULL: there is none. */
static json_t *at_path(const json_t *item, const json_t *path, size_t steps)
{
    const json_t *members = item;
    json_t *value = NULL;
    for (size_t i = 0; i < steps; i++) {
        const json_t *step = json_array_get(path, i);
        if (i > 0)
            members = json_object_get(value, json_is_integer(step) ? "L" : "M");
        value = json_is_integer(step) ? json_array_get(members, (size_t)json_integer_value(step))
                                      : json_object_get(members, json_string_value(step));
    }
    return value;
}

/* --- Operands ------------------------------------------------------------------------------------------------------
 */

struct operand {
    json_t *value; /* new reference; NULL: there is no such attribute */
    json_t *path;  /* of an attribute; NULL: a value */
};

static void operand_done(struct operand *operand)
{
    json_decref(operand->value);
    json_decref(operand->path);
}

static struct operand read_operand(struct reader *reader);

static json_t *read_value(struct reader *reader)
{
    char *word = dr_copy_bytes(reader->start, reader->size);
    const json_t *value = json_object_get(reader->names->values, word);
    json_t *own = value ? ddb_normal(reader->names->call, value, 0) : NULL;
    json_object_set_new(reader->names->used, word, json_true());
    if (!value)
        dr_sim_fail(reader->names->call, 0, "ValidationException",
                    "Invalid %s: An expression attribute value used in expression is not defined; attribute value: %s",
                    reader->kind, word);
    free(word);
    next(reader);
    return own;
}

static struct operand read_operand(struct reader *reader)
{
    struct operand operand = {0};
    if (failed(reader))
        return operand;
    if (reader->token == WORD_VALUE) {
        operand.value = read_value(reader);
    } else if (is_word(reader, "size") && reader->at[strspn(reader->at, " ")] == '(') {
        next(reader);
        want_sign(reader, "(");
        struct operand inner = read_operand(reader);
        want_sign(reader, ")");
        int64_t size = inner.value ? ddb_size(inner.value) : -1;
        if (size >= 0)
            operand.value = json_pack("{s:o}", "N", json_sprintf("%lld", (long long)size));
        operand_done(&inner);
    } else if ((operand.path = read_path(reader))) {
        operand.value = json_incref(at_path(reader->item, operand.path, json_array_size(operand.path)));
    }
    return operand;
}

/* --- Conditions ----------------------------------------------------------------------------------------------------
 */

static bool read_or(struct reader *reader);

static bool holds(const char *sign, const json_t *a, const json_t *b)
{
    int order;
    if (strcmp(sign, "=") == 0)
        return a && b && ddb_equal(a, b);
    if (strcmp(sign, "<>") == 0)
        return !a || !b || !ddb_equal(a, b);
    if (!a || !b || !ddb_compare(a, b, &order))
        return false;
    bool equal = sign[1] == '=' && order == 0;
    return equal || (*sign == '<' ? order < 0 : order > 0);
}

static void wrong_type(struct reader *reader, const char *function, const json_t *value)
{
    if (!failed(reader))
        dr_sim_fail(
            reader->names->call, 0, "ValidationException",
            "Invalid %s: Incorrect operand type for operator or function; operator or function: %s, operand type: %s",
            reader->kind, function, ddb_type(value));
}

static const char *const functions[] = {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with",
                                        "contains"};

static bool call_function(struct reader *reader, size_t which)
{
    next(reader);
    want_sign(reader, "(");
    struct operand one = read_operand(reader), other = {0};
    if (which >= 2) {
        want_sign(reader, ",");
        other = read_operand(reader);
    }
    want_sign(reader, ")");
    bool result = false;
    const char *text = row_text(other.value, "S");
    if (!failed(reader) && which < 2) {
        if (!one.path)
            dr_sim_fail(reader->names->call, 0, "ValidationException",
                        "Invalid %s: Operator or function requires a document path; operator or function: %s",
                        reader->kind, functions[which]);
        result = (one.value != NULL) == (which == 0);
    } else if (!failed(reader) && which == 2) {
        if (!*text)
            wrong_type(reader, "attribute_type", other.value);
        result = one.value && strcmp(ddb_type(one.value), text) == 0;
    } else if (!failed(reader) && which == 3) {
        const char *type = other.value ? ddb_type(other.value) : "S";
        if (!other.path && strcmp(type, "S") != 0 && strcmp(type, "B") != 0)
            wrong_type(reader, "begins_with", other.value);
        result = strcmp(ddb_type(one.value), "S") == 0 && strcmp(type, "S") == 0 && other.value &&
                 strncmp(row_text(one.value, "S"), text, strlen(text)) == 0;
    } else if (!failed(reader)) {
        result = one.value && other.value && ddb_contains(one.value, other.value);
    }
    operand_done(&one);
    operand_done(&other);
    return result;
}

static bool read_between(struct reader *reader, const struct operand *operand)
{
    struct operand low = read_operand(reader);
    if (!take_word(reader, "AND"))
        syntax_error(reader);
    struct operand high = read_operand(reader);
    int order;
    if (!failed(reader) && !low.path && !high.path && ddb_compare(low.value, high.value, &order) && order > 0)
        dr_sim_fail(reader->names->call, 0, "ValidationException",
                    "Invalid %s: The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
                    reader->kind);
    bool result = holds(">=", operand->value, low.value) && holds("<=", operand->value, high.value);
    operand_done(&low);
    operand_done(&high);
    return result;
}

static bool read_in(struct reader *reader, const struct operand *operand)
{
    bool result = false;
    want_sign(reader, "(");
    do {
        struct operand one = read_operand(reader);
        result = result || (operand->value && one.value && ddb_equal(operand->value, one.value));
        operand_done(&one);
    } while (!failed(reader) && take_sign(reader, ","));
    want_sign(reader, ")");
    return result;
}

static bool read_comparison(struct reader *reader)
{
    static const char *const signs[] = {"=", "<>", "<=", ">=", "<", ">"};
    struct operand one = read_operand(reader);
    bool result = false, known = false;
    if (failed(reader)) {
        known = true;
    } else if (take_word(reader, "BETWEEN")) {
        known = true;
        result = read_between(reader, &one);
    } else if (take_word(reader, "IN")) {
        known = true;
        result = read_in(reader, &one);
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs && !known; i++) {
        if (!take_sign(reader, signs[i]))
            continue;
        known = true;
        struct operand other = read_operand(reader);
        result = !failed(reader) && holds(signs[i], one.value, other.value);
        if (i == 0 && reader->equals && one.path && other.value && !failed(reader))
            json_object_set(reader->equals, json_string_value(json_array_get(one.path, 0)), other.value);
        operand_done(&other);
    }
    if (!known)
        syntax_error(reader);
    operand_done(&one);
    return result;
}

static bool read_primary(struct reader *reader)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (is_word(reader, functions[i]) && reader->at[strspn(reader->at, " ")] == '(')
            return call_function(reader, i);
    if (!take_sign(reader, "("))
        return read_comparison(reader);
    bool result = read_or(reader);
    want_sign(reader, ")");
    return result;
}

static bool read_not(struct reader *reader)
{
    bool negated = false;
    while (take_word(reader, "NOT"))
        negated = !negated;
    return read_primary(reader) != negated;
}

static bool read_and(struct reader *reader)
{
    bool result = read_not(reader);
    while (!failed(reader) && take_word(reader, "AND")) {
        bool other = read_not(reader);
        result = result && other;
    }
    return result;
}

static bool read_or(struct reader *reader)
{
    if (++reader->depth > EXPRESSION_DEPTH_MAX) {
        syntax_error(reader);
        return false;
    }
    bool result = read_and(reader);
    while (!failed(reader) && take_word(reader, "OR")) {
        bool other = read_and(reader);
        result = result || other;
    }
    reader->depth--;
    return result;
}

bool ddb_condition(struct ddb_names *names, const char *kind, const char *text, const json_t *item, json_t *equals)
{
    struct reader reader;
    begin(&reader, names, kind, text);
    reader.item = item;
    reader.equals = equals;
    bool result = !failed(&reader) && read_or(&reader);
    if (!failed(&reader) && reader.token != END)
        syntax_error(&reader);
    return result && !failed(&reader);
}

/* --- Projections ---------------------------------------------------------------------------------------------------
 */

/* Copies what stands at the path, with what is around it. */
static void take_path(json_t *output, const json_t *item, const json_t *path)
{
    size_t steps = json_array_size(path);
    const json_t *value = at_path(item, path, steps);
    json_t *members = output;
    if (!value)
        return;
    for (size_t i = 0; i < steps; i++) {
        const json_t *step = json_array_get(path, i), *following = json_array_get(path, i + 1);
        json_t *inner = !following ? json_deep_copy(value)
                                   : json_pack("{s:o}", json_is_integer(following) ? "L" : "M",
                                               json_is_integer(following) ? json_array() : json_object());
        if (json_is_integer(step)) {
            json_array_append_new(members, inner);
        } else {
            json_t *there = json_object_get(members, json_string_value(step));
            if (there && following) {
                json_decref(inner);
                inner = there;
            } else {
                json_object_set_new(members, json_string_value(step), inner);
            }
        }
        members = following ? json_object_get(inner, json_is_integer(following) ? "L" : "M") : NULL;
    }
}

json_t *ddb_project(struct ddb_names *names, const char *text, const json_t *item)
{
    struct reader reader;
    json_t *output = json_object();
    begin(&reader, names, "ProjectionExpression", text);
    do {
        json_t *path = failed(&reader) ? NULL : read_path(&reader);
        if (path)
            take_path(output, item, path);
        json_decref(path);
    } while (!failed(&reader) && take_sign(&reader, ","));
    if (!failed(&reader) && reader.token != END)
        syntax_error(&reader);
    if (!failed(&reader))
        return output;
    json_decref(output);
    return NULL;
}

/* --- Updates -------------------------------------------------------------------------------------------------------
 */

static void fail_update(struct reader *reader, const char *message)
{
    if (!failed(reader))
        dr_sim_fail(reader->names->call, 0, "ValidationException", "%s", message);
}

#define NO_ATTRIBUTE "The provided expression refers to an attribute that does not exist in the item"
#define WRONG_TYPE "An operand in the update expression has an incorrect data type"
#define WRONG_PATH "The document path provided in the update expression is invalid for update"

static json_t *read_sum(struct reader *reader);

/* A value, a path, if_not_exists(path, value), list_append(a, b), (...). A new reference; NULL: the call has failed. */
static json_t *read_term(struct reader *reader)
{
    bool called = reader->token == NAME && reader->at[strspn(reader->at, " ")] == '(';
    json_t *value = NULL;
    if (failed(reader) || ++reader->depth > EXPRESSION_DEPTH_MAX)
        return NULL;
    if (called && take_word(reader, "if_not_exists")) {
        want_sign(reader, "(");
        struct operand there = read_operand(reader);
        want_sign(reader, ",");
        json_t *otherwise = failed(reader) ? NULL : read_sum(reader);
        want_sign(reader, ")");
        value = json_incref(there.value ? there.value : otherwise);
        operand_done(&there);
        json_decref(otherwise);
    } else if (called && take_word(reader, "list_append")) {
        want_sign(reader, "(");
        json_t *one = read_sum(reader);
        want_sign(reader, ",");
        json_t *other = failed(reader) ? NULL : read_sum(reader);
        want_sign(reader, ")");
        if (!failed(reader) && (!json_object_get(one, "L") || !json_object_get(other, "L"))) {
            fail_update(reader, WRONG_TYPE);
        } else if (!failed(reader)) {
            value = json_deep_copy(one);
            json_array_extend(json_object_get(value, "L"), json_object_get(other, "L"));
        }
        json_decref(one);
        json_decref(other);
    } else if (take_sign(reader, "(")) {
        value = read_sum(reader);
        want_sign(reader, ")");
    } else {
        struct operand operand = read_operand(reader);
        if (!operand.value)
            fail_update(reader, NO_ATTRIBUTE);
        value = json_incref(operand.value);
        operand_done(&operand);
    }
    reader->depth--;
    return value;
}

static json_t *read_sum(struct reader *reader)
{
    json_t *value = read_term(reader);
    while (value && !failed(reader) && (is_sign(reader, "+") || is_sign(reader, "-"))) {
        bool minus = is_sign(reader, "-");
        next(reader);
        json_t *other = read_term(reader);
        const json_t *a = json_object_get(value, "N"), *b = json_object_get(other, "N");
        char *sum = a && b ? ddb_number_add(json_string_value(a), json_string_value(b), minus) : NULL;
        if (!a || !b)
            fail_update(reader, WRONG_TYPE);
        else if (!sum)
            fail_update(reader,
                        "Number overflow. Attempting to store a number with magnitude larger than supported range");
        json_decref(value);
        value = sum ? json_pack("{s:s}", "N", sum) : NULL;
        free(sum);
        json_decref(other);
    }
    return value;
}

/* What an update does, collected before any of it is done: [["set" | "remove" | "add" | "delete", path, value], ...] */
static void keep_action(struct reader *reader, json_t *actions, const char *what, json_t *path, json_t *value)
{
    size_t i;
    json_t *action;
    json_array_foreach(actions, i, action)
    {
        const json_t *other = json_array_get(action, 1);
        size_t common = json_array_size(other) < json_array_size(path) ? json_array_size(other) : json_array_size(path);
        bool overlap = path != NULL;
        for (size_t j = 0; j < common; j++)
            overlap = overlap && json_equal(json_array_get(other, j), json_array_get(path, j));
        if (overlap && !failed(reader))
            dr_sim_fail(
                reader->names->call, 0, "ValidationException",
                "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of "
                "these paths; path one: [%s], path two: [%s]",
                json_string_value(json_array_get(other, 0)), json_string_value(json_array_get(path, 0)));
    }
    if (!failed(reader))
        json_array_append_new(actions, json_pack("[s,O,o]", what, path, value ? json_incref(value) : json_null()));
    json_decref(path);
    json_decref(value);
}

static void read_clause(struct reader *reader, const char *what, json_t *actions)
{
    do {
        json_t *path = read_path(reader), *value = NULL;
        if (strcmp(what, "set") == 0) {
            want_sign(reader, "=");
            value = failed(reader) ? NULL : read_sum(reader);
        } else if (strcmp(what, "remove") != 0) {
            if (reader->token != WORD_VALUE)
                syntax_error(reader);
            else
                value = read_value(reader);
        }
        keep_action(reader, actions, what, path, value);
    } while (!failed(reader) && take_sign(reader, ","));
}

/* Puts the value at the path. False: there is nothing that it could be put into. */
static bool set_path(json_t *item, const json_t *path, json_t *value)
{
    size_t steps = json_array_size(path);
    const json_t *last = json_array_get(path, steps - 1);
    json_t *around = steps > 1 ? at_path(item, path, steps - 1) : NULL;
    json_t *members = steps > 1 ? json_object_get(around, json_is_integer(last) ? "L" : "M") : item;
    if (json_is_integer(last)) {
        size_t index = (size_t)json_integer_value(last);
        if (!json_is_array(members))
            return false;
        if (index < json_array_size(members)) /* behind the end it is appended */
            return json_array_set(members, index, value) == 0;
        return json_array_append(members, value) == 0;
    }
    return json_is_object(members) && json_object_set(members, json_string_value(last), value) == 0;
}

static bool remove_path(json_t *item, const json_t *path)
{
    size_t steps = json_array_size(path);
    const json_t *last = json_array_get(path, steps - 1);
    json_t *around = steps > 1 ? at_path(item, path, steps - 1) : NULL;
    json_t *members = steps > 1 ? json_object_get(around, json_is_integer(last) ? "L" : "M") : item;
    if (json_is_integer(last) && json_is_array(members))
        json_array_remove(members, (size_t)json_integer_value(last));
    else if (json_is_object(members) && json_is_string(last))
        json_object_del(members, json_string_value(last));
    else
        return false;
    return true;
}

/* Elements of a set, without those of `less` and with those of `more`; a new reference. */
static json_t *changed_set(const char *type, const json_t *set, const json_t *less, const json_t *more)
{
    json_t *elements = json_array(), *item;
    size_t i;
    char single[2] = {type[0], '\0'};
    json_array_foreach(json_object_get(set, type), i, item)
    {
        json_t *one = json_pack("{s:O}", single, item);
        if (!less || !ddb_contains(less, one))
            json_array_append(elements, item);
        json_decref(one);
    }
    json_array_foreach(json_object_get(more, type), i, item)
    {
        json_t *one = json_pack("{s:O}", single, item);
        if (!set || !ddb_contains(set, one))
            json_array_append(elements, item);
        json_decref(one);
    }
    return json_pack("{s:o}", type, elements);
}

static void add_or_delete(struct reader *reader, json_t *item, const json_t *path, const json_t *given, bool remove)
{
    json_t *there = at_path(item, path, json_array_size(path)), *value = NULL;
    const char *type = ddb_type(given);
    bool set = strlen(type) == 2 && type[1] == 'S';
    if ((there && strcmp(ddb_type(there), type) != 0) || (!set && (remove || strcmp(type, "N") != 0))) {
        fail_update(reader, WRONG_TYPE);
    } else if (set) {
        value = changed_set(type, there, remove ? given : NULL, remove ? NULL : given);
        if (json_array_size(json_object_get(value, type)) == 0) {
            if (there)
                remove_path(item, path);
            json_decref(value);
            value = NULL;
        }
    } else {
        char *sum = ddb_number_add(there ? row_text(there, "N") : "0", row_text(given, "N"), false);
        if (sum)
            value = json_pack("{s:s}", "N", sum);
        else
            fail_update(reader,
                        "Number overflow. Attempting to store a number with magnitude larger than supported range");
        free(sum);
    }
    if (value && !set_path(item, path, value))
        fail_update(reader, WRONG_PATH);
    json_decref(value);
}

static void apply(struct reader *reader, const json_t *action, json_t *item)
{
    const char *what = json_string_value(json_array_get(action, 0));
    const json_t *path = json_array_get(action, 1);
    json_t *value = json_array_get(action, 2);
    if (strcmp(what, "set") == 0) {
        json_t *own = json_deep_copy(value);
        if (!set_path(item, path, own))
            fail_update(reader, WRONG_PATH);
        json_decref(own);
    } else if (strcmp(what, "remove") == 0) {
        if (!remove_path(item, path))
            fail_update(reader, WRONG_PATH);
    } else {
        add_or_delete(reader, item, path, value, strcmp(what, "delete") == 0);
    }
}

bool ddb_update(struct ddb_names *names, const char *text, json_t *item, json_t *changed)
{
    static const char *const clauses[] = {"set", "remove", "add", "delete"};
    struct reader reader;
    json_t *actions = json_array(), *seen = json_object(), *action;
    begin(&reader, names, "UpdateExpression", text);
    reader.item = item;
    while (!failed(&reader) && reader.token != END) {
        size_t which = 0;
        while (which < 4 && !is_word(&reader, clauses[which]))
            which++;
        if (which == 4) {
            syntax_error(&reader);
        } else if (json_object_get(seen, clauses[which])) {
            dr_sim_fail(names->call, 0, "ValidationException",
                        "Invalid UpdateExpression: The \"%s\" section can only be used once in an update expression;",
                        (const char *const[]){"SET", "REMOVE", "ADD", "DELETE"}[which]);
        } else {
            json_object_set_new(seen, clauses[which], json_true());
            next(&reader);
            read_clause(&reader, clauses[which], actions);
        }
    }
    size_t i;
    json_array_foreach(actions, i, action)
    {
        if (failed(&reader))
            break;
        apply(&reader, action, item);
        json_object_set_new(changed, json_string_value(json_array_get(json_array_get(action, 1), 0)), json_true());
    }
    json_decref(actions);
    json_decref(seen);
    return !failed(&reader);
}

#include "interpreter/expression/jsonata/signature.h"

/* A signature is a regular expression over one letter per argument: s n b l(null) o a f, and m for a missing one. */
enum { S = 1, N = 2, B = 4, L = 8, O = 16, A = 32, F = 64, M = 128, JSON = A | S | N | B | L | O | M, ANY = JSON | F };
enum quantity { ONE, OPTIONAL, MANY };
enum { PARAMETERS_MAX = 255 };

struct parameter {
    unsigned types;
    enum quantity quantity;
    bool from_context;
    char type; /* '(' for a choice */
    bool has_subtype;
    struct jx_text subtype;
};

struct jx_signature {
    struct parameter *parameters;
    unsigned count;
};

static unsigned type_of_letter(char letter)
{
    static const char letters[] = "snbloafm";
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? 1u << (found - letters) : 0;
}

static unsigned type_of_value(struct jx_value value)
{
    switch ((enum jx_tag)value.tag) {
    case JX_FUNCTION:
        return F;
    case JX_STRING:
    case JX_JSON_STRING:
        return S;
    case JX_NUMBER:
    case JX_INTEGER:
        return N;
    case JX_BOOLEAN:
        return B;
    case JX_NULL:
        return L;
    case JX_ARRAY:
    case JX_JSON_ARRAY:
        return A;
    case JX_OBJECT:
    case JX_JSON_OBJECT:
        return O;
    case JX_UNDEFINED:
    case JX_TUPLE:
    case JX_TAIL:
        break;
    }
    return M;
}

/* --- reading a signature
 * ------------------------------------------------------------------------------------------------ */

/* Index of what closes the bracket at `start`, or the text's size. */
static size_t find_close(struct jx_text text, size_t start, char open, char close)
{
    unsigned depth = 1;
    size_t i = start + 1;
    for (; i < text.size; i++) {
        if (text.bytes[i] == close && --depth == 0)
            break;
        if (text.bytes[i] == open)
            depth++;
    }
    return i;
}

static struct jx_text between(struct jx_text text, size_t open, size_t close)
{
    return (struct jx_text){text.bytes + open + 1, close > open ? close - open - 1 : 0};
}

static _Noreturn void refuse(struct jx_trap *trap, const char *code, uint32_t position, struct jx_text token)
{
    struct jx_place place = {position, position + 1};
    JX_FAIL(trap, .code = code, .place = &place, .token = token);
}

static struct parameter read_choice(struct jx_text text, size_t *at, uint32_t offset, struct jx_trap *trap)
{
    struct parameter parameter = {.types = M, .type = '('};
    size_t close = find_close(text, *at, '(', ')');
    struct jx_text choice = between(text, *at, close);
    for (size_t i = 0; i < choice.size; i++) {
        if (choice.bytes[i] == '<')
            refuse(trap, "S0402", offset + (uint32_t)*at, choice);
        parameter.types |= type_of_letter(choice.bytes[i]);
    }
    *at = close;
    return parameter;
}

static void add_parameter(struct jx_signature *signature, struct parameter parameter, uint32_t offset,
                          struct jx_trap *trap)
{
    if (signature->count == PARAMETERS_MAX)
        JX_FAIL(trap, .code = "U1002", .place = &(struct jx_place){offset, offset + 1}, .token = JX_TEXT(""),
                .message = JX_TEXT("A function signature has more than 255 parameters"));
    signature->parameters[signature->count++] = parameter;
}

static void read_symbol(struct jx_signature *signature, struct jx_text text, size_t *at, uint32_t offset,
                        struct jx_trap *trap)
{
    static const struct {
        char letter;
        unsigned types;
    } simple[] = {{'s', S | M}, {'n', N | M}, {'b', B | M}, {'l', L | M}, {'o', O | M},
                  {'a', ANY},   {'f', F},     {'j', JSON},  {'x', ANY}};
    char symbol = text.bytes[*at];
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (simple[i].letter == symbol) {
            add_parameter(signature, (struct parameter){.types = simple[i].types, .type = simple[i].letter}, offset,
                          trap);
            return;
        }
    if (symbol == '(') {
        add_parameter(signature, read_choice(text, at, offset, trap), offset, trap);
        return;
    }
    struct parameter *previous = signature->count ? &signature->parameters[signature->count - 1] : NULL;
    if (symbol == '<') {
        if (!previous || (previous->type != 'a' && previous->type != 'f'))
            refuse(trap, "S0401", offset + (uint32_t)*at, JX_TEXT(""));
        size_t close = find_close(text, *at, '<', '>');
        previous->subtype = between(text, *at, close);
        previous->has_subtype = true;
        *at = close;
    } else if (previous && symbol == '-') {
        previous->from_context = true;
        previous->quantity = OPTIONAL;
    } else if (previous && (symbol == '?' || symbol == '+')) {
        previous->quantity = symbol == '?' ? OPTIONAL : MANY;
    }
}

const struct jx_signature *jx_signature_new(struct jx_arena *arena, struct jx_text text, uint32_t offset,
                                            struct jx_trap *trap)
{
    struct jx_signature *signature = jx_zalloc(arena, sizeof *signature);
    size_t room = text.size < PARAMETERS_MAX ? text.size : PARAMETERS_MAX;
    signature->parameters = jx_zalloc(arena, (room + 1) * sizeof *signature->parameters);
    for (size_t at = 1; at < text.size && text.bytes[at] != ':'; at++)
        read_symbol(signature, text, &at, offset, trap);
    return signature;
}

void jx_signature_arity(const struct jx_signature *signature, unsigned *ret_min, unsigned *ret_max)
{
    *ret_min = 0;
    *ret_max = signature->count;
    for (unsigned i = 0; i < signature->count; i++) {
        *ret_min += signature->parameters[i].quantity != OPTIONAL;
        if (signature->parameters[i].quantity == MANY)
            *ret_max = UINT32_MAX;
    }
}

/* --- matching
 * ------------------------------------------------------------------------------------------------------------- */

struct matching {
    const struct jx_signature *signature;
    const struct jx_value *arguments;
    size_t count;
    unsigned parameters; /* how many of them take part */
    bool whole;          /* all arguments must be used up */
    bool *can;           /* [parameter][argument]: from here on it works out */
};

static bool *can_at(const struct matching *matching, size_t parameter, size_t argument)
{
    return &matching->can[parameter * (matching->count + 1) + argument];
}

static bool fits(const struct matching *matching, size_t parameter, size_t argument)
{
    return argument < matching->count &&
           (matching->signature->parameters[parameter].types & type_of_value(matching->arguments[argument]));
}

/* From the last parameter to the first, so that no backtracking is needed. */
static bool work_out(struct matching *matching)
{
    for (size_t j = 0; j <= matching->count; j++)
        *can_at(matching, matching->parameters, j) = !matching->whole || j == matching->count;
    for (size_t i = matching->parameters; i-- > 0;) {
        enum quantity quantity = matching->signature->parameters[i].quantity;
        bool goes_on = false; /* a MANY parameter that holds argument j + 1 as well works out */
        for (size_t j = matching->count + 1; j-- > 0;) {
            bool fit = fits(matching, i, j);
            bool one = fit && *can_at(matching, i + 1, j + 1);
            goes_on = fit && (one || goes_on);
            *can_at(matching, i, j) =
                quantity == MANY ? goes_on : one || (quantity == OPTIONAL && *can_at(matching, i + 1, j));
        }
    }
    return *can_at(matching, 0, 0);
}

/* How many arguments from `argument` on the parameter takes: as many as possible. Only where *can_at(). */
static size_t taken(const struct matching *matching, size_t parameter, size_t argument)
{
    enum quantity quantity = matching->signature->parameters[parameter].quantity;
    size_t most = 0;
    for (size_t n = 1; fits(matching, parameter, argument + n - 1); n++) {
        if (*can_at(matching, parameter + 1, argument + n))
            most = n;
        if (quantity != MANY)
            break;
    }
    return most;
}

static _Noreturn void fail_mismatch(struct matching *matching, struct jx_trap *trap)
{
    size_t good = 0;
    matching->whole = false;
    for (unsigned n = 1; n <= matching->signature->count; n++) {
        matching->parameters = n;
        if (!work_out(matching))
            break;
        good = 0;
        for (size_t i = 0; i < n; i++)
            good += taken(matching, i, good);
    }
    JX_FAIL(trap, .code = "T0410", .index = (unsigned)good + 1,
            .value = good < matching->count ? &matching->arguments[good] : NULL);
}

/* --- bringing into shape
 * -------------------------------------------------------------------------------------------------------- */

static const char *plural_of(struct jx_text subtype)
{
    static const struct {
        char letter;
        const char *plural;
    } plurals[] = {{'a', "arrays"},  {'b', "booleans"}, {'f', "functions"},
                   {'n', "numbers"}, {'o', "objects"},  {'s', "strings"}};
    for (size_t i = 0; i < sizeof plurals / sizeof *plurals; i++)
        if (subtype.size == 1 && subtype.bytes[0] == plurals[i].letter)
            return plurals[i].plural;
    return "the right type";
}

static bool members_fit(const struct parameter *parameter, struct jx_value argument, size_t matched)
{
    if (!parameter->has_subtype)
        return true;
    unsigned wanted = parameter->subtype.size ? type_of_letter(parameter->subtype.bytes[0]) : 0;
    if (!jx_is_array(argument))
        return matched == 1 && parameter->subtype.size == 1 && type_of_value(argument) == wanted;
    if (argument.tag == JX_ARRAY && !argument.array->items)
        return wanted == N || argument.array->count == 0;
    for (size_t i = 0, count = jx_count(argument); i < count; i++)
        if (type_of_value(jx_at(argument, i)) != wanted)
            return false;
    return true;
}

static struct jx_value shape_argument(const struct parameter *parameter, struct jx_arena *arena,
                                      struct jx_value argument, size_t index, size_t matched, struct jx_trap *trap)
{
    if (parameter->type != 'a' || jx_is_undefined(argument))
        return argument;
    if (!members_fit(parameter, argument, matched)) {
        const char *plural = plural_of(parameter->subtype);
        JX_FAIL(trap, .code = "T0412", .index = (unsigned)index + 1, .value = &argument,
                .message = {plural, strlen(plural)});
    }
    if (jx_is_array(argument))
        return argument;
    struct jx_array *array = jx_array_new(arena, 1, 0);
    jx_push(arena, array, argument);
    return jx_of_array(array);
}

bool jx_signature_fits(const struct jx_signature *signature, const struct jx_value *arguments, size_t count)
{
    if (count > signature->count)
        return false;
    for (unsigned i = 0; i < signature->count; i++) {
        const struct parameter *parameter = &signature->parameters[i];
        if (i >= count) {
            if (parameter->quantity != OPTIONAL || parameter->from_context)
                return false;
            continue;
        }
        if (parameter->quantity == MANY || !(parameter->types & type_of_value(arguments[i])))
            return false;
        if (parameter->type == 'a' && !jx_is_undefined(arguments[i]) &&
            (!jx_is_array(arguments[i]) || !members_fit(parameter, arguments[i], 1)))
            return false;
    }
    return true;
}

struct jx_value *jx_signature_apply(const struct jx_signature *signature, struct jx_arena *arena,
                                    const struct jx_value *arguments, size_t count, struct jx_value context,
                                    struct jx_trap *trap, size_t *ret_count)
{
    bool few[128];
    size_t cells = (signature->count + 1) * (count + 1);
    struct matching matching = {.signature = signature,
                                .arguments = arguments,
                                .count = count,
                                .whole = true,
                                .parameters = signature->count,
                                .can = cells <= sizeof few ? few : jx_alloc(arena, cells)};
    if (!work_out(&matching))
        fail_mismatch(&matching, trap);
    struct jx_value *shaped = jx_alloc(arena, (count + signature->count + 1) * sizeof *shaped);
    size_t made = 0, matched = 0, next = 0; /* arguments used by the match; next one to be passed on */
    for (unsigned i = 0; i < signature->count; i++) {
        const struct parameter *parameter = &signature->parameters[i];
        size_t takes = taken(&matching, i, matched);
        matched += takes;
        if (takes == 0 && parameter->from_context) {
            if (!(parameter->types & type_of_value(context)))
                JX_FAIL(trap, .code = "T0411", .index = (unsigned)next + 1, .value = &context);
            shaped[made++] = context;
            continue;
        }
        if (takes == 0) {
            shaped[made++] = next < count ? arguments[next] : JX_NOTHING;
            next++;
        }
        for (size_t n = 0; n < takes; n++, next++)
            shaped[made++] =
                shape_argument(parameter, arena, next < count ? arguments[next] : JX_NOTHING, next, takes, trap);
    }
    *ret_count = made;
    return shaped;
}

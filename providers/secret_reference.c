#include "providers/secret_reference.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

/* Ends the part at `at` where its colon is. The rest, or NULL if there is none. */
static char *cut(char *at)
{
    char *colon = at ? strchr(at, ':') : NULL;
    if (colon)
        *colon++ = '\0';
    return colon;
}

/* The same for a name that may be an ARN of so many parts. */
static char *cut_name(char *at, unsigned arn_parts)
{
    if (strncmp(at, "arn:", 4) != 0)
        return cut(at);
    for (unsigned i = 1; i < arn_parts && at; i++)
        at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL;
    return cut(at);
}

static const char *given(const char *part)
{
    return part && *part ? part : NULL;
}

static bool parse_variable(char *rest, struct dr_secret_reference *reference)
{
    reference->name = rest;
    return true;
}

static bool parse_parameter(char *rest, struct dr_secret_reference *reference)
{
    char *version = cut_name(rest, 6); /* arn:aws:ssm:REGION:ACCOUNT:parameter/NAME */
    reference->name = rest;
    reference->version = given(version);
    return version == NULL || (*version && !strchr(version, ':'));
}

static bool parse_secret(char *rest, struct dr_secret_reference *reference)
{
    char *kind = cut_name(rest, 7); /* arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME */
    char *key = cut(kind), *stage = cut(key), *version = cut(stage);
    reference->name = rest;
    reference->key = given(key);
    reference->stage = given(stage);
    reference->version = given(version);
    return (!given(kind) || strcmp(kind, "SecretString") == 0) && !(reference->stage && reference->version) &&
           !(version && strchr(version, ':'));
}

static const struct {
    const char *name;
    bool (*parse)(char *rest, struct dr_secret_reference *reference);
    const char *grammar;
} sources[] = {
    {"env", parse_variable, "{{resolve:env:NAME}}"},
    {"ssm", parse_parameter, "{{resolve:ssm:NAME[:VERSION]}}"},
    {"ssm-secure", parse_parameter, "{{resolve:ssm-secure:NAME[:VERSION]}}"},
    {"secretsmanager", parse_secret,
     "{{resolve:secretsmanager:ID[:SecretString[:KEY[:STAGE[:VERSION]]]]}}, with a STAGE or a VERSION"},
};

bool dr_secret_reference_parse(const char *text, size_t size, struct dr_secret_reference *ret_reference,
                               struct dr_error *ret_error)
{
    struct dr_secret_reference reference = {.bytes = dr_copy_bytes(text, size)};
    char *rest = cut(reference.bytes);
    const char *grammar = NULL;
    for (size_t i = 0; i < sizeof sources / sizeof *sources && !grammar; i++) {
        if (strcmp(sources[i].name, reference.bytes) != 0)
            continue;
        grammar = sources[i].grammar;
        reference.source = sources[i].name;
        if (given(rest) && sources[i].parse(rest, &reference) && *reference.name) {
            *ret_reference = reference;
            return true;
        }
    }
    int shown = (int)(size < 200 ? size : 200);
    if (grammar)
        dr_error_set(ret_error, "States.Runtime", "\"{{resolve:%.*s}}\" is not a dynamic reference: expected %s", shown,
                     text, grammar);
    else
        dr_error_set(
            ret_error, "States.Runtime",
            "\"{{resolve:%.*s}}\" is not a dynamic reference: expected {{resolve:env:NAME}}, {{resolve:ssm:NAME}}, "
            "{{resolve:ssm-secure:NAME}} or {{resolve:secretsmanager:ID:SecretString:KEY}}",
            shown, text);
    free(reference.bytes);
    return false;
}

static const char *add_part(struct dr_text *text, const char *part)
{
    size_t at = text->size;
    if (!part)
        return NULL;
    dr_text_add(text, part, strlen(part) + 1);
    return text->bytes + at;
}

struct dr_secret_reference dr_secret_reference_copy(const struct dr_secret_reference *reference)
{
    const char *const parts[] = {reference->name, reference->stage, reference->version};
    struct dr_text text = {0};
    size_t size = 0;
    for (size_t i = 0; i < 3; i++)
        size += parts[i] ? strlen(parts[i]) + 1 : 0;
    dr_text_reserve(&text, size); /* so that it does not move */
    struct dr_secret_reference copy = {.source = reference->source,
                                       .name = add_part(&text, reference->name),
                                       .stage = add_part(&text, reference->stage),
                                       .version = add_part(&text, reference->version)};
    copy.bytes = dr_text_take(&text);
    return copy;
}

void dr_secret_reference_done(struct dr_secret_reference *reference)
{
    free(reference->bytes);
    *reference = (struct dr_secret_reference){0};
}

static bool same(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

bool dr_secret_reference_same(const struct dr_secret_reference *one, const struct dr_secret_reference *other)
{
    return same(one->source, other->source) && same(one->name, other->name) && same(one->stage, other->stage) &&
           same(one->version, other->version);
}

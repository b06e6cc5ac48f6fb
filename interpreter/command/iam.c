/* drrun iam FILE: the least-privilege IAM policy of a runbook. */
#include "interpreter/command/command.h"

#include "interpreter/expression/known.h"
#include "interpreter/plan/reach.h"
#include "providers/aws/iam/iam.h"
#include "providers/aws/integration/integration.h"
#include "providers/secret_reference.h"

#include <stdlib.h>
#include <string.h>

#define OPEN "{{resolve:"
#define SESSIONS "drrun-*" /* credentials.h: how sessions are named */

static const char *input_argument, *account_argument, *partition_argument, *role_argument, *principal_argument;
static bool trust;

/* What is needed, by who needs it: "" are the credentials that drrun runs with, else a role's ARN.
 *   {principal: {"actions": {action: {resource: true}}, "externalIds": {id: true}, "unknown": true}} */
struct needs {
    json_t *by_principal;
    json_t *here; /* of the call that is being looked at */
    bool unknown_role;
};

static json_t *member(json_t *object, const char *key)
{
    json_t *found = json_object_get(object, key);
    if (found)
        return found;
    found = json_object();
    json_object_set_new(object, key, found);
    return found;
}

static void add(void *data, const char *action, const char *resource)
{
    const struct needs *needs = data;
    json_object_set_new(member(member(needs->here, "actions"), action), resource, json_true());
}

/* The account in an ARN, or `otherwise`. Owned by the caller. */
static char *account_of(const char *arn, const char *otherwise)
{
    for (unsigned colons = 0; arn && colons < 4; colons++) {
        arn = strchr(arn, ':');
        arn = arn ? arn + 1 : NULL;
    }
    return arn && strcspn(arn, ":") == 12 ? dr_copy_bytes(arn, 12) : dr_copy_string(otherwise);
}

static json_t *principal_of(struct needs *needs, const json_t *credentials)
{
    const json_t *role = json_object_get(credentials, "RoleArn"),
                 *external_id = json_object_get(credentials, "ExternalId");
    if (!credentials)
        return member(needs->by_principal, "");
    if (!json_is_string(role) || dr_is_unknown(role)) {
        needs->unknown_role = true;
        return member(needs->by_principal, "");
    }
    json_object_set_new(member(member(member(needs->by_principal, ""), "actions"), "sts:AssumeRole"),
                        json_string_value(role), json_true());
    json_t *principal = member(needs->by_principal, json_string_value(role));
    if (json_is_string(external_id) && !dr_is_unknown(external_id))
        json_object_set_new(member(principal, "externalIds"), json_string_value(external_id), json_true());
    return principal;
}

static void add_reference(struct needs *needs, const struct dr_secret_reference *reference, const char *region,
                          const char *account)
{
    bool secret = strcmp(reference->source, "secretsmanager") == 0, arn = strncmp(reference->name, "arn:", 4) == 0;
    if (strcmp(reference->source, "env") == 0)
        return;
    const char *name = reference->name + (!secret && *reference->name == '/'),
               *any = secret ? dr_aws_iam_secret_end(reference->name) : "";
    char *resource = arn ? dr_format("%s%s", reference->name, any)
                         : dr_format("arn:%s:%s:%s:%s:%s%s%s", partition_argument, secret ? "secretsmanager" : "ssm",
                                     region, account, secret ? "secret:" : "parameter/", name, any);
    add(needs, secret ? "secretsmanager:GetSecretValue" : "ssm:GetParameter", resource);
    free(resource);
}

/* {{resolve:ssm:NAME}} in any string of the arguments: the call's own credentials fetch it. */
static void add_references(struct needs *needs, const json_t *value, const char *region, const char *account)
{
    const char *key;
    json_t *item;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, item) add_references(needs, item, region, account);
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        add_references(needs, json_array_get(value, i), region, account);
    for (const char *at = json_string_value(value); at && (at = strstr(at, OPEN)); at++) {
        const char *start = at + strlen(OPEN), *end = strstr(start, "}}");
        struct dr_secret_reference reference;
        struct dr_error error = {0};
        if (end && dr_secret_reference_parse(start, (size_t)(end - start), &reference, &error)) {
            add_reference(needs, &reference, region, account);
            dr_secret_reference_done(&reference);
        }
        dr_error_done(&error);
    }
}

static void look_at(void *data, const struct dr_reached *reached)
{
    struct needs *needs = data;
    const struct dr_aws_operation *operation = reached->resource ? dr_aws_resource_operation(reached->resource) : NULL;
    needs->here = principal_of(needs, reached->credentials);
    const char *role = json_string_value(json_object_get(reached->credentials, "RoleArn"));
    char *account = account_of(role, account_argument ? account_argument : "*");
    const char *region =
        json_is_string(reached->region) && !dr_is_unknown(reached->region) ? json_string_value(reached->region) : "*";
    add_references(needs, reached->arguments, region, account);
    if (operation) {
        json_t *input = dr_aws_resource_input(reached->resource, reached->arguments);
        dr_aws_iam(&(struct dr_aws_iam_call){.operation = operation,
                                             .input = input,
                                             .partition = partition_argument,
                                             .region = region,
                                             .account = account},
                   add, needs);
        json_decref(input);
    }
    free(account);
}

/* --- Policies -------------------------------------------------------------------------------------------------------
 */

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

/* The keys of an object, sorted, as an array. What "*" holds anyway is left out of resources. */
static json_t *sorted_keys(const json_t *object, bool resources)
{
    size_t count = json_object_size(object), i = 0;
    const char **names = dr_resize(NULL, count + 1, sizeof *names), *key;
    json_t *value, *array = json_array();
    bool all = resources && json_object_get(object, "*");
    json_object_foreach((json_t *)(uintptr_t)object, key, value) names[i++] = key;
    qsort(names, count, sizeof *names, compare_names);
    for (i = 0; i < count; i++)
        if (!all || strcmp(names[i], "*") == 0)
            json_array_append_new(array, json_string(names[i]));
    free(names);
    return array;
}

/* Actions with the same resources stand in one statement. */
static json_t *policy_of(const json_t *principal)
{
    json_t *statements = json_array(), *actions = sorted_keys(json_object_get(principal, "actions"), false);
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const char *action = json_string_value(json_array_get(actions, i));
        json_t *resources = sorted_keys(json_object_get(json_object_get(principal, "actions"), action), true),
               *same = NULL;
        for (size_t j = 0; j < json_array_size(statements) && !same; j++)
            if (json_equal(json_object_get(json_array_get(statements, j), "Resource"), resources))
                same = json_array_get(statements, j);
        if (same)
            json_array_append_new(json_object_get(same, "Action"), json_string(action));
        else
            json_array_append_new(
                statements, json_pack("{s:s,s:[s],s:O}", "Effect", "Allow", "Action", action, "Resource", resources));
        json_decref(resources);
    }
    json_decref(actions);
    return json_pack("{s:s,s:o}", "Version", "2012-10-17", "Statement", statements);
}

/* Who may assume the role: whoever runs drrun, with the runbook's external id, in sessions that drrun names. */
static json_t *trust_of(const json_t *principal)
{
    json_t *condition = json_pack("{s:{s:s}}", "StringLike", "sts:RoleSessionName", SESSIONS);
    json_t *ids = sorted_keys(json_object_get(principal, "externalIds"), false);
    if (json_array_size(ids) > 0)
        json_object_set_new(condition, "StringEquals", json_pack("{s:O}", "sts:ExternalId", ids));
    json_decref(ids);
    return json_pack("{s:s,s:[{s:s,s:{s:s},s:s,s:o}]}", "Version", "2012-10-17", "Statement", "Effect", "Allow",
                     "Principal", "AWS", principal_argument, "Action", "sts:AssumeRole", "Condition", condition);
}

/* Everything, for --json: {"Policy", "Roles": {arn: {"Policy", "TrustPolicy"}}}. */
static json_t *all_of(const struct needs *needs)
{
    json_t *roles = json_object(), *principal;
    const char *arn;
    json_object_foreach(needs->by_principal, arn, principal)
    {
        if (*arn)
            json_object_set_new(
                roles, arn, json_pack("{s:o,s:o}", "Policy", policy_of(principal), "TrustPolicy", trust_of(principal)));
    }
    return json_pack("{s:o,s:o}", "Policy", policy_of(json_object_get(needs->by_principal, "")), "Roles", roles);
}

static int print_needs(const struct needs *needs)
{
    const char *arn;
    json_t *principal, *document;
    if (needs->unknown_role)
        dr_complain("the RoleArn of a Task is not known before a run: what it needs is counted as the runner's own; "
                    "--input may tell it");
    if (role_argument) {
        principal = json_object_get(needs->by_principal, role_argument);
        if (!principal || !*role_argument) {
            dr_complain("no Task runs as %s", role_argument);
            json_object_foreach(needs->by_principal, arn, principal) if (*arn) dr_say("  %s\n", arn);
            return DR_EXIT_USAGE;
        }
        document = trust ? trust_of(principal) : policy_of(principal);
    } else if (dr_globals.json) {
        document = all_of(needs);
    } else {
        document = policy_of(json_object_get(needs->by_principal, ""));
        json_object_foreach(needs->by_principal, arn, principal) if (*arn)
            dr_say("Tasks run as %s too: --role prints its policy, --role with --trust its trust\n", arn);
    }
    struct dr_text text = {0};
    bool printed = dr_text_json_pretty(&text, document, SIZE_MAX);
    printed = printed && dr_print("%s\n", text.bytes);
    dr_text_done(&text);
    json_decref(document);
    return printed ? DR_EXIT_SUCCESS : DR_EXIT_SYSTEM;
}

/* What is declared and not given is not known; without Inputs nothing is. */
static json_t *known_input(const struct dr_runbook *runbook, const json_t *given)
{
    if (!given && !runbook->inputs)
        return dr_unknown();
    json_t *input = given ? json_copy((json_t *)(uintptr_t)given) : json_object(), *schema;
    const char *name;
    json_object_foreach((json_t *)(uintptr_t)runbook->inputs, name, schema)
    {
        if (!json_object_get(input, name))
            json_object_set_new(input, name, dr_unknown());
    }
    return input;
}

static int run(const struct dr_words *words)
{
    if (words->count != 1)
        return dr_usage(&dr_command_iam, words->count ? "one file at a time" : "which file?");
    if (trust && !role_argument)
        return dr_usage(&dr_command_iam, "--trust needs --role: whose trust?");
    partition_argument = partition_argument ? partition_argument : "aws";
    json_t *given = input_argument ? dr_json_argument("--input", input_argument) : NULL;
    if (input_argument && !json_is_object(given)) {
        if (given)
            dr_complain("--input must be an object");
        json_decref(given);
        return DR_EXIT_INVALID;
    }
    struct dr_catalogue *catalogue = dr_open_catalogue();
    struct dr_diagnostics found = {0};
    struct dr_program *program = dr_program_load(words->items[0], catalogue, &found);
    int status = DR_EXIT_INVALID;
    dr_print_findings(&found, program != NULL);
    if (program) {
        struct needs needs = {.by_principal = json_object()};
        char *runner = account_argument ? dr_format("arn:%s:iam::%s:root", partition_argument, account_argument) : NULL;
        const char *named = principal_argument;
        principal_argument = named ? named : runner ? runner : "*";
        if (trust && !named)
            dr_complain("--principal ARN names who may assume the role; without it the trust is for %s",
                        principal_argument);
        json_t *input = known_input(program->runbook, given);
        member(needs.by_principal, "");
        dr_reach(program, catalogue, input, look_at, &needs);
        status = print_needs(&needs);
        json_decref(input);
        json_decref(needs.by_principal);
        principal_argument = named;
        free(runner);
    }
    json_decref(given);
    dr_program_free(program);
    dr_catalogue_free(catalogue);
    return status;
}

static const struct dr_option options[] = {
    {.name = "--input",
     .argument = "JSON|@FILE|-",
     .help = "what of the input is known: names in it become resources",
     .value = &input_argument},
    {.name = "--account",
     .argument = "ID",
     .help = "the account of what drrun's own credentials reach (default *)",
     .value = &account_argument},
    {.name = "--partition",
     .argument = "NAME",
     .help = "aws (default), aws-cn, aws-us-gov",
     .value = &partition_argument},
    {.name = "--role",
     .argument = "ARN",
     .help = "the policy of this role of a Task's Credentials",
     .value = &role_argument},
    {.name = "--trust", .help = "with --role: the role's trust policy instead", .flag = &trust},
    {.name = "--principal",
     .argument = "ARN",
     .help = "with --trust: who runs drrun (default the account's root)",
     .value = &principal_argument},
    {0}};

const struct dr_command dr_command_iam = {
    .name = "iam",
    .synopsis = "FILE [--input JSON|@FILE|-] [--account ID] [--role ARN [--trust]]",
    .summary = "Print the least-privilege IAM policy that a runbook needs.",
    .help = "Examples:\n"
            "  drrun iam failover.yaml --account 111122223333 > policy.json\n"
            "  drrun iam failover.yaml --input @input.json      # names of the input become resources\n"
            "  drrun iam failover.yaml --role arn:aws:iam::222233334444:role/recovery --trust --principal ARN\n"
            "  drrun iam failover.yaml --json | jq '.Roles | keys'\n"
            "\n"
            "Every AWS call that some way through the runbook leads to, also inside actions, with the resources that\n"
            "its arguments name as far as they are known before a run. What is not known is *. By default the policy\n"
            "of the credentials that drrun runs with; with --json those of all roles too.\n"
            "\n"
            "Exit status: 0 printed; 2 wrong usage; 3 the runbook is invalid.",
    .options = options,
    .run = run,
};

/* One state: what all types share, then what its type has. The tables in fields.c say what may be written; here it is
 * compiled. */
#include "interpreter/definition/parse.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"

#include <string.h>

/* Transitions are followed with what they assign, for graph.c and variables.c. */
static void add_edge(struct dr_state_parse *at, const struct dr_state *to, const struct dr_node *assign)
{
    dr_block_edge(at->parser, at->parser->block, at->state, to, assign);
}

static bool has_result(const struct dr_state *state)
{
    return state->kind == DR_TASK || state->kind == DR_PARALLEL || state->kind == DR_MAP;
}

/* --- Errors
 * ------------------------------------------------------------------------------------------------------------------ */

/* States.ALL stands alone, and last, because nothing behind it could ever match. */
static void check_error_names(struct dr_state_parse *at, const struct dr_node *list, size_t position,
                              const struct dr_where *outer)
{
    const struct dr_node *names = dr_node_member(list->children.items[position], "ErrorEquals");
    if (names == NULL || names->kind != DR_NODE_LIST)
        return;
    for (size_t i = 0; i < names->children.count; i++) {
        const struct dr_node *name = names->children.items[i];
        if (name->kind != DR_NODE_STRING || strcmp(name->string.bytes, "States.ALL") != 0)
            continue;
        const struct dr_where where = {outer, "ErrorEquals", 0}, item = {&where, NULL, i};
        if (names->children.count > 1)
            dr_mistake(at->parser, &item, name->place, DR_SCHEMA,
                       dr_copy_string("It matches every error: leave out the others, or give it an entry of its own"),
                       "States.ALL must appear alone in ErrorEquals");
        if (position + 1 < list->children.count)
            dr_mistake(at->parser, &item, name->place, DR_SCHEMA,
                       dr_copy_string("Put this entry at the end of the list: nothing behind it can ever match"),
                       "States.ALL must appear in the last entry of %s", list->key);
    }
}

static double number_of(const struct dr_node *node, double otherwise)
{
    if (node && node->kind == DR_NODE_INTEGER)
        return (double)node->integer;
    return node && node->kind == DR_NODE_REAL ? node->real : otherwise;
}

static void parse_retrier(struct dr_state_parse *at, const struct dr_node *list, size_t position,
                          struct dr_retrier *retrier, const struct dr_where *where)
{
    const struct dr_node *node = list->children.items[position];
    if (!dr_form_check(at->parser, &dr_retrier_form, node, at->state->language, where))
        return;
    check_error_names(at, list, position, where);
    retrier->errors = dr_strings_parse(at->parser->arena, dr_node_member(node, "ErrorEquals"), &retrier->error_count);
    retrier->interval_seconds = number_of(dr_node_member(node, "IntervalSeconds"), 1);
    retrier->attempts_max = (int64_t)number_of(dr_node_member(node, "MaxAttempts"), 3);
    retrier->backoff_rate = number_of(dr_node_member(node, "BackoffRate"), 2.0);
    const struct dr_node *most = dr_node_member(node, "MaxDelaySeconds"),
                         *jitter = dr_node_member(node, "JitterStrategy");
    retrier->delay_max_seconds = number_of(most, 0);
    retrier->jitter = jitter && jitter->kind == DR_NODE_STRING && strcmp(jitter->string.bytes, "FULL") == 0;
    if (most && retrier->delay_max_seconds > 0 && retrier->delay_max_seconds < retrier->interval_seconds) {
        const struct dr_where field = {where, "MaxDelaySeconds", 0};
        dr_mistake(at->parser, &field, most->place, DR_SCHEMA, NULL,
                   "\"MaxDelaySeconds\" (%.15g) must not be less than \"IntervalSeconds\" (%.15g)",
                   retrier->delay_max_seconds, retrier->interval_seconds);
    }
}

static void parse_catcher(struct dr_state_parse *at, const struct dr_node *list, size_t position,
                          struct dr_catcher *catcher, const struct dr_where *where)
{
    const struct dr_node *node = list->children.items[position];
    catcher->result = (struct dr_data_path){at->parser->root, true};
    if (!dr_form_check(at->parser, &dr_catcher_form, node, at->state->language, where))
        return;
    check_error_names(at, list, position, where);
    catcher->errors = dr_strings_parse(at->parser->arena, dr_node_member(node, "ErrorEquals"), &catcher->error_count);
    const struct dr_where next = {where, "Next", 0};
    catcher->next = dr_target_parse(at, dr_node_member(node, "Next"), &next);
    const struct dr_node *assign = dr_form_member(&dr_catcher_form, node, "Assign");
    at->inside = dr_arena_format(at->parser->arena, "Catch[%zu]", position);
    if (at->state->language == DR_JSONPATH)
        catcher->result =
            dr_data_path_parse(at, dr_form_member(&dr_catcher_form, node, "ResultPath"), "ResultPath", where);
    else
        catcher->output = dr_template_parse(at, dr_node_member(node, "Output"), "Output", DR_IN_CATCH);
    catcher->assign = dr_template_parse(at, assign, "Assign", DR_IN_CATCH);
    at->inside = NULL;
    dr_assign_check(at, assign, where);
    add_edge(at, catcher->next, assign);
}

static void parse_retry_and_catch(struct dr_state_parse *at)
{
    const struct dr_node *retry = dr_member(at, "Retry"), *catch = dr_member(at, "Catch");
    if (retry) {
        struct dr_retrier *retriers = dr_arena_alloc(at->parser->arena, (retry->children.count + 1) * sizeof *retriers);
        const struct dr_where where = {at->where, "Retry", 0};
        for (size_t i = 0; i < retry->children.count; i++) {
            const struct dr_where item = {&where, NULL, i};
            parse_retrier(at, retry, i, &retriers[i], &item);
        }
        at->state->retriers = retriers;
        at->state->retrier_count = retry->children.count;
    }
    if (catch) {
        struct dr_catcher *catchers = dr_arena_alloc(at->parser->arena, (catch->children.count + 1) * sizeof *catchers);
        const struct dr_where where = {at->where, "Catch", 0};
        for (size_t i = 0; i < catch->children.count; i++) {
            const struct dr_where item = {&where, NULL, i};
            parse_catcher(at, catch, i, &catchers[i], &item);
        }
        at->state->catchers = catchers;
        at->state->catcher_count = catch->children.count;
    }
}

/* --- What many types share
 * ---------------------------------------------------------------------------------------------------- */

static void parse_data(struct dr_state_parse *at)
{
    struct dr_state *state = at->state;
    struct dr_data_path whole = {at->parser->root, true};
    state->input_path = state->output_path = state->result_path = whole;
    enum dr_template_place after = has_result(state) ? DR_IN_RESULT : DR_IN_INPUT;
    if (state->language == DR_JSONPATH) {
        state->input_path = dr_data_path_parse(at, dr_member(at, "InputPath"), "InputPath", at->where);
        state->output_path = dr_data_path_parse(at, dr_member(at, "OutputPath"), "OutputPath", at->where);
        state->result_path = dr_data_path_parse(at, dr_member(at, "ResultPath"), "ResultPath", at->where);
        if (state->kind != DR_MAP)
            state->parameters = dr_template_parse(at, dr_member(at, "Parameters"), "Parameters", DR_IN_INPUT);
        state->result_selector = dr_template_parse(at, dr_member(at, "ResultSelector"), "ResultSelector", after);
    } else {
        state->parameters = dr_template_parse(at, dr_member(at, "Arguments"), "Arguments", DR_IN_INPUT);
        state->output = dr_template_parse(at, dr_member(at, "Output"), "Output", after);
    }
    state->assign = dr_template_parse(at, dr_member(at, "Assign"), "Assign", after);
    dr_assign_check(at, dr_member(at, "Assign"), at->where);
    if (state->language == DR_JSONATA) {
        if (state->kind == DR_TASK)
            dr_payload_check(at, dr_member(at, "Arguments"), at->where);
        return;
    }
    static const char *const payloads[] = {"Parameters", "ResultSelector", "ItemSelector"};
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        dr_payload_check(at, dr_member(at, payloads[i]), at->where);
}

static void parse_next(struct dr_state_parse *at)
{
    const struct dr_node *next = dr_member(at, "Next"), *end = dr_member(at, "End");
    if (next) {
        const struct dr_where where = {at->where, "Next", 0};
        at->state->next = dr_target_parse(at, next, &where);
    } else if (end == NULL || !end->boolean) {
        at->dangling = true;
    }
    add_edge(at, at->state->next, dr_member(at, "Assign"));
}

/* --- One function a type
 * ------------------------------------------------------------------------------------------------------- */

static void parse_pass(struct dr_state_parse *at)
{
    const struct dr_node *result = at->state->language == DR_JSONPATH ? dr_member(at, "Result") : NULL;
    if (result)
        at->state->pass.result = dr_arena_json(at->parser->arena, dr_node_json(result));
}

/* No Region's name begins with "$" or "States.": with JSONPath that is the same as RegionPath. */
static bool is_computed_region(const struct dr_state_parse *at, const struct dr_node *region)
{
    return region && at->state->language == DR_JSONPATH && region->kind == DR_NODE_STRING &&
           !dr_has_placeholder(region) &&
           (region->string.bytes[0] == '$' || strncmp(region->string.bytes, "States.", 7) == 0);
}

/* The Region that an ARN names; NULL: none, or no ARN. */
static const char *region_of_arn(const struct dr_state_parse *at, const struct dr_node *resource)
{
    const char *part = resource ? resource->string.bytes : NULL;
    if (part == NULL || strncmp(part, "arn:", 4) != 0 || dr_has_placeholder(resource))
        return NULL;
    for (int i = 0; i < 3 && part; i++)
        part = strchr(part, ':') ? strchr(part, ':') + 1 : NULL;
    size_t size = part ? strcspn(part, ":") : 0;
    return size > 0 ? dr_arena_string(at->parser->arena, part, size) : NULL;
}

/* The Region that a task certainly goes to, NULL if that cannot be known or is no matter: the one in its ARN, its own,
 * or the runbook's if it calls AWS. */
static const char *region_of(struct dr_state_parse *at, const struct dr_node **ret_node)
{
    const struct dr_node *region = dr_node_member(at->node, "Region"), *resource = dr_member(at, "Resource");
    const char *in_arn = region_of_arn(at, resource);
    *ret_node = region && !in_arn ? region : resource;
    if (in_arn)
        return in_arn;
    if (region)
        return region->kind == DR_NODE_STRING && !is_computed_region(at, region) ? region->string.bytes : NULL;
    if (resource == NULL || dr_node_member(at->node, "RegionPath"))
        return NULL;
    const char *name = resource->string.bytes;
    bool of_aws = strncmp(name, "arn:", 4) == 0 || strncmp(name, "aws-sdk:", 8) == 0;
    return of_aws ? at->parser->runbook->region : NULL;
}

/* What an ARN names is where the ARN says, whatever the Task's Region. */
static void check_two_regions(struct dr_state_parse *at, const struct dr_node *region, const struct dr_node *resource)
{
    const char *in_arn = region_of_arn(at, resource);
    if (in_arn == NULL || region == NULL || region->kind != DR_NODE_STRING || is_computed_region(at, region) ||
        dr_is_expression(region) || dr_has_placeholder(region) || strcmp(region->string.bytes, in_arn) == 0)
        return;
    dr_doubt(at->parser, &(struct dr_where){at->where, "Region", 0}, region->place, DR_TWO_REGIONS,
             dr_format("Leave out Region, or name what is in %s", region->string.bytes),
             "The Resource is in %s, as its ARN says: the Region %s has no effect", in_arn, region->string.bytes);
}

/* Also a Catch of the Parallel or Map around it is a way on without that Region. */
static bool is_caught(const struct dr_state_parse *at)
{
    if (at->state->catcher_count > 0)
        return true;
    for (const struct dr_block *block = at->parser->block; block && block->container; block = block->outer)
        if (block->container->catcher_count > 0)
            return true;
    return false;
}

static void check_impaired(struct dr_state_parse *at)
{
    const struct dr_runbook *runbook = at->parser->runbook;
    const struct dr_node *node;
    const char *region = runbook && runbook->impaired_count > 0 ? region_of(at, &node) : NULL;
    if (region == NULL || is_caught(at))
        return;
    for (size_t i = 0; i < runbook->impaired_count; i++) {
        if (strcmp(runbook->impaired[i], region) != 0)
            continue;
        const struct dr_where where = {at->where, node->key, 0};
        dr_mistake(at->parser, &where, node->place, DR_IMPAIRED,
                   dr_copy_string("Give the state a Catch that goes on without that Region"),
                   "State \"%s\" depends on the Region %s, which Runbook.Impaired says may be gone, and has no Catch",
                   at->state->name, region);
    }
}

static void check_heartbeat(struct dr_state_parse *at)
{
    const json_t *timeout = at->state->task.timeout.constant, *heartbeat = at->state->task.heartbeat.constant;
    if (!json_is_integer(timeout) || !json_is_integer(heartbeat) ||
        json_integer_value(heartbeat) < json_integer_value(timeout))
        return;
    const struct dr_where where = {at->where, "HeartbeatSeconds", 0};
    dr_mistake(at->parser, &where, dr_node_member(at->node, "HeartbeatSeconds")->place, DR_SCHEMA, NULL,
               "\"HeartbeatSeconds\" must be smaller than \"TimeoutSeconds\"");
}

/* "RoleArn", "RoleArn.$", "ExternalId", "ExternalId.$". */
static void check_credential(struct dr_state_parse *at, const struct dr_node *node, const struct dr_where *outer)
{
    static const char *const names[] = {"RoleArn", "ExternalId"};
    const struct dr_where where = {outer, node->key, 0};
    size_t length = strlen(node->key);
    bool path = at->state->language == DR_JSONPATH && length > 2 && strcmp(node->key + length - 2, ".$") == 0;
    size_t named = path ? length - 2 : length;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) != named || strncmp(names[i], node->key, named) != 0)
            continue;
        if (!path && node->kind != DR_NODE_STRING && !dr_has_placeholder(node))
            dr_mistake(at->parser, &where, node->place, DR_SCHEMA, NULL, "\"%s\" must be a string, not %s", names[i],
                       dr_node_kind_name(node->kind));
        else if (i == 0 && !path && !dr_is_expression(node) && !dr_has_placeholder(node) &&
                 !dr_is_role_arn(node->string.bytes))
            dr_mistake(at->parser, &where, node->place, DR_SCHEMA,
                       dr_copy_string("arn:aws:iam::123456789012:role/NAME"),
                       "\"RoleArn\" must be the ARN of an IAM role");
        return;
    }
    dr_mistake(at->parser, &where, node->key_place, DR_SCHEMA, NULL,
               "Field '%s' is not supported in Credentials: it takes RoleArn and ExternalId", node->key);
}

static void parse_credentials(struct dr_state_parse *at)
{
    const struct dr_node *node = dr_member(at, "Credentials");
    if (node == NULL)
        return;
    const struct dr_where where = {at->where, "Credentials", 0};
    if (node->kind != DR_NODE_MAP && !(at->state->language == DR_JSONATA && dr_is_expression(node)) &&
        !dr_has_placeholder(node)) {
        dr_mistake(at->parser, &where, node->place, DR_SCHEMA, NULL,
                   "\"Credentials\" must be a map with RoleArn, not %s", dr_node_kind_name(node->kind));
        return;
    }
    for (size_t i = 0; node->kind == DR_NODE_MAP && i < node->children.count; i++)
        check_credential(at, node->children.items[i], &where);
    at->state->task.credentials = dr_template_parse(at, node, "Credentials", DR_IN_INPUT);
}

static void parse_task(struct dr_state_parse *at)
{
    struct dr_state *state = at->state;
    state->task.timeout = dr_setting_parse(at, at->form, at->node, "TimeoutSeconds", "TimeoutSecondsPath", at->where);
    state->task.heartbeat =
        dr_setting_parse(at, at->form, at->node, "HeartbeatSeconds", "HeartbeatSecondsPath", at->where);
    const struct dr_node *region = dr_member(at, "Region");
    if (is_computed_region(at, region))
        state->task.region = dr_setting_parse_path(at, at->form, region, "RegionPath", at->where);
    else
        state->task.region = dr_setting_parse(at, at->form, at->node, "Region", "RegionPath", at->where);
    if (!is_computed_region(at, region))
        dr_region_check(at->parser, region, &(struct dr_where){at->where, "Region", 0});
    parse_credentials(at);
    check_heartbeat(at);
    const struct dr_node *resource = dr_member(at, "Resource");
    if (resource == NULL) { /* missing, which is reported; or a template engine's { "Fn::GetAtt": ... } */
        state->task.resource_text = "";
        check_impaired(at);
        return;
    }
    const struct dr_node *arguments =
        dr_node_member(at->node, state->language == DR_JSONATA ? "Arguments" : "Parameters");
    state->task.resource_text = resource->string.bytes;
    check_two_regions(at, region, resource);
    state->task.resource = dr_resource_parse(at->parser, resource, arguments, state->language, at->where);
    check_impaired(at);
    if (state->task.resource)
        dr_arguments_check(at->parser, state->task.resource, at->node, arguments, state->language, NULL, at->where);
    if (state->task.resource)
        dr_errors_check(at->parser, state->task.resource, at->node, at->where);
}

static void parse_choice(struct dr_state_parse *at)
{
    const struct dr_node *choices = dr_member(at, "Choices"), *otherwise = dr_member(at, "Default");
    size_t count = choices ? choices->children.count : 0;
    struct dr_choice_rule *rules = dr_arena_alloc(at->parser->arena, (count + 1) * sizeof *rules);
    const struct dr_where list = {at->where, "Choices", 0};
    for (size_t i = 0; i < count; i++) {
        const struct dr_node *node = choices->children.items[i];
        const struct dr_where where = {&list, NULL, i}, next = {&where, "Next", 0};
        if (!dr_form_check(at->parser, &dr_choice_rule_form, node, at->state->language, &where))
            continue;
        const char *other = at->state->language == DR_JSONPATH ? "Condition" : "Variable";
        bool foreign = dr_node_member(node, other) != NULL; /* of the other language: reported already */
        at->inside = dr_arena_format(at->parser->arena, "Choices[%zu]", i);
        rules[i].test = foreign ? NULL : dr_rule_parse(at, node);
        rules[i].next = dr_target_parse(at, dr_node_member(node, "Next"), &next);
        const struct dr_node *assign = dr_form_member(&dr_choice_rule_form, node, "Assign");
        rules[i].assign = dr_template_parse(at, assign, "Assign", DR_IN_INPUT);
        if (at->state->language == DR_JSONATA)
            rules[i].output = dr_template_parse(at, dr_node_member(node, "Output"), "Output", DR_IN_INPUT);
        dr_assign_check(at, assign, &where);
        add_edge(at, rules[i].next, assign);
    }
    at->inside = NULL;
    at->state->choice.rules = rules;
    at->state->choice.count = count;
    if (otherwise) {
        const struct dr_where where = {at->where, "Default", 0};
        at->state->choice.otherwise = dr_target_parse(at, otherwise, &where);
        add_edge(at, at->state->choice.otherwise, dr_member(at, "Assign"));
    }
}

static void parse_wait(struct dr_state_parse *at)
{
    struct dr_state *state = at->state;
    struct dr_setting seconds = dr_setting_parse(at, at->form, at->node, "Seconds", "SecondsPath", at->where);
    struct dr_setting timestamp = dr_setting_parse(at, at->form, at->node, "Timestamp", "TimestampPath", at->where);
    state->wait.kind = seconds.field ? DR_WAIT_SECONDS : DR_WAIT_TIMESTAMP;
    state->wait.setting = seconds.field ? seconds : timestamp;
    const struct dr_node *text = dr_member(at, "Timestamp");
    if (text == NULL || timestamp.constant == NULL || dr_has_placeholder(text))
        return;
    if (!dr_time_parse(text->string.bytes, text->string.size, &state->wait.at_ms, NULL)) {
        const struct dr_where where = {at->where, "Timestamp", 0};
        dr_mistake(at->parser, &where, text->place, DR_SCHEMA,
                   dr_copy_string("As in 2026-11-21T03:00:00Z or 2026-11-21T03:00:00.5+01:00"),
                   "String does not match RFC3339 timestamp");
    }
}

static void parse_fail(struct dr_state_parse *at)
{
    at->state->fail.error = dr_setting_parse(at, at->form, at->node, "Error", "ErrorPath", at->where);
    at->state->fail.cause = dr_setting_parse(at, at->form, at->node, "Cause", "CausePath", at->where);
}

static void parse_parallel(struct dr_state_parse *at)
{
    const struct dr_node *branches = dr_member(at, "Branches");
    size_t count = branches ? branches->children.count : 0;
    const struct dr_machine **machines = dr_arena_alloc(at->parser->arena, (count + 1) * sizeof *machines);
    const struct dr_where list = {at->where, "Branches", 0};
    for (size_t i = 0; i < count; i++) {
        const struct dr_where where = {&list, NULL, i};
        machines[i] = dr_machine_parse(at->parser, &dr_branch_form, branches->children.items[i], at->state, &where);
    }
    at->state->parallel.branches = machines;
    at->state->parallel.count = count;
}

static void parse_nothing(struct dr_state_parse *at)
{
    (void)at;
}

static void (*const parsers[])(struct dr_state_parse *) = {
    [DR_PASS] = parse_pass,       [DR_TASK] = parse_task, [DR_CHOICE] = parse_choice,     [DR_WAIT] = parse_wait,
    [DR_SUCCEED] = parse_nothing, [DR_FAIL] = parse_fail, [DR_PARALLEL] = parse_parallel, [DR_MAP] = dr_map_parse,
};

void dr_state_parse(struct dr_state_parse *at)
{
    struct dr_state *state = at->state;
    const struct dr_node *comment = dr_node_member(at->node, "Comment");
    if (comment && comment->kind == DR_NODE_STRING)
        state->comment = comment->string.bytes;
    parse_data(at);
    parse_retry_and_catch(at);
    if (state->kind != DR_CHOICE && state->kind != DR_SUCCEED && state->kind != DR_FAIL)
        parse_next(at);
    parsers[state->kind](at);
}

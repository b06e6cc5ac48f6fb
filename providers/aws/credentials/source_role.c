/* A profile with role_arn: the identity of source_profile or credential_source assumes the role. */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/aws/credentials/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DURATION_MIN_S = 900, DURATION_MAX_S = 43200 };

struct role {
    struct dr_aws_search search;
    struct dr_aws_quest quest, source_quest; /* of this profile; of whom its source is */
    struct dr_aws_visited visited;
    const char *arn;
    struct dr_aws_search *under_way; /* the source's identity, then the role */
    int64_t duration_s;
    dr_aws_finding_fn *fn;
    void *data;
};

static const char *key_of(const struct dr_aws_quest *quest, const char *key)
{
    const char *value = dr_aws_settings_get(quest->settings, "profile", quest->profile, key);
    return value && *value ? value : NULL;
}

static void cancel(struct dr_aws_search *search)
{
    struct role *role = (struct role *)search;
    dr_aws_search_cancel(role->under_way);
    free(role);
}

static void answer(struct role *role, struct dr_aws_finding *finding)
{
    dr_aws_finding_fn *fn = role->fn;
    void *data = role->data;
    free(role);
    fn(data, finding);
}

static void assumed(void *data, struct dr_aws_finding *finding)
{
    struct role *role = data;
    if (finding->kind != DR_AWS_FOUND)
        dr_aws_failed(finding, "the profile \"%s\": %s", role->quest.profile, finding->why);
    answer(role, finding);
}

/* The source has answered: with its identity the role is assumed. */
static void assume(struct role *role, struct dr_aws_finding *finding)
{
    const struct dr_aws_quest *quest = &role->quest;
    const char *session = key_of(quest, "role_session_name");
    if (!session)
        session = dr_aws_settings_environment(quest->settings, "AWS_ROLE_SESSION_NAME");
    if (!session)
        session = quest->session_name ? quest->session_name : "drrun";
    char *source = dr_format("profile %s (role %s)", quest->profile, role->arn);
    role->under_way = dr_aws_assume_start(quest,
                                          &(struct dr_aws_assuming){.role_arn = role->arn,
                                                                    .session_name = session,
                                                                    .external_id = key_of(quest, "external_id"),
                                                                    .mfa_serial = key_of(quest, "mfa_serial"),
                                                                    .duration_s = role->duration_s,
                                                                    .identity = &finding->identity,
                                                                    .source = source},
                                          assumed, role);
    free(source);
}

static void sourced(struct role *role, struct dr_aws_finding *finding)
{
    const char *source = key_of(&role->quest, "source_profile");
    if (finding->kind == DR_AWS_FOUND)
        assume(role, finding);
    else if (source)
        dr_aws_failed(finding, "the profile \"%s\" has source_profile = %s, which has no credentials:\n%s",
                      role->quest.profile, source, finding->why);
    else
        dr_aws_failed(finding, "the profile \"%s\" has credential_source = %s, which has none: %s", role->quest.profile,
                      key_of(&role->quest, "credential_source"), finding->why);
}

static void source_answered(void *data, struct dr_aws_finding *finding)
{
    struct role *role = data;
    role->under_way = NULL;
    sourced(role, finding);
    if (role->under_way)
        dr_aws_finding_done(finding);
    else
        answer(role, finding);
}

/* --- Whose identity -------------------------------------------------------------------------------------------------
 */

static bool has_keys(const struct dr_aws_quest *quest)
{
    return key_of(quest, "aws_access_key_id") || key_of(quest, "aws_secret_access_key");
}

/* false with a finding: the profiles go round in circles, or too deep. A profile may be its own source if it has keys.
 */
static bool check_visited(const struct role *role, const char *source, struct dr_aws_finding *ret_finding)
{
    struct dr_aws_quest own = role->quest;
    unsigned depth = 0;
    if (strcmp(source, own.profile) == 0 && has_keys(&own))
        return true;
    for (const struct dr_aws_visited *at = &role->visited; at; at = at->outer, depth++)
        if (strcmp(at->profile, source) == 0) {
            dr_aws_failed(ret_finding, "the profile \"%s\" has source_profile = %s, which leads back to it: a loop",
                          own.profile, source);
            return false;
        }
    if (depth <= DR_AWS_ROLE_DEPTH_MAX)
        return true;
    dr_aws_failed(ret_finding, "more than %u roles lead to one another by source_profile", DR_AWS_ROLE_DEPTH_MAX);
    return false;
}

static dr_aws_source_fn *find_source(struct role *role, struct dr_aws_finding *ret_finding)
{
    const struct dr_aws_quest *quest = &role->quest;
    const char *source = key_of(quest, "source_profile"), *named = key_of(quest, "credential_source");
    if (!source == !named) {
        dr_aws_failed(ret_finding,
                      "the profile \"%s\" has role_arn, and must have %s source_profile %s "
                      "credential_source",
                      quest->profile, source ? "one of" : "either", source ? "and" : "or");
        return NULL;
    }
    if (named) {
        dr_aws_source_fn *start = dr_aws_source_named(named);
        if (!start)
            dr_aws_failed(ret_finding,
                          "the profile \"%s\" has credential_source = %s, which is not one of Environment, "
                          "Ec2InstanceMetadata, EcsContainer",
                          quest->profile, named);
        return start;
    }
    if (!dr_aws_settings_has(quest->settings, "profile", source)) {
        dr_aws_failed(ret_finding, "the profile \"%s\" has source_profile = %s, which does not exist", quest->profile,
                      source);
        return NULL;
    }
    if (!check_visited(role, source, ret_finding))
        return NULL;
    role->source_quest.profile = source;
    role->source_quest.use_environment = false;
    role->source_quest.visited = &role->visited;
    return dr_aws_chain_start_profile;
}

/* false with a finding. */
static bool read_duration(struct role *role, struct dr_aws_finding *ret_finding)
{
    const char *text = key_of(&role->quest, "duration_seconds");
    char *end = NULL;
    errno = 0;
    long long seconds = text ? strtoll(text, &end, 10) : 0;
    if (text && (errno || *end || end == text || seconds < DURATION_MIN_S || seconds > DURATION_MAX_S)) {
        dr_aws_failed(ret_finding, "the profile \"%s\" has a duration_seconds that is not a number of %d to %d",
                      role->quest.profile, DURATION_MIN_S, DURATION_MAX_S);
        return false;
    }
    role->duration_s = seconds;
    return true;
}

struct dr_aws_search *dr_aws_source_role(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                         dr_aws_finding_fn *fn, void *data)
{
    const char *arn = key_of(quest, "role_arn");
    /* Below a source_profile its keys come first: it may be the profile itself. A web identity is another source. */
    if (!arn || key_of(quest, "web_identity_token_file") || (quest->visited && has_keys(quest))) {
        dr_aws_nothing(ret_finding, "the profile \"%s\" has no role_arn%s", quest->profile, arn ? " of this kind" : "");
        return NULL;
    }
    struct role *role = dr_alloc(sizeof *role);
    *role = (struct role){.search = {cancel},
                          .quest = *quest,
                          .source_quest = *quest,
                          .visited = {quest->profile, quest->visited},
                          .arn = arn,
                          .fn = fn,
                          .data = data};
    dr_aws_source_fn *start = read_duration(role, ret_finding) ? find_source(role, ret_finding) : NULL;
    if (start) {
        role->under_way = start(&role->source_quest, ret_finding, source_answered, role);
        if (!role->under_way) {
            sourced(role, ret_finding);
            if (role->under_way)
                dr_aws_finding_done(ret_finding);
        }
    }
    if (role->under_way)
        return &role->search;
    free(role);
    return NULL;
}

/* The identities of a run: the chain's own, and one for each role, kept, renewed before they expire, and looked for
 * only once however many ask.
 *
 * As in the SDKs, an identity is renewed by the first who asks within its last 15 minutes (the others go on with the
 * old one), and all wait for that within the last 10. A renewal that fails does no harm while the old one is valid. */
#include "providers/aws/credentials/credentials.h"

#include "interpreter/base/text.h"
#include "providers/aws/client/client.h"
#include "providers/aws/credentials/ask.h"
#include "providers/aws/credentials/source.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    ADVISORY_MS = 15 * 60 * 1000,
    MANDATORY_MS = 10 * 60 * 1000,
    AFTER_FAILURE_MS = 60 * 1000, /* until a renewal that failed is tried again */
};

struct dr_aws_lookup { /* an asker */
    struct dr_aws_lookup *previous, *next;
    struct entry *entry;
    struct dr_handle *timer; /* it is answered from the cache, in a moment */
    char *region, *session_name;
    bool due; /* what has ended answers it */
    dr_aws_identity_fn *fn;
    void *data;
};

struct entry {
    struct entry *next;
    struct dr_aws_credentials *credentials;
    char *arn, *external_id, *session_name, *region; /* all NULL: the chain */
    struct dr_aws_identity identity;
    bool known;
    char *source;
    int64_t renew_after_ms; /* not before, within the last minutes */
    struct dr_aws_lookup *first, *last;
    /* What is under way, if `looking`: */
    bool looking, renewed_base;
    struct dr_runtime *runtime;
    char *for_region, *for_session;
    struct dr_handle *start;
    struct dr_aws_search *search;
    struct dr_aws_lookup *base; /* a role: the chain's identity, which assumes it */
};

struct dr_aws_credentials {
    struct dr_aws *aws;
    dr_aws_say_fn *say;
    void *say_data;
    struct entry chain;
    struct entry *roles;
};

/* --- Askers
 * ------------------------------------------------------------------------------------------------------------- */

static void append(struct entry *entry, struct dr_aws_lookup *lookup)
{
    lookup->previous = entry->last;
    *(entry->last ? &entry->last->next : &entry->first) = lookup;
    entry->last = lookup;
}

static void unlink_lookup(struct entry *entry, struct dr_aws_lookup *lookup)
{
    *(lookup->previous ? &lookup->previous->next : &entry->first) = lookup->next;
    *(lookup->next ? &lookup->next->previous : &entry->last) = lookup->previous;
    free(lookup->region);
    free(lookup->session_name);
    free(lookup);
}

static void answer_one(struct entry *entry, struct dr_aws_lookup *lookup, const char *problem)
{
    dr_aws_identity_fn *fn = lookup->fn;
    void *data = lookup->data;
    unlink_lookup(entry, lookup);
    if (problem) {
        fn(data, NULL, problem);
        return;
    }
    struct dr_aws_identity identity = {0}; /* a copy: what the callback does may renew the entry */
    dr_aws_identity_copy(&identity, &entry->identity);
    fn(data, &identity, NULL);
    dr_aws_identity_done(&identity);
}

static bool is_same_region(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Those who wait are answered; new ones, who come meanwhile, are not among them. Of a failure of the chain only those
 * hear who asked for the same Region: STS may be gone in one and there in the next. */
static void answer_all(struct entry *entry, const char *problem, const char *region)
{
    for (struct dr_aws_lookup *lookup = entry->first; lookup; lookup = lookup->next)
        lookup->due = !lookup->timer && (!problem || entry->arn || is_same_region(lookup->region, region));
    for (struct dr_aws_lookup *lookup = entry->first; lookup;) {
        if (!lookup->due) {
            lookup = lookup->next;
            continue;
        }
        answer_one(entry, lookup, problem);
        lookup = entry->first;
    }
}

/* --- Looking
 * ------------------------------------------------------------------------------------------------------------ */

static void begin(void *data);

static void stop_looking(struct entry *entry)
{
    if (entry->start)
        dr_runtime_cancel(entry->runtime, entry->start);
    dr_aws_search_cancel(entry->search);
    dr_aws_credentials_cancel(entry->base);
    entry->start = NULL;
    entry->search = NULL;
    entry->base = NULL;
    entry->looking = false;
    free(entry->for_region);
    free(entry->for_session);
    entry->for_region = entry->for_session = NULL;
}

static void start_looking(struct entry *entry, struct dr_runtime *runtime, const struct dr_aws_lookup *asker)
{
    assert(!entry->looking);
    entry->looking = true;
    entry->renewed_base = false;
    entry->runtime = runtime;
    entry->for_region = dr_copy_string(asker->region);
    entry->for_session = dr_copy_string(asker->session_name);
    entry->start = dr_runtime_timer(runtime, dr_runtime_now(runtime), begin, entry);
}

static bool is_valid(const struct entry *entry, int64_t now_ms)
{
    return entry->known && entry->identity.expires_ms > now_ms;
}

static void forget(struct entry *entry)
{
    dr_aws_identity_done(&entry->identity);
    free(entry->source);
    entry->identity = (struct dr_aws_identity){0};
    entry->source = NULL;
    entry->known = false;
}

static struct dr_aws_lookup *first_waiting(const struct entry *entry)
{
    struct dr_aws_lookup *lookup = entry->first;
    while (lookup && lookup->timer)
        lookup = lookup->next;
    return lookup;
}

/* Takes over what was found, and answers. */
static void end(struct entry *entry, struct dr_aws_finding *finding)
{
    struct dr_runtime *runtime = entry->runtime;
    int64_t now_ms = dr_runtime_now(runtime);
    char *problem = NULL;
    if (finding->kind == DR_AWS_FOUND) {
        bool renewal = entry->known;
        forget(entry);
        entry->identity = finding->identity;
        entry->source = finding->source;
        entry->known = true;
        *finding = (struct dr_aws_finding){0};
        /* If even a new one lives for a few minutes only, not every call renews it. */
        int64_t left_ms = entry->identity.expires_ms - now_ms;
        entry->renew_after_ms = renewal && left_ms < ADVISORY_MS ? now_ms + left_ms / 2 : now_ms;
    } else if (is_valid(entry, now_ms))
        entry->renew_after_ms = now_ms + AFTER_FAILURE_MS;
    else {
        problem = finding->why;
        finding->why = NULL;
        forget(entry);
    }
    dr_aws_finding_done(finding);
    char *region = entry->for_region;
    entry->for_region = NULL;
    stop_looking(entry);
    answer_all(entry, problem, region);
    free(region);
    free(problem);
    if (!entry->looking && first_waiting(entry))
        start_looking(entry, runtime, first_waiting(entry));
}

static struct dr_aws_quest quest_of(const struct entry *entry)
{
    const struct dr_aws_settings *settings = dr_aws_settings(entry->credentials->aws);
    return (struct dr_aws_quest){.aws = entry->credentials->aws,
                                 .runtime = entry->runtime,
                                 .settings = settings,
                                 .profile = dr_aws_settings_profile(settings),
                                 .use_environment = !dr_aws_settings_profile_is_explicit(settings),
                                 .region = entry->for_region,
                                 .session_name = entry->for_session,
                                 .say = entry->credentials->say,
                                 .say_data = entry->credentials->say_data};
}

/* --- The chain
 * ---------------------------------------------------------------------------------------------------------- */

static void chain_ended(struct entry *entry, struct dr_aws_finding *finding)
{
    if (finding->kind != DR_AWS_FOUND) {
        struct dr_text text = {0};
        dr_text_puts(&text, finding->kind == DR_AWS_FAILED ? "the AWS credentials cannot be used:\n  "
                                                           : "there are no AWS credentials:\n  ");
        for (const char *at = finding->why; *at; at++)
            dr_text_printf(&text, "%c%s", *at, *at == '\n' ? "  " : "");
        free(finding->why);
        finding->why = dr_text_take(&text);
    }
    end(entry, finding);
}

static void chain_answered(void *data, struct dr_aws_finding *finding)
{
    struct entry *entry = data;
    entry->search = NULL;
    chain_ended(entry, finding);
}

/* Nobody's: whoever sees it in a log knows that nothing was real. */
static void find_simulated(struct dr_aws_finding *finding)
{
    *finding = (struct dr_aws_finding){
        .kind = DR_AWS_FOUND,
        .identity = {.access_key_id = dr_copy_string("AKIDSIMULATED"),
                     .secret_access_key = dr_copy_string("simulated-secret-access-key"),
                     .expires_ms = INT64_MAX},
        .source = dr_copy_string("simulation"),
    };
}

static void begin_chain(struct entry *entry)
{
    struct dr_aws_finding finding = {0};
    struct dr_runtime *runtime = entry->runtime;
    if (runtime->ops->simulates && runtime->ops->simulates(runtime))
        find_simulated(&finding);
    else {
        const struct dr_aws_quest quest = quest_of(entry);
        entry->search = dr_aws_chain_start(&quest, &finding, chain_answered, entry);
    }
    if (!entry->search)
        chain_ended(entry, &finding);
}

/* --- A role
 * ------------------------------------------------------------------------------------------------------------- */

static void begin_role(struct entry *entry, bool force);

static void assumed(void *data, struct dr_aws_finding *finding)
{
    struct entry *entry = data;
    entry->search = NULL;
    if (finding->expired && !entry->renewed_base) {
        dr_aws_finding_done(finding);
        entry->renewed_base = true;
        begin_role(entry, true);
        return;
    }
    end(entry, finding);
}

static void base_came(void *data, const struct dr_aws_identity *identity, const char *problem)
{
    struct entry *entry = data;
    entry->base = NULL;
    if (problem) {
        struct dr_aws_finding finding = {0};
        dr_aws_failed(&finding, "%s", problem);
        end(entry, &finding);
        return;
    }
    struct dr_aws_quest quest = quest_of(entry);
    char *source = dr_format("role %s", entry->arn);
    entry->search = dr_aws_assume_start(
        &quest,
        &(struct dr_aws_assuming){.role_arn = entry->arn,
                                  .session_name = entry->session_name ? entry->session_name : "drrun",
                                  .external_id = entry->external_id,
                                  .identity = identity,
                                  .source = source},
        assumed, entry);
    free(source);
}

static void begin_role(struct entry *entry, bool force)
{
    const struct dr_aws_role none = {.session_name = entry->for_session};
    entry->base =
        dr_aws_credentials_get(entry->credentials, entry->runtime, &none, entry->for_region, force, base_came, entry);
}

static void begin(void *data)
{
    struct entry *entry = data;
    entry->start = NULL;
    if (entry->arn)
        begin_role(entry, false);
    else
        begin_chain(entry);
}

/* --- What callers see
 * --------------------------------------------------------------------------------------------------- */

static bool is_same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static struct entry *find_entry(struct dr_aws_credentials *credentials, const struct dr_aws_role *role,
                                const char *region)
{
    if (!role || !role->arn)
        return &credentials->chain;
    for (struct entry *entry = credentials->roles; entry; entry = entry->next)
        if (is_same(entry->arn, role->arn) && is_same(entry->external_id, role->external_id) &&
            is_same(entry->session_name, role->session_name) && is_same(entry->region, region))
            return entry;
    struct entry *entry = dr_alloc(sizeof *entry);
    *entry = (struct entry){.next = credentials->roles,
                            .credentials = credentials,
                            .arn = dr_copy_string(role->arn),
                            .external_id = dr_copy_string(role->external_id),
                            .session_name = dr_copy_string(role->session_name),
                            .region = dr_copy_string(region)};
    return credentials->roles = entry;
}

/* Whether what is known does for one who asks now, or a renewal must come first. */
static bool is_good(const struct entry *entry, int64_t now_ms)
{
    if (!is_valid(entry, now_ms))
        return false;
    int64_t left_ms = entry->identity.expires_ms - now_ms;
    if (left_ms > ADVISORY_MS || now_ms < entry->renew_after_ms)
        return true;
    return entry->looking && left_ms > MANDATORY_MS;
}

static void wait_for(struct entry *entry, struct dr_runtime *runtime, struct dr_aws_lookup *lookup)
{
    if (!entry->looking)
        start_looking(entry, runtime, lookup);
}

static void answer_from_cache(void *data)
{
    struct dr_aws_lookup *lookup = data;
    struct entry *entry = lookup->entry;
    lookup->timer = NULL;
    if (entry->known)
        answer_one(entry, lookup, NULL);
    else
        wait_for(entry, entry->runtime, lookup); /* somebody has thrown it away meanwhile */
}

struct dr_aws_lookup *dr_aws_credentials_get(struct dr_aws_credentials *credentials, struct dr_runtime *runtime,
                                             const struct dr_aws_role *role, const char *region, bool force,
                                             dr_aws_identity_fn *fn, void *data)
{
    struct entry *entry = find_entry(credentials, role, region);
    struct dr_aws_lookup *lookup = dr_alloc(sizeof *lookup);
    int64_t now_ms = dr_runtime_now(runtime);
    *lookup = (struct dr_aws_lookup){.entry = entry,
                                     .region = dr_copy_string(region),
                                     .session_name = dr_copy_string(role ? role->session_name : NULL),
                                     .fn = fn,
                                     .data = data};
    append(entry, lookup);
    assert(!entry->looking || entry->runtime == runtime);
    if (force)
        forget(entry);
    if (is_good(entry, now_ms)) {
        entry->runtime = runtime;
        lookup->timer = dr_runtime_timer(runtime, now_ms, answer_from_cache, lookup);
    } else
        wait_for(entry, runtime, lookup);
    return lookup;
}

void dr_aws_credentials_cancel(struct dr_aws_lookup *handle)
{
    if (!handle)
        return;
    struct entry *entry = handle->entry;
    if (handle->timer)
        dr_runtime_cancel(entry->runtime, handle->timer);
    unlink_lookup(entry, handle);
    if (entry->looking && !first_waiting(entry))
        stop_looking(entry); /* nobody wants to know any more */
}

void dr_aws_credentials_say(struct dr_aws_credentials *credentials, dr_aws_say_fn *say, void *data)
{
    credentials->say = say;
    credentials->say_data = data;
}

const char *dr_aws_credentials_source(const struct dr_aws_credentials *credentials)
{
    return credentials->chain.source;
}

struct dr_aws_credentials *dr_aws_credentials_new(struct dr_aws *aws)
{
    struct dr_aws_credentials *credentials = dr_alloc(sizeof *credentials);
    credentials->aws = aws;
    credentials->chain.credentials = credentials;
    return credentials;
}

/* Roles before the chain: what is under way for a role may wait for the chain. */
static void entry_done(struct entry *entry)
{
    while (entry->first)
        dr_aws_credentials_cancel(entry->first);
    forget(entry);
    free(entry->arn);
    free(entry->external_id);
    free(entry->session_name);
    free(entry->region);
}

void dr_aws_credentials_free(struct dr_aws_credentials *credentials)
{
    if (!credentials)
        return;
    for (struct entry *role; (role = credentials->roles);) {
        credentials->roles = role->next;
        entry_done(role);
        free(role);
    }
    entry_done(&credentials->chain);
    free(credentials);
}

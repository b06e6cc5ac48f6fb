/* What a source of credentials is: a function that looks, at once or later, and says what it found. The list of them is
 * sources.def; chain.c asks one after the other.
 *
 * A finding is FOUND (an identity), NOTHING (this source is not set up: ask the next one) or FAILED (it is set up, and
 * does not work: asking the next one would act as somebody whom the user did not mean). */
#ifndef DRRUN_PROVIDERS_AWS_CREDENTIALS_SOURCE_H
#define DRRUN_PROVIDERS_AWS_CREDENTIALS_SOURCE_H

#include "interpreter/base/runtime.h"
#include "providers/aws/credentials/settings.h"
#include "providers/aws/signing/sigv4.h"

struct dr_aws; /* client/client.h */

enum dr_aws_finding_kind { DR_AWS_NOTHING, DR_AWS_FOUND, DR_AWS_FAILED };

struct dr_aws_finding {
    enum dr_aws_finding_kind kind;
    struct dr_aws_identity identity; /* FOUND; owned */
    char *source;                    /* FOUND: which one, for people: "environment"; owned */
    char *why;                       /* else: for people, never with a secret; owned */
    bool expired;                    /* FAILED, because AWS said that the identity which asked has expired */
};
void dr_aws_finding_done(struct dr_aws_finding *finding);
/* `finding` becomes NOTHING or FAILED, with this reason. */
void dr_aws_nothing(struct dr_aws_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dr_aws_failed(struct dr_aws_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The profiles whose roles are being assumed, from the innermost out: what finds a loop. */
struct dr_aws_visited {
    const char *profile;
    const struct dr_aws_visited *outer;
};

struct dr_aws_quest { /* who asks, and for whom; everything is borrowed until the answer */
    struct dr_aws *aws;
    struct dr_runtime *runtime;
    const struct dr_aws_settings *settings;
    const char *profile;                       /* whose keys count */
    bool use_environment;                      /* AWS_ROLE_ARN and the like count too: not below source_profile */
    const char *region;                        /* for STS, by the Task; NULL: the settings' */
    const char *session_name;                  /* for roles of profiles that name none; NULL: "drrun" */
    void (*say)(void *data, const char *line); /* where a person reads the question; NULL: on the terminal itself */
    void *say_data;
    const struct dr_aws_visited *visited; /* NULL: none yet */
};

/* What is under way: the first member of a source's own struct. */
struct dr_aws_search {
    void (*cancel)(struct dr_aws_search *search); /* ends it without an answer, and frees it */
};
static inline void dr_aws_search_cancel(struct dr_aws_search *search) /* NULL is fine */
{
    if (search)
        search->cancel(search);
}

/* The answer; the search is over and freed. The receiver owns what is in the finding. */
typedef void dr_aws_finding_fn(void *data, struct dr_aws_finding *finding);

/* Looks. NULL: `ret_finding` (zeroed before) says what it found; else `fn` is called later, once, from the runtime. */
typedef struct dr_aws_search *dr_aws_source_fn(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                               dr_aws_finding_fn *fn, void *data);

#define DR_AWS_SOURCE(word, name, credential_source, of_profile) dr_aws_source_fn dr_aws_source_##word;
#include "providers/aws/credentials/sources.def"
#undef DR_AWS_SOURCE

/* --- The chain (chain.c) ----------------------------------------------------------------------------------------- */

/* Every source in order, until one has found something or failed. FAILED and NOTHING carry a line for each source that
 * was asked. */
dr_aws_source_fn dr_aws_chain_start;
/* The same with what belongs to a profile only: for source_profile. */
dr_aws_source_fn dr_aws_chain_start_profile;
/* The source by its name in credential_source ("Environment", "EcsContainer", ...: in any case); NULL: unknown. */
dr_aws_source_fn *dr_aws_source_named(const char *name);

/* --- What several sources need (identity.c) ------------------------------------------------------------------------
 */

/* Credentials as JSON, as processes, containers and instances give them: AccessKeyId, SecretAccessKey, `token_name`,
 * Expiration, AccountId. false with `ret_problem` (owned by the caller). */
bool dr_aws_identity_read(const json_t *object, const char *token_name, struct dr_aws_identity *ret_identity,
                          char **ret_problem);
/* Overwrites every string in a value that nobody else has; then it may be released. */
void dr_aws_json_wipe(json_t *value);
/* A file's text without the white space around it, at most `bytes_max` bytes, owned by the caller; NULL with
 * `ret_problem`. */
char *dr_aws_secret_file(const char *path, size_t bytes_max, char **ret_problem);
void dr_aws_secret_free(char *secret); /* wipes; NULL is fine */
/* "AccessDenied: ..." in one line of printable characters, at most `bytes_max`: what a stranger sent, fit for a
 * message. Owned by the caller. */
char *dr_aws_one_line(const char *bytes, size_t size, size_t bytes_max);
/* Letters, digits and =,.@-_+ only, 2 to 64 of them. Owned by the caller. */
char *dr_aws_session_name_clean(const char *name);

#endif

/* The chain: the sources of credentials asked one after the other. */
#include "interpreter/base/text.h"
#include "providers/aws/credentials/source.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct source {
    const char *name, *credential_source;
    dr_aws_source_fn *start;
    bool of_profile;
} sources[] = {
#define DR_AWS_SOURCE(word, name, credential_source, of_profile)                                                       \
    {name, credential_source, dr_aws_source_##word, of_profile},
#include "providers/aws/credentials/sources.def"
#undef DR_AWS_SOURCE
};
enum { SOURCE_COUNT = sizeof sources / sizeof *sources };

struct chain {
    struct dr_aws_search search;
    struct dr_aws_quest quest;
    bool of_profile;
    size_t next; /* the source to ask next */
    struct dr_aws_search *asking;
    struct dr_text reasons;
    dr_aws_finding_fn *fn;
    void *data;
};

dr_aws_source_fn *dr_aws_source_named(const char *name)
{
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (sources[i].credential_source && strcasecmp(sources[i].credential_source, name) == 0)
            return sources[i].start;
    return NULL;
}

static bool is_asked(const struct chain *chain, const struct source *source)
{
    if (chain->of_profile)
        return source->of_profile;
    return source->start != dr_aws_source_environment || !dr_aws_settings_profile_is_explicit(chain->quest.settings);
}

/* Without what the files say of the profile its sources cannot tell whether they are set up. */
static bool files_are_broken(const struct chain *chain, const struct source *source, struct dr_aws_finding *ret_finding)
{
    const char *problem = source->of_profile ? dr_aws_settings_problem(chain->quest.settings) : NULL;
    if (problem)
        dr_aws_failed(ret_finding, "%s", problem);
    return problem != NULL;
}

static void remember(struct chain *chain, const char *name, const char *why)
{
    dr_text_printf(&chain->reasons, "%s%s: ", chain->reasons.size > 0 ? "\n" : "", name);
    for (; *why; why++) {
        dr_text_putc(&chain->reasons, *why);
        if (*why == '\n')
            dr_text_puts(&chain->reasons, "  ");
    }
}

static void answered(void *data, struct dr_aws_finding *finding);

/* Asks on. true: `finding` is the answer; false: it comes later. */
static bool go_on(struct chain *chain, struct dr_aws_finding *finding)
{
    while (chain->next < SOURCE_COUNT) {
        const struct source *source = &sources[chain->next++];
        dr_aws_finding_done(finding);
        if (!is_asked(chain, source)) {
            if (!chain->of_profile)
                remember(chain, source->name, "not asked, because a profile was named");
            continue;
        }
        if (!files_are_broken(chain, source, finding)) {
            chain->asking = source->start(&chain->quest, finding, answered, chain);
            if (chain->asking)
                return false;
        }
        if (finding->kind == DR_AWS_FOUND)
            return true;
        remember(chain, source->name, finding->why);
        if (finding->kind == DR_AWS_FAILED)
            break;
    }
    enum dr_aws_finding_kind kind = finding->kind;
    dr_aws_finding_done(finding);
    *finding = (struct dr_aws_finding){.kind = kind, .why = dr_text_take(&chain->reasons)};
    return true;
}

static void chain_free(struct chain *chain)
{
    dr_text_done(&chain->reasons);
    free(chain);
}

static void answered(void *data, struct dr_aws_finding *finding)
{
    struct chain *chain = data;
    chain->asking = NULL;
    if (finding->kind != DR_AWS_FOUND) {
        remember(chain, sources[chain->next - 1].name, finding->why);
        if (finding->kind == DR_AWS_FAILED)
            chain->next = SOURCE_COUNT;
        if (!go_on(chain, finding))
            return;
    }
    dr_aws_finding_fn *fn = chain->fn;
    void *theirs = chain->data;
    chain_free(chain);
    fn(theirs, finding);
}

static void cancel(struct dr_aws_search *search)
{
    struct chain *chain = (struct chain *)search;
    dr_aws_search_cancel(chain->asking);
    chain_free(chain);
}

static struct dr_aws_search *start(const struct dr_aws_quest *quest, bool of_profile,
                                   struct dr_aws_finding *ret_finding, dr_aws_finding_fn *fn, void *data)
{
    struct chain *chain = dr_alloc(sizeof *chain);
    *chain = (struct chain){.search = {cancel}, .quest = *quest, .of_profile = of_profile, .fn = fn, .data = data};
    if (!go_on(chain, ret_finding))
        return &chain->search;
    chain_free(chain);
    return NULL;
}

struct dr_aws_search *dr_aws_chain_start(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                         dr_aws_finding_fn *fn, void *data)
{
    return start(quest, false, ret_finding, fn, data);
}

struct dr_aws_search *dr_aws_chain_start_profile(const struct dr_aws_quest *quest, struct dr_aws_finding *ret_finding,
                                                 dr_aws_finding_fn *fn, void *data)
{
    return start(quest, true, ret_finding, fn, data);
}

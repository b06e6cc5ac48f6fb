/* The laboratory: a whole execution in one process, in virtual time, with scripted services. Shared by the suites. */
#ifndef DRRUN_TESTS_SUPPORT_LAB_H
#define DRRUN_TESTS_SUPPORT_LAB_H

#include "interpreter/engine/execution.h"

struct dr_aws;
struct dr_virtual_script;

/* A scripted service: a list of answers, taken in turn (the last one stays), or an object of answers by request ("GET
 * http://..."), each always the same. Each is an object:
 *   status, body, headers, delay (ms; -1: never), reach ("nothing", "sent": no answer comes), exit, output, errors
 * What arrived is remembered in `requests`, the bodies of HTTP requests in `bodies`, and, if `log` is given, as lines
 * of that file (so that it survives a killed process). */
struct dr_lab_service {
    const json_t *answers;
    size_t taken;
    json_t *requests; /* ["POST http://..." ...] */
    json_t *bodies;   /* as text, in the same order; null: none */
    const char *log;
    unsigned die_at; /* the process ends like after kill -9 when so many requests have arrived (they have: their effect
                        happened); 0: never */
};

struct dr_lab {
    struct dr_store *store;         /* borrowed */
    struct dr_catalogue *catalogue; /* owned: made on first use */
    struct dr_lab_service service;
    const char *actions;       /* a folder, or NULL */
    const char *id;            /* of the execution; default "lab" */
    int64_t start_ms;          /* 0: 2026-01-01T00:00:00Z */
    int64_t interrupt_at_ms;   /* virtual time from the start at which a Ctrl-C arrives; 0: never */
    unsigned stop_after_turns; /* the process dies after so many turns: dr_store_memory_crash() it; 0: never */
    uint64_t snapshot_records; /* 0: the default */
    bool leave_at_once;        /* the Ctrl-C came twice: calls under way are not waited for */
    /* Not NULL: answers instead of `service` (the simulated cloud: simulated.h); both borrowed. */
    const struct dr_virtual_script *script;
    void *script_data;
    bool aws;                  /* AWS is known, from the bundled models, with invented credentials in eu-west-1 */
    struct dr_aws *aws_shared; /* owned: made on first use */
    struct dr_resolver *aws_resolver;
    struct dr_secret_source *aws_secrets;
    bool callers; /* test:call and test:send are there (caller.h) */
    /* Messages of other processes, in every life again until something takes them: [{"at": ms from the start, "token"
     * (none: the only one; "*": all, once a life), and "output", "error" or "heartbeat": true}]. Borrowed; NULL: none.
     */
    const json_t *inbox;
    struct dr_resolver *resolver;     /* borrowed: of the catalogue; NULL: none */
    struct dr_secret_source *secrets; /* borrowed; NULL: only the environment */
    /* Hears every notice; NULL: nobody. */
    void (*notice)(void *data, const struct dr_notice *notice);
    void *notice_data;
};

/* Runs `text` (YAML or JSON) from its start. A new reference to
 *   {"status", "output" | "error" + "cause", "trace": [{"exit", "input", "output", "assigned"}], "durationMs",
 * "requests", "metrics", "transitions", "problem"} or {"invalid": ["file:line:column: message", ...]}. */
json_t *dr_lab_run(struct dr_lab *lab, const char *name, const char *text, json_t *input);
/* Goes on with what the store has: replay, catch up (a redrive if it failed), run. */
json_t *dr_lab_resume(struct dr_lab *lab);
void dr_lab_done(struct dr_lab *lab);

/* Where the test data from outside is: $DRRUN_VECTORS, or ../shared/vectors. NULL if it is not there. The caller frees.
 */
char *dr_lab_vectors(const char *file);
json_t *dr_lab_load(const char *path); /* a JSON file, or NULL */
char *dr_lab_models(void);             /* the folder of the bundled models alone; NULL: not built. The caller frees */

#endif

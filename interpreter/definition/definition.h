/* The definition: a runbook as the engine sees it. Built once from a document, checked, then read-only; every path,
 * template, rule, timestamp, reference and resource in it is compiled. Lives in the arena of its program.
 *
 *     struct dr_catalogue *catalogue = dr_catalogue_new(...);
 *     struct dr_program *program = dr_program_load("failover.yaml", catalogue, &found);   NULL if there were errors
 *     program->machine->start ...
 */
#ifndef DRRUN_DEFINITION_DEFINITION_H
#define DRRUN_DEFINITION_DEFINITION_H

#include "interpreter/definition/catalogue.h"
#include "interpreter/document/document.h"
#include "interpreter/expression/jsonpath.h"
#include "interpreter/expression/rule.h"
#include "interpreter/expression/template.h"

struct dr_machine;
struct dr_state;

/* A field whose value is given in one of three ways: a constant ("TimeoutSeconds": 5), a path ("TimeoutSecondsPath":
 * "$.t"; intrinsic calls where ASL allows them) or a JSONata expression ("TimeoutSeconds": "{% $t %}"). All NULL: the
 * field is absent. */
struct dr_setting {
    const char *field; /* as the author wrote it: "TimeoutSeconds", "SecondsPath" */
    const json_t *constant;
    const struct dr_template *computed; /* path, intrinsic call or JSONata */
    const char *path;                   /* the text of the path, for AWS's cause texts; NULL for the others */
    const struct dr_path *place;        /* the path itself */
};

/* InputPath, OutputPath, ResultPath. Absent in the text: path is "$". */
struct dr_data_path {
    const struct dr_path *path; /* NULL: the author wrote null */
    bool is_root;               /* "$": nothing to do */
};

struct dr_retrier {
    const char *const *errors;
    size_t error_count;
    double interval_seconds;  /* default 1 */
    int64_t attempts_max;     /* default 3; 0: never */
    double backoff_rate;      /* default 2.0 */
    double delay_max_seconds; /* 0: no bound */
    bool jitter;              /* JitterStrategy FULL */
};

struct dr_catcher {
    const char *const *errors;
    size_t error_count;
    const struct dr_state *next;
    struct dr_data_path result;       /* JSONPath */
    const struct dr_template *output; /* JSONata; NULL: the error output */
    const struct dr_template *assign; /* NULL: none */
};

struct dr_choice_rule {
    const struct dr_rule *test;
    const struct dr_state *next;
    const struct dr_template *assign, *output;
};

enum dr_wait_kind { DR_WAIT_SECONDS, DR_WAIT_TIMESTAMP };
enum dr_input_type {
    DR_INPUT_JSON,
    DR_INPUT_JSONL,
    DR_INPUT_CSV,
    DR_INPUT_MANIFEST,
    DR_INPUT_LIST /* of objects, S3 listObjectsV2 */
};

/* Whether what the reader's call returns is the items, or says which objects hold them. */
enum dr_reads {
    DR_READS_ITEMS,
    DR_READS_INVENTORY, /* S3's inventory: a manifest of CSV files */
    DR_READS_ATHENA,    /* what Athena's UNLOAD wrote: a list of the objects */
    DR_READS_LISTED,    /* LOAD_AND_FLATTEN: the objects of a listing */
};

struct dr_item_reader {
    const char *resource_text;           /* "arn:aws:states:::s3:getObject", or "file:read" (local files) */
    const struct dr_resource *resource;  /* NULL: known in form only (AWS) */
    const struct dr_template *arguments; /* Parameters / Arguments */
    enum dr_reads reads;
    const struct dr_resource
        *get; /* gets one more object, {Bucket, Key}; NULL: `reads` is DR_READS_ITEMS, or unknown */
    enum dr_input_type input_type;
    bool headers_given; /* CSVHeaderLocation: GIVEN instead of FIRST_ROW */
    const char *const *headers;
    size_t header_count;
    char delimiter;              /* ',' */
    struct dr_setting items_max; /* MaxItems, MaxItemsPath */
    const char *items_pointer;   /* ItemsPointer: a JSON pointer to the array inside the file, or NULL */
};

struct dr_result_writer {
    const char *resource_text; /* NULL: only WriterConfig is given */
    const struct dr_resource *resource;
    bool exports; /* {Bucket, Prefix}: several objects as AWS writes them; else one text, the argument Body */
    const struct dr_template *arguments;
    enum { DR_OUTPUT_JSON, DR_OUTPUT_JSONL } output_type;
    enum { DR_TRANSFORM_NONE, DR_TRANSFORM_COMPACT, DR_TRANSFORM_FLATTEN } transformation;
};

struct dr_item_batcher {
    struct dr_setting items_max, bytes_max; /* MaxItemsPerBatch(Path), MaxInputBytesPerBatch(Path) */
    const struct dr_template *batch_input;
};

enum dr_state_kind { DR_PASS, DR_TASK, DR_CHOICE, DR_WAIT, DR_SUCCEED, DR_FAIL, DR_PARALLEL, DR_MAP };

struct dr_state {
    const char *name;
    uint32_t index; /* in its machine, from 0, in the order written */
    enum dr_state_kind kind;
    enum dr_language language;
    const struct dr_machine *machine;
    struct dr_place place; /* of the state's name */
    const char *comment;

    const struct dr_state *next; /* NULL: End, or a state type without Next */
    bool uses_context;           /* any expression of the state reads the context object */

    struct dr_data_path input_path, output_path, result_path; /* JSONPath */
    const struct dr_template *
        parameters; /* Parameters (JSONPath) or Arguments (JSONata); NULL: absent. Not a Map's: see map.item_selector */
    const struct dr_template *result_selector; /* JSONPath */
    const struct dr_template *output;          /* JSONata; NULL: absent */
    const struct dr_template *assign;          /* NULL: absent */

    const struct dr_retrier *retriers;
    size_t retrier_count;
    const struct dr_catcher *catchers;
    size_t catcher_count;

    union {
        struct {
            const json_t *result; /* NULL: absent. With both Parameters and Result, Result wins */
        } pass;
        struct {
            const char *resource_text;
            const struct dr_resource
                *resource; /* NULL: an AWS resource, known in form only, that this build cannot call */
            struct dr_setting timeout, heartbeat, region;
            const struct dr_template *credentials;
        } task;
        struct {
            const struct dr_choice_rule *rules;
            size_t count;
            const struct dr_state *otherwise; /* Default; NULL: none */
        } choice;
        struct {
            enum dr_wait_kind kind;
            struct dr_setting setting; /* constant Seconds is an integer; a constant Timestamp is also in `at_ms` */
            int64_t at_ms;
        } wait;
        struct {
            struct dr_setting error, cause;
        } fail;
        struct {
            const struct dr_machine *const *branches;
            size_t count;
        } parallel;
        struct {
            const struct dr_machine *processor; /* ItemProcessor or Iterator */
            bool distributed;
            const char *label;
            struct dr_data_path items_path;          /* JSONPath; ignored when there is a reader */
            const struct dr_template *items;         /* JSONata Items; NULL: the state input */
            const struct dr_template *item_selector; /* ItemSelector, or a legacy Parameters */
            const struct dr_item_reader *reader;     /* NULL: none */
            const struct dr_item_batcher *batcher;
            const struct dr_result_writer *writer;
            struct dr_setting concurrency_max, tolerated_count, tolerated_percentage;
        } map;
    };
};

struct dr_machine {
    const char *comment;
    enum dr_language language;
    const struct dr_state *start;
    const struct dr_state *const *states; /* in the order written */
    size_t count;
    int64_t timeout_seconds; /* 0: none */
    const uint32_t *slots;   /* of dr_machine_state: index + 1 by hash; a power of two of them */
    uint32_t slot_mask;
};

/* A state of this machine by name, or NULL. Hashed: constant time. */
const struct dr_state *dr_machine_state(const struct dr_machine *machine, const char *name, size_t size);

enum dr_runbook_kind {
    DR_KIND_OPERATION,
    DR_KIND_FAILOVER,
    DR_KIND_FAILBACK,
    DR_KIND_DRILL,
    DR_KIND_CHECK,
    DR_KIND_REPORT
};

/* The Runbook block (design 2.3). Every program has one: absent in the text, it is filled with defaults (Name: the
 * file's name). */
struct dr_runbook {
    const char *name;
    enum dr_runbook_kind kind;
    const char *application; /* NULL: excludes nothing */
    const char *region;      /* NULL: none */
    const char *const *impaired;
    size_t impaired_count;
    int64_t rto_ms, rpo_ms; /* -1: none; an RPO of 0 is a demanding one */
    bool require_reason;
    const json_t *inputs;   /* JSON Schemas by property; NULL: anything goes */
    const json_t *required; /* names that must be given: those without a default, unless Required lists them */
    const struct dr_node *inputs_node; /* where Inputs stands; NULL: nowhere */
};

/* One loaded file with everything that it refers to. */
struct dr_program {
    struct dr_arena *arena;
    const struct dr_machine *machine;
    const struct dr_runbook *runbook;
    const char *path;
    /* {path: text} of every file that took part: the runbook, its actions, nested runbooks; for the journal. An action
     * found by name on the action path has {name: path} beside it. */
    json_t *files;
};

/* Codes of warnings about variables. AWS creates such a machine and the execution fails when it gets there, so they do
 * not keep a program from running; drrun validate counts them as errors. */
#define DR_VARIABLE "UNASSIGNED_VARIABLE"
#define DR_OUTER_VARIABLE "OUTER_VARIABLE_ASSIGNED"

/* Loads, parses and checks. All mistakes and warnings go to `found`; NULL if there was an error among them. The program
 * borrows the catalogue. */
struct dr_program *dr_program_load(const char *path, struct dr_catalogue *catalogue, struct dr_diagnostics *found)
    __attribute__((warn_unused_result));
/* The same from memory: standard input, editors, tests. What the text refers to is read from disk, relative to `path`.
 */
struct dr_program *dr_program_parse(const char *path, const char *bytes, size_t size, struct dr_catalogue *catalogue,
                                    struct dr_diagnostics *found) __attribute__((warn_unused_result));
/* The same from journaled texts: nothing is read from disk. Borrows `files`. */
struct dr_program *dr_program_from_files(const char *path, const json_t *files, struct dr_catalogue *catalogue,
                                         struct dr_diagnostics *found) __attribute__((warn_unused_result));
void dr_program_free(struct dr_program *program);

/* The input that an execution starts with: `given` with defaults filled in and checked against Runbook.Inputs. A new
 * reference, or NULL with the mistakes in `found` (places point at the schema in the runbook; the message names the
 * input). */
json_t *dr_runbook_input(const struct dr_runbook *runbook, const json_t *given, struct dr_diagnostics *found)
    __attribute__((warn_unused_result));
/* "--set k=v": v is converted to the declared type of input k; undeclared: JSON if it parses as such, else a string.
 * `k` may be dotted. */
bool dr_runbook_set(const struct dr_runbook *runbook, json_t *input, const char *assignment,
                    struct dr_diagnostics *found);

/* The value of a setting: a new reference; NULL with `ret_error` set. NULL and no error: the setting is absent. */
json_t *dr_setting_value(const struct dr_setting *setting, const struct dr_view *view, struct dr_error *ret_error);
bool dr_setting_present(const struct dr_setting *setting);
/* "arn:aws:iam::123456789012:role/path/name", in any partition. */
bool dr_is_role_arn(const char *text);

#endif

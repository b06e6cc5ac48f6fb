#include "interpreter/definition/fields.h"

#include <assert.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FORM(title, table, ...)                                                                                        \
    {                                                                                                                  \
        .name = (title), .fields = (table), .count = COUNT(table), __VA_ARGS__                                         \
    }
#define NEEDS(group_number) (1u << (group_number))

/* Values of enumerations. */
static const char *const languages[] = {"JSONPath", "JSONata", NULL};
static const char *const jitters[] = {"FULL", "NONE", NULL};
static const char *const modes[] = {"INLINE", "DISTRIBUTED", NULL};
static const char *const execution_types[] = {"STANDARD", "EXPRESS", NULL};
static const char *const input_types[] = {"JSON", "JSONL", "CSV", "MANIFEST", "PARQUET", NULL};
static const char *const header_locations[] = {"FIRST_ROW", "GIVEN", NULL};
static const char *const delimiters[] = {"COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB", NULL};
static const char *const manifest_types[] = {"ATHENA_DATA", "S3_INVENTORY", NULL};
static const char *const reader_transformations[] = {"NONE", "LOAD_AND_FLATTEN", NULL};
static const char *const output_types[] = {"JSON", "JSONL", NULL};
static const char *const writer_transformations[] = {"NONE", "COMPACT", "FLATTEN", NULL};
static const char *const runbook_kinds[] = {"Operation", "Failover", "Failback", "Drill", "Check", "Report", NULL};
static const char *const effects[] = {"Read", "Write", "Irreversible", NULL};

#define SECONDS_MAX 99999999

/* --- What many objects share ------------------------------------------------------------------------------------- */

#define COMMENT                                                                                                        \
    {                                                                                                                  \
        "Comment", DR_FIELD_STRING, .doc = "A note for people; it has no effect."                                      \
    }
#define TYPE                                                                                                           \
    {                                                                                                                  \
        "Type", DR_FIELD_STRING, DR_REQUIRED, .values = dr_state_names, .doc = "The kind of state."                    \
    }
#define LANGUAGE                                                                                                       \
    {                                                                                                                  \
        "QueryLanguage", DR_FIELD_STRING, .values = languages,                                                         \
                                          .doc = "The language of the expressions: JSONPath (the default) or JSONata." \
    }
#define GROUP_NEXT 1
#define NEXT                                                                                                           \
    {"Next", DR_FIELD_STRING, .group = GROUP_NEXT, .doc = "The state to go to."},                                      \
    {                                                                                                                  \
        "End", DR_FIELD_BOOLEAN, .group = GROUP_NEXT, .doc = "true: the machine ends here."                            \
    }
#define INPUT_OUTPUT_PATHS                                                                                             \
    {"InputPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_NULLABLE,                                                       \
     .doc = "The part of the state's input to work on; null: an empty object."},                                       \
    {                                                                                                                  \
        "OutputPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_NULLABLE,                                                   \
            .doc = "The part of the result to hand on; null: an empty object."                                         \
    }
#define RESULT_PATH                                                                                                    \
    {                                                                                                                  \
        "ResultPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_NULLABLE | DR_REFERENCE,                                    \
            .doc = "The place in the input where the result is put; null: the result is dropped."                      \
    }
#define PARAMETERS(about)                                                                                              \
    {                                                                                                                  \
        "Parameters", DR_FIELD_ANY, DR_JSONPATH_ONLY, .doc = about                                                     \
    }
#define RESULT_SELECTOR                                                                                                \
    {                                                                                                                  \
        "ResultSelector", DR_FIELD_ANY, DR_JSONPATH_ONLY, .doc = "A template that picks from the raw result."          \
    }
#define ARGUMENTS(about)                                                                                               \
    {                                                                                                                  \
        "Arguments", DR_FIELD_ANY, DR_JSONATA_ONLY, .doc = about                                                       \
    }
#define OUTPUT                                                                                                         \
    {                                                                                                                  \
        "Output", DR_FIELD_ANY, DR_JSONATA_ONLY, .doc = "The state's output; without it, the result."                  \
    }
#define ASSIGN                                                                                                         \
    {                                                                                                                  \
        "Assign", DR_FIELD_MAP, .doc = "Variables to set when the state is left."                                      \
    }
#define RETRY_CATCH                                                                                                    \
    {"Retry", DR_FIELD_FORMS, .form = &dr_retrier_form, .doc = "What to try again, when and how often."},              \
    {                                                                                                                  \
        "Catch", DR_FIELD_FORMS, .form = &dr_catcher_form,                                                             \
                                 .doc = "Where to go when an error is left after all attempts."                        \
    }

/* --- States --------------------------------------------------------------------------------------------------------
 */

static const struct dr_field pass_fields[] = {
    TYPE,
    COMMENT,
    LANGUAGE,
    NEXT,
    INPUT_OUTPUT_PATHS,
    RESULT_PATH,
    ASSIGN,
    OUTPUT,
    PARAMETERS("A template for the result."),
    {"Result", DR_FIELD_ANY, DR_JSONPATH_ONLY, .doc = "The result as it stands; paths in it are not evaluated."},
};

#define GROUP_TIMEOUT 2
#define GROUP_HEARTBEAT 3
#define GROUP_REGION 4
static const struct dr_field task_fields[] = {
    TYPE,
    COMMENT,
    LANGUAGE,
    NEXT,
    INPUT_OUTPUT_PATHS,
    RESULT_PATH,
    RESULT_SELECTOR,
    ASSIGN,
    OUTPUT,
    RETRY_CATCH,
    PARAMETERS("A template for what the resource is given."),
    ARGUMENTS("What the resource is given."),
    {"Resource", DR_FIELD_STRING, DR_REQUIRED | DR_NOT_EMPTY | DR_TEMPLATED,
     .doc = "What to call: an action, a primitive, a path to an action, or an ARN."},
    {"Region", DR_FIELD_STRING, DR_COMPUTED | DR_NOT_EMPTY, GROUP_REGION,
     .doc = "The AWS Region to call; without it, that of the Task around it, or the runbook's."},
    {"RegionPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_INTRINSIC, GROUP_REGION,
     .doc = "Where the input has the Region, or an intrinsic call that makes it."},
    {"TimeoutSeconds", DR_FIELD_INTEGER, DR_COMPUTED, GROUP_TIMEOUT, 1, SECONDS_MAX,
     .doc = "The task fails with States.Timeout after this time."},
    {"TimeoutSecondsPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE, GROUP_TIMEOUT,
     .doc = "Where the input has the time-out."},
    {"HeartbeatSeconds", DR_FIELD_INTEGER, DR_COMPUTED, GROUP_HEARTBEAT, 1, SECONDS_MAX,
     .doc = "The task fails when it gives no sign of life for this time."},
    {"HeartbeatSecondsPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE, GROUP_HEARTBEAT,
     .doc = "Where the input has the heartbeat time."},
    {"Credentials", DR_FIELD_ANY, .doc = "The role to call with: RoleArn, and ExternalId if the role asks for one."},
};

static const struct dr_field choice_fields[] = {
    TYPE,
    COMMENT,
    LANGUAGE,
    INPUT_OUTPUT_PATHS,
    ASSIGN,
    OUTPUT,
    {"Choices", DR_FIELD_FORMS, DR_REQUIRED | DR_NOT_EMPTY, .form = &dr_choice_rule_form,
     .doc = "The rules, tried in order; the first that holds decides."},
    {"Default", DR_FIELD_STRING, .doc = "The state to go to when no rule holds."},
};

#define GROUP_UNTIL 2
static const struct dr_field wait_fields[] = {
    TYPE,
    COMMENT,
    LANGUAGE,
    NEXT,
    INPUT_OUTPUT_PATHS,
    ASSIGN,
    OUTPUT,
    {"Seconds", DR_FIELD_INTEGER, DR_COMPUTED, GROUP_UNTIL, 0, SECONDS_MAX, .doc = "How long to wait."},
    {"Timestamp", DR_FIELD_STRING, DR_COMPUTED, GROUP_UNTIL, .doc = "Until when to wait, as in 2026-11-21T03:00:00Z."},
    {"SecondsPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE, GROUP_UNTIL,
     .doc = "Where the input has the number of seconds."},
    {"TimestampPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE, GROUP_UNTIL,
     .doc = "Where the input has the time."},
};

static const struct dr_field succeed_fields[] = {TYPE, COMMENT, LANGUAGE, INPUT_OUTPUT_PATHS, OUTPUT};

#define GROUP_ERROR 2
#define GROUP_CAUSE 3
static const struct dr_field fail_fields[] = {
    TYPE,
    COMMENT,
    LANGUAGE,
    {"Error", DR_FIELD_STRING, DR_COMPUTED, GROUP_ERROR, .doc = "The error's name."},
    {"ErrorPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE | DR_INTRINSIC, GROUP_ERROR,
     .doc = "Where the input has the error's name, or an intrinsic call."},
    {"Cause", DR_FIELD_STRING, DR_COMPUTED, GROUP_CAUSE, .doc = "What happened, for people."},
    {"CausePath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE | DR_INTRINSIC, GROUP_CAUSE,
     .doc = "Where the input has the cause, or an intrinsic call."},
};

static const struct dr_field parallel_fields[] = {
    TYPE,
    COMMENT,
    LANGUAGE,
    NEXT,
    INPUT_OUTPUT_PATHS,
    RESULT_PATH,
    RESULT_SELECTOR,
    ASSIGN,
    OUTPUT,
    RETRY_CATCH,
    PARAMETERS("A template for the input of the branches."),
    ARGUMENTS("The input of the branches."),
    {"Branches", DR_FIELD_FORMS, DR_REQUIRED | DR_NOT_EMPTY, .form = &dr_branch_form,
     .doc = "The machines to run at the same time."},
};

#define GROUP_PROCESSOR 2
#define GROUP_SELECTOR 3
#define GROUP_CONCURRENCY 4
#define GROUP_COUNT 5
#define GROUP_PERCENTAGE 6
static const struct dr_field map_fields[] = {
    TYPE,
    COMMENT,
    LANGUAGE,
    NEXT,
    INPUT_OUTPUT_PATHS,
    RESULT_PATH,
    RESULT_SELECTOR,
    ASSIGN,
    OUTPUT,
    RETRY_CATCH,
    {"ItemsPath", DR_FIELD_PATH, DR_JSONPATH_ONLY, .doc = "Where the input has the list of items."},
    {"Items", DR_FIELD_ANY, DR_JSONATA_ONLY, .doc = "The items: a list, an object, or an expression that gives one."},
    {"ItemSelector", DR_FIELD_ANY, .group = GROUP_SELECTOR, .doc = "A template for the input of each iteration."},
    {"Parameters", DR_FIELD_ANY, DR_JSONPATH_ONLY, GROUP_SELECTOR, .doc = "The older name of ItemSelector."},
    {"ItemProcessor", DR_FIELD_FORM, .group = GROUP_PROCESSOR, .form = &dr_processor_form,
     .doc = "The machine to run for each item."},
    {"Iterator", DR_FIELD_FORM, .group = GROUP_PROCESSOR, .form = &dr_processor_form,
     .doc = "The older name of ItemProcessor."},
    {"ItemReader", DR_FIELD_FORM, DR_DISTRIBUTED, .form = &dr_item_reader_form, .doc = "Reads the items from a file."},
    {"ItemBatcher", DR_FIELD_FORM, DR_DISTRIBUTED, .form = &dr_item_batcher_form,
     .doc = "Gives several items to one iteration."},
    {"ResultWriter", DR_FIELD_FORM, DR_DISTRIBUTED, .form = &dr_result_writer_form,
     .doc = "Writes the results to files."},
    {"MaxConcurrency", DR_FIELD_INTEGER, DR_COMPUTED, GROUP_CONCURRENCY, 0, SECONDS_MAX,
     .doc = "How many iterations run at the same time; 0: as many as there are."},
    {"MaxConcurrencyPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE, GROUP_CONCURRENCY,
     .doc = "Where the input has it."},
    {"ToleratedFailureCount", DR_FIELD_INTEGER, DR_COMPUTED | DR_DISTRIBUTED, GROUP_COUNT, 0, 1e15,
     .doc = "So many iterations may fail."},
    {"ToleratedFailureCountPath", DR_FIELD_PATH, DR_DISTRIBUTED | DR_JSONPATH_ONLY | DR_REFERENCE, GROUP_COUNT,
     .doc = "Where the input has it."},
    {"ToleratedFailurePercentage", DR_FIELD_NUMBER, DR_COMPUTED | DR_DISTRIBUTED, GROUP_PERCENTAGE, 0, 100,
     .doc = "Such a share of the iterations may fail."},
    {"ToleratedFailurePercentagePath", DR_FIELD_PATH, DR_DISTRIBUTED | DR_JSONPATH_ONLY | DR_REFERENCE,
     GROUP_PERCENTAGE, .doc = "Where the input has it."},
    {"Label", DR_FIELD_STRING, DR_NOT_EMPTY, .maximum = 40, .doc = "A name for this Map in the names of its runs."},
};

const char *const dr_state_names[] = {
    [DR_PASS] = "Pass",         [DR_TASK] = "Task",       [DR_CHOICE] = "Choice",
    [DR_WAIT] = "Wait",         [DR_SUCCEED] = "Succeed", [DR_FAIL] = "Fail",
    [DR_PARALLEL] = "Parallel", [DR_MAP] = "Map",         NULL,
};

const struct dr_form dr_state_forms[] = {
    [DR_PASS] = FORM("Pass state", pass_fields, .groups_required = NEEDS(GROUP_NEXT)),
    [DR_TASK] = FORM("Task state", task_fields, .groups_required = NEEDS(GROUP_NEXT)),
    [DR_CHOICE] = FORM("Choice state", choice_fields, .groups_required = 0),
    [DR_WAIT] = FORM("Wait state", wait_fields, .groups_required = NEEDS(GROUP_NEXT) | NEEDS(GROUP_UNTIL)),
    [DR_SUCCEED] = FORM("Succeed state", succeed_fields, .groups_required = 0),
    [DR_FAIL] = FORM("Fail state", fail_fields, .groups_required = 0),
    [DR_PARALLEL] = FORM("Parallel state", parallel_fields, .groups_required = NEEDS(GROUP_NEXT)),
    [DR_MAP] = FORM("Map state", map_fields, .groups_required = NEEDS(GROUP_NEXT) | NEEDS(GROUP_PROCESSOR)),
};
static_assert(COUNT(dr_state_forms) == DR_MAP + 1, "a form for each state type");

/* --- Parts of states -------------------------------------------------------------------------------------------------
 */

#define ERROR_EQUALS                                                                                                   \
    {                                                                                                                  \
        "ErrorEquals", DR_FIELD_STRINGS, DR_REQUIRED | DR_NOT_EMPTY,                                                   \
            .doc = "The names of the errors; States.ALL stands for (nearly) all."                                      \
    }

static const struct dr_field retrier_fields[] = {
    COMMENT,
    ERROR_EQUALS,
    {"IntervalSeconds", DR_FIELD_INTEGER, .minimum = 1, .maximum = SECONDS_MAX,
     .doc = "The delay before the first new attempt (default 1)."},
    {"MaxAttempts", DR_FIELD_INTEGER, .minimum = 0, .maximum = SECONDS_MAX,
     .doc = "How many new attempts (default 3); 0: none."},
    {"BackoffRate", DR_FIELD_NUMBER, .minimum = 1, .maximum = 1e9,
     .doc = "What the delay is multiplied with each time (default 2)."},
    {"MaxDelaySeconds", DR_FIELD_INTEGER, .minimum = 1, .maximum = 31622400, .doc = "No delay is longer."},
    {"JitterStrategy", DR_FIELD_STRING, .values = jitters,
     .doc = "FULL: the delay is drawn between 0 and what it would be."},
};
const struct dr_form dr_retrier_form = FORM("retrier", retrier_fields, .groups_required = 0);

static const struct dr_field catcher_fields[] = {
    COMMENT, ERROR_EQUALS, RESULT_PATH,
    ASSIGN,  OUTPUT,       {"Next", DR_FIELD_STRING, DR_REQUIRED, .doc = "The state to go to."},
};
const struct dr_form dr_catcher_form = FORM("catcher", catcher_fields, .groups_required = 0);

/* The comparators are a table of their own (expression/comparators.def). */
static const struct dr_field choice_rule_fields[] = {
    COMMENT,
    ASSIGN,
    OUTPUT,
    {"Next", DR_FIELD_STRING, DR_REQUIRED, .doc = "The state to go to when the rule holds."},
    {"Condition", DR_FIELD_ANY, DR_JSONATA_ONLY, .doc = "An expression that gives true or false."},
    {"Variable", DR_FIELD_PATH, DR_JSONPATH_ONLY, .doc = "What a comparator compares."},
};
const struct dr_form dr_choice_rule_form = FORM("choice rule", choice_rule_fields, .open = true);

static const struct dr_field reader_config_fields[] = {
    {"InputType", DR_FIELD_STRING, .values = input_types, .doc = "The format of the file."},
    {"CSVHeaderLocation", DR_FIELD_STRING, .values = header_locations, .doc = "Where the names of the columns are."},
    {"CSVHeaders", DR_FIELD_STRINGS, .doc = "The names of the columns, with GIVEN."},
    {"CSVDelimiter", DR_FIELD_STRING, .values = delimiters, .doc = "What separates the columns."},
    {"ManifestType", DR_FIELD_STRING, .values = manifest_types, .doc = "The kind of manifest."},
    {"Transformation", DR_FIELD_STRING, .values = reader_transformations,
     .doc = "LOAD_AND_FLATTEN reads the objects that are listed."},
    {"MaxItems", DR_FIELD_INTEGER, DR_COMPUTED, 1, 0, 100000000, .doc = "Only so many items are taken; 0: all."},
    {"MaxItemsPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE, 1, .doc = "Where the input has it."},
    {"ItemsPointer", DR_FIELD_STRING, .doc = "A JSON pointer to the list inside the file."},
};
const struct dr_form dr_reader_config_form = FORM("ReaderConfig", reader_config_fields, .groups_required = 0);

#define RESOURCE(about)                                                                                                \
    {                                                                                                                  \
        "Resource", DR_FIELD_STRING, DR_REQUIRED | DR_NOT_EMPTY, .doc = about                                          \
    }
static const struct dr_field item_reader_fields[] = {
    COMMENT,
    RESOURCE("What reads: file:read, or an ARN such as arn:aws:states:::s3:getObject."),
    PARAMETERS("What to read."),
    ARGUMENTS("What to read."),
    {"ReaderConfig", DR_FIELD_FORM, .form = &dr_reader_config_form, .doc = "The format of what is read."},
};
const struct dr_form dr_item_reader_form = FORM("ItemReader", item_reader_fields, .groups_required = 0);

static const struct dr_field item_batcher_fields[] = {
    COMMENT,
    {"BatchInput", DR_FIELD_ANY, .doc = "What each batch is given besides its items."},
    {"MaxItemsPerBatch", DR_FIELD_INTEGER, DR_COMPUTED, 1, 0, 1e15, .doc = "The most items of a batch."},
    {"MaxItemsPerBatchPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE, 1, .doc = "Where the input has it."},
    {"MaxInputBytesPerBatch", DR_FIELD_INTEGER, DR_COMPUTED, 2, 0, 262144, .doc = "The most bytes of a batch."},
    {"MaxInputBytesPerBatchPath", DR_FIELD_PATH, DR_JSONPATH_ONLY | DR_REFERENCE, 2, .doc = "Where the input has it."},
};
const struct dr_form dr_item_batcher_form = FORM("ItemBatcher", item_batcher_fields, .groups_required = 0);

static const struct dr_field writer_config_fields[] = {
    {"OutputType", DR_FIELD_STRING, .values = output_types, .doc = "The format of the files."},
    {"Transformation", DR_FIELD_STRING, .values = writer_transformations,
     .doc = "COMPACT keeps the outputs only; FLATTEN joins them."},
};
const struct dr_form dr_writer_config_form = FORM("WriterConfig", writer_config_fields, .groups_required = 0);

static const struct dr_field result_writer_fields[] = {
    COMMENT,
    {"Resource", DR_FIELD_STRING, DR_NOT_EMPTY, .doc = "What writes: file:write, or arn:aws:states:::s3:putObject."},
    PARAMETERS("Where to write."),
    ARGUMENTS("Where to write."),
    {"WriterConfig", DR_FIELD_FORM, .form = &dr_writer_config_form, .doc = "The format of what is written."},
};
const struct dr_form dr_result_writer_form = FORM("ResultWriter", result_writer_fields, .groups_required = 0);

/* --- Machines
 * ---------------------------------------------------------------------------------------------------------- */

#define STATES                                                                                                         \
    {"StartAt", DR_FIELD_STRING, DR_REQUIRED, .doc = "The state to begin with."},                                      \
    {                                                                                                                  \
        "States", DR_FIELD_MAP, DR_REQUIRED | DR_NOT_EMPTY, .doc = "The states by name."                               \
    }

static const struct dr_field machine_fields[] = {
    COMMENT,
    LANGUAGE,
    STATES,
    {"Version", DR_FIELD_STRING, .doc = "The version of the Amazon States Language: 1.0."},
    {"TimeoutSeconds", DR_FIELD_INTEGER, .minimum = 1, .maximum = SECONDS_MAX,
     .doc = "The whole execution ends as TIMED_OUT after this time."},
    {"Runbook", DR_FIELD_FORM, .form = &dr_runbook_form,
     .doc = "What drrun knows about this file beyond the Amazon States Language."},
    {"Action", DR_FIELD_FORM, .form = &dr_action_form,
     .doc = "Makes this file an action that other runbooks can call."},
};
const struct dr_form dr_machine_form = FORM("state machine", machine_fields, .groups_required = 0);

static const struct dr_field branch_fields[] = {COMMENT, STATES};
const struct dr_form dr_branch_form = FORM("branch", branch_fields, .groups_required = 0);

static const struct dr_field processor_config_fields[] = {
    {"Mode", DR_FIELD_STRING, .values = modes,
     .doc = "INLINE (the default), or DISTRIBUTED with an execution of its own for each item."},
    {"ExecutionType", DR_FIELD_STRING, .values = execution_types,
     .doc = "The kind of these executions on AWS; it changes nothing here."},
};
const struct dr_form dr_processor_config_form = FORM("ProcessorConfig", processor_config_fields, .groups_required = 0);

static const struct dr_field processor_fields[] = {
    COMMENT,
    STATES,
    {"ProcessorConfig", DR_FIELD_FORM, .form = &dr_processor_config_form, .doc = "How the iterations run."},
};
const struct dr_form dr_processor_form = FORM("ItemProcessor", processor_fields, .groups_required = 0);

/* --- What drrun adds
 * ----------------------------------------------------------------------------------------------------- */

static const struct dr_field objectives_fields[] = {
    {"RTO", DR_FIELD_ANY, .doc = "Recovery time objective: a duration such as 5m, 90s or 1h30m."},
    {"RPO", DR_FIELD_ANY, .doc = "Recovery point objective: a duration."},
};
const struct dr_form dr_objectives_form = FORM("Objectives map", objectives_fields, .of_drrun = true);

static const struct dr_field runbook_fields[] = {
    COMMENT,
    {"Name", DR_FIELD_STRING, DR_NOT_EMPTY, .maximum = 80, .doc = "The runbook's name; without it, the file's."},
    {"Kind", DR_FIELD_STRING, .values = runbook_kinds, .doc = "What it is for (default Operation)."},
    {"Application", DR_FIELD_STRING, DR_NOT_EMPTY,
     .doc = "What it changes: two executions that change one application exclude each other."},
    {"Region", DR_FIELD_STRING, DR_NOT_EMPTY, .doc = "The AWS Region of tasks that name none."},
    {"Impaired", DR_FIELD_STRINGS, .doc = "Regions that may be gone: no step may depend on them without a Catch."},
    {"Objectives", DR_FIELD_FORM, .form = &dr_objectives_form, .doc = "What is to be reached; the report compares."},
    {"RequireReason", DR_FIELD_BOOLEAN, .doc = "true: --reason must be given, and goes into the record."},
    {"Inputs", DR_FIELD_MAP, .doc = "The input's properties by name, each a JSON Schema; defaults are filled in."},
    {"Required", DR_FIELD_STRINGS, .doc = "The inputs that must be given; without it, those that have no default."},
};
const struct dr_form dr_runbook_form = FORM("Runbook block", runbook_fields, .of_drrun = true);

static const struct dr_field action_fields[] = {
    COMMENT,
    {"Name", DR_FIELD_STRING, DR_REQUIRED | DR_NOT_EMPTY, .maximum = 80,
     .doc = "SERVICE.VERB, as the file's path has it: http/check.yaml is http.check."},
    {"Summary", DR_FIELD_STRING, DR_REQUIRED | DR_NOT_EMPTY, .doc = "What it does, in one sentence."},
    {"Effect", DR_FIELD_STRING, DR_REQUIRED, .values = effects, .doc = "The worst it can do."},
    {"Undo", DR_FIELD_STRING, .doc = "The action that takes it back, or why there is none."},
    {"Arguments", DR_FIELD_MAP, .doc = "The arguments by name, each a JSON Schema; defaults are filled in."},
    {"Required", DR_FIELD_STRINGS, .doc = "The arguments that must be given."},
    {"Output", DR_FIELD_ANY, .doc = "What it gives: properties by name, each a JSON Schema, or one JSON Schema."},
    {"Errors", DR_FIELD_ANY, .doc = "The errors it can fail with, by name, each with when."},
    {"Notes", DR_FIELD_STRING, .doc = "What else one should know."},
};
const struct dr_form dr_action_form = FORM("Action block", action_fields, .of_drrun = true);

const struct dr_field *dr_form_field(const struct dr_form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (form->fields[i].name[0] == name[0] && strcmp(form->fields[i].name, name) == 0)
            return &form->fields[i];
    return NULL;
}

/* Between the files of this room: the parser's state, and how its parts call one another. Private to definition/.
 *
 * A machine is parsed in three passes: the names of its states, then each state (form_check.c says what does not fit
 * its table; the rest is compiled), then what only the whole shows: reachability and ends (graph.c) and variables
 * (variables.c).
 */
#ifndef DRRUN_DEFINITION_PARSE_H
#define DRRUN_DEFINITION_PARSE_H

#include "interpreter/definition/definition.h"
#include "interpreter/definition/fields.h"

/* AWS's codes (ValidateStateMachineDefinition), and ours below. */
#define DR_SCHEMA "SCHEMA_VALIDATION_FAILED"
#define DR_TARGET "MISSING_TRANSITION_TARGET"
#define DR_NO_END "MISSING_END_STATE"
#define DR_DUPLICATE_NAME "DUPLICATE_STATE_NAME"
#define DR_STATE_NAME "INVALID_STATE_NAME"
#define DR_BAD_RESOURCE "INVALID_RESOURCE"
#define DR_ARGUMENT "INVALID_ARGUMENT"
#define DR_BAD_RUNBOOK "INVALID_RUNBOOK"
#define DR_BAD_ACTION "INVALID_ACTION"
#define DR_BAD_INPUT "INVALID_INPUT"
#define DR_IMPAIRED "DEPENDS_ON_IMPAIRED_REGION"
#define DR_NO_REGION "UNKNOWN_REGION"
#define DR_TWO_REGIONS "CONTRADICTING_REGION"
#define DR_NO_ERROR "UNKNOWN_ERROR"
#define DR_SECRET_KEPT "SECRET_IN_JOURNAL"

/* Where in the document: a chain on the C stack, printed as AWS prints it ("/States/X/Choices[0]/Next"). */
struct dr_where {
    const struct dr_where *outer; /* NULL: the root */
    const char *key;              /* a field, or NULL: */
    size_t index;
};

struct dr_block;

struct dr_parser {
    struct dr_arena *arena;
    struct dr_catalogue *catalogue;
    struct dr_diagnostics *found;
    const char *file, *directory;         /* of the file that is being parsed */
    json_t *files;                        /* collects {name: text} of everything that takes part */
    json_t *names;                        /* of the states so far: names are unique in the whole file */
    const struct dr_path *root;           /* "$" */
    const struct dr_runbook *runbook;     /* NULL: there is none (an action) */
    struct dr_block *block;               /* the machine that is being parsed */
    struct dr_block *blocks, *last_block; /* all of the file */
    enum dr_language language;            /* of the file: states inside take it, whatever the state around them says */
    unsigned suggestions_left;            /* a nearest name costs a walk over all: bounded for hostile files */
};

/* Reports an error at a node's place; `hint` is a heap string, stolen, or NULL. */
void dr_mistake(struct dr_parser *parser, const struct dr_where *where, struct dr_place place, const char *code,
                char *hint, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The same as a warning: AWS takes it, and the execution may fail over it. */
void dr_doubt(struct dr_parser *parser, const struct dr_where *where, struct dr_place place, const char *code,
              char *hint, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Doubts a Region's name that no Region has. `node` may be NULL or anything. */
void dr_region_check(struct dr_parser *parser, const struct dr_node *node, const struct dr_where *where);
/* "Did you mean "X"?" on the heap, or NULL. */
char *dr_suggest(struct dr_parser *parser, const char *word, const char *const *candidates, size_t count);
/* Whether the text holds a ${Placeholder} that a template engine (SAM, CDK) fills in before AWS sees it. */
bool dr_has_placeholder(const struct dr_node *node);
bool dr_is_expression(const struct dr_node *node); /* a string "{% ... %}" */

/* --- form_check.c --- */
/* Reports every field that is unknown, missing, of the wrong type or language, or excluded by another. False: not even
 * a map. */
bool dr_form_check(struct dr_parser *parser, const struct dr_form *form, const struct dr_node *node,
                   enum dr_language language, const struct dr_where *where);
/* The member if it has a type that its field allows, else NULL: for parsing after dr_form_check has complained. */
const struct dr_node *dr_form_member(const struct dr_form *form, const struct dr_node *node, const char *name);

/* --- machine.c --- */
/* Parses a machine and all in it. NULL if it is no machine at all; otherwise mistakes are in `found` and it must not be
 * run. */
const struct dr_machine *dr_machine_parse(struct dr_parser *parser, const struct dr_form *form,
                                          const struct dr_node *node, const struct dr_state *container,
                                          const struct dr_where *where);

/* --- states.c --- */
struct dr_state_parse {
    struct dr_parser *parser;
    struct dr_machine *machine;
    struct dr_state *state;
    const struct dr_node *node;
    const struct dr_form *form;
    const struct dr_where *where;
    const char *inside; /* the part of the state that is being parsed, as causes name it: "Choices[1]"; or NULL */
    bool dangling;      /* a transition names no state, or none is given: reported already */
    const struct dr_state *guess; /* what it may have meant: followed, so that one wrong name is one message */
};
void dr_state_parse(struct dr_state_parse *at);

/* --- map.c --- */
void dr_map_parse(struct dr_state_parse *at);

/* --- values.c: what states consist of --- */
const struct dr_node *dr_member(const struct dr_state_parse *at, const char *name);
struct dr_data_path dr_data_path_parse(struct dr_state_parse *at, const struct dr_node *node, const char *name,
                                       const struct dr_where *outer);
/* `name` is the constant's field, `path_name` the path's (NULL: there is none); both looked up in `node` by `form`. */
struct dr_setting dr_setting_parse(struct dr_state_parse *at, const struct dr_form *form, const struct dr_node *node,
                                   const char *name, const char *path_name, const struct dr_where *where);
/* The value of `node`, a path or an intrinsic call, in the field `name`. */
struct dr_setting dr_setting_parse_path(struct dr_state_parse *at, const struct dr_form *form,
                                        const struct dr_node *node, const char *name, const struct dr_where *outer);
enum dr_template_place { DR_IN_INPUT, DR_IN_RESULT, DR_IN_CATCH }; /* what $states has there */
const struct dr_template *dr_template_parse(struct dr_state_parse *at, const struct dr_node *node, const char *field,
                                            enum dr_template_place there);
/* Parameters and the like are maps: a bare path or number is a slip. */
void dr_payload_check(struct dr_state_parse *at, const struct dr_node *node, const struct dr_where *outer);
/* The names that an Assign map gives. */
void dr_assign_check(struct dr_state_parse *at, const struct dr_node *assign, const struct dr_where *outer);
const struct dr_rule *dr_rule_parse(struct dr_state_parse *at, const struct dr_node *node);
const struct dr_state *dr_target_parse(struct dr_state_parse *at, const struct dr_node *node,
                                       const struct dr_where *where);
const char *const *dr_strings_parse(struct dr_arena *arena, const struct dr_node *list, size_t *ret_count);

/* --- variables.c --- */
struct dr_edge {
    uint32_t from, to;     /* states; DR_OUTSIDE: the machine's start or end */
    uint32_t first, count; /* in `assigned`: what is set on the way */
};
#define DR_OUTSIDE UINT32_MAX

/* A machine as a scope: who goes where, and sets and reads which variables. Lives as long as the file is being parsed.
 */
struct dr_block {
    const struct dr_machine *machine;
    struct dr_block *outer;           /* NULL: the file's own machine */
    const struct dr_state *container; /* in `outer` */
    struct dr_block *next;            /* all blocks of the file, in the order opened */
    struct dr_edge *edges;
    size_t edge_count, edge_capacity;
    struct dr_assigned {
        uint32_t variable, state;
        struct dr_place place;
    } * assigned;
    size_t assigned_count, assigned_capacity;
    struct dr_read {
        uint32_t state;
        bool tested;
        const char *name;
        struct dr_place place;
    } * reads;
    size_t read_count, read_capacity;
    json_t *variables; /* name -> number */
    uint64_t *before;  /* a row of bits a state: what may be set when it is entered; NULL: not computed */
    size_t words;      /* of a row; 0: too much to compute, so anything set somewhere counts */
    bool computed;
};

struct dr_block *dr_block_open(struct dr_parser *parser, const struct dr_machine *machine,
                               const struct dr_state *container);
/* The state that is being parsed reads a variable. */
void dr_block_read(struct dr_block *block, const struct dr_state *state, const char *name, struct dr_place place,
                   bool tested);
/* From one state (NULL: the start) to another (NULL: the end); `assign` is the Assign map or NULL. */
void dr_block_edge(struct dr_parser *parser, struct dr_block *block, const struct dr_state *from,
                   const struct dr_state *to, const struct dr_node *assign);
/* The whole file is parsed: reports what is read and never set, and what an inner scope sets of an outer one. Ends all
 * blocks. */
void dr_blocks_finish(struct dr_parser *parser);

/* --- graph.c --- */
/* Reports states that cannot be reached, and a machine that cannot end. */
void dr_graph_check(struct dr_parser *parser, const struct dr_block *block, bool dangling,
                    const struct dr_where *where);

/* --- resource.c --- */
/* NULL: known by its form only, or wrong; wrong is reported. */
const struct dr_resource *dr_resource_parse(struct dr_parser *parser, const struct dr_node *resource,
                                            const struct dr_node *arguments, enum dr_language language,
                                            const struct dr_where *outer);
/* `provided`: an argument that the author need not give, because the state does (a ResultWriter's Body); NULL: none. */
void dr_arguments_check(struct dr_parser *parser, const struct dr_resource *resource, const struct dr_node *task,
                        const struct dr_node *arguments, enum dr_language language, const char *provided,
                        const struct dr_where *outer);

/* Doubts names in the Task's Retry and Catch that its resource never fails with. */
void dr_errors_check(struct dr_parser *parser, const struct dr_resource *resource, const struct dr_node *task,
                     const struct dr_where *outer);

/* --- runbook.c, action.c: the blocks --- */
const struct dr_runbook *dr_runbook_parse(struct dr_parser *parser, const struct dr_node *block,
                                          const struct dr_where *where);
/* Fills in all but machine and file. False: not usable. */
bool dr_action_parse(struct dr_parser *parser, const struct dr_node *block, struct dr_resource *ret_action,
                     const struct dr_where *where);

/* What runbook:start takes for this runbook, as JSON Schema text in `arena`. */
const char *dr_runbook_schema_text(struct dr_arena *arena, const struct dr_runbook *runbook);
/* A map of schemas by name, checked, as {"type":"object","properties":...,"required":...}; a new reference. Without a
 * `required` list all properties without a default are, if `all_required`. NULL if it is wrong. */
json_t *dr_schema_of_map(struct dr_parser *parser, const struct dr_node *properties, const struct dr_node *required,
                         bool all_required, const char *code, const struct dr_where *outer);

/* --- program.c --- */
/* The machine of a file in `document`, with its blocks. `ret_runbook` or `ret_action` say what the file is to be. NULL:
 * errors were found. */
const struct dr_machine *dr_file_parse(struct dr_parser *parser, const struct dr_document *document,
                                       const struct dr_runbook **ret_runbook, struct dr_resource *ret_action);

/* --- catalogue.c --- */
/* The files that a resource of the catalogue was made from, {name: text}, borrowed; NULL for primitives. */
const json_t *dr_catalogue_files(const struct dr_catalogue *catalogue, const struct dr_resource *resource);
/* A runbook called from another one, as a resource; NULL if it cannot be had (reported at `place`, or in its own file).
 */
const struct dr_resource *dr_catalogue_runbook(struct dr_catalogue *catalogue, const char *path, const char *directory,
                                               struct dr_diagnostics *found);
/* Whether there is such a file. */
bool dr_catalogue_has(const struct dr_catalogue *catalogue, const char *path, const char *directory);
/* What the catalogue's resolver says of a name; see struct dr_resolver. */
const struct dr_resource *dr_catalogue_resolve(struct dr_catalogue *catalogue, const char *name, bool in_action,
                                               struct dr_diagnostics *found);
/* The same of a Region's name; true without a resolver. */
bool dr_catalogue_is_region(const struct dr_catalogue *catalogue, const char *name, char **ret_nearest);
/* The same of an error that a call may end with. */
bool dr_catalogue_is_error(const struct dr_catalogue *catalogue, const struct dr_resource *resource, const char *name,
                           char **ret_hint);
/* A catalogue that takes files from `files` instead of the disk. */
struct dr_catalogue *dr_catalogue_journaled(const struct dr_catalogue *catalogue, const json_t *files);
bool dr_catalogue_is_journaled(const struct dr_catalogue *catalogue);
/* The names of all resources without loading any, for the nearest one; in an array for the caller to free, the strings
 * are the catalogue's. */
const char **dr_catalogue_names(struct dr_catalogue *catalogue, size_t *ret_count);
/* Where a file with this text could be read, or NULL. A new string in `arena`. */
const char *dr_path_join(struct dr_arena *arena, const char *directory, const char *path);
const char *dr_path_directory(struct dr_arena *arena, const char *path);

/* --- schema.c --- */
struct dr_schema_problem {
    const json_t *schema; /* the part that was not kept */
    char *path;           /* of the value: "" or "/a/0/b" */
    char *message;        /* "must be at least 1, not 0" */
};
typedef void dr_schema_fn(void *data, const struct dr_schema_problem *problem);
/* Calls `report` for all that does not fit; strings are borrowed by it. True: fits. */
bool dr_schema_check(const json_t *schema, const json_t *value, dr_schema_fn *report, void *data);
/* The same for what a run computed, which a schema with "coerce" takes more leniently (schema.c). */
bool dr_schema_check_computed(const json_t *schema, const json_t *value, dr_schema_fn *report, void *data);
/* The same for a value that is still a template: what has expressions in it is skipped, places are the nodes'. The
 * member `provided` (NULL: none) need not be there. */
void dr_schema_check_node(struct dr_parser *parser, const json_t *schema, const struct dr_node *node,
                          enum dr_language language, const char *what, const char *provided,
                          const struct dr_where *where);
/* Whether a JSON Schema is one that we understand; all that it is not is reported. */
void dr_schema_verify(struct dr_parser *parser, const struct dr_node *schema, const char *code,
                      const struct dr_where *where);
/* `value` with defaults of properties that are not there filled in, all levels. A new reference. */
json_t *dr_schema_defaults(const json_t *schema, const json_t *value);
/* `value` without members that are null, not required, and may not be null. A new reference. */
json_t *dr_schema_drop_nulls(const json_t *schema, const json_t *value);

#endif

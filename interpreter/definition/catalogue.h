/* The catalogue: what a Task's Resource can name. Primitives (C, registered by the providers), actions (ASL files found
 * on the action path or by a relative path), and forms known by syntax only (AWS ARNs until the AWS provider is there).
 *
 * Diagnostics about an action's file point into its text, which the catalogue owns: show them before it is freed. */
#ifndef DRRUN_DEFINITION_CATALOGUE_H
#define DRRUN_DEFINITION_CATALOGUE_H

#include "interpreter/base/diagnostic.h"

#include <jansson.h>
#include <stdbool.h>

struct dr_machine;
struct dr_runbook;
struct dr_catalogue;

enum dr_effect { DR_EFFECT_READ, DR_EFFECT_WRITE, DR_EFFECT_IRREVERSIBLE };
enum dr_resource_kind {
    DR_RESOURCE_PRIMITIVE, /* C code: `primitive` */
    DR_RESOURCE_ACTION,    /* a machine that runs inside the task, with the arguments as its input */
    DR_RESOURCE_RUNBOOK,   /* runbook:start: a machine that runs inside the task; its input is Arguments.Input */
};

/* How a resource is documented, checked and drawn. Static for primitives, from the file for actions. */
struct dr_resource {
    enum dr_resource_kind kind;
    const char *name;                 /* "http:invoke", "postgres.promote" */
    const char *summary;              /* one sentence */
    enum dr_effect effect;            /* the worst it can do */
    const char *arguments;            /* JSON Schema text of the arguments; NULL: anything goes:
                                         {"type":"object","properties":{...},"required":[...]} */
    const json_t *schema;             /* the same, parsed already, by who owns the resource; it wins */
    const char *output;               /* JSON Schema text or an example of the result, for documentation */
    const char *errors;               /* one line a name: "States.Http.Socket  no complete answer came" */
    const char *undo;                 /* the resource that takes it back, or why there is none; NULL for reads */
    const char *notes;                /* what else one should know; may be NULL */
    const char *file;                 /* where it is defined; NULL for primitives */
    const struct dr_machine *machine; /* actions and runbooks */
    const struct dr_runbook *runbook; /* runbooks: its block, for dr_runbook_input */
    const void *primitive;            /* struct dr_primitive *, opaque here */
};

/* Resources beyond the catalogue's own: those known by their form, such as aws-sdk:SERVICE:OPERATION and ARNs. */
struct dr_resolver {
    /* The resource that `name` means, owned by the resolver and the same for the same name. NULL with mistakes in
     * `found` (without places: they get the Resource's); NULL without any: not a form of its. With `ret_action` set
     * (owned by the caller) too: the action of that name does it, and the resource says how it is called and what it
     * takes. `in_action`: an action's file asks, not a runbook. */
    const struct dr_resource *(*find)(struct dr_resolver *resolver, const char *name, bool in_action, char **ret_action,
                                      struct dr_diagnostics *found);
    /* Fills in what only documentation needs: output, errors. NULL: all is there. */
    void (*document)(struct dr_resolver *resolver, const struct dr_resource *resource);
    /* Whether a Region may be called so; if not, `ret_nearest` is a name that may be meant (on the heap) or NULL. NULL:
     * any name will do. */
    bool (*is_region)(struct dr_resolver *resolver, const char *name, char **ret_nearest);
    /* Whether a call of the resource, which may be another's than this resolver's, may end with an error of that name;
     * if not, `ret_hint` is what may be meant (on the heap) or NULL. NULL: any name will do. */
    bool (*is_error)(struct dr_resolver *resolver, const struct dr_resource *resource, const char *name,
                     char **ret_hint);
};

/* `primitives`: NULL-terminated, static. The order is the order of `drrun actions`. */
struct dr_catalogue *dr_catalogue_new(const struct dr_resource *const *primitives);
void dr_catalogue_free(struct dr_catalogue *catalogue);
void dr_catalogue_set_resolver(struct dr_catalogue *catalogue, struct dr_resolver *resolver); /* borrowed */
/* Adds a folder to the action path, searched in the order added (the installed folder last). "http.check" is
 * <folder>/http/check.yaml; its Action.Name must agree. */
void dr_catalogue_add_folder(struct dr_catalogue *catalogue, const char *folder);

/* The resource that `name` means for a runbook in `directory` ("./actions/mine.yaml" is relative to it). NULL if there
 * is none; mistakes in an action's own file go to `found`. Actions are loaded and checked once, on first use; one that
 * reaches itself is an error. */
const struct dr_resource *dr_catalogue_find(struct dr_catalogue *catalogue, const char *name, const char *directory,
                                            struct dr_diagnostics *found);
/* A resource for people: also one that a runbook names by an ARN or as aws-sdk:..., with all of its documentation. */
const struct dr_resource *dr_catalogue_document(struct dr_catalogue *catalogue, const char *name,
                                                struct dr_diagnostics *found);
/* Everything there is, sorted by name, for `drrun actions`, for the nearest name, for completion. Loads every action.
 */
const struct dr_resource *const *dr_catalogue_all(struct dr_catalogue *catalogue, size_t *ret_count,
                                                  struct dr_diagnostics *found);

/* The JSON Schema of a resource's arguments, parsed once; borrowed. NULL: anything goes. */
const json_t *dr_catalogue_schema(struct dr_catalogue *catalogue, const struct dr_resource *resource);
/* What a call is given when it is about to start: `given` with defaults filled in and checked against the schema. A new
 * reference, or NULL with `ret_problem` (owned by the caller): "Arguments.Url is required". A null for an argument that
 * is not required counts as not given. */
json_t *dr_catalogue_arguments(struct dr_catalogue *catalogue, const struct dr_resource *resource, const json_t *given,
                               char **ret_problem) __attribute__((warn_unused_result));
/* The same before a run, when not all is known: only the defaults are filled in, nothing is checked. A new reference.
 */
json_t *dr_catalogue_defaults(struct dr_catalogue *catalogue, const struct dr_resource *resource, const json_t *given);

#endif

/* Diagnostics: what is wrong with something an author wrote, where, and what to do about it.
 *
 * A diagnostic is data. Functions below command/ collect them in a struct dr_diagnostics that the caller owns; only
 * command/ prints them (text with a source line and a caret, or JSON).
 *
 *     struct dr_diagnostics found = {0};
 *     dr_report(&found, &(struct dr_diagnostic){.code = "SCHEMA_VALIDATION_FAILED", .place = node->place,
 *                                               .message = dr_format("State \"%s\" has no Next", name)});
 *     ...
 *     dr_diagnostics_done(&found);
 */
#ifndef DRRUN_BASE_DIAGNOSTIC_H
#define DRRUN_BASE_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dr_text;

/* A text that diagnostics can point into. Owned by whoever loaded it; outlives the diagnostics that refer to it. */
struct dr_source {
    const char *name;  /* as the user named it: "failover.yaml" */
    const char *bytes; /* NUL-terminated copy of the file */
    size_t size;
};

struct dr_place {
    const struct dr_source *source; /* NULL: no file (command line, journal) */
    uint32_t line;                  /* from 1; 0: the file as a whole */
    uint32_t column;                /* from 1, in characters (code points), as editors count */
    uint32_t length;                /* characters to underline; 0: just a caret */
};

enum dr_severity { DR_ERROR, DR_WARNING, DR_NOTE };

struct dr_diagnostic {
    enum dr_severity severity;
    const char *code; /* a constant: AWS's where it has one (SCHEMA_VALIDATION_FAILED, ...), else ours */
    struct dr_place place;
    char *pointer; /* JSON pointer as AWS prints it: "/States/X/Next"; owned; may be NULL */
    char *message; /* one sentence, no trailing full stop; owned */
    char *hint;    /* what to do, or the nearest valid name; owned; may be NULL */
};

struct dr_diagnostics {
    struct dr_diagnostic *items;
    size_t count, capacity;
    size_t errors, warnings;
    struct dr_kept { /* what places point into and nobody else owns: see dr_diagnostics_keep */
        void (*release)(void *thing);
        void *thing;
    } * kept;
    size_t kept_count;
};

/* Adds a copy of the struct to the list; steals `pointer`, `message` and `hint` (heap strings, see dr_format). */
void dr_report(struct dr_diagnostics *list, const struct dr_diagnostic *diagnostic);

/* Hands `thing` over: release(thing) is called when the list is done. For the source of a file that could not be
 * loaded. */
void dr_diagnostics_keep(struct dr_diagnostics *list, void (*release)(void *thing), void *thing);

/* Orders by file, line, column; removes exact repetitions. */
void dr_diagnostics_sort(struct dr_diagnostics *list);
void dr_diagnostics_done(struct dr_diagnostics *list);

/* Appends "file:line:column: error: message", the source line, the caret line and the hint to `out`. */
void dr_diagnostic_render(struct dr_text *out, const struct dr_diagnostic *diagnostic, bool color);

/* The candidate nearest to `word` (Damerau-Levenshtein, case apart, at most a third of its length away), or NULL. */
const char *dr_nearest(const char *word, const char *const *candidates, size_t count);

#endif

/* The fields of the language: what an author may write, where, and what it means. One table for each object of the
 * language; the parser checks by it, the JSON Schemas are generated from it, and so is the reference documentation.
 *
 *     static const struct dr_form wait = {.name = "Wait state", .fields = wait_fields, ...};
 *     dr_form_check(parser, &wait, node, language, where);      reports all that does not fit
 */
#ifndef DRRUN_DEFINITION_FIELDS_H
#define DRRUN_DEFINITION_FIELDS_H

#include "interpreter/definition/definition.h"

enum dr_field_type {
    DR_FIELD_ANY, /* any JSON: a payload template, a constant */
    DR_FIELD_STRING,
    DR_FIELD_BOOLEAN,
    DR_FIELD_INTEGER,
    DR_FIELD_NUMBER,
    DR_FIELD_MAP, /* whose keys are the author's: States, Assign, Inputs */
    DR_FIELD_LIST,
    DR_FIELD_STRINGS, /* a list of strings */
    DR_FIELD_PATH,    /* a JSONPath */
    DR_FIELD_FORM,    /* an object with fields of its own: `form` */
    DR_FIELD_FORMS,   /* a list of such */
};

enum {
    DR_REQUIRED = 1 << 0,
    DR_JSONPATH_ONLY = 1 << 1,
    DR_JSONATA_ONLY = 1 << 2,
    DR_COMPUTED = 1 << 3, /* in JSONata, "{% ... %}" may stand for the value */
    DR_NULLABLE = 1 << 4,
    DR_NOT_EMPTY = 1 << 5,
    DR_REFERENCE = 1 << 6,   /* a path that names exactly one place of the input or a variable */
    DR_INTRINSIC = 1 << 7,   /* or an intrinsic call */
    DR_DISTRIBUTED = 1 << 8, /* of Maps in distributed mode only */
    DR_TEMPLATED = 1 << 9,   /* a template engine may put it in later: { "Fn::GetAtt": ... } */
};

struct dr_field {
    const char *name;
    enum dr_field_type type;
    unsigned flags;
    unsigned group;            /* fields of one group (from 1) exclude one another */
    double minimum, maximum;   /* of numbers; both 0: unbounded. Of strings: `maximum` characters */
    const char *const *values; /* of an enumeration; NULL-terminated */
    const struct dr_form *form;
    const char *doc; /* one sentence */
};

struct dr_form {
    const char *name; /* "Wait state" */
    const struct dr_field *fields;
    size_t count;
    unsigned groups_required; /* bit n: one field of group n must be there */
    bool open;                /* other fields are let be */
    bool of_drrun;            /* not part of the Amazon States Language: messages name drrun's own words */
};

extern const struct dr_form dr_machine_form, dr_branch_form, dr_processor_form, dr_processor_config_form;
extern const struct dr_form dr_retrier_form, dr_catcher_form, dr_choice_rule_form;
extern const struct dr_form dr_item_reader_form, dr_reader_config_form, dr_item_batcher_form, dr_result_writer_form,
    dr_writer_config_form;
extern const struct dr_form dr_runbook_form, dr_objectives_form, dr_action_form;
extern const struct dr_form dr_state_forms[]; /* by enum dr_state_kind */
extern const char *const dr_state_names[];    /* "Pass", ...; NULL-terminated */

const struct dr_field *dr_form_field(const struct dr_form *form, const char *name);

#endif

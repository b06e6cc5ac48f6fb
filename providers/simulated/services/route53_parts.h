/* Between the files of the simulated Route 53: private to this folder.
 *
 * A hosted zone ("route53.zone", in the Region "global") has besides what Route 53 shows of it:
 *   _records  its record sets, in the order in which they are listed
 *   _served   what the name servers answer with: `_records` as of the last change that is INSYNC
 *   _syncAt   when the newest change will be INSYNC: changes of a zone arrive in their order */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_ROUTE53_PARTS_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_ROUTE53_PARTS_H

#include "interpreter/base/text.h"
#include "providers/simulated/cloud.h"
#include "providers/simulated/names.h"

#include <stdlib.h>
#include <string.h>

#define R53_ZONE "route53.zone"
#define R53_CHANGE "route53.change"
#define R53_CHECK "route53.healthCheck"

static inline const char *r53_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}
static inline bool r53_is(const json_t *object, const char *key, const char *text)
{
    return strcmp(r53_text(object, key), text) == 0;
}
static inline int64_t r53_int(const json_t *object, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(object, key));
}

/* route53_records.c */
/* A name as Route 53 keeps it: in lower case, with the dot at its end, * as \052. Owned by the caller. */
char *dr_sim_r53_name(const char *name);
/* The order of lists: labels reversed, then the type, then the identifier. */
int dr_sim_r53_compare(const char *name, const char *type, const char *identifier, const json_t *record);
/* Applies a batch to `records` (a new list is given back), checked as Route 53 does; NULL: the call has failed. */
json_t *dr_sim_r53_apply(struct dr_sim_call *call, const json_t *zone, const json_t *records, const json_t *changes);
/* Without checking: for the name servers. */
json_t *dr_sim_r53_apply_checked(const json_t *records, const json_t *changes);
void dr_sim_r53_insert(json_t *records, json_t *record /* stolen */);

/* route53_health.c */
bool dr_sim_r53_check_healthy(struct dr_sim_cloud *cloud, const char *id, int64_t now_ms, unsigned depth);
json_t *dr_sim_r53_make_check(struct dr_sim_cloud *cloud, const char *account, const char *id, const json_t *config,
                              const char *caller_reference, int64_t now_ms);
void dr_sim_r53_check_happens(const struct dr_sim_happening *happening);
void dr_sim_r53_create_check(struct dr_sim_call *call);
void dr_sim_r53_get_check(struct dr_sim_call *call);
void dr_sim_r53_get_check_status(struct dr_sim_call *call);
void dr_sim_r53_list_checks(struct dr_sim_call *call);
void dr_sim_r53_update_check(struct dr_sim_call *call);
void dr_sim_r53_delete_check(struct dr_sim_call *call);

/* route53_resolve.c */
/* Within one zone, as its name servers answer: {"Status", "Answers"}. A new reference. */
json_t *dr_sim_r53_answer(struct dr_sim_cloud *cloud, const json_t *zone, const char *name, const char *type,
                          const char *from_region, int64_t now_ms);
void dr_sim_r53_test_answer(struct dr_sim_call *call);
json_t *dr_sim_r53_find_zone(struct dr_sim_call *call, const char *member); /* NULL: NoSuchHostedZone, failed */

#endif

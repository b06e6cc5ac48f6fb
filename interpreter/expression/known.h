/* What is known before a run. An unknown value (the input of a runbook, the result of a task) is one marked string that
 * no text from outside can be: dr_unknown(). With dr_view.partial it may stand anywhere in what expressions see; a
 * template then gives what is known, and has dr_unknown() wherever an expression reads something that is not. */
#ifndef DRRUN_EXPRESSION_KNOWN_H
#define DRRUN_EXPRESSION_KNOWN_H

#include <jansson.h>
#include <stdbool.h>

json_t *dr_unknown(void); /* a new reference */
bool dr_is_unknown(const json_t *value);
/* Whether all of it is known: nothing in it is dr_unknown(). */
bool dr_is_known(const json_t *value);
/* What is the same in both, which come together on two ways: objects member by member; anything else that differs is
 * unknown. Borrows both, either may be NULL (nothing has come that way yet); a new reference. */
json_t *dr_known_in_both(const json_t *one, const json_t *other);

#endif

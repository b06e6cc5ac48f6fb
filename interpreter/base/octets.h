/* Bytes from outside, as JSON strings: JSON knows only Unicode text, the world does not. */
#ifndef DRRUN_BASE_OCTETS_H
#define DRRUN_BASE_OCTETS_H

#include "interpreter/base/text.h"

/* A string: what is not valid UTF-8, and NUL, becomes U+FFFD. New reference, never NULL. */
json_t *dr_octets_repaired(const char *bytes, size_t size);
/* How many of the `size` bytes are whole characters, if no more than `size_max` bytes may be kept. For cutting valid
 * UTF-8. */
size_t dr_octets_cut(const char *bytes, size_t size, size_t size_max);
/* Appends percent-encoded: all but RFC 3986's unreserved characters, and those in `also_kept`. */
void dr_octets_percent(struct dr_text *text, const char *bytes, size_t size, const char *also_kept);

#endif

/* gzip in memory (RFC 1952). */
#ifndef DRRUN_BASE_GUNZIP_H
#define DRRUN_BASE_GUNZIP_H

#include "interpreter/base/text.h"

#include <stdbool.h>

/* Whether the bytes begin as gzip does. */
bool dr_is_gzip(const char *bytes, size_t size);
/* Appends what the bytes (one or more members) unpack to. NULL, or why not, a static string: damaged, cut, or more than
 * `bytes_max` of it; `out` then holds some part. */
const char *dr_gunzip(const char *bytes, size_t size, size_t bytes_max, struct dr_text *out);

#endif

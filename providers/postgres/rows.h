/* The rows of a result as they arrive: typed, bounded in number and in bytes. */
#ifndef DRRUN_PROVIDERS_POSTGRES_ROWS_H
#define DRRUN_PROVIDERS_POSTGRES_ROWS_H

#include "providers/postgres/libpq.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dr_postgres_rows {       /* zero-initialise, set the maxima */
    size_t rows_max, bytes_max; /* what is beyond is read and dropped */
    json_t *columns, *rows;     /* NULL until the first result */
    size_t bytes, dropped;
};

/* Takes what `result` (one row, or the end of the rows) holds. */
void dr_postgres_rows_add(struct dr_postgres_rows *rows, const struct dr_libpq *libpq, const PGresult *result);
/* The output of postgres:query, a new reference; `result` is the one that ended the rows (it has the command tag). */
json_t *dr_postgres_rows_output(const struct dr_postgres_rows *rows, const struct dr_libpq *libpq, PGresult *result);
void dr_postgres_rows_done(struct dr_postgres_rows *rows);

#endif

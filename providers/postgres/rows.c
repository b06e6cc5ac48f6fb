#include "providers/postgres/rows.h"

#include "interpreter/base/text.h"
#include "providers/postgres/values.h"

#include <stdlib.h>
#include <string.h>

/* Column names in order. Rows are objects, so a name that repeats gets a number: "a", "a_2". */
static json_t *read_columns(const struct dr_libpq *libpq, const PGresult *result)
{
    json_t *columns = json_array(), *seen = json_object();
    for (int i = 0; i < libpq->PQnfields(result); i++) {
        char buffer[32];
        const char *given = libpq->PQfname(result, i);
        char *name = dr_copy_string(given ? given : "");
        for (unsigned n = 2; json_object_get(seen, name); n++) {
            free(name);
            name = dr_format("%s_%u", given, n);
        }
        uint32_t oid = libpq->PQftype(result, i);
        json_t *text = dr_postgres_value(0, name, strlen(name));
        json_object_set_new(seen, json_string_value(text), json_true());
        json_array_append_new(columns,
                              json_pack("{s:o, s:s}", "Name", text, "Type", dr_postgres_type_name(oid, buffer)));
        free(name);
    }
    json_decref(seen);
    return columns;
}

static json_t *read_row(const struct dr_postgres_rows *rows, const struct dr_libpq *libpq, const PGresult *result,
                        int row)
{
    json_t *object = json_object();
    for (int i = 0; i < libpq->PQnfields(result); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(rows->columns, (size_t)i), "Name"));
        json_t *value = libpq->PQgetisnull(result, row, i)
                            ? json_null()
                            : dr_postgres_value(libpq->PQftype(result, i), libpq->PQgetvalue(result, row, i),
                                                (size_t)libpq->PQgetlength(result, row, i));
        json_object_set_new(object, name, value);
    }
    return object;
}

static size_t row_bytes(const struct dr_libpq *libpq, const PGresult *result, int row)
{
    size_t bytes = 0;
    for (int i = 0; i < libpq->PQnfields(result); i++)
        bytes += (size_t)libpq->PQgetlength(result, row, i) + strlen(libpq->PQfname(result, i));
    return bytes;
}

void dr_postgres_rows_add(struct dr_postgres_rows *rows, const struct dr_libpq *libpq, const PGresult *result)
{
    if (!rows->columns) {
        rows->columns = read_columns(libpq, result);
        rows->rows = json_array();
    }
    for (int row = 0; row < libpq->PQntuples(result); row++) {
        size_t bytes = row_bytes(libpq, result, row);
        /* Once a row is dropped, all that follow are: Rows is a prefix, never one with holes. */
        if (rows->dropped > 0 || json_array_size(rows->rows) >= rows->rows_max ||
            bytes > rows->bytes_max - rows->bytes) {
            rows->dropped++;
            continue;
        }
        rows->bytes += bytes;
        json_array_append_new(rows->rows, read_row(rows, libpq, result, row));
    }
}

json_t *dr_postgres_rows_output(const struct dr_postgres_rows *rows, const struct dr_libpq *libpq, PGresult *result)
{
    const char *affected = libpq->PQcmdTuples(result), *tag = libpq->PQcmdStatus(result);
    json_int_t count =
        *affected ? strtoll(affected, NULL, 10) : (json_int_t)(json_array_size(rows->rows) + rows->dropped);
    json_t *output = json_object();
    json_object_set_new(output, "Rows", rows->rows ? json_incref(rows->rows) : json_array());
    json_object_set_new(output, "RowCount", json_integer(count));
    json_object_set_new(output, "Columns", rows->columns ? json_incref(rows->columns) : json_array());
    /* "INSERT 0 1", "CREATE TABLE": the words before the numbers. */
    size_t size = strcspn(tag, "0123456789");
    while (size > 0 && tag[size - 1] == ' ')
        size--;
    json_object_set_new(output, "Command", json_stringn(tag, size));
    json_object_set_new(output, "Truncated", json_boolean(rows->dropped > 0));
    return output;
}

void dr_postgres_rows_done(struct dr_postgres_rows *rows)
{
    json_decref(rows->columns);
    json_decref(rows->rows);
    rows->columns = rows->rows = NULL;
}

/* What `Effect: Read` adds to PostgreSQL's own READ ONLY transaction, which refuses every change of data but not the
 * administrative functions (SELECT pg_promote() is no change of data). */
#ifndef DRRUN_PROVIDERS_POSTGRES_READ_GUARD_H
#define DRRUN_PROVIDERS_POSTGRES_READ_GUARD_H

/* NULL if the query may run as a read; else why not, a sentence owned by the caller. */
char *dr_postgres_read_problem(const char *query) __attribute__((warn_unused_result));

#endif

#include "providers/postgres/read_guard.h"

#include "interpreter/base/text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* How a read may begin. Not COPY (TO PROGRAM), CALL and DO (which can end our transaction), SET, LISTEN, ... */
static const char *const openings[] = {"SELECT", "WITH", "SHOW", "TABLE", "VALUES", "EXPLAIN"};

/* Functions that act outside of the transaction; a final '*' stands for any rest. Better one too many: `Effect: Write`
 * runs them all. */
static const char *const acting[] = {
    "pg_promote",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_reload_conf",
    "pg_rotate_logfile*",
    "pg_switch_wal",
    "pg_create_restore_point",
    "pg_wal_replay_pause",
    "pg_wal_replay_resume",
    "pg_backup_start",
    "pg_backup_stop",
    "pg_start_backup",
    "pg_stop_backup",
    "pg_create_physical_replication_slot",
    "pg_create_logical_replication_slot",
    "pg_drop_replication_slot",
    "pg_copy_physical_replication_slot",
    "pg_copy_logical_replication_slot",
    "pg_replication_slot_advance",
    "pg_sync_replication_slots",
    "pg_logical_slot_get_changes",
    "pg_logical_slot_get_binary_changes",
    "pg_logical_emit_message",
    "pg_replication_origin_*",
    "pg_stat_reset*",
    "pg_stat_statements_reset",
    "pg_file_*",
    "lo_import",
    "lo_export",
    "dblink*",
    "aws_lambda",
    "aws_s3",
};

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

static bool word_is(const char *word, size_t size, const char *pattern)
{
    size_t fixed = strcspn(pattern, "*");
    return (pattern[fixed] ? size >= fixed : size == fixed) && strncasecmp(word, pattern, fixed) == 0;
}

/* Past white space, comments (block comments nest) and opening parentheses. */
static const char *skip_blank(const char *at)
{
    for (unsigned depth = 0; *at;) {
        if (strncmp(at, "/*", 2) == 0) {
            depth++;
            at += 2;
        } else if (depth > 0) {
            bool closes = strncmp(at, "*/", 2) == 0;
            depth -= closes;
            at += closes ? 2 : 1;
        } else if (strncmp(at, "--", 2) == 0) {
            at += strcspn(at, "\n");
        } else if (strchr(" \t\r\n\f\v(", *at)) {
            at++;
        } else
            break;
    }
    return at;
}

char *dr_postgres_read_problem(const char *query)
{
    const char *at = skip_blank(query);
    size_t size = 0;
    while (is_word_byte(at[size]))
        size++;
    bool reads = false;
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
        reads |= word_is(at, size, openings[i]);
    if (!reads)
        return dr_format(
            "Effect is Read, and a read begins with SELECT, WITH, SHOW, TABLE, VALUES or EXPLAIN, not with \"%.*s\"",
            (int)(size < 40 ? size : 40), at);
    /* Wherever the name stands, in a string or a comment too: the guard is to be simple, not clever. */
    for (; *at; at += size ? size : 1) {
        for (size = 0; is_word_byte(at[size]);)
            size++;
        for (size_t i = 0; size > 0 && i < sizeof acting / sizeof *acting; i++)
            if (word_is(at, size, acting[i]))
                return dr_format("Effect is Read, but the query names %.*s, which acts outside of its transaction: say "
                                 "Effect: Write",
                                 (int)size, at);
    }
    return NULL;
}

/* postgres:query end to end, against a server of its own (with_postgres starts it). */
#include "tests/providers/call.h"

#include "interpreter/runtime/real.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

extern const struct dr_primitive dr_postgres_query;

static struct dr_runtime *runtime;

static int open_runtime(void **state)
{
    (void)state;
    char *problem = NULL;
    runtime = dr_runtime_real_new(&problem);
    if (!runtime)
        print_error("%s\n", problem);
    free(problem);
    return runtime ? 0 : -1;
}

static int close_runtime(void **state)
{
    (void)state;
    runtime->ops->free(runtime);
    return 0;
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    if (!value || !*value) {
        print_message("skipped: PostgreSQL is not installed\n");
        skip();
    }
    return value;
}

/* The server's superuser, with `more` in front. Owned by the caller. */
static char *server(const char *more)
{
    return dr_format("%s %s", *more ? more : "host=127.0.0.1", setting("DRRUN_TEST_POSTGRES"));
}

static struct test_call *start(const char *connection, const char *rest)
{
    json_t *arguments = test_json("{%s}", rest);
    json_object_set_new(arguments, "ConnectionString", json_string(connection));
    return test_call_start(&dr_postgres_query, runtime, arguments);
}

static struct test_call *query_at(const char *connection, const char *rest)
{
    struct test_call *call = start(connection, rest);
    test_call_wait(call, 20000);
    return call;
}

static struct test_call *query(const char *rest)
{
    char *connection = server("");
    struct test_call *call = query_at(connection, rest);
    free(connection);
    return call;
}

static void expect_rows(const char *rest, const char *rows)
{
    struct test_call *call = query(rest);
    if (call->error)
        fail_msg("%s: %s: %s", rest, call->error, call->cause);
    assert_json_equal(json_object_get(call->output, "Rows"), rows);
    test_call_done(call);
}

static void expect_error(const char *rest, const char *error, const char *cause_part)
{
    struct test_call *call = query(rest);
    assert_string_equal(call->error ? call->error : "none", error);
    if (!strstr(call->cause, cause_part))
        fail_msg("\"%s\" is not in \"%s\"", cause_part, call->cause);
    assert_false(call->unknown);
    test_call_done(call);
}

static json_int_t number(const char *rest)
{
    struct test_call *call = query(rest);
    if (call->error)
        fail_msg("%s: %s", call->error, call->cause);
    const json_t *row = json_array_get(json_object_get(call->output, "Rows"), 0);
    json_int_t value = json_integer_value(json_object_get(row, "n"));
    test_call_done(call);
    return value;
}

/* --- Values ---------------------------------------------------------------------------------------------------------
 */

static void test_the_whole_output(void **state)
{
    (void)state;
    struct test_call *call = query("'Query': 'SELECT 1 AS a, $1::text AS b, 2 AS a', 'Parameters': ['x']");
    assert_json_equal(call->output, "{'Rows': [{'a': 1, 'b': 'x', 'a_2': 2}], 'RowCount': 1, 'Columns': [{'Name': 'a', "
                                    "'Type': 'int4'}, {'Name': 'b', 'Type': 'text'}, "
                                    "{'Name': 'a_2', 'Type': 'int4'}], 'Command': 'SELECT', 'Truncated': false}");
    test_call_done(call);
}

static void test_types_whatever_the_servers_settings_are(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"true", "true"},
        {"9007199254740993::int8", "9007199254740993"},
        {"0.1::float8", "0.1"},
        {"'NaN'::float8", "'NaN'"},
        {"1.50::numeric", "1.5"},
        {"12345678901234567890.5::numeric", "'12345678901234567890.5'"},
        {"NULL::int", "null"},
        {"'{\\\"a\\\": [1, null]}'::jsonb", "{'a': [1, null]}"},
        {"'2026-11-21 08:30:00.25+05:30'::timestamptz", "'2026-11-21T03:00:00.25Z'"},
        {"'2026-11-21 08:30:00'::timestamp", "'2026-11-21T08:30:00'"},
        {"'2026-11-21'::date", "'2026-11-21'"},
        {"'90 minutes'::interval", "'PT1H30M'"},
        {"'\\\\xdeadbeef'::bytea", "'3q2+7w=='"},
        {"'0/3000148'::pg_lsn", "'0/3000148'"},
        {"ARRAY[1,NULL,3]", "[1, null, 3]"},
        {"ARRAY['a,b','\\\"','NULL']", "['a,b', '\\\"', 'NULL']"},
        {"'[2:3]={7,8}'::int[]", "[7, 8]"},
        {"ARRAY[ARRAY[1],ARRAY[2]]", "[[1], [2]]"},
        {"'192.0.2.1'::inet", "'192.0.2.1'"},
        {"'\303\251\360\237\230\200'", "'\303\251\360\237\230\200'"},
        {"pg_sleep(0)", "null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* The expressions have single quotes of their own: build these arguments without test_json()'s replacement. */
        char *connection = server(""),
             *text = dr_format("{\"Query\": \"SELECT %s AS v\", \"Effect\": \"Read\"}", rows[i][0]), *problem = NULL;
        json_t *arguments = dr_json_parse(text, strlen(text), &problem);
        if (!arguments)
            fail_msg("%s: %s", text, problem);
        json_object_set_new(arguments, "ConnectionString", json_string(connection));
        struct test_call *call = test_call_start(&dr_postgres_query, runtime, arguments);
        test_call_wait(call, 10000);
        print_message("%s: %s\n", rows[i][0], call->cause ? call->cause : "");
        assert_null(call->error);
        assert_json_equal(json_object_get(json_array_get(json_object_get(call->output, "Rows"), 0), "v"), rows[i][1]);
        test_call_done(call);
        free(text);
        free(connection);
    }
}

static void test_parameters_are_typed(void **state)
{
    (void)state;
    expect_rows("'Query': 'SELECT pg_typeof($1)::text AS a, pg_typeof($2)::text AS b, pg_typeof($3)::text AS c, "
                "pg_typeof($4)::text AS d, pg_typeof($5)::text AS e', "
                "'Parameters': [1, 5000000000, true, 1.5, {'k': [1]}]",
                "[{'a': 'integer', 'b': 'bigint', 'c': 'boolean', 'd': 'double precision', 'e': 'jsonb'}]");
    expect_rows("'Query': 'SELECT $1::timestamptz AS a, $2::int IS NULL AS b, 3 = ANY($3::int[]) AS c', 'Parameters': "
                "['2026-01-01T00:00:00Z', null, '{1,3}']",
                "[{'a': '2026-01-01T00:00:00Z', 'b': true, 'c': true}]");
    expect_error("'Query': 'SELECT $1::int', 'Parameters': ['no number']", "Postgres.22P02",
                 "invalid input syntax for type integer");
    expect_error("'Query': 'SELECT $1::int'", "Postgres.08P01", "bind message supplies 0 parameters");
}

/* --- Writes, reads and errors
 * ------------------------------------------------------------------------------------------ */

static void test_writes_count_rows_and_tell_notices(void **state)
{
    (void)state;
    test_call_done(query("'Query': 'CREATE TABLE w (id int PRIMARY KEY, v text)'"));
    struct test_call *call =
        query("'Query': 'INSERT INTO w SELECT g, $1 FROM generate_series(1, 5) g', 'Parameters': ['x']");
    assert_json_equal(call->output,
                      "{'Rows': [], 'RowCount': 5, 'Columns': [], 'Command': 'INSERT', 'Truncated': false}");
    test_call_done(call);
    expect_rows("'Query': 'DELETE FROM w WHERE id > 4 RETURNING id'", "[{'id': 5}]");
    call = query("'Query': 'DROP TABLE IF EXISTS nosuch'");
    assert_string_equal(json_string_value(json_object_get(call->output, "Command")), "DROP TABLE");
    assert_non_null(strstr(json_string_value(json_array_get(json_object_get(call->output, "Notices"), 0)),
                           "does not exist, skipping"));
    test_call_done(call);
    call = query("'Query': 'VACUUM w'"); /* cannot run inside of a transaction */
    assert_null(call->error);
    test_call_done(call);
    expect_error("'Query': 'INSERT INTO w VALUES (1)'", "Postgres.23505", "Detail: Key (id)=(1) already exists.");
}

static void test_errors_carry_state_position_and_hint(void **state)
{
    (void)state;
    expect_error("'Query': 'SELECT * FROM nosuch'", "Postgres.42P01",
                 "relation \"nosuch\" does not exist at character 15");
    expect_error("'Query': 'SELECT upperr(1)'", "Postgres.42883", "Hint: No function matches");
    expect_error("'Query': 'SELECT 1; SELECT 2'", "Postgres.42601", "multiple commands");
    expect_error("'Query': ' -- nothing'", "Postgres.EmptyQuery", "no statement");
    expect_error("'Query': 'COPY w FROM STDIN'", "Postgres.CopyNotSupported", "exec:run");
    expect_error("'Query': 'COPY w TO STDOUT'", "Postgres.CopyNotSupported", "exec:run");
}

static void test_an_error_at_commit_is_an_error(void **state)
{
    (void)state;
    test_call_done(query("'Query': 'CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)'"));
    expect_error("'Query': 'INSERT INTO late VALUES (1), (1)'", "Postgres.23505", "Key (id)=(1) already exists");
}

static void test_a_read_cannot_write(void **state)
{
    (void)state;
    test_call_done(query("'Query': 'CREATE TABLE r (id int)'"));
    char *connection = server("");
    static const struct {
        const char *query, *error;
    } rows[] = {
        {"INSERT INTO r VALUES (1)", "Postgres.NotARead"},
        {"WITH x AS (INSERT INTO r VALUES (1) RETURNING id) SELECT * FROM x", "Postgres.25006"},
        {"EXPLAIN ANALYZE INSERT INTO r VALUES (1)", "Postgres.25006"},
        {"SELECT set_config('transaction_read_only', 'off', false)", "Postgres.25001"},
        {"SELECT nextval('s')", "Postgres.25006"},
        {"SELECT 1; COMMIT; INSERT INTO r VALUES (1)", "Postgres.42601"},
        {"SELECT sneaky()", "Postgres.25006"},
    };
    test_call_done(query("'Query': 'CREATE SEQUENCE s'"));
    test_call_done(
        query("'Query': 'CREATE FUNCTION sneaky() RETURNS void LANGUAGE sql AS $$INSERT INTO r VALUES (1)$$'"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *arguments =
            json_pack("{s:s, s:s, s:s}", "ConnectionString", connection, "Query", rows[i].query, "Effect", "Read");
        struct test_call *call = test_call_start(&dr_postgres_query, runtime, arguments);
        test_call_wait(call, 10000);
        print_message("%s: %s\n", rows[i].query, call->cause);
        assert_string_equal(call->error ? call->error : "none", rows[i].error);
        test_call_done(call);
    }
    free(connection);
    assert_int_equal(number("'Query': 'SELECT count(*) AS n FROM r', 'Effect': 'Read'"), 0);
}

static void test_what_may_be_repeated(void **state)
{
    (void)state;
    static const struct {
        const char *arguments;
        enum dr_repeat repeat;
    } rows[] = {{"{'Query': 'SELECT 1'}", DR_REPEAT_NEVER},
                {"{'Query': 'SELECT 1', 'Effect': 'Write'}", DR_REPEAT_NEVER},
                {"{'Query': 'SELECT 1', 'Effect': 'Read'}", DR_REPEAT_SAFE},
                {"{'Query': 'SELECT 1', 'Idempotent': true}", DR_REPEAT_SAFE},
                {"{'Query': 'SELECT 1', 'Idempotent': false}", DR_REPEAT_NEVER}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *arguments = test_json("%s", rows[i].arguments);
        assert_int_equal(dr_postgres_query.repeat(&dr_postgres_query, arguments), rows[i].repeat);
        json_decref(arguments);
    }
}

static void test_rows_beyond_the_maximum_are_dropped(void **state)
{
    (void)state;
    struct test_call *call = query("'Query': 'SELECT g FROM generate_series(1, 100000) g', 'MaxRows': 3");
    assert_json_equal(json_object_get(call->output, "Rows"), "[{'g': 1}, {'g': 2}, {'g': 3}]");
    assert_int_equal(json_integer_value(json_object_get(call->output, "RowCount")), 100000);
    assert_true(json_is_true(json_object_get(call->output, "Truncated")));
    test_call_done(call);
    call = query("'Query': 'SELECT g FROM generate_series(1, 3) g', 'MaxRows': 3");
    assert_false(json_is_true(json_object_get(call->output, "Truncated")));
    test_call_done(call);
    call = query(
        "'Query': 'SELECT repeat(chr(120), 1000000) AS x FROM generate_series(1, 20)'"); /* 20 MB: more than is kept */
    assert_int_equal(json_array_size(json_object_get(call->output, "Rows")), 8);
    assert_true(json_is_true(json_object_get(call->output, "Truncated")));
    test_call_done(call);
}

static void test_a_large_parameter_is_sent_whole(void **state)
{
    (void)state;
    char *connection = server(""), *large = dr_alloc(5000001);
    memset(large, 'x', 5000000);
    json_t *arguments = json_pack("{s:s, s:s, s:[s]}", "ConnectionString", connection, "Query",
                                  "SELECT length($1) AS n", "Parameters", large);
    struct test_call *call = test_call_start(&dr_postgres_query, runtime, arguments);
    test_call_wait(call, 20000);
    assert_json_equal(json_object_get(call->output, "Rows"), "[{'n': 5000000}]");
    test_call_done(call);
    free(large);
    free(connection);
}

/* --- Connecting ------------------------------------------------------------------------------------------------------
 */

/* A port of 127.0.0.1 that takes connections and never says a word. */
static int open_silence(unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void expect_connection_error(const char *connection, const char *error, const char *cause_part)
{
    struct test_call *call = query_at(connection, "'Query': 'SELECT 1', 'ConnectTimeoutSeconds': 0.3");
    print_message("%s: %s\n", connection, call->cause);
    assert_string_equal(call->error ? call->error : "none", error);
    if (!strstr(call->cause, cause_part))
        fail_msg("\"%s\" is not in \"%s\"", cause_part, call->cause);
    assert_null(strstr(call->cause, "sesame"));
    assert_false(call->unknown);
    test_call_done(call);
}

static void test_connections_that_fail(void **state)
{
    (void)state;
    unsigned port;
    int silence = open_silence(&port);
    char *silent = dr_format("host=127.0.0.1 port=%u user=u password=open-sesame", port);
    expect_connection_error(silent, "Postgres.ConnectionFailed", "no answer within 0.3 s");
    close(silence);
    expect_connection_error(silent, "Postgres.ConnectionFailed", "Connection refused");
    free(silent);
    expect_connection_error("host=nosuch.invalid", "Postgres.ConnectionFailed", "nosuch.invalid");
    expect_connection_error("host=/nosuch", "Postgres.ConnectionFailed", "No such file or directory");
    expect_connection_error("open-sesame", "Postgres.InvalidConnectionString", "key=value");
    expect_connection_error("host=127.0.0.1 port=99999", "Postgres.ConnectionFailed", "invalid port number");
}

static void test_authentication(void **state)
{
    (void)state;
    const char *login = setting("DRRUN_TEST_POSTGRES_LOGIN");
    char *good = dr_format("%s password=open-sesame", login), *wrong = dr_format("%s password=closed-sesame", login);
    struct test_call *call = query_at(good, "'Query': 'SELECT current_user::text AS u'");
    assert_json_equal(json_object_get(call->output, "Rows"), "[{'u': 'guarded'}]");
    test_call_done(call);
    expect_connection_error(wrong, "Postgres.ConnectionFailed", "password authentication failed for user \"guarded\"");
    expect_connection_error(login, "Postgres.ConnectionFailed", "no password supplied");
    free(good);
    free(wrong);
}

static void test_names_and_sockets(void **state)
{
    (void)state;
    char *by_name = server("host=localhost"),
         *by_socket = dr_format("host=%s %s", setting("DRRUN_TEST_POSTGRES_SOCKETS"), setting("DRRUN_TEST_POSTGRES"));
    struct test_call *call = query_at(by_name, "'Query': 'SELECT inet_server_addr() IS NOT NULL AS tcp'");
    if (call->error)
        fail_msg("%s", call->cause);
    assert_json_equal(json_object_get(call->output, "Rows"), "[{'tcp': true}]");
    test_call_done(call);
    call = query_at(by_socket, "'Query': 'SELECT inet_server_addr() IS NOT NULL AS tcp'");
    assert_json_equal(json_object_get(call->output, "Rows"), "[{'tcp': false}]");
    test_call_done(call);
    free(by_name);
    free(by_socket);
}

/* The failed Region comes first in the list and does not even refuse: the next server is reached all the same. */
static void test_a_silent_host_does_not_hold_up_the_next(void **state)
{
    (void)state;
    unsigned port;
    int silence = open_silence(&port);
    const char *rest = setting("DRRUN_TEST_POSTGRES"); /* "port=N user=..." */
    char *connection =
        dr_format("host=127.0.0.1,nosuch.invalid,127.0.0.1 port=%u,5432,%s target_session_attrs=read-write", port,
                  rest + strlen("port="));
    struct test_call *call = query_at(connection, "'Query': 'SELECT 1 AS n', 'ConnectTimeoutSeconds': 2");
    if (call->error)
        fail_msg("%s", call->cause);
    assert_json_equal(json_object_get(call->output, "Rows"), "[{'n': 1}]");
    test_call_done(call);
    free(connection);
    close(silence);
}

static void test_the_kind_of_server_that_is_wanted(void **state)
{
    (void)state;
    char *standby = server("host=127.0.0.1 target_session_attrs=standby"),
         *either = server("host=127.0.0.1 target_session_attrs=prefer-standby");
    struct test_call *call = query_at(standby, "'Query': 'SELECT 1 AS n'");
    assert_string_equal(call->error, "Postgres.ConnectionFailed");
    assert_non_null(strstr(call->cause, "not in hot standby mode"));
    test_call_done(call);
    call = query_at(either, "'Query': 'SELECT 1 AS n'"); /* no standby in the first pass, any server in the second */
    assert_json_equal(json_object_get(call->output, "Rows"), "[{'n': 1}]");
    test_call_done(call);
    free(standby);
    free(either);
}

/* --- Broken off
 * -------------------------------------------------------------------------------------------------------- */

static void wait_until_active(const char *mark, json_int_t count)
{
    char *rest = dr_format("'Query': 'SELECT count(*) AS n FROM pg_stat_activity WHERE state = $1 AND query LIKE $2', "
                           "'Parameters': ['active', 'SELECT pg_sleep%%%s%%']",
                           mark);
    for (int tries = 0; number(rest) != count; tries++) {
        if (tries == 100)
            fail_msg("there are not %lld queries running of \"%s\"", (long long)count, mark);
        test_run_for(runtime, 50);
    }
    free(rest);
}

static void test_a_cancelled_query_ends_on_the_server(void **state)
{
    (void)state;
    char *connection = server("");
    struct test_call *call = start(connection, "'Query': 'SELECT pg_sleep(60) /* one */'");
    wait_until_active("one", 1);
    dr_postgres_query.cancel(&call->call);
    wait_until_active("one", 0);
    assert_int_equal(call->finished, 0);
    test_call_done(call);
    free(connection);
}

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void test_cancel_at_any_moment_leaves_nothing_open(void **state)
{
    (void)state;
    char *connection = server("host=localhost");
    test_call_done(query("'Query': 'SELECT 1'")); /* what libraries open once is open now */
    unsigned before = count_descriptors();
    for (int turns = 0; turns < 25; turns++) {
        struct test_call *call = start(connection, "'Query': 'SELECT pg_sleep(60)'");
        for (int i = 0; i < turns; i++)
            (void)runtime->ops->wait(runtime, runtime->ops->now_ms(runtime) + 5);
        assert_int_equal(call->finished, 0);
        dr_postgres_query.cancel(&call->call);
        test_call_done(call);
    }
    assert_int_equal(count_descriptors(), before);
    wait_until_active("", 0);
    free(connection);
}

/* The server says that it ends the session: what ran was rolled back, and we know it. */
static void test_a_terminated_session_is_a_known_failure(void **state)
{
    (void)state;
    char *connection = server("");
    struct test_call *call = start(connection, "'Query': 'SELECT pg_sleep(60) /* two */'");
    wait_until_active("two", 1);
    test_call_done(query("'Query': 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1', "
                         "'Parameters': ['SELECT pg_sleep%two%']"));
    test_call_wait(call, 10000);
    assert_string_equal(call->error, "Postgres.57P01");
    assert_false(call->unknown);
    test_call_done(call);
    free(connection);
}

/* A connection through us, which we can cut: bytes are passed on until then. */
struct relay {
    int listener, client, server;
    struct dr_handle *watches[3];
    char target[32];
};

static void pass_on(void *data, int fd, unsigned ready)
{
    (void)ready;
    struct relay *relay = data;
    char bytes[8192];
    ssize_t size = read(fd, bytes, sizeof bytes);
    if (size > 0)
        assert_int_equal(write(fd == relay->client ? relay->server : relay->client, bytes, (size_t)size), size);
}

static void take_connection(void *data, int fd, unsigned ready)
{
    (void)ready;
    struct relay *relay = data;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)strtoul(relay->target, NULL, 10))};
    relay->client = accept(fd, NULL, NULL);
    relay->server = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(relay->server, (struct sockaddr *)&address, sizeof address), 0);
    relay->watches[1] = runtime->ops->watch(runtime, relay->client, DR_READABLE, pass_on, relay);
    relay->watches[2] = runtime->ops->watch(runtime, relay->server, DR_READABLE, pass_on, relay);
}

static void test_a_broken_connection_leaves_the_outcome_unknown(void **state)
{
    (void)state;
    struct relay relay = {0};
    unsigned port;
    const char *rest = setting("DRRUN_TEST_POSTGRES");
    snprintf(relay.target, sizeof relay.target, "%s", rest + strlen("port="));
    relay.listener = open_silence(&port);
    relay.watches[0] = runtime->ops->watch(runtime, relay.listener, DR_READABLE, take_connection, &relay);
    char *connection = dr_format("host=127.0.0.1 %s port=%u", rest, port);
    struct test_call *call = start(connection, "'Query': 'SELECT pg_sleep(60) /* three */'");
    wait_until_active("three", 1);
    for (int i = 0; i < 3; i++)
        runtime->ops->cancel(runtime, relay.watches[i]);
    close(relay.client);
    test_call_wait(call, 10000);
    assert_string_equal(call->error, "Postgres.ConnectionLost");
    assert_true(call->unknown);
    close(relay.server);
    close(relay.listener);
    test_call_done(call);
    free(connection);
    test_call_done(query("'Query': 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1', "
                         "'Parameters': ['SELECT pg_sleep%three%']"));
}

/* Last, because it takes the whole server down for a moment. */
static void test_a_server_that_is_killed_leaves_the_outcome_unknown(void **state)
{
    (void)state;
    char *connection = server("");
    struct test_call *call = start(connection, "'Query': 'SELECT pg_sleep(60) /* four */'");
    wait_until_active("four", 1);
    json_int_t pid = number("'Query': 'SELECT pid AS n FROM pg_stat_activity WHERE query LIKE $1', 'Parameters': "
                            "['SELECT pg_sleep%four%']");
    if (kill((pid_t)pid, SIGKILL) != 0)
        print_message("skipped: the server belongs to another user\n");
    else {
        test_call_wait(call, 10000);
        assert_string_equal(call->error, "Postgres.ConnectionLost");
        assert_true(call->unknown);
        free(connection);
        test_call_done(call);
        return;
    }
    dr_postgres_query.cancel(&call->call);
    test_call_done(call);
    free(connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole_output),
        cmocka_unit_test(test_types_whatever_the_servers_settings_are),
        cmocka_unit_test(test_parameters_are_typed),
        cmocka_unit_test(test_writes_count_rows_and_tell_notices),
        cmocka_unit_test(test_errors_carry_state_position_and_hint),
        cmocka_unit_test(test_an_error_at_commit_is_an_error),
        cmocka_unit_test(test_a_read_cannot_write),
        cmocka_unit_test(test_what_may_be_repeated),
        cmocka_unit_test(test_rows_beyond_the_maximum_are_dropped),
        cmocka_unit_test(test_a_large_parameter_is_sent_whole),
        cmocka_unit_test(test_connections_that_fail),
        cmocka_unit_test(test_authentication),
        cmocka_unit_test(test_names_and_sockets),
        cmocka_unit_test(test_a_silent_host_does_not_hold_up_the_next),
        cmocka_unit_test(test_the_kind_of_server_that_is_wanted),
        cmocka_unit_test(test_a_cancelled_query_ends_on_the_server),
        cmocka_unit_test(test_cancel_at_any_moment_leaves_nothing_open),
        cmocka_unit_test(test_a_terminated_session_is_a_known_failure),
        cmocka_unit_test(test_a_broken_connection_leaves_the_outcome_unknown),
        cmocka_unit_test(test_a_server_that_is_killed_leaves_the_outcome_unknown),
    };
    return cmocka_run_group_tests(tests, open_runtime, close_runtime);
}

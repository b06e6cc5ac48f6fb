/* postgres:query: one statement on a connection of its own.
 *
 * Resolve -> connect -> prepare -> run, each driven by the runtime, none blocking. The servers of the connection string
 * are tried in turn, each address with its own time-out (targets.h). `prepare` makes values print the same everywhere
 * and opens a READ ONLY transaction for a read. `run` sends the statement through the extended protocol, which takes
 * one statement only.
 *
 * Until `run` nothing has happened: any problem is an ordinary failure. From there on a connection that breaks leaves
 * the outcome unknown; an error that the server reports means that the statement was rolled back.
 */
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/dns/resolver.h"
#include "providers/postgres/cancel.h"
#include "providers/postgres/libpq.h"
#include "providers/postgres/read_guard.h"
#include "providers/postgres/rows.h"
#include "providers/postgres/targets.h"
#include "providers/postgres/values.h"
#include "providers/provider.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_SECONDS_DEFAULT = 10,
    ROWS_DEFAULT = 10000,
    NOTICES_MAX = 20,
    PARAMETERS_MAX = 65535, /* the protocol's: a 16-bit count */
};

/* Values print the same whatever the server's and the user's settings are; values.c reads this form. */
#define SESSION                                                                                                        \
    "SET DateStyle = 'ISO'; SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'; "          \
    "SET extra_float_digits = 1"

enum phase { RESOLVING, CONNECTING, PREPARING, RUNNING };

struct query {
    struct dr_call *call;
    const struct dr_libpq *libpq;
    enum phase phase;
    bool reads;

    struct dr_postgres_targets targets;
    size_t target;     /* the one being tried */
    bool standby_only; /* the first pass of prefer-standby */
    char **addresses;  /* what its name means; owned */
    size_t address_count, address;
    struct dr_text failures; /* of the servers tried so far */
    int64_t connect_ms;

    struct dr_resolver *resolver;
    bool resolved;
    int resolve_status;
    struct ares_addrinfo *found;

    PGconn *connection;
    struct dr_handle *watch, *timer;
    int watched_fd;
    unsigned interest;
    struct dr_postgres_rows rows;
    PGresult *last; /* the result that ended the rows, or the error */
    json_t *notices;
};

static void forget(struct query *query)
{
    struct dr_runtime *runtime = query->call->runtime;
    runtime->ops->cancel(runtime, query->watch);
    runtime->ops->cancel(runtime, query->timer);
    dr_resolver_free(query->resolver);
    const char *missing;
    if (query->found)
        dr_cares(&missing)->ares_freeaddrinfo(query->found);
    for (size_t i = 0; i < query->address_count; i++)
        free(query->addresses[i]);
    free(query->addresses);
    query->libpq->PQclear(query->last);
    if (query->connection)
        query->libpq->PQfinish(query->connection);
    dr_postgres_targets_done(&query->targets, query->libpq);
    dr_postgres_rows_done(&query->rows);
    dr_text_done(&query->failures);
    json_decref(query->notices);
    query->call->data = NULL;
    free(query);
}

/* --- How a call ends ------------------------------------------------------------------------------------------ */

static void fail_lost(struct query *query)
{
    struct dr_call *call = query->call;
    char *message = dr_postgres_clean_message(&query->targets, query->libpq->PQerrorMessage(query->connection));
    bool ran = query->phase == RUNNING;
    forget(query);
    if (ran)
        dr_call_unknown(call, "Postgres.ConnectionLost", "%s", *message ? message : "the connection was lost");
    else
        dr_call_fail(call, "Postgres.ConnectionFailed", "%s", *message ? message : "the connection was lost");
    free(message);
}

static void add_part(struct dr_text *cause, const struct query *query, int field, const char *format)
{
    const char *value = query->libpq->PQresultErrorField(query->last, field);
    if (!value)
        return;
    char *clean = dr_postgres_clean_message(&query->targets, value);
    dr_text_puts(cause, format);
    dr_text_puts(cause, clean);
    free(clean);
}

/* No state: libpq itself wrote the error, because the connection is gone. The two others say in as many words that it
 * is not known whether the statement took effect. After any other the server has rolled it back. */
static bool leaves_unknown(const char *state)
{
    return !state || strcmp(state, "08007") == 0 || strcmp(state, "40003") == 0;
}

static void fail_with_result(struct query *query)
{
    const char *state = query->libpq->PQresultErrorField(query->last, PG_DIAG_SQLSTATE);
    if (leaves_unknown(state)) {
        fail_lost(query);
        return;
    }
    struct dr_call *call = query->call;
    struct dr_text cause = {0};
    add_part(&cause, query, PG_DIAG_MESSAGE_PRIMARY, "");
    add_part(&cause, query, PG_DIAG_STATEMENT_POSITION, " at character ");
    add_part(&cause, query, PG_DIAG_MESSAGE_DETAIL, ". Detail: ");
    add_part(&cause, query, PG_DIAG_MESSAGE_HINT, ". Hint: ");
    char *error = dr_format("Postgres.%s", state);
    forget(query);
    dr_call_fail(call, error, "%s", cause.bytes ? cause.bytes : "");
    dr_text_done(&cause);
    free(error);
}

static void succeed(struct query *query)
{
    struct dr_call *call = query->call;
    json_t *output = dr_postgres_rows_output(&query->rows, query->libpq, query->last);
    if (query->notices)
        json_object_set(output, "Notices", query->notices);
    forget(query);
    dr_call_succeed(call, output);
}

static void fail(struct query *query, const char *error, const char *cause)
{
    struct dr_call *call = query->call;
    char *copy = dr_copy_string(cause); /* it may be the query's own */
    forget(query);
    dr_call_fail(call, error, "%s", copy);
    free(copy);
}

/* --- Waiting -------------------------------------------------------------------------------------------------- */

static void socket_ready(void *data, int fd, unsigned ready);
static void connect_time_is_up(void *data);

/* Watches the connection's socket, which is a new one for each attempt of libpq's (also SSL or not). Ends the call if
 * that is refused: the last thing that its callers do. */
static void wait_for(struct query *query, unsigned interest)
{
    struct dr_runtime *runtime = query->call->runtime;
    int fd = query->libpq->PQsocket(query->connection);
    /* While it connects, libpq may close the socket and open another under the same number, which epoll would not
     * notice. */
    if (query->watch && query->watched_fd == fd && query->interest == interest && query->phase > CONNECTING)
        return;
    runtime->ops->cancel(runtime, query->watch);
    query->watched_fd = fd;
    query->interest = interest;
    query->watch = runtime->ops->watch(runtime, fd, interest, socket_ready, query);
    if (!query->watch) {
        struct dr_call *call = query->call;
        bool ran = query->phase == RUNNING;
        forget(query);
        if (ran)
            dr_call_unknown(call, "Postgres.ConnectionLost", "%s", dr_runtime_problem(call->runtime));
        else
            dr_call_fail(call, "Postgres.ConnectionFailed", "%s", dr_runtime_problem(call->runtime));
    }
}

static void start_timer(struct query *query)
{
    struct dr_runtime *runtime = query->call->runtime;
    runtime->ops->cancel(runtime, query->timer);
    query->timer =
        runtime->ops->timer(runtime, runtime->ops->now_ms(runtime) + query->connect_ms, connect_time_is_up, query);
}

/* --- Running: after the connection is there --------------------------------------------------------------------- */

static void take_notice(void *data, const PGresult *notice)
{
    struct query *query = data;
    char *text = dr_postgres_clean_message(&query->targets, query->libpq->PQresultErrorMessage(notice));
    if (!query->notices)
        query->notices = json_array();
    if (json_array_size(query->notices) < NOTICES_MAX)
        json_array_append_new(query->notices, dr_postgres_value(0, text, strlen(text)));
    free(text);
}

/* Sends what is still in libpq's buffer. May end the call. */
static void flush(struct query *query)
{
    int left = query->libpq->PQflush(query->connection);
    if (left < 0)
        fail_lost(query);
    else
        wait_for(query, DR_READABLE | (left > 0 ? DR_WRITABLE : 0u));
}

static void prepare(struct query *query)
{
    query->phase = PREPARING;
    query->libpq->PQsetNoticeReceiver(query->connection, take_notice, query);
    bool sent =
        query->libpq->PQsetnonblocking(query->connection, 1) == 0 &&
        query->libpq->PQsendQuery(query->connection, query->reads ? "BEGIN TRANSACTION READ ONLY; " SESSION : SESSION);
    if (sent)
        flush(query);
    else
        fail_lost(query);
}

/* Fetches the parameters. False if one cannot be one; then `ret_problem` says which. */
static bool read_parameters(const json_t *list, struct dr_postgres_parameter *parameters, char **ret_problem)
{
    size_t i;
    json_t *value;
    json_array_foreach(list, i, value) if (!dr_postgres_parameter(value, &parameters[i]))
    {
        *ret_problem =
            dr_format("Parameters[%zu] cannot be sent to PostgreSQL: it holds a NUL character, or is too large", i);
        return false;
    }
    return true;
}

static bool send_query(struct query *query, const char *text, const struct dr_postgres_parameter *parameters,
                       size_t count)
{
    Oid *types = dr_resize(NULL, count + 1, sizeof *types);
    const char **values = dr_resize(NULL, count + 1, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        types[i] = parameters[i].oid;
        values[i] = parameters[i].text;
    }
    bool sent = query->libpq->PQsendQueryParams(query->connection, text, (int)count, types, values, NULL, NULL, 0);
    free(types);
    free(values);
    return sent;
}

static void run(struct query *query)
{
    const json_t *list = json_object_get(query->call->arguments, "Parameters");
    size_t count = json_array_size(list);
    struct dr_postgres_parameter *parameters = dr_alloc((count + 1) * sizeof *parameters);
    char *problem = NULL;
    bool good = read_parameters(list, parameters, &problem), sent = false;
    if (good) {
        query->phase = RUNNING; /* from here on, whatever breaks */
        sent = send_query(query, dr_argument_string(query->call, "Query", ""), parameters, count);
    }
    for (size_t i = 0; i < count; i++)
        free(parameters[i].text);
    free(parameters);
    if (!good)
        fail(query, "Postgres.InvalidParameter", problem);
    else if (!sent)
        fail_lost(query);
    else {
        /* Row by row, so that what MaxRows drops is never all in memory. */
        query->libpq->PQsetSingleRowMode(query->connection);
        flush(query);
    }
    free(problem);
}

static bool is_error(const struct query *query)
{
    ExecStatusType status = query->libpq->PQresultStatus(query->last);
    return query->last && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

/* Everything has come that belongs to what was sent. */
static void all_received(struct query *query)
{
    if (query->last && query->libpq->PQresultStatus(query->last) == PGRES_EMPTY_QUERY)
        fail(query, "Postgres.EmptyQuery", "Query has no statement in it");
    else if (is_error(query))
        fail_with_result(query);
    else if (query->phase == PREPARING) {
        query->libpq->PQclear(query->last);
        query->last = NULL;
        run(query);
    } else if (query->last)
        succeed(query);
    else
        fail_lost(query);
}

/* False if that ended the call. */
static bool take_result(struct query *query, PGresult *result)
{
    ExecStatusType status = query->libpq->PQresultStatus(result);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        query->libpq->PQclear(result);
        /* Closing the connection ends the COPY, and the server rolls it back. */
        fail(query, "Postgres.CopyNotSupported",
             "COPY to or from the client is not supported; use psql through exec:run");
        return false;
    }
    if (query->phase == RUNNING && (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK))
        dr_postgres_rows_add(&query->rows, query->libpq, result);
    if (status == PGRES_SINGLE_TUPLE || is_error(query)) /* the first error is the one that counts */
        query->libpq->PQclear(result);
    else {
        query->libpq->PQclear(query->last);
        query->last = result;
    }
    return true;
}

static void receive(struct query *query)
{
    if (!query->libpq->PQconsumeInput(query->connection)) {
        /* An error that the server sent before it closed (57P01) is still to be had. */
        for (PGresult *result; query->libpq->PQstatus(query->connection) == CONNECTION_BAD &&
                               (result = query->libpq->PQgetResult(query->connection));)
            if (!take_result(query, result))
                return;
        if (is_error(query))
            fail_with_result(query);
        else
            fail_lost(query);
        return;
    }
    while (!query->libpq->PQisBusy(query->connection)) {
        PGresult *result = query->libpq->PQgetResult(query->connection);
        if (!result) {
            all_received(query);
            return;
        }
        if (!take_result(query, result))
            return;
    }
    flush(query);
}

/* --- Connecting ------------------------------------------------------------------------------------------------- */

static void try_target(struct query *query);

static void poll_connection(struct query *query);

static void try_address(struct query *query)
{
    query->phase = CONNECTING;
    const char *address = query->address_count ? query->addresses[query->address] : NULL;
    query->connection = dr_postgres_connect(&query->targets, query->libpq, &query->targets.items[query->target],
                                            address, query->standby_only);
    start_timer(query);
    if (query->connection && query->libpq->PQstatus(query->connection) != CONNECTION_BAD)
        wait_for(query, DR_WRITABLE); /* as PQconnectStart's contract says */
    else
        poll_connection(query);
}

/* On to the next address, server or pass; the call fails when there is none. */
static void try_next(struct query *query, const char *problem)
{
    struct dr_runtime *runtime = query->call->runtime;
    char *clean = dr_postgres_clean_message(&query->targets, problem);
    dr_text_printf(&query->failures, "%s%s", query->failures.size ? "; " : "", clean);
    free(clean);
    runtime->ops->cancel(runtime, query->watch);
    query->watch = NULL;
    if (query->connection)
        query->libpq->PQfinish(query->connection);
    query->connection = NULL;
    if (++query->address < query->address_count) {
        try_address(query);
        return;
    }
    if (++query->target == query->targets.count && query->standby_only) {
        query->standby_only = false;
        query->target = 0;
    }
    if (query->target < query->targets.count)
        try_target(query);
    else
        fail(query, "Postgres.ConnectionFailed", query->failures.bytes);
}

static void poll_connection(struct query *query)
{
    struct dr_runtime *runtime = query->call->runtime;
    switch (query->connection ? query->libpq->PQconnectPoll(query->connection) : PGRES_POLLING_FAILED) {
    case PGRES_POLLING_READING:
        wait_for(query, DR_READABLE);
        break;
    case PGRES_POLLING_WRITING:
    case PGRES_POLLING_ACTIVE: /* unused by libpq */
        wait_for(query, DR_WRITABLE);
        break;
    case PGRES_POLLING_OK:
        runtime->ops->cancel(runtime, query->timer);
        query->timer = NULL;
        prepare(query);
        break;
    case PGRES_POLLING_FAILED:
        try_next(query, query->connection ? query->libpq->PQerrorMessage(query->connection) : "out of memory");
        break;
    }
}

static void socket_ready(void *data, int fd, unsigned ready)
{
    (void)fd;
    (void)ready;
    struct query *query = data;
    if (query->phase == CONNECTING)
        poll_connection(query);
    else
        receive(query);
}

static void connect_time_is_up(void *data)
{
    struct query *query = data;
    const struct dr_postgres_target *target = &query->targets.items[query->target];
    const char *address = query->address_count ? query->addresses[query->address] : target->address;
    query->timer = NULL;
    char *problem =
        dr_format("%s \"%s\"%s%s%s, port %s failed: no answer within %.3g s",
                  query->phase == RESOLVING ? "looking up" : "connection to server at",
                  target->host ? target->host : "the default host", address ? " (" : "", address ? address : "",
                  address ? ")" : "", target->port ? target->port : "5432", (double)query->connect_ms / 1000.0);
    dr_resolver_free(query->resolver);
    query->resolver = NULL;
    try_next(query, problem);
    free(problem);
}

/* --- Looking names up ------------------------------------------------------------------------------------------- */

static void forget_addresses(struct query *query)
{
    for (size_t i = 0; i < query->address_count; i++)
        free(query->addresses[i]);
    free(query->addresses);
    query->addresses = NULL;
    query->address_count = query->address = 0;
}

static void take_addresses(struct query *query)
{
    size_t count = 0;
    for (struct ares_addrinfo_node *node = query->found->nodes; node; node = node->ai_next)
        count++;
    query->addresses = dr_resize(NULL, count + 1, sizeof *query->addresses);
    for (struct ares_addrinfo_node *node = query->found->nodes; node; node = node->ai_next) {
        char text[INET6_ADDRSTRLEN];
        struct sockaddr_in six_or_four;
        struct sockaddr_in6 six;
        const void *bytes =
            node->ai_family == AF_INET6 ? (const void *)&six.sin6_addr : (const void *)&six_or_four.sin_addr;
        if (node->ai_family == AF_INET6)
            memcpy(&six, node->ai_addr, sizeof six);
        else
            memcpy(&six_or_four, node->ai_addr, sizeof six_or_four);
        if (inet_ntop(node->ai_family, bytes, text, sizeof text))
            query->addresses[query->address_count++] = dr_copy_string(text);
    }
}

static void looked_up(void *data, int status, int timeouts, struct ares_addrinfo *found)
{
    (void)timeouts;
    if (status == ARES_EDESTRUCTION) /* we gave up on it: nobody waits any more */
        return;
    struct query *query = data;
    query->resolved = true;
    query->resolve_status = status;
    query->found = found;
}

static void go_on_if_looked_up(void *data)
{
    struct query *query = data;
    const char *missing;
    const struct dr_cares *cares = dr_cares(&missing);
    if (!query->resolved)
        return;
    dr_resolver_free(query->resolver);
    query->resolver = NULL;
    query->resolved = false;
    if (query->found) {
        take_addresses(query);
        cares->ares_freeaddrinfo(query->found);
        query->found = NULL;
    }
    if (query->address_count > 0) {
        try_address(query);
        return;
    }
    char *problem = dr_format("could not look up host \"%s\": %s", query->targets.items[query->target].host,
                              cares->ares_strerror(query->resolve_status));
    try_next(query, problem);
    free(problem);
}

static void try_target(struct query *query)
{
    const struct dr_postgres_target *target = &query->targets.items[query->target];
    forget_addresses(query);
    if (!dr_postgres_target_is_name(target)) {
        try_address(query);
        return;
    }
    char *problem = NULL;
    const char *missing;
    struct dr_resolver_options options = {.timeout_ms = query->connect_ms, .tries = 3};
    query->resolver = dr_resolver_new(query->call->runtime, &options, go_on_if_looked_up, query, &problem);
    if (!query->resolver) { /* without c-ares libpq looks it up itself, and everything waits */
        free(problem);
        try_address(query);
        return;
    }
    query->phase = RESOLVING;
    start_timer(query);
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    dr_cares(&missing)->ares_getaddrinfo(dr_resolver_channel(query->resolver), target->host, NULL, &hints, looked_up,
                                         query);
    dr_resolver_go(query->resolver);
    go_on_if_looked_up(query);
}

/* --- The primitive ------------------------------------------------------------------------------------------------ */

static bool says_read(const json_t *arguments)
{
    const char *effect = json_string_value(json_object_get(arguments, "Effect"));
    return effect && strcmp(effect, "Read") == 0;
}

static enum dr_repeat repeat(const struct dr_primitive *primitive, const json_t *arguments)
{
    (void)primitive;
    return says_read(arguments) || json_is_true(json_object_get(arguments, "Idempotent")) ? DR_REPEAT_SAFE
                                                                                          : DR_REPEAT_NEVER;
}

/* NULL, or what speaks against running it; owned by the caller. */
static char *find_problem(const struct dr_call *call, const char **ret_error)
{
    const char *text = dr_argument_string(call, "Query", "");
    *ret_error = "Postgres.InvalidParameter";
    if (json_array_size(json_object_get(call->arguments, "Parameters")) > PARAMETERS_MAX)
        return dr_format("Parameters has more than %d values", PARAMETERS_MAX);
    if (strlen(text) != json_string_length(json_object_get(call->arguments, "Query")))
        return dr_copy_string("Query holds a NUL character");
    *ret_error = "Postgres.NotARead";
    return says_read(call->arguments) ? dr_postgres_read_problem(text) : NULL;
}

static void start(struct dr_call *call)
{
    const char *missing = NULL, *error;
    const struct dr_libpq *libpq = dr_libpq(&missing);
    if (!libpq) {
        dr_call_fail(call, "Postgres.ClientMissing", "%s", missing);
        return;
    }
    char *problem = find_problem(call, &error);
    if (problem) {
        dr_call_fail(call, error, "%s", problem);
        free(problem);
        return;
    }
    struct query *query = dr_alloc(sizeof *query);
    if (!dr_postgres_targets_read(&query->targets, libpq, dr_argument_string(call, "ConnectionString", ""), &problem)) {
        free(query);
        dr_call_fail(call, "Postgres.InvalidConnectionString", "%s", problem);
        free(problem);
        return;
    }
    double seconds = dr_argument_real(call, "ConnectTimeoutSeconds", 0);
    int64_t rows_max = dr_argument_int(call, "MaxRows", ROWS_DEFAULT);
    query->call = call;
    query->libpq = libpq;
    query->reads = says_read(call->arguments);
    query->standby_only = query->targets.prefer_standby;
    query->connect_ms = seconds > 0                         ? (int64_t)(seconds * 1000 + 0.5)
                        : query->targets.connect_timeout_ms ? query->targets.connect_timeout_ms
                                                            : CONNECT_SECONDS_DEFAULT * 1000;
    query->rows =
        (struct dr_postgres_rows){.rows_max = rows_max < 0 ? 0 : (size_t)rows_max, .bytes_max = DR_OUTPUT_BYTES_MAX};
    call->data = query;
    try_target(query);
}

static void cancel(struct dr_call *call)
{
    struct query *query = call->data;
    if (query->phase == RUNNING)
        dr_postgres_cancel(query->libpq, query->connection);
    forget(query);
}

const struct dr_primitive dr_postgres_query = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "postgres:query",
            .summary = "Run one SQL statement on a PostgreSQL server, with typed parameters and rows.",
            .effect = DR_EFFECT_WRITE,
            .arguments = "{\"type\":\"object\",\"properties\":{"
                         "\"ConnectionString\":{\"type\":\"string\",\"description\":\"key=value pairs or a "
                         "postgresql:// URI as libpq reads them; several hosts and "
                         "target_session_attrs work\"},"
                         "\"Query\":{\"type\":\"string\",\"minLength\":1,\"description\":\"One statement, parameters "
                         "as $1, $2, ...\"},"
                         "\"Parameters\":{\"type\":\"array\",\"description\":\"The values of $1, $2, ..., typed by "
                         "their JSON type; lists and objects are jsonb\"},"
                         "\"Effect\":{\"type\":\"string\",\"enum\":[\"Read\",\"Write\"],\"default\":\"Write\","
                         "\"description\":\"Read: it runs in a READ ONLY "
                         "transaction and may be repeated\"},"
                         "\"Idempotent\":{\"type\":\"boolean\",\"default\":false,\"description\":\"The author says "
                         "that a second run does no harm\"},"
                         "\"ConnectTimeoutSeconds\":{\"type\":\"number\",\"exclusiveMinimum\":0,\"description\":\"For "
                         "each address; default: the string's "
                         "connect_timeout, else 10\"},"
                         "\"MaxRows\":{\"type\":\"integer\",\"minimum\":0,\"default\":10000,\"description\":\"Rows "
                         "beyond are dropped, and Truncated is true\"}"
                         "},\"required\":[\"ConnectionString\",\"Query\"],\"additionalProperties\":false}",
            .output = "{\"Rows\":[{\"client_addr\":\"10.0.0.7\",\"lag_bytes\":0}],\"RowCount\":1,\"Command\":"
                      "\"SELECT\",\"Truncated\":false,"
                      "\"Columns\":[{\"Name\":\"client_addr\",\"Type\":\"inet\"},{\"Name\":\"lag_bytes\",\"Type\":"
                      "\"int8\"}]}",
            .errors = "Postgres.<SQLSTATE>  what the server answered, such as Postgres.42P01 (no such table) or "
                      "Postgres.25006 (a write under Effect: Read)\n"
                      "Postgres.ConnectionFailed  no server of the list could be connected to; nothing was sent\n"
                      "Postgres.ConnectionLost  the connection broke after the statement was sent\n"
                      "Postgres.InvalidConnectionString  libpq cannot read ConnectionString\n"
                      "Postgres.InvalidParameter  a parameter or the query cannot be sent\n"
                      "Postgres.NotARead  Effect is Read and the statement is not one\n"
                      "Postgres.EmptyQuery  there is no statement in Query\n"
                      "Postgres.CopyNotSupported  COPY to or from the client\n"
                      "Postgres.ClientMissing  libpq is not installed",
            .undo = "none: a statement that takes this one back is the author's to write",
        },
    .repeat = repeat,
    .start = start,
    .cancel = cancel,
};

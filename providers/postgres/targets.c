#include "providers/postgres/targets.h"

#include "interpreter/base/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { TARGETS_MAX = 64, PASSWORD_BYTES_MIN = 4 /* a shorter one would mask half of every message */ };

static const char *option_value(const struct dr_postgres_targets *targets, const char *keyword)
{
    for (const PQconninfoOption *option = targets->options; option->keyword; option++)
        if (strcmp(option->keyword, keyword) == 0)
            return option->val;
    return NULL;
}

static size_t list_size(const char *list)
{
    size_t count = 1;
    for (; list && *list; list++)
        count += *list == ',';
    return count;
}

/* The i-th item of a comma-separated list, owned by the caller; NULL if it is empty. A list of one is for all. */
static char *list_item(const char *list, size_t i)
{
    if (!list)
        return NULL;
    if (list_size(list) == 1)
        i = 0;
    for (; i > 0; i--)
        list = strchr(list, ',') + 1;
    size_t size = strcspn(list, ",");
    return size ? dr_copy_bytes(list, size) : NULL;
}

bool dr_postgres_targets_read(struct dr_postgres_targets *targets, const struct dr_libpq *libpq,
                              const char *connection_string, char **ret_problem)
{
    char *message = NULL;
    *targets = (struct dr_postgres_targets){.options = libpq->PQconninfoParse(connection_string, &message)};
    if (!targets->options) {
        libpq->PQfreemem(message); /* it quotes the string */
        *ret_problem = dr_copy_string("ConnectionString is neither key=value pairs (host=... dbname=...) nor a "
                                      "postgresql:// URI that libpq can read");
        return false;
    }
    const char *hosts = option_value(targets, "host"), *addresses = option_value(targets, "hostaddr"),
               *ports = option_value(targets, "port");
    size_t count = list_size(addresses && *addresses ? addresses : hosts);
    bool fits = (!addresses || !*addresses || !hosts || !*hosts || list_size(hosts) == count) &&
                (list_size(ports) == 1 || list_size(ports) == count);
    if (!fits || count > TARGETS_MAX) {
        *ret_problem =
            fits ? dr_format("ConnectionString names %zu hosts; the limit is %d", count, TARGETS_MAX)
                 : dr_copy_string(
                       "ConnectionString has lists of hosts, addresses and ports that do not have the same length");
        dr_postgres_targets_done(targets, libpq);
        return false;
    }
    targets->items = dr_resize(NULL, count, sizeof *targets->items);
    for (; targets->count < count; targets->count++)
        targets->items[targets->count] = (struct dr_postgres_target){
            .host = list_item(hosts, targets->count),
            .address = list_item(addresses, targets->count),
            .port = list_item(ports, targets->count),
        };
    const char *timeout = option_value(targets, "connect_timeout"),
               *session = option_value(targets, "target_session_attrs");
    int64_t seconds = timeout ? strtoll(timeout, NULL, 10) : 0;
    targets->connect_timeout_ms = seconds > 0 && seconds < INT32_MAX ? seconds * 1000 : 0;
    targets->prefer_standby = session && strcmp(session, "prefer-standby") == 0;
    return true;
}

void dr_postgres_targets_done(struct dr_postgres_targets *targets, const struct dr_libpq *libpq)
{
    for (size_t i = 0; i < targets->count; i++) {
        free(targets->items[i].host);
        free(targets->items[i].address);
        free(targets->items[i].port);
    }
    free(targets->items);
    if (targets->options)
        libpq->PQconninfoFree(targets->options);
    *targets = (struct dr_postgres_targets){0};
}

bool dr_postgres_target_is_name(const struct dr_postgres_target *target)
{
    unsigned char bytes[16];
    return target->host && !target->address && *target->host != '/' && *target->host != '@' /* sockets */
           && inet_pton(AF_INET, target->host, bytes) != 1 && inet_pton(AF_INET6, target->host, bytes) != 1;
}

static bool is_list(const char *keyword)
{
    return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0 || strcmp(keyword, "port") == 0;
}

PGconn *dr_postgres_connect(const struct dr_postgres_targets *targets, const struct dr_libpq *libpq,
                            const struct dr_postgres_target *target, const char *address, bool standby_only)
{
    const struct {
        const char *keyword, *value;
    } ours[] = {
        {"host", target->host},
        {"hostaddr", address ? address : target->address},
        {"port", target->port},
        {"client_encoding", "UTF8"},
        {"fallback_application_name", "drrun"},
        {"target_session_attrs",
         targets->prefer_standby ? (standby_only ? "standby" : "any") : option_value(targets, "target_session_attrs")},
    };
    size_t ours_count = sizeof ours / sizeof *ours, count = 0;
    for (const PQconninfoOption *option = targets->options; option->keyword; option++)
        count++;
    const char **keywords = dr_resize(NULL, count + ours_count + 1, sizeof *keywords);
    const char **values = dr_resize(NULL, count + ours_count + 1, sizeof *values);
    size_t out = 0;
    for (const PQconninfoOption *option = targets->options; option->keyword; option++)
        if (option->val && !is_list(option->keyword)) {
            keywords[out] = option->keyword;
            values[out++] = option->val;
        }
    for (size_t i = 0; i < ours_count; i++) { /* the last one wins; an empty one counts for nothing */
        keywords[out] = ours[i].keyword;
        values[out++] = ours[i].value ? ours[i].value : "";
    }
    keywords[out] = values[out] = NULL;
    PGconn *connection = libpq->PQconnectStartParams(keywords, values, 0);
    free(keywords);
    free(values);
    return connection;
}

char *dr_postgres_clean_message(const struct dr_postgres_targets *targets, const char *message)
{
    const char *password = targets->options ? option_value(targets, "password") : NULL;
    size_t password_size = password ? strlen(password) : 0;
    struct dr_text clean = {0};
    while (*message) {
        if (password_size >= PASSWORD_BYTES_MIN && strncmp(message, password, password_size) == 0) {
            dr_text_puts(&clean, "***");
            message += password_size;
        } else if (*message == '\n' || *message == '\t') {
            size_t blank = strspn(message, "\n\t ");
            dr_text_puts(&clean, message[blank] ? " " : "");
            message += blank;
        } else
            dr_text_putc(&clean, *message++);
    }
    return dr_text_take(&clean);
}

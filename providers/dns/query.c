/* dns:query: one question to one server, or to the system's resolvers. What the answer says (also "there is no such
 * name") is a result; that no usable answer came is an error. */
#include "interpreter/base/text.h"
#include "providers/dns/message.h"
#include "providers/dns/resolver.h"
#include "providers/provider.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { CLASS_IN = 1, TYPE_PTR = 12, TRIES_DEFAULT = 3, TRIES_MAX = 10, TIMEOUT_SECONDS_DEFAULT = 5 };

struct query {
    struct dr_call *call;
    struct dr_resolver *resolver;
    struct dr_handle *timer;
    int type;
    bool first_answer; /* resolver.h */
    bool answered;
    int status, rcode; /* c-ares' and the answer's */
    json_t *answer;    /* NULL: none, or none that can be read */
};

/* What c-ares says of a question that got no usable answer. */
static const struct {
    int status;
    const char *error, *cause;
} failures[] = {
    {ARES_ETIMEOUT, "Dns.Timeout", "no answer came in time"},
    {ARES_ECONNREFUSED, "Dns.ConnectionRefused", "no server could be reached"},
    {ARES_ESERVFAIL, "Dns.ServerFailure", "the server answered SERVFAIL"},
    {ARES_EREFUSED, "Dns.Refused", "the server answered REFUSED"},
    {ARES_ENOTIMP, "Dns.NotImplemented", "the server answered NOTIMP"},
    {ARES_EFORMERR, "Dns.FormatError", "the server answered FORMERR"},
    {ARES_EBADNAME, "Dns.InvalidName", "that is not a domain name"},
    {ARES_EBADRESP, "Dns.BadResponse", "the answer is not a DNS message"},
};

static void forget(struct query *query)
{
    if (query->timer)
        query->call->runtime->ops->cancel(query->call->runtime, query->timer);
    dr_resolver_free(query->resolver);
    json_decref(query->answer);
    query->call->data = NULL;
    free(query);
}

static void answered(void *data, int status, int timeouts, unsigned char *bytes, int size)
{
    (void)timeouts;
    struct query *query = data;
    query->answered = true;
    query->status = status;
    if (bytes && size > 0) {
        json_decref(query->answer);
        query->answer = dr_dns_answer(bytes, (size_t)size, &query->rcode);
    }
}

static int64_t timeout_ms(const struct dr_call *call)
{
    double ms = dr_argument_real(call, "TimeoutSeconds", TIMEOUT_SECONDS_DEFAULT) * 1000;
    return ms < 1 ? 1 : ms > INT32_MAX ? INT32_MAX : (int64_t)ms;
}

static const char *server_name(const struct dr_call *call)
{
    return dr_argument_string(call, "Server", "the system's resolver");
}

/* Ends the query. */
static void fail_with(struct query *query, const char *error, const char *cause)
{
    struct dr_call *call = query->call;
    forget(query);
    dr_call_fail(call, error, "%s %s at %s: %s", dr_argument_string(call, "Name", ""),
                 dr_argument_string(call, "Type", "A"), server_name(call), cause);
}

static void fail(struct query *query, int status)
{
    const char *missing;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (failures[i].status == status) {
            fail_with(query, failures[i].error, failures[i].cause);
            return;
        }
    fail_with(query, "Dns.Failed", dr_cares(&missing) ? dr_cares(&missing)->ares_strerror(status) : missing);
}

static bool ask(struct query *query, bool first_answer, char **ret_problem);

static void finish_if_answered(void *data)
{
    struct query *query = data;
    if (!query->answered)
        return;
    if (query->status == ARES_ECONNREFUSED && !query->first_answer) {
        /* c-ares says so too when every server answered SERVFAIL or REFUSED. Ask once more, and listen to the first. */
        char *problem = NULL;
        dr_resolver_free(query->resolver);
        if (!ask(query, true, &problem))
            fail_with(query, "Dns.Failed", problem);
        free(problem);
        return;
    }
    struct dr_call *call = query->call;
    bool good = query->status == ARES_SUCCESS || query->status == ARES_ENODATA || query->status == ARES_ENOTFOUND;
    if (good && query->answer && (query->rcode == DR_DNS_NOERROR || query->rcode == DR_DNS_NXDOMAIN)) {
        json_t *output = json_incref(query->answer);
        forget(query);
        json_object_set_new(output, "Server", json_string(server_name(call)));
        dr_call_succeed(call, output);
    } else if (good && query->answer) { /* NOTAUTH and the like, which c-ares has no word for */
        char *cause = dr_format("the server answered %s", json_string_value(json_object_get(query->answer, "Status")));
        fail_with(query, "Dns.Failed", cause);
        free(cause);
    } else /* c-ares found it good and we did not: it is not a whole message */
        fail(query, good ? ARES_EBADRESP : query->status);
}

static void time_is_up(void *data)
{
    struct query *query = data;
    query->timer = NULL;
    fail(query, ARES_ETIMEOUT);
}

/* c-ares takes "192.0.2.1", "192.0.2.1:53" and "[2001:db8::1]:53", but asks port 53 silently when it cannot read what
 * is behind the colon. The address with its port in c-ares' form, owned by the caller; NULL if it is neither. */
static char *read_server(const char *text)
{
    char address[INET6_ADDRSTRLEN + 1] = "";
    unsigned char bytes[16];
    const char *colon = strrchr(text, ':'), *port = "53", *end = text + strlen(text), *start = text;
    bool six = *text == '[' || (colon && strchr(text, ':') != colon);
    if (*text == '[') {
        start = text + 1;
        end = strchr(text, ']');
        if (!end || (end[1] && end[1] != ':'))
            return NULL;
        port = end[1] ? end + 2 : port;
    } else if (colon && !six) {
        end = colon;
        port = colon + 1;
    }
    if (end - start >= (ptrdiff_t)sizeof address)
        return NULL;
    memcpy(address, start, (size_t)(end - start));
    char *rest;
    long number = strtol(port, &rest, 10);
    if (inet_pton(six ? AF_INET6 : AF_INET, address, bytes) != 1 || *port < '0' || *port > '9' || *rest || number < 1 ||
        number > 65535)
        return NULL;
    return six ? dr_format("[%s]:%ld", address, number) : dr_format("%s:%ld", address, number);
}

/* False, with `ret_problem`, if there can be no resolver. May end the call. */
static bool ask(struct query *query, bool first_answer, char **ret_problem)
{
    const struct dr_call *call = query->call;
    const char *name = dr_argument_string(call, "Name", ""), *missing;
    const char *server = dr_argument_string(call, "Server", NULL);
    char *server_csv = server ? read_server(server) : NULL;
    int64_t tries = dr_argument_int(call, "Tries", TRIES_DEFAULT);
    struct dr_resolver_options options = {
        .servers = server_csv,
        .tcp = dr_argument_bool(call, "Tcp", false),
        .first_answer = first_answer,
        .tries = tries < 1           ? 1
                 : tries > TRIES_MAX ? TRIES_MAX
                                     : (int)tries,
        .timeout_ms = timeout_ms(call),
    };
    query->answered = false;
    query->first_answer = first_answer;
    query->resolver = dr_resolver_new(call->runtime, &options, finish_if_answered, query, ret_problem);
    free(server_csv);
    if (!query->resolver)
        return false;
    char *reverse = query->type == TYPE_PTR ? dr_dns_reverse_name(name) : NULL;
    dr_cares(&missing)->ares_query(dr_resolver_channel(query->resolver), reverse ? reverse : name, CLASS_IN,
                                   query->type, answered, query);
    free(reverse);
    dr_resolver_go(query->resolver);
    finish_if_answered(query);
    return true;
}

/* In virtual time the simulation answers, at once. */
static void ask_simulation(struct dr_call *call)
{
    const char *name = dr_argument_string(call, "Name", ""), *type = dr_argument_string(call, "Type", "A");
    char *reverse = strcmp(type, "PTR") == 0 ? dr_dns_reverse_name(name) : NULL;
    json_t *answer =
        call->runtime->ops->resolve ? call->runtime->ops->resolve(call->runtime, reverse ? reverse : name, type) : NULL;
    const char *status = json_string_value(json_object_get(answer, "Status"));
    free(reverse);
    if (!answer) {
        dr_call_fail(call, "Drrun.NotSimulated", "dns:query: the simulation has no zone with the name %s", name);
    } else if (status && strcmp(status, "NOERROR") != 0 && strcmp(status, "NXDOMAIN") != 0) {
        dr_call_fail(call, strcmp(status, "SERVFAIL") == 0 ? "Dns.ServerFailure" : "Dns.Failed",
                     "%s %s at %s: the server answered %s", name, type, server_name(call), status);
        json_decref(answer);
    } else {
        if (!json_object_get(answer, "Authoritative"))
            json_object_set_new(answer, "Authoritative",
                                json_boolean(dr_argument_string(call, "Server", NULL) != NULL));
        json_object_set_new(answer, "Server", json_string(server_name(call)));
        dr_call_succeed(call, answer);
    }
}

static void start(struct dr_call *call)
{
    const char *server = dr_argument_string(call, "Server", NULL);
    int type = dr_dns_type_number(dr_argument_string(call, "Type", "A"));
    char *server_csv = server ? read_server(server) : NULL, *problem = NULL;
    bool server_is_good = !server || server_csv;
    free(server_csv);
    if (type < 0) {
        dr_call_fail(call, "Dns.InvalidType", "%s is not a record type that dns:query knows",
                     dr_argument_string(call, "Type", "A"));
        return;
    }
    if (!server_is_good) {
        dr_call_fail(
            call, "Dns.InvalidServer",
            "Server is \"%s\"; it must be an address, with or without a port: 192.0.2.1:53 or [2001:db8::1]:53",
            server);
        return;
    }
    if (call->runtime->ops->simulates && call->runtime->ops->simulates(call->runtime)) {
        ask_simulation(call);
        return;
    }
    struct query *query = dr_alloc(sizeof *query);
    query->call = call;
    query->type = type;
    call->data = query;
    query->timer = call->runtime->ops->timer(
        call->runtime, call->runtime->ops->now_ms(call->runtime) + timeout_ms(call), time_is_up, query);
    /* The one server that was named shall say what it has to say; of the system's, the next may know better. */
    if (!ask(query, server != NULL, &problem))
        fail_with(query, "Dns.Failed", problem);
    free(problem);
}

static void cancel(struct dr_call *call)
{
    forget(call->data);
}

const struct dr_primitive dr_dns_query = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "dns:query",
            .summary = "Ask a DNS server, or the system's resolvers, for the records of a name, with their TTLs.",
            .effect = DR_EFFECT_READ,
            .arguments = "{\"type\":\"object\",\"properties\":{"
                         "\"Name\":{\"type\":\"string\",\"description\":\"The domain name; for PTR also an address\"},"
                         "\"Type\":{\"type\":\"string\",\"enum\":[\"A\",\"AAAA\",\"CNAME\",\"TXT\",\"NS\",\"SOA\","
                         "\"MX\",\"SRV\",\"PTR\",\"CAA\"],"
                         "\"default\":\"A\",\"description\":\"The record type\"},"
                         "\"Server\":{\"type\":\"string\",\"description\":\"The server to ask, 192.0.2.1:53 or "
                         "[2001:db8::1]:53; by default the system's resolvers\"},"
                         "\"TimeoutSeconds\":{\"type\":\"number\",\"exclusiveMinimum\":0,\"default\":5,\"description\":"
                         "\"How long to wait, all tries together\"},"
                         "\"Tries\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10,\"default\":3,\"description\":"
                         "\"How often each server is asked\"},"
                         "\"Tcp\":{\"type\":\"boolean\",\"default\":false,\"description\":\"Do not try UDP first\"}"
                         "},\"required\":[\"Name\"],\"additionalProperties\":false}",
            .output = "{\"Status\":\"NOERROR\",\"Authoritative\":true,\"Answers\":[{\"Name\":\"www.example.com\","
                      "\"Type\":\"A\",\"Ttl\":60,"
                      "\"Value\":\"192.0.2.1\"}],\"Server\":\"192.0.2.53:53\"}",
            .errors = "Dns.Timeout  no answer came in TimeoutSeconds\n"
                      "Dns.ConnectionRefused  nothing listens there, or the network is unreachable\n"
                      "Dns.ServerFailure  the server answered SERVFAIL\n"
                      "Dns.Refused  the server answered REFUSED\n"
                      "Dns.NotImplemented  the server answered NOTIMP\n"
                      "Dns.FormatError  the server answered FORMERR\n"
                      "Dns.BadResponse  the answer is not a DNS message\n"
                      "Dns.InvalidName  Name is not a domain name\n"
                      "Dns.InvalidServer  Server is not an address\n"
                      "Dns.InvalidType  Type is not a record type that dns:query knows\n"
                      "Dns.Failed  anything else, such as no descriptors left or no c-ares installed",
        },
    .start = start,
    .cancel = cancel,
    .local = true, /* the simulation answers in its stead */
};

/* The pages of an application, as its clients and a runbook's checks get them: from its own name, which leads to a
 * Region, or from a Region's load balancer. */
#include "providers/simulated/services/application.h"

#include "interpreter/base/clock.h"
#include "providers/simulated/cloud_parts.h"

#include <strings.h>

#define UNKNOWN_NAME_MS 50
#define TEXT_BYTES_MAX (1u << 20)
#define FIRST_ORDER 1001
#define ORDERS_SHOWN 10

/* A request that has reached a task of a Region. */
struct page {
    const struct dr_sim_application *application;
    const struct dr_sim_request *request;
    const char *region;
    const struct dr_sim_stack *stack;
    struct dr_sim_reply *reply;
};

/* --- Answers ---------------------------------------------------------------------------------------------------------
 */

static void answer(struct dr_sim_reply *reply, int status, const char *type, char *body /* taken over */,
                   int64_t delay_ms)
{
    reply->answer.status = status;
    reply->answer.body = body;
    reply->answer.body_size = strlen(body);
    dr_aws_headers_set(&reply->answer.headers, "Content-Type", type);
    reply->delay_ms = delay_ms;
}

static void answer_json(struct dr_sim_reply *reply, int status, json_t *value /* stolen */, int64_t delay_ms)
{
    struct dr_text text = {0};
    dr_text_json_pretty(&text, value, TEXT_BYTES_MAX);
    dr_text_putc(&text, '\n');
    json_decref(value);
    answer(reply, status, "application/json", dr_text_take(&text), delay_ms);
}

static void answer_nothing(struct dr_sim_reply *reply, const char *problem, int64_t delay_ms)
{
    reply->reach = DR_REACH_NOTHING;
    reply->problem = problem;
    reply->delay_ms = delay_ms;
}

static void page_json(const struct page *page, int status, json_t *value /* stolen */, int64_t delay_ms)
{
    row_set_text(value, "region", page->region);
    answer_json(page->reply, status, value, delay_ms);
}

static void page_error(const struct page *page, int status, const char *why, int64_t delay_ms)
{
    page_json(page, status, json_pack("{s:s}", "error", why), delay_ms);
}

/* What the load balancer says itself. */
static void refuse(struct dr_sim_reply *reply, int status, int64_t delay_ms)
{
    const char *what = status == 503 ? "503 Service Temporarily Unavailable" : "502 Bad Gateway";
    answer(reply, status, "text/html",
           dr_format("<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n</body>\r\n"
                     "</html>\r\n",
                     what, what),
           delay_ms);
    dr_aws_headers_set(&reply->answer.headers, "Server", "awselb/2.0");
}

/* --- Pages
 * ------------------------------------------------------------------------------------------------------------ */

/* Whether the application can read its database; it has answered if not. */
static bool can_read(const struct page *page)
{
    const struct dr_sim_stack *stack = page->stack;
    if (!stack->wants_database || (stack->has_database && stack->database.reachable))
        return true;
    page_error(page, 500,
               !*stack->endpoint      ? "no database is configured"
               : !stack->has_database ? "could not translate the database's host name to an address"
                                      : "could not connect to the database: timeout expired",
               stack->read_ms);
    return false;
}

static void get_home(const struct page *page, const char *rest)
{
    (void)rest;
    if (!can_read(page))
        return;
    answer(page->reply, 200, "text/html; charset=utf-8",
           dr_format("<!doctype html><title>%s</title><h1>Welcome to %s</h1><p>served from %s</p>\n",
                     page->application->name, page->application->name, page->region),
           page->stack->read_ms);
}

static const char *role_of(const struct dr_sim_stack *stack)
{
    return !stack->wants_database                               ? "none"
           : !stack->has_database || !stack->database.reachable ? "unreachable"
           : stack->database.writable                           ? "primary"
                                                                : "replica";
}

/* Of the task alone, so that a database that is away does not take all targets from the load balancer. */
static void get_health(const struct page *page, const char *rest)
{
    (void)rest;
    page_json(
        page, 200,
        json_pack("{s:s,s:s,s:b}", "status", "ok", "database", role_of(page->stack), "fenced", page->stack->fenced),
        page->stack->home_ms);
}

static json_t *read_body(const struct page *page)
{
    char *problem = NULL;
    if (page->request->body_size == 0)
        return json_object();
    json_t *body = dr_json_parse(page->request->body, page->request->body_size, &problem);
    free(problem);
    if (!json_is_object(body)) {
        json_decref(body);
        page_error(page, 400, "the body is no JSON object", page->stack->home_ms);
        return NULL;
    }
    return body;
}

static void post_login(const struct page *page, const char *rest)
{
    (void)rest;
    json_t *body = read_body(page);
    if (!body)
        return;
    const char *user = row_text(body, "user");
    if (!*user)
        page_error(page, 401, "there is no such user", page->stack->read_ms);
    else if (can_read(page)) {
        char *token = dr_sim_uuid(page->application->cloud);
        page_json(page, 200, json_pack("{s:s,s:s}", "user", user, "token", token), page->stack->read_ms);
        free(token);
    }
    json_decref(body);
}

static json_t *time_or_null(int64_t at_ms)
{
    char text[DR_TIME_TEXT];
    return at_ms > 0 ? json_string(dr_time_format(text, at_ms)) : json_null();
}

static bool can_write(const struct page *page)
{
    const struct dr_sim_stack *stack = page->stack;
    if (!stack->wants_database)
        page_error(page, 404, "this application has no database", stack->home_ms);
    else if (stack->fenced)
        page_error(page, 503, "writes are fenced off", stack->home_ms);
    else if (can_read(page)) {
        if (stack->database.writable)
            return true;
        page_error(page, 500, "ERROR: cannot execute INSERT in a read-only transaction", stack->read_ms);
    }
    return false;
}

static void post_order(const struct page *page, const char *rest)
{
    (void)rest;
    const struct dr_sim_application *application = page->application;
    json_t *body = read_body(page);
    if (!body || !can_write(page)) {
        json_decref(body);
        return;
    }
    int64_t number = row_int(application->row, "_orders") + 1;
    row_set_int(application->row, "_orders", number);
    char *id = dr_format("%lld", (long long)(number + FIRST_ORDER - 1)),
         *key = dr_format("%s/%s", application->name, id);
    json_t *order = json_pack("{s:s,s:o,s:O}", "id", id, "createdAt", time_or_null(application->now_ms), "order", body);
    json_t *kept = json_pack("{s:O,s:s,s:I}", "Order", order, "_lineage", page->stack->database.lineage, "_at",
                             (json_int_t)application->now_ms);
    dr_sim_put(application->cloud, application->account, "global", ORDER, key, kept);
    page_json(page, 201, order, page->stack->write_ms);
    json_decref(body);
    free(id);
    free(key);
}

static bool is_held(const struct page *page, const json_t *kept)
{
    return kept && page->stack->has_database &&
           dr_sim_database_has(page->application->cloud, page->stack->endpoint, row_text(kept, "_lineage"),
                               row_int(kept, "_at"), page->application->now_ms);
}

/* It is there if the database that is asked has that write: a replica may not have it yet, a promoted one never. */
static void get_order(const struct page *page, const char *rest)
{
    const struct dr_sim_application *application = page->application;
    if (!can_read(page))
        return;
    char *key = dr_format("%s/%s", application->name, rest);
    const json_t *kept = dr_sim_find(application->cloud, application->account, "global", ORDER, key);
    if (is_held(page, kept))
        page_json(page, 200, json_copy(json_object_get(kept, "Order")), page->stack->read_ms);
    else
        page_error(page, 404, "there is no such order", page->stack->read_ms);
    free(key);
}

static void get_replication(const struct page *page, const char *rest)
{
    (void)rest;
    const struct dr_sim_application *application = page->application;
    const struct dr_sim_stack *stack = page->stack;
    if (!stack->wants_database) {
        page_error(page, 404, "this application has no database", stack->home_ms);
        return;
    }
    if (!can_read(page))
        return;
    dr_sim_clients_settle(application);
    int64_t behind_ms = application->now_ms - stack->database.data_ms;
    json_t *value = json_pack("{s:s,s:s,s:s,s:f}", "database", stack->database.id, "role", role_of(stack), "status",
                              stack->database.status, "lagSeconds", behind_ms > 0 ? (double)behind_ms / 1000 : 0.0);
    json_object_set_new(value, "newestMarker", time_or_null(dr_sim_records_newest(application, stack->endpoint)));
    page_json(page, 200, value, stack->read_ms);
}

/* The runbooks' name for it. */
static void get_marker(const struct page *page, const char *rest)
{
    (void)rest;
    if (!page->stack->wants_database)
        page_error(page, 404, "this application has no database", page->stack->home_ms);
    else if (can_read(page)) {
        dr_sim_clients_settle(page->application);
        page_json(page, 200,
                  json_pack("{s:o}", "NewestAt",
                            time_or_null(dr_sim_records_newest(page->application, page->stack->endpoint))),
                  page->stack->read_ms);
    }
}

static void get_login(const struct page *page, const char *rest)
{
    (void)rest;
    answer(page->reply, 200, "text/html; charset=utf-8",
           dr_format("<!doctype html><title>%s</title><form method=post action=/login><input name=user></form>\n",
                     page->application->name),
           page->stack->home_ms);
}

/* The newest orders that its database has. */
static void get_orders(const struct page *page, const char *rest)
{
    (void)rest;
    const struct dr_sim_application *application = page->application;
    if (!can_read(page))
        return;
    json_t *list = json_array();
    for (int64_t number = row_int(application->row, "_orders"); number > 0 && json_array_size(list) < ORDERS_SHOWN;
         number--) {
        char *key = dr_format("%s/%lld", application->name, (long long)(number + FIRST_ORDER - 1));
        const json_t *kept = dr_sim_find(application->cloud, application->account, "global", ORDER, key);
        if (is_held(page, kept))
            json_array_append(list, json_object_get(kept, "Order"));
        free(key);
    }
    page_json(page, 200, json_pack("{s:o}", "orders", list), page->stack->read_ms);
}

static const struct {
    const char *method, *path; /* one that ends in "/" and is not the root has more behind it */
    void (*show)(const struct page *page, const char *rest);
} pages[] = {
    {"GET", "/", get_home},          {"GET", "/health", get_health},
    {"GET", "/login", get_login},    {"POST", "/login", post_login},
    {"POST", "/orders", post_order}, {"GET", "/orders", get_orders},
    {"GET", "/orders/", get_order},  {"GET", "/replication", get_replication},
    {"POST", "/create", post_order}, /* as the runbooks call them */
    {"POST", "/write", post_order},  {"GET", "/query", get_orders},
    {"GET", "/marker", get_marker},
};

static bool is_page(const char *pattern, const char *path)
{
    size_t size = strlen(pattern);
    if (size > 1 && pattern[size - 1] == '/')
        return strncmp(path, pattern, size) == 0 && path[size] && !strchr(path + size, '/');
    return strcmp(path, pattern) == 0;
}

static void show(const struct page *page)
{
    const char *path = page->request->path, *method = page->request->method;
    bool known = false;
    method = strcmp(method, "HEAD") == 0 ? "GET" : method;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (!is_page(pages[i].path, path))
            continue;
        known = true;
        if (strcmp(pages[i].method, method) == 0) {
            pages[i].show(page, path + (strcmp(pages[i].path, "/orders/") == 0 ? strlen("/orders/") : 0));
            return;
        }
    }
    page_error(page, known ? 405 : 404, known ? "this page does not take that method" : "there is no such page",
               page->stack->home_ms);
}

/* --- The way there
 * ------------------------------------------------------------------------------------------------------ */

static bool is_drawn(struct dr_sim_cloud *cloud, double share)
{
    return share >= 1 || (share > 0 && (double)(dr_sim_random(cloud) >> 11) * 0x1p-53 < share);
}

static void visit_region(const struct dr_sim_application *application, const struct dr_sim_request *request,
                         const char *region, struct dr_sim_reply *reply)
{
    struct dr_sim_stack stack;
    double rate = json_number_value(json_object_get(application->row, "RequestsPerSecond"));
    dr_sim_stack_at(application, region, rate * dr_sim_clients_share(application, region), &stack);
    const struct page page = {application, request, region, &stack, reply};
    if (!stack.answers)
        answer_nothing(reply, stack.silence, stack.hangs ? INT64_MAX : UNKNOWN_NAME_MS);
    else if (!is_drawn(application->cloud, stack.serving))
        refuse(reply, stack.refusal, stack.home_ms);
    else if (is_drawn(application->cloud, stack.failing))
        page_error(&page, 500, "internal error", stack.home_ms);
    else
        show(&page);
}

struct looking {
    const char *host, *region; /* the Region whose load balancer it is; NULL: it is the application's own name */
    struct dr_sim_application found;
};

static bool same_host(const char *name, const char *host)
{
    size_t size = strcspn(host, ":");
    size -= size > 0 && host[size - 1] == '.';
    return strlen(name) == size && strncasecmp(name, host, size) == 0;
}

/* REGION.DOMAIN, or the load balancer's own name: the Region's stack, whatever the application's name leads to. */
static const char *direct_region(const struct dr_sim_application *application, const char *host)
{
    size_t size = strcspn(host, ".");
    if (host[size] && same_host(row_text(application->row, "Domain"), host + size + 1)) {
        char *label = dr_copy_bytes(host, size);
        void *found = json_object_iter_at(json_object_get(application->row, "Regions"), label);
        free(label);
        return found ? json_object_iter_key(found) : NULL;
    }
    return dr_sim_stack_region_of(application, host);
}

static void match(const struct dr_sim_application *application, void *data)
{
    struct looking *looking = data;
    if (looking->found.row)
        return;
    char *host = dr_copy_bytes(looking->host, strcspn(looking->host, ":"));
    bool own = same_host(row_text(application->row, "Domain"), host);
    const char *region = own ? NULL : direct_region(application, host);
    free(host);
    if (own || region) {
        looking->found = *application;
        looking->region = region;
    }
}

bool dr_sim_pages_visit(struct dr_sim_cloud *cloud, const struct dr_sim_request *request, const char *host,
                        int64_t now_ms, struct dr_sim_reply *ret_reply)
{
    struct looking looking = {.host = host};
    dr_sim_application_each(cloud, now_ms, match, &looking);
    if (!looking.found.row)
        return false;
    const char *region = looking.region ? looking.region : dr_sim_clients_resolve(&looking.found);
    if (!looking.region && strcmp(request->path, "/_status") == 0)
        answer_json(ret_reply, 200, dr_sim_records_summary(&looking.found), UNKNOWN_NAME_MS);
    else if (!*region)
        answer_nothing(ret_reply, "Could not resolve host", UNKNOWN_NAME_MS);
    else
        visit_region(&looking.found, request, region, ret_reply);
    return true;
}

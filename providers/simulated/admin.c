/* /_drrun/: what people and tests ask the simulated cloud itself.
 *
 *   GET    health        {"status", "now", "speed", "calls", "world", "services": {NAME: [operations]}}
 *   GET    state         the whole state, as --dump writes it
 *   GET    faults        {"faults": [{"Id", "Hits", "Fault"}]}
 *   POST   faults        a fault as in the world's timeline ({"Fault": "RegionDown", ...}, "For" seconds): {"Id"}
 *   DELETE faults/ID
 *   POST   time          {"AdvanceSeconds": N}: {"now"} */
#include "providers/simulated/server_parts.h"

#include "interpreter/base/clock.h"
#include "interpreter/base/text.h"
#include "providers/simulated/cloud_parts.h"
#include "providers/simulated/fault_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STATE_BYTES_MAX (1u << 30)
#define ADVANCE_SECONDS_MAX (10.0 * 366 * 86400)

static void answer_json(struct dr_sim_answer *answer, int status, json_t *value /* stolen */)
{
    struct dr_text text = {0};
    dr_text_json_pretty(&text, value, STATE_BYTES_MAX);
    dr_text_putc(&text, '\n');
    json_decref(value);
    *answer = (struct dr_sim_answer){.status = status, .body_size = text.size};
    answer->body = dr_text_take(&text);
    dr_aws_headers_set(&answer->headers, "Content-Type", "application/json");
}

static void refuse(struct dr_sim_answer *answer, int status, const char *why)
{
    answer_json(answer, status, json_pack("{s:s}", "error", why));
}

static json_t *timestamp(int64_t at_ms)
{
    char text[DR_TIME_TEXT];
    return json_string(dr_time_format(text, at_ms));
}

static void get_health(struct dr_sim_server *server, struct dr_sim_answer *answer)
{
    const struct dr_sim_service *const *services = dr_sim_services();
    json_t *names = json_object();
    for (size_t i = 0; services[i]; i++) {
        json_t *operations = json_array();
        for (const struct dr_sim_operation *row = services[i]->operations; row && row->name; row++)
            json_array_append_new(operations, json_string(row->name));
        json_object_set_new(names, services[i]->name, operations);
    }
    answer_json(answer, 200,
                json_pack("{s:s,s:o,s:f,s:I,s:s*,s:o}", "status", "ok", "now", timestamp(dr_sim_now(server->cloud)),
                          "speed", server->speed, "calls", (json_int_t)server->cloud->calls, "world", server->world,
                          "services", names));
}

static void get_state(struct dr_sim_server *server, struct dr_sim_answer *answer)
{
    answer_json(answer, 200, dr_sim_cloud_dump(server->cloud));
}

static void get_faults(struct dr_sim_server *server, struct dr_sim_answer *answer)
{
    answer_json(answer, 200, json_pack("{s:O}", "faults", server->cloud->faults));
}

static void post_fault(struct dr_sim_server *server, const json_t *given, struct dr_sim_answer *answer)
{
    char *problem = NULL;
    json_t *fault = json_deep_copy(given);
    unsigned id = dr_sim_fault_tidy(fault, &problem) ? dr_sim_fault_begin(server->cloud, fault, &problem) : 0;
    json_decref(fault);
    if (id)
        answer_json(answer, 201, json_pack("{s:i}", "Id", (int)id));
    else
        refuse(answer, 400, problem);
    free(problem);
}

static void post_time(struct dr_sim_server *server, const json_t *given, struct dr_sim_answer *answer)
{
    const json_t *seconds = json_object_get(given, "AdvanceSeconds");
    double wanted = json_number_value(seconds);
    if (!json_is_number(seconds) || !isfinite(wanted) || wanted < 0 || wanted > ADVANCE_SECONDS_MAX) {
        refuse(answer, 400, "give {\"AdvanceSeconds\": N}, not less than 0: time does not go back");
        return;
    }
    server->ahead_ms += dr_sim_whole_ms(wanted * 1000);
    dr_sim_advance(server->cloud, dr_sim_server_now(server));
    answer_json(answer, 200, json_pack("{s:o}", "now", timestamp(dr_sim_now(server->cloud))));
}

static bool delete_fault(struct dr_sim_server *server, const char *path, struct dr_sim_answer *answer)
{
    static const char place[] = "/_drrun/faults/";
    if (strncmp(path, place, sizeof place - 1) != 0)
        return false;
    size_t before = json_array_size(server->cloud->faults);
    dr_sim_fault_end(server->cloud, (unsigned)strtoul(path + sizeof place - 1, NULL, 10));
    if (json_array_size(server->cloud->faults) < before)
        answer_json(answer, 200, json_object());
    else
        refuse(answer, 404, "there is no such fault");
    return true;
}

static const struct {
    const char *path;
    void (*get)(struct dr_sim_server *server, struct dr_sim_answer *answer);
    void (*post)(struct dr_sim_server *server, const json_t *given, struct dr_sim_answer *answer);
} places[] = {
    {"/_drrun/health", get_health, NULL},
    {"/_drrun/state", get_state, NULL},
    {"/_drrun/faults", get_faults, post_fault},
    {"/_drrun/time", NULL, post_time},
};

bool dr_sim_admin(struct dr_sim_server *server, const struct dr_sim_request *request, struct dr_sim_answer *ret_answer)
{
    dr_sim_advance(server->cloud, dr_sim_server_now(server));
    if (strcmp(request->method, "DELETE") == 0)
        return delete_fault(server, request->path, ret_answer);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(places[i].path, request->path) != 0)
            continue;
        if (strcmp(request->method, "GET") == 0 && places[i].get) {
            places[i].get(server, ret_answer);
        } else if (strcmp(request->method, "POST") == 0 && places[i].post) {
            char *problem = NULL;
            json_t *given = dr_json_parse(request->body, request->body_size, &problem);
            if (given)
                places[i].post(server, given, ret_answer);
            else
                refuse(ret_answer, 400, problem ? problem : "JSON is missing");
            json_decref(given);
            free(problem);
        } else {
            refuse(ret_answer, 405, "that cannot be done here");
        }
        return true;
    }
    return false;
}

/* Events as lines of the journal. What a state decided from data already known is not written: a replay decides it
 * again and compares. */
#include "interpreter/engine/tree.h"

#include "interpreter/base/limits.h"

#include <string.h>

static const char *const kind_names[] = {
#define ROW(symbol, name, meaning) [DR_EVENT_##symbol] = name,
#include "interpreter/engine/records.def"
#undef ROW
};

static void add_key(struct dr_text *out, const char *key)
{
    dr_text_puts(out, ",\"");
    dr_text_puts(out, key);
    dr_text_puts(out, "\":");
}

static void add_string(struct dr_text *out, const char *key, const char *value)
{
    if (!value)
        return;
    add_key(out, key);
    dr_text_json_string(out, value, strlen(value));
}

static void add_int(struct dr_text *out, const char *key, int64_t value)
{
    add_key(out, key);
    dr_text_int(out, value);
}

/* Data beyond the limit was refused before it came here (decide.c, effects.c), so a value that cannot be printed is our
 * mistake. */
static void add_json(struct dr_text *out, const char *key, const json_t *value)
{
    if (!value)
        return;
    add_key(out, key);
    if (!dr_text_json(out, value, DR_RECORD_BYTES_MAX))
        abort();
}

static void add_error(struct dr_text *out, const struct dr_error *error)
{
    add_string(out, "error", error->error);
    add_string(out, "cause", error->cause);
}

/* The members of an object that is a record already (start, resumed, definition, metric). */
static void add_members(struct dr_text *out, const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) add_json(out, key, value);
}

void dr_record_write(const struct dr_execution *execution, const struct dr_event *event, struct dr_text *out)
{
    const struct dr_branch *branch = event->branch;
    dr_text_puts(out, "{\"k\":\"");
    dr_text_puts(out, kind_names[event->kind]);
    dr_text_puts(out, "\",\"t\":");
    dr_text_int(out, event->time_ms);
    if (branch) {
        add_int(out, "b", branch->id);
        add_string(out, "s", branch->state->name);
    }
    switch (event->kind) {
    case DR_EVENT_STEP:
        if (event->index > 0) {
            add_int(out, "catch", event->index - 1);
            add_error(out, &event->error);
        }
        add_string(out, "n", event->next ? event->next->name : NULL);
        break;
    case DR_EVENT_WAIT:
        add_int(out, "until", event->due_ms);
        break;
    case DR_EVENT_CALL: {
        struct dr_branch coming = *branch;
        char token[37];
        coming.call = execution->calls + 1;
        dr_effect_token(execution, &coming, token);
        add_int(out, "call", (int64_t)coming.call);
        add_int(out, "attempt", branch->attempts + 1);
        add_string(out, "resource", event->decision.resource->name);
        add_string(out, "region", event->decision.region);
        add_json(out, "credentials", event->decision.credentials);
        add_string(out, "token", token);
        if (event->due_ms != DR_TIME_NONE)
            add_int(out, "deadline", event->due_ms);
        add_json(out, "arguments", event->data);
        break;
    }
    case DR_EVENT_RESULT:
    case DR_EVENT_ANSWER:
        add_string(out, "verdict", event->verdict);
        if (event->heartbeat)
            dr_text_puts(out, ",\"heartbeat\":true");
        add_json(out, "output", event->data);
        add_error(out, &event->error);
        add_json(out, "detail", event->detail);
        break;
    case DR_EVENT_SUBMITTED:
        add_json(out, "output", event->data);
        add_json(out, "detail", event->detail);
        break;
    case DR_EVENT_RETRY:
        add_int(out, "retrier", event->index);
        add_int(out, "until", event->due_ms);
        add_error(out, &event->error);
        break;
    case DR_EVENT_FORK:
        if (event->due_ms != DR_TIME_NONE)
            add_int(out, "deadline", event->due_ms);
        if (event->decision.resource)
            add_string(out, "resource", event->decision.resource->name);
        add_string(out, "region", event->decision.region);
        add_json(out, "credentials", event->decision.credentials);
        if (event->decision.items)
            add_int(out, "items", (int64_t)json_array_size(event->decision.items));
        break;
    case DR_EVENT_FAIL:
    case DR_EVENT_PAUSE:
        add_error(out, &event->error);
        break;
    case DR_EVENT_FROM:
        add_string(out, "n", event->next->name);
        add_json(out, "input", event->data);
        add_json(out, "variables", event->assigned);
        break;
    case DR_EVENT_START:
    case DR_EVENT_RESUMED:
    case DR_EVENT_DEFINITION:
    case DR_EVENT_METRIC:
        add_members(out, event->data);
        break;
    case DR_EVENT_END:
        add_string(out, "status", dr_status_name(event->status));
        add_json(out, "output", event->data);
        add_error(out, &event->error);
        break;
    case DR_EVENT_HEARTBEAT:
    case DR_EVENT_RESTART:
    case DR_EVENT_REDRIVE:
    case DR_EVENT_KINDS:
        break;
    }
    dr_text_putc(out, '}');
}

void dr_commit_event(struct dr_execution *execution, struct dr_event *event)
{
    struct dr_journal *journal = execution->options.journal;
    if (journal) {
        dr_record_write(execution, event, dr_journal_buffer(journal));
        dr_journal_added(journal);
        execution->records_since_snapshot++;
    }
    dr_apply(execution, event);
    dr_event_done(event);
}

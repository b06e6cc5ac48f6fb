#include "interpreter/journal/memory.h"

#include "interpreter/journal/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dr_memory *dr_memory_new(void)
{
    return dr_alloc(sizeof(struct dr_memory));
}

static void free_execution(struct dr_memory_execution *execution)
{
    for (size_t i = 0; i < execution->inbox_count; i++) {
        free(execution->inbox[i].name);
        json_decref(execution->inbox[i].message);
    }
    free(execution->inbox);
    free(execution->snapshot);
    dr_text_done(&execution->content);
    free(execution->id);
    free(execution);
}

void dr_memory_free(struct dr_memory *memory)
{
    if (!memory)
        return;
    for (struct dr_memory_execution *next, *at = memory->executions; at; at = next) {
        next = at->next;
        free_execution(at);
    }
    for (struct dr_memory_fact *next, *at = memory->facts; at; at = next) {
        next = at->next;
        free(at->key);
        json_decref(at->fact);
        free(at);
    }
    for (struct dr_memory_lock *next, *at = memory->locks; at; at = next) {
        next = at->next;
        free(at->application);
        free(at->id);
        free(at);
    }
    free(memory);
}

struct dr_memory_execution *dr_memory_find(struct dr_memory *memory, const char *id)
{
    struct dr_memory_execution *at = memory->executions;
    while (at && strcmp(at->id, id) != 0)
        at = at->next;
    return at;
}

struct dr_memory_execution *dr_memory_add(struct dr_memory *memory, const char *id)
{
    struct dr_memory_execution **end = &memory->executions;
    while (*end)
        end = &(*end)->next;
    *end = dr_alloc(sizeof **end);
    (*end)->id = dr_copy_string(id);
    return *end;
}

void dr_memory_list(struct dr_memory *memory, char ***ret_ids, size_t *ret_count)
{
    size_t count = 0;
    for (struct dr_memory_execution *at = memory->executions; at; at = at->next)
        count++;
    *ret_ids = dr_resize(NULL, count + 1, sizeof **ret_ids);
    *ret_count = count;
    count = 0;
    for (struct dr_memory_execution *at = memory->executions; at; at = at->next)
        (*ret_ids)[count++] = dr_copy_string(at->id);
    (*ret_ids)[count] = NULL;
}

bool dr_memory_is_running(struct dr_memory *memory, const char *id, pid_t *ret_pid)
{
    const struct dr_memory_execution *execution = dr_memory_find(memory, id);
    if (!execution || !execution->locked)
        return false;
    if (ret_pid)
        *ret_pid = getpid();
    return true;
}

void dr_store_memory_crash(struct dr_store *store, bool power)
{
    assert(store->memory);
    for (struct dr_memory_execution *at = store->memory->executions; at; at = at->next) {
        at->content.size = power ? at->durable : at->committed;
        if (at->content.bytes)
            at->content.bytes[at->content.size] = 0;
        at->committed = at->durable = at->content.size;
        if (at->snapshot_offset > at->content.size) {
            free(at->snapshot);
            at->snapshot = NULL;
            at->snapshot_offset = 0;
        }
        at->locked = false;
        at->generation++;
    }
}

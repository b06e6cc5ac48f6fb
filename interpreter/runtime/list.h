/* A circular doubly linked list whose links are embedded: `dr_link_init(&head)` makes an empty list, taking a link out
 * needs no head. */
#ifndef DRRUN_RUNTIME_LIST_H
#define DRRUN_RUNTIME_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct dr_link {
    struct dr_link *next, *previous;
};

/* The thing whose member `member` is `*link`. */
#define DR_OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void dr_link_init(struct dr_link *head)
{
    head->next = head->previous = head;
}

static inline bool dr_link_empty(const struct dr_link *head)
{
    return head->next == head;
}

static inline void dr_link_append(struct dr_link *head, struct dr_link *link)
{
    link->previous = head->previous;
    link->next = head;
    head->previous->next = link;
    head->previous = link;
}

/* A link that is zero, or was taken out already, is fine. */
static inline void dr_link_remove(struct dr_link *link)
{
    if (!link->next)
        return;
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->next = link->previous = NULL;
}

#endif

/* Makes the tree from what a reader meets, in one pass and without recursion. Keeps every bound: nesting, nodes after
 * alias expansion, one key once. */
#include "interpreter/document/reader.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A map with more members than this gets an index. */
enum { SORTED_MIN = 9 };

struct dr_frame {
    enum dr_node_kind kind;
    struct dr_place place;
    size_t first;    /* in `pending` */
    const char *key; /* that waits for its value; NULL: a key comes next */
    struct dr_place key_place;
    bool merging;    /* the key is << */
    bool has_merge;  /* there was a <<: see apply_merges */
    size_t anchor;   /* in `anchors`, SIZE_MAX: none */
    size_t nodes;    /* of the builder when this was opened */
    unsigned height; /* levels below */
};

struct dr_anchor {
    const struct dr_node *node; /* NULL: still open */
    size_t weight;              /* nodes, with expansion */
    unsigned height;
};

bool dr_refuse(struct dr_diagnostics *found, struct dr_place place, char *message, char *hint)
{
    dr_report(found, &(struct dr_diagnostic){.code = DR_SYNTAX, .place = place, .message = message, .hint = hint});
    return false;
}

static struct dr_frame *top(struct dr_builder *builder)
{
    return builder->depth ? &builder->frames[builder->depth - 1] : NULL;
}

bool dr_builder_wants_key(const struct dr_builder *builder)
{
    return builder->depth && builder->frames[builder->depth - 1].kind == DR_NODE_MAP &&
           builder->frames[builder->depth - 1].key == NULL;
}

static void push(struct dr_builder *builder, const struct dr_node *node)
{
    if (builder->pending_count == builder->pending_capacity) {
        builder->pending_capacity = builder->pending_capacity ? builder->pending_capacity * 2 : 64;
        builder->pending = dr_resize(builder->pending, builder->pending_capacity, sizeof *builder->pending);
    }
    builder->pending[builder->pending_count++] = node;
}

static bool count_nodes(struct dr_builder *builder, size_t more, struct dr_place place)
{
    if (more > DR_DOCUMENT_NODES_MAX || builder->nodes + more > DR_DOCUMENT_NODES_MAX)
        return dr_refuse(builder->found, place,
                         dr_format("The document has more than %u values (aliases count with all they stand for)",
                                   DR_DOCUMENT_NODES_MAX),
                         NULL);
    builder->nodes += more;
    return true;
}

static bool check_depth(struct dr_builder *builder, size_t levels, struct dr_place place)
{
    if (builder->depth + levels <= DR_DEPTH_MAX)
        return true;
    return dr_refuse(builder->found, place, dr_format("The document nests deeper than %d levels", DR_DEPTH_MAX), NULL);
}

/* SIZE_MAX: no such anchor. */
static size_t find_anchor(const struct dr_builder *builder, const char *name)
{
    const json_t *at = json_object_get(builder->anchor_index, name);
    return at ? (size_t)json_integer_value(at) : SIZE_MAX;
}

/* Names the next node, if it has an anchor. The same name may be given again: it then means the later node. */
static size_t take_anchor(struct dr_builder *builder)
{
    if (builder->anchor == NULL)
        return SIZE_MAX;
    if (builder->anchor_index == NULL)
        builder->anchor_index = json_object();
    size_t at = builder->anchor_count++;
    if (at == builder->anchor_capacity) {
        builder->anchor_capacity = builder->anchor_capacity ? builder->anchor_capacity * 2 : 8;
        builder->anchors = dr_resize(builder->anchors, builder->anchor_capacity, sizeof *builder->anchors);
    }
    builder->anchors[at] = (struct dr_anchor){0};
    json_object_set_new_nocheck(builder->anchor_index, builder->anchor, json_integer((json_int_t)at));
    builder->anchor = NULL;
    return at;
}

/* --- Members of a map ----------------------------------------------------------------------------------------------
 */

static int compare_members(const void *left, const void *right)
{
    const struct dr_node *const *a = left, *const *b = right;
    int order = strcmp((*a)->key, (*b)->key);
    if (order == 0) /* equal keys stay in the order written */
        order = ((*a)->key_place.line > (*b)->key_place.line) - ((*a)->key_place.line < (*b)->key_place.line);
    return order
               ? order
               : ((*a)->key_place.column > (*b)->key_place.column) - ((*a)->key_place.column < (*b)->key_place.column);
}

static void report_twice(struct dr_builder *builder, const struct dr_node *first, const struct dr_node *again)
{
    dr_refuse(builder->found, again->key_place,
              dr_format("The key \"%s\" is given twice: first in line %u, column %u, and again here", again->key,
                        first->key_place.line, first->key_place.column),
              dr_copy_string("Remove or rename one of the two"));
}

static void find_twice(struct dr_builder *builder, const struct dr_node *const *members, size_t count,
                       const struct dr_node *const *sorted)
{
    if (sorted) {
        size_t first = 0;
        for (size_t i = 1; i < count; i++) {
            if (strcmp(sorted[first]->key, sorted[i]->key) == 0)
                report_twice(builder, sorted[first], sorted[i]);
            else
                first = i;
        }
        return;
    }
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (members[i]->key[0] == members[j]->key[0] && strcmp(members[i]->key, members[j]->key) == 0) {
                report_twice(builder, members[j], members[i]);
                break;
            }
}

static const struct dr_node **copy_list(struct dr_arena *arena, const struct dr_node *const *items, size_t count)
{
    const struct dr_node **copy = dr_arena_alloc(arena, (count ? count : 1) * sizeof *copy);
    if (count)
        memcpy(copy, items, count * sizeof *copy);
    return copy;
}

/* What a << brought in (marked by a NULL in front, then its maps) gives way to keys written in the map itself and to
 * earlier maps. */
static void apply_merges(struct dr_builder *builder, struct dr_frame *frame)
{
    size_t count = builder->pending_count - frame->first;
    const struct dr_node **written = dr_resize(NULL, count, sizeof *written);
    size_t written_count = 0;
    for (size_t i = 0; i < count; i++)
        if (builder->pending[frame->first + i]->kind != DR_NODE_MAP || builder->pending[frame->first + i]->key)
            written[written_count++] = builder->pending[frame->first + i];
    qsort(written, written_count, sizeof *written, compare_members);

    size_t all = count;
    const struct dr_node **before = copy_list(builder->arena, builder->pending + frame->first, count);
    builder->pending_count = frame->first;
    struct dr_node probe = {0};
    const struct dr_node *wanted = &probe;
    json_t *taken = json_object(); /* keys that earlier merges brought */
    for (size_t i = 0; i < all; i++) {
        if (before[i]->key || before[i]->kind != DR_NODE_MAP) {
            push(builder, before[i]);
            continue;
        }
        for (size_t j = 0; j < before[i]->children.count; j++) {
            const struct dr_node *member = before[i]->children.items[j];
            probe.key = member->key;
            bool own = false;
            for (size_t low = 0, high = written_count; low < high && !own;) {
                size_t middle = low + (high - low) / 2;
                int order = strcmp(wanted->key, written[middle]->key);
                own = order == 0;
                if (order < 0)
                    high = middle;
                else
                    low = middle + 1;
            }
            if (own || json_object_get(taken, member->key))
                continue;
            json_object_set_new_nocheck(taken, member->key, json_true());
            push(builder, member);
        }
    }
    json_decref(taken);
    free(written);
}

/* --- Putting nodes in ------------------------------------------------------------------------------------------------
 */

static void merge_map(struct dr_builder *builder, const struct dr_node *map)
{
    struct dr_node *copy = dr_arena_alloc(builder->arena, sizeof *copy);
    *copy = *map;
    copy->key = NULL; /* marks it for apply_merges */
    push(builder, copy);
}

static bool merge(struct dr_builder *builder, struct dr_frame *frame, const struct dr_node *node, size_t weight)
{
    frame->merging = false;
    frame->has_merge = true;
    frame->key = NULL;
    if (!count_nodes(builder, weight, frame->key_place))
        return false;
    bool maps = node->kind == DR_NODE_LIST;
    for (size_t i = 0; maps && i < node->children.count; i++)
        maps = node->children.items[i]->kind == DR_NODE_MAP;
    if (node->kind == DR_NODE_MAP)
        merge_map(builder, node);
    else if (!maps)
        return dr_refuse(builder->found, node->place,
                         dr_format("<< merges a map or a list of maps, not %s", dr_node_kind_name(node->kind)), NULL);
    for (size_t i = 0; maps && i < node->children.count; i++)
        merge_map(builder, node->children.items[i]);
    return true;
}

/* The finished node goes to its parent. */
static bool attach(struct dr_builder *builder, struct dr_node *node, size_t anchor, size_t weight, unsigned height)
{
    struct dr_frame *parent = top(builder);
    node->key = NULL;
    node->key_place = node->place;
    if (parent && parent->kind == DR_NODE_MAP) {
        node->key = parent->key;
        node->key_place = parent->key_place;
    }
    if (anchor != SIZE_MAX) {
        struct dr_anchor *named = &builder->anchors[anchor];
        named->node = node;
        named->weight = weight;
        named->height = height;
    }
    if (parent == NULL) {
        builder->root = node;
        return true;
    }
    if (parent->height < height + 1)
        parent->height = height + 1;
    if (parent->merging)
        return merge(builder, parent, node, weight);
    parent->key = NULL;
    push(builder, node);
    return true;
}

bool dr_builder_open(struct dr_builder *builder, enum dr_node_kind kind, struct dr_place place)
{
    if (!check_depth(builder, 1, place) || !count_nodes(builder, 1, place))
        return false;
    if (builder->depth == builder->frame_capacity) {
        builder->frame_capacity = builder->frame_capacity ? builder->frame_capacity * 2 : 16;
        builder->frames = dr_resize(builder->frames, builder->frame_capacity, sizeof *builder->frames);
    }
    size_t anchor = take_anchor(builder);
    builder->frames[builder->depth++] = (struct dr_frame){
        .kind = kind, .place = place, .first = builder->pending_count, .anchor = anchor, .nodes = builder->nodes - 1};
    return true;
}

bool dr_builder_close(struct dr_builder *builder)
{
    assert(builder->depth > 0);
    struct dr_frame frame = builder->frames[builder->depth - 1];
    assert(frame.key == NULL);
    if (frame.has_merge)
        apply_merges(builder, &frame);
    size_t count = builder->pending_count - frame.first;
    struct dr_node *node = dr_arena_alloc(builder->arena, sizeof *node);
    node->kind = frame.kind;
    node->place = frame.place;
    node->children.items = copy_list(builder->arena, count ? builder->pending + frame.first : NULL, count);
    node->children.count = count;
    if (frame.kind == DR_NODE_MAP) {
        const struct dr_node **sorted = NULL;
        if (count >= SORTED_MIN) {
            sorted = copy_list(builder->arena, node->children.items, count);
            qsort(sorted, count, sizeof *sorted, compare_members);
        }
        node->children.sorted = (const struct dr_node *const *)sorted;
        find_twice(builder, node->children.items, count, node->children.sorted);
    }
    builder->pending_count = frame.first;
    builder->depth--;
    return attach(builder, node, frame.anchor, builder->nodes - frame.nodes, frame.height);
}

bool dr_builder_key(struct dr_builder *builder, const char *text, size_t size, struct dr_place place, bool merge_key)
{
    struct dr_frame *frame = top(builder);
    assert(frame && frame->kind == DR_NODE_MAP && frame->key == NULL);
    if (memchr(text, '\0', size))
        return dr_refuse(builder->found, place, dr_copy_string("A key cannot contain a NUL character"), NULL);
    size_t anchor = take_anchor(builder);
    if (anchor != SIZE_MAX) { /* an anchored key: an alias to it is a string */
        struct dr_node *node = dr_arena_alloc(builder->arena, sizeof *node);
        *node = (struct dr_node){.kind = DR_NODE_STRING, .place = place, .key_place = place};
        node->string.bytes = dr_arena_string(builder->arena, text, size);
        node->string.size = size;
        builder->anchors[anchor].node = node;
        builder->anchors[anchor].weight = 1;
    }
    frame->key = dr_arena_string(builder->arena, text, size);
    frame->key_place = place;
    frame->merging = merge_key;
    return true;
}

bool dr_builder_scalar(struct dr_builder *builder, const struct dr_node *node)
{
    if (!count_nodes(builder, 1, node->place))
        return false;
    struct dr_node *copy = dr_arena_alloc(builder->arena, sizeof *copy);
    *copy = *node;
    return attach(builder, copy, take_anchor(builder), 1, 0);
}

bool dr_builder_alias(struct dr_builder *builder, const char *name, struct dr_place place)
{
    size_t at = find_anchor(builder, name);
    if (at == SIZE_MAX)
        return dr_refuse(builder->found, place, dr_format("The alias *%s has no anchor &%s before it", name, name),
                         NULL);
    struct dr_anchor anchor = builder->anchors[at];
    if (anchor.node == NULL)
        return dr_refuse(builder->found, place,
                         dr_format("The alias *%s stands inside the value &%s that it repeats", name, name), NULL);
    if (dr_builder_wants_key(builder)) {
        if (anchor.node->kind != DR_NODE_STRING)
            return dr_refuse(
                builder->found, place,
                dr_format("A key must be a string, and *%s is %s", name, dr_node_kind_name(anchor.node->kind)), NULL);
        return dr_builder_key(builder, anchor.node->string.bytes, anchor.node->string.size, place, false);
    }
    struct dr_frame *parent = top(builder);
    if (!check_depth(builder, anchor.height + 1, place) ||
        !count_nodes(builder, parent && parent->merging ? 0 : anchor.weight, place))
        return false;
    struct dr_node *copy = dr_arena_alloc(builder->arena, sizeof *copy);
    *copy = *anchor.node;
    return attach(builder, copy, SIZE_MAX, anchor.weight, anchor.height);
}

void dr_builder_done(struct dr_builder *builder)
{
    free(builder->frames);
    free(builder->pending);
    free(builder->anchors);
    json_decref(builder->anchor_index);
}

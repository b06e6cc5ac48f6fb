/* Documents: any bytes give a tree or a complaint; every node has a place inside the source, and so has every byte of
 * every string. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "interpreter/document/document.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void check_place(const struct dr_document *document, struct dr_place place)
{
    assert(place.source == document->source);
    assert(place.line >= 1 && place.column >= 1);
}

/* Bounded: aliases make a small text a large tree. */
static void walk(const struct dr_document *document, const struct dr_node *node, unsigned *budget)
{
    if (*budget == 0)
        return;
    --*budget;
    check_place(document, node->place);
    check_place(document, node->key_place);
    if (node->kind == DR_NODE_STRING) {
        assert(node->string.bytes[node->string.size] == '\0');
        for (size_t i = 0; i <= node->string.size && i < 50; i++)
            check_place(document, dr_node_place_at(node, i));
        check_place(document, dr_node_place_at(node, node->string.size));
    }
    if (node->kind != DR_NODE_LIST && node->kind != DR_NODE_MAP)
        return;
    for (size_t i = 0; i < node->children.count; i++) {
        const struct dr_node *child = node->children.items[i];
        assert((child->key != NULL) == (node->kind == DR_NODE_MAP));
        if (child->key && *budget > 0)
            assert(dr_node_member(node, child->key) == child);
        walk(document, child, budget);
    }
}

static void parse(const char *name, const uint8_t *bytes, size_t size)
{
    struct dr_diagnostics found = {0};
    struct dr_document *document = dr_document_parse(name, (const char *)bytes, size, &found);
    assert((document == NULL) == (found.errors > 0));
    if (document) {
        unsigned budget = 20000;
        walk(document, document->root, &budget);
    }
    struct dr_text text = {0};
    dr_diagnostics_sort(&found);
    for (size_t i = 0; i < found.count && i < 20; i++)
        dr_diagnostic_render(&text, &found.items[i], false);
    dr_text_done(&text);
    dr_diagnostics_done(&found);
    dr_document_free(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    parse("fuzz.yaml", bytes, size);
    parse("fuzz.json", bytes, size);
    return 0;
}

#include "providers/simulated/world.h"

#include "interpreter/base/text.h"
#include "interpreter/document/document.h"

static void release_document(void *document)
{
    dr_document_free(document);
}

json_t *dr_sim_world_load(const char *path, struct dr_diagnostics *found)
{
    struct dr_document *document = dr_document_load(path, found);
    if (!document)
        return NULL;
    json_t *world = NULL;
    if (document->root->kind == DR_NODE_MAP)
        world = dr_node_json(document->root);
    else
        dr_report(found, &(struct dr_diagnostic){
                             .code = "INVALID_WORLD",
                             .place = document->root->place,
                             .message = dr_copy_string("A world is a map: World, Regions, Global, Timeline, ...")});
    dr_diagnostics_keep(found, release_document, document);
    return world;
}

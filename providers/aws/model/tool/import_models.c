/* The build's own program: a botocore data folder into the compact models that drrun is installed with. It is built
 * without sanitizers in every preset, so that a build stays quick.
 *
 *     import_models FROM TO OVERLAYS */
#include "providers/aws/model/compile.h"

#include <stdio.h>
#include <stdlib.h>

static void told(void *data, const char *service, size_t operations, const char *problem)
{
    (void)operations;
    if (problem) {
        *(bool *)data = true;
        fprintf(stderr, "%s: %s\n", service, problem);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s FROM TO OVERLAYS\n", argv[0]);
        return 2;
    }
    bool refused = false;
    char *problem = NULL;
    const struct dr_aws_import import = {
        .from = argv[1], .to = argv[2], .overlays = argv[3], .told = told, .data = &refused};
    long count = dr_aws_models_import(&import, &problem);
    if (count < 0)
        fprintf(stderr, "%s\n", problem);
    free(problem);
    return count < 0 || refused ? 1 : 0;
}

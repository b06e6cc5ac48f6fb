/* One service of a botocore folder, with its overlay, as compact text. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_IMPORT_H
#define DRRUN_PROVIDERS_AWS_MODEL_IMPORT_H

#include "interpreter/base/text.h"

#include <jansson.h>
#include <stdbool.h>

struct dr_aws_imported {
    struct dr_text text; /* the compact model */
    json_t *entry;       /* its line in the index */
    size_t operations;
};

/* `version_folder` NULL: there is only an overlay. `overlays` NULL: none. false with a problem. */
bool dr_aws_import_service(const char *name, const char *version_folder, const char *overlays, const char *origin,
                           struct dr_aws_imported *ret_imported, char **ret_problem);
void dr_aws_imported_done(struct dr_aws_imported *imported);

/* Writes a file so that readers see the old one or the new one, never a part: 0644, or 0600 if `private`. false with a
 * problem. */
bool dr_aws_write_file(const char *folder, const char *name, const char *bytes, size_t size, bool private,
                       char **ret_problem);

#endif

/* Upper and lower case as ECMAScript defines them: the whole of Unicode, some characters becoming several. */
#ifndef DRRUN_EXPRESSION_JSONATA_CASE_H
#define DRRUN_EXPRESSION_JSONATA_CASE_H

#include "interpreter/expression/jsonata/build.h"

void jx_build_upper(struct jx_builder *builder, struct jx_text text);
void jx_build_lower(struct jx_builder *builder, struct jx_text text);

#endif

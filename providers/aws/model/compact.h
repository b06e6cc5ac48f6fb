/* The compact form of a model: lines "key<TAB>json<LF>", sorted by the bytes of their keys, searched where they are.
 *
 *     endpoint-rules   the rule set
 *     metadata         botocore's metadata
 *     operation/NAME   an operation
 *     paginator/NAME   a paginator
 *     provenance       {"format", "origin", "date", "licence"}
 *     shape/NAME       a shape
 *     waiter/NAME      a waiter
 *     ~                {"bytes": the size of all that stands before this line}: a cut file lacks it
 *
 * JSON within a line is compact and has no line feeds. Files come from disks, so nothing about them is trusted. */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_COMPACT_H
#define DRRUN_PROVIDERS_AWS_MODEL_COMPACT_H

#include <stdbool.h>
#include <stddef.h>

struct dr_text;

#define DR_AWS_COMPACT_FORMAT 1 /* of the lines' JSON: another drrun may write another one */

struct dr_aws_compact { /* borrowed bytes */
    const char *bytes;
    size_t size;
};

struct dr_aws_compact_line {
    const char *key, *json;
    size_t key_size, json_size;
};

/* The line whose key is `prefix` followed by `name`. */
bool dr_aws_compact_find(const struct dr_aws_compact *text, const char *prefix, const char *name,
                         struct dr_aws_compact_line *ret_line);
/* The first line at or after `*offset` that begins with `prefix`, in a range found with dr_aws_compact_seek(). */
bool dr_aws_compact_next(const struct dr_aws_compact *text, const char *prefix, size_t *offset,
                         struct dr_aws_compact_line *ret_line);
/* Where the lines with `prefix` would begin. */
size_t dr_aws_compact_seek(const struct dr_aws_compact *text, const char *prefix);
/* Whether the last line is there and tells the right size. */
bool dr_aws_compact_is_whole(const struct dr_aws_compact *text);

/* Collects lines in any order, then writes them sorted, with the last line. */
struct dr_aws_compact_writer {
    struct dr_aws_compact_entry {
        char *key, *json;
    } * entries;
    size_t count, room;
};
/* Copies the key (made of `prefix` and `name`), takes the JSON text over. */
void dr_aws_compact_put(struct dr_aws_compact_writer *writer, const char *prefix, const char *name, char *json);
void dr_aws_compact_write(struct dr_aws_compact_writer *writer, struct dr_text *out); /* empties the writer */
void dr_aws_compact_writer_done(struct dr_aws_compact_writer *writer);

#endif

/* The index of a folder of compact models. */
#include "providers/aws/model/index.h"

#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : otherwise;
}

json_t *dr_aws_index_entry(const char *name, const json_t *metadata, const char *date, const char *origin,
                           size_t operations)
{
    const char *id = text_of(metadata, "serviceId", name);
    char *sdk = dr_aws_sdk_name(id);
    json_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "sdk", sdk, "id", id, "version",
                              text_of(metadata, "apiVersion", ""), "date", date, "origin", origin, "operations",
                              (json_int_t)operations);
    free(sdk);
    return entry;
}

static char *dump(const json_t *value)
{
    struct dr_text text = {0};
    dr_text_json(&text, value, SIZE_MAX);
    return dr_text_take(&text);
}

void dr_aws_index_write(const json_t *entries, struct dr_text *out)
{
    struct dr_aws_compact_writer writer = {0};
    const char *name;
    json_t *entry, *seen = json_object(), *mutable = dr_json_share(entries);
    json_object_foreach(mutable, name, entry)
    {
        const char *sdk = text_of(entry, "sdk", name);
        dr_aws_compact_put(&writer, "service/", name, dump(entry));
        if (json_object_get(seen, sdk)) /* one name for two services: the first keeps it */
            continue;
        json_object_set_new(seen, sdk, json_true());
        json_t *pointer = json_pack("{s:s}", "name", name);
        dr_aws_compact_put(&writer, "sdk/", sdk, dump(pointer));
        json_decref(pointer);
    }
    json_decref(mutable);
    json_decref(seen);
    dr_aws_compact_write(&writer, out);
}

json_t *dr_aws_index_read(const struct dr_aws_compact *text)
{
    static const char prefix[] = "service/";
    json_t *entries = json_object();
    struct dr_aws_compact_line line;
    for (size_t offset = dr_aws_compact_seek(text, prefix); dr_aws_compact_next(text, prefix, &offset, &line);) {
        json_t *entry = dr_json_parse(line.json, line.json_size, NULL);
        char *name = dr_copy_bytes(line.key + sizeof prefix - 1, line.key_size - (sizeof prefix - 1));
        if (json_is_object(entry))
            json_object_set(entries, name, entry);
        json_decref(entry);
        free(name);
    }
    return entries;
}

#include "interpreter/expression/known.h"

#include "interpreter/expression/values.h"

#include <string.h>

/* Noncharacters: valid UTF-8 that no interchanged text has (Unicode 15, section 23.7). */
static const char mark[] = "\xEF\xB7\x90unknown\xEF\xB7\xAF";

json_t *dr_unknown(void)
{
    return json_string(mark);
}

bool dr_is_unknown(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) == sizeof mark - 1 &&
           memcmp(json_string_value(value), mark, sizeof mark - 1) == 0;
}

bool dr_is_known(const json_t *value)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (!dr_is_known(json_array_get(value, i)))
                return false;
        return true;
    }
    if (json_is_object(value)) {
        const char *key;
        json_t *member;
        json_object_foreach((json_t *)(uintptr_t)value, key, member) if (!dr_is_known(member)) return false;
        return true;
    }
    return !dr_is_unknown(value);
}

json_t *dr_known_in_both(const json_t *one, const json_t *other)
{
    if (!one || !other)
        return dr_json_share(one ? one : other);
    if (one == other || json_equal(one, other))
        return dr_json_share(one);
    if (!json_is_object(one) || !json_is_object(other))
        return dr_unknown();
    json_t *both = json_object();
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)one, key, member)
    {
        const json_t *there = json_object_get(other, key);
        json_object_set_new_nocheck(both, key, there ? dr_known_in_both(member, there) : dr_unknown());
    }
    json_object_foreach((json_t *)(uintptr_t)other, key, member)
    {
        if (!json_object_get(one, key))
            json_object_set_new_nocheck(both, key, dr_unknown());
    }
    return both;
}

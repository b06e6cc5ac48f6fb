#include "providers/aws/endpoint/region.h"

#include "interpreter/base/diagnostic.h"
#include "interpreter/base/text.h"

#include <stdlib.h>
#include <string.h>

/* Where Regions lie, behind "us-", "us-gov-", "eusc-de-", ... */
static const char *const directions[] = {"central", "east",      "north",     "northeast", "northwest",
                                         "south",   "southeast", "southwest", "west"};
static const char *const areas[] = {"af", "ap", "ca", "cn", "eu",     "eu-isoe", "eusc-de", "il",
                                    "me", "mx", "sa", "us", "us-gov", "us-iso",  "us-isob", "us-isof"};

static bool is_one_of(const char *const *list, size_t count, const char *text, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == size && memcmp(list[i], text, size) == 0)
            return true;
    return false;
}

/* AREA-DIRECTION-DIGIT */
static bool is_named_so(const char *name)
{
    size_t size = strlen(name);
    if (size < 2 || name[size - 2] != '-' || name[size - 1] < '1' || name[size - 1] > '9')
        return false;
    size_t end = size - 2, begin = end;
    while (begin > 0 && name[begin - 1] != '-')
        begin--;
    return begin > 1 && is_one_of(directions, sizeof directions / sizeof *directions, name + begin, end - begin) &&
           is_one_of(areas, sizeof areas / sizeof *areas, name, begin - 1);
}

bool dr_aws_is_region(const json_t *partitions, const char *name, char **ret_nearest)
{
    const json_t *list = json_object_get(partitions, "partitions"), *partition, *region;
    const char **names = NULL, *key;
    size_t i, count = 0;
    bool known = is_named_so(name);
    *ret_nearest = NULL;
    json_array_foreach(list, i, partition)
    {
        const json_t *regions = json_object_get(partition, "regions");
        known = known || json_object_get(regions, name);
        names = dr_resize(names, count + json_object_size(regions) + 1, sizeof *names);
        json_object_foreach((json_t *)(uintptr_t)regions, key, region) names[count++] = key;
    }
    const char *nearest = known ? NULL : dr_nearest(name, names, count);
    *ret_nearest = dr_copy_string(nearest);
    free(names);
    return known;
}

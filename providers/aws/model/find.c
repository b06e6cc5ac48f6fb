/* Finding models: the places, in order, and what each has. */
#include "providers/aws/model/find.h"

#include "interpreter/base/text.h"
#include "providers/aws/model/cache.h"
#include "providers/aws/model/index.h"
#include "providers/aws/model/raw.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
    const char *folder;
    bool if_younger; /* only models younger than the bundled ones count */
    bool too_old, age_known;
    struct dr_aws_compact index;
    bool index_read;
};

struct dr_aws_finder {
    struct dr_arena *arena;
    struct place *places;
    size_t count;
    const char *bundled, *overlays, *imports, *cache;
    json_t *list;
};

/* Where the installers of the AWS CLI v2 and Debian's package put its data. */
static const char *const installed_places[] = {
    "/usr/local/aws-cli/v2/current/dist/awscli/botocore/data",
    "/usr/lib/python3/dist-packages/awscli/botocore/data",
    NULL,
};

/* --- The places ----------------------------------------------------------------------------------------------------
 */

static void add_place(struct dr_aws_finder *finder, const char *folder, bool if_younger)
{
    struct place *places = dr_arena_alloc(finder->arena, (finder->count + 1) * sizeof *places);
    if (finder->count)
        memcpy(places, finder->places, finder->count * sizeof *places);
    places[finder->count++] = (struct place){.folder = folder, .if_younger = if_younger};
    finder->places = places;
}

/* Folders separated by colons; "~/" is the home folder, as the SDKs have it. */
static void add_path(struct dr_aws_finder *finder, const char *path, const char *home)
{
    while (path && *path) {
        size_t size = strcspn(path, ":");
        bool below_home = home && size >= 2 && path[0] == '~' && path[1] == '/';
        if (below_home)
            add_place(finder, dr_arena_format(finder->arena, "%s%.*s", home, (int)(size - 1), path + 1), false);
        else if (size)
            add_place(finder, dr_arena_string(finder->arena, path, size), false);
        path += size + (path[size] == ':' ? 1 : 0);
    }
}

/* "$variable/drrun/models", else "~/otherwise/drrun/models"; NULL: there is no home. */
static const char *own_folder(struct dr_aws_finder *finder, const char *configured, const char *home,
                              const char *otherwise)
{
    if (configured && configured[0] == '/')
        return dr_arena_format(finder->arena, "%s/drrun/models", configured);
    return home ? dr_arena_format(finder->arena, "%s/%s/drrun/models", home, otherwise) : NULL;
}

/* Beside the binary, so that an installation can stand anywhere: bin/ and share/, or a build folder, whose programs
 * stand in it or below it. */
static void find_bundled(struct dr_aws_finder *finder)
{
    static const char *const places[] = {"../share/drrun/models", "share/drrun/models", "../../share/drrun/models"};
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash && !finder->bundled && i < sizeof places / sizeof *places; i++) {
        const char *folder = dr_arena_format(finder->arena, "%.*s/%s", (int)(slash - self), self, places[i]);
        char *index = dr_format("%s/index", folder);
        if (access(index, R_OK) == 0)
            finder->bundled = folder;
        free(index);
    }
    if (finder->bundled)
        finder->overlays = dr_arena_format(finder->arena, "%s/overlays", finder->bundled);
}

static void release_finder(void *thing)
{
    struct dr_aws_finder *finder = thing;
    json_decref(finder->list);
}

struct dr_aws_finder *dr_aws_finder_new(struct dr_arena *arena, const struct dr_aws_finder_options *options)
{
    struct dr_aws_finder *finder = dr_arena_alloc(arena, sizeof *finder);
    const char *(*environment)(const char *name) = options->environment;
    finder->arena = arena;
    dr_arena_defer(arena, release_finder, finder);
    const char *(*get)(const char *name) = environment;
    const char *home = get ? get("HOME") : getenv("HOME");
    home = home && home[0] == '/' ? home : NULL;
    finder->imports = own_folder(finder, get ? get("XDG_DATA_HOME") : getenv("XDG_DATA_HOME"), home, ".local/share");
    finder->cache = own_folder(finder, get ? get("XDG_CACHE_HOME") : getenv("XDG_CACHE_HOME"), home, ".cache");
    find_bundled(finder);
    if (options->folders) {
        for (size_t i = 0; options->folders[i]; i++)
            add_place(finder, dr_arena_string(arena, options->folders[i], strlen(options->folders[i])), false);
        return finder;
    }
    add_path(finder, get ? get("DRRUN_MODELS") : getenv("DRRUN_MODELS"), home);
    add_path(finder, get ? get("AWS_DATA_PATH") : getenv("AWS_DATA_PATH"), home);
    if (home)
        add_place(finder, dr_arena_format(arena, "%s/.aws/models", home), false);
    if (finder->imports)
        add_place(finder, finder->imports, false);
    for (const char *const *folder = options->installed ? options->installed : installed_places; *folder; folder++)
        add_place(finder, dr_arena_string(arena, *folder, strlen(*folder)), true);
    if (finder->bundled)
        add_place(finder, finder->bundled, false);
    return finder;
}

const char *dr_aws_finder_bundled(struct dr_aws_finder *finder)
{
    return finder->bundled;
}

const char *dr_aws_finder_overlays(struct dr_aws_finder *finder)
{
    return finder->overlays;
}

const char *dr_aws_finder_imports(struct dr_aws_finder *finder)
{
    return finder->imports;
}

/* --- What a place has ----------------------------------------------------------------------------------------------
 */

/* Names go into paths. */
static bool is_service_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_' && (*at != '.' || at == name))
            return false;
    return *name != '\0';
}

static const struct dr_aws_compact *index_of(struct dr_aws_finder *finder, struct place *place)
{
    if (!place->index_read) {
        bool damaged;
        char *path = dr_format("%s/index", place->folder);
        place->index_read = true;
        dr_aws_map(finder->arena, path, false, &place->index, &damaged);
        free(path);
    }
    return place->index.bytes ? &place->index : NULL;
}

/* The installer of the AWS CLI copies its files, so that they bear the day of the installation. What its path tells
 * guards against an old one that was installed lately: 2.9.6 is of the day of botocore 1.29.27. */
static bool is_too_old(struct place *place)
{
    static const long oldest[] = {2, 9, 6};
    if (!place->age_known) {
        char *version = dr_aws_raw_cli_version(place->folder);
        char *at = version;
        place->age_known = true;
        for (size_t i = 0; at && i < sizeof oldest / sizeof *oldest; i++) {
            long number = strtol(at, &at, 10);
            if (number != oldest[i]) {
                place->too_old = number < oldest[i];
                break;
            }
            at += *at == '.' ? 1 : 0;
        }
        free(version);
    }
    return place->too_old;
}

/* The date of the bundled model: "" if there is none. */
static void bundled_date(struct dr_aws_finder *finder, const char *name, char date[DR_AWS_DATE_TEXT])
{
    struct dr_aws_compact_line line;
    struct place *last = finder->count ? &finder->places[finder->count - 1] : NULL;
    date[0] = '\0';
    if (!last || last->folder != finder->bundled || !index_of(finder, last) ||
        !dr_aws_compact_find(&last->index, "service/", name, &line))
        return;
    json_t *entry = dr_json_parse(line.json, line.json_size, NULL);
    const char *text = json_string_value(json_object_get(entry, "date"));
    size_t size = text ? strlen(text) : 0;
    if (size > 0 && size < DR_AWS_DATE_TEXT)
        memcpy(date, text, size + 1);
    json_decref(entry);
}

/* The folder of the service's version in a botocore folder, if it counts. Owned by the caller. */
static char *raw_version(struct dr_aws_finder *finder, struct place *place, const char *name)
{
    char *version = dr_aws_raw_version(place->folder, name), bundled[DR_AWS_DATE_TEXT];
    struct dr_aws_raw_stamp stamp;
    if (version && place->if_younger) {
        bundled_date(finder, name, bundled);
        if (!dr_aws_raw_stamp(version, &stamp) || strcmp(stamp.date, bundled) <= 0 || (*bundled && is_too_old(place))) {
            free(version);
            version = NULL;
        }
    }
    return version;
}

static bool find_in(struct dr_aws_finder *finder, struct place *place, const char *name,
                    struct dr_aws_compact *ret_text, char **ret_problem)
{
    bool damaged;
    char *path = dr_format("%s/%s.model", place->folder, name);
    bool found = dr_aws_map(finder->arena, path, false, ret_text, &damaged);
    if (damaged)
        *ret_problem = dr_format("%s is damaged: its end is missing. Import the models again ('drrun models import "
                                 "DIR'), or remove it",
                                 path);
    free(path);
    char *version = found || damaged ? NULL : raw_version(finder, place, name);
    if (version)
        found = dr_aws_cache_get(finder->arena, finder->cache, name, version, finder->overlays, ret_text, ret_problem);
    free(version);
    return found;
}

bool dr_aws_finder_find(struct dr_aws_finder *finder, const char *name, struct dr_aws_compact *ret_text,
                        char **ret_problem)
{
    bool found = false;
    for (size_t i = 0; !found && !*ret_problem && is_service_name(name) && i < finder->count; i++)
        found = find_in(finder, &finder->places[i], name, ret_text, ret_problem);
    return found;
}

json_t *dr_aws_finder_partitions(struct dr_aws_finder *finder)
{
    json_t *partitions = NULL;
    for (size_t i = 0; !json_is_object(partitions) && i <= finder->count; i++) {
        const char *folder = i < finder->count ? finder->places[i].folder : finder->bundled;
        char *path = folder ? dr_format("%s/partitions.json", folder) : NULL, *problem = NULL;
        json_decref(partitions);
        partitions = path ? dr_aws_raw_file(path, &problem) : NULL;
        free(problem); /* the next place has one */
        free(path);
    }
    return partitions;
}

json_t *dr_aws_finder_rules(struct dr_aws_finder *finder, const char *name)
{
    struct dr_aws_compact text;
    struct dr_aws_compact_line line;
    bool damaged;
    if (!finder->bundled || !is_service_name(name))
        return NULL;
    char *path = dr_format("%s/%s.model", finder->bundled, name);
    bool found = dr_aws_map(finder->arena, path, false, &text, &damaged) &&
                 dr_aws_compact_find(&text, "endpoint-rules", "", &line);
    free(path);
    json_t *rules = found ? dr_json_parse(line.json, line.json_size, NULL) : NULL;
    if (rules && !json_is_object(rules)) {
        json_decref(rules);
        rules = NULL;
    }
    return rules;
}

/* --- All that there is ---------------------------------------------------------------------------------------------
 */

/* An entry of a botocore folder's service. */
static json_t *raw_entry(const char *name, const char *version_folder)
{
    struct dr_aws_raw_stamp stamp;
    json_t *metadata = dr_aws_raw_metadata(version_folder), *entry = NULL;
    if (metadata && dr_aws_raw_stamp(version_folder, &stamp)) {
        char *origin = dr_aws_raw_origin(version_folder);
        entry = dr_aws_index_entry(name, metadata, stamp.date, origin, 0);
        free(origin);
    }
    json_decref(metadata);
    return entry;
}

/* Adds what the place has to `entries`, over what is there. */
static void list_place(struct dr_aws_finder *finder, struct place *place, json_t *entries)
{
    const struct dr_aws_compact *index = index_of(finder, place);
    if (index) {
        json_t *own = dr_aws_index_read(index);
        json_object_update(entries, own);
        json_decref(own);
        return;
    }
    size_t count = 0;
    char **names = dr_aws_raw_names(place->folder, &count);
    for (size_t i = 0; i < count; i++) {
        char *version = is_service_name(names[i]) ? raw_version(finder, place, names[i]) : NULL;
        json_t *entry = version ? raw_entry(names[i], version) : NULL;
        if (entry)
            json_object_set_new(entries, names[i], entry);
        free(version);
    }
    dr_aws_raw_names_free(names, count);
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

const json_t *dr_aws_finder_list(struct dr_aws_finder *finder)
{
    if (finder->list)
        return finder->list;
    json_t *entries = json_object(), *entry;
    for (size_t i = finder->count; i-- > 0;)
        list_place(finder, &finder->places[i], entries);
    size_t count = 0;
    const char **names = dr_alloc((json_object_size(entries) + 1) * sizeof *names), *name;
    json_object_foreach(entries, name, entry)
    {
        names[count++] = name;
    }
    if (count)
        qsort(names, count, sizeof *names, compare_keys);
    finder->list = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set(finder->list, names[i], json_object_get(entries, names[i]));
    free(names);
    json_decref(entries);
    return finder->list;
}

/* "sdk/NAME" of a place's index. */
static const char *pointer_in(struct dr_aws_finder *finder, struct place *place, const char *sdk_name)
{
    const struct dr_aws_compact *index = index_of(finder, place);
    struct dr_aws_compact_line line;
    if (!index || !dr_aws_compact_find(index, "sdk/", sdk_name, &line))
        return NULL;
    json_t *pointer = dr_json_parse(line.json, line.json_size, NULL);
    const char *name = json_string_value(json_object_get(pointer, "name"));
    name = name && is_service_name(name) ? dr_arena_string(finder->arena, name, strlen(name)) : NULL;
    json_decref(pointer);
    return name;
}

const char *dr_aws_finder_by_sdk(struct dr_aws_finder *finder, const char *sdk_name)
{
    for (size_t i = 0; i < finder->count; i++) {
        const char *name = pointer_in(finder, &finder->places[i], sdk_name);
        if (name)
            return name;
    }
    /* No index knows it: a service that is younger than they are, in a botocore folder. */
    json_t *list = dr_json_share(dr_aws_finder_list(finder)), *entry;
    const char *name, *found = NULL;
    json_object_foreach(list, name, entry)
    {
        const char *sdk = json_string_value(json_object_get(entry, "sdk"));
        if (!found && sdk && strcmp(sdk, sdk_name) == 0)
            found = name;
    }
    json_decref(list);
    return found;
}

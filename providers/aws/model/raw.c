/* Reading a botocore data folder: versions, files plain or gzipped, sdk-extras. */
#include "providers/aws/model/raw.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define PEEK_BYTES ((size_t)64 << 10) /* metadata stands at the beginning of every model that AWS publishes */

static const char *const endings[] = {".json", ".json.gz"};

/* The path of a version's file, whichever way it is stored, with what stat says; NULL: not there. */
static char *find_file(const char *folder, const char *file, struct stat *ret_about)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char *path = dr_format("%s/%s%s", folder, file, endings[i]);
        if (stat(path, ret_about) == 0 && S_ISREG(ret_about->st_mode))
            return path;
        free(path);
    }
    return NULL;
}

bool dr_aws_raw_is_version(const char *folder)
{
    struct stat about;
    char *path = find_file(folder, "service-2", &about);
    free(path);
    return path != NULL;
}

char *dr_aws_raw_version(const char *folder, const char *service)
{
    char *base = service ? dr_format("%s/%s", folder, service) : dr_copy_string(folder), *best = NULL;
    DIR *open = opendir(base);
    struct dirent *entry;
    while (open && (entry = readdir(open))) {
        if (entry->d_name[0] == '.' || (best && strcmp(entry->d_name, strrchr(best, '/') + 1) <= 0))
            continue;
        char *version = dr_format("%s/%s", base, entry->d_name);
        if (dr_aws_raw_is_version(version)) {
            free(best);
            best = version;
        } else {
            free(version);
        }
    }
    if (open)
        closedir(open);
    free(base);
    return best;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

char **dr_aws_raw_names(const char *folder, size_t *ret_count)
{
    char **names = NULL;
    size_t count = 0;
    DIR *open = opendir(folder);
    struct dirent *entry;
    while (open && (entry = readdir(open))) {
        if (entry->d_name[0] == '.' || entry->d_type == DT_REG)
            continue;
        names = dr_resize(names, count + 1, sizeof *names);
        names[count++] = dr_copy_string(entry->d_name);
    }
    if (open)
        closedir(open);
    if (count)
        qsort(names, count, sizeof *names, compare_names);
    *ret_count = count;
    return names;
}

void dr_aws_raw_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

bool dr_aws_raw_stamp(const char *version_folder, struct dr_aws_raw_stamp *ret_stamp)
{
    struct stat about;
    struct tm parts;
    char *path = find_file(version_folder, "service-2", &about);
    if (!path)
        return false;
    free(path);
    ret_stamp->modified_ns = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
    ret_stamp->size = (uint64_t)about.st_size;
    if (!gmtime_r(&about.st_mtim.tv_sec, &parts) ||
        strftime(ret_stamp->date, sizeof ret_stamp->date, "%Y-%m-%d", &parts) == 0)
        memcpy(ret_stamp->date, "1970-01-01", sizeof "1970-01-01");
    return true;
}

/* --- Files ---------------------------------------------------------------------------------------------------------
 */

/* Reads at most `bytes_max` bytes of a file, gzipped or not. NULL, or what is wrong with it. */
static const char *read_file(const char *path, size_t bytes_max, struct dr_text *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    gzFile file = fd >= 0 ? gzdopen(fd, "rb") : NULL; /* reads what is not gzipped as it is */
    if (!file) {
        const char *why = strerror(errno);
        if (fd >= 0)
            close(fd);
        return why;
    }
    const size_t block = (size_t)256 << 10;
    int got = 1;
    while (got > 0 && text->size < bytes_max) {
        dr_text_reserve(text, block + 1);
        got = gzread(file, text->bytes + text->size, (unsigned)block);
        text->size += got > 0 ? (size_t)got : 0;
        text->bytes[text->size] = '\0';
    }
    int status = gzclose_r(file); /* Z_BUF_ERROR: cut in the middle of what was packed */
    if (got < 0 || (status != Z_OK && text->size < bytes_max))
        return "it is damaged: what is packed in it does not unpack";
    return text->size < bytes_max ? NULL : "it is too large";
}

json_t *dr_aws_raw_file(const char *path, char **ret_problem)
{
    struct dr_text text = {0};
    char *why = NULL;
    json_t *value = NULL;
    if (access(path, F_OK) != 0)
        return NULL;
    const char *unread = read_file(path, DR_PAYLOAD_BYTES_MAX, &text);
    if (unread) {
        *ret_problem = dr_format("%s: %s", path, unread);
    } else {
        value = dr_json_parse(text.bytes ? text.bytes : "", text.size, &why);
        if (!value)
            *ret_problem = dr_format("%s is not valid JSON: %s", path, why ? why : "it is empty");
    }
    free(why);
    dr_text_done(&text);
    return value;
}

/* Lays `over` over `base`, objects member by member. Both come from parsed text: their depth is bounded. */
static void merge(json_t *base, json_t *over)
{
    const char *key;
    json_t *value;
    json_object_foreach(over, key, value)
    {
        json_t *there = json_object_get(base, key);
        if (json_is_object(there) && json_is_object(value))
            merge(there, value);
        else
            json_object_set(base, key, value);
    }
}

json_t *dr_aws_raw_load(const char *version_folder, const char *file, char **ret_problem)
{
    struct stat about;
    char *path = find_file(version_folder, file, &about);
    json_t *value = path ? dr_aws_raw_file(path, ret_problem) : NULL;
    free(path);
    if (!value)
        return NULL;
    char *extra_file = dr_format("%s.sdk-extras", file);
    path = find_file(version_folder, extra_file, &about);
    json_t *extra = path ? dr_aws_raw_file(path, ret_problem) : NULL;
    if (path && !extra) { /* half a model would be a wrong one */
        json_decref(value);
        value = NULL;
    }
    if (value && extra)
        merge(value, json_object_get(extra, "merge"));
    json_decref(extra);
    free(path);
    free(extra_file);
    return value;
}

/* The size of the JSON object that begins at `start`; 0: it does not end within `size`. */
static size_t object_size(const char *start, size_t size)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (quoted) {
            i += start[i] == '\\' ? 1 : 0;
            quoted = start[i < size ? i : size - 1] != '"' || i >= size;
        } else if (start[i] == '"') {
            quoted = true;
        } else if (start[i] == '{') {
            depth++;
        } else if (start[i] == '}' && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

json_t *dr_aws_raw_metadata(const char *version_folder)
{
    static const char key[] = "\"metadata\":";
    struct stat about;
    struct dr_text text = {0};
    json_t *metadata = NULL;
    char *path = find_file(version_folder, "service-2", &about);
    if (path) {
        read_file(path, PEEK_BYTES, &text); /* the beginning is enough, whatever follows */
        const char *at = text.bytes ? strstr(text.bytes, key) : NULL;
        at = at ? strchr(at, '{') : NULL;
        size_t size = at ? object_size(at, text.size - (size_t)(at - text.bytes)) : 0;
        metadata = size ? dr_json_parse(at, size, NULL) : NULL;
    }
    dr_text_done(&text);
    if (path && !json_is_object(metadata)) { /* somewhere else in the file */
        char *problem = NULL;
        json_t *service = dr_aws_raw_file(path, &problem);
        json_decref(metadata);
        metadata = json_incref(json_object_get(service, "metadata"));
        json_decref(service);
        free(problem);
    }
    free(path);
    return metadata;
}

/* --- Origin --------------------------------------------------------------------------------------------------------
 */

/* The value of __version__ in a Python package's __init__.py; NULL: none. */
static char *package_version(const char *package)
{
    static const char key[] = "__version__ = '";
    char *path = dr_format("%s/__init__.py", package), *version = NULL;
    struct dr_text text = {0};
    if (access(path, R_OK) == 0) {
        read_file(path, PEEK_BYTES, &text);
        const char *at = text.bytes ? strstr(text.bytes, key) : NULL;
        size_t size = at ? strcspn(at + sizeof key - 1, "'\n") : 0;
        version = size ? dr_copy_bytes(at + sizeof key - 1, size) : NULL;
    }
    dr_text_done(&text);
    free(path);
    return version;
}

/* The folder that holds `folder`, cut off in place; false: there is none. */
static bool go_up(char *folder)
{
    char *slash = strrchr(folder, '/');
    if (!slash || slash == folder)
        return false;
    *slash = '\0';
    return true;
}

/* "2.15.0" of ".../aws-cli/v2/2.15.0/dist/..."; NULL: not such a path. */
static char *installed_version(const char *folder)
{
    static const char marker[] = "/aws-cli/v2/";
    const char *at = strstr(folder, marker);
    at = at ? at + sizeof marker - 1 : NULL;
    size_t size = at ? strcspn(at, "/") : 0;
    return size && at[0] >= '0' && at[0] <= '9' ? dr_copy_bytes(at, size) : NULL;
}

char *dr_aws_raw_cli_version(const char *folder)
{
    char *real = realpath(folder, NULL), *version = installed_version(real ? real : folder);
    free(real);
    return version;
}

char *dr_aws_raw_origin(const char *folder)
{
    char *real = realpath(folder, NULL), *origin = NULL;
    char *up = dr_copy_string(real ? real : folder), *version = installed_version(up);
    const char *product = "AWS CLI";
    /* "data" is at most two levels up (a version's folder was given), its package one more, the AWS CLI's another. */
    for (int level = 0; !version && level < 3; level++) {
        const char *name = strrchr(up, '/');
        bool is_data = name && strcmp(name, "/data") == 0;
        if (!go_up(up))
            break;
        if (!is_data)
            continue;
        char *outer = dr_copy_string(up);
        if (go_up(outer) && strrchr(outer, '/') && strcmp(strrchr(outer, '/'), "/awscli") == 0)
            version = package_version(outer);
        if (!version) {
            product = "botocore";
            version = package_version(up);
        }
        free(outer);
        break;
    }
    origin = version ? dr_format("%s %s", product, version) : dr_copy_string(real ? real : folder);
    free(version);
    free(up);
    free(real);
    return origin;
}

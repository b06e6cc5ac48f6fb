/* Importing a botocore data folder: each service's latest version with extras and overlay, the partitions, the index.
 */
#include "providers/aws/model/import.h"
#include "providers/aws/model/compile.h"

#include "providers/aws/model/index.h"
#include "providers/aws/model/overlay.h"
#include "providers/aws/model/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- One service ---------------------------------------------------------------------------------------------------
 */

void dr_aws_imported_done(struct dr_aws_imported *imported)
{
    dr_text_done(&imported->text);
    json_decref(imported->entry);
    *imported = (struct dr_aws_imported){0};
}

static bool load_parts(const char *folder, struct dr_aws_parts *parts, char **ret_problem)
{
    parts->service = dr_aws_raw_load(folder, "service-2", ret_problem);
    if (!parts->service && !*ret_problem)
        *ret_problem = dr_format("%s: there is no service-2.json", folder);
    if (!*ret_problem)
        parts->paginators = dr_aws_raw_load(folder, "paginators-1", ret_problem);
    if (!*ret_problem)
        parts->waiters = dr_aws_raw_load(folder, "waiters-2", ret_problem);
    if (!*ret_problem)
        parts->rules = dr_aws_raw_load(folder, "endpoint-rule-set-1", ret_problem);
    return !*ret_problem;
}

/* What the overlay adds; returns the origin to name, owned by the caller. */
static char *lay_over(const char *name, const char *folder, const char *overlays, const char *origin,
                      struct dr_aws_parts *parts, char *date, char **ret_problem)
{
    json_t *overlay = overlays ? dr_aws_overlay_load(overlays, name, ret_problem) : NULL;
    const char *told = json_string_value(json_object_get(overlay, "overlay"));
    bool added = overlay && dr_aws_overlay_apply(overlay, parts, NULL) > 0;
    char *whole = added && folder ? dr_format("%s, with drrun's overlay of %s", origin, told ? told : "an unknown date")
                                  : dr_copy_string(folder ? origin : "drrun's overlay");
    if (!folder)
        snprintf(date, DR_AWS_DATE_TEXT, "%s", told ? told : "");
    json_decref(overlay);
    return whole;
}

bool dr_aws_import_service(const char *name, const char *version_folder, const char *overlays, const char *origin,
                           struct dr_aws_imported *ret_imported, char **ret_problem)
{
    struct dr_aws_parts parts = {0};
    struct dr_aws_raw_stamp stamp = {0};
    char *problem = NULL, *whole = NULL;
    if (!version_folder) {
        parts.service = json_object();
    } else if (load_parts(version_folder, &parts, &problem)) {
        dr_aws_raw_stamp(version_folder, &stamp);
    }
    if (!problem)
        whole = lay_over(name, version_folder, overlays, origin, &parts, stamp.date, &problem);
    struct dr_aws_imported imported = {0};
    if (!problem && dr_aws_model_compile(name, parts.service, parts.paginators, parts.waiters, parts.rules, whole,
                                         stamp.date, &imported.text, &problem)) {
        imported.operations = json_object_size(json_object_get(parts.service, "operations"));
        imported.entry = dr_aws_index_entry(name, json_object_get(parts.service, "metadata"), stamp.date, whole,
                                            imported.operations);
        *ret_imported = imported;
    }
    free(whole);
    dr_aws_parts_done(&parts);
    if (problem)
        *ret_problem = problem;
    return !problem;
}

/* --- Files ---------------------------------------------------------------------------------------------------------
 */

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

bool dr_aws_write_file(const char *folder, const char *name, const char *bytes, size_t size, bool private,
                       char **ret_problem)
{
    char *path = dr_format("%s/%s", folder, name), *draft = dr_format("%s/.%s.XXXXXX", folder, name);
    int fd = mkostemp(draft, O_CLOEXEC);
    bool written = fd >= 0 && fchmod(fd, private ? 0600 : 0644) == 0 && write_all(fd, bytes, size);
    int errnum = errno;
    if (fd >= 0 && close(fd) != 0 && written) {
        written = false;
        errnum = errno;
    }
    if (written && rename(draft, path) != 0) {
        written = false;
        errnum = errno;
    }
    if (!written) {
        if (fd >= 0)
            unlink(draft);
        *ret_problem = dr_format("%s: %s", path, strerror(errnum));
    }
    free(path);
    free(draft);
    return written;
}

/* Makes a folder and those above it. */
static bool make_folder(const char *path)
{
    char *part = dr_copy_string(path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(part, 0777); /* if this fails, so will the last one */
        *slash = '/';
    }
    bool made = mkdir(part, 0777) == 0 || errno == EEXIST;
    int errnum = errno;
    free(part);
    errno = errnum;
    return made;
}

/* --- The whole folder ----------------------------------------------------------------------------------------------
 */

struct importing {
    const struct dr_aws_import *import;
    json_t *entries;
    char *origin;
    long count;
};

static void tell(const struct importing *importing, const char *service, size_t operations, const char *problem)
{
    if (importing->import->told)
        importing->import->told(importing->import->data, service, operations, problem);
}

/* false: nothing can be written any more. A model that cannot be used is told and left out. */
static bool import_one(struct importing *importing, const char *name, const char *version_folder, char **ret_problem)
{
    struct dr_aws_imported imported = {0};
    char *problem = NULL;
    if (!dr_aws_import_service(name, version_folder, importing->import->overlays, importing->origin, &imported,
                               &problem)) {
        tell(importing, name, 0, problem);
        free(problem);
        return true;
    }
    char *file = dr_format("%s.model", name);
    bool written =
        dr_aws_write_file(importing->import->to, file, imported.text.bytes, imported.text.size, false, ret_problem);
    if (written) {
        json_object_set(importing->entries, name, imported.entry);
        importing->count++;
        tell(importing, name, imported.operations, NULL);
    }
    free(file);
    dr_aws_imported_done(&imported);
    return written;
}

/* The last part of the real path, `up` levels above. Owned by the caller. */
static char *folder_name(const char *path, int up)
{
    char *real = realpath(path, NULL), *name = NULL;
    for (char *slash = real ? strrchr(real, '/') : NULL; slash; slash = strrchr(real, '/')) {
        if (up-- == 0)
            name = dr_copy_string(slash + 1);
        *slash = '\0';
        if (name)
            break;
    }
    free(real);
    return name ? name : dr_copy_string("");
}

/* Services that only an overlay knows. */
static bool import_overlays(struct importing *importing, char **ret_problem)
{
    const char *folder = importing->import->overlays;
    size_t count = 0;
    bool written = true;
    char **names = folder ? dr_aws_overlay_names(folder, &count) : NULL;
    for (size_t i = 0; written && i < count; i++) {
        json_t *overlay =
            json_object_get(importing->entries, names[i]) ? NULL : dr_aws_overlay_load(folder, names[i], ret_problem);
        if (json_object_get(overlay, "metadata"))
            written = import_one(importing, names[i], NULL, ret_problem);
        written = written && !*ret_problem;
        json_decref(overlay);
    }
    dr_aws_raw_names_free(names, count);
    return written;
}

static bool import_services(struct importing *importing, char **ret_problem)
{
    const char *from = importing->import->from;
    char *version = NULL, *name = NULL;
    bool written = true;
    if (dr_aws_raw_is_version(from)) {
        name = folder_name(from, 1);
        written = import_one(importing, name, from, ret_problem);
    } else if ((version = dr_aws_raw_version(from, NULL))) {
        name = folder_name(from, 0);
        written = import_one(importing, name, version, ret_problem);
    } else {
        size_t count = 0;
        char **names = dr_aws_raw_names(from, &count);
        for (size_t i = 0; written && i < count; i++) {
            char *folder = dr_aws_raw_version(from, names[i]);
            if (folder)
                written = import_one(importing, names[i], folder, ret_problem);
            free(folder);
        }
        dr_aws_raw_names_free(names, count);
        if (written && importing->count > 0)
            written = import_overlays(importing, ret_problem);
    }
    free(version);
    free(name);
    return written;
}

/* partitions.json is data of all services. */
static bool import_partitions(const struct dr_aws_import *import, char **ret_problem)
{
    char *path = dr_format("%s/partitions.json", import->from);
    json_t *partitions = dr_aws_raw_file(path, ret_problem);
    struct dr_text text = {0};
    bool written = !*ret_problem;
    if (partitions && dr_text_json(&text, partitions, SIZE_MAX))
        written = dr_aws_write_file(import->to, "partitions.json", text.bytes, text.size, false, ret_problem);
    dr_text_done(&text);
    json_decref(partitions);
    free(path);
    return written;
}

static bool write_notice(const struct importing *importing, char **ret_problem)
{
    char *notice = dr_format(
        "The files *.model and partitions.json here are AWS service models from %s:\n"
        "Copyright Amazon.com, Inc. or its affiliates. All Rights Reserved. Licensed under the Apache License, "
        "Version\n"
        "2.0 (http://www.apache.org/licenses/LICENSE-2.0). drrun changed them: documentation is left out, each is\n"
        "stored as sorted lines, and overlays add what they lack (\"provenance\" in each file tells).\n",
        importing->origin);
    bool written = dr_aws_write_file(importing->import->to, "NOTICE", notice, strlen(notice), false, ret_problem);
    free(notice);
    return written;
}

static json_t *read_index(const char *folder)
{
    char *path = dr_format("%s/index", folder);
    struct dr_text text = {0};
    FILE *file = fopen(path, "re");
    char block[16384];
    for (size_t size; file && (size = fread(block, 1, sizeof block, file)) > 0;)
        dr_text_add(&text, block, size);
    if (file)
        fclose(file);
    json_t *entries = dr_aws_index_read(&(struct dr_aws_compact){.bytes = text.bytes, .size = text.size});
    dr_text_done(&text);
    free(path);
    return entries;
}

static bool write_index(const struct importing *importing, char **ret_problem)
{
    struct dr_text text = {0};
    dr_aws_index_write(importing->entries, &text);
    bool written = dr_aws_write_file(importing->import->to, "index", text.bytes, text.size, false, ret_problem);
    dr_text_done(&text);
    return written;
}

long dr_aws_models_import(const struct dr_aws_import *import, char **ret_problem)
{
    struct stat found;
    bool there = stat(import->from, &found) == 0;
    if (there && !S_ISDIR(found.st_mode))
        errno = ENOTDIR;
    if (!there || !S_ISDIR(found.st_mode) || access(import->from, R_OK | X_OK) != 0) {
        *ret_problem = dr_format("%s: %s", import->from, strerror(errno));
        return -1;
    }
    int lock = make_folder(import->to) ? open(import->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (lock < 0 || flock(lock, LOCK_EX) != 0) { /* one import at a time: the index is read and written */
        *ret_problem = dr_format("%s: %s", import->to, strerror(errno));
        if (lock >= 0)
            close(lock);
        return -1;
    }
    struct importing importing = {
        .import = import,
        .entries = read_index(import->to),
        .origin = import->origin ? dr_copy_string(import->origin) : dr_aws_raw_origin(import->from),
    };
    char *problem = NULL;
    bool done = import_services(&importing, &problem);
    if (done && importing.count == 0) {
        problem = dr_format("%s holds no service models: expected SERVICE/VERSION/service-2.json, plain or .json.gz",
                            import->from);
        done = false;
    }
    done = done && import_partitions(import, &problem) && write_notice(&importing, &problem) &&
           write_index(&importing, &problem);
    json_decref(importing.entries);
    free(importing.origin);
    close(lock);
    if (!done)
        *ret_problem = problem;
    return done ? importing.count : -1;
}

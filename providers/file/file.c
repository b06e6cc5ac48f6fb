/* file:read and file:write: local files, for Map's ItemReader and ResultWriter and for runbooks that meet the host's
 * files. Both are bounded and finish at once. A write is whole or not at all: a new file, synced, then renamed over the
 * old one. */
#include "interpreter/base/base64.h"
#include "interpreter/base/clock.h"
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/provider.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Relative paths mean the runbook's directory. Owned by the caller. */
static char *full_path(const struct dr_call *call)
{
    const char *path = dr_argument_string(call, "Path", "");
    return *path == '/' || !call->directory ? dr_copy_string(path) : dr_format("%s/%s", call->directory, path);
}

static void fail_with_errno(struct dr_call *call, const char *path, int code)
{
    static const struct {
        int code;
        const char *error;
    } names[] = {{ENOENT, "File.NotFound"},
                 {ENOTDIR, "File.NotFound"},
                 {EACCES, "File.PermissionDenied"},
                 {EPERM, "File.PermissionDenied"},
                 {EROFS, "File.PermissionDenied"}};
    const char *error = "File.Failed";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code)
            error = names[i].error;
    dr_call_fail(call, error, "%s: %s", path, strerrordesc_np(code));
}

/* --- file:read -------------------------------------------------------------------------------------------------- */

/* 0, or the errno. `ret_bytes` is owned by the caller. */
static int read_all(int fd, size_t size, struct dr_text *ret_bytes)
{
    dr_text_reserve(ret_bytes, size + 1);
    while (ret_bytes->size < size) {
        char block[65536];
        size_t left = size - ret_bytes->size;
        ssize_t count = read(fd, block, left < sizeof block ? left : sizeof block);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        if (count == 0)
            break; /* it became shorter while we read */
        dr_text_add(ret_bytes, block, (size_t)count);
    }
    return 0;
}

static void succeed_with_bytes(struct dr_call *call, const char *path, const struct dr_text *bytes,
                               const struct stat *status)
{
    bool base64 = strcmp(dr_argument_string(call, "Encoding", "utf-8"), "base64") == 0;
    const char *start = bytes->bytes ? bytes->bytes : "";
    json_t *body = base64 ? dr_base64_json(start, bytes->size) : json_stringn(start, bytes->size);
    if (!body) {
        dr_call_fail(call, "File.NotText", "%s is not UTF-8 text; Encoding: base64 reads any file", path);
        return;
    }
    char modified[DR_TIME_TEXT];
    dr_time_format(modified, (int64_t)status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000);
    dr_call_succeed(call, json_pack("{s:o, s:I, s:s}", "Body", body, "ContentLength", (json_int_t)bytes->size,
                                    "LastModified", modified));
}

static void start_read(struct dr_call *call)
{
    char *path = full_path(call);
    int64_t bytes_max = dr_argument_int(call, "MaxBytes", DR_PAYLOAD_BYTES_MAX);
    struct dr_text bytes = {0};
    struct stat status = {0};
    int fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* NONBLOCK: a named pipe must not stop everything */
    int code = fd < 0 || fstat(fd, &status) < 0 ? errno : 0;
    if (code)
        fail_with_errno(call, path, code);
    else if (!S_ISREG(status.st_mode))
        dr_call_fail(call, "File.NotRegular", "%s is not a regular file", path);
    else if (status.st_size > bytes_max || status.st_size > (off_t)DR_PAYLOAD_BYTES_MAX)
        dr_call_fail(
            call, "File.TooLarge", "%s has %lld bytes; the limit is %lld", path, (long long)status.st_size,
            (long long)(bytes_max < (int64_t)DR_PAYLOAD_BYTES_MAX ? bytes_max : (int64_t)DR_PAYLOAD_BYTES_MAX));
    else if ((code = read_all(fd, (size_t)status.st_size, &bytes)) != 0)
        fail_with_errno(call, path, code);
    else
        succeed_with_bytes(call, path, &bytes, &status);
    if (fd >= 0)
        close(fd);
    dr_text_done(&bytes);
    free(path);
}

/* --- file:write ------------------------------------------------------------------------------------------------- */

/* What to write: a string as it is (or the bytes that it encodes), any other value as JSON and a line end. False: not
 * base64, or too large. */
static bool read_body(const struct dr_call *call, struct dr_text *ret_bytes)
{
    const json_t *body = json_object_get(call->arguments, "Body");
    if (!json_is_string(body)) {
        bool printed = dr_text_json(ret_bytes, body, DR_PAYLOAD_BYTES_MAX);
        dr_text_putc(ret_bytes, '\n');
        return printed;
    }
    const char *text = json_string_value(body);
    size_t size = json_string_length(body);
    if (strcmp(dr_argument_string(call, "Encoding", "utf-8"), "base64") != 0) {
        dr_text_add(ret_bytes, text, size);
        return true;
    }
    unsigned char *bytes;
    if (!dr_base64_decode(text, size, &bytes, &size))
        return false;
    dr_text_add(ret_bytes, (const char *)bytes, size);
    free(bytes);
    return true;
}

/* 0, or the errno. */
static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = write(fd, bytes, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        bytes += count;
        size -= (size_t)count;
    }
    return fsync(fd) < 0 ? errno : 0;
}

static int sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? dr_copy_bytes(path, (size_t)(slash - path) + 1) : dr_copy_string(".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = fd < 0 || fsync(fd) < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    free(folder);
    return code;
}

/* 0, or the errno. The name of the new file comes from the call's token, so a repetition after a crash leaves nothing
 * behind. */
static int replace_file(const char *path, const char *token, const struct dr_text *bytes)
{
    char *draft = dr_format("%s.%s.new", path, token);
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    int code = fd < 0 ? errno : write_all(fd, bytes->bytes ? bytes->bytes : "", bytes->size);
    if (fd >= 0 && close(fd) < 0 && !code)
        code = errno;
    if (!code && rename(draft, path) < 0)
        code = errno;
    if (code && fd >= 0)
        unlink(draft);
    free(draft);
    return code ? code : sync_folder_of(path);
}

static void start_write(struct dr_call *call)
{
    struct dr_text bytes = {0};
    char *path = full_path(call);
    if (!read_body(call, &bytes))
        dr_call_fail(call, "File.InvalidBody", "Body for %s is not base64, or is larger than %u bytes", path,
                     DR_PAYLOAD_BYTES_MAX);
    else {
        int code = replace_file(path, call->token, &bytes);
        if (code)
            fail_with_errno(call, path, code);
        else
            dr_call_succeed(call, json_pack("{s:s, s:I}", "Path", path, "ContentLength", (json_int_t)bytes.size));
    }
    free(path);
    dr_text_done(&bytes);
}

static enum dr_repeat repeat_write(const struct dr_primitive *primitive, const json_t *arguments)
{
    (void)primitive;
    (void)arguments;
    return DR_REPEAT_SAFE; /* the same bytes under the same name */
}

const struct dr_primitive dr_file_read = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "file:read",
            .summary = "Read a local file, whole; also Map's ItemReader for local files.",
            .effect = DR_EFFECT_READ,
            .arguments = "{\"type\":\"object\",\"properties\":{"
                         "\"Path\":{\"type\":\"string\",\"minLength\":1,\"description\":\"The file; a relative path is "
                         "from the runbook's folder\"},"
                         "\"Encoding\":{\"type\":\"string\",\"enum\":[\"utf-8\",\"base64\"],\"default\":\"utf-8\","
                         "\"description\":\"base64 reads any bytes\"},"
                         "\"MaxBytes\":{\"type\":\"integer\",\"minimum\":0,\"default\":67108864,\"description\":\"A "
                         "larger file is an error\"}"
                         "},\"required\":[\"Path\"],\"additionalProperties\":false}",
            .output =
                "{\"Body\":\"id,name\\n1,a\\n\",\"ContentLength\":12,\"LastModified\":\"2026-11-21T03:00:00.000Z\"}",
            .errors = "File.NotFound  there is no such file\n"
                      "File.PermissionDenied  it may not be read\n"
                      "File.NotRegular  it is a folder, a pipe or a device\n"
                      "File.TooLarge  it has more than MaxBytes\n"
                      "File.NotText  it is not UTF-8, and Encoding is utf-8\n"
                      "File.Failed  anything else the system says",
        },
    .start = start_read,
    .local = true,
};

const struct dr_primitive dr_file_write = {
    .resource =
        {
            .kind = DR_RESOURCE_PRIMITIVE,
            .name = "file:write",
            .summary = "Write a local file, whole or not at all; also Map's ResultWriter for local files.",
            .effect = DR_EFFECT_WRITE,
            .arguments = "{\"type\":\"object\",\"properties\":{"
                         "\"Path\":{\"type\":\"string\",\"minLength\":1,\"description\":\"The file; a relative path is "
                         "from the runbook's folder\"},"
                         "\"Body\":{\"description\":\"A string is written as it is, any other value as JSON\"},"
                         "\"Encoding\":{\"type\":\"string\",\"enum\":[\"utf-8\",\"base64\"],\"default\":\"utf-8\","
                         "\"description\":\"base64: Body encodes the bytes\"}"
                         "},\"required\":[\"Path\",\"Body\"],\"additionalProperties\":false}",
            .output = "{\"Path\":\"reports/failover.json\",\"ContentLength\":212}",
            .errors = "File.NotFound  its folder does not exist\n"
                      "File.PermissionDenied  it may not be written\n"
                      "File.InvalidBody  Body is not base64, or is too large\n"
                      "File.Failed  anything else the system says, such as a full disk",
            .undo = "none: what stood there before is not kept",
        },
    .repeat = repeat_write,
    .start = start_write,
    .local = true,
};

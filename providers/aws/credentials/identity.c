/* What several sources of credentials need: identities out of JSON, secrets out of files, strangers' words made fit for
 * a message. */
#include "providers/aws/credentials/source.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/aws/protocol/timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SESSION_NAME_MAX = 64, WIPE_DEPTH_MAX = DR_DEPTH_MAX };

/* --- Findings ------------------------------------------------------------------------------------------------------
 */

void dr_aws_finding_done(struct dr_aws_finding *finding)
{
    dr_aws_identity_done(&finding->identity);
    free(finding->source);
    free(finding->why);
    *finding = (struct dr_aws_finding){0};
}

static void set_reason(struct dr_aws_finding *finding, enum dr_aws_finding_kind kind, const char *format,
                       va_list arguments) __attribute__((format(printf, 3, 0)));
static void set_reason(struct dr_aws_finding *finding, enum dr_aws_finding_kind kind, const char *format,
                       va_list arguments)
{
    char *why = dr_format_list(format, arguments); /* it may quote what is being replaced */
    dr_aws_finding_done(finding);
    *finding = (struct dr_aws_finding){.kind = kind, .why = why};
}

void dr_aws_nothing(struct dr_aws_finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_reason(finding, DR_AWS_NOTHING, format, arguments);
    va_end(arguments);
}

void dr_aws_failed(struct dr_aws_finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_reason(finding, DR_AWS_FAILED, format, arguments);
    va_end(arguments);
}

/* --- JSON ----------------------------------------------------------------------------------------------------------
 */

/* *ret_value NULL: it is not there, or null. false: it is there and no text. */
static bool read_text(const json_t *object, const char *name, bool required, char **ret_value, char **ret_problem)
{
    const json_t *value = json_object_get(object, name);
    bool absent = !value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0);
    if (absent ? required : !json_is_string(value)) {
        *ret_problem = dr_format(absent ? "it has no %s" : "its %s is not a text", name);
        return false;
    }
    *ret_value = absent ? NULL : dr_copy_string(json_string_value(value));
    return true;
}

static bool read_expiration(const json_t *object, int64_t *ret_expires_ms, char **ret_problem)
{
    const json_t *value = json_object_get(object, "Expiration");
    struct dr_aws_instant instant;
    *ret_expires_ms = INT64_MAX;
    if (!value || json_is_null(value))
        return true;
    if (!dr_aws_instant_from_json(value, &instant)) {
        *ret_problem = dr_format("its Expiration is not a time");
        return false;
    }
    *ret_expires_ms = instant.seconds * 1000 + instant.nanoseconds / 1000000;
    return true;
}

bool dr_aws_identity_read(const json_t *object, const char *token_name, struct dr_aws_identity *ret_identity,
                          char **ret_problem)
{
    struct dr_aws_identity identity = {0};
    if (!json_is_object(object)) {
        *ret_problem = dr_copy_string("it is not a JSON object");
        return false;
    }
    if (read_text(object, "AccessKeyId", true, &identity.access_key_id, ret_problem) &&
        read_text(object, "SecretAccessKey", true, &identity.secret_access_key, ret_problem) &&
        read_text(object, token_name, false, &identity.session_token, ret_problem) &&
        read_text(object, "AccountId", false, &identity.account_id, ret_problem) &&
        read_expiration(object, &identity.expires_ms, ret_problem)) {
        *ret_identity = identity;
        return true;
    }
    dr_aws_identity_done(&identity);
    return false;
}

static void wipe(json_t *value, unsigned depth)
{
    union {
        const char *frozen;
        char *bytes;
    } text = {.frozen = json_string_value(value)};
    if (text.bytes)
        explicit_bzero(text.bytes, json_string_length(value));
    const char *name;
    json_t *member;
    size_t index;
    if (depth == WIPE_DEPTH_MAX)
        return; /* the parser allows no more */
    json_object_foreach(value, name, member) wipe(member, depth + 1);
    json_array_foreach(value, index, member) wipe(member, depth + 1);
}

void dr_aws_json_wipe(json_t *value)
{
    wipe(value, 0);
}

/* --- Files and words -----------------------------------------------------------------------------------------------
 */

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

void dr_aws_secret_free(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

char *dr_aws_secret_file(const char *path, size_t bytes_max, char **ret_problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        *ret_problem = dr_format("%s: %s", path, strerror(errno));
        return NULL;
    }
    char *bytes = dr_alloc(bytes_max + 2);
    size_t size = 0;
    ssize_t count;
    while (size <= bytes_max && (count = read(fd, bytes + size, bytes_max + 1 - size)) != 0) {
        if (count > 0)
            size += (size_t)count;
        else if (errno != EINTR)
            break;
    }
    int error = size <= bytes_max && count < 0 ? errno : 0;
    close(fd);
    size_t start = 0, end = size;
    while (start < end && is_space(bytes[start]))
        start++;
    while (end > start && is_space(bytes[end - 1]))
        end--;
    char *secret = NULL;
    if (error)
        *ret_problem = dr_format("%s: %s", path, strerror(error));
    else if (size > bytes_max)
        *ret_problem = dr_format("%s: larger than %zu bytes", path, bytes_max);
    else if (start == end)
        *ret_problem = dr_format("%s: is empty", path);
    else if (memchr(bytes + start, '\0', end - start))
        *ret_problem = dr_format("%s: contains a NUL byte", path);
    else
        secret = dr_copy_bytes(bytes + start, end - start);
    explicit_bzero(bytes, size);
    free(bytes);
    return secret;
}

char *dr_aws_one_line(const char *bytes, size_t size, size_t bytes_max)
{
    struct dr_text line = {0};
    dr_text_puts(&line, "");
    for (size_t i = 0; i < size && line.size < bytes_max; i++) {
        bool blank = is_space(bytes[i]);
        if (blank ? line.size > 0 && line.bytes[line.size - 1] != ' ' : bytes[i] > ' ' && bytes[i] < 0x7f)
            dr_text_putc(&line, blank ? ' ' : bytes[i]);
    }
    while (line.size > 0 && line.bytes[line.size - 1] == ' ')
        line.bytes[--line.size] = '\0';
    if (line.size == bytes_max)
        dr_text_puts(&line, "...");
    return dr_text_take(&line);
}

char *dr_aws_session_name_clean(const char *name)
{
    struct dr_text clean = {0};
    for (const char *at = name; *at && clean.size < SESSION_NAME_MAX; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        bool more = ((unsigned char)*at & 0xc0) == 0x80; /* of a character that already became '-' */
        if (!more)
            dr_text_putc(&clean, letter || strchr("_+=,.@-", *at) ? *at : '-');
    }
    while (clean.size < 2)
        dr_text_putc(&clean, '-');
    return dr_text_take(&clean);
}

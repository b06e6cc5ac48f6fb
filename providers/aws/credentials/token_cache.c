/* The token cache of `aws sso login`. */
#include "providers/aws/credentials/token_cache.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/aws/credentials/source.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 20 };

char *dr_aws_token_path(const struct dr_aws_settings *settings, const char *session_or_url)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct dr_text path = {0};
    if (!EVP_Digest(session_or_url, strlen(session_or_url), digest, &size, EVP_sha1(), NULL))
        return NULL; /* a policy that forbids even file names by SHA-1 */
    dr_text_puts(&path, "~/.aws/sso/cache/");
    for (unsigned i = 0; i < size; i++)
        dr_text_printf(&path, "%02x", digest[i]);
    dr_text_puts(&path, ".json");
    char *whole = dr_aws_settings_path(settings, path.bytes);
    dr_text_done(&path);
    return whole;
}

json_t *dr_aws_token_read(const char *path, char **ret_problem)
{
    char *text = dr_aws_secret_file(path, FILE_BYTES_MAX, ret_problem);
    if (!text)
        return NULL;
    json_t *token = dr_json_parse(text, strlen(text), NULL);
    dr_aws_secret_free(text);
    if (json_is_string(json_object_get(token, "accessToken")) && json_is_string(json_object_get(token, "expiresAt")))
        return token;
    *ret_problem = dr_format("%s holds no accessToken with expiresAt", path);
    dr_aws_json_wipe(token);
    json_decref(token);
    return NULL;
}

/* 0 or errno. */
static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = write(fd, bytes, size);
        if (count < 0 && errno != EINTR)
            return errno;
        bytes += count > 0 ? count : 0;
        size -= count > 0 ? (size_t)count : 0;
    }
    return fsync(fd) < 0 ? errno : 0;
}

bool dr_aws_token_write(const char *path, const json_t *token, char **ret_problem)
{
    struct dr_text text = {0};
    char *temporary = dr_format("%s.XXXXXX", path);
    bool prints = dr_text_json(&text, token, DR_PAYLOAD_BYTES_MAX);
    int fd = mkostemp(temporary, O_CLOEXEC); /* its mode is 0600 */
    int error = fd < 0 ? errno : prints ? write_all(fd, text.bytes, text.size) : EFBIG;
    if (fd >= 0 && close(fd) < 0 && !error)
        error = errno;
    if (!error && rename(temporary, path) < 0)
        error = errno;
    if (error) {
        *ret_problem = dr_format("%s cannot be written: %s", path, strerror(error));
        if (fd >= 0)
            unlink(temporary);
    }
    if (text.bytes)
        explicit_bzero(text.bytes, text.size);
    dr_text_done(&text);
    free(temporary);
    return !error;
}

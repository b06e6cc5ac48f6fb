#include "interpreter/journal/disk.h"

#include "interpreter/journal/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_BYTES_MAX 180 /* of a file name made from a key; the file system's limit is 255 */

static int real_open(const char *path, int flags, mode_t mode)
{
    return open(path, flags, mode);
}

static int real_truncate(int fd, off_t size)
{
    return ftruncate(fd, size);
}

const struct dr_disk_ops dr_disk_real = {
    .open = real_open,
    .mkdir = mkdir,
    .write = pwrite,
    .sync = fdatasync,
    .sync_folder = fsync,
    .rename = rename,
    .truncate = real_truncate,
    .unlink = unlink,
};

static const struct dr_disk_ops *disk = &dr_disk_real;

void dr_disk_use(const struct dr_disk_ops *ops)
{
    disk = ops ? ops : &dr_disk_real;
}

int dr_disk_open(const char *path, int flags)
{
    int fd;
    do {
        fd = disk->open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

bool dr_disk_make_folder(const char *path, bool *ret_made)
{
    int result = disk->mkdir(path, 0700);
    if (result != 0 && errno != EEXIST)
        return false;
    *ret_made = result == 0;
    return true;
}

bool dr_disk_write(int fd, const char *bytes, size_t size, uint64_t offset, size_t *ret_written)
{
    size_t written = 0;
    while (written < size) {
        ssize_t more = disk->write(fd, bytes + written, size - written, (off_t)(offset + written));
        if (more > 0)
            written += (size_t)more;
        else if (more == 0 || errno != EINTR) {
            if (more == 0)
                errno = EIO; /* cannot happen; must not loop */
            break;
        }
    }
    if (ret_written)
        *ret_written = written;
    return written == size;
}

bool dr_disk_sync(int fd)
{
    int result;
    do {
        result = disk->sync(fd);
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

bool dr_disk_sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    int result;
    do {
        result = disk->sync_folder(fd);
    } while (result != 0 && errno == EINTR);
    int errnum = errno;
    close(fd);
    errno = errnum;
    return result == 0;
}

bool dr_disk_truncate(int fd, uint64_t size)
{
    int result;
    do {
        result = disk->truncate(fd, (off_t)size);
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

bool dr_disk_unlink(const char *path)
{
    return disk->unlink(path) == 0;
}

ssize_t dr_disk_pread(int fd, char *bytes, size_t size, uint64_t offset)
{
    ssize_t got;
    do {
        got = pread(fd, bytes, size, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

bool dr_disk_read(const char *path, char **ret_bytes, size_t *ret_size)
{
    int fd = dr_disk_open(path, O_RDONLY);
    if (fd < 0)
        return false;
    struct stat status;
    struct dr_text text = {0};
    bool ok = fstat(fd, &status) == 0;
    if (ok && S_ISREG(status.st_mode))
        dr_text_reserve(&text, (size_t)status.st_size + 1);
    while (ok) {
        dr_text_reserve(&text, 4096);
        ssize_t got = dr_disk_pread(fd, text.bytes + text.size, text.capacity - text.size - 1, text.size);
        ok = got >= 0;
        if (got <= 0)
            break;
        text.size += (size_t)got;
    }
    int errnum = errno;
    close(fd);
    if (!ok) {
        dr_text_done(&text);
        errno = errnum;
        return false;
    }
    *ret_size = text.size;
    if (text.bytes)
        text.bytes[text.size] = 0;
    *ret_bytes = dr_text_take(&text);
    return true;
}

static bool write_new(const char *path, const char *bytes, size_t size, bool durable)
{
    int fd = dr_disk_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0)
        return false;
    bool ok = dr_disk_write(fd, bytes, size, 0, NULL) && (!durable || dr_disk_sync(fd));
    int errnum = errno;
    close(fd);
    errno = errnum;
    return ok;
}

bool dr_disk_replace(const char *folder, const char *name, const char *bytes, size_t size, bool durable)
{
    char *fresh = dr_format("%s/.%s.new", folder, name);
    char *path = dr_format("%s/%s", folder, name);
    bool ok = write_new(fresh, bytes, size, durable) && disk->rename(fresh, path) == 0;
    if (!ok) {
        int errnum = errno;
        disk->unlink(fresh);
        errno = errnum;
    }
    ok = ok && (!durable || dr_disk_sync_folder(folder));
    free(fresh);
    free(path);
    return ok;
}

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

bool dr_disk_lock(int fd)
{
    struct flock lock = whole_file();
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return true;
    if (errno == EACCES)
        errno = EAGAIN;
    return false;
}

bool dr_disk_lock_wait(int fd, int patience_ms)
{
    /* Polled, so that a stopped process cannot hold us for ever. */
    for (int waited_ms = 0; !dr_disk_lock(fd); waited_ms++) {
        if (errno != EAGAIN || waited_ms >= patience_ms)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return true;
}

bool dr_disk_is_locked(int fd)
{
    struct flock lock = whole_file();
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void dr_lock_sign(int fd)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)size, 0) < 0)
        return; /* a full disk: then the message names no pid */
}

pid_t dr_lock_owner(int fd)
{
    char text[32] = "";
    ssize_t size = dr_disk_pread(fd, text, sizeof text - 1, 0);
    return size > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

char *dr_disk_name(const char *key)
{
    struct dr_text name = {0};
    for (const char *at = key; *at; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
                     *at == '-' || *at == '_' || (*at == '.' && at != key);
        if (plain)
            dr_text_putc(&name, *at);
        else
            dr_text_printf(&name, "%%%02X", (unsigned char)*at);
    }
    if (name.size == 0)
        dr_text_putc(&name, '%');
    if (name.size > NAME_BYTES_MAX) {
        char hex[DR_DIGEST_HEX + 1];
        dr_digest_hex(key, strlen(key), hex);
        dr_text_clear(&name);
        dr_text_printf(&name, "%%sha256-%s", hex); /* '%s' begins no encoded byte */
    }
    return dr_text_take(&name);
}

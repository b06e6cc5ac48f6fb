/* The disk, as this room uses it: whole writes, durable folders, atomic replacement, locks. All of it through struct
 * dr_disk_ops. */
#ifndef DRRUN_JOURNAL_DISK_H
#define DRRUN_JOURNAL_DISK_H

#include "interpreter/journal/journal.h"

/* Opens a file of the store; never follows a symbolic link, never leaks into a child. */
int dr_disk_open(const char *path, int flags);
/* Makes the folder, 0700. An existing one is fine (`*ret_made` tells). */
bool dr_disk_make_folder(const char *path, bool *ret_made);
/* Writes all of it, over interruptions and short writes. False with errno; `*ret_written` (may be NULL) bytes are
 * there. */
bool dr_disk_write(int fd, const char *bytes, size_t size, uint64_t offset, size_t *ret_written);
bool dr_disk_sync(int fd);
bool dr_disk_sync_folder(const char *path);
bool dr_disk_truncate(int fd, uint64_t size);
bool dr_disk_unlink(const char *path);

/* The whole file. False with errno. The bytes are NUL-terminated and the caller's. */
bool dr_disk_read(const char *path, char **ret_bytes, size_t *ret_size);
ssize_t dr_disk_pread(int fd, char *bytes, size_t size, uint64_t offset);

/* Puts `bytes` at folder/name so that a reader, and a crash at any moment, finds the old file or the new one, never a
 *  mixture. [D12] With `durable` the new one is on disk when this returns. The caller holds a lock that excludes a
 * second writer. */
bool dr_disk_replace(const char *folder, const char *name, const char *bytes, size_t size, bool durable);

/* An exclusive lock on the whole file, owned by the descriptor, gone when the process dies however it dies. [D11] */
bool dr_disk_lock(int fd);                       /* false: somebody else has it (EAGAIN), or errno */
bool dr_disk_lock_wait(int fd, int patience_ms); /* for short critical sections */
bool dr_disk_is_locked(int fd);
/* Writes our pid into a lock file that we hold; reads whose it says (0: nobody's). Only for people to read: the lock
 * itself is the kernel's. */
void dr_lock_sign(int fd);
pid_t dr_lock_owner(int fd);

/* `key` as a file name that no other key has: letters, digits, '-', '_' and inner '.' as they are, the rest
 * percent-encoded; long ones by digest. The caller frees. */
char *dr_disk_name(const char *key);

#endif

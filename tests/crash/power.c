#include "power.h"

#include "interpreter/journal/journal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECTOR 512
#define UNSYNCED_MAX 4096
#define FOLDERS_MAX 16

/* The file's content after each operation since the last sync; states[0] is what is on disk. */
static struct dr_text states[UNSYNCED_MAX + 1];
static unsigned states_count;
static char *watched;
static void (*after_operation)(void);
static ino_t folders[FOLDERS_MAX];
static unsigned folders_count;

static bool is_watched(int fd)
{
    struct stat mine, its;
    return fstat(fd, &mine) == 0 && stat(watched, &its) == 0 && mine.st_ino == its.st_ino && mine.st_dev == its.st_dev;
}

/* The current content, copied as a new state. */
static struct dr_text *next_state(void)
{
    if (states_count > UNSYNCED_MAX)
        abort();
    struct dr_text *next = &states[states_count], *last = &states[states_count - 1];
    states_count++;
    dr_text_clear(next);
    dr_text_add(next, last->bytes ? last->bytes : "", last->size);
    return next;
}

static void resize(struct dr_text *text, size_t size)
{
    if (size > text->size) {
        dr_text_reserve(text, size - text->size);
        memset(text->bytes + text->size, 0, size - text->size);
    }
    text->size = size;
}

static ssize_t power_write(int fd, const void *bytes, size_t size, off_t offset)
{
    ssize_t written = dr_disk_real.write(fd, bytes, size, offset);
    if (written > 0 && is_watched(fd)) {
        struct dr_text *state = next_state();
        size_t end = (size_t)offset + (size_t)written;
        if (end > state->size)
            resize(state, end);
        memcpy(state->bytes + offset, bytes, (size_t)written);
    }
    after_operation();
    return written;
}

static int power_truncate(int fd, off_t size)
{
    int result = dr_disk_real.truncate(fd, size);
    if (result == 0 && is_watched(fd))
        resize(next_state(), (size_t)size);
    after_operation();
    return result;
}

static int power_sync(int fd)
{
    int result = dr_disk_real.sync(fd);
    if (result == 0 && is_watched(fd)) {
        struct dr_text synced = states[states_count - 1];
        states[states_count - 1] = states[0];
        states[0] = synced;
        states_count = 1;
    }
    after_operation();
    return result;
}

static int power_sync_folder(int fd)
{
    int result = dr_disk_real.sync_folder(fd);
    struct stat status;
    if (result == 0 && fstat(fd, &status) == 0 && folders_count < FOLDERS_MAX)
        folders[folders_count++] = status.st_ino;
    after_operation();
    return result;
}

void power_watch(const char *path, void (*after)(void))
{
    static struct dr_disk_ops ops;
    ops = dr_disk_real;
    ops.write = power_write;
    ops.truncate = power_truncate;
    ops.sync = power_sync;
    ops.sync_folder = power_sync_folder;
    watched = dr_copy_string(path);
    after_operation = after;
    states_count = 1;
    folders_count = 0;
    dr_text_clear(&states[0]);
    dr_disk_use(&ops);
}

void power_stop(void)
{
    dr_disk_use(NULL);
    free(watched);
    watched = NULL;
    for (unsigned i = 0; i <= UNSYNCED_MAX; i++)
        dr_text_done(&states[i]);
}

static unsigned draw(unsigned *seed, unsigned bound)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % bound;
}

void power_fail(unsigned seed, struct dr_text *image)
{
    const struct dr_text *sized = &states[draw(&seed, states_count)];
    bool all_or_nothing = draw(&seed, 4) == 0; /* often the disk had done everything or nothing */
    unsigned everywhere = draw(&seed, states_count);
    dr_text_clear(image);
    resize(image, sized->size);
    for (size_t start = 0; start < image->size; start += SECTOR) {
        const struct dr_text *state = &states[all_or_nothing ? everywhere : draw(&seed, states_count)];
        size_t end = start + SECTOR < image->size ? start + SECTOR : image->size;
        if (end > state->size)
            end = state->size;
        if (end > start)
            memcpy(image->bytes + start, state->bytes + start, end - start);
    }
}

unsigned power_unsynced(void)
{
    return states_count - 1;
}

bool power_folder_is_synced(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return false;
    for (unsigned i = 0; i < folders_count; i++)
        if (folders[i] == status.st_ino)
            return true;
    return false;
}

/* A disk whose power can fail. It passes everything on to the real disk and remembers, for one file, what has not been
 * synced; power_fail() then tells what might be found after the power came back: each sector as any of the unsynced
 * operations left it, and any of the sizes.
 *
 *     power_watch("/store/executions/e1/journal.jsonl");
 *     ... run ...
 *     power_fail(seed, &image);     as often as wanted
 *     power_stop();
 */
#ifndef DRRUN_TESTS_CRASH_POWER_H
#define DRRUN_TESTS_CRASH_POWER_H

#include "interpreter/base/text.h"

/* Installs the disk. The file may not exist yet. `after` is called after each write, sync, truncation and folder sync
 * of anything. */
void power_watch(const char *path, void (*after)(void));
void power_stop(void);

/* One possible outcome, chosen by `seed`. The caller clears `image`. */
void power_fail(unsigned seed, struct dr_text *image);

unsigned power_unsynced(void);                 /* operations on the file since its last sync */
bool power_folder_is_synced(const char *path); /* since power_watch() */

#endif

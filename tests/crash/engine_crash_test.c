/* [D16] [D19] [D21] [D27] [D28]: stops a run at every write, sync, rename and effect, in a process of its own that ends
 * like after kill -9, resumes it, and compares with the undisturbed run. Also: what a resumed run may not send again.
 */
#include "tests/support/lab.h"

#include "interpreter/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct scenario {
    const char *about;
    const char *runbook; /* JSON */
    const char *answers; /* JSON */
    unsigned once;       /* a request that begins with "POST" may arrive so many times at most */
    bool same_steps; /* the journal then holds just the steps of the undisturbed run: no pure work is journaled twice */
    bool may_pause;  /* the end may also be a question to a person */
    const char *inbox; /* JSON, as struct dr_lab has it; NULL: none */
};

#define TOKEN(repeat)                                                                                                  \
    "{\"StartAt\":\"S\",\"States\":{"                                                                                  \
    "\"S\":{\"Type\":\"Task\",\"Resource\":\"test:send\",\"Parameters\":{\"Url\":\"http://a/\",\"Repeat\":\"" repeat   \
    "\"},\"Next\":\"Rest\"},\"Rest\":{\"Type\":\"Pass\",\"End\":true}}}"

static const struct scenario scenarios[] = {
    {"pure work, waits, branches and items end as they would have",
     "{\"StartAt\":\"Count\",\"States\":{"
     "\"Count\":{\"Type\":\"Pass\",\"Parameters\":{\"i\":0},\"Next\":\"Loop\"},"
     "\"Loop\":{\"Type\":\"Pass\",\"Parameters\":{\"i.$\":\"States.MathAdd($.i, 1)\"},\"Next\":\"Enough\"},"
     "\"Enough\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.i\",\"NumericLessThan\":4,\"Next\":\"Loop\"}],"
     "\"Default\":\"Sleep\"},"
     "\"Sleep\":{\"Type\":\"Wait\",\"Seconds\":3600,\"Next\":\"Both\"},"
     "\"Both\":{\"Type\":\"Parallel\",\"Branches\":["
     "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":5,\"End\":true}}},"
     "{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{"
     "\"ApiEndpoint\":\"http://b/\",\"Method\":\"GET\"},"
     "\"ResultSelector\":{\"code.$\":\"$.StatusCode\"},\"End\":true}}}],\"Next\":\"Items\"},"
     "\"Items\":{\"Type\":\"Map\",\"ItemsPath\":\"$\",\"MaxConcurrency\":1,\"ItemProcessor\":{\"StartAt\":\"I\","
     "\"States\":{\"I\":{\"Type\":\"Wait\",\"Seconds\":1,\"End\":true}}},"
     "\"End\":true}}}",
     "[{\"status\":200,\"delay\":300}]", 0, true, false, NULL},
    {"retries and catchers survive, their counts too",
     "{\"StartAt\":\"Call\",\"States\":{"
     "\"Call\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{\"ApiEndpoint\":\"http://a/"
     "\",\"Method\":\"GET\"},"
     "\"Retry\":[{\"ErrorEquals\":[\"States.Http.StatusCode.503\"],\"MaxAttempts\":2,\"JitterStrategy\":\"FULL\"}],"
     "\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"ResultPath\":\"$.why\",\"Next\":\"Told\"}],\"End\":true},"
     "\"Told\":{\"Type\":\"Pass\",\"Parameters\":{\"Error.$\":\"$.why.Error\"},\"End\":true}}}",
     "[{\"status\":503}]", 0, true, false, NULL},
    {"a request that is unsafe to repeat is never sent twice: a person is asked",
     "{\"StartAt\":\"Order\",\"States\":{"
     "\"Order\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{\"ApiEndpoint\":\"http://a/"
     "orders\",\"Method\":\"POST\"},"
     "\"ResultSelector\":{\"code.$\":\"$.StatusCode\"},\"Next\":\"Rest\"},\"Rest\":{\"Type\":\"Pass\",\"End\":true}}}",
     "[{\"status\":201}]", 1, false, true, NULL},
    {"an unknown outcome can be caught and read back",
     "{\"StartAt\":\"Order\",\"States\":{"
     "\"Order\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{\"ApiEndpoint\":\"http://a/"
     "orders\",\"Method\":\"POST\"},"
     "\"Catch\":[{\"ErrorEquals\":[\"Drrun.OutcomeUnknown\"],\"Next\":\"ReadBack\"}],\"Next\":\"Done\"},"
     "\"ReadBack\":{\"Type\":\"Task\",\"Resource\":\"http:invoke\",\"Parameters\":{\"ApiEndpoint\":\"http://a/"
     "orders\",\"Method\":\"GET\"},\"Next\":\"Done\"},"
     "\"Done\":{\"Type\":\"Pass\",\"Result\":\"done\",\"End\":true}}}",
     "[{\"status\":201}]", 1, false, false, NULL},
    {"a request with a task token that is unsafe to repeat is sent once, and its answer is found", TOKEN("never"),
     "[{\"status\":200,\"delay\":300}]", 1, false, true, "[{\"at\":60000,\"output\":{\"ok\":1}}]"},
    {"the answer to a task token tells that the request arrived", TOKEN("never"), "[{\"status\":200,\"delay\":300}]", 1,
     false, true, "[{\"at\":100,\"output\":{\"ok\":1}}]"},
    {"a request with a task token may be repeated until it was submitted", TOKEN("token"),
     "[{\"status\":200,\"delay\":300}]", 2, false, false, "[{\"at\":60000,\"output\":{\"ok\":1}}]"},
    {"a call is repeated where and as whom it was made",
     "{\"StartAt\":\"R\",\"States\":{\"R\":{\"Type\":\"Pass\",\"Result\":\"eu-west-1\",\"ResultPath\":\"$.r\",\"Next\":"
     "\"C\"},"
     "\"C\":{\"Type\":\"Task\",\"Resource\":\"test:call\",\"RegionPath\":\"$.r\","
     "\"Credentials\":{\"RoleArn\":\"arn:aws:iam::123456789012:role/dr\",\"ExternalId.$\":\"$.r\"},"
     "\"Parameters\":{\"Url\":\"http://a/\",\"Repeat\":\"safe\"},\"End\":true}}}",
     "[{\"status\":200,\"delay\":300}]", 2, true, false, NULL},
};

/* ----- Dying at an operation of the disk
 * -------------------------------------------------------------------------------------- */

static unsigned operations,
    die_at_operation; /* before the operation; odd and even halves of a write are the journal's own tests */

static void operate(void)
{
    if (++operations == die_at_operation)
        _exit(9);
}

static int die_open(const char *path, int flags, mode_t mode)
{
    if (flags & (O_CREAT | O_TRUNC))
        operate();
    return dr_disk_real.open(path, flags, mode);
}

static int die_mkdir(const char *path, mode_t mode)
{
    operate();
    return dr_disk_real.mkdir(path, mode);
}

static ssize_t die_write(int fd, const void *bytes, size_t size, off_t offset)
{
    operate();
    return dr_disk_real.write(fd, bytes, size, offset);
}

static int die_sync(int fd)
{
    operate();
    return dr_disk_real.sync(fd);
}

static int die_sync_folder(int fd)
{
    operate();
    return dr_disk_real.sync_folder(fd);
}

static int die_rename(const char *from, const char *to)
{
    operate();
    return dr_disk_real.rename(from, to);
}

static int die_truncate(int fd, off_t size)
{
    operate();
    return dr_disk_real.truncate(fd, size);
}

static int die_unlink(const char *path)
{
    operate();
    return dr_disk_real.unlink(path);
}

static const struct dr_disk_ops dying = {die_open,        die_mkdir,  die_write,    die_sync,
                                         die_sync_folder, die_rename, die_truncate, die_unlink};

/* ----- One life of a process
 * --------------------------------------------------------------------------------------------------- */

struct life {
    const char *folder;
    const struct scenario *scenario;
    unsigned die_at_request;
    bool resume;
};

static void write_file(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
        _exit(70);
    close(fd);
}

static void live(const struct life *life)
{
    struct dr_problem problem = {0};
    char *store_folder = dr_format("%s/store", life->folder), *log = dr_format("%s/log", life->folder),
         *out = dr_format("%s/result", life->folder);
    struct dr_store *store = dr_store_open(store_folder, true, &problem);
    if (!store)
        _exit(71);
    json_t *answers = dr_json_parse(life->scenario->answers, strlen(life->scenario->answers), NULL);
    const char *inbox = life->scenario->inbox;
    json_t *messages = inbox ? dr_json_parse(inbox, strlen(inbox), NULL) : NULL;
    struct dr_lab lab = {.store = store,
                         .service = {.answers = answers, .log = log, .die_at = life->die_at_request},
                         .callers = true,
                         .inbox = messages};
    json_t *input = json_object();
    json_t *result =
        life->resume ? dr_lab_resume(&lab) : dr_lab_run(&lab, "crash.json", life->scenario->runbook, input);
    struct dr_text text = {0};
    dr_text_json(&text, result, 1 << 20);
    write_file(out, text.bytes, text.size);
    json_decref(result);
    json_decref(input);
    dr_text_done(&text);
    dr_lab_done(&lab);
    dr_store_free(store);
    json_decref(answers);
    json_decref(messages);
    free(store_folder);
    free(log);
    free(out);
}

/* Runs it in a child. True if it ended by itself. */
static bool run_life(const struct life *life, unsigned die_at)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        operations = 0;
        die_at_operation = die_at;
        dr_disk_use(&dying);
        live(life);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 9)) {
        printf("FAILED %s: the process ended with status %x\n", life->scenario->about, (unsigned)status);
        exit(1);
    }
    return WEXITSTATUS(status) == 0;
}

static json_t *result_of(const struct life *life)
{
    char *path = dr_format("%s/result", life->folder);
    json_t *result = dr_lab_load(path);
    unlink(path);
    free(path);
    return result;
}

static unsigned count_lines(const struct life *life, const char *file, const char *prefix)
{
    char *path = dr_format("%s/%s", life->folder, file), line[65536];
    FILE *stream = fopen(path, "re");
    unsigned count = 0;
    while (stream && fgets(line, sizeof line, stream))
        count += strncmp(line, prefix, strlen(prefix)) == 0;
    if (stream)
        fclose(stream);
    free(path);
    return count;
}

static unsigned steps(const struct life *life)
{
    return count_lines(life, "store/executions/lab/journal.jsonl", "{\"k\":\"step\"");
}

static unsigned posts(const struct life *life)
{
    return count_lines(life, "log", "POST");
}

static void remove_folder(const char *folder)
{
    char *command = dr_format("rm -rf '%s'", folder);
    if (system(command) != 0)
        perror(command);
    free(command);
}

static bool same(const json_t *a, const json_t *b)
{
    return a == b || json_equal(a, b); /* both may be missing */
}

static bool same_end(const json_t *wanted, const json_t *found)
{
    return same(json_object_get(wanted, "status"), json_object_get(found, "status")) &&
           same(json_object_get(wanted, "output"), json_object_get(found, "output")) &&
           same(json_object_get(wanted, "error"), json_object_get(found, "error"));
}

static bool check(const struct life *life, const json_t *wanted, const json_t *found, const char *where, unsigned n)
{
    bool never_began = strstr(json_string_value(json_object_get(found, "problem"))
                                  ? json_string_value(json_object_get(found, "problem"))
                                  : "",
                              "never began") ||
                       (json_object_get(found, "problem") && posts(life) == 0);
    bool paused = life->scenario->may_pause && json_integer_value(json_object_get(found, "paused")) > 0;
    bool good = (same_end(wanted, found) || paused || never_began) &&
                posts(life) <= (life->scenario->once ? life->scenario->once : 0);
    if (!good) {
        struct dr_text text = {0};
        dr_text_json(&text, found, 1 << 16);
        printf("FAILED %s: killed at %s %u, resumed to %s with %u POSTs\n", life->scenario->about, where, n, text.bytes,
               posts(life));
        dr_text_done(&text);
    }
    return good;
}

/* Kills it at every n-th operation (or request), resumes, compares. */
static bool torture(const struct scenario *scenario, bool requests, unsigned *ret_kills)
{
    struct life life = {.scenario = scenario};
    bool good = true;
    char undisturbed[] = "/tmp/drrun-crash-XXXXXX";
    life.folder = mkdtemp(undisturbed);
    run_life(&life, 0);
    json_t *wanted = result_of(&life);
    unsigned wanted_steps = steps(&life);
    remove_folder(undisturbed);
    for (unsigned n = 1; good; n++) {
        char folder[] = "/tmp/drrun-crash-XXXXXX";
        life.folder = mkdtemp(folder);
        life.die_at_request = requests ? n : 0;
        life.resume = false;
        bool ended = run_life(&life, requests ? 0 : n);
        if (!ended) {
            unsigned submitted = count_lines(&life, "store/executions/lab/journal.jsonl", "{\"k\":\"submitted\"");
            unsigned sent = posts(&life);
            life.resume = true;
            life.die_at_request = 0;
            run_life(&life, 0);
            json_t *found = result_of(&life);
            good = check(&life, wanted, found, requests ? "request" : "operation", n);
            if (good && scenario->same_steps && !json_object_get(found, "problem") && steps(&life) != wanted_steps) {
                printf("FAILED %s: killed at %s %u, %u steps are journaled instead of %u\n", scenario->about,
                       requests ? "request" : "operation", n, steps(&life), wanted_steps);
                good = false;
            }
            if (good && submitted > 0 && posts(&life) != sent) {
                printf("FAILED %s: killed at %s %u, sent again although it was submitted\n", scenario->about,
                       requests ? "request" : "operation", n);
                good = false;
            }
            json_decref(found);
            (*ret_kills)++;
        }
        remove_folder(folder);
        if (ended)
            break;
    }
    json_decref(wanted);
    return good;
}

int main(void)
{
    unsigned kills = 0, failed = 0;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        failed += (torture(&scenarios[i], false, &kills) ? 0U : 1U) + (torture(&scenarios[i], true, &kills) ? 0U : 1U);
    printf("%u kills, %u scenarios failed\n", kills, failed);
    return failed == 0 && kills > 0 ? 0 : 1;
}

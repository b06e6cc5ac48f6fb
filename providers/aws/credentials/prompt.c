/* A question to the person at the terminal, answered while the loop goes on. */
#include "interpreter/base/text.h"
#include "providers/aws/credentials/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PATIENCE_MS = 5 * 60 * 1000, CODE_DIGITS = 6, LINE_BYTES_MAX = 256 };

struct dr_aws_prompt {
    struct dr_runtime *runtime;
    void (*say)(void *data, const char *line);
    void *say_data;
    int fd;
    char *question;
    struct dr_handle *watch, *timer;
    char line[LINE_BYTES_MAX];
    size_t size;
    dr_aws_prompt_fn *fn;
    void *data;
};

/* `before` is why it is asked again. */
static void put_question(const struct dr_aws_prompt *prompt, const char *before)
{
    char *text = dr_format("%s%s%s", before, prompt->question, prompt->say ? "" : " ");
    if (prompt->say)
        prompt->say(prompt->say_data, text);
    else {
        ssize_t written = write(prompt->fd, text, strlen(text));
        (void)written; /* a terminal that takes nothing will not give an answer either: the patience ends */
    }
    free(text);
}

void dr_aws_prompt_cancel(struct dr_aws_prompt *prompt)
{
    if (!prompt)
        return;
    if (prompt->watch)
        dr_runtime_cancel(prompt->runtime, prompt->watch);
    if (prompt->timer)
        dr_runtime_cancel(prompt->runtime, prompt->timer);
    close(prompt->fd);
    explicit_bzero(prompt->line, sizeof prompt->line);
    free(prompt->question);
    free(prompt);
}

static void answer(struct dr_aws_prompt *prompt, const char *problem)
{
    dr_aws_prompt_fn *fn = prompt->fn;
    void *data = prompt->data;
    char code[CODE_DIGITS + 1];
    memcpy(code, prompt->line, sizeof code);
    dr_aws_prompt_cancel(prompt);
    fn(data, problem ? NULL : code, problem);
    explicit_bzero(code, sizeof code);
}

static void patience_ended(void *data)
{
    struct dr_aws_prompt *prompt = data;
    prompt->timer = NULL;
    answer(prompt, "nobody typed it within 5 minutes");
}

/* Leaves the digits alone in `line`; false: they are not six. */
static bool take_code(struct dr_aws_prompt *prompt)
{
    size_t digits = 0, others = 0;
    for (size_t i = 0; i < prompt->size; i++) {
        char byte = prompt->line[i];
        if (byte >= '0' && byte <= '9')
            prompt->line[digits++] = byte;
        else
            others += byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n';
    }
    prompt->line[digits] = '\0';
    return digits == CODE_DIGITS && others == 0;
}

static void readable(void *data, int fd, unsigned ready)
{
    (void)ready;
    struct dr_aws_prompt *prompt = data;
    ssize_t count = read(fd, prompt->line + prompt->size, LINE_BYTES_MAX - 1 - prompt->size);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        answer(prompt, "the terminal was closed");
        return;
    }
    prompt->size += (size_t)count;
    bool whole = memchr(prompt->line, '\n', prompt->size) || prompt->size == LINE_BYTES_MAX - 1;
    if (!whole)
        return;
    if (take_code(prompt)) {
        answer(prompt, NULL);
        return;
    }
    prompt->size = 0;
    put_question(prompt, "That is not a code of six digits. ");
}

/* Why nobody can be asked there; NULL: somebody can. A job in the background would be stopped by reading. */
static const char *why_not(int fd)
{
    if (fd < 0)
        return "there is no terminal to ask for it";
    if (!isatty(fd))
        return "what should be the terminal is none";
    pid_t group = tcgetpgrp(fd);
    return group >= 0 && group != getpgrp() ? "drrun runs in the background" : NULL;
}

struct dr_aws_prompt *dr_aws_prompt_start(const struct dr_aws_quest *quest, const char *question, dr_aws_prompt_fn *fn,
                                          void *data, char **ret_problem)
{
    struct dr_runtime *runtime = quest->runtime;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    const char *problem = why_not(fd);
    struct dr_aws_prompt *prompt = dr_alloc(sizeof *prompt);
    *prompt = (struct dr_aws_prompt){.runtime = runtime,
                                     .say = quest->say,
                                     .say_data = quest->say_data,
                                     .fd = fd,
                                     .question = dr_copy_string(question),
                                     .fn = fn,
                                     .data = data};
    if (!problem) {
        prompt->watch = runtime->ops->watch(runtime, fd, DR_READABLE, readable, prompt);
        problem = prompt->watch ? NULL : dr_runtime_problem(runtime);
    }
    if (problem) {
        *ret_problem = dr_copy_string(problem);
        if (fd >= 0)
            close(fd);
        free(prompt->question);
        free(prompt);
        return NULL;
    }
    prompt->timer = dr_runtime_timer(runtime, dr_runtime_now(runtime) + PATIENCE_MS, patience_ended, prompt);
    tcflush(fd, TCIFLUSH); /* what was typed before the question is no answer to it */
    put_question(prompt, "");
    return prompt;
}

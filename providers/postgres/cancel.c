#include "providers/postgres/cancel.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 10 };

/* In the child: only calls that are safe after a fork, which PQcancel is. */
static void send_request(const struct dr_libpq *libpq, PGcancel *request)
{
    char problem[256];
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGALRM, SIG_DFL);
    close_range(0, ~0u, 0); /* a journal's lock must not outlive its process, nor a pipe stay open */
    alarm(SECONDS_MAX);
    libpq->PQcancel(request, problem, sizeof problem);
}

void dr_postgres_cancel(const struct dr_libpq *libpq, PGconn *connection)
{
    PGcancel *request = libpq->PQgetCancel(connection);
    if (!request)
        return;
    /* Twice, so that init and not we collects the one that waits for the network. */
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0)
            send_request(libpq, request);
        _exit(0);
    }
    if (child > 0)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
    libpq->PQfreeCancel(request);
}

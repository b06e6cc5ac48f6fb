/* Sockets to listen on. */
#include "providers/simulated/listen.h"

#include "interpreter/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAITING_MAX 1024

union any_address { /* what the socket functions take and give */
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

bool dr_sim_is_loopback(const struct sockaddr *address)
{
    union any_address copy = {0};
    if (address->sa_family == AF_INET) {
        memcpy(&copy.four, address, sizeof copy.four);
        return (ntohl(copy.four.sin_addr.s_addr) >> 24) == 127;
    }
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(&copy.six, address, sizeof copy.six);
    return IN6_IS_ADDR_LOOPBACK(&copy.six.sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&copy.six.sin6_addr) && copy.six.sin6_addr.s6_addr[12] == 127);
}

static char *show(int fd)
{
    union any_address address;
    socklen_t size = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    if (getsockname(fd, &address.any, &size) != 0)
        return dr_copy_string("");
    if (address.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &address.six.sin6_addr, host, sizeof host);
        return dr_format("[%s]:%u", host, (unsigned)ntohs(address.six.sin6_port));
    }
    inet_ntop(AF_INET, &address.four.sin_addr, host, sizeof host);
    return dr_format("%s:%u", host, (unsigned)ntohs(address.four.sin_port));
}

/* "host:port" in its parts, owned by the caller. */
static void split(const char *address, char **ret_host, char **ret_port)
{
    const char *colon = strrchr(address, ':'), *closing = strrchr(address, ']');
    if (colon && closing && colon < closing)
        colon = NULL;
    const char *host = address, *end = colon ? colon : address;
    if (*host == '[' && closing) {
        host++;
        end = closing;
    }
    *ret_host = end > host ? dr_copy_bytes(host, (size_t)(end - host)) : dr_copy_string("127.0.0.1");
    *ret_port = dr_copy_string(colon ? colon + 1 : closing ? "0" : address);
}

static int bind_one(const struct addrinfo *found, bool datagrams)
{
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, found->ai_addr, found->ai_addrlen) == 0 && (datagrams || listen(fd, WAITING_MAX) == 0))
        return fd;
    int problem = errno;
    close(fd);
    errno = problem;
    return -1;
}

int dr_sim_listen(const char *address, bool datagrams, char **ret_actual, char **ret_problem)
{
    char *host, *port;
    split(address, &host, &port);
    const struct addrinfo wanted = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                    .ai_family = AF_UNSPEC,
                                    .ai_socktype = datagrams ? SOCK_DGRAM : SOCK_STREAM};
    struct addrinfo *found = NULL;
    int fd = -1, status = *port ? getaddrinfo(host, port, &wanted, &found) : EAI_SERVICE;
    if (status != 0)
        *ret_problem =
            dr_format("%s is no address to listen on (127.0.0.1:4566 is one): %s", address, gai_strerror(status));
    else if ((fd = bind_one(found, datagrams)) < 0)
        *ret_problem = dr_format("%s: %s", address, strerror(errno));
    else if (ret_actual)
        *ret_actual = show(fd);
    if (found)
        freeaddrinfo(found);
    free(host);
    free(port);
    return fd;
}

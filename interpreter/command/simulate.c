/* drrun simulate: the simulated cloud on a socket, for any AWS client. */
#include "interpreter/command/command.h"
#include "interpreter/command/simulation.h"

#include "interpreter/runtime/real.h"
#include "providers/aws/client/client.h"
#include "providers/simulated/keys.h"
#include "providers/simulated/server.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_ADDRESS "127.0.0.1:4566"
#define SPEED_MAX 1e6

static const char *listen_argument, *dns_argument, *world_argument, *speed_argument, *dump_argument;

static const struct dr_option options[] = {
    {.name = "--world", .argument = "FILE", .help = "the world (default: an empty one)", .value = &world_argument},
    {.name = "--listen",
     .argument = "ADDRESS",
     .help = "default " DEFAULT_ADDRESS "; port 0 is any free one",
     .value = &listen_argument},
    {.name = "--dns", .argument = "ADDRESS", .help = "answer DNS questions there too", .value = &dns_argument},
    {.name = "--speed",
     .argument = "N",
     .help = "seconds that pass in the cloud for each real one (default 1)",
     .value = &speed_argument},
    {.name = "--dump", .argument = "FILE", .help = "write the cloud's state there at the end", .value = &dump_argument},
    {0},
};

/* Only for the user's own eyes: it has the secrets of the world in it. False, having complained. */
static bool write_dump(const struct dr_sim_cloud *cloud)
{
    int fd = open(dump_argument, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && fchmod(fd, 0600) == 0;
    json_t *dump = good ? dr_sim_cloud_dump(cloud) : NULL;
    char *text = dump ? json_dumps(dump, JSON_INDENT(2)) : NULL;
    good = text && dr_write_all(fd, text, strlen(text)) && dr_write_all(fd, "\n", 1);
    int problem = errno;
    if (fd >= 0)
        good = close(fd) == 0 && good;
    if (!good)
        dr_complain("--dump: %s: %s", dump_argument, strerror(problem));
    free(text);
    json_decref(dump);
    return good;
}

/* What a person needs to go on. */
static bool say_how(const struct dr_sim_server *server, struct dr_sim_cloud *cloud, uint64_t seed)
{
    const char *address = dr_sim_server_address(server), *dns = dr_sim_server_dns_address(server);
    struct dr_sim_login login;
    dr_sim_login(cloud, &login);
    if (dr_globals.json) {
        char *endpoint = dr_format("http://%s", address);
        json_t *document = json_pack("{s:s,s:s*,s:s,s:s,s:s,s:s,s:I}", "endpoint", endpoint, "dns", dns, "account",
                                     login.account, "accessKeyId", login.access_key_id, "secretAccessKey",
                                     login.secret_access_key, "region", login.region, "seed", (json_int_t)seed);
        bool printed = dr_print_json(document);
        json_decref(document);
        free(endpoint);
        return printed;
    }
    bool printed = dr_print("# The simulated cloud of %s, account %s, seed %llu. Ctrl-C ends it.\n"
                            "export AWS_ENDPOINT_URL=http://%s AWS_REGION=%s AWS_DEFAULT_REGION=%s\n"
                            "export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s\n"
                            "aws --endpoint-url http://%s sts get-caller-identity\n",
                            world_argument ? world_argument : "an empty world", login.account, (unsigned long long)seed,
                            address, login.region, login.region, login.access_key_id, login.secret_access_key, address);
    if (dns)
        printed = printed && dr_print("# DNS is answered on %s.\n", dns);
    return printed;
}

static int serve(struct dr_sim_cloud *cloud, uint64_t seed, double speed)
{
    char *problem = NULL;
    struct dr_runtime *runtime = dr_runtime_real_new(&problem);
    const struct dr_sim_server_options wanted = {
        .cloud = cloud,
        .runtime = runtime,
        .listen = listen_argument ? listen_argument : DEFAULT_ADDRESS,
        .dns = dns_argument,
        .speed = speed,
        .world = world_argument,
    };
    struct dr_sim_server *server = runtime ? dr_sim_server_open(&wanted, &problem) : NULL;
    int status = DR_EXIT_SUCCESS;
    if (!server) {
        dr_complain("%s", problem ? problem : "the runtime cannot be set up");
        status = DR_EXIT_SYSTEM;
    } else if (!say_how(server, cloud, seed)) {
        status = DR_EXIT_SYSTEM;
    } else {
        while (!runtime->ops->signal(runtime))
            dr_runtime_wait(runtime, INT64_MAX);
        dr_say("The simulated cloud has ended.\n");
    }
    dr_sim_server_close(server);
    dr_runtime_free(runtime);
    free(problem);
    return status;
}

static int run(const struct dr_words *words)
{
    uint64_t seed;
    double speed = 1;
    int status;
    if (words->count > 0)
        return dr_usage(&dr_command_simulate, "it takes no file; the world is given with --world %s", words->items[0]);
    if (speed_argument) {
        char *end;
        speed = strtod(speed_argument, &end);
        if (end == speed_argument || *end || !isfinite(speed) || speed <= 0 || speed > SPEED_MAX)
            return dr_usage(&dr_command_simulate, "--speed: \"%s\" is no number above 0, at most a million",
                            speed_argument);
    }
    dr_globals.simulated = true;
    struct dr_sim_cloud *cloud = dr_simulation_cloud(world_argument, &seed, &status);
    if (!cloud)
        return status;
    status = serve(cloud, seed, speed);
    if (status == DR_EXIT_SUCCESS && dump_argument && !write_dump(cloud))
        status = DR_EXIT_SYSTEM;
    dr_sim_cloud_free(cloud);
    return status;
}

const struct dr_command dr_command_simulate = {
    .name = "simulate",
    .synopsis = "[--world FILE] [--listen ADDRESS] [--dns ADDRESS] [--speed N] [--dump FILE]",
    .summary = "Serve the simulated cloud to any AWS client.",
    .help = "Examples:\n"
            "  drrun simulate --world world.yaml\n"
            "  drrun simulate --world world.yaml --speed 60 --fault RegionDown:us-east-1@5m+30m\n"
            "  drrun simulate --world world.yaml --dns 127.0.0.1:5353 --dump after.json\n"
            "\n"
            "Prints an access key and a first command for the AWS CLI, then serves until Ctrl-C. Requests must be\n"
            "signed with that key, one of the world's or one that STS gave out. With --speed 60 a minute passes in\n"
            "the cloud each second. http://ADDRESS/_drrun/health, .../state, .../faults and .../time are for this\n"
            "machine alone.\n"
            "\n"
            "Exit status: 0 ended by Ctrl-C; 2 wrong usage; 3 the world is invalid; 4 no socket, or no dump.",
    .options = options,
    .run = run,
};

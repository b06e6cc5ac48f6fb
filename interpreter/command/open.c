/* Finding what a command works on: the store, the catalogue, an execution, an input. */
#include "interpreter/command/command.h"

#include "interpreter/base/limits.h"
#include "providers/aws/integration/integration.h"
#include "providers/aws/integration/secret_source.h"
#include "providers/provider.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dr_store *dr_open_store(bool create)
{
    const char *given = dr_globals.store ? dr_globals.store : getenv("DRRUN_STORE");
    char *folder;
    if (given && *given) {
        folder = dr_copy_string(given);
    } else {
        const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
        if (state && state[0] == '/') {
            folder = dr_format("%s/drrun", state);
        } else if (home && home[0] == '/') {
            folder = dr_format("%s/.local/state/drrun", home);
        } else {
            dr_complain("there is no place for the store: HOME is not set. Give --store DIR or set DRRUN_STORE");
            return NULL;
        }
    }
    struct dr_problem problem = {0};
    struct dr_store *store = dr_store_open(folder, create, &problem);
    if (!store && !create && problem.errnum == ENOENT && !dr_globals.store) {
        store = dr_store_memory(); /* nothing was ever run here: a store without executions */
        dr_problem_done(&problem);
    }
    if (!store)
        dr_complain_problem(&problem);
    free(folder);
    return store;
}

static struct dr_aws *shared_aws;
static struct dr_resolver *shared_resolver;
static struct dr_secret_source *shared_secrets;

/* Credentials are wiped when they go. */
static void close_aws(void)
{
    dr_aws_secret_source_free(shared_secrets);
    dr_aws_resolver_free(shared_resolver);
    dr_aws_free(shared_aws);
    shared_secrets = NULL;
    shared_resolver = NULL;
    shared_aws = NULL;
}

/* The simulated cloud stands where AWS stands: an emulator that the user has configured does not hide it. */
static const char *simulated_environment(const char *name)
{
    return strcmp(name, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == 0 ? "true" : getenv(name);
}

struct dr_aws *dr_open_aws(void)
{
    if (!shared_aws) {
        shared_aws =
            dr_aws_new(&(struct dr_aws_options){.environment = dr_globals.simulated ? simulated_environment : NULL});
        atexit(close_aws);
    }
    return shared_aws;
}

struct dr_secret_source *dr_open_secrets(void)
{
    if (!shared_secrets)
        shared_secrets = dr_aws_secret_source_new(dr_open_aws());
    return shared_secrets;
}

struct dr_catalogue *dr_open_catalogue(void)
{
    struct dr_catalogue *catalogue = dr_catalogue_new(dr_primitives());
    if (!shared_resolver)
        shared_resolver = dr_aws_resolver_new(dr_open_aws());
    dr_catalogue_set_resolver(catalogue, shared_resolver);
    for (size_t i = 0; i < dr_globals.actions.count; i++)
        dr_catalogue_add_folder(catalogue, dr_globals.actions.items[i]);
    const char *configured = getenv("DRRUN_ACTIONS");
    if (configured && *configured)
        dr_catalogue_add_folder(catalogue, configured);
    /* Beside the binary, so that an installation can stand anywhere: bin/ and share/, or a build folder in the source
     * tree. */
    static const char *const places[] = {"../share/drrun/actions", "../../providers/actions",
                                         "../../providers/aws/actions"};
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        char *folder = dr_format("%.*s/%s", (int)(slash - self), self, places[i]);
        if (access(folder, R_OK) == 0)
            dr_catalogue_add_folder(catalogue, folder);
        free(folder);
    }
    return catalogue;
}

static bool same_name(const json_t *first, const char *word)
{
    const char *name = json_string_value(json_object_get(first, "name"));
    return name && strcmp(name, word) == 0;
}

char *dr_find_execution(struct dr_store *store, const char *word,
                        bool (*wanted)(const json_t *first, const json_t *last), const char *what)
{
    char **ids = NULL, *found = NULL;
    size_t count = 0, candidates = 0;
    struct dr_problem problem = {0};
    if (!dr_store_list(store, &ids, &count, &problem)) {
        dr_complain_problem(&problem);
        return NULL;
    }
    for (size_t i = count; i-- > 0 && !(found && !word);) {
        if (word && strcmp(ids[i], word) == 0) {
            free(found);
            found = dr_copy_string(ids[i]);
            candidates = 1;
            break;
        }
        char *first_line = NULL, *last_line = NULL;
        if (!dr_store_peek(store, ids[i], &first_line, &last_line, &problem)) {
            dr_problem_done(&problem);
            continue;
        }
        json_t *first = first_line ? dr_json_parse(first_line, strlen(first_line), NULL) : NULL;
        json_t *last = last_line ? dr_json_parse(last_line, strlen(last_line), NULL) : NULL;
        bool named = word && same_name(first, word);
        bool begins = word && strlen(word) >= 3 && strncmp(ids[i], word, strlen(word)) == 0;
        if (named || begins || (!word && wanted(first, last))) {
            if (!found)
                found = dr_copy_string(ids[i]);
            candidates += begins ? 1 : 0;
        }
        json_decref(first);
        json_decref(last);
        free(first_line);
        free(last_line);
    }
    if (candidates > 1) {
        dr_complain("\"%s\" is the beginning of %zu executions; give more of the id ('drrun list' shows them)", word,
                    candidates);
        free(found);
        found = NULL;
    } else if (!found && word) {
        dr_complain("there is no execution \"%s\" in this store ('drrun list' shows what there is)", word);
    } else if (!found) {
        dr_complain("there is no %s execution in this store ('drrun list' shows what there is)", what);
    }
    for (size_t i = 0; i < count; i++)
        free(ids[i]);
    free(ids);
    return found;
}

static bool read_stream(FILE *stream, struct dr_text *text)
{
    char block[65536];
    size_t size;
    while ((size = fread(block, 1, sizeof block, stream)) > 0) {
        if (text->size + size > DR_PAYLOAD_BYTES_MAX) {
            errno = EFBIG;
            return false;
        }
        dr_text_add(text, block, size);
    }
    return !ferror(stream);
}

json_t *dr_json_argument(const char *option, const char *argument)
{
    struct dr_text text = {0};
    const char *name = option;
    if (strcmp(argument, "-") == 0 || argument[0] == '@') {
        name = argument[0] == '@' ? argument + 1 : "standard input";
        FILE *stream = argument[0] == '@' ? fopen(name, "re") : stdin;
        bool read = stream && read_stream(stream, &text);
        int problem = errno;
        if (stream && stream != stdin)
            fclose(stream);
        if (!read) {
            dr_complain("%s: %s: %s", option, name, strerror(problem));
            dr_text_done(&text);
            return NULL;
        }
    } else {
        dr_text_puts(&text, argument);
    }
    char *problem = NULL;
    json_t *value = dr_json_parse(text.bytes ? text.bytes : "", text.size, &problem);
    if (!value)
        dr_complain("%s: %s is not valid JSON: %s", option, name == option ? "the value" : name,
                    problem ? problem : "it is empty");
    free(problem);
    dr_text_done(&text);
    return value;
}

const char *dr_user(void)
{
    static const char *const variables[] = {"SUDO_USER", "USER", "LOGNAME"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return value;
    }
    static char uid[32];
    snprintf(uid, sizeof uid, "uid %u", (unsigned)getuid());
    return uid;
}

const char *dr_host(void)
{
    static char name[256];
    if (name[0] == '\0' && gethostname(name, sizeof name - 1) != 0)
        snprintf(name, sizeof name, "unknown");
    return name;
}

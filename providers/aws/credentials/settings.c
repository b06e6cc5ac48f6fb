/* The user's AWS settings: environment and files, the profile, the Region. */
#include "providers/aws/credentials/settings.h"

#include "interpreter/base/diagnostic.h"
#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/aws/credentials/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_COUNT = 2, CANDIDATES_MAX = 1000 /* profiles among which the nearest name is looked for */ };

static const struct {
    const char *variable, *usual;
    bool credentials;
} places[FILE_COUNT] = {
    [DR_AWS_CONFIG_FILE] = {"AWS_CONFIG_FILE", "~/.aws/config", false},
    [DR_AWS_CREDENTIALS_FILE] = {"AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", true},
};

struct loaded { /* on first need */
    bool done;
    struct dr_aws_ini *files[FILE_COUNT];
    char *names[FILE_COUNT];
    struct dr_text problem;
};

struct dr_aws_settings {
    const char *(*environment)(const char *name);
    char *profile, *endpoint_url;
    bool explicit_profile, ignore_endpoint_urls;
    struct loaded *loaded;
};

/* --- Environment ---------------------------------------------------------------------------------------------------
 */

static const char *from_process(const char *name)
{
    return getenv(name);
}

const char *dr_aws_settings_environment(const struct dr_aws_settings *settings, const char *name)
{
    const char *value = settings->environment(name);
    return value && *value ? value : NULL;
}

static const char *named_profile(const struct dr_aws_settings *settings)
{
    const char *name = dr_aws_settings_environment(settings, "AWS_PROFILE");
    return name ? name : dr_aws_settings_environment(settings, "AWS_DEFAULT_PROFILE");
}

/* As Python and Go find it: $HOME, else what the system knows of the user. Owned by the caller; NULL: unknown. */
static char *find_home(const struct dr_aws_settings *settings)
{
    const char *home = dr_aws_settings_environment(settings, "HOME");
    struct passwd entry, *found = NULL;
    char room[4096];
    if (!home && getpwuid_r(getuid(), &entry, room, sizeof room, &found) == 0 && found)
        home = found->pw_dir;
    return home && *home ? dr_copy_string(home) : NULL;
}

char *dr_aws_settings_path(const struct dr_aws_settings *settings, const char *path)
{
    if (strncmp(path, "~/", 2) != 0)
        return dr_copy_string(path);
    char *home = find_home(settings);
    char *whole = home ? dr_format("%s%s", home, path + 1) : NULL;
    free(home);
    return whole;
}

/* --- Files ---------------------------------------------------------------------------------------------------------
 */

/* The first DR_AWS_INI_BYTES_MAX + 1 bytes of a file, so that one which is too large is seen to be. errno, or 0. */
static int read_file(const char *path, struct dr_text *text)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    int error = fstat(fd, &about) < 0 ? errno : S_ISDIR(about.st_mode) ? EISDIR : 0;
    dr_text_reserve(text, DR_AWS_INI_BYTES_MAX < about.st_size ? DR_AWS_INI_BYTES_MAX : (size_t)about.st_size + 1);
    while (error == 0 && text->size <= DR_AWS_INI_BYTES_MAX) {
        char bytes[4096];
        ssize_t count = read(fd, bytes, sizeof bytes);
        if (count == 0)
            break;
        if (count > 0)
            dr_text_add(text, bytes, (size_t)count);
        else if (errno != EINTR)
            error = errno;
        explicit_bzero(bytes, sizeof bytes);
    }
    close(fd);
    return error;
}

static void complain(struct loaded *loaded, const char *what)
{
    if (loaded->problem.size > 0)
        dr_text_putc(&loaded->problem, '\n');
    dr_text_puts(&loaded->problem, what);
}

/* A home that is another user's, as in containers whose user has none, is no mistake of this one; a file in it that is
 * there and closed is. */
static bool is_closed_off(const char *path, int error)
{
    struct stat about;
    return error == EACCES && stat(path, &about) < 0 && errno == EACCES;
}

static void load_file(const struct dr_aws_settings *settings, size_t index)
{
    struct loaded *loaded = settings->loaded;
    const char *given = dr_aws_settings_environment(settings, places[index].variable);
    const char *name = given ? given : places[index].usual;
    char *path = dr_aws_settings_path(settings, name);
    struct dr_text text = {0};
    int error = path ? read_file(path, &text) : 0;
    const char *note = "";
    if (!path)
        note = " (not looked for: HOME is not set, and the system does not know this user)";
    else if (error == ENOENT || error == ENOTDIR)
        note = " (not there)";
    else if (!given && is_closed_off(path, error))
        note = " (in a folder that is closed to this user)";
    else if (error != 0) {
        char *problem = dr_format("%s: cannot be read: %s", name, strerror(error));
        complain(loaded, problem);
        free(problem);
        note = " (cannot be read)";
    }
    loaded->names[index] = dr_format("%s%s", name, note);
    loaded->files[index] = dr_aws_ini_parse(name, error || !text.bytes ? "" : text.bytes, error ? 0 : text.size,
                                            places[index].credentials);
    if (dr_aws_ini_problem(loaded->files[index]))
        complain(loaded, dr_aws_ini_problem(loaded->files[index]));
    if (text.bytes)
        explicit_bzero(text.bytes, text.size);
    dr_text_done(&text);
    free(path);
}

static const char *nearest_profile(const struct dr_aws_settings *settings)
{
    const char *names[CANDIDATES_MAX], *name;
    size_t count = 0;
    for (size_t i = 0; i < FILE_COUNT; i++)
        for (size_t k = 0; count < CANDIDATES_MAX; k++) {
            name = dr_aws_ini_section(settings->loaded->files[i], "profile", k);
            if (!name)
                break;
            names[count++] = name;
        }
    return dr_nearest(settings->profile, names, count);
}

static const struct loaded *load(const struct dr_aws_settings *settings)
{
    struct loaded *loaded = settings->loaded;
    if (loaded->done)
        return loaded;
    loaded->done = true;
    for (size_t i = 0; i < FILE_COUNT; i++)
        load_file(settings, i);
    bool named = settings->explicit_profile || named_profile(settings);
    if (named && strcmp(settings->profile, "default") != 0 &&
        !dr_aws_settings_has(settings, "profile", settings->profile)) {
        const char *nearest = nearest_profile(settings);
        char *problem = dr_format("the profile \"%s\" is neither in %s nor in %s%s%s%s", settings->profile,
                                  loaded->names[DR_AWS_CONFIG_FILE], loaded->names[DR_AWS_CREDENTIALS_FILE],
                                  nearest ? ". Did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
        complain(loaded, problem);
        free(problem);
    }
    const char *services = dr_aws_settings_get(settings, "profile", settings->profile, "services");
    if (services && !dr_aws_settings_has(settings, "services", services)) {
        char *problem = dr_format("the profile \"%s\" names services = %s, but there is no section [services %s] in %s",
                                  settings->profile, services, services, loaded->names[DR_AWS_CONFIG_FILE]);
        complain(loaded, problem);
        free(problem);
    }
    return loaded;
}

const char *dr_aws_settings_get_in(const struct dr_aws_settings *settings, enum dr_aws_settings_file file,
                                   const char *kind, const char *section, const char *key)
{
    return dr_aws_ini_get(load(settings)->files[file], kind, section, key);
}

const char *dr_aws_settings_get(const struct dr_aws_settings *settings, const char *kind, const char *section,
                                const char *key)
{
    const char *value = dr_aws_settings_get_in(settings, DR_AWS_CREDENTIALS_FILE, kind, section, key);
    return value ? value : dr_aws_settings_get_in(settings, DR_AWS_CONFIG_FILE, kind, section, key);
}

bool dr_aws_settings_has(const struct dr_aws_settings *settings, const char *kind, const char *section)
{
    const struct loaded *loaded = load(settings);
    return dr_aws_ini_has(loaded->files[DR_AWS_CONFIG_FILE], kind, section) ||
           dr_aws_ini_has(loaded->files[DR_AWS_CREDENTIALS_FILE], kind, section);
}

const char *dr_aws_settings_file_name(const struct dr_aws_settings *settings, enum dr_aws_settings_file file)
{
    return load(settings)->names[file];
}

const char *dr_aws_settings_problem(const struct dr_aws_settings *settings)
{
    const struct loaded *loaded = load(settings);
    return loaded->problem.size > 0 ? loaded->problem.bytes : NULL;
}

/* --- What is asked for ---------------------------------------------------------------------------------------------
 */

const char *dr_aws_settings_profile(const struct dr_aws_settings *settings)
{
    return settings->profile;
}

bool dr_aws_settings_profile_is_explicit(const struct dr_aws_settings *settings)
{
    return settings->explicit_profile;
}

const char *dr_aws_settings_value(const struct dr_aws_settings *settings, const char *variable, const char *key)
{
    const char *value = dr_aws_settings_environment(settings, variable);
    return value ? value : dr_aws_settings_get(settings, "profile", settings->profile, key);
}

const char *dr_aws_settings_region(const struct dr_aws_settings *settings)
{
    const char *region = dr_aws_settings_environment(settings, "AWS_REGION");
    region = region ? region : dr_aws_settings_value(settings, "AWS_DEFAULT_REGION", "region");
    return region && *region ? region : NULL;
}

/* --- Configured endpoints ------------------------------------------------------------------------------------------
 */

/* "Elastic Load Balancing v2" -> "elastic_load_balancing_v2", in capitals for a variable. Owned by the caller. */
static char *service_word(const char *prefix, const char *service_id, const char *suffix, bool capitals)
{
    char *word = dr_format("%s%s%s", prefix, service_id, suffix);
    for (char *at = word + strlen(prefix); *at; at++) {
        bool low = *at >= 'a' && *at <= 'z', high = *at >= 'A' && *at <= 'Z';
        if (*at == ' ' || *at == '-')
            *at = '_';
        else if (capitals ? low : high)
            *at = (char)(*at ^ 0x20);
    }
    return word;
}

static bool ignores_endpoint_urls(const struct dr_aws_settings *settings)
{
    const char *value =
        dr_aws_settings_value(settings, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls");
    return settings->ignore_endpoint_urls || (value && strcasecmp(value, "true") == 0);
}

static const char *of_service_in_files(const struct dr_aws_settings *settings, const char *service_id)
{
    const char *services = dr_aws_settings_get(settings, "profile", settings->profile, "services");
    if (!services)
        return NULL;
    char *key = service_word("", service_id, ".endpoint_url", false);
    const char *url = dr_aws_settings_get(settings, "services", services, key);
    free(key);
    return url;
}

static const char *of_service_in_environment(const struct dr_aws_settings *settings, const char *service_id)
{
    char *variable = service_word("AWS_ENDPOINT_URL_", service_id, "", true);
    const char *url = dr_aws_settings_environment(settings, variable);
    free(variable);
    return url;
}

const char *dr_aws_settings_endpoint_url(const struct dr_aws_settings *settings, const char *service_id)
{
    if (settings->endpoint_url)
        return settings->endpoint_url;
    if (ignores_endpoint_urls(settings))
        return NULL;
    const char *url = of_service_in_environment(settings, service_id);
    if (!url)
        url = dr_aws_settings_environment(settings, "AWS_ENDPOINT_URL");
    if (!url)
        url = of_service_in_files(settings, service_id);
    if (!url)
        url = dr_aws_settings_get(settings, "profile", settings->profile, "endpoint_url");
    return url && *url ? url : NULL;
}

/* --- Life ----------------------------------------------------------------------------------------------------------
 */

struct dr_aws_settings *dr_aws_settings_new(const struct dr_aws_settings_options *options)
{
    struct dr_aws_settings *settings = dr_alloc(sizeof *settings);
    settings->loaded = dr_alloc(sizeof *settings->loaded);
    settings->environment = options && options->environment ? options->environment : from_process;
    settings->explicit_profile = options && options->profile;
    settings->endpoint_url = options ? dr_copy_string(options->endpoint_url) : NULL;
    settings->ignore_endpoint_urls = options && options->ignore_endpoint_urls;
    const char *named = settings->explicit_profile ? options->profile : named_profile(settings);
    settings->profile = dr_copy_string(named ? named : "default");
    return settings;
}

void dr_aws_settings_free(struct dr_aws_settings *settings)
{
    if (!settings)
        return;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        dr_aws_ini_free(settings->loaded->files[i]);
        free(settings->loaded->names[i]);
    }
    dr_text_done(&settings->loaded->problem);
    free(settings->loaded);
    free(settings->profile);
    free(settings->endpoint_url);
    free(settings);
}

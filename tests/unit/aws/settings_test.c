/* The settings: both files as the SDKs read them, broken lines, the profile, the Region, configured endpoints. */
#include "providers/aws/credentials/settings.h"

#include "interpreter/base/limits.h"
#include "interpreter/base/text.h"
#include "providers/aws/credentials/ini.h"
#include "providers/aws/credentials/words.h"
#include "tests/support/lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- A user with files and variables -------------------------------------------------------------------------------
 */

static json_t *variables; /* the environment that the settings see */
static char folder[] = "/tmp/drrun-settings-XXXXXX";

static const char *environment(const char *name)
{
    return json_string_value(json_object_get(variables, name));
}

static void set(const char *name, const char *value)
{
    json_object_set_new(variables, name, json_string(value));
}

static void write_file(const char *name, const char *text)
{
    char *path = dr_format("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static void remove_file(const char *name)
{
    char *path = dr_format("%s/%s", folder, name);
    assert_true(remove(path) == 0 || errno == ENOENT);
    free(path);
}

static int begin(void **state)
{
    (void)state;
    json_decref(variables);
    variables = json_object();
    set("HOME", folder);
    remove_file(".aws/config");
    remove_file(".aws/credentials");
    return 0;
}

static int begin_all(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    char *aws = dr_format("%s/.aws", folder);
    assert_int_equal(mkdir(aws, 0700), 0);
    free(aws);
    return 0;
}

static int end_all(void **state)
{
    begin(state);
    remove_file("other");
    remove_file(".aws");
    assert_int_equal(rmdir(folder), 0);
    json_decref(variables);
    return 0;
}

static struct dr_aws_settings *open_settings(const char *profile)
{
    return dr_aws_settings_new(&(struct dr_aws_settings_options){.environment = environment, .profile = profile});
}

/* --- The parser ----------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *about, *text;
    const char *profile, *key, *value; /* NULL: there is none */
    const char *problem;               /* NULL: none */
    bool credentials;
} files[] = {
    {"an empty file", "", "foo", "name", NULL, NULL, false},
    {"a heading must end", "[profile foo", "foo", "name", NULL,
     "f:1:1: this section's name is not closed: expected ']'", false},
    {"what follows a broken heading is told once", "[profile foo\nname = value\nother\n", "foo", "name", NULL,
     "f:1:1: this section's name is not closed: expected ']'", false},
    {"names are trimmed", "[ \tprofile \tfoo \t]\nname = value", "foo", "name", "value", NULL, false},
    {"a quoted name may have spaces", "[profile \"x y\"]\nname = value", "x y", "name", "value", NULL, false},
    {"single quotes too", "[profile 'x y']\nname = value", "x y", "name", "value", NULL, false},
    {"two bare words are no profile", "[profile x y]\nname = value", "x", "name", NULL, NULL, false},
    {"a profile without its word is none in the config", "[foo]\nname = value", "foo", "name", NULL, NULL, false},
    {"in the credentials file the name stands alone", "[foo]\nname = value", "foo", "name", "value", NULL, true},
    {"there it may have spaces", "[x y]\nname = value", "x y", "name", "value", NULL, true},
    {"and the word is part of the name", "[profile foo]\nname = value", "foo", "name", NULL, NULL, true},
    {"keys must be in a section", "name = value\n", "foo", "name", NULL,
     "f:1:1: expected a section first, such as [default] or [profile NAME]", false},
    {"continuations too", " -continued\n", "foo", "name", NULL,
     "f:1:2: expected a section first, such as [default] or [profile NAME]", false},
    {"Windows line ends", "[profile foo]\r\nname = value\r\n", "foo", "name", "value", NULL, false},
    {"a byte order mark", "\xef\xbb\xbf[profile foo]\nname = value\n", "foo", "name", "value", NULL, false},
    {"an equals sign in the value", "[profile foo]\nname = val=ue", "foo", "name", "val=ue", NULL, false},
    {"Unicode", "[profile foo]\nname = \xf0\x9f\x98\x82", "foo", "name", "\xf0\x9f\x98\x82", NULL, false},
    {"not UTF-8", "[profile foo]\nname = \xff", "foo", "name", NULL, "f:2:1: this line is not UTF-8", false},
    {"a comment may be anything", "[profile foo]\n# \xff\nname = a", "foo", "name", "a", NULL, false},
    {"keys and values are trimmed", "[profile foo]\nname \t=  \tvalue \t", "foo", "name", "value", NULL, false},
    {"an empty value", "[profile foo]\nname =", "foo", "name", "", NULL, false},
    {"a key must not be empty", "[profile foo]\n= value", "foo", "", NULL, "f:2:1: expected a key before '='", false},
    {"a line without equals sign", "[profile foo]\nkey\nname = a", "foo", "name", "a",
     "f:2:1: expected \"key = value\"", false},
    {"a colon does where there is no equals sign", "[profile foo]\nname: value", "foo", "name", "value", NULL, false},
    {"the equals sign comes first", "[profile foo]\nname = arn:aws", "foo", "name", "arn:aws", NULL, false},
    {"blank lines", "\t \n[profile foo]\n\t\n \nname = value\n\t\n", "foo", "name", "value", NULL, false},
    {"comments of both kinds", "# a\n; b\n[profile foo] ; c\n# d\nname = value # e\n", "foo", "name", "value", NULL,
     false},
    {"a comment right behind the bracket", "[profile foo]#c\nname = value", "foo", "name", "value", NULL, false},
    {"something else behind the bracket", "[profile foo] x\nname = value", "foo", "name", NULL,
     "f:1:15: expected the end of the line after ']'", false},
    {"a comment needs a blank before it", "[profile foo]\nname = https://x/start#/", "foo", "name", "https://x/start#/",
     NULL, false},
    {"a semicolon too", "[profile foo]\nname = value; more", "foo", "name", "value; more", NULL, false},
    {"the value goes on where lines are indented", "[profile foo]\nname = value\n -more\n\t-and more", "foo", "name",
     "value\n-more\n-and more", NULL, false},
    {"its comments are part of it", "[profile foo]\nname = value\n -more # c", "foo", "name", "value\n-more # c", NULL,
     false},
    {"a new section ends it", "[profile foo]\nname = value\n[profile foo]\n -more", "foo", "name", "value",
     "f:4:2: expected \"key = value\"", false},
    {"all keys may be indented alike", "[profile foo]\n  a = 1\n  name = 2\n", "foo", "name", "2", NULL, false},
    {"a section may be indented", "  [profile foo]\n  name = 2\n", "foo", "name", "2", NULL, false},
    {"duplicate sections are one", "[profile foo]\na = 1\n[profile bar]\n[profile foo]\nname = 2\n", "foo", "a", "1",
     NULL, false},
    {"of duplicate keys the last counts", "[profile foo]\nname = 1\n[profile foo]\nname = 2\n", "foo", "name", "2",
     NULL, false},
    {"[profile default] hides [default] before it", "[default]\nname = 1\n[profile default]\na = 2\n", "default",
     "name", NULL, NULL, false},
    {"[profile default] hides [default] after it", "[profile default]\na = 2\n[default]\na = 1\n", "default", "a", "2",
     NULL, false},
    {"keys are the same in any case", "[profile foo]\nAWS_Access_Key_Id = A\n", "foo", "aws_access_key_id", "A", NULL,
     false},
    {"profiles are not", "[profile Foo]\nname = A\n", "foo", "name", NULL, NULL, false},
    {"nested keys", "[profile foo]\ns3 =\n  name = value\n\n  # c\n  other = 2 # c\nnext = 3", "foo", "s3.other", "2",
     NULL, false},
    {"after them keys again", "[profile foo]\ns3 =\n  name = value\nnext = 3", "foo", "next", "3", NULL, false},
    {"a nested line without equals sign", "[profile foo]\ns3 =\n  name\nnext = 3", "foo", "next", "3",
     "f:3:3: expected \"key = value\"", false},
    {"an empty nested value", "[profile foo]\ns3 =\n  name =\n", "foo", "s3.name", "", NULL, false},
    {"a nested key must not be empty", "[profile foo]\ns3 =\n  = x\n", "foo", "s3", "",
     "f:3:3: expected a key before '='", false},
    {"no last newline after a comment", "[profile foo]\nname = a\n#", "foo", "name", "a", NULL, false},
};

static void reads_files_as_the_sdks_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct dr_aws_ini *ini = dr_aws_ini_parse("f", files[i].text, strlen(files[i].text), files[i].credentials);
        const char *value = dr_aws_ini_get(ini, "profile", files[i].profile, files[i].key);
        const char *problem = dr_aws_ini_problem(ini);
        if (!value != !files[i].value || (value && strcmp(value, files[i].value) != 0))
            fail_msg("%s: %s instead of %s", files[i].about, value ? value : "(none)",
                     files[i].value ? files[i].value : "(none)");
        if (!problem != !files[i].problem || (problem && strcmp(problem, files[i].problem) != 0))
            fail_msg("%s: %s", files[i].about, problem ? problem : "(no problem)");
        dr_aws_ini_free(ini);
    }
}

static void a_nul_byte_is_a_broken_line(void **state)
{
    (void)state;
    static const char text[] = "[default]\na = 1\0b\nc = 2\n";
    struct dr_aws_ini *ini = dr_aws_ini_parse("f", text, sizeof text - 1, false);
    assert_string_equal(dr_aws_ini_problem(ini), "f:2:6: this line contains a NUL byte");
    assert_string_equal(dr_aws_ini_get(ini, "profile", "default", "c"), "2");
    assert_null(dr_aws_ini_get(ini, "profile", "default", "a"));
    dr_aws_ini_free(ini);
}

static void files_are_bounded(void **state)
{
    (void)state;
    char *text = dr_alloc(DR_AWS_INI_BYTES_MAX + 2);
    memset(text, '\n', DR_AWS_INI_BYTES_MAX + 1);
    struct dr_aws_ini *ini = dr_aws_ini_parse("f", text, DR_AWS_INI_BYTES_MAX, false);
    assert_null(dr_aws_ini_problem(ini));
    dr_aws_ini_free(ini);
    ini = dr_aws_ini_parse("f", text, DR_AWS_INI_BYTES_MAX + 1, false);
    assert_string_equal(dr_aws_ini_problem(ini), "f: larger than 1048576 bytes");
    dr_aws_ini_free(ini);
    memset(text, 'a', DR_AWS_INI_BYTES_MAX);
    for (size_t i = 1; i < DR_AWS_INI_BYTES_MAX; i += 2)
        text[i] = '\n';
    memcpy(text, "[default]\n", 10);
    ini = dr_aws_ini_parse("f", text, DR_AWS_INI_BYTES_MAX, false);
    assert_non_null(strstr(dr_aws_ini_problem(ini), "f:21:1: expected \"key = value\"\nf: and "));
    dr_aws_ini_free(ini);
    free(text);
}

static void problems_never_quote_the_file(void **state)
{
    (void)state;
    static const char text[] = "[default]\naws_secret_access_key SECRETSECRET\nSECRETSECRET\n[SECRETSECRET\n";
    struct dr_aws_ini *ini = dr_aws_ini_parse("f", text, sizeof text - 1, true);
    assert_null(strstr(dr_aws_ini_problem(ini), "SECRET"));
    dr_aws_ini_free(ini);
}

static const struct {
    const char *text, *words; /* each in |...| */
    const char *problem;
} lines[] = {
    {"", "", NULL},
    {"  ", "", NULL},
    {"a b  c\td\ne", "|a||b||c||d||e|", NULL},
    {"'a b' \"c d\"", "|a b||c d|", NULL},
    {"a'b c'd\"e\"", "|ab cde|", NULL},
    {"'' \"\" a''",
     "||||"
     "|a|",
     NULL},
    {"'a\\b' \"c\\d\" \"e\\\\f\" \"g\\\"h\" i\\ j \\'", "|a\\b||c\\d||e\\f||g\"h||i j||'|", NULL},
    {"$HOME `a` ; | > #x",
     "|$HOME||`a`||;||||"
     "|>||#x|",
     NULL},
    {"a 'b", "", "a quotation mark is not closed"},
    {"a \"b\\\"", "", "a quotation mark is not closed"},
    {"a \\", "", "nothing follows the last backslash"},
};

static void splits_command_lines_as_the_sdks_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct dr_aws_words words;
        struct dr_text text = {0};
        const char *problem = dr_aws_words_split(&words, lines[i].text, strlen(lines[i].text));
        dr_text_puts(&text, "");
        for (size_t k = 0; k < words.count; k++)
            dr_text_printf(&text, "|%s|", words.items[k]);
        if (strcmp(text.bytes, lines[i].words) != 0)
            fail_msg("%s: %s", lines[i].text, text.bytes);
        assert_string_equal(problem ? problem : "", lines[i].problem ? lines[i].problem : "");
        dr_aws_words_done(&words);
        dr_text_done(&text);
    }
}

/* --- Files and profiles --------------------------------------------------------------------------------------------
 */

static void the_credentials_files_keys_win(void **state)
{
    (void)state;
    write_file(".aws/config", "[profile dev]\nregion = a\naws_access_key_id = C\n[sso-session corp]\nsso_region = s\n"
                              "[services local]\ns3 =\n  endpoint_url = http://s3\n");
    write_file(".aws/credentials", "[dev]\naws_access_key_id = K\n");
    struct dr_aws_settings *settings = open_settings("dev");
    assert_string_equal(dr_aws_settings_get(settings, "profile", "dev", "aws_access_key_id"), "K");
    assert_string_equal(dr_aws_settings_get_in(settings, DR_AWS_CONFIG_FILE, "profile", "dev", "aws_access_key_id"),
                        "C");
    assert_string_equal(dr_aws_settings_get(settings, "profile", "dev", "region"), "a");
    assert_string_equal(dr_aws_settings_get(settings, "sso-session", "corp", "sso_region"), "s");
    assert_string_equal(dr_aws_settings_get(settings, "services", "local", "s3.endpoint_url"), "http://s3");
    assert_null(dr_aws_settings_get(settings, "services", "local", "sqs.endpoint_url"));
    assert_null(dr_aws_settings_problem(settings));
    assert_true(dr_aws_settings_profile_is_explicit(settings));
    dr_aws_settings_free(settings);
}

static void no_files_are_no_mistake(void **state)
{
    (void)state;
    struct dr_aws_settings *settings = open_settings(NULL);
    assert_null(dr_aws_settings_problem(settings));
    assert_null(dr_aws_settings_region(settings));
    assert_null(dr_aws_settings_endpoint_url(settings, "S3"));
    assert_string_equal(dr_aws_settings_profile(settings), "default");
    assert_false(dr_aws_settings_profile_is_explicit(settings));
    assert_string_equal(dr_aws_settings_file_name(settings, DR_AWS_CONFIG_FILE), "~/.aws/config (not there)");
    dr_aws_settings_free(settings);
}

static void files_may_be_elsewhere(void **state)
{
    (void)state;
    write_file("other", "[default]\nregion = elsewhere\n");
    char *path = dr_format("%s/other", folder);
    set("AWS_CONFIG_FILE", path);
    struct dr_aws_settings *settings = open_settings(NULL);
    assert_string_equal(dr_aws_settings_region(settings), "elsewhere");
    dr_aws_settings_free(settings);
    set("AWS_CONFIG_FILE", "~/other");
    settings = open_settings(NULL);
    assert_string_equal(dr_aws_settings_region(settings), "elsewhere");
    dr_aws_settings_free(settings);
    set("AWS_SHARED_CREDENTIALS_FILE", path);
    set("AWS_CONFIG_FILE", "/nowhere");
    settings = open_settings(NULL);
    assert_string_equal(dr_aws_settings_region(settings), "elsewhere");
    dr_aws_settings_free(settings);
    free(path);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    set("AWS_CONFIG_FILE", folder);
    struct dr_aws_settings *settings = open_settings(NULL);
    char *expected = dr_format("%s: cannot be read: Is a directory", folder);
    assert_string_equal(dr_aws_settings_problem(settings), expected);
    free(expected);
    dr_aws_settings_free(settings);
    bool root = geteuid() == 0; /* who may read everything */
    begin(NULL);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    else
        assert_int_equal(chmod(folder, 0), 0);
    settings = open_settings(NULL); /* all of the home is another's */
    assert_null(dr_aws_settings_problem(settings));
    assert_string_equal(dr_aws_settings_file_name(settings, DR_AWS_CONFIG_FILE),
                        "~/.aws/config (in a folder that is closed to this user)");
    dr_aws_settings_free(settings);
    assert_int_equal(root ? seteuid(0) : chmod(folder, 0700), 0);
    if (root)
        return;
    write_file(".aws/credentials", "[default]\n");
    char *path = dr_format("%s/.aws/credentials", folder);
    chmod(path, 0);
    free(path);
    settings = open_settings(NULL);
    assert_string_equal(dr_aws_settings_problem(settings), "~/.aws/credentials: cannot be read: Permission denied");
    dr_aws_settings_free(settings);
}

static void without_home_the_system_is_asked(void **state)
{
    (void)state;
    begin(NULL);
    json_object_del(variables, "HOME");
    struct dr_aws_settings *settings = open_settings(NULL);
    char *path = dr_aws_settings_path(settings, "~/x");
    assert_true(!path || (path[0] == '/' && strcmp(path + strlen(path) - 2, "/x") == 0));
    free(path);
    dr_aws_settings_free(settings);
}

static void broken_lines_of_both_files_are_told(void **state)
{
    (void)state;
    write_file(".aws/config", "[profile dev\n");
    write_file(".aws/credentials", "[default]\n  nonsense\n");
    struct dr_aws_settings *settings = open_settings(NULL);
    assert_string_equal(dr_aws_settings_problem(settings),
                        "~/.aws/config:1:1: this section's name is not closed: expected ']'\n"
                        "~/.aws/credentials:2:3: expected \"key = value\"");
    dr_aws_settings_free(settings);
}

static void a_profile_that_is_named_must_be_there(void **state)
{
    (void)state;
    write_file(".aws/config", "[profile production]\nregion = a\n");
    set("AWS_PROFILE", "prodution");
    struct dr_aws_settings *settings = open_settings(NULL);
    assert_string_equal(dr_aws_settings_problem(settings),
                        "the profile \"prodution\" is neither in ~/.aws/config nor in ~/.aws/credentials (not there). "
                        "Did you mean \"production\"?");
    assert_false(dr_aws_settings_profile_is_explicit(settings));
    dr_aws_settings_free(settings);
    set("AWS_PROFILE", "default");
    settings = open_settings(NULL);
    assert_null(dr_aws_settings_problem(settings));
    dr_aws_settings_free(settings);
    settings = open_settings("production");
    assert_null(dr_aws_settings_problem(settings));
    assert_string_equal(dr_aws_settings_profile(settings), "production");
    dr_aws_settings_free(settings);
}

static void a_services_section_that_is_named_must_be_there(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\nservices = local\n[services lokal]\n");
    struct dr_aws_settings *settings = open_settings(NULL);
    assert_string_equal(dr_aws_settings_problem(settings),
                        "the profile \"default\" names services = local, but there is no section [services local] in "
                        "~/.aws/config");
    dr_aws_settings_free(settings);
}

static void the_region_comes_from_the_environment_first(void **state)
{
    (void)state;
    write_file(".aws/config", "[default]\nregion = file\n");
    struct dr_aws_settings *settings = open_settings(NULL);
    assert_string_equal(dr_aws_settings_region(settings), "file");
    set("AWS_DEFAULT_REGION", "second");
    assert_string_equal(dr_aws_settings_region(settings), "second");
    set("AWS_REGION", "first");
    assert_string_equal(dr_aws_settings_region(settings), "first");
    set("AWS_REGION", "");
    assert_string_equal(dr_aws_settings_region(settings), "second");
    dr_aws_settings_free(settings);
}

/* --- Configured endpoints ------------------------------------------------------------------------------------------
 */

static void service_ids_become_words(void **state)
{
    (void)state;
    set("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://lb");
    write_file(".aws/config", "[default]\nservices = s\n[services s]\nroute_53 =\n  endpoint_url = http://r53\n");
    struct dr_aws_settings *settings = open_settings(NULL);
    assert_string_equal(dr_aws_settings_endpoint_url(settings, "Elastic Load Balancing v2"), "http://lb");
    assert_string_equal(dr_aws_settings_endpoint_url(settings, "Route 53"), "http://r53");
    assert_null(dr_aws_settings_endpoint_url(settings, "S3"));
    dr_aws_settings_free(settings);
}

static void write_section(struct dr_text *text, const char *kind, const char *name, const json_t *section)
{
    dr_text_printf(text, "[%s %s]\n", kind, name);
    const char *key, *inner;
    json_t *value, *nested;
    union {
        const json_t *frozen;
        json_t *iterable;
    } same = {.frozen = section};
    json_object_foreach(same.iterable, key, value)
    {
        dr_text_printf(text, "%s = %s\n", key, json_is_string(value) ? json_string_value(value) : "");
        json_object_foreach(value, inner, nested)
            dr_text_printf(text, "    %s = %s\n", inner, json_string_value(nested));
    }
}

static size_t check_suite(json_t *suite)
{
    size_t index, count = 0;
    const char *name;
    json_t *test, *section;
    struct dr_text text = {0};
    json_object_foreach(json_object_get(suite, "profiles"), name, section)
        write_section(&text, "profile", name, section);
    json_object_foreach(json_object_get(suite, "services"), name, section)
        write_section(&text, "services", name, section);
    json_array_foreach(json_object_get(suite, "endpointUrlTests"), index, test)
    {
        const char *service = json_string_value(json_object_get(test, "service"));
        const char *title = json_string_value(json_object_get(test, "name"));
        json_t *client = json_object_get(json_object_get(suite, "client_configs"),
                                         json_string_value(json_object_get(test, "client_config")));
        begin(NULL);
        json_object_update(variables, json_object_get(json_object_get(suite, "environments"),
                                                      json_string_value(json_object_get(test, "environment"))));
        write_file(".aws/config", text.bytes);
        struct dr_aws_settings *settings = dr_aws_settings_new(&(struct dr_aws_settings_options){
            .environment = environment,
            .profile = json_string_value(json_object_get(test, "profile")),
            .endpoint_url = json_string_value(json_object_get(client, "endpoint_url")),
            .ignore_endpoint_urls = json_is_true(json_object_get(client, "ignore_configured_endpoint_urls")),
        });
        /* The suite says "dynamodb" for the service id "DynamoDB": the same word. */
        const char *is = dr_aws_settings_endpoint_url(settings, service);
        const char *must = json_string_value(json_object_get(json_object_get(test, "output"), "endpointUrl"));
        if (must && strstr(must, ".fake-region-10.amazonaws.com"))
            must = NULL; /* what the rule set gives, where nothing is configured */
        if (!is != !must || (is && strcmp(is, must) != 0))
            fail_msg("%s: %s instead of %s", title, is ? is : "(none)", must ? must : "(none)");
        assert_null(dr_aws_settings_problem(settings));
        dr_aws_settings_free(settings);
        count++;
    }
    dr_text_done(&text);
    return count;
}

static void configured_endpoints_follow_the_vectors(void **state)
{
    (void)state;
    char *path = dr_lab_vectors("aws-endpoints/configured-endpoint-urls.json");
    if (!path) {
        print_message("skipped: the vectors are not there\n");
        skip();
    }
    json_t *vectors = dr_lab_load(path), *suite;
    size_t index, count = 0;
    assert_non_null(vectors);
    json_array_foreach(json_object_get(vectors, "testSuites"), index, suite) count += check_suite(suite);
    assert_true(count >= 20);
    json_decref(vectors);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files_as_the_sdks_do),
        cmocka_unit_test(a_nul_byte_is_a_broken_line),
        cmocka_unit_test(files_are_bounded),
        cmocka_unit_test(problems_never_quote_the_file),
        cmocka_unit_test(splits_command_lines_as_the_sdks_do),
        cmocka_unit_test_setup(the_credentials_files_keys_win, begin),
        cmocka_unit_test_setup(no_files_are_no_mistake, begin),
        cmocka_unit_test_setup(files_may_be_elsewhere, begin),
        cmocka_unit_test_setup(a_file_that_cannot_be_read_is_told, begin),
        cmocka_unit_test_setup(without_home_the_system_is_asked, begin),
        cmocka_unit_test_setup(broken_lines_of_both_files_are_told, begin),
        cmocka_unit_test_setup(a_profile_that_is_named_must_be_there, begin),
        cmocka_unit_test_setup(a_services_section_that_is_named_must_be_there, begin),
        cmocka_unit_test_setup(the_region_comes_from_the_environment_first, begin),
        cmocka_unit_test_setup(service_ids_become_words, begin),
        cmocka_unit_test_setup(configured_endpoints_follow_the_vectors, begin),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}

#include "interpreter/runtime/curl_api.h"

#include "interpreter/base/text.h"

#include <dlfcn.h>
#include <string.h>

enum {
    VERSION_MIN = 0x075500,           /* 7.85.0: CURLOPT_PROTOCOLS_STR and CURLOPT_PREREQFUNCTION */
    FORGETS_HEADERS_SINCE = 0x080200, /* 8.2.0 */
};

static const struct symbol {
    const char *name;
    size_t offset;
} symbols[] = {
#define DR_CURL(name) {"curl_" #name, offsetof(struct dr_curl, name)},
#include "interpreter/runtime/curl_api.def"
#undef DR_CURL
};

static bool find_symbols(void *library, struct dr_curl *curl, char **ret_problem)
{
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *address = dlsym(library, symbols[i].name);
        if (!address) {
            *ret_problem = dr_format("libcurl has no %s", symbols[i].name);
            return false;
        }
        memcpy((char *)curl + symbols[i].offset, &address, sizeof address);
    }
    return true;
}

const struct dr_curl *dr_curl_load(char **ret_problem)
{
    static struct dr_curl loaded;
    static bool is_loaded;
    if (is_loaded)
        return &loaded;
    struct dr_curl curl;
    void *library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        *ret_problem = dr_format("HTTP requests need libcurl: %s", dlerror());
        return NULL;
    }
    if (!find_symbols(library, &curl, ret_problem))
        return NULL;
    const curl_version_info_data *version = curl.version_info(CURLVERSION_NOW);
    if (version->version_num < VERSION_MIN) {
        *ret_problem = dr_format("HTTP requests need libcurl 7.85.0 or later; this is %s", version->version);
        return NULL;
    }
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        *ret_problem = dr_copy_string("libcurl cannot be initialised");
        return NULL;
    }
    curl.forgets_headers = version->version_num >= FORGETS_HEADERS_SINCE;
    loaded = curl;
    is_loaded = true;
    return &loaded;
}

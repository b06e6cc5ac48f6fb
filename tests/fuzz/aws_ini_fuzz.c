/* The reader of ~/.aws/config and ~/.aws/credentials: whatever comes, it ends, and what it gives are strings that JSON
 * can hold. */
#include "tests/fuzz/target.h"

#include "interpreter/base/text.h"
#include "providers/aws/credentials/ini.h"
#include "providers/aws/credentials/words.h"

#include <assert.h>
#include <string.h>

static void read_both(const char *bytes, size_t size, bool credentials)
{
    struct dr_aws_ini *ini = dr_aws_ini_parse("f", bytes, size, credentials);
    const char *problem = dr_aws_ini_problem(ini);
    assert(!problem || strncmp(problem, "f:", 2) == 0);
    for (size_t i = 0;; i++) {
        const char *name = dr_aws_ini_section(ini, "profile", i);
        if (!name)
            break;
        assert(dr_aws_ini_has(ini, "profile", name) || strcmp(name, "default") == 0);
        const char *value = dr_aws_ini_get(ini, "profile", name, "a");
        json_t *text = json_string(value ? value : "");
        assert(text);
        json_decref(text);
    }
    dr_aws_ini_free(ini);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct dr_aws_words words;
    const char *text = (const char *)bytes;
    read_both(text, size, false);
    read_both(text, size, true);
    if (!memchr(bytes, '\0', size)) {
        const char *problem = dr_aws_words_split(&words, text, size);
        assert(!problem || words.count == 0);
        dr_aws_words_done(&words);
    }
    return 0;
}

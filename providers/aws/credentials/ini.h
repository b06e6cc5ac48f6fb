/* A parsed ~/.aws/config or ~/.aws/credentials: sections of keys, some of them with nested keys. What the SDKs agree
 * on, and where they differ what the most lenient of them accepts (docs/reference/aws/credentials.md).
 * (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html) */
#ifndef DRRUN_PROVIDERS_AWS_CREDENTIALS_INI_H
#define DRRUN_PROVIDERS_AWS_CREDENTIALS_INI_H

#include <stdbool.h>
#include <stddef.h>

struct dr_aws_ini;

/* `name` is the file's, for messages. `credentials`: the names of sections are the profiles' names as they are; else
 * they are "default", "profile NAME", "sso-session NAME", "services NAME". Never NULL: lines that are broken are left
 * out and told by dr_aws_ini_problem(). */
struct dr_aws_ini *dr_aws_ini_parse(const char *name, const char *bytes, size_t size, bool credentials);
void dr_aws_ini_free(struct dr_aws_ini *ini); /* NULL is fine; wiped */

/* One line for each broken line, "FILE:LINE:COLUMN: what is wrong", without any of its text, which may be a secret.
 * NULL: none. */
const char *dr_aws_ini_problem(const struct dr_aws_ini *ini);

/* Sections of the same kind and name are one; of a key given twice the last counts; [profile default] hides [default].
 * `key` in lower case, for a nested one "outer.inner". NULL: none. Borrowed. */
const char *dr_aws_ini_get(const struct dr_aws_ini *ini, const char *kind, const char *section, const char *key);
bool dr_aws_ini_has(const struct dr_aws_ini *ini, const char *kind, const char *section);
/* The name of the `index`-th section of a kind, in the order of the file, maybe repeatedly; NULL: there are no more. */
const char *dr_aws_ini_section(const struct dr_aws_ini *ini, const char *kind, size_t index);

#endif

/* A command line as a list of words, split as the SDKs split credential_process and section names: quotes and
 * backslashes as in a POSIX shell, and nothing else of a shell. */
#ifndef DRRUN_PROVIDERS_AWS_CREDENTIALS_WORDS_H
#define DRRUN_PROVIDERS_AWS_CREDENTIALS_WORDS_H

#include <stddef.h>

struct dr_aws_words {
    char **items; /* NULL-terminated, as exec wants it; NULL if there is none */
    size_t count;
};

/* Splits the first `size` bytes of `text`. NULL, or what is wrong with it (static): then there are no words. Source:
 * Python's shlex.split, which botocore uses; the other SDKs hand the text to a shell, with the same result for what
 * needs no shell. */
const char *dr_aws_words_split(struct dr_aws_words *words, const char *text, size_t size);
void dr_aws_words_done(struct dr_aws_words *words); /* wiped: a password may be among them */

#endif

/* The models' patterns: regular expressions of Java's kind, as PCRE2 takes them. */
#ifndef DRRUN_PROVIDERS_AWS_INTEGRATION_PATTERN_H
#define DRRUN_PROVIDERS_AWS_INTEGRATION_PATTERN_H

/* Owned by the caller. NULL: not one that can be used (a class of classes, a pattern that is plainly broken in the
 * model). A pattern without any anchor of its own stands for the whole value, as AWS's services take it. What comes
 * out need not compile: then it is as good as none (interpreter/definition/schema.c). */
char *dr_aws_pattern(const char *java);

#endif

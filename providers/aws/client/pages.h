/* Pages: what a paginator of the service model says about going on, and the joining of what came. Pure: the caller
 * sends the requests.
 *
 *     struct dr_aws_pages *pages = dr_aws_pages_new(operation->paginator_text, input, &problem);
 *     do send dr_aws_pages_input(pages);
 *     while (dr_aws_pages_take(pages, output, body_bytes, &problem) == DR_AWS_PAGES_MORE);
 *     json_t *joined = dr_aws_pages_result(pages);
 *
 * The result has the paginator's result keys joined over all pages (lists one after the other, texts too, numbers
 * added) and the first page's non-aggregate keys, as botocore's build_full_result() gives it: neither tokens nor
 * counts of one page. Paths are JMESPath's fields, indices and `||`, which is all that the models use. */
#ifndef DRRUN_PROVIDERS_AWS_CLIENT_PAGES_H
#define DRRUN_PROVIDERS_AWS_CLIENT_PAGES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct dr_aws_pages;

/* `input` is shared. NULL with `ret_problem` (owned by the caller): the paginator is none, which is the model's
 * mistake. */
struct dr_aws_pages *dr_aws_pages_new(const char *paginator_text, const json_t *input, char **ret_problem);
void dr_aws_pages_free(struct dr_aws_pages *pages); /* NULL is fine */

/* Of the next request; borrowed until the next take. */
const json_t *dr_aws_pages_input(const struct dr_aws_pages *pages);

enum dr_aws_pages_step {
    DR_AWS_PAGES_MORE,
    DR_AWS_PAGES_DONE,
    DR_AWS_PAGES_BROKEN, /* with `ret_problem`: the same token again, more announced without a token, too much */
};
enum dr_aws_pages_step dr_aws_pages_take(struct dr_aws_pages *pages, const json_t *output, size_t bytes,
                                         char **ret_problem);

json_t *dr_aws_pages_result(const struct dr_aws_pages *pages); /* a new reference, an object */
unsigned dr_aws_pages_count(const struct dr_aws_pages *pages);

/* The value at `path` ("NextMarker || Contents[-1].Key") in `value`, borrowed; NULL: there is none, or it is null. For
 * tests, which compare it with JMESPath itself. */
const json_t *dr_aws_pages_search(const char *path, const json_t *value);

#endif

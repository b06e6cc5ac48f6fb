/* Buckets that are in another Region than the caller thought. */
#include "providers/aws/client/bucket.h"

#include <stdlib.h>
#include <string.h>

enum { REGION_BYTES_MAX = 40 };

const char *dr_aws_bucket(const struct dr_aws_operation *operation, const json_t *input)
{
    if (strcmp(operation->model->service_id, "S3") != 0)
        return NULL;
    const char *bucket = json_string_value(json_object_get(input, "Bucket"));
    return bucket && strncmp(bucket, "arn:", 4) != 0 ? bucket : NULL;
}

bool dr_aws_bucket_moved(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer,
                         const struct dr_aws_error *error)
{
    if (answer->status == 301 || answer->status == 302 || answer->status == 307 ||
        strcmp(error->code, "PermanentRedirect") == 0)
        return true;
    bool names_one = dr_aws_headers_find(answer->headers, answer->header_count, "x-amz-bucket-region") != NULL;
    if (strcmp(error->code, "AuthorizationHeaderMalformed") == 0) {
        char *region = dr_aws_bucket_region(answer);
        bool known = region != NULL;
        free(region);
        return known;
    }
    /* An answer to HEAD has no body that could say AuthorizationHeaderMalformed. */
    return answer->status == 400 &&
           (strcmp(operation->name, "HeadObject") == 0 || (strcmp(operation->name, "HeadBucket") == 0 && names_one));
}

/* It becomes a part of a host's name. */
static char *as_region(const char *text, size_t size)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (size == 0 || size > REGION_BYTES_MAX || strspn(text, allowed) < size || text[0] == '-' || text[size - 1] == '-')
        return NULL;
    return dr_copy_bytes(text, size);
}

char *dr_aws_bucket_region(const struct dr_aws_answer *answer)
{
    const char *header = dr_aws_headers_find(answer->headers, answer->header_count, "x-amz-bucket-region");
    if (header)
        return as_region(header, strlen(header));
    static const char begin[] = "<Region>";
    const char *at = answer->body_size ? memmem(answer->body, answer->body_size, begin, sizeof begin - 1) : NULL;
    if (!at)
        return NULL;
    at += sizeof begin - 1;
    const char *end = memchr(at, '<', (size_t)(answer->body + answer->body_size - at));
    return end ? as_region(at, (size_t)(end - at)) : NULL;
}

const char *dr_aws_bucket_known(const struct dr_aws *aws, const char *bucket)
{
    return json_string_value(json_object_get(aws->bucket_regions, bucket));
}

void dr_aws_bucket_learn(struct dr_aws *aws, const char *bucket, const char *region)
{
    if (!aws->bucket_regions)
        aws->bucket_regions = json_object();
    json_object_set_new_nocheck(aws->bucket_regions, bucket, json_string_nocheck(region));
}

/* The simulated S3: bytes, versions, conditions, lists, parts, and what replication does in time. */
#include "tests/support/simulated.h"

#include "interpreter/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WORLD                                                                                                          \
    "Account: '111122223333'\n"                                                                                        \
    "Regions:\n"                                                                                                       \
    "  us-east-1: { s3: { Buckets: { shop-east: { ReplicateTo: { Bucket: shop-west, Lag: 20 }, Objects: { a.txt: "     \
    "hello } } } } }\n"                                                                                                \
    "  us-west-2: { s3: { Buckets: { shop-west: {}, plain: {} } } }\n"
#define EAST "us-east-1"
#define WEST "us-west-2"

static struct dr_simulated world;

static int open_world(void **state)
{
    (void)state;
    dr_simulated_open(&world, WORLD);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    dr_simulated_close(&world);
    return 0;
}

static json_t *sure(const char *region, const char *operation, const char *input)
{
    return dr_simulated_expect(&world, region, "s3", operation, input, NULL);
}

static void fails(const char *region, const char *operation, const char *input, const char *code)
{
    json_decref(dr_simulated_expect(&world, region, "s3", operation, input, code));
}

static void says(const char *region, const char *operation, const char *input, const char *pointer, const char *wanted)
{
    json_t *answer = sure(region, operation, input);
    assert_string_equal(dr_simulated_text(answer, pointer), wanted);
    json_decref(answer);
}

static void bytes_come_back_as_they_went(void **state)
{
    (void)state;
    says(WEST, "PutObject",
         "{'Bucket': 'plain', 'Key': 'b//in ä', 'Body': {'Base64': 'AP8B/g=='}, 'Metadata': {'who': 'me'}}", "/ETag",
         "\"e60bc83b2d77afcd721b626437a3b805\"");
    json_t *got = sure(WEST, "GetObject", "{'Bucket': 'plain', 'Key': 'b//in ä', 'ChecksumMode': 'ENABLED'}");
    assert_string_equal(dr_simulated_text(got, "/Body"), "AP8B/g==");
    assert_string_equal(dr_simulated_text(got, "/Metadata/who"), "me");
    assert_int_equal(strlen(dr_simulated_text(got, "/ChecksumCRC32")), 8);
    json_decref(got);
    json_decref(sure(WEST, "PutObject",
                     "{'Bucket': 'plain', 'Key': 'text', 'Body': '0123456789', 'ContentType': 'text/plain'}"));
    got = sure(WEST, "GetObject", "{'Bucket': 'plain', 'Key': 'text', 'Range': 'bytes=2-4'}");
    assert_string_equal(dr_simulated_text(got, "/Body"), "234");
    assert_string_equal(dr_simulated_text(got, "/ContentRange"), "bytes 2-4/10");
    json_decref(got);
    says(WEST, "GetObject", "{'Bucket': 'plain', 'Key': 'text', 'Range': 'bytes=-3'}", "/Body", "789");
    fails(WEST, "GetObject", "{'Bucket': 'plain', 'Key': 'text', 'Range': 'bytes=10-'}", "InvalidRange");
    fails(WEST, "GetObject", "{'Bucket': 'plain', 'Key': 'none'}", "NoSuchKey");
    fails(WEST, "GetObject", "{'Bucket': 'no-such-bucket', 'Key': 'none'}", "NoSuchBucket");
    got = dr_simulated_call(&world, WEST, "s3", "HeadObject", "{'Bucket': 'plain', 'Key': 'none'}");
    assert_int_equal(json_integer_value(dr_simulated_at(got, "/Error/Status")), 404);
    json_decref(got);
    got = sure(WEST, "HeadObject", "{'Bucket': 'plain', 'Key': 'text'}");
    assert_int_equal(json_integer_value(json_object_get(got, "ContentLength")), 10);
    json_decref(got);
    fails(WEST, "PutObject",
          "{'Bucket': 'plain', 'Key': 'text', 'Body': 'x', 'ContentMD5': 'AAAAAAAAAAAAAAAAAAAAAA=='}", "BadDigest");
    fails(WEST, "GetObjectTorrent", "{'Bucket': 'plain', 'Key': 'text'}", "NotSimulated");
}

static void conditions_hold_or_fail(void **state)
{
    (void)state;
    const char *tag = "\\\"5d41402abc4b2a76b9719d911017c592\\\"";
    char *input = dr_format("{'Bucket': 'shop-east', 'Key': 'a.txt', 'IfMatch': '%s'}", tag);
    says(EAST, "GetObject", input, "/Body", "hello");
    free(input);
    fails(EAST, "GetObject", "{'Bucket': 'shop-east', 'Key': 'a.txt', 'IfMatch': 'x'}", "PreconditionFailed");
    input = dr_format("{'Bucket': 'shop-east', 'Key': 'a.txt', 'IfNoneMatch': '%s'}", tag);
    json_t *answer = dr_simulated_call(&world, EAST, "s3", "GetObject", input);
    assert_int_equal(json_integer_value(dr_simulated_at(answer, "/Error/Status")), 304);
    json_decref(answer);
    free(input);
    fails(EAST, "GetObject", "{'Bucket': 'shop-east', 'Key': 'a.txt', 'IfUnmodifiedSince': '2020-01-01T00:00:00Z'}",
          "PreconditionFailed");
    says(EAST, "CopyObject", "{'Bucket': 'shop-east', 'Key': 'b.txt', 'CopySource': 'shop-west/a.txt'}",
         "/CopyObjectResult/ETag", "\"5d41402abc4b2a76b9719d911017c592\"");
    fails(EAST, "CopyObject", "{'Bucket': 'shop-east', 'Key': 'a.txt', 'CopySource': 'shop-east/a.txt'}",
          "InvalidRequest");
}

static void a_bucket_is_in_its_region(void **state)
{
    (void)state;
    json_t *answer = dr_simulated_call(&world, EAST, "s3", "GetObject", "{'Bucket': 'plain', 'Key': 'x'}");
    const char *code = dr_simulated_text(answer, "/Error/Code"); /* the client may have followed the redirect */
    assert_true(strcmp(code, "PermanentRedirect") == 0 || strcmp(code, "NoSuchKey") == 0);
    json_decref(answer);
    says(WEST, "GetBucketLocation", "{'Bucket': 'plain'}", "/LocationConstraint", "us-west-2");
    says(WEST, "ListBuckets", "{}", "/Buckets/2/Name", "shop-west");
    fails(WEST, "CreateBucket", "{'Bucket': 'new-one'}", "IllegalLocationConstraintException");
    json_decref(sure(WEST, "CreateBucket",
                     "{'Bucket': 'new-one', 'CreateBucketConfiguration': {'LocationConstraint': 'us-west-2'}}"));
    fails(WEST, "CreateBucket",
          "{'Bucket': 'new-one', 'CreateBucketConfiguration': {'LocationConstraint': 'us-west-2'}}",
          "BucketAlreadyOwnedByYou");
    fails(EAST, "DeleteBucket", "{'Bucket': 'shop-east'}", "BucketNotEmpty");
    json_decref(sure(WEST, "DeleteBucket", "{'Bucket': 'new-one'}"));
    json_decref(sure(EAST, "HeadBucket", "{'Bucket': 'shop-east'}"));
    fails(EAST, "GetBucketPolicy", "{'Bucket': 'shop-east'}", "NoSuchBucketPolicy");
    fails(EAST, "GetBucketTagging", "{'Bucket': 'shop-east'}", "NoSuchTagSet");
    json_decref(
        sure(EAST, "PutBucketTagging", "{'Bucket': 'shop-east', 'Tagging': {'TagSet': [{'Key': 'a', 'Value': 'b'}]}}"));
    says(EAST, "GetBucketTagging", "{'Bucket': 'shop-east'}", "/TagSet/0/Value", "b");
    json_t *block = sure(EAST, "GetPublicAccessBlock", "{'Bucket': 'shop-east'}");
    assert_true(json_is_true(dr_simulated_at(block, "/PublicAccessBlockConfiguration/BlockPublicAcls")));
    json_decref(block);
}

static void versions_stay_below_delete_markers(void **state)
{
    (void)state;
    json_t *put = sure(EAST, "PutObject", "{'Bucket': 'shop-east', 'Key': 'a.txt', 'Body': 'new'}");
    char *id = dr_copy_string(dr_simulated_text(put, "/VersionId"));
    json_decref(put);
    json_t *gone = sure(EAST, "DeleteObject", "{'Bucket': 'shop-east', 'Key': 'a.txt'}");
    assert_true(json_is_true(json_object_get(gone, "DeleteMarker")));
    fails(EAST, "GetObject", "{'Bucket': 'shop-east', 'Key': 'a.txt'}", "NoSuchKey");
    char *input = dr_format("{'Bucket': 'shop-east', 'Key': 'a.txt', 'VersionId': '%s'}", id);
    says(EAST, "GetObject", input, "/Body", "new");
    free(input);
    json_t *list = sure(EAST, "ListObjectVersions", "{'Bucket': 'shop-east'}");
    assert_int_equal(json_array_size(json_object_get(list, "Versions")), 2);
    assert_int_equal(json_array_size(json_object_get(list, "DeleteMarkers")), 1);
    json_decref(list);
    input =
        dr_format("{'Bucket': 'shop-east', 'Key': 'a.txt', 'VersionId': '%s'}", dr_simulated_text(gone, "/VersionId"));
    json_decref(sure(EAST, "DeleteObject", input));
    free(input);
    json_decref(gone);
    says(EAST, "GetObject", "{'Bucket': 'shop-east', 'Key': 'a.txt'}", "/Body", "new");
    free(id);
}

static void lists_go_page_by_page(void **state)
{
    (void)state;
    const char *keys[] = {"a", "b/1", "b/2", "c d/x", "e"};
    for (size_t i = 0; i < 5; i++) {
        char *input = dr_format("{'Bucket': 'plain', 'Key': '%s', 'Body': 'x'}", keys[i]);
        json_decref(sure(WEST, "PutObject", input));
        free(input);
    }
    struct dr_text seen = {0};
    char *token = NULL;
    do {
        char *input =
            token ? dr_format("{'Bucket': 'plain', 'Delimiter': '/', 'MaxKeys': 1, 'ContinuationToken': '%s'}", token)
                  : dr_copy_string("{'Bucket': 'plain', 'Delimiter': '/', 'MaxKeys': 1}");
        json_t *page = sure(WEST, "ListObjectsV2", input);
        dr_text_printf(&seen, "%s%s,", dr_simulated_text(page, "/Contents/0/Key"),
                       dr_simulated_text(page, "/CommonPrefixes/0/Prefix"));
        free(input);
        free(token);
        token = json_object_get(page, "NextContinuationToken")
                    ? dr_copy_string(dr_simulated_text(page, "/NextContinuationToken"))
                    : NULL;
        json_decref(page);
    } while (token);
    assert_string_equal(seen.bytes, "a,b/,c d/,e,");
    dr_text_done(&seen);
    json_t *page = sure(WEST, "ListObjects", "{'Bucket': 'plain', 'Prefix': 'b/', 'MaxKeys': 1}");
    assert_string_equal(dr_simulated_text(page, "/Contents/0/Key"), "b/1");
    assert_true(json_is_true(json_object_get(page, "IsTruncated")));
    json_decref(page);
    fails(WEST, "ListObjectsV2", "{'Bucket': 'plain', 'ContinuationToken': 'xyz'}", "InvalidArgument");
    json_t *gone =
        sure(WEST, "DeleteObjects", "{'Bucket': 'plain', 'Delete': {'Objects': [{'Key': 'a'}, {'Key': 'none'}]}}");
    assert_int_equal(json_array_size(json_object_get(gone, "Deleted")), 2);
    json_decref(gone);
}

static void parts_become_an_object(void **state)
{
    (void)state;
    json_t *made =
        sure(WEST, "CreateMultipartUpload", "{'Bucket': 'plain', 'Key': 'big', 'ContentType': 'text/plain'}");
    const char *id = dr_simulated_text(made, "/UploadId");
    char *input =
        dr_format("{'Bucket': 'plain', 'Key': 'big', 'UploadId': '%s', 'PartNumber': 1, 'Body': 'hello'}", id);
    json_t *part = sure(WEST, "UploadPart", input);
    free(input);
    json_t *whole = json_pack("{s:s,s:s,s:s,s:{s:[{s:i,s:s}]}}", "Bucket", "plain", "Key", "big", "UploadId", id,
                              "MultipartUpload", "Parts", "PartNumber", 1, "ETag", dr_simulated_text(part, "/ETag"));
    input = json_dumps(whole, 0);
    says(WEST, "CompleteMultipartUpload", input, "/ETag", "\"62109206880d38a4010a98e11243924a-1\"");
    fails(WEST, "CompleteMultipartUpload", input, "NoSuchUpload");
    free(input);
    json_decref(whole);
    json_decref(part);
    json_decref(made);
    says(WEST, "GetObject", "{'Bucket': 'plain', 'Key': 'big'}", "/Body", "hello");
}

static void what_is_written_arrives_after_the_lag(void **state)
{
    (void)state;
    says(WEST, "GetObject", "{'Bucket': 'shop-west', 'Key': 'a.txt'}", "/ReplicationStatus", "REPLICA");
    json_decref(sure(EAST, "PutObject", "{'Bucket': 'shop-east', 'Key': 'n', 'Body': 'new'}"));
    says(EAST, "HeadObject", "{'Bucket': 'shop-east', 'Key': 'n'}", "/ReplicationStatus", "PENDING");
    fails(WEST, "GetObject", "{'Bucket': 'shop-west', 'Key': 'n'}", "NoSuchKey");
    dr_simulated_wait(&world, 21);
    says(EAST, "HeadObject", "{'Bucket': 'shop-east', 'Key': 'n'}", "/ReplicationStatus", "COMPLETED");
    says(WEST, "GetObject", "{'Bucket': 'shop-west', 'Key': 'n'}", "/Body", "new");
    unsigned id = dr_simulated_fault(&world, "{'Fault': 'ReplicationStalled', 'Service': 's3', 'Region': 'us-east-1'}");
    json_decref(sure(EAST, "PutObject", "{'Bucket': 'shop-east', 'Key': 'late', 'Body': 'late'}"));
    dr_simulated_wait(&world, 100);
    says(EAST, "HeadObject", "{'Bucket': 'shop-east', 'Key': 'late'}", "/ReplicationStatus", "PENDING");
    dr_sim_fault_end(world.cloud, id);
    dr_simulated_wait(&world, 2);
    says(WEST, "GetObject", "{'Bucket': 'shop-west', 'Key': 'late'}", "/Body", "late");
    json_t *rules = sure(EAST, "GetBucketReplication", "{'Bucket': 'shop-east'}");
    assert_string_equal(dr_simulated_text(rules, "/ReplicationConfiguration/Rules/0/Destination/Bucket"),
                        "arn:aws:s3:::shop-west");
    json_decref(rules);
    fails(WEST, "PutBucketReplication",
          "{'Bucket': 'plain', 'ReplicationConfiguration': {'Role': 'r', 'Rules': [{'Status': 'Enabled', "
          "'Destination': {'Bucket': 'arn:aws:s3:::shop-east'}}]}}",
          "InvalidRequest");
    char *problem = dr_simulated_problem("Regions: { us-east-1: { s3: { Buckets: { abc: { ReplicateTo: none } } } } }");
    assert_non_null(problem);
    free(problem);
}

static const char map[] =
    "Runbook: { Name: m, Region: us-west-2 }\n"
    "StartAt: All\n"
    "States:\n"
    "  All:\n"
    "    Type: Map\n"
    "    ItemReader: { Resource: 'arn:aws:states:::s3:getObject', ReaderConfig: { InputType: JSON }, Parameters: { "
    "Bucket: plain, Key: items.json } }\n"
    "    ItemProcessor: { ProcessorConfig: { Mode: DISTRIBUTED, ExecutionType: STANDARD }, StartAt: P, States: { P: { "
    "Type: Pass, End: true } } }\n"
    "    ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: plain, Prefix: out } }\n"
    "    End: true\n";

static void a_map_reads_and_writes_objects(void **state)
{
    (void)state;
    json_decref(sure(WEST, "PutObject", "{'Bucket': 'plain', 'Key': 'items.json', 'Body': '[1, 2, 3]'}"));
    for (int run = 0; run < 2; run++) {
        if (run == 1)
            dr_simulated_fault(&world, "{'Fault': 'Throttled', 'Service': 's3', 'Count': 1}");
        json_t *result = dr_simulated_runbook(&world, map, "{}");
        if (strcmp(dr_simulated_text(result, "/status"), "SUCCEEDED") != 0)
            fail_msg("%s", json_dumps(result, 0));
        const char *key = dr_simulated_text(result, "/output/ResultWriterDetails/Key");
        char *input = dr_format("{'Bucket': 'plain', 'Key': '%s'}", key);
        json_t *manifest = sure(WEST, "GetObject", input);
        assert_non_null(strstr(dr_simulated_text(manifest, "/Body"), "SUCCEEDED_0.json"));
        json_decref(manifest);
        free(input);
        json_decref(result);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(bytes_come_back_as_they_went),
        TEST(conditions_hold_or_fail),
        TEST(a_bucket_is_in_its_region),
        TEST(versions_stay_below_delete_markers),
        TEST(lists_go_page_by_page),
        TEST(parts_become_an_object),
        TEST(what_is_written_arrives_after_the_lag),
        TEST(a_map_reads_and_writes_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

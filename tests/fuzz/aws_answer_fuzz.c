/* AWS answers: the first byte chooses the protocol and the operation of a small model, the second the status, the third
 * a header, the rest is the body (of an event stream: a message's headers and payload, in a frame that fits). */
#include "tests/fuzz/target.h"
#include "tests/support/aws_small_model.h"

#include "interpreter/base/limits.h"
#include "providers/aws/protocol/protocol.h"

#include <assert.h>
#include <zlib.h>

enum { PROTOCOLS = 5 };
static const char *const protocols[PROTOCOLS] = {"query", "ec2", "json", "rest-json", "rest-xml"};
static const int statuses[] = {200, 200, 204, 206, 304, 400, 404, 503};
static const char *const headers[] = {"x-amzn-errortype", "x-amzn-query-error", "x-amz-meta-a", "X-Names",
                                      "X-Dates",          "Content-Length",     "X-Extra",      "x-amzn-requestid"};

static const struct dr_aws_operation *choose_operation(uint8_t choice)
{
    static const struct dr_aws_model *models[PROTOCOLS];
    static struct dr_aws_models *owner;
    if (!owner)
        owner = dr_aws_models_new(NULL);
    size_t protocol = choice % PROTOCOLS;
    if (!models[protocol])
        models[protocol] = dr_small_model(owner, protocols[protocol]);
    assert(models[protocol]);
    size_t operation = choice / PROTOCOLS % models[protocol]->operation_count;
    return dr_aws_model_operation(models[protocol], models[protocol]->operation_names[operation]);
}

static void add_number(struct dr_text *text, uint64_t value)
{
    for (size_t i = 4; i-- > 0;)
        dr_text_putc(text, (char)(value >> 8 * i & 0xff));
}

/* The bytes as headers, up to the first 0xff, and payload of one message, whose sizes and checksums are right. */
static void add_frame(struct dr_text *frame, const char *bytes, size_t size)
{
    const char *end = size > 0 ? memchr(bytes, 0xff, size) : NULL;
    size_t header_size = end ? (size_t)(end - bytes) : size;
    add_number(frame, 16 + size);
    add_number(frame, header_size);
    add_number(frame, crc32(0, (const unsigned char *)frame->bytes, 8));
    dr_text_add(frame, bytes, size);
    add_number(frame, crc32_z(0, (const unsigned char *)frame->bytes, frame->size));
}

static void check_printable(const json_t *value)
{
    struct dr_text text = {0};
    assert(json_is_object(value));
    assert(dr_text_json(&text, value, SIZE_MAX));
    json_t *again = dr_json_parse(text.bytes, text.size, NULL);
    assert(again); /* the journal can read it back */
    json_decref(again);
    dr_text_done(&text);
}

static void check_text(const char *text)
{
    json_t *string = json_string(text);
    assert(string); /* it is UTF-8 */
    json_decref(string);
}

static void check_answer(const struct dr_aws_operation *operation, const struct dr_aws_answer *answer)
{
    struct dr_aws_error error;
    char *problem = NULL;
    json_t *output = dr_aws_parse(operation, answer, &problem);
    assert(!output == !!problem);
    if (output)
        check_printable(output);
    else
        check_text(problem);
    (void)dr_aws_answer_is_error(operation, answer);
    dr_aws_parse_error(operation, answer, &error);
    assert(error.code && error.code[0] && error.message && error.request_id);
    check_text(error.code);
    check_text(error.message);
    check_text(error.request_id);
    check_printable(error.details);
    dr_aws_error_done(&error);
    json_decref(output);
    free(problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 3)
        return 0;
    const struct dr_aws_operation *operation = choose_operation(bytes[0]);
    char *body = dr_copy_bytes((const char *)bytes + 3, size - 3); /* an own block, so that sanitizers see its end */
    char *value = dr_copy_bytes(body, strcspn(body, "\n<{"));
    const struct dr_http_header header = {headers[bytes[2] % 8], value};
    struct dr_aws_answer answer = {.status = statuses[bytes[1] % 8],
                                   .headers = &header,
                                   .header_count = bytes[2] & 1,
                                   .body = body,
                                   .body_size = size - 3};
    check_answer(operation, &answer);
    if (strcmp(operation->name, "Watch") == 0) {
        struct dr_text frame = {0};
        add_frame(&frame, body, size - 3);
        answer.body = frame.bytes;
        answer.body_size = frame.size;
        check_answer(operation, &answer);
        dr_text_done(&frame);
    }
    free(value);
    free(body);
    return 0;
}

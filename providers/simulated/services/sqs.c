/* SQS: queues whose messages hide while somebody works on them, come back if nobody deletes them, and go to a
 * dead-letter queue in the end; FIFO queues with groups and deduplication.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ and
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
#include "providers/aws/protocol/checksum.h"
#include "providers/simulated/services/messages.h"
#include "providers/simulated/services/rows.h"

#include <openssl/evp.h>

extern const struct dr_sim_service dr_sim_sqs;

#define QUEUE "sqs.queue"
#define PAGE_MAX 1000
#define BATCH_MAX 10
#define DEDUPLICATION_MS (5 * 60 * 1000)
#define NO_QUEUE "AWS.SimpleQueueService.NonExistentQueue"

/* --- Queues --------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *name, *value;
} defaults[] = {
    {"VisibilityTimeout", "30"}, {"MaximumMessageSize", "262144"},       {"MessageRetentionPeriod", "345600"},
    {"DelaySeconds", "0"},       {"ReceiveMessageWaitTimeSeconds", "0"}, {"SqsManagedSseEnabled", "true"},
};

static bool is_fifo(const json_t *queue)
{
    return ends_with(row_text(queue, "_name"), ".fifo");
}

static int64_t setting(const json_t *queue, const char *name)
{
    return strtoll(row_text(json_object_get(queue, "_attributes"), name), NULL, 10);
}

static char *url_of(const char *account, const char *region, const char *name)
{
    return dr_format("https://sqs.%s.amazonaws.com/%s/%s", region, account, name);
}

/* "https://sqs.us-west-2.amazonaws.com/111122223333/jobs": the last two words are the account and the queue. */
static json_t *queue_of(struct dr_sim_call *call)
{
    const char *url = dr_sim_string(call, "QueueUrl", ""), *slash = strrchr(url, '/');
    const char *before = slash;
    while (before && before > url && before[-1] != '/')
        before--;
    char *account = slash ? dr_copy_bytes(before, (size_t)(slash - before)) : dr_copy_string(call->account);
    json_t *queue = dr_sim_find(call->cloud, account, call->region, QUEUE, slash ? slash + 1 : url);
    if (!queue)
        dr_sim_fail(call, 400, NO_QUEUE, "The specified queue does not exist for this wsdl version.");
    free(account);
    return queue;
}

static bool name_is_fine(const char *name)
{
    size_t size = strlen(name), stem = ends_with(name, ".fifo") ? size - 5 : size;
    bool good = stem > 0 && size <= 80;
    for (size_t i = 0; i < stem; i++)
        good = good && (strchr("_-", name[i]) || (name[i] >= '0' && name[i] <= '9') ||
                        ((name[i] | 0x20) >= 'a' && (name[i] | 0x20) <= 'z'));
    return good;
}

static json_t *make_queue(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name,
                          const json_t *attributes, int64_t now_ms)
{
    char *arn = dr_sim_arn("sqs", region, account, "%s", name);
    json_t *own = json_pack("{s:s}", "QueueArn", arn);
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        row_set_text(own, defaults[i].name, defaults[i].value);
    if (ends_with(name, ".fifo")) {
        row_set_text(own, "FifoQueue", "true");
        row_set_text(own, "ContentBasedDeduplication", "false");
    }
    const char *key;
    json_t *value;
    json_object_foreach(row_mutable(attributes), key, value) /* a world may write numbers */
    {
        char *text =
            json_is_string(value) ? dr_copy_string(json_string_value(value)) : json_dumps(value, JSON_ENCODE_ANY);
        row_give_text(own, key, text);
    }
    row_give_text(own, "CreatedTimestamp", dr_format("%lld", (long long)(now_ms / 1000)));
    row_give_text(own, "LastModifiedTimestamp", dr_format("%lld", (long long)(now_ms / 1000)));
    json_t *queue = json_pack("{s:s,s:o,s:[],s:{}}", "_name", name, "_attributes", own, "_messages", "_deduplicated");
    dr_sim_put(cloud, account, region, QUEUE, name, queue);
    free(arn);
    return queue;
}

static void create_queue(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "QueueName", ""), *key;
    const json_t *attributes = json_object_get(call->input, "Attributes");
    bool fifo = strcmp(row_text(attributes, "FifoQueue"), "true") == 0;
    json_t *queue = dr_sim_find(call->cloud, call->account, call->region, QUEUE, name), *value;
    if (!name_is_fine(name) || fifo != ends_with(name, ".fifo")) {
        dr_sim_fail(call, 0, "InvalidParameterValue",
                    fifo
                        ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
                          "must end with .fifo suffix and be 1 to 80 in length."
                        : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
        return;
    }
    json_object_foreach(row_mutable(attributes), key, value)
    {
        if (queue && !call->error &&
            strcmp(row_text(json_object_get(queue, "_attributes"), key), json_string_value(value)) != 0)
            dr_sim_fail(call, 400, "QueueAlreadyExists",
                        "A queue already exists with the same name and a different value for attribute %s", key);
    }
    if (call->error)
        return;
    if (!queue)
        queue = make_queue(call->cloud, call->account, call->region, name, attributes, call->now_ms);
    if (json_object_get(call->input, "tags"))
        json_object_set(queue, "_tags", json_object_get(call->input, "tags"));
    call->output = json_object();
    row_give_text(call->output, "QueueUrl", url_of(call->account, call->region, name));
}

static void delete_queue(struct dr_sim_call *call)
{
    const json_t *queue = queue_of(call);
    if (queue) {
        char *name = dr_copy_string(row_text(queue, "_name"));
        dr_sim_remove(call->cloud, call->account, call->region, QUEUE, name);
        free(name);
    }
}

static void get_queue_url(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "QueueName", ""),
               *owner = dr_sim_string(call, "QueueOwnerAWSAccountId", call->account);
    if (!dr_sim_find(call->cloud, owner, call->region, QUEUE, name)) {
        dr_sim_fail(call, 400, NO_QUEUE, "The specified queue does not exist for this wsdl version.");
        return;
    }
    call->output = json_object();
    row_give_text(call->output, "QueueUrl", url_of(owner, call->region, name));
}

static void list_queues(struct dr_sim_call *call)
{
    const char *prefix = dr_sim_string(call, "QueueNamePrefix", ""), *name;
    json_t *all = json_array(), *queue;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, QUEUE), name, queue)
    {
        char *url = url_of(call->account, call->region, name);
        if (strncmp(name, prefix, strlen(prefix)) == 0)
            json_array_append_new(all, json_string(url));
        free(url);
    }
    dr_sim_page(call, "QueueUrls", all, PAGE_MAX, "InvalidParameterValue");
    json_decref(all);
}

static void list_queue_tags(struct dr_sim_call *call)
{
    json_t *queue = queue_of(call);
    if (queue)
        call->output = json_pack("{s:O*}", "Tags", json_object_get(queue, "_tags"));
}

/* --- Messages ------------------------------------------------------------------------------------------------------
 */

static int64_t visible_at(const json_t *message)
{
    return row_int(message, "_visibleAt");
}

static bool in_flight(const json_t *message, int64_t now_ms)
{
    return visible_at(message) > now_ms && json_object_get(message, "ReceiptHandle");
}

/* Those older than the queue keeps them are gone. */
static json_t *messages_of(json_t *queue, int64_t now_ms)
{
    json_t *messages = json_object_get(queue, "_messages");
    int64_t oldest = now_ms - setting(queue, "MessageRetentionPeriod") * 1000;
    for (size_t i = json_array_size(messages); i-- > 0;)
        if (row_int(json_array_get(messages, i), "_sentAt") < oldest)
            json_array_remove(messages, i);
    return messages;
}

static char *md5_of(const char *bytes, size_t size)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    struct dr_text text = {0};
    EVP_Digest(bytes, size, sum, &count, EVP_md5(), NULL);
    for (unsigned i = 0; i < count; i++)
        dr_text_printf(&text, "%02x", sum[i]);
    return dr_text_take(&text);
}

static void add_sized(struct dr_text *text, const char *bytes, size_t size)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        dr_text_putc(text, (char)(size >> shift & 0xff));
    dr_text_add(text, bytes, size);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of names, types and values, sorted by name. Source: the Developer Guide, "Calculating the MD5 message digest for
 * message attributes". Owned; NULL: there are none. */
static char *md5_of_attributes(const json_t *attributes)
{
    size_t count = json_object_size(attributes), i = 0;
    if (count == 0)
        return NULL;
    const char **names = dr_alloc(count * sizeof *names), *name;
    json_t *attribute;
    struct dr_text all = {0};
    json_object_foreach(row_mutable(attributes), name, attribute) names[i++] = name;
    qsort(names, count, sizeof *names, by_name);
    for (i = 0; i < count; i++) {
        attribute = json_object_get(attributes, names[i]);
        const json_t *bytes = json_object_get(attribute, "BinaryValue");
        const json_t *value = bytes ? bytes : json_object_get(attribute, "StringValue");
        add_sized(&all, names[i], strlen(names[i]));
        add_sized(&all, row_text(attribute, "DataType"), strlen(row_text(attribute, "DataType")));
        dr_text_putc(&all, bytes ? 2 : 1);
        if (json_is_string(value)) {
            add_sized(&all, json_string_value(value), json_string_length(value));
        } else {
            struct dr_text raw = {0};
            struct dr_aws_writer writer = {0};
            struct dr_aws_place place = {0};
            if (value && dr_aws_write_bytes(&writer, &place, value, &raw))
                add_sized(&all, raw.bytes ? raw.bytes : "", raw.size);
            free(writer.problem);
            dr_text_done(&raw);
        }
    }
    char *sum = md5_of(all.bytes, all.size);
    dr_text_done(&all);
    free(names);
    return sum;
}

/* A row of the queue; the one that was sent before with the same deduplication id. Borrowed. */
static const json_t *put_message(struct dr_sim_cloud *cloud, json_t *queue, const struct dr_sim_message *message,
                                 const char *sender, int64_t now_ms)
{
    bool fifo = is_fifo(queue);
    json_t *known = json_object_get(queue, "_deduplicated");
    char *own_id =
        message->deduplication ? dr_copy_string(message->deduplication) : md5_of(message->body, strlen(message->body));
    const json_t *before = fifo ? json_object_get(known, own_id) : NULL;
    if (before && now_ms - row_int(before, "_sentAt") < DEDUPLICATION_MS) {
        free(own_id);
        return before;
    }
    char *id = dr_sim_uuid(cloud);
    json_t *row = json_pack("{s:s,s:s}", "MessageId", id, "Body", message->body);
    row_give_text(row, "MD5OfBody", md5_of(message->body, strlen(message->body)));
    if (json_object_size(message->attributes) > 0) {
        json_object_set_new(row, "MessageAttributes", dr_json_share(message->attributes));
        row_give_text(row, "MD5OfMessageAttributes", md5_of_attributes(message->attributes));
    }
    json_t *attributes = json_pack("{s:s}", "SenderId", sender);
    row_give_text(attributes, "SentTimestamp", dr_format("%lld", (long long)now_ms));
    if (fifo) {
        row_set_int(queue, "_sequence", row_int(queue, "_sequence") + 1);
        row_give_text(attributes, "SequenceNumber", dr_format("1%019lld", (long long)row_int(queue, "_sequence")));
        row_set_text(attributes, "MessageGroupId", message->group ? message->group : "");
        row_set_text(attributes, "MessageDeduplicationId", own_id);
        row_set_text(row, "_sequenceNumber", row_text(attributes, "SequenceNumber"));
    }
    json_object_set_new(row, "_attributes", attributes);
    int64_t delay_ms = message->delay_ms >= 0 ? message->delay_ms : setting(queue, "DelaySeconds") * 1000;
    row_set_int(row, "_sentAt", now_ms);
    row_set_int(row, "_visibleAt", now_ms + delay_ms);
    json_array_append_new(messages_of(queue, now_ms), row);
    if (fifo)
        json_object_set_new(known, own_id, json_copy(row));
    free(own_id);
    free(id);
    return row;
}

bool dr_sim_queue_send(struct dr_sim_cloud *cloud, const char *queue_arn, const struct dr_sim_message *message,
                       int64_t now_ms)
{
    char *region = arn_part(queue_arn, 3), *account = arn_part(queue_arn, 4), *name = arn_part(queue_arn, 5);
    json_t *queue = dr_sim_find(cloud, account, region, QUEUE, name);
    bool good = queue && !dr_sim_region_down(cloud, region) && (!is_fifo(queue) || message->group);
    if (good) {
        struct dr_sim_message own = *message;
        own.delay_ms = own.delay_ms > 0 ? own.delay_ms : -1;
        put_message(cloud, queue, &own, "AIDASIMULATED", now_ms);
    }
    free(region);
    free(account);
    free(name);
    return good;
}

/* One message of SendMessage or SendMessageBatch as answered; a new reference; NULL: the call has failed. */
static json_t *send_one(struct dr_sim_call *call, json_t *queue, const json_t *given)
{
    const char *body = row_text(given, "MessageBody"),
               *group = json_string_value(json_object_get(given, "MessageGroupId"));
    const char *deduplication = json_string_value(json_object_get(given, "MessageDeduplicationId"));
    const json_t *delay = json_object_get(given, "DelaySeconds");
    bool by_content = strcmp(row_text(json_object_get(queue, "_attributes"), "ContentBasedDeduplication"), "true") == 0;
    if (!*body)
        dr_sim_fail(call, 400, "MissingParameter", "The request must contain the parameter MessageBody.");
    else if ((int64_t)strlen(body) > setting(queue, "MaximumMessageSize"))
        dr_sim_fail(call, 400, "InvalidParameterValue",
                    "One or more parameters are invalid. Reason: Message must be shorter than %lld bytes.",
                    (long long)setting(queue, "MaximumMessageSize"));
    else if (is_fifo(queue) && !group)
        dr_sim_fail(call, 400, "MissingParameter", "The request must contain the parameter MessageGroupId.");
    else if (is_fifo(queue) && !deduplication && !by_content)
        dr_sim_fail(call, 400, "InvalidParameterValue",
                    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                    "explicitly");
    else if (is_fifo(queue) && delay)
        dr_sim_fail(call, 400, "InvalidParameterValue",
                    "Value %lld for parameter DelaySeconds is invalid. Reason: The request include parameter that is "
                    "not valid for this queue type.",
                    (long long)json_integer_value(delay));
    else if (delay && (json_integer_value(delay) < 0 || json_integer_value(delay) > 900))
        dr_sim_fail(call, 400, "InvalidParameterValue",
                    "Value %lld for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
                    (long long)json_integer_value(delay));
    if (call->error)
        return NULL;
    const struct dr_sim_message message = {
        .body = body,
        .attributes = json_object_get(given, "MessageAttributes"),
        .group = group,
        .deduplication = deduplication,
        .delay_ms = delay ? (int64_t)json_integer_value(delay) * 1000 : -1,
    };
    const json_t *row = put_message(call->cloud, queue, &message, "AIDASIMULATED", call->now_ms);
    json_t *answer =
        json_pack("{s:s,s:s}", "MessageId", row_text(row, "MessageId"), "MD5OfMessageBody", row_text(row, "MD5OfBody"));
    if (json_object_get(row, "MD5OfMessageAttributes"))
        row_set_text(answer, "MD5OfMessageAttributes", row_text(row, "MD5OfMessageAttributes"));
    if (json_object_get(row, "_sequenceNumber"))
        row_set_text(answer, "SequenceNumber", row_text(row, "_sequenceNumber"));
    return answer;
}

static void send_message(struct dr_sim_call *call)
{
    json_t *queue = queue_of(call);
    if (queue)
        call->output = send_one(call, queue, call->input);
}

/* --- Batches -------------------------------------------------------------------------------------------------------
 */

/* Does one entry: an answer without its Id (a new reference), or NULL and the call has failed. */
typedef json_t *entry_fn(struct dr_sim_call *call, json_t *queue, const json_t *entry);

static bool ids_differ(const json_t *entries)
{
    json_t *seen = json_object(), *entry;
    size_t i;
    json_array_foreach(entries, i, entry) json_object_set_new(seen, row_text(entry, "Id"), json_true());
    bool differ = json_object_size(seen) == json_array_size(entries);
    json_decref(seen);
    return differ;
}

static void batch(struct dr_sim_call *call, entry_fn *run)
{
    json_t *queue = queue_of(call), *entry;
    const json_t *entries = json_object_get(call->input, "Entries");
    size_t i;
    if (!queue)
        return;
    if (json_array_size(entries) == 0)
        dr_sim_fail(call, 400, "AWS.SimpleQueueService.EmptyBatchRequest",
                    "There should be at least one entry in the request.");
    else if (json_array_size(entries) > BATCH_MAX)
        dr_sim_fail(call, 400, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
                    "Maximum number of entries per request are 10. You have sent %zu.", json_array_size(entries));
    else if (!ids_differ(entries))
        dr_sim_fail(call, 400, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id repeated.");
    if (call->error)
        return;
    json_t *good = json_array(), *bad = json_array();
    json_array_foreach(entries, i, entry)
    {
        json_t *answer = run(call, queue, entry);
        if (answer) {
            row_set_text(answer, "Id", row_text(entry, "Id"));
            json_array_append_new(good, answer);
            continue;
        }
        json_array_append_new(bad, json_pack("{s:s,s:s,s:s,s:b}", "Id", row_text(entry, "Id"), "Code", call->error,
                                             "Message", call->message, "SenderFault", 1));
        free(call->error);
        free(call->message);
        call->error = call->message = NULL;
        call->status = 0;
    }
    call->output = json_pack("{s:o,s:o}", "Successful", good, "Failed", bad);
}

static void send_message_batch(struct dr_sim_call *call)
{
    batch(call, send_one);
}

/* --- Receiving -----------------------------------------------------------------------------------------------------
 */

static bool lists(const json_t *names, const char *name)
{
    size_t i;
    json_t *wanted;
    json_array_foreach(names, i, wanted)
    {
        const char *text = json_string_value(wanted);
        size_t size = json_string_length(wanted);
        if (strcmp(text, "All") == 0 || strcmp(text, ".*") == 0 || strcmp(text, name) == 0 ||
            (ends_with(text, ".*") && strncmp(name, text, size - 1) == 0))
            return true;
    }
    return false;
}

static json_t *chosen(const json_t *all, const json_t *names)
{
    json_t *some = json_object(), *value;
    const char *name;
    json_object_foreach(row_mutable(all), name, value)
    {
        if (lists(names, name))
            json_object_set(some, name, value);
    }
    return some;
}

/* Too often received, and there is a dead-letter queue: it goes there instead. */
static bool goes_to_dead_letters(struct dr_sim_call *call, const json_t *queue, const json_t *message)
{
    const char *text = row_text(json_object_get(queue, "_attributes"), "RedrivePolicy");
    json_t *policy = *text ? dr_json_parse(text, strlen(text), NULL) : NULL;
    const json_t *most = json_object_get(policy, "maxReceiveCount");
    int64_t limit =
        json_is_string(most) ? strtoll(json_string_value(most), NULL, 10) : (int64_t)json_integer_value(most);
    bool moved = false;
    if (limit > 0 && row_int(message, "_received") >= limit) {
        const json_t *attributes = json_object_get(message, "_attributes");
        const struct dr_sim_message again = {
            .body = row_text(message, "Body"),
            .attributes = json_object_get(message, "MessageAttributes"),
            .group = json_string_value(json_object_get(attributes, "MessageGroupId")),
            .deduplication = json_string_value(json_object_get(attributes, "MessageDeduplicationId")),
        };
        moved = dr_sim_queue_send(call->cloud, row_text(policy, "deadLetterTargetArn"), &again, call->now_ms);
    }
    json_decref(policy);
    return moved;
}

/* Its group has a message that somebody works on, or one that is before it and not yet visible. */
static bool is_behind(const json_t *messages, size_t index, int64_t now_ms)
{
    const char *group = row_text(json_object_get(json_array_get(messages, index), "_attributes"), "MessageGroupId");
    for (size_t i = 0; i < index; i++) {
        const json_t *other = json_array_get(messages, i);
        if (visible_at(other) > now_ms &&
            strcmp(row_text(json_object_get(other, "_attributes"), "MessageGroupId"), group) == 0)
            return true;
    }
    return false;
}

/* Hides the message and gives it as ReceiveMessage does. */
static json_t *hand_out(struct dr_sim_call *call, json_t *message, int64_t hidden_ms)
{
    json_t *attributes = json_object_get(message, "_attributes");
    int64_t received = row_int(message, "_received") + 1;
    row_set_int(message, "_received", received);
    row_set_int(message, "_visibleAt", call->now_ms + hidden_ms);
    row_give_text(message, "ReceiptHandle", dr_sim_hex_id(call->cloud, "AQEB", 60));
    row_give_text(attributes, "ApproximateReceiveCount", dr_format("%lld", (long long)received));
    if (received == 1)
        row_give_text(attributes, "ApproximateFirstReceiveTimestamp", dr_format("%lld", (long long)call->now_ms));
    static const char *const members[] = {"MessageId", "Body", "MD5OfBody", "ReceiptHandle", NULL};
    json_t *shown = json_object(), *names = json_array();
    row_take(shown, message, members);
    json_array_extend(names, json_object_get(call->input, "AttributeNames"));
    json_array_extend(names, json_object_get(call->input, "MessageSystemAttributeNames"));
    json_t *system = chosen(attributes, names);
    json_t *own =
        chosen(json_object_get(message, "MessageAttributes"), json_object_get(call->input, "MessageAttributeNames"));
    json_decref(names);
    if (json_object_size(system) > 0)
        json_object_set(shown, "Attributes", system);
    if (json_object_size(own) > 0) {
        json_object_set(shown, "MessageAttributes", own);
        row_give_text(shown, "MD5OfMessageAttributes", md5_of_attributes(own));
    }
    json_decref(system);
    json_decref(own);
    return shown;
}

static void receive_message(struct dr_sim_call *call)
{
    json_t *queue = queue_of(call);
    int64_t most = dr_sim_int(call, "MaxNumberOfMessages", 1);
    if (!queue)
        return;
    if (most < 1 || most > BATCH_MAX) {
        dr_sim_fail(
            call, 400, "InvalidParameterValue",
            "Value %lld for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
            (long long)most);
        return;
    }
    int64_t hidden_ms = dr_sim_int(call, "VisibilityTimeout", setting(queue, "VisibilityTimeout")) * 1000;
    json_t *messages = messages_of(queue, call->now_ms), *found = json_array();
    for (size_t i = 0; i < json_array_size(messages) && (int64_t)json_array_size(found) < most; i++) {
        json_t *message = json_array_get(messages, i);
        if (visible_at(message) > call->now_ms ||
            (is_fifo(queue) && json_array_size(found) == 0 && is_behind(messages, i, call->now_ms)))
            continue;
        if (goes_to_dead_letters(call, queue, message))
            json_array_remove(messages, i--);
        else
            json_array_append_new(found, hand_out(call, message, hidden_ms));
    }
    if (json_array_size(found) == 0) /* a long poll ends without anything */
        call->delay_ms = dr_sim_int(call, "WaitTimeSeconds", setting(queue, "ReceiveMessageWaitTimeSeconds")) * 1000;
    call->output = json_object();
    if (json_array_size(found) > 0)
        json_object_set(call->output, "Messages", found);
    json_decref(found);
}

/* The index of the message with this receipt; the number of messages if there is none (any more). */
static size_t find_receipt(const json_t *messages, const char *receipt)
{
    size_t i = 0;
    while (i < json_array_size(messages) &&
           strcmp(row_text(json_array_get(messages, i), "ReceiptHandle"), receipt) != 0)
        i++;
    return i;
}

static json_t *delete_one(struct dr_sim_call *call, json_t *queue, const json_t *given)
{
    const char *receipt = row_text(given, "ReceiptHandle");
    json_t *messages = json_object_get(queue, "_messages");
    if (strncmp(receipt, "AQEB", 4) != 0) {
        dr_sim_fail(call, 0, "ReceiptHandleIsInvalid", "The input receipt handle is invalid.");
        return NULL;
    }
    size_t index = find_receipt(messages, receipt);
    if (index < json_array_size(messages)) /* one that was deleted before is no error */
        json_array_remove(messages, index);
    return json_object();
}

static void delete_message(struct dr_sim_call *call)
{
    json_t *queue = queue_of(call);
    if (queue)
        json_decref(delete_one(call, queue, call->input));
}

static void delete_message_batch(struct dr_sim_call *call)
{
    batch(call, delete_one);
}

static json_t *change_one(struct dr_sim_call *call, json_t *queue, const json_t *given)
{
    json_t *messages = json_object_get(queue, "_messages");
    size_t index = find_receipt(messages, row_text(given, "ReceiptHandle"));
    json_t *message = json_array_get(messages, index);
    int64_t seconds = row_int(given, "VisibilityTimeout");
    if (strncmp(row_text(given, "ReceiptHandle"), "AQEB", 4) != 0)
        dr_sim_fail(call, 0, "ReceiptHandleIsInvalid", "The input receipt handle is invalid.");
    else if (seconds < 0 || seconds > 43200)
        dr_sim_fail(call, 400, "InvalidParameterValue",
                    "Value %lld for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200.",
                    (long long)seconds);
    else if (!message || !in_flight(message, call->now_ms))
        dr_sim_fail(
            call, 400, message ? "AWS.SimpleQueueService.MessageNotInflight" : "InvalidParameterValue",
            "Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available "
            "for visibility timeout change.",
            row_text(given, "ReceiptHandle"));
    if (call->error)
        return NULL;
    row_set_int(message, "_visibleAt", call->now_ms + seconds * 1000);
    return json_object();
}

static void change_message_visibility(struct dr_sim_call *call)
{
    json_t *queue = queue_of(call);
    if (queue)
        json_decref(change_one(call, queue, call->input));
}

static void change_message_visibility_batch(struct dr_sim_call *call)
{
    batch(call, change_one);
}

static void purge_queue(struct dr_sim_call *call)
{
    json_t *queue = queue_of(call);
    if (queue)
        json_array_clear(json_object_get(queue, "_messages"));
}

/* --- Attributes ----------------------------------------------------------------------------------------------------
 */

static void get_queue_attributes(struct dr_sim_call *call)
{
    json_t *queue = queue_of(call), *message;
    size_t i;
    if (!queue)
        return;
    unsigned visible = 0, flying = 0, delayed = 0;
    json_array_foreach(messages_of(queue, call->now_ms), i, message) * (visible_at(message) <= call->now_ms ? &visible
                                                                        : in_flight(message, call->now_ms)
                                                                            ? &flying
                                                                            : &delayed) += 1;
    json_t *all = json_copy(json_object_get(queue, "_attributes"));
    row_give_text(all, "ApproximateNumberOfMessages", dr_format("%u", visible));
    row_give_text(all, "ApproximateNumberOfMessagesNotVisible", dr_format("%u", flying));
    row_give_text(all, "ApproximateNumberOfMessagesDelayed", dr_format("%u", delayed));
    json_t *some = chosen(all, json_object_get(call->input, "AttributeNames"));
    call->output = json_pack("{s:O}", "Attributes", some);
    json_decref(all);
    json_decref(some);
}

static void set_queue_attributes(struct dr_sim_call *call)
{
    json_t *queue = queue_of(call);
    if (!queue)
        return;
    json_object_update(json_object_get(queue, "_attributes"), json_object_get(call->input, "Attributes"));
    row_give_text(json_object_get(queue, "_attributes"), "LastModifiedTimestamp",
                  dr_format("%lld", (long long)(call->now_ms / 1000)));
}

static const struct dr_sim_operation operations[] = {
    {"ChangeMessageVisibility", change_message_visibility, DR_SIM_DATA},
    {"ChangeMessageVisibilityBatch", change_message_visibility_batch, DR_SIM_DATA},
    {"CreateQueue", create_queue, DR_SIM_CONTROL},
    {"DeleteMessage", delete_message, DR_SIM_DATA},
    {"DeleteMessageBatch", delete_message_batch, DR_SIM_DATA},
    {"DeleteQueue", delete_queue, DR_SIM_CONTROL},
    {"GetQueueAttributes", get_queue_attributes, DR_SIM_CONTROL},
    {"GetQueueUrl", get_queue_url, DR_SIM_CONTROL},
    {"ListQueueTags", list_queue_tags, DR_SIM_CONTROL},
    {"ListQueues", list_queues, DR_SIM_CONTROL},
    {"PurgeQueue", purge_queue, DR_SIM_CONTROL},
    {"ReceiveMessage", receive_message, DR_SIM_DATA},
    {"SendMessage", send_message, DR_SIM_DATA},
    {"SendMessageBatch", send_message_batch, DR_SIM_DATA},
    {"SetQueueAttributes", set_queue_attributes, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_DATA},
};

/* Queues: [NAME, ...] or { NAME: { VisibilityTimeout: 60, ... } } */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *name;
    const json_t *described;
    WORLD_EACH(json_object_get(given, "Queues"), name, described)
    {
        if (!name_is_fine(name)) {
            *ret_problem = dr_format("sqs.Queues.%s: a queue's name has letters, digits, - and _, 80 at most", name);
            return false;
        }
        make_queue(cloud, account, region, name, described, dr_sim_now(cloud));
    }
    return true;
}

const struct dr_sim_service dr_sim_sqs = {.name = "sqs", .operations = operations, .load = load};

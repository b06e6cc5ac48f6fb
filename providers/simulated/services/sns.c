/* SNS: topics, what is published to them, and the queues that subscribe. Every message stays in the table "sns.message"
 * of its topic's Region, so that tests and reports see what people would have been told.
 * Source: https://docs.aws.amazon.com/sns/latest/api/ and https://docs.aws.amazon.com/sns/latest/dg/fifo-topics.html */
#include "providers/simulated/services/messages.h"
#include "providers/simulated/services/rows.h"

extern const struct dr_sim_service dr_sim_sns;

#define TOPIC "sns.topic"
#define MESSAGE "sns.message"
#define SUBSCRIPTION "sns.subscription"
#define PAGE_MAX 100
#define MESSAGE_BYTES_MAX 262144
#define DEDUPLICATION_MS (5 * 60 * 1000)
#define SUBJECT_MAX 100

/* --- Topics --------------------------------------------------------------------------------------------------------
 */

static bool is_fifo(const char *arn)
{
    return ends_with(arn, ".fifo");
}

/* The topic of an ARN in this call's account and Region; NULL: the call has failed. */
static json_t *topic_of(struct dr_sim_call *call, const char *arn)
{
    char *region = arn_part(arn, 3), *service = arn_part(arn, 2), *account = arn_part(arn, 4), *name = arn_part(arn, 5);
    json_t *topic = NULL;
    if (strcmp(service, "sns") != 0 || !*name)
        dr_sim_fail(call, 0, "InvalidParameter",
                    "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not %zu",
                    (size_t)1 + (*service != '\0') + (*region != '\0') + (*account != '\0') + (*name != '\0'));
    else if (strcmp(region, call->region) != 0)
        dr_sim_fail(call, 0, "InvalidParameter", "Invalid parameter: TopicArn");
    else if (!(topic = dr_sim_find(call->cloud, account, region, TOPIC, arn)))
        dr_sim_fail(call, 0, "NotFound", "Topic does not exist");
    free(region);
    free(service);
    free(account);
    free(name);
    return topic;
}

static bool name_is_fine(const char *name, bool fifo)
{
    size_t size = strlen(name), stem = fifo && is_fifo(name) ? size - 5 : size;
    bool good = stem > 0 && size <= 256 && (!fifo || stem < size);
    for (size_t i = 0; i < stem; i++)
        good = good && (strchr("_-", name[i]) || (name[i] >= '0' && name[i] <= '9') ||
                        ((name[i] | 0x20) >= 'a' && (name[i] | 0x20) <= 'z'));
    return good;
}

static json_t *make_topic(struct dr_sim_cloud *cloud, const char *account, const char *region, const char *name,
                          const json_t *attributes)
{
    char *arn = dr_sim_arn("sns", region, account, "%s", name);
    json_t *own = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "TopicArn", arn, "Owner", account, "DisplayName", "",
                            "SubscriptionsConfirmed", "0", "SubscriptionsPending", "0", "SubscriptionsDeleted", "0");
    if (is_fifo(name)) {
        row_set_text(own, "FifoTopic", "true");
        row_set_text(own, "ContentBasedDeduplication", "false");
    }
    json_object_update(own, row_mutable(attributes));
    json_t *topic = json_pack("{s:s,s:o,s:{}}", "TopicArn", arn, "_attributes", own, "_deduplicated");
    dr_sim_put(cloud, account, region, TOPIC, arn, topic);
    free(arn);
    return topic;
}

static void create_topic(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "Name", "");
    const json_t *attributes = json_object_get(call->input, "Attributes");
    bool fifo = strcmp(row_text(attributes, "FifoTopic"), "true") == 0;
    if (!name_is_fine(name, fifo)) {
        dr_sim_fail(call, 0, "InvalidParameter", "Invalid parameter: Topic Name");
        return;
    }
    char *arn = dr_sim_arn("sns", call->region, call->account, "%s", name);
    json_t *topic = dr_sim_find(call->cloud, call->account, call->region, TOPIC, arn);
    const char *key;
    json_t *value;
    json_object_foreach(row_mutable(attributes), key, value)
    {
        if (topic && !call->error &&
            strcmp(row_text(json_object_get(topic, "_attributes"), key), json_string_value(value)) != 0)
            dr_sim_fail(call, 0, "InvalidParameter",
                        "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
    }
    if (!call->error) {
        topic = topic ? topic : make_topic(call->cloud, call->account, call->region, name, attributes);
        if (json_object_get(call->input, "Tags"))
            json_object_set(topic, "_tags", json_object_get(call->input, "Tags"));
        call->output = json_pack("{s:s}", "TopicArn", arn);
    }
    free(arn);
}

static void delete_topic(struct dr_sim_call *call) /* "idempotent": a topic that is not there is no error */
{
    const char *arn = dr_sim_string(call, "TopicArn", ""), *id;
    json_t *row;
    void *next;
    dr_sim_remove(call->cloud, call->account, call->region, TOPIC, arn);
    json_object_foreach_safe(dr_sim_table(call->cloud, call->account, call->region, SUBSCRIPTION), next, id, row)
    {
        if (strcmp(row_text(row, "TopicArn"), arn) == 0)
            dr_sim_remove(call->cloud, call->account, call->region, SUBSCRIPTION, id);
    }
}

static void list_topics(struct dr_sim_call *call)
{
    json_t *all = json_array(), *topic;
    const char *arn;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, TOPIC), arn, topic)
        json_array_append(all, topic);
    dr_sim_page(call, "Topics", all, PAGE_MAX, "InvalidParameter");
    json_decref(all);
}

static void list_tags(struct dr_sim_call *call)
{
    const json_t *topic = topic_of(call, dr_sim_string(call, "ResourceArn", ""));
    json_t *tags = json_object_get(topic, "_tags");
    if (topic)
        call->output = json_pack("{s:o}", "Tags", tags ? json_incref(tags) : json_array());
}

static void get_topic_attributes(struct dr_sim_call *call)
{
    const json_t *topic = topic_of(call, dr_sim_string(call, "TopicArn", ""));
    if (!topic)
        return;
    json_t *attributes = json_copy(json_object_get(topic, "_attributes")), *row;
    const char *id;
    unsigned confirmed = 0, pending = 0;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, SUBSCRIPTION), id, row)
    {
        if (strcmp(row_text(row, "TopicArn"), row_text(topic, "TopicArn")) == 0)
            *(json_is_true(json_object_get(row, "_pending")) ? &pending : &confirmed) += 1;
    }
    row_give_text(attributes, "SubscriptionsConfirmed", dr_format("%u", confirmed));
    row_give_text(attributes, "SubscriptionsPending", dr_format("%u", pending));
    call->output = json_pack("{s:o}", "Attributes", attributes);
}

static void set_topic_attributes(struct dr_sim_call *call)
{
    json_t *topic = topic_of(call, dr_sim_string(call, "TopicArn", ""));
    if (topic)
        row_set_text(json_object_get(topic, "_attributes"), dr_sim_string(call, "AttributeName", ""),
                     dr_sim_string(call, "AttributeValue", ""));
}

/* --- Subscriptions -------------------------------------------------------------------------------------------------
 */

/* People must confirm e-mail, text and HTTP subscriptions; AWS's own services confirm at once. */
static bool needs_confirmation(const char *protocol)
{
    return strncmp(protocol, "email", 5) == 0 || strncmp(protocol, "http", 4) == 0;
}

static json_t *make_subscription(struct dr_sim_cloud *cloud, const char *account, const char *region,
                                 const char *topic_arn, const char *protocol, const char *endpoint,
                                 const json_t *attributes)
{
    char *id = dr_sim_uuid(cloud), *arn = dr_format("%s:%s", topic_arn, id);
    json_t *row = json_pack("{s:s,s:s,s:s,s:s,s:s}", "SubscriptionArn", arn, "Owner", account, "Protocol", protocol,
                            "Endpoint", endpoint, "TopicArn", topic_arn);
    json_object_set_new(row, "_attributes", attributes ? dr_json_share(attributes) : json_object());
    dr_sim_put(cloud, account, region, SUBSCRIPTION, arn, row);
    free(id);
    free(arn);
    return row;
}

static json_t *same_subscription(struct dr_sim_call *call, const char *topic_arn, const char *protocol,
                                 const char *endpoint)
{
    const char *id;
    json_t *row;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, SUBSCRIPTION), id, row)
    {
        if (strcmp(row_text(row, "TopicArn"), topic_arn) == 0 && strcmp(row_text(row, "Protocol"), protocol) == 0 &&
            strcmp(row_text(row, "Endpoint"), endpoint) == 0)
            return row;
    }
    return NULL;
}

static void subscribe(struct dr_sim_call *call)
{
    static const char *const protocols[] = {"http", "https",       "email",  "email-json", "sms",
                                            "sqs",  "application", "lambda", "firehose",   NULL};
    const char *arn = dr_sim_string(call, "TopicArn", ""), *protocol = dr_sim_string(call, "Protocol", "");
    const char *endpoint = dr_sim_string(call, "Endpoint", "");
    const json_t *attributes = json_object_get(call->input, "Attributes");
    bool known = false;
    for (size_t i = 0; protocols[i]; i++)
        known = known || strcmp(protocol, protocols[i]) == 0;
    if (!topic_of(call, arn))
        return;
    if (!known)
        dr_sim_fail(call, 0, "InvalidParameter",
                    "Invalid parameter: Amazon SNS does not support this protocol string: %s", protocol);
    else if (!*endpoint || (strcmp(protocol, "sqs") == 0 && strncmp(endpoint, "arn:", 4) != 0))
        dr_sim_fail(call, 0, "InvalidParameter", "Invalid parameter: %s", *endpoint ? "SQS endpoint ARN" : "Endpoint");
    else if (json_object_get(attributes, "FilterPolicy"))
        dr_sim_fail(call, 501, "NotSimulated", "Filter policies of subscriptions are not simulated");
    if (call->error)
        return;
    json_t *row = same_subscription(call, arn, protocol, endpoint);
    row = row ? row : make_subscription(call->cloud, call->account, call->region, arn, protocol, endpoint, attributes);
    if (needs_confirmation(protocol) && !json_object_get(row, "_pending"))
        json_object_set_new(row, "_pending", json_true());
    bool shown = !json_is_true(json_object_get(row, "_pending")) || dr_sim_bool(call, "ReturnSubscriptionArn", false);
    call->output =
        json_pack("{s:s}", "SubscriptionArn", shown ? row_text(row, "SubscriptionArn") : "pending confirmation");
}

static void unsubscribe(struct dr_sim_call *call)
{
    dr_sim_remove(call->cloud, call->account, call->region, SUBSCRIPTION, dr_sim_string(call, "SubscriptionArn", ""));
}

static void list_of(struct dr_sim_call *call, const char *topic_arn)
{
    json_t *all = json_array(), *row;
    const char *id;
    json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, SUBSCRIPTION), id, row)
    {
        if (topic_arn && strcmp(row_text(row, "TopicArn"), topic_arn) != 0)
            continue;
        json_t *shown = json_copy(row);
        if (json_is_true(json_object_get(row, "_pending")))
            row_set_text(shown, "SubscriptionArn", "PendingConfirmation");
        json_array_append_new(all, shown);
    }
    dr_sim_page(call, "Subscriptions", all, PAGE_MAX, "InvalidParameter");
    json_decref(all);
}

static void list_subscriptions(struct dr_sim_call *call)
{
    list_of(call, NULL);
}

static void list_subscriptions_by_topic(struct dr_sim_call *call)
{
    if (topic_of(call, dr_sim_string(call, "TopicArn", "")))
        list_of(call, dr_sim_string(call, "TopicArn", ""));
}

/* --- Publishing ----------------------------------------------------------------------------------------------------
 */

/* What a queue gets: the message itself, or SNS's envelope. Owned by the caller. */
static char *envelope(const json_t *subscription, const json_t *kept)
{
    if (strcmp(row_text(json_object_get(subscription, "_attributes"), "RawMessageDelivery"), "true") == 0)
        return dr_copy_string(row_text(kept, "_forQueues"));
    json_t *all = json_pack("{s:s,s:s,s:s}", "Type", "Notification", "MessageId", row_text(kept, "MessageId"),
                            "TopicArn", row_text(kept, "TopicArn"));
    if (json_object_get(kept, "Subject"))
        row_set_text(all, "Subject", row_text(kept, "Subject"));
    row_set_text(all, "Message", row_text(kept, "_forQueues"));
    row_set_text(all, "Timestamp", row_text(kept, "Timestamp"));
    row_set_text(all, "SignatureVersion", "1");
    row_set_text(all, "Signature", "simulated");
    row_set_text(all, "SigningCertURL", "https://sns.simulated/SimpleNotificationService.pem");
    row_give_text(all, "UnsubscribeURL",
                  dr_format("https://sns.simulated/?Action=Unsubscribe&SubscriptionArn=%s",
                            row_text(subscription, "SubscriptionArn")));
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text;
}

/* To all queues that subscribe; everything else is only kept. */
static void deliver(struct dr_sim_cloud *cloud, const char *account, const char *region, json_t *kept, int64_t now_ms)
{
    const char *id;
    json_t *row;
    json_object_foreach(dr_sim_table(cloud, account, region, SUBSCRIPTION), id, row)
    {
        if (strcmp(row_text(row, "TopicArn"), row_text(kept, "TopicArn")) != 0 ||
            json_is_true(json_object_get(row, "_pending")))
            continue;
        bool queue = strcmp(row_text(row, "Protocol"), "sqs") == 0;
        char *body = queue ? envelope(row, kept) : NULL;
        const struct dr_sim_message message = {
            .body = body,
            .group = json_string_value(json_object_get(kept, "MessageGroupId")),
            .deduplication = json_string_value(json_object_get(kept, "MessageDeduplicationId")),
        };
        bool there = !queue || dr_sim_queue_send(cloud, row_text(row, "Endpoint"), &message, now_ms);
        json_array_append_new(row_array(kept, "Deliveries"),
                              json_pack("{s:s,s:s,s:b}", "Protocol", row_text(row, "Protocol"), "Endpoint",
                                        row_text(row, "Endpoint"), "Arrived", queue && there));
        free(body);
    }
}

/* The message that was sent with this deduplication id in the last five minutes; NULL: none. Borrowed. */
static const json_t *sent_before(json_t *topic, const char *deduplication, int64_t now_ms)
{
    const json_t *row = json_object_get(json_object_get(topic, "_deduplicated"), deduplication);
    return row && now_ms - row_int(row, "_at") < DEDUPLICATION_MS ? row : NULL;
}

/* A row of the table "sns.message"; what was there for a repeated one. Borrowed. */
static const json_t *publish_to(struct dr_sim_cloud *cloud, const char *account, const char *region, json_t *topic,
                                const json_t *given, const char *for_queues, int64_t now_ms)
{
    static const char *const members[] = {
        "Message",          "Subject", "MessageAttributes", "MessageGroupId", "MessageDeduplicationId",
        "MessageStructure", NULL};
    bool fifo = is_fifo(row_text(topic, "TopicArn"));
    const char *deduplication = json_string_value(json_object_get(given, "MessageDeduplicationId"));
    deduplication = deduplication ? deduplication : row_text(given, "Message"); /* by content */
    const json_t *before = fifo ? sent_before(topic, deduplication, now_ms) : NULL;
    if (before)
        return before;
    char *id = dr_sim_uuid(cloud);
    json_t *kept = json_pack("{s:s,s:s}", "MessageId", id, "TopicArn", row_text(topic, "TopicArn"));
    row_take(kept, given, members);
    row_set_time(kept, "Timestamp", now_ms);
    row_set_text(kept, "_forQueues", for_queues);
    if (fifo) {
        row_set_int(topic, "_sequence", row_int(topic, "_sequence") + 1);
        row_give_text(kept, "SequenceNumber", dr_format("1%019lld", (long long)row_int(topic, "_sequence")));
        row_set_text(kept, "MessageDeduplicationId", deduplication);
        json_object_set_new(row_object(topic, "_deduplicated"), deduplication,
                            json_pack("{s:s,s:s,s:I}", "MessageId", id, "SequenceNumber",
                                      row_text(kept, "SequenceNumber"), "_at", (json_int_t)now_ms));
    }
    dr_sim_put(cloud, account, region, MESSAGE, id, kept);
    deliver(cloud, account, region, kept, now_ms);
    free(id);
    return kept;
}

/* With MessageStructure json, what a protocol gets is its own member or "default". Owned; NULL: the call has failed. */
static char *text_for_queues(struct dr_sim_call *call, const json_t *given)
{
    const char *message = row_text(given, "Message"), *structure = row_text(given, "MessageStructure");
    if (!*structure)
        return dr_copy_string(message);
    json_t *parts = dr_json_parse(message, strlen(message), NULL);
    const char *text = json_string_value(json_object_get(parts, "sqs"));
    const char *otherwise = json_string_value(json_object_get(parts, "default"));
    char *copy = NULL;
    if (strcmp(structure, "json") != 0)
        dr_sim_fail(call, 0, "InvalidParameter", "Invalid parameter: MessageStructure");
    else if (!json_is_object(parts))
        dr_sim_fail(call, 0, "InvalidParameter",
                    "Invalid parameter: Message Structure - JSON message body failed to parse");
    else if (!otherwise)
        dr_sim_fail(call, 0, "InvalidParameter",
                    "Invalid parameter: Message Structure - No default entry in JSON message body");
    else
        copy = dr_copy_string(text ? text : otherwise);
    json_decref(parts);
    return copy;
}

static bool subject_is_fine(const char *subject)
{
    size_t size = strlen(subject);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)subject[i] < ' ' || (unsigned char)subject[i] > '~')
            return false;
    return size <= SUBJECT_MAX;
}

/* One message of Publish or PublishBatch. Borrowed; NULL: the call has failed. */
static const json_t *publish_one(struct dr_sim_call *call, json_t *topic, const json_t *given)
{
    const char *message = row_text(given, "Message"), *group = row_text(given, "MessageGroupId");
    bool fifo = is_fifo(row_text(topic, "TopicArn"));
    bool by_content = strcmp(row_text(json_object_get(topic, "_attributes"), "ContentBasedDeduplication"), "true") == 0;
    const json_t *subject = json_object_get(given, "Subject");
    if (!*message)
        dr_sim_fail(call, 0, "InvalidParameter", "Invalid parameter: Empty message");
    else if (strlen(message) > MESSAGE_BYTES_MAX)
        dr_sim_fail(call, 0, "InvalidParameter", "Invalid parameter: Message too long");
    else if (subject && (!*json_string_value(subject) || !subject_is_fine(json_string_value(subject))))
        dr_sim_fail(call, 0, "InvalidParameter", "Invalid parameter: Subject");
    else if (fifo && !*group)
        dr_sim_fail(call, 0, "InvalidParameter",
                    "Invalid parameter: The MessageGroupId parameter is required for FIFO topics");
    else if (fifo && !by_content && !json_object_get(given, "MessageDeduplicationId"))
        dr_sim_fail(call, 0, "InvalidParameter",
                    "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
                    "MessageDeduplicationId provided explicitly");
    else if (!fifo && json_object_get(given, "MessageDeduplicationId"))
        dr_sim_fail(call, 0, "InvalidParameter",
                    "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                    "parameter that is not valid for this topic type");
    if (call->error)
        return NULL;
    char *for_queues = text_for_queues(call, given);
    const json_t *kept =
        for_queues ? publish_to(call->cloud, call->account, call->region, topic, given, for_queues, call->now_ms)
                   : NULL;
    free(for_queues);
    return kept;
}

static void publish(struct dr_sim_call *call)
{
    static const char *const answered[] = {"MessageId", "SequenceNumber", NULL};
    const char *arn = dr_sim_string(call, "TopicArn", dr_sim_string(call, "TargetArn", NULL));
    const char *phone = dr_sim_string(call, "PhoneNumber", NULL);
    if (!arn && phone) { /* a text message: kept like the others */
        char *id = dr_sim_uuid(call->cloud);
        json_t *kept = json_pack("{s:s,s:s,s:s}", "MessageId", id, "PhoneNumber", phone, "Message",
                                 dr_sim_string(call, "Message", ""));
        row_set_time(kept, "Timestamp", call->now_ms);
        dr_sim_put(call->cloud, call->account, call->region, MESSAGE, id, kept);
        call->output = json_pack("{s:s}", "MessageId", id);
        free(id);
        return;
    }
    if (!arn) {
        dr_sim_fail(call, 0, "InvalidParameter",
                    "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter");
        return;
    }
    json_t *topic = topic_of(call, arn);
    const json_t *kept = topic ? publish_one(call, topic, call->input) : NULL;
    if (!kept)
        return;
    call->output = json_object();
    row_take(call->output, kept, answered);
}

static void publish_batch(struct dr_sim_call *call)
{
    json_t *topic = topic_of(call, dr_sim_string(call, "TopicArn", ""));
    const json_t *entries = json_object_get(call->input, "PublishBatchRequestEntries");
    if (!topic)
        return;
    if (json_array_size(entries) == 0 || json_array_size(entries) > 10) {
        bool none = json_array_size(entries) == 0;
        dr_sim_fail(call, 0, none ? "EmptyBatchRequest" : "TooManyEntriesInBatchRequest", "%s",
                    none ? "The batch request doesn't contain any entries."
                         : "The batch request contains more entries than permissible.");
        return;
    }
    json_t *good = json_array(), *bad = json_array(), *entry;
    size_t i;
    json_array_foreach(entries, i, entry)
    {
        const json_t *kept = publish_one(call, topic, entry);
        if (kept) {
            json_t *row = json_pack("{s:s,s:s}", "Id", row_text(entry, "Id"), "MessageId", row_text(kept, "MessageId"));
            if (json_object_get(kept, "SequenceNumber"))
                row_set_text(row, "SequenceNumber", row_text(kept, "SequenceNumber"));
            json_array_append_new(good, row);
        } else {
            json_array_append_new(bad, json_pack("{s:s,s:s,s:s,s:b}", "Id", row_text(entry, "Id"), "Code", call->error,
                                                 "Message", call->message, "SenderFault", 1));
            free(call->error);
            free(call->message);
            call->error = call->message = NULL;
        }
    }
    call->output = json_pack("{s:o,s:o}", "Successful", good, "Failed", bad);
}

bool dr_sim_topic_send(struct dr_sim_cloud *cloud, const char *topic_arn, const struct dr_sim_message *message,
                       int64_t now_ms)
{
    char *region = arn_part(topic_arn, 3), *account = arn_part(topic_arn, 4);
    json_t *topic = dr_sim_find(cloud, account, region, TOPIC, topic_arn);
    bool good = topic && !dr_sim_region_down(cloud, region) && (!is_fifo(topic_arn) || message->group);
    if (good) {
        json_t *given = json_pack("{s:s,s:s*,s:s*,s:s*}", "Message", message->body, "Subject", message->subject,
                                  "MessageGroupId", message->group, "MessageDeduplicationId", message->deduplication);
        publish_to(cloud, account, region, topic, given, message->body, now_ms);
        json_decref(given);
    }
    free(region);
    free(account);
    return good;
}

/* --- The service ---------------------------------------------------------------------------------------------------
 */

static const struct dr_sim_operation operations[] = {
    {"CreateTopic", create_topic, DR_SIM_CONTROL},
    {"DeleteTopic", delete_topic, DR_SIM_CONTROL},
    {"GetTopicAttributes", get_topic_attributes, DR_SIM_CONTROL},
    {"ListSubscriptions", list_subscriptions, DR_SIM_CONTROL},
    {"ListSubscriptionsByTopic", list_subscriptions_by_topic, DR_SIM_CONTROL},
    {"ListTagsForResource", list_tags, DR_SIM_CONTROL},
    {"ListTopics", list_topics, DR_SIM_CONTROL},
    {"Publish", publish, DR_SIM_DATA},
    {"PublishBatch", publish_batch, DR_SIM_DATA},
    {"SetTopicAttributes", set_topic_attributes, DR_SIM_CONTROL},
    {"Subscribe", subscribe, DR_SIM_CONTROL},
    {"Unsubscribe", unsubscribe, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_DATA},
};

/* Topics: [NAME, ...] or { NAME: { Attributes: {...}, Subscriptions: [ { Protocol, Endpoint } ] } }; a queue may be
 * named shortly. */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    const char *name;
    const json_t *described;
    WORLD_EACH(json_object_get(given, "Topics"), name, described)
    {
        if (!name_is_fine(name, is_fifo(name))) {
            *ret_problem = dr_format("sns.Topics.%s: a topic's name has letters, digits, - and _", name);
            return false;
        }
        const json_t *topic = make_topic(cloud, account, region, name, json_object_get(described, "Attributes"));
        size_t i;
        json_t *row;
        json_array_foreach(json_object_get(described, "Subscriptions"), i, row)
        {
            const char *endpoint = row_text(row, "Endpoint");
            bool is_short = strcmp(row_text(row, "Protocol"), "sqs") == 0 && !strchr(endpoint, ':');
            char *arn = is_short ? dr_sim_arn("sqs", region, account, "%s", endpoint) : dr_copy_string(endpoint);
            make_subscription(cloud, account, region, row_text(topic, "TopicArn"), row_text(row, "Protocol"), arn,
                              json_object_get(row, "Attributes"));
            free(arn);
        }
    }
    return true;
}

const struct dr_sim_service dr_sim_sns = {.name = "sns", .operations = operations, .load = load};

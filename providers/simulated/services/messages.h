/* What passes between the services that carry messages: SNS, SQS and EventBridge. */
#ifndef DRRUN_PROVIDERS_SIMULATED_SERVICES_MESSAGES_H
#define DRRUN_PROVIDERS_SIMULATED_SERVICES_MESSAGES_H

#include "providers/simulated/cloud.h"

struct dr_sim_message { /* borrowed */
    const char *body;
    const json_t *attributes;          /* MessageAttributes as SQS has them; NULL: none */
    const char *group, *deduplication; /* of FIFO queues and topics; NULL: none */
    const char *subject;               /* of topics; NULL: none */
    int64_t delay_ms;
};
/* Puts a message into a queue as a service inside AWS does. False: there is no such queue, or its Region is down, or it
 * is a FIFO queue and there is no group: the message is lost, as it is for SNS and EventBridge in the end. */
bool dr_sim_queue_send(struct dr_sim_cloud *cloud, const char *queue_arn, const struct dr_sim_message *message,
                       int64_t now_ms);
/* The same for a topic, which passes it on to its subscribers. */
bool dr_sim_topic_send(struct dr_sim_cloud *cloud, const char *topic_arn, const struct dr_sim_message *message,
                       int64_t now_ms);

#endif

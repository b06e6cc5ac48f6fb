/* A small service with a bit of everything that models have, for tests of the AWS protocols: botocore's form of a
 * model, with the protocol's name to be filled in. */
#ifndef DRRUN_TESTS_SUPPORT_AWS_SMALL_MODEL_H
#define DRRUN_TESTS_SUPPORT_AWS_SMALL_MODEL_H

#include "interpreter/base/text.h"
#include "providers/aws/model/model.h"

#include <stdlib.h>
#include <string.h>

#define DR_SMALL_ERRORS "\"errors\":[{\"shape\":\"ThingGoneFault\"},{\"shape\":\"Busy\"},{\"shape\":\"BadBatch\"}]"

static const char dr_small_operations[] =
    "{\"Look\":{\"name\":\"Look\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},"
    "\"output\":{\"shape\":\"Out\",\"resultWrapper\":\"LookResult\"}," DR_SMALL_ERRORS "},"
    "\"Drop\":{\"name\":\"Drop\",\"http\":{\"method\":\"DELETE\",\"requestUri\":\"/\"}," DR_SMALL_ERRORS "},"
    "\"Head\":{\"name\":\"Head\",\"http\":{\"method\":\"HEAD\",\"requestUri\":\"/\"},"
    "\"output\":{\"shape\":\"Headers\"},\"errors\":[{\"shape\":\"NoSuchThing\"}]},"
    "\"Fetch\":{\"name\":\"Fetch\",\"http\":{\"method\":\"GET\",\"requestUri\":\"/\"},"
    "\"output\":{\"shape\":\"Stream\"}," DR_SMALL_ERRORS "},"
    "\"Copy\":{\"name\":\"Copy\",\"http\":{\"method\":\"PUT\",\"requestUri\":\"/\"},"
    "\"output\":{\"shape\":\"Nested\"}," DR_SMALL_ERRORS "},"
    "\"Place\":{\"name\":\"Place\",\"http\":{\"method\":\"GET\",\"requestUri\":\"/\"},"
    "\"output\":{\"shape\":\"Location\"}},"
    "\"Watch\":{\"name\":\"Watch\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},"
    "\"output\":{\"shape\":\"Watched\"}," DR_SMALL_ERRORS "}}";

static const char dr_small_shapes[] =
    "{\"Out\":{\"type\":\"structure\",\"members\":{"
    "\"Name\":{\"shape\":\"Text\"},\"Count\":{\"shape\":\"Whole\"},\"Size\":{\"shape\":\"Long\"},"
    "\"Rate\":{\"shape\":\"Real\"},\"On\":{\"shape\":\"Flag\"},\"At\":{\"shape\":\"When\"},"
    "\"Data\":{\"shape\":\"Bytes\"},\"Items\":{\"shape\":\"Items\"},\"Flat\":{\"shape\":\"FlatItems\"},"
    "\"Tags\":{\"shape\":\"Tags\"},\"Attributes\":{\"shape\":\"FlatTags\",\"locationName\":\"Attribute\"},"
    "\"Tree\":{\"shape\":\"Out\"},\"Trees\":{\"shape\":\"Trees\"},\"Any\":{\"shape\":\"Document\"},"
    "\"Events\":{\"shape\":\"FlatEvents\",\"locationName\":\"Event\"},\"Event\":{\"shape\":\"Text\"},"
    "\"Late\":{\"shape\":\"LateList\"},\"One\":{\"shape\":\"Choice\"},\"Kind\":{\"shape\":\"Text\",\"xmlAttribute\":"
    "true,\"locationName\":\"xsi:type\"}}}"
    ","
    "\"Headers\":{\"type\":\"structure\",\"members\":{"
    "\"Tag\":{\"shape\":\"Text\",\"location\":\"header\",\"locationName\":\"ETag\"},"
    "\"Length\":{\"shape\":\"Long\",\"location\":\"header\",\"locationName\":\"Content-Length\"},"
    "\"Names\":{\"shape\":\"Items\",\"location\":\"header\",\"locationName\":\"X-Names\"},"
    "\"Dates\":{\"shape\":\"Dates\",\"location\":\"header\",\"locationName\":\"X-Dates\"},"
    "\"Extra\":{\"shape\":\"Text\",\"jsonvalue\":true,\"location\":\"header\",\"locationName\":\"X-Extra\"},"
    "\"Meta\":{\"shape\":\"Tags\",\"location\":\"headers\",\"locationName\":\"x-amz-meta-\"},"
    "\"Status\":{\"shape\":\"Whole\",\"location\":\"statusCode\"}}},"
    "\"Stream\":{\"type\":\"structure\",\"members\":{\"Body\":{\"shape\":\"Bytes\",\"streaming\":true},"
    "\"Tag\":{\"shape\":\"Text\",\"location\":\"header\",\"locationName\":\"ETag\"}},\"payload\":\"Body\"},"
    "\"Nested\":{\"type\":\"structure\",\"members\":{\"Result\":{\"shape\":\"Out\"}},\"payload\":\"Result\"},"
    "\"Location\":{\"type\":\"structure\",\"members\":{\"LocationConstraint\":{\"shape\":\"Text\"}}},"
    "\"Watched\":{\"type\":\"structure\",\"members\":{\"Events\":{\"shape\":\"Events\"}},\"payload\":\"Events\"},"
    "\"Events\":{\"type\":\"structure\",\"eventstream\":true,\"members\":{\"Chunk\":{\"shape\":\"Chunk\"},"
    "\"Stats\":{\"shape\":\"Stats\"},\"Busy\":{\"shape\":\"Busy\"}}},"
    "\"Chunk\":{\"type\":\"structure\",\"event\":true,\"members\":{\"Payload\":{\"shape\":\"Bytes\",\"eventpayload\":"
    "true},"
    "\"Number\":{\"shape\":\"Whole\",\"eventheader\":true},\"At\":{\"shape\":\"When\",\"eventheader\":true}}},"
    "\"Stats\":{\"type\":\"structure\",\"event\":true,\"members\":{\"Count\":{\"shape\":\"Whole\"}}},"
    "\"Choice\":{\"type\":\"structure\",\"union\":true,\"members\":{\"Left\":{\"shape\":\"Text\"},"
    "\"Right\":{\"shape\":\"Whole\"}}},"
    "\"Document\":{\"type\":\"structure\",\"members\":{},\"document\":true},"
    "\"Items\":{\"type\":\"list\",\"member\":{\"shape\":\"Text\"}},"
    "\"FlatEvents\":{\"type\":\"list\",\"member\":{\"shape\":\"Text\"},\"flattened\":true},"
    "\"LateList\":{\"type\":\"list\",\"member\":{\"shape\":\"Text\"},\"locationName\":\"LateName\"},"
    "\"Dates\":{\"type\":\"list\",\"member\":{\"shape\":\"When\"}},"
    "\"FlatItems\":{\"type\":\"list\",\"member\":{\"shape\":\"Text\",\"locationName\":\"FlatItem\"},\"flattened\":true}"
    ","
    "\"Trees\":{\"type\":\"list\",\"member\":{\"shape\":\"Out\"}},"
    "\"Tags\":{\"type\":\"map\",\"key\":{\"shape\":\"Text\"},\"value\":{\"shape\":\"Text\"}},"
    "\"FlatTags\":{\"type\":\"map\",\"key\":{\"shape\":\"Text\",\"locationName\":\"Name\"},"
    "\"value\":{\"shape\":\"Text\",\"locationName\":\"Value\"},\"flattened\":true},"
    "\"Text\":{\"type\":\"string\"},\"Whole\":{\"type\":\"integer\"},\"Long\":{\"type\":\"long\"},"
    "\"Real\":{\"type\":\"double\"},\"Flag\":{\"type\":\"boolean\"},\"When\":{\"type\":\"timestamp\"},"
    "\"Bytes\":{\"type\":\"blob\"},"
    "\"ThingGoneFault\":{\"type\":\"structure\",\"members\":{\"message\":{\"shape\":\"Text\"},"
    "\"Thing\":{\"shape\":\"Text\"}},\"error\":{\"code\":\"ThingGone\",\"httpStatusCode\":404},\"exception\":true},"
    "\"Busy\":{\"type\":\"structure\",\"members\":{\"message\":{\"shape\":\"Text\"},"
    "\"Wait\":{\"shape\":\"Whole\",\"location\":\"header\",\"locationName\":\"Retry-After\"}},\"exception\":true},"
    "\"BadBatch\":{\"type\":\"structure\",\"members\":{\"messages\":{\"shape\":\"Messages\"},"
    "\"message\":{\"shape\":\"Text\"}},\"exception\":true},"
    "\"Messages\":{\"type\":\"list\",\"member\":{\"shape\":\"Text\",\"locationName\":\"Message\"}},"
    "\"NoSuchThing\":{\"type\":\"structure\",\"members\":{},\"exception\":true},"
    "\"LimitException\":{\"type\":\"structure\",\"members\":{},\"exception\":true,\"error\":{\"code\":\"Limit\"}}}";

/* `protocol` as models name it. Lives in `models`; NULL if the model does not compile. */
static const struct dr_aws_model *dr_small_model(struct dr_aws_models *models, const char *protocol)
{
    char *text =
             dr_format("{\"metadata\":{\"protocol\":\"%s\",\"apiVersion\":\"2026-01-01\",\"endpointPrefix\":\"small\","
                       "\"serviceId\":\"Small\",\"jsonVersion\":\"1.0\",\"targetPrefix\":\"Small\"},"
                       "\"operations\":%s,\"shapes\":%s}",
                       protocol, dr_small_operations, dr_small_shapes),
         *problem = NULL;
    json_t *json = dr_json_parse(text, strlen(text), NULL);
    const struct dr_aws_model *model = json ? dr_aws_models_add(models, protocol, json, NULL, NULL, &problem) : NULL;
    free(problem);
    json_decref(json);
    free(text);
    return model;
}

#endif

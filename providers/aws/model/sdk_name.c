/* What Step Functions calls a service: the package of the AWS SDK for Java 2, made from the serviceId as that SDK makes
 * it. (https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html) */
#include "providers/aws/model/index.h"

#include "interpreter/base/text.h"

#include <ctype.h>
#include <string.h>

/* "Elastic Load Balancing v2" -> "elasticloadbalancingv2", "Config Service" -> "config": letters and digits in lower
 * case, without "Amazon" or "AWS" in front and "Service" behind. */
char *dr_aws_sdk_name(const char *service_id)
{
    static const char *const leading[] = {"amazon", "aws"};
    static const char trailing[] = "service";
    struct dr_text text = {0};
    for (const char *at = service_id; *at; at++)
        if (isalnum((unsigned char)*at))
            dr_text_putc(&text, (char)tolower((unsigned char)*at));
    char *name = dr_text_take(&text);
    for (size_t i = 0; i < sizeof leading / sizeof *leading; i++) {
        size_t size = strlen(leading[i]);
        if (strncmp(name, leading[i], size) == 0 && name[size])
            memmove(name, name + size, strlen(name + size) + 1);
    }
    size_t size = strlen(name), ending = sizeof trailing - 1;
    if (size > ending && strcmp(name + size - ending, trailing) == 0)
        name[size - ending] = '\0';
    return name;
}

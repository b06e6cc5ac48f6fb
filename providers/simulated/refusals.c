/* What a service says to a request that is not signed as it should be. Sources:
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html (and each service's page of that name),
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
#include "providers/simulated/refusals.h"

#include <string.h>

enum family { XML, JSON, S3, EC2, FAMILIES };

static const struct row {
    const char *verdict;
    struct dr_sim_refusal by[FAMILIES];
} rows[] = {
    {"SignatureDoesNotMatch",
     {[XML] = {"SignatureDoesNotMatch", NULL, 403},
      [JSON] = {"InvalidSignatureException", NULL, 400},
      [S3] = {"SignatureDoesNotMatch", NULL, 403},
      [EC2] = {"AuthFailure", "AWS was not able to validate the provided access credentials", 401}}},
    {"RequestTimeTooSkewed",
     {[XML] = {"SignatureDoesNotMatch", NULL, 403},
      [JSON] = {"InvalidSignatureException", NULL, 400},
      [S3] = {"RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
              403},
      [EC2] = {"RequestExpired", "Request has expired.", 400}}},
    {"InvalidClientTokenId",
     {[XML] = {"InvalidClientTokenId", "The security token included in the request is invalid.", 403},
      [JSON] = {"UnrecognizedClientException", "The security token included in the request is invalid.", 400},
      [S3] = {"InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403},
      [EC2] = {"AuthFailure", "AWS was not able to validate the provided access credentials", 401}}},
    {"ExpiredToken",
     {[XML] = {"ExpiredToken", "The security token included in the request is expired", 403},
      [JSON] = {"ExpiredTokenException", "The security token included in the request is expired", 400},
      [S3] = {"ExpiredToken", "The provided token has expired.", 400},
      [EC2] = {"RequestExpired", "Request has expired.", 400}}},
    {"MissingAuthenticationToken",
     {[XML] = {"MissingAuthenticationToken", "Request is missing Authentication Token", 403},
      [JSON] = {"MissingAuthenticationTokenException", "Missing Authentication Token", 400},
      [S3] = {"AccessDenied", "Access Denied", 403},
      [EC2] = {"MissingParameter", "The request must contain the parameter AWSAccessKeyId", 400}}},
    {"IncompleteSignature",
     {[XML] = {"IncompleteSignature", NULL, 400},
      [JSON] = {"IncompleteSignatureException", NULL, 400},
      [S3] = {"AuthorizationHeaderMalformed", NULL, 400},
      [EC2] = {"AuthFailure", NULL, 401}}},
    {"AccessDenied",
     {[XML] = {"AccessDenied", NULL, 403},
      [JSON] = {"AccessDeniedException", NULL, 400},
      [S3] = {"AccessDenied", NULL, 403},
      [EC2] = {"UnauthorizedOperation", NULL, 403}}},
};

static enum family family_of(const struct dr_aws_model *model)
{
    if (strcmp(model->name, "s3") == 0)
        return S3;
    if (model->protocol == DR_AWS_EC2)
        return EC2;
    return model->protocol == DR_AWS_JSON || model->protocol == DR_AWS_REST_JSON ? JSON : XML;
}

struct dr_sim_refusal dr_sim_refusal(const struct dr_aws_model *model, const char *verdict)
{
    struct dr_sim_refusal refusal = {.code = verdict, .status = 403};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].verdict, verdict) == 0)
            refusal = rows[i].by[family_of(model)];
    if (model->protocol == DR_AWS_REST_JSON && refusal.status == 400)
        refusal.status = 403;
    return refusal;
}

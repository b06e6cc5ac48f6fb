/* Who signed a request, in words (signer.h). */
#include "providers/aws/client/signer.h"

#include "interpreter/base/text.h"

#include <stdio.h>
#include <string.h>

enum { ENDS = 4, KEY_LEAST = 16 }; /* AWS's own ids have at least 16 characters */

bool dr_aws_is_refusal(const char *code)
{
    static const char *const codes[] = {
        "AuthFailure",        "ExpiredToken",          "ExpiredTokenException",     "IncompleteSignature",
        "InvalidAccessKeyId", "InvalidClientTokenId",  "InvalidSignatureException", "InvalidToken",
        "RequestExpired",     "SignatureDoesNotMatch", "TokenRefreshRequired",      "UnrecognizedClientException",
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i], code) == 0)
            return true;
    return false;
}

void dr_aws_key_ends(const struct dr_aws_identity *identity, char ret_text[DR_AWS_KEY_TEXT])
{
    const char *id = identity ? identity->access_key_id : NULL;
    size_t size = id ? strlen(id) : 0;
    *ret_text = '\0';
    if (size >= KEY_LEAST)
        snprintf(ret_text, DR_AWS_KEY_TEXT, "%.*s...%.*s", ENDS, id, ENDS, id + size - ENDS);
}

char *dr_aws_signer(const char *key, const char *role_arn, const char *source)
{
    if (source == NULL)
        return NULL;
    return dr_format("signed by %s%s%s%s from %s", *key ? key : "the credentials", role_arn ? " of the role " : "",
                     role_arn ? role_arn : "", role_arn ? ", assumed with the credentials" : "", source);
}

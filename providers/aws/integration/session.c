#include "providers/aws/integration/session.h"

#include "interpreter/base/text.h"

#include <string.h>

enum { SESSION_NAME_MAX = 64 };

char *dr_aws_session_of(const char *execution_name)
{
    static const char others[] = "+=,.@-_";
    char *session = dr_format("drrun-%s", execution_name ? execution_name : "");
    for (char *at = session; *at; at++) {
        bool word = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        if (!word && strchr(others, *at) == NULL)
            *at = '-';
    }
    if (strlen(session) > SESSION_NAME_MAX)
        session[SESSION_NAME_MAX] = '\0';
    return session;
}

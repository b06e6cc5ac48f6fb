/* The name of a role's session: CloudTrail shows with it which execution did what. */
#ifndef DRRUN_PROVIDERS_AWS_INTEGRATION_SESSION_H
#define DRRUN_PROVIDERS_AWS_INTEGRATION_SESSION_H

/* "drrun-NAME" in the characters that a session's name may have, 64 at most; owned by the caller. NULL is no name. */
char *dr_aws_session_of(const char *execution_name);

#endif

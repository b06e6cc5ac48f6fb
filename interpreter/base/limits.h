/* Every bound on input, in one place, each tested at the limit and one past it. */
#ifndef DRRUN_BASE_LIMITS_H
#define DRRUN_BASE_LIMITS_H

#define DR_DEPTH_MAX 512                  /* nesting of documents, data, expressions and filters */
#define DR_DOCUMENT_BYTES_MAX (16u << 20) /* a runbook, action or world file */
#define DR_DOCUMENT_NODES_MAX (1u << 20)  /* nodes after alias and merge expansion */
#define DR_PAYLOAD_BYTES_MAX (64u << 20)  /* a state's data when it must be printed, journaled or sent */
#define DR_STATES_MAX 100000              /* states of one machine */
#define DR_ACTION_DEPTH_MAX 16            /* actions and runbooks that call one another */
#define DR_XML_ELEMENTS_MAX (1u << 22)    /* elements of one XML answer */
#define DR_MAP_ITEMS_MAX 10000000         /* items of one Map */
#define DR_PATH_VISITS_MAX 10000000       /* values that one evaluation of a JSONPath may look at */
#define DR_FILTER_DEPTH_MAX 32            /* nesting of JSONPath filters, brackets and intrinsic calls */
#define DR_SECRETS_MAX 100                /* secrets that one call may refer to */
#define DR_DETAIL_BYTES_MAX (64u << 10)   /* what the record of a call's result keeps beside it; more is left out */
#define DR_OUTPUT_BYTES_MAX (8u << 20)    /* captured from a process or an HTTP body by default */
#define DR_AWS_PAGES_MAX 10000            /* of one AWS call that follows its pages */
#define DR_AWS_ROLE_DEPTH_MAX 16u         /* roles that lead to one another by source_profile */
#define DR_AWS_INI_BYTES_MAX (1u << 20)   /* ~/.aws/config and ~/.aws/credentials, each */

#define DR_RULES_STEPS_MAX 100000     /* calls, texts and rules that one AWS endpoint may take; S3 takes some 200 */
#define DR_RULES_DEPTH_MAX 64         /* nesting of an endpoint rule set; S3's is 20 deep */
#define DR_RULES_TEXT_BYTES_MAX 65536 /* a text that an endpoint rule set makes */

#endif

/* Service models: what AWS's APIs look like, as data. A model is one sorted text file a service, lines "key<TAB>json",
 * that is mapped and searched; only the shapes that a call reaches are ever parsed (docs/reference/models.md).
 *
 *     struct dr_aws_models *models = dr_aws_models_new(&options);
 *     const struct dr_aws_model *rds = dr_aws_models_find(models, "rds", &problem);
 *     const struct dr_aws_operation *operation = dr_aws_model_operation(rds, "PromoteReadReplica");
 *     dr_aws_member_shape(&operation->input->members[0])->type
 *
 * Everything reached from a model lives as long as its dr_aws_models. Names are the API's own ("DBInstanceIdentifier");
 * Step Functions' spellings are integration/names.h. Source of the meaning of the fields: botocore's models, AWS's
 * "AWS service models" conventions (https://smithy.io/2.0/aws/protocols/). */
#ifndef DRRUN_PROVIDERS_AWS_MODEL_MODEL_H
#define DRRUN_PROVIDERS_AWS_MODEL_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dr_aws_models;
struct dr_aws_model;
struct dr_aws_shape;
struct dr_aws_slot;

enum dr_aws_type {
    DR_AWS_STRUCTURE,
    DR_AWS_LIST,
    DR_AWS_MAP,
    DR_AWS_STRING,  /* "character" too */
    DR_AWS_INTEGER, /* "short", "byte" too */
    DR_AWS_LONG,    /* "bigInteger" too */
    DR_AWS_FLOAT,
    DR_AWS_DOUBLE, /* "bigDecimal" too */
    DR_AWS_BOOLEAN,
    DR_AWS_BLOB,
    DR_AWS_TIMESTAMP,
};

enum dr_aws_location { /* where a member of an input or output stands in the HTTP message */
                       DR_AWS_IN_BODY,
                       DR_AWS_IN_URI,
                       DR_AWS_IN_QUERY, /* "querystring" */
                       DR_AWS_IN_HEADER,
                       DR_AWS_IN_HEADERS, /* a map: `wire` is the prefix of the headers' names */
                       DR_AWS_IN_STATUS,  /* "statusCode" */
};

enum dr_aws_timestamp { DR_AWS_TIME_DEFAULT, DR_AWS_TIME_ISO8601, DR_AWS_TIME_EPOCH, DR_AWS_TIME_RFC822 };

/* A reference to a shape, with what the place of use adds: a structure's member, a list's member, a map's key or value.
 */
struct dr_aws_member {
    const struct dr_aws_model *model;
    struct dr_aws_slot *slot;         /* model.c's own: where the shape is, once it was asked for */
    const char *name;                 /* in the API's spelling; NULL for a list's member, a map's key and value */
    const char *shape_name;           /* see dr_aws_member_shape() */
    const char *wire;                 /* locationName; NULL: none */
    const char *query_name;           /* queryName (ec2); NULL: none */
    const char *xml_prefix, *xml_uri; /* xmlNamespace; NULL: none */
    const char *context_param;        /* contextParam.name, for the endpoint rules; NULL: none */
    enum dr_aws_location location;
    enum dr_aws_timestamp timestamp; /* timestampFormat of the reference; DEFAULT: the shape's */
    bool required, flattened, xml_attribute, streaming, jsonvalue, idempotency_token, host_label, box, deprecated,
        event_payload, event_header;
};

struct dr_aws_shape {
    const struct dr_aws_model *model;
    const char *name;
    enum dr_aws_type type;
    const struct dr_aws_member *members; /* of a structure, in the model's order */
    size_t member_count;
    const struct dr_aws_member *member;      /* of a list */
    const struct dr_aws_member *key, *value; /* of a map */
    const char *payload;                     /* the member that is the whole body; NULL: none */
    const char *wire;                        /* locationName of the shape itself (the XML root); NULL: none */
    const char *xml_prefix, *xml_uri;
    const char *pattern;       /* a Java regular expression; NULL: none */
    const char *const *values; /* enum */
    size_t value_count;
    double min, max; /* of a number's value, a string's or blob's length, a list's or map's size; NAN: none */
    enum dr_aws_timestamp timestamp;
    bool flattened, wrapper, sensitive, streaming, requires_length, document, is_union, event_stream, event;
    /* Of an error: */
    bool is_exception, is_fault, is_retryable, is_throttling;
    const char *error_code; /* error.code; NULL: the shape's name is the code */
    int error_status;       /* error.httpStatusCode; 0: none */
};

struct dr_aws_operation {
    const struct dr_aws_model *model;
    const char *name;                             /* "PromoteReadReplica" */
    const char *method;                           /* "POST" */
    const char *request_uri;                      /* "/2013-04-01/hostedzone/{Id}/rrset/" */
    int response_code;                            /* http.responseCode; 0: none */
    const struct dr_aws_shape *input, *output;    /* NULL: none */
    const char *input_wire, *output_wire;         /* locationName of the reference (rest-xml's root); NULL: none */
    const char *input_xml_prefix, *input_xml_uri; /* xmlNamespace of the reference */
    const char *result_wrapper;                   /* query; NULL: none */
    const struct dr_aws_shape *const *errors;
    size_t error_count;
    const char *host_prefix;             /* endpoint.hostPrefix: "data-" or "{AccountId}."; NULL: none */
    const char *auth_type;               /* authtype: "none", "v4-unsigned-body"; NULL: as the service */
    const json_t *static_context_params; /* staticContextParams; NULL: none */
    const json_t *context_params;        /* operationContextParams; NULL: none */
    const json_t *checksum;              /* httpChecksum; NULL: none */
    bool checksum_required;              /* httpChecksumRequired: Content-MD5 */
    bool gzip;                           /* requestcompression: large bodies may be sent compressed */
    bool idempotent;                     /* modelled as such */
    bool read;                           /* it changes nothing (effect.h) */
    bool deprecated, endpoint_discovery_required;
    bool has_idempotency_token; /* a top-level member of the input is one */
    const char *paginator_text; /* JSON of the paginator (input_token, output_token, result_key, ...); NULL: none */
};

enum dr_aws_protocol { DR_AWS_QUERY, DR_AWS_EC2, DR_AWS_JSON, DR_AWS_REST_JSON, DR_AWS_REST_XML };

struct dr_aws_model {
    struct dr_aws_models *models;
    const char *name;              /* botocore's name of the service, its folder: "stepfunctions", "elbv2" */
    const char *service_id;        /* "SFN", "Elastic Load Balancing v2" */
    const char *full_name;         /* "AWS Step Functions" */
    const char *api_version;       /* "2014-10-31" */
    const char *endpoint_prefix;   /* "rds" */
    const char *signing_name;      /* signingName, else the endpoint prefix */
    const char *target_prefix;     /* X-Amz-Target; NULL: none */
    const char *json_version;      /* "1.0", "1.1"; NULL: none */
    const char *xml_uri;           /* xmlNamespace; NULL: none */
    const char *signature_version; /* "v4", "s3", "v2" (treated as v4), "bearer" */
    const char *global_endpoint;   /* "iam.amazonaws.com"; NULL: none */
    enum dr_aws_protocol protocol; /* the first one of metadata.protocols that drrun speaks, else metadata.protocol */
    bool query_compatible;         /* awsQueryCompatible: x-amzn-query-error carries the old code */
    const char *origin;            /* where it came from, for messages: "botocore 1.29.27", a path, "drrun's overlay" */
    const char *date;              /* "2022-12-12": of the source */
    size_t operation_count;
    const char *const *operation_names; /* sorted by strcmp; the API's spelling */
};

struct dr_aws_models_options {  /* everything is borrowed and copied */
    const char *const *folders; /* searched in this order, NULL-terminated; NULL: the usual places (find.c) */
    const char *(*environment)(const char *name); /* NULL: getenv */
};

struct dr_aws_models *dr_aws_models_new(const struct dr_aws_models_options *options);
void dr_aws_models_free(struct dr_aws_models *models); /* NULL is fine */

/* A service by botocore's name ("elbv2"); by the name that Step Functions uses ("elasticloadbalancingv2") with
 * dr_aws_models_find_sdk(). NULL with `ret_problem` (owned by the caller): what is unknown, the nearest name, which
 * models were searched, how to get newer ones. Opened once; 0.1 ms. */
const struct dr_aws_model *dr_aws_models_find(struct dr_aws_models *models, const char *name, char **ret_problem);
const struct dr_aws_model *dr_aws_models_find_sdk(struct dr_aws_models *models, const char *sdk_name,
                                                  char **ret_problem);

/* One line of `drrun models`, without opening the models themselves (an index beside them says it). */
struct dr_aws_model_row {
    const char *name, *sdk_name, *service_id, *api_version, *date, *origin;
};
/* Every service there is, sorted by name; borrowed. */
const struct dr_aws_model_row *dr_aws_models_list(struct dr_aws_models *models, size_t *ret_count);

/* Where `drrun models import` puts models, unless told otherwise; NULL: there is no home folder. */
const char *dr_aws_models_import_folder(struct dr_aws_models *models);
/* The overlays that are installed beside the bundled models; NULL: none. */
const char *dr_aws_models_overlays(struct dr_aws_models *models);

/* An operation in the API's spelling, or as Step Functions spells it (camelCase: "describeDBInstances"). NULL: none. */
const struct dr_aws_operation *dr_aws_model_operation(const struct dr_aws_model *model, const char *name);
/* Why there is no such operation, in words: the nearest name in the same spelling, the model's date and origin, how to
 * get a newer one. Owned by the caller. */
char *dr_aws_operation_problem(const struct dr_aws_model *model, const char *name);
/* A shape by name; NULL: none. */
const struct dr_aws_shape *dr_aws_model_shape(const struct dr_aws_model *model, const char *name);
/* The shape that a member refers to. Never NULL: a dangling reference was refused when the model was compiled. */
const struct dr_aws_shape *dr_aws_member_shape(const struct dr_aws_member *member);
const struct dr_aws_member *dr_aws_shape_member(const struct dr_aws_shape *shape, const char *name); /* NULL: none */
/* The endpoint rule set, parsed once; NULL: none (an old model). */
const json_t *dr_aws_model_endpoint_rules(const struct dr_aws_model *model);
/* partitions.json, parsed once; never NULL. */
const json_t *dr_aws_models_partitions(struct dr_aws_models *models);

/* A model straight from a botocore "service-2.json" as parsed, for tests and the simulated cloud's own; `name` is the
 * service's. Lives in `models`. NULL with a problem. */
const struct dr_aws_model *dr_aws_models_add(struct dr_aws_models *models, const char *name, const json_t *service,
                                             const json_t *paginators, const json_t *endpoint_rules,
                                             char **ret_problem);

#endif

/* Signing: canonical request -> string to sign -> signature -> what is sent. */
#include "providers/aws/signing/sigv4.h"

#include "interpreter/base/clock.h"
#include "providers/aws/signing/canonical.h"
#include "providers/aws/signing/ecdsa.h"
#include "providers/aws/signing/keys.h"
#include "providers/aws/signing/scheme.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is added by signing, or belongs to one hop: never signed as the request brings it. */
static const char *const never_signed[] = {
    "authorization",
    "connection",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amz-date",
    "x-amz-region-set",
    "x-amz-security-token",
    "x-amzn-trace-id",
    "x-amz-content-sha256",
};
static const char *const always_signed[] = {"content-type", "content-md5"};

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(name, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_signed(const char *name, bool all_headers)
{
    return !is_one_of(name, never_signed, sizeof never_signed / sizeof *never_signed) &&
           (all_headers || strncasecmp(name, "x-amz-", 6) == 0 ||
            is_one_of(name, always_signed, sizeof always_signed / sizeof *always_signed));
}

void dr_aws_scheme_string_to_sign(struct dr_text *text, bool asymmetric, const char *date, const char *credential_scope,
                                  const char *canonical_request)
{
    unsigned char digest[DR_SHA256_BYTES];
    char digits[DR_SHA256_TEXT];
    dr_aws_sha256(canonical_request, strlen(canonical_request), digest);
    dr_text_printf(text, "%s\n%s\n%s\n%s", dr_aws_scheme_name(asymmetric), date, credential_scope,
                   dr_aws_hex(digest, sizeof digest, digits));
}

const char *dr_aws_scheme_name(bool asymmetric)
{
    return asymmetric ? "AWS4-ECDSA-P256-SHA256" : "AWS4-HMAC-SHA256";
}

static char *make_signature(const struct dr_aws_identity *identity, const struct dr_aws_scope *scope, const char *date,
                            const char *string_to_sign, char **ret_problem)
{
    unsigned char key[DR_SHA256_BYTES], digest[DR_SHA256_BYTES];
    char digits[2 * DR_ECDSA_BYTES_MAX + 1];
    if (scope->asymmetric) {
        unsigned char der[DR_ECDSA_BYTES_MAX];
        const char *problem = NULL;
        const struct dr_ecdsa_key *pair = dr_ecdsa_key(identity->access_key_id, identity->secret_access_key, &problem);
        dr_aws_sha256(string_to_sign, strlen(string_to_sign), digest);
        size_t size = pair ? dr_ecdsa_sign(pair, digest, der) : 0;
        if (size == 0) {
            *ret_problem = dr_format("no SigV4A signature, which this endpoint needs, can be made: %s",
                                     problem ? problem : "libcrypto refused");
            return NULL;
        }
        return dr_copy_string(dr_aws_hex(der, size, digits));
    }
    dr_aws_signing_key(identity->secret_access_key, date, scope->region, scope->service, key);
    dr_aws_hmac_sha256(key, sizeof key, string_to_sign, strlen(string_to_sign), digest);
    explicit_bzero(key, sizeof key);
    return dr_copy_string(dr_aws_hex(digest, sizeof digest, digits));
}

/* "20150830/us-east-1/service/aws4_request"; SigV4A has no Region there. */
static char *make_credential_scope(const struct dr_aws_scope *scope, const char *date)
{
    return scope->asymmetric ? dr_format("%.8s/%s/aws4_request", date, scope->service)
                             : dr_format("%.8s/%s/%s/aws4_request", date, scope->region, scope->service);
}

static char *make_date(int64_t now_ms)
{
    char text[DR_TIME_TEXT], date[17];
    dr_time_format(text, now_ms); /* 2015-08-30T12:36:00.000Z */
    size_t size = 0;
    for (const char *at = text; *at && *at != '.' && size < sizeof date - 2; at++) {
        if (*at != '-' && *at != ':') {
            date[size++] = *at;
        }
    }
    date[size++] = 'Z';
    date[size] = '\0';
    return dr_copy_string(date);
}

static char *digest_body(const struct dr_aws_to_sign *request, bool unsigned_body)
{
    if (unsigned_body) {
        return dr_copy_string("UNSIGNED-PAYLOAD");
    }
    unsigned char digest[DR_SHA256_BYTES];
    char digits[DR_SHA256_TEXT];
    dr_aws_sha256(request->body, request->body ? request->body_size : 0, digest);
    return dr_copy_string(dr_aws_hex(digest, sizeof digest, digits));
}

static void collect_headers(const struct dr_aws_to_sign *request, bool all_headers,
                            struct dr_aws_canonical_headers *headers)
{
    dr_aws_canonical_headers_add(headers, "host", request->host);
    for (size_t i = 0; i < request->header_count; i++) {
        if (is_signed(request->headers[i].name, all_headers)) {
            dr_aws_canonical_headers_add(headers, request->headers[i].name, request->headers[i].value);
        }
    }
}

static char *make_canonical_request(const struct dr_aws_to_sign *request, const struct dr_aws_scope *scope,
                                    const char *query, const struct dr_aws_canonical_headers *headers,
                                    const char *content_sha256)
{
    struct dr_text text = {0};
    dr_text_puts(&text, request->method);
    dr_text_putc(&text, '\n');
    dr_aws_canonical_path(&text, request->path, scope->single_encoding, scope->normalize);
    dr_text_putc(&text, '\n');
    dr_aws_canonical_query(&text, query, NULL);
    dr_text_putc(&text, '\n');
    dr_aws_canonical_headers_lines(&text, headers);
    dr_text_putc(&text, '\n');
    dr_aws_canonical_headers_names(&text, headers);
    dr_text_putc(&text, '\n');
    dr_text_puts(&text, content_sha256);
    return dr_text_take(&text);
}

/* The steps that both forms share, once the headers and the query are known. */
static void finish(const struct dr_aws_to_sign *request, const struct dr_aws_identity *identity,
                   const struct dr_aws_scope *scope, const char *query, const struct dr_aws_canonical_headers *headers,
                   const char *credential_scope, struct dr_aws_signature *signature)
{
    struct dr_text text = {0};
    signature->canonical_request = make_canonical_request(request, scope, query, headers, signature->content_sha256);
    dr_aws_scheme_string_to_sign(&text, scope->asymmetric, signature->date, credential_scope,
                                 signature->canonical_request);
    signature->string_to_sign = dr_text_take(&text);
    signature->signature =
        make_signature(identity, scope, signature->date, signature->string_to_sign, &signature->problem);
}

void dr_aws_sign(const struct dr_aws_to_sign *request, const struct dr_aws_identity *identity,
                 const struct dr_aws_scope *scope, struct dr_aws_signature *ret_signature)
{
    struct dr_aws_signature signature = {
        .date = make_date(scope->now_ms),
        .content_sha256 = digest_body(request, scope->unsigned_body),
    };
    struct dr_aws_canonical_headers headers = {0};
    collect_headers(request, scope->all_headers, &headers);
    dr_aws_canonical_headers_add(&headers, "x-amz-date", signature.date);
    if (scope->content_sha256) {
        dr_aws_canonical_headers_add(&headers, "x-amz-content-sha256", signature.content_sha256);
    }
    if (identity->session_token && !scope->omit_token) {
        dr_aws_canonical_headers_add(&headers, "x-amz-security-token", identity->session_token);
    }
    if (scope->asymmetric) {
        dr_aws_canonical_headers_add(&headers, "x-amz-region-set", scope->region);
    }
    dr_aws_canonical_headers_sort(&headers);
    char *credential_scope = make_credential_scope(scope, signature.date);
    finish(request, identity, scope, request->query, &headers, credential_scope, &signature);
    if (signature.signature) {
        struct dr_text text = {0};
        dr_text_printf(&text, "%s Credential=%s/%s, SignedHeaders=", dr_aws_scheme_name(scope->asymmetric),
                       identity->access_key_id, credential_scope);
        dr_aws_canonical_headers_names(&text, &headers);
        dr_text_printf(&text, ", Signature=%s", signature.signature);
        signature.authorization = dr_text_take(&text);
    }
    free(credential_scope);
    dr_aws_canonical_headers_done(&headers);
    *ret_signature = signature;
}

static void add_parameter(struct dr_text *query, const char *name, const char *value)
{
    if (query->size) {
        dr_text_putc(query, '&');
    }
    dr_text_printf(query, "%s=", name);
    dr_aws_encode(query, value, strlen(value), false);
}

void dr_aws_presign(const struct dr_aws_to_sign *request, const struct dr_aws_identity *identity,
                    const struct dr_aws_scope *scope, struct dr_aws_signature *ret_signature)
{
    struct dr_aws_signature signature = {
        .date = make_date(scope->now_ms),
        .content_sha256 = digest_body(request, scope->unsigned_body),
    };
    struct dr_aws_canonical_headers headers = {0};
    struct dr_text names = {0}, query = {0};
    collect_headers(request, scope->all_headers, &headers);
    dr_aws_canonical_headers_sort(&headers);
    dr_aws_canonical_headers_names(&names, &headers);
    char *credential_scope = make_credential_scope(scope, signature.date);
    char *credential = dr_format("%s/%s", identity->access_key_id, credential_scope);
    char *expires = dr_format("%lld", (long long)scope->expires_seconds);
    dr_text_puts(&query, request->query);
    add_parameter(&query, "X-Amz-Algorithm", dr_aws_scheme_name(scope->asymmetric));
    add_parameter(&query, "X-Amz-Credential", credential);
    add_parameter(&query, "X-Amz-Date", signature.date);
    if (scope->asymmetric) {
        add_parameter(&query, "X-Amz-Region-Set", scope->region);
    }
    add_parameter(&query, "X-Amz-SignedHeaders", names.bytes);
    add_parameter(&query, "X-Amz-Expires", expires);
    if (identity->session_token && !scope->omit_token) {
        add_parameter(&query, "X-Amz-Security-Token", identity->session_token);
    }
    finish(request, identity, scope, query.bytes, &headers, credential_scope, &signature);
    if (signature.signature) {
        if (identity->session_token && scope->omit_token) {
            add_parameter(&query, "X-Amz-Security-Token", identity->session_token);
        }
        add_parameter(&query, "X-Amz-Signature", signature.signature);
        signature.query = dr_text_take(&query);
    }
    dr_text_done(&query);
    dr_text_done(&names);
    free(credential_scope);
    free(credential);
    free(expires);
    dr_aws_canonical_headers_done(&headers);
    *ret_signature = signature;
}

static void wipe(char *string)
{
    if (string) {
        explicit_bzero(string, strlen(string));
        free(string);
    }
}

void dr_aws_signature_done(struct dr_aws_signature *signature)
{
    if (!signature) {
        return;
    }
    wipe(signature->canonical_request); /* holds the session token */
    wipe(signature->query);
    free(signature->string_to_sign);
    free(signature->signature);
    free(signature->authorization);
    free(signature->date);
    free(signature->content_sha256);
    free(signature->problem);
    *signature = (struct dr_aws_signature){0};
}

void dr_aws_identity_done(struct dr_aws_identity *identity)
{
    if (!identity) {
        return;
    }
    wipe(identity->access_key_id);
    wipe(identity->secret_access_key);
    wipe(identity->session_token);
    free(identity->account_id);
    *identity = (struct dr_aws_identity){0};
}

void dr_aws_identity_copy(struct dr_aws_identity *to, const struct dr_aws_identity *from)
{
    *to = (struct dr_aws_identity){
        .access_key_id = dr_copy_string(from->access_key_id),
        .secret_access_key = dr_copy_string(from->secret_access_key),
        .session_token = dr_copy_string(from->session_token),
        .account_id = dr_copy_string(from->account_id),
        .expires_ms = from->expires_ms,
    };
}

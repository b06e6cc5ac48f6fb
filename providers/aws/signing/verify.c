/* Reads a claim (who, scope, which headers, signature) out of a request, computes the same signature, compares. */
#include "providers/aws/signing/verify.h"

#include "interpreter/base/clock.h"
#include "providers/aws/signing/canonical.h"
#include "providers/aws/signing/ecdsa.h"
#include "providers/aws/signing/keys.h"
#include "providers/aws/signing/scheme.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a request says of its own signature. All strings are owned. */
struct claim {
    bool presigned, asymmetric;
    char *algorithm, *credential, *signed_headers, *signature, *date, *token, *expires, *region_set;
    /* Out of the credential: */
    char *access_key_id, *day, *region, *service;
};

static void claim_done(struct claim *claim)
{
    char *const all[] = {claim->algorithm,     claim->credential, claim->signed_headers, claim->signature,
                         claim->date,          claim->token,      claim->expires,        claim->region_set,
                         claim->access_key_id, claim->day,        claim->region,         claim->service};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

static bool refuse(struct dr_aws_verdict *verdict, const char *code, char *message)
{
    verdict->code = code;
    verdict->message = message;
    return false;
}

static const char *find_header(const struct dr_aws_to_sign *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0) {
            return request->headers[i].value;
        }
    }
    return NULL;
}

/* The decoded value of a query parameter; NULL: none. */
static char *find_parameter(const char *query, const char *name)
{
    size_t name_size = strlen(name);
    for (const char *at = query; *at;) {
        size_t size = strcspn(at, "&");
        if (size > name_size && at[name_size] == '=' && memcmp(at, name, name_size) == 0) {
            struct dr_text text = {0};
            dr_aws_decode(&text, at + name_size + 1, size - name_size - 1);
            return dr_text_take(&text);
        }
        at += size + (at[size] == '&');
    }
    return NULL;
}

/* The value of "Name=value" among the comma-separated parts of an Authorization header. */
static char *find_part(const char *parts, const char *name)
{
    size_t name_size = strlen(name);
    for (const char *at = parts; *at;) {
        at += strspn(at, ", ");
        size_t size = strcspn(at, ", ");
        if (size > name_size && at[name_size] == '=' && memcmp(at, name, name_size) == 0) {
            return dr_copy_bytes(at + name_size + 1, size - name_size - 1);
        }
        at += size;
    }
    return NULL;
}

/* "AKID/20150830/us-east-1/service/aws4_request", from its end, since an access key id is anything. */
static bool split_credential(struct claim *claim)
{
    char **const parts[] = {&claim->service, &claim->region, &claim->day};
    const char *text = claim->credential, *end = text + strlen(text);
    static const char last[] = "/aws4_request";
    if ((size_t)(end - text) < sizeof last || strcmp(end - (sizeof last - 1), last) != 0) {
        return false;
    }
    end -= sizeof last - 1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i] == &claim->region && claim->asymmetric) {
            continue;
        }
        const char *slash = memrchr(text, '/', (size_t)(end - text));
        if (!slash) {
            return false;
        }
        *parts[i] = dr_copy_bytes(slash + 1, (size_t)(end - slash - 1));
        end = slash;
    }
    claim->access_key_id = dr_copy_bytes(text, (size_t)(end - text));
    return strlen(claim->day) == 8 && *claim->access_key_id;
}

static bool read_claim(const struct dr_aws_to_sign *request, struct claim *claim, struct dr_aws_verdict *verdict)
{
    const char *header = find_header(request, "authorization"), *date = find_header(request, "x-amz-date");
    const char *token = find_header(request, "x-amz-security-token"), *set = find_header(request, "x-amz-region-set");
    claim->algorithm = find_parameter(request->query, "X-Amz-Algorithm");
    if (header) {
        free(claim->algorithm);
        size_t name = strcspn(header, " ");
        claim->algorithm = dr_copy_bytes(header, name);
        claim->credential = find_part(header + name, "Credential");
        claim->signed_headers = find_part(header + name, "SignedHeaders");
        claim->signature = find_part(header + name, "Signature");
        claim->date = dr_copy_string(date);
        claim->token = dr_copy_string(token);
        claim->region_set = dr_copy_string(set);
    } else if (claim->algorithm) {
        claim->presigned = true;
        claim->credential = find_parameter(request->query, "X-Amz-Credential");
        claim->signed_headers = find_parameter(request->query, "X-Amz-SignedHeaders");
        claim->signature = find_parameter(request->query, "X-Amz-Signature");
        claim->date = find_parameter(request->query, "X-Amz-Date");
        claim->token = find_parameter(request->query, "X-Amz-Security-Token");
        claim->expires = find_parameter(request->query, "X-Amz-Expires");
        claim->region_set = find_parameter(request->query, "X-Amz-Region-Set");
    } else {
        return refuse(verdict, "MissingAuthenticationToken", dr_copy_string("Request is missing Authentication Token"));
    }
    claim->asymmetric = strcmp(claim->algorithm, dr_aws_scheme_name(true)) == 0;
    if (!claim->asymmetric && strcmp(claim->algorithm, dr_aws_scheme_name(false)) != 0) {
        return refuse(verdict, "IncompleteSignature", dr_format("Unsupported AWS 'algorithm': '%s'", claim->algorithm));
    }
    if (!claim->credential || !claim->signed_headers || !claim->signature || !claim->date ||
        (claim->presigned && !claim->expires) || (claim->asymmetric && !claim->region_set)) {
        return refuse(verdict, "IncompleteSignature",
                      dr_copy_string("Credential, SignedHeaders, Signature and X-Amz-Date are needed (presigned: "
                                     "X-Amz-Expires, SigV4A: X-Amz-Region-Set as well)"));
    }
    if (!split_credential(claim)) {
        return refuse(
            verdict, "IncompleteSignature",
            dr_format("Credential '%s' is not ACCESS-KEY/DAY/REGION/SERVICE/aws4_request", claim->credential));
    }
    verdict->region = dr_copy_string(claim->asymmetric ? claim->region_set : claim->region);
    verdict->service = dr_copy_string(claim->service);
    return true;
}

/* "20150830T123600Z" in milliseconds. */
static bool parse_date(const char *date, int64_t *ret_ms)
{
    if (strlen(date) != 16 || date[8] != 'T' || date[15] != 'Z') {
        return false;
    }
    char text[32];
    size_t size = 0;
    for (const char *at = date; *at; at++) {
        ptrdiff_t place = at - date;
        if (place == 4 || place == 6) {
            text[size++] = '-';
        } else if (place == 11 || place == 13) {
            text[size++] = ':';
        }
        text[size++] = *at;
    }
    return dr_time_parse(text, size, ret_ms, NULL);
}

static bool check_time(const struct claim *claim, const struct dr_aws_verify_options *options,
                       struct dr_aws_verdict *verdict)
{
    int64_t signed_ms, life_ms = options->window_ms;
    if (!parse_date(claim->date, &signed_ms) || memcmp(claim->date, claim->day, 8) != 0) {
        return refuse(verdict, "IncompleteSignature",
                      dr_format("X-Amz-Date '%s' is no date, or not on the day of the Credential", claim->date));
    }
    if (claim->presigned) {
        char *end;
        long long seconds = strtoll(claim->expires, &end, 10);
        if (*end || end == claim->expires || seconds < 1 || seconds > 7LL * 24 * 3600) {
            return refuse(verdict, "AuthorizationQueryParametersError",
                          dr_copy_string("X-Amz-Expires must be between 1 and 604800"));
        }
        life_ms = seconds * 1000;
    }
    if (signed_ms > options->now_ms + options->window_ms) {
        return refuse(verdict, "RequestTimeTooSkewed",
                      dr_format("Signature not yet current: %s is later than the server's clock", claim->date));
    }
    if (signed_ms < options->now_ms - life_ms) {
        return refuse(verdict, claim->presigned ? "AccessDenied" : "RequestTimeTooSkewed",
                      dr_format("Signature expired: %s is too long ago", claim->date));
    }
    return true;
}

/* The headers that the claim names, as they came. Host and what carries the session must be among them. */
static bool collect_signed(const struct dr_aws_to_sign *request, const struct claim *claim,
                           struct dr_aws_canonical_headers *headers, struct dr_aws_verdict *verdict)
{
    bool host = false;
    for (const char *at = claim->signed_headers; *at;) {
        size_t size = strcspn(at, ";");
        char *name = dr_copy_bytes(at, size);
        bool found = strcasecmp(name, "host") == 0;
        if (found) {
            host = true;
            dr_aws_canonical_headers_add(headers, name, request->host);
        }
        for (size_t i = 0; i < request->header_count; i++) {
            if (strcasecmp(request->headers[i].name, name) == 0 && strcasecmp(name, "host") != 0) {
                found = true;
                dr_aws_canonical_headers_add(headers, name, request->headers[i].value);
            }
        }
        if (!found) {
            refuse(verdict, "SignatureDoesNotMatch", dr_format("The signed header '%s' is not in the request", name));
            free(name);
            return false;
        }
        free(name);
        at += size + (at[size] == ';');
    }
    if (!host) {
        return refuse(verdict, "SignatureDoesNotMatch", dr_copy_string("'Host' must be a signed header"));
    }
    dr_aws_canonical_headers_sort(headers);
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        bool is_signed = strncasecmp(name, "x-amz-", 6) != 0 || strcasecmp(name, "x-amz-security-token") == 0;
        for (size_t j = 0; j < headers->count && !is_signed; j++) {
            is_signed = strcasecmp(headers->items[j].name, name) == 0;
        }
        if (!is_signed) {
            return refuse(verdict, "AccessDenied",
                          dr_format("There were headers present in the request which were not signed: %s", name));
        }
    }
    return true;
}

/* S3's family takes paths as they are. */
static bool takes_raw_paths(const char *service)
{
    static const char *const names[] = {"s3", "s3express", "s3-object-lambda", "s3-outposts"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(service, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The value that stands for the body in the canonical request: what the client declares, once it is true. NULL: it is
 * not. */
static char *check_body(const struct dr_aws_to_sign *request, const struct claim *claim)
{
    const char *declared = find_header(request, "x-amz-content-sha256");
    char *parameter = find_parameter(request->query, "X-Amz-Content-Sha256");
    unsigned char digest[DR_SHA256_BYTES];
    char digits[DR_SHA256_TEXT];
    dr_aws_sha256(request->body, request->body ? request->body_size : 0, digest);
    dr_aws_hex(digest, sizeof digest, digits);
    if (!declared) {
        declared = parameter                                             ? parameter
                   : claim->presigned && takes_raw_paths(claim->service) ? "UNSIGNED-PAYLOAD"
                                                                         : digits;
    }
    /* Of a body in signed chunks only the beginning is checked here: what the headers say, and so the first signature.
     */
    bool is_true = strcmp(declared, digits) == 0 || strcmp(declared, "UNSIGNED-PAYLOAD") == 0 ||
                   strncmp(declared, "STREAMING-", 10) == 0;
    char *result = is_true ? dr_copy_string(declared) : NULL;
    free(parameter);
    return result;
}

static char *make_canonical(const struct dr_aws_to_sign *request, const struct claim *claim,
                            const struct dr_aws_canonical_headers *headers, const char *body)
{
    struct dr_text text = {0};
    bool raw = takes_raw_paths(claim->service);
    dr_text_puts(&text, request->method);
    dr_text_putc(&text, '\n');
    dr_aws_canonical_path(&text, request->path, raw, !raw);
    dr_text_putc(&text, '\n');
    dr_aws_canonical_query(&text, request->query, claim->presigned ? "X-Amz-Signature" : NULL);
    dr_text_putc(&text, '\n');
    dr_aws_canonical_headers_lines(&text, headers);
    dr_text_putc(&text, '\n');
    dr_aws_canonical_headers_names(&text, headers);
    dr_text_putc(&text, '\n');
    dr_text_puts(&text, body);
    return dr_text_take(&text);
}

static int hex_digit(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool matches_pair(const struct claim *claim, const struct dr_aws_identity *identity, const char *string_to_sign)
{
    unsigned char der[DR_ECDSA_BYTES_MAX], digest[DR_SHA256_BYTES];
    size_t digits = strlen(claim->signature);
    if (digits % 2 != 0 || digits / 2 > sizeof der) {
        return false;
    }
    for (size_t i = 0; i < digits / 2; i++) {
        int high = hex_digit(claim->signature[2 * i]), low = hex_digit(claim->signature[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        der[i] = (unsigned char)(high << 4 | low);
    }
    const char *problem;
    const struct dr_ecdsa_key *pair = dr_ecdsa_key(identity->access_key_id, identity->secret_access_key, &problem);
    dr_aws_sha256(string_to_sign, strlen(string_to_sign), digest);
    return pair && dr_ecdsa_verify(pair, digest, der, digits / 2);
}

/* In a time that does not depend on where the first difference is. */
static bool matches_key(const struct claim *claim, const struct dr_aws_identity *identity, const char *string_to_sign)
{
    unsigned char key[DR_SHA256_BYTES], digest[DR_SHA256_BYTES];
    char digits[DR_SHA256_TEXT];
    dr_aws_signing_key(identity->secret_access_key, claim->day, claim->region, claim->service, key);
    dr_aws_hmac_sha256(key, sizeof key, string_to_sign, strlen(string_to_sign), digest);
    dr_aws_hex(digest, sizeof digest, digits);
    explicit_bzero(key, sizeof key);
    if (strlen(claim->signature) != sizeof digits - 1) {
        return false;
    }
    volatile unsigned char different = 0;
    for (size_t i = 0; i < sizeof digits - 1; i++) {
        different |= (unsigned char)(digits[i] ^ claim->signature[i]);
    }
    return different == 0;
}

/* The signature over headers that are already collected. */
static bool check_signature(const struct dr_aws_to_sign *request, const struct claim *claim,
                            const struct dr_aws_canonical_headers *headers, struct dr_aws_verdict *verdict)
{
    char *body = check_body(request, claim);
    if (!body) {
        return refuse(verdict, "XAmzContentSHA256Mismatch",
                      dr_copy_string("The provided 'x-amz-content-sha256' header does not match what was computed."));
    }
    char *canonical = make_canonical(request, claim, headers, body);
    char *scope = claim->asymmetric ? dr_format("%s/%s/aws4_request", claim->day, claim->service)
                                    : dr_format("%s/%s/%s/aws4_request", claim->day, claim->region, claim->service);
    struct dr_text text = {0};
    dr_aws_scheme_string_to_sign(&text, claim->asymmetric, claim->date, scope, canonical);
    bool good = claim->asymmetric ? matches_pair(claim, verdict->identity, text.bytes)
                                  : matches_key(claim, verdict->identity, text.bytes);
    if (!good) {
        refuse(
            verdict, "SignatureDoesNotMatch",
            dr_format("The request signature we calculated does not match the signature you provided. Check your AWS "
                      "Secret Access Key and signing method.\n\nThe Canonical String for this request should have "
                      "been\n'%s'\n\nThe String-to-Sign should have been\n'%s'\n",
                      canonical, text.bytes));
    }
    dr_text_done(&text);
    free(scope);
    free(canonical);
    free(body);
    return good;
}

/* A Region set: names with commas between them, where "*" ends any beginning. */
static bool is_in_set(const char *set, const char *region)
{
    for (const char *at = set; *at;) {
        at += strspn(at, ", ");
        size_t size = strcspn(at, ", ");
        if (size > 0 && at[size - 1] == '*' ? strncmp(at, region, size - 1) == 0
                                            : strlen(region) == size && memcmp(at, region, size) == 0) {
            return true;
        }
        at += size;
    }
    return false;
}

static bool check_scope(const struct claim *claim, const struct dr_aws_verify_options *options,
                        struct dr_aws_verdict *verdict)
{
    if (options->service && strcmp(claim->service, options->service) != 0) {
        return refuse(verdict, "SignatureDoesNotMatch",
                      dr_format("Credential should be scoped to correct service: '%s'.", options->service));
    }
    if (options->region && (claim->asymmetric ? !is_in_set(claim->region_set, options->region)
                                              : strcmp(claim->region, options->region) != 0)) {
        return refuse(verdict, "SignatureDoesNotMatch",
                      dr_format("Credential should be scoped to a valid region, not '%s'.",
                                claim->asymmetric ? claim->region_set : claim->region));
    }
    return true;
}

static bool check_owner(const struct claim *claim, const struct dr_aws_verify_options *options,
                        struct dr_aws_verdict *verdict)
{
    verdict->identity = options->owner(options->data, claim->access_key_id);
    if (!verdict->identity) {
        return refuse(verdict, "InvalidClientTokenId",
                      dr_copy_string("The security token included in the request is invalid."));
    }
    const char *expected = verdict->identity->session_token;
    if ((expected != NULL) != (claim->token != NULL) || (expected && strcmp(expected, claim->token) != 0)) {
        return refuse(verdict, "InvalidClientTokenId",
                      dr_copy_string("The security token included in the request is invalid."));
    }
    if (verdict->identity->expires_ms <= options->now_ms) {
        return refuse(verdict, "ExpiredToken", dr_copy_string("The security token included in the request is expired"));
    }
    return true;
}

bool dr_aws_verify(const struct dr_aws_to_sign *request, const struct dr_aws_verify_options *options,
                   struct dr_aws_verdict *ret_verdict)
{
    struct claim claim = {0};
    struct dr_aws_canonical_headers headers = {0};
    *ret_verdict = (struct dr_aws_verdict){0};
    bool good = read_claim(request, &claim, ret_verdict) && check_owner(&claim, options, ret_verdict) &&
                check_time(&claim, options, ret_verdict) && check_scope(&claim, options, ret_verdict) &&
                collect_signed(request, &claim, &headers, ret_verdict) &&
                check_signature(request, &claim, &headers, ret_verdict);
    dr_aws_canonical_headers_done(&headers);
    claim_done(&claim);
    return good;
}

void dr_aws_verdict_done(struct dr_aws_verdict *verdict)
{
    if (verdict) {
        free(verdict->message);
        free(verdict->region);
        free(verdict->service);
        *verdict = (struct dr_aws_verdict){0};
    }
}

/* DNS messages as data: an answer's bytes -> {"Status", "Authoritative", "Answers": [{"Name", "Type", "Ttl",
 * "Value"}]}.
 *
 * Names are printed as people write them, without the final dot ("." for the root); bytes that are not printable ASCII,
 * and the characters that master files give a meaning, as \DDD or \X. Values read as `dig +short` prints them, except
 * that TXT is not quoted. Every read is bounded by the message, every name by 255 bytes and a bounded number of jumps:
 * the bytes come from the network.
 */
#ifndef DRRUN_PROVIDERS_DNS_MESSAGE_H
#define DRRUN_PROVIDERS_DNS_MESSAGE_H

#include <jansson.h>
#include <stddef.h>

enum dr_dns_rcode { DR_DNS_NOERROR = 0, DR_DNS_NXDOMAIN = 3 };

/* A new reference, or NULL if the bytes are not a whole DNS answer. `ret_rcode` is the response code. */
json_t *dr_dns_answer(const unsigned char *bytes, size_t size, int *ret_rcode) __attribute__((warn_unused_result));

/* The number of a type by name ("A", upper case), or -1. */
int dr_dns_type_number(const char *name);
/* The name that PTR records of an address stand under ("1.2.0.192.in-addr.arpa"), owned by the caller; NULL if it is no
 * address. */
char *dr_dns_reverse_name(const char *address);

#endif

/* Small things that both the intrinsic functions and JSONata's additions compute. Internal to the room. */
#ifndef DRRUN_EXPRESSION_DIGEST_H
#define DRRUN_EXPRESSION_DIGEST_H

#include "interpreter/expression/expression.h"

#include <stddef.h>

/* The hexadecimal digest as a new string, or NULL for an algorithm other than MD5, SHA-1, SHA-256, SHA-384 and SHA-512.
 */
json_t *dr_digest(const char *algorithm, const char *bytes, size_t size);

/* A version 4 UUID as a new string. */
json_t *dr_uuid(struct dr_random *random);

/* java.util.Random, which is what AWS draws seeded numbers from: nextInt(bound) and nextDouble() as the first draw of a
 * seed. */
int32_t dr_java_random_int(int64_t seed, int32_t bound);
double dr_java_random_double(int64_t seed);

#endif

/* Numbers as JavaScript reads and prints them. */
#ifndef DRRUN_EXPRESSION_JSONATA_NUMBER_H
#define DRRUN_EXPRESSION_JSONATA_NUMBER_H

#include "interpreter/expression/jsonata/value.h"

#define JX_NUMBER_TEXT 40 /* bytes that the functions below need */

/* Number.prototype.toString: the shortest digits that read back the same; "1e+21", "0.000001", "NaN". Returns the
 * length. */
size_t jx_number_text(char out[JX_NUMBER_TEXT], double number);
/* The same, exact for a 64-bit integer. */
size_t jx_value_number_text(char out[JX_NUMBER_TEXT], struct jx_value number);
/* Rounded to 15 significant digits first, unless integral: what $string and & print. */
size_t jx_number_text_15(char out[JX_NUMBER_TEXT], double number);

/* Whether the number is what a decimal of at most 15 digits, up to six of them after the point, stands for: the usual
 * case, for which *ret_digits / 10^*ret_places is its shortest text. (A quotient of two exact numbers is rounded
 * correctly, so equality proves it.) */
bool jx_is_short_decimal(double number, int64_t *ret_digits, unsigned *ret_places);

/* Reads a decimal number that has been checked to be one. */
double jx_read_number(const char *bytes, size_t size);

bool jx_is_integral(double number);
/* Math.round: halves go up. */
double jx_round_half_up(double number);
/* $round: halves to even, at `precision` decimals. */
double jx_round_half_even(double number, double precision);

#endif

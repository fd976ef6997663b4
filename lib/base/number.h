/* number.h: numbers from text and back, the same in every locale. */
#ifndef GAN__NUMBER_H
#define GAN__NUMBER_H

#include "base/exact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GAN__NUMBER_SIZE = 32 };

/* The shortest decimal that reads back as `value`: "0.0002", "1e-08", "nan", "inf". */
const char *gan__number_print(double value, char text[GAN__NUMBER_SIZE]);

/* All of text[0..length) must be one number: decimal, optional sign, point and exponent. No spaces,
 * no hexadecimal, no "inf" or "nan". False otherwise, and where the value does not fit. */
bool gan__number_parse(const char *text, size_t length, double *out);
bool gan__integer_parse(const char *text, size_t length, int64_t *out);

/* base ^ exponent, exponent >= 0, by repeated squaring: the same bits everywhere, as libm's pow is
 * not. */
double gan__power(double base, int64_t exponent);

#endif

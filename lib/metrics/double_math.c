/* double_math.c: exp and log by their series, near 0 and near 1. frexp, ldexp and rint are exact on
 * every libm. */
#include "metrics/double_math.h"

#include "base/exact.h"

#include <math.h>

/* log 2 in two pieces: the first has 20 bits to spare, so that its multiples are exact. */
static const double math_log2_high = 0x1.62e42feep-1, math_log2_low = 0x1.a39ef35793c76p-33;

double gan__double_exp(double x)
{
    enum { TERMS = 13 }; /* |r| <= 0.35: the next one is below 2^-57 */
    if (x < -746.0) return 0.0;
    if (x > 710.0) return HUGE_VAL;
    const double n = rint(x * 0x1.71547652b82fep0); /* 1 / log 2 */
    const double r = x - n * math_log2_high - n * math_log2_low;
    double sum = 1.0;
    for (int i = TERMS; i > 0; i--) sum = 1.0 + sum * r / (double)i;
    return ldexp(sum, (int)n);
}

double gan__double_log(double x)
{
    enum { TERMS = 23 }; /* s^2 <= 0.0295: the next one is below 2^-65 */
    int exponent;
    double m = frexp(x, &exponent), sum = 0;
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2.0;
        exponent--;
    }
    const double s = (m - 1.0) / (m + 1.0), square = s * s;
    for (int i = TERMS; i > 1; i -= 2) sum = square * (1.0 / (double)i + sum);
    const double n = (double)exponent;
    return n * math_log2_high + (2.0 * s + (2.0 * s * sum + n * math_log2_low));
}

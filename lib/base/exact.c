/* exact.c: executes what a compiler would change if its flags let it. The operands are volatile, so
 * that it cannot compute the answers. */
#include "base/exact.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

/* x*x - (1 + 2^-11) with x = 1 + 2^-12 is 0, since x*x ends halfway and rounds down; fused or in
 * wider registers it is 2^-24. Likewise in double with 2^-27. */
static bool exact_products(void)
{
    volatile float x = 1.0f + 0x1p-12f, c = -(1.0f + 0x1p-11f);
    volatile double y = 1.0 + 0x1p-27, d = -(1.0 + 0x1p-26);
    float a = x, b = c;
    double e = y, f = d;
    volatile float single = a * a + b;
    volatile double twice = e * e + f;
    return single == 0.0f && twice == 0.0;
}

/* What is small beside what is large is lost, and not found again. */
static bool exact_sums(void)
{
    volatile float x = 0.25f, large = 0x1p60f;
    volatile double y = 0.25;
    float a = x, b = large;
    double c = y;
    volatile float single = (a + b) - b, constant = (a + 0x1p60f) - 0x1p60f;
    volatile double twice = (c + 0x1p90) - 0x1p90;
    return single == 0.0f && constant == 0.0f && twice == 0.0;
}

/* Quotients are no products with a reciprocal: by a constant, and by one number in a loop. */
static bool exact_quotients(void)
{
    enum { COUNT = 64 };
    volatile float three = 3.0f;
    volatile double seven = 7.0;
    float quotients[COUNT];
    const float divisor = three;
    bool exact = true;
    for (int i = 0; i < COUNT; i++) quotients[i] = (float)i / divisor;
    for (int i = 0; i < COUNT; i++) {
        volatile float x = (float)i, constant = x / 3.0f, quotient = x / three;
        volatile double y = i, other = y / 7.0, truth = y / seven;
        exact &= constant == quotient && quotients[i] == quotient && other == truth;
    }
    return exact;
}

static bool exact_zeros(void)
{
    volatile float minus = -0.0f, plus = 0.0f;
    float a = minus, b = plus;
    volatile float sum = a + 0.0f, difference = 0.0f - b;
    return !signbit(sum) && !signbit(difference) && signbit(minus);
}

static bool exact_odd_ones(void)
{
    volatile float nan = NAN, infinite = INFINITY;
    float a = nan, b = infinite;
    bool not_equal = a != a, not_below = !(a <= FLT_MAX), above = b > FLT_MAX;
    volatile float product = b * 0.0f, difference = a - a;
    float c = product, d = difference;
    return not_equal && not_below && above && c != c && d != d && isnan(a) && isinf(b) &&
           !isfinite(a) && !isfinite(b);
}

static bool exact_constants(void)
{
    volatile double one = 1.0, ten = 10.0;
    volatile double tenth = one / ten;
    return tenth == 0.1;
}

const char *gan__exact_fault(void)
{
    if (!exact_products()) return "fuses products into sums; compile it with -ffp-contract=off";
    if (!exact_sums()) return "reorders sums; compile it without -fassociative-math";
    if (!exact_quotients())
        return "multiplies with reciprocals; compile it without -freciprocal-math";
    if (!exact_zeros()) return "forgets the sign of zeros; compile it without -fno-signed-zeros";
    if (!exact_odd_ones())
        return "knows neither NaN nor infinity; compile it without -ffinite-math-only";
    if (!exact_constants())
        return "rounds its constants; compile it without -fsingle-precision-constant";
    return 0;
}

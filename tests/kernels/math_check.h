/* math_check.h: the vector functions against the system's double-precision ones, over every step-th
 * float32 and around the places where something happens. Used by the ordinary and by the slow test.
 */
#ifndef MATH_CHECK_H
#define MATH_CHECK_H

#include "test.h"

#include "base/cpu.h"
#include "kernels/kernels.h"

#include <math.h>

enum { MATH_BLOCK = 4096 };

static double math_turns(double x, int cosine)
{
    static const double turn = 6.283185307179586476925286766559;
    double quarter = rint(4 * x), angle = (x - quarter / 4) * turn;
    int k = (int)quarter + cosine;
    double value = k % 2 ? cos(angle) : sin(angle);
    return (k & 2) ? -value : value;
}

static double math_reference(int function, double x)
{
    switch (function) {
    case GAN__EXP: return exp(x);
    case GAN__EXPM1: return expm1(x);
    case GAN__LOG: return log(x);
    case GAN__SOFTPLUS: return fmax(x, 0) + log1p(exp(-fabs(x)));
    case GAN__ERF: return erf(x);
    case GAN__SQRT: return sqrt(x);
    case GAN__SINE: return math_turns(x, 0);
    case GAN__COSINE: return math_turns(x, 1);
    case GAN__FUNCTION_COUNT: return tanh(x);
    default: return 1 / (1 + exp(-x));
    }
}

static const char *const math_names[] = {"exp",  "expm1", "log",    "softplus", "erf",
                                         "sqrt", "sine",  "cosine", "tanh",     "sigmoid"};
enum { MATH_COUNT = GAN__FUNCTION_COUNT + 2 }; /* tanh and sigmoid are activations */

/* What slow_vector_math has shown; the promise is 2. */
static const double math_limits[MATH_COUNT] = {0.85, 1.39, 0.81, 1.65, 1.07,
                                               0.5,  0.97, 0.88, 1.43, 1.36};

static gan__map_kernel *math_kernel(const gan__vector_kernels *kernels, int function)
{
    if (function < GAN__FUNCTION_COUNT) return kernels->function[function];
    return kernels->activate[function == GAN__FUNCTION_COUNT ? GAN__TANH : GAN__SIGMOID];
}

/* The distance from the exact value in units of the last place of the float32 next to it. */
static double math_error(float got, double exact)
{
    float near = (float)exact;
    if (isnan(exact)) return isnan(got) ? 0 : INFINITY;
    if (isnan(got)) return INFINITY;
    if (isinf(near))
        return got == near || fabs((double)got) >= (double)0x1.fffffep+127f ? 0 : INFINITY;
    if (isinf(got)) return fabs(exact) > 0x1.fffffep+127 ? 0 : INFINITY;
    int exponent;
    frexp(exact, &exponent);
    double unit = ldexp(1, exponent - 24 > -149 ? exponent - 24 : -149);
    return fabs((double)got - exact) / unit;
}

static float math_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double math_worst[MATH_COUNT];
static float math_worst_at[MATH_COUNT];

/* One block of bit patterns first, first + step, ... on one tier; its bits must be the generic
 * ones. */
static void math_block(const gan__vector_kernels *kernels, int function, uint32_t first,
                       uint32_t step, int32_t count, int compare)
{
    float x[MATH_BLOCK], y[MATH_BLOCK], z[MATH_BLOCK];
    for (int32_t i = 0; i < count; i++) x[i] = math_float(first + (uint32_t)i * step);
    math_kernel(kernels, function)(count, x, 0, y);
    if (compare) math_kernel(&gan__vector_kernels_generic, function)(count, x, 0, z);
    int turn = function == GAN__SINE || function == GAN__COSINE;
    for (int32_t i = 0; i < count; i++) {
        if (compare && !(isnan(y[i]) && isnan(z[i])) && memcmp(y + i, z + i, sizeof *y) != 0) {
            CHECK_INT(i, -1);
            printf("%s(%a) is %a, generic %a\n", math_names[function], (double)x[i], (double)y[i],
                   (double)z[i]);
        }
        if (turn && !(fabsf(x[i]) <= 1)) continue;
        double error = math_error(y[i], math_reference(function, (double)x[i]));
        if (error > math_worst[function]) {
            math_worst[function] = error;
            math_worst_at[function] = x[i];
        }
    }
}

#endif

/* lanes_generic.h: one lane, in plain C; the reference of what the operations of lanes_names.h do.
 *
 * fmaf, sqrtf and rintf are exact on every libm. */
#ifndef GAN__LANES_GENERIC_H
#define GAN__LANES_GENERIC_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef float v_float_generic;
typedef uint32_t v_int_generic;
typedef bool v_mask_generic;
typedef double v_double_generic;

static inline float v_set_generic(float x)
{
    return x;
}

static inline uint32_t v_iset_generic(uint32_t x)
{
    return x;
}

static inline uint32_t v_iota_generic(void)
{
    return 0;
}

static inline float v_get_generic(const float *p, int64_t n)
{
    (void)n;
    return *p;
}

static inline void v_put_generic(float *p, int64_t n, float x)
{
    (void)n;
    *p = x;
}

static inline uint32_t v_iget_generic(const uint32_t *p, int64_t n)
{
    (void)n;
    return *p;
}

static inline void v_iput_generic(uint32_t *p, int64_t n, uint32_t x)
{
    (void)n;
    *p = x;
}

static inline double v_dget_generic(const double *p, int64_t n)
{
    (void)n;
    return *p;
}

static inline void v_dput_generic(double *p, int64_t n, double x)
{
    (void)n;
    *p = x;
}

static inline float v_fma_generic(float a, float b, float c)
{
    return fmaf(a, b, c);
}

static inline float v_sqrt_generic(float a)
{
    return sqrtf(a);
}

static inline float v_round_generic(float a)
{
    return rintf(a);
}

static inline float v_max_generic(float a, float b)
{
    return a > b ? a : b;
}

static inline float v_min_generic(float a, float b)
{
    return a < b ? a : b;
}

static inline bool v_less_generic(float a, float b)
{
    return a < b;
}

static inline bool v_less_equal_generic(float a, float b)
{
    return a <= b;
}

static inline bool v_nonzero_generic(uint32_t a)
{
    return a != 0;
}

static inline float v_select_generic(bool mask, float yes, float no)
{
    return mask ? yes : no;
}

static inline uint32_t v_bits_generic(float a)
{
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}

static inline float v_from_bits_generic(uint32_t a)
{
    float value;
    memcpy(&value, &a, sizeof value);
    return value;
}

/* What does not fit becomes INT32_MIN, as x86 does. */
static inline uint32_t v_integer_generic(float a)
{
    if (!(a >= -2147483648.0f && a < 2147483648.0f)) return UINT32_C(0x80000000);
    return (uint32_t)(int32_t)rintf(a);
}

static inline float v_convert_generic(uint32_t a)
{
    return (float)(int32_t)a;
}

static inline uint32_t v_iadd_generic(uint32_t a, uint32_t b)
{
    return a + b;
}

static inline uint32_t v_isub_generic(uint32_t a, uint32_t b)
{
    return a - b;
}

static inline uint32_t v_iand_generic(uint32_t a, uint32_t b)
{
    return a & b;
}

static inline uint32_t v_ior_generic(uint32_t a, uint32_t b)
{
    return a | b;
}

static inline uint32_t v_ixor_generic(uint32_t a, uint32_t b)
{
    return a ^ b;
}

static inline uint32_t v_ileft_generic(uint32_t a, int bits)
{
    return a << bits;
}

static inline uint32_t v_iright_generic(uint32_t a, int bits)
{
    return a >> bits;
}

static inline uint32_t v_ibelow_generic(uint32_t a, uint32_t b)
{
    return a < b ? UINT32_MAX : 0;
}

static inline void v_iwide_generic(uint32_t a, uint32_t b, uint32_t *high, uint32_t *low)
{
    uint64_t product = (uint64_t)a * b;
    *high = (uint32_t)(product >> 32);
    *low = (uint32_t)product;
}

static inline double v_dset_generic(double x)
{
    return x;
}

static inline double v_widen_generic(float a)
{
    return (double)a;
}

static inline double v_dadd_generic(double a, double b)
{
    return a + b;
}

static inline double v_dmul_generic(double a, double b)
{
    return a * b;
}

#endif

/* lanes_avx2.h: 8 lanes, in AVX2 and FMA. See lanes_names.h. */
#ifndef GAN__LANES_AVX2_H
#define GAN__LANES_AVX2_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define GAN__TARGET_AVX2 __attribute__((target("avx2,fma")))
#define GAN__INLINE_AVX2 static inline __attribute__((always_inline)) GAN__TARGET_AVX2

typedef __m256 v_float_avx2;
typedef __m256i v_int_avx2;
typedef __m256 v_mask_avx2;
typedef struct v_double_avx2 {
    __m256d low, high;
} v_double_avx2;

GAN__INLINE_AVX2 __m256i v_iota_avx2(void)
{
    return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
}

GAN__INLINE_AVX2 __m256i v_first_avx2(int64_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), v_iota_avx2());
}

GAN__INLINE_AVX2 __m256 v_set_avx2(float x)
{
    return _mm256_set1_ps(x);
}

GAN__INLINE_AVX2 __m256i v_iset_avx2(uint32_t x)
{
    return _mm256_set1_epi32((int)x);
}

GAN__INLINE_AVX2 __m256 v_get_avx2(const float *p, int64_t n)
{
    return n == 8 ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, v_first_avx2(n));
}

GAN__INLINE_AVX2 void v_put_avx2(float *p, int64_t n, __m256 x)
{
    if (n == 8)
        _mm256_storeu_ps(p, x);
    else
        _mm256_maskstore_ps(p, v_first_avx2(n), x);
}

GAN__INLINE_AVX2 __m256i v_iget_avx2(const uint32_t *p, int64_t n)
{
    return n == 8 ? _mm256_loadu_si256((const __m256i *)(const void *)p)
                  : _mm256_maskload_epi32((const int *)(const void *)p, v_first_avx2(n));
}

GAN__INLINE_AVX2 void v_iput_avx2(uint32_t *p, int64_t n, __m256i x)
{
    if (n == 8)
        _mm256_storeu_si256((__m256i *)(void *)p, x);
    else
        _mm256_maskstore_epi32((int *)(void *)p, v_first_avx2(n), x);
}

GAN__INLINE_AVX2 v_double_avx2 v_dget_avx2(const double *p, int64_t n)
{
    double part[8] = {0};
    if (n != 8) {
        memcpy(part, p, (size_t)n * sizeof *p);
        p = part;
    }
    v_double_avx2 x = {_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)};
    return x;
}

GAN__INLINE_AVX2 void v_dput_avx2(double *p, int64_t n, v_double_avx2 x)
{
    double part[8];
    double *to = n == 8 ? p : part;
    _mm256_storeu_pd(to, x.low);
    _mm256_storeu_pd(to + 4, x.high);
    if (n != 8) memcpy(p, part, (size_t)n * sizeof *p);
}

GAN__INLINE_AVX2 __m256 v_fma_avx2(__m256 a, __m256 b, __m256 c)
{
    return _mm256_fmadd_ps(a, b, c);
}

GAN__INLINE_AVX2 __m256 v_sqrt_avx2(__m256 a)
{
    return _mm256_sqrt_ps(a);
}

GAN__INLINE_AVX2 __m256 v_round_avx2(__m256 a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

GAN__INLINE_AVX2 __m256 v_max_avx2(__m256 a, __m256 b)
{
    return _mm256_max_ps(a, b);
}

GAN__INLINE_AVX2 __m256 v_min_avx2(__m256 a, __m256 b)
{
    return _mm256_min_ps(a, b);
}

GAN__INLINE_AVX2 __m256 v_less_avx2(__m256 a, __m256 b)
{
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}

GAN__INLINE_AVX2 __m256 v_less_equal_avx2(__m256 a, __m256 b)
{
    return _mm256_cmp_ps(a, b, _CMP_LE_OQ);
}

GAN__INLINE_AVX2 __m256 v_nonzero_avx2(__m256i a)
{
    __m256i zero = _mm256_cmpeq_epi32(a, _mm256_setzero_si256());
    return _mm256_castsi256_ps(_mm256_xor_si256(zero, _mm256_set1_epi32(-1)));
}

GAN__INLINE_AVX2 __m256 v_select_avx2(__m256 mask, __m256 yes, __m256 no)
{
    return _mm256_blendv_ps(no, yes, mask);
}

GAN__INLINE_AVX2 __m256i v_bits_avx2(__m256 a)
{
    return _mm256_castps_si256(a);
}

GAN__INLINE_AVX2 __m256 v_from_bits_avx2(__m256i a)
{
    return _mm256_castsi256_ps(a);
}

GAN__INLINE_AVX2 __m256i v_integer_avx2(__m256 a)
{
    return _mm256_cvtps_epi32(a);
}

GAN__INLINE_AVX2 __m256 v_convert_avx2(__m256i a)
{
    return _mm256_cvtepi32_ps(a);
}

GAN__INLINE_AVX2 __m256i v_iadd_avx2(__m256i a, __m256i b)
{
    return _mm256_add_epi32(a, b);
}

GAN__INLINE_AVX2 __m256i v_isub_avx2(__m256i a, __m256i b)
{
    return _mm256_sub_epi32(a, b);
}

GAN__INLINE_AVX2 __m256i v_iand_avx2(__m256i a, __m256i b)
{
    return _mm256_and_si256(a, b);
}

GAN__INLINE_AVX2 __m256i v_ior_avx2(__m256i a, __m256i b)
{
    return _mm256_or_si256(a, b);
}

GAN__INLINE_AVX2 __m256i v_ixor_avx2(__m256i a, __m256i b)
{
    return _mm256_xor_si256(a, b);
}

GAN__INLINE_AVX2 __m256i v_ileft_avx2(__m256i a, int bits)
{
    return _mm256_sll_epi32(a, _mm_cvtsi32_si128(bits));
}

GAN__INLINE_AVX2 __m256i v_iright_avx2(__m256i a, int bits)
{
    return _mm256_srl_epi32(a, _mm_cvtsi32_si128(bits));
}

GAN__INLINE_AVX2 __m256i v_ibelow_avx2(__m256i a, __m256i b)
{
    __m256i top = _mm256_set1_epi32(INT32_MIN);
    return _mm256_cmpgt_epi32(_mm256_xor_si256(b, top), _mm256_xor_si256(a, top));
}

GAN__INLINE_AVX2 void v_iwide_avx2(__m256i a, __m256i b, __m256i *high, __m256i *low)
{
    __m256i even = _mm256_mul_epu32(a, b);
    __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), b);
    *high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
    *low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}

GAN__INLINE_AVX2 v_double_avx2 v_dset_avx2(double x)
{
    v_double_avx2 y = {_mm256_set1_pd(x), _mm256_set1_pd(x)};
    return y;
}

GAN__INLINE_AVX2 v_double_avx2 v_widen_avx2(__m256 a)
{
    v_double_avx2 x = {_mm256_cvtps_pd(_mm256_castps256_ps128(a)),
                       _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1))};
    return x;
}

GAN__INLINE_AVX2 v_double_avx2 v_dadd_avx2(v_double_avx2 a, v_double_avx2 b)
{
    v_double_avx2 x = {_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)};
    return x;
}

GAN__INLINE_AVX2 v_double_avx2 v_dmul_avx2(v_double_avx2 a, v_double_avx2 b)
{
    v_double_avx2 x = {_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)};
    return x;
}

#endif

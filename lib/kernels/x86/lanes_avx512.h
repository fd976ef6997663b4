/* lanes_avx512.h: 16 lanes, in AVX-512 F, BW, DQ and VL. See lanes_names.h. */
#ifndef GAN__LANES_AVX512_H
#define GAN__LANES_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define GAN__TARGET_AVX512 __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")))
#define GAN__INLINE_AVX512 static inline __attribute__((always_inline)) GAN__TARGET_AVX512

typedef __m512 v_float_avx512;
typedef __m512i v_int_avx512;
typedef __mmask16 v_mask_avx512;
typedef struct v_double_avx512 {
    __m512d low, high;
} v_double_avx512;

GAN__INLINE_AVX512 __mmask16 v_first_avx512(int64_t n)
{
    return (__mmask16)((1u << n) - 1u);
}

GAN__INLINE_AVX512 __m512 v_set_avx512(float x)
{
    return _mm512_set1_ps(x);
}

GAN__INLINE_AVX512 __m512i v_iset_avx512(uint32_t x)
{
    return _mm512_set1_epi32((int)x);
}

GAN__INLINE_AVX512 __m512i v_iota_avx512(void)
{
    return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

GAN__INLINE_AVX512 __m512 v_get_avx512(const float *p, int64_t n)
{
    return n == 16 ? _mm512_loadu_ps(p) : _mm512_maskz_loadu_ps(v_first_avx512(n), p);
}

GAN__INLINE_AVX512 void v_put_avx512(float *p, int64_t n, __m512 x)
{
    if (n == 16)
        _mm512_storeu_ps(p, x);
    else
        _mm512_mask_storeu_ps(p, v_first_avx512(n), x);
}

GAN__INLINE_AVX512 __m512i v_iget_avx512(const uint32_t *p, int64_t n)
{
    return n == 16 ? _mm512_loadu_si512(p) : _mm512_maskz_loadu_epi32(v_first_avx512(n), p);
}

GAN__INLINE_AVX512 void v_iput_avx512(uint32_t *p, int64_t n, __m512i x)
{
    if (n == 16)
        _mm512_storeu_si512(p, x);
    else
        _mm512_mask_storeu_epi32(p, v_first_avx512(n), x);
}

GAN__INLINE_AVX512 v_double_avx512 v_dget_avx512(const double *p, int64_t n)
{
    __mmask16 mask = n == 16 ? (__mmask16)0xffff : v_first_avx512(n);
    v_double_avx512 x = {_mm512_maskz_loadu_pd((__mmask8)mask, p),
                         _mm512_maskz_loadu_pd((__mmask8)(mask >> 8), p + 8)};
    return x;
}

GAN__INLINE_AVX512 void v_dput_avx512(double *p, int64_t n, v_double_avx512 x)
{
    if (n == 16) {
        _mm512_storeu_pd(p, x.low);
        _mm512_storeu_pd(p + 8, x.high);
    } else {
        _mm512_mask_storeu_pd(p, (__mmask8)v_first_avx512(n), x.low);
        _mm512_mask_storeu_pd(p + 8, (__mmask8)(v_first_avx512(n) >> 8), x.high);
    }
}

GAN__INLINE_AVX512 __m512 v_fma_avx512(__m512 a, __m512 b, __m512 c)
{
    return _mm512_fmadd_ps(a, b, c);
}

GAN__INLINE_AVX512 __m512 v_sqrt_avx512(__m512 a)
{
    return _mm512_sqrt_ps(a);
}

GAN__INLINE_AVX512 __m512 v_round_avx512(__m512 a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

GAN__INLINE_AVX512 __m512 v_max_avx512(__m512 a, __m512 b)
{
    return _mm512_max_ps(a, b);
}

GAN__INLINE_AVX512 __m512 v_min_avx512(__m512 a, __m512 b)
{
    return _mm512_min_ps(a, b);
}

GAN__INLINE_AVX512 __mmask16 v_less_avx512(__m512 a, __m512 b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

GAN__INLINE_AVX512 __mmask16 v_less_equal_avx512(__m512 a, __m512 b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}

GAN__INLINE_AVX512 __mmask16 v_nonzero_avx512(__m512i a)
{
    return _mm512_test_epi32_mask(a, a);
}

GAN__INLINE_AVX512 __m512 v_select_avx512(__mmask16 mask, __m512 yes, __m512 no)
{
    return _mm512_mask_blend_ps(mask, no, yes);
}

GAN__INLINE_AVX512 __m512i v_bits_avx512(__m512 a)
{
    return _mm512_castps_si512(a);
}

GAN__INLINE_AVX512 __m512 v_from_bits_avx512(__m512i a)
{
    return _mm512_castsi512_ps(a);
}

GAN__INLINE_AVX512 __m512i v_integer_avx512(__m512 a)
{
    return _mm512_cvtps_epi32(a);
}

GAN__INLINE_AVX512 __m512 v_convert_avx512(__m512i a)
{
    return _mm512_cvtepi32_ps(a);
}

GAN__INLINE_AVX512 __m512i v_iadd_avx512(__m512i a, __m512i b)
{
    return _mm512_add_epi32(a, b);
}

GAN__INLINE_AVX512 __m512i v_isub_avx512(__m512i a, __m512i b)
{
    return _mm512_sub_epi32(a, b);
}

GAN__INLINE_AVX512 __m512i v_iand_avx512(__m512i a, __m512i b)
{
    return _mm512_and_si512(a, b);
}

GAN__INLINE_AVX512 __m512i v_ior_avx512(__m512i a, __m512i b)
{
    return _mm512_or_si512(a, b);
}

GAN__INLINE_AVX512 __m512i v_ixor_avx512(__m512i a, __m512i b)
{
    return _mm512_xor_si512(a, b);
}

GAN__INLINE_AVX512 __m512i v_ileft_avx512(__m512i a, int bits)
{
    return _mm512_sll_epi32(a, _mm_cvtsi32_si128(bits));
}

GAN__INLINE_AVX512 __m512i v_iright_avx512(__m512i a, int bits)
{
    return _mm512_srl_epi32(a, _mm_cvtsi32_si128(bits));
}

GAN__INLINE_AVX512 __m512i v_ibelow_avx512(__m512i a, __m512i b)
{
    return _mm512_movm_epi32(_mm512_cmplt_epu32_mask(a, b));
}

GAN__INLINE_AVX512 void v_iwide_avx512(__m512i a, __m512i b, __m512i *high, __m512i *low)
{
    __m512i even = _mm512_mul_epu32(a, b);
    __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), b);
    *high = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
    *low = _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
}

GAN__INLINE_AVX512 v_double_avx512 v_dset_avx512(double x)
{
    v_double_avx512 y = {_mm512_set1_pd(x), _mm512_set1_pd(x)};
    return y;
}

GAN__INLINE_AVX512 v_double_avx512 v_widen_avx512(__m512 a)
{
    v_double_avx512 x = {_mm512_cvtps_pd(_mm512_castps512_ps256(a)),
                         _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1))};
    return x;
}

GAN__INLINE_AVX512 v_double_avx512 v_dadd_avx512(v_double_avx512 a, v_double_avx512 b)
{
    v_double_avx512 x = {_mm512_add_pd(a.low, b.low), _mm512_add_pd(a.high, b.high)};
    return x;
}

GAN__INLINE_AVX512 v_double_avx512 v_dmul_avx512(v_double_avx512 a, v_double_avx512 b)
{
    v_double_avx512 x = {_mm512_mul_pd(a.low, b.low), _mm512_mul_pd(a.high, b.high)};
    return x;
}

#endif

/* kernels.c: the tables of the tiers. */
#include "kernels/kernels.h"

static const gan__kernels kernels_of_tiers[GAN__TIER_COUNT] = {
    [GAN__GENERIC] = {&gan__product_kernels_generic, &gan__vector_kernels_generic},
#if defined(__x86_64__)
    [GAN__AVX2] = {&gan__product_kernels_avx2, &gan__vector_kernels_avx2},
    [GAN__AVX512] = {&gan__product_kernels_avx512, &gan__vector_kernels_avx512},
#endif
};

const gan__kernels *gan__kernels_of_tier(gan__tier tier)
{
    return &kernels_of_tiers[tier];
}

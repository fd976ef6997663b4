/* vector_avx512.c: the vector kernels in AVX-512, 16 lanes. */
#if defined(__x86_64__)
#include "kernels/vector.h"

#include "kernels/x86/lanes_avx512.h"

#include <math.h>

#define TIER(name) name##_avx512
#define W 16
#define INLINE GAN__INLINE_AVX512
#define KERNEL(name) static GAN__TARGET_AVX512 void TIER(vector_##name)
#include "kernels/vector_template.h"
#endif

/* cpu.h: which instructions this processor and this system serve. */
#ifndef GAN__CPU_H
#define GAN__CPU_H

typedef enum gan__tier { GAN__GENERIC, GAN__AVX2, GAN__AVX512, GAN__TIER_COUNT } gan__tier;

/* The best tier that cpuid *and* xgetbv allow; AVX2 includes FMA, AVX-512 means F, BW, DQ and VL.
 * The processor has every tier below it too. */
gan__tier gan__cpu_best(void);

/* The same, lowered by the environment variable GAN_CPU (generic, avx2, avx512); any other value is
 * ignored, and what the processor lacks is never chosen. */
gan__tier gan__cpu_tier(void);
const char *gan__tier_name(gan__tier tier);

#endif

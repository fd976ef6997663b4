/* cpu.c: the best tier of kernels that both the processor and the system serve. A system that does
 * not save the wide registers would let threads spoil each other's. */
#include "base/cpu.h"
#include "base/os.h"

#include <string.h>

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
#include <cpuid.h>

/* XCR0: which registers the system saves and restores. The instruction is spelled in bytes since
 * its intrinsic needs a compiler flag. */
static uint32_t cpu_saved_registers(void)
{
    uint32_t low, high;
    __asm__ volatile(".byte 0x0f, 0x01, 0xd0" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

gan__tier gan__cpu_best(void)
{
    const uint32_t fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28; /* leaf 1, ecx */
    const uint32_t avx2 = 1u << 5;                                     /* leaf 7, ebx */
    const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F, DQ, BW, VL */
    const uint32_t ymm = 0x06, zmm = 0xE6;                             /* XCR0 */
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return GAN__GENERIC;
    if ((c & (fma | osxsave | avx)) != (fma | osxsave | avx)) return GAN__GENERIC;
    uint32_t saved = cpu_saved_registers();
    if ((saved & ymm) != ymm) return GAN__GENERIC;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & avx2)) return GAN__GENERIC;
    if ((b & avx512) != avx512 || (saved & zmm) != zmm) return GAN__AVX2;
    return GAN__AVX512;
}
#else
gan__tier gan__cpu_best(void)
{
    return GAN__GENERIC;
}
#endif

const char *gan__tier_name(gan__tier tier)
{
    static const char *const names[GAN__TIER_COUNT] = {"generic", "avx2", "avx512"};
    return tier >= GAN__GENERIC && tier < GAN__TIER_COUNT ? names[tier] : "unknown";
}

gan__tier gan__cpu_tier(void)
{
    gan__tier best = gan__cpu_best();
    const char *wanted = gan__os_environment("GAN_CPU");
    for (gan__tier tier = GAN__GENERIC; wanted && tier < best; tier++)
        if (strcmp(wanted, gan__tier_name(tier)) == 0) return tier;
    return best;
}

/* float_mode.c: rounding to nearest, denormals kept, no traps, whatever the host has set; without
 * it the same seed would not give the same bits everywhere. On processors that it does not know,
 * the rounding alone. */
#include "base/context.h"

#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>

uint64_t gan__float_mode_default(void)
{
    uint64_t before = _mm_getcsr();
    _mm_setcsr(0x1F80); /* all exceptions masked, to nearest, denormals kept */
    return before;
}

void gan__float_mode_restore(uint64_t mode)
{
    _mm_setcsr((unsigned int)mode);
}

#elif defined(__aarch64__) && defined(__GNUC__)

uint64_t gan__float_mode_default(void)
{
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
    return before;
}

void gan__float_mode_restore(uint64_t mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}

#else
#include <fenv.h>

uint64_t gan__float_mode_default(void)
{
    int before = fegetround();
    fesetround(FE_TONEAREST);
    return (uint64_t)before;
}

void gan__float_mode_restore(uint64_t mode)
{
    fesetround((int)mode);
}

#endif

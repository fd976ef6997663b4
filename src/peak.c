#include "peak.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "command.h"

enum { MAX_THREADS = 256, WARM_ROUNDS = 1 << 16, ROUNDS = 1 << 20 };

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

/* Every loop over the accumulators, or the compiler keeps them in memory. */
#define UNROLL _Pragma("GCC unroll 32")

/* 24 independent chains hide the latency of a multiply-add on every x86 core so far. */
__attribute__((target("avx512f"))) static double spin_avx512(int64_t rounds)
{
    __m512 a[24], x = _mm512_set1_ps(1.0000001F), y = _mm512_set1_ps(1e-9F), sum;
    double flops = 24.0 * 16 * 2 * (double)rounds;
    volatile float sink;
    UNROLL for (int i = 0; i < 24; i++) a[i] = _mm512_set1_ps((float)i);
    for (int64_t r = 0; r < rounds; r++) {
        UNROLL for (int i = 0; i < 24; i++) a[i] = _mm512_fmadd_ps(a[i], x, y);
        __asm__ volatile("" : "+v"(x), "+v"(y));
    }
    sum = a[0];
    UNROLL for (int i = 1; i < 24; i++) sum = _mm512_add_ps(sum, a[i]);
    sink = _mm512_cvtss_f32(sum);
    (void)sink;
    return flops;
}

__attribute__((target("avx2,fma"))) static double spin_avx2(int64_t rounds)
{
    __m256 a[12], x = _mm256_set1_ps(1.0000001F), y = _mm256_set1_ps(1e-9F), sum;
    double flops = 12.0 * 8 * 2 * (double)rounds;
    volatile float sink;
    UNROLL for (int i = 0; i < 12; i++) a[i] = _mm256_set1_ps((float)i);
    for (int64_t r = 0; r < rounds; r++) {
        UNROLL for (int i = 0; i < 12; i++) a[i] = _mm256_fmadd_ps(a[i], x, y);
        __asm__ volatile("" : "+x"(x), "+x"(y));
    }
    sum = a[0];
    UNROLL for (int i = 1; i < 12; i++) sum = _mm256_add_ps(sum, a[i]);
    sink = _mm256_cvtss_f32(sum);
    (void)sink;
    return flops;
}
#endif

static double spin_generic(int64_t rounds)
{
    float a[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    volatile float sink;
    for (int64_t r = 0; r < rounds; r++)
        for (int i = 0; i < 8; i++) a[i] = fmaf(a[i], 1.0000001F, 1e-9F);
    for (int i = 1; i < 8; i++) a[0] += a[i];
    sink = a[0];
    (void)sink;
    return 8.0 * 2 * (double)rounds;
}

typedef struct spinner {
    double (*spin)(int64_t rounds);
    double rate; /* FLOP/s of this thread, measured while the others spin too */
} spinner;

static void *run_spinner(void *argument)
{
    spinner *s = argument;
    double started;
    s->spin(WARM_ROUNDS);
    started = seconds_now();
    s->rate = s->spin(ROUNDS) / (seconds_now() - started);
    return NULL;
}

double measure_peak(const char *tier, int threads)
{
    pthread_t thread[MAX_THREADS];
    int started_threads = 0;
    spinner spinners[MAX_THREADS];
    double (*spin)(int64_t) = spin_generic;
    double rate = 0;
    if (threads < 1 || threads > MAX_THREADS) return 0;
#if defined(__x86_64__) && defined(__GNUC__)
    if (!strcmp(tier, "avx2")) spin = spin_avx2;
    if (!strcmp(tier, "avx512")) spin = spin_avx512;
#else
    (void)tier;
#endif
    for (int i = 0; i < threads; i++) {
        spinners[i].spin = spin;
        if (pthread_create(&thread[i], NULL, run_spinner, &spinners[i])) break;
        started_threads++;
    }
    for (int i = 0; i < started_threads; i++) {
        pthread_join(thread[i], NULL);
        rate += spinners[i].rate;
    }
    return started_threads == threads ? rate * 1e-9 : 0;
}

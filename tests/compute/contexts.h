/* contexts.h: runs a computation for several thread counts and on every tier, and demands the same
 * bits. */
#ifndef CONTEXTS_H
#define CONTEXTS_H

#include "test.h"

#include "base/context.h"

#include <stdlib.h>

static uint64_t contexts_state = 1;

TEST_UNUSED static float contexts_random(void)
{
    contexts_state = contexts_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (float)((double)(int32_t)(contexts_state >> 32) * 0x1p-31);
}

TEST_UNUSED static float *contexts_array(int64_t count)
{
    float *array = malloc((size_t)count * sizeof *array + 64);
    for (int64_t i = 0; array && i < count; i++) array[i] = contexts_random();
    return array;
}

/* `run` computes with its case's inputs and writes `count` floats of results. The result of the
 * best tier on one thread is left in `result`; the others must equal it. */
TEST_UNUSED static void contexts_run(void (*run)(gan_context *context, void *argument,
                                                 float *result),
                                     void *argument, int64_t count, float *result)
{
    static const char *const specs[] = {"threads=1", "threads=2", "threads=3", "threads=7"};
    float *other = malloc((size_t)count * sizeof *other + 64);
    for (int spec = 0; spec < 4; spec++) {
        gan_context *context;
        CHECK_OK(gan_context_create(&context, specs[spec], NULL, NULL, 0));
        if (!context) break;
        const gan__tier best = context->tier;
        for (int tier = (int)best; tier >= 0; tier--) {
            float *to = spec == 0 && tier == (int)best ? result : other;
            context->tier = (gan__tier)tier;
            memset(to, 0, (size_t)count * sizeof *to);
            run(context, argument, to);
            if (!CHECK(memcmp(to, result, (size_t)count * sizeof *to) == 0))
                printf("differs with %s on %s\n", specs[spec], gan__tier_name((gan__tier)tier));
            if (spec % 2) break; /* the other tiers with one and with three threads */
        }
        gan_context_release(context);
    }
    free(other);
}

#endif

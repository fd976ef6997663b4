/* samples.c: what kinds draw that no route leads to, for callers. */
#include "train/averages.h"
#include "train/trainer.h"

static gan_status sample_public(gan_tensor **out, gan_trainer *t, const gan__sampling *wanted)
{
    GAN__TRY(gan__trainer_settable(t, "gan_trainer_sample"));
    if (!t->kind->sample)
        return gan__fail(t->object.context, GAN_E_UNSUPPORTED,
                         "gan_trainer_sample: %s draws no samples by itself; what it makes are its "
                         "routes (gan_trainer_route)",
                         t->kind->kind.name);
    GAN__TRY(gan__trainer_bind(t));
    GAN__TRY(gan__averages_prepare(t));
    return t->kind->sample(t, wanted, out);
}

gan_status gan_trainer_sample(gan_tensor **out, gan_trainer *trainer, int64_t count, int64_t steps,
                              int64_t seed, int32_t flags)
{
    const gan__sampling wanted = {count, steps, 1, (uint64_t)seed,
                                  (flags & GAN_MODEL_AVERAGED) != 0};
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, trainer, GAN__TRAINER, "gan_trainer_sample", "trainer"));
    gan_context *context = trainer->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_sample: out is NULL");
    if (count < 1 || count > 1 << 24 || steps < 0 || steps > 1000000 || seed < 0 ||
        (flags & ~GAN_MODEL_AVERAGED))
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_trainer_sample: %lld samples, %lld steps, seed %lld, flags %d",
                         (long long)count, (long long)steps, (long long)seed, flags);
    GAN__RETURN_ENTERED(context, sample_public(out, trainer, &wanted));
}

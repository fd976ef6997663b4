/* optimizer.h: changes the parameters of models along their gradients. */
#ifndef GAN_OPTIMIZER_H
#define GAN_OPTIMIZER_H

#include <gan/model.h>

GAN_BEGIN

typedef struct gan_optimizer gan_optimizer;

/* "adam lr=2e-4 beta1=0.5", "sgd lr=0.1 momentum=0.9", "rmsprop", "adamw"; all take clip= (largest
 * norm of the whole gradient; 0: none) and schedule=. PyTorch's formulas and defaults, but
 * for one thing: a parameter that got no gradient has a gradient of zero, its step counts, moments
 * and weight decay act on it; PyTorch leaves it out.
 *
 * With t the number of updates made before, schedule= multiplies lr by
 *
 *   constant                 1
 *   linear:END               max(0, 1 - t / END)
 *   step:EVERY,FACTOR        FACTOR ^ floor(t / EVERY)
 *   cosine:TOTAL             (1 + cos(pi * min(t, TOTAL) / TOTAL)) / 2
 *   cyclegan:CONSTANT,DECAY  max(0, 1 - max(0, t + 1 - CONSTANT) / (DECAY + 1))
 *
 * Moments are float32; one below 2^-126 (1.2e-38) is kept as 0, since denormal numbers are slow.
 * sgd's momentum acts once and is forgotten. adam, adamw and rmsprop divide by the root of a second
 * moment, which that does to gradients below about 3e-18 (adam) and 1e-18 (rmsprop); with an eps
 * from 1e-9 on, as by default, nothing is seen of it. With a smaller eps the root is then taken to
 * be what equal gradients of the present size would give, so that a step is about as long as
 * PyTorch's, lr in adam; while the gradients of adam are ending (below a quarter of their corrected
 * average) it is shorter. Where there is no moment at all there is no step, even if eps=0. */
GAN_API gan_status gan_optimizer_create(gan_optimizer **out, gan_context *context,
                                        const char *spec);
GAN_API void gan_optimizer_retain(gan_optimizer *optimizer);
GAN_API void gan_optimizer_release(gan_optimizer *optimizer);

/* Adds a model's parameters, parts included; what was added before, alone or as a part, is not
 * added twice. */
GAN_API gan_status gan_optimizer_add(gan_optimizer *optimizer, gan_model *model);

/* One update from the gradients as they are. GAN_E_DIVERGED, and nothing changed, if the gradient
 * or a new weight or moment is not finite: every update is tried before it is made. The norm is a
 * double; a second moment, which is not, overflows at gradients of about 6e20 (adam) and 2e20
 * (rmsprop). */
GAN_API gan_status gan_optimizer_step(gan_optimizer *optimizer);

/* Sets the gradients to zero. */
GAN_API gan_status gan_optimizer_zero(gan_optimizer *optimizer);

/* The norm of the whole gradient of the last step, before clipping, also of one that diverged; and
 * the rate that the next step uses, schedule included. */
GAN_API gan_status gan_optimizer_norm(gan_optimizer *optimizer, double *out);
GAN_API gan_status gan_optimizer_rate(gan_optimizer *optimizer, double *out);

/* The description spelled out. Borrowed. */
GAN_API const char *gan_optimizer_text(const gan_optimizer *optimizer);

GAN_END

#endif

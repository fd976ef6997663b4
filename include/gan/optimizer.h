/* optimizer.h: changes the parameters of models along their gradients. */
#ifndef GAN_OPTIMIZER_H
#define GAN_OPTIMIZER_H

#include <gan/model.h>

GAN_BEGIN

typedef struct gan_optimizer gan_optimizer;

/* "adam lr=2e-4 beta1=0.5", "sgd lr=0.1 momentum=0.9", "rmsprop", "adamw"; all take clip= (largest
 * norm of the whole gradient; 0: none) and schedule=. PyTorch's formulas and defaults, but
 * for one thing: a parameter that got no gradient has a gradient of zero, its step counts, moments
 * and weight decay act on it; PyTorch leaves it out. */
GAN_API gan_status gan_optimizer_create(gan_optimizer **out, gan_context *context,
                                        const char *spec);
GAN_API void gan_optimizer_retain(gan_optimizer *optimizer);
GAN_API void gan_optimizer_release(gan_optimizer *optimizer);

/* Adds a model's parameters, parts included; what was added before, alone or as a part, is not
 * added twice. */
GAN_API gan_status gan_optimizer_add(gan_optimizer *optimizer, gan_model *model);

/* One update from the gradients as they are. GAN_E_DIVERGED, and nothing changed, if the norm of
 * the gradient or a new weight or moment is not finite: every update is tried before it is made. */
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

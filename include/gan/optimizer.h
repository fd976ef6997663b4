/* optimizer.h: changes the parameters of models along their gradients. */
#ifndef GAN_OPTIMIZER_H
#define GAN_OPTIMIZER_H

#include <gan/model.h>

GAN_BEGIN

typedef struct gan_optimizer gan_optimizer;

/* "adam lr=2e-4 beta1=0.5", "sgd lr=0.1 momentum=0.9", "rmsprop", "adamw"; all take clip= (largest
 * norm of the whole gradient; 0: none) and schedule=. Formulas and defaults are PyTorch's.
 *
 * As there, a step leaves out what no gradient has reached since gradients were set to zero:
 * weights, moments and counts stay as they are, weight decay does not act on them, and the norm is
 * that of the others. Parameters that came into being together are left out together, never one by
 * one: those of one part, those of the layers that a model's text has outside its parts, or those
 * of one layer that was added by hand. Where some of them were reached, the others have a gradient
 * of zero: their moments fade and weight decay acts on them; PyTorch would leave them out. A
 * gradient that happens to be zero has reached what it belongs to.
 *
 * With t the number of updates made before, whatever they reached, schedule= multiplies lr by
 *
 *   constant                 1
 *   linear:END               max(0, 1 - t / END)
 *   step:EVERY,FACTOR        FACTOR ^ floor(t / EVERY)
 *   cosine:TOTAL             (1 + cos(pi * min(t, TOTAL) / TOTAL)) / 2
 *   cyclegan:CONSTANT,DECAY  max(0, 1 - max(0, t + 1 - CONSTANT) / (DECAY + 1))
 *
 * Where a paper counts epochs, one of N examples is N / batch updates (of the larger data set, if a
 * training has several): 100 and 100 epochs over 1,000 pictures one by one are
 * cyclegan:100000,100000. Programs that change the rate after each epoch make steps of it.
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

/* One update from the gradients as they are, of what they have reached. GAN_E_DIVERGED, and nothing
 * changed, if the gradient or a new weight or moment is not finite: every update is tried before it
 * is made. The norm is a double; a second moment, which is not, overflows at gradients of about
 * 6e20 (adam) and 2e20 (rmsprop). */
GAN_API gan_status gan_optimizer_step(gan_optimizer *optimizer);

/* Sets the gradients to zero; none has reached anything then. */
GAN_API gan_status gan_optimizer_zero(gan_optimizer *optimizer);

/* The norm of the whole gradient of the last step, before clipping, also of one that diverged (0 if
 * none has reached anything); and the rate that the next step uses, schedule included. */
GAN_API gan_status gan_optimizer_norm(gan_optimizer *optimizer, double *out);
GAN_API gan_status gan_optimizer_rate(gan_optimizer *optimizer, double *out);

/* Changes lr=, which the schedule's factor multiplies, from the next step on. GAN_E_ARGUMENT for
 * what lr= does not take. */
GAN_API gan_status gan_optimizer_set_rate(gan_optimizer *optimizer, double rate);

/* The description spelled out, lr= as it is now. Borrowed, valid until the rate is set. */
GAN_API const char *gan_optimizer_text(const gan_optimizer *optimizer);

/* What a step starts from besides weights and gradients: counts, and moments of each trained
 * number. An optimiser of the same description that is given the same of all this goes on with the
 * same bits.
 *
 * `_steps` is how many updates were made: the schedule's time; 0 for what is no optimiser.
 * `_set_steps` sets that, from 0 to 2^48, and with it the count of every parameter: Adam's t, and
 * whether sgd has a momentum yet (at 0 its buffer is not read).
 *
 * A parameter's count is lower where its model was added after some steps, or where steps left it
 * out, and is then told and set by name. Parameters that are left out together have one count:
 * setting it for one of them sets it for all. */
GAN_API int64_t gan_optimizer_steps(const gan_optimizer *optimizer);
GAN_API gan_status gan_optimizer_set_steps(gan_optimizer *optimizer, int64_t steps);
GAN_API gan_status gan_optimizer_parameter_steps(const gan_optimizer *optimizer,
                                                 const gan_model *model, const char *name,
                                                 int64_t *out);
GAN_API gan_status gan_optimizer_set_parameter_steps(gan_optimizer *optimizer,
                                                     const gan_model *model, const char *name,
                                                     int64_t steps);

/* The moments have PyTorch's names: adam "exp_avg" (m) and "exp_avg_sq" (v); rmsprop "square_avg",
 * and "momentum_buffer" and "grad_avg" where the options ask for them; sgd "momentum_buffer" with
 * momentum=. Names are borrowed and static. */
GAN_API int32_t gan_optimizer_moment_count(const gan_optimizer *optimizer);
GAN_API const char *gan_optimizer_moment_name(const gan_optimizer *optimizer, int32_t index);

/* Copies one moment of a parameter, named as gan_model_parameter_name does, to `tensor`, or from
 * it, in PyTorch's layout and shape. They are 0 before the first step. GAN_E_ARGUMENT for a
 * parameter that the optimiser does not train, for a moment that it has not, and for a number to
 * write that is not finite; GAN_E_SHAPE for a tensor of another shape. */
GAN_API gan_status gan_optimizer_read(const gan_optimizer *optimizer, const gan_model *model,
                                      const char *name, const char *moment, gan_tensor *tensor);
GAN_API gan_status gan_optimizer_write(gan_optimizer *optimizer, const gan_model *model,
                                       const char *name, const char *moment,
                                       const gan_tensor *tensor);

GAN_END

#endif

/* runner.h: executes a model in evaluation mode, without allocating.
 *
 * A runner owns its plan, its memory and its packed weights, so runners of different contexts, one
 * to a thread, may share a model that nobody changes. A picture's bits do not depend on the batch
 * around it. */
#ifndef GAN_RUNNER_H
#define GAN_RUNNER_H

#include <gan/model.h>

GAN_BEGIN

typedef struct gan_runner gan_runner;

/*   batch=1     most pictures in one call
 *   height=0    height and width of the first input, where the model leaves them open
 *   width=0
 * Weights are packed here. After the model was changed the next run packs them anew first;
 * gan_runner_update does that beforehand, so that the run does not take longer. */
GAN_API gan_status gan_runner_create(gan_runner **out, gan_context *context, gan_model *model,
                                     const char *spec);
GAN_API void gan_runner_retain(gan_runner *runner);
GAN_API void gan_runner_release(gan_runner *runner);
GAN_API gan_status gan_runner_update(gan_runner *runner);

/* The shapes H, W, C of one sample as this runner takes and makes them: known in full, also where
 * the model leaves the size open. */
GAN_API gan_status gan_runner_input_shape(const gan_runner *runner, int32_t index,
                                          int64_t shape[3]);
GAN_API gan_status gan_runner_output_shape(const gan_runner *runner, int32_t index,
                                           int64_t shape[3]);

/* Runs the model: one tensor for each of its inputs and outputs, all with the same batch size, from
 * 1 to batch=. float32, or uint8 for pictures (scaled to and from [-1, 1]), of rank 1 for class
 * numbers; any strides. Nothing is allocated. Fails, and writes no output, on a wrong shape or
 * type, and with GAN_E_ARGUMENT on a count that is not the model's and on an index outside an
 * embedding. */
GAN_API gan_status gan_runner_run(gan_runner *runner, gan_tensor *const *inputs,
                                  int32_t input_count, gan_tensor *const *outputs,
                                  int32_t output_count);

GAN_END

#endif

/* plan.h: a model made ready to execute for given shapes: which layer reads and writes where.
 *
 * A plan is made once for (model, shapes, mode) and then runs without allocating. Runners and tapes
 * are its users. It has no memory for numbers of its own. What the model gives out lies in one that
 * the user lends for as long as it is read; other values live in an arena that is lent from a
 * forward call to the last backward call after it; what is needed only during one call (gradients
 * between layers, workspace) in memory that is lent for that call: plans share all three. */
#ifndef GAN__PLAN_H
#define GAN__PLAN_H

#include "model/model.h"

typedef struct gan__plan gan__plan;

typedef struct gan__plan_mode {
    bool training; /* batch statistics, dropout; else evaluation */
    bool backward; /* gradients may be asked for: activations are kept */
    int32_t groups;
    const int64_t *starts; /* groups + 1: group g has the samples from starts[g] to starts[g + 1];
                              copied. NULL for a single group */
} gan__plan_mode;

/* `inputs`: one shape for each input, all groups together in n. */
gan_status gan__plan_create(gan__plan **out, gan_context *context, gan_model *model,
                            const gan__shape *inputs, const gan__plan_mode *mode,
                            gan__panel_cache *cache);
void gan__plan_destroy(gan__plan *plan);
bool gan__plan_fits(const gan__plan *plan, const gan_model *model, const gan__shape *inputs,
                    const gan__plan_mode *mode);

/* Makes the plan, of one group, run on n samples, at most as many as it was made for; nothing is
 * allocated. What layers ask for in plan() must not be less for more samples. */
void gan__plan_set_batch(gan__plan *plan, int64_t n);

size_t gan__plan_memory(const gan__plan *plan);    /* bytes of the plan itself */
size_t gan__plan_outputs(const gan__plan *plan);   /* bytes lent by gan__plan_bind; not 0 */
size_t gan__plan_arena(const gan__plan *plan);     /* bytes lent by gan__plan_bind; may be 0 */
size_t gan__plan_transient(const gan__plan *plan); /* bytes that the caller lends to each call */

/* Lends both, aligned to 64 bytes; before the first forward call, and after they were lent
 * elsewhere. What layers kept in the arena for later calls (W / sigma of spectral norm) is made
 * anew. */
void gan__plan_bind(gan__plan *plan, void *arena, void *outputs);

gan__shape gan__plan_output_shape(const gan__plan *plan, int32_t index);

/* Whether a step makes output i; else it is an input. */
bool gan__plan_makes(const gan__plan *plan, int32_t index);

/* Whether output i may be written to other memory than what was lent: a step makes it, and no layer
 * of the plan may refuse a value half-way. The next forward calls then do so; NULL: no longer. */
bool gan__plan_can_divert(const gan__plan *plan, int32_t index);
void gan__plan_divert(gan__plan *plan, int32_t index, float *memory);

/* Keys the random numbers of one call: dropout and noise. */
typedef struct gan__plan_draw {
    uint64_t seed, step;
} gan__plan_draw;

/* x: one array for each input, NHWC. Afterwards gan__plan_output(i) is valid until the next
 * forward. GAN_E_ARGUMENT, and the buffers are as before, where a layer cannot work on a value. */
gan_status gan__plan_forward(gan__plan *plan, const float *const *x, const gan__plan_draw *draw,
                             void *transient);
const float *gan__plan_output(const gan__plan *plan, int32_t index);

/* dy[i]: gradient of output i, NULL where it is zero; dx[i]: receives (is overwritten by) the
 * gradient of input i, NULL where it is not wanted. Adds to the gradients of those stores; x as in
 * the forward call must still be there. Computes only what these need. */
void gan__plan_backward(gan__plan *plan, const float *const *dy, float *const *dx,
                        gan__store *const *stores, size_t store_count, void *transient);

/* ---- tangents: of a plan that may run backwards, after its forward call ----
 *
 * Only tangents are computed, beside what the forward call left: the same masks, places, statistics
 * and weights, and nothing persists. Several such passes may lie behind one forward call, each with
 * memory of its own for the tangents. */
typedef struct gan__plan_tangents {
    const float *const *inputs; /* of the tangents of each input; NULL where there is none */
    const bool *asked;          /* for each output: whether its tangent is wanted; else it is 0 */
    void *arena, *outputs;      /* lent from the forward call to the last backward call after it */

    /* Backwards: gradients over the outputs' tangents; those over the inputs, and over their
     * tangents. NULL as in gan__plan_backward. */
    const float *const *dy;
    float *const *dx;
    float *const *tangent_dx;
} gan__plan_tangents;

/* Whether the plan may run backwards. */
bool gan__plan_keeps(const gan__plan *plan);

/* Makes ready for it, once; bytes to be lent. The transient memory is lent for each call. */
gan_status gan__plan_tangent_prepare(gan__plan *plan);
size_t gan__plan_tangent_arena(const gan__plan *plan); /* may be 0 */
size_t gan__plan_tangent_outputs(const gan__plan *plan);
size_t gan__plan_tangent_transient(const gan__plan *plan);

/* GAN_E_UNSUPPORTED where a layer on the way has no tangent: named, with its place. */
gan_status gan__plan_tangent_check(gan__plan *plan, const gan__plan_tangents *call);

void gan__plan_tangent_forward(gan__plan *plan, const gan__plan_tangents *call, void *transient);
const float *gan__plan_tangent_output(const gan__plan *plan, const gan__plan_tangents *call,
                                      int32_t index);

/* As gan__plan_backward. The gradients over the inputs are what the tangents owe to them: their own
 * are not in it. */
void gan__plan_tangent_backward(gan__plan *plan, const gan__plan_tangents *call,
                                gan__store *const *stores, size_t store_count, void *transient);

#endif

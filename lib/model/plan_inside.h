/* plan_inside.h: the inside of a plan, shared by the files plan*.c. */
#ifndef GAN__PLAN_INSIDE_H
#define GAN__PLAN_INSIDE_H

#include "base/watch.h"
#include "model/plan.h"

/* One value of the model. Values that no step makes and that are no inputs (the result of a layer
 * whose activation was fused into it) have producer -1 and nobody reads them. */
typedef struct gan__plan_value {
    gan__shape shape;
    size_t bytes;             /* of its numbers, in whole cache lines */
    int32_t producer;         /* step that makes it, -1: none */
    int32_t last_reader;      /* step, -1: none */
    int32_t readers, outputs; /* how often steps read it, and how often the model gives it out */
    int32_t repeated;         /* not made: it would be this node's, which repeats pixels, and the
                                 step that reads it sees to that; -1: no */
    bool again;               /* not kept for the backward call, but made once more in it */
    size_t offset; /* in `outputs` for what the model gives out; forwards in the transient memory,
                      if it is made again; else in the arena */
    size_t again_offset;    /* in the transient memory, backwards */
    size_t gradient_offset; /* in the transient memory, backwards; unused for inputs */
    const float *data;

    /* During one backward call: */
    bool needed;           /* something that is wanted lies upstream */
    bool ready;            /* made again */
    float *buffer;         /* where its gradient is gathered; NULL: only read from `gradient` */
    const float *gradient; /* NULL: nothing has arrived yet */
} gan__plan_value;

/* One layer to execute, with the activation after it if that was fused. The arrays have one element
 * for each operand and lie in the plan's pools. */
typedef struct gan__plan_step {
    gan__op op;
    int32_t node, result;
    int32_t *operands;
    gan__shape *in;
    const float **x;
    float **dx;
    size_t *spare_offsets;      /* in the transient memory: for the gradient of a value that has one
                                   already */
    size_t state_offset;        /* in the arena */
    size_t workspace_offset[2]; /* in the transient memory: forwards, backwards */
    bool needed;
} gan__plan_step;

/* Beside the plan's own, of tangents: one value, */
typedef struct gan__tangent_value {
    size_t offset; /* of the tangent: in the outputs that are lent for it, if the model gives the
                      value out; else in its arena */
    size_t again_offset[2]; /* of the value, if it is made again: forwards, backwards */
    size_t gradient_offset, tangent_gradient_offset;

    /* During one call: */
    bool active; /* moves with an input that has a tangent, and something asked for moves with it */
    const float *data;
    bool needed; /* backwards, of the gradient over the tangent, as with values */
    float *buffer;
    const float *gradient;
} gan__tangent_value;

/* and one step. */
typedef struct gan__tangent_step {
    const float **x;
    float **dx;
    size_t *zero_offsets[2]; /* of operands without tangent: forwards, backwards */
    size_t *spare_offsets;   /* of gradients of values or tangents that have one already */
    size_t workspace_offset[2];
} gan__tangent_step;

typedef struct gan__tangent_layout {
    gan__tangent_value *values;
    gan__tangent_step *steps;
    const float **x; /* the pools of the steps */
    float **dx;
    size_t *offsets;
    size_t outputs_size, arena_size, transient_size;
} gan__tangent_layout;

struct gan__plan {
    gan_context *context; /* of the user of the plan, which may be another one than the model's */
    gan_model *model;     /* retained */
    gan__plan_mode mode;
    int64_t *starts;   /* the mode's */
    size_t node_count; /* of the model when the plan was made */
    gan__plan_value *values;
    gan__plan_step *steps;
    gan__shape *inputs;
    int32_t *input_values, *output_values;
    size_t value_count, step_count, input_count, output_count;
    int64_t batch; /* the most that there is room for */

    int32_t *operands; /* the pools, with operand_count elements each */
    gan__shape *in;
    const float **x;
    float **dx;
    size_t *spare_offsets;
    size_t operand_count;

    unsigned char *before; /* the stores as they were, for a pass that may end half-way; NULL: no
                              pass of this plan does */

    unsigned char *outputs; /* the values that the model gives out: lent by gan__plan_bind, */
    unsigned char *arena;   /* as are all others, and the states */
    size_t outputs_size, arena_size, transient_size;
    size_t before_size;

    gan__tangent_layout *tangent; /* NULL: none was asked for */
};

/* plan_steps.c; values are complete but for who makes and reads them last, and pools are there. */
gan_status gan__plan_make_steps(gan__plan *plan);

enum { GAN__LINE = 64 };
static inline size_t gan__plan_lines(size_t size)
{
    return (size + GAN__LINE - 1) / GAN__LINE * GAN__LINE;
}

/* plan_regions.c: a region is needed from one step to another. Regions whose times do not meet
 * share memory. */
typedef struct gan__plan_region {
    size_t size, offset;
    int32_t first, last; /* steps, both included */
    size_t *target;      /* receives the offset */
} gan__plan_region;

typedef struct gan__plan_regions {
    gan__plan_region *array;
    size_t count, capacity;
    size_t total; /* bytes of all, once placed */
} gan__plan_regions;
gan_status gan__plan_region_add(gan_context *context, gan__plan_regions *regions,
                                gan__plan_region region); /* of size 0: none */
gan_status gan__plan_regions_place(gan_context *context, gan__plan_regions *regions);

/* Whether the layer has parameters that are trained, in one of these stores. */
bool gan__plan_wants_weights(const gan_layer *layer, gan__store *const *stores, size_t count);

/* plan_tangent_memory.c */
void gan__plan_tangent_destroy(gan__plan *plan);
size_t gan__plan_tangent_memory(const gan__plan *plan);

/* plan_tangent.c: what a call of either direction begins with: which values are active. */
void gan__plan_tangent_begin(gan__plan *plan, const gan__plan_tangents *call);

/* Writes a value once more that was not kept; direction 0: forwards. */
void gan__plan_tangent_again(gan__plan *plan, gan__plan_value *value, int direction,
                             unsigned char *transient);

/* The tangents of an active step's operands, zeros where there is none. */
void gan__plan_tangent_operands(gan__plan *plan, gan__plan_step *step, int direction,
                                unsigned char *transient);

/* Of the plan's first step and value on. */
static inline gan__tangent_step *gan__tangent_step_of(const gan__plan *plan,
                                                      const gan__plan_step *step)
{
    return &plan->tangent->steps[step - plan->steps];
}
static inline gan__tangent_value *gan__tangent_value_of(const gan__plan *plan,
                                                        const gan__plan_value *value)
{
    return &plan->tangent->values[value - plan->values];
}

/* `count * size` bytes in whole cache lines; GAN_E_MEMORY if that does not fit. */
gan_status gan__plan_bytes(gan_context *context, const gan__shape *shape, size_t *out);

/* Whether the gradient of this value gets memory of its own. That of an input does not, nor that of
 * a value that is given out once and read by no step: it is the caller's array. */
static inline bool gan__plan_has_gradient(const gan__plan_value *value)
{
    return value->producer >= 0 && (value->readers > 0 || value->outputs > 1);
}

/* Work on a step's layer, as the host is told of it. */
static inline void gan__plan_watch_begin(const gan__plan *plan, const gan__plan_step *step,
                                         gan__watch *watch, const char *pass)
{
    if (!plan->context->host.span) return;
    gan__watch_open(plan->context, watch, step->op.layer->kind->kind.name, pass);
    watch->told.model = plan->model;
    watch->told.place = plan->model->nodes[step->node].path;
}

/* Decides where values, states, gradients and workspaces lie. Steps and values are complete but for
 * that. */
gan_status gan__plan_place(gan__plan *plan);

#endif

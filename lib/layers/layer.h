/* layer.h: what a layer kind is, and one layer placed in a plan.
 *
 * A kind is one file: its options, its shape rule, its parameters, forward and backward. The file
 * begins with the formula. layers.c lists all kinds. */
#ifndef GAN__LAYER_H
#define GAN__LAYER_H

#include <gan/layer.h>

#include "base/object.h"
#include "base/option.h"
#include "compute/convolution.h"
#include "tensor/tensor.h"

enum { GAN__MAX_PARAMETERS = 8 };

/* One parameter's place in a store. */
typedef struct gan__segment {
    int64_t offset, count;
    bool trained;
    bool empty; /* its gradient is zero, whatever is in memory: the next pass overwrites it */
} gan__segment;

/* The parameters of one part, or of a model's own layers, in flat arenas: what an optimiser walks
 * over. Reference-counted by the layers in it. */
typedef struct gan__store {
    atomic_int references;
    gan_context *context;  /* retained */
    int64_t weight_count;  /* trained numbers */
    int64_t buffer_count;  /* running statistics, u and v: saved, not trained */
    int64_t integer_count; /* how many batches were seen: likewise */
    float *weights, *buffers;
    int64_t *integers;
    float *gradients; /* weight_count; made when first needed; see gan__store_write_zeros */
    gan__segment *segments;
    int32_t segment_count;
    uint64_t version; /* from 1; grows with every change from outside a forward pass */
    uint64_t passes;  /* grows when a forward pass changes what others are made of */
} gan__store;

typedef struct gan__parameter {
    const char *name; /* PyTorch's leaf: "weight" */
    bool trained;     /* else a buffer */
    bool integer;     /* int64, in a file as in memory: num_batches_tracked */
    bool unit;        /* scaled to length 1 after its draw (spectral norm's u and v) */
    /* PyTorch's shape is shape[0..rank). Its elements, taken as dimensions (k, c, r, s) by `order`,
     * lie in memory as [r][s][c][k]: weights of dense (k out, c x r x s the picture that goes in)
     * and both convolutions, layernorm's affine (k = 1). Vectors have order {count, 1, 1, 1}. */
    int32_t rank;
    int64_t shape[4];
    int64_t order[4];
    int64_t count;
    int64_t offset;  /* in the store's weights, buffers or integers */
    int32_t segment; /* in the store's segments */
    gan__initial initial;
    int64_t fan_in, fan_out;
    float least, most; /* GAN__INIT_DEFAULT: uniform between these; equal: constant */
} gan__parameter;

struct gan__op;

/* How a layer's tangent y' = J t along t is made, J being the derivative of y over x. */
typedef enum gan__tangent_form {
    GAN__TANGENT_NONE,      /* there is none */
    GAN__TANGENT_LINEAR,    /* y = A x + b: forward() serves, and backward() for the way back */
    GAN__TANGENT_SYMMETRIC, /* J is its own transpose: backward(), t in the place of dy */
    GAN__TANGENT_OWN        /* tangent() */
} gan__tangent_form;

typedef struct gan__layer_kind {
    gan__kind kind;
    int32_t operands; /* how many; -1: one or more */

    /* Whether samples of a batch influence each other in training (batchnorm, minibatch_stddev). */
    bool couples;

    /* How much of a batch's statistics enters those that it keeps for evaluation; NULL: it keeps
     * none. "running_mean", "running_var" and "num_batches_tracked" are their names. */
    double (*running)(const gan_layer *layer);

    /* Whether it draws random numbers in training (dropout, noise). */
    bool draws;

    /* The next layer, if it is an activation that gan__activation_fuses, may be done in the store:
     * then op->tail is set. */
    bool takes_tail;

    /* Activation layers: which function this layer is, so that a plan can give it to the op before
     * as its tail (activation and parameter are set). NULL for every other kind. */
    void (*activation)(const gan_layer *layer, gan__tail *tail);

    /* Whether all that it does is to repeat each pixel, and how often in height and width
     * (upsample). NULL: no. The layer behind it, if it alone reads the result, may then */
    bool (*repeats)(const gan_layer *layer, int64_t scale[2]);

    /* do that by itself, pixels twice in both: asked with op->doubled set and op->in what is
     * repeated; */
    bool (*doubles)(const struct gan__op *op);

    /* or be done before it, since its outputs are of one pixel each. NULL: neither. */
    bool (*is_pixelwise)(const gan_layer *layer);

    /* The output's shape. n, h and w may be -1 (open) in what comes in and then are in what goes
     * out; c is always known. GAN_E_SHAPE messages name the kind, what came and what is needed. */
    gan_status (*shape)(const gan_layer *layer, const gan__shape *in, int32_t count,
                        gan__shape *out);

    /* Declares parameters with gan__layer_declare, once, when the layer is placed for the first
     * time. NULL: none. Later placements must give the same parameter shapes: checked by
     * gan__layer_place. */
    gan_status (*declare)(gan_layer *layer, const gan__shape *in, int32_t count);

    /* Asks for memory: fills state_size, workspace_size, scratch_size, and panels. NULL: nothing
     * needed. */
    gan_status (*plan)(struct gan__op *op);

    /* Whether what has come in, in op->x, can be worked on: GAN_E_ARGUMENT with the value, its
     * place and the limit where it cannot; forward() is not called then, and the plan puts back
     * what other layers have changed in the same pass. NULL: everything can. */
    gan_status (*admit)(const struct gan__op *op);

    void (*forward)(struct gan__op *op);

    /* Writes op->y once more, the same bits, from op->x and the state that forward left; nothing
     * else changes, and there is no workspace. Where this is cheap and the result large
     * (normalisation), a plan then keeps no y from forward to backward. NULL: not offered. */
    void (*again)(struct gan__op *op);

    /* From op->dy: writes op->dx[i] where it is not NULL (never adds; never aliases dy or another
     * dx), and adds to the gradients of its parameters if op->want_weights. */
    void (*backward)(struct gan__op *op);

    /* Second derivatives: layers/tangent.h runs what follows. One that couples samples has no
     * tangent in training, whatever its form; `no_tangent` tells the user why there is none. Of a
     * kind with again() there is no op->y here. */
    gan__tangent_form tangent_form;
    const char *no_tangent;

    /* Writes op->tangent.y, from op->tangent.x, op->x, op->y and the state. */
    void (*tangent)(struct gan__op *op);

    /* What <op->tangent.dy, y'> owes to x and to the parameters inside J: writes its gradients to
     * op->dx[i] where that is not NULL, and adds to the gradients of parameters if
     * op->want_weights. NULL: J is constant, but for kinks, or A of a linear one. */
    void (*bend)(struct gan__op *op);
    bool straight; /* J has parameters in it, but no x: bend() writes no dx */
} gan__layer_kind;

struct gan_layer {
    gan__object object;
    const gan__layer_kind *kind;
    void *options; /* the kind's struct */
    gan__parameter parameters[GAN__MAX_PARAMETERS];
    int32_t parameter_count;
    bool placed;
    /* Each pass in training changes buffers that the next one starts from (spectral norm): groups
     * in one pass see them once, several passes one after the other. Set by declare(). */
    bool iterates;
    /* Running statistics are being estimated: 1 + what went into them, all of equal weight; 0: as
     * the options say. */
    int64_t estimates;
    gan__store *store; /* NULL until the layer is placed and gan__store_create has run */
    /* The model in which a layer with parameters stands itself; any other has it in a part. */
    gan__weak home;
    char *text;
};

/* All kinds. `input` is among them (no operands, its shape is its values), so that gan_layer_create
 * can make one for a model by hand; `output`, `part`, `residual`, `repeat` and `default` belong to
 * the grammar of models alone. */
extern const gan__layer_kind *const gan__layer_kinds[];
extern const int32_t gan__layer_kind_count;
const gan__layer_kind *gan__layer_kind_find(const char *name, size_t length); /* NULL: unknown */

/* A layer with its defaults, options not yet read (the model's parser reads them). */
gan_status gan__layer_new(gan_layer **out, gan_context *context, const gan__layer_kind *kind);

/* Runs check, shape and, the first time, declare. */
gan_status gan__layer_place(gan_layer *layer, const gan__shape *in, int32_t count, gan__shape *out);

/* For declare(). The parameter, in PyTorch's order and starting at 0 (declare changes `order`,
 * `initial`, fans and bounds as needed); NULL (message set) if there are too many or the count does
 * not fit. */
gan__parameter *gan__layer_declare(gan_layer *layer, const char *name, bool trained, int32_t rank,
                                   const int64_t *shape);
gan__parameter *gan__layer_parameter(const gan_layer *layer, const char *name); /* NULL: none */

static inline float *gan__parameter_value(const gan_layer *layer, const gan__parameter *p)
{
    return (p->trained ? layer->store->weights : layer->store->buffers) + p->offset;
}

/* Of an integer one; its order in memory is PyTorch's. */
static inline int64_t *gan__parameter_integers(const gan_layer *layer, const gan__parameter *p)
{
    return layer->store->integers + p->offset;
}

/* p's value becomes q's: the same parameter of two layers that are alike. */
void gan__parameter_copy(const gan_layer *from, const gan__parameter *p, const gan_layer *to,
                         const gan__parameter *q);

/* Where a backward pass puts a gradient; gan__store_need_gradients has run. `_write`: *add says
 * whether there is something to add to, else every element is to be overwritten. `_add`: always to
 * be added to. */
float *gan__gradient_write(const gan_layer *layer, const gan__parameter *p, bool *add);
float *gan__gradient_add(const gan_layer *layer, const gan__parameter *p);

/* The gradient as it is: zeros are written where it is empty, and it stays empty. */
const float *gan__gradient_read(const gan_layer *layer, const gan__parameter *p);

/* The store of the layers given (those that have one already are skipped): arenas, offsets, initial
 * values. Layers without parameters get none. */
gan_status gan__store_create(gan_context *context, gan_layer *const *layers, int32_t count);
void gan__store_retain(gan__store *store);
void gan__store_release(gan__store *store);

/* All that passes in training change, buffers and integers, to `memory` and back again: `_restore`
 * inside the pass that changed it; `_put_back` later, where weights may have been made from u and v
 * that are stale then. */
size_t gan__stores_kept_size(gan__store *const *stores, size_t count);
void gan__stores_keep(gan__store *const *stores, size_t count, unsigned char *memory);
void gan__stores_restore(gan__store *const *stores, size_t count, const unsigned char *memory);
void gan__stores_put_back(gan__store *const *stores, size_t count, const unsigned char *memory);

gan_status gan__store_need_gradients(gan__store *store); /* allocates, once; all are empty then */
void gan__store_clear_gradients(gan__store *store); /* marks all of them empty; writes nothing */

/* Whether any gradient was added since they were cleared: PyTorch's "grad is not None", of all the
 * parameters in the store together. */
bool gan__store_is_reached(const gan__store *store);

/* Writes the zeros of those still empty, which then count as reached: whoever uses
 * store->gradients as a whole calls it first. */
void gan__store_write_zeros(gan__store *store);

/* Copies between memory order and PyTorch's order; both have p->count floats: not of integers. */
void gan__parameter_export(const gan__parameter *p, const float *memory, float *torch);
void gan__parameter_import(const gan__parameter *p, const float *torch, float *memory);

/* What gan_layer_parameter_shape and _flags, and the model's, say of it. */
void gan__parameter_shape(const gan__parameter *p, int32_t *rank, int64_t shape[4]);
int32_t gan__parameter_flags(const gan__parameter *p);

/* PyTorch's tensor of a parameter, or of anything that lies as it does, from and to memory.
 * GAN_E_SHAPE for a tensor of another shape; `name` is for messages. */
gan_status gan__parameter_export_tensor(gan_context *context, const gan__parameter *p,
                                        const char *name, const float *memory, gan_tensor *tensor);
gan_status gan__parameter_import_tensor(gan_context *context, const gan__parameter *p,
                                        const char *name, const gan_tensor *tensor, float *memory);

/* What gan_layer_read, gan_model_read and their writing counterparts do once the parameter is
 * found. `what` is GAN_VALUE or GAN_GRADIENT; `name` is for messages. */
gan_status gan__parameter_read(gan_layer *layer, const gan__parameter *p, const char *name,
                               int32_t what, gan_tensor *tensor);
gan_status gan__parameter_write(gan_layer *layer, const gan__parameter *p, const char *name,
                                const gan_tensor *tensor);

/* Packed weights, shared by all plans of one tape or runner. A panel is asked for when a plan is
 * made, packed when it is used and the store's version has moved on, and freed when the last plan
 * that asked for it has given it back. */
typedef struct gan__panel gan__panel;
typedef struct gan__panel_cache {
    gan_context *context;
    gan__panel **panels;
    size_t count, capacity;
} gan__panel_cache;
gan_status gan__panel_get(gan__panel_cache *cache, gan_layer *layer, const gan__parameter *weight,
                          const gan__conv *conv, gan__pass pass, gan__panel **out);
void gan__panel_release(gan__panel_cache *cache, gan__panel *panel); /* NULL is allowed */
const float *gan__panel_ready(gan_context *context, gan__panel *panel);
void gan__panel_cache_free(gan__panel_cache *cache); /* once all panels were given back */
int64_t gan__panel_cache_memory(const gan__panel_cache *cache); /* bytes of all packed weights */

/* One layer placed in one plan. Addresses are set before each call; sizes once. */
typedef struct gan__op {
    gan_context *context;
    gan_layer *layer;
    bool training;         /* batch statistics, dropout */
    bool backward;         /* the plan may run backwards: state must be kept */
    int32_t groups;        /* batches side by side in n; statistics of each */
    const int64_t *starts; /* groups + 1: group g has the samples from starts[g] to starts[g + 1] */
    int32_t input_count;
    const gan__shape *in;
    gan__shape out;
    int64_t most;     /* samples that it was planned for: later there may be fewer */
    gan__tail tail;   /* activation to apply in the store (bias unused); linear by default */
    bool doubled;     /* the layer works on what comes in with each pixel twice in height and width,
                         after doubles() said that it does */
    uint64_t seed;    /* random layers: of their draws */
    uint64_t draw;    /* and their step */
    uint64_t ordinal; /* of this op in its plan: element i of its draw is (ordinal << 40) + i */
    bool dy_is_free;  /* backward may write over dy */

    /* Asked for in plan(): */
    size_t state_size;     /* bytes kept from forward to backward */
    size_t workspace_size; /* bytes needed during one forward or backward, shared by all ops */
    size_t tangent_size;   /* bytes of workspace for its tangent, where that needs more */
    size_t scratch_size;   /* bytes for each worker */
    gan__panel *panels[2]; /* by gan__pass: FORWARD, BACKWARD_DATA */
    gan__panel_cache *cache;

    /* What the state was made of, for layers that keep it (spectral norm). 0: the state holds
     * nothing yet, in a new plan and after its arena was bound. */
    uint64_t version, passes;
    bool packed[2]; /* by gan__pass */

    /* Set before forward(): */
    const float *const *x;
    float *y; /* after forward: what backward may read */
    void *state, *workspace;

    /* Set before backward(): */
    const float *dy;
    float *const *dx;
    bool want_weights;

    /* The same of tangents. */
    struct {
        const float *const *x;
        float *y;
        const float *dy;
        float *const *dx;
    } tangent;
    bool on_tangents; /* they have changed places with x, y, dy and dx: b is left out, and the state
                         stays as it is */
} gan__op;

/* Memory is asked for and handed out in whole cache lines, in the same order. */
static inline size_t gan__op_bytes(int64_t floats)
{
    return ((size_t)floats * sizeof(float) + 63) & ~(size_t)63;
}
static inline float *gan__op_take(void **memory, int64_t floats)
{
    float *taken = (float *)*memory;
    *memory = (char *)*memory + gan__op_bytes(floats);
    return taken;
}

#endif

/* spectral.c: with W as a matrix of one row for each channel out,
 *
 *   v = W^T u / |W^T u|,  u = W v / |W v|,  sigma = u . W v,  and the layer uses W' = W / sigma;
 *   with G the gradient over W':  dW = (G - <G, W'> u v^T) / sigma   (u and v are constants)
 *
 * In memory W is [blocks][rows][k]. Of a convolution and a dense layer the channels out are k and
 * there is one block: u[k], v[rows]. Of a transposed convolution they are the rows: u[rows],
 * v[blocks][k]. The three kinds of product in this are products of layers: rows . k is a dense
 * layer of one output, rows summed with weights is the weight gradient of one channel, and u v^T
 * that of one sample. */
#include "layers/spectral.h"
#include "base/watch.h"
#include "compute/pointwise.h"
#include "compute/reduce.h"

#include <math.h>
#include <string.h>

typedef struct spectral_matrix {
    int64_t blocks, rows, k;
    int64_t u_count, v_count;
    bool transposed;
} spectral_matrix;

/* What the state holds: the addresses are found anew in each call. */
typedef struct spectral_state {
    float *weight, *u, *v, *sigma;
    float *panels[2];
} spectral_state;

gan_status gan__spectral_declare(gan_layer *layer, const gan__filter_weights *weights)
{
    const int64_t *order = weights->order;
    const int64_t window = order[2] * order[3];
    const bool transposed = weights->transposed;
    const int64_t u_count = order[transposed ? 1 : 0];
    const int64_t v_count = order[transposed ? 0 : 1] * window;
    gan__parameter *u = gan__layer_declare(layer, "weight_u", false, 1, &u_count);
    gan__parameter *v = u ? gan__layer_declare(layer, "weight_v", false, 1, &v_count) : NULL;
    if (!v) return GAN_E_MEMORY;
    layer->iterates = true;
    u->initial = v->initial = (gan__initial){.mode = GAN__INIT_NORMAL, .b = 1.0};
    u->unit = v->unit = true;
    v->order[0] = 1;
    v->order[1] = v_count / window;
    v->order[2] = order[2];
    v->order[3] = order[3];
    return GAN_OK;
}

static spectral_matrix spectral_of(const gan__filter *filter)
{
    const int64_t *order = filter->weight->order;
    spectral_matrix m = {.transposed = filter->transposed, .k = order[0]};
    m.blocks = m.transposed ? order[2] * order[3] : 1;
    m.rows = filter->weight->count / (m.blocks * m.k);
    m.u_count = m.transposed ? m.rows : m.k;
    m.v_count = m.transposed ? m.blocks * m.k : m.rows;
    return m;
}

/* out[rows] = matrix[rows][k] . p[k] */
static void spectral_rows(gan_context *context, const spectral_matrix *m, const float *matrix,
                          const float *p, void *memory, float *out)
{
    const gan__conv conv = gan__filter_product(m->rows, m->k, 1);
    const gan__tail linear = {.activation = GAN__LINEAR};
    const int64_t count = gan__conv_panel_count(context, &conv, GAN__FORWARD);
    float *panel = gan__op_take(&memory, count);
    gan__conv_pack(context, &conv, GAN__FORWARD, p, panel);
    gan__conv_forward(context, &conv, matrix, count > 0 ? panel : p, &linear, memory, out);
}

/* out[k] = p[rows] . matrix[rows][k] */
static void spectral_columns(gan_context *context, const spectral_matrix *m, const float *matrix,
                             const float *p, void *memory, float *out)
{
    const gan__conv conv = gan__filter_product(m->rows, 1, m->k);
    gan__conv_backward_weights(context, &conv, p, matrix, false, memory, out);
}

/* matrix[rows][k] += a[rows] b[k]^T */
static void spectral_outer(gan_context *context, const spectral_matrix *m, const float *a,
                           const float *b, void *memory, float *matrix)
{
    const gan__conv conv = gan__filter_product(1, m->rows, m->k);
    gan__conv_backward_weights(context, &conv, a, b, true, memory, matrix);
}

/* out[v_count] = W^T u */
static void spectral_to_v(gan_context *context, const spectral_matrix *m, const float *w,
                          const float *u, void *memory, float *out)
{
    if (!m->transposed) {
        spectral_rows(context, m, w, u, memory, out);
        return;
    }
    for (int64_t i = 0; i < m->blocks; i++)
        spectral_columns(context, m, w + i * m->rows * m->k, u, memory, out + i * m->k);
}

/* out[u_count] = W v */
static void spectral_to_u(gan_context *context, const spectral_matrix *m, const float *w,
                          const float *v, void *memory, float *out)
{
    if (!m->transposed) {
        spectral_columns(context, m, w, v, memory, out);
        return;
    }
    float *part = gan__op_take(&memory, m->u_count);
    for (int64_t i = 0; i < m->blocks; i++) {
        float *to = i == 0 ? out : part;
        spectral_rows(context, m, w + i * m->rows * m->k, v + i * m->k, memory, to);
        if (i > 0) gan__add(context, m->u_count, out, part, out);
    }
}

static void spectral_normalize(gan_context *context, int64_t count, const float *x, float *y)
{
    double length = sqrt(gan__sum_squares(context, count, x));
    /* Written so that NaN is not taken for something small. */
    if (length < 1e-12) length = 1e-12;
    for (int64_t i = 0; i < count; i++) y[i] = (float)((double)x[i] / length);
}

static int64_t spectral_panel_count(const gan__op *op, const gan__filter *filter, gan__pass pass)
{
    return gan__conv_panel_count(op->context, &filter->conv, pass);
}

/* The state's pieces, from `memory` on; *memory moves behind them. */
static spectral_state spectral_take(const gan__op *op, const gan__filter *filter, void **memory)
{
    const spectral_matrix m = spectral_of(filter);
    const gan__pass first = filter->transposed ? GAN__BACKWARD_DATA : GAN__FORWARD;
    spectral_state state = {.weight = gan__op_take(memory, filter->weight->count)};
    state.u = gan__op_take(memory, m.u_count);
    state.v = gan__op_take(memory, m.v_count);
    state.sigma = gan__op_take(memory, 1);
    state.panels[first] = gan__op_take(memory, spectral_panel_count(op, filter, first));
    if (op->backward) {
        const gan__pass second = first == GAN__FORWARD ? GAN__BACKWARD_DATA : GAN__FORWARD;
        state.panels[second] = gan__op_take(memory, spectral_panel_count(op, filter, second));
    }
    return state;
}

static size_t spectral_state_size(const gan__op *op, const gan__filter *filter)
{
    const spectral_matrix m = spectral_of(filter);
    size_t size = gan__op_bytes(filter->weight->count) + gan__op_bytes(m.u_count) +
                  gan__op_bytes(m.v_count) + gan__op_bytes(1);
    size += gan__op_bytes(spectral_panel_count(op, filter, GAN__FORWARD));
    return size + gan__op_bytes(spectral_panel_count(op, filter, GAN__BACKWARD_DATA));
}

void gan__spectral_plan(gan__op *op, const gan__filter *filter)
{
    const spectral_matrix m = spectral_of(filter);
    const gan__conv rows = gan__filter_product(m.rows, m.k, 1);
    const gan__conv columns = gan__filter_product(m.rows, 1, m.k);
    const gan__conv outer = gan__filter_product(1, m.rows, m.k);
    gan_context *context = op->context;
    op->state_size += spectral_state_size(op, filter);
    op->scratch_size =
        gan__larger(op->scratch_size, gan__conv_scratch(context, &rows, GAN__FORWARD));
    op->scratch_size =
        gan__larger(op->scratch_size, gan__conv_scratch(context, &columns, GAN__BACKWARD_WEIGHTS));
    op->scratch_size =
        gan__larger(op->scratch_size, gan__conv_scratch(context, &outer, GAN__BACKWARD_WEIGHTS));
}

size_t gan__spectral_workspace(const gan__op *op, const gan__filter *filter)
{
    const spectral_matrix m = spectral_of(filter);
    const gan__conv rows = gan__filter_product(m.rows, m.k, 1);
    const gan__conv columns = gan__filter_product(m.rows, 1, m.k);
    const gan__conv outer = gan__filter_product(1, m.rows, m.k);
    gan_context *context = op->context;
    size_t forward = gan__op_bytes(gan__conv_panel_count(context, &rows, GAN__FORWARD)) +
                     gan__conv_workspace(context, &rows, GAN__FORWARD);
    size_t weights = gan__larger(gan__conv_workspace(context, &columns, GAN__BACKWARD_WEIGHTS),
                                 gan__conv_workspace(context, &outer, GAN__BACKWARD_WEIGHTS));
    /* One product of either length, and the part of one block. */
    return 2 * gan__op_bytes(m.u_count) + gan__op_bytes(m.v_count) + gan__larger(forward, weights);
}

/* Whether the state still holds what an evaluation would compute. Notes what it will hold. */
static bool spectral_is_ready(gan__op *op)
{
    gan__store *store = op->layer->store;
    if (op->training) store->passes++;
    if (!op->training && op->version == store->version && op->passes == store->passes) return true;
    op->version = store->version;
    op->passes = store->passes;
    op->packed[GAN__FORWARD] = op->packed[GAN__BACKWARD_DATA] = false;
    return false;
}

void gan__spectral_forward(gan__op *op, const gan__filter *filter, void *memory)
{
    gan_context *context = op->context;
    const spectral_matrix m = spectral_of(filter);
    const gan_layer *layer = op->layer;
    if (spectral_is_ready(op)) return;
    gan__watch watch;
    gan__watch_begin(context, &watch, layer->kind->kind.name, "spectral");
    float *u = gan__parameter_value(layer, gan__layer_parameter(layer, "weight_u"));
    float *v = gan__parameter_value(layer, gan__layer_parameter(layer, "weight_v"));
    const float *w = gan__parameter_value(layer, filter->weight);
    void *kept = op->state;
    const spectral_state state = spectral_take(op, filter, &kept);
    float *product = gan__op_take(&memory, m.u_count);

    if (op->training) {
        float *before = gan__op_take(&memory, m.v_count);
        spectral_to_v(context, &m, w, u, memory, before);
        spectral_normalize(context, m.v_count, before, v);
    }
    spectral_to_u(context, &m, w, v, memory, product);
    if (op->training) spectral_normalize(context, m.u_count, product, u);
    memcpy(state.u, u, (size_t)m.u_count * sizeof *u);
    memcpy(state.v, v, (size_t)m.v_count * sizeof *v);
    *state.sigma = (float)gan__dot(context, m.u_count, u, product);
    gan__combine(context, filter->weight->count, 1.0f / *state.sigma, w, 0.0f, state.weight);
    gan__watch_end(context, &watch);
}

const float *gan__spectral_panel(gan__op *op, const gan__filter *filter, gan__pass pass)
{
    void *kept = op->state;
    const spectral_state state = spectral_take(op, filter, &kept);
    if (!op->packed[pass]) {
        gan__watch watch;
        gan__watch_begin(op->context, &watch, op->layer->kind->kind.name, "pack");
        gan__conv_pack(op->context, &filter->conv, pass, state.weight, state.panels[pass]);
        gan__watch_end(op->context, &watch);
        op->packed[pass] = true;
    }
    bool plain = spectral_panel_count(op, filter, pass) == 0;
    return plain ? state.weight : state.panels[pass];
}

void gan__spectral_backward(gan__op *op, const gan__filter *filter, const float *gradient,
                            void *memory)
{
    gan_context *context = op->context;
    const spectral_matrix m = spectral_of(filter);
    const int64_t count = filter->weight->count;
    void *kept = op->state;
    const spectral_state state = spectral_take(op, filter, &kept);
    const float inverse = 1.0f / *state.sigma;
    bool add;
    float *dw = gan__gradient_write(op->layer, filter->weight, &add);
    float *scaled = gan__op_take(&memory, m.u_count);

    gan__watch watch;
    gan__watch_begin(context, &watch, op->layer->kind->kind.name, "spectral");
    double along = gan__dot(context, count, gradient, state.weight);
    gan__combine(context, count, inverse, gradient, add ? 1.0f : 0.0f, dw);
    gan__combine(context, m.u_count, (float)(-along * (double)inverse), state.u, 0.0f, scaled);
    for (int64_t i = 0; i < m.blocks; i++) {
        const float *a = m.transposed ? scaled : state.v;
        const float *b = m.transposed ? state.v + i * m.k : scaled;
        spectral_outer(context, &m, a, b, memory, dw + i * m.rows * m.k);
    }
    gan__watch_end(context, &watch);
}

/* tensor_copy.c: copies between any two types and layouts, block by block through a small buffer:
 * of float32 for what it holds exactly (float32, uint8), else of int64. */
#include "tensor/tensor.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- lines: n elements, any strides ---- */

typedef void copy_line(const void *from, int64_t from_stride, void *to, int64_t to_stride,
                       int64_t n);

/* Saturates, NaN is 0. `limit` is the power of two that is one more than `most`. */
static int64_t copy_round(float value, float limit, int64_t least, int64_t most)
{
    if (value != value) return 0;
    if (value >= limit) return most;
    if (value <= -limit) return least;
    return (int64_t)nearbyintf(value);
}

static void copy_f32_f32(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const float *x = from;
    float *y = to;
    for (int64_t i = 0; i < n; i++) y[i * ts] = x[i * fs];
}

static void copy_u8_f32(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const uint8_t *x = from;
    float *y = to;
    for (int64_t i = 0; i < n; i++) y[i * ts] = (float)x[i * fs];
}

static void copy_i32_i64(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const int32_t *x = from;
    int64_t *y = to;
    for (int64_t i = 0; i < n; i++) y[i * ts] = x[i * fs];
}

static void copy_i64_i64(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const int64_t *x = from;
    int64_t *y = to;
    for (int64_t i = 0; i < n; i++) y[i * ts] = x[i * fs];
}

/* Adding 1.5 * 2^23 leaves no place for a fraction: it rounds to nearest, ties to even. NaN is not
 * greater than 0 and so becomes 0. */
static void copy_f32_u8(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const float *x = from;
    uint8_t *y = to;
    for (int64_t i = 0; i < n; i++) {
        float v = x[i * fs];
        v = v > 0.0f ? v : 0.0f;
        v = v < 255.0f ? v : 255.0f;
        y[i * ts] = (uint8_t)((v + 0x1.8p23f) - 0x1.8p23f);
    }
}

static void copy_f32_i32(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const float *x = from;
    int32_t *y = to;
    for (int64_t i = 0; i < n; i++)
        y[i * ts] = (int32_t)copy_round(x[i * fs], 0x1p31f, INT32_MIN, INT32_MAX);
}

static void copy_f32_i64(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const float *x = from;
    int64_t *y = to;
    for (int64_t i = 0; i < n; i++)
        y[i * ts] = copy_round(x[i * fs], 0x1p63f, INT64_MIN, INT64_MAX);
}

static void copy_i64_f32(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const int64_t *x = from;
    float *y = to;
    for (int64_t i = 0; i < n; i++) y[i * ts] = (float)x[i * fs];
}

static void copy_i64_u8(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const int64_t *x = from;
    uint8_t *y = to;
    for (int64_t i = 0; i < n; i++) {
        int64_t v = x[i * fs];
        y[i * ts] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

static void copy_i64_i32(const void *from, int64_t fs, void *to, int64_t ts, int64_t n)
{
    const int64_t *x = from;
    int32_t *y = to;
    for (int64_t i = 0; i < n; i++) {
        int64_t v = x[i * fs];
        y[i * ts] = (int32_t)(v < INT32_MIN ? INT32_MIN : v > INT32_MAX ? INT32_MAX : v);
    }
}

static bool copy_through_integers(int32_t from)
{
    return from == GAN_INT32 || from == GAN_INT64;
}

static copy_line *copy_loader(int32_t from)
{
    switch (from) {
    case GAN_FLOAT32: return copy_f32_f32;
    case GAN_UINT8: return copy_u8_f32;
    case GAN_INT32: return copy_i32_i64;
    default: return copy_i64_i64;
    }
}

static copy_line *copy_storer(int32_t from, int32_t to)
{
    bool integers = copy_through_integers(from);
    switch (to) {
    case GAN_FLOAT32: return integers ? copy_i64_f32 : copy_f32_f32;
    case GAN_UINT8: return integers ? copy_i64_u8 : copy_f32_u8;
    case GAN_INT32: return integers ? copy_i64_i32 : copy_f32_i32;
    default: return integers ? copy_i64_i64 : copy_f32_i64;
    }
}

/* ---- blocks: rows x columns, one buffer full ---- */

enum { COPY_BLOCK = 1024, COPY_SIDE = 32 };

typedef struct copy_side {
    char *data;
    size_t size; /* of an element */
    int64_t strides[GAN_MAX_RANK];
} copy_side;

typedef struct copy_plan {
    copy_side to, from;
    copy_line *load, *store;
    size_t buffer_size;       /* of an element */
    bool scale_in, scale_out; /* uint8 pictures: [0, 255] to and from [-1, 1] */
    int32_t rank;
    int64_t shape[GAN_MAX_RANK]; /* of both sides, merged where both allow it */
} copy_plan;

/* One side of a block. */
typedef struct copy_view {
    char *data;
    int64_t size; /* of an element */
    const int64_t *strides;
} copy_view;

/* Lines run along the longer side of the block. */
static void copy_block_lines(copy_line *line, const copy_view *from, const copy_view *to,
                             const int64_t extent[2])
{
    const int32_t along = extent[0] > extent[1] ? 0 : 1, across = 1 - along;
    for (int64_t i = 0; i < extent[across]; i++) {
        line(from->data + i * from->strides[across] * from->size, from->strides[along],
             to->data + i * to->strides[across] * to->size, to->strides[along], extent[along]);
    }
}

static void copy_one_block(const copy_plan *plan, char *from, char *to, const int64_t extent[2])
{
    union {
        float real[COPY_BLOCK];
        int64_t integer[COPY_BLOCK];
    } buffer;
    const int64_t rows[2] = {extent[1], 1};
    const int32_t inner = plan->rank - 2;
    const copy_view source = {from, (int64_t)plan->from.size, plan->from.strides + inner};
    const copy_view middle = {(char *)&buffer, (int64_t)plan->buffer_size, rows};
    const copy_view target = {to, (int64_t)plan->to.size, plan->to.strides + inner};
    copy_block_lines(plan->load, &source, &middle, extent);
    for (int64_t i = 0; plan->scale_in && i < extent[0] * extent[1]; i++)
        buffer.real[i] = (buffer.real[i] - 127.5f) / 127.5f;
    for (int64_t i = 0; plan->scale_out && i < extent[0] * extent[1]; i++)
        buffer.real[i] = buffer.real[i] * 127.5f + 127.5f;
    copy_block_lines(plan->store, &middle, &target, extent);
}

/* The last two dimensions. Square blocks where an inner stride is not 1, so that a cache line that
 * a column touches serves its neighbours as well. */
static void copy_matrix(const copy_plan *plan, char *from, char *to)
{
    const int32_t r = plan->rank - 2, c = plan->rank - 1;
    const int64_t from_row = plan->from.strides[r] * (int64_t)plan->from.size;
    const int64_t from_column = plan->from.strides[c] * (int64_t)plan->from.size;
    const int64_t to_row = plan->to.strides[r] * (int64_t)plan->to.size;
    const int64_t to_column = plan->to.strides[c] * (int64_t)plan->to.size;
    bool along = plan->from.strides[c] == 1 && plan->to.strides[c] == 1;
    int64_t columns = along ? COPY_BLOCK : COPY_SIDE;
    if (columns > plan->shape[c]) columns = plan->shape[c];
    const int64_t rows = COPY_BLOCK / columns;

    for (int64_t i = 0; i < plan->shape[r]; i += rows) {
        for (int64_t j = 0; j < plan->shape[c]; j += columns) {
            int64_t extent[2] = {plan->shape[r] - i, plan->shape[c] - j};
            if (extent[0] > rows) extent[0] = rows;
            if (extent[1] > columns) extent[1] = columns;
            copy_one_block(plan, from + i * from_row + j * from_column,
                           to + i * to_row + j * to_column, extent);
        }
    }
}

static void copy_run(const copy_plan *plan)
{
    int64_t index[GAN_MAX_RANK] = {0};
    for (;;) {
        char *from = plan->from.data, *to = plan->to.data;
        int32_t d = plan->rank - 3;
        for (int32_t i = 0; i <= d; i++) {
            from += index[i] * plan->from.strides[i] * (int64_t)plan->from.size;
            to += index[i] * plan->to.strides[i] * (int64_t)plan->to.size;
        }
        copy_matrix(plan, from, to);
        while (d >= 0 && ++index[d] == plan->shape[d]) index[d--] = 0;
        if (d < 0) return;
    }
}

/* ---- plans ---- */

/* Merged with the one before if on both sides that one steps over exactly this one. */
static void copy_add_dimension(copy_plan *plan, int64_t extent, int64_t from_stride,
                               int64_t to_stride)
{
    int32_t last = plan->rank - 1;
    if (extent == 1) return;
    if (last >= 0 && plan->from.strides[last] == from_stride * extent &&
        plan->to.strides[last] == to_stride * extent) {
        plan->shape[last] *= extent;
    } else {
        last = plan->rank++;
        plan->shape[last] = extent;
    }
    plan->from.strides[last] = from_stride;
    plan->to.strides[last] = to_stride;
}

/* Until there are rows and columns, the columns come last. */
static void copy_need_matrix(copy_plan *plan)
{
    while (plan->rank < 2) {
        for (int32_t i = plan->rank; i > 0; i--) {
            plan->shape[i] = plan->shape[i - 1];
            plan->from.strides[i] = plan->from.strides[i - 1];
            plan->to.strides[i] = plan->to.strides[i - 1];
        }
        plan->shape[0] = 1;
        plan->from.strides[0] = plan->to.strides[0] = 1;
        plan->rank++;
    }
}

/* Both tensors have the same shape. */
static void copy_elements(const gan_tensor *from, const gan_tensor *to, bool pictures)
{
    copy_plan plan;
    if (from->count == 0) return;
    size_t size = gan__dtype_size(from->dtype);
    if (from->dtype == to->dtype && gan__tensor_is_contiguous(from) &&
        gan__tensor_is_contiguous(to)) {
        memmove(to->data, from->data, (size_t)from->count * size);
        return;
    }
    memset(&plan, 0, sizeof plan);
    plan.from.data = from->data;
    plan.from.size = size;
    plan.to.data = to->data;
    plan.to.size = gan__dtype_size(to->dtype);
    plan.load = copy_loader(from->dtype);
    plan.store = copy_storer(from->dtype, to->dtype);
    plan.buffer_size = copy_through_integers(from->dtype) ? sizeof(int64_t) : sizeof(float);
    plan.scale_in = pictures && from->dtype == GAN_UINT8;
    plan.scale_out = pictures && to->dtype == GAN_UINT8;
    for (int32_t i = 0; i < from->rank; i++)
        copy_add_dimension(&plan, from->shape[i], from->strides[i], to->strides[i]);
    copy_need_matrix(&plan);
    copy_run(&plan);
}

/* A row-major tensor of the same shape over `values`; no object, it lives on the stack. Where they
 * are only read, their const is kept. */
static gan_tensor copy_row_major(const gan_tensor *like, int32_t dtype, const void *values)
{
    gan_tensor tensor;
    int64_t stride = 1;
    memset(&tensor, 0, sizeof tensor);
    tensor.dtype = dtype;
    tensor.rank = like->rank;
    tensor.count = like->count;
    memcpy(&tensor.data, &values, sizeof values);
    for (int32_t i = like->rank - 1; i >= 0; i--) {
        tensor.shape[i] = like->shape[i];
        tensor.strides[i] = stride;
        stride *= like->shape[i];
    }
    return tensor;
}

void gan__tensor_read(const gan_tensor *tensor, bool pictures, float *out)
{
    const gan_tensor values = copy_row_major(tensor, GAN_FLOAT32, out);
    copy_elements(tensor, &values, pictures);
}

void gan__tensor_write(gan_tensor *tensor, bool pictures, const float *values)
{
    const gan_tensor source = copy_row_major(tensor, GAN_FLOAT32, values);
    copy_elements(&source, tensor, pictures);
}

void gan__tensor_read_integers(const gan_tensor *tensor, int64_t *out)
{
    const gan_tensor values = copy_row_major(tensor, GAN_INT64, out);
    copy_elements(tensor, &values, false);
}

void gan__tensor_write_integers(gan_tensor *tensor, const int64_t *values)
{
    const gan_tensor source = copy_row_major(tensor, GAN_INT64, values);
    copy_elements(&source, tensor, false);
}

/* ---- the public function ---- */

static void copy_print_shape(gan__text *text, const gan_tensor *tensor)
{
    gan__text_append(text, "[", 1);
    for (int32_t i = 0; i < tensor->rank; i++)
        gan__text_print(text, "%s%" PRId64, i > 0 ? ", " : "", tensor->shape[i]);
    gan__text_append(text, "]", 1);
}

static gan_status copy_check_shapes(const gan_tensor *to, const gan_tensor *from)
{
    gan_context *context = to->object.context;
    size_t bytes = (size_t)to->rank * sizeof to->shape[0];
    if (to->rank == from->rank && memcmp(to->shape, from->shape, bytes) == 0) return GAN_OK;
    gan__text text = {.context = context};
    copy_print_shape(&text, from);
    gan__text_print(&text, " to ");
    copy_print_shape(&text, to);
    gan_status status = text.status;
    if (status == GAN_OK)
        status = gan__fail(context, GAN_E_SHAPE, "gan_tensor_copy: from shape %s", text.bytes);
    gan__text_free(&text);
    return status;
}

gan_status gan_tensor_copy(gan_tensor *to, const gan_tensor *from)
{
    gan__entry entry;
    GAN__TRY(gan__object_check(NULL, to, GAN__TENSOR, "gan_tensor_copy", "to"));
    gan_context *context = to->object.context;
    GAN__TRY(gan__object_check(context, from, GAN__TENSOR, "gan_tensor_copy", "from"));
    GAN__TRY(gan__enter(context, &entry));
    gan_status status = gan__tensor_check_writable(context, "gan_tensor_copy: to", to);
    if (status == GAN_OK) status = copy_check_shapes(to, from);
    if (status == GAN_OK) copy_elements(from, to, false);
    gan__leave(context, &entry);
    return status;
}

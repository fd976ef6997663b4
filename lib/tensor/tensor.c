/* tensor.c: tensors and views, their checks, and shapes as text. */
#include "tensor/tensor.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t gan__dtype_size(int32_t dtype)
{
    switch (dtype) {
    case GAN_FLOAT32: return sizeof(float);
    case GAN_UINT8: return sizeof(uint8_t);
    case GAN_INT32: return sizeof(int32_t);
    case GAN_INT64: return sizeof(int64_t);
    default: return 0;
    }
}

const char *gan__dtype_name(int32_t dtype)
{
    switch (dtype) {
    case GAN_FLOAT32: return "float32";
    case GAN_UINT8: return "uint8";
    case GAN_INT32: return "int32";
    case GAN_INT64: return "int64";
    default: return "unknown type";
    }
}

static void tensor_destroy(void *self)
{
    gan_tensor *tensor = self;
    if (tensor->release) tensor->release(tensor->user, tensor->data);
    gan__free(tensor->object.context, tensor->memory);
    gan_tensor_release(tensor->base);
}

void gan__tensor_row_major(int32_t rank, const int64_t *shape, int64_t *strides)
{
    int64_t stride = 1;
    for (int32_t i = rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape[i] > 0 ? shape[i] : 1;
    }
}

gan_status gan__tensor_check_shape(gan_context *context, const char *function, int32_t dtype,
                                   int32_t rank, const int64_t *shape, int64_t *count)
{
    int64_t bytes;
    size_t size = gan__dtype_size(dtype);
    if (size == 0)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: dtype %" PRId32 " is none", function, dtype);
    if (rank < 0 || rank > GAN_MAX_RANK) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: rank %" PRId32 " is not in [0, %d]",
                         function, rank, GAN_MAX_RANK);
    }
    if (rank > 0 && !shape)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: shape is NULL", function);
    for (int32_t i = 0; i < rank; i++) {
        if (shape[i] < 0) {
            return gan__fail(context, GAN_E_ARGUMENT, "%s: shape[%" PRId32 "] is %" PRId64,
                             function, i, shape[i]);
        }
    }
    if (!gan__product_count(shape, rank, count) ||
        !gan__multiply_count(*count, (int64_t)size, &bytes) || (uint64_t)bytes > SIZE_MAX / 2)
        return gan__fail(context, GAN_E_MEMORY, "%s: the shape has too many elements", function);
    return GAN_OK;
}

gan_status gan__tensor_check_strides(gan_context *context, const char *function, size_t size,
                                     int32_t rank, const int64_t *shape, const int64_t *strides)
{
    const int64_t limit = INT64_MAX / (int64_t)size;
    int64_t above = 0, below = 0;
    for (int32_t i = 0; i < rank; i++) {
        int64_t reach = 0;
        int64_t step = strides[i] == INT64_MIN ? -1 : strides[i] < 0 ? -strides[i] : strides[i];
        bool fits = shape[i] == 0 || gan__multiply_count(shape[i] - 1, step, &reach);
        int64_t *side = strides[i] < 0 ? &below : &above;
        if (!fits || !gan__add_count(*side, reach, side) || *side > limit) {
            return gan__fail(context, GAN_E_ARGUMENT,
                             "%s: strides[%" PRId32 "] is %" PRId64 ": out of the address space",
                             function, i, strides[i]);
        }
    }
    return GAN_OK;
}

gan_status gan__tensor_check_writable(gan_context *context, const char *what,
                                      const gan_tensor *tensor)
{
    if (!tensor->read_only) return GAN_OK;
    return gan__fail(context, GAN_E_ARGUMENT, "%s: the tensor is read-only", what);
}

/* An object with type and shape, checked. */
static gan_status tensor_describe(gan_tensor **out, gan_context *context, const char *function,
                                  int32_t dtype, int32_t rank, const int64_t *shape)
{
    gan_tensor *tensor;
    int64_t count;
    GAN__TRY(gan__tensor_check_shape(context, function, dtype, rank, shape, &count));
    GAN__TRY(gan__object_create(&tensor, context, sizeof *tensor, GAN__TENSOR, tensor_destroy));
    tensor->dtype = dtype;
    tensor->rank = rank;
    tensor->count = count;
    for (int32_t i = 0; i < rank; i++) tensor->shape[i] = shape[i];
    gan__tensor_row_major(rank, shape, tensor->strides);
    *out = tensor;
    return GAN_OK;
}

static gan_status tensor_create(gan_tensor **out, gan_context *context, int32_t dtype, int32_t rank,
                                const int64_t *shape)
{
    gan_tensor *tensor;
    GAN__TRY(tensor_describe(&tensor, context, "gan_tensor_create", dtype, rank, shape));
    /* Never NULL, so that data of an empty tensor may be handed on. */
    size_t count = tensor->count > 0 ? (size_t)tensor->count : 1;
    gan_status status = gan__allocate(context, &tensor->memory, count, gan__dtype_size(dtype));
    if (status != GAN_OK) {
        gan_tensor_release(tensor);
        return status;
    }
    tensor->data = tensor->memory;
    *out = tensor;
    return GAN_OK;
}

gan_status gan_tensor_create(gan_tensor **out, gan_context *context, int32_t dtype, int32_t rank,
                             const int64_t *shape)
{
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tensor_create: out is NULL");
    *out = NULL;
    GAN__RETURN_ENTERED(context, tensor_create(out, context, dtype, rank, shape));
}

static gan_status tensor_wrap(gan_tensor *tensor, const int64_t *strides, void *data)
{
    gan_context *context = tensor->object.context;
    const size_t size = gan__dtype_size(tensor->dtype);
    if (!data && tensor->count > 0)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tensor_wrap: data is NULL");
    if ((uintptr_t)data % size != 0) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_tensor_wrap: data is not aligned to its %zu-byte elements", size);
    }
    if (strides) {
        GAN__TRY(gan__tensor_check_strides(context, "gan_tensor_wrap", size, tensor->rank,
                                           tensor->shape, strides));
        for (int32_t i = 0; i < tensor->rank; i++) tensor->strides[i] = strides[i];
    }
    tensor->data = data;
    return GAN_OK;
}

gan_status gan_tensor_wrap(gan_tensor **out, gan_context *context, int32_t dtype, int32_t rank,
                           const int64_t *shape, const int64_t *strides, void *data,
                           void (*release)(void *user, void *data), void *user)
{
    gan__entry entry;
    gan_tensor *tensor = NULL;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tensor_wrap: out is NULL");
    *out = NULL;
    GAN__TRY(gan__enter(context, &entry));
    gan_status status = tensor_describe(&tensor, context, "gan_tensor_wrap", dtype, rank, shape);
    if (status == GAN_OK) status = tensor_wrap(tensor, strides, data);
    if (status == GAN_OK) {
        tensor->release = release;
        tensor->user = user;
        *out = tensor;
    } else {
        gan_tensor_release(tensor);
    }
    gan__leave(context, &entry);
    return status;
}

/* ---- views ---- */

/* A copy of the description. Views of views hang on the one tensor that has the memory. */
static gan_status tensor_view(gan_tensor **out, gan_tensor *tensor)
{
    gan_tensor *view, *base = tensor->base ? tensor->base : tensor;
    GAN__TRY(gan__object_create(&view, tensor->object.context, sizeof *view, GAN__TENSOR,
                                tensor_destroy));
    view->dtype = tensor->dtype;
    view->rank = tensor->rank;
    view->count = tensor->count;
    memcpy(view->shape, tensor->shape, sizeof view->shape);
    memcpy(view->strides, tensor->strides, sizeof view->strides);
    view->data = tensor->data;
    view->read_only = tensor->read_only;
    view->base = base;
    gan_tensor_retain(base);
    *out = view;
    return GAN_OK;
}

static gan_status tensor_slice(gan_tensor **out, gan_tensor *tensor, int32_t dim, int64_t start,
                               int64_t length)
{
    gan_context *context = tensor->object.context;
    if (dim < 0 || dim >= tensor->rank) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_tensor_slice: dim %" PRId32 " of a tensor of rank %" PRId32, dim,
                         tensor->rank);
    }
    int64_t extent = tensor->shape[dim];
    if (start < 0 || length < 0 || start > extent || length > extent - start) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_tensor_slice: start %" PRId64 " and length %" PRId64
                         " of a dimension of %" PRId64,
                         start, length, extent);
    }
    GAN__TRY(tensor_view(out, tensor));
    gan_tensor *view = *out;
    view->shape[dim] = length;
    GAN__TRY(gan__product_count(view->shape, view->rank, &view->count) ? GAN_OK : GAN_E_INTERNAL);
    /* An empty slice may start behind the end: it keeps the start, which nothing reads. */
    if (view->count > 0) {
        int64_t offset = start * view->strides[dim] * (int64_t)gan__dtype_size(view->dtype);
        view->data = (char *)view->data + offset;
    }
    return GAN_OK;
}

static gan_status tensor_permute(gan_tensor **out, gan_tensor *tensor, const int32_t *order)
{
    uint32_t seen = 0;
    for (int32_t i = 0; i < tensor->rank; i++) {
        if (order[i] < 0 || order[i] >= tensor->rank || seen >> order[i] & 1) {
            return gan__fail(tensor->object.context, GAN_E_ARGUMENT,
                             "gan_tensor_permute: order[%" PRId32 "] is %" PRId32
                             ": not a permutation of %" PRId32 " dimensions",
                             i, order[i], tensor->rank);
        }
        seen |= 1u << order[i];
    }
    GAN__TRY(tensor_view(out, tensor));
    for (int32_t i = 0; i < tensor->rank; i++) {
        (*out)->shape[i] = tensor->shape[order[i]];
        (*out)->strides[i] = tensor->strides[order[i]];
    }
    return GAN_OK;
}

gan_status gan_tensor_slice(gan_tensor **out, gan_tensor *tensor, int32_t dim, int64_t start,
                            int64_t length)
{
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, tensor, GAN__TENSOR, "gan_tensor_slice", "tensor"));
    gan_context *context = tensor->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tensor_slice: out is NULL");
    GAN__RETURN_ENTERED(context, tensor_slice(out, tensor, dim, start, length));
}

gan_status gan_tensor_permute(gan_tensor **out, gan_tensor *tensor, const int32_t *order)
{
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, tensor, GAN__TENSOR, "gan_tensor_permute", "tensor"));
    gan_context *context = tensor->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tensor_permute: out is NULL");
    if (!order && tensor->rank > 0)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tensor_permute: order is NULL");
    GAN__RETURN_ENTERED(context, tensor_permute(out, tensor, order));
}

/* ---- accessors ---- */

void gan_tensor_retain(gan_tensor *tensor)
{
    if (gan__object_is(tensor, GAN__TENSOR)) gan__object_retain(tensor);
}

void gan_tensor_release(gan_tensor *tensor)
{
    if (gan__object_is(tensor, GAN__TENSOR)) gan__object_release(tensor);
}

int32_t gan_tensor_dtype(const gan_tensor *tensor)
{
    return gan__object_is(tensor, GAN__TENSOR) ? tensor->dtype : 0;
}

int32_t gan_tensor_rank(const gan_tensor *tensor)
{
    return gan__object_is(tensor, GAN__TENSOR) ? tensor->rank : 0;
}

int64_t gan_tensor_count(const gan_tensor *tensor)
{
    return gan__object_is(tensor, GAN__TENSOR) ? tensor->count : 0;
}

const int64_t *gan_tensor_shape(const gan_tensor *tensor)
{
    return gan__object_is(tensor, GAN__TENSOR) ? tensor->shape : NULL;
}

const int64_t *gan_tensor_strides(const gan_tensor *tensor)
{
    return gan__object_is(tensor, GAN__TENSOR) ? tensor->strides : NULL;
}

void *gan_tensor_data(const gan_tensor *tensor)
{
    return gan__object_is(tensor, GAN__TENSOR) ? tensor->data : NULL;
}

int32_t gan_tensor_read_only(const gan_tensor *tensor)
{
    return gan__object_is(tensor, GAN__TENSOR) && tensor->read_only;
}

/* ---- shapes ---- */

bool gan__tensor_is_contiguous(const gan_tensor *tensor)
{
    int64_t stride = 1;
    if (tensor->count == 0) return true;
    for (int32_t i = tensor->rank - 1; i >= 0; i--) {
        if (tensor->shape[i] != 1 && tensor->strides[i] != stride) return false;
        stride *= tensor->shape[i];
    }
    return true;
}

const char *gan__shape_print(gan__shape shape, char text[88])
{
    if (shape.n < 0) return gan__picture_print(shape, text);
    snprintf(text, 88, "%" PRId64 "x%" PRId64 "x%" PRId64 "x%" PRId64, shape.n, shape.h, shape.w,
             shape.c);
    return text;
}

const char *gan__picture_print(gan__shape shape, char text[88])
{
    const int64_t sizes[3] = {shape.h, shape.w, shape.c};
    size_t used = 0;
    for (int i = 0; i < 3; i++) {
        const char *times = i ? "x" : "";
        int n = sizes[i] < 0 ? snprintf(text + used, 88 - used, "%sany", times)
                             : snprintf(text + used, 88 - used, "%s%" PRId64, times, sizes[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    return text;
}

gan_status gan__tensor_shape(const gan_tensor *tensor, gan__shape *out)
{
    const int64_t *s = tensor->shape;
    gan__shape shape = {1, 1, 1, 1};
    switch (tensor->rank) {
    case 1: shape.n = s[0]; break;
    case 2:
        shape.n = s[0];
        shape.c = s[1];
        break;
    case 4:
        shape.n = s[0];
        shape.h = s[1];
        shape.w = s[2];
        shape.c = s[3];
        break;
    default:
        return gan__fail(tensor->object.context, GAN_E_SHAPE,
                         "a tensor of rank %" PRId32 " is no batch: the rank is 1, 2 (N, C) or 4 "
                         "(N, H, W, C)",
                         tensor->rank);
    }
    *out = shape;
    return GAN_OK;
}

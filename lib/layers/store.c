/* store.c: the arrays behind parameters: one of weights, one of buffers, one of integers, one of
 * gradients for all layers of a model that are made together. */
#include "layers/layer.h"
#include "base/memory.h"
#include "compute/pointwise.h"
#include "layers/initial.h"

#include <string.h>

void gan__store_retain(gan__store *store)
{
    if (store) atomic_fetch_add_explicit(&store->references, 1, memory_order_relaxed);
}

void gan__store_release(gan__store *store)
{
    if (!store) return;
    if (atomic_fetch_sub_explicit(&store->references, 1, memory_order_acq_rel) != 1) return;
    gan_context *context = store->context;
    gan__free(context, store->weights);
    gan__free(context, store->buffers);
    gan__free(context, store->integers);
    gan__free(context, store->gradients);
    gan__free(context, store->segments);
    gan__free(context, store);
    gan_context_release(context);
}

/* Whether this layer gets its parameters from the store being made. */
static bool store_takes(const gan_layer *layer)
{
    return !layer->store && layer->placed && layer->parameter_count > 0;
}

static int64_t *store_total(gan__store *store, const gan__parameter *p)
{
    if (p->integer) return &store->integer_count;
    return p->trained ? &store->weight_count : &store->buffer_count;
}

/* Gives every parameter its place; arrays do not exist yet. A layer that is listed twice is laid
 * out once: its store, to which each of its layers holds one reference, is set by its first
 * appearance. */
static gan_status store_lay_out(gan__store *store, gan_layer *const *layers, int32_t count)
{
    size_t capacity = 0;
    for (int32_t i = 0; i < count; i++) {
        gan_layer *layer = layers[i];
        if (!store_takes(layer)) continue;
        size_t wanted = (size_t)store->segment_count + (size_t)layer->parameter_count;
        GAN__TRY(gan__grow(store->context, &store->segments, &capacity, wanted,
                           sizeof *store->segments));
        for (int32_t j = 0; j < layer->parameter_count; j++) {
            gan__parameter *p = &layer->parameters[j];
            int64_t *total = store_total(store, p);
            p->offset = *total;
            p->segment = store->segment_count++;
            store->segments[p->segment] = (gan__segment){
                .offset = p->offset, .count = p->count, .trained = p->trained, .empty = true};
            if (!gan__add_count(*total, p->count, total)) {
                return gan__fail(store->context, GAN_E_MEMORY, "%s: too many parameters",
                                 layer->kind->kind.name);
            }
        }
        layer->store = store;
        gan__store_retain(store);
    }
    return GAN_OK;
}

/* Integers are zero from the start, and use up a number like all others. */
static gan_status store_fill_one(const gan__store *store, const gan_layer *layer,
                                 const gan__parameter *p)
{
    gan_context *context = store->context;
    if (!p->integer) {
        gan_status status =
            gan__initial_fill(context, p, context->counts.draws, gan__parameter_value(layer, p));
        if (status != GAN_OK) return gan__fail_in(context, status, "%s", layer->kind->kind.name);
    }
    context->counts.draws++;
    return GAN_OK;
}

static gan_status store_fill(gan__store *store, gan_layer *const *layers, int32_t count)
{
    gan_context *context = store->context;
    int32_t next = 0; /* the segment to be filled: skips layers of other stores and repetitions */
    GAN__TRY(gan__allocate_raw(context, &store->weights, (size_t)store->weight_count,
                               sizeof *store->weights));
    GAN__TRY(gan__allocate_raw(context, &store->buffers, (size_t)store->buffer_count,
                               sizeof *store->buffers));
    GAN__TRY(gan__allocate(context, &store->integers, (size_t)store->integer_count,
                           sizeof *store->integers));
    for (int32_t i = 0; i < count; i++) {
        const gan_layer *layer = layers[i];
        for (int32_t j = 0; j < layer->parameter_count && layer->store == store; j++) {
            const gan__parameter *p = &layer->parameters[j];
            if (p->segment != next) continue;
            GAN__TRY(store_fill_one(store, layer, p));
            next++;
        }
    }
    return GAN_OK;
}

gan_status gan__store_create(gan_context *context, gan_layer *const *layers, int32_t count)
{
    gan__store *store;
    GAN__TRY(gan__allocate(context, &store, 1, sizeof *store));
    atomic_init(&store->references, 1);
    store->context = context;
    store->version = 1;
    gan_context_retain(context);

    gan_status status = store_lay_out(store, layers, count);
    if (status == GAN_OK) status = store_fill(store, layers, count);
    for (int32_t i = 0; i < count && status != GAN_OK; i++) {
        if (layers[i]->store != store) continue;
        layers[i]->store = NULL;
        gan__store_release(store);
    }
    gan__store_release(store);
    return status;
}

static size_t store_kept_size(const gan__store *store)
{
    return (size_t)store->integer_count * sizeof *store->integers +
           (size_t)store->buffer_count * sizeof *store->buffers;
}

size_t gan__stores_kept_size(gan__store *const *stores, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) size += store_kept_size(stores[i]);
    return size;
}

void gan__stores_keep(gan__store *const *stores, size_t count, unsigned char *memory)
{
    for (size_t i = 0; i < count; i++) {
        const gan__store *store = stores[i];
        size_t integers = (size_t)store->integer_count * sizeof *store->integers;
        size_t floats = (size_t)store->buffer_count * sizeof *store->buffers;
        if (integers + floats == 0) continue; /* there may be no memory at all */
        if (integers > 0) memcpy(memory, store->integers, integers);
        if (floats > 0) memcpy(memory + integers, store->buffers, floats);
        memory += store_kept_size(store);
    }
}

void gan__stores_restore(gan__store *const *stores, size_t count, const unsigned char *memory)
{
    for (size_t i = 0; i < count; i++) {
        gan__store *store = stores[i];
        size_t integers = (size_t)store->integer_count * sizeof *store->integers;
        size_t floats = (size_t)store->buffer_count * sizeof *store->buffers;
        if (integers + floats == 0) continue;
        if (integers > 0) memcpy(store->integers, memory, integers);
        if (floats > 0) memcpy(store->buffers, memory + integers, floats);
        memory += store_kept_size(store);
    }
}

void gan__stores_put_back(gan__store *const *stores, size_t count, const unsigned char *memory)
{
    gan__stores_restore(stores, count, memory);
    for (size_t i = 0; i < count; i++)
        if (store_kept_size(stores[i]) > 0) stores[i]->version++;
}

gan_status gan__store_need_gradients(gan__store *store)
{
    if (store->gradients || store->weight_count == 0) return GAN_OK;
    gan__store_clear_gradients(store);
    return gan__allocate_raw(store->context, &store->gradients, (size_t)store->weight_count,
                             sizeof *store->gradients);
}

void gan__store_clear_gradients(gan__store *store)
{
    for (int32_t i = 0; i < store->segment_count; i++) store->segments[i].empty = true;
}

/* Buffers have no gradient and stay empty. */
bool gan__store_is_reached(const gan__store *store)
{
    for (int32_t i = 0; i < store->segment_count; i++)
        if (!store->segments[i].empty) return true;
    return false;
}

static void store_write_zero(gan__store *store, gan__segment *segment)
{
    if (!segment->empty || !segment->trained) return;
    gan__fill(store->context, segment->count, 0.0f, store->gradients + segment->offset);
    segment->empty = false;
}

void gan__store_write_zeros(gan__store *store)
{
    if (!store->gradients) return;
    for (int32_t i = 0; i < store->segment_count; i++) store_write_zero(store, &store->segments[i]);
}

float *gan__gradient_write(const gan_layer *layer, const gan__parameter *p, bool *add)
{
    gan__segment *segment = &layer->store->segments[p->segment];
    *add = !segment->empty;
    segment->empty = false;
    return layer->store->gradients + p->offset;
}

float *gan__gradient_add(const gan_layer *layer, const gan__parameter *p)
{
    store_write_zero(layer->store, &layer->store->segments[p->segment]);
    return layer->store->gradients + p->offset;
}

const float *gan__gradient_read(const gan_layer *layer, const gan__parameter *p)
{
    const gan__segment *segment = &layer->store->segments[p->segment];
    float *gradient = layer->store->gradients + p->offset;
    if (segment->empty) gan__fill(layer->store->context, p->count, 0.0f, gradient);
    return gradient;
}

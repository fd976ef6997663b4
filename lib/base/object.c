/* object.c: references, tags and weak references of the handles. An object keeps its context alive.
 * */
#include "base/object.h"
#include "base/memory.h"
#include "base/os.h"

#include <string.h>

gan_status gan__object_create(void *out, gan_context *context, size_t size, gan__tag tag,
                              void (*destroy)(void *self))
{
    gan__object *object;
    GAN__TRY(gan__allocate(context, out, 1, size));
    memcpy(&object, out, sizeof object);
    object->tag = tag;
    atomic_init(&object->references, 1);
    object->context = context;
    object->destroy = destroy;
    gan_context_retain(context);
    return GAN_OK;
}

void gan__object_retain(void *object)
{
    gan__object *self = object;
    if (self) atomic_fetch_add_explicit(&self->references, 1, memory_order_relaxed);
}

void gan__object_release(void *object)
{
    gan__object *self = object;
    if (!self) return;
    if (atomic_fetch_sub_explicit(&self->references, 1, memory_order_acq_rel) != 1) return;
    gan_context *context = self->context;
    if (self->destroy) self->destroy(self);
    self->tag = 0; /* a handle used after its end is then, as long as the memory stands, refused */
    gan__free(context, self);
    gan_context_release(context);
}

static void object_lock(gan__weak *weak)
{
    while (atomic_exchange_explicit(&weak->busy, 1, memory_order_acquire)) gan__os_yield();
}

static void object_unlock(gan__weak *weak)
{
    atomic_store_explicit(&weak->busy, 0, memory_order_release);
}

/* An object without references waits in its destroy() for the lock: it is still there. */
void *gan__weak_get(gan__weak *weak)
{
    object_lock(weak);
    gan__object *object = weak->object;
    int count = object ? atomic_load_explicit(&object->references, memory_order_relaxed) : 0;
    while (count > 0 &&
           !atomic_compare_exchange_weak_explicit(&object->references, &count, count + 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {}
    if (count == 0) weak->object = NULL;
    object_unlock(weak);
    return count > 0 ? object : NULL;
}

void gan__weak_move(gan__weak *weak, const void *from, void *to)
{
    object_lock(weak);
    if (weak->object == from) weak->object = to;
    object_unlock(weak);
}

bool gan__object_is(const void *object, gan__tag tag)
{
    const gan__object *self = object;
    return self && self->tag == (uint32_t)tag;
}

static const char *object_noun(gan__tag tag)
{
    switch (tag) {
    case GAN__TENSOR: return "gan_tensor";
    case GAN__LAYER: return "gan_layer";
    case GAN__MODEL: return "gan_model";
    case GAN__RUNNER: return "gan_runner";
    case GAN__TAPE: return "gan_tape";
    case GAN__OPTIMIZER: return "gan_optimizer";
    case GAN__TRAINER: return "gan_trainer";
    case GAN__DATASET: return "gan_dataset";
    case GAN__RECIPE: return "gan_recipe";
    case GAN__METRIC: return "gan_metric";
    }
    return "handle of libgan";
}

gan_status gan__object_check(gan_context *context, const void *object, gan__tag tag,
                             const char *function, const char *argument)
{
    if (gan__object_is(object, tag)) return GAN_OK;
    if (!object) return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is NULL", function, argument);
    return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is not a %s", function, argument,
                     object_noun(tag));
}

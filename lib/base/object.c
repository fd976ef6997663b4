#include "base/object.h"
#include "base/memory.h"

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
    if (!object) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is NULL", function, argument);
    }
    return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is not a %s", function, argument,
                     object_noun(tag));
}

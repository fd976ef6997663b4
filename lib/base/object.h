/* object.h: what every public handle but the context begins with. */
#ifndef GAN__OBJECT_H
#define GAN__OBJECT_H

#include "base/context.h"

/* The tag in memory tells a wrong handle from a right one. */
typedef enum gan__tag {
    GAN__TENSOR = 0x67616e01,
    GAN__LAYER,
    GAN__MODEL,
    GAN__RUNNER,
    GAN__TAPE,
    GAN__OPTIMIZER,
    GAN__TRAINER,
    GAN__DATASET,
    GAN__RECIPE,
    GAN__METRIC
} gan__tag;

typedef struct gan__object {
    uint32_t tag;
    atomic_int references;
    gan_context *context;        /* retained */
    void (*destroy)(void *self); /* frees what the object owns, not the object itself */
} gan__object;

/* A zeroed object of `size` bytes with one reference, as *out; NULL if it fails. */
gan_status gan__object_create(void *out, gan_context *context, size_t size, gan__tag tag,
                              void (*destroy)(void *self));
void gan__object_retain(void *object);  /* NULL is allowed */
void gan__object_release(void *object); /* NULL is allowed; the last one destroys */

/* A pointer that does not keep its object alive; zero-initialise. The object's destroy() moves it
 * away, from this object to NULL; handles end on any thread, so that others may be asking. */
typedef struct gan__weak {
    atomic_int busy;
    void *object;
} gan__weak;
void *gan__weak_get(gan__weak *weak); /* retained; NULL: none, or it is about to be destroyed */
void gan__weak_move(gan__weak *weak, const void *from, void *to); /* unless it is not at `from` */

/* Whether `object` is a live handle of this kind. NULL and another kind are not. */
bool gan__object_is(const void *object, gan__tag tag);

/* GAN_OK, or GAN_E_ARGUMENT with "FUNCTION: ARGUMENT is NULL" / "... is not a gan_model". The
 * message goes to `context`, which may be NULL. */
gan_status gan__object_check(gan_context *context, const void *object, gan__tag tag,
                             const char *function, const char *argument);

#endif

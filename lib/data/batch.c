/* batch.c: three slots: the batch that the caller reads, the one before, and the one that the side
 * thread makes. A change of the position waits for the thread and drops its batch. */
#include "data/batch.h"
#include "base/memory.h"
#include "base/random.h"

#include <inttypes.h>

/* One batch that is being read by the caller, the one before it, and the one being made. */
enum { BATCH_SLOTS = 3 };

/* The epochs of a stream: what the steps of a purpose allow for 256 streams. */
static const int64_t batch_epochs = (int64_t)(GAN__DRAW_STEPS >> 8);

typedef enum batch_state {
    BATCH_IDLE,    /* nothing is ordered */
    BATCH_ORDERED, /* the thread makes, or will make, `slot` at `position` */
    BATCH_MADE,    /* it is there, or `failed` is set */
    BATCH_QUIT     /* the thread ends */
} batch_state;

struct gan__batcher {
    gan_context *context; /* retained */
    gan_dataset *dataset; /* retained */
    int32_t fields[GAN__MAX_FIELDS];
    int32_t field_count;
    int64_t batch;
    uint64_t seed, stream;
    gan_tensor *slots[BATCH_SLOTS][GAN__MAX_FIELDS];
    void *scratch;    /* of whoever makes a batch: one at a time */
    int64_t position; /* of the next batch to deliver */
    int32_t slot;     /* that it is, or will be, made in */

    /* The side thread; all NULL without one. `state` and `failed` are guarded by the mutex; what an
     * order is about (position, slot) is left alone between the order and its end. */
    gan__thread *thread;
    gan__mutex *mutex;
    gan__condition *changed;
    uint64_t process; /* that started the thread: a forked child has it not */
    batch_state state;
    int64_t failed; /* the example at which the callback stopped, or -1 */
};

/* ---- making one batch ---- */

static int64_t batch_example(const gan__batcher *b, int64_t position)
{
    uint64_t count = (uint64_t)b->dataset->count, p = (uint64_t)position;
    gan__draw draw = {b->seed, GAN__DRAW_SHUFFLE, b->stream * (uint64_t)batch_epochs + p / count};
    return (int64_t)gan__random_permute(&draw, count, p % count);
}

/* How many examples the stream has from the position on. */
static int64_t batch_left(const gan__batcher *b, int64_t position)
{
    int64_t all;
    return (gan__multiply_count(b->dataset->count, batch_epochs, &all) ? all : INT64_MAX) -
           position;
}

/* Fills the slot; the example at which the callback stopped, or -1. */
static int64_t batch_make(const gan__batcher *b)
{
    float *out[GAN__MAX_FIELDS];
    for (int64_t i = 0; i < b->batch; i++) {
        int64_t index = batch_example(b, b->position + i);
        for (int32_t j = 0; j < b->field_count; j++) {
            out[j] =
                (float *)b->slots[b->slot][j]->data + i * b->dataset->fields[b->fields[j]].size;
        }
        if (!gan__dataset_example(b->dataset, index, b->fields, b->field_count, out, b->scratch))
            return index;
    }
    return -1;
}

static void batch_thread(void *argument)
{
    gan__batcher *b = argument;
    gan__float_mode_default();
    gan__mutex_lock(b->mutex);
    while (b->state != BATCH_QUIT) {
        if (b->state != BATCH_ORDERED) {
            gan__condition_wait(b->changed, b->mutex);
            continue;
        }
        gan__mutex_unlock(b->mutex);
        int64_t failed = batch_make(b);
        gan__mutex_lock(b->mutex);
        b->failed = failed;
        b->state = BATCH_MADE;
        gan__condition_broadcast(b->changed);
    }
    gan__mutex_unlock(b->mutex);
}

static bool batch_has_thread(const gan__batcher *b)
{
    return b->thread && gan__os_process_id() == b->process;
}

/* Waits until nothing is being made, then sets the state. Returns the one before. */
static batch_state batch_wait(gan__batcher *b, batch_state next)
{
    gan__mutex_lock(b->mutex);
    while (b->state == BATCH_ORDERED) gan__condition_wait(b->changed, b->mutex);
    batch_state before = b->state;
    b->state = next;
    gan__condition_broadcast(b->changed);
    gan__mutex_unlock(b->mutex);
    return before;
}

/* ---- life ---- */

/* Without the means for it there is no thread, and no error. */
static void batch_start(gan__batcher *b)
{
    b->mutex = gan__mutex_create();
    b->changed = gan__condition_create();
    b->process = gan__os_process_id();
    if (b->mutex && b->changed) b->thread = gan__thread_start(batch_thread, b);
}

/* In a forked child the lock may be held for ever by a thread that is not there: it is left behind.
 */
static void batch_stop(gan__batcher *b)
{
    if (b->process != gan__os_process_id()) return;
    if (b->thread) {
        batch_wait(b, BATCH_QUIT);
        gan__thread_join(b->thread);
    }
    gan__condition_destroy(b->changed);
    gan__mutex_destroy(b->mutex);
}

void gan__batcher_free(gan__batcher *b)
{
    if (!b) return;
    gan_context *context = b->context;
    batch_stop(b);
    for (int32_t i = 0; i < BATCH_SLOTS; i++)
        for (int32_t j = 0; j < b->field_count; j++) gan_tensor_release(b->slots[i][j]);
    gan__free(context, b->scratch);
    gan_dataset_release(b->dataset);
    gan__free(context, b);
    gan_context_release(context);
}

static gan_status batch_tensors(gan__batcher *b)
{
    for (int32_t i = 0; i < BATCH_SLOTS; i++) {
        for (int32_t j = 0; j < b->field_count; j++) {
            const gan__field *field = &b->dataset->fields[b->fields[j]];
            const int64_t shape[4] = {b->batch, field->shape[0], field->shape[1], field->shape[2]};
            GAN__TRY(gan_tensor_create(&b->slots[i][j], b->context, GAN_FLOAT32, field->rank + 1,
                                       shape));
        }
    }
    return GAN_OK;
}

static gan_status batch_plan(gan__batcher *b, const gan__batch_plan *plan)
{
    if (plan->batch < 1 || plan->field_count < 1 || plan->field_count > GAN__MAX_FIELDS ||
        plan->stream > 255) {
        return gan__fail(b->context, GAN_E_ARGUMENT,
                         "data: batches of %" PRId64 " examples and %d fields, stream %u",
                         plan->batch, plan->field_count, plan->stream);
    }
    for (int32_t i = 0; i < plan->field_count; i++)
        GAN__TRY(gan__dataset_find(b->dataset, plan->fields[i], &b->fields[i]));
    b->field_count = plan->field_count;
    b->batch = plan->batch;
    b->seed = plan->seed;
    b->stream = plan->stream;
    GAN__TRY(batch_tensors(b));
    return gan__allocate(b->context, &b->scratch, gan__dataset_scratch(b->dataset), 1);
}

gan_status gan__batcher_create(gan__batcher **out, gan_context *context, gan_dataset *dataset,
                               const gan__batch_plan *plan)
{
    gan__batcher *b;
    *out = NULL;
    GAN__TRY(gan__allocate(context, &b, 1, sizeof *b));
    gan_context_retain(context);
    gan_dataset_retain(dataset);
    b->context = context;
    b->dataset = dataset;
    b->failed = -1;
    b->process = gan__os_process_id();
    gan_status status = batch_plan(b, plan);
    if (status != GAN_OK) {
        gan__batcher_free(b);
        return status;
    }
    bool child = dataset->read && dataset->process != b->process;
    if (plan->ahead && !child) batch_start(b);
    *out = b;
    return GAN_OK;
}

/* ---- the stream ---- */

gan_status gan__batcher_next(gan__batcher *b, gan_tensor *const **out)
{
    bool ahead = batch_has_thread(b);
    *out = NULL;
    if (batch_left(b, b->position) < b->batch)
        return gan__fail(b->context, GAN_E_STATE, "data: the stream of examples has ended");
    if (!ahead || batch_wait(b, BATCH_IDLE) == BATCH_IDLE) b->failed = batch_make(b);
    if (b->failed >= 0) {
        return gan__fail(b->context, GAN_E_CANCELLED,
                         "dataset: the callback stopped at example %" PRId64, b->failed);
    }
    *out = b->slots[b->slot];
    b->slot = (b->slot + 1) % BATCH_SLOTS;
    b->position += b->batch;
    if (ahead && batch_left(b, b->position) >= b->batch) batch_wait(b, BATCH_ORDERED);
    return GAN_OK;
}

gan_tensor *const *gan__batcher_blank(const gan__batcher *b)
{
    return b->slots[b->slot];
}

int64_t gan__batcher_memory(const gan__batcher *b)
{
    int64_t count = 0;
    for (int32_t i = 0; i < b->field_count; i++) count += gan_tensor_count(b->slots[0][i]);
    return count * BATCH_SLOTS * (int64_t)sizeof(float);
}

int64_t gan__batcher_position(const gan__batcher *b)
{
    return b->position;
}

gan_status gan__batcher_seek(gan__batcher *b, int64_t position)
{
    if (position < 0 || batch_left(b, position) < 0)
        return gan__fail(b->context, GAN_E_ARGUMENT, "data: position %" PRId64, position);
    if (position == b->position) return GAN_OK;
    if (batch_has_thread(b)) batch_wait(b, BATCH_IDLE);
    b->position = position;
    return GAN_OK;
}

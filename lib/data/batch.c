/* batch.c: three slots: the batch that the caller reads, the one before, and the one that the side
 * thread makes. A change of the position waits for the thread and drops its batch. */
#include "data/batch.h"
#include "base/memory.h"
#include "base/random.h"

#include <inttypes.h>

/* The epochs of a stream, and how many streams share a seed: together the steps of a purpose. */
enum { BATCH_STREAMS = 256 };
static const int64_t batch_epochs = (int64_t)(GAN__DRAW_STEPS / BATCH_STREAMS);

typedef enum batch_state {
    BATCH_IDLE,    /* nothing is ordered */
    BATCH_ORDERED, /* the thread makes, or will make, `slot` at `position` */
    BATCH_MADE,    /* it is there, or `outcome` says why not */
    BATCH_QUIT     /* the thread ends */
} batch_state;

struct gan__batcher {
    gan_context *context;                /* retained */
    gan_dataset *dataset;                /* retained */
    int32_t fields[2 * GAN__MAX_FIELDS]; /* of the examples, then of the partners */
    int32_t field_count, partner_count;
    int64_t batch;
    uint64_t seed, stream; /* stream < BATCH_STREAMS */
    gan__unlike unlike;    /* where there are partners */
    gan_tensor **tensors;  /* of all slots, each with one for each of `fields` */
    int32_t slot_count;    /* the batches in flight, and the one being made */
    gan__drawer drawer;    /* of whoever makes a batch: one at a time; says why it failed */
    int64_t position;      /* of the next batch to deliver */
    int32_t slot;          /* that it is, or will be, made in */

    /* The side thread; all NULL without one. `state` and `outcome` are guarded by the mutex; what
     * an order is about (position, slot) is left alone between the order and its end. */
    gan__thread *thread;
    gan__mutex *mutex;
    gan__condition *changed;
    uint64_t process; /* that started the thread: a forked child has it not */
    batch_state state;
    gan_status outcome;
};

/* ---- making one batch ---- */

static gan_tensor **batch_slot(const gan__batcher *b, int32_t slot)
{
    return b->tensors + (int64_t)slot * (b->field_count + b->partner_count);
}

/* A position's epoch as the step of a draw. */
static gan__draw batch_draw(const gan__batcher *b, gan__purpose purpose, int64_t position)
{
    uint64_t epoch = (uint64_t)(position / b->dataset->count);
    gan__draw draw = {b->seed, purpose, b->stream * (uint64_t)batch_epochs + epoch};
    return draw;
}

static int64_t batch_example(const gan__batcher *b, int64_t position)
{
    gan__draw draw = batch_draw(b, GAN__DRAW_SHUFFLE, position);
    uint64_t count = (uint64_t)b->dataset->count;
    return (int64_t)gan__random_permute(&draw, count, (uint64_t)position % count);
}

/* What the partner at a position is drawn by. */
static uint64_t batch_word(const gan__batcher *b, int64_t position)
{
    gan__draw draw = batch_draw(b, GAN__DRAW_UNLIKE, position);
    uint32_t word[4];
    gan__random_block(&draw, (uint64_t)(position % b->dataset->count), word);
    return (uint64_t)word[0] << 32 | word[1];
}

/* What is left to chance in the example at a position, or in its partner: never 0. */
static uint64_t batch_key(const gan__batcher *b, int64_t position, bool partner)
{
    gan__draw draw = batch_draw(b, GAN__DRAW_EXAMPLE, position);
    uint32_t word[4];
    gan__random_block(&draw, (uint64_t)(position % b->dataset->count), word);
    return ((uint64_t)word[partner ? 2 : 0] << 32 | word[partner ? 3 : 1]) | 1;
}

/* How many examples the stream has from the position on. */
static int64_t batch_left(const gan__batcher *b, int64_t position)
{
    int64_t all;
    return (gan__multiply_count(b->dataset->count, batch_epochs, &all) ? all : INT64_MAX) -
           position;
}

/* Fills row i of the slot with the fields [first, first + count) of the example that was fetched.
 */
static gan_status batch_fill(gan__batcher *b, int64_t row, int32_t first, int32_t count)
{
    float *out[GAN__MAX_FIELDS];
    const int32_t *fields = b->fields + first;
    for (int32_t i = 0; i < count; i++) {
        float *numbers = batch_slot(b, b->slot)[first + i]->data;
        out[i] = numbers + row * b->dataset->fields[fields[i]].size;
    }
    return gan__drawer_convert(&b->drawer, fields, count, out);
}

static gan_status batch_make_row(gan__batcher *b, int64_t row)
{
    const int64_t position = b->position + row;
    const uint64_t key = batch_key(b, position, false);
    GAN__TRY(gan__drawer_fetch(&b->drawer, batch_example(b, position), key));
    GAN__TRY(batch_fill(b, row, 0, b->field_count));
    if (b->partner_count == 0) return GAN_OK;
    GAN__TRY(gan__unlike_find(&b->unlike, &b->drawer, batch_word(b, position),
                              batch_key(b, position, true)));
    return batch_fill(b, row, b->field_count, b->partner_count);
}

/* Fills the slot. */
static gan_status batch_make(gan__batcher *b)
{
    for (int64_t i = 0; i < b->batch; i++) GAN__TRY(batch_make_row(b, i));
    return GAN_OK;
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
        gan_status outcome = batch_make(b);
        gan__mutex_lock(b->mutex);
        b->outcome = outcome;
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

static int64_t batch_tensor_count(const gan__batcher *b)
{
    return (int64_t)b->slot_count * (b->field_count + b->partner_count);
}

void gan__batcher_free(gan__batcher *b)
{
    if (!b) return;
    gan_context *context = b->context;
    batch_stop(b);
    for (int64_t i = 0; b->tensors && i < batch_tensor_count(b); i++)
        gan_tensor_release(b->tensors[i]);
    gan__free(context, b->tensors);
    gan__drawer_free(&b->drawer);
    gan__unlike_free(context, &b->unlike);
    gan_dataset_release(b->dataset);
    gan__free(context, b);
    gan_context_release(context);
}

static gan_status batch_tensors(gan__batcher *b)
{
    int64_t count = batch_tensor_count(b);
    GAN__TRY(gan__allocate(b->context, &b->tensors, (size_t)count, sizeof *b->tensors));
    for (int64_t i = 0; i < count; i++) {
        int32_t wanted = b->fields[i % (b->field_count + b->partner_count)];
        const gan__field *field = &b->dataset->fields[wanted];
        const int64_t shape[4] = {b->batch, field->shape[0], field->shape[1], field->shape[2]};
        GAN__TRY(
            gan_tensor_create(&b->tensors[i], b->context, GAN_FLOAT32, field->rank + 1, shape));
    }
    return GAN_OK;
}

static gan_status batch_check(gan_context *context, const gan__batch_plan *plan)
{
    if (plan->batch < 1 || plan->field_count < 1 || plan->field_count > GAN__MAX_FIELDS ||
        plan->in_flight < 1 || plan->in_flight == INT32_MAX) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "data: batches of %" PRId64 " examples and %d fields, %d in flight",
                         plan->batch, plan->field_count, plan->in_flight);
    }
    if (plan->partner_count < 0 || plan->partner_count > GAN__MAX_FIELDS ||
        (plan->partner_count == 0) != (plan->condition == NULL)) {
        return gan__fail(context, GAN_E_ARGUMENT, "data: partners with %d fields, condition '%s'",
                         plan->partner_count, plan->condition ? plan->condition : "(NULL)");
    }
    return GAN_OK;
}

static gan_status batch_plan(gan__batcher *b, const gan__batch_plan *plan)
{
    GAN__TRY(batch_check(b->context, plan));
    for (int32_t i = 0; i < plan->field_count; i++)
        GAN__TRY(gan__dataset_find(b->dataset, plan->fields[i], &b->fields[i]));
    for (int32_t i = 0; i < plan->partner_count; i++) {
        GAN__TRY(
            gan__dataset_find(b->dataset, plan->partners[i], &b->fields[plan->field_count + i]));
    }
    b->field_count = plan->field_count;
    b->partner_count = plan->partner_count;
    b->batch = plan->batch;
    b->slot_count = plan->in_flight + 1;
    b->seed = plan->seed;
    b->stream = plan->stream % BATCH_STREAMS;
    if (plan->stream >= BATCH_STREAMS)
        b->seed = gan__random_seed(plan->seed, GAN__DRAW_STREAM, plan->stream / BATCH_STREAMS);
    if (plan->condition)
        GAN__TRY(gan__unlike_create(&b->unlike, b->context, b->dataset, plan->condition));
    GAN__TRY(batch_tensors(b));
    return gan__drawer_create(&b->drawer, b->context, b->dataset);
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
    if (!ahead || batch_wait(b, BATCH_IDLE) == BATCH_IDLE) b->outcome = batch_make(b);
    if (b->outcome != GAN_OK)
        return gan__fail(b->context, b->outcome, "%s", b->drawer.context->message);
    *out = batch_slot(b, b->slot);
    b->slot = (b->slot + 1) % b->slot_count;
    b->position += b->batch;
    if (ahead && batch_left(b, b->position) >= b->batch) batch_wait(b, BATCH_ORDERED);
    return GAN_OK;
}

gan_tensor *const *gan__batcher_blank(const gan__batcher *b)
{
    return batch_slot(b, b->slot);
}

int64_t gan__batcher_memory(const gan__batcher *b)
{
    int64_t count = 0;
    for (int64_t i = 0; i < batch_tensor_count(b); i++) count += gan_tensor_count(b->tensors[i]);
    return count * (int64_t)sizeof(float) + gan__unlike_memory(&b->unlike);
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

/* Arrays that are lent and borrowed by DLPack: whose memory ends when, on which thread, after which
 * failure; and memory that was lent to be read only. */
#include "base/context.h"
#include "base/os.h"
#include "fault.h"
#include "stranger.h"

#include <gan/gan.h>

#include <stdlib.h>

static const dl_type float32 = {DL_FLOAT, 32, 1};

/* ---- allocations that fail ---- */

/* Shared, strided or converted, as `way` says. Returns whether all went well. */
static bool borrow_in(gan_context *context, int way, int32_t flags)
{
    static const dl_type types[] = {{DL_FLOAT, 32, 1}, {DL_FLOAT, 32, 1}, {DL_BFLOAT, 16, 1}};
    static const int64_t shape[2] = {2, 2}, strides[2] = {1, 2};
    float data[4] = {0};
    gan_tensor *tensor = NULL;
    void *managed = NULL;
    stranger s;
    stranger_lend(&s, types[way], data, 2, shape, way == 1 ? strides : NULL);
    gan_status status = stranger_give(&tensor, context, &s, flags);
    CHECK((status == GAN_OK) == (tensor != NULL));
    if (status != GAN_OK) {
        CHECK_STATUS(status, GAN_E_MEMORY);
        CHECK_INT(s.deleted, 1);
        return false;
    }
    status = gan_tensor_to_dlpack(&managed, tensor, flags);
    CHECK((status == GAN_OK) == (managed != NULL));
    gan_tensor_release(tensor);
    if (managed) stranger_delete(managed, flags);
    CHECK_INT(s.deleted, 1);
    return status == GAN_OK;
}

static gan_context *open_on(fault_host *fault)
{
    gan_context *context = NULL;
    memset(fault, 0, sizeof *fault);
    gan_host host = fault_make(fault);
    CHECK_OK(gan_context_create(&context, "threads=2", &host, NULL, 0));
    return context;
}

TEST(no_memory)
{
    for (int way = 0; way < 3; way++) {
        for (int32_t flags = 0; flags < 4; flags++) {
            fault_host fault;
            gan_context *context = open_on(&fault);
            long long before = fault.live, n = 1;
            for (; n < 20; n++) {
                fault.fail_at = fault.allocations + n;
                if (borrow_in(context, way, flags)) break;
                CHECK_INT(fault.live, before);
            }
            CHECK(n > 2 && n < 20);
            fault.fail_at = 0;
            gan_context_release(context);
            CHECK_INT(fault.live, 0);
        }
    }
}

/* ---- in any order ---- */

enum { CONTEXT, TENSOR, VIEW, LOAN, VIEW_LOAN, HOLDERS };

/* Everything that keeps `s` borrowed. */
typedef struct holders {
    fault_host fault;
    gan_context *context;
    gan_tensor *tensor, *view;
    void *loan, *view_loan;
    int32_t flags;
    stranger s;
    float data[6];
} holders;

static void hold(holders *h, int32_t flags)
{
    static const int64_t shape[2] = {2, 3};
    h->context = open_on(&h->fault);
    h->flags = flags;
    for (int i = 0; i < 6; i++) h->data[i] = (float)i;
    stranger_lend(&h->s, float32, h->data, 2, shape, NULL);
    CHECK_OK(stranger_give(&h->tensor, h->context, &h->s, flags));
    CHECK_OK(gan_tensor_slice(&h->view, h->tensor, 0, 1, 1));
    CHECK_OK(gan_tensor_to_dlpack(&h->loan, h->tensor, flags));
    CHECK_OK(gan_tensor_to_dlpack(&h->view_loan, h->view, flags));
}

static void let_go(holders *h, int which)
{
    switch (which) {
    case CONTEXT: gan_context_release(h->context); break;
    case TENSOR: gan_tensor_release(h->tensor); break;
    case VIEW: gan_tensor_release(h->view); break;
    case LOAN: stranger_delete(h->loan, h->flags); break;
    default: stranger_delete(h->view_loan, h->flags); break;
    }
}

/* What is still held is whole. */
static void check_held(const holders *h, int gone)
{
    if (!(gone >> LOAN & 1)) {
        const dl_array *array = stranger_look(h->loan, h->flags);
        CHECK(array->data == h->data && array->shape[1] == 3);
    }
    if (!(gone >> VIEW_LOAN & 1)) {
        const dl_array *array = stranger_look(h->view_loan, h->flags);
        CHECK(*(float *)array->data == 3 && array->shape[0] == 1 && array->strides[0] == 3);
    }
    int keepers = gone | 1 << CONTEXT;
    CHECK_INT(h->s.deleted, keepers == (1 << HOLDERS) - 1);
    CHECK((h->fault.live == 0) == (gone == (1 << HOLDERS) - 1));
}

TEST(any_order)
{
    for (int code = 0; code < 120 * 2; code++) {
        holders h;
        int gone = 0;
        hold(&h, code % 2);
        for (int left = HOLDERS, rest = code / 2; left > 0; rest /= left--) {
            int which = 0;
            for (int skip = rest % left; gone >> which & 1 || skip-- > 0;) which++;
            let_go(&h, which);
            gone |= 1 << which;
            check_held(&h, gone);
        }
        CHECK_INT(gone, (1 << HOLDERS) - 1);
    }
}

/* ---- on other threads ---- */

typedef struct worker {
    holders *h;
    int which;
    atomic_int *ready;
} worker;

static void let_go_there(void *argument)
{
    worker *w = argument;
    atomic_fetch_add(w->ready, 1);
    while (atomic_load(w->ready) < HOLDERS) gan__os_yield();
    if (w->which == LOAN) CHECK(*(float *)stranger_look(w->h->loan, w->h->flags)->data == 0);
    let_go(w->h, w->which);
}

/* Each holder lets go on a thread of its own, all at once. */
TEST(all_threads_at_once)
{
    for (int round = 0; round < 60; round++) {
        holders h;
        worker workers[HOLDERS];
        gan__thread *threads[HOLDERS];
        atomic_int ready = 0;
        hold(&h, round % 2);
        for (int i = 0; i < HOLDERS; i++) {
            workers[i] = (worker){&h, i, &ready};
            threads[i] = gan__thread_start(let_go_there, &workers[i]);
            if (!CHECK(threads[i] != NULL)) exit(1);
        }
        for (int i = 0; i < HOLDERS; i++) gan__thread_join(threads[i]);
        CHECK_INT(h.s.deleted, 1);
        CHECK_INT(h.fault.live, 0);
    }
}

static void use_busy(void *argument)
{
    holders *h = argument;
    gan_tensor *tensor = h->tensor;
    void *managed = h->loan;
    stranger other;
    stranger_lend(&other, float32, h->data, 1, (int64_t[]){2}, NULL);
    CHECK_STATUS(stranger_give(&tensor, h->context, &other, h->flags), GAN_E_BUSY);
    CHECK(tensor == NULL && other.deleted == 1);
    CHECK_STATUS(gan_tensor_to_dlpack(&managed, h->tensor, h->flags), GAN_E_BUSY);
    CHECK(managed == NULL);
    for (int which = TENSOR; which < HOLDERS; which++) let_go(h, which);
    CHECK_INT(h->s.deleted, 1);
}

TEST(while_the_context_is_busy)
{
    for (int32_t flags = 0; flags < 2; flags++) {
        holders h;
        gan__entry entry;
        hold(&h, flags);
        CHECK_OK(gan__enter(h.context, &entry));
        gan__thread *thread = gan__thread_start(use_busy, &h);
        if (!CHECK(thread != NULL)) exit(1);
        gan__thread_join(thread);
        gan__leave(h.context, &entry);
        gan_context_release(h.context);
        CHECK_INT(h.fault.live, 0);
    }
}

/* ---- read-only ---- */

/* Memory lent with the versioned struct's `flags`. */
static gan_tensor *lend_flagged(stranger *s, gan_context *context, float *data, int32_t rank,
                                const int64_t *shape, uint64_t flags)
{
    gan_tensor *tensor = NULL;
    stranger_lend(s, float32, data, rank, shape, NULL);
    s->versioned.flags = flags;
    CHECK_OK(stranger_give(&tensor, context, s, 0));
    CHECK_INT(gan_tensor_read_only(tensor), flags & DL_READ_ONLY);
    return tensor;
}

typedef struct writers {
    gan_context *context;
    gan_model *model;
    gan_runner *runner;
    gan_tape *tape;
    gan_value x, loss;
    gan_optimizer *optimizer;
    gan_dataset *dataset;
    gan_tensor *rows; /* 4 of 3, not read-only */
} writers;

static void open_writers(writers *w, gan_context *context)
{
    static const char *const name = "vector";
    w->context = context;
    CHECK_OK(gan_tensor_create(&w->rows, context, GAN_FLOAT32, 2, (int64_t[]){4, 3}));
    CHECK_OK(gan_model_parse(&w->model, context, "input 3; dense 3; batchnorm"));
    CHECK_OK(gan_runner_create(&w->runner, context, w->model, "batch=4"));
    CHECK_OK(gan_tape_create(&w->tape, context));
    CHECK_OK(gan_tape_input(w->tape, w->rows, GAN_INPUT_GRADIENT, &w->x));
    CHECK_OK(gan_tape_loss(w->tape, "mean", &w->x, 1, &w->loss));
    CHECK_OK(gan_tape_backward(w->tape, &w->loss, NULL, 1, NULL, 0));
    CHECK_OK(gan_optimizer_create(&w->optimizer, context, "adam"));
    CHECK_OK(gan_optimizer_add(w->optimizer, w->model));
    CHECK_OK(gan_dataset_from_tensors(&w->dataset, context, &name, &w->rows, 1));
}

static void close_writers(writers *w)
{
    gan_dataset_release(w->dataset);
    gan_optimizer_release(w->optimizer);
    gan_tape_release(w->tape);
    gan_runner_release(w->runner);
    gan_model_release(w->model);
    gan_tensor_release(w->rows);
}

/* The n-th call that writes into a tensor of 4 x 3, 3 x 3 or of no dimension; false: no more. */
static bool write_once(writers *w, int n, gan_tensor *rows, gan_tensor *square, gan_tensor *number,
                       gan_status *status)
{
    static const int64_t indices[4] = {3, 1, 0, 2};
    gan_layer *layer = gan_model_layer(w->model, "0");
    switch (n) {
    case 0: *status = gan_tensor_copy(rows, w->rows); break;
    case 1: *status = gan_runner_run(w->runner, &w->rows, 1, &rows, 1); break;
    case 2: *status = gan_tape_value(w->tape, w->x, rows); break;
    case 3: *status = gan_tape_gradient(w->tape, w->x, rows); break;
    case 4: *status = gan_dataset_read(w->dataset, "vector", indices, rows); break;
    case 5: *status = gan_model_read(w->model, "0.weight", GAN_VALUE, square); break;
    case 6: *status = gan_layer_read(layer, "weight", GAN_GRADIENT, square); break;
    case 7:
        *status = gan_optimizer_read(w->optimizer, w->model, "0.weight", "exp_avg", square);
        break;
    case 8: *status = gan_model_read(w->model, "1.num_batches_tracked", GAN_VALUE, number); break;
    default: return false;
    }
    return true;
}

/* Each of them writes what it is given, and refuses it when it is read-only or a view of that. */
TEST(writing_is_refused)
{
    static const int64_t shapes[2][2] = {{4, 3}, {3, 3}};
    fault_host fault;
    writers w;
    gan_context *context = open_on(&fault);
    open_writers(&w, context);
    for (uint64_t flags = 0; flags <= DL_READ_ONLY; flags++) {
        float data[22] = {0};
        stranger s[3];
        gan_tensor *rows = lend_flagged(&s[0], context, data, 2, shapes[0], flags);
        gan_tensor *square = lend_flagged(&s[1], context, data + 12, 2, shapes[1], flags);
        gan_tensor *number = lend_flagged(&s[2], context, data + 21, 0, NULL, flags), *view;
        CHECK_OK(gan_tensor_slice(&view, rows, 0, 0, 4));
        CHECK_INT(gan_tensor_read_only(view), flags);
        gan_status status;
        for (int n = 0;
             n < 18 && write_once(&w, n / 2, n % 2 ? view : rows, square, number, &status); n++) {
            CHECK_STATUS(status, flags ? GAN_E_ARGUMENT : GAN_OK);
            if (flags) CHECK(strstr(gan_context_message(context), "the tensor is read-only"));
        }
        for (int i = 0; flags && i < 22; i++) CHECK(data[i] == 0);
        gan_tensor *const all[] = {view, rows, square, number};
        for (int i = 0; i < 4; i++) gan_tensor_release(all[i]);
        CHECK(s[0].deleted == 1 && s[1].deleted == 1 && s[2].deleted == 1);
    }
    close_writers(&w);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

static void train_on(gan_context *context, gan_tensor *pictures)
{
    static const char *const name = "image";
    gan_dataset *dataset;
    gan_trainer *trainer;
    gan_model *models[2];
    CHECK_OK(gan_dataset_from_tensors(&dataset, context, &name, &pictures, 1));
    CHECK_OK(gan_model_parse(&models[0], context, "input 2; dense 3"));
    CHECK_OK(gan_model_parse(&models[1], context, "input 3; leaky_relu 0.2; dense 1"));
    CHECK_OK(gan_trainer_create(&trainer, context, "gan batch=2"));
    CHECK_OK(gan_trainer_set_model(trainer, "generator", models[0]));
    CHECK_OK(gan_trainer_set_model(trainer, "discriminator", models[1]));
    CHECK_OK(gan_trainer_set_data(trainer, "real", dataset));
    for (int i = 0; i < 4; i++) CHECK_OK(gan_trainer_step(trainer));
    for (int i = 0; i < 2; i++) gan_model_release(models[i]);
    gan_trainer_release(trainer);
    gan_dataset_release(dataset);
}

/* It is what all else that takes a tensor reads, and only reads. */
TEST(reading_is_not)
{
    static const int64_t shape[2] = {4, 3}, image[4] = {4, 1, 1, 3};
    float data[12], before[12];
    fault_host fault;
    writers w;
    stranger s, t;
    gan_value x, y;
    gan_context *context = open_on(&fault);
    open_writers(&w, context);
    for (int i = 0; i < 12; i++) before[i] = data[i] = (float)i / 8 - 1;
    gan_tensor *rows = lend_flagged(&s, context, data, 2, shape, DL_READ_ONLY);
    CHECK_OK(gan_runner_run(w.runner, &rows, 1, &w.rows, 1));
    CHECK_OK(gan_tape_reset(w.tape));
    CHECK_OK(gan_tape_input(w.tape, rows, GAN_INPUT_GRADIENT, &x));
    CHECK_OK(gan_tape_layer(w.tape, "leaky_relu 0.2", &x, 1, &y));
    CHECK_OK(gan_tape_apply(w.tape, w.model, "training", &y, 1, &y, 1));
    CHECK_OK(gan_tape_backward(w.tape, &y, &rows, 1, &w.model, 1));
    CHECK_OK(gan_tensor_copy(w.rows, rows));
    gan_tensor *pictures = lend_flagged(&t, context, data, 4, image, DL_READ_ONLY);
    train_on(context, pictures);
    gan_tensor_release(pictures);
    CHECK_INT(t.deleted, 1);
    CHECK(memcmp(data, before, sizeof data) == 0);
    gan_tensor_release(rows);
    CHECK_INT(s.deleted, 0); /* the tape has it still */
    close_writers(&w);
    CHECK_INT(s.deleted, 1);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

/* What is lent on says so, where it can. */
TEST(lending_on)
{
    static const int64_t shape[2] = {2, 2}, strides[2] = {1, 2};
    float data[4] = {1, 2, 3, 4};
    fault_host fault;
    stranger s;
    void *managed = &s;
    gan_context *context = open_on(&fault);
    gan_tensor *tensor = lend_flagged(&s, context, data, 2, shape, DL_READ_ONLY);
    CHECK_OK(gan_tensor_to_dlpack(&managed, tensor, 0));
    CHECK_INT(((dl_versioned *)managed)->flags, DL_READ_ONLY);
    stranger_delete(managed, 0);
    CHECK_STATUS(gan_tensor_to_dlpack(&managed, tensor, GAN_DLPACK_LEGACY), GAN_E_UNSUPPORTED);
    CHECK(managed == NULL &&
          strstr(gan_context_message(context), "is read-only, which the legacy"));
    for (int32_t flags = GAN_DLPACK_COPY; flags <= (GAN_DLPACK_COPY | GAN_DLPACK_LEGACY); flags++) {
        CHECK_OK(gan_tensor_to_dlpack(&managed, tensor, flags));
        if (!(flags & GAN_DLPACK_LEGACY)) CHECK_INT(((dl_versioned *)managed)->flags, DL_IS_COPIED);
        stranger_delete(managed, flags);
    }
    gan_tensor_release(tensor);
    stranger_lend(&s, float32, data, 2, shape, strides);
    s.versioned.flags = DL_READ_ONLY;
    CHECK_OK(stranger_give(&tensor, context, &s, 0));
    CHECK(s.deleted == 1 && !gan_tensor_read_only(tensor)); /* a copy */
    gan_tensor_release(tensor);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    RUN(no_memory);
    RUN(any_order);
    RUN(all_threads_at_once);
    RUN(while_the_context_is_busy);
    RUN(writing_is_refused);
    RUN(reading_is_not);
    RUN(lending_on);
    return test_report();
}

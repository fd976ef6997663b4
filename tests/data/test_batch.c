#include "data/batch.h"
#include "base/random.h"

#include "data_files.h"
#include "test.h"

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

enum { EXAMPLES = 23, SIDE = 3 };

static gan_context *context;
static fault_host fault;
static const char *const field_names[3] = {"image", "label", "vector"};

/* Example i: a picture of bytes 7 i + pixel, label i % 5, vector (i, -i). */
static gan_dataset *make_dataset(void)
{
    const int64_t shape[3] = {EXAMPLES, SIDE, SIDE}, two[2] = {EXAMPLES, 2};
    gan_dataset *dataset = NULL;
    gan_tensor *t[3];
    CHECK_OK(gan_tensor_create(&t[0], context, GAN_UINT8, 3, shape));
    CHECK_OK(gan_tensor_create(&t[1], context, GAN_INT32, 1, shape));
    CHECK_OK(gan_tensor_create(&t[2], context, GAN_FLOAT32, 2, two));
    for (int i = 0; i < EXAMPLES; i++) {
        for (int j = 0; j < SIDE * SIDE; j++)
            ((uint8_t *)gan_tensor_data(t[0]))[i * SIDE * SIDE + j] = (uint8_t)(7 * i + j);
        ((int32_t *)gan_tensor_data(t[1]))[i] = i % 5;
        ((float *)gan_tensor_data(t[2]))[2 * i] = (float)i;
        ((float *)gan_tensor_data(t[2]))[2 * i + 1] = (float)-i;
    }
    CHECK_OK(gan_dataset_from_tensors(&dataset, context, field_names, t, 3));
    for (int i = 0; i < 3; i++) gan_tensor_release(t[i]);
    return dataset;
}

static gan__batch_plan make_plan(int64_t batch, bool ahead)
{
    return (gan__batch_plan){.fields = field_names,
                             .field_count = 3,
                             .batch = batch,
                             .seed = 42,
                             .stream = 1,
                             .ahead = ahead,
                             .in_flight = 2};
}

static gan__batcher *make_batcher(gan_dataset *dataset, int64_t batch, bool ahead)
{
    gan__batch_plan plan = make_plan(batch, ahead);
    gan__batcher *batcher = NULL;
    CHECK_OK(gan__batcher_create(&batcher, context, dataset, &plan));
    return batcher;
}

/* The example that position p holds, by the definition. */
static int64_t expected(int64_t position)
{
    gan__draw draw = {42, GAN__DRAW_SHUFFLE, (uint64_t)1 << 40 | (uint64_t)(position / EXAMPLES)};
    return (int64_t)gan__random_permute(&draw, EXAMPLES, (uint64_t)(position % EXAMPLES));
}

static void check_batch(gan_tensor *const *fields, int64_t position, int64_t n)
{
    const float *image = gan_tensor_data(fields[0]), *label = gan_tensor_data(fields[1]);
    const float *vector = gan_tensor_data(fields[2]);
    for (int64_t i = 0; i < n; i++) {
        int64_t example = expected(position + i);
        CHECK(vector[2 * i] == (float)example && vector[2 * i + 1] == (float)-example);
        CHECK(label[i] == (float)(example % 5));
        for (int j = 0; j < SIDE * SIDE; j++) {
            float byte = (float)(uint8_t)(7 * example + j);
            CHECK_NEAR(image[i * SIDE * SIDE + j], byte / 127.5f - 1, 1e-6);
        }
    }
}

TEST(follows_the_definition)
{
    gan_dataset *dataset = make_dataset();
    for (int64_t batch = 1; batch < 2 * EXAMPLES; batch += 4) {
        for (int ahead = 0; ahead < 2; ahead++) {
            gan__batcher *b = make_batcher(dataset, batch, ahead);
            for (int i = 0; i < 8; i++) {
                gan_tensor *const *fields;
                CHECK_INT(gan__batcher_position(b), i * batch);
                if (!CHECK_OK(gan__batcher_next(b, &fields))) continue;
                CHECK_INT(gan_tensor_rank(fields[0]), 4);
                CHECK_INT(gan_tensor_rank(fields[1]), 1);
                CHECK_INT(gan_tensor_rank(fields[2]), 2);
                CHECK_INT(gan_tensor_shape(fields[0])[0], batch);
                CHECK_INT(gan_tensor_dtype(fields[1]), GAN_FLOAT32);
                check_batch(fields, i * batch, batch);
            }
            gan__batcher_free(b);
        }
    }
    gan_dataset_release(dataset);
}

TEST(an_epoch_has_every_example_once)
{
    gan_dataset *dataset = make_dataset();
    gan__batcher *b = make_batcher(dataset, 1, true);
    int first[EXAMPLES], same = 0;
    for (int epoch = 0; epoch < 5; epoch++) {
        int seen[EXAMPLES] = {0};
        for (int i = 0; i < EXAMPLES; i++) {
            gan_tensor *const *fields;
            CHECK_OK(gan__batcher_next(b, &fields));
            int example = (int)((float *)gan_tensor_data(fields[2]))[0];
            seen[example]++;
            if (epoch == 0) first[i] = example;
            if (epoch > 0) same += first[i] == example;
        }
        for (int i = 0; i < EXAMPLES; i++) CHECK_INT(seen[i], 1);
    }
    CHECK(same < 4 * EXAMPLES / 4); /* about one in each epoch by chance */
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

/* After its last epoch a stream would go on in the next one's. */
TEST(a_stream_ends)
{
    const int64_t end = (int64_t)EXAMPLES << 40;
    gan_dataset *dataset = make_dataset();
    for (int ahead = 0; ahead < 2; ahead++) {
        gan__batcher *b = make_batcher(dataset, 4, ahead);
        gan_tensor *const *fields;
        CHECK_OK(gan__batcher_seek(b, end - 8));
        for (int i = 0; i < 2; i++) {
            CHECK_OK(gan__batcher_next(b, &fields));
            check_batch(fields, end - 8 + 4 * i, 4);
        }
        for (int i = 0; i < 2; i++) CHECK_STATUS(gan__batcher_next(b, &fields), GAN_E_STATE);
        CHECK_OK(gan__batcher_seek(b, end - 3));
        CHECK_STATUS(gan__batcher_next(b, &fields), GAN_E_STATE);
        CHECK_OK(gan__batcher_seek(b, gan__batcher_position(b)));
        CHECK_OK(gan__batcher_seek(b, end));
        CHECK_STATUS(gan__batcher_seek(b, end + 1), GAN_E_ARGUMENT);
        CHECK_STATUS(gan__batcher_seek(b, INT64_MAX), GAN_E_ARGUMENT);
        CHECK_INT(gan__batcher_position(b), end);
        CHECK_OK(gan__batcher_seek(b, 0));
        CHECK_OK(gan__batcher_next(b, &fields));
        check_batch(fields, 0, 4);
        gan__batcher_free(b);
    }
    gan_dataset_release(dataset);
}

TEST(every_position_can_be_sought)
{
    gan_dataset *dataset = make_dataset();
    gan__batcher *b = make_batcher(dataset, 4, true);
    gan_tensor *const *fields;
    for (int64_t p = 3 * EXAMPLES; p >= 0; p--) {
        CHECK_OK(gan__batcher_seek(b, p));
        CHECK_INT(gan__batcher_position(b), p);
        CHECK_OK(gan__batcher_next(b, &fields));
        check_batch(fields, p, 4);
        if (p % 3 == 0) {
            CHECK_OK(gan__batcher_next(b, &fields));
            check_batch(fields, p + 4, 4);
        }
        CHECK_OK(gan__batcher_seek(b, gan__batcher_position(b)));
    }
    CHECK_STATUS(gan__batcher_seek(b, -1), GAN_E_ARGUMENT);
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

TEST(streams_and_seeds_differ)
{
    gan_dataset *dataset = make_dataset();
    gan__batch_plan plans[3] = {make_plan(EXAMPLES, true), make_plan(EXAMPLES, true),
                                make_plan(EXAMPLES, true)};
    float order[3][EXAMPLES];
    plans[1].stream = 2;
    plans[2].seed = 43;
    for (int i = 0; i < 3; i++) {
        gan__batcher *b;
        gan_tensor *const *fields;
        plans[i].fields = field_names + 2;
        plans[i].field_count = 1;
        CHECK_OK(gan__batcher_create(&b, context, dataset, &plans[i]));
        CHECK_OK(gan__batcher_next(b, &fields));
        const float *vector = gan_tensor_data(fields[0]);
        for (int j = 0; j < EXAMPLES; j++) order[i][j] = vector[2 * j];
        gan__batcher_free(b);
    }
    CHECK(memcmp(order[0], order[1], sizeof order[0]) != 0);
    CHECK(memcmp(order[0], order[2], sizeof order[0]) != 0);
    CHECK(memcmp(order[1], order[2], sizeof order[0]) != 0);
    gan_dataset_release(dataset);
}

TEST(wrong_plans)
{
    gan_dataset *dataset = make_dataset();
    gan__batcher *b;
    const char *const odd = "text";
    gan__batch_plan plan = make_plan(0, true);
    CHECK_STATUS(gan__batcher_create(&b, context, dataset, &plan), GAN_E_ARGUMENT);
    CHECK(b == NULL);
    plan = make_plan(4, true);
    plan.fields = &odd;
    plan.field_count = 1;
    CHECK_STATUS(gan__batcher_create(&b, context, dataset, &plan), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "dataset: no field 'text': there is image, label, vector");
    plan = make_plan(INT64_MAX / 4, true);
    CHECK_STATUS(gan__batcher_create(&b, context, dataset, &plan), GAN_E_MEMORY);
    plan = make_plan(4, true);
    plan.in_flight = 0;
    CHECK_STATUS(gan__batcher_create(&b, context, dataset, &plan), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "data: batches of 4 examples and 3 fields, 0 in flight");
    gan__batcher_free(NULL);
    gan_dataset_release(dataset);
}

/* ---- a callback ---- */

typedef struct maker {
    atomic_int inside, overlaps;
    atomic_llong stop_at, calls;
    int yields; /* in each call, so that another thread may come in between */
} maker;

static int32_t make_example(void *user, int64_t index, void *const *data)
{
    maker *m = user;
    if (atomic_fetch_add(&m->inside, 1) > 0) atomic_fetch_add(&m->overlaps, 1);
    atomic_fetch_add(&m->calls, 1);
    *(float *)data[0] = (float)index;
    ((float *)data[0])[1] = (float)-index;
    for (int i = 0; i < m->yields; i++) gan__os_yield();
    int32_t stop = index == atomic_load(&m->stop_at);
    atomic_fetch_sub(&m->inside, 1);
    return stop;
}

static gan_dataset *make_callback(maker *m)
{
    const int64_t two = 2;
    const gan_dataset_field field = {sizeof field, "vector", GAN_FLOAT32, 1, &two};
    gan_dataset *dataset = NULL;
    atomic_store(&m->stop_at, -1);
    CHECK_OK(
        gan_dataset_from_callback(&dataset, context, &field, 1, EXAMPLES, make_example, NULL, m));
    return dataset;
}

static gan__batcher *make_callback_batcher(gan_dataset *dataset, int64_t batch, bool ahead)
{
    gan__batch_plan plan = make_plan(batch, ahead);
    gan__batcher *b = NULL;
    plan.fields = field_names + 2;
    plan.field_count = 1;
    CHECK_OK(gan__batcher_create(&b, context, dataset, &plan));
    return b;
}

/* Checked when the batch after the next one is certainly made. */
TEST(the_batch_before_stays)
{
    maker m = {0};
    gan_dataset *dataset = make_callback(&m);
    gan__batcher *b = make_callback_batcher(dataset, 5, true);
    gan_tensor *const *before, *const *fields;
    CHECK_OK(gan__batcher_next(b, &before));
    for (int i = 1; i < 50; i++) {
        CHECK_OK(gan__batcher_next(b, &fields));
        while (atomic_load(&m.calls) < 5 * (i + 2)) gan__os_yield();
        const float *old = gan_tensor_data(before[0]), *current = gan_tensor_data(fields[0]);
        for (int j = 0; j < 5; j++) {
            CHECK(old[2 * j] == (float)expected(5 * (i - 1) + j));
            CHECK(current[2 * j] == (float)expected(5 * i + j));
        }
        before = fields;
    }
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

TEST(a_callback_that_stops)
{
    for (int ahead = 0; ahead < 2; ahead++) {
        maker m = {0};
        gan_tensor *const *fields;
        gan_dataset *dataset = make_callback(&m);
        gan__batcher *b = make_callback_batcher(dataset, 4, ahead);
        CHECK_OK(gan__batcher_next(b, &fields));
        CHECK_OK(gan__batcher_next(b, &fields));
        int64_t position = gan__batcher_position(b);
        /* The next batch may be made by now: look for the example two batches on. */
        atomic_store(&m.stop_at, expected(position + 9));
        gan_status status = GAN_OK;
        while (status == GAN_OK) {
            position = gan__batcher_position(b);
            status = gan__batcher_next(b, &fields);
            if (status == GAN_OK)
                CHECK(((float *)gan_tensor_data(fields[0]))[0] == (float)expected(position));
        }
        CHECK_STATUS(status, GAN_E_CANCELLED);
        CHECK(fields == NULL);
        CHECK(strstr(gan_context_message(context), "dataset: the callback stopped at example"));
        CHECK_INT(gan__batcher_position(b), position);
        CHECK_STATUS(gan__batcher_next(b, &fields), GAN_E_CANCELLED);
        atomic_store(&m.stop_at, -1);
        CHECK_OK(gan__batcher_next(b, &fields));
        const float *vector = gan_tensor_data(fields[0]);
        for (int i = 0; i < 4; i++) CHECK(vector[2 * i] == (float)expected(position + i));
        gan__batcher_free(b);
        gan_dataset_release(dataset);
    }
}

TEST(a_callback_is_never_called_twice_at_once)
{
    maker m = {.yields = 3};
    gan_dataset *dataset = make_callback(&m);
    gan__batcher *a = make_callback_batcher(dataset, 50, true);
    gan__batcher *b = make_callback_batcher(dataset, 70, true);
    gan_tensor *const *fields;
    for (int i = 0; i < 50; i++) {
        CHECK_OK(gan__batcher_next(a, &fields));
        CHECK_OK(gan__batcher_next(b, &fields));
    }
    CHECK_INT(m.overlaps, 0);
    CHECK(m.calls >= 50 * 120);
    gan__batcher_free(a);
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

/* ---- the system ---- */

TEST(a_forked_child_works_alone)
{
#if !defined(_WIN32)
    maker m = {0};
    gan_dataset *tensors = make_dataset(), *made = make_callback(&m);
    gan__batcher *a = make_batcher(tensors, 6, true);
    gan__batcher *b = make_callback_batcher(made, 1000, true);
    gan_tensor *const *fields;
    CHECK_OK(gan__batcher_next(a, &fields));
    CHECK_OK(gan__batcher_next(b, &fields)); /* its lock is now likely held by the side thread */
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        test_errors = 0;
        for (int i = 1; i < 20; i++) {
            CHECK_OK(gan__batcher_next(a, &fields));
            check_batch(fields, 6 * i, 6);
            CHECK_OK(gan__batcher_next(b, &fields));
        }
        gan__batcher *c = make_callback_batcher(made, 6, true);
        CHECK_OK(gan__batcher_next(c, &fields));
        CHECK(((float *)gan_tensor_data(fields[0]))[0] == (float)expected(0));
        gan__batcher_free(a);
        gan__batcher_free(b);
        gan__batcher_free(c);
        fflush(stdout);
        _exit(test_errors > 0);
    }
    int result = -1;
    CHECK(waitpid(child, &result, 0) == child);
    CHECK_INT(result, 0);
    for (int i = 1; i < 20; i++) {
        CHECK_OK(gan__batcher_next(a, &fields));
        check_batch(fields, 6 * i, 6);
    }
    gan__batcher_free(a);
    gan__batcher_free(b);
    gan_dataset_release(tensors);
    gan_dataset_release(made);
#endif
}

TEST(nothing_is_allocated_after_creation)
{
    uint8_t file[512], pictures[60] = {0};
    gan_dataset *dataset;
    gan__batcher *b;
    gan_tensor *const *fields;
    put_file(&fault, "p.idx", file, make_idx(file, 3, (const int[3]){3, 4, 5}, pictures));
    CHECK_OK(gan_dataset_open(&dataset, context, "idx path=p.idx size=16 fit=crop channels=3"));
    gan__batch_plan plan = make_plan(8, true);
    plan.field_count = 1;
    CHECK_OK(gan__batcher_create(&b, context, dataset, &plan));
    long long allocations = fault.allocations;
    for (int i = 0; i < 30; i++) CHECK_OK(gan__batcher_next(b, &fields));
    CHECK_OK(gan__batcher_seek(b, 5));
    CHECK_OK(gan__batcher_next(b, &fields));
    CHECK_INT(fault.allocations, allocations);
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

TEST(every_allocation_may_fail)
{
    gan_dataset *dataset = make_dataset();
    gan_status status = GAN_E_MEMORY;
    int n = 1;
    for (; n < 100 && status != GAN_OK; n++) {
        gan__batcher *b;
        gan__batch_plan plan = make_plan(4, true);
        long long live = fault.live;
        fault.fail_at = fault.allocations + n;
        status = gan__batcher_create(&b, context, dataset, &plan);
        fault.fail_at = 0;
        if (status != GAN_OK) CHECK_STATUS(status, GAN_E_MEMORY);
        gan__batcher_free(b);
        CHECK_INT(fault.live, live);
    }
    CHECK_OK(status);
    CHECK(n > 10);
    gan_dataset_release(dataset);
}

TEST(nothing_is_left)
{
    gan_context_release(context);
    fault_free_files(&fault);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    RUN(follows_the_definition);
    RUN(an_epoch_has_every_example_once);
    RUN(a_stream_ends);
    RUN(every_position_can_be_sought);
    RUN(streams_and_seeds_differ);
    RUN(wrong_plans);
    RUN(the_batch_before_stays);
    RUN(a_callback_that_stops);
    RUN(a_callback_is_never_called_twice_at_once);
    RUN(a_forked_child_works_alone);
    RUN(nothing_is_allocated_after_creation);
    RUN(every_allocation_may_fail);
    RUN(nothing_is_left);
    return test_report();
}

/* Batches in flight, and streams beside each other. */
#include "unlike_data.h"

/* ---- in flight ---- */

typedef struct flight {
    gan_tensor *const *batches[16];
    int64_t positions[16]; /* of their first examples */
    int64_t count;
} flight;

/* The last `in_flight` that were delivered. */
static void check_flight(const flight *f, int64_t in_flight, int64_t batch)
{
    int64_t first = f->count > in_flight ? f->count - in_flight : 0;
    for (int64_t i = first; i < f->count; i++) {
        for (int64_t j = 0; j < batch; j++) {
            int64_t position = f->positions[i % 16] + j;
            CHECK_INT(number_of(f->batches[i % 16][0], j), expected(position, MANY));
            CHECK_INT(number_of(f->batches[i % 16][1], j),
                      expected_found(class_of_three, position, MANY));
        }
    }
}

static void fly(gan__batcher *b, flight *f)
{
    gan_tensor *const *out;
    int64_t position = gan__batcher_position(b);
    if (!CHECK_OK(gan__batcher_next(b, &out))) return;
    f->batches[f->count % 16] = out;
    f->positions[f->count++ % 16] = position;
}

/* Looked at when the side thread has certainly made the next batch, or has failed to, and after it
 * was thrown away. */
static void check_in_flight(int32_t in_flight, bool ahead)
{
    static maker m;
    flight f = {.count = 0};
    gan_tensor *const *out;
    gan_dataset *dataset = make_callback(&m, class_of_three, MANY);
    gan__batch_plan plan = make_plan("label", 3, ahead);
    plan.in_flight = in_flight;
    gan__batcher *b = make_batcher(dataset, &plan);
    CHECK_INT(gan__batcher_memory(b), (in_flight + 1) * 3 * 2 * (int64_t)sizeof(float));
    for (int i = 0; i < 3 * in_flight + 4; i++) {
        long long calls = m.calls;
        fly(b, &f);
        while (ahead && atomic_load(&m.calls) < calls + 6) gan__os_yield();
        check_flight(&f, in_flight, 3);
        if (i % 4 == 2) CHECK_OK(gan__batcher_seek(b, gan__batcher_position(b) - 3));
        if (i % 4 == 3) {
            m.stop_at = expected(gan__batcher_position(b) + 4, MANY);
            CHECK_OK(gan__batcher_seek(b, gan__batcher_position(b) + 3));
            CHECK_STATUS(gan__batcher_next(b, &out), GAN_E_CANCELLED);
            m.stop_at = -1;
        }
        check_flight(&f, in_flight, 3);
    }
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

TEST(batches_in_flight_stay)
{
    for (int32_t in_flight = 1; in_flight <= 6; in_flight++)
        for (int ahead = 0; ahead < 2; ahead++) check_in_flight(in_flight, ahead);
}

/* ---- many streams ---- */

static void read_order(gan_dataset *dataset, uint64_t seed, uint32_t stream, int64_t *order)
{
    gan_tensor *const *out;
    gan__batch_plan plan = make_plan("label", EXAMPLES, false);
    plan.seed = seed;
    plan.stream = stream;
    gan__batcher *b = make_batcher(dataset, &plan);
    CHECK_OK(gan__batcher_next(b, &out));
    for (int64_t i = 0; i < EXAMPLES; i++) {
        order[i] = number_of(out[0], i);
        order[EXAMPLES + i] = number_of(out[1], i);
    }
    gan__batcher_free(b);
}

/* A stream from 256 on is one of the first 256 of a seed of its own. */
TEST(there_are_many_streams)
{
    enum { STREAMS = 9 };
    static const uint32_t streams[STREAMS] = {0, 1, 255, 256, 257, 512, 1025, 1 << 16, UINT32_MAX};
    static int64_t orders[STREAMS][2 * EXAMPLES], again[2 * EXAMPLES];
    gan_dataset *dataset = make_tensors(class_of_three);
    for (int i = 0; i < STREAMS; i++) {
        read_order(dataset, 42, streams[i], orders[i]);
        for (int j = 0; j < i; j++) {
            CHECK(memcmp(orders[i], orders[j], EXAMPLES * sizeof **orders) != 0);
            CHECK(memcmp(orders[i] + EXAMPLES, orders[j] + EXAMPLES, EXAMPLES * sizeof **orders) !=
                  0);
        }
    }
    read_order(dataset, gan__random_seed(42, GAN__DRAW_STREAM, 4), 1, again);
    CHECK(memcmp(again, orders[6], sizeof again) == 0);
    gan_dataset_release(dataset);
}

/* A batcher for showing beside a training one, of a data set that makes its examples. */
TEST(showing_moves_nothing)
{
    static maker m;
    gan_tensor *const *out;
    gan_dataset *dataset = make_callback(&m, class_of_three, MANY);
    gan__batch_plan plan = make_plan("label", 4, true), show = make_plan("label", 9, false);
    show.stream = 1000;
    gan__batcher *b = make_batcher(dataset, &plan), *shown = make_batcher(dataset, &show);
    for (int64_t i = 0; i < 30; i++) {
        CHECK_INT(gan__batcher_position(b), 4 * i);
        CHECK_OK(gan__batcher_next(b, &out));
        gan_tensor *const *kept = out;
        for (int64_t j = i % 3; j > 0; j--) CHECK_OK(gan__batcher_next(shown, &out));
        if (i % 5 == 0) CHECK_OK(gan__batcher_seek(shown, 0));
        for (int64_t j = 0; j < 4; j++) {
            CHECK_INT(number_of(kept[0], j), expected(4 * i + j, MANY));
            CHECK_INT(number_of(kept[1], j), expected_found(class_of_three, 4 * i + j, MANY));
        }
    }
    gan__batcher_free(b);
    gan__batcher_free(shown);
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
    RUN(batches_in_flight_stay);
    RUN(there_are_many_streams);
    RUN(showing_moves_nothing);
    RUN(nothing_is_left);
    return test_report();
}

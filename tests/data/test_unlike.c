#include "unlike_data.h"

#include <math.h>

/* ---- which partners there are ---- */

static void check_tensors(const char *condition, int64_t batch, bool ahead)
{
    gan_dataset *dataset = make_tensors(class_of_three);
    gan__batch_plan plan = make_plan(condition, batch, ahead);
    gan__batcher *b = make_batcher(dataset, &plan);
    for (int64_t i = 0; i < 9; i++) {
        gan_tensor *const *out;
        if (!CHECK_OK(gan__batcher_next(b, &out))) break;
        for (int64_t j = 0; j < batch; j++) {
            CHECK_INT(number_of(out[0], j), expected(i * batch + j, EXAMPLES));
            CHECK_INT(number_of(out[1], j), expected_partner(class_of_three, i * batch + j));
        }
    }
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

TEST(partners_in_tensors)
{
    for (int64_t batch = 1; batch < 2 * EXAMPLES; batch += 6) {
        for (int ahead = 0; ahead < 2; ahead++) {
            check_tensors("label", batch, ahead);
            check_tensors("vector", batch, ahead);
        }
    }
}

static void check_callback(const char *condition, int64_t count, bool ahead)
{
    static maker m;
    gan_dataset *dataset = make_callback(&m, class_of_three, count);
    gan__batch_plan plan = make_plan(condition, 7, ahead);
    gan__batcher *b = make_batcher(dataset, &plan);
    for (int64_t i = 0; i < 9; i++) {
        gan_tensor *const *out;
        if (!CHECK_OK(gan__batcher_next(b, &out))) break;
        for (int64_t j = 0; j < 7; j++) {
            CHECK_INT(number_of(out[0], j), expected(i * 7 + j, count));
            CHECK_INT(number_of(out[1], j), expected_found(class_of_three, i * 7 + j, count));
        }
    }
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

TEST(partners_of_a_callback)
{
    for (int ahead = 0; ahead < 2; ahead++) {
        check_callback("label", EXAMPLES, ahead);
        check_callback("vector", EXAMPLES, ahead);
        check_callback("vector", 6, ahead);
        check_callback("label", MANY, ahead);
    }
}

/* All fields of a partner are one example's, in the order that is wanted, and the condition need
 * not be among them. */
TEST(fields_of_partners)
{
    static maker m;
    const char *const fields[2] = {"vector", "image"}, *const partners[3] = {"label", "image",
                                                                             "vector"};
    gan_dataset *datasets[2] = {make_tensors(class_of_three),
                                make_callback(&m, class_of_three, EXAMPLES)};
    for (int i = 0; i < 2; i++) {
        gan__batch_plan plan = make_plan("label", 5, i);
        gan_tensor *const *out;
        plan.fields = fields;
        plan.field_count = 2;
        plan.partners = partners;
        plan.partner_count = 3;
        gan__batcher *b = make_batcher(datasets[i], &plan);
        for (int64_t k = 0; k < 40; k++) {
            CHECK_OK(gan__batcher_next(b, &out));
            CHECK_INT(gan_tensor_rank(out[2]), 1);
            CHECK_INT(gan_tensor_rank(out[3]), 4);
            CHECK_INT(gan_tensor_shape(out[4])[1], WIDTH);
            const float *own = gan_tensor_data(out[0]), *label = gan_tensor_data(out[2]);
            const float *vector = gan_tensor_data(out[4]);
            for (int64_t j = 0; j < 5; j++) {
                int64_t class = class_of_three(number_of(out[1], j));
                int64_t other = class_of_three(number_of(out[3], j));
                CHECK(own[WIDTH * j + WIDTH - 1] == (float)class);
                CHECK(label[j] == (float)other && other != class);
                CHECK(vector[WIDTH * j + WIDTH - 1] == (float)other);
            }
        }
        gan__batcher_free(b);
        gan_dataset_release(datasets[i]);
    }
}

/* ---- chance ---- */

/* counts[i][j]: how often example i had partner j, in `epochs` epochs. */
static void count_partners(gan_dataset *dataset, int epochs, int64_t (*counts)[EXAMPLES])
{
    gan__batch_plan plan = make_plan("label", EXAMPLES, false);
    gan__batcher *b = make_batcher(dataset, &plan);
    memset(counts, 0, EXAMPLES * sizeof *counts);
    for (int i = 0; i < epochs; i++) {
        gan_tensor *const *out;
        CHECK_OK(gan__batcher_next(b, &out));
        for (int64_t j = 0; j < EXAMPLES; j++) counts[number_of(out[0], j)][number_of(out[1], j)]++;
    }
    gan__batcher_free(b);
}

/* Each example's partners are all those that are unlike, as often as each other: chi-square, summed
 * over the examples, within 4 sigma of its degrees of freedom. */
static void check_uniform(gan_dataset *dataset, class_function class_of)
{
    enum { EPOCHS = 3000 };
    static int64_t counts[EXAMPLES][EXAMPLES];
    double chi = 0, freedom = 0;
    count_partners(dataset, EPOCHS, counts);
    for (int i = 0; i < EXAMPLES; i++) {
        int others = 0;
        for (int j = 0; j < EXAMPLES; j++) others += class_of(j) != class_of(i);
        for (int j = 0; j < EXAMPLES; j++) {
            double mean = (double)EPOCHS / others, off = (double)counts[i][j] - mean;
            if (class_of(j) == class_of(i))
                CHECK_INT(counts[i][j], 0);
            else
                chi += off * off / mean;
        }
        freedom += others - 1;
    }
    CHECK(fabs(chi - freedom) < 4 * sqrt(2 * freedom));
}

TEST(all_unlike_examples_are_as_likely)
{
    static maker makers[2];
    gan_dataset *datasets[4] = {make_tensors(class_of_three),
                                make_callback(&makers[0], class_of_three, EXAMPLES),
                                make_tensors(class_of_rare), /* one class has one example */
                                make_callback(&makers[1], class_of_rare, EXAMPLES)};
    for (int i = 0; i < 4; i++) {
        check_uniform(datasets[i], i < 2 ? class_of_three : class_of_rare);
        gan_dataset_release(datasets[i]);
    }
}

/* ---- what is equal ---- */

static gan_dataset *make_vectors(const float *values, int64_t count, int64_t width,
                                 const int64_t *strides)
{
    const int64_t shape[2] = {count, width};
    gan_dataset *dataset = NULL;
    gan_tensor *t = NULL;
    float *borrowed = (float *)(uintptr_t)values; /* nobody writes */
    CHECK_OK(gan_tensor_wrap(&t, context, GAN_FLOAT32, 2, shape, strides, borrowed, NULL, NULL));
    CHECK_OK(gan_dataset_from_tensors(&dataset, context, &field_names[2], &t, 1));
    gan_tensor_release(t);
    return dataset;
}

static gan_status try_vectors(const float *values, int64_t count, int64_t width,
                              const int64_t *strides)
{
    gan_dataset *dataset = make_vectors(values, count, width, strides);
    gan__batch_plan plan = make_plan("vector", 4, false);
    gan__batcher *b;
    plan.fields = plan.partners = &field_names[2];
    gan_status status = gan__batcher_create(&b, context, dataset, &plan);
    CHECK((b != NULL) == (status == GAN_OK));
    gan__batcher_free(b);
    gan_dataset_release(dataset);
    return status;
}

TEST(values_that_are_equal)
{
    const float same[6] = {1, 0.0f, 1, -0.0f, 1, 0}, nan[4] = {NAN, 2, -NAN, 2};
    const float tiny[4] = {0, 1e-45f, 0, 0}, close[4] = {1, 1, 1, 1.0000001f};
    const float columns[6] = {5, 5, 5, 1, 2, 3};
    const int64_t down[2] = {1, 3}, across[2] = {3, 1}, none[2] = {0, 1};
    CHECK_STATUS(try_vectors(same, 3, 2, NULL), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "data: no unlike partners among 3 examples: all have the same vector");
    CHECK_STATUS(try_vectors(nan, 2, 2, NULL), GAN_E_ARGUMENT);
    CHECK_OK(try_vectors(nan, 4, 1, NULL));
    CHECK_OK(try_vectors(tiny, 2, 2, NULL));
    CHECK_OK(try_vectors(close, 2, 2, NULL));
    CHECK_STATUS(try_vectors(columns, 3, 1, NULL), GAN_E_ARGUMENT);
    CHECK_OK(try_vectors(columns, 3, 2, down));
    CHECK_OK(try_vectors(columns, 2, 3, across));
    CHECK_STATUS(try_vectors(columns, 6, 3, none), GAN_E_ARGUMENT);
    CHECK_STATUS(try_vectors(columns, 1, 3, NULL), GAN_E_ARGUMENT);
}

/* Vectors that are alike but for one number, wherever it stands, and as far as it goes: one behind
 * the other, and number by number. */
TEST(long_vectors)
{
    enum { LONG = 50 };
    static const int64_t between[2] = {1, 2};
    static float values[2 * LONG];
    for (int width = 1; width <= LONG; width++) {
        memset(values, 0, sizeof values);
        for (int i = 0; i < 2 * width; i++) {
            values[i] = 1;
            CHECK_OK(try_vectors(values, 2, width, NULL));
            CHECK_OK(try_vectors(values, 2, width, between));
            values[i] = -0.0f;
        }
        CHECK_STATUS(try_vectors(values, 2, width, NULL), GAN_E_ARGUMENT);
        CHECK_STATUS(try_vectors(values, 2, width, between), GAN_E_ARGUMENT);
    }
}

/* The partners of many vectors that differ in one number of any place, read with strides. */
TEST(vectors_differ_in_any_number)
{
    enum { COUNT = 60 };
    static float values[WIDTH][COUNT];
    const int64_t strides[2] = {1, COUNT};
    for (int i = 0; i < COUNT; i++) values[i % WIDTH][i] = i % 3 == 0 ? -1.0f : i % 5 == 0;
    gan_dataset *dataset = make_vectors(values[0], COUNT, WIDTH, strides);
    gan__batch_plan plan = make_plan("vector", 16, true);
    plan.fields = plan.partners = &field_names[2];
    gan__batcher *b = make_batcher(dataset, &plan);
    for (int i = 0; i < 100; i++) {
        gan_tensor *const *out;
        CHECK_OK(gan__batcher_next(b, &out));
        const float *own = gan_tensor_data(out[0]), *other = gan_tensor_data(out[1]);
        for (int j = 0; j < 16; j++) {
            int differ = 0;
            for (int k = 0; k < WIDTH; k++) differ += own[WIDTH * j + k] != other[WIDTH * j + k];
            CHECK(differ > 0);
        }
    }
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

/* ---- a position is found at once ---- */

TEST(partners_do_not_depend_on_the_way)
{
    static maker m;
    gan_dataset *datasets[2] = {make_tensors(class_of_three),
                                make_callback(&m, class_of_three, EXAMPLES)};
    for (int i = 0; i < 2; i++) {
        int64_t first[3 * EXAMPLES];
        gan_tensor *const *out;
        gan__batch_plan whole = make_plan("vector", 3 * EXAMPLES, false);
        gan__batch_plan part = make_plan("vector", 4, true);
        gan__batcher *b = make_batcher(datasets[i], &whole), *c = make_batcher(datasets[i], &part);
        CHECK_OK(gan__batcher_next(b, &out));
        for (int64_t j = 0; j < 3 * EXAMPLES; j++) first[j] = number_of(out[1], j);
        for (int64_t p = 3 * EXAMPLES - 4; p >= 0; p--) {
            CHECK_OK(gan__batcher_seek(c, p));
            CHECK_OK(gan__batcher_next(c, &out));
            for (int64_t j = 0; j < 4; j++) CHECK_INT(number_of(out[1], j), first[p + j]);
        }
        gan__batcher_free(b);
        gan__batcher_free(c);
        gan_dataset_release(datasets[i]);
    }
}

/* ---- what is refused ---- */

TEST(wrong_conditions)
{
    static maker m;
    gan_dataset *dataset = make_tensors(class_of_one);
    gan_dataset *one = make_callback(&m, class_of_three, 1);
    gan__batcher *b;
    gan__batch_plan plan = make_plan("label", 4, true);
    CHECK_STATUS(gan__batcher_create(&b, context, dataset, &plan), GAN_E_ARGUMENT);
    CHECK(b == NULL);
    CHECK_TEXT(gan_context_message(context),
               "data: no unlike partners among 23 examples: all have the same label");
    CHECK_STATUS(gan__batcher_create(&b, context, one, &plan), GAN_E_ARGUMENT);
    plan.condition = "image";
    CHECK_STATUS(gan__batcher_create(&b, context, dataset, &plan), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "data: the field 'image' is no condition: label or vector");
    plan.condition = "class";
    CHECK_STATUS(gan__batcher_create(&b, context, dataset, &plan), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "dataset: no field 'class': there is image, label, vector");
    const int32_t counts[4] = {1, 0, -1, 4}; /* the first without a condition */
    for (int i = 0; i < 4; i++) {
        plan = make_plan(i == 0 ? NULL : "label", 4, true);
        plan.partner_count = counts[i];
        CHECK_STATUS(gan__batcher_create(&b, context, dataset, &plan), GAN_E_ARGUMENT);
        CHECK(strstr(gan_context_message(context), "data: partners with") != NULL);
    }
    const char *const odd = "text";
    plan = make_plan("label", 4, true);
    plan.partners = &odd;
    CHECK_STATUS(gan__batcher_create(&b, context, dataset, &plan), GAN_E_ARGUMENT);
    gan_dataset_release(one);
    gan_dataset_release(dataset);
}

/* All are alike: each of at most 1024 others is asked for once, then the example is named. */
static void check_bound(int64_t count, long long tries)
{
    static maker m;
    char text[128];
    gan_tensor *const *out;
    gan_dataset *dataset = make_callback(&m, class_of_one, count);
    gan__batch_plan plan = make_plan("vector", 4, false);
    gan__batcher *b = make_batcher(dataset, &plan);
    for (int i = 1; i < 3; i++) {
        CHECK_STATUS(gan__batcher_next(b, &out), GAN_E_STATE);
        CHECK(out == NULL);
        CHECK_INT(m.calls, i * (1 + tries));
        CHECK_INT(gan__batcher_position(b), 0);
    }
    for (int64_t i = 0; i < count; i++) CHECK(m.asked[i] == 0 || m.asked[i] == 2);
    snprintf(text, sizeof text,
             "data: no unlike partner for example %d: %d others have the same vector",
             (int)expected(0, count), (int)tries);
    CHECK_TEXT(gan_context_message(context), text);
    m.class_of = class_of_three;
    CHECK_OK(gan__batcher_next(b, &out));
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

TEST(a_callback_is_asked_so_often)
{
    check_bound(20, 19);
    check_bound(1025, 1024);
    check_bound(MANY, 1024);
    CHECK_INT(GAN__UNLIKE_TRIES, 1024);
}

/* One in 1025 is unlike, and found every time. Beyond, the thread gives up and says so. */
TEST(one_odd_example_of_a_callback)
{
    static maker m;
    gan_tensor *const *out;
    gan_dataset *dataset = make_callback(&m, class_of_rare, 1025);
    gan__batch_plan plan = make_plan("label", 16, true);
    gan__batcher *b = make_batcher(dataset, &plan);
    for (int i = 0; i < 5; i++) {
        CHECK_OK(gan__batcher_next(b, &out));
        for (int64_t j = 0; j < 16; j++)
            CHECK((number_of(out[0], j) == 17) != (number_of(out[1], j) == 17));
    }
    gan__batcher_free(b);
    gan_dataset_release(dataset);
    dataset = make_callback(&m, class_of_one, MANY);
    b = make_batcher(dataset, &plan);
    for (int i = 0; i < 2; i++) CHECK_STATUS(gan__batcher_next(b, &out), GAN_E_STATE);
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

/* In the search, at an example that is not of the batch. */
TEST(a_callback_that_stops_at_a_partner)
{
    static maker m;
    char text[80];
    gan_tensor *const *out;
    gan_dataset *dataset = make_callback(&m, class_of_three, MANY);
    for (int ahead = 0; ahead < 2; ahead++) {
        gan__batch_plan plan = make_plan("label", 2, ahead);
        gan__batcher *b = make_batcher(dataset, &plan);
        m.stop_at = expected_found(class_of_three, 1, MANY);
        CHECK_STATUS(gan__batcher_next(b, &out), GAN_E_CANCELLED);
        snprintf(text, sizeof text, "dataset: the callback stopped at example %d", (int)m.stop_at);
        CHECK_TEXT(gan_context_message(context), text);
        CHECK_INT(gan__batcher_position(b), 0);
        m.stop_at = -1;
        CHECK_OK(gan__batcher_next(b, &out));
        CHECK_INT(number_of(out[1], 1), expected_found(class_of_three, 1, MANY));
        gan__batcher_free(b);
    }
    gan_dataset_release(dataset);
}

/* ---- memory ---- */

TEST(memory_is_told)
{
    gan_dataset *dataset = make_tensors(class_of_three);
    gan__batch_plan plan = make_plan("vector", 8, true);
    plan.in_flight = 5;
    gan__batcher *b = make_batcher(dataset, &plan);
    CHECK_INT(gan__batcher_memory(b), 6 * 8 * 2 * 4 + (2 * EXAMPLES + 3) * 8);
    long long allocations = fault.allocations;
    for (int i = 0; i < 30; i++) {
        gan_tensor *const *out;
        CHECK_OK(gan__batcher_next(b, &out));
    }
    CHECK_INT(fault.allocations, allocations);
    gan__batcher_free(b);
    gan_dataset_release(dataset);
}

TEST(every_allocation_may_fail)
{
    static maker m;
    gan_dataset *datasets[2] = {make_tensors(class_of_three),
                                make_callback(&m, class_of_three, EXAMPLES)};
    for (int i = 0; i < 2; i++) {
        gan_status status = GAN_E_MEMORY;
        int n = 1;
        for (; n < 100 && status != GAN_OK; n++) {
            gan__batcher *b;
            gan__batch_plan plan = make_plan("vector", 4, true);
            long long live = fault.live;
            fault.fail_at = fault.allocations + n;
            status = gan__batcher_create(&b, context, datasets[i], &plan);
            fault.fail_at = 0;
            if (status != GAN_OK) CHECK_STATUS(status, GAN_E_MEMORY);
            gan__batcher_free(b);
            CHECK_INT(fault.live, live);
        }
        CHECK_OK(status);
        CHECK(n > 8);
        gan_dataset_release(datasets[i]);
    }
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
    RUN(partners_in_tensors);
    RUN(partners_of_a_callback);
    RUN(fields_of_partners);
    RUN(all_unlike_examples_are_as_likely);
    RUN(values_that_are_equal);
    RUN(long_vectors);
    RUN(vectors_differ_in_any_number);
    RUN(partners_do_not_depend_on_the_way);
    RUN(wrong_conditions);
    RUN(a_callback_is_asked_so_often);
    RUN(one_odd_example_of_a_callback);
    RUN(a_callback_that_stops_at_a_partner);
    RUN(memory_is_told);
    RUN(every_allocation_may_fail);
    RUN(nothing_is_left);
    return test_report();
}

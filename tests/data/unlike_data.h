/* unlike_data.h: data sets of pictures with conditions, and which partners their examples must have
 * by the definition. */
#ifndef UNLIKE_DATA_H
#define UNLIKE_DATA_H

#include "data/batch.h"
#include "base/random.h"

#include "fault.h"

enum { EXAMPLES = 23, WIDTH = 4, MANY = 3000 };

static gan_context *context;
static fault_host fault;
static const char *const field_names[3] = {"image", "label", "vector"};

/* ---- data sets: pictures of one pixel that holds the example's number ---- */

/* How an example's class is told: 1 of 23, 7 and 15; all but one are equal; all are. */
TEST_UNUSED static int64_t class_of_three(int64_t example)
{
    return example == 4 ? 9 : example % 3 == 0 ? 2 : 5;
}

TEST_UNUSED static int64_t class_of_rare(int64_t example)
{
    return example == 17;
}

TEST_UNUSED static int64_t class_of_one(int64_t example)
{
    (void)example;
    return 3;
}

typedef int64_t (*class_function)(int64_t example);

/* Vectors of a class are equal, and those of two differ in the last number alone. */
TEST_UNUSED static void put_example(class_function class_of, int64_t example, void *const *data)
{
    *(float *)data[0] = (float)example / 4096;
    *(int32_t *)data[1] = (int32_t)class_of(example);
    for (int i = 0; i < WIDTH; i++) ((float *)data[2])[i] = i < WIDTH - 1 ? 0.5f : 0;
    ((float *)data[2])[WIDTH - 1] += (float)class_of(example);
}

TEST_UNUSED static gan_dataset *make_tensors(class_function class_of)
{
    const int64_t image[4] = {EXAMPLES, 1, 1, 1}, vector[2] = {EXAMPLES, WIDTH};
    gan_dataset *dataset = NULL;
    gan_tensor *t[3];
    CHECK_OK(gan_tensor_create(&t[0], context, GAN_FLOAT32, 4, image));
    CHECK_OK(gan_tensor_create(&t[1], context, GAN_INT32, 1, image));
    CHECK_OK(gan_tensor_create(&t[2], context, GAN_FLOAT32, 2, vector));
    for (int64_t i = 0; i < EXAMPLES; i++) {
        void *data[3] = {(float *)gan_tensor_data(t[0]) + i, (int32_t *)gan_tensor_data(t[1]) + i,
                         (float *)gan_tensor_data(t[2]) + WIDTH * i};
        put_example(class_of, i, data);
    }
    CHECK_OK(gan_dataset_from_tensors(&dataset, context, field_names, t, 3));
    for (int i = 0; i < 3; i++) gan_tensor_release(t[i]);
    return dataset;
}

typedef struct maker {
    class_function class_of;
    atomic_llong calls, stop_at;
    atomic_int asked[MANY];
} maker;

TEST_UNUSED static int32_t make_example(void *user, int64_t index, void *const *data)
{
    maker *m = user;
    atomic_fetch_add(&m->calls, 1);
    atomic_fetch_add(&m->asked[index], 1);
    put_example(m->class_of, index, data);
    return index == atomic_load(&m->stop_at);
}

TEST_UNUSED static gan_dataset *make_callback(maker *m, class_function class_of, int64_t count)
{
    static const int64_t one[3] = {1, 1, 1}, width = WIDTH;
    const gan_dataset_field fields[3] = {{sizeof fields[0], "image", GAN_FLOAT32, 3, one},
                                         {sizeof fields[0], "label", GAN_INT32, 0, NULL},
                                         {sizeof fields[0], "vector", GAN_FLOAT32, 1, &width}};
    gan_dataset *dataset = NULL;
    memset(m, 0, sizeof *m);
    m->class_of = class_of;
    m->stop_at = -1;
    CHECK_OK(gan_dataset_from_callback(&dataset, context, fields, 3, count, make_example, NULL, m));
    return dataset;
}

/* ---- batchers: pictures, of the examples and of their partners ---- */

TEST_UNUSED static gan__batch_plan make_plan(const char *condition, int64_t batch, bool ahead)
{
    return (gan__batch_plan){.fields = field_names,
                             .field_count = 1,
                             .batch = batch,
                             .seed = 42,
                             .stream = 3,
                             .ahead = ahead,
                             .in_flight = 1,
                             .condition = condition,
                             .partners = field_names,
                             .partner_count = condition ? 1 : 0};
}

TEST_UNUSED static gan__batcher *make_batcher(gan_dataset *dataset, const gan__batch_plan *plan)
{
    gan__batcher *b = NULL;
    CHECK_OK(gan__batcher_create(&b, context, dataset, plan));
    return b;
}

TEST_UNUSED static int64_t number_of(const gan_tensor *pictures, int64_t row)
{
    return (int64_t)(((const float *)gan_tensor_data(pictures))[row] * 4096);
}

/* ---- the definition ---- */

TEST_UNUSED static gan__draw definition(gan__purpose purpose, int64_t position, int64_t count)
{
    gan__draw draw = {42, purpose, (uint64_t)3 << 40 | (uint64_t)(position / count)};
    return draw;
}

TEST_UNUSED static int64_t expected(int64_t position, int64_t count)
{
    gan__draw draw = definition(GAN__DRAW_SHUFFLE, position, count);
    return (int64_t)gan__random_permute(&draw, (uint64_t)count, (uint64_t)(position % count));
}

TEST_UNUSED static uint64_t expected_word(int64_t position, int64_t count)
{
    gan__draw draw = definition(GAN__DRAW_UNLIKE, position, count);
    uint32_t word[4];
    gan__random_block(&draw, (uint64_t)(position % count), word);
    return (uint64_t)word[0] << 32 | word[1];
}

/* Of all unlike ones in the order of their classes, then of their numbers: a word's share. */
TEST_UNUSED static int64_t expected_partner(class_function class_of, int64_t position)
{
    int64_t list[EXAMPLES], own = class_of(expected(position, EXAMPLES)), count = 0;
    for (int64_t c = 0; c < 10; c++)
        for (int64_t i = 0; i < EXAMPLES; i++)
            if (class_of(i) == c && c != own) list[count++] = i;
    return list[expected_word(position, EXAMPLES) % (uint64_t)count];
}

/* The first unlike one in an order of all. */
TEST_UNUSED static int64_t expected_found(class_function class_of, int64_t position, int64_t count)
{
    gan__draw draw = {expected_word(position, count), GAN__DRAW_UNLIKE, 0};
    int64_t own = class_of(expected(position, count));
    for (int64_t i = 0; i < count; i++) {
        int64_t other = (int64_t)gan__random_permute(&draw, (uint64_t)count, (uint64_t)i);
        if (class_of(other) != own) return other;
    }
    return -1;
}

#endif

/* Points that are drawn from Gaussians. */
#include <gan/data.h>

#include "base/cpu.h"
#include "data_files.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

static gan_context *context;
static fault_host fault;

/* All examples of a data set: the caller frees both. */
typedef struct points {
    int64_t count, size, classes;
    float *values;
    int32_t *labels;
} points;

static points read_all(gan_dataset *data)
{
    points p = {.count = gan_dataset_count(data)};
    gan_tensor *values, *labels;
    int64_t shape[3], *indices = malloc((size_t)p.count * sizeof *indices);
    int32_t rank;
    for (int64_t i = 0; i < p.count; i++) indices[i] = i;
    CHECK_OK(gan_dataset_field_shape(data, "image", &rank, shape, NULL));
    CHECK(rank == 3 && shape[0] == 1 && shape[1] == 1);
    p.size = shape[2];
    p.classes = gan_dataset_class_count(data);
    CHECK_OK(gan_tensor_create(&values, context, GAN_FLOAT32, 4,
                               (const int64_t[]){p.count, 1, 1, p.size}));
    CHECK_OK(gan_tensor_create(&labels, context, GAN_INT32, 1, &p.count));
    CHECK_OK(gan_dataset_read(data, "image", indices, values));
    CHECK_OK(gan_dataset_read(data, "label", indices, labels));
    p.values = malloc((size_t)(p.count * p.size) * sizeof *p.values);
    p.labels = malloc((size_t)p.count * sizeof *p.labels);
    memcpy(p.values, gan_tensor_data(values), (size_t)(p.count * p.size) * sizeof *p.values);
    memcpy(p.labels, gan_tensor_data(labels), (size_t)p.count * sizeof *p.labels);
    gan_tensor_release(values);
    gan_tensor_release(labels);
    free(indices);
    return p;
}

static points read_points(const char *spec)
{
    gan_dataset *data;
    if (!CHECK_OK(gan_dataset_open(&data, context, spec))) {
        puts(gan_context_message(context));
        exit(1);
    }
    points p = read_all(data);
    gan_dataset_release(data);
    return p;
}

/* What gan_dataset_mixture tells is what points were drawn of. */
static void check_told(const char *spec, const double *centres, int64_t count, double deviation)
{
    gan_dataset *data;
    gan_tensor *told;
    double told_deviation;
    if (!CHECK_OK(gan_dataset_open(&data, context, spec)) ||
        !CHECK_OK(gan_dataset_mixture(&told, &told_deviation, data)))
        return;
    CHECK(told_deviation == deviation);
    CHECK(gan_tensor_rank(told) == 2 && gan_tensor_dtype(told) == GAN_FLOAT32);
    CHECK_INT(gan_tensor_shape(told)[0], count);
    for (int64_t i = 0; i < gan_tensor_count(told); i++)
        CHECK_NEAR(((float *)gan_tensor_data(told))[i], centres[i], 1e-6 * fmax(1, centres[i]));
    gan_tensor_release(told);
    gan_dataset_release(data);
}

static void drop(points *p)
{
    free(p->values);
    free(p->labels);
}

/* Every component has its share of the points, its centre as their mean, and the deviation in every
 * dimension, none of them going with another: within four or five standard errors. */
static void check_moments(const char *spec, const double *centres, int64_t count, double deviation)
{
    points p = read_points(spec);
    check_told(spec, centres, count, deviation);
    CHECK_INT(p.classes, count);
    for (int64_t k = 0; k < count; k++) {
        double n = 0, sum[4] = {0}, square[4] = {0}, cross = 0;
        for (int64_t i = 0; i < p.count; i++) {
            if (p.labels[i] != k) continue;
            double d[4];
            n++;
            for (int64_t j = 0; j < p.size; j++) {
                d[j] = (double)p.values[i * p.size + j] - centres[k * p.size + j];
                sum[j] += d[j];
                square[j] += d[j] * d[j];
            }
            cross += p.size > 1 ? d[0] * d[1] : 0;
        }
        const double share = 1 / (double)count, all = (double)p.count;
        CHECK_NEAR(n / all, share, 4.5 * sqrt(share * (1 - share) / all) + 1e-9);
        for (int64_t j = 0; j < p.size; j++) {
            CHECK_NEAR(sum[j] / n / deviation, 0, 4.5 / sqrt(n));
            CHECK_NEAR(square[j] / n / deviation / deviation, 1, 4.5 * sqrt(2 / n));
        }
        CHECK_NEAR(cross / n / deviation / deviation, 0, 4.5 / sqrt(n));
    }
    drop(&p);
}

TEST(a_ring)
{
    for (int n = 1; n <= 13; n++) {
        double centres[26];
        char spec[80];
        for (int k = 0; k < n; k++) {
            centres[2 * k] = 3 * cos(2 * 3.14159265358979323846 * k / n);
            centres[2 * k + 1] = 3 * sin(2 * 3.14159265358979323846 * k / n);
        }
        snprintf(spec, sizeof spec, "mixture ring=%d radius=3 count=20000 seed=%d", n, n);
        check_moments(spec, centres, n, 0.01);
    }
}

TEST(a_grid)
{
    double centres[25 * 2], cube[8 * 3];
    for (int k = 0; k < 25; k++) {
        centres[2 * k] = 2 * (k / 5) - 4;
        centres[2 * k + 1] = 2 * (k % 5) - 4;
    }
    check_moments("mixture grid=5", centres, 25, 0.05);
    for (int k = 0; k < 8; k++)
        for (int d = 0; d < 3; d++) cube[3 * k + d] = (k >> (2 - d) & 1) - 0.5;
    check_moments("mixture grid=2 dimensions=3 spacing=1 deviation=0.2 count=20000", cube, 8, 0.2);
}

TEST(any_list)
{
    static const double three[] = {0, 0.5, -1, 2e3, 1, -0.25}, line[] = {-1, 7};
    check_moments("mixture points=0,0.5:-1,2e3:1,-.25 deviation=3 count=30000", three, 3, 3);
    check_moments("mixture points=\" 0, .5 : -1,2e3 :1,-0.25\" deviation=3", three, 3, 3);
    check_moments("mixture points=-1:7 count=5000", line, 2, 0.05);
}

TEST(centres_of_a_file)
{
    static const double four[] = {1, 2, 3, 4, -1, -2, -3, -4};
    gan_tensor *tensor;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 2, (const int64_t[]){2, 4}));
    for (int i = 0; i < 8; i++) ((float *)gan_tensor_data(tensor))[i] = (float)four[i];
    CHECK_OK(gan_tensor_save(tensor, "centres.npy"));
    check_moments("mixture centres=centres.npy deviation=0.1 count=30000", four, 2, 0.1);
    gan_tensor_release(tensor);
}

static int same(const points *a, const points *b, int64_t count)
{
    return !memcmp(a->values, b->values, (size_t)(count * a->size) * sizeof *a->values) &&
           !memcmp(a->labels, b->labels, (size_t)count * sizeof *a->labels);
}

/* The first of many are those of few; another seed has others, even where it differs in the upper
 * bits alone. */
TEST(an_example_is_a_function_of_its_index_and_the_seed)
{
    points all = read_points("mixture ring=8 count=5001");
    points few = read_points("mixture ring=8 count=17");
    points other = read_points("mixture ring=8 count=5001 seed=1");
    points upper = read_points("mixture ring=8 count=5001 seed=4294967296");
    CHECK(same(&all, &few, 17));
    CHECK(!same(&all, &other, 5001) && !same(&all, &upper, 5001) && !same(&other, &upper, 5001));
    drop(&all);
    drop(&few);
    drop(&other);
    drop(&upper);
}

TEST(the_same_bits_everywhere)
{
    const char *spec = "mixture grid=3 dimensions=3 count=4003";
    points here = read_points(spec);
    gan_context *own = context;
    for (int tier = 0; tier <= (int)gan__cpu_tier(); tier++)
        for (int threads = 1; threads <= 3; threads++) {
            char text[32];
            snprintf(text, sizeof text, "threads=%d", threads);
            setenv("GAN_CPU", gan__tier_name((gan__tier)tier), 1);
            CHECK_OK(gan_context_create(&context, text, NULL, NULL, 0));
            unsetenv("GAN_CPU");
            points there = read_points(spec);
            CHECK(same(&here, &there, here.count));
            drop(&there);
            gan_context_release(context);
        }
    context = own;
    drop(&here);
}

TEST(parts)
{
    points all = read_points("mixture ring=5 count=1000 heldout=0.2 part=all");
    points train = read_points("mixture ring=5 count=1000 heldout=0.2");
    points held = read_points("mixture ring=5 count=1000 heldout=0.2 part=heldout");
    CHECK_INT(train.count, 800);
    CHECK_INT(held.count, 200);
    CHECK_INT(held.classes, 5);
    int64_t t = 0, h = 0;
    for (int64_t i = 0; i < all.count; i++) {
        const float *x = all.values + 2 * i;
        if (t < 800 && !memcmp(x, train.values + 2 * t, 8))
            t++;
        else if (h < 200 && !memcmp(x, held.values + 2 * h, 8))
            h++;
    }
    CHECK_INT(t, 800);
    CHECK_INT(h, 200);
    drop(&all);
    drop(&train);
    drop(&held);
}

/* Of four points a thousand centres have four: there are a thousand classes all the same. */
TEST(classes_that_do_not_occur)
{
    points p = read_points("mixture ring=1000 count=4");
    CHECK_INT(p.classes, 1000);
    drop(&p);
}

static const struct {
    const char *spec;
    gan_status status;
    const char *message;
} wrongs[] = {
    {"mixture", GAN_E_TEXT,
     "mixture: one of ring=, grid=, points= and centres= must say where its centres are"},
    {"mixture ring=3 grid=2", GAN_E_TEXT,
     "mixture: only one of ring=, grid=, points= and centres= must say where its centres are"},
    {"mixture ring=8 count=0", GAN_E_TEXT,
     "mixture: count=0 is all examples, and these have no end"},
    {"mixture ring=8 spacing=1", GAN_E_TEXT, "mixture: spacing=1 without grid="},
    {"mixture grid=8 radius=0.5", GAN_E_TEXT, "mixture: radius=0.5 without ring="},
    {"mixture points=1:2 dimensions=1", GAN_E_TEXT, "mixture: dimensions=1 without grid="},
    {"mixture ring=8 size=4", GAN_E_TEXT,
     "mixture: size=, fit=, channels=, crop=, flip= and transform= are for pictures, and these are "
     "points"},
    {"mixture ring=-1", GAN_E_TEXT,
     "mixture: 'ring' must be in [0, 1048576], not '-1' (line 1, column 14)"},
    {"mixture grid=2000 dimensions=2", GAN_E_TEXT,
     "mixture: 4000000 centres of 2 dimensions: there may be 1048576, and 67108864 numbers in all"},
    {"mixture points=1,2:3", GAN_E_TEXT,
     "mixture: points: point 1 does not have 2 numbers, as the first has"},
    {"mixture points=1,2:3,4,5", GAN_E_TEXT,
     "mixture: points: point 1 does not have 2 numbers, as the first has"},
    {"mixture points=1,two", GAN_E_TEXT, "mixture: points: 'two' is no number in [-1e6, 1e6]"},
    {"mixture points=1,2:", GAN_E_TEXT,
     "mixture: points: point 1 does not have 2 numbers, as the first has"},
    {"mixture points=1e7", GAN_E_TEXT, "mixture: points: '1e7' is no number in [-1e6, 1e6]"},
    {"mixture centres=flat.npy", GAN_E_SHAPE,
     "flat.npy: centres are a floating-point array K x C, and this one is float32 of 1 dimensions"},
    {"mixture centres=nan.npy", GAN_E_FORMAT,
     "nan.npy: centre 1 has a number that is not in [-1e6, 1e6]"},
};

TEST(what_is_refused)
{
    gan_tensor *flat, *nan;
    CHECK_OK(gan_tensor_create(&flat, context, GAN_FLOAT32, 1, (const int64_t[]){4}));
    CHECK_OK(gan_tensor_create(&nan, context, GAN_FLOAT32, 2, (const int64_t[]){2, 2}));
    ((float *)gan_tensor_data(nan))[3] = NAN;
    CHECK_OK(gan_tensor_save(flat, "flat.npy"));
    CHECK_OK(gan_tensor_save(nan, "nan.npy"));
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        gan_dataset *data;
        CHECK_STATUS(gan_dataset_open(&data, context, wrongs[i].spec), wrongs[i].status);
        CHECK_TEXT(gan_context_message(context), wrongs[i].message);
        CHECK(data == NULL);
    }
    gan_tensor_release(flat);
    gan_tensor_release(nan);
}

/* Every allocation fails once. */
TEST(without_memory)
{
    static const char *const specs[] = {"mixture points=0,0:1,1 count=50 heldout=0.5",
                                        "mixture centres=centres.npy count=9"};
    for (int s = 0; s < 2; s++) {
        gan_status status = GAN_E_MEMORY;
        for (int n = 1; status == GAN_E_MEMORY && n < 1000; n++) {
            gan_dataset *data;
            fault.fail_at = atomic_load(&fault.allocations) + n;
            gan_tensor *centres = NULL;
            double deviation;
            status = gan_dataset_open(&data, context, specs[s]);
            CHECK((status == GAN_OK) == (data != NULL));
            if (status == GAN_OK) {
                status = gan_dataset_mixture(&centres, &deviation, data);
                CHECK((status == GAN_OK) == (centres != NULL));
            }
            fault.fail_at = 0;
            gan_tensor_release(centres);
            gan_dataset_release(data);
        }
        CHECK_OK(status);
    }
}

int main(void)
{
    const gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=2", &host, NULL, 0));
    RUN(a_ring);
    RUN(a_grid);
    RUN(any_list);
    RUN(centres_of_a_file);
    RUN(an_example_is_a_function_of_its_index_and_the_seed);
    RUN(the_same_bits_everywhere);
    RUN(parts);
    RUN(classes_that_do_not_occur);
    RUN(what_is_refused);
    RUN(without_memory);
    gan_context_release(context);
    CHECK_INT(atomic_load(&fault.live), 0);
    return test_report();
}

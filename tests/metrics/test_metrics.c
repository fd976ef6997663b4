/* Metrics against NumPy and SciPy in double, against closed forms and against what must hold. */
#include "metric_rows.h"
#include "vectors.h"

static gan_context *context;

static gan_tensor *rows_of(uint64_t seed, int64_t count, int64_t width, float scale, float shift)
{
    const rows_plan plan = {seed, count, width, scale, shift, 0};
    return make_rows(context, &plan);
}

static gan_tensor *labels_of(int64_t count)
{
    gan_tensor *labels = NULL;
    CHECK_OK(gan_tensor_create(&labels, context, GAN_INT64, 1, &count));
    int64_t *to = gan_tensor_data(labels);
    for (int64_t i = 0; i < count; i++) to[i] = i * 7 % 5;
    return labels;
}

/* Releases both. */
static void check_pair(const char *spec, gan_tensor *a, gan_tensor *b, int count,
                       const char *const *names, const double *expected, double tolerance)
{
    gan_metric *metric = metric_over(context, spec, a, "fake", b);
    for (int i = 0; i < count; i++)
        CHECK_NEAR(value_of(metric, names[i]), expected[i], tolerance * fabs(expected[i]));
    gan_metric_release(metric);
    gan_tensor_release(a);
    gan_tensor_release(b);
}

/* ---- against SciPy ---- */

static const char *const frechet_names[] = {"distance", "mean"};

TEST(frechet)
{
    check_pair("frechet", rows_of(1, 300, 24, 1, 0), rows_of(2, 200, 24, 1.25f, 0.125f), 2,
               frechet_names, expected_frechet, 1e-12);
    check_pair("frechet", rows_of(3, 300, 24, 1, 4096), rows_of(4, 300, 24, 1.5f, 4096.5f), 2,
               frechet_names, expected_frechet_far, 1e-11);
    check_pair("frechet", rows_of(7, 400, 150, 1, 0), rows_of(8, 380, 150, 0.75f, 0.25f), 2,
               frechet_names, expected_frechet_wide, 1e-12);
}

/* Fewer rows than numbers in a row, and rows in a space of fewer dimensions. */
TEST(frechet_singular)
{
    const rows_plan first = {5, 300, 24, 0.25f, 0, 5}, second = {6, 300, 24, 0.25f, 1, 7};
    check_pair("frechet", rows_of(1, 10, 24, 1, 0), rows_of(2, 15, 24, 1.25f, 0.125f), 1,
               frechet_names, expected_frechet_few, 1e-12);
    check_pair("frechet", make_rows(context, &first), make_rows(context, &second), 1, frechet_names,
               expected_frechet_low, 1e-12);
}

/* Numbers that do not vary, and such as vary ever more, in front of others: nothing is added, and
 * nothing is lost. */
TEST(frechet_uneven)
{
    gan_tensor *sets[2] = {rows_of(1, 90, 6, 1, 0), rows_of(2, 80, 6, 1.25f, 0.125f)}, *uneven[2];
    const double expected = figure(context, "frechet", "distance", sets[0], sets[1]);
    for (int s = 0; s < 2; s++) {
        const int64_t shape[2] = {gan_tensor_shape(sets[s])[0], 9};
        CHECK_OK(gan_tensor_create(&uneven[s], context, GAN_FLOAT32, 2, shape));
        const float *from = gan_tensor_data(sets[s]);
        float *to = gan_tensor_data(uneven[s]);
        for (int64_t i = 0; i < shape[0]; i++)
            for (int64_t j = 0; j < 9; j++)
                to[i * 9 + j] = j < 2    ? 5.0f
                                : j == 2 ? 1e-12f * (float)(i % 7)
                                         : from[i * 6 + j - 3];
    }
    CHECK_NEAR(figure(context, "frechet", "distance", uneven[0], uneven[1]), expected, 1e-11);
    for (int s = 0; s < 2; s++) {
        gan_tensor_release(sets[s]);
        gan_tensor_release(uneven[s]);
    }
}

TEST(score)
{
    static const char *const specs[] = {"score", "score splits=10"};
    gan_tensor *logits = rows_of(9, 250, 10, 4, 0);
    for (int i = 0; i < 2; i++) {
        gan_metric *metric = metric_over(context, specs[i], logits, NULL, NULL);
        CHECK_NEAR(value_of(metric, "score"), expected_score[2 * i], 1e-12);
        CHECK_NEAR(value_of(metric, "deviation"), expected_score[2 * i + 1], 1e-12);
        gan_metric_release(metric);
    }
    gan_tensor_release(logits);
}

TEST(kid)
{
    static const char *const specs[] = {"kid degree=1", "kid degree=2", "kid"}, *name = "kid";
    for (int i = 0; i < 3; i++)
        check_pair(specs[i], rows_of(1, 300, 24, 1, 0), rows_of(2, 200, 24, 1.25f, 0.125f), 1,
                   &name, &expected_kid[i], 1e-11);
}

TEST(precision_recall)
{
    static const char *const names[] = {"precision", "recall", "density", "coverage"};
    static const char *const specs[] = {"precision_recall", "precision_recall k=5"};
    for (int i = 0; i < 2; i++)
        check_pair(specs[i], rows_of(1, 300, 24, 1, 0), rows_of(2, 200, 24, 1.25f, 0.125f), 4,
                   names, expected_neighbours + 4 * i, 1e-15);
}

TEST(of_classes)
{
    gan_tensor *b = rows_of(2, 200, 24, 1.25f, 0.125f), *labels = labels_of(200), *part;
    gan_tensor *logits = rows_of(9, 250, 10, 4, 0);
    gan_metric *metric = metric_over(context, "diversity", b, "label", labels);
    CHECK_NEAR(value_of(metric, "diversity"), expected_diversity[0], 1e-12);
    CHECK_NEAR(value_of(metric, "least"), expected_diversity[1], 1e-12);
    CHECK_OK(gan_metric_clear(metric, "label"));
    CHECK_NEAR(value_of(metric, "diversity"), expected_diversity[2], 1e-12);
    gan_metric_release(metric);
    CHECK_OK(gan_tensor_slice(&part, logits, 0, 0, 200));
    metric = metric_over(context, "agreement", part, "label", labels);
    CHECK_NEAR(value_of(metric, "agreement"), expected_agreement[0], 1e-15);
    gan_metric_release(metric);
    gan_tensor_release(part);
    gan_tensor_release(logits);
    gan_tensor_release(labels);
    gan_tensor_release(b);
}

TEST(auc)
{
    gan_tensor *sets[2] = {rows_of(10, 130, 1, 2, 1), rows_of(11, 170, 1, 2, 0)};
    for (int s = 0; s < 2; s++) {
        float *x = gan_tensor_data(sets[s]);
        for (int64_t i = 0; i < gan_tensor_count(sets[s]); i++) x[i] = rintf(x[i]);
    }
    CHECK_NEAR(figure(context, "auc", "auc", sets[0], sets[1]), expected_auc[0], 1e-15);
    CHECK_NEAR(figure(context, "auc", "auc", sets[1], sets[0]), 1 - expected_auc[0], 1e-15);
    CHECK_NEAR(figure(context, "auc", "auc", sets[1], sets[1]), 0.5, 1e-15);
    for (int s = 0; s < 2; s++) gan_tensor_release(sets[s]);
}

/* ---- closed forms ---- */

/* All corners of a box, with sides 2 a: mean c, covariance a^2 * n / (n - 1) of each side. */
static gan_tensor *box(int64_t width, float side, float centre)
{
    const int64_t shape[2] = {(int64_t)1 << width, width};
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 2, shape));
    float *to = gan_tensor_data(tensor);
    for (int64_t i = 0; i < shape[0]; i++)
        for (int64_t j = 0; j < width; j++)
            *to++ = centre + (i >> j & 1 ? side : -side) * (float)(j + 1);
    return tensor;
}

/* |m - m'|^2 + sum of (s - s')^2: covariances without correlation. */
TEST(gaussians)
{
    enum { WIDTH = 6 };
    gan_tensor *a = box(WIDTH, 1, 0), *b = box(WIDTH, 3, 2);
    const double n = 1 << WIDTH;
    double expected = WIDTH * 4.0;
    for (int j = 1; j <= WIDTH; j++) expected += 4.0 * j * j * n / (n - 1);
    CHECK_NEAR(figure(context, "frechet", "distance", a, b), expected, 1e-12 * expected);
    CHECK_NEAR(figure(context, "frechet", "distance", b, a), expected, 1e-12 * expected);
    gan_tensor_release(a);
    gan_tensor_release(b);
}

TEST(equal_sets)
{
    gan_tensor *a = rows_of(12, 150, 40, 3, 7), *few = rows_of(12, 20, 40, 3, 7);
    CHECK_NEAR(figure(context, "frechet", "distance", a, a), 0, 1e-10);
    CHECK_NEAR(figure(context, "frechet", "distance", few, few), 0, 1e-10);
    static const char *const whole[] = {"precision", "recall", "coverage"};
    for (int i = 0; i < 3; i++)
        CHECK_NEAR(figure(context, "precision_recall", whole[i], a, a), 1, 0);
    gan_tensor_release(few);
    gan_tensor_release(a);
}

/* One row again and again: balls of radius 0, which it lies in; covariances of nothing. */
TEST(constant_rows)
{
    gan_tensor *a = rows_of(1, 50, 7, 0, 1.1f), *b = rows_of(2, 30, 7, 0, 1.6f);
    CHECK_NEAR(figure(context, "frechet", "distance", a, a), 0, 0);
    CHECK_NEAR(figure(context, "frechet", "distance", a, b), 7 * 0.25, 1e-6);
    CHECK_NEAR(figure(context, "precision_recall", "precision", a, a), 1, 0);
    CHECK_NEAR(figure(context, "precision_recall", "recall", a, b), 0, 0);
    gan_metric *metric = metric_over(context, "diversity", a, NULL, NULL);
    CHECK_NEAR(value_of(metric, "diversity"), 0, 0);
    gan_metric_release(metric);
    gan_tensor_release(a);
    gan_tensor_release(b);
}

/* Classes that are sure and of equal share: as many as there are. Rows alike: 1. */
TEST(score_limits)
{
    const int64_t shape[2] = {20, 5};
    gan_tensor *logits = NULL;
    CHECK_OK(gan_tensor_create(&logits, context, GAN_FLOAT32, 2, shape));
    gan_metric *metric = metric_over(context, "score", logits, NULL, NULL);
    CHECK_NEAR(value_of(metric, "score"), 1, 1e-15);
    float *x = gan_tensor_data(logits);
    for (int i = 0; i < 20; i++) x[i * 5 + i % 5] = i % 2 ? 1e30f : 1000;
    CHECK_OK(gan_metric_clear(metric, "fake"));
    CHECK_OK(gan_metric_add(metric, "fake", logits));
    CHECK_NEAR(value_of(metric, "score"), 5, 1e-14);
    gan_metric_release(metric);
    gan_tensor_release(logits);
}

/* The mean over independent pairs of one distribution is 0, within four deviations of it. */
TEST(kid_is_unbiased)
{
    enum { PAIRS = 200 };
    double sum = 0, squares = 0;
    for (uint64_t i = 0; i < PAIRS; i++) {
        gan_tensor *a = rows_of(1000 + 2 * i, 12, 3, 1, 0), *b = rows_of(1001 + 2 * i, 17, 3, 1, 0);
        const double kid = figure(context, "kid", "kid", a, b);
        sum += kid;
        squares += kid * kid;
        gan_tensor_release(a);
        gan_tensor_release(b);
    }
    CHECK(squares > 0);
    CHECK_NEAR(sum / PAIRS, 0, 4 * sqrt(squares) / PAIRS);
}

TEST(kid_of_subsets)
{
    gan_tensor *a = rows_of(1, 300, 24, 1, 0), *b = rows_of(2, 200, 24, 1.25f, 0.125f);
    gan_metric *metric = metric_over(context, "kid subsets=60 size=100", a, "fake", b);
    const double all = figure(context, "kid", "kid", a, b), mean = value_of(metric, "kid");
    const double deviation = value_of(metric, "deviation");
    CHECK(deviation > 0);
    CHECK(mean != all);
    CHECK_NEAR(mean, all, deviation / 2);
    CHECK_NEAR(figure(context, "kid subsets=60 size=100", "kid", a, b), mean, 0);
    CHECK_NEAR(figure(context, "kid subsets=3 size=200", "deviation", b, b), 0, 1e-15);
    gan_metric_release(metric);
    gan_tensor_release(a);
    gan_tensor_release(b);
}

/* Eight centres on a ring; samples at 0, 2.9 and 3.1 deviations of the first three. */
TEST(modes)
{
    const int64_t shape[2] = {8, 2}, samples[2] = {5, 2};
    gan_tensor *centres = NULL, *fake = NULL;
    CHECK_OK(gan_tensor_create(&centres, context, GAN_FLOAT32, 2, shape));
    CHECK_OK(gan_tensor_create(&fake, context, GAN_FLOAT32, 2, samples));
    float *c = gan_tensor_data(centres), *x = gan_tensor_data(fake);
    for (int i = 0; i < 8; i++) {
        c[2 * i] = (float)cos(i * 0.78539816339744831);
        c[2 * i + 1] = (float)sin(i * 0.78539816339744831);
    }
    memcpy(x, c, 2 * sizeof *x);
    memcpy(x + 2, c, 6 * sizeof *x);
    x[4] += 0.029f;
    x[7] += 0.031f;
    x[8] = x[9] = 0;
    gan_metric *metric = metric_over(context, "modes sigma=0.01", centres, "fake", fake);
    CHECK_NEAR(value_of(metric, "modes"), 2, 0);
    CHECK_NEAR(value_of(metric, "good"), 0.6, 1e-15);
    gan_metric_release(metric);
    CHECK_NEAR(figure(context, "modes sigma=0.01 within=4", "modes", centres, fake), 3, 0);
    gan_tensor_release(centres);
    gan_tensor_release(fake);
}

/* ---- the same bits ---- */

static const char *const two_sets[] = {"frechet", "kid", "kid subsets=4 size=30",
                                       "precision_recall", "modes sigma=2"};

/* Rows in batches of `batch`, all values one after the other. */
static int measure(gan_context *own, int64_t width, int64_t batch, double *values)
{
    const rows_plan real = {21, 133, width, 1, 0.5f, 0}, fake = {22, 97, width, 1.25f, 0, 0};
    gan_tensor *a = make_rows(own, &real), *b = make_rows(own, &fake);
    int count = 0;
    for (size_t k = 0; k < sizeof two_sets / sizeof *two_sets; k++) {
        gan_metric *metric = NULL;
        CHECK_OK(gan_metric_create(&metric, own, two_sets[k]));
        for (int64_t i = 0; i < 133; i += batch)
            add_part(metric, "real", a, i, 133 - i < batch ? 133 - i : batch);
        for (int64_t i = 0; i < 97; i += batch)
            add_part(metric, "fake", b, i, 97 - i < batch ? 97 - i : batch);
        for (int32_t i = 0; i < gan_metric_value_count(metric); i++)
            values[count++] = value_of(metric, gan_metric_value_name(metric, i));
        gan_metric_release(metric);
    }
    gan_tensor_release(a);
    gan_tensor_release(b);
    return count;
}

TEST(same_bits)
{
    static const char *const specs[] = {"threads=1",          "threads=2",
                                        "threads=5",          "threads=2 cpu=generic",
                                        "threads=3 cpu=avx2", "threads=2 cpu=avx512"};
    static const int64_t widths[] = {1, 5, 37, 200, 1100};
    for (int w = 0; w < 5; w++) {
        double expected[16], found[16];
        const int count = measure(context, widths[w], 1000, expected);
        for (int i = 0; i < 6; i++) {
            gan_context *own = NULL;
            if (gan_context_create(&own, specs[i], NULL, NULL, 0) != GAN_OK) continue;
            CHECK_INT(measure(own, widths[w], 1 + 29 * i, found), count);
            if (!CHECK(memcmp(expected, found, (size_t)count * sizeof *found) == 0))
                printf("    %s, width %d\n", specs[i], (int)widths[w]);
            gan_context_release(own);
        }
    }
}

/* Values follow the rows that are there now. */
TEST(rows_come_and_go)
{
    gan_tensor *a = rows_of(1, 60, 9, 1, 0), *b = rows_of(2, 60, 9, 1, 1), *u = NULL;
    const int64_t pictures[4] = {60, 3, 3, 1};
    gan_metric *metric = metric_over(context, "frechet", a, "fake", b);
    const double whole = value_of(metric, "distance");
    add_part(metric, "fake", a, 0, 10);
    CHECK_INT(gan_metric_rows(metric, "fake"), 70);
    CHECK(value_of(metric, "distance") != whole);
    CHECK_OK(gan_metric_clear(metric, "fake"));
    CHECK_INT(gan_metric_rows(metric, "fake"), 0);
    CHECK_INT(gan_metric_rows(metric, "other"), 0);
    CHECK_OK(gan_metric_add(metric, "fake", b));
    CHECK_NEAR(value_of(metric, "distance"), whole, 0);
    CHECK_TEXT(gan_metric_text(metric), "frechet");
    gan_metric_release(metric);
    CHECK_OK(gan_tensor_create(&u, context, GAN_UINT8, 4, pictures)); /* all -1 */
    CHECK_NEAR(figure(context, "frechet", "mean", u, u), 0, 0);
    CHECK(figure(context, "frechet", "mean", a, u) > 8);
    gan_tensor_release(u);
    gan_tensor_release(a);
    gan_tensor_release(b);
}

/* ---- what is refused ---- */

static void refused(gan_status status, gan_status expected, const char *message)
{
    CHECK_STATUS(status, expected);
    CHECK_TEXT(gan_context_message(context), message);
}

TEST(refused_rows)
{
    gan_tensor *a = rows_of(1, 6, 4, 1, 0), *b = rows_of(2, 6, 5, 1, 0), *labels = labels_of(6);
    gan_metric *metric = NULL, *pairs = NULL;
    CHECK_OK(gan_metric_create(&metric, context, "frechet"));
    CHECK_OK(gan_metric_create(&pairs, context, "agreement"));
    CHECK_OK(gan_metric_add(metric, "real", a));
    refused(gan_metric_add(metric, "fake", b), GAN_E_SHAPE,
            "gan_metric_add: rows of 'fake' have 5 numbers, those of 'real' 4");
    refused(gan_metric_add(metric, "fakes", a), GAN_E_ARGUMENT,
            "gan_metric_add: frechet has no set 'fakes'; it has real, fake");
    refused(gan_metric_add(metric, "fake", labels), GAN_E_SHAPE,
            "gan_metric_add: 'fake' is of rank 1, not 2 or 4");
    refused(gan_metric_add(pairs, "label", a), GAN_E_SHAPE,
            "gan_metric_add: 'label' is of rank 2, not 1");
    ((float *)gan_tensor_data(a))[9] = NAN;
    refused(gan_metric_add(metric, "real", a), GAN_E_ARGUMENT,
            "gan_metric_add: row 8 of 'real' has nan, which is not finite");
    refused(gan_metric_add(pairs, "fake", a), GAN_E_ARGUMENT,
            "gan_metric_add: row 2 of 'fake' has nan, which is not finite");
    CHECK_INT(gan_metric_rows(metric, "real"), 6);
    ((int64_t *)gan_tensor_data(labels))[3] = -1;
    refused(gan_metric_add(pairs, "label", labels), GAN_E_ARGUMENT,
            "gan_metric_add: row 3 of 'label' has -1, no number of a class");
    gan_metric_release(metric);
    gan_metric_release(pairs);
    gan_tensor_release(a);
    gan_tensor_release(b);
    gan_tensor_release(labels);
}

TEST(refused_values)
{
    gan_tensor *one = rows_of(1, 1, 4, 1, 0), *three = rows_of(1, 3, 4, 1, 0);
    gan_tensor *labels = labels_of(3);
    gan_metric *metric = metric_over(context, "frechet", three, "fake", one);
    double value = 1;
    refused(gan_metric_value(metric, "distance", &value), GAN_E_STATE,
            "frechet: 'fake' has 1 row; it needs 2");
    CHECK(isnan(value));
    refused(gan_metric_value(metric, "distence", &value), GAN_E_ARGUMENT,
            "gan_metric_value: frechet has no value 'distence', did you mean 'distance'?");
    gan_metric_release(metric);
    metric = metric_over(context, "precision_recall", three, "fake", three);
    refused(gan_metric_value(metric, "recall", &value), GAN_E_STATE,
            "precision_recall: 'real' has 3 rows; it needs 4");
    gan_metric_release(metric);
    metric = metric_over(context, "kid subsets=2 size=4", three, "fake", three);
    refused(gan_metric_value(metric, "kid", &value), GAN_E_STATE,
            "kid: 'real' has 3 rows; it needs 4");
    gan_metric_release(metric);
    metric = metric_over(context, "agreement", one, "label", labels);
    refused(gan_metric_value(metric, "agreement", &value), GAN_E_STATE,
            "agreement: 'fake' has 1 rows and 'label' 3");
    CHECK_OK(gan_metric_clear(metric, "fake"));
    CHECK_OK(gan_metric_add(metric, "fake", three));
    refused(gan_metric_value(metric, "agreement", &value), GAN_E_STATE,
            "agreement: label 4 of row 2 is no class of logits of 4");
    gan_metric_release(metric);
    metric = metric_over(context, "auc", three, "fake", three);
    refused(gan_metric_value(metric, "auc", &value), GAN_E_STATE,
            "auc: rows of 4 numbers; it takes single ones");
    gan_metric_release(metric);
    metric = metric_over(context, "diversity", three, "label", labels);
    refused(gan_metric_value(metric, "least", &value), GAN_E_STATE,
            "diversity: no class has two rows of 'fake'");
    gan_metric_release(metric);
    refused(gan_metric_create(&metric, context, "frechett"), GAN_E_TEXT,
            "metric: unknown kind 'frechett', did you mean 'frechet'? (line 1, column 1)");
    CHECK_STATUS(gan_metric_create(&metric, context, "modes"), GAN_E_TEXT);
    gan_tensor_release(labels);
    gan_tensor_release(one);
    gan_tensor_release(three);
}

/* The largest and the smallest numbers that there are. */
TEST(hostile_numbers)
{
    const float scales[] = {1e38f, 1e-38f, 1e-45f};
    for (int i = 0; i < 3; i++) {
        gan_tensor *a = rows_of(1, 40, 6, scales[i], 0), *b = rows_of(2, 40, 6, scales[i], 0);
        const double square = (double)scales[i] * (double)scales[i];
        const double distance = figure(context, "frechet", "distance", a, b);
        CHECK(isfinite(distance) && distance > 0.01 * square && distance < 10 * square);
        CHECK(isfinite(figure(context, "kid", "kid", a, b)));
        CHECK(figure(context, "precision_recall", "precision", a, b) > 0.1);
        gan_tensor_release(a);
        gan_tensor_release(b);
    }
}

int main(void)
{
    context = make_context("threads=2");
    RUN(frechet);
    RUN(frechet_singular);
    RUN(frechet_uneven);
    RUN(score);
    RUN(kid);
    RUN(precision_recall);
    RUN(of_classes);
    RUN(auc);
    RUN(gaussians);
    RUN(equal_sets);
    RUN(constant_rows);
    RUN(score_limits);
    RUN(kid_is_unbiased);
    RUN(kid_of_subsets);
    RUN(modes);
    RUN(same_bits);
    RUN(rows_come_and_go);
    RUN(refused_rows);
    RUN(refused_values);
    RUN(hostile_numbers);
    gan_context_release(context);
    return test_report();
}

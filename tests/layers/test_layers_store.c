/* Parameters: their order, how they start, reading and writing, stores, gradients, panels. */
#include "harness.h"

static gan_context *context;

/* A placed layer with its store. */
static gan_layer *made(const char *statement, gan__shape in)
{
    gan_layer *layer;
    gan__shape out;
    if (!CHECK_OK(gan_layer_create(&layer, context, statement))) exit(1);
    CHECK_OK(gan__layer_place(layer, &in, 1, &out));
    CHECK_OK(gan__store_create(context, &layer, 1));
    return layer;
}

TEST(order)
{
    static const struct {
        const char *statement, *name;
        gan__shape in;
        int64_t order[4];
        int32_t rank;
        int64_t shape[4];
    } table[] = {
        {"dense 5", "weight", {-1, 2, 3, 4}, {5, 4, 2, 3}, 2, {5, 24}},
        {"conv2d 6 kernel=2x3 groups=2", "weight", {-1, 9, 9, 4}, {6, 2, 2, 3}, 4, {6, 2, 2, 3}},
        {"conv_transpose2d 6 kernel=2x3 groups=2",
         "weight",
         {-1, 9, 9, 4},
         {4, 3, 2, 3},
         4,
         {4, 3, 2, 3}},
        {"layernorm", "bias", {-1, 2, 3, 4}, {1, 4, 2, 3}, 3, {4, 2, 3}},
        {"layernorm", "bias", {-1, 1, 1, 4}, {1, 4, 1, 1}, 1, {4}},
        {"batchnorm", "running_var", {-1, 2, 3, 4}, {4, 1, 1, 1}, 1, {4}},
        {"batchnorm", "num_batches_tracked", {-1, 2, 3, 4}, {1, 1, 1, 1}, 0, {0}},
        {"embedding 7 5", "weight", {-1, 1, 1, 1}, {1, 1, 7, 5}, 2, {7, 5}},
        {"conv2d 6 spectral=yes", "weight_v", {-1, 9, 9, 4}, {1, 4, 3, 3}, 1, {36}},
        {"conv_transpose2d 6 spectral=yes", "weight_v", {-1, 9, 9, 4}, {1, 4, 3, 3}, 1, {36}},
        {"conv_transpose2d 6 spectral=yes", "weight_u", {-1, 9, 9, 4}, {6, 1, 1, 1}, 1, {6}},
        {"dense 5 spectral=yes", "weight_v", {-1, 2, 3, 4}, {1, 4, 2, 3}, 1, {24}},
    };
    for (size_t t = 0; t < sizeof table / sizeof table[0]; t++) {
        gan_layer *layer = made(table[t].statement, table[t].in);
        const gan__parameter *p = gan__layer_parameter(layer, table[t].name);
        if (!CHECK(p != NULL)) continue;
        CHECK_INT(p->rank, table[t].rank);
        for (int32_t i = 0; i < p->rank; i++) CHECK_INT(p->shape[i], table[t].shape[i]);
        for (int32_t i = 0; i < 4; i++) CHECK_INT(p->order[i], table[t].order[i]);
        gan_layer_release(layer);
    }
}

TEST(export_and_import)
{
    const int64_t orders[][4] = {
        {5, 3, 2, 4}, {33, 17, 1, 1}, {1, 6, 5, 4}, {40, 1, 1, 1}, {20, 3, 4, 4}};
    for (size_t t = 0; t < sizeof orders / sizeof orders[0]; t++) {
        const int64_t *o = orders[t];
        gan__parameter p = {.count = o[0] * o[1] * o[2] * o[3]};
        memcpy(p.order, o, sizeof p.order);
        float *torch = fixture_array(p.count), *memory = fixture_array(p.count);
        float *back = fixture_array(p.count);
        int64_t wrong = 0;
        for (int64_t i = 0; i < p.count; i++) torch[i] = (float)i;
        gan__parameter_import(&p, torch, memory);
        for (int64_t i = 0; i < p.count; i++) {
            int64_t s = i % o[3], r = i / o[3] % o[2], c = i / o[3] / o[2] % o[1];
            int64_t k = i / o[3] / o[2] / o[1];
            wrong += memory[((r * o[3] + s) * o[1] + c) * o[0] + k] != (float)i;
        }
        gan__parameter_export(&p, memory, back);
        CHECK_INT(wrong, 0);
        CHECK(memcmp(torch, back, (size_t)p.count * sizeof *torch) == 0);
        CHECK(fixture_intact(memory, p.count) && fixture_intact(back, p.count));
        fixture_release_array(torch);
        fixture_release_array(memory);
        fixture_release_array(back);
    }
}

/* ---- initial values ---- */

typedef struct moments {
    double mean, deviation, least, most;
} moments;

static moments moments_of(const float *x, int64_t count)
{
    moments m = {0, 0, INFINITY, -INFINITY};
    for (int64_t i = 0; i < count; i++) {
        m.mean += (double)x[i] / (double)count;
        m.least = fmin(m.least, (double)x[i]);
        m.most = fmax(m.most, (double)x[i]);
    }
    for (int64_t i = 0; i < count; i++) {
        double d = (double)x[i] - m.mean;
        m.deviation += d * d / (double)count;
    }
    m.deviation = sqrt(m.deviation);
    return m;
}

/* conv2d from 32 to 64 channels, 3x3: fan in 288, fan out 576. */
TEST(initial_values)
{
    const double in = 288, out = 576, root3 = sqrt(3.0);
    const struct {
        const char *initial;
        double mean, deviation, bound; /* bound 0: none */
    } table[] = {
        {"default", 0, 1 / sqrt(in) / root3, 1 / sqrt(in)},
        {"normal:0.02", 0, 0.02, 0},
        {"normal:1,0.5", 1, 0.5, 0},
        {"uniform:-0.25,0.25", 0, 0.25 / root3, 0.25},
        {"xavier", 0, sqrt(2 / (in + out)), sqrt(6 / (in + out))},
        {"xavier:2", 0, 2 * sqrt(2 / (in + out)), 2 * sqrt(6 / (in + out))},
        {"xavier_normal", 0, sqrt(2 / (in + out)), 0},
        {"kaiming", 0, sqrt(2 / in), sqrt(6 / in)},
        {"kaiming_normal:1", 0, sqrt(1 / in), 0},
        {"constant:0.5", 0.5, 0, 0.5},
        {"zeros", 0, 0, 0},
        {"ones", 1, 0, 1},
    };
    for (size_t t = 0; t < sizeof table / sizeof table[0]; t++) {
        char statement[80];
        snprintf(statement, sizeof statement, "conv2d 64 init=%s", table[t].initial);
        gan_layer *layer = made(statement, (gan__shape){-1, 8, 8, 32});
        const gan__parameter *p = &layer->parameters[0];
        moments m = moments_of(gan__parameter_value(layer, p), p->count);
        CHECK_NEAR(m.mean, table[t].mean, 1e-9 + 0.02 * table[t].deviation);
        CHECK_NEAR(m.deviation, table[t].deviation, 1e-9 + 0.02 * table[t].deviation);
        if (table[t].bound > 0)
            CHECK(m.most <= table[t].bound * 1.000001 && m.most > 0.99 * table[t].bound);
        p = &layer->parameters[1];
        m = moments_of(gan__parameter_value(layer, p), p->count);
        CHECK(m.most <= 1 / sqrt(in) && m.least >= -1 / sqrt(in) && m.deviation > 0.2 / sqrt(in));
        gan_layer_release(layer);
    }
}

/* Fans of the others: the bound of the default. */
TEST(default_ranges)
{
    static const struct {
        const char *statement;
        gan__shape in;
        double fan_in;
    } table[] = {{"dense 300", {-1, 5, 4, 10}, 200},
                 {"conv_transpose2d 64 kernel=4", {-1, 4, 4, 100}, 64 * 16},
                 {"conv2d 64 kernel=5 groups=2", {-1, 9, 9, 16}, 8 * 25}};
    for (int32_t t = 0; t < 3; t++) {
        gan_layer *layer = made(table[t].statement, table[t].in);
        for (int32_t i = 0; i < 2; i++) {
            const gan__parameter *p = &layer->parameters[i];
            moments m = moments_of(gan__parameter_value(layer, p), p->count);
            double bound = 1 / sqrt(table[t].fan_in);
            CHECK(m.most <= bound * 1.000001 && m.most > 0.9 * bound && m.least < -0.9 * bound);
        }
        gan_layer_release(layer);
    }
}

/* Rows, or columns if they are fewer, are orthogonal and of length gain. */
TEST(orthogonal)
{
    static const struct {
        const char *statement;
        gan__shape in;
        double gain;
    } table[] = {{"dense 20 init=orthogonal", {-1, 3, 4, 5}, 1},
                 {"dense 70 init=orthogonal:2", {-1, 1, 1, 30}, 2},
                 {"dense 30 init=orthogonal", {-1, 1, 1, 30}, 1},
                 {"dense 83 init=orthogonal", {-1, 1, 1, 1101}, 1}, /* odd ends of every block */
                 {"conv2d 40 init=orthogonal:0.5", {-1, 9, 9, 3}, 0.5},
                 {"conv_transpose2d 5 init=orthogonal", {-1, 9, 9, 12}, 1}};
    for (size_t t = 0; t < sizeof table / sizeof table[0]; t++) {
        gan_layer *layer = made(table[t].statement, table[t].in);
        const gan__parameter *p = &layer->parameters[0];
        int64_t rows = p->shape[0], columns = p->count / rows;
        float *torch = malloc((size_t)p->count * sizeof *torch);
        gan__parameter_export(p, gan__parameter_value(layer, p), torch);
        bool wide = rows <= columns;
        int64_t vectors = wide ? rows : columns, length = wide ? columns : rows;
        double most = 0;
        for (int64_t i = 0; i < vectors; i++) {
            for (int64_t j = 0; j < vectors; j++) {
                double dot = i == j ? -table[t].gain * table[t].gain : 0;
                for (int64_t k = 0; k < length; k++) {
                    dot += (double)torch[wide ? i * columns + k : k * columns + i] *
                           (double)torch[wide ? j * columns + k : k * columns + j];
                }
                most = fmax(most, fabs(dot));
            }
        }
        CHECK_NEAR(most, 0, 1e-6 * (1 + table[t].gain));
        CHECK(torch[0] != 0.0f && torch[0] != torch[1]);
        free(torch);
        gan_layer_release(layer);
    }
}

/* It is the Q of a normal draw A: Q^T A is upper triangular, its diagonal positive. */
TEST(orthogonal_comes_from_normal)
{
    enum { ROWS = 90, COLUMNS = 71 };
    const gan__shape in = {-1, 1, 1, COLUMNS};
    float q[ROWS * COLUMNS], a[ROWS * COLUMNS];
    context->counts.draws = 1000;
    gan_layer *orthogonal = made("dense 90 bias=no init=orthogonal", in);
    context->counts.draws = 1000;
    gan_layer *normal = made("dense 90 bias=no init=normal:1", in);
    const gan__parameter *p = &normal->parameters[0];
    gan__parameter_export(p, gan__parameter_value(orthogonal, p), q);
    gan__parameter_export(p, gan__parameter_value(normal, p), a);
    for (int32_t i = 0; i < COLUMNS; i++) {
        for (int32_t j = 0; j <= i; j++) {
            double r = 0;
            for (int32_t k = 0; k < ROWS; k++)
                r += (double)q[k * COLUMNS + i] * (double)a[k * COLUMNS + j];
            if (i == j) CHECK(r > 0.5);
            if (i != j) CHECK_NEAR(r, 0, 1e-5);
        }
    }
    gan_layer_release(orthogonal);
    gan_layer_release(normal);
}

/* Same seed and same place in the context: same values, whatever the threads; another place:
 * others. */
TEST(keyed_draws)
{
    float first[2][64];
    for (int32_t t = 0; t < 2; t++) {
        gan_context *other = test_context(t ? "threads=3 seed=9" : "threads=1 seed=9");
        gan_context *kept = context;
        context = other;
        gan_layer *a = made("dense 8 bias=no init=orthogonal", (gan__shape){-1, 1, 1, 8});
        gan_layer *b = made("dense 8 bias=no init=orthogonal", (gan__shape){-1, 1, 1, 8});
        memcpy(first[t], a->store->weights, sizeof first[t]);
        CHECK(memcmp(first[t], b->store->weights, sizeof first[t]) != 0);
        gan_layer_release(a);
        gan_layer_release(b);
        context = kept;
        gan_context_release(other);
    }
    CHECK(memcmp(first[0], first[1], sizeof first[0]) == 0);
}

/* ---- stores ---- */

TEST(shared_store)
{
    gan_layer *layers[4];
    static const char *const statements[] = {"dense 3", "relu", "batchnorm", "dense 3"};
    for (int32_t i = 0; i < 3; i++) {
        gan__shape in = {-1, 1, 1, 3}, out;
        CHECK_OK(gan_layer_create(&layers[i], context, statements[i]));
        CHECK_OK(gan__layer_place(layers[i], &in, 1, &out));
    }
    layers[3] = layers[0];
    CHECK_OK(gan__store_create(context, layers, 4));
    gan__store *store = layers[0]->store;
    CHECK(store && layers[1]->store == NULL && layers[2]->store == store);
    CHECK_INT(store->weight_count, 9 + 3 + 3 + 3);
    CHECK_INT(store->buffer_count, 3 + 3);
    CHECK_INT(store->integer_count, 1);
    CHECK_INT(store->segment_count, 7);
    CHECK_INT(atomic_load(&store->references), 2);
    CHECK_INT(layers[2]->parameters[1].offset, 15);
    CHECK_INT(gan__parameter_value(layers[2], &layers[2]->parameters[0])[2], 1);
    CHECK_OK(gan__store_create(context, layers, 4)); /* all of them have one */
    CHECK(layers[0]->store == store);
    gan_layer_release(layers[0]);
    CHECK_INT(atomic_load(&store->references), 1);
    gan_layer_release(layers[1]);
    gan_layer_release(layers[2]);
}

/* The same layer at another place must need the same parameters. */
TEST(placed_twice)
{
    gan_layer *layer = made("conv2d 8", (gan__shape){-1, 9, 9, 3});
    gan__shape other = {-1, 20, 5, 3}, wrong = {-1, 9, 9, 4}, out;
    CHECK_OK(gan__layer_place(layer, &other, 1, &out));
    CHECK_INT(out.h, 18);
    CHECK_STATUS(gan__layer_place(layer, &wrong, 1, &out), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "conv2d: weight has the shape [8, 3, 3, 3] from its first place, here it would be "
               "[8, 4, 3, 3]");
    CHECK_INT(layer->parameter_count, 2);
    CHECK_INT(layer->parameters[0].shape[1], 3);
    CHECK_INT(layer->parameters[1].offset, 216);
    gan_layer_release(layer);
}

/* ---- reading and writing ---- */

TEST(read_and_write)
{
    gan_layer *layer = made("dense 2", (gan__shape){-1, 1, 2, 3});
    const int64_t shape[2] = {2, 6}, transposed[2] = {6, 2};
    float values[12], back[12] = {0};
    gan_tensor *in, *out, *wrong;
    for (int32_t i = 0; i < 12; i++) values[i] = (float)i;
    CHECK_OK(gan_tensor_wrap(&in, context, GAN_FLOAT32, 2, shape, NULL, values, NULL, NULL));
    CHECK_OK(gan_tensor_wrap(&out, context, GAN_FLOAT32, 2, shape, NULL, back, NULL, NULL));
    CHECK_OK(gan_tensor_create(&wrong, context, GAN_FLOAT32, 2, transposed));
    uint64_t version = layer->store->version;
    CHECK_OK(gan_layer_write(layer, "weight", in));
    CHECK(layer->store->version > version);
    /* Feature 1 in PyTorch's order is c = 0, w = 1; in memory (w, c): the fourth line of two. */
    CHECK(layer->store->weights[3 * 2] == 1.0f && layer->store->weights[3 * 2 + 1] == 7.0f);
    CHECK_OK(gan_layer_read(layer, "weight", GAN_VALUE, out));
    CHECK(memcmp(values, back, sizeof values) == 0);
    CHECK_OK(gan_layer_read(layer, "weight", GAN_GRADIENT, out));
    for (int32_t i = 0; i < 12; i++) CHECK(back[i] == 0.0f);

    CHECK_STATUS(gan_layer_write(layer, "weight", wrong), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "weight has the shape [2, 6], the tensor has [6, 2]");
    CHECK_STATUS(gan_layer_read(layer, "wieght", GAN_VALUE, out), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "gan_layer_read: dense has no parameter 'wieght', did you mean 'weight'?");
    CHECK_STATUS(gan_layer_read(layer, "weight", 3, out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_layer_read(layer, NULL, GAN_VALUE, out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_layer_read(layer, "weight", GAN_VALUE, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_layer_read(NULL, "weight", GAN_VALUE, out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_layer_write((gan_layer *)out, "weight", out), GAN_E_ARGUMENT);
    gan_layer_release(layer);
    CHECK_OK(gan_layer_create(&layer, context, "dense 2"));
    CHECK_STATUS(gan_layer_read(layer, "weight", GAN_VALUE, out), GAN_E_STATE);
    gan_layer_release(layer);
    gan_tensor_release(in);
    gan_tensor_release(out);
    gan_tensor_release(wrong);
}

/* num_batches_tracked is a scalar and can be an int64; buffers have no gradient. */
TEST(integer_buffer)
{
    gan_layer *layer = made("batchnorm", (gan__shape){-1, 1, 2, 3});
    gan_tensor *count;
    CHECK_OK(gan_tensor_create(&count, context, GAN_INT64, 0, NULL));
    *(int64_t *)gan_tensor_data(count) = 1234567;
    CHECK_OK(gan_layer_write(layer, "num_batches_tracked", count));
    *(int64_t *)gan_tensor_data(count) = 0;
    CHECK_OK(gan_layer_read(layer, "num_batches_tracked", GAN_VALUE, count));
    CHECK_INT(*(int64_t *)gan_tensor_data(count), 1234567);
    CHECK_STATUS(gan_layer_read(layer, "num_batches_tracked", GAN_GRADIENT, count), GAN_E_ARGUMENT);
    gan_tensor_release(count);
    gan_layer_release(layer);
}

/* ---- panels ---- */

/* The last op gives a panel back: it goes, the memory that it shared with the one for the other
 * pass stays, and a new one finds its place. */
static void check_lost_panel(fixture *f, int pass)
{
    int64_t count = gan__shape_count(f->in[0]);
    gan__op again = f->op;
    fixture_run(f);
    float first = f->y[0], last = f->dx[0][count - 1];
    gan__panel_release(&f->cache, f->op.panels[pass]);
    CHECK_INT(f->cache.count, 1);
    CHECK_OK(f->layer->kind->plan(&again));
    CHECK_INT(f->cache.count, 2);
    f->op.panels[pass] = again.panels[pass];
    gan__panel_release(&f->cache, again.panels[1 - pass]);
    CHECK_INT(f->cache.count, 2);
    fixture_run(f);
    CHECK(f->y[0] == first && f->dx[0][count - 1] == last);
}

/* Weights written from outside are what the next pass uses; two places share one panel. */
TEST(panels)
{
    static const char *const statements[] = {"conv2d 8", "conv_transpose2d 8 kernel=4 stride=2",
                                             "dense 8"};
    for (int32_t t = 0; t < 3; t++) {
        fixture f;
        const gan__shape in = {2, 6, 6, 5};
        CHECK_OK(fixture_open(&f, context, statements[t], &in, 1, (setting){.training = true}));
        gan__op again = f.op;
        CHECK_OK(f.layer->kind->plan(&again));
        CHECK(again.panels[0] == f.op.panels[0] && again.panels[1] == f.op.panels[1]);
        for (int pass = 0; pass < 2; pass++) gan__panel_release(&f.cache, again.panels[pass]);
        CHECK_INT(f.cache.count, 2);
        for (int pass = 0; pass < 2; pass++) check_lost_panel(&f, pass);
        const gan__parameter *p = &f.layer->parameters[0];
        gan_tensor *zeros;
        CHECK_OK(gan_tensor_create(&zeros, context, GAN_FLOAT32, p->rank, p->shape));
        CHECK_OK(gan_layer_write(f.layer, "weight", zeros));
        fixture_run(&f);
        const float *bias = gan__parameter_value(f.layer, &f.layer->parameters[1]);
        for (int64_t i = 0; i < gan__shape_count(f.out); i++) CHECK(f.y[i] == bias[i % 8]);
        for (int64_t i = 0; i < gan__shape_count(in); i++) CHECK(f.dx[0][i] == 0.0f);
        gan_tensor_release(zeros);
        fixture_close(&f);
    }
}

/* ---- spectral normalisation ---- */

static double length_of(const double *x, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* The largest singular value of torch[rows][columns], by many iterations in double. */
static double largest(const float *torch, int64_t rows, int64_t columns)
{
    double *u = malloc((size_t)rows * sizeof *u), *v = malloc((size_t)columns * sizeof *v),
           sigma = 1;
    for (int64_t i = 0; i < rows; i++) u[i] = (double)mixed(77, (uint32_t)i);
    for (int32_t step = 0; step < 2000; step++) {
        for (int64_t j = 0; j < columns; j++) {
            v[j] = 0;
            for (int64_t i = 0; i < rows; i++) v[j] += u[i] * (double)torch[i * columns + j];
        }
        sigma = length_of(v, columns);
        for (int64_t j = 0; j < columns; j++) v[j] /= sigma;
        for (int64_t i = 0; i < rows; i++) {
            u[i] = 0;
            for (int64_t j = 0; j < columns; j++) u[i] += v[j] * (double)torch[i * columns + j];
        }
        sigma = length_of(u, rows);
        for (int64_t i = 0; i < rows; i++) u[i] /= sigma;
    }
    free(u);
    free(v);
    return sigma;
}

/* After many passes the layer is the one without, with its weights divided by the largest singular
 * value. */
TEST(spectral)
{
    fixture f, g;
    const gan__shape in = {2, 5, 5, 4};
    CHECK_OK(
        fixture_open(&f, context, "conv2d 6 spectral=yes", &in, 1, (setting){.training = true}));
    CHECK_OK(fixture_open(&g, context, "conv2d 6", &in, 1, (setting){.training = true}));
    const gan__parameter *w = gan__layer_parameter(f.layer, "weight_orig");
    const gan__parameter *u = gan__layer_parameter(f.layer, "weight_u");
    float torch[6 * 36];
    gan__parameter_export(w, gan__parameter_value(f.layer, w), torch);
    double squares = 0, sigma = largest(torch, 6, 36);
    CHECK(f.layer->iterates && !g.layer->iterates);
    for (int32_t i = 0; i < 6; i++) squares += pow(gan__parameter_value(f.layer, u)[i], 2);
    CHECK_NEAR(squares, 1, 1e-6);
    for (int32_t step = 0; step < 1000; step++) f.layer->kind->forward(&f.op);
    for (int32_t i = 0; i < 6 * 36; i++) torch[i] = (float)((double)torch[i] / sigma);
    set_parameter(&g, &g.layer->parameters[0], torch);
    memcpy(gan__parameter_value(g.layer, &g.layer->parameters[1]),
           gan__parameter_value(f.layer, &f.layer->parameters[1]), 6 * sizeof(float));
    g.layer->kind->forward(&g.op);
    for (int64_t i = 0; i < gan__shape_count(f.out); i++) CHECK_NEAR(f.y[i], g.y[i], 2e-5);

    /* Evaluation leaves u as it is. */
    float kept[6];
    memcpy(kept, gan__parameter_value(f.layer, u), sizeof kept);
    f.op.training = false;
    f.layer->kind->forward(&f.op);
    CHECK(memcmp(kept, gan__parameter_value(f.layer, u), sizeof kept) == 0);
    fixture_close(&f);
    fixture_close(&g);
}

/* In evaluation: sees weights that were written, and u that a training pass elsewhere moved. */
TEST(spectral_is_fresh)
{
    fixture f;
    const gan__shape in = {2, 5, 5, 4};
    const setting s = {.training = false};
    CHECK_OK(fixture_open(&f, context, "conv2d 6 bias=no spectral=yes", &in, 1, s));
    const int64_t count = gan__shape_count(f.out);
    float *first = fixture_array(count);
    f.layer->kind->forward(&f.op);
    memcpy(first, f.y, (size_t)count * sizeof *first);
    f.layer->kind->forward(&f.op);
    CHECK(memcmp(first, f.y, (size_t)count * sizeof *first) == 0);

    gan__op training = f.op;
    training.training = true;
    training.state = fixture_array((int64_t)(training.state_size / sizeof(float)));
    f.layer->kind->forward(&training);
    f.layer->kind->forward(&f.op);
    CHECK(memcmp(first, f.y, (size_t)count * sizeof *first) != 0);

    const gan__parameter *w = gan__layer_parameter(f.layer, "weight_orig");
    float torch[6 * 36];
    gan__parameter_export(w, gan__parameter_value(f.layer, w), torch);
    for (int32_t i = 0; i < 6 * 36; i++) torch[i] = -torch[i];
    memcpy(first, f.y, (size_t)count * sizeof *first);
    set_parameter(&f, w, torch);
    f.layer->kind->forward(&f.op);
    /* Sigma has changed its sign as well. */
    CHECK(memcmp(first, f.y, (size_t)count * sizeof *first) == 0);
    torch[0] += 1;
    set_parameter(&f, w, torch);
    f.layer->kind->forward(&f.op);
    CHECK(memcmp(first, f.y, (size_t)count * sizeof *first) != 0);
    fixture_release_array(training.state);
    fixture_release_array(first);
    fixture_close(&f);
}

int main(void)
{
    context = test_context("threads=2 seed=42");
    RUN(order);
    RUN(export_and_import);
    RUN(initial_values);
    RUN(default_ranges);
    RUN(orthogonal);
    RUN(orthogonal_comes_from_normal);
    RUN(keyed_draws);
    RUN(shared_store);
    RUN(placed_twice);
    RUN(read_and_write);
    RUN(integer_buffer);
    RUN(panels);
    RUN(spectral);
    RUN(spectral_is_fresh);
    gan_context_release(context);
    return test_report();
}

/* bars.h: two domains whose truth is known: pictures of 8x8 with one bright column among dark ones,
 * and the negatives of such. The place of the column is what they have in common. */
#ifndef GAN_TEST_BARS_H
#define GAN_TEST_BARS_H

#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { SIDE = 8, PIXELS = SIDE * SIDE, TRAINED = 2000, HELD_OUT = 500 };

static gan_context *bars_context;

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(bars_context));
    exit(1);
}

static uint64_t bars_state;

static double bars_uniform(void)
{
    bars_state = bars_state * 6364136223846793005u + 1442695040888963407u;
    return (double)(bars_state >> 40) / (double)(1 << 24);
}

/* Pictures, and, unless `places` is NULL, where their bars are. */
static gan_tensor *bars_make(int count, bool negative, int64_t *places)
{
    gan_tensor *pictures;
    must(gan_tensor_create(&pictures, bars_context, GAN_FLOAT32, 4,
                           (const int64_t[]){count, SIDE, SIDE, 1}));
    float *pixel = gan_tensor_data(pictures);
    for (int i = 0; i < count; i++) {
        const int place = (int)(SIDE * bars_uniform());
        if (places) places[i] = place;
        for (int k = 0; k < PIXELS; k++) {
            const double bar = k % SIDE == place ? 0.8 : -0.8, noise = 0.4 * bars_uniform() - 0.2;
            *pixel++ = (float)((negative ? -bar : bar) + noise);
        }
    }
    return pictures;
}

/* With the places as labels. */
static gan_dataset *bars_data(bool negative)
{
    static const char *const fields[2] = {"image", "label"};
    static int64_t places[TRAINED];
    gan_tensor *both[2] = {bars_make(TRAINED, negative, places), NULL};
    gan_dataset *data;
    must(gan_tensor_create(&both[1], bars_context, GAN_INT64, 1, (const int64_t[]){TRAINED}));
    memcpy(gan_tensor_data(both[1]), places, sizeof places);
    must(gan_dataset_from_tensors(&data, bars_context, fields, both, 2));
    for (int i = 0; i < 2; i++) gan_tensor_release(both[i]);
    return data;
}

/* Where the bar is: the column that is furthest from the others; and how far the picture is from
 * one of its domain, mean |d|. */
TEST_UNUSED static int bars_place(const float *picture, bool negative, double *unlikeness)
{
    const double side = negative ? -1 : 1;
    int place = 0;
    double best = -INFINITY;
    for (int x = 0; x < SIDE; x++) {
        double sum = 0;
        for (int y = 0; y < SIDE; y++) sum += side * picture[y * SIDE + x];
        if (sum > best) best = sum, place = x;
    }
    *unlikeness = 0;
    for (int k = 0; k < PIXELS; k++)
        *unlikeness += fabs((double)picture[k] - side * (k % SIDE == place ? 0.8 : -0.8)) / PIXELS;
    return place;
}

/* What a route makes of a batch of HELD_OUT: its output of that number, a new tensor. */
TEST_UNUSED static gan_tensor *bars_run(gan_trainer *t, const char *text, gan_tensor *in,
                                        int32_t output)
{
    enum { MOST = 8 };
    gan_tensor *outputs[MOST];
    gan_model *route;
    gan_runner *runner;
    must(gan_trainer_route(&route, t, text, 0));
    must(gan_runner_create(&runner, bars_context, route, "batch=500"));
    const int32_t count = gan_model_output_count(route);
    for (int32_t i = 0; i < count; i++) {
        int64_t shape[4] = {HELD_OUT};
        must(gan_runner_output_shape(runner, i, shape + 1));
        must(gan_tensor_create(&outputs[i], bars_context, GAN_FLOAT32, 4, shape));
    }
    must(gan_runner_run(runner, &in, 1, outputs, count));
    for (int32_t i = 0; i < count; i++)
        if (i != output) gan_tensor_release(outputs[i]);
    gan_runner_release(runner);
    gan_model_release(route);
    return outputs[output];
}

/* The networks of a domain, from texts that place parts: "role", "text", ..., NULL. */
static void bars_set(gan_trainer *t, char domain, const char *const *texts,
                     const char *const *names, gan_model *const *parts, int count)
{
    for (; texts[0]; texts += 2) {
        const char *placed_names[8];
        gan_model *placed[8], *model;
        char role[64], statement[64];
        int n = 0;
        for (int i = 0; i < count; i++) {
            snprintf(statement, sizeof statement, "part %s", names[i]);
            if (strstr(texts[1], statement)) placed_names[n] = names[i], placed[n++] = parts[i];
        }
        snprintf(role, sizeof role, "%s_%c", texts[0], domain);
        must(gan_model_parse_parts(&model, bars_context, texts[1], placed_names, placed, n));
        must(gan_trainer_set_model(t, role, model));
        gan_model_release(model);
    }
}

/* The networks of x and of y: with common parts, or each with parts of its own. */
TEST_UNUSED static void bars_networks(gan_trainer *t, const char *const *texts,
                                      const char *const *names, const char *const *part_texts,
                                      int count, bool common)
{
    gan_model *parts[8] = {NULL};
    for (int d = 0; d < 2; d++) {
        for (int i = 0; i < count && (d == 0 || !common); i++) {
            gan_model_release(parts[i]);
            must(gan_model_parse(&parts[i], bars_context, part_texts[i]));
        }
        bars_set(t, (char)('x' + d), texts, names, parts, count);
    }
    for (int i = 0; i < count; i++) gan_model_release(parts[i]);
}

TEST_UNUSED static void bars_feed(gan_trainer *t)
{
    for (int d = 0; d < 2; d++) {
        gan_dataset *data = bars_data(d == 1);
        must(gan_trainer_set_data(t, d ? "y" : "x", data));
        gan_dataset_release(data);
    }
}

#endif

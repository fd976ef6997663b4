/* scatter.c: points of two numbers as dots. */
#include "data/scatter.h"

#include <math.h>
#include <string.h>

enum { SIDE = GAN__SCATTER_SIDE };

/* What is shown: so much on each side of a middle. */
typedef struct scatter_window {
    double middle[2], half;
} scatter_window;

static void scatter_reach(const gan_tensor *set, int32_t axis, double *least, double *most)
{
    const float *points = set->data;
    *least = INFINITY;
    *most = -INFINITY;
    for (int64_t i = 0; i < set->shape[0]; i++) {
        const double x = (double)points[2 * i + axis];
        if (!isfinite(x)) continue;
        *least = fmin(*least, x);
        *most = fmax(*most, x);
    }
    if (*least <= *most) return;
    *least = *most = 0;
}

static scatter_window scatter_see(const gan_tensor *set)
{
    scatter_window w = {{0, 0}, 0};
    for (int32_t axis = 0; axis < 2; axis++) {
        double least, most;
        scatter_reach(set, axis, &least, &most);
        w.middle[axis] = 0.5 * least + 0.5 * most;
        w.half = fmax(w.half, 0.6 * (most - least));
    }
    if (w.half == 0) w.half = 1;
    return w;
}

/* The pixel of a number, from left to right. */
static int scatter_place(const scatter_window *w, int32_t axis, float x)
{
    const double at = ((double)x - w->middle[axis]) / w->half;
    const double place = floor(0.5 * (at + 1) * SIDE);
    return (int)fmin(fmax(place, 0), SIDE - 1);
}

/* A square of so many pixels, the upper left one a little before its middle. */
static void scatter_dot(uint8_t *picture, int row, int column, int size, const uint8_t colour[3])
{
    for (int i = row - size / 2; i < row - size / 2 + size; i++)
        for (int k = column - size / 2; k < column - size / 2 + size; k++)
            if (i >= 0 && i < SIDE && k >= 0 && k < SIDE)
                memcpy(picture + (i * SIDE + k) * 3, colour, 3);
}

void gan__scatter_draw(uint8_t *picture, gan_tensor *const *sets, int64_t count)
{
    static const uint8_t colours[][3] = {
        {112, 112, 112}, {255, 160, 32}, {64, 176, 255}, {96, 224, 96}};
    const scatter_window w = scatter_see(sets[0]);
    memset(picture, 0, (size_t)SIDE * SIDE * 3);
    for (int64_t s = 0; s < count; s++) {
        const float *points = sets[s]->data;
        for (int64_t i = 0; i < sets[s]->shape[0]; i++, points += 2)
            if (!isnan(points[0]) && !isnan(points[1]))
                scatter_dot(picture, SIDE - 1 - scatter_place(&w, 1, points[1]),
                            scatter_place(&w, 0, points[0]), s ? 2 : 4,
                            colours[s < 3 ? s : 1 + (s - 1) % 3]);
    }
}

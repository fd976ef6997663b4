/* conv_panel.c: packed weights.
 *
 * gather: [group][panel of tile columns][tap][depth][columns of the panel]; the last panel of a
 * group has only the columns that are left. narrow: the same with the taps among the columns:
 *         [panel][depth][columns], column = tap * channels + channel. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

typedef struct packing_job {
    const gan__product_kernels *product;
    gan__conv_map map;
    gan__conv_algorithm algorithm;
    int64_t taps, blocks; /* of a window; of PACKING_STEPS steps of a tap */
    const float *w;
    float *panel;
} packing_job;

/* Steps [step, step + steps) of one tap: a row of w at a time, in all panels of the group. */
static void packing_copy(const packing_job *job, int64_t group, int64_t tap, int64_t step,
                         int64_t steps)
{
    const gan__conv_map *map = &job->map;
    const float *from = job->w + (tap * map->depth + step) * map->out_c + group * map->columns;
    float *to = job->panel + group * map->columns * job->taps * map->depth;
    for (int64_t d = 0; d < steps; d++) {
        for (int64_t j = 0; j < map->columns; j += job->product->columns) {
            int64_t columns = gan__least(job->product->columns, map->columns - j);
            float *row = to + (j * job->taps + tap * columns) * map->depth + (step + d) * columns;
            memcpy(row, from + d * map->out_c + j, (size_t)columns * sizeof *row);
        }
    }
}

/* The same where a step is a column of w. */
static void packing_transpose(const packing_job *job, int64_t group, int64_t tap, int64_t step,
                              int64_t steps)
{
    const gan__conv_map *map = &job->map;
    const float *from = job->w + tap * map->columns * map->in_c + group * map->depth + step;
    float *to = job->panel + group * map->columns * job->taps * map->depth;
    for (int64_t j = 0; j < map->columns; j += job->product->columns) {
        int64_t columns = gan__least(job->product->columns, map->columns - j);
        float *rows = to + (j * job->taps + tap * columns) * map->depth + step * columns;
        job->product->transpose(columns, steps, from + j * map->in_c, map->in_c, rows, columns);
    }
}

/* Task: one block of steps of one tap of a group. w is [tap][channels of c in a group][k]. */
enum { PACKING_STEPS = 64 };
static void packing_gather(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const packing_job *job = argument;
    int64_t step = index % job->blocks * PACKING_STEPS, tap = index / job->blocks % job->taps;
    int64_t group = index / job->blocks / job->taps;
    int64_t steps = gan__least(PACKING_STEPS, job->map.depth - step);
    if (job->map.transposed)
        packing_transpose(job, group, tap, step, steps);
    else
        packing_copy(job, group, tap, step, steps);
}

/* Task: one panel. */
static void packing_narrow(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const packing_job *job = argument;
    const gan__conv_map *map = &job->map;
    int64_t column = index * job->product->columns, all = job->taps * map->out_c;
    int64_t columns = gan__least(job->product->columns, all - column);
    float *to = job->panel + column * map->depth;
    if (map->transposed) {
        job->product->transpose(columns, map->depth, job->w + column * map->in_c, map->in_c, to,
                                columns);
        return;
    }
    for (int64_t d = 0; d < map->depth; d++) {
        for (int64_t j = 0; j < columns; j++) {
            int64_t tap = (column + j) / map->out_c, channel = (column + j) % map->out_c;
            to[d * columns + j] = job->w[(tap * map->depth + d) * map->out_c + channel];
        }
    }
}

int64_t gan__conv_panel_count(const gan_context *context, const gan__conv *conv, gan__pass pass)
{
    (void)context;
    if (!gan__conv_is_packed(conv, pass)) return 0;
    if (gan__conv_choose(conv, pass) == GAN__CONV_FILTER)
        return gan__filter_panel_count(conv, pass);
    return conv->r * conv->s * (conv->c / conv->groups) * conv->k;
}

void gan__conv_pack(gan_context *context, const gan__conv *conv, gan__pass pass, const float *w,
                    float *panel)
{
    if (gan__conv_panel_count(context, conv, pass) == 0) return;
    packing_job job = {.product = gan__kernels_of(context)->product,
                       .map = gan__conv_map_of(conv, pass),
                       .algorithm = gan__conv_choose(conv, pass),
                       .taps = conv->r * conv->s,
                       .w = w,
                       .panel = panel};
    if (job.algorithm == GAN__CONV_FILTER) {
        gan__filter_pack(context, conv, pass, w, panel);
        return;
    }
    if (job.algorithm == GAN__CONV_NARROW) {
        int64_t panels = gan__quotient_up(job.taps * job.map.out_c, job.product->columns);
        gan__parallel_for(context, panels, packing_narrow, &job);
        return;
    }
    job.blocks = gan__quotient_up(job.map.depth, PACKING_STEPS);
    gan__parallel_for(context, job.map.groups * job.taps * job.blocks, packing_gather, &job);
}

bool gan__conv_panel_shared(const gan__conv *a, const gan__conv *b, gan__pass pass)
{
    return a->c == b->c && a->k == b->k && a->r == b->r && a->s == b->s && a->groups == b->groups &&
           a->stride_h == b->stride_h && a->stride_w == b->stride_w &&
           a->dilation_h == b->dilation_h && a->dilation_w == b->dilation_w &&
           a->pad_top == b->pad_top && a->pad_left == b->pad_left && a->doubled == b->doubled &&
           gan__conv_is_packed(a, pass) == gan__conv_is_packed(b, pass) &&
           gan__conv_choose(a, pass) == gan__conv_choose(b, pass) &&
           (gan__conv_choose(a, pass) != GAN__CONV_FILTER ||
            gan__filtering_of(a, pass).kind == gan__filtering_of(b, pass).kind);
}

/* conv_strips.c: convolution forward and backward_data, a row of outputs at a time.
 *
 * Where an output is the sum of few products, or each channel is for itself, writing down where
 * each row of a tile begins takes as long as the products. Here outputs of a row that have the same
 * taps inside the picture, a span of conv_gather.c, are one call: they are equally spaced, and so
 * is what they read. The sums are the same chains in the same order. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

enum {
    STRIPS_COUNT = 24, /* outputs after which the next panels' turn comes, of twice as many: what
                          they read and write is then still near */
    STRIPS_NEAR = 1 << 12, /* floats of the panels of a call: half of a level-1 cache */
};

typedef struct strips_job {
    gan_context *context;
    const gan__kernels *kernels;
    void (*multiply)(const gan__strip *strip);
    gan__conv_map map;
    const gan__span *spans_h, *spans_w;
    int64_t count_w;
    bool merged;                  /* the taps of a window's row are one line */
    int64_t lines;                /* of a whole window */
    int64_t group_panels, panels; /* of a group; of all */
    int64_t bands, band_rows;     /* of an image; of a task */
    int64_t parts;                /* that share the outputs of each span of a row */
    const float *in, *panel;
    gan__tail tail;
    float *out;
} strips_job;

size_t gan__strips_scratch(const gan__conv_map *map)
{
    return (size_t)(map->r * map->s) * 2 * sizeof(int64_t);
}

/* Where the lines of the taps of two spans begin, from the first one's pixel on and in the panel;
 * `strip` gets their number and length. */
static void strips_lines(const strips_job *job, const gan__span *h, const gan__span *w,
                         int64_t *lines, gan__strip *strip)
{
    const gan__conv_map *map = &job->map;
    const int64_t down = h->input_tap * map->in_w * map->in_c, right = w->input_tap * map->in_c;
    const int64_t across = job->merged ? gan__least(w->taps, 1) : w->taps;
    int64_t *a = lines, *b = lines + job->lines, line = 0;
    for (int64_t r = 0; r < h->taps; r++) {
        for (int64_t s = 0; s < across; s++, line++) {
            a[line] = r * down + s * right;
            b[line] = ((h->tap + r * h->tap_step) * map->s + w->tap + s * w->tap_step) * map->depth;
        }
    }
    strip->lines = line;
    strip->steps = job->merged ? w->taps * map->depth : map->depth;
    strip->a_line = a;
    strip->b_line = b;
}

/* How many panels from `first` on have as many columns and lie behind each other: all groups that
 * have one each, or the full ones of a group; as many as a near cache takes. */
static int64_t strips_alike(const strips_job *job, int64_t first, const gan__conv_slab *slab)
{
    const gan__conv_map *map = &job->map;
    const int64_t near = STRIPS_NEAR / (map->r * map->s * map->depth * slab->columns);
    int64_t alike = job->panels - first;
    if (job->group_panels > 1) {
        const int64_t full = map->columns / job->kernels->product->columns;
        alike = gan__most(1, full - first % job->group_panels);
    }
    return gan__most(1, gan__least(alike, near));
}

/* Outputs from `c` on, which read from `a` on, with all panels. */
static void strips_panels(const strips_job *job, const float *a, float *c, gan__strip *strip)
{
    const gan__conv_map *map = &job->map;
    const int64_t taps = map->r * map->s;
    for (int64_t p = 0; p < job->panels; p += strip->panels) {
        const gan__conv_slab slab =
            gan__conv_slab_of(map, job->kernels->product->columns, job->panel, p);
        strip->columns = slab.columns;
        strip->panels = strips_alike(job, p, &slab);
        strip->a = a + slab.input;
        strip->a_panel = job->group_panels > 1 ? 0 : map->depth;
        if (map->depthwise) strip->a_panel = slab.columns;
        strip->b = slab.b;
        strip->b_step = slab.b_step;
        strip->b_panel = slab.columns * (map->direct ? 1 : taps * map->depth);
        strip->bias = job->tail.bias ? job->tail.bias + slab.output : NULL;
        strip->c = c + slab.output;
        job->multiply(strip);
    }
}

/* The activation of `count` outputs from `c` on, `step` floats apart. */
static void strips_activate(const strips_job *job, int64_t count, int64_t step, float *c)
{
    const gan__tail *tail = &job->tail;
    const int64_t channels = job->map.out_c;
    if (tail->activation == GAN__LINEAR) return;
    gan__map_kernel *activate = job->kernels->vector->activate[tail->activation];
    if (step == channels) activate(count * channels, c, tail->parameter, c);
    for (int64_t i = 0; step != channels && i < count; i++, c += step)
        activate(channels, c, tail->parameter, c);
}

/* Part `part` of output `i` of span `h` of the rows: span by span. */
static void strips_row(const strips_job *job, int64_t image, const gan__span *h, int64_t i,
                       int64_t part, int64_t *lines)
{
    const gan__conv_map *map = &job->map;
    const int64_t below = h->input + i * h->input_step, row = h->output + i * h->output_step;
    const float *in = job->in + (image * map->in_h + below) * map->in_w * map->in_c;
    float *out = job->out + (image * map->out_h + row) * map->out_w * map->out_c;
    for (const gan__span *w = job->spans_w; w < job->spans_w + job->count_w; w++) {
        gan__strip strip = {.a_step = w->input_step * map->in_c};
        strips_lines(job, h, w, lines, &strip);
        strip.c_step = w->output_step * map->out_c;
        const int64_t first = w->count * part / job->parts;
        const float *a = in + w->input * map->in_c + first * strip.a_step;
        float *c = out + w->output * map->out_c + first * strip.c_step;
        int64_t left = w->count * (part + 1) / job->parts - first;
        for (; left > 0; left -= strip.count) {
            strip.count = left < 2 * STRIPS_COUNT ? left : STRIPS_COUNT;
            strips_panels(job, a, c, &strip);
            strips_activate(job, strip.count, strip.c_step, c);
            a += strip.count * strip.a_step;
            c += strip.count * strip.c_step;
        }
    }
}

/* Task: a part of some rows of outputs of one image, in the order of the spans. */
static void strips_task(void *argument, int64_t index, int32_t worker)
{
    const strips_job *job = argument;
    int64_t *lines = gan__scratch_of(job->context, worker);
    const int64_t part = index % job->parts, image = index / job->parts / job->bands;
    int64_t first = index / job->parts % job->bands * job->band_rows;
    int64_t count = gan__least(job->band_rows, job->map.out_h - first);
    const gan__span *h = job->spans_h;
    for (; count > 0; h++) {
        for (int64_t i = first; i < h->count && count > 0; i++, count--)
            strips_row(job, image, h, i, part, lines);
        first = gan__most(first - h->count, 0);
    }
}

void gan__strips_run(gan_context *context, const gan__conv_run *run)
{
    const gan__conv *conv = run->conv;
    const gan__axis vertical = gan__conv_axis(conv, run->pass, true);
    const gan__axis horizontal = gan__conv_axis(conv, run->pass, false);
    gan__span *spans_h = run->workspace, *spans_w = spans_h + gan__span_bound(&vertical);
    strips_job job = {.context = context,
                      .kernels = gan__kernels_of(context),
                      .map = gan__conv_map_of(conv, run->pass),
                      .spans_h = spans_h,
                      .spans_w = spans_w,
                      .in = run->in,
                      .panel = run->panel,
                      .out = run->out};
    const gan__product_kernels *product = job.kernels->product;
    gan__span_list(&vertical, spans_h);
    job.count_w = gan__span_list(&horizontal, spans_w);
    job.multiply = job.map.depthwise ? product->depth_strip : product->strip;
    job.merged = gan__conv_merges(&job.map, conv);
    job.lines = conv->r * conv->s;
    job.group_panels = gan__quotient_up(job.map.columns, product->columns);
    job.panels = job.map.groups * job.group_panels;
    if (run->tail) job.tail = *run->tail;
    int64_t wanted = context->threads > 1 ? 4 * context->threads : 1;
    job.bands = gan__quotient_up(wanted, gan__most(conv->n, 1));
    job.band_rows = gan__quotient_up(job.map.out_h, job.bands);
    job.bands = gan__quotient_up(job.map.out_h, job.band_rows);
    job.parts = gan__quotient_up(wanted, gan__most(conv->n * job.bands, 1));
    gan__parallel_for(context, conv->n * job.bands * job.parts, strips_task, &job);
}

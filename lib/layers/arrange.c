/* arrange.c: number k of a sample, counted in C, H, W order, stays number k: between a vector and a
 * picture that is a transposition of each sample. */
#include "layers/arrange.h"
#include "base/parallel.h"
#include "compute/pointwise.h"
#include "kernels/kernels.h"

/* A vector and a picture: each sample is a matrix of [channels][pixels] on the vector's side. */
typedef struct arrange_turn {
    const gan__product_kernels *kernels;
    int64_t channels, pixels, step, slices; /* slices of `step` pixels in each sample */
    bool back;                              /* from the picture */
    const float *x;
    float *y;
} arrange_turn;

static void arrange_turn_slice(void *argument, int64_t index, int32_t worker)
{
    const arrange_turn *job = argument;
    const int64_t c = job->channels, pixels = job->pixels;
    const int64_t sample = index / job->slices * c * pixels;
    const int64_t first = index % job->slices * job->step;
    const int64_t count = pixels - first < job->step ? pixels - first : job->step;
    const int64_t vector = sample + first, picture = sample + first * c;
    (void)worker;
    if (job->back)
        job->kernels->transpose(count, c, job->x + picture, c, job->y + vector, pixels);
    else
        job->kernels->transpose(c, count, job->x + vector, pixels, job->y + picture, c);
}

static void arrange_turn_all(gan_context *context, gan__shape picture, const float *x, float *y,
                             bool back)
{
    arrange_turn job = {gan__kernels_of(context)->product,
                        .channels = picture.c,
                        .pixels = picture.h * picture.w,
                        .back = back,
                        .x = x,
                        .y = y};
    job.step = (16384 / job.channels + 16) / 16 * 16;
    job.slices = (job.pixels + job.step - 1) / job.step;
    gan__parallel_for(context, picture.n * job.slices, arrange_turn_slice, &job);
}

typedef struct arrange_job {
    gan__shape from, to;
    const float *x;
    float *y;
    int64_t slices; /* tasks for each sample */
} arrange_job;

/* A slice of one sample's numbers, in C, H, W order on both sides. */
static void arrange_slice(void *argument, int64_t index, int32_t worker)
{
    const arrange_job *job = argument;
    const int64_t from_pixels = job->from.h * job->from.w, to_pixels = job->to.h * job->to.w;
    const int64_t count = from_pixels * job->from.c;
    const int64_t sample = index / job->slices, slice = index % job->slices;
    const int64_t first = count * slice / job->slices, end = count * (slice + 1) / job->slices;
    const float *x = job->x + sample * count;
    float *y = job->y + sample * count;
    int64_t from_c = first / from_pixels, from_p = first % from_pixels;
    int64_t to_c = first / to_pixels, to_p = first % to_pixels;
    (void)worker;
    for (int64_t i = first; i < end; i++) {
        y[to_p * job->to.c + to_c] = x[from_p * job->from.c + from_c];
        if (++from_p == from_pixels) {
            from_p = 0;
            from_c++;
        }
        if (++to_p == to_pixels) {
            to_p = 0;
            to_c++;
        }
    }
}

void gan__arrange(gan_context *context, gan__shape from, const float *x, gan__shape to, float *y)
{
    arrange_job job = {.from = from, .to = to, .x = x, .y = y, .slices = 1};
    const int64_t count = from.h * from.w * from.c;
    /* Where both sides have their numbers in the same order nothing moves. */
    bool from_plain = from.c == 1 || from.h * from.w == 1;
    bool to_plain = to.c == 1 || to.h * to.w == 1;
    bool same = from.h * from.w == to.h * to.w;
    if ((from_plain && to_plain) || same) {
        gan__copy(context, from.n * count, x, y);
        return;
    }
    if (from_plain || to_plain) {
        arrange_turn_all(context, from_plain ? to : from, x, y, to_plain);
        return;
    }
    job.slices = count / 16384 + 1;
    gan__parallel_for(context, from.n * job.slices, arrange_slice, &job);
}

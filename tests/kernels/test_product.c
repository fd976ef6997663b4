/* test_product.c: the tiles of every tier against a chain of fmaf, bit for bit, with canaries; and
 * the transforms of minimal filtering against the convolution that they make. */
#include "base/cpu.h"
#include "kernels/kernels.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = 96, LINES = 3, STEPS = 9, SHIFT = 5 };
static const float canary = 12345.0f;

static uint64_t random_state = 1;
static int64_t pick(int64_t low, int64_t high)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return low + (int64_t)((random_state >> 33) % (uint64_t)(high - low + 1));
}

static void fill(float *data, int64_t count)
{
    for (int64_t i = 0; i < count; i++) data[i] = (float)pick(-1000000, 1000000) * 1e-6f;
}

static gan__tier best_tier(void)
{
    return gan__cpu_tier();
}

typedef struct operands {
    float a[LINES * GAN__TILE_ROWS * 64], b[LINES * STEPS * WIDTH + 64], c[GAN__TILE_ROWS * WIDTH];
    const float *rows[GAN__TILE_ROWS], *lines[LINES], *b_lines[LINES];
    int64_t a_line[LINES], b_line[LINES];
    float *to[GAN__TILE_ROWS];
} operands;

/* One tile by the contract, into `expected`. */
static void reference(const gan__tile *tile, bool outer, float *expected)
{
    for (int64_t i = 0; i < tile->rows; i++) {
        for (int64_t j = 0; j < tile->columns; j++) {
            float sum = tile->accumulate ? tile->c[i][tile->c_shift + j] : 0;
            for (int64_t t = 0; t < tile->lines; t++) {
                const float *a = (outer ? tile->a[t] + i : tile->a[i]) + tile->a_shift;
                if (!outer && tile->a_line) a += tile->a_line[t];
                const float *b = outer ? tile->b_lines[t] + tile->b_shift
                                       : tile->b + tile->b_line[t] * tile->b_step;
                for (int64_t k = 0; k < tile->steps; k++)
                    sum = fmaf(a[k * (outer ? tile->a_step : 1)], b[k * tile->b_step + j], sum);
            }
            expected[i * tile->columns + j] = sum;
        }
    }
}

static void check_tile(const gan__product_kernels *product, int64_t rows, int64_t columns,
                       bool outer)
{
    static operands o;
    static float expected[GAN__TILE_ROWS * WIDTH];
    const gan__ahead ahead = {.a = pick(0, 1) ? o.rows : NULL,
                              .b = pick(0, 1) ? o.b : NULL,
                              .b_from = pick(0, 8),
                              .b_to = GAN__AHEAD_STEPS,
                              .c = pick(0, 1) ? o.to : NULL,
                              .a_far = 7,
                              .b_far = 9};
    gan__tile tile = {.rows = rows,
                      .columns = columns,
                      .lines = pick(0, LINES),
                      .steps = pick(0, STEPS),
                      .a = outer ? o.lines : o.rows,
                      .ahead = pick(0, 2) ? &ahead : NULL,
                      .a_line = pick(0, 3) ? o.a_line : NULL,
                      .a_shift = SHIFT,
                      .a_step = pick(rows, 8),
                      .b = o.b,
                      .b_line = o.b_line,
                      .b_lines = o.b_lines,
                      .b_shift = outer ? 3 : 0,
                      .b_step = pick(columns, WIDTH),
                      .c = o.to,
                      .c_shift = SHIFT,
                      .accumulate = pick(0, 1)};
    fill(o.a, sizeof o.a / sizeof *o.a);
    fill(o.b, sizeof o.b / sizeof *o.b);
    for (size_t i = 0; i < sizeof o.c / sizeof *o.c; i++) o.c[i] = canary;
    for (int64_t t = 0; t < LINES; t++) {
        o.b_line[t] = (LINES - 1 - t) * STEPS;
        o.b_lines[t] = o.b + o.b_line[t] * WIDTH;
        o.lines[t] = o.a + t * 96;
        o.a_line[t] = (t - 1) * 64;
    }
    for (int64_t i = 0; i < product->rows; i++) o.rows[i] = o.a + (1 + i) * 96;
    for (int64_t i = 0; i < rows; i++) {
        o.to[i] = o.c + (rows - 1 - i) * WIDTH;
        fill(o.to[i] + SHIFT, columns);
    }
    reference(&tile, outer, expected);
    (outer ? product->outer : product->gather)(&tile);
    int64_t wrong = 0;
    for (int64_t i = 0; i < rows; i++) {
        size_t size = (size_t)columns * sizeof(float);
        wrong += memcmp(o.to[i] + SHIFT, expected + i * columns, size) != 0;
        for (int64_t j = 0; j < WIDTH; j++) {
            bool inside = j >= SHIFT && j < SHIFT + columns;
            if (!inside) wrong += o.to[i][j] != canary;
        }
    }
    if (!CHECK_INT(wrong, 0)) {
        printf("  %s %d x %d of %d x %d\n", outer ? "outer" : "gather", (int)rows, (int)columns,
               product->rows, product->columns);
    }
}

/* Every size that a tile can have, on every tier. */
TEST(tiles)
{
    for (int tier = GAN__GENERIC; tier <= (int)best_tier(); tier++) {
        const gan__product_kernels *product = gan__kernels_of_tier((gan__tier)tier)->product;
        for (int64_t rows = 1; rows <= product->rows; rows++) {
            for (int64_t columns = 1; columns <= product->columns; columns++)
                for (int i = 0; i < 4; i++) check_tile(product, rows, columns, i % 2 != 0);
        }
    }
}

TEST(transpose)
{
    static float x[70 * 80], y[70 * 80 + 1];
    fill(x, sizeof x / sizeof *x);
    for (int tier = GAN__GENERIC; tier <= (int)best_tier(); tier++) {
        const gan__product_kernels *product = gan__kernels_of_tier((gan__tier)tier)->product;
        for (int n = 0; n < 200; n++) {
            int64_t rows = pick(0, 70), columns = pick(0, 70), wrong = 0;
            int64_t x_stride = pick(columns, 80), y_stride = pick(rows, 80);
            for (size_t i = 0; i < sizeof y / sizeof *y; i++) y[i] = canary;
            product->transpose(rows, columns, x, x_stride, y, y_stride);
            for (int64_t j = 0; j < 70; j++) {
                for (int64_t i = 0; i < y_stride; i++) {
                    bool inside = i < rows && j < columns;
                    wrong += y[j * y_stride + i] != (inside ? x[i * x_stride + j] : canary);
                }
            }
            CHECK_INT(wrong, 0);
        }
    }
}

/* Minimal filtering in one channel: points of a product, canaries behind the channels. */
enum { SQUARE = 36, CHANNELS = 40 };
typedef struct plane {
    float at[SQUARE][CHANNELS];
    float *rows[SQUARE];
} plane;

static void plane_fill(plane *p)
{
    for (int i = 0; i < SQUARE; i++) {
        p->rows[i] = p->at[i];
        for (int j = 0; j < CHANNELS; j++) p->at[i][j] = (float)pick(-9, 9);
    }
}

static void plane_clear(plane *p)
{
    plane_fill(p);
    for (int i = 0; i < SQUARE; i++)
        for (int j = 0; j < CHANNELS; j++) p->at[i][j] = canary;
}

/* Numbers of one dimension. Doubled: pixel i lies at 2 i - 1 and 2 i of those that outputs see. */
typedef struct filter_size {
    int outs, taps, pixels, points;
    bool doubled, summed; /* summed: outputs are pixels, and pixels the outputs that see them */
} filter_size;

static int pixel_of(const filter_size *size, int out, int tap, int shown)
{
    if (size->summed) return tap + shown;
    return size->doubled ? (out + tap + 1) / 2 : out + tap;
}

/* out[i] += a[i, j] b[j] in one channel; of gradients of taps these are the outputs. */
static float correlate(const filter_size *size, const plane *a, const plane *b, bool turned, int i,
                       int64_t channel)
{
    const int outs = turned ? size->taps : size->outs, taps = turned ? size->outs : size->taps;
    float sum = 0;
    for (int j = 0; j < taps * taps; j++) {
        for (int shown = 0; shown < (size->summed ? 4 : 1); shown++) {
            int y = pixel_of(size, i / outs, j / taps, shown / 2);
            int x = pixel_of(size, i % outs, j % taps, shown % 2);
            sum += a->at[y * size->pixels + x][channel] * b->at[j][channel];
        }
    }
    return sum;
}

/* What lies between the transforms. */
static void multiply_points(const filter_size *size, plane *v, const plane *u, int64_t count)
{
    for (int i = 0; i < size->points * size->points; i++) {
        for (int64_t j = 0; j < count; j++) {
            v->at[i][j] *= u->at[i][j];
            if (size->summed && i > 0) v->at[0][j] += v->at[i][j];
        }
    }
}

static void check_plane(const filter_size *size, const plane *made, const plane *d, const plane *g,
                        bool turned, int64_t count, float error)
{
    const int outs = turned ? size->taps : size->outs;
    int64_t wrong = 0;
    for (int i = 0; i < SQUARE; i++) {
        for (int64_t j = 0; j < CHANNELS; j++) {
            bool inside = j < count && i < outs * outs && made->rows[i];
            float expected = inside ? correlate(size, d, g, turned, i, j) : canary;
            wrong += fabsf(made->at[i][j] - expected) > (inside ? error : 0);
        }
    }
    CHECK_INT(wrong, 0);
}

static void check_filter(const gan__filter_kernels *filter, const filter_size *size, int64_t count,
                         float error)
{
    static plane d, g, v, u, made;
    const int points = size->points * size->points, outs = size->outs * size->outs;
    const int none = (int)pick(0, outs);
    for (int turned = 0; turned < (size->summed ? 1 : 2); turned++) {
        plane_fill(&d), plane_fill(&g);
        plane_clear(&v), plane_clear(&u), plane_clear(&made);
        if (none < outs && !turned) made.rows[none] = NULL;
        filter->input(count, (const float *const *)d.rows, v.at[0], CHANNELS);
        (turned ? filter->slopes : filter->weights)(count, (const float *const *)g.rows, u.at[0],
                                                    CHANNELS);
        int64_t wrong = 0;
        for (int i = 0; i < SQUARE; i++)
            for (int64_t j = i < points ? count : 0; j < CHANNELS; j++)
                wrong += v.at[i][j] != canary || u.at[i][j] != canary;
        CHECK_INT(wrong, 0);
        multiply_points(size, &v, &u, count);
        (turned ? filter->taps : filter->output)(count, v.at[0], CHANNELS, made.rows);
        check_plane(size, &made, &d, &g, turned, count, error);
    }
}

/* Whole numbers: exact in each tier, and so equal, but for tiles of 4x4. */
TEST(filters)
{
    static const filter_size sizes[GAN__FILTER_KINDS] = {
        [GAN__FILTER_2_2] = {2, 2, 3, 3, false, false},
        [GAN__FILTER_2_3] = {2, 3, 4, 4, false, false},
        [GAN__FILTER_4_3] = {4, 3, 6, 6, false, false},
        [GAN__FILTER_2_3_2] = {2, 3, 3, 3, true, false},
        [GAN__FILTER_1_3_2] = {1, 3, 4, 3, true, true}};
    for (int tier = GAN__GENERIC; tier <= (int)best_tier(); tier++) {
        const gan__product_kernels *product = gan__kernels_of_tier((gan__tier)tier)->product;
        for (int kind = 0; kind < GAN__FILTER_KINDS; kind++)
            for (int64_t count = 1; count <= CHANNELS; count++)
                check_filter(&product->filter[kind], &sizes[kind], count,
                             kind == GAN__FILTER_4_3 ? 2e-3f : 0);
    }
}

/* The table has what the drivers rely on. */
TEST(tables)
{
    for (int tier = GAN__GENERIC; tier <= (int)best_tier(); tier++) {
        const gan__product_kernels *product = gan__kernels_of_tier((gan__tier)tier)->product;
        CHECK(product->rows >= 1 && product->rows <= GAN__TILE_ROWS);
        CHECK(product->columns >= 1 && product->columns <= GAN__TILE_COLUMNS);
    }
}

int main(void)
{
    RUN(tiles);
    RUN(transpose);
    RUN(filters);
    RUN(tables);
    return test_report();
}

/* source_mixture.c: points drawn from Gaussians of one deviation around centres: for each example a
 * centre, all of them as likely, and
 *
 *     x = centre + deviation * N(0, 1)
 *
 * as a picture of 1 x 1 x C, whose label is the centre's number. Example i is a function of the
 * seed and of i alone, so that the first of many are those of few. */
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "compute/draw.h"
#include "data/source.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct source_mixture_options {
    gan__data_options common;
    int64_t ring, grid, dimensions;
    double radius, spacing, deviation;
    char *points, *centres;
    int64_t seed;
} source_mixture_options;

/* Centres, and numbers in all of them. */
enum { MIXTURE_MOST = 1 << 20, MIXTURE_NUMBERS = 1 << 26 };

#define MIXTURE_AT(field) offsetof(source_mixture_options, field)
static const gan__option source_mixture_table[] = {
    {"ring", GAN__OPTION_INTEGER, 0, "0", 0, MIXTURE_MOST, NULL, MIXTURE_AT(ring),
     "so many centres on a circle around 0, in two dimensions; 0: no ring"},
    {"radius", GAN__OPTION_REAL, 0, "1", 0, 1e6, NULL, MIXTURE_AT(radius), "of the ring"},
    {"grid", GAN__OPTION_INTEGER, 0, "0", 0, MIXTURE_MOST, NULL, MIXTURE_AT(grid),
     "so many centres along each dimension, around 0; 0: no grid"},
    {"spacing", GAN__OPTION_REAL, 0, "2", 0, 1e6, NULL, MIXTURE_AT(spacing),
     "between neighbours of the grid"},
    {"dimensions", GAN__OPTION_INTEGER, 0, "2", 1, 20, NULL, MIXTURE_AT(dimensions),
     "of the grid: 5 centres along each are 5*5, 5*5*5, ..."},
    {"points", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL, MIXTURE_AT(points),
     "the centres, with a colon between them: 0,0:1,0.5:-1,2"},
    {"centres", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, MIXTURE_AT(centres),
     "the centres as an array of NumPy: K x C, floating-point"},
    {"deviation", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, MIXTURE_AT(deviation),
     "of each Gaussian; 0: 0.01 of a ring, else 0.05"},
    {"seed", GAN__OPTION_INTEGER, 0, "0", 0, 9e15, NULL, MIXTURE_AT(seed), "of the examples"},
};

static const gan__option_default source_mixture_defaults[] = {{"count", "100000"}, {NULL, NULL}};
static const gan__option_block source_mixture_blocks[] = {
    GAN__BLOCK(source_mixture_table),
    GAN__BLOCK_IN(gan__data_common_options, source_mixture_options, common,
                  source_mixture_defaults),
};

static void source_mixture_settle(void *values)
{
    source_mixture_options *o = values;
    if (o->deviation == 0) o->deviation = o->ring > 0 ? 0.01 : 0.05;
}

/* ---- what goes together ---- */

static gan_status mixture_useless(gan_context *context, const char *name, double value,
                                  const char *of)
{
    char text[GAN__NUMBER_SIZE];
    return gan__fail(context, GAN_E_TEXT, "%s=%s without %s=", name, gan__number_print(value, text),
                     of);
}

static gan_status source_mixture_check(gan_context *context, const void *values)
{
    const source_mixture_options *o = values;
    const gan__transform_options *p = &o->common.picture;
    const int kinds = (o->ring > 0) + (o->grid > 0) + (o->points != NULL) + (o->centres != NULL);
    if (kinds != 1)
        return gan__fail(context, GAN_E_TEXT,
                         "%s of ring=, grid=, points= and centres= must say where its centres are",
                         kinds ? "only one" : "one");
    if (o->ring == 0 && o->radius != 1)
        return mixture_useless(context, "radius", o->radius, "ring");
    if (o->grid == 0 && o->spacing != 2)
        return mixture_useless(context, "spacing", o->spacing, "grid");
    if (o->grid == 0 && o->dimensions != 2)
        return mixture_useless(context, "dimensions", (double)o->dimensions, "grid");
    if (p->size[0] || p->size[1] || p->fit || p->channels || p->crop[0] || p->crop[1] || p->flip ||
        p->derive)
        return gan__fail(
            context, GAN_E_TEXT,
            "size=, fit=, channels=, crop=, flip= and transform= are for pictures, and "
            "these are points");
    if (o->common.count > 0) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "count=0 is all examples, and these have no end");
}

/* ---- centres ---- */

typedef struct mixture_centres {
    double *numbers; /* count x dimensions */
    int64_t count, dimensions;
} mixture_centres;

static gan_status mixture_reserve(mixture_centres *c, gan_context *context, int64_t count,
                                  int64_t dimensions)
{
    if (count > MIXTURE_MOST || dimensions > MIXTURE_NUMBERS / count)
        return gan__fail(context, GAN_E_TEXT,
                         "mixture: %" PRId64 " centres of %" PRId64 " dimensions: there may be %d, "
                         "and %d numbers in all",
                         count, dimensions, MIXTURE_MOST, MIXTURE_NUMBERS);
    c->count = count;
    c->dimensions = dimensions;
    return gan__allocate(context, &c->numbers, (size_t)(count * dimensions), sizeof *c->numbers);
}

/* sin(2 pi k / n), 0 <= k < n, by its series in the first eighth of the turn: the same everywhere,
 * as libm's is not. */
static double mixture_sine(int64_t k, int64_t n)
{
    const double pi = 3.14159265358979323846;
    if (2 * k > n) return -mixture_sine(n - k, n);
    if (4 * k > n) return mixture_sine(n - 2 * k, 2 * n); /* of the half turn's rest, halved */
    const bool cosine = 8 * k > n;
    const double x =
        cosine ? pi * (double)(n - 4 * k) / (double)(2 * n) : 2 * pi * (double)k / (double)n;
    double term = cosine ? 1 : x, sum = term;
    for (int i = cosine ? 2 : 3; i < 24; i += 2) {
        term *= -x * x / (double)(i * (i - 1));
        sum += term;
    }
    return sum;
}

static gan_status mixture_ring(mixture_centres *c, gan_context *context, int64_t n, double radius)
{
    GAN__TRY(mixture_reserve(c, context, n, 2));
    for (int64_t k = 0; k < n; k++) {
        c->numbers[2 * k] = radius * mixture_sine((4 * k + n) % (4 * n), 4 * n);
        c->numbers[2 * k + 1] = radius * mixture_sine(k, n);
    }
    return GAN_OK;
}

/* The last dimension runs fastest. */
static gan_status mixture_grid(mixture_centres *c, gan_context *context,
                               const source_mixture_options *o)
{
    int64_t count = 1;
    for (int64_t d = 0; d < o->dimensions && count <= MIXTURE_MOST; d++) count *= o->grid;
    GAN__TRY(mixture_reserve(c, context, count, o->dimensions));
    for (int64_t k = 0; k < count; k++) {
        int64_t rest = k;
        for (int64_t d = o->dimensions - 1; d >= 0; d--, rest /= o->grid)
            c->numbers[k * o->dimensions + d] =
                ((double)(rest % o->grid) - 0.5 * (double)(o->grid - 1)) * o->spacing;
    }
    return GAN_OK;
}

/* One number of the text, up to `end`: 1e6 at most, as radius and spacing. */
static gan_status mixture_number(gan_context *context, const char *text, const char *end,
                                 double *out)
{
    while (text < end && *text == ' ') text++;
    while (text < end && end[-1] == ' ') end--;
    if (gan__number_parse(text, (size_t)(end - text), out) && fabs(*out) <= 1e6) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "mixture: points: '%.*s' is no number in [-1e6, 1e6]",
                     end - text > 40 ? 40 : (int)(end - text), text);
}

static gan_status mixture_points(mixture_centres *c, gan_context *context, const char *text)
{
    int64_t points = 1, dimensions = 1;
    const char *end;
    for (const char *at = text; *at; at++) points += *at == ':';
    for (const char *at = text; *at && *at != ':'; at++) dimensions += *at == ',';
    GAN__TRY(mixture_reserve(c, context, points, dimensions));
    for (int64_t i = 0; i < points * dimensions; i++, text = end + 1) {
        const char after = i % dimensions < dimensions - 1 ? ','
                           : i < points * dimensions - 1   ? ':'
                                                           : 0;
        end = text + strcspn(text, ",:");
        if (*end != after)
            return gan__fail(context, GAN_E_TEXT,
                             "mixture: points: point %" PRId64 " does not have %" PRId64
                             " numbers, as the first has",
                             i / dimensions, dimensions);
        GAN__TRY(mixture_number(context, text, end, &c->numbers[i]));
    }
    return GAN_OK;
}

static gan_status mixture_array(mixture_centres *c, gan_context *context, const gan_tensor *array,
                                const char *path)
{
    const int64_t *shape = array->shape;
    float *values;
    if (array->rank != 2 || shape[0] < 1 || shape[1] < 1 || array->dtype != GAN_FLOAT32)
        return gan__fail(context, GAN_E_SHAPE,
                         "%s: centres are a floating-point array K x C, and this one is %s of %d "
                         "dimensions",
                         path, gan__dtype_name(array->dtype), array->rank);
    GAN__TRY(mixture_reserve(c, context, shape[0], shape[1]));
    GAN__TRY(gan__allocate_raw(context, &values, (size_t)array->count, sizeof *values));
    gan__tensor_read(array, false, values);
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < array->count && status == GAN_OK; i++) {
        c->numbers[i] = (double)values[i];
        if (!(fabsf(values[i]) <= 1e6f))
            status = gan__fail(context, GAN_E_FORMAT,
                               "%s: centre %" PRId64 " has a number that is not in [-1e6, 1e6]",
                               path, i / shape[1]);
    }
    gan__free(context, values);
    return status;
}

static gan_status mixture_find(mixture_centres *c, gan_context *context,
                               const source_mixture_options *o)
{
    gan_tensor *array;
    if (o->ring > 0) return mixture_ring(c, context, o->ring, o->radius);
    if (o->grid > 0) return mixture_grid(c, context, o);
    if (o->points) return mixture_points(c, context, o->points);
    GAN__TRY(gan_tensor_load(&array, context, o->centres));
    gan_status status = mixture_array(c, context, array, o->centres);
    gan_tensor_release(array);
    return status;
}

/* ---- examples ---- */

/* The noise of all examples is one draw; a centre's number is made of two words of another. */
static void mixture_draw(gan_context *context, const source_mixture_options *o,
                         const mixture_centres *c, float *points, int32_t *labels)
{
    const int64_t n = o->common.count, size = c->dimensions;
    const gan__draw noise = {(uint64_t)o->seed, GAN__DRAW_MIXTURE, 0};
    const gan__draw choice = {(uint64_t)o->seed, GAN__DRAW_MIXTURE, 1};
    gan__draw_normal(context, &noise, 0, n * size, 0, (float)o->deviation, points);
    for (int64_t i = 0; i < n; i++, points += size) {
        uint32_t word[4];
        gan__random_block(&choice, (uint64_t)i, word);
        labels[i] = (int32_t)(((uint64_t)word[0] << 32 | word[1]) % (uint64_t)c->count);
        const double *centre = c->numbers + labels[i] * size;
        for (int64_t d = 0; d < size; d++) points[d] = (float)(centre[d] + (double)points[d]);
    }
}

static gan_status mixture_add(gan_dataset *dataset, const source_mixture_options *o,
                              const mixture_centres *c)
{
    gan_context *context = dataset->object.context;
    const int64_t n = o->common.count, shape[4] = {n, 1, 1, c->dimensions};
    gan_tensor *points = NULL, *labels = NULL;
    gan_status status = gan_tensor_create(&points, context, GAN_FLOAT32, 4, shape);
    if (status == GAN_OK) status = gan_tensor_create(&labels, context, GAN_INT32, 1, shape);
    if (status == GAN_OK) {
        mixture_draw(context, o, c, points->data, labels->data);
        status = gan__dataset_add(dataset, "mixture", "image", points, n);
    }
    if (status == GAN_OK) status = gan__dataset_add(dataset, "mixture", "label", labels, n);
    gan_tensor_release(points);
    gan_tensor_release(labels);
    return status;
}

/* What gan_dataset_mixture tells. */
static gan_status mixture_note(gan_dataset *dataset, const source_mixture_options *o,
                               const mixture_centres *c)
{
    const int64_t shape[2] = {c->count, c->dimensions};
    GAN__TRY(gan_tensor_create(&dataset->centres, dataset->object.context, GAN_FLOAT32, 2, shape));
    float *numbers = dataset->centres->data;
    for (int64_t i = 0; i < c->count * c->dimensions; i++) numbers[i] = (float)c->numbers[i];
    dataset->deviation = o->deviation;
    dataset->class_count = c->count;
    return GAN_OK;
}

static gan_status source_mixture_open(gan_dataset *dataset, const void *values)
{
    const source_mixture_options *o = values;
    gan_context *context = dataset->object.context;
    mixture_centres centres = {NULL, 0, 0};
    gan_status status = mixture_find(&centres, context, o);
    if (status == GAN_OK) status = mixture_add(dataset, o, &centres);
    if (status == GAN_OK) status = mixture_note(dataset, o, &centres);
    gan__free(context, centres.numbers);
    dataset->is_free = true;
    return status;
}

const gan__data_kind gan__source_mixture = {
    {.name = "mixture",
     .help = "points from Gaussians: a ring of them, a grid, or any others",
     GAN__BLOCKS(source_mixture_blocks),
     .size = sizeof(source_mixture_options),
     .settle = source_mixture_settle,
     .check = source_mixture_check},
    .open = source_mixture_open};

/* ---- what is known of it ---- */

static gan_status mixture_tell(gan_tensor **out, const gan_dataset *dataset)
{
    const gan_tensor *centres = dataset->centres;
    GAN__TRY(gan_tensor_create(out, dataset->object.context, GAN_FLOAT32, 2, centres->shape));
    memcpy((*out)->data, centres->data, (size_t)centres->count * sizeof(float));
    return GAN_OK;
}

gan_status gan_dataset_mixture(gan_tensor **centres, double *deviation, const gan_dataset *dataset)
{
    if (centres) *centres = NULL;
    GAN__TRY(gan__object_check(NULL, dataset, GAN__DATASET, "gan_dataset_mixture", "dataset"));
    gan_context *context = dataset->object.context;
    if (!centres || !deviation)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_dataset_mixture: %s is NULL",
                         centres ? "deviation" : "centres");
    if (!dataset->centres)
        return gan__fail(context, GAN_E_UNSUPPORTED,
                         "gan_dataset_mixture: the data set is no mixture");
    *deviation = dataset->deviation;
    GAN__RETURN_ENTERED(context, mixture_tell(centres, dataset));
}

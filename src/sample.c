/* sample.c: gan sample RUN --out FILE. Pictures of what is drawn, and of conditions; and of chains.
 */
#include "memory_limits.h"
#include "picture_maker.h"
#include "routes.h"
#include "sheets.h"

#include <string.h>

/* What is asked for. */
typedef struct order {
    const command *self;
    gan_context *context;
    const arguments *given;
    const char *out;
    route_request from;
    int64_t count; /* 0: not given */
    int64_t steps; /* of chains; 0: not given */
    int64_t seed;
    bool array; /* an .npy file, not a sheet */
    picture_maker maker;
} order;

/* A row of the sheet is a way, or what one of several conditions has, or whole examples: as many
 * pictures side by side as there are models for each. */
static int64_t columns_of(const order *o, int64_t models, const int64_t shape[3])
{
    const example_plan *p = &o->maker.plan;
    if (p->between > 0) return p->between * models;
    if (p->grid || (p->conditions > 1 && p->count > 1)) return p->count * models;
    return sheet_columns(example_count(p), models, shape);
}

static int save(const order *o, const gan_tensor *pictures, int64_t columns)
{
    int code = EXIT_GOOD;
    gan_status status = o->array ? gan_tensor_save(pictures, o->out)
                                 : sheet_save(o->context, pictures, columns, o->out);
    if (status != GAN_OK) code = complain_status(o->self, o->context, status);
    return code == EXIT_INPUT ? EXIT_OUTPUT : code;
}

static int make_and_save(order *o)
{
    const int64_t examples = example_count(&o->maker.plan);
    gan_tensor *pictures = NULL;
    gan_status status = picture_maker_open(&o->maker, o->context, examples < 64 ? examples : 64);
    if (status == GAN_OK) status = picture_maker_make(&o->maker, &pictures);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    const int64_t columns = columns_of(o, o->maker.count, gan_tensor_shape(pictures) + 1);
    const int code = save(o, pictures, columns);
    gan_tensor_release(pictures);
    return code;
}

/* Whether the models can stand side by side. */
static int check_models(const order *o, const routes *r)
{
    int64_t first[3] = {0}, other[3] = {0};
    char why[256];
    for (int i = 0; i < r->count; i++) {
        if (!picture_maker_serves(r->models[i], !o->array, why))
            return complain(o->self, EXIT_INPUT, "%s: no pictures%s%s: %s", o->from.run,
                            *r->names[i] ? " by " : "", r->names[i], why);
        gan_model_output_shape(r->models[0], 0, first);
        gan_model_output_shape(r->models[i], 0, other);
        if (memcmp(first, other, sizeof first))
            return complain(o->self, EXIT_INPUT,
                            "'%s' and '%s' make pictures of unlike sizes; --route chooses one",
                            r->names[0], r->names[i]);
    }
    return EXIT_GOOD;
}

/* Conditions that were given are crossed by ways, all classes are not. */
static int plan_examples(order *o, const gan_model *model)
{
    example_plan *p = &o->maker.plan;
    const conditions *c = &o->maker.conditions;
    const bool given = arguments_get(o->given, "condition") != NULL;
    int code =
        conditions_open(&o->maker.conditions, o->self, o->context, o->from.run, model, o->given);
    if (code) return code;
    if (p->grid && c->count == 0)
        return complain(o->self, EXIT_USAGE, "--grid: %s takes no condition", o->from.run);
    p->conditions = c->count;
    p->crossing = given && p->between > 0 && c->count > 1;
    if (p->crossing && c->numbers)
        return complain(o->self, EXIT_USAGE,
                        "--interpolate: %s takes class numbers, and nothing lies between two of "
                        "them; give one --condition",
                        o->from.run);
    p->count = o->count                  ? o->count
               : p->between > 0          ? (c->count > 1 ? 1 : 8)
               : c->count > 1 || p->grid ? 8
                                         : 64;
    return EXIT_GOOD;
}

/* All pictures of an array are there before it is saved. */
static int check_memory(const order *o, const int64_t size[3], int64_t pictures)
{
    const double gibibyte = 1 << 30;
    const double bytes = (double)pictures * (double)(size[0] * size[1] * size[2]);
    const memory_limit limit = memory_available();
    if (bytes <= (double)limit.bytes) return EXIT_GOOD;
    return complain(o->self, EXIT_FAILED,
                    "%lld pictures of %lldx%lldx%lld need %.2f GiB of memory, and this process can "
                    "have %.2f GiB (%s); --count N takes fewer",
                    (long long)pictures, (long long)size[0], (long long)size[1], (long long)size[2],
                    bytes / gibibyte, (double)limit.bytes / gibibyte, limit.why);
}

static int check_size(const order *o, const routes *r)
{
    const example_plan *p = &o->maker.plan;
    const int64_t pictures = example_count(p) * r->count;
    int64_t size[3];
    gan_status status = gan_model_output_shape(r->models[0], 0, size);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    return o->array ? check_memory(o, size, pictures)
                    : sheet_check(o->self, "--count", p->count, size, pictures,
                                  columns_of(o, r->count, size));
}

/* ---- chains ---- */

/* What only networks that make pictures of noise and conditions know. */
static int check_chains(const order *o)
{
    static const char *const others[] = {"condition", "grid", "interpolate", "noise"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (arguments_get(o->given, others[i]))
            return complain(o->self, EXIT_USAGE,
                            "--%s: the samples of %s are chains from noise, which have none",
                            others[i], o->from.run);
    return EXIT_GOOD;
}

/* Whether so many samples have a place on a sheet: one of them, not yet finished, tells. */
static int check_samples(const order *o, gan_trainer *sampler, int64_t count)
{
    gan_tensor *one;
    gan_status status = gan_trainer_sample(&one, sampler, 1, 1, 0, 0);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    const int64_t *size = gan_tensor_shape(one) + 1;
    const char *fault = sheet_fault(size);
    const int code =
        fault ? complain(o->self, EXIT_INPUT, "%s: no pictures: %s", o->from.run, fault)
              : sheet_check(o->self, "--count", count, size, count, sheet_columns(count, 1, size));
    gan_tensor_release(one);
    return code;
}

static int serve_chains(const order *o, gan_trainer *sampler)
{
    const int64_t count = o->count ? o->count : 64;
    gan_tensor *samples = NULL, *bytes = NULL;
    int code = check_chains(o);
    if (!code && !o->array) code = check_samples(o, sampler, count);
    if (code) return code;
    gan_status status =
        gan_trainer_sample(&samples, sampler, count, o->steps, o->seed, GAN_MODEL_AVERAGED);
    if (status == GAN_OK && !o->maker.floats) status = picture_bytes(&bytes, o->context, samples);
    code = status == GAN_OK ? save(o, bytes ? bytes : samples,
                                   sheet_columns(count, 1, gan_tensor_shape(samples) + 1))
                            : complain_status(o->self, o->context, status);
    gan_tensor_release(samples);
    gan_tensor_release(bytes);
    return code;
}

static int serve(order *o)
{
    routes r;
    int code = routes_open(&r, &o->from);
    if (!code && r.sampler) {
        code = serve_chains(o, r.trainer);
        routes_free(&r);
        return code;
    }
    if (!code && o->steps > 0)
        code = complain(o->self, EXIT_USAGE,
                        "--steps %lld: the samples of %s are no chains, but made at once",
                        (long long)o->steps, o->from.run);
    if (!code) code = check_models(o, &r);
    if (!code) code = plan_examples(o, r.models[0]);
    if (!code) code = check_size(o, &r);
    if (!code) {
        for (; o->maker.count < r.count; o->maker.count++) {
            o->maker.models[o->maker.count] = r.models[o->maker.count];
            gan_model_retain(r.models[o->maker.count]);
        }
        code = make_and_save(o);
    }
    picture_maker_free(&o->maker);
    routes_free(&r);
    return code;
}

static int read_noise(order *o)
{
    const char *noise = arguments_get(o->given, "noise");
    o->maker.drawn = INPUT_UNKNOWN;
    if (!noise) return EXIT_GOOD;
    o->maker.drawn = !strcmp(noise, "uniform") ? INPUT_UNIFORM : INPUT_NORMAL;
    if (o->maker.drawn == INPUT_UNIFORM || !strcmp(noise, "normal")) return EXIT_GOOD;
    return complain(o->self, EXIT_USAGE, "--noise is '%s'; it must be normal or uniform", noise);
}

/* Everything but the context. */
static int read_order(order *o, const arguments *a)
{
    int code;
    o->given = a;
    o->from.self = o->self;
    o->from.kind = ROUTE_SAMPLE;
    o->from.run = a->operands[0];
    o->from.wanted = arguments_get(a, "route");
    o->out = arguments_get(a, "out");
    o->maker.plan.grid = arguments_get(a, "grid") != NULL;
    if (!o->out)
        return complain(o->self, EXIT_USAGE,
                        "--out FILE is missing: a .png sheet or an .npy array");
    o->array = ends_with(o->out, ".npy");
    if (!o->array && !ends_with(o->out, ".png"))
        return complain(o->self, EXIT_USAGE, "--out %s: the name must end in .png or .npy", o->out);
    o->maker.floats = arguments_get(a, "float") != NULL;
    if (o->maker.floats && !o->array)
        return complain(o->self, EXIT_USAGE, "--float: a .png sheet has bytes; give an .npy array");
    if ((code = read_noise(o))) return code;
    if (!routes_read_step(o->self, a, &o->from.step) ||
        !arguments_integer(o->self, a, "steps", 1, 1000000, 0, &o->steps) ||
        !arguments_integer(o->self, a, "interpolate", 2, 4096, 0, &o->maker.plan.between) ||
        !arguments_integer(o->self, a, "count", 1, 1 << 24, 0, &o->count))
        return EXIT_USAGE;
    return check_writable(o->self, o->out);
}

static int run_sample(const command *self, int count, char **words)
{
    arguments a;
    order o = {.self = self};
    int code;
    if (!arguments_begin(self, count, words, &a, &code)) return code;
    code = read_order(&o, &a);
    if (code) return code;
    code = open_seeded(self, &a, &o.seed, &o.context);
    if (code) return code;
    o.from.context = o.context;
    code = serve(&o);
    gan_context_release(o.context);
    return code;
}

static const char sample_notes[] =
    "Several conditions have a row of pictures each. --interpolate keeps the condition of a row "
    "and\n"
    "changes its code; where several --condition are given it keeps the code and goes from one\n"
    "condition to the next. There are then --count rows for each condition, or pair of them (1).\n";

static const flag sample_flags[] = {
    {"out", "FILE", ".png: one sheet; .npy: uint8 pictures N x H x W x C", false},
    {"float", NULL, ".npy: float32, the numbers as they are made: of points, say", false},
    {"count", "N", "how many pictures (64); of several conditions, of each (8)", false},
    {"condition", "C", "a class or vector that they are made for; may be repeated", true},
    {"grid", NULL, "a row for each condition, of the same noise: the condition alone changes",
     false},
    {"interpolate", "K", "--count rows (8), each in K pictures from one code to the next", false},
    {"route", "ROUTE", "the way, where RUN has several: \"noise > image\"", false},
    {"step", "N", step_help, false},
    {"steps", "K", "of a discriminator alone: Langevin steps from noise to sample", false},
    {"seed", "S", "of what is drawn (0)", false},
    {"noise", "KIND", "normal or uniform: of a file that does not say (normal)", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"filter", "F", "tiles of 3x3 convolutions, small or large (small)", false},
    {"help", NULL, "this text", false}};
const command command_sample = {
    "sample",
    "RUN --out FILE",
    "makes pictures of what is drawn: noise, codes; by chains, of a discriminator alone",
    1,
    1,
    sample_flags,
    sizeof sample_flags / sizeof sample_flags[0],
    run_sample,
    {sample_notes, condition_notes, route_notes}};

/* sample.c: gan sample RUN --out FILE. Pictures of what is drawn. */
#include "picture_maker.h"
#include "routes.h"
#include "sheets.h"

#include <string.h>

/* What is asked for. */
typedef struct order {
    const command *self;
    gan_context *context;
    const char *out;
    route_request from;
    const char *noise; /* NULL: as the run's trainer had it; normal for a file that does not say */
    int64_t count, between;
    bool array; /* an .npy file, not a sheet */
    picture_maker maker;
} order;

static int64_t code_count(const order *o)
{
    return o->between > 0 ? o->count * o->between : o->count;
}

/* A row of the sheet is the way between two codes, or whole examples: as many pictures side by side
 * as there are models for each code. */
static int64_t columns_of(const order *o, int64_t models)
{
    return o->between > 0 ? o->between * models : sheet_columns(o->count, models);
}

static int make_and_save(order *o)
{
    const int64_t codes = code_count(o);
    gan_tensor *pictures = NULL;
    int code = EXIT_GOOD;
    o->maker.between = o->between;
    gan_status status = picture_maker_open(&o->maker, o->context, codes < 64 ? codes : 64);
    if (status == GAN_OK) status = picture_maker_make(&o->maker, codes, &pictures);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    status = o->array ? gan_tensor_save(pictures, o->out)
                      : gan_image_sheet(pictures, columns_of(o, o->maker.count), o->out);
    gan_tensor_release(pictures);
    if (status != GAN_OK) code = complain_status(o->self, o->context, status);
    return code == EXIT_INPUT ? EXIT_OUTPUT : code;
}

/* Whether the models can stand side by side, and their pictures on a sheet. */
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
    return o->array ? EXIT_GOOD
                    : sheet_check(o->self, "--count", o->count, first, code_count(o) * r->count,
                                  columns_of(o, r->count));
}

static int serve(order *o)
{
    routes r;
    int code = routes_open(&r, &o->from);
    if (!code) code = check_models(o, &r);
    if (!code) {
        const char *prior = o->noise ? o->noise : gan_model_note(r.models[0], "prior");
        o->maker.uniform = prior && !strcmp(prior, "uniform");
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

/* Everything but the context. */
static int read_order(order *o, const arguments *a)
{
    const char *noise = o->noise = arguments_get(a, "noise");
    o->from.self = o->self;
    o->from.kind = ROUTE_SAMPLE;
    o->from.run = a->operands[0];
    o->from.wanted = arguments_get(a, "route");
    o->out = arguments_get(a, "out");
    if (!o->out)
        return complain(o->self, EXIT_USAGE,
                        "--out FILE is missing: a .png sheet or an .npy array");
    o->array = ends_with(o->out, ".npy");
    if (!o->array && !ends_with(o->out, ".png"))
        return complain(o->self, EXIT_USAGE, "--out %s: the name must end in .png or .npy", o->out);
    if (noise && strcmp(noise, "normal") && strcmp(noise, "uniform"))
        return complain(o->self, EXIT_USAGE, "--noise is '%s'; it must be normal or uniform",
                        noise);
    if (!arguments_integer(o->self, a, "step", 0, INT64_MAX, -1, &o->from.step) ||
        !arguments_integer(o->self, a, "interpolate", 2, 4096, 0, &o->between) ||
        !arguments_integer(o->self, a, "count", 1, 1 << 24, o->between ? 8 : 64, &o->count))
        return EXIT_USAGE;
    return check_writable(o->self, o->out);
}

static int run_sample(const command *self, int count, char **words)
{
    arguments a;
    order o = {.self = self};
    int64_t seed, threads;
    int code;
    if (!arguments_begin(self, count, words, &a, &code)) return code;
    code = read_order(&o, &a);
    if (code) return code;
    if (!arguments_integer(self, &a, "seed", 0, INT64_MAX, 0, &seed) ||
        !arguments_integer(self, &a, "threads", 0, 1024, 0, &threads))
        return EXIT_USAGE;
    code = open_context(self, &a, seed, threads, &o.context);
    if (code) return code;
    o.from.context = o.context;
    code = serve(&o);
    gan_context_release(o.context);
    return code;
}

static const flag sample_flags[] = {
    {"out", "FILE", ".png: one sheet; .npy: uint8 pictures N x H x W x C", false},
    {"count", "N", "how many pictures (64), or rows of --interpolate (8)", false},
    {"interpolate", "K", "each row goes in K pictures from one code to the next", false},
    {"route", "ROUTE", "the way, where RUN has several: \"noise > image\"", false},
    {"step", "N", "the kept checkpoint of this step, not the newest", false},
    {"seed", "S", "of what is drawn (0)", false},
    {"noise", "KIND", "normal or uniform: of a file that does not say (normal)", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"help", NULL, "this text", false}};
const command command_sample = {
    "sample",   "RUN --out FILE", "makes pictures of what is drawn: noise, codes", 1,
    1,          sample_flags,     sizeof sample_flags / sizeof sample_flags[0],    run_sample,
    route_notes};

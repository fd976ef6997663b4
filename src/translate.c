/* translate.c: gan translate and gan encode: pictures through a run's networks, to pictures or to
 * codes. */
#include "routes.h"

#include <string.h>

/* Pictures that go through at a time. */
enum { CHUNK = 64 };

typedef struct order {
    const command *self;
    gan_context *context;
    const char *run, *out, *route, *data;
    const char *const *files;
    int file_count;
    int64_t step, count;
    route_kind kind;
    bool array; /* an .npy file, not a sheet */
} order;

/* ---- what goes in ---- */

/* Examples [0, count) of the data set that a description names. */
static gan_status read_data(const order *o, gan_tensor **out)
{
    gan_dataset *data;
    int64_t shape[4], indices[CHUNK];
    int32_t rank;
    *out = NULL;
    gan_status status = gan_dataset_open(&data, o->context, o->data);
    if (status != GAN_OK) return status;
    const int64_t all = gan_dataset_count(data);
    shape[0] = o->count > 0 && o->count < all ? o->count : all;
    status = gan_dataset_field_shape(data, "image", &rank, shape + 1, NULL);
    if (status == GAN_OK) status = gan_tensor_create(out, o->context, GAN_FLOAT32, 4, shape);
    for (int64_t at = 0; at < shape[0] && status == GAN_OK; at += CHUNK) {
        const int64_t n = shape[0] - at < CHUNK ? shape[0] - at : CHUNK;
        gan_tensor *part;
        for (int64_t i = 0; i < n; i++) indices[i] = at + i;
        status = gan_tensor_slice(&part, *out, 0, at, n);
        if (status == GAN_OK) status = gan_dataset_read(data, "image", indices, part);
        gan_tensor_release(part);
    }
    gan_dataset_release(data);
    return status;
}

/* One file's picture as number `index`; the first one settles the size of all. */
static int read_file(const order *o, int index, gan_tensor **out)
{
    gan_tensor *picture, *place;
    const int64_t *size;
    int64_t shape[4] = {o->file_count};
    gan_status status = gan_image_load(&picture, o->context, o->files[index]);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    size = gan_tensor_shape(picture);
    for (int d = 0; d < 3; d++) shape[d + 1] = size[d];
    if (index == 0) status = gan_tensor_create(out, o->context, GAN_UINT8, 4, shape);
    if (status == GAN_OK && memcmp(gan_tensor_shape(*out) + 1, size, 3 * sizeof *size)) {
        gan_tensor_release(picture);
        return complain(o->self, EXIT_INPUT, "%s: its size is not that of %s", o->files[index],
                        o->files[0]);
    }
    if (status == GAN_OK) status = gan_tensor_slice(&place, *out, 0, index, 1);
    if (status == GAN_OK) {
        memcpy(gan_tensor_data(place), gan_tensor_data(picture), (size_t)gan_tensor_count(picture));
        gan_tensor_release(place);
    }
    gan_tensor_release(picture);
    return status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
}

static int read_pictures(const order *o, gan_tensor **out)
{
    int code = EXIT_GOOD;
    *out = NULL;
    if (o->data) {
        gan_status status = read_data(o, out);
        return status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
    }
    for (int i = 0; i < o->file_count && !code; i++) code = read_file(o, i, out);
    return code;
}

/* ---- through the network ---- */

/* The outputs of a chunk: the first into `made`, others nowhere. */
static gan_status run_chunk(const order *o, gan_runner *runner, const gan_model *model,
                            gan_tensor *in, gan_tensor *made, int64_t n)
{
    enum { MOST_OUTPUTS = 16 };
    gan_tensor *outputs[MOST_OUTPUTS] = {made};
    const int32_t count = gan_model_output_count(model);
    int64_t shape[4] = {n};
    gan_status status = count <= MOST_OUTPUTS ? GAN_OK : GAN_E_UNSUPPORTED;
    for (int32_t i = 1; i < count && status == GAN_OK; i++) {
        status = gan_runner_output_shape(runner, i, shape + 1);
        if (status == GAN_OK)
            status = gan_tensor_create(&outputs[i], o->context, GAN_FLOAT32, 4, shape);
    }
    if (status == GAN_OK) status = gan_runner_run(runner, &in, 1, outputs, count);
    for (int32_t i = 1; i < count && i < MOST_OUTPUTS; i++) gan_tensor_release(outputs[i]);
    return status;
}

static gan_status run_model(const order *o, gan_model *model, gan_tensor *pictures,
                            gan_tensor **out)
{
    const int64_t *size = gan_tensor_shape(pictures);
    const int64_t all = size[0], batch = all < CHUNK ? all : CHUNK;
    int64_t shape[4] = {all};
    gan_runner *runner;
    char spec[96];
    *out = NULL;
    snprintf(spec, sizeof spec, "batch=%lld height=%lld width=%lld", (long long)batch,
             (long long)size[1], (long long)size[2]);
    gan_status status = gan_runner_create(&runner, o->context, model, spec);
    if (status != GAN_OK) return status;
    status = gan_runner_output_shape(runner, 0, shape + 1);
    if (status == GAN_OK)
        status = gan_tensor_create(out, o->context,
                                   o->kind == ROUTE_ENCODE ? GAN_FLOAT32 : GAN_UINT8, 4, shape);
    for (int64_t at = 0; at < all && status == GAN_OK; at += batch) {
        const int64_t n = all - at < batch ? all - at : batch;
        gan_tensor *in = NULL, *made = NULL;
        status = gan_tensor_slice(&in, pictures, 0, at, n);
        if (status == GAN_OK) status = gan_tensor_slice(&made, *out, 0, at, n);
        if (status == GAN_OK) status = run_chunk(o, runner, model, in, made, n);
        gan_tensor_release(in);
        gan_tensor_release(made);
    }
    gan_runner_release(runner);
    return status;
}

/* ---- what comes out ---- */

/* Codes of 1x1 are saved as N x C. */
static gan_status save_codes(const order *o, gan_tensor *codes)
{
    const int64_t *s = gan_tensor_shape(codes);
    const int64_t flat[2] = {s[0], s[3]};
    gan_tensor *view;
    if (s[1] != 1 || s[2] != 1) return gan_tensor_save(codes, o->out);
    gan_status status = gan_tensor_wrap(&view, o->context, GAN_FLOAT32, 2, flat, NULL,
                                        gan_tensor_data(codes), NULL, NULL);
    if (status == GAN_OK) status = gan_tensor_save(view, o->out);
    gan_tensor_release(view);
    return status;
}

/* Pictures as bytes, of which a file is made. */
static gan_status to_bytes(const order *o, gan_tensor *pictures, gan_tensor **out)
{
    gan_tape *tape;
    gan_value value;
    gan_status status =
        gan_tensor_create(out, o->context, GAN_UINT8, 4, gan_tensor_shape(pictures));
    if (status != GAN_OK) return status;
    status = gan_tape_create(&tape, o->context);
    if (status == GAN_OK) status = gan_tape_input(tape, pictures, 0, &value);
    if (status == GAN_OK) status = gan_tape_value(tape, value, *out);
    gan_tape_release(tape);
    return status;
}

/* Each picture beside what was made of it, where both have one size; else what was made alone. */
static gan_status save_pairs(const order *o, gan_tensor *in, gan_tensor *made)
{
    const int64_t *a = gan_tensor_shape(in), *b = gan_tensor_shape(made);
    const int64_t shape[4] = {2 * b[0], b[1], b[2], b[3]};
    int64_t columns = 2;
    gan_tensor *pairs = NULL, *bytes, *row;
    if (memcmp(a, b, 4 * sizeof *a)) return gan_image_sheet(made, 0, o->out);
    while (columns * columns < 2 * b[0]) columns += 2;
    gan_status status = to_bytes(o, in, &bytes);
    if (status == GAN_OK) status = gan_tensor_create(&pairs, o->context, GAN_UINT8, 4, shape);
    for (int64_t i = 0; i < 2 * b[0] && status == GAN_OK; i++) {
        gan_tensor *from = NULL;
        status = gan_tensor_slice(&row, pairs, 0, i, 1);
        if (status == GAN_OK) status = gan_tensor_slice(&from, i % 2 ? made : bytes, 0, i / 2, 1);
        if (status == GAN_OK) status = gan_tensor_copy(row, from);
        gan_tensor_release(from);
        gan_tensor_release(row);
    }
    if (status == GAN_OK) status = gan_image_sheet(pairs, columns, o->out);
    gan_tensor_release(pairs);
    gan_tensor_release(bytes);
    return status;
}

static int save(const order *o, gan_tensor *in, gan_tensor *made)
{
    gan_status status = o->kind == ROUTE_ENCODE ? save_codes(o, made)
                        : o->array              ? gan_tensor_save(made, o->out)
                                                : save_pairs(o, in, made);
    int code = status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
    return code == EXIT_INPUT ? EXIT_OUTPUT : code;
}

/* ---- the whole ---- */

static int serve(const order *o)
{
    routes r;
    gan_tensor *in = NULL, *made = NULL;
    int code = routes_open(&r, o->self, o->context, o->run, o->step, o->route, o->kind);
    if (!code && r.count > 1)
        code = complain(o->self, EXIT_USAGE, "%s goes several ways; choose with --route '%s'",
                        o->run, r.names[0]);
    if (!code) code = read_pictures(o, &in);
    if (!code) {
        gan_status status = run_model(o, r.models[0], in, &made);
        if (status != GAN_OK) code = complain_status(o->self, o->context, status);
    }
    if (!code) code = save(o, in, made);
    gan_tensor_release(in);
    gan_tensor_release(made);
    routes_free(&r);
    return code;
}

/* Everything but the context. */
static int read_order(order *o, const arguments *a)
{
    o->run = a->operands[0];
    o->files = a->operands + 1;
    o->file_count = a->operand_count - 1;
    o->out = arguments_get(a, "out");
    o->route = arguments_get(a, "route");
    o->data = arguments_get(a, "data");
    if (!o->out) return complain(o->self, EXIT_USAGE, "--out FILE is missing");
    o->array = ends_with(o->out, ".npy");
    if (!o->array && (o->kind == ROUTE_ENCODE || !ends_with(o->out, ".png")))
        return complain(o->self, EXIT_USAGE, "--out %s: the name must end in %s", o->out,
                        o->kind == ROUTE_ENCODE ? ".npy" : ".png or .npy");
    if ((o->file_count > 0) == (o->data != NULL))
        return complain(o->self, EXIT_USAGE, "give pictures' files, or --data SPEC");
    if (!arguments_integer(o->self, a, "step", 0, INT64_MAX, -1, &o->step) ||
        !arguments_integer(o->self, a, "count", 1, 1 << 24, 0, &o->count))
        return EXIT_USAGE;
    int fault = path_fault(o->out);
    return fault ? complain(o->self, EXIT_OUTPUT, "cannot write %s: %s", o->out, strerror(fault))
                 : EXIT_GOOD;
}

static int run_kind(const command *self, route_kind kind, int count, char **words)
{
    arguments a;
    order o = {.self = self, .kind = kind};
    int64_t threads;
    int code = arguments_parse(self, count, words, &a);
    if (code) return code;
    if (arguments_get(&a, "help")) {
        print_command_help(self);
        return EXIT_GOOD;
    }
    code = read_order(&o, &a);
    if (code) return code;
    if (!arguments_integer(self, &a, "threads", 0, 1024, 0, &threads)) return EXIT_USAGE;
    code = open_context(self, &a, 0, threads, &o.context);
    if (code) return code;
    code = serve(&o);
    gan_context_release(o.context);
    return code;
}

static int run_translate(const command *self, int count, char **words)
{
    return run_kind(self, ROUTE_TRANSLATE, count, words);
}

static int run_encode(const command *self, int count, char **words)
{
    return run_kind(self, ROUTE_ENCODE, count, words);
}

static const flag translate_flags[] = {
    {"out", "FILE", ".png: each picture beside what is made of it; .npy: uint8 N x H x W x C",
     false},
    {"data", "SPEC", "pictures of a data set: \"idx path=FILE\" (gan help)", false},
    {"count", "N", "of --data, the first so many; all, if not given", false},
    {"route", "ROUTE", "one way of a run that has several: \"x > y\"", false},
    {"step", "N", "of a run that keeps older checkpoints, the one of this step", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"help", NULL, "this text", false}};
const command command_translate = {"translate",
                                   "RUN [PICTURE ...] --out FILE",
                                   "makes pictures of pictures: translations, reconstructions",
                                   1,
                                   MAX_OPERANDS,
                                   translate_flags,
                                   sizeof translate_flags / sizeof translate_flags[0],
                                   run_translate,
                                   NULL};

static const flag encode_flags[] = {
    {"out", "FILE", ".npy: float32 N x C, or N x H x W x C where a code has a size", false},
    {"data", "SPEC", "pictures of a data set: \"idx path=FILE\" (gan help)", false},
    {"count", "N", "of --data, the first so many; all, if not given", false},
    {"route", "ROUTE", "one way of a run that has several: \"image > code\"", false},
    {"step", "N", "of a run that keeps older checkpoints, the one of this step", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"help", NULL, "this text", false}};
const command command_encode = {"encode",
                                "RUN [PICTURE ...] --out FILE",
                                "makes codes of pictures",
                                1,
                                MAX_OPERANDS,
                                encode_flags,
                                sizeof encode_flags / sizeof encode_flags[0],
                                run_encode,
                                NULL};

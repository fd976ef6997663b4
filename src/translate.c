/* translate.c: gan translate and gan encode: pictures through a run's networks, to pictures or to
 * codes. */
#include "routes.h"
#include "sheets.h"

#include <string.h>

/* Pictures that go through at a time. */
enum { CHUNK = 64 };

typedef struct order {
    const command *self;
    gan_context *context;
    const char *out, *data;
    const char *const *files;
    int file_count;
    int64_t count;
    bool array; /* an .npy file, not a sheet */
    route_request from;
    gan_dataset *pictures;
    gan_model *model;
    gan_runner *runner;
    int64_t in[3], made[3]; /* H, W, C of a picture, and of what is made of it */
    int64_t side_by_side;   /* in the result: what is made, or the picture before it */
} order;

/* ---- what goes in ---- */

/* One file's picture, as number `index` of a tensor; the first one settles the size of all. */
static int read_file(const order *o, int index, gan_tensor **all)
{
    gan_tensor *picture, *place;
    const int64_t *size;
    int64_t shape[4] = {o->file_count};
    gan_status status = gan_image_load(&picture, o->context, o->files[index]);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    size = gan_tensor_shape(picture);
    memcpy(shape + 1, size, 3 * sizeof *size);
    if (index == 0) status = gan_tensor_create(all, o->context, GAN_UINT8, 4, shape);
    if (status == GAN_OK && memcmp(gan_tensor_shape(*all) + 1, size, 3 * sizeof *size)) {
        const int64_t *first = gan_tensor_shape(*all) + 1;
        int code =
            complain(o->self, EXIT_INPUT, "%s is %lldx%lldx%lld, %s %lldx%lldx%lld",
                     o->files[index], (long long)size[0], (long long)size[1], (long long)size[2],
                     o->files[0], (long long)first[0], (long long)first[1], (long long)first[2]);
        gan_tensor_release(picture);
        return code;
    }
    if (status == GAN_OK) status = gan_tensor_slice(&place, *all, 0, index, 1);
    if (status == GAN_OK) {
        memcpy(gan_tensor_data(place), gan_tensor_data(picture), (size_t)gan_tensor_count(picture));
        gan_tensor_release(place);
    }
    gan_tensor_release(picture);
    return status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
}

static int open_files(order *o)
{
    const char *const field = "image";
    gan_tensor *all = NULL;
    int code = EXIT_GOOD;
    for (int i = 0; i < o->file_count && !code; i++) code = read_file(o, i, &all);
    if (!code) {
        gan_status status = gan_dataset_from_tensors(&o->pictures, o->context, &field, &all, 1);
        if (status != GAN_OK) code = complain_status(o->self, o->context, status);
    }
    gan_tensor_release(all);
    return code;
}

static int open_pictures(order *o)
{
    gan_status status = GAN_OK;
    int32_t rank;
    int code = o->data ? EXIT_GOOD : open_files(o);
    if (code) return code;
    if (o->data) status = gan_dataset_open(&o->pictures, o->context, o->data);
    if (status == GAN_OK)
        status = gan_dataset_field_shape(o->pictures, "image", &rank, o->in, NULL);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    const int64_t all = gan_dataset_count(o->pictures);
    if (o->count == 0 || o->count > all) o->count = all;
    return EXIT_GOOD;
}

/* ---- the network ---- */

/* Whether it takes such pictures; an open size is -1. */
static int check_input(const order *o)
{
    int64_t wanted[3];
    if (gan_model_input_count(o->model) != 1)
        return complain(o->self, EXIT_INPUT, "%s: the network takes %d inputs, not pictures alone",
                        o->from.run, gan_model_input_count(o->model));
    gan_status status = gan_model_input_shape(o->model, 0, wanted);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    for (int i = 0; i < 3; i++)
        if (wanted[i] >= 0 && wanted[i] != o->in[i])
            return complain(o->self, EXIT_INPUT,
                            "%s: the network takes pictures of %lldx%lldx%lld, %s %s of "
                            "%lldx%lldx%lld",
                            o->from.run, (long long)wanted[0], (long long)wanted[1],
                            (long long)wanted[2], o->data ? o->data : o->files[0],
                            o->data ? "has some" : "is one", (long long)o->in[0],
                            (long long)o->in[1], (long long)o->in[2]);
    return EXIT_GOOD;
}

/* Whether what is made can be saved, before it is made. */
static int check_output(order *o)
{
    const char *fault = sheet_fault(o->made);
    o->side_by_side = !o->array && !memcmp(o->in, o->made, sizeof o->in) ? 2 : 1;
    if (o->array) return EXIT_GOOD;
    if (fault) return complain(o->self, EXIT_INPUT, "%s: no pictures: %s", o->from.run, fault);
    return sheet_check(o->self, "--count", o->count, o->made, o->count * o->side_by_side,
                       sheet_columns(o->count, o->side_by_side));
}

static int open_runner(order *o)
{
    char spec[96];
    snprintf(spec, sizeof spec, "batch=%lld height=%lld width=%lld",
             (long long)(o->count < CHUNK ? o->count : CHUNK), (long long)o->in[0],
             (long long)o->in[1]);
    gan_status status = gan_runner_create(&o->runner, o->context, o->model, spec);
    if (status == GAN_OK) status = gan_runner_output_shape(o->runner, 0, o->made);
    return status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
}

/* ---- through it ---- */

/* A new tensor of so many pictures, or of what is made of them. */
static gan_status new_tensor(const order *o, int32_t dtype, int64_t n, const int64_t size[3],
                             gan_tensor **out)
{
    const int64_t shape[4] = {n, size[0], size[1], size[2]};
    return gan_tensor_create(out, o->context, dtype, 4, shape);
}

/* The outputs of a chunk: the first into `made`, others nowhere. */
static gan_status run_chunk(const order *o, gan_tensor *in, gan_tensor *made)
{
    enum { MOST_OUTPUTS = 16 };
    gan_tensor *outputs[MOST_OUTPUTS] = {made};
    const int32_t count = gan_model_output_count(o->model);
    gan_status status = count <= MOST_OUTPUTS ? GAN_OK : GAN_E_UNSUPPORTED;
    for (int32_t i = 1; i < count && status == GAN_OK; i++) {
        int64_t size[3];
        status = gan_runner_output_shape(o->runner, i, size);
        if (status == GAN_OK)
            status = new_tensor(o, GAN_FLOAT32, gan_tensor_shape(in)[0], size, &outputs[i]);
    }
    if (status == GAN_OK) status = gan_runner_run(o->runner, &in, 1, outputs, count);
    for (int32_t i = 1; i < count && i < MOST_OUTPUTS; i++) gan_tensor_release(outputs[i]);
    return status;
}

/* Puts each of `from` into place k of its example, from example `first` on. */
static void put(const order *o, gan_tensor *all, int64_t first, int64_t k, gan_tensor *from)
{
    const int64_t n = gan_tensor_shape(from)[0];
    const size_t width = gan_tensor_dtype(from) == GAN_UINT8 ? 1 : sizeof(float);
    const size_t size = (size_t)(gan_tensor_count(from) / n) * width;
    for (int64_t i = 0; i < n; i++)
        memcpy((char *)gan_tensor_data(all) + (size_t)((first + i) * o->side_by_side + k) * size,
               (char *)gan_tensor_data(from) + (size_t)i * size, size);
}

/* Pictures [first, first + n) and what is made of them. */
static gan_status make_chunk(const order *o, int64_t first, int64_t n, gan_tensor *all)
{
    int64_t indices[CHUNK];
    gan_tensor *in = NULL, *made = NULL, *bytes = NULL;
    const bool pairs = o->side_by_side > 1;
    for (int64_t i = 0; i < n; i++) indices[i] = first + i;
    gan_status status = new_tensor(o, GAN_FLOAT32, n, o->in, &in);
    if (status == GAN_OK) status = new_tensor(o, gan_tensor_dtype(all), n, o->made, &made);
    if (status == GAN_OK) status = gan_dataset_read(o->pictures, "image", indices, in);
    if (status == GAN_OK) status = run_chunk(o, in, made);
    if (status == GAN_OK && pairs) status = new_tensor(o, GAN_UINT8, n, o->in, &bytes);
    if (status == GAN_OK && pairs) status = gan_dataset_read(o->pictures, "image", indices, bytes);
    if (status == GAN_OK && pairs) put(o, all, first, 0, bytes);
    if (status == GAN_OK) put(o, all, first, pairs ? 1 : 0, made);
    gan_tensor_release(in);
    gan_tensor_release(made);
    gan_tensor_release(bytes);
    return status;
}

static int make_all(const order *o, gan_tensor **out)
{
    gan_status status = new_tensor(o, o->from.kind == ROUTE_ENCODE ? GAN_FLOAT32 : GAN_UINT8,
                                   o->count * o->side_by_side, o->made, out);
    for (int64_t at = 0; at < o->count && status == GAN_OK; at += CHUNK)
        status = make_chunk(o, at, o->count - at < CHUNK ? o->count - at : CHUNK, *out);
    return status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
}

/* ---- what comes out ---- */

/* Codes of 1x1 are saved as N x C. */
static gan_status save_codes(const order *o, gan_tensor *codes)
{
    const int64_t flat[2] = {o->count, o->made[2]};
    gan_tensor *view;
    if (o->made[0] != 1 || o->made[1] != 1) return gan_tensor_save(codes, o->out);
    gan_status status = gan_tensor_wrap(&view, o->context, GAN_FLOAT32, 2, flat, NULL,
                                        gan_tensor_data(codes), NULL, NULL);
    if (status == GAN_OK) status = gan_tensor_save(view, o->out);
    gan_tensor_release(view);
    return status;
}

static int save(const order *o, gan_tensor *made)
{
    const int64_t columns = sheet_columns(o->count, o->side_by_side);
    gan_status status = o->from.kind == ROUTE_ENCODE ? save_codes(o, made)
                        : o->array                   ? gan_tensor_save(made, o->out)
                                                     : gan_image_sheet(made, columns, o->out);
    int code = status == GAN_OK ? EXIT_GOOD : complain_status(o->self, o->context, status);
    return code == EXIT_INPUT ? EXIT_OUTPUT : code;
}

/* ---- the whole ---- */

static int serve(order *o)
{
    routes r;
    gan_tensor *made = NULL;
    int code = routes_open(&r, &o->from);
    o->model = r.models[0];
    if (!code) code = open_pictures(o);
    if (!code) code = check_input(o);
    if (!code) code = open_runner(o);
    if (!code) code = check_output(o);
    if (!code) code = make_all(o, &made);
    if (!code) code = save(o, made);
    gan_tensor_release(made);
    gan_runner_release(o->runner);
    gan_dataset_release(o->pictures);
    routes_free(&r);
    return code;
}

/* Everything but the context. */
static int read_order(order *o, const arguments *a)
{
    o->from.self = o->self;
    o->from.run = a->operands[0];
    o->files = a->operands + 1;
    o->file_count = a->operand_count - 1;
    o->out = arguments_get(a, "out");
    o->from.wanted = arguments_get(a, "route");
    o->data = arguments_get(a, "data");
    if (!o->out) return complain(o->self, EXIT_USAGE, "--out FILE is missing");
    o->array = ends_with(o->out, ".npy");
    if (!o->array && (o->from.kind == ROUTE_ENCODE || !ends_with(o->out, ".png")))
        return complain(o->self, EXIT_USAGE, "--out %s: the name must end in %s", o->out,
                        o->from.kind == ROUTE_ENCODE ? ".npy" : ".png or .npy");
    if ((o->file_count > 0) == (o->data != NULL))
        return complain(o->self, EXIT_USAGE,
                        "give pictures' files, or --data SPEC, one of the two");
    if (arguments_get(a, "count") && !o->data)
        return complain(o->self, EXIT_USAGE, "--count is of --data alone");
    if (!arguments_integer(o->self, a, "step", 0, INT64_MAX, -1, &o->from.step) ||
        !arguments_integer(o->self, a, "count", 1, 1 << 24, 0, &o->count))
        return EXIT_USAGE;
    return check_writable(o->self, o->out);
}

static int run_kind(const command *self, route_kind kind, int count, char **words)
{
    arguments a;
    order o = {.self = self, .from.kind = kind};
    int64_t threads;
    int code;
    if (!arguments_begin(self, count, words, &a, &code)) return code;
    code = read_order(&o, &a);
    if (code) return code;
    if (!arguments_integer(self, &a, "threads", 0, 1024, 0, &threads)) return EXIT_USAGE;
    code = open_context(self, &a, 0, threads, &o.context);
    if (code) return code;
    o.from.context = o.context;
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
    {"out", "FILE", ".png: each beside what is made of it; .npy: that alone, uint8 N x H x W x C",
     false},
    {"data", "SPEC", "a data set's pictures, not files: \"idx path=FILE\" (gan help idx)", false},
    {"count", "N", "of --data, the first so many; all, if not given", false},
    {"route", "ROUTE", "the way, where RUN has several: \"x > y\"", false},
    {"step", "N", "the kept checkpoint of this step, not the newest", false},
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
                                   route_notes};

static const flag encode_flags[] = {
    {"out", "FILE", ".npy: float32 N x C, or N x H x W x C where a code has a size", false},
    {"data", "SPEC", "a data set's pictures, not files: \"idx path=FILE\" (gan help idx)", false},
    {"count", "N", "of --data, the first so many; all, if not given", false},
    {"route", "ROUTE", "the way, where RUN has several: \"image > code\"", false},
    {"step", "N", "the kept checkpoint of this step, not the newest", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"help", NULL, "this text", false}};
const command command_encode = {"encode",
                                "RUN [PICTURE ...] --out FILE",
                                "makes codes of pictures: what a network keeps of them",
                                1,
                                MAX_OPERANDS,
                                encode_flags,
                                sizeof encode_flags / sizeof encode_flags[0],
                                run_encode,
                                route_notes};

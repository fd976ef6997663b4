/* translate.c: gan translate and gan encode: pictures through a run's networks, to pictures or to
 * codes. Those of one size go through together, so many that memory stays bounded. */
#include "results.h"
#include "routes.h"
#include "signals.h"

#include <stdlib.h>
#include <string.h>

/* Pictures, and pixels of pictures, that go through at a time; of large pictures one alone. */
enum { MOST_PICTURES = 64, MOST_PIXELS = 1 << 18 };

typedef struct order {
    const command *self;
    gan_context *context;
    route_request from;
    picture_request asked;
    gan_model *model;
    const char *fit;
    int64_t wanted[3]; /* H, W, C that the network takes; -1: any */
    pictures pictures;
    results results;
    gan_runner *runner;
    int64_t running[3]; /* of the pictures that it takes */
    int64_t indices[MOST_PICTURES];
    gan_tensor *waiting[MOST_PICTURES]; /* pictures of one size, float32 */
    int64_t count, most;                /* of them */
    int64_t done, failed;
} order;

/* ---- the network ---- */

static int check_model(order *o)
{
    if (gan_model_input_count(o->model) != 1)
        return complain(o->self, EXIT_INPUT, "%s: the network takes %d inputs, not pictures alone",
                        o->from.run, (int)gan_model_input_count(o->model));
    gan_status status = gan_model_input_shape(o->model, 0, o->wanted);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    if (!o->fit) o->fit = gan_model_note(o->model, "fit");
    return EXIT_GOOD;
}

/* A data set says itself what its pictures are. */
static int check_data(const order *o)
{
    const int64_t *in = o->pictures.size, *wanted = o->wanted;
    bool fits = true;
    for (int i = 0; i < 3; i++) fits = fits && (wanted[i] < 0 || wanted[i] == in[i]);
    if (fits || !o->asked.data) return EXIT_GOOD;
    return complain(o->self, EXIT_INPUT,
                    "%s: the network takes pictures of %lldx%lldx%lld, %s has some of "
                    "%lldx%lldx%lld",
                    o->from.run, (long long)wanted[0], (long long)wanted[1], (long long)wanted[2],
                    o->asked.data, (long long)in[0], (long long)in[1], (long long)in[2]);
}

static gan_status open_runner(order *o, const int64_t size[3])
{
    char spec[96];
    if (o->runner && !memcmp(size, o->running, sizeof o->running)) return GAN_OK;
    gan_runner_release(o->runner);
    o->runner = NULL;
    snprintf(spec, sizeof spec, "batch=%lld height=%lld width=%lld", (long long)o->most,
             (long long)size[0], (long long)size[1]);
    memcpy(o->running, size, sizeof o->running);
    return gan_runner_create(&o->runner, o->context, o->model, spec);
}

/* ---- through it ---- */

static gan_status new_tensor(const order *o, bool floats, int64_t n, const int64_t size[3],
                             gan_tensor **out)
{
    const int64_t shape[4] = {n, size[0], size[1], size[2]};
    return gan_tensor_create(out, o->context, floats ? GAN_FLOAT32 : GAN_UINT8, 4, shape);
}

/* The first output as *out, others nowhere. */
static gan_status run_network(const order *o, gan_tensor *in, gan_tensor **out)
{
    enum { MOST_OUTPUTS = 16 };
    gan_tensor *outputs[MOST_OUTPUTS] = {NULL};
    const int32_t count = gan_model_output_count(o->model);
    gan_status status = count <= MOST_OUTPUTS ? GAN_OK : GAN_E_UNSUPPORTED;
    for (int32_t i = 0; i < count && status == GAN_OK; i++) {
        int64_t size[3];
        status = gan_runner_output_shape(o->runner, i, size);
        if (status == GAN_OK)
            status = new_tensor(o, i > 0 || o->results.floats, gan_tensor_shape(in)[0], size,
                                &outputs[i]);
    }
    if (status == GAN_OK) status = gan_runner_run(o->runner, &in, 1, outputs, count);
    for (int32_t i = status == GAN_OK ? 1 : 0; i < count && i < MOST_OUTPUTS; i++)
        gan_tensor_release(outputs[i]);
    *out = status == GAN_OK ? outputs[0] : NULL;
    return status;
}

/* What is waiting, side by side. */
static gan_status join_waiting(const order *o, gan_tensor **out)
{
    gan_status status = new_tensor(o, true, o->count, gan_tensor_shape(o->waiting[0]), out);
    for (int64_t i = 0; i < o->count && status == GAN_OK; i++) {
        const size_t one = (size_t)gan_tensor_count(o->waiting[i]);
        memcpy((float *)gan_tensor_data(*out) + (size_t)i * one, gan_tensor_data(o->waiting[i]),
               one * sizeof(float));
    }
    return status;
}

static gan_status make_waiting(order *o, gan_tensor **made)
{
    gan_tensor *in = NULL;
    *made = NULL;
    gan_status status = open_runner(o, gan_tensor_shape(o->waiting[0]));
    if (status == GAN_OK) status = join_waiting(o, &in);
    if (status == GAN_OK) status = run_network(o, in, made);
    gan_tensor_release(in);
    return status;
}

/* Picture i of `made` alone: a view, H x W x C. */
static gan_status view_one(const order *o, gan_tensor *made, int64_t i, gan_tensor **out)
{
    const int64_t *size = gan_tensor_shape(made) + 1;
    const size_t width = gan_tensor_dtype(made) == GAN_UINT8 ? 1 : sizeof(float);
    const size_t one = (size_t)(size[0] * size[1] * size[2]) * width;
    return gan_tensor_wrap(out, o->context, gan_tensor_dtype(made), 3, size, NULL,
                           (char *)gan_tensor_data(made) + (size_t)i * one, NULL, NULL);
}

static int put_made(order *o, gan_tensor *made)
{
    int code = EXIT_GOOD;
    for (int64_t i = 0; i < o->count && !code; i++) {
        gan_tensor *one;
        gan_status status = view_one(o, made, i, &one);
        code = status == GAN_OK ? results_put(&o->results, o->indices[i], one, o->waiting[i])
                                : complain_status(o->self, o->context, status);
        gan_tensor_release(one);
        if (!code) o->done++;
    }
    return code;
}

/* A picture that cannot be read or made is named. In a folder the others go on without it; a sheet
 * or an array would have a hole. */
static int tell_failed(order *o, int64_t index, gan_status status)
{
    const char *message = gan_context_message(o->context);
    char name[PATH_SIZE];
    pictures_name(&o->pictures, index, name);
    if (strncmp(message, name, strlen(name)) != 0)
        complain(o->self, 0, "%s: %s", name, message);
    else
        complain(o->self, 0, "%s", message);
    o->failed++;
    if (o->results.kind == RESULT_FOLDER) return EXIT_GOOD;
    return status == GAN_E_MEMORY ? EXIT_FAILED : EXIT_INPUT;
}

/* Makes and saves what is waiting; afterwards nothing is. */
static int flush(order *o)
{
    gan_tensor *made = NULL;
    int code = EXIT_GOOD;
    if (o->count == 0) return EXIT_GOOD;
    const gan_status status = make_waiting(o, &made);
    if (status == GAN_OK) code = put_made(o, made);
    for (int64_t i = 0; i < o->count; i++) {
        if (status != GAN_OK && !code) code = tell_failed(o, o->indices[i], status);
        gan_tensor_release(o->waiting[i]);
    }
    o->count = 0;
    gan_tensor_release(made);
    return code;
}

/* As the network takes it: of its size and channels, where it asks for some. */
static gan_status read_picture(const order *o, int64_t index, gan_tensor **out)
{
    const int64_t *wanted = o->wanted;
    gan_tensor *picture;
    *out = NULL;
    gan_status status = pictures_read(&o->pictures, index, &picture);
    if (status == GAN_OK)
        status = gan_image_fit(out, picture, wanted[0] < 0 ? 0 : wanted[0],
                               wanted[1] < 0 ? 0 : wanted[1], wanted[2], o->fit);
    gan_tensor_release(picture);
    return status;
}

static int64_t most_of(const int64_t size[3])
{
    const int64_t most = MOST_PIXELS / (size[0] * size[1]);
    return most < 1 ? 1 : most < MOST_PICTURES ? most : MOST_PICTURES;
}

static int add_picture(order *o, int64_t index)
{
    gan_tensor *picture;
    int code = EXIT_GOOD;
    gan_status status = read_picture(o, index, &picture);
    if (status != GAN_OK) return tell_failed(o, index, status);
    const int64_t *size = gan_tensor_shape(picture);
    if (o->count > 0 && memcmp(size, gan_tensor_shape(o->waiting[0]), 3 * sizeof *size))
        code = flush(o);
    if (code) {
        gan_tensor_release(picture);
        return code;
    }
    o->most = most_of(size) < o->pictures.count ? most_of(size) : o->pictures.count;
    o->indices[o->count] = index;
    o->waiting[o->count++] = picture;
    return o->count == o->most ? flush(o) : EXIT_GOOD;
}

/* ---- all of them ---- */

static int tell_end(const order *o, int code)
{
    const int stop = signals_stop();
    if (o->failed > 0 && o->results.kind == RESULT_FOLDER)
        complain(o->self, 0, "%lld of %lld pictures could not be made", (long long)o->failed,
                 (long long)o->pictures.count);
    if (code) return code;
    if (stop)
        fprintf(stderr, "stopped after %lld of %lld pictures%s\n", (long long)o->done,
                (long long)o->pictures.count,
                o->results.kind == RESULT_FOLDER ? "" : "; nothing is saved");
    if (stop) return 128 + stop;
    return o->failed > 0 ? EXIT_INPUT : EXIT_GOOD;
}

static int make_all(order *o)
{
    int code = EXIT_GOOD;
    signals_catch();
    for (int64_t i = 0; i < o->pictures.count && !code && !signals_stop(); i++)
        code = add_picture(o, i);
    if (!code && !signals_stop()) code = flush(o);
    for (int64_t i = 0; i < o->count; i++) gan_tensor_release(o->waiting[i]);
    const bool whole = !code && !signals_stop() && o->failed == 0;
    const int end = results_finish(&o->results, whole);
    return tell_end(o, code ? code : end);
}

/* ---- the whole ---- */

static bool ends_with_one(const char *name, const char *const *ends)
{
    for (int i = 0; ends[i]; i++)
        if (ends_with(name, ends[i])) return true;
    return false;
}

static bool is_picture_file(const char *name)
{
    static const char *const ends[] = {".png", ".pgm", ".ppm", ".pam", NULL};
    return ends_with_one(name, ends);
}

/* By the name of --out, and by what is given: one picture's file becomes one. */
static void choose_results(order *o)
{
    results *r = &o->results;
    const bool alone =
        o->asked.path_count == 1 && !o->pictures.dataset && !path_is_folder(o->asked.paths[0]);
    r->from = &o->pictures;
    r->codes = o->from.kind == ROUTE_ENCODE;
    r->kind = ends_with(r->out, ".npy")  ? RESULT_ARRAY
              : !is_picture_file(r->out) ? RESULT_FOLDER
              : alone                    ? RESULT_PICTURE
                                         : RESULT_SHEET;
    r->floats = r->kind == RESULT_ARRAY && (r->codes || o->pictures.floats);
}

static int serve(order *o)
{
    routes r;
    int code = routes_open(&r, &o->from);
    o->model = r.models[0];
    if (!code) code = check_model(o);
    if (!code) code = pictures_open(&o->pictures, &o->asked);
    if (!code) code = check_data(o);
    if (!code) choose_results(o);
    if (!code) code = results_check(&o->results);
    if (!code) code = make_all(o);
    gan_runner_release(o->runner);
    pictures_free(&o->pictures);
    routes_free(&r);
    return code;
}

/* Whether --out can be what its name says. */
static int check_out(const order *o)
{
    static const char *const others[] = {".jpg", ".jpeg", ".gif", ".bmp", ".webp",
                                         ".tif", ".tiff", ".npz", NULL};
    const char *out = o->results.out;
    if (!out) return complain(o->self, EXIT_USAGE, "--out is missing");
    if (ends_with(out, ".npy")) return check_writable(o->self, out);
    if (o->from.kind == ROUTE_ENCODE)
        return complain(o->self, EXIT_USAGE, "--out %s: the name must end in .npy", out);
    if (ends_with_one(out, others))
        return complain(o->self, EXIT_USAGE,
                        "--out %s: pictures are saved as .png, .ppm, .pgm, .pam or .npy, or in a "
                        "folder",
                        out);
    return is_picture_file(out) ? check_writable(o->self, out) : EXIT_GOOD;
}

static int check_paths(const order *o)
{
    const picture_request *q = &o->asked;
    for (int i = 0; i < q->path_count; i++)
        if (path_is_folder(q->paths[i]) && path_is_same(q->paths[i], o->results.out))
            return complain(o->self, EXIT_USAGE,
                            "--out %s: that is the folder of the pictures; give another",
                            o->results.out);
    if ((q->path_count > 0) != (q->data != NULL)) return EXIT_GOOD;
    return complain(o->self, EXIT_USAGE,
                    "give pictures' files, a folder, an .npy file, or --data SPEC, one of them");
}

static int check_fit(const order *o)
{
    static const char *const words[] = {"pad", "stretch", "crop"};
    for (int i = 0; i < 3; i++)
        if (!o->fit || !strcmp(o->fit, words[i])) return EXIT_GOOD;
    return complain(o->self, EXIT_USAGE, "--fit is '%s'; it must be pad, stretch or crop", o->fit);
}

/* Everything but the context. */
static int read_order(order *o, const arguments *a)
{
    int code;
    o->from.self = o->asked.self = o->results.self = o->self;
    o->from.run = a->operands[0];
    o->from.wanted = arguments_get(a, "route");
    o->from.start = arguments_get(a, "from");
    o->from.end = arguments_get(a, "to");
    o->asked.paths = a->operands + 1;
    o->asked.path_count = a->operand_count - 1;
    o->asked.data = arguments_get(a, "data");
    o->results.out = o->asked.except = arguments_get(a, "out");
    o->fit = arguments_get(a, "fit");
    if (o->from.wanted && (o->from.start || o->from.end))
        return complain(o->self, EXIT_USAGE, "--route goes without --from and --to");
    if ((code = check_out(o)) || (code = check_paths(o)) || (code = check_fit(o))) return code;
    if (arguments_get(a, "count") && !o->asked.data)
        return complain(o->self, EXIT_USAGE, "--count is of --data alone");
    return arguments_integer(o->self, a, "step", 0, INT64_MAX, -1, &o->from.step) &&
                   arguments_integer(o->self, a, "count", 1, 1 << 24, 0, &o->asked.count)
               ? EXIT_GOOD
               : EXIT_USAGE;
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
    o.from.context = o.asked.context = o.results.context = o.context;
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
    {"out", "OUT", "a picture, a sheet, an array or a folder: see below", false},
    {"from", "SPACE", "where the way begins, of a RUN of several: x of \"x > y\"", false},
    {"to", "SPACE", "where it ends", false},
    {"route", "ROUTE", "the whole way, in their place: \"x > y > x\"", false},
    {"fit", "HOW", "pad, stretch or crop to the network's size (as the run's data)", false},
    {"data", "SPEC", "a data set's pictures, not files: \"idx path=FILE\" (gan help idx)", false},
    {"count", "N", "of --data, the first so many; all, if not given", false},
    {"step", "N", "the kept checkpoint of this step, not the newest", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"help", NULL, "this text", false}};
static const char translate_notes[] =
    "IN is PNG and PNM files, folders of such, whose folders are gone through too, or one .npy\n"
    "file, N x H x W or N x H x W x C, uint8 or float32 in [-1, 1]. Pictures are brought to the\n"
    "size and channels that the network takes; one that takes any size takes them as they are.\n\n"
    "OUT is a folder, with a .png for each picture, called as it is in its own; a picture that\n"
    "cannot be read is named there, the others go on, and the exit code is 3. OUT.png is the\n"
    "picture made of one file, else a sheet with each beside what is made of it. OUT.npy is an\n"
    "array of all that is made, of the type of an .npy file that is given, else uint8.\n";
const command command_translate = {"translate",
                                   "RUN IN ... --out OUT",
                                   "makes pictures of pictures: translations, reconstructions",
                                   1,
                                   MAX_OPERANDS,
                                   translate_flags,
                                   sizeof translate_flags / sizeof translate_flags[0],
                                   run_translate,
                                   {translate_notes, route_notes, NULL}};

static const flag encode_flags[] = {
    {"out", "FILE", ".npy: float32 N x C, or N x H x W x C where a code has a size", false},
    {"from", "SPACE", "whose pictures they are, of a RUN of several spaces", false},
    {"route", "ROUTE", "the whole way, in its place: \"image > code\"", false},
    {"fit", "HOW", "pad, stretch or crop to the network's size (as the run's data)", false},
    {"data", "SPEC", "a data set's pictures, not files: \"idx path=FILE\" (gan help idx)", false},
    {"count", "N", "of --data, the first so many; all, if not given", false},
    {"step", "N", "the kept checkpoint of this step, not the newest", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"help", NULL, "this text", false}};
static const char encode_notes[] =
    "IN is PNG and PNM files, folders of such, whose folders are gone through too, or one .npy\n"
    "file, N x H x W or N x H x W x C, uint8 or float32 in [-1, 1]. Pictures are brought to the\n"
    "size and channels that the network takes. The rows of FILE are those of the pictures in\n"
    "their order, in a folder by name; one that cannot be read ends the command.\n";
const command command_encode = {"encode",
                                "RUN IN ... --out FILE",
                                "makes codes of pictures: what a network keeps of them",
                                1,
                                MAX_OPERANDS,
                                encode_flags,
                                sizeof encode_flags / sizeof encode_flags[0],
                                run_encode,
                                {encode_notes, route_notes, NULL}};

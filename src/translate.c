/* translate.c: gan translate and gan encode: pictures through a run's networks, to pictures or to
 * codes. */
#include "passage.h"
#include "routes.h"

#include <string.h>

typedef struct order {
    const command *self;
    route_request from;
    picture_request asked;
    passage passage;
} order;

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
    const pictures *given = &o->passage.pictures;
    results *r = &o->passage.results;
    const bool alone =
        o->asked.path_count == 1 && !given->dataset && !path_is_folder(o->asked.paths[0]);
    r->from = given;
    r->codes = o->from.kind == ROUTE_ENCODE;
    r->kind = ends_with(r->out, ".npy")  ? RESULT_ARRAY
              : !is_picture_file(r->out) ? RESULT_FOLDER
              : alone                    ? RESULT_PICTURE
                                         : RESULT_SHEET;
    r->floats = r->kind == RESULT_ARRAY && (r->codes || given->floats);
}

static int serve(order *o)
{
    passage *p = &o->passage;
    routes r;
    int code = routes_open(&r, &o->from);
    p->model = r.models[0];
    if (!code) code = passage_check_model(p);
    if (!code) code = pictures_open(&p->pictures, &o->asked);
    if (!code) code = passage_check_data(p);
    if (!code) choose_results(o);
    if (!code) code = results_check(&p->results);
    if (!code) code = passage_run(p);
    pictures_free(&p->pictures);
    routes_free(&r);
    return code;
}

/* Whether --out can be what its name says. */
static int check_out(const order *o)
{
    static const char *const others[] = {".jpg",  ".jpeg", ".gif", ".bmp", ".webp", ".tif",
                                         ".tiff", ".pnm",  ".pbm", ".npz", NULL};
    const char *out = o->passage.results.out;
    if (!out)
        return complain(o->self, EXIT_USAGE, "--out %s is missing",
                        o->from.kind == ROUTE_ENCODE ? "FILE" : "OUT");
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
        if (path_is_folder(q->paths[i]) && path_is_same(q->paths[i], o->passage.results.out))
            return complain(o->self, EXIT_USAGE,
                            "--out %s: that is the folder of the pictures; give another",
                            o->passage.results.out);
    if ((q->path_count > 0) != (q->data != NULL)) return EXIT_GOOD;
    return complain(o->self, EXIT_USAGE,
                    "give pictures' files, a folder, an .npy file, or --data SPEC, one of them");
}

static int check_fit(const order *o)
{
    static const char *const words[] = {"pad", "stretch", "crop"};
    for (int i = 0; i < 3; i++)
        if (!o->passage.fit || !strcmp(o->passage.fit, words[i])) return EXIT_GOOD;
    return complain(o->self, EXIT_USAGE, "--fit is '%s'; it must be pad, stretch or crop",
                    o->passage.fit);
}

/* Everything but the context. */
static int read_order(order *o, const arguments *a)
{
    int code;
    o->from.self = o->asked.self = o->self;
    o->passage.self = o->passage.results.self = o->self;
    o->from.run = o->passage.run = a->operands[0];
    o->from.wanted = arguments_get(a, "route");
    o->from.start = arguments_get(a, "from");
    o->from.end = arguments_get(a, "to");
    o->asked.paths = (const char *const *)(a->operands + 1);
    o->asked.path_count = a->operand_count - 1;
    o->asked.data = arguments_get(a, "data");
    o->passage.results.out = o->asked.except = arguments_get(a, "out");
    o->passage.fit = arguments_get(a, "fit");
    if (o->from.wanted && (o->from.start || o->from.end))
        return complain(o->self, EXIT_USAGE, "--route goes without --from and --to");
    if ((code = check_out(o)) || (code = check_paths(o)) || (code = check_fit(o))) return code;
    if (arguments_get(a, "count") && !o->asked.data)
        return complain(o->self, EXIT_USAGE, "--count is of --data alone");
    if (o->passage.fit && o->asked.data)
        return complain(o->self, EXIT_USAGE,
                        "--fit is of files and arrays; of --data it is size=HxW fit=%s in SPEC",
                        o->passage.fit);
    return routes_read_step(o->self, a, &o->from.step) &&
                   arguments_integer(o->self, a, "count", 1, 1 << 24, 0, &o->asked.count)
               ? EXIT_GOOD
               : EXIT_USAGE;
}

static int run_kind(const command *self, route_kind kind, int count, char **words)
{
    arguments a;
    order o = {.self = self, .from.kind = kind};
    gan_context *context;
    int64_t threads;
    int code;
    if (!arguments_begin(self, count, words, &a, &code)) return code;
    code = read_order(&o, &a);
    if (code) return code;
    if (!arguments_integer(self, &a, "threads", 0, 1024, 0, &threads)) return EXIT_USAGE;
    code = open_context(self, &a, 0, threads, &context);
    if (code) return code;
    o.from.context = o.asked.context = context;
    o.passage.context = o.passage.results.context = context;
    code = serve(&o);
    gan_context_release(context);
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
    {"step", "N", step_help, false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"filter", "F", "tiles of 3x3 convolutions, small or large (small)", false},
    {"help", NULL, "this text", false}};
static const char translate_notes[] =
    "IN is PNG, JPEG and PNM files, folders of such, whose folders are gone through too, or an\n"
    ".npy file, N x H x W or N x H x W x C, uint8 or float32 in [-1, 1]. Pictures are brought to\n"
    "the size and channels that the network takes; one that takes any size takes them as they "
    "are.\n\n"
    "OUT is a folder, with a .png for each picture, called as it is in its own; a picture that\n"
    "cannot be read is named there, the others go on, and the exit code is 3. OUT.png is the\n"
    "picture made of one file, else a sheet with each beside what is made of it. OUT.npy is an\n"
    "array of all that is made, of the type of an .npy file that is given, else uint8.\n";
const command command_translate = {"translate",
                                   "RUN [IN ...] --out OUT",
                                   "makes pictures of pictures: translations, reconstructions",
                                   1,
                                   ANY_NUMBER,
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
    {"step", "N", step_help, false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"filter", "F", "tiles of 3x3 convolutions, small or large (small)", false},
    {"help", NULL, "this text", false}};
static const char encode_notes[] =
    "IN is PNG, JPEG and PNM files, folders of such, whose folders are gone through too, or an\n"
    ".npy file, N x H x W or N x H x W x C, uint8 or float32 in [-1, 1]. Pictures are brought to\n"
    "the size and channels that the network takes. The rows of FILE are those of the pictures in\n"
    "their order, in a folder by name; one that cannot be read ends the command.\n";
const command command_encode = {"encode",
                                "RUN [IN ...] --out FILE",
                                "makes codes of pictures: what a network keeps of them",
                                1,
                                ANY_NUMBER,
                                encode_flags,
                                sizeof encode_flags / sizeof encode_flags[0],
                                run_encode,
                                {encode_notes, route_notes, NULL}};

/* eval.c: gan eval RUN, gan eval A B: how good pictures are, in numbers. */
#include "conditions.h"
#include "eval.h"
#include "spread.h"

#include <string.h>

static int fail(const eval_order *o, gan_status status)
{
    return complain_status(o->self, o->context, status);
}

/* Without two of each there is nothing to measure. */
static int check_counts(const eval_order *o)
{
    const bool of_reference = o->compared.count < 2;
    const eval_set *few = of_reference ? &o->compared : &o->samples;
    if (few->count >= 2) return EXIT_GOOD;
    return complain(o->self, EXIT_INPUT, "%s: figures need two samples at least, there %s %lld%s",
                    few->name, few->count == 1 ? "is" : "are", (long long)few->count,
                    o->is_run && !of_reference ? "; --count N says how many" : "");
}

/* ---- two sets ---- */

/* So many of A. */
static int64_t most_samples(const eval_order *o)
{
    return o->count ? o->count : INT64_MAX;
}

static int open_pictures(eval_order *o)
{
    int code = eval_set_open(&o->samples, o->self, o->context, o->subject, NULL, most_samples(o));
    return code ? code
                : eval_set_open(&o->compared, o->self, o->context, o->other, o->reference, o->most);
}

/* ---- arrays of rows ---- */

/* N x W, or N x 1 x 1 x W, as gan sample --float writes points. */
static bool holds_rows(const gan_tensor *array)
{
    const int64_t *shape = gan_tensor_shape(array);
    const int32_t rank = gan_tensor_rank(array);
    return gan_tensor_dtype(array) == GAN_FLOAT32 &&
           (rank == 2 || (rank == 4 && shape[1] == 1 && shape[2] == 1));
}

/* `count` of the rows, from everywhere among them. */
static gan_status choose_rows(gan_tensor **out, gan_context *context, const gan_tensor *rows,
                              int64_t count)
{
    int64_t shape[4];
    const int64_t all = gan_tensor_shape(rows)[0], width = gan_tensor_count(rows) / all;
    memcpy(shape, gan_tensor_shape(rows), (size_t)gan_tensor_rank(rows) * sizeof *shape);
    shape[0] = count;
    const gan_status status =
        gan_tensor_create(out, context, GAN_FLOAT32, gan_tensor_rank(rows), shape);
    for (int64_t i = 0; status == GAN_OK && i < count; i++)
        memcpy((float *)gan_tensor_data(*out) + i * width,
               (const float *)gan_tensor_data(rows) + spread_index(i, count, all) * width,
               (size_t)width * sizeof(float));
    return status;
}

/* At most `most` rows of an .npy file; *out stays NULL if it holds pictures, or is none. */
static int open_rows(eval_order *o, const char *path, int64_t most, eval_set *set, gan_tensor **out)
{
    gan_tensor *array = NULL;
    if (!path || !ends_with(path, ".npy")) return EXIT_GOOD;
    gan_status status = gan_tensor_load(&array, o->context, path);
    if (status == GAN_OK && holds_rows(array)) {
        const int64_t count = gan_tensor_shape(array)[0];
        snprintf(set->name, sizeof set->name, "%s", path);
        set->count = count < most ? count : most;
        status = set->count < count ? choose_rows(out, o->context, array, set->count)
                                    : gan_tensor_slice(out, array, 0, 0, count);
    }
    gan_tensor_release(array);
    return status == GAN_OK ? EXIT_GOOD : fail(o, status);
}

/* Rows against the points of a mixture. */
static int open_mixture(eval_order *o)
{
    int code = eval_set_open(&o->compared, o->self, o->context, NULL, o->reference, o->most);
    gan_status status = code ? GAN_OK : mixture_of(&o->mixture, o->compared.pictures.dataset);
    if (code || status != GAN_OK) return code ? code : fail(o, status);
    if (!o->mixture.centres)
        return complain(o->self, EXIT_INPUT, "%s holds rows, and %s does not", o->subject,
                        o->reference);
    status = eval_set_points(&o->rows[1].features, &o->compared, o->context);
    return status == GAN_OK ? EXIT_GOOD : fail(o, status);
}

static int refuse_mixed(const eval_order *o, const char *rows, const char *other)
{
    if (!path_exists(other))
        return complain(o->self, EXIT_INPUT, "%s: no such file or folder", other);
    return complain(o->self, EXIT_INPUT, "%s holds rows, and %s does not", rows, other);
}

static int open_compared(eval_order *o)
{
    feature_rows *rows = o->rows;
    int code = open_rows(o, o->subject, most_samples(o), &o->samples, &rows[0].features);
    if (!code) code = open_rows(o, o->other, o->most, &o->compared, &rows[1].features);
    if (code || (rows[0].features && rows[1].features)) return code;
    if (rows[0].features && o->reference) return open_mixture(o);
    if (rows[0].features || rows[1].features)
        return refuse_mixed(o, rows[0].features ? o->subject : o->other,
                            rows[0].features ? o->other : o->subject);
    return open_pictures(o);
}

static int open_run(eval_order *o)
{
    int code = eval_open_subject(o);
    if (!code) code = eval_open_reference(o);
    return code ? code : eval_open_samples(o);
}

/* Rows are features themselves. */
static int open_features(eval_order *o)
{
    const int code = o->rows[0].features ? EXIT_GOOD : eval_open_features(o);
    return code || !o->is_run ? code : eval_keep_judge(o);
}

static int serve(eval_order *o)
{
    int code = o->is_run ? open_run(o) : open_compared(o);
    if (!code) code = check_counts(o);
    if (!code) code = open_features(o);
    if (!code) code = eval_measure(o);
    if (!code) eval_report(o);
    eval_free(o);
    return code;
}

/* ---- the command line ---- */

/* The folder of a run, or the file of a checkpoint or network; else it is pictures. */
static bool is_run(const char *path)
{
    char inside[PATH_SIZE];
    if (ends_with(path, ".safetensors")) return true;
    return (path_join(inside, path, "run.recipe") && path_exists(inside)) ||
           (path_join(inside, path, "checkpoint.safetensors") && path_exists(inside));
}

static int read_order(eval_order *o, const arguments *a)
{
    char inside[PATH_SIZE];
    o->given = a;
    o->subject = o->from.run = a->operands[0];
    o->other = a->operand_count > 1 ? a->operands[1] : NULL;
    o->reference = arguments_get(a, "reference");
    o->judge = arguments_get(a, "judge");
    o->json = arguments_get(a, "json") != NULL;
    o->is_run = !o->other && is_run(o->subject);
    o->is_folder = o->is_run && path_is_folder(o->subject) &&
                   path_join(inside, o->subject, "run.recipe") && path_exists(inside);
    o->from.kind = ROUTE_PICTURES;
    o->from.wanted = arguments_get(a, "route");
    o->from.start = arguments_get(a, "from");
    o->from.end = arguments_get(a, "to");
    if (o->from.wanted && (o->from.start || o->from.end))
        return complain(o->self, EXIT_USAGE, "--route goes without --from and --to");
    if (o->other && o->reference)
        return complain(o->self, EXIT_USAGE, "give B, or --reference SPEC, one of them");
    for (int i = 0; o->other && i < 2; i++)
        if (is_run(a->operands[i]))
            return complain(o->self, EXIT_USAGE,
                            "%s is a run: it is compared with its own data, or with --reference "
                            "SPEC",
                            a->operands[i]);
    if (!o->is_run && !o->other && !o->reference)
        return complain(o->self, EXIT_USAGE,
                        "%s is no run; give a second folder or .npy file, or --reference SPEC",
                        o->subject);
    return routes_read_step(o->self, a, &o->from.step) &&
                   arguments_integer(o->self, a, "count", 2, 1 << 24, 0, &o->count) &&
                   arguments_integer(o->self, a, "most", 2, 1 << 24, MOST_COMPARED, &o->most)
               ? EXIT_GOOD
               : EXIT_USAGE;
}

static int run_eval(const command *self, int count, char **words)
{
    arguments a;
    eval_order o = {.self = self};
    int code;
    if (!arguments_begin(self, count, words, &a, &code)) return code;
    code = read_order(&o, &a);
    if (code) return code;
    code = open_seeded(self, &a, &o.seed, &o.context);
    if (code) return code;
    code = serve(&o);
    gan_context_release(o.context);
    return code;
}

static const char eval_notes[] =
    "Samples of a run are compared with the pictures that it was trained on, beside pictures\n"
    "that were held out (heldout= of its data), which are compared with the same ones: theirs\n"
    "are the figures of a perfect sampler. Of a run that translates, samples are what it makes of\n"
    "held-out pictures; where it takes vectors, it gets those of held-out examples. A and B are\n"
    "folders, .npy arrays of pictures, or of rows N x W (points, codes): A is compared with B.\n\n"
    "Features are those of a judge, a classifier that is trained on the run's labelled pictures\n"
    "and kept as RUN/judge-FEED.safetensors; figures can be compared where judge, reference and\n"
    "counts are the same. Without labels pictures are compared by their pixels. Points of a\n"
    "mixture are compared as they are, 2500 of them, and its modes are counted.\n\n"
    "The scores are what the run's discriminator says on average: where it tells held-out\n"
    "pictures from those that it was trained on, it has learned these by heart.\n";

static const flag eval_flags[] = {
    {"json", NULL, "one JSON object, with all that the figures depend on", false},
    {"count", "N",
     "samples; of A from everywhere (as many as are held out, of a mixture 2500; of A all)", false},
    {"most", "N", "pictures of the reference and held-out ones, at most (10000), from everywhere",
     false},
    {"reference", "SPEC", "a data set to compare with: \"idx path=FILE\" (gan help idx)", false},
    {"judge", "FILE", "whose features serve; it is trained if it is not there", false},
    {"condition", "C", "a class or vector that samples are made for; may be repeated", true},
    {"from", "SPACE", "where the way begins, of a RUN of several: x of \"x > y\"", false},
    {"to", "SPACE", "where it ends", false},
    {"route", "ROUTE", "the whole way, in their place: \"x > y > x\"", false},
    {"step", "N", step_help, false},
    {"seed", "S", "of what is drawn (0)", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"filter", "F", "tiles of 3x3 convolutions, small or large (small)", false},
    {"help", NULL, "this text", false}};
const command command_eval = {"eval",
                              "RUN | A B",
                              "measures how good pictures are, beside real ones",
                              1,
                              2,
                              eval_flags,
                              sizeof eval_flags / sizeof eval_flags[0],
                              run_eval,
                              {eval_notes, condition_notes, route_notes}};

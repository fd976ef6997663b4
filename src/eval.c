/* eval.c: gan eval RUN, gan eval A B: how good pictures are, in numbers. */
#include "conditions.h"
#include "eval.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COMPARED = 10000 };

static int fail(const eval_order *o, gan_status status)
{
    return complain_status(o->self, o->context, status);
}

/* ---- what is compared ---- */

static int open_run(eval_order *o)
{
    int code = routes_open(&o->routes, &o->from);
    if (code) return code;
    const char *feed = gan_model_note(o->routes.models[0], "feed");
    if (o->is_folder)
        code = run_data_open(&o->data, o->self, o->context, o->subject, feed);
    else if (!o->reference)
        return complain(
            o->self, EXIT_USAGE,
            "%s is not the folder of a run, which knows its data: give --reference SPEC",
            o->subject);
    if (code) return code;
    if (o->reference)
        code = eval_set_open(&o->compared, o->self, o->context, NULL, o->reference, o->most);
    else {
        snprintf(o->compared.name, sizeof o->compared.name, "%s", o->data.path);
        code = eval_set_of_dataset(&o->compared, o->self, o->context, o->data.train, o->most);
    }
    if (!code && o->data.heldout) {
        snprintf(o->real.name, sizeof o->real.name, "%s", o->data.path);
        code = eval_set_of_dataset(&o->real, o->self, o->context, o->data.heldout, o->most);
    }
    return code ? code : eval_open_samples(o);
}

static int open_pictures(eval_order *o)
{
    const int64_t most = o->count ? o->count : o->most;
    int code = eval_set_open(&o->samples, o->self, o->context, o->subject, NULL, most);
    return code ? code
                : eval_set_open(&o->compared, o->self, o->context, o->other, o->reference, o->most);
}

/* ---- figures ---- */

/* Classes of samples, and of others beside them only where samples have some. */
static gan_status match_labels(const eval_order *o, feature_rows *samples, feature_rows *real)
{
    gan_status status = GAN_OK;
    gan_tensor_release(samples->labels);
    samples->labels = NULL;
    if (o->labels) {
        status = gan_tensor_create(&samples->labels, o->context, GAN_INT64, 1, &o->samples.count);
        if (status == GAN_OK)
            memcpy(gan_tensor_data(samples->labels), o->labels,
                   (size_t)o->samples.count * sizeof *o->labels);
    } else {
        gan_tensor_release(real->labels);
        real->labels = NULL;
    }
    return status;
}

static int measure(eval_order *o, feature_rows rows[3])
{
    figures samples, real;
    eval_set *const sets[3] = {&o->samples, &o->compared, &o->real};
    gan_status status = GAN_OK;
    for (int i = 0; i < 3 && status == GAN_OK; i++)
        if (!rows[i].features && sets[i]->count > 0)
            status = features_make(&rows[i], &o->features, &sets[i]->pictures, sets[i]->count);
    if (status == GAN_OK) status = match_labels(o, &rows[0], &rows[2]);
    if (status == GAN_OK) status = figures_measure(&samples, o->context, &rows[1], &rows[0]);
    if (status == GAN_OK && rows[2].features)
        status = figures_measure(&real, o->context, &rows[1], &rows[2]);
    if (status != GAN_OK) return fail(o, status);
    eval_report(o, &samples, rows[2].features ? &real : NULL);
    return EXIT_GOOD;
}

/* ---- arrays of rows ---- */

/* An .npy file of two dimensions holds rows, not pictures: *out stays NULL for all others. */
static int open_rows(eval_order *o, const char *path, eval_set *set, gan_tensor **out)
{
    gan_tensor *array = NULL;
    if (!path || !ends_with(path, ".npy")) return EXIT_GOOD;
    gan_status status = gan_tensor_load(&array, o->context, path);
    if (status != GAN_OK) return fail(o, status);
    if (gan_tensor_rank(array) == 2 && gan_tensor_dtype(array) == GAN_FLOAT32) {
        snprintf(set->name, sizeof set->name, "%s", path);
        set->count = gan_tensor_shape(array)[0];
        *out = array;
    } else
        gan_tensor_release(array);
    return EXIT_GOOD;
}

static int open_compared(eval_order *o, feature_rows rows[3])
{
    int code = open_rows(o, o->subject, &o->samples, &rows[0].features);
    if (!code) code = open_rows(o, o->other, &o->compared, &rows[1].features);
    if (code || (rows[0].features && rows[1].features)) return code;
    if (rows[0].features || rows[1].features)
        return complain(o->self, EXIT_INPUT, "%s holds rows, and %s does not",
                        rows[0].features ? o->subject : o->other,
                        rows[0].features ? (o->other ? o->other : o->reference) : o->subject);
    code = open_pictures(o);
    return code ? code : eval_open_features(o);
}

static int serve(eval_order *o)
{
    feature_rows rows[3] = {{NULL, NULL, NULL}};
    int code = o->is_run ? open_run(o) : open_compared(o, rows);
    if (!code && o->is_run) code = eval_open_features(o);
    if (!code) code = measure(o, rows);
    for (int i = 0; i < 3; i++) feature_rows_free(&rows[i]);
    features_free(&o->features);
    eval_set_free(&o->samples);
    eval_set_free(&o->compared);
    eval_set_free(&o->real);
    run_data_free(&o->data);
    run_data_free(&o->source);
    routes_free(&o->routes);
    free(o->labels);
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
    o->from.self = o->self;
    o->from.kind = ROUTE_PICTURES;
    o->from.wanted = arguments_get(a, "route");
    o->from.start = arguments_get(a, "from");
    o->from.end = arguments_get(a, "to");
    if (o->from.wanted && (o->from.start || o->from.end))
        return complain(o->self, EXIT_USAGE, "--route goes without --from and --to");
    if (o->other && o->reference)
        return complain(o->self, EXIT_USAGE, "give B, or --reference SPEC, one of them");
    if (!o->is_run && !o->other && !o->reference)
        return complain(o->self, EXIT_USAGE,
                        "%s is no run; give a second folder or .npy file, or --reference SPEC",
                        o->subject);
    return arguments_integer(o->self, a, "step", 0, INT64_MAX, -1, &o->from.step) &&
                   arguments_integer(o->self, a, "count", 2, 1 << 24, 0, &o->count) &&
                   arguments_integer(o->self, a, "most", 2, 1 << 24, MOST_COMPARED, &o->most)
               ? EXIT_GOOD
               : EXIT_USAGE;
}

static int run_eval(const command *self, int count, char **words)
{
    arguments a;
    eval_order o = {.self = self};
    int64_t threads;
    int code;
    if (!arguments_begin(self, count, words, &a, &code)) return code;
    code = read_order(&o, &a);
    if (code) return code;
    if (!arguments_integer(self, &a, "seed", 0, INT64_MAX, 0, &o.seed) ||
        !arguments_integer(self, &a, "threads", 0, 1024, 0, &threads))
        return EXIT_USAGE;
    code = open_context(self, &a, o.seed, threads, &o.context);
    if (code) return code;
    o.from.context = o.context;
    code = serve(&o);
    gan_context_release(o.context);
    return code;
}

static const char eval_notes[] =
    "Samples of a run are compared with the pictures that it was trained on, beside pictures that\n"
    "were held out (heldout= of its data), which are compared with the same ones: theirs are the\n"
    "figures of a perfect sampler. Of a run that translates, samples are what it makes of "
    "held-out\n"
    "pictures. A and B are folders, .npy arrays of pictures, or of rows N x W\n"
    "(points, codes): A is compared with B.\n\n"
    "Features are those of a judge, a classifier that is trained on the run's labelled pictures\n"
    "and kept as RUN/judge-FEED.safetensors; figures can be compared where judge, reference and "
    "counts\n"
    "are the same. Without labels pictures are compared by their pixels.\n";

static const flag eval_flags[] = {
    {"json", NULL, "one JSON object, with all that the figures depend on", false},
    {"count", "N", "samples; of A the first N (as many as are held out; of A all)", false},
    {"most", "N", "pictures of the reference and held-out ones, at most (10000)", false},
    {"reference", "SPEC", "a data set to compare with: \"idx path=FILE\" (gan help idx)", false},
    {"judge", "FILE", "whose features serve; it is trained if it is not there", false},
    {"condition", "C", "a class or vector that samples are made for; may be repeated", true},
    {"from", "SPACE", "where the way begins, of a RUN of several: x of \"x > y\"", false},
    {"to", "SPACE", "where it ends", false},
    {"route", "ROUTE", "the whole way, in their place: \"x > y > x\"", false},
    {"step", "N", "the kept checkpoint of this step, not the newest", false},
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

/* measuring.c: gan eval in the middle of a training. */
#include "measuring.h"
#include "run_folder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Samples of the trial: more than any figure's neighbours. */
enum { TRIAL_SAMPLES = 32 };

void measuring_free(measuring *m)
{
    if (!m->context) return;
    eval_free(&m->order);
    gan_context_release(m->context);
}

bool measuring_is_due(const measuring *m, int64_t step, int64_t last)
{
    return m->every > 0 && step > 0 && (step % m->every == 0 || step == last);
}

/* ---- a copy of the training ---- */

/* The trainer as it is now: its checkpoint's bytes, and a trainer of them that is apart. */
static int copy_trainer(measuring *m, gan_trainer *trainer, gan_tensor **bytes, gan_trainer **copy)
{
    *copy = NULL;
    gan_status status = gan_trainer_save_memory(bytes, trainer);
    if (status != GAN_OK) return complain_status(m->self, m->saver->context, status);
    status = gan_trainer_load_memory(copy, m->context, gan_tensor_data(*bytes),
                                     (size_t)gan_tensor_count(*bytes));
    return status == GAN_OK ? EXIT_GOOD : complain_status(m->self, m->context, status);
}

/* The figures of a copy, in m->order. */
static int measure_copy(measuring *m, gan_trainer *copy)
{
    m->order.from.trainer = copy;
    int code = eval_open_subject(&m->order);
    if (!code) code = eval_open_samples(&m->order);
    return code ? code : eval_measure(&m->order);
}

/* ---- whether it can be done ---- */

/* Without labels there is no judge, and pixels are no measure to choose networks by. */
static int check_features(const measuring *m)
{
    const eval_order *o = &m->order;
    if (o->features.judge || o->mixture.centres) return EXIT_GOOD;
    return complain(m->self, EXIT_INPUT,
                    "run.eval_every: data.%s (%s) has no labels to train a judge on, by whose "
                    "features samples could be measured; give labels, or a judge of other pictures "
                    "as run.judge",
                    o->data.feed, o->data.path);
}

/* The figure that decides, which the trial must have measured. */
static int choose_figure(measuring *m)
{
    const figures *f = &m->order.figures[0];
    char list[256] = "";
    if (!strcmp(m->best, "auto"))
        snprintf(m->best, sizeof m->best, m->order.mixture.centres ? "modes" : "frechet");
    m->figure = figures_find(m->best);
    if (m->figure >= 0 && isfinite(f->values[m->figure])) return EXIT_GOOD;
    if (m->order.samples.count < 2)
        return complain(m->self, EXIT_INPUT,
                        "run.eval_samples: figures need two samples at least; as many are measured "
                        "as are held out, if it is 0");
    for (int i = 0; i < MOST_FIGURES; i++)
        if (isfinite(f->values[i]))
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "",
                     figures_key(i));
    return complain(m->self, EXIT_INPUT,
                    "run.best is %s, which samples of this run do not have; they have: %s", m->best,
                    list);
}

/* A few samples, of the trainer as it is. */
static int try_all(measuring *m, gan_trainer *copy)
{
    eval_order *o = &m->order;
    o->from.trainer = copy;
    int code = eval_open_subject(o);
    if (!code) code = eval_open_reference(o);
    if (!code && eval_sample_count(o) > TRIAL_SAMPLES) o->count = TRIAL_SAMPLES;
    if (!code) code = eval_open_features(o);
    if (!code) code = check_features(m);
    if (!code) code = eval_open_samples(o);
    if (!code) code = eval_measure(o);
    if (!code) code = choose_figure(m);
    eval_forget_subject(o);
    o->count = m->samples;
    return code;
}

static void tell_heldout(const measuring *m)
{
    const eval_order *o = &m->order;
    if (o->data.seen && !o->mixture.centres)
        fprintf(stderr,
                "data.%s holds nothing out (heldout=): the figures of real pictures are those of a "
                "tenth that the training sees, too\n",
                o->data.feed);
}

int measuring_open(measuring *m, gan_trainer *trainer, int64_t threads)
{
    eval_order *o = &m->order;
    gan_tensor *bytes = NULL;
    gan_trainer *copy = NULL;
    if (m->every == 0) return EXIT_GOOD;
    int code = open_context(m->self, &m->none, 0, threads, &m->context);
    if (code) return code;
    o->self = m->self;
    o->context = m->context;
    o->given = &m->none;
    o->subject = o->from.run = m->folder;
    o->recipe = m->recipe;
    o->is_run = o->is_folder = true;
    o->most = MOST_COMPARED;
    o->count = m->samples;
    o->from.kind = ROUTE_PICTURES;
    o->from.wanted = *m->route ? m->route : NULL;
    code = copy_trainer(m, trainer, &bytes, &copy);
    if (!code) code = try_all(m, copy);
    if (!code) tell_heldout(m);
    gan_trainer_release(copy);
    gan_tensor_release(bytes);
    return code;
}

/* ---- steps ---- */

static void tell(const measuring *m, int64_t step, double seconds, double whole, bool best)
{
    const eval_order *o = &m->order;
    const double value = o->figures[0].values[m->figure];
    run_log_end(&m->saver->log);
    fprintf(stderr, "step %lld: %s %.4g", (long long)step, m->best, value);
    if (o->figures[1].measured && isfinite(o->figures[1].values[m->figure]))
        fprintf(stderr, " (real pictures %.4g)", o->figures[1].values[m->figure]);
    if (best)
        fputs(", the best so far, kept", stderr);
    else
        fprintf(stderr, "; the best is that of step %lld, %.4g", (long long)m->best_step,
                m->of_best.values[m->figure]);
    fprintf(stderr, "; measured in %.1f s, all measuring is %.0f %% of the time\n", seconds,
            100 * m->seconds / whole);
}

/* A line of log.jsonl: all figures that there are, and the first discriminator's scores. */
static void log_measured(const measuring *m)
{
    const eval_order *o = &m->order;
    run_values values = {.count = 0};
    for (int i = 0; i < MOST_FIGURES; i++)
        run_values_add(&values, figures_key(i), o->figures[0].values[i]);
    if (o->score_count > 0) {
        run_values_add(&values, "score.samples", o->scores[0].samples);
        run_values_add(&values, "score.heldout", o->scores[0].heldout);
        run_values_add(&values, "score.training", o->scores[0].training);
    }
    saver_log_measured(m->saver, &values);
}

/* Of equals the first. */
static bool is_best(const measuring *m)
{
    const figures *now = &m->order.figures[0];
    return isfinite(now->values[m->figure]) &&
           (!m->of_best.measured || figures_better(now, &m->of_best, m->figure));
}

void measuring_step(measuring *m)
{
    const double start = seconds_now();
    const int64_t step = gan_trainer_steps(m->saver->trainer);
    gan_tensor *bytes = NULL;
    gan_trainer *copy = NULL;
    int code = copy_trainer(m, m->saver->trainer, &bytes, &copy);
    if (!code) code = measure_copy(m, copy);
    const bool best = !code && is_best(m);
    if (best) {
        m->of_best = m->order.figures[0];
        m->best_step = step;
        saver_keep_best(m->saver, bytes, copy, m->context);
    }
    if (!code) log_measured(m);
    const double seconds = seconds_now() - start;
    m->seconds += seconds;
    run_log_pause(&m->saver->log, seconds);
    if (!code)
        tell(m, step, seconds, seconds_now() - m->saver->log.started + m->seconds, best);
    else
        complain(m->self, 0, "step %lld was not measured; the training goes on", (long long)step);
    eval_forget_subject(&m->order);
    gan_trainer_release(copy);
    gan_tensor_release(bytes);
}

/* ---- the beginning ---- */

/* The best that the folder has, measured again: so it is known whatever was lost of the log, and by
 * the same figure. A process that was killed may have left its networks older than it is. */
static void measure_best(measuring *m)
{
    char path[PATH_SIZE];
    gan_trainer *best = NULL;
    if (!best_path(path, m->folder, "checkpoint") || !path_exists(path)) return;
    gan_status status = gan_trainer_load(&best, m->context, path);
    int code = status == GAN_OK ? EXIT_GOOD : complain_status(m->self, m->context, status);
    if (!code) code = measure_copy(m, best);
    if (!code && is_best(m)) {
        m->of_best = m->order.figures[0];
        m->best_step = gan_trainer_steps(best);
        saver_keep_best(m->saver, NULL, best, m->context);
        fprintf(stderr, "the best so far is that of step %lld: %s %.4g\n", (long long)m->best_step,
                m->best, m->of_best.values[m->figure]);
    } else
        complain(m->self, 0, "%s was not measured: the next that is takes its place", path);
    eval_forget_subject(&m->order);
    gan_trainer_release(best);
}

int measuring_begin(measuring *m, bool resumes, bool due)
{
    if (m->every == 0) return EXIT_GOOD;
    int code = eval_keep_judge(&m->order);
    if (code) return code;
    if (resumes) measure_best(m);
    if (due) measuring_step(m);
    return EXIT_GOOD;
}

/* bench.c: gan bench. Times products, convolutions and training steps through the public interface,
 * each in turn with the machine's peak. */
#include "bench_profile.h"
#include "command.h"
#include "peak.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct bench {
    const command *self;
    gan_context *context;
    const char *wanted; /* a case, or the beginning of cases up to a dot; NULL: all */
    const char *precision;
    int64_t threads, rounds;
    bool json;
    int found;
    gan_status status;
    double operations; /* floating-point operations of products since it was set to 0 */
    int64_t weights;   /* trained numbers of a training's networks; 0 for a layer alone */
} bench;

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static bool wants(bench *b, const char *name)
{
    size_t n;
    if (!b->wanted) return true;
    n = strlen(b->wanted);
    return !strncmp(name, b->wanted, n) && (name[n] == '\0' || name[n] == '.');
}

/* What the rounds of a case measured: round r stands between peaks r and r + 1. */
typedef struct rounds {
    double seconds[MAX_ROUNDS], peaks[MAX_ROUNDS + 1];
} rounds;

/* Medians, each of its own: the share is that of the rounds' shares, since both a case and the peak
 * change with whatever else the machine does. */
static void report(bench *b, const char *name, rounds *m)
{
    const double operations = b->operations;
    double shares[MAX_ROUNDS];
    double seconds, rate, peak, share;
    int count = (int)b->rounds;
    for (int r = 0; r < count; r++)
        shares[r] = operations / m->seconds[r] * 2e-9 / (m->peaks[r] + m->peaks[r + 1]);
    seconds = median(m->seconds, count);
    peak = median(m->peaks, count + 1);
    share = median(shares, count);
    rate = operations / seconds * 1e-9;
    b->found++;
    if (b->json)
        printf("{\"case\": \"%s\", \"precision\": \"%s\", \"threads\": %lld, \"seconds\": %.6g, "
               "\"operations\": %.6g, \"weights\": %lld, \"gflops\": %.4g, \"peak_gflops\": %.4g, "
               "\"share_of_peak\": %.3f}\n",
               name, b->precision, (long long)b->threads, seconds, operations,
               (long long)b->weights, rate, peak, share);
    else
        printf("%-28s %10.3f ms %8.1f GFLOP/s  %5.1f %% of the peak of %.0f\n", name, seconds * 1e3,
               rate, 100 * share, peak);
    fflush(stdout);
}

static double bench_peak_now(const bench *b)
{
    return measure_peak(gan_context_cpu(b->context), (int)b->threads);
}

/* Rounds of run() and peak in turn; short calls are repeated within a round. before() is not timed.
 */
static void time_subject(bench *b, const char *name, subject *s, gan_status (*before)(subject *),
                         gan_status (*run)(subject *))
{
    rounds m;
    int repeats = 1;
    for (int r = -2; r < (int)b->rounds; r++) {
        double spent = 0;
        for (int i = 0; i < repeats && b->status == GAN_OK; i++) {
            double started;
            if (before) b->status = before(s);
            b->operations = 0;
            started = seconds_now();
            if (b->status == GAN_OK) b->status = run(s);
            spent += seconds_now() - started;
        }
        if (b->status != GAN_OK) return;
        if (r == -1) repeats = spent < 0.02 ? (int)fmin(1000, 0.02 / fmax(spent, 1e-6)) + 1 : 1;
        if (r >= 0) m.seconds[r] = spent / repeats;
        if (r >= -1) m.peaks[r + 1] = bench_peak_now(b);
    }
    report(b, name, &m);
}

static gan_status apply_layer(subject *s)
{
    static const char *const modes[] = {"evaluation frozen", "training frozen", "training"};
    gan_value input;
    gan_status status =
        gan_tape_input(s->tape, s->input, s->pass == 1 ? GAN_INPUT_GRADIENT : 0, &input);
    if (status != GAN_OK) return status;
    return gan_tape_apply(s->tape, s->model, modes[s->pass], &input, 1, &s->value, 1);
}

static gan_status reset_tape(subject *s)
{
    return gan_tape_reset(s->tape);
}

static gan_status reset_and_apply(subject *s)
{
    gan_status status = gan_tape_reset(s->tape);
    return status == GAN_OK ? apply_layer(s) : status;
}

static gan_status run_backward(subject *s)
{
    return gan_tape_backward(s->tape, &s->value, &s->seed, 1, &s->model, s->pass == 2);
}

/* One layer alone, with `batch` samples, in one of its three passes. */
static void bench_one_layer(bench *b, const char *name, const bench_layer *l, int batch, int pass)
{
    subject s = {.context = b->context, .pass = pass};
    char text[256];
    if (!wants(b, name) || b->status != GAN_OK) return;
    snprintf(text, sizeof text, "input %d %d %d; %s", l->h, l->w, l->c, l->statement);
    b->status = gan_model_parse(&s.model, b->context, text);
    if (b->status == GAN_OK) b->status = gan_tape_create(&s.tape, b->context);
    if (b->status == GAN_OK) b->status = subject_tensor(&s, &s.input, batch, l->h, l->w, l->c);
    if (b->status == GAN_OK) b->status = subject_tensor(&s, &s.seed, batch, l->oh, l->ow, l->k);
    if (b->status == GAN_OK)
        time_subject(b, name, &s, pass ? reset_and_apply : reset_tape,
                     pass ? run_backward : apply_layer);
    subject_free(&s);
}

static void bench_layers(bench *b, const bench_stack *stack)
{
    static const char *const passes[] = {"forward", "data", "weights"};
    for (int i = 0; i < stack->count; i++)
        for (int pass = 0; pass < 3; pass++) {
            const bench_layer *l = &stack->layers[i];
            char name[64];
            snprintf(name, sizeof name, "conv.%s.%s.%s", stack->net, l->name, passes[pass]);
            bench_one_layer(b, name, l, stack->batch, pass);
        }
}

/* The shapes of DCGAN-64's layers as plain products; any other as --case product.MxNxK. */
static void bench_products(bench *b)
{
    static const int shapes[][3] = {
        {16384, 128, 1024}, {4096, 256, 2048}, {1024, 512, 4096}, /* d2 d3 d4 */
        {1024, 256, 2048},  {4096, 128, 1024}, {16384, 64, 512}}; /* a phase of g2 g3 g4 */
    int m, n, k, used = 0;
    if (b->wanted && sscanf(b->wanted, "product.%dx%dx%d%n", &m, &n, &k, &used) == 3 && used &&
        !b->wanted[used] && m > 0 && n > 0 && k > 0) {
        char statement[64];
        bench_layer l = {"", statement, 1, 1, k, 1, 1, n};
        snprintf(statement, sizeof statement, "dense %d bias=no", n);
        bench_one_layer(b, b->wanted, &l, m, 0);
        return;
    }
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        char name[64], statement[64];
        bench_layer l = {"", statement, 1, 1, shapes[i][2], 1, 1, shapes[i][1]};
        snprintf(name, sizeof name, "product.%dx%dx%d", shapes[i][0], shapes[i][1], shapes[i][2]);
        snprintf(statement, sizeof statement, "dense %d bias=no", shapes[i][1]);
        bench_one_layer(b, name, &l, shapes[i][0], 0);
    }
}

static void bench_training(bench *b, const bench_net *net)
{
    subject s = {.context = b->context};
    char name[64];
    snprintf(name, sizeof name, "train.%s", net->name);
    if (!wants(b, name) || b->status != GAN_OK) return;
    b->status = subject_open(&s, net);
    if (b->status == GAN_OK) b->weights = subject_weights(&s);
    if (b->status == GAN_OK) time_subject(b, name, &s, NULL, subject_steps);
    subject_free(&s);
}

static void on_log(void *user, int32_t level, const char *line)
{
    complain_log(((const bench *)user)->self, level, line);
}

/* A few clock readings for each layer: 50 ns, of steps of milliseconds. */
static void on_span(void *user, const gan_span *span)
{
    ((bench *)user)->operations += 2 * span->products;
}

/* Another context like b->context, in which products are counted. */
static gan_status counting_context(bench *b, gan_context **out)
{
    const gan_host host = {.size = sizeof host, .user = b, .log = on_log, .span = on_span};
    return gan_context_create(out, gan_context_text(b->context), &host, NULL, 0);
}

/* From nothing to the end of the first step, or of the few that are timed as one. */
static gan_status first_step(bench *b, subject *s, const bench_net *net, double *seconds)
{
    double started = seconds_now();
    gan_status status = counting_context(b, &s->context);
    if (status == GAN_OK) status = subject_open(s, net);
    if (status == GAN_OK) status = subject_steps(s);
    *seconds = seconds_now() - started;
    subject_free(s);
    gan_context_release(s->context);
    return status;
}

static void bench_first_step(bench *b, const bench_net *net)
{
    rounds m;
    char name[64];
    snprintf(name, sizeof name, "first.%s", net->name);
    if (!wants(b, name) || b->status != GAN_OK) return;
    m.peaks[0] = bench_peak_now(b);
    for (int i = 0; i < b->rounds && b->status == GAN_OK; i++) {
        subject s = {.context = NULL};
        b->operations = 0;
        b->status = first_step(b, &s, net, &m.seconds[i]);
        m.peaks[i + 1] = bench_peak_now(b);
    }
    if (b->status == GAN_OK) report(b, name, &m);
}

static void bench_peak(bench *b)
{
    rounds m;
    double peak;
    if (!wants(b, "peak")) return;
    for (int i = 0; i <= b->rounds; i++) m.peaks[i] = bench_peak_now(b);
    peak = median(m.peaks, (int)b->rounds + 1);
    for (int i = 0; i <= b->rounds; i++) m.peaks[i] = peak;
    for (int i = 0; i < b->rounds; i++) m.seconds[i] = 1;
    b->operations = peak * 1e9;
    report(b, "peak", &m);
}

static int run_cases(bench *b)
{
    gan_context *counting;
    b->status = counting_context(b, &counting);
    if (b->status != GAN_OK) return complain_status(b->self, b->context, b->status);
    gan_context_release(b->context);
    b->context = counting;
    bench_peak(b);
    bench_products(b);
    for (int i = 0; i < bench_stack_count; i++) bench_layers(b, &bench_stacks[i]);
    for (int i = 0; i < bench_net_count; i++) bench_first_step(b, &bench_nets[i]);
    for (int i = 0; i < bench_net_count; i++) bench_training(b, &bench_nets[i]);
    if (b->status != GAN_OK) return complain_status(b->self, b->context, b->status);
    if (!b->found) return complain(b->self, EXIT_USAGE, "there is no case '%s'", b->wanted);
    return EXIT_GOOD;
}

static int run_profile(bench *b, const char *name)
{
    const profile_order order = {.self = b->self,
                                 .context = b->context,
                                 .name = name,
                                 .threads = (int)b->threads,
                                 .rounds = (int)b->rounds,
                                 .json = b->json};
    return profile_print(&order);
}

static int run_bench(const command *self, int count, char **words)
{
    arguments a;
    bench b = {.self = self};
    int code;
    if (!arguments_begin(self, count, words, &a, &code)) return code;
    if (!arguments_integer(self, &a, "threads", 1, 256, 1, &b.threads) ||
        !arguments_integer(self, &a, "rounds", 1, MAX_ROUNDS, 9, &b.rounds))
        return EXIT_USAGE;
    if (arguments_get(&a, "profile") && arguments_get(&a, "case"))
        return complain(self, EXIT_USAGE, "--profile and --case exclude each other");
    b.json = arguments_get(&a, "json") != NULL;
    b.wanted = arguments_get(&a, "case");
    b.precision = arguments_get(&a, "precision");
    if (!b.precision) b.precision = "fp32";
    code = open_context(self, &a, 0, b.threads, &b.context);
    if (code) return code;
    if (measure_peak(gan_context_cpu(b.context), (int)b.threads) <= 0)
        code = complain(self, EXIT_FAILED, "cannot start %lld threads", (long long)b.threads);
    else if (arguments_get(&a, "profile"))
        code = run_profile(&b, arguments_get(&a, "profile"));
    else
        code = run_cases(&b);
    gan_context_release(b.context);
    return code;
}

static const flag bench_flags[] = {
    {"case", "NAME",
     "peak, product.MxNxK, conv.dcgan64.LAYER.PASS, first.NET, train.NET, or a beginning", false},
    {"profile", "CASE", "train.NET: its step by layer and pass, each in its best of --rounds steps",
     false},
    {"threads", "N", "worker threads (1)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"filter", "F", "tiles of 3x3 convolutions, small or large (small)", false},
    {"rounds", "N", "times each case so often and takes the median (9)", false},
    {"json", NULL, "one JSON object a line", false},
    {"help", NULL, "this text", false}};
const command command_bench = {
    "bench", "[--case NAME]", "times products, convolutions and training steps", 0,
    0,       bench_flags,     sizeof bench_flags / sizeof bench_flags[0],        run_bench,
    {NULL}};

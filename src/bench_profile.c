/* bench_profile.c: gan bench --profile. The library tells each piece of work that has ended
 * (gan_span); those of one layer and pass make a row. */
#include "bench_profile.h"
#include "peak.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_SIZE = 64 };

/* One layer's pass, or anything else of one name; in a summary all layers of a kind. */
typedef struct row {
    const gan_model *model;
    char place[LABEL_SIZE], kind[LABEL_SIZE], pass[LABEL_SIZE];
    double calls, products; /* of all rounds */
    double rounds[MAX_ROUNDS];
    double seconds; /* of a step */
} row;

typedef struct profile {
    const command *self;
    row *rows;
    int count, capacity;
    int next;  /* the row behind the last one found: steps resemble each other */
    int round; /* -1: not measured yet */
    bool failed;
} profile;

static bool row_fits(const row *r, const gan_span *span)
{
    return r->model == span->model && !strcmp(r->place, span->place) &&
           !strcmp(r->kind, span->kind) && !strcmp(r->pass, span->pass);
}

static row *profile_add(profile *p, const gan_span *span)
{
    if (p->count == p->capacity) {
        const int capacity = p->capacity ? 2 * p->capacity : 256;
        row *larger = realloc(p->rows, (size_t)capacity * sizeof *larger);
        if (!larger) return NULL;
        p->rows = larger;
        p->capacity = capacity;
    }
    row *r = &p->rows[p->count++];
    *r = (row){.model = span->model};
    snprintf(r->place, sizeof r->place, "%s", span->place);
    snprintf(r->kind, sizeof r->kind, "%s", span->kind);
    snprintf(r->pass, sizeof r->pass, "%s", span->pass);
    return r;
}

static row *profile_find(profile *p, const gan_span *span)
{
    for (int i = 0; i < p->count; i++) {
        const int at = (p->next + i) % p->count;
        if (!row_fits(&p->rows[at], span)) continue;
        p->next = at + 1;
        return &p->rows[at];
    }
    return profile_add(p, span);
}

static void on_span(void *user, const gan_span *span)
{
    profile *p = user;
    if (p->round < 0) return;
    row *r = profile_find(p, span);
    if (!r) {
        p->failed = true;
        return;
    }
    r->calls++;
    r->products += span->products;
    r->rounds[p->round] += span->seconds;
}

static void on_log(void *user, int32_t level, const char *line)
{
    complain_log(((const profile *)user)->self, level, line);
}

static gan_status profile_context(profile *p, gan_context *like, gan_context **out)
{
    const gan_host host = {.size = sizeof host, .user = p, .log = on_log, .span = on_span};
    return gan_context_create(out, gan_context_text(like), &host, NULL, 0);
}

/* ---- measuring ---- */

/* What was measured: round r stands between peaks r and r + 1. */
typedef struct measured {
    profile p;
    subject s;
    double peaks[MAX_ROUNDS + 1], walls[MAX_ROUNDS];
    double peak, wall, seconds, operations; /* of a step; seconds: the sum of the rows' */
} measured;

static gan_status measure_round(const profile_order *order, measured *m, int round)
{
    m->p.round = round;
    const double started = seconds_now();
    gan_status status = subject_steps(&m->s);
    if (round >= 0) m->walls[round] = seconds_now() - started;
    m->p.round = -1;
    if (round >= -1)
        m->peaks[round + 1] = measure_peak(gan_context_cpu(m->s.context), order->threads);
    return status;
}

static double least(const double *values, int count)
{
    double found = values[0];
    for (int i = 1; i < count; i++) found = fmin(found, values[i]);
    return found;
}

/* Each row's best round: whatever else the machine did, it did not do it in all of them. */
static void measure_sum(const profile_order *order, measured *m)
{
    m->wall = least(m->walls, order->rounds);
    for (int i = 0; i <= order->rounds; i++) m->peak = fmax(m->peak, m->peaks[i]);
    for (int i = 0; i < m->p.count; i++) {
        row *r = &m->p.rows[i];
        r->seconds = least(r->rounds, order->rounds);
        m->seconds += r->seconds;
        m->operations += 2 * r->products / order->rounds;
    }
}

static gan_status measure(const profile_order *order, const bench_net *net, measured *m)
{
    gan_status status = profile_context(&m->p, order->context, &m->s.context);
    if (status == GAN_OK) status = subject_open(&m->s, net);
    for (int r = -2; r < order->rounds && status == GAN_OK; r++)
        status = measure_round(order, m, r);
    if (status == GAN_OK && m->p.failed) status = GAN_E_MEMORY;
    if (status == GAN_OK) measure_sum(order, m);
    return status;
}

/* ---- printing ---- */

static int compare_rows(const void *a, const void *b)
{
    double x = ((const row *)a)->seconds, y = ((const row *)b)->seconds;
    return (x < y) - (x > y);
}

static const char *model_name(const measured *m, const gan_model *model)
{
    const char *role;
    gan_model *of_role;
    for (int i = 0; model && subject_role(&m->s, i, &role, &of_role); i++)
        if (of_role == model) return role;
    return "";
}

static void print_row(const profile_order *order, const measured *m, const row *r, const char *by)
{
    const double rate = 2e-9 * r->products / order->rounds / r->seconds;
    const char *name = model_name(m, r->model);
    if (order->json) {
        printf("{\"case\": \"%s\", \"by\": \"%s\", \"network\": \"%s\", \"layer\": \"%s\", "
               "\"kind\": \"%s\", \"pass\": \"%s\", \"calls\": %.6g, \"seconds\": %.6g, "
               "\"share\": %.5f",
               order->name, by, name, r->place, r->kind, r->pass, r->calls / order->rounds,
               r->seconds, r->seconds / m->seconds);
        if (r->products > 0)
            printf(", \"gflops\": %.4g, \"share_of_peak\": %.3f", rate, rate / m->peak);
        puts("}");
        return;
    }
    printf("%5.1f %% %10.3f ms %6.6g x ", 100 * r->seconds / m->seconds, 1e3 * r->seconds,
           r->calls / order->rounds);
    if (r->products > 0)
        printf("%7.1f GFLOP/s %5.1f %%", rate, 100 * rate / m->peak);
    else
        printf("%23s", "");
    printf("  %-16s %-16s%s%s%s\n", r->kind, r->pass, name, *name ? " " : "", r->place);
}

static void print_rows(const profile_order *order, const measured *m, row *rows, int count,
                       const char *by)
{
    qsort(rows, (size_t)count, sizeof *rows, compare_rows);
    if (!order->json) printf("\nby %s:\n", by);
    for (int i = 0; i < count; i++) print_row(order, m, &rows[i], by);
}

static void print_step(const profile_order *order, const measured *m)
{
    const double rate = 1e-9 * m->operations / m->seconds;
    if (order->json)
        printf("{\"case\": \"%s\", \"by\": \"step\", \"threads\": %d, \"seconds\": %.6g, "
               "\"wall\": %.6g, \"gflops\": %.4g, \"peak_gflops\": %.4g, \"share_of_peak\": "
               "%.3f}\n",
               order->name, order->threads, m->seconds, m->wall, rate, m->peak, rate / m->peak);
    else
        printf(
            "%s: %.3f ms, each row in its best of %d steps (the best step %.3f ms), %.1f GFLOP/s, "
            "%.1f %% of the peak of %.0f\n",
            order->name, 1e3 * m->seconds, order->rounds, 1e3 * m->wall, rate, 100 * rate / m->peak,
            m->peak);
}

/* All layers of a kind are one row. False: no memory. */
static bool sum_kinds(const profile *p, profile *kinds)
{
    for (int i = 0; i < p->count; i++) {
        const row *r = &p->rows[i];
        const gan_span span = {.size = sizeof span, .place = "", .kind = r->kind, .pass = r->pass};
        row *sum = profile_find(kinds, &span);
        if (!sum) return false;
        sum->calls += r->calls;
        sum->products += r->products;
        sum->seconds += r->seconds;
    }
    return true;
}

static void print_all(const profile_order *order, measured *m)
{
    profile kinds = {.rows = NULL};
    print_step(order, m);
    if (sum_kinds(&m->p, &kinds)) print_rows(order, m, kinds.rows, kinds.count, "kind and pass");
    print_rows(order, m, m->p.rows, m->p.count, "layer and pass");
    free(kinds.rows);
}

int profile_print(const profile_order *order)
{
    const bench_net *net = NULL;
    measured m = {.p = {.self = order->self, .round = -1}};
    int code = EXIT_GOOD;
    for (int i = 0; i < bench_net_count && !strncmp(order->name, "train.", 6); i++)
        if (!strcmp(order->name + 6, bench_nets[i].name)) net = &bench_nets[i];
    if (!net) return complain(order->self, EXIT_USAGE, "there is no training '%s'", order->name);
    gan_status status = measure(order, net, &m);
    if (status == GAN_OK)
        print_all(order, &m);
    else
        code = complain_status(order->self, m.s.context, status);
    subject_free(&m.s);
    gan_context_release(m.s.context);
    free(m.p.rows);
    return code;
}

/* schedule.c: schedules from text, and their factors, with a cosine of its own: libm's digits
 * differ between systems. */
#include "optim/schedule.h"

#include "base/number.h"
#include "base/text.h"

#include <string.h>

static const char *const schedule_names[] = {"constant", "linear", "step", "cosine", "cyclegan"};
static const int32_t schedule_numbers[] = {0, 1, 2, 1, 2};

enum { SCHEDULE_COUNT = sizeof schedule_names / sizeof schedule_names[0] };

/* Counts are whole numbers from 1; step's factor is any number from 0 on. */
static bool schedule_number(const gan__schedule *schedule, int32_t index, const char *text,
                            size_t length, double *out)
{
    int64_t whole;
    if (schedule->kind == GAN__SCHEDULE_STEP && index == 1)
        return gan__number_parse(text, length, out) && *out >= 0 && *out <= 1e6;
    /* cyclegan:0,N and cyclegan:N,0 are in use. */
    int64_t least = schedule->kind == GAN__SCHEDULE_CYCLEGAN ? 0 : 1;
    if (!gan__integer_parse(text, length, &whole) || whole < least || whole > (int64_t)1 << 48)
        return false;
    *out = (double)whole;
    return true;
}

gan_status gan__schedule_parse(gan_context *context, const char *text, gan__schedule *out)
{
    size_t length = strcspn(text, ":");
    double *const numbers[2] = {&out->a, &out->b};
    *out = (gan__schedule){.kind = GAN__SCHEDULE_CONSTANT};
    int32_t kind = 0;
    while (kind < SCHEDULE_COUNT && (strlen(schedule_names[kind]) != length ||
                                     memcmp(schedule_names[kind], text, length) != 0))
        kind++;
    if (kind == SCHEDULE_COUNT) {
        const char *nearest = gan__nearest(text, length, schedule_names, SCHEDULE_COUNT);
        return gan__fail(context, GAN_E_TEXT, "unknown schedule '%.*s'%s%s%s",
                         (int)(length < 64 ? length : 64), text, nearest ? ", did you mean '" : "",
                         nearest ? nearest : "", nearest ? "'?" : "");
    }
    out->kind = (gan__schedule_kind)kind;
    const char *cursor = text + length;
    for (int32_t i = 0; i < schedule_numbers[kind]; i++) {
        size_t size = *cursor ? strcspn(cursor + 1, ",") : 0;
        if (size == 0 || !schedule_number(out, i, cursor + 1, size, numbers[i]))
            return gan__fail(context, GAN_E_TEXT, "schedule '%.64s' needs %d number%s in range",
                             text, schedule_numbers[kind], schedule_numbers[kind] == 1 ? "" : "s");
        cursor += 1 + size;
    }
    if (*cursor)
        return gan__fail(context, GAN_E_TEXT, "schedule '%.64s' has too many numbers", text);
    return GAN_OK;
}

/* cos(pi x), 0 <= x <= 1: its Taylor series, which at pi / 2 needs ten terms, and the symmetry
 * around 1/2. */
static double schedule_cosine(double x)
{
    if (x > 0.5) return -schedule_cosine(1 - x);
    double square = x * x * 9.8696044010893586188, term = 1, sum = 1;
    for (int i = 1; i <= 12; i++) {
        term *= -square / (double)((2 * i - 1) * (2 * i));
        sum += term;
    }
    return sum;
}

double gan__schedule_factor(const gan__schedule *schedule, int64_t t)
{
    double now = (double)t, factor;
    switch (schedule->kind) {
    case GAN__SCHEDULE_LINEAR: factor = 1 - now / schedule->a; return factor > 0 ? factor : 0;
    case GAN__SCHEDULE_STEP: return gan__power(schedule->b, t / (int64_t)schedule->a);
    case GAN__SCHEDULE_COSINE:
        return now >= schedule->a ? 0 : (1 + schedule_cosine(now / schedule->a)) / 2;
    case GAN__SCHEDULE_CYCLEGAN:
        factor = now + 1 - schedule->a;
        factor = 1 - (factor > 0 ? factor : 0) / (schedule->b + 1);
        return factor > 0 ? factor : 0;
    case GAN__SCHEDULE_CONSTANT:
    default: return 1;
    }
}

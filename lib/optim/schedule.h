/* schedule.h: how a learning rate changes over the updates. */
#ifndef GAN__SCHEDULE_H
#define GAN__SCHEDULE_H

#include "base/context.h"

/* With t the number of updates made before this one, the rate is lr times
 *
 *   constant                 1
 *   linear:END               max(0, 1 - t / END)
 *   step:EVERY,FACTOR        FACTOR ^ floor(t / EVERY)
 *   cosine:TOTAL             (1 + cos(pi * min(t, TOTAL) / TOTAL)) / 2
 *   cyclegan:CONSTANT,DECAY  max(0, 1 - max(0, t + 1 - CONSTANT) / (DECAY + 1)): Zhu et al., 2017,
 * as in the authors' code, with updates in the place of epochs */
typedef enum gan__schedule_kind {
    GAN__SCHEDULE_CONSTANT,
    GAN__SCHEDULE_LINEAR,
    GAN__SCHEDULE_STEP,
    GAN__SCHEDULE_COSINE,
    GAN__SCHEDULE_CYCLEGAN
} gan__schedule_kind;

typedef struct gan__schedule {
    gan__schedule_kind kind;
    double a, b; /* the numbers after the colon */
} gan__schedule;

/* GAN_E_TEXT for an unknown word (with the nearest), and for numbers that are missing, too many or
 * out of range. */
gan_status gan__schedule_parse(gan_context *context, const char *text, gan__schedule *out);
double gan__schedule_factor(const gan__schedule *schedule, int64_t t);

#endif

/* warnings.h: what a trainer says of a training that goes wrong, from figures that its steps have
 * anyway.
 *
 * A kind of warning looks at each step that was made, remembers what it needs, and now and then has
 * a verdict. Which warnings a kind of trainer can give stands in its table, beside its values;
 * those of every group and network (gan__warnings_of_all) belong to all. Said is a warning once;
 * again only if what it saw was gone in between.
 *
 * All that it decides by is in trainer->memory, and so in a checkpoint: a training that goes on
 * says what it would have said. Looking changes nothing else, and cannot fail. */
#ifndef GAN__WARNINGS_H
#define GAN__WARNINGS_H

#include "base/number.h"
#include "train/trainer.h"

typedef enum gan__verdict {
    GAN__LOOKS,   /* nothing yet */
    GAN__UNCLEAR, /* it is not seen, but is not gone either */
    GAN__GONE,
    GAN__SEEN
} gan__verdict;

/* Numbers in trainer->memory of each warning: of its kind, and what follows them: looks in a row
 * that saw it; the step at which it was said, 0: it does not stand; two figures of then. */
enum {
    GAN__WARNING_KNOWS = 13,
    GAN__WARNING_ROW = GAN__WARNING_KNOWS,
    GAN__WARNING_SAID,
    GAN__WARNING_FIGURES,
    GAN__WARNING_MEMORY = GAN__WARNING_FIGURES + 2
};

/* Steps of a block, of which most kinds judge at its end; and every how many steps samples are
 * looked at. */
enum { GAN__WARNING_BLOCK = 200, GAN__WARNING_SAMPLES = 10 };

enum { GAN__WARNING_LINE = 400 };

/* What a step has made beside the real samples it has drawn; and what both are of, if they are of
 * something. (N, size), (N, condition_size). */
typedef struct gan__specimens {
    int64_t count, size, condition_size;
    const float *made, *real, *condition;
} gan__specimens;

typedef struct gan__warning_kind {
    const char *name;
    bool of_group; /* it is about the group of its role, not the role */
    int32_t times; /* so many looks in a row must see it */

    /* Takes what samples a step has made, on the way; NULL: it does not look at them. */
    void (*take)(double *known, const gan__specimens *specimens);

    /* After a step whose values are there. Two figures belong to a verdict. */
    gan__verdict (*look)(const gan_trainer *trainer, const struct gan__warning *warning,
                         double *known, double figures[2]);

    /* What is seen, with the figures, and what to try: `size` bytes. */
    void (*tell)(const gan_trainer *trainer, const struct gan__warning *warning,
                 const double figures[2], char *line, size_t size);
} gan__warning_kind;

/* A line of a trainer kind's table. Rows are numbers of its tables. */
typedef struct gan__warning_row {
    const gan__warning_kind *kind;
    int32_t role;
    int32_t values[2];                   /* what it looks at, as far as it does */
    bool (*wanted)(const void *options); /* NULL: always */
} gan__warning_row;

/* One of a trainer. One that its options do not want keeps its place, and so what the others
 * remember theirs, in a checkpoint that goes on with other options. */
typedef struct gan__warning {
    const gan__warning_kind *kind;
    bool wanted;
    int32_t role, values[2]; /* of the cast */
    char name[GAN__CAST_NAME + 24];
    char line[GAN__WARNING_LINE]; /* made when it is asked for */
} gan__warning;

extern const gan__warning_kind gan__warning_coincidence, gan__warning_collapse,
    gan__warning_gradient, gan__warning_ignored, gan__warning_normalisation,
    gan__warning_saturation, gan__warning_swing, gan__warning_victory;

/* Makes the list of a trainer, whose cast is there, and the memory. */
gan_status gan__warnings_create(gan_trainer *trainer);
void gan__warnings_free(gan_trainer *trainer);

/* The options are others: what they do not want is forgotten. */
void gan__warnings_change(gan_trainer *trainer);
int32_t gan__warnings_memory(const gan_trainer *trainer); /* numbers */

/* For steps: what a role has made, beside real samples of the same space, and, if that is not -1,
 * the condition of both. Nothing that the step does depends on it. */
gan_status gan__warnings_take(gan_trainer *trainer, int32_t role, gan_value made, gan_value real,
                              gan_value condition);

/* A step has been made, all but counted. Says in the log what is new. */
void gan__warnings_look(gan_trainer *trainer);

/* What the look of a kind remembers of a role; NULL: the trainer has no such warning. */
double *gan__warnings_known(const gan_trainer *trainer, const gan__warning_kind *kind,
                            int32_t role);

/* Two significant digits are enough; of a share, percents with one decimal. In any locale. */
const char *gan__figure_print(double value, char text[GAN__NUMBER_SIZE]);
const char *gan__percent_print(double share, char text[GAN__NUMBER_SIZE]);

/* For looks by blocks: counts a step; true at the end of a block, and known[0] is 0 again. */
static inline bool gan__warning_counts(double *known)
{
    if (++known[0] < GAN__WARNING_BLOCK) return false;
    known[0] = 0;
    return true;
}

#endif

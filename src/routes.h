/* routes.h: networks out of a run's folder, of a checkpoint or of a model's file. */
#ifndef ROUTES_H
#define ROUTES_H

#include "command.h"

/* What a route leads from and to, as its network's notes tell. */
typedef enum route_kind {
    ROUTE_SAMPLE,    /* from what is drawn to pictures: gan sample */
    ROUTE_TRANSLATE, /* from pictures to pictures: gan translate */
    ROUTE_ENCODE,    /* from pictures to codes: gan encode */
    ROUTE_PICTURES,  /* one of the first two, the first where there is one: gan eval */
    ROUTE_OTHER      /* no command's */
} route_kind;

/* Of a folder's checkpoints, in place of a step. */
enum { STEP_NEWEST = -1, STEP_BEST = -2 };

/* What a command asks for. */
typedef struct route_request {
    const command *self;
    gan_context *context;
    const char *run;         /* a run's folder, a checkpoint or a model's file */
    gan_trainer *trainer;    /* what `run` holds, where that is there already; else NULL */
    int64_t step;            /* of the folder's checkpoint; or STEP_NEWEST, STEP_BEST */
    const char *wanted;      /* --route; NULL: what there is of the kind */
    const char *start, *end; /* --from and --to; NULL: any space */
    route_kind kind;
} route_request;

enum { MOST_ROUTES = 64 };

/* Networks of one kind, with averaged weights where the trainer keeps some, and where they are
 * from. Zero-initialise. */
typedef struct routes {
    gan_model *models[MOST_ROUTES];
    char names[MOST_ROUTES][256]; /* "noise > image"; of a model's file, "" */
    int count;
    gan_trainer *trainer; /* that they are of; NULL: of a model's file */
    bool sampler;         /* with no route: it draws samples by itself (gan_trainer_sample) */
} routes;

/* What --step gives: a step, or "best". False after a message. */
bool routes_read_step(const command *self, const arguments *a, int64_t *out);
extern const char step_help[];

/* The one route that is wanted, or the one of the kind from `start` to `end`, where a way to
 * another space goes before one that leads back; of samples, all that begin in the same space as
 * the first, or the sampler. EXIT_GOOD, or a code after a message that lists the routes there are.
 */
int routes_open(routes *out, const route_request *request);
void routes_free(routes *r);

/* What such a route of the trainer is. */
gan_status route_kind_of(gan_trainer *trainer, const char *route, route_kind *out);

/* What RUN can be, for --help. */
extern const char route_notes[];

/* A model's file, or a checkpoint: the other one is NULL. EXIT_GOOD, or a code after a message. */
int open_model_or_trainer(const command *self, gan_context *context, const char *path,
                          gan_model **model, gan_trainer **trainer);

#endif

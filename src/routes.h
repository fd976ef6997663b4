/* routes.h: networks out of a run's folder, or of a model's file. */
#ifndef ROUTES_H
#define ROUTES_H

#include "command.h"

/* What a route leads from and to, as its network's notes tell. */
typedef enum route_kind {
    ROUTE_SAMPLE,    /* from what is drawn to pictures */
    ROUTE_TRANSLATE, /* from pictures to pictures */
    ROUTE_ENCODE     /* from pictures to codes */
} route_kind;

enum { MOST_ROUTES = 64 };

/* Networks of one kind that begin alike, and where they are from. Zero-initialise. */
typedef struct routes {
    gan_model *models[MOST_ROUTES];
    char names[MOST_ROUTES][256]; /* "noise > image"; of a file, "" */
    int count;
    bool of_file;
} routes;

/* RUN is a run's folder, of whose checkpoint (below 0, `step` is the newest) the averaged weights
 * are taken where it has some, or a model's file. `wanted` is the one route that is asked for;
 * NULL: all of the kind that begin in the same space as the first. EXIT_GOOD, or a code after a
 * message that lists the routes there are. */
int routes_open(routes *out, const command *self, gan_context *context, const char *run,
                int64_t step, const char *wanted, route_kind kind);
void routes_free(routes *r);

#endif

/* routes.h: ways through the roles of a trainer, from space to space: "x > code > y". */
#ifndef GAN__ROUTES_H
#define GAN__ROUTES_H

#include "train/trainer.h"

/* One step: the role, and which of its inputs the way comes in by. */
typedef struct gan__route_step {
    int32_t role, input;
} gan__route_step;

typedef struct gan__route {
    gan__route_step *steps;
    int32_t count;
    int32_t from; /* a space */
} gan__route;

/* "a > b > c": each > is the one role that goes that way. GAN_E_TEXT for what is no route,
 * GAN_E_ARGUMENT for an unknown space, and where no role fits, or two. Freed with gan__free. */
gan_status gan__route_parse(const gan__cast *cast, const char *text, gan__route *out);

/* The shortest way of at least one step, where it is the only one for each of its steps; count is
 * 0 if there is none. */
gan_status gan__route_find(const gan__cast *cast, int32_t from, int32_t to, gan__route *out);

/* The network of a route: see gan_trainer_route. Roles have been bound. */
gan_status gan__route_model(gan_trainer *trainer, const gan__route *route, bool averaged,
                            gan_model **out);

/* route_notes.c: the space of the network's input: by the role's signature, or, of a chain, by its
 * name. */
int32_t gan__route_input(const gan_trainer *trainer, const gan__route *route,
                         const gan_model *model, int32_t input);

/* And what whoever has the network alone must know, as its notes: see gan_model_set_note. */
gan_status gan__route_note(const gan_trainer *trainer, const gan__route *route, gan_model *model);

/* "input noise 1 1 100", and the end of the line; "any" where a size is open. */
void gan__print_input(gan__text *text, const char *name, gan__shape shape);

/* Whether something that is shown can begin in the space: it has a prior, or its pictures come from
 * data. */
bool gan__cast_begins(const gan__cast *cast, int32_t space);

/* Fills cast->ways, cast->products and cast->scores; the rest of the cast is there. */
gan_status gan__cast_add_ways(gan__cast *cast);

#endif

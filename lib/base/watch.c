/* watch.c: how long pieces of work take, without the pieces inside them. */
#include "base/watch.h"

#include "base/os.h"

void gan__watch_open(gan_context *context, gan__watch *watch, const char *kind, const char *pass)
{
    gan__watch *outer = context->watch;
    *watch = (gan__watch){.told = {.size = sizeof watch->told,
                                   .model = outer ? outer->told.model : NULL,
                                   .place = outer ? outer->told.place : "",
                                   .kind = kind,
                                   .pass = pass},
                          .outer = outer,
                          .begun = gan__os_seconds()};
    context->watch = watch;
}

/* The host's own time goes to no span. */
void gan__watch_close(gan_context *context, gan__watch *watch)
{
    gan__watch *outer = watch->outer;
    const double seconds = gan__os_seconds() - watch->begun - watch->inner;
    watch->told.seconds = seconds > 0 ? seconds : 0; /* a rounding below it */
    context->watch = outer;
    context->host.span(context->host.user, &watch->told);
    if (outer) outer->inner += gan__os_seconds() - watch->begun;
}

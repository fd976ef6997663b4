/* span.c: how long pieces of work take, without the pieces inside them. */
#include "base/span.h"

#include "base/os.h"

void gan__span_open(gan_context *context, gan__span *span, const char *kind, const char *pass)
{
    gan__span *outer = context->span;
    *span = (gan__span){.told = {.size = sizeof span->told,
                                 .model = outer ? outer->told.model : NULL,
                                 .place = outer ? outer->told.place : "",
                                 .kind = kind,
                                 .pass = pass},
                        .outer = outer,
                        .begun = gan__os_seconds()};
    context->span = span;
}

/* The host's own time goes to no span. */
void gan__span_close(gan_context *context, gan__span *span)
{
    gan__span *outer = span->outer;
    span->told.seconds = gan__os_seconds() - span->begun - span->inner;
    context->span = outer;
    context->host.span(context->host.user, &span->told);
    if (outer) outer->inner += gan__os_seconds() - span->begun;
}

/* model_text.h: random texts of models that are valid by construction. */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

#include "test.h"

#include <stdarg.h>

enum { TEXT_SIZE = 1 << 14, TEXT_NAMES = 40, TEXT_PARTS = 4 };

typedef struct text_writer {
    uint32_t random;
    char text[TEXT_SIZE];
    size_t length;
    int next_name;
    int parts, part_channels[TEXT_PARTS]; /* part pI keeps the picture and its channels */
} text_writer;

/* Values by name that a block can see. */
typedef struct text_scope {
    int count;
    int names[TEXT_NAMES], channels[TEXT_NAMES];
} text_scope;

static uint32_t text_random(text_writer *w, uint32_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 17;
    w->random ^= w->random << 5;
    return w->random % below;
}

static void text_write(text_writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(w->text + w->length, TEXT_SIZE - w->length, format, arguments);
    va_end(arguments);
    w->length += (size_t)length;
    if (w->length >= TEXT_SIZE) w->length = TEXT_SIZE - 1;
}

static void text_end(text_writer *w)
{
    static const char *const ends[] = {"; ",     "\n", " ;", "\n\n  ", " # a comment; { }\n",
                                       "; ;\r\n"};
    text_write(w, "%s", ends[text_random(w, 6)]);
}

/* "nI = ", remembered, one time in three. */
static void text_name(text_writer *w, text_scope *scope, int channels)
{
    if (scope->count == TEXT_NAMES || text_random(w, 3) != 0) return;
    scope->names[scope->count] = w->next_name;
    scope->channels[scope->count++] = channels;
    text_write(w, "n%d = ", w->next_name++);
}

static void text_convolution(text_writer *w, int channels)
{
    static const char *const shapes[] = {"kernel=1",
                                         "kernel=3 pad=1",
                                         "pad=reflect:1 kernel=3x3",
                                         "kernel=\"3\" pad=0,2,2,0",
                                         "kernel=5 pad=2 bias=no",
                                         "kernel=1 init=normal:0.02 bias=yes"};
    text_write(w, "conv2d %d %s", channels, shapes[text_random(w, 6)]);
}

static void text_activation(text_writer *w)
{
    static const char *const kinds[] = {"relu",      "leaky_relu 0.2", "tanh", "sigmoid",
                                        "batchnorm", "instancenorm",   "silu", "elu",
                                        "gelu",      "dropout 0.5"};
    text_write(w, "%s", kinds[text_random(w, 10)]);
}

static int text_block(text_writer *w, const text_scope *outer, int channels, int depth);

/* A block that keeps the number of channels. */
static void text_even_block(text_writer *w, const text_scope *outer, int channels, int depth)
{
    text_write(w, "{ ");
    text_block(w, outer, channels, depth + 1);
    text_convolution(w, channels);
    text_write(w, " }");
}

static int text_join(text_writer *w, text_scope *scope, int channels, int depth)
{
    int concat = text_random(w, 2) == 0, result = concat ? 2 * channels : channels;
    const text_scope before = *scope; /* the name is set behind the blocks */
    text_name(w, scope, result);
    text_write(w, "residual%s ", concat ? " join=concat" : text_random(w, 2) ? " join=add" : "");
    text_even_block(w, &before, channels, depth);
    if (text_random(w, 2)) {
        text_write(w, " ");
        text_even_block(w, &before, channels, depth);
    }
    return result;
}

static int text_from(text_writer *w, const text_scope *scope, int channels)
{
    int i = (int)text_random(w, (uint32_t)scope->count),
        k = (int)text_random(w, (uint32_t)scope->count);
    if (scope->channels[i] == channels) {
        text_write(w, "add from n%d .", scope->names[i]);
        return channels;
    }
    text_write(w, "concat from n%d . n%d", scope->names[i], scope->names[k]);
    return channels + scope->channels[i] + scope->channels[k];
}

static int text_statement(text_writer *w, text_scope *scope, int channels, int depth)
{
    const text_scope before = *scope;
    uint32_t choice = text_random(w, depth < 4 ? 10 : 6);
    int most = channels > 64 ? 0 : 1;
    if (choice <= 1) {
        text_name(w, scope, channels);
        text_activation(w);
    } else if (choice <= 3) {
        channels = 1 + (int)text_random(w, 6);
        text_name(w, scope, channels);
        text_convolution(w, channels);
    } else if (choice == 4 && scope->count > 0 && most) {
        channels = text_from(w, scope, channels);
    } else if (choice == 5 && w->parts > 0) {
        int part = (int)text_random(w, (uint32_t)w->parts);
        text_write(w, "conv2d %d kernel=1; ", w->part_channels[part]);
        channels = w->part_channels[part];
        text_write(w, "part p%d", part);
    } else if (choice == 6) {
        text_name(w, scope, channels);
        text_write(w, "repeat %u ", 1 + text_random(w, 3));
        text_even_block(w, &before, channels, depth);
    } else if (choice == 7 && most) {
        channels = text_join(w, scope, channels, depth);
    } else if (choice == 8) {
        text_write(w, "default conv2d bias=%s", text_random(w, 2) ? "yes" : "no");
    } else {
        text_write(w, "relu");
    }
    return channels;
}

/* Some statements, each ended; returns the channels that come out. */
static int text_block(text_writer *w, const text_scope *outer, int channels, int depth)
{
    text_scope scope = *outer;
    int count = 1 + (int)text_random(w, depth == 0 ? 8 : 3);
    text_write(w, "relu; ");
    for (int i = 0; i < count; i++) {
        channels = text_statement(w, &scope, channels, depth);
        text_end(w);
    }
    if (depth > 0 || scope.count == outer->count) return channels;
    text_write(w, "output");
    for (int i = outer->count; i < scope.count; i++)
        if (i == outer->count || text_random(w, 2)) text_write(w, " n%d", scope.names[i]);
    return channels;
}

static void text_definition(text_writer *w)
{
    const text_scope none = {0};
    int channels = 1 + (int)text_random(w, 4);
    if (w->parts > 0 && text_random(w, 3) == 0) {
        int other = (int)text_random(w, (uint32_t)w->parts);
        text_write(w, "define p%d from p%d\n", w->parts, other);
        channels = w->part_channels[other];
    } else {
        text_write(w, "define p%d { input any any %d; ", w->parts, channels);
        text_block(w, &none, channels, 1);
        text_convolution(w, channels);
        text_write(w, " }\n");
    }
    w->part_channels[w->parts++] = channels;
}

/* A model with `w->random` as its seed, into w->text. */
static void text_model(text_writer *w)
{
    text_scope scope = {0};
    w->length = 0;
    w->next_name = w->parts = 0;
    for (int parts = (int)text_random(w, TEXT_PARTS); parts > 0; parts--) text_definition(w);
    int inputs = 1 + (int)text_random(w, 3), first = 0;
    for (int i = 0; i < inputs; i++) {
        int channels = 1 + (int)text_random(w, 4);
        if (i == 0) first = channels;
        scope.names[i] = w->next_name;
        scope.channels[scope.count++] = channels;
        text_write(w, "input n%d 8 8 %d", w->next_name++, channels);
        text_end(w);
    }
    text_block(w, &scope, first, 0);
}

#endif

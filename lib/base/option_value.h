/* option_value.h: one value of an option, from text and to text. */
#ifndef GAN__OPTION_VALUE_H
#define GAN__OPTION_VALUE_H

#include "base/option.h"

/* A value being read: for what, and from where. */
typedef struct gan__reading {
    gan_context *context;
    const gan__kind *kind;
    const gan__option *option;
    const gan__token *token; /* its text is the value, escapes not undone if it is quoted */
} gan__reading;

/* Writes the value into `slot`. For a tuple `append` adds to what is there. */
gan_status gan__option_parse(const gan__reading *reading, void *slot, bool append);

void gan__option_print(gan__text *text, const gan__option *option, const void *slot);

/* "KIND: 'stride' WHAT, not 'x' (line 1, column 2)". */
gan_status gan__option_refuse(const gan__reading *reading, const char *what);

/* " (line 3, column 14)", or nothing for a place that is no place. */
const char *gan__place_print(gan__place place, char text[48]);

/* The names and whether numbers follow them, by gan__initial_mode. */
typedef struct gan__initial_form {
    const char *name;
    gan__initial_mode mode;
    int32_t least, most; /* how many numbers */
} gan__initial_form;

double gan__initial_gain(int32_t mode); /* that a form without a number stands for */

extern const gan__initial_form gan__initial_forms[];
extern const int32_t gan__initial_form_count;
extern const char *const gan__padding_names[3];

#endif

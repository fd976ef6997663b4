/* inputs.h: what the inputs of a network are for, as its notes say (gan_model_set_note). */
#ifndef INPUTS_H
#define INPUTS_H

#include "command.h"

typedef enum input_kind {
    INPUT_NORMAL,  /* drawn from N(0, 1) */
    INPUT_UNIFORM, /* drawn from [-1, 1) */
    INPUT_PICTURE,
    INPUT_CODE,
    INPUT_LABEL,     /* a condition: a class */
    INPUT_VECTOR,    /* a condition: numbers */
    INPUT_CONDITION, /* one of the two */
    INPUT_UNKNOWN
} input_kind;

/* Of a network without notes the first input is `otherwise`, and one that is called "condition" is
 * that. */
input_kind input_kind_of(const gan_model *model, int32_t index, input_kind otherwise);

/* The first input that is a condition; -1: there is none. */
int32_t input_condition(const gan_model *model);

/* How many classes a network knows: by its notes, else as many as its condition has channels, if
 * that is more than one; 0: it does not say. */
int64_t class_count(const gan_model *model);

/* The name of a class as *length letters; NULL: it has none. Borrowed. */
const char *class_name(const gan_model *model, int64_t number, size_t *length);

#endif

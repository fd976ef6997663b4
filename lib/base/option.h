/* option.h: kinds of things that are described in text, and their options.
 *
 * Each layer, loss, optimiser, trainer, data set and the context itself is one gan__kind: a name, a
 * line of help, and a table of options that says where in a C struct each value belongs. The
 * parser, the error messages, the canonical text, the command's --help and the reference page all
 * come from this table. */
#ifndef GAN__OPTION_H
#define GAN__OPTION_H

#include "base/text.h"

typedef enum gan__option_type {
    GAN__OPTION_INTEGER, /* int64_t; in text also a product: 7*7*128 */
    GAN__OPTION_REAL,    /* double */
    GAN__OPTION_BOOLEAN, /* int32_t: yes, no */
    GAN__OPTION_CHOICE,  /* int32_t: index into `choices`, "relu|tanh|none" */
    GAN__OPTION_TEXT,    /* char *, owned; if `initial` is NULL then NULL when left out or empty */
    GAN__OPTION_PAIR,    /* int64_t[2], height then width: 3 or 3x5 */
    GAN__OPTION_PADDING, /* gan__padding: 1 or top,left,bottom,right, or after a mode: reflect:3 */
    GAN__OPTION_TUPLE,   /* gan__tuple: up to 8 integers or `any`, as positional words: 64 64 3 */
    GAN__OPTION_INITIAL  /* gan__initial: normal:0.02, uniform:-0.1,0.1, kaiming, zeros, ... */
} gan__option_type;

typedef enum gan__padding_mode {
    GAN__PAD_ZERO,
    GAN__PAD_REFLECT,
    GAN__PAD_REPLICATE
} gan__padding_mode;

typedef struct gan__padding {
    int32_t mode;
    int64_t top, left, bottom, right;
} gan__padding;

typedef struct gan__tuple {
    int32_t count;
    int64_t value[8]; /* -1: any */
} gan__tuple;

/* How a parameter starts. `mode` DEFAULT is PyTorch's own for that layer. */
typedef enum gan__initial_mode {
    GAN__INIT_DEFAULT,
    GAN__INIT_NORMAL,          /* normal:deviation or normal:mean,deviation */
    GAN__INIT_UNIFORM,         /* uniform:low,high */
    GAN__INIT_XAVIER_UNIFORM,  /* xavier or xavier:gain */
    GAN__INIT_XAVIER_NORMAL,   /* xavier_normal:gain */
    GAN__INIT_KAIMING_UNIFORM, /* kaiming or kaiming:gain (gain sqrt 2, fan in) */
    GAN__INIT_KAIMING_NORMAL,  /* kaiming_normal:gain */
    GAN__INIT_ORTHOGONAL,      /* orthogonal:gain */
    GAN__INIT_CONSTANT,        /* constant:value; zeros and ones are its short forms */
} gan__initial_mode;

typedef struct gan__initial {
    int32_t mode;
    double a, b; /* mean and deviation; low and high; gain; value */
} gan__initial;

#define GAN__POSITIONAL 1 /* given as a bare word after the kind's name, in the table's order */
#define GAN__REQUIRED 2

typedef struct gan__option {
    const char *name;
    gan__option_type type;
    int32_t flags;
    const char *initial; /* the default, as text; NULL for a required option or an absent text */
    double least, most;  /* of every number in it; least == most: no bound */
    const char *choices; /* CHOICE: "a|b|c" */
    size_t offset;       /* in the kind's struct */
    const char *help;    /* one line, units included */
} gan__option;

typedef struct gan__kind {
    const char *name;
    const char *help; /* one line */
    const gan__option *options;
    int32_t option_count;
    size_t size; /* of the struct that the options fill */
} gan__kind;

/* Gives every option its default. */
gan_status gan__options_init(gan_context *context, const gan__kind *kind, void *values);

/* Frees texts. Safe on a zeroed struct and twice. */
void gan__options_free(gan_context *context, const gan__kind *kind, void *values);

/* A copy, texts included; *to is overwritten. */
gan_status gan__options_copy(gan_context *context, const gan__kind *kind, void *to,
                             const void *from);

/* Sets one option from text. GAN_E_TEXT messages read
 *   "conv2d: unknown option 'strid', did you mean 'stride'? (line 1, column 12)". */
gan_status gan__options_set(gan_context *context, const gan__kind *kind, void *values,
                            const gan__token *name, const gan__token *value);

/* Appends one option's value as gan__options_set takes it: nothing for an absent text. */
gan_status gan__options_get(gan_context *context, const gan__kind *kind, const void *values,
                            const gan__token *name, gan__text *out);

/* Reads "{value} {key=value}" of a statement from the lexer up to the token that is none of it (a
 * break, a brace, the word `from`, the end), which is left in *next. Positional words first. An
 * option given twice, a missing required one and an unknown one are errors. Defaults must have been
 * set. On entry *next is the first token after the kind's name. A required option is missing if it
 * was not given here and its bytes are still zero. A value may contain commas (1,2,1,2 and
 * uniform:-1,1): the COMMA tokens between words are joined. */
gan_status gan__options_read(gan_context *context, const gan__kind *kind, void *values,
                             gan__lexer *lexer, gan__token *next);

/* The same for a description that ends there: anything but breaks before the end is an error. */
gan_status gan__options_read_all(gan_context *context, const gan__kind *kind, void *values,
                                 gan__lexer *lexer, gan__token *next);

/* Appends " value key=value ..." with every option spelled out, positional ones first; absent texts
 * are left out. */
void gan__options_print(gan__text *text, const gan__kind *kind, const void *values);

/* A one-line description "KIND {value} {key=value}": finds the kind by name in `kinds`, fills
 * `values` (allocated here, kind->size bytes, freed with gan__options_free then gan__free). An
 * unknown kind is GAN_E_TEXT with the nearest name; `what` says what was looked for ("optimizer").
 * `kinds` is an array of pointers to structs that begin with a gan__kind. */
gan_status gan__describe(gan_context *context, const char *what, const gan__kind *const *kinds,
                         size_t count, const char *spec, const gan__kind **kind, void **values);
gan_status gan__describe_passage(gan_context *context, const char *what,
                                 const gan__kind *const *kinds, size_t count,
                                 const gan__passage *spec, const gan__kind **kind, void **values);

/* The context's own table. */
extern const gan__kind gan__context_kind;

#endif

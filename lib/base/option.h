/* option.h: kinds of things that are described in text, and their options.
 *
 * Each layer, loss, optimiser, trainer, data set and the context itself is one gan__kind: a name, a
 * line of help, and tables of options that say where in a C struct each value belongs. The parser,
 * the error messages, the canonical text, the command's --help and the reference page all come from
 * these tables.
 *
 * A simple kind has one table, whose offsets are those of its struct:
 *
 *     static const gan__option noise_options[] = {
 *         {"deviation", GAN__OPTION_REAL, GAN__POSITIONAL, "0.1", 0, 1e6, NULL,
 *          offsetof(noise_values, deviation), "of the noise"},
 *     };
 *     const gan__kind gan__noise_kind = {
 *         .name = "noise", .help = "adds noise", GAN__OPTIONS(noise_options),
 *         .size = sizeof(noise_values)};
 *
 * What several kinds have in common is a struct with a table of its own, once. Each of these kinds
 * has that struct as a member and lists its table as one more block; a block can have other
 * defaults in this kind than its table says:
 *
 *     extern const gan__option gan__pool_options[2];              shared: size= and chance=
 *
 *     typedef struct cycle_values {
 *         double cycle;                                           its own
 *         gan__pool pool;                                         what gan__pool_options fills
 *     } cycle_values;
 *     static const gan__option_default cycle_pool[] = {{"size", "50"}, {NULL, NULL}};
 *     static const gan__option_block cycle_blocks[] = {
 *         GAN__BLOCK(cycle_options),
 *         GAN__BLOCK_IN(gan__pool_options, cycle_values, pool, cycle_pool),
 *     };
 *     ... .kind = {.name = "cycle", .help = "...", GAN__BLOCKS(cycle_blocks),
 *                  .size = sizeof(cycle_values), .settle = cycle_settle, .check = cycle_check}
 *
 * The blocks' order is that of the canonical text. No two options of a kind have one name. */
#ifndef GAN__OPTION_H
#define GAN__OPTION_H

#include "base/text.h"

typedef enum gan__option_type {
    GAN__OPTION_INTEGER, /* int64_t; in text also a product: 7*7*128 */
    GAN__OPTION_REAL,    /* double */
    GAN__OPTION_BOOLEAN, /* int32_t: yes, no */
    GAN__OPTION_CHOICE,  /* int32_t: index into `choices`, "relu|tanh|none" */
    GAN__OPTION_TEXT,    /* char *, owned; if `initial` is NULL then NULL when left out or empty */
    GAN__OPTION_PATH,    /* the same, the name of a file or a folder: a recipe makes it absolute */
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
#define GAN__IDLE 4 /* nothing that is computed follows from it: a resumed training may differ */

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

/* Another default, as text, of an option of a block. Lists of them end with a NULL name. */
typedef struct gan__option_default {
    const char *name, *initial;
} gan__option_default;

typedef struct gan__option_block {
    const gan__option *options;
    int32_t option_count;
    size_t offset; /* in the kind's struct, of the struct that these options fill */
    const gan__option_default *defaults; /* NULL: the table's */
} gan__option_block;

#define GAN__BLOCK_COUNT(array) ((int32_t)(sizeof(array) / sizeof((array)[0])))

/* The block of a kind's own table, and of a shared one for the member `field` of its struct. */
#define GAN__BLOCK(table)                       \
    {                                           \
        table, GAN__BLOCK_COUNT(table), 0, NULL \
    }
#define GAN__BLOCK_IN(table, type, field, other_defaults)                     \
    {                                                                         \
        table, GAN__BLOCK_COUNT(table), offsetof(type, field), other_defaults \
    }

/* Of a kind's initialiser: its blocks, or the one table that it has. */
#define GAN__BLOCKS(list) .blocks = (list), .block_count = GAN__BLOCK_COUNT(list)
#define GAN__OPTIONS(table) .blocks = &(const gan__option_block)GAN__BLOCK(table), .block_count = 1

typedef struct gan__kind {
    const char *name;
    const char *help; /* one line */
    const gan__option_block *blocks;
    int32_t block_count;
    size_t size; /* of the struct that the options fill */

    /* Gives options that were left open (0, or no text) the values that other options ask for; a
     * second time it changes nothing. May be NULL. */
    void (*settle)(void *values);

    /* Whether settled options go together, and texts in them are what they must be: GAN_E_TEXT,
     * with a message that need not name the kind. May be NULL. */
    gan_status (*check)(gan_context *context, const void *values);
} gan__kind;

/* How many options a kind has, in all blocks; one of them, as it is in this kind: with its default
 * and with its offset in the kind's struct; and the one of a name, -1 if there is none. */
int32_t gan__kind_option_count(const gan__kind *kind);
gan__option gan__kind_option(const gan__kind *kind, int32_t index);
int32_t gan__kind_find(const gan__kind *kind, const char *name, size_t length);

/* Some of a kind's options. Zero-initialise. A kind with more than that has a description that is
 * GAN_E_INTERNAL. */
enum { GAN__MAX_OPTIONS = 256 };

typedef struct gan__option_set {
    uint64_t bits[GAN__MAX_OPTIONS / 64];
} gan__option_set;

static inline bool gan__option_set_has(const gan__option_set *set, int32_t index)
{
    return set->bits[index / 64] >> (index % 64) & 1;
}

static inline void gan__option_set_add(gan__option_set *set, int32_t index)
{
    set->bits[index / 64] |= (uint64_t)1 << (index % 64);
}

static inline bool gan__option_set_is_empty(const gan__option_set *set)
{
    for (int32_t i = 0; i < GAN__MAX_OPTIONS / 64; i++)
        if (set->bits[i]) return false;
    return true;
}

static inline bool gan__option_is_text(const gan__option *option)
{
    return option->type == GAN__OPTION_TEXT || option->type == GAN__OPTION_PATH;
}

/* The text in such an option's place: NULL where it was left out. */
char **gan__option_text(const gan__option *option, void *values);
const char *gan__option_text_of(const gan__option *option, const void *values);

/* Gives every option its default. */
gan_status gan__options_init(gan_context *context, const gan__kind *kind, void *values);

/* Frees texts. Safe on a zeroed struct and twice. */
void gan__options_free(gan_context *context, const gan__kind *kind, void *values);

/* A copy, texts included; *to is overwritten. */
gan_status gan__options_copy(gan_context *context, const gan__kind *kind, void *to,
                             const void *from);

/* Makes one option in *to what it is in *from. */
gan_status gan__option_copy(gan_context *context, const gan__option *option, void *to,
                            const void *from);

/* Settles all options of a kind, and finds out whether they go together: GAN_E_TEXT with the kind's
 * name. */
void gan__options_settle(const gan__kind *kind, void *values);
gan_status gan__options_check(gan_context *context, const gan__kind *kind, const void *values);

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
 * are left out, and so is the option called `but` (NULL: none). */
void gan__options_print(gan__text *text, const gan__kind *kind, const void *values);
void gan__options_print_but(gan__text *text, const gan__kind *kind, const void *values,
                            const char *but);

/* A one-line description "KIND {value} {key=value}": finds the kind by name in `kinds`, fills
 * `values` (allocated here, kind->size bytes, freed with gan__options_free then gan__free), settles
 * and checks them. An unknown kind is GAN_E_TEXT with the nearest name; `what` says what was looked
 * for ("optimizer"). `kinds` is an array of pointers to structs that begin with a gan__kind. */
gan_status gan__describe(gan_context *context, const char *what, const gan__kind *const *kinds,
                         size_t count, const char *spec, const gan__kind **kind, void **values);

/* A kind and the values of its options; gan__description_drop frees them and sets both to NULL. */
typedef struct gan__description {
    const gan__kind *kind;
    void *values;
} gan__description;

void gan__description_drop(gan_context *context, gan__description *description);

/* The same of a passage, with the values as they were given: neither settled nor checked. An option
 * that is not given is what it is in `old` (NULL: nothing), where that has one of the same name and
 * type. */
gan_status gan__describe_after(gan_context *context, const char *what,
                               const gan__kind *const *kinds, size_t count,
                               const gan__passage *spec, const gan__description *old,
                               gan__description *out);

/* A description "{value} {key=value}" of something that there is one kind of: NULL is "". Fills
 * `values`, which is the caller's struct, settled and checked; gan__options_free. */
gan_status gan__describe_alone(gan_context *context, const gan__kind *kind, const char *spec,
                               void *values);

/* The context's own table. */
extern const gan__kind gan__context_kind;

#endif

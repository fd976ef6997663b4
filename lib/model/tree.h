/* tree.h: a model's text as a tree of statements, with defaults resolved; and the steps between
 * text, tree and graph.
 *
 *     text --parse--> tree --build--> nodes and values --allocate--> parameters
 *     tree --print--> canonical text
 *
 * A tree has no definitions in it: a `part` statement holds the model that it places. */
#ifndef GAN__TREE_H
#define GAN__TREE_H

#include "model/model.h"

typedef enum gan__form {
    GAN__FORM_INPUT,
    GAN__FORM_LAYER,
    GAN__FORM_PART,
    GAN__FORM_RESIDUAL,
    GAN__FORM_REPEAT,
    GAN__FORM_OUTPUT
} gan__form;

typedef enum gan__join { GAN__JOIN_ADD, GAN__JOIN_CONCAT } gan__join;

/* A name in the text: of a result, an operand, an output. "." is the current value. */
typedef struct gan__word {
    char *text;
    gan__place place;
} gan__word;

typedef struct gan__words {
    gan__word *items;
    size_t count, capacity;
} gan__words;

/* The options of the statements that are no layers. */
typedef struct gan__residual_options {
    int32_t join; /* gan__join: x + body(x), or x beside body(x) */
} gan__residual_options;

typedef struct gan__repeat_options {
    int64_t count;
} gan__repeat_options;

typedef struct gan__part_options {
    char *name;
} gan__part_options;

extern const gan__kind gan__residual_kind, gan__repeat_kind, gan__part_kind;
extern const gan__kind *const gan__block_kinds[];
extern const int32_t gan__block_kind_count;

typedef struct gan__statement {
    gan__form form;
    gan__place place; /* line 0: added by hand */
    gan__words names; /* of its results; of an input or of outputs */
    gan__words from;  /* its operands; none: the current value */

    /* The options: a layer's (INPUT, LAYER) or one of the structs above. NULL for OUTPUT, and for
     * a layer that was added by hand: `layer` is then what is placed (retained). */
    const gan__kind *kind;
    const gan__layer_kind *layer_kind; /* INPUT, LAYER */
    void *values;
    gan_layer *layer;
    gan_model *part;                    /* PART: retained */
    struct gan__block *body, *shortcut; /* RESIDUAL, REPEAT; no shortcut: NULL */
} gan__statement;

typedef struct gan__block {
    gan__statement *statements;
    size_t count, capacity;
} gan__block;

/* tree.c */
gan_status gan__block_create(gan_context *context, gan__block **out);
gan_status gan__block_add(gan_context *context, gan__block *block, gan__statement *statement);
void gan__block_destroy(gan_context *context, gan__block *block); /* NULL is allowed */
void gan__statement_free(gan_context *context, gan__statement *statement);
gan_status gan__words_add(gan_context *context, gan__words *words, const gan__token *token);

/* An input's name stands both in its options and in s->names; written once (in its options, as in
 * "input image 64 64 3", or in front, "image = input 64 64 3"), it is copied to the other. */
gan_status gan__statement_name_input(gan_context *context, gan__statement *s);

/* Whether it counts among the layers of its block: all but inputs and outputs do. */
static inline bool gan__statement_is_layer(const gan__statement *s)
{
    return s->form != GAN__FORM_INPUT && s->form != GAN__FORM_OUTPUT;
}

/* Letters, digits and `_`; a result's or a value's name begins with no digit. */
bool gan__name_is_valid(const char *text, size_t length, bool digit_first);

/* parse.c: a model without stores. Parts given take the place of definitions of the same name,
 * which must have the same inputs, outputs and parameters. `budget`, at most GAN__MAX_PLACED: how
 * many statements and layers may be placed. */
typedef struct gan__given {
    const char *const *names;
    gan_model *const *parts;
    size_t count;
} gan__given;
gan_status gan__model_parse(gan_model **out, gan_context *context, const char *text,
                            const gan__given *given, size_t budget);
gan_status gan__model_parse_passage(gan_model **out, gan_context *context, const gan__passage *text,
                                    const gan__given *given, size_t budget);

/* model.c: GAN_E_ARGUMENT for parts that cannot be given to the public functions. */
gan_status gan__given_check(gan_context *context, const char *function, const char *const *names,
                            gan_model *const *parts, int32_t count);

/* A copy with the same values, in which the parts given are placed themselves. */
gan_status gan__model_copy(gan_model **out, const gan_model *model, const gan__given *given);

/* Another model of the same layers, parts and notes, and of the same text but for its end: that
 * stands in the place of an `output` statement ("" for none), and may add layers. */
gan_status gan__model_share(gan_model **out, const gan_model *model, const char *end);

/* notes.c */
gan_status gan__model_set_note(gan_model *model, const char *key, const char *value);
gan_status gan__model_copy_notes(gan_model *to, const gan_model *from);
void gan__model_free_notes(gan_model *model);

/* build.c, graph.c: an empty model; the end of one. */
gan_status gan__model_new(gan_model **out, gan_context *context);

/* Carries out all statements of the model's block; *budget is what may still be placed. */
gan_status gan__model_build(gan_model *model, size_t *budget);

/* Carries out one more statement behind the others and moves it into the block. *s and the model
 * are as before if it fails. */
gan_status gan__model_append(gan_model *model, gan__statement *s);

/* Stores for all layers that have none, parts first; then model->stores. Not `initial`: values are
 * zeros and no random number is used up. */
gan_status gan__model_allocate(gan_model *model, bool initial);

/* Whether the model's text says which parameters are shared: GAN_E_STATE if a layer stands both in
 * a part and outside of it, or in two, without being a part of its own. */
gan_status gan__model_check_text(const gan_model *model);

/* How much of a model there is, to go back to when a change fails. */
typedef struct gan__model_mark {
    size_t nodes, values, inputs, outputs, parts, stores;
} gan__model_mark;
gan__model_mark gan__model_mark_of(const gan_model *model);
void gan__model_cut(gan_model *model, const gan__model_mark *mark);

/* Appends to the graph. Values are numbers in model->shapes; `place` and paths are for messages. */
gan_status gan__model_add_value(gan_model *model, gan__shape shape, int32_t *out);
gan_status gan__model_add_port(gan_context *context, gan__port **ports, size_t *count,
                               size_t *capacity, const gan__port *port);
gan_status gan__model_add_part(gan_model *model, const char *name, gan_model *part);

/* Places `layer` (retained) on the operands, which are copied; *node has its path and operands. */
gan_status gan__model_add_node(gan_model *model, gan_layer *layer, const gan__node *node,
                               const gan__place *place, int32_t *result);

/* Frees what is in a node of the model. */
void gan__node_free(gan_model *model, gan__node *node);

/* merge.c: the same layer on the same values is placed once; its text does not say so, so it is for
 * models that are only applied. Layers that draw are left alone. */
gan_status gan__model_merge(gan_model *model);

/* names.c: model->parameters from the nodes. */
gan_status gan__model_list(gan_model *model);
void gan__model_unlist(gan_model *model);

/* -1: not there. `key` must outlive the index; put of a key that is there changes its value. */
int32_t gan__index_find(const gan__index *index, const void *key, size_t length);
gan_status gan__index_put(gan_context *context, gan__index *index, const void *key, size_t length,
                          int32_t value);
void gan__index_free(gan_context *context, gan__index *index);

/* print.c. All models that are placed in one, directly or in other parts, as its text defines
 * them: each after those that it places, what is shared once. `again`: another name of one further
 * up. */
typedef struct gan__definition {
    gan_model *model;
    char name[GAN__MAX_NAME + 1];
    bool again;
} gan__definition;

typedef struct gan__definitions {
    const gan_model *whole;
    gan__definition *items;
    size_t count, capacity;
} gan__definitions;

gan_status gan__model_definitions(const gan_model *model, gan__definitions *out);
void gan__definitions_free(gan__definitions *definitions);

/* The canonical text; without definitions of the parts that are given to whoever parses it, under
 * these names, as they were given for the model. NULL: none. */
gan_status gan__model_print(const gan_model *model, const gan__given *given, gan__text *text);

#endif

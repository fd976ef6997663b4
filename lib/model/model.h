/* model.h: the inside of a model: its syntax tree, and the flat graph that is executed. */
#ifndef GAN__MODEL_H
#define GAN__MODEL_H

#include <gan/model.h>

#include "layers/layer.h"

struct gan__block; /* the syntax tree: see tree.h */

/* Limits that keep any text finite: a longer, deeper or larger one is GAN_E_TEXT. */
enum {
    GAN__MAX_NESTING = 64,    /* blocks in blocks; parts in parts */
    GAN__MAX_PLACED = 100000, /* statements carried out for one text, and layers of one model */
    GAN__MAX_PARTS = 1000,    /* definitions of one text */
    GAN__MAX_NAME = 63,       /* bytes of a result, a value or a part */
    GAN__MAX_PATH = 255
};

/* One layer placed in a model, with parts, residuals and repeats opened up.
 *
 * A path is made of labels. A label is the statement's result name, else its ordinal among all
 * layers of its block, activations counted. Inside blocks:
 *     repeat at 3        "3.i.j": iteration i, statement j, as Sequentials in a Sequential
 *     residual at 3      "3.0", "3.1", ...: its body; "3.shortcut.0": its shortcut; "3.join"
 *     part trunk         "trunk.j", wherever it is placed: its parameters are one set */
typedef struct gan__node {
    gan_layer *layer;  /* retained */
    int32_t *operands; /* values that go in */
    int32_t operand_count;
    int32_t result;   /* the value that comes out */
    char *path;       /* for names and messages */
    gan__place place; /* of the statement that placed it, for messages; line 0: by hand */
} gan__node;

typedef struct gan__port {
    char *name; /* "" if unnamed */
    int32_t value;
} gan__port;

/* A model that is placed in this one, and the name that this model knows it by. */
typedef struct gan__part {
    char *name;
    gan_model *model; /* retained */
} gan__part;

/* A parameter by its full name. A part's are listed once. */
typedef struct gan__named_parameter {
    char *name;
    gan_layer *layer; /* borrowed from a node */
    int32_t index;    /* in layer->parameters */
} gan__named_parameter;

/* Finds numbers by bytes that others own; zero-initialise. */
typedef struct gan__index_slot {
    const void *key; /* NULL: free */
    size_t length;
    int32_t value;
} gan__index_slot;

typedef struct gan__index {
    gan__index_slot *slots;
    size_t count, capacity;
} gan__index;

/* See gan_model_set_note. Both are owned. */
typedef struct gan__note {
    char *key, *value;
} gan__note;

struct gan_model {
    gan__object object;
    struct gan__block *block;
    gan__node *nodes;   /* in an order that can be executed */
    gan__shape *shapes; /* of every value; n = -1, and -1 where the size is open */
    gan__port *inputs, *outputs;
    gan__named_parameter *parameters; /* in the order of the nodes */
    gan__index names;                 /* of the parameters */
    gan__store **stores; /* retained, each once: the model's own and those of its parts */
    gan__part *parts;    /* in the order of their first places */
    size_t node_count, node_capacity, value_count, value_capacity;
    size_t input_count, input_capacity, output_count, output_capacity;
    size_t parameter_count, parameter_capacity, store_count, store_capacity, part_count,
        part_capacity;
    int32_t nesting; /* 1 + the deepest of the parts */
    bool placed;     /* as a part, or on a trainer: it must not change any more */
    gan__note *notes;
    size_t note_count, note_capacity;
    char *text; /* canonical; made when asked for, dropped by a change */
};

/* Shapes of all values for inputs of known size; out has value_count elements. GAN_E_SHAPE names
 * the input or the layer. */
gan_status gan__model_shapes(const gan_model *model, const gan__shape *inputs, gan__shape *out);

/* Whether the arrays of a call have `groups` times the model's inputs and outputs; GAN_E_ARGUMENT,
 * in `context`, with both numbers and the names otherwise; GAN_E_STATE for an empty model. */
gan_status gan__model_check_counts(const gan_model *model, gan_context *context,
                                   const char *function, int32_t groups, int32_t input_count,
                                   int32_t output_count);

/* The first running statistic, u or v that is not finite; NULL: all are. */
const gan__named_parameter *gan__model_diverged(const gan_model *model);

/* The entry of that full name; NULL if there is none. */
const gan__named_parameter *gan__model_parameter(const gan_model *model, const char *name);

/* The first node whose layer's state several groups in one pass in training do not leave as several
 * passes would, since it stands in the model more than once; *out is NULL if there is none.
 * `iterated`: also one whose state every pass takes one step further, whatever its groups (spectral
 * norm). */
gan_status gan__model_group_state(const gan_model *model, bool iterated, const gan__node **out);

/* The same for a name from outside: GAN_E_ARGUMENT with the nearest where there is none. */
gan_status gan__model_find(const gan_model *model, const char *name, const char *function,
                           const gan__named_parameter **out);

/* What describes a runner. */
extern const gan__kind gan__runner_kind;

#endif

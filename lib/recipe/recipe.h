/* recipe.h: a recipe as it lies in memory: the file's text, and one section after the other.
 *
 *     file --split--> sections --read--> options and networks as given, by --set too
 *          --settle--> what holds --print--> canonical text
 *                                 --assemble--> a trainer */
#ifndef GAN__RECIPE_H
#define GAN__RECIPE_H

#include <gan/recipe.h>

#include "base/object.h"
#include "base/option.h"
#include "model/model.h"
#include "train/cast.h"

/* In the order of the canonical text. */
typedef enum gan__section_type {
    GAN__SECTION_CONTEXT,
    GAN__SECTION_PART,
    GAN__SECTION_MODEL,
    GAN__SECTION_DATA,
    GAN__SECTION_TRAINER,
    GAN__SECTION_OPTIMIZER,
    GAN__SECTION_RUN,
    GAN__SECTION_TYPES
} gan__section_type;

typedef struct gan__section {
    gan__section_type type;
    char *name;       /* after the dot; "" for context, trainer, run */
    gan__place place; /* of its name in the file; line 0: not in the file */
    const char *text; /* the body, in recipe->source: [model.xy, model.yx] share one */
    size_t length;
    int32_t line; /* of the body's first line */
    size_t skip;  /* parts and models: how much of the body is not the network's text */
    const gan__kind *kind;
    void *given;             /* the options as the file has them, or as they were set since */
    void *values;            /* and settled: what holds. A trainer's batch is the one of [run] */
    int32_t load_line;       /* of the statement that a network is loaded by; 0: not in the file */
    gan__cast *cast;         /* the trainer's: what its options give names to */
    gan__option_set changed; /* the options that may differ from a checkpoint's */
    /* Parts and models: without parameters, to find errors and differences. NULL: the network is
     * the one in the file that is loaded. */
    gan_model *model;
} gan__section;

struct gan_recipe {
    gan__object object;
    char *path;   /* as it was given, for messages */
    char *folder; /* of the file, absolute: what the data's paths are relative to */
    char *source;
    gan__section *sections;
    size_t count, capacity;
    char *text, *context_text;
};

/* [run]. */
typedef struct gan__run_options {
    int64_t steps, batch, sample_every, save_every, log_every, samples, keep;
    int64_t eval_every, eval_samples;
    char *eval_route, *judge;
    int32_t best;
} gan__run_options;
extern const gan__kind gan__run_kind;

/* The first statement of [model.ROLE] and [part.NAME]: where the first weights come from. */
typedef struct gan__weights_options {
    char *load, *map;
} gan__weights_options;
extern const gan__kind gan__weights_kind;

/* Files larger than this are no recipes: it bounds the work that many sections in one file can
 * make. */
enum { GAN__RECIPE_LIMIT = 1 << 20 };

/* "model", "data" and so on. */
const char *gan__section_word(gan__section_type type);
bool gan__section_is_named(gan__section_type type);

/* NULL: there is none. */
gan__section *gan__recipe_find(const gan_recipe *recipe, gan__section_type type, const char *name,
                               size_t length);

/* The trainer's section; NULL: there is none. */
gan__section *gan__recipe_trainer(const gan_recipe *recipe);

/* A new section at the end, with a copy of the name. GAN_E_MEMORY. */
gan_status gan__recipe_add(gan_recipe *recipe, gan__section_type type, const char *name,
                           size_t length, gan__section **out);

/* settle.c. section->values from what was given, once the recipe has [run]; on failure they stay as
 * they were. GAN_E_MEMORY. */
gan_status gan__section_settle(const gan_recipe *recipe, gan__section *section);

/* Whether the options of each section go together, with the file and the section in messages. */
gan_status gan__recipe_check(const gan_recipe *recipe);

/* split.c: recipe->source, which has `length` bytes, into sections. */
gan_status gan__recipe_split(gan_recipe *recipe, size_t length);

/* read_sections.c: fills kind, values and model of every section and checks them; adds [context]
 * and [run] where the file has none. */
gan_status gan__recipe_read(gan_recipe *recipe);

/* "KIND {value} {key=value}" of a trainer, data or an optimiser, as it was given: neither settled
 * nor checked. What the text leaves out is as the section has it, where it has been read. */
gan_status gan__section_describe(gan_context *context, const gan__section *section,
                                 const gan__passage *text, gan__description *out);

/* "unknown section 'model.genrator', did you mean 'model.generator'?", with a list where none is
 * near. `place` may be NULL. */
gan_status gan__recipe_unknown(const gan_recipe *recipe, const char *name, size_t length,
                               const gan__place *place);

/* read_network.c: fills a section of a part or a model. */
gan_status gan__section_read_network(const gan_recipe *recipe, gan__section *section,
                                     const gan__passage *text);

/* GAN_E_TEXT where such a section's options and text make no network. */
gan_status gan__section_check_network(gan_context *context, const gan__section *section);

/* Settled options of that kind are what was given. */
static inline const gan__weights_options *gan__section_weights(const gan__section *section)
{
    return section->given;
}

/* The parts that a section's network can place, by name: all of them, for a model, for a part those
 * that stand in front of it. gan__free(names), gan__free(models). */
typedef struct gan__section_parts {
    const char **names;
    gan_model **models;
    size_t count;
} gan__section_parts;
gan_status gan__section_find_parts(const gan_recipe *recipe, const gan__section *section,
                                   gan__section_parts *out);

/* Whether the section has a network of its own, written down. */
bool gan__section_is_written(const gan__section *section);

/* A copy of the body of a section, with an end; blanks where it is not the network's text. */
gan_status gan__section_text(gan_context *context, const gan__section *section, char **out);

/* recipe.c. The section that "optimizer.generator" names: NULL if the recipe could have it and has
 * not, GAN_E_TEXT if it could not. */
gan_status gan__recipe_lookup(const gan_recipe *recipe, const char *name, size_t length,
                              gan__section **out);

/* "SECTION.KEY": the length of the section's name. */
gan_status gan__recipe_split_path(const gan_recipe *recipe, const char *path, size_t *length);

/* Whether the key is one of a section's own. */
gan_status gan__recipe_check_key(const gan_recipe *recipe, const gan__section *section,
                                 const char *key);

/* The reference setting of a group for trainer options such as `values`: *out is a section of
 * that kind, with nothing else in it (gan__section_free), or has no kind for what is no group. */
gan_status gan__recipe_reference(const gan_recipe *recipe, const void *values, const char *group,
                                 size_t length, gan__section *out);

void gan__section_free(gan_context *context, gan__section *section);

/* Frees its options, given and settled. */
void gan__section_drop(gan_context *context, gan__section *section);

/* Name `index` that the trainer knows for sections of this type; NULL past the end. */
const char *gan__recipe_known(const gan_recipe *recipe, gan__section_type type, int32_t index);

/* Whether the trainer knows the section: a role, a feed, a group. */
bool gan__recipe_knows(const gan_recipe *recipe, gan__section_type type, const char *name,
                       size_t length);

/* print_recipe.c: recipe->text and recipe->context_text, both or neither. */
gan_status gan__recipe_print(gan_recipe *recipe);

/* "KIND {value} {key=value}" of a section, settled. */
void gan__section_print(gan__text *text, const gan__section *section);

/* resume.c: a trainer from a checkpoint, whose description, optimisers and networks are those of
 * the recipe: else GAN_E_ARGUMENT names the option and both values. It takes what the recipe asks
 * to be changed. The second does the same for the data sets, once the trainer has those of the
 * recipe. */
gan_status gan__recipe_resume(gan_trainer **out, const gan_recipe *recipe, gan_context *context,
                              const char *checkpoint);
gan_status gan__recipe_resume_data(gan_trainer *trainer, const gan_recipe *recipe,
                                   const char *checkpoint);

/* paths.c: copies (gan__free). The folder that a file lies in; a path, relative to a folder if it
 * is not absolute; the working folder ("" where the host has files of its own). */
gan_status gan__path_folder(gan_context *context, const char *path, char **out);
gan_status gan__path_join(gan_context *context, const char *folder, const char *path, char **out);
gan_status gan__path_here(gan_context *context, char **out);

/* Makes all options that are paths, and relative, absolute: below `folder`. */
gan_status gan__section_paths(gan_context *context, const gan__kind *kind, void *values,
                              const char *folder);

#endif

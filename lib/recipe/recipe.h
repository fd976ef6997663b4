/* recipe.h: a recipe as it lies in memory: the file's text, and one section after the other.
 *
 *     file --split--> sections --read--> options and networks --print--> canonical text
 *                                                             --assemble--> a trainer */
#ifndef GAN__RECIPE_H
#define GAN__RECIPE_H

#include <gan/recipe.h>

#include "base/object.h"
#include "base/option.h"
#include "model/model.h"

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
    void *values;
    int32_t load_line; /* of the statement that a network is loaded by; 0: not in the file */
    uint64_t changed;  /* a bit for each option that may differ from a checkpoint's */
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

/* A new section at the end, with a copy of the name. GAN_E_MEMORY. */
gan_status gan__recipe_add(gan_recipe *recipe, gan__section_type type, const char *name,
                           size_t length, gan__section **out);

/* split.c: recipe->source, which has `length` bytes, into sections. */
gan_status gan__recipe_split(gan_recipe *recipe, size_t length);

/* read_sections.c: fills kind, values and model of every section; adds [context] and [run] where
 * the file has none. */
gan_status gan__recipe_read(gan_recipe *recipe);

/* "unknown section 'model.genrator', did you mean 'model.generator'?", with a list where none is
 * near. `place` may be NULL. */
gan_status gan__recipe_unknown(const gan_recipe *recipe, const char *name, size_t length,
                               const gan__place *place);

/* read_network.c: fills a section of a part or a model. */
gan_status gan__section_read_network(const gan_recipe *recipe, gan__section *section,
                                     const gan__passage *text);

/* Once the options of such a section are set: a path below `folder` becomes absolute; GAN_E_TEXT
 * for a map that is none, and where there is no network to be made. */
gan_status gan__section_finish_network(gan_context *context, const gan__section *section,
                                       const char *folder);
static inline const gan__weights_options *gan__section_weights(const gan__section *section)
{
    return section->values;
}

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

/* The description of a group that the recipe has no section for: the trainer's reference setting.
 * `values` as from gan__describe; NULL, and GAN_OK, for what is no such group. */
gan_status gan__recipe_reference(const gan_recipe *recipe, const char *group, size_t length,
                                 const gan__kind **kind, void **values);

void gan__section_free(gan_context *context, gan__section *section);

/* Whether the trainer knows the section: a role, a feed, a group. */
bool gan__recipe_knows(const gan_recipe *recipe, gan__section_type type, const char *name,
                       size_t length);

/* print_recipe.c: recipe->text and recipe->context_text, both or neither. */
gan_status gan__recipe_print(gan_recipe *recipe);

/* "KIND {value} {key=value}" of a section; with `batch` >= 0, the trainer's batch takes that value,
 * below it is left out. */
void gan__section_print(gan__text *text, const gan__section *section, int64_t batch);

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

/* Makes all paths in a data section relative to `folder` absolute. */
gan_status gan__section_paths(gan_context *context, const gan__kind *kind, void *values,
                              const char *folder);

#endif

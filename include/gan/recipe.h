/* recipe.h: one file that describes a training, and the catalogue of everything that can be
 * described.
 *
 * A recipe has sections: [context] [part.NAME] [model.ROLE] [data.FEED] [trainer] [optimizer.GROUP]
 * [run]. [model.xy, model.yx] gives one text to two roles, with independent weights. Model and part
 * sections hold a network's text; [trainer] and [optimizer.GROUP] one description; [data.FEED] one
 * description with paths relative to the recipe; [context] and [run] lines of key=value.
 *
 * A network can start from saved weights, by a first statement in its section:
 *
 *     [model.generator]
 *     load=../generator.safetensors       a path relative to the recipe
 *     input 100; dense 7*7*128; ...
 *
 * The file is a model's or a state dict of PyTorch's, and fills the network as
 * gan_model_load_weights does, whose map may stand behind it: load=FILE map="strip module.". The
 * network's parts are filled as well, in the order of the sections, parts first: a part that two
 * roles have ends with the weights of the last file. Without a text below, a role's network is the
 * one in the file, which must be a model's; parts in it are its own, no [part.NAME]. A part's
 * section needs the text. A resumed training has its weights from the checkpoint, and does not look
 * for the file. */
#ifndef GAN_RECIPE_H
#define GAN_RECIPE_H

#include <gan/trainer.h>

GAN_BEGIN

typedef struct gan_recipe gan_recipe;

/* Errors have file, line and column, and the nearest name. */
GAN_API gan_status gan_recipe_load(gan_recipe **out, gan_context *context, const char *path);

/* The same from the text of a recipe, called "recipe" in messages. Its paths are relative to
 * `folder`, NULL: to the working directory. */
GAN_API gan_status gan_recipe_parse(gan_recipe **out, gan_context *context, const char *text,
                                    const char *folder);
GAN_API void gan_recipe_retain(gan_recipe *recipe);
GAN_API void gan_recipe_release(gan_recipe *recipe);

/* Sets one option: "run.steps", "100"; "optimizer.generator.lr", "1e-4"; "data.real.path" and
 * "model.generator.load", paths relative to the working directory; "context.seed". Options of the
 * trainer that the recipe leaves open follow (d_steps and clip the loss). An optimiser without a
 * section gets one, with the reference setting of the trainer as it then is: the trainer's options
 * go first. So does a role, for its `load`.
 *   Data and optimisers are also set as a whole: "data.real", "images path=pictures size=64". What
 * that leaves out stays as it is, as far as the new kind has an option of that name; a section that
 * is not there comes into being. Where "data.real.path" is a folder, the kind is
 * `images` from then on.
 *   On failure the recipe is as before: also where options of a section do not go together then
 * (GAN_E_TEXT, as for gan_recipe_load); what must change together, gan_recipe_set_all sets. */
GAN_API gan_status gan_recipe_set(gan_recipe *recipe, const char *path, const char *value);

/* The same, and where gan_recipe_trainer resumes a checkpoint, this option may differ from the
 * saved one. It goes on with the new value, which the next checkpoint has, so that it is asked for
 * once.
 *
 *   optimizer.GROUP.KEY  steps and moments are kept; a moment that only the new options have
 *                        (momentum=, centered=) begins with 0. The kind cannot change.
 *   trainer.KEY          options that the recipe leaves open follow (d_steps and clip the loss); a
 *                        run folder's recipe leaves none open: with it what must follow is asked
 *                        for, too, by one gan_recipe_set_all. Optimisers without a section stay
 *                        what they are, and get one that says so. An average that was not kept
 *                        before begins with the weights of now.
 *   run.batch            the data goes on at the next example
 *   data.FEED.KEY        any of them allows other examples, too, and another kind: the place among
 *                        them is kept
 *   context.precision
 *
 * GAN_E_ARGUMENT with the reason for what cannot change: context.seed, networks and their weights.
 * What may differ in any case (steps, threads, ...) is set. */
GAN_API gan_status gan_recipe_change(gan_recipe *recipe, const char *path, const char *value);

/* Several options at once, in this order: as gan_recipe_set does, or, with GAN_RECIPE_CHANGE in
 * `flags`, as gan_recipe_change. All or none; whether the options of a section go together is asked
 * when all are set: "trainer.loss", "hinge" and "trainer.smoothing", "0" may stand in any order,
 * and so may "data.real", "data.real.path" and "data.real.size". */
#define GAN_RECIPE_CHANGE 1
GAN_API gan_status gan_recipe_set_all(gan_recipe *recipe, const char *const *paths,
                                      const char *const *values, int32_t count, int32_t flags);

/* The recipe as text, overrides applied, paths absolute: what a run folder stores. All is spelled
 * out: every option, those that were left open with the value that they have, the optimiser of
 * every group, every layer's options; a network that is loaded from a file without a text stays
 * that. So nothing in it is left open, and a later version of the library, with other defaults,
 * reads the same training. Loading it gives a recipe of the same text. Borrowed. */
GAN_API const char *gan_recipe_text(const gan_recipe *recipe);

/* The [context] section as a description for gan_context_create. Borrowed. */
GAN_API const char *gan_recipe_context(const gan_recipe *recipe);

/* One option as text, in the caller's buffer of `size` bytes, overrides applied: "run.steps",
 * "trainer.noise", "data.real.path". An option that was left open has the value that it takes; an
 * optimiser without a section is the trainer's reference setting. "" for a path that was left out,
 * and on failure: GAN_E_TEXT for what there is not, GAN_E_ARGUMENT for a section that this recipe
 * has not and for a buffer that is too small. */
GAN_API gan_status gan_recipe_option(const gan_recipe *recipe, const char *path, char *value,
                                     size_t size);

/* Makes the trainer with its models, data sets and optimisers, in `context`. `checkpoint` NULL
 * starts anew; a path resumes from that file: an option that differs from the saved one is an error
 * that names it and says how to ask for it (gan_recipe_change), and so are other examples than the
 * run began with. Steps, saving, threads, cpu=, and of the data paths and check= may change. */
GAN_API gan_status gan_recipe_trainer(gan_trainer **out, const gan_recipe *recipe,
                                      gan_context *context, const char *checkpoint);

/* The data set of a feed, "real", as the recipe has it now: what gan_recipe_set has changed in it
 * ("data.real.part", "heldout") included. GAN_E_ARGUMENT for a feed that the recipe has no data
 * for. */
GAN_API gan_status gan_recipe_dataset(gan_dataset **out, const gan_recipe *recipe,
                                      gan_context *context, const char *feed);

/* The catalogue: groups of kinds ("layer", "block", "loss", "optimizer", "trainer", "data",
 * "context", "run", "model", "runner", "metric", "judge"), kinds by index, options by index. All
 * texts are borrowed and static; NULL or 0 past the end. */
GAN_API int32_t gan_catalog_group_count(void);
GAN_API const char *gan_catalog_group(int32_t group);
GAN_API int32_t gan_catalog_kind_count(int32_t group);
GAN_API const char *gan_catalog_kind(int32_t group, int32_t kind);
GAN_API const char *gan_catalog_kind_help(int32_t group, int32_t kind);
GAN_API int32_t gan_catalog_option_count(int32_t group, int32_t kind);
/* field: "name" "type" "default" "choices" "help"; "" where there is none. "required": "yes" for an
 * option that must be given, else "". "positional": "yes" for one that may be given without its
 * name, behind the kind's, in the order of the options ("conv2d 64" is "conv2d filters=64"), else
 * "". The range of every number in the option is [*least, *most]: 1 is returned, or 0 if it has no
 * bound. */
GAN_API const char *gan_catalog_option(int32_t group, int32_t kind, int32_t option,
                                       const char *field);
GAN_API int32_t gan_catalog_option_range(int32_t group, int32_t kind, int32_t option, double *least,
                                         double *most);

/* What a trainer has names for besides its options. field: "type" "name" "help"; "" where there is
 * none. The types are "role" (a model's, for gan_trainer_set_model), "feed" (gan_trainer_set_data,
 * gan_trainer_feed), "group" (gan_trainer_set_optimizer) and "value" (gan_trainer_value). Kinds of
 * the other groups have none. */
GAN_API int32_t gan_catalog_member_count(int32_t group, int32_t kind);
GAN_API const char *gan_catalog_member(int32_t group, int32_t kind, int32_t member,
                                       const char *field);

GAN_END

#endif

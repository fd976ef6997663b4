/* trainer.h: algorithms over models.
 *
 * A trainer is made from a description, then given models by role, data sets by feed, and, where
 * the reference settings are not wanted, optimisers by group. gan_trainer_member lists the names
 * that a trainer has, gan_catalog_member (`gan help KIND`) those of a kind.
 *
 * The ports of a role's network are found by their names where it has several ("realness",
 * "match", "mean", "log_variance"), else by position. All networks and data must agree on the
 * pictures, codes and conditions that they have in common; sizes that networks leave open are the
 * data's. */
#ifndef GAN_TRAINER_H
#define GAN_TRAINER_H

#include <gan/data.h>
#include <gan/model.h>

GAN_BEGIN

typedef struct gan_trainer gan_trainer;

/* "gan loss=non_saturating batch=64". Whatever the trainer draws (noise, dropout, the order of its
 * data) follows from a seed of its own: that of the context for the first trainer made in it, one
 * made of that and of how many there were before for each further one. A trainer that is loaded
 * keeps the seed that it had, and draws what it would have drawn. */
GAN_API gan_status gan_trainer_create(gan_trainer **out, gan_context *context, const char *spec);
GAN_API void gan_trainer_retain(gan_trainer *trainer);
GAN_API void gan_trainer_release(gan_trainer *trainer);

/* The model or data set, of the trainer's context, is retained. A wrong name is GAN_E_ARGUMENT with
 * the names that there are; shapes that do not go together are GAN_E_SHAPE in gan_trainer_check and
 * the next step, with both sides named. A data set must have the fields of its feed. A part may be
 * in several models; two groups may not train one (GAN_E_STATE).
 *
 * In the middle of a training each of them begins anew, whatever it replaces, the same model, data
 * or description included: a model, the optimiser of its group (moments and step counts, and so the
 * schedule, are lost) and its average; a data set, at its beginning, or where the checkpoint stood
 * that the trainer was loaded from; an optimiser, without moments and at step 0. With the average
 * of a model those of models that share parts with it begin anew. */
GAN_API gan_status gan_trainer_set_model(gan_trainer *trainer, const char *role, gan_model *model);
GAN_API gan_status gan_trainer_set_data(gan_trainer *trainer, const char *feed, gan_dataset *data);
GAN_API gan_status gan_trainer_set_optimizer(gan_trainer *trainer, const char *group,
                                             const char *spec);

/* The batch that the next step uses for this feed, in place of a data set: pictures (N, H, W, C),
 * float32 in [-1, 1] or uint8; other fields (N, C) or (N), plain numbers, in uint8 too: (N) holds
 * class numbers, which go to a port of one channel as they are, else one-hot. A feed of several
 * fields takes each by "FEED.FIELD" ("real.label"), its first as "real" alone; all that it needs
 * must be fed then. Retained until a step was made with it or skipped: after a failing one, that
 * step can be tried again. Another batch takes its place; NULL takes it back. */
GAN_API gan_status gan_trainer_feed(gan_trainer *trainer, const char *feed, gan_tensor *batch);

/* The model of a role (borrowed; NULL if unset, for an unknown role and for unknown bits of
 * `flags`): the trained one with 0; with GAN_MODEL_AVERAGED its moving average, where the trainer
 * keeps one (option average=), else NULL. The batch statistics of an average are the trained
 * model's after each step, and its own after gan_trainer_refresh or gan_trainer_save. What is
 * written to a model before its first step is in the average from then on. */
#define GAN_MODEL_AVERAGED 1
GAN_API gan_model *gan_trainer_model(const gan_trainer *trainer, const char *role, int32_t flags);

/* Estimates the batch statistics of the averaged models afresh, from noise and data in orders of
 * its own: what a runner of an average shows is then what the file would show that gan_trainer_save
 * writes now. The training that follows has the same bits with and without it, and a second time
 * changes nothing. Averages that need data and have none keep the trained model's statistics, with
 * a warning in the log. So do all averages where data is lost: an example cannot be read, a
 * callback stops, the networks cannot take it; the warning then has the message, and it is no
 * failure. Nothing happens where no average has such statistics. GAN_E_STATE in the middle of a
 * step. */
GAN_API gan_status gan_trainer_refresh(gan_trainer *trainer);

/* The network of a route: a chain of roles from space to space, "noise > image", "x > y",
 * "x > code > y", where each > is one role. It has the trainer's own weights, the trained ones with
 * 0, with GAN_MODEL_AVERAGED the averages where the trainer keeps them, and follows them: a runner
 * of it by gan_runner_update. gan_model_copy makes one that does not. A route of one role has that
 * role's parameter names, and all its outputs, in the order that the role has for them ("mean",
 * "log_variance"); in a chain names begin with the role, what roles share appears once, and the
 * output is the first of the last role's. Its inputs are that of the way and the conditions of all
 * roles. A role that is trained on logits ends in what they stand for. A way may end in what a
 * discriminator says of pictures, "image > score": its scores as they are, logits where it is
 * trained on those. "route" members list the shortest ways from pictures, codes and noise to such,
 * "score" members those of discriminators (gan_trainer_member). GAN_E_ARGUMENT names the
 * spaces, and where no role fits or several do; GAN_E_STATE, a role without a model. Ends with the
 * model of a role: after gan_trainer_set_model it shows the old one. */
GAN_API gan_status gan_trainer_route(gan_model **out, gan_trainer *trainer, const char *route,
                                     int32_t flags);

/* What it makes, as a new tensor of pictures in uint8, to be shown by gan_image_sheet: `count`
 * examples, *columns pictures of each side by side, so (count * *columns, H, W, C). Where the way
 * takes the label of a class, and a data set says how many there are, the same examples are there
 * for each class: count / classes of them, one at least, and *columns are the pictures of a class,
 * class 0 first; of more classes than `count` there are the first `count`. The examples begin in a
 * space, one of the "sheet" members, and have a picture of each picture space that a route leads to
 * from there: samples, where it has a prior (the same at every call: example i has draw i, as
 * gan_tape_seek counts them, of the first tape in a context of the trainer's seed); where pictures
 * come from data, the picture itself, then what is made of it, reconstructions and translations,
 * and, of two domains, what comes back of its translation.
 * Points, where all pictures are 1x1 of two numbers, are dots on one picture of 256x256 in colours,
 * of 256 examples at least: grey ones of the data, and over them one colour for each of the
 * pictures. Other conditions are those of data. The data's positions do not move. Pictures of
 * unlike sizes are padded. Of a "sample" member an example is one chain of gan_trainer_sample, and
 * its pictures are eight stages of it, from noise to sample; of points, all chains are on a picture
 * for each stage. `flags` as above; batch statistics of averages are those of gan_trainer_model. */
GAN_API gan_status gan_trainer_show(gan_tensor **out, int64_t *columns, gan_trainer *trainer,
                                    const char *space, int64_t count, int32_t flags);

/* Draws samples of the space that the "sample" member names, as a new tensor (count, H, W, C) of
 * float32: by `steps` Langevin steps each from noise (Du and Mordatch 2019), with the options that
 * the trainer has for them, and the discriminator as it is now, in evaluation mode, `flags` as
 * above. steps 0: as many as the chains of the training have made when they are given up: from the
 * start through the replay buffer, at most 20 times those of one step. What is drawn follows from
 * `seed` alone, and the first samples of many are those of few. Nothing of the training changes.
 * GAN_E_UNSUPPORTED where there is no such member: those trainers make samples by a route;
 * GAN_E_ARGUMENT for a count that is not in [1, 2^24], steps in [0, 1000000], a negative seed. */
GAN_API gan_status gan_trainer_sample(gan_tensor **out, gan_trainer *trainer, int64_t count,
                                      int64_t steps, int64_t seed, int32_t flags);

/* Goes through a step without computing anything: finds what the first step would refuse, and makes
 * the memory that it needs. GAN_E_STATE names a role or feed that is missing, GAN_E_SHAPE what does
 * not go together, open sizes and batches that are too small for a layer included; GAN_E_MEMORY,
 * what cannot be had. No data is read; what examples hold (class numbers out of range, say) is seen
 * in the step alone. Not in the middle of a step. */
GAN_API gan_status gan_trainer_check(gan_trainer *trainer);

/* Checks likewise, and tells how many bytes the training holds at its largest: models, their data
 * sets in memory, gradients, moments, averages, activations, packed weights, and what a save takes
 * for a moment. Most of it is allocated by then, but not yet written to, so a system that promises
 * more memory than it has may still fail the program later. */
GAN_API gan_status gan_trainer_memory(gan_trainer *trainer, int64_t *bytes);

/* What this trainer has names for, as its options ask for them, one after the other: `field` is
 * "type", "name" or "help" ("" where there is none). The types are "role" (gan_trainer_set_model),
 * "feed" (gan_trainer_set_data, gan_trainer_feed), "group" (gan_trainer_set_optimizer), "value"
 * (gan_trainer_value), "product" (a role that the training is for; its help is its route), "route"
 * (gan_trainer_route), "score" (a route to what a discriminator says of data; its help is the
 * role), "sample" (gan_trainer_sample) and "sheet" (gan_trainer_show). Borrowed; 0 and NULL for
 * what there is not. gan_catalog_member tells the first four of a kind. */
GAN_API int32_t gan_trainer_member_count(const gan_trainer *trainer);
GAN_API const char *gan_trainer_member(const gan_trainer *trainer, int32_t member,
                                       const char *field);

/* One step. GAN_E_STATE names a role or feed that is missing. GAN_E_DIVERGED names the loss or
 * gradient that is not finite, the running statistic ("discriminator 1.running_var"), or the
 * optimiser that made a weight or moment that is not. After any error everything is as it was
 * before the step: weights, moments, statistics, averages, the place of every random stream and
 * data set. Gradients that were there before, of other uses of the models, are dropped. */
GAN_API gan_status gan_trainer_step(gan_trainer *trainer);

/* Steps until the trainer has made `steps` more of them. After each, on_step(user, trainer) may
 * do anything but step or run this trainer; non-zero stops with GAN_E_CANCELLED, the step complete.
 * May be NULL. It runs in the caller's floating-point mode.
 *
 * It must not throw or longjmp across libgan. If it does all the same, nothing is lost but the
 * trainer's further steps, which are GAN_E_STATE, and other threads, for which the context is in
 * use for ever; on this one everything else goes on: the trainer can be read, saved and loaded anew
 * as another one. The call that never returned keeps a reference, which one more
 * gan_trainer_release drops. */
typedef int32_t (*gan_trainer_function)(void *user, gan_trainer *trainer);
GAN_API gan_status gan_trainer_run(gan_trainer *trainer, int64_t steps,
                                   gan_trainer_function on_step, void *user);

/* Steps made since the beginning, resumed ones included. */
GAN_API int64_t gan_trainer_steps(const gan_trainer *trainer);

/* What the last step that was made measured, by name: "loss.discriminator", "loss.generator",
 * "gradient.discriminator", "gradient.generator" (norms before clipping), "accuracy.real",
 * "accuracy.fake", "rate.generator", ... A step that failed or was skipped changes none of them.
 * Before the first one they are NaN. `_values` copies all of them, in the order of their names:
 * count is gan_trainer_value_count, else GAN_E_ARGUMENT. */
GAN_API int32_t gan_trainer_value_count(const gan_trainer *trainer);
GAN_API const char *gan_trainer_value_name(const gan_trainer *trainer, int32_t index);
GAN_API gan_status gan_trainer_value(const gan_trainer *trainer, const char *name, double *out);
GAN_API gan_status gan_trainer_values(const gan_trainer *trainer, double *values, int32_t count);

/* Warnings that stand: what the steps so far have shown to go wrong. Each is said once in the
 * context's log, at the step that showed it, and stands until it is gone; it is said again if it
 * comes back. `field` is "name" or "text", the line of the log: the step, what was seen, in
 * figures, and what to try. Borrowed, until the trainer's next step or gan_trainer_warning. 0 and
 * NULL for what there is not. A trainer that is loaded knows what stood. The names, of a role ROLE
 * or the group GROUP of an optimiser:
 *
 *     collapse.ROLE       many of its samples are alike, the data's are not
 *     saturation.ROLE     its outputs are almost all at -1 or 1, the data's are not
 *     victory.ROLE        a discriminator tells all real samples and all fakes, on and on
 *     swing.GROUP         a discriminator's loss jumps around more than it would need to
 *     gradient.GROUP      no gradient reaches the weights
 *     normalisation.ROLE  a batch norm works otherwise in training than where samples are made
 *     coincidence.ROLE    a discriminator alone cannot tell its negatives from the data: the end
 *
 * Which of them a trainer gives depends on its kind; no warning is no proof that all is well. */
GAN_API int32_t gan_trainer_warning_count(const gan_trainer *trainer);
GAN_API const char *gan_trainer_warning(const gan_trainer *trainer, int32_t index,
                                        const char *field);

/* The description spelled out. Borrowed. */
GAN_API const char *gan_trainer_text(const gan_trainer *trainer);

/* Everything in one safetensors file: models, moments, the seed and the counters of every random
 * stream, position in the data, schedules. A run that is saved, loaded and continued has the same
 * bits as one that was not interrupted. The averages are refreshed first, as gan_trainer_refresh
 * does it, so that data that is lost is no obstacle. Data sets are attached again by
 * gan_trainer_set_data; that they are the same, and the precision too, is left to the caller
 * (gan_recipe_trainer compares them). The context may have another seed, and keeps it.
 *
 * Saving changes nothing but the batch statistics of the averages (see gan_trainer_model): a
 * training that is saved after every step has the same bits as one that is saved once, at the end.
 * GAN_E_DIVERGED names what is not finite, a weight that was written by the caller or a batch
 * statistic of an average, and nothing is written; the training can go on.
 *
 * `_save_memory` makes a new tensor (N) of uint8 with the bytes that the file would have. */
GAN_API gan_status gan_trainer_save(gan_trainer *trainer, const char *path);
GAN_API gan_status gan_trainer_save_memory(gan_tensor **out, gan_trainer *trainer);
GAN_API gan_status gan_trainer_load(gan_trainer **out, gan_context *context, const char *path);
GAN_API gan_status gan_trainer_load_memory(gan_trainer **out, gan_context *context,
                                           const void *bytes, size_t size);

GAN_END

#endif

/* metric.h: how good samples are: figures over sets of rows (features, logits, points, pictures),
 * and the judge, a classifier of the real pictures that makes features and logits of pictures.
 *
 * Figures are made in double, with sums in the order of the rows: they are the same bits for any
 * threads, any cpu= and however the rows were cut into batches. */
#ifndef GAN_METRIC_H
#define GAN_METRIC_H

#include <gan/data.h>
#include <gan/model.h>

GAN_BEGIN

typedef struct gan_metric gan_metric;

/* "frechet", "precision_recall k=5". The kinds, the sets of rows that each takes and the values
 * that it has (W is the width of a row):
 *
 *   frechet            real, fake > distance mean covariance
 *     The Frechet distance between normal distributions of the mean and (unbiased) covariance of
 *     both sets, squared, as everybody prints it (Heusel et al., "GANs trained by a two time-scale
 *     update rule", 2017): mean = |m - m'|^2, covariance = tr(C + C' - 2 (C C')^(1/2)), distance
 *     their sum, never below 0. Of singular covariances, of fewer rows than W for instance, what
 *     is exactly singular counts as that. Holds 16 W^2 bytes however many rows there are, and 24
 *     W^2 more while it is computed; time grows with n W^2 + W^3.
 *   score [splits=1]   fake > score deviation
 *     Rows are logits (or logarithms of probabilities), p their softmax: exp of the mean of KL(p |
 *     mean p), from 1 to W (Salimans et al., "Improved techniques for training GANs", 2016). With
 *     splits=10 the mean over so many runs of rows, and its deviation.
 *   kid [degree=3] [subsets=0] [size=1000]   real, fake > kid deviation
 *     The unbiased squared maximum mean discrepancy under the kernel (x.y / W + 1)^degree
 *     (Binkowski et al., "Demystifying MMD GANs", 2018); around 0, also below, where the sets have
 *     one distribution. subsets=0: of all rows. subsets=100: the mean and deviation over so many
 *     pairs of subsets of `size` rows, drawn without repetition, the same ones whenever the sets
 *     have as many rows.
 *   precision_recall [k=3]   real, fake > precision recall density coverage
 *     A row's ball reaches to its k-th nearest neighbour in its own set, that one included.
 *     precision: the share of fake rows in any ball of a real one; recall: of real rows in any ball
 *     of a fake one (Kynkaanniemi et al., "Improved precision and recall metric", 2019). density:
 *     how many real balls a fake row is in, divided by k, on average; coverage: the share of real
 *     balls with a fake row in them (Naeem et al., "Reliable fidelity and diversity metrics",
 *     2020, who use k=5).
 *   modes sigma= [within=3]   real, fake > modes good
 *     `real` are the centres of a mixture. A fake row is good if its nearest centre is no further
 *     than within * sigma: good is their share, modes the number of centres that have one (Lin et
 *     al., "PacGAN", 2018).
 *   agreement          fake, label > agreement
 *     Rows are logits: the share whose largest, the first of equals, is that of their label.
 *   diversity          fake, [label] > diversity least
 *     The mean distance between two rows of one class, averaged over the classes that have two; and
 *     that of the class where it is least. Without labels all rows are one class.
 *   auc                real, fake > auc
 *     Rows of one number: how often that of a real row is larger than that of a fake one, equals
 *     counting half: 1/2 for scores that tell nothing, 1 for ones that tell all.
 *
 * All but frechet keep their rows, 4 W bytes each; kid and precision_recall take a time that grows
 * with the square of their number: 10,000 rows of 256 beside 10,000 take seconds. */
GAN_API gan_status gan_metric_create(gan_metric **out, gan_context *context, const char *spec);
GAN_API void gan_metric_retain(gan_metric *metric);
GAN_API void gan_metric_release(gan_metric *metric);

/* Adds rows to a set ("real", "fake"), behind those that are there: (N, W) or (N, H, W, C), of
 * which a sample's numbers are one row; float32, or uint8 for pictures, scaled to [-1, 1]. "label"
 * takes class numbers (N). The tensor may be of any context. On failure nothing was added:
 * GAN_E_ARGUMENT for a number that is not finite, with its row, for a label that is no class, and
 * for an unknown set, with those that there are; GAN_E_SHAPE for rows of another width than before,
 * or than the other set's. */
GAN_API gan_status gan_metric_add(gan_metric *metric, const char *set, const gan_tensor *rows);

/* Takes all rows out of a set: the real ones may stay for the next fakes. */
GAN_API gan_status gan_metric_clear(gan_metric *metric, const char *set);

/* How many rows a set has; 0 for what is none. */
GAN_API int64_t gan_metric_rows(const gan_metric *metric, const char *set);

/* A figure by name, of all rows that were added so far. They are all computed by the first call,
 * then kept until rows are added or taken out. GAN_E_STATE names the set that has too few rows, and
 * how many it needs. */
GAN_API gan_status gan_metric_value(gan_metric *metric, const char *name, double *out);
GAN_API int32_t gan_metric_value_count(const gan_metric *metric);
GAN_API const char *gan_metric_value_name(const gan_metric *metric, int32_t index);

/* The description spelled out. Borrowed. */
GAN_API const char *gan_metric_text(const gan_metric *metric);

/* Trains a judge: a small classifier of labelled pictures, whose penultimate layer makes the
 * features that samples are compared in. The model takes pictures of the data's size and has two
 * outputs, "features" and "logits"; a gan_runner of it, in evaluation mode, makes what metrics
 * take.
 *
 *   rounds=0       how often each picture is seen; 0: 5 times, or as often as 300 steps see it
 *   batch=64
 *   features=128   width of a row of features
 *   lr=0.001       Adam's, falling to 0 along a half wave
 *   seed=1         of first weights and order
 *
 * `heldout` are other pictures of the same size and classes, on which its accuracy is measured;
 * NULL: it is not. A judge is a function of the description and the examples alone: the same bits
 * whatever was made in the context before. Its notes (gan_model_note, kept in its file) say what
 * its figures may be compared with:
 *
 *   judge            the description, spelled out
 *   examples         "8000 d202ef8d": how many pictures it learned from, and a checksum of them and
 *                    their labels as they are drawn
 *   accuracy         "0.9042": the share of `heldout` whose largest logit is their label's
 *   accuracy_count   how many those are
 *   inputs, class_count, classes   as gan_model_set_note says
 *
 * `spec` NULL or "": as above. GAN_E_STATE without labels, or of one class alone; GAN_E_SHAPE where
 * `heldout` has other pictures. */
GAN_API gan_status gan_judge_train(gan_model **out, gan_context *context, const char *spec,
                                   gan_dataset *data, gan_dataset *heldout);

/* The note `examples` that a judge of this data set would have, in the caller's buffer, which has
 * room for `size` bytes (48 are enough): whether a judge that was kept is of these pictures. All of
 * them are read. */
GAN_API gan_status gan_judge_examples(gan_dataset *data, char *text, size_t size);

GAN_END

#endif

/* objective.c: the losses of adversarial training. minimax and non_saturating are those of
 * Goodfellow et al. 2014; lsgan of Mao et al. 2017, eq. 9; hinge of Lim and Ye 2017; wgan of
 * Arjovsky et al. 2017, algorithm 1, whose weights are clamped besides; wgan_gp the same with a
 * penalty instead (penalty.c). The relativistic average forms are those of Jolicoeur-Martineau,
 * "The relativistic discriminator", 2019, section 4. */
#include "train/objective.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "train/augmentation.h"

const gan__option gan__objective_options[5] = {
    {"loss", GAN__OPTION_CHOICE, 0, "non_saturating", 0, 0,
     "minimax|non_saturating|lsgan|hinge|wgan|wgan_gp", offsetof(gan__objective, loss),
     "objective of the two networks; lsgan has half squares"},
    {"smoothing", GAN__OPTION_REAL, 0, "0", 0, 0.5, NULL, offsetof(gan__objective, smoothing),
     "one-sided label smoothing: real samples have the label 1 - smoothing"},
    {"instance_noise", GAN__OPTION_REAL, 0, "0", 0, 100, NULL,
     offsetof(gan__objective, instance_noise),
     "deviation of normal noise added to all that the discriminator sees; 0: none"},
    {"instance_decay", GAN__OPTION_REAL, 0, "1", 0, 1, NULL,
     offsetof(gan__objective, instance_decay), "factor on instance_noise after each step"},
    {"augment", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL, offsetof(gan__objective, augment),
     "all that the discriminator sees is changed by chance: any of flip,translate,colour,cutout"},
};

const gan__option gan__relativistic_options[1] = {
    {"relativistic", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL,
     offsetof(gan__objective, relativistic),
     "scores count by how far they are above the mean of the others: fakes below real ones"},
};

typedef struct objective_row {
    const char *name; /* as the option has it */
    const char *real, *fake, *maker;
    double real_weight, fake_weight, maker_weight;
    bool labels;            /* the real term has a target, which smoothing moves */
    const char *above;      /* the limit between fake and real; NULL: there is none */
    const char *maker_real; /* of real samples, with the weight of maker */
    double flat;            /* `real`, or `fake`, of one score for both; 0: it says nothing */
} objective_row;

#define OBJECTIVE_LOG_2 0.69314718055994531

static const objective_row objective_rows[] = {
    [GAN__LOSS_MINIMAX] = {"minimax", "bce_logits", "bce_logits target=0", "bce_logits target=0", 1,
                           1, -1, true, "above 0", NULL, OBJECTIVE_LOG_2},
    [GAN__LOSS_NON_SATURATING] = {"non_saturating", "bce_logits", "bce_logits target=0",
                                  "bce_logits target=1", 1, 1, 1, true, "above 0", NULL,
                                  OBJECTIVE_LOG_2},
    [GAN__LOSS_LSGAN] = {"lsgan", "mse", "mse target=0", "mse target=1", 0.5, 0.5, 0.5, true,
                         "above 0.5", NULL, 0.25},
    [GAN__LOSS_HINGE] = {"hinge", "hinge sign=1", "hinge sign=-1", "mean", 1, 1, -1, false,
                         "above 0", NULL, 1},
    [GAN__LOSS_WGAN] = {"wgan", "mean", "mean", "mean", -1, 1, -1, false, NULL, NULL, 0},
    [GAN__LOSS_WGAN_GP] = {"wgan_gp", "mean", "mean", "mean", -1, 1, -1, false, NULL, NULL, 0},
    [GAN__LOSS_ENERGY] = {"energy", "mean", "mean", "mean", -1, 1, -1, false, NULL, NULL, 0},
};

/* The same with relativistic=yes, as far as there is one. */
static const objective_row objective_relative[] = {
    [GAN__LOSS_NON_SATURATING] = {"non_saturating", "bce_logits", "bce_logits target=0",
                                  "bce_logits target=1", 1, 1, 1, true, NULL, "bce_logits target=0",
                                  OBJECTIVE_LOG_2},
    [GAN__LOSS_LSGAN] = {"lsgan", "mse", "mse target=-1", "mse target=1", 0.5, 0.5, 0.5, true, NULL,
                         "mse target=-1", 1},
    [GAN__LOSS_HINGE] = {"hinge", "hinge sign=1", "hinge sign=-1", "hinge sign=1", 1, 1, 1, false,
                         NULL, "hinge sign=-1", 1},
};

static const objective_row *objective_row_of(const gan__objective *o)
{
    return o->relativistic ? &objective_relative[o->loss] : &objective_rows[o->loss];
}

const char *gan__objective_name(const gan__objective *o)
{
    return objective_rows[o->loss].name;
}

bool gan__objective_is_critic(const gan__objective *o)
{
    return objective_rows[o->loss].above == NULL;
}

double gan__objective_unit(const gan__objective *o)
{
    return fabs(objective_rows[o->loss].maker_weight);
}

gan_status gan__objective_check(gan_context *context, const gan__objective *o)
{
    const objective_row *row = &objective_rows[o->loss];
    char value[GAN__NUMBER_SIZE];
    if (o->relativistic && (gan__objective_is_critic(o) || o->loss == GAN__LOSS_MINIMAX))
        return gan__fail(context, GAN_E_TEXT,
                         "relativistic=yes with loss=%s: it goes with loss=non_saturating, lsgan "
                         "or hinge",
                         row->name);
    if (o->smoothing > 0 && !row->labels)
        return gan__fail(context, GAN_E_TEXT,
                         "smoothing=%s with loss=%s, whose real samples have no label to move",
                         gan__number_print(o->smoothing, value), row->name);
    if (o->instance_decay < 1 && o->instance_noise == 0)
        return gan__fail(context, GAN_E_TEXT,
                         "instance_decay=%s without instance_noise: nothing decays",
                         gan__number_print(o->instance_decay, value));
    return gan__augment_check(context, o->augment);
}

gan_status gan__objective_check_bounded(gan_context *context, const gan__objective *o)
{
    GAN__TRY(gan__objective_check(context, o));
    if (!gan__objective_is_critic(o)) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "loss=%s asks for discriminators whose slope is bounded, as the trainer 'gan' "
                     "does and this one does not",
                     gan__objective_name(o));
}

gan_status gan__objective_check_outputs(const gan_trainer *t, int32_t role)
{
    const int32_t count = t->players[role].output_count;
    if (count <= GAN__MOST_OUTPUTS) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_SHAPE, "%s: the %s has %d outputs; there may be %d",
                     t->kind->kind.name, t->cast->roles[role].name, (int)count, GAN__MOST_OUTPUTS);
}

gan_status gan__objective_perturb(gan_trainer *t, const gan__objective *o, gan_value *x)
{
    double deviation = o->instance_noise;
    int64_t shape[4];
    gan_value noise;
    GAN__TRY(gan__augment_show(t, o->augment, x));
    if (deviation == 0) return GAN_OK;
    deviation *= gan__power(o->instance_decay, t->steps);
    GAN__TRY(gan_tape_shape(t->tape, *x, shape));
    GAN__TRY(gan_tape_normal(t->tape, 4, shape, &noise));
    return gan_tape_combine(t->tape, (gan_value[]){*x, noise}, (double[]){1, deviation}, 2, x);
}

gan_status gan__objective_judge(gan_trainer *t, int32_t role, const gan_value *inputs,
                                gan_value *scores)
{
    const gan__player *d = &t->players[role];
    if (!d->apart) return gan__trainer_apply_groups(t, role, "training", 2, inputs, scores);
    GAN__TRY(gan__trainer_apply(t, role, "training", inputs, scores));
    return gan__trainer_apply(t, role, "training", inputs + d->input_count,
                              scores + d->output_count);
}

static gan_status objective_add(gan_trainer *t, const char *spec, gan_value score, double weight,
                                gan__terms *terms)
{
    gan_value term;
    GAN__TRY(gan_tape_loss(t->tape, spec, &score, 1, &term));
    gan__terms_add(terms, term, weight);
    return GAN_OK;
}

gan_status gan__objective_real(gan_trainer *t, const gan__objective *o, gan_value score,
                               double weight, gan__terms *terms)
{
    const objective_row *row = objective_row_of(o);
    char spec[64], target[GAN__NUMBER_SIZE];
    snprintf(spec, sizeof spec, "%s%s%s", row->real, row->labels ? " target=" : "",
             row->labels ? gan__number_print(1 - o->smoothing, target) : "");
    terms->flat += weight * row->real_weight * row->flat;
    return objective_add(t, spec, score, weight * row->real_weight, terms);
}

gan_status gan__objective_fake(gan_trainer *t, const gan__objective *o, gan_value score,
                               double weight, gan__terms *terms)
{
    const objective_row *row = objective_row_of(o);
    terms->flat += weight * row->fake_weight * row->flat;
    return objective_add(t, row->fake, score, weight * row->fake_weight, terms);
}

gan_status gan__objective_maker(gan_trainer *t, const gan__objective *o, gan_value score,
                                double weight, gan__terms *terms)
{
    const objective_row *row = objective_row_of(o);
    return objective_add(t, row->maker, score, weight * row->maker_weight, terms);
}

gan_status gan__objective_maker_real(gan_trainer *t, const gan__objective *o, gan_value score,
                                     double weight, gan__terms *terms)
{
    const objective_row *row = objective_row_of(o);
    return objective_add(t, row->maker_real, score, weight * row->maker_weight, terms);
}

gan_status gan__objective_relate(gan_trainer *t, const gan__objective *o, const gan_value scores[2],
                                 gan_value out[2])
{
    gan_value means[2]; /* numbers */
    for (int32_t i = 0; i < 2; i++) out[i] = scores[i];
    for (int32_t i = 0; i < 2 && o->relativistic; i++)
        GAN__TRY(gan_tape_loss(t->tape, "mean", &scores[1 - i], 1, &means[i]));
    for (int32_t i = 0; i < 2 && o->relativistic; i++)
        GAN__TRY(gan_tape_combine(t->tape, (gan_value[]){scores[i], means[i]}, (double[]){1, -1}, 2,
                                  &out[i]));
    return GAN_OK;
}

/* The share of samples that are told right: see gan__objective_tell. */
static gan_status objective_share(gan_trainer *t, const char *above, gan_value own, gan_value other,
                                  bool real, int32_t value)
{
    gan_value share, x = own;
    if (!above) {
        const double signs[2] = {real ? 1 : -1, real ? -1 : 1};
        int64_t of_own[4], of_other[4];
        GAN__TRY(gan_tape_shape(t->tape, own, of_own));
        GAN__TRY(gan_tape_shape(t->tape, other, of_other));
        if (memcmp(of_own, of_other, sizeof of_own) != 0)
            GAN__TRY(gan_tape_loss(t->tape, "mean", &other, 1, &other));
        GAN__TRY(gan_tape_combine(t->tape, (gan_value[]){own, other}, signs, 2, &x));
    }
    GAN__TRY(gan_tape_loss(t->tape, above ? above : "above 0", &x, 1, &share));
    GAN__TRY(gan__trainer_measure(t, value, share));
    if (above && !real) t->values[value] = 1 - t->values[value];
    return GAN_OK;
}

gan_status gan__objective_tell(gan_trainer *t, const gan__objective *o, gan_value own,
                               gan_value other, bool real, int32_t score, int32_t accuracy)
{
    gan_value mean;
    GAN__TRY(gan_tape_loss(t->tape, "mean", &own, 1, &mean));
    GAN__TRY(gan__trainer_measure(t, score, mean));
    return objective_share(t, objective_row_of(o)->above, own, other, real, accuracy);
}

gan_status gan__objective_measure(gan_trainer *t, const gan__objective *o, gan_value real,
                                  gan_value fake, int32_t value)
{
    GAN__TRY(gan__objective_tell(t, o, real, fake, true, value + GAN__SCORE_REAL,
                                 value + GAN__ACCURACY_REAL));
    return gan__objective_tell(t, o, fake, real, false, value + GAN__SCORE_FAKE,
                               value + GAN__ACCURACY_FAKE);
}

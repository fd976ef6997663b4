/* domain.c: a discriminator that guesses the domain of codes, and encoders that fool it. */
#include "train/domain.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "tape/record.h"
#include "train/consistency.h"

const gan__option gan__domain_options[4] = {
    {"domain_discriminator", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL,
     offsetof(gan__domain, discriminator),
     "a discriminator guesses the domain of codes, and the encoders learn to fool it"},
    {"domain_weight", GAN__OPTION_REAL, 0, "1", 0, 1e6, NULL, offsetof(gan__domain, weight),
     "domain_discriminator=yes: weight of fooling it"},
    {"domain_fooling", GAN__OPTION_CHOICE, 0, "alternating", 0, 0, "alternating|reversal",
     offsetof(gan__domain, fooling),
     "domain_discriminator=yes: it learns first, then it is to be unsure; or both at once, by its "
     "gradient reversed"},
    {"domain_steps", GAN__OPTION_INTEGER, 0, "1", 1, 1000, NULL, offsetof(gan__domain, steps),
     "domain_fooling=alternating: updates of it, of the same codes, for one of the encoders"},
};

gan_status gan__domain_check(gan_context *context, const gan__domain *o, const char *domains)
{
    char weight[GAN__NUMBER_SIZE];
    if (o->discriminator && !gan__domains_several(domains))
        return gan__fail(context, GAN_E_TEXT,
                         "domain_discriminator=yes with the one domain '%s': there is nothing to "
                         "guess",
                         domains);
    if (!o->discriminator && o->weight != 1)
        return gan__fail(context, GAN_E_TEXT,
                         "domain_weight=%s without domain_discriminator=yes: nothing is weighted",
                         gan__number_print(o->weight, weight));
    if (!o->discriminator && o->fooling != GAN__FOOLING_ALTERNATING)
        return gan__fail(context, GAN_E_TEXT,
                         "domain_fooling=reversal without domain_discriminator=yes: there is "
                         "nobody to fool");
    if (o->steps != 1 && (!o->discriminator || o->fooling == GAN__FOOLING_REVERSAL))
        return gan__fail(context, GAN_E_TEXT,
                         "domain_steps=%" PRId64 " without domain_discriminator=yes "
                         "domain_fooling=alternating: nobody learns in turns",
                         o->steps);
    return GAN_OK;
}

/* Whose codes a step has: the scores of one batch of all of them are cut by it. */
typedef struct domain_codes {
    gan_value joined;                  /* (M, h, w, c), M the sum of: */
    int64_t counts[GAN__MAX_DOMAINS];  /* of each */
    int32_t domains[GAN__MAX_DOMAINS]; /* that each is of */
    int32_t count;
} domain_codes;

static gan_status domain_join(gan_trainer *t, const gan_value *codes, domain_codes *out)
{
    gan_value values[GAN__MAX_DOMAINS];
    int64_t shape[4];
    out->count = 0;
    for (int32_t d = 0; d < t->cast->domain_count; d++) {
        if (codes[d] < 0) continue;
        GAN__TRY(gan_tape_shape(t->tape, codes[d], shape));
        values[out->count] = codes[d];
        out->domains[out->count] = d;
        out->counts[out->count++] = shape[0];
    }
    return gan_tape_join(t->tape, values, out->count, &out->joined);
}

static gan_status domain_check_scores(const gan_trainer *t, int32_t role, gan_value scores,
                                      int64_t *channels)
{
    const int32_t domains = t->cast->domain_count;
    int64_t shape[4]; /* M, h, w, C */
    GAN__TRY(gan_tape_shape(t->tape, scores, shape));
    *channels = shape[3];
    if (shape[3] == domains || (shape[3] == 1 && domains == 2)) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_SHAPE,
                     "%s: the %s gives %" PRId64 " scores, and there are %d domains: one for each "
                     "of them, or, of two, one",
                     t->kind->kind.name, t->cast->roles[role].name, shape[3], (int)domains);
}

/* The loss of one domain's scores: how far they are from it; or, unsure, from telling nothing. */
static void domain_loss(int64_t channels, int32_t domain, bool unsure, char spec[64])
{
    const char *share = unsure ? "0.5" : domain ? "1" : "0";
    if (channels == 1)
        snprintf(spec, 64, "bce_logits target=%s", share);
    else
        snprintf(spec, 64, "cross_entropy target=%d label_smoothing=%d", (int)domain, unsure);
}

/* The mean over the domains that are there. */
static gan_status domain_terms(gan_trainer *t, const domain_codes *codes, gan_value scores,
                               int64_t channels, bool unsure, gan_value *out)
{
    double weights[GAN__MAX_DOMAINS];
    gan_value own, losses[GAN__MAX_DOMAINS]; /* (N, h, w, C); numbers */
    char spec[64];
    int64_t first = 0;
    for (int32_t i = 0; i < codes->count; i++) {
        GAN__TRY(gan_tape_slice(t->tape, scores, first, codes->counts[i], &own));
        domain_loss(channels, codes->domains[i], unsure, spec);
        GAN__TRY(gan_tape_loss(t->tape, spec, &own, 1, &losses[i]));
        weights[i] = 1.0 / codes->count;
        first += codes->counts[i];
    }
    return gan_tape_combine(t->tape, losses, weights, codes->count, out);
}

/* The domain that a row of scores is highest for. */
static int32_t domain_guess(const float *row, int64_t channels)
{
    int32_t best = 0;
    if (channels == 1) return row[0] > 0;
    for (int32_t c = 1; c < channels; c++)
        if (row[c] > row[best]) best = c;
    return best;
}

/* Every place of a map of codes counts. */
static gan_status domain_measure(gan_trainer *t, const domain_codes *codes, gan_value scores,
                                 int32_t value)
{
    gan__shape s;
    const float *row;
    int64_t right = 0;
    if (t->rehearsing) return GAN_OK;
    GAN__TRY(gan__tape_source(t->tape, "gan_trainer_step", scores, GAN_VALUE, &s, &row));
    for (int32_t i = 0; i < codes->count; i++)
        for (int64_t k = 0; k < codes->counts[i] * s.h * s.w; k++, row += s.c)
            right += domain_guess(row, s.c) == codes->domains[i];
    t->values[value] = (double)right / (double)(s.n * s.h * s.w);
    return GAN_OK;
}

/* It learns: its loss is left, its gradient is there. */
static gan_status domain_learn(gan_trainer *t, const gan__domain_place *place,
                               const domain_codes *codes, gan_value in, int64_t *channels,
                               gan_value *loss)
{
    const int32_t role = gan__cast_role_at(t->cast, place->role);
    const int32_t value = gan__cast_value_at(t->cast, place->value);
    gan_value scores; /* (M, h, w, C) */
    gan__terms terms = {.count = 0};
    GAN__TRY(gan__trainer_apply(t, role, "training", &in, &scores));
    GAN__TRY(domain_check_scores(t, role, scores, channels));
    GAN__TRY(domain_terms(t, codes, scores, *channels, false, loss));
    gan__terms_add(&terms, *loss, 1);
    GAN__TRY(gan__trainer_sum(t, &terms, value + GAN__DOMAIN_LOSS, loss));
    GAN__TRY(domain_measure(t, codes, scores, value + GAN__DOMAIN_ACCURACY));
    return gan__trainer_gradients(t, *loss, t->cast->roles[role].group);
}

/* After its updates it is to be unsure of the same codes. */
static gan_status domain_alternate(gan_trainer *t, const gan__domain *o,
                                   const gan__domain_place *place, const domain_codes *codes,
                                   gan_value *loss)
{
    const int32_t role = gan__cast_role_at(t->cast, place->role);
    gan_value seen, scores; /* (M, h, w, c), no way back to the encoders; (M, h, w, C) */
    int64_t channels;
    GAN__TRY(gan_tape_detach(t->tape, codes->joined, &seen));
    for (int64_t i = 0; i < o->steps; i++) {
        GAN__TRY(domain_learn(t, place, codes, seen, &channels, loss));
        GAN__TRY(gan__trainer_update(t, t->cast->roles[role].group));
    }
    GAN__TRY(gan__trainer_apply(t, role, "training frozen", &codes->joined, &scores));
    return domain_terms(t, codes, scores, channels, true, loss);
}

gan_status gan__domain_confuse(gan_trainer *t, const gan__domain *o, const gan__domain_place *place,
                               const gan_value *codes, gan__terms *terms)
{
    const bool reversal = o->fooling == GAN__FOOLING_REVERSAL;
    domain_codes all;
    gan_value loss; /* a number */
    int64_t channels;
    if (!o->discriminator) return GAN_OK;
    GAN__TRY(domain_join(t, codes, &all));
    if (reversal)
        GAN__TRY(domain_learn(t, place, &all, all.joined, &channels, &loss));
    else
        GAN__TRY(domain_alternate(t, o, place, &all, &loss));
    gan__terms_add(terms, loss, reversal ? -o->weight : o->weight);
    return GAN_OK;
}

int32_t gan__domain_groups(const gan_trainer *t, const gan__domain *o,
                           const gan__domain_place *place, int32_t *groups, int32_t count)
{
    if (!o->discriminator || o->fooling != GAN__FOOLING_REVERSAL) return count;
    groups[count] = t->cast->roles[gan__cast_role_at(t->cast, place->role)].group;
    return count + 1;
}

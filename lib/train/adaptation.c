/* adaptation.c: classes that are learnt of the labels of some domains, and features that are alike
 * in all. */
#include "train/adaptation.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"

const gan__option gan__adaptation_options[3] = {
    {"labelled", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL, offsetof(gan__adaptation, labelled),
     "domains whose labels the discriminators' outputs 'classes' learn, \"x\"; else they are not "
     "trained"},
    {"class_weight", GAN__OPTION_REAL, 0, "10", 0, 1e6, NULL,
     offsetof(gan__adaptation, class_weight), "labelled=: weight of the classes"},
    {"feature_weight", GAN__OPTION_REAL, 0, "0.01", 0, 1e6, NULL,
     offsetof(gan__adaptation, feature_weight),
     "weight of the distance between what the discriminators' further outputs, if they have some, "
     "say of the same thing in two domains"},
};

/* How often a list, "a,b", has the name. */
static int32_t adaptation_lists(const char *list, const char *name, size_t length)
{
    int32_t times = 0;
    for (; list; list = gan__list_next(list, ','))
        times += strcspn(list, ",") == length && !memcmp(list, name, length);
    return times;
}

gan_status gan__adaptation_check(gan_context *context, const gan__adaptation *a,
                                 const char *domains)
{
    char weight[GAN__NUMBER_SIZE];
    for (const char *at = a->labelled; at; at = gan__list_next(at, ',')) {
        const size_t length = strcspn(at, ",");
        if (adaptation_lists(domains, at, length) == 0)
            return gan__fail(context, GAN_E_TEXT, "labelled=%s: '%.*s' is none of the domains %s",
                             a->labelled, (int)length, at, domains);
        if (adaptation_lists(a->labelled, at, length) > 1)
            return gan__fail(context, GAN_E_TEXT, "labelled=%s: '%.*s' is there twice", a->labelled,
                             (int)length, at);
    }
    if (a->labelled || a->class_weight == 10) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "class_weight=%s without labelled=: no classes are learnt",
                     gan__number_print(a->class_weight, weight));
}

/* Whether the labels of this domain count. */
static bool adaptation_counts(const gan_trainer *t, const gan__adaptation *a, int32_t domain)
{
    const char *name = t->cast->domains[domain];
    return adaptation_lists(a->labelled, name, strlen(name)) > 0;
}

gan_status gan__adaptation_prepare(const gan_trainer *t, const gan__adaptation *a, int32_t row)
{
    const int32_t first = gan__cast_role_at(t->cast, row);
    const int32_t outputs = t->players[first].output_count;
    for (int32_t d = 0; d < t->cast->domain_count; d++) {
        const gan__player *judge = &t->players[first + d];
        const char *name = t->cast->roles[first + d].name;
        GAN__TRY(gan__objective_check_outputs(t, first + d));
        if (judge->output_count != outputs)
            return gan__fail(t->object.context, GAN_E_SHAPE,
                             "%s: the %s has %d outputs of features, the %s has %d: they are to be "
                             "compared",
                             t->kind->kind.name, t->cast->roles[first].name,
                             (int)outputs - GAN__SAYS_FEATURES, name,
                             (int)judge->output_count - GAN__SAYS_FEATURES);
        if (adaptation_counts(t, a, d) && judge->outputs[GAN__SAYS_CLASSES] < 0)
            return gan__fail(t->object.context, GAN_E_SHAPE,
                             "%s: labelled=%s asks for an output 'classes' of the %s",
                             t->kind->kind.name, a->labelled, name);
    }
    return GAN_OK;
}

gan_status gan__adaptation_classify(gan_trainer *t, const gan__adaptation *a, int32_t domain,
                                    gan_value classes, gan_value label, int32_t value,
                                    gan__terms *terms)
{
    gan_value loss; /* a number */
    if (!adaptation_counts(t, a, domain)) return GAN_OK;
    if (label < 0)
        return gan__fail(
            t->object.context, GAN_E_STATE,
            "%s: the feed of the domain '%s' has no labels, which labelled=%s asks for",
            t->kind->kind.name, t->cast->domains[domain], a->labelled);
    gan_status status =
        gan_tape_loss(t->tape, "cross_entropy", (gan_value[]){classes, label}, 2, &loss);
    if (status != GAN_OK)
        return gan__fail_in(t->object.context, status, "%s: classes of the domain '%s'",
                            t->kind->kind.name, t->cast->domains[domain]);
    GAN__TRY(gan__trainer_measure(t, value, loss));
    gan__terms_add(terms, loss, a->class_weight);
    return GAN_OK;
}

/* Of two features, (N, h, w, c): the shape of the one, which the other must have too. */
static gan_status adaptation_shape(gan_trainer *t, int32_t feature, gan_value one, gan_value other,
                                   int64_t shape[4])
{
    int64_t second[4];
    char sizes[2][88];
    GAN__TRY(gan_tape_shape(t->tape, one, shape));
    GAN__TRY(gan_tape_shape(t->tape, other, second));
    if (!memcmp(shape + 1, second + 1, 3 * sizeof *shape)) return GAN_OK;
    gan__picture_print((gan__shape){1, shape[1], shape[2], shape[3]}, sizes[0]);
    gan__picture_print((gan__shape){1, second[1], second[2], second[3]}, sizes[1]);
    return gan__fail(t->object.context, GAN_E_SHAPE,
                     "%s: features are compared between the discriminators of two domains: number "
                     "%d of them is %s in one and %s in the other",
                     t->kind->kind.name, (int)feature + 1, sizes[0], sizes[1]);
}

gan_status gan__adaptation_compare(gan_trainer *t, const gan_value *one, const gan_value *other,
                                   int32_t outputs, gan__terms *terms)
{
    gan__terms own = {.count = 0};
    if (outputs <= GAN__SAYS_FEATURES) return GAN_OK;
    for (int32_t i = GAN__SAYS_FEATURES; i < outputs; i++) {
        gan_value square; /* a number */
        int64_t shape[4]; /* N, h, w, c */
        GAN__TRY(adaptation_shape(t, i - GAN__SAYS_FEATURES, one[i], other[i], shape));
        GAN__TRY(gan_tape_loss(t->tape, "mse", (gan_value[]){one[i], other[i]}, 2, &square));
        gan__terms_add(&own, square, (double)(shape[1] * shape[2] * shape[3]));
    }
    return gan__trainer_fold(t, &own, terms);
}

/* together.c: networks of several domains as one: a text that places them as parts,
 *
 *     input noise 1 1 100
 *     r0 = part generator_x from noise
 *     r1 = part generator_y from noise
 *     output r0 r1
 *
 * whose nodes are merged: a part that all begin with is computed once, forwards and on the way
 * back, and its running statistics see a batch once. */
#include "train/together.h"

#include "model/tree.h"
#include "train/routes.h"

static void together_print(const gan_trainer *t, int32_t first, gan__text *text)
{
    const gan_model *model = t->players[first].model;
    gan__print_input(text, "noise", model->shapes[model->inputs[0].value]);
    for (int32_t d = 0; d < t->cast->domain_count; d++)
        gan__text_print(text, "r%d = part %s from noise\n", (int)d, t->cast->roles[first + d].name);
    gan__text_print(text, "output");
    for (int32_t d = 0; d < t->cast->domain_count; d++) gan__text_print(text, " r%d", (int)d);
    gan__text_print(text, "\n");
}

static gan_status together_parse(const gan_trainer *t, int32_t first, const char *text,
                                 gan_model **out)
{
    const char *names[GAN__MAX_DOMAINS];
    gan_model *parts[GAN__MAX_DOMAINS];
    for (int32_t d = 0; d < t->cast->domain_count; d++) {
        names[d] = t->cast->roles[first + d].name;
        parts[d] = t->players[first + d].model;
    }
    GAN__TRY(
        gan_model_parse_parts(out, t->object.context, text, names, parts, t->cast->domain_count));
    gan_status status = gan__model_merge(*out);
    if (status != GAN_OK) gan_model_release(*out);
    return status;
}

gan_status gan__together_prepare(gan_trainer *t, int32_t row)
{
    const int32_t first = gan__cast_role_at(t->cast, row);
    gan__text text = {.context = t->object.context};
    gan_model *made;
    together_print(t, first, &text);
    gan_status status = text.status;
    if (status == GAN_OK) status = together_parse(t, first, text.bytes, &made);
    gan__text_free(&text);
    if (status != GAN_OK) return status;
    gan_model_release(t->together);
    t->together = made;
    return GAN_OK;
}

gan_status gan__together_apply(gan_trainer *t, int32_t row, const char *mode, gan_value input,
                               gan_value *outputs)
{
    const int32_t group = t->cast->roles[gan__cast_role_at(t->cast, row)].group;
    gan_status status =
        gan_tape_apply(t->tape, t->together, mode, &input, 1, outputs, t->cast->domain_count);
    if (status == GAN_OK) return GAN_OK;
    return gan__fail_in(t->object.context, status, "%s: the %s", t->kind->kind.name,
                        t->cast->groups[group].name);
}

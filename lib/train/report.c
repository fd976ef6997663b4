/* report.c: what a trainer tells of itself: its names, its steps, and what they measured. */
#include "train/trainer.h"

#include <string.h>

int64_t gan_trainer_steps(const gan_trainer *t)
{
    return gan__object_is(t, GAN__TRAINER) ? t->steps : 0;
}

const char *gan_trainer_text(const gan_trainer *t)
{
    return gan__object_is(t, GAN__TRAINER) ? t->text : NULL;
}

/* ---- names ---- */

int32_t gan_trainer_member_count(const gan_trainer *t)
{
    return gan__object_is(t, GAN__TRAINER) ? (int32_t)t->cast->member_count : 0;
}

const char *gan_trainer_member(const gan_trainer *t, int32_t index, const char *field)
{
    gan__member member;
    if (!gan__object_is(t, GAN__TRAINER) || !field) return NULL;
    if (!gan__cast_member(t->cast, index, &member)) return NULL;
    return gan__member_field(&member, field);
}

/* ---- values ---- */

/* The number, in the cast, of the value that is the index-th that is wanted; -1 past the last. */
static int32_t report_find(const gan_trainer *t, int32_t index)
{
    for (int32_t i = 0; index >= 0 && i < t->cast->value_count; i++)
        if (t->cast->values[i].wanted && index-- == 0) return i;
    return -1;
}

int32_t gan_trainer_value_count(const gan_trainer *t)
{
    int32_t count = 0;
    if (!gan__object_is(t, GAN__TRAINER)) return 0;
    while (report_find(t, count) >= 0) count++;
    return count;
}

const char *gan_trainer_value_name(const gan_trainer *t, int32_t index)
{
    const int32_t i = gan__object_is(t, GAN__TRAINER) ? report_find(t, index) : -1;
    return i < 0 ? NULL : t->cast->values[i].name;
}

gan_status gan_trainer_value(const gan_trainer *t, const char *name, double *out)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, "gan_trainer_value", "trainer"));
    if (!name || !out)
        return gan__fail(t->object.context, GAN_E_ARGUMENT, "gan_trainer_value: %s is NULL",
                         name ? "out" : "name");
    const int32_t i = gan__cast_value(t->cast, name, strlen(name));
    if (i < 0)
        return gan__fail(t->object.context, GAN_E_ARGUMENT,
                         "%s: nothing called '%s' is measured; see gan_trainer_value_name",
                         t->kind->kind.name, name);
    *out = t->reported[i];
    return GAN_OK;
}

static gan_status report_values(const gan_trainer *t, double *values)
{
    for (int32_t i = 0; i < t->cast->value_count; i++)
        if (t->cast->values[i].wanted) *values++ = t->reported[i];
    return GAN_OK;
}

gan_status gan_trainer_values(const gan_trainer *t, double *values, int32_t count)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, "gan_trainer_values", "trainer"));
    gan_context *context = t->object.context;
    if (!values) return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_values: values is NULL");
    if (count != gan_trainer_value_count(t))
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_trainer_values: count is %d, but %s measures %d values", count,
                         t->kind->kind.name, gan_trainer_value_count(t));
    GAN__RETURN_ENTERED(context, report_values(t, values));
}

/* show_begin.c: what pictures of a trainer's work begin with: drawn from priors, the same at every
 * call, or read from data sets, apart from what the training reads. */
#include "train/show.h"

#include "base/memory.h"
#include "base/random.h"
#include "train/feeds.h"
#include "train/latent.h"

static bool show_feed_has(const gan__feed *feed, int32_t space)
{
    for (int32_t f = 0; f < feed->field_count; f++)
        if (feed->fields[f].space == space) return true;
    return false;
}

/* The value of each row's examples, for all rows. */
static gan_status show_repeat(const gan__show *s, gan_value *value)
{
    gan_context *context = s->trainer->object.context;
    gan_value *rows;
    if (s->rows == 1) return GAN_OK;
    GAN__TRY(gan__allocate(context, &rows, (size_t)s->rows, sizeof *rows));
    for (int64_t i = 0; i < s->rows; i++) rows[i] = *value;
    gan_status status = gan_tape_join(s->tape, rows, (int32_t)s->rows, value);
    gan__free(context, rows);
    return status;
}

int64_t gan__show_classes(const gan_trainer *t, int32_t space)
{
    const gan__cast *cast = t->cast;
    if (cast->spaces[space].row->type != GAN__SPACE_CONDITION) return 0;
    for (int32_t i = 0; i < cast->feed_count; i++)
        for (int32_t f = 0; f < cast->feeds[i].field_count; f++) {
            const gan__field *field = gan__feed_field_of(t, i, f);
            if (!field || field->rank > 0 || cast->feeds[i].fields[f].space != space) continue;
            return t->shapes[space].c > 1 ? t->shapes[space].c : field->classes;
        }
    return 0;
}

/* The class of each row in place of the labels of data. */
static gan_status show_label(gan__show *s, const gan__feed_field *field)
{
    const gan_trainer *t = s->trainer;
    const int64_t classes = gan__show_classes(t, field->space);
    gan_tensor *labels;
    GAN__TRY(gan_tensor_create(&labels, t->object.context, GAN_FLOAT32, 1, &s->count));
    for (int64_t i = 0; i < s->count; i++)
        ((float *)labels->data)[i] = (float)(i / s->each % classes);
    gan_status status = gan__trainer_put(t, s->tape, field, labels, &s->values[field->space]);
    gan_tensor_release(labels);
    return status;
}

static gan_status show_take(gan__show *s, const gan__feed_field *field, gan_tensor *tensor)
{
    const int32_t space = field->space;
    if (space < 0 || s->values[space] >= 0) return GAN_OK;
    if (s->classed && gan__show_classes(s->trainer, space) > 0) return show_label(s, field);
    GAN__TRY(gan__trainer_put(s->trainer, s->tape, field, tensor, &s->values[space]));
    return show_repeat(s, &s->values[space]);
}

static gan_status show_read(gan__show *s, int32_t feed)
{
    gan_trainer *t = s->trainer;
    const gan__feed *kind = &t->cast->feeds[feed];
    const uint64_t seed = gan__random_seed(t->seed, GAN__DRAW_REFRESH, 1);
    gan__batcher *batcher;
    gan_tensor *const *drawn;
    GAN__TRY(gan__feed_apart(t, feed, seed, s->each, &batcher));
    gan_status status = gan__batcher_next(batcher, &drawn);
    for (int32_t f = 0; f < kind->field_count && status == GAN_OK; f++)
        if (gan__feed_field_of(t, feed, f)) status = show_take(s, &kind->fields[f], *drawn++);
    gan__batcher_free(batcher); /* the tape retains what it uses */
    return status;
}

/* Example i has draw i of a tape, of the one that is the first in a context of the trainer's seed:
 * whoever has the network and the seed makes the same, and any number of examples begins alike. */
static gan_status show_draw_all(gan__show *s, gan_tape *tape, int32_t space, gan_tensor *all)
{
    const gan_trainer *t = s->trainer;
    const uint64_t first = s->drawn++ << 32;
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < s->each && status == GAN_OK; i++) {
        gan_tensor *one = NULL;
        gan_value z;
        status = gan_tape_reset(tape);
        if (status == GAN_OK) status = gan_tape_seek(tape, first + (uint64_t)i);
        if (status == GAN_OK)
            status = gan__latent_draw(tape, t->cast->spaces[space].prior, t->shapes[space], 1, &z);
        if (status == GAN_OK) status = gan_tensor_slice(&one, all, 0, i, 1);
        if (status == GAN_OK) status = gan_tape_value(tape, z, one);
        gan_tensor_release(one);
    }
    return status;
}

static gan_status show_draw(gan__show *s, int32_t space)
{
    gan_trainer *t = s->trainer;
    gan_context *context = t->object.context;
    const gan__shape shape = t->shapes[space];
    const int64_t sizes[4] = {s->each, shape.h, shape.w, shape.c};
    gan_tensor *all;
    gan_tape *tape;
    if (shape.h < 0 || shape.w < 0)
        return gan__fail(context, GAN_E_SHAPE,
                         "%s: the size of '%s' is open, so it cannot be drawn", t->kind->kind.name,
                         t->cast->spaces[space].name);
    GAN__TRY(gan_tensor_create(&all, context, GAN_FLOAT32, 4, sizes));
    gan_status status =
        gan__tape_create(&tape, context, gan__random_seed(t->seed, GAN__DRAW_TAPE, 0));
    if (status == GAN_OK) {
        status = show_draw_all(s, tape, space, all);
        gan_tape_release(tape);
    }
    if (status == GAN_OK) status = gan_tape_input(s->tape, all, 0, &s->values[space]);
    gan_tensor_release(all);
    return status == GAN_OK ? show_repeat(s, &s->values[space]) : status;
}

gan_status gan__show_find(gan__show *s, int32_t space)
{
    gan_trainer *t = s->trainer;
    const gan__space *own = &t->cast->spaces[space];
    if (s->values[space] >= 0) return GAN_OK;
    if (own->prior != GAN__PRIOR_NONE) return show_draw(s, space);
    for (int32_t i = 0; i < t->cast->feed_count && s->values[space] < 0; i++)
        if (t->feeds[i].dataset && show_feed_has(&t->cast->feeds[i], space))
            GAN__TRY(show_read(s, i));
    if (s->values[space] >= 0) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_STATE,
                     "%s: nothing to show: '%s' has no prior, and no data set brings it",
                     t->kind->kind.name, own->name);
}

/* show.c: what a trainer makes, as pictures: from one space along the shortest routes to all
 * pictures that can be reached, and of two domains back from the other. What it begins with is
 * drawn apart, the same at every call; where the routes take the label of a class, it is there once
 * for each class, a row each. What a kind draws by itself it makes itself. Points of two numbers
 * are dots on one picture. */
#include <gan/runner.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "train/averages.h"
#include "train/dots.h"
#include "train/routes.h"
#include "train/show.h"

/* Examples that go through a network at a time, and as many pixels of the largest picture space, or
 * one; and how many examples there are at least, of points. */
enum { SHOW_BATCH = 64, SHOW_PIXELS = 64 * 32 * 32, SHOW_DOTS = 256 };

/* ---- one column ---- */

/* Points have no range. */
static int32_t show_type(const gan__show *s)
{
    return s->dots ? GAN_FLOAT32 : GAN_UINT8;
}

/* `n` examples from `first` on. */
static gan_status show_run(gan_runner *runner, gan_tensor *const *inputs, int32_t count,
                           gan_tensor *column, int64_t first, int64_t n)
{
    gan_context *context = column->object.context;
    gan_tensor **parts;
    GAN__TRY(gan__allocate(context, &parts, (size_t)count + 1, sizeof *parts));
    gan_status status = gan_tensor_slice(&parts[count], column, 0, first, n);
    for (int32_t i = 0; i < count && status == GAN_OK; i++)
        status = gan_tensor_slice(&parts[i], inputs[i], 0, first, n);
    if (status == GAN_OK) status = gan_runner_run(runner, parts, count, &parts[count], 1);
    for (int32_t i = 0; i <= count; i++) gan_tensor_release(parts[i]);
    gan__free(context, parts);
    return status;
}

/* Height and width where the model leaves them open, else 0. */
static void show_open_size(const gan_model *model, gan_tensor *const *inputs, int64_t size[2])
{
    size[0] = size[1] = 0;
    for (size_t i = 0; i < model->input_count; i++) {
        const gan__shape own = model->shapes[model->inputs[i].value];
        if (own.h < 0) size[0] = inputs[i]->shape[1];
        if (own.w < 0) size[1] = inputs[i]->shape[2];
    }
}

/* A batch's bits do not depend on how it is cut, the memory of its layers does. */
static int64_t show_batch(const gan__show *s)
{
    const gan_trainer *t = s->trainer;
    int64_t most = s->count < SHOW_BATCH ? s->count : SHOW_BATCH;
    for (int32_t i = 0; i < t->cast->space_count; i++) {
        const int64_t pixels = t->shapes[i].h * t->shapes[i].w;
        if (t->cast->spaces[i].row->type == GAN__SPACE_PICTURE && pixels > SHOW_PIXELS / most)
            most = pixels < SHOW_PIXELS ? SHOW_PIXELS / pixels : 1;
    }
    return most;
}

static gan_status show_run_all(gan__show *s, gan_model *model, gan_tensor *const *inputs)
{
    gan_context *context = s->trainer->object.context;
    const int64_t batch = show_batch(s);
    int64_t shape[4] = {s->count}, size[2];
    gan_tensor *column = NULL;
    gan_runner *runner;
    char spec[96];
    show_open_size(model, inputs, size);
    snprintf(spec, sizeof spec, "batch=%lld height=%lld width=%lld", (long long)batch,
             (long long)size[0], (long long)size[1]);
    GAN__TRY(gan_runner_create(&runner, context, model, spec));
    gan_status status = gan_runner_output_shape(runner, 0, shape + 1);
    if (status == GAN_OK) status = gan_tensor_create(&column, context, show_type(s), 4, shape);
    for (int64_t at = 0; at < s->count && status == GAN_OK; at += batch)
        status = show_run(runner, inputs, (int32_t)model->input_count, column, at,
                          s->count - at < batch ? s->count - at : batch);
    gan_runner_release(runner);
    if (status == GAN_OK)
        s->columns[s->column_count++] = column;
    else
        gan_tensor_release(column);
    return status;
}

static gan_status show_route(gan__show *s, const gan__route *route, gan_model *model)
{
    gan_context *context = s->trainer->object.context;
    const int32_t count = (int32_t)model->input_count;
    gan_tensor **inputs;
    GAN__TRY(gan__allocate(context, &inputs, (size_t)count, sizeof *inputs));
    gan_status status = GAN_OK;
    for (int32_t i = 0; i < count && status == GAN_OK; i++) {
        const int32_t space = gan__route_input(s->trainer, route, model, i);
        status = gan__show_find(s, space);
        if (status == GAN_OK)
            status = gan_tape_tensor(&inputs[i], s->tape, s->values[space], GAN_VALUE);
    }
    if (status == GAN_OK) status = show_run_all(s, model, inputs);
    for (int32_t i = 0; i < count; i++) gan_tensor_release(inputs[i]);
    gan__free(context, inputs);
    return status;
}

/* Whether the way goes by a role that may be without a network, and is. */
static bool show_is_cut(const gan_trainer *t, const gan__route *route)
{
    for (int32_t i = 0; i < route->count; i++) {
        const int32_t role = route->steps[i].role;
        if (!t->players[role].model && (t->cast->roles[role].row->flags & GAN__ROLE_OPTIONAL))
            return true;
    }
    return false;
}

/* The way from space to space, of no steps if none leads to pictures there. Freed with gan__free.
 */
static gan_status show_find_route(const gan_trainer *t, int32_t from, int32_t to, gan__route *out)
{
    *out = (gan__route){.steps = NULL};
    if (t->cast->spaces[to].row->type != GAN__SPACE_PICTURE) return GAN_OK;
    GAN__TRY(gan__route_find(t->cast, from, to, out));
    if (show_is_cut(t, out)) out->count = 0;
    return GAN_OK;
}

/* How many spaces are of pictures. */
static int32_t show_pictures(const gan_trainer *t)
{
    int32_t count = 0;
    for (int32_t i = 0; i < t->cast->space_count; i++)
        count += t->cast->spaces[i].row->type == GAN__SPACE_PICTURE;
    return count;
}

/* The way to the pictures of the other domain and back again, where a shorter one leads back by
 * itself, as that by a code does; else, and of more domains, of no steps. Freed with gan__free. */
static gan_status show_find_return(const gan__show *s, int32_t space, gan__route *out)
{
    const gan_trainer *t = s->trainer;
    gan__route there, back, itself = {.count = 0};
    *out = (gan__route){.from = s->start};
    GAN__TRY(show_find_route(t, s->start, space, &there));
    gan_status status = show_find_route(t, space, s->start, &back);
    if (status == GAN_OK) status = show_find_route(t, s->start, s->start, &itself);
    const size_t count = (size_t)there.count + (size_t)back.count;
    if (status == GAN_OK && show_pictures(t) == 2 && itself.count > 0 &&
        (size_t)itself.count < count)
        status = gan__allocate(t->object.context, &out->steps, count, sizeof *out->steps);
    if (out->steps) {
        memcpy(out->steps, there.steps, (size_t)there.count * sizeof *there.steps);
        memcpy(out->steps + there.count, back.steps, (size_t)back.count * sizeof *back.steps);
        out->count = (int32_t)count;
    }
    gan__free(t->object.context, there.steps);
    gan__free(t->object.context, back.steps);
    gan__free(t->object.context, itself.steps);
    return status;
}

/* What the way makes of the examples, if it has steps. */
static gan_status show_way(gan__show *s, gan__route *route)
{
    gan_model *model = NULL;
    gan_status status = GAN_OK;
    if (route->count > 0) status = gan__route_model(s->trainer, route, s->averaged, &model);
    if (model) status = show_route(s, route, model);
    gan_model_release(model);
    gan__free(s->trainer->object.context, route->steps);
    return status;
}

/* The pictures of a space, if a way leads there, and what they are brought back to. */
static gan_status show_end(gan__show *s, int32_t space)
{
    gan__route route;
    GAN__TRY(show_find_route(s->trainer, s->start, space, &route));
    GAN__TRY(show_way(s, &route));
    if (space == s->start) return GAN_OK;
    GAN__TRY(show_find_return(s, space, &route));
    return show_way(s, &route);
}

/* The classes that a step's network takes the label of; the most of several such inputs. */
static int64_t show_step_classes(const gan_trainer *t, int32_t role)
{
    const gan__role *r = &t->cast->roles[role];
    int64_t most = 0;
    for (int32_t i = 0; t->players[role].model && i < r->input_count; i++) {
        const int64_t classes = gan__show_classes(t, r->inputs[i].spaces[0]);
        if (t->players[role].inputs[i] >= 0 && classes > most) most = classes;
    }
    return most;
}

/* In rows, if a way takes the label of a class: as many of each class as there is room for, and one
 * at least. */
static gan_status show_arrange(gan__show *s)
{
    int64_t classes = 1;
    for (int32_t space = 0; space < s->trainer->cast->space_count; space++) {
        gan__route route;
        GAN__TRY(show_find_route(s->trainer, s->start, space, &route));
        for (int32_t i = 0; i < route.count; i++) {
            const int64_t of_step = show_step_classes(s->trainer, route.steps[i].role);
            if (of_step > classes) classes = of_step;
        }
        gan__free(s->trainer->object.context, route.steps);
    }
    s->classed = classes > 1;
    s->rows = classes < s->count ? classes : s->count;
    s->each = s->count / s->rows;
    s->count = s->rows * s->each;
    return GAN_OK;
}

/* Pictures that it begins with are the first column. */
static gan_status show_begin(gan__show *s)
{
    gan_context *context = s->trainer->object.context;
    int64_t shape[4];
    GAN__TRY(gan__show_find(s, s->start));
    if (s->trainer->cast->spaces[s->start].row->type != GAN__SPACE_PICTURE) return GAN_OK;
    GAN__TRY(gan_tape_shape(s->tape, s->values[s->start], shape));
    GAN__TRY(gan_tensor_create(&s->columns[s->column_count], context, show_type(s), 4, shape));
    return gan_tape_value(s->tape, s->values[s->start], s->columns[s->column_count++]);
}

/* ---- what no route leads to ---- */

/* Stages of a sample that is drawn by chains, side by side. */
enum { SHOW_STAGES = 8 };

/* What was made float32, as bytes. */
static gan_status show_bytes(gan_tensor **pictures)
{
    gan_tensor *made = *pictures, *bytes;
    GAN__TRY(gan_tensor_create(&bytes, made->object.context, GAN_UINT8, 4, made->shape));
    gan__tensor_write(bytes, true, made->data);
    gan_tensor_release(made);
    *pictures = bytes;
    return GAN_OK;
}

static gan_status show_samples(const gan__show *s, int64_t *columns, gan_tensor **out)
{
    gan_trainer *t = s->trainer;
    const gan__sampling wanted = {.count = s->count,
                                  .columns = SHOW_STAGES,
                                  .seed = gan__random_seed(t->seed, GAN__DRAW_REFRESH, 1),
                                  .averaged = s->averaged};
    gan_tensor *made;
    GAN__TRY(t->kind->sample(t, &wanted, &made));
    gan_status status =
        s->dots ? gan__dots_stages(t, s->start, made, SHOW_STAGES, out) : show_bytes(&made);
    if (s->dots || status != GAN_OK)
        gan_tensor_release(made);
    else
        *out = made;
    if (columns && status == GAN_OK) *columns = SHOW_STAGES;
    return status;
}

/* ---- all columns, example after example ---- */

/* A grey picture among coloured ones has its value in each channel; smaller ones are black around.
 */
static void show_copy(const gan_tensor *from, int64_t example, const int64_t size[3], uint8_t *to)
{
    const int64_t h = from->shape[1], w = from->shape[2], c = from->shape[3];
    const uint8_t *x = (const uint8_t *)from->data + example * h * w * c;
    for (int64_t i = 0; i < h; i++)
        for (int64_t j = 0; j < w; j++)
            for (int64_t k = 0; k < size[2]; k++)
                to[(i * size[1] + j) * size[2] + k] =
                    c == 1 || k < c ? x[(i * w + j) * c + (c == 1 ? 0 : k)] : 0;
}

static gan_status show_join(const gan__show *s, gan_tensor **out)
{
    gan_context *context = s->trainer->object.context;
    int64_t size[3] = {1, 1, 1};
    for (int64_t i = 0; i < s->column_count; i++)
        for (int32_t d = 0; d < 3; d++)
            if (s->columns[i]->shape[d + 1] > size[d]) size[d] = s->columns[i]->shape[d + 1];
    const int64_t shape[4] = {s->count * s->column_count, size[0], size[1], size[2]};
    GAN__TRY(gan_tensor_create(out, context, GAN_UINT8, 4, shape));
    uint8_t *to = (*out)->data;
    memset(to, 0, (size_t)(*out)->count);
    for (int64_t i = 0; i < s->count; i++)
        for (int64_t k = 0; k < s->column_count; k++, to += size[0] * size[1] * size[2])
            show_copy(s->columns[k], i, size, to);
    return GAN_OK;
}

/* Whether all picture spaces are of points: of these there are enough to see where they lie. */
static void show_look(gan__show *s)
{
    const gan_trainer *t = s->trainer;
    const int32_t spaces = show_pictures(t);
    int32_t points = 0;
    for (int32_t i = 0; i < t->cast->space_count; i++)
        points += t->cast->spaces[i].row->type == GAN__SPACE_PICTURE && gan__dots_fit(t->shapes[i]);
    s->dots = spaces > 0 && points == spaces;
    if (s->dots && s->count < SHOW_DOTS) s->count = SHOW_DOTS;
}

/* One picture of all columns, over points of the data unless the first is those. */
static gan_status show_points(const gan__show *s, gan_tensor **out)
{
    const gan_trainer *t = s->trainer;
    gan_tensor *data = NULL;
    int32_t space = 0;
    while (t->cast->spaces[space].row->type != GAN__SPACE_PICTURE) space++;
    if (t->cast->spaces[s->start].row->type != GAN__SPACE_PICTURE)
        GAN__TRY(gan__dots_data(t, space, s->count, &data));
    const gan_status status =
        gan__dots_draw(t->object.context, data, s->columns, 1, s->column_count, out);
    gan_tensor_release(data);
    return status;
}

static gan_status show_all(gan__show *s, gan_tensor **out)
{
    gan_trainer *t = s->trainer;
    gan_context *context = t->object.context;
    const size_t spaces = (size_t)t->cast->space_count;
    GAN__TRY(gan__allocate(context, &s->values, spaces, sizeof *s->values));
    GAN__TRY(gan__allocate(context, &s->columns, 2 * spaces + 1, sizeof *s->columns));
    GAN__TRY(gan__tape_create(&s->tape, context, gan__random_seed(t->seed, GAN__DRAW_REFRESH, 1)));
    for (size_t i = 0; i < spaces; i++) s->values[i] = -1;
    GAN__TRY(show_arrange(s));
    GAN__TRY(show_begin(s));
    for (size_t i = 0; i < spaces; i++) GAN__TRY(show_end(s, (int32_t)i));
    if (s->column_count == 0)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: no route leads from '%s' to pictures",
                         t->kind->kind.name, t->cast->spaces[s->start].name);
    return s->dots ? show_points(s, out) : show_join(s, out);
}

static gan_status show_public(gan_tensor **out, int64_t *columns, gan_trainer *t, const char *space,
                              int64_t count, bool averaged)
{
    gan_context *context = t->object.context;
    gan__show s = {.trainer = t, .count = count, .averaged = averaged};
    GAN__TRY(gan__trainer_settable(t, "gan_trainer_show"));
    s.start = gan__cast_space(t->cast, space, strlen(space));
    if (s.start < 0)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: there is no space '%s'", t->kind->kind.name,
                         space);
    const bool samples = gan__cast_samples(t->cast, s.start);
    if (!samples && !gan__cast_begins(t->cast, s.start))
        return gan__fail(
            context, GAN_E_ARGUMENT,
            "%s: nothing that is shown begins in '%s': it has no prior and no pictures "
            "from data",
            t->kind->kind.name, space);
    GAN__TRY(gan__trainer_bind(t));
    GAN__TRY(gan__averages_prepare(t));
    show_look(&s);
    if (samples) return show_samples(&s, columns, out);
    gan_status status = show_all(&s, out);
    if (columns && status == GAN_OK)
        *columns = s.dots ? 1 : (s.classed ? s.each : 1) * s.column_count;
    for (int64_t i = 0; i < s.column_count; i++) gan_tensor_release(s.columns[i]);
    gan_tape_release(s.tape);
    gan__free(context, s.columns);
    gan__free(context, s.values);
    return status;
}

gan_status gan_trainer_show(gan_tensor **out, int64_t *columns, gan_trainer *trainer,
                            const char *space, int64_t count, int32_t flags)
{
    if (out) *out = NULL;
    if (columns) *columns = 0;
    GAN__TRY(gan__object_check(NULL, trainer, GAN__TRAINER, "gan_trainer_show", "trainer"));
    gan_context *context = trainer->object.context;
    if (!out || !space)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_show: %s is NULL",
                         out ? "space" : "out");
    if (count < 1 || count > 65536 || (flags & ~GAN_MODEL_AVERAGED))
        return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_show: %lld examples, flags %d",
                         (long long)count, flags);
    GAN__RETURN_ENTERED(context, show_public(out, columns, trainer, space, count,
                                             (flags & GAN_MODEL_AVERAGED) != 0));
}

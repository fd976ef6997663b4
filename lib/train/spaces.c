/* spaces.c: the shapes of a trainer's spaces.
 *
 * Each port of a role's network says what it knows of its space: the channels always, height and
 * width unless they are open. Data says all. Where everything that goes into a network is known,
 * its outputs follow; so it goes on until nothing new is said. */
#include "train/spaces.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "model/tree.h"
#include "train/feeds.h"

/* Who has said something of a space first: a role, or a feed. */
typedef struct spaces_voice {
    int32_t role, feed; /* -1: not it; both: nobody yet */
    bool makes;         /* the role makes it, else takes it */
    const char *port;   /* of the role, where it has a name of its own; NULL */
} spaces_voice;

typedef struct spaces_state {
    gan_trainer *trainer;
    spaces_voice *voices; /* by space */
    bool news;
} spaces_state;

/* What values of a space are called, one of them and several. */
static const char *const spaces_words[] = {
    [GAN__SPACE_PICTURE] = "pictures", [GAN__SPACE_CODE] = "codes",
    [GAN__SPACE_NOISE] = "noise",      [GAN__SPACE_CONDITION] = "conditions",
    [GAN__SPACE_SCORE] = "scores",
};

const char *gan__space_print(const gan__space *space, gan__shape shape, gan__space_text *out)
{
    char size[88];
    snprintf(out->text, sizeof out->text, "%s of %s", spaces_words[space->row->type],
             gan__picture_print(shape, size));
    return out->text;
}

/* "the generator makes", "the encoder's log_variance has", "the feed 'real' has". */
static void spaces_print_voice(const gan_trainer *t, const spaces_voice *voice, char out[160])
{
    if (voice->feed >= 0)
        snprintf(out, 160, "the feed '%s' has", t->cast->feeds[voice->feed].name);
    else if (voice->port)
        snprintf(out, 160, "the %s's %s has", t->cast->roles[voice->role].name, voice->port);
    else
        snprintf(out, 160, "the %s %s", t->cast->roles[voice->role].name,
                 voice->makes ? "makes" : "takes");
}

static gan_status spaces_differ(const spaces_state *s, int32_t space, const spaces_voice *voice,
                                gan__shape shape)
{
    const gan_trainer *t = s->trainer;
    char first[160], second[160], size[88];
    gan__space_text text;
    spaces_print_voice(t, &s->voices[space], first);
    spaces_print_voice(t, voice, second);
    return gan__fail(t->object.context, GAN_E_SHAPE, "%s: %s %s, %s %s", t->kind->kind.name, first,
                     gan__space_print(&t->cast->spaces[space], t->shapes[space], &text), second,
                     gan__picture_print(shape, size));
}

/* One side that is open is what the other is; false if both are known and differ. */
static bool spaces_merge(int64_t *known, int64_t said, bool *news)
{
    if (said < 0 || said == *known) return true;
    if (*known >= 0) return false;
    *known = said;
    *news = true;
    return true;
}

static gan_status spaces_say(spaces_state *s, int32_t space, const spaces_voice *voice,
                             gan__shape shape)
{
    gan__shape *known = &s->trainer->shapes[space];
    const spaces_voice *before = &s->voices[space];
    if (before->role < 0 && before->feed < 0) {
        s->voices[space] = *voice;
        *known = (gan__shape){1, shape.h, shape.w, shape.c};
        s->news = true;
        return GAN_OK;
    }
    gan__shape merged = *known;
    if (!spaces_merge(&merged.h, shape.h, &s->news) ||
        !spaces_merge(&merged.w, shape.w, &s->news) || merged.c != shape.c)
        return spaces_differ(s, space, voice, shape);
    *known = merged;
    return GAN_OK;
}

/* ---- networks ---- */

static bool spaces_is_free(const gan_trainer *t, const gan__signature_port *port)
{
    return t->cast->spaces[port->spaces[0]].row->type == GAN__SPACE_SCORE;
}

static gan_status spaces_say_port(spaces_state *s, const gan__signature_port *port,
                                  const spaces_voice *voice, gan__shape shape)
{
    const gan_trainer *t = s->trainer;
    if (spaces_is_free(t, port)) return GAN_OK;
    if (shape.c % port->times != 0)
        return gan__fail(t->object.context, GAN_E_SHAPE,
                         "%s: the %s takes %" PRId64 " %s side by side, so its channels, %" PRId64
                         ", must be a multiple of that",
                         t->kind->kind.name, t->cast->roles[voice->role].name, port->times,
                         spaces_words[t->cast->spaces[port->spaces[0]].row->type], shape.c);
    shape.c /= port->times;
    for (int32_t i = 0; i < port->space_count; i++)
        GAN__TRY(spaces_say(s, port->spaces[i], voice, shape));
    return GAN_OK;
}

/* What the network's ports say by themselves. */
static gan_status spaces_say_role(spaces_state *s, int32_t role, bool makes,
                                  const gan__shape *shapes)
{
    const gan__player *player = &s->trainer->players[role];
    const gan__role *r = &s->trainer->cast->roles[role];
    const gan_model *model = player->model;
    spaces_voice voice = {.role = role, .feed = -1, .makes = makes};
    const int32_t *found = makes ? player->outputs : player->inputs;
    for (int32_t i = 0; i < (makes ? r->output_count : r->input_count); i++) {
        const gan__signature_port *port = makes ? &r->outputs[i] : &r->inputs[i];
        if (port->open || found[i] < 0) continue;
        const bool own_name =
            strcmp(port->name, s->trainer->cast->spaces[port->spaces[0]].name) != 0;
        voice.port = own_name ? port->name : NULL;
        const gan__port *own = makes ? &model->outputs[found[i]] : &model->inputs[found[i]];
        GAN__TRY(spaces_say_port(s, port, &voice, shapes[own->value]));
    }
    return GAN_OK;
}

/* The shapes that go into the network, with the spaces at `pick` of ports that take several; false
 * if one of them is not known yet. */
static bool spaces_inputs(const gan_trainer *t, int32_t role, int32_t pick, gan__shape *out)
{
    const gan__player *player = &t->players[role];
    const gan__role *r = &t->cast->roles[role];
    for (int32_t i = 0; i < r->input_count; i++) {
        const gan__signature_port *port = &r->inputs[i];
        if (player->inputs[i] < 0) continue;
        gan__shape shape = t->shapes[port->spaces[pick % port->space_count]];
        if (shape.h < 0 || shape.w < 0) return false;
        shape.c *= port->times;
        shape.n = gan__trainer_options(t)->batch;
        out[player->inputs[i]] = shape;
    }
    return true;
}

/* What comes out of the network for what is known to go in. */
static gan_status spaces_pass(spaces_state *s, int32_t role)
{
    gan_trainer *t = s->trainer;
    gan_context *context = t->object.context;
    const gan_model *model = t->players[role].model;
    gan__shape *inputs = NULL, *values = NULL;
    gan_status status = gan__allocate(context, &inputs, model->input_count, sizeof *inputs);
    if (status == GAN_OK)
        status = gan__allocate(context, &values, model->value_count, sizeof *values);
    if (status == GAN_OK && spaces_inputs(t, role, 0, inputs)) {
        status = gan__model_shapes(model, inputs, values);
        if (status != GAN_OK)
            status = gan__fail_in(context, status, "%s: the %s", t->kind->kind.name,
                                  t->cast->roles[role].name);
        else
            status = spaces_say_role(s, role, true, values);
    }
    gan__free(context, inputs);
    gan__free(context, values);
    return status;
}

/* ---- data ---- */

/* A class number fits a port of one channel, and, one-hot, one of as many as there are classes. */
static bool spaces_takes_classes(const gan_trainer *t, int32_t space, int64_t classes)
{
    const gan__shape *shape = &t->shapes[space];
    return t->cast->spaces[space].row->type == GAN__SPACE_CONDITION && shape->h == 1 &&
           shape->w == 1 && (shape->c == 1 || classes == 0 || shape->c == classes);
}

static gan_status spaces_say_field(spaces_state *s, int32_t feed, int32_t field)
{
    const gan_trainer *t = s->trainer;
    const int32_t space = t->cast->feeds[feed].fields[field].space;
    const gan__field *data = gan__feed_field_of(t, feed, field);
    const spaces_voice voice = {.role = -1, .feed = feed};
    if (!data || space < 0) return GAN_OK;
    gan__shape shape = {1, 1, 1, 1};
    if (data->rank == 3) shape = (gan__shape){1, data->shape[0], data->shape[1], data->shape[2]};
    if (data->rank == 1) shape.c = data->shape[0];
    if (data->rank > 0) return spaces_say(s, space, &voice, shape);
    if (spaces_takes_classes(t, space, data->classes)) return GAN_OK;
    gan__space_text text;
    return gan__fail(t->object.context, GAN_E_SHAPE,
                     "%s: the feed '%s' has labels of %" PRId64 " classes, its network takes %s; "
                     "a label goes to a port of 1 channel, or of as many as there are classes",
                     t->kind->kind.name, t->cast->feeds[feed].name, data->classes,
                     gan__space_print(&t->cast->spaces[space], t->shapes[space], &text));
}

/* ---- all of it ---- */

static gan_status spaces_say_all(spaces_state *s)
{
    const gan__cast *cast = s->trainer->cast;
    for (int32_t makes = 1; makes >= 0; makes--)
        for (int32_t r = 0; r < cast->role_count; r++) {
            const gan_model *model = s->trainer->players[r].model;
            if (model) GAN__TRY(spaces_say_role(s, r, makes, model->shapes));
        }
    for (int32_t i = 0; i < cast->feed_count; i++)
        for (int32_t f = 0; f < cast->feeds[i].field_count; f++)
            GAN__TRY(spaces_say_field(s, i, f));
    return GAN_OK;
}

static gan_status spaces_settle(spaces_state *s)
{
    const gan_trainer *t = s->trainer;
    GAN__TRY(spaces_say_all(s));
    do {
        s->news = false;
        for (int32_t r = 0; r < t->cast->role_count; r++)
            if (t->players[r].model) GAN__TRY(spaces_pass(s, r));
    } while (s->news);
    return GAN_OK;
}

gan_status gan__trainer_check_spaces(gan_trainer *t)
{
    spaces_state s = {.trainer = t};
    const size_t count = (size_t)t->cast->space_count;
    GAN__TRY(gan__allocate(t->object.context, &s.voices, count, sizeof *s.voices));
    for (size_t i = 0; i < count; i++) {
        s.voices[i].role = s.voices[i].feed = -1;
        t->shapes[i] = (gan__shape){1, -1, -1, 1};
    }
    gan_status status = spaces_settle(&s);
    gan__free(t->object.context, s.voices);
    return status;
}

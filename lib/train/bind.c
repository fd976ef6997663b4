/* bind.c: which ports of a network are those of its role's signature.
 *
 * By name, and those without one by position; a single port may have any name but that of another
 * port of the role. */
#include "train/trainer.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"

/* One side of a role and of its network. */
typedef struct bind_side {
    const gan_trainer *trainer;
    const gan__role *role;
    const gan__signature_port *wanted;
    int32_t wanted_count; /* without an open one at the end */
    const gan__port *ports;
    int32_t port_count;
    const char *word; /* "input" */
    int32_t *found;   /* of each wanted one, the port; -1 */
    bool open;
} bind_side;

static void bind_print_ports(const bind_side *side, gan__text *text)
{
    for (int32_t i = 0; i < side->port_count; i++)
        gan__text_print(text, "%s%s", i ? ", " : "",
                        side->ports[i].name[0] ? side->ports[i].name : "unnamed");
}

static void bind_print_wanted(const bind_side *side, gan__text *text)
{
    for (int32_t i = 0; i < side->wanted_count; i++)
        gan__text_print(text, "%s%s%s%s", i ? ", " : "", side->wanted[i].optional ? "[" : "",
                        side->wanted[i].name, side->wanted[i].optional ? "]" : "");
    if (side->open) gan__text_print(text, ", and more");
}

/* "gan: the generator has 2 outputs (a, b), its role has 1 (image): 'b' is not one of them".
 * Without a name, what it is about is a port that has none. */
static gan_status bind_fail(const bind_side *side, const char *name, const char *what)
{
    const gan_trainer *t = side->trainer;
    gan__text has = {.context = t->object.context}, wanted = has;
    bind_print_ports(side, &has);
    bind_print_wanted(side, &wanted);
    gan_status status = has.status != GAN_OK ? has.status : wanted.status;
    if (status == GAN_OK)
        status = gan__fail(t->object.context, GAN_E_SHAPE,
                           "%s: the %s has %d %s%s (%s), its role has %d (%s): %s%s%s %s",
                           t->kind->kind.name, side->role->name, (int)side->port_count, side->word,
                           side->port_count == 1 ? "" : "s", has.bytes, (int)side->wanted_count,
                           wanted.bytes, *name ? "'" : "", *name ? name : "one without a name",
                           *name ? "'" : "", what);
    gan__text_free(&has);
    gan__text_free(&wanted);
    return status;
}

static bool bind_is_taken(const bind_side *side, int32_t port)
{
    for (int32_t i = 0; i < side->wanted_count; i++)
        if (side->found[i] == port) return true;
    return false;
}

/* The next port that has no name, or any where there is one alone. */
static int32_t bind_next(const bind_side *side)
{
    for (int32_t i = 0; i < side->port_count; i++)
        if ((side->port_count == 1 || !side->ports[i].name[0]) && !bind_is_taken(side, i)) return i;
    return -1;
}

static void bind_by_name(const bind_side *side)
{
    for (int32_t i = 0; i < side->wanted_count; i++)
        for (int32_t p = 0; p < side->port_count; p++)
            if (!strcmp(side->ports[p].name, side->wanted[i].name)) side->found[i] = p;
}

static gan_status bind_find(const bind_side *side)
{
    for (int32_t i = 0; i < side->wanted_count; i++) side->found[i] = -1;
    bind_by_name(side);
    for (int32_t i = 0; i < side->wanted_count; i++) {
        if (side->found[i] < 0) side->found[i] = bind_next(side);
        if (side->found[i] < 0 && !side->wanted[i].optional)
            return bind_fail(side, side->wanted[i].name, "is missing");
    }
    for (int32_t p = 0; p < side->port_count && !side->open; p++)
        if (!bind_is_taken(side, p))
            return bind_fail(side, side->ports[p].name, "is not one of them");
    return GAN_OK;
}

/* Without the open port at the end, for which all others are. */
static bool bind_open(const gan__signature_port *ports, int32_t *count)
{
    const bool open = *count > 0 && ports[*count - 1].open;
    if (open) (*count)--;
    return open;
}

static gan_status bind_find_inputs(gan_trainer *t, const gan__role *role, gan__player *player)
{
    const gan_model *model = player->model;
    bind_side side = {t,
                      role,
                      role->inputs,
                      role->input_count,
                      model->inputs,
                      (int32_t)model->input_count,
                      "input",
                      player->inputs,
                      false};
    player->input_count = role->input_count;
    return bind_find(&side);
}

static gan_status bind_find_outputs(gan_trainer *t, const gan__role *role, gan__player *player)
{
    const gan_model *model = player->model;
    bind_side side = {t,
                      role,
                      role->outputs,
                      role->output_count,
                      model->outputs,
                      (int32_t)model->output_count,
                      "output",
                      player->outputs,
                      false};
    side.open = bind_open(role->outputs, &side.wanted_count);
    GAN__TRY(bind_find(&side));
    player->output_count = side.wanted_count;
    for (int32_t p = 0; p < side.port_count && side.open; p++)
        if (!bind_is_taken(&side, p)) player->outputs[player->output_count++] = p;
    return GAN_OK;
}

gan_status gan__player_bind(gan_trainer *t, int32_t role)
{
    gan_context *context = t->object.context;
    gan__player *player = &t->players[role];
    const gan__role *row = &t->cast->roles[role];
    const gan__node *node;
    gan__free(context, player->inputs);
    gan__free(context, player->outputs);
    player->inputs = player->outputs = NULL;
    GAN__TRY(gan__allocate(context, &player->inputs, (size_t)row->input_count, sizeof(int32_t)));
    GAN__TRY(gan__allocate(context, &player->outputs,
                           (size_t)row->output_count + player->model->output_count,
                           sizeof(int32_t)));
    GAN__TRY(bind_find_inputs(t, row, player));
    GAN__TRY(bind_find_outputs(t, row, player));
    GAN__TRY(gan__model_group_state(player->model, true, &node));
    player->apart = node != NULL;
    return GAN_OK;
}

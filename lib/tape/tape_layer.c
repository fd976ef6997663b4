/* tape_layer.c: a layer without parameters, applied to values.
 *
 * It is a model of one layer, made for the sides and channels of its operands and applied frozen.
 * The records that have it keep it: a repeated call finds it there, by its statement, and reads no
 * text. */
#include "tape/record.h"

#include "base/memory.h"
#include "model/tree.h"

#include <inttypes.h>
#include <string.h>

typedef struct layer_call {
    const char *statement;
    const gan_value *values;
    int32_t count;
    const gan__shape *shapes; /* of the values */
} layer_call;

static gan_status layer_shapes(gan_tape *tape, layer_call *call)
{
    gan_context *context = tape->object.context;
    const size_t count = (size_t)call->count;
    GAN__TRY(gan__grow(context, &tape->shapes, &tape->shape_capacity, count, sizeof *tape->shapes));
    for (size_t i = 0; i < count; i++) {
        int32_t index;
        GAN__TRY(gan__tape_find(tape, "gan_tape_layer", call->values[i], &index));
        tape->shapes[i] = gan__tape_at(tape, index)->shape;
        if (tape->shapes[i].n != tape->shapes[0].n)
            return gan__fail(context, GAN_E_SHAPE,
                             "gan_tape_layer: %.64s: value 0 has %" PRId64 " samples, value %zu "
                             "has %" PRId64,
                             call->statement, tape->shapes[0].n, i, tape->shapes[i].n);
    }
    call->shapes = tape->shapes;
    return GAN_OK;
}

static bool layer_fits(const gan__record *record, const layer_call *call)
{
    const gan_model *model = record->model;
    if (record->kind != GAN__RECORD_APPLY || !record->plan || !record->spec) return false;
    if (strcmp(record->spec, call->statement) != 0 || model->input_count != (size_t)call->count)
        return false;
    for (size_t i = 0; i < model->input_count; i++) {
        const gan__shape a = model->shapes[model->inputs[i].value], b = call->shapes[i];
        if (a.h != b.h || a.w != b.w || a.c != b.c) return false;
    }
    return true;
}

/* The layer, with all that can be wrong with it. */
static gan_status layer_make(gan_layer **out, gan_context *context, const layer_call *call)
{
    gan__shape shape;
    GAN__TRY(gan_layer_create(out, context, call->statement));
    const char *name = (*out)->kind->kind.name;
    if ((*out)->kind->operands == 0)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_layer: %s takes no values", name);
    GAN__TRY(gan__layer_place(*out, call->shapes, call->count, &shape));
    if ((*out)->parameter_count == 0) return GAN_OK;
    return gan__fail(context, GAN_E_ARGUMENT,
                     "gan_tape_layer: %s has parameters or buffers (%s): it stands in a model",
                     name, (*out)->parameters[0].name);
}

static gan_status layer_fill(gan_model *model, gan_layer *layer, const layer_call *call,
                             int32_t *operands)
{
    gan_context *context = model->object.context;
    const gan__place place = {0};
    gan__node node = {.path = "0", .operands = operands, .operand_count = call->count};
    gan__port port = {.name = ""};
    for (int32_t i = 0; i < call->count; i++) {
        GAN__TRY(gan__model_add_value(model, call->shapes[i], &operands[i]));
        port.value = operands[i];
        GAN__TRY(gan__model_add_port(context, &model->inputs, &model->input_count,
                                     &model->input_capacity, &port));
    }
    GAN__TRY(gan__model_add_node(model, layer, &node, &place, &port.value));
    return gan__model_add_port(context, &model->outputs, &model->output_count,
                               &model->output_capacity, &port);
}

static gan_status layer_build(gan_model **out, gan_context *context, const layer_call *call)
{
    gan_layer *layer = NULL;
    int32_t *operands = NULL;
    *out = NULL;
    gan_status status = layer_make(&layer, context, call);
    if (status == GAN_OK)
        status = gan__allocate(context, &operands, (size_t)call->count, sizeof *operands);
    if (status == GAN_OK) status = gan__model_new(out, context);
    if (status == GAN_OK) status = layer_fill(*out, layer, call, operands);
    gan__free(context, operands);
    gan__object_release(layer);
    if (status == GAN_OK) return GAN_OK;
    gan__object_release(*out);
    *out = NULL;
    return status;
}

/* Retained. */
static gan_status layer_model(gan_model **out, gan_tape *tape, const layer_call *call)
{
    for (size_t i = 0; i < tape->record_count; i++) {
        if (!layer_fits(tape->records[i], call)) continue;
        *out = tape->records[i]->model;
        gan__object_retain(*out);
        return GAN_OK;
    }
    return layer_build(out, tape->object.context, call);
}

static gan_status layer_run(gan_tape *tape, layer_call *call, gan_value *out)
{
    gan_model *model;
    GAN__TRY(layer_shapes(tape, call));
    GAN__TRY(layer_model(&model, tape, call));
    gan_status status = gan__tape_apply_layer(tape, model, call->statement, call->values, out);
    gan__object_release(model);
    return status;
}

gan_status gan_tape_layer(gan_tape *tape, const char *statement, const gan_value *values,
                          int32_t count, gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_layer", "tape"));
    gan_context *context = tape->object.context;
    if (!statement || !values || !out)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_layer: %s is NULL",
                         !statement ? "statement"
                         : !values  ? "values"
                                    : "out");
    if (count < 1)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_layer: %" PRId32 " values", count);
    layer_call call = {.statement = statement, .values = values, .count = count};
    GAN__RETURN_ENTERED(context, layer_run(tape, &call, out));
}

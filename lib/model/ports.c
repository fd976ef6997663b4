/* ports.c: what goes into a model and what comes out of it: how many, names, shapes. */
#include "model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool port_model(const gan_model *model)
{
    return gan__object_is(model, GAN__MODEL);
}

int32_t gan_model_input_count(const gan_model *model)
{
    return port_model(model) ? (int32_t)model->input_count : 0;
}

int32_t gan_model_output_count(const gan_model *model)
{
    return port_model(model) ? (int32_t)model->output_count : 0;
}

const char *gan_model_input_name(const gan_model *model, int32_t index)
{
    if (!port_model(model) || index < 0 || (size_t)index >= model->input_count) return NULL;
    return model->inputs[index].name;
}

const char *gan_model_output_name(const gan_model *model, int32_t index)
{
    if (!port_model(model) || index < 0 || (size_t)index >= model->output_count) return NULL;
    return model->outputs[index].name;
}

static int32_t port_index(const gan__port *ports, size_t count, const char *name)
{
    if (!name || !name[0]) return -1;
    for (size_t i = 0; i < count; i++)
        if (strcmp(ports[i].name, name) == 0) return (int32_t)i;
    return -1;
}

int32_t gan_model_input_index(const gan_model *model, const char *name)
{
    return port_model(model) ? port_index(model->inputs, model->input_count, name) : -1;
}

int32_t gan_model_output_index(const gan_model *model, const char *name)
{
    return port_model(model) ? port_index(model->outputs, model->output_count, name) : -1;
}

static gan_status port_shape(const gan_model *model, const gan__port *ports, size_t count,
                             int32_t index, int64_t shape[3])
{
    gan_context *context = model->object.context;
    if (!shape) return gan__fail(context, GAN_E_ARGUMENT, "model: shape is NULL");
    if (index < 0 || (size_t)index >= count) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "model: index %" PRId32 " of %zu inputs or outputs", index, count);
    }
    gan__shape s = model->shapes[ports[index].value];
    shape[0] = s.h;
    shape[1] = s.w;
    shape[2] = s.c;
    return GAN_OK;
}

gan_status gan_model_input_shape(const gan_model *model, int32_t index, int64_t shape[3])
{
    if (!port_model(model)) return GAN_E_ARGUMENT;
    GAN__RETURN_ENTERED(model->object.context,
                        port_shape(model, model->inputs, model->input_count, index, shape));
}

gan_status gan_model_output_shape(const gan_model *model, int32_t index, int64_t shape[3])
{
    if (!port_model(model)) return GAN_E_ARGUMENT;
    GAN__RETURN_ENTERED(model->object.context,
                        port_shape(model, model->outputs, model->output_count, index, shape));
}

/* ---- arrays with one element for each port ---- */

/* "condition, image", cut where it gets too long; a port without a name is "unnamed". */
static void port_list(const gan__port *ports, size_t count, char text[256])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && length < 180; i++) {
        const char *name = ports[i].name[0] ? ports[i].name : "unnamed";
        length += (size_t)snprintf(text + length, 256 - length, "%s%s", i ? ", " : "", name);
        if (length >= 180 && i + 1 < count) snprintf(text + length, 256 - length, ", ...");
    }
}

static gan_status port_count(gan_context *context, const char *function, const char *what,
                             const gan__port *ports, size_t count, int32_t groups, int32_t given)
{
    const int64_t expected = (int64_t)count * groups;
    char names[256], each[48] = "";
    if (given == expected) return GAN_OK;
    port_list(ports, count, names);
    if (groups > 1) snprintf(each, sizeof each, " for each of %" PRId32 " groups", groups);
    return gan__fail(context, GAN_E_ARGUMENT,
                     "%s: %s_count is %" PRId32 ", not %" PRId64 ": the model has %zu (%s)%s",
                     function, what, given, expected, count, names, each);
}

gan_status gan__model_check_counts(const gan_model *model, gan_context *context,
                                   const char *function, int32_t groups, int32_t input_count,
                                   int32_t output_count)
{
    if (model->input_count == 0)
        return gan__fail(context, GAN_E_STATE, "%s: the model is empty", function);
    GAN__TRY(port_count(context, function, "input", model->inputs, model->input_count, groups,
                        input_count));
    return port_count(context, function, "output", model->outputs, model->output_count, groups,
                      output_count);
}

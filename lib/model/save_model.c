/* save_model.c: a model as a safetensors file: its text in the metadata, its parameters as tensors.
 * */
#include "model/archive.h"

#include <string.h>

/* ---- saving ---- */

/* To the file `path`; NULL: to memory, as *out. */
static gan_status save_model_save(const gan_model *model, const char *path, gan_tensor **out)
{
    gan__archive_out archive = {.context = model->object.context};
    const gan__store_list none = {NULL, 0};
    gan_status status = gan__model_check_text(model);
    if (status == GAN_OK) status = gan__archive_begin(&archive, "model");
    if (status == GAN_OK) status = gan__archive_put_pair(&archive, "gan.text", model->text);
    if (status == GAN_OK) status = gan__archive_put_notes(&archive, model);
    if (status == GAN_OK) status = gan__archive_put_model(&archive, "", model, &none);
    if (status == GAN_OK)
        status =
            path ? gan__archive_write(&archive, path) : gan__archive_write_memory(&archive, out);
    gan__archive_free(&archive);
    return status;
}

gan_status gan_model_save(const gan_model *model, const char *path)
{
    if (!gan__object_is(model, GAN__MODEL)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    if (!path) return gan__fail(context, GAN_E_ARGUMENT, "gan_model_save: path is NULL");
    if (model->input_count == 0)
        return gan__fail(context, GAN_E_STATE, "gan_model_save: the model is empty");
    GAN__RETURN_ENTERED(context, save_model_save(model, path, NULL));
}

gan_status gan_model_save_memory(gan_tensor **out, const gan_model *model)
{
    if (out) *out = NULL;
    if (!gan__object_is(model, GAN__MODEL)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_model_save_memory: out is NULL");
    if (model->input_count == 0)
        return gan__fail(context, GAN_E_STATE, "gan_model_save_memory: the model is empty");
    GAN__RETURN_ENTERED(context, save_model_save(model, NULL, out));
}

/* ---- loading ---- */

/* Every part that is given must be one that the file's text defines. */
static gan_status save_model_check_given(const gan__archive_in *archive, const gan_model *model,
                                         const gan__given *given)
{
    gan__definitions list;
    GAN__TRY(gan__model_definitions(model, &list));
    gan_status status = GAN_OK;
    for (size_t i = 0; i < given->count && status == GAN_OK; i++) {
        bool found = false;
        for (size_t k = 0; k < list.count && !found; k++)
            found = strcmp(list.items[k].name, given->names[i]) == 0;
        if (found) continue;
        status = gan__fail(archive->context, GAN_E_ARGUMENT, "%s: its model has no part '%s'",
                           archive->name, given->names[i]);
    }
    gan__definitions_free(&list);
    return status;
}

static gan_status save_model_load(gan_model **out, const gan__archive_in *archive,
                                  const gan__given *given)
{
    const char *text;
    GAN__TRY(gan__archive_check(archive, "model"));
    GAN__TRY(gan__archive_get_pair(archive, "gan.text", &text));
    GAN__TRY(gan__archive_get_model(out, archive, "", text, given));
    gan_status status = gan__archive_check_surplus(archive, *out);
    if (status == GAN_OK) status = save_model_check_given(archive, *out, given);
    if (status == GAN_OK) status = gan__archive_get_notes(archive, *out);
    if (status != GAN_OK) {
        gan__object_release(*out);
        *out = NULL;
    }
    return status;
}

gan_status gan_model_load(gan_model **out, gan_context *context, const char *path)
{
    return gan_model_load_parts(out, context, path, NULL, NULL, 0);
}

gan_status gan_model_load_parts(gan_model **out, gan_context *context, const char *path,
                                const char *const *names, gan_model *const *parts, int32_t count)
{
    gan__entry entry;
    gan__archive_in archive;
    if (out) *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    if (!out || !path) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_model_load: %s is NULL",
                         out ? "path" : "out");
    }
    GAN__TRY(gan__given_check(context, "gan_model_load_parts", names, parts, count));
    const gan__given given = {names, parts, (size_t)count};
    GAN__TRY(gan__enter(context, &entry));
    gan_status status = gan__archive_open(&archive, context, path);
    if (status == GAN_OK) status = save_model_load(out, &archive, &given);
    gan__archive_close(&archive);
    gan__leave(context, &entry);
    return status;
}

gan_status gan_model_load_memory(gan_model **out, gan_context *context, const void *bytes,
                                 size_t size)
{
    gan__entry entry;
    gan__archive_in archive;
    const gan__given none = {NULL, NULL, 0};
    if (out) *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    if (!out || !bytes) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_model_load_memory: %s is NULL",
                         out ? "bytes" : "out");
    }
    GAN__TRY(gan__enter(context, &entry));
    gan_status status = gan__archive_open_memory(&archive, context, bytes, size);
    if (status == GAN_OK) status = save_model_load(out, &archive, &none);
    gan__archive_close(&archive);
    gan__leave(context, &entry);
    return status;
}

/* weights.c: state dicts that others saved, into a model that is there. */
#include "base/memory.h"
#include "files/sort.h"
#include "model/name_map.h"
#include "model/archive.h"

#include <stdio.h>
#include <string.h>

/* ---- names ---- */

/* torch.nn.utils.parametrizations.spectral_norm's names, and those of the older
 * torch.nn.utils.spectral_norm, which are the model's: the same three arrays. */
static const char *const weights_forms[][2] = {
    {".parametrizations.weight.original", ".weight_orig"},
    {".parametrizations.weight.0._u", ".weight_u"},
    {".parametrizations.weight.0._v", ".weight_v"},
};
enum { WEIGHTS_FORMS = sizeof weights_forms / sizeof weights_forms[0] };

static bool weights_end(const char *name, size_t length, const char *end)
{
    size_t size = strlen(end);
    return length > size && memcmp(name + length - size, end, size) == 0;
}

/* Gives the name that begins at `start` of the text the model's form, if it has that. */
static void weights_use_form(gan__text *names, size_t start, const gan_model *model)
{
    char *name = names->bytes + start;
    size_t length = names->length - start;
    for (int i = 0; i < WEIGHTS_FORMS; i++) {
        const char *from = weights_forms[i][0], *to = weights_forms[i][1];
        if (!weights_end(name, length, from)) continue;
        char *end = name + length - strlen(from);
        memcpy(end, to, strlen(to) + 1); /* which is shorter */
        if (gan__model_parameter(model, name))
            names->length = start + strlen(name);
        else
            memcpy(end, from, strlen(from) + 1);
        return;
    }
}

/* Names one behind the other, each with its end; offsets[i] is where that of entry i begins, or
 * SIZE_MAX for one that is dropped. */
static gan_status weights_make_names(const gan__archive_in *archive, const gan_model *model,
                                     gan__name_map *map, gan__text *names, size_t *offsets)
{
    for (size_t i = 0; i < archive->file.entry_count && names->status == GAN_OK; i++) {
        size_t start = names->length;
        bool kept = gan__name_map_apply(map, archive->file.entries[i].stored, names);
        offsets[i] = kept ? start : SIZE_MAX;
        if (!kept || names->status != GAN_OK) continue;
        weights_use_form(names, start, model);
        gan__text_append(names, "", 1);
    }
    return names->status;
}

static int weights_by_name(const void *a, const void *b)
{
    const gan__safetensors_entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->stored, y->stored);
}

static gan_status weights_check_names(const gan__archive_in *archive)
{
    for (size_t i = 1; i < archive->file.entry_count; i++) {
        const gan__safetensors_entry *a = &archive->file.entries[i - 1], *b = a + 1;
        if (strcmp(a->name, b->name) != 0) continue;
        return gan__fail(archive->context, GAN_E_FORMAT,
                         "%s: tensors '%.200s' and '%.200s' are both '%.200s'", archive->name,
                         a->stored, b->stored, a->name);
    }
    return GAN_OK;
}

/* `names` becomes the archive's. */
static void weights_set_names(gan__archive_in *archive, gan__text *names, const size_t *offsets)
{
    gan__safetensors *file = &archive->file;
    size_t count = 0;
    archive->names = names->bytes;
    for (size_t i = 0; i < file->entry_count; i++) {
        if (offsets[i] == SIZE_MAX) continue;
        file->entries[count] = file->entries[i];
        file->entries[count++].name = archive->names + offsets[i];
    }
    file->entry_count = count;
    gan__sort(file->entries, count, sizeof *file->entries, weights_by_name);
}

static gan_status weights_rename(gan__archive_in *archive, const gan_model *model,
                                 gan__name_map *map)
{
    gan__text names = {.context = archive->context};
    size_t *offsets;
    GAN__TRY(gan__allocate(archive->context, &offsets, archive->file.entry_count, sizeof *offsets));
    gan_status status = weights_make_names(archive, model, map, &names, offsets);
    if (status == GAN_OK)
        weights_set_names(archive, &names, offsets);
    else
        gan__text_free(&names);
    gan__free(archive->context, offsets);
    return status == GAN_OK ? weights_check_names(archive) : status;
}

gan_status gan__archive_rename(gan__archive_in *archive, const gan_model *model, const char *map)
{
    gan__name_map rules;
    gan_status status = gan__name_map_parse(archive->context, map, &rules);
    if (status != GAN_OK) return gan__fail_in(archive->context, status, "%s", archive->name);
    status = weights_rename(archive, model, &rules);
    if (status == GAN_OK) gan__name_map_complain(&rules, archive->name);
    gan__name_map_free(&rules);
    return status;
}

/* ---- what does not fit ---- */

typedef struct weights_hint {
    char text[400];
} weights_hint;

/* Whether the model has the name with another end. */
static bool weights_has(const gan_model *model, const char *name, const char *end,
                        const char *other)
{
    char full[GAN__MAX_PATH + 64];
    size_t length = strlen(name);
    if (!weights_end(name, length, end)) return false;
    int size = snprintf(full, sizeof full, "%.*s%s", (int)(length - strlen(end)), name, other);
    return size > 0 && (size_t)size < sizeof full && gan__model_parameter(model, full) != NULL;
}

static bool weights_is_spectral(const char *name)
{
    bool is = weights_end(name, strlen(name), ".weight_orig");
    for (int i = 0; i < WEIGHTS_FORMS; i++)
        is = is || weights_end(name, strlen(name), weights_forms[i][0]);
    return is;
}

/* What the name of a tensor that no parameter has gives away. */
static const char *weights_explain(const gan_model *model, const char *name, weights_hint *out)
{
    const char *why = "";
    size_t length = strlen(name);
    if (weights_is_spectral(name)) {
        why = "; it is of spectral norm: spectral=yes in the model's text";
    } else if (weights_has(model, name, ".weight", ".weight_orig")) {
        why = "; the layer has spectral=yes, the file plain weights";
    } else if (weights_end(name, length, ".weight_g") ||
               weights_end(name, length, ".parametrizations.weight.original0")) {
        why = "; it is of weight norm, which no layer has: save plain weights, after PyTorch's "
              "remove_parametrizations or remove_weight_norm";
    } else if (strstr(name, ".parametrizations.")) {
        why = "; no layer has that parametrization: save plain weights, after PyTorch's "
              "remove_parametrizations";
    }
    snprintf(out->text, sizeof out->text, "%s", why);
    for (const char *dot = strchr(name, '.'); dot && !*why; dot = strchr(dot + 1, '.')) {
        if (!gan__model_parameter(model, dot + 1)) continue;
        snprintf(out->text, sizeof out->text, "; the map 'strip %.*s' would make it '%.200s'",
                 dot - name > 100 ? 100 : (int)(dot - name + 1), name, dot + 1);
        break;
    }
    return out->text;
}

gan_status gan__archive_check_surplus(const gan__archive_in *archive, const gan_model *model)
{
    for (size_t i = 0; i < archive->file.entry_count; i++) {
        const gan__safetensors_entry *entry = &archive->file.entries[i];
        gan__archived_label label;
        weights_hint hint;
        if (gan__model_parameter(model, entry->name)) continue;
        return gan__fail(archive->context, GAN_E_FORMAT,
                         "%s: the model has no parameter for the tensor %s%s", archive->name,
                         gan__archive_print(entry, &label),
                         weights_explain(model, entry->name, &hint));
    }
    return GAN_OK;
}

/* ---- loading ---- */

static gan_status weights_load(gan_model *model, gan__archive_in *archive, const char *map)
{
    const gan__store_list none = {NULL, 0};
    archive->foreign = true;
    GAN__TRY(gan__archive_rename(archive, model, map));
    GAN__TRY(gan__archive_check_surplus(archive, model));
    return gan__archive_fill(archive, "", model, &none);
}

gan_status gan_model_load_weights(gan_model *model, const char *path, const char *map)
{
    gan__entry entry;
    gan__archive_in archive;
    if (!gan__object_is(model, GAN__MODEL)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    if (!path) return gan__fail(context, GAN_E_ARGUMENT, "gan_model_load_weights: path is NULL");
    GAN__TRY(gan__enter(context, &entry));
    gan_status status = gan__archive_open(&archive, context, path);
    if (status == GAN_OK) status = weights_load(model, &archive, map);
    gan__archive_close(&archive);
    gan__leave(context, &entry);
    return status;
}

gan_status gan_model_load_weights_memory(gan_model *model, const void *bytes, size_t size,
                                         const char *map)
{
    gan__entry entry;
    gan__archive_in archive;
    if (!gan__object_is(model, GAN__MODEL)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    if (!bytes)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_model_load_weights_memory: bytes is NULL");
    GAN__TRY(gan__enter(context, &entry));
    gan_status status = gan__archive_open_memory(&archive, context, bytes, size);
    if (status == GAN_OK) status = weights_load(model, &archive, map);
    gan__archive_close(&archive);
    gan__leave(context, &entry);
    return status;
}

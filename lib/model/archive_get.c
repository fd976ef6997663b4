/* archive_get.c: takes arrays and whole models out of a safetensors file. Everything is checked
 * before the first number is written. */
#include "base/memory.h"
#include "base/stream.h"
#include "model/archive.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the file ---- */

static gan_status archive_read(gan__archive_in *archive, const void *bytes, size_t size)
{
    const gan__bytes in = {
        .context = archive->context, .name = archive->name, .data = bytes, .size = size};
    archive->size = size;
    return gan__safetensors_read(&in, &archive->file);
}

gan_status gan__archive_open(gan__archive_in *archive, gan_context *context, const char *path)
{
    size_t size;
    *archive = (gan__archive_in){.context = context, .name = path};
    GAN__TRY(gan__file_read(context, path, &archive->owned, &size));
    gan_status status = archive_read(archive, archive->owned, size);
    if (status != GAN_OK) gan__archive_close(archive);
    return status;
}

gan_status gan__archive_open_memory(gan__archive_in *archive, gan_context *context,
                                    const void *bytes, size_t size)
{
    *archive = (gan__archive_in){.context = context, .name = "memory"};
    return archive_read(archive, bytes, size);
}

void gan__archive_close(gan__archive_in *archive)
{
    if (!archive->context) return;
    gan__safetensors_free(&archive->file);
    gan__free(archive->context, archive->owned);
    gan__free(archive->context, archive->names);
    archive->owned = NULL;
    archive->names = NULL;
}

gan_status gan__archive_get_pair(const gan__archive_in *archive, const char *key, const char **out)
{
    *out = gan__safetensors_metadata(&archive->file, key);
    if (*out) return GAN_OK;
    return gan__fail(archive->context, GAN_E_FORMAT, "%s: no '%s' in its metadata", archive->name,
                     key);
}

gan_status gan__archive_check(const gan__archive_in *archive, const char *kind)
{
    const char *format, *found;
    GAN__TRY(gan__archive_get_pair(archive, "gan.format", &format));
    if (strncmp(format, "1.", 2) != 0) {
        return gan__fail(archive->context, GAN_E_FORMAT,
                         "%s: the format is '%.16s', this version reads 1.x", archive->name,
                         format);
    }
    GAN__TRY(gan__archive_get_pair(archive, "gan.kind", &found));
    if (strcmp(found, kind) == 0) return GAN_OK;
    return gan__fail(archive->context, GAN_E_FORMAT, "%s: holds a '%.32s', not a '%s'",
                     archive->name, found, kind);
}

/* ---- one array ---- */

typedef struct archive_shape_text {
    char text[24 * GAN_MAX_RANK];
} archive_shape_text;

static const char *archive_shape_print(const int64_t *shape, int32_t rank, archive_shape_text *out)
{
    size_t length = 0;
    out->text[0] = '\0';
    for (int32_t i = 0; i < rank; i++) {
        length += (size_t)snprintf(out->text + length, sizeof out->text - length, "%s%" PRId64,
                                   i ? ", " : "", shape[i]);
    }
    return out->text;
}

const char *gan__archive_print(const gan__safetensors_entry *entry, gan__archived_label *out)
{
    bool same = strcmp(entry->name, entry->stored) == 0;
    snprintf(out->text, sizeof out->text, "'%.255s'%s%.255s%s", entry->stored, same ? "" : " (as '",
             same ? "" : entry->name, same ? "" : "')");
    return out->text;
}

static gan_status archive_fits(const gan__archive_in *archive, const gan__safetensors_entry *entry,
                               const gan__parameter *p)
{
    const gan__array *array = &entry->array;
    gan__archived_label label;
    bool same = array->rank == p->rank;
    for (int32_t i = 0; i < p->rank && same; i++) same = array->shape[i] == p->shape[i];
    if (same) return GAN_OK;
    archive_shape_text a, b;
    return gan__fail(archive->context, GAN_E_FORMAT,
                     "%s: tensor %s has the shape [%s], the parameter has [%s]", archive->name,
                     gan__archive_print(entry, &label),
                     archive_shape_print(array->shape, array->rank, &a),
                     archive_shape_print(p->shape, p->rank, &b));
}

static gan_status archive_find(const gan__archive_in *archive, const char *name,
                               const gan__parameter *p, const gan__array **out)
{
    const gan__safetensors_entry *entry = gan__safetensors_find(&archive->file, name);
    if (!entry) {
        return gan__fail(archive->context, GAN_E_FORMAT, "%s: there is no tensor '%s'",
                         archive->name, name);
    }
    *out = &entry->array;
    return archive_fits(archive, entry, p);
}

gan_status gan__archive_get_values(const gan__archive_in *archive, const gan__archived_name *name,
                                   const gan__parameter *p, float *memory)
{
    const gan__array *array = NULL;
    float *torch = NULL;
    gan__text full = {.context = archive->context};
    gan__text_print(&full, "%s%s%s", name->prefix, name->name, name->suffix);
    gan_status status = full.status;
    if (status == GAN_OK) status = archive_find(archive, full.bytes, p, &array);
    gan__text_free(&full);
    if (status != GAN_OK || !memory) return status;
    GAN__TRY(gan__allocate_raw(archive->context, &torch, (size_t)p->count, sizeof *torch));
    gan__array_decode(array, GAN_FLOAT32, torch);
    gan__parameter_import(p, torch, memory);
    gan__free(archive->context, torch);
    return GAN_OK;
}

/* ---- whole models ---- */

/* What the file has for each entry of a model; NULL: not to be filled. */
typedef struct archive_match {
    const gan__array **arrays;
    float *scratch; /* for the largest of them */
} archive_match;

static void archive_match_free(gan_context *context, archive_match *match)
{
    gan__free(context, match->arrays);
    gan__free(context, match->scratch);
}

static gan_status archive_match_entry(const gan__archive_in *archive, const char *prefix,
                                      const gan__named_parameter *entry, const gan__array **out)
{
    gan__text full = {.context = archive->context};
    gan__text_print(&full, "%s%s", prefix, entry->name);
    gan_status status = full.status;
    if (status == GAN_OK)
        status = archive_find(archive, full.bytes, &entry->layer->parameters[entry->index], out);
    gan__text_free(&full);
    return status;
}

/* As for torch's load_state_dict: the count came with a later version than running statistics. */
static bool archive_may_lack(const gan__archive_in *archive, const gan__named_parameter *entry)
{
    const char *leaf = entry->layer->parameters[entry->index].name;
    return archive->foreign && strcmp(leaf, "num_batches_tracked") == 0 &&
           !gan__safetensors_find(&archive->file, entry->name);
}

/* Everything that can fail happens here. `skip` NULL: the layers that have a store already. */
static gan_status archive_match_model(const gan__archive_in *archive, const char *prefix,
                                      const gan_model *model, const gan__store_list *skip,
                                      archive_match *match)
{
    int64_t most = 0;
    GAN__TRY(gan__allocate(archive->context, &match->arrays, model->parameter_count,
                           sizeof *match->arrays));
    for (size_t i = 0; i < model->parameter_count; i++) {
        const gan__named_parameter *entry = &model->parameters[i];
        const gan__store *store = entry->layer->store;
        if (skip ? gan__store_listed(skip, store) : store != NULL) continue;
        if (archive_may_lack(archive, entry)) continue;
        GAN__TRY(archive_match_entry(archive, prefix, entry, &match->arrays[i]));
        if (match->arrays[i]->count > most) most = match->arrays[i]->count;
    }
    return gan__allocate_raw(archive->context, &match->scratch, (size_t)most, sizeof(float));
}

static void archive_pour_one(const archive_match *match, const gan__array *array,
                             const gan__named_parameter *entry)
{
    const gan__parameter *p = &entry->layer->parameters[entry->index];
    if (p->integer) {
        gan__array_decode(array, GAN_INT64, gan__parameter_integers(entry->layer, p));
    } else {
        gan__array_decode(array, GAN_FLOAT32, match->scratch);
        gan__parameter_import(p, match->scratch, gan__parameter_value(entry->layer, p));
    }
    entry->layer->store->version++;
}

static void archive_pour(const archive_match *match, gan_model *model)
{
    for (size_t i = 0; i < model->parameter_count; i++)
        if (match->arrays[i]) archive_pour_one(match, match->arrays[i], &model->parameters[i]);
}

gan_status gan__archive_fill(const gan__archive_in *archive, const char *prefix, gan_model *model,
                             const gan__store_list *skip)
{
    archive_match match = {0};
    gan_status status = archive_match_model(archive, prefix, model, skip, &match);
    if (status == GAN_OK) archive_pour(&match, model);
    archive_match_free(archive->context, &match);
    return status;
}

gan_status gan__archive_get_model(gan_model **out, const gan__archive_in *archive,
                                  const char *prefix, const char *text, const gan__given *given)
{
    archive_match match = {0};
    size_t budget = 4096 + archive->size / 16;
    if (budget > GAN__MAX_PLACED) budget = GAN__MAX_PLACED;
    gan_status status = gan__model_parse(out, archive->context, text, given, budget);
    if (status != GAN_OK)
        return gan__fail_in(archive->context, status, "%s: its text", archive->name);
    status = archive_match_model(archive, prefix, *out, NULL, &match);
    if (status == GAN_OK) status = gan__model_allocate(*out, false);
    if (status == GAN_OK) archive_pour(&match, *out);
    archive_match_free(archive->context, &match);
    if (status != GAN_OK) {
        gan__object_release(*out);
        *out = NULL;
    }
    return status;
}

/* notes.c: what a model's file says besides the network: short texts by key, as "gan.note.KEY". */
#include "base/memory.h"
#include "files/utf8.h"
#include "model/archive.h"

#include <stdio.h>
#include <string.h>

static const char notes_prefix[] = "gan.note.";

static gan__note *notes_find(const gan_model *model, const char *key)
{
    for (size_t i = 0; i < model->note_count; i++)
        if (strcmp(model->notes[i].key, key) == 0) return &model->notes[i];
    return NULL;
}

void gan__model_free_notes(gan_model *model)
{
    for (size_t i = 0; i < model->note_count; i++) {
        gan__free(model->object.context, model->notes[i].key);
        gan__free(model->object.context, model->notes[i].value);
    }
    gan__free(model->object.context, model->notes);
    model->notes = NULL;
    model->note_count = 0;
}

static gan_status notes_add(gan_model *model, const char *key, char *value)
{
    gan_context *context = model->object.context;
    GAN__TRY(gan__grow(context, &model->notes, &model->note_capacity, model->note_count + 1,
                       sizeof *model->notes));
    GAN__TRY(gan__copy_text(context, &model->notes[model->note_count].key, key, strlen(key)));
    model->notes[model->note_count++].value = value;
    return GAN_OK;
}

gan_status gan__model_set_note(gan_model *model, const char *key, const char *value)
{
    gan_context *context = model->object.context;
    gan__note *note = notes_find(model, key);
    char *copy;
    GAN__TRY(gan__copy_text(context, &copy, value, strlen(value)));
    if (note) {
        gan__free(context, note->value);
        note->value = copy;
        return GAN_OK;
    }
    gan_status status = notes_add(model, key, copy);
    if (status != GAN_OK) gan__free(context, copy);
    return status;
}

static gan_status notes_set(gan_model *model, const char *key, const char *value)
{
    gan_context *context = model->object.context;
    if (!gan__name_is_valid(key, strlen(key), false) || strlen(key) > GAN__MAX_NAME)
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_model_set_note: the key '%.100s' is no name of letters, digits and _",
                         key);
    if (!gan__utf8_is_valid(value, strlen(value)))
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_model_set_note: the value of '%s' is not UTF-8", key);
    return gan__model_set_note(model, key, value);
}

gan_status gan_model_set_note(gan_model *model, const char *key, const char *value)
{
    GAN__TRY(gan__object_check(NULL, model, GAN__MODEL, "gan_model_set_note", "model"));
    gan_context *context = model->object.context;
    if (!key || !value)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_model_set_note: %s is NULL",
                         key ? "value" : "key");
    GAN__RETURN_ENTERED(context, notes_set(model, key, value));
}

const char *gan_model_note(const gan_model *model, const char *key)
{
    if (!gan__object_is(model, GAN__MODEL) || !key) return NULL;
    const gan__note *note = notes_find(model, key);
    return note ? note->value : NULL;
}

gan_status gan__model_copy_notes(gan_model *to, const gan_model *from)
{
    for (size_t i = 0; i < from->note_count; i++)
        GAN__TRY(gan__model_set_note(to, from->notes[i].key, from->notes[i].value));
    return GAN_OK;
}

gan_status gan__archive_put_notes(gan__archive_out *archive, const gan_model *model)
{
    for (size_t i = 0; i < model->note_count; i++) {
        char key[sizeof notes_prefix + GAN__MAX_NAME];
        snprintf(key, sizeof key, "%s%s", notes_prefix, model->notes[i].key);
        GAN__TRY(gan__archive_put_pair(archive, key, model->notes[i].value));
    }
    return GAN_OK;
}

/* Keys that are none are another program's. */
gan_status gan__archive_get_notes(const gan__archive_in *archive, gan_model *model)
{
    const size_t length = sizeof notes_prefix - 1;
    for (size_t i = 0; i < archive->file.pair_count; i++) {
        const gan__safetensors_pair *pair = &archive->file.pairs[i];
        if (strncmp(pair->key, notes_prefix, length) != 0) continue;
        const char *key = pair->key + length;
        if (!gan__name_is_valid(key, strlen(key), false) || strlen(key) > GAN__MAX_NAME) continue;
        GAN__TRY(gan__model_set_note(model, key, pair->value));
    }
    return GAN_OK;
}

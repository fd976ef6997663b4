#include "fuzz.h"

#include "base/memory.h"
#include "files/safetensors.h"

static gan_status fuzz_safetensors_decode(gan_context *context, const gan__safetensors *file)
{
    for (size_t i = 0; i < file->entry_count; i++) {
        const gan__safetensors_entry *entry = &file->entries[i];
        float *values;
        fuzz_require(gan__safetensors_find(file, entry->name) == entry, "an entry is found");
        GAN__TRY(gan__allocate_raw(context, &values, (size_t)entry->array.count, sizeof *values));
        gan__array_decode(&entry->array, GAN_FLOAT32, values);
        gan__free(context, values);
    }
    for (size_t i = 0; i < file->pair_count; i++) {
        fuzz_require(gan__safetensors_metadata(file, file->pairs[i].key) == file->pairs[i].value,
                     "a key is found");
    }
    return GAN_OK;
}

static gan_status fuzz_safetensors(gan_context *context, const uint8_t *bytes, size_t size)
{
    gan__bytes in = {context, "input", bytes, size, 0};
    gan__safetensors file;
    GAN__TRY(gan__safetensors_read(&in, &file));
    gan_status status = fuzz_safetensors_decode(context, &file);
    gan__safetensors_free(&file);
    return status;
}

FUZZ_TARGET(fuzz_safetensors, 16)

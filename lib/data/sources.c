#include "base/memory.h"
#include "data/source.h"
#include "files/inflate.h"

#include <string.h>

const gan__data_kind *const gan__data_kinds[] = {&gan__source_idx, &gan__source_npy};
const int32_t gan__data_kind_count = sizeof gan__data_kinds / sizeof gan__data_kinds[0];

/* Of two values, as a program's masks are: black and white. */
static void source_widen(gan_tensor *tensor)
{
    uint8_t *values = tensor->data;
    for (int64_t i = 0; i < tensor->count; i++) values[i] = values[i] ? 255 : 0;
}

gan_status gan__source_add(gan_dataset *dataset, const char *field, const char *path,
                           gan_status (*read)(gan__bytes *in, gan__array *out))
{
    gan_context *context = dataset->object.context;
    uint8_t *bytes;
    size_t size;
    gan__array array;
    gan_tensor *tensor = NULL;
    if (!path) return GAN_OK;
    GAN__TRY(gan__file_load(context, path, &bytes, &size));
    gan__bytes in = {context, path, bytes, size, 0};
    gan_status status = read(&in, &array);
    if (status == GAN_OK) status = gan__array_tensor(&in, &array, &tensor);
    if (status == GAN_OK && array.element == GAN__ELEMENT_BOOL && strcmp(field, "image") == 0) {
        source_widen(tensor);
    }
    if (status == GAN_OK) status = gan__dataset_add(dataset, path, field, tensor);
    gan_tensor_release(tensor);
    gan__free(context, bytes);
    return status;
}

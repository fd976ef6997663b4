/* range.c: pictures of another range train, to nothing, and nobody is told why: so a likely one is
 * named. */
#include "base/memory.h"
#include "base/number.h"
#include "data/data.h"

typedef struct range_seen {
    float least, most;
} range_seen;

/* False once the range can be the right one: nothing more need be seen. */
static bool range_widen(range_seen *seen, const float *values, int64_t count, bool bytes)
{
    for (int64_t i = 0; i < count; i++) {
        if (values[i] < seen->least) seen->least = values[i];
        if (values[i] > seen->most) seen->most = values[i];
    }
    return bytes ? seen->most <= 1 : seen->least >= 0;
}

/* One value alone may be anything: white is 1. */
static void range_warn(gan_context *context, const char *source, const range_seen *seen, bool bytes,
                       bool refused)
{
    char text[GAN__NUMBER_SIZE];
    if (!(seen->least < seen->most)) return;
    if (bytes) {
        gan__log(context, GAN_LOG_WARNING,
                 "%s: all values of image are 0 or 1; libgan takes uint8 pictures in [0, 255]",
                 source);
    } else if (seen->most <= 1.001f) {
        gan__log(context, GAN_LOG_WARNING,
                 "%s: all values of image lie in [0, 1]; libgan takes floating-point pictures in "
                 "[-1, 1]",
                 source);
    } else if (!refused) {
        gan__log(context, GAN_LOG_WARNING,
                 "%s: the values of image go from 0 to %s; libgan takes floating-point pictures in "
                 "[-1, 1]",
                 source, gan__number_print((double)seen->most, text));
    }
}

gan_status gan__dataset_check_range(const gan_dataset *dataset, const char *source, bool refused)
{
    int32_t index = gan__dataset_field(dataset, "image");
    if (index < 0) return GAN_OK;
    const gan__field *field = &dataset->fields[index];
    int64_t size = field->stored.h * field->stored.w * field->stored.c;
    bool bytes = field->dtype == GAN_UINT8, unsure = true;
    range_seen seen = {256, 0};
    float *values;
    GAN__TRY(gan__allocate_raw(dataset->object.context, &values, (size_t)size, sizeof *values));
    for (int64_t i = 0; i < dataset->count && unsure; i++) {
        gan_tensor row = gan__dataset_row(field->tensor, i);
        gan__tensor_read(&row, false, values);
        unsure = range_widen(&seen, values, size, bytes);
    }
    if (unsure) range_warn(dataset->object.context, source, &seen, bytes, refused);
    gan__free(dataset->object.context, values);
    return GAN_OK;
}

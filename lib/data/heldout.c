/* heldout.c: parts of a data set: which examples are held out is a function of their index and
 * their number alone, so that every program and every seed holds out the same ones. */
#include "base/memory.h"
#include "base/random.h"
#include "data/data.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The indices of the part's examples, ascending: *out (gan__free) has `count`. */
static gan_status heldout_choose(gan_context *context, int64_t all, int64_t held, bool wanted,
                                 int64_t count, int64_t **out)
{
    const gan__draw draw = {0, GAN__DRAW_HELDOUT, 0};
    int64_t at = 0;
    GAN__TRY(gan__allocate_raw(context, out, (size_t)count, sizeof **out));
    for (int64_t i = 0; i < all && at < count; i++) {
        uint64_t place = gan__random_permute(&draw, (uint64_t)all, (uint64_t)i);
        if ((place < (uint64_t)held) == wanted) (*out)[at++] = i;
    }
    return GAN_OK;
}

/* The field's tensor is another one with the chosen rows. */
static gan_status heldout_keep(gan_context *context, gan__field *field, const int64_t *chosen,
                               int64_t count)
{
    gan_tensor *whole = field->tensor, *part;
    int64_t shape[GAN_MAX_RANK];
    memcpy(shape, whole->shape, (size_t)whole->rank * sizeof *shape);
    shape[0] = count;
    GAN__TRY(gan_tensor_create(&part, context, whole->dtype, whole->rank, shape));
    for (int64_t i = 0; i < count; i++) {
        const gan_tensor from = gan__dataset_row(whole, chosen[i]);
        const gan_tensor to = gan__dataset_row(part, i);
        memcpy(to.data, from.data, (size_t)to.count * gan__dtype_size(to.dtype));
    }
    gan_tensor_release(whole);
    field->tensor = part;
    return GAN_OK;
}

static gan_status heldout_keep_all(gan_dataset *dataset, const int64_t *chosen, int64_t count)
{
    for (int32_t i = 0; i < dataset->field_count; i++)
        if (dataset->fields[i].tensor)
            GAN__TRY(heldout_keep(dataset->object.context, &dataset->fields[i], chosen, count));
    if (dataset->pictures) dataset->pictures->keep(dataset->pictures, chosen, count);
    dataset->count = count;
    return GAN_OK;
}

gan_status gan__dataset_split(gan_dataset *dataset, const char *source,
                              const gan__data_options *options)
{
    gan_context *context = dataset->object.context;
    const bool wanted = options->part == GAN__PART_HELDOUT;
    const int64_t all = dataset->count;
    const int64_t held = (int64_t)floor(options->heldout * (double)all + 0.5);
    const int64_t count = wanted ? held : all - held;
    int64_t *chosen;
    if (options->part == GAN__PART_ALL || count == all) return GAN_OK;
    if (count == 0) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: of %" PRId64 " examples %" PRId64 " are held out: none is left for "
                         "part=%s",
                         source, all, held, wanted ? "heldout" : "train");
    }
    GAN__TRY(heldout_choose(context, all, held, wanted, count, &chosen));
    gan_status status = heldout_keep_all(dataset, chosen, count);
    gan__free(context, chosen);
    return status;
}

/* eval_data.c: pictures that are there, held out or not. */
#include "eval_data.h"
#include "spread.h"

#include <stdlib.h>
#include <string.h>

void eval_set_free(eval_set *set)
{
    pictures_free(&set->pictures);
    memset(set, 0, sizeof *set);
}

void run_data_free(run_data *data)
{
    gan_dataset_release(data->train);
    gan_dataset_release(data->heldout);
    memset(data, 0, sizeof *data);
}

int eval_set_of_dataset(eval_set *out, const command *self, gan_context *context,
                        gan_dataset *dataset, int64_t most)
{
    int32_t rank;
    pictures *p = &out->pictures;
    p->context = context;
    p->source = out->name;
    p->dataset = dataset;
    gan_dataset_retain(dataset);
    p->count = gan_dataset_count(dataset);
    out->count = p->count < most ? p->count : most;
    gan_status status = gan_dataset_field_shape(dataset, "image", &rank, p->size, NULL);
    return status == GAN_OK ? EXIT_GOOD : complain_status(self, context, status);
}

int eval_set_open(eval_set *out, const command *self, gan_context *context, const char *path,
                  const char *spec, int64_t most)
{
    const picture_request request = {
        .self = self, .context = context, .paths = &path, .path_count = spec ? 0 : 1, .data = spec};
    snprintf(out->name, sizeof out->name, "%s", spec ? spec : path);
    if (!spec && !path_exists(path))
        return complain(self, EXIT_INPUT, "%s: no such file or folder", path);
    int code = pictures_open(&out->pictures, &request);
    out->count = out->pictures.count < most ? out->pictures.count : most;
    if (!code && out->count == 0)
        return complain(self, EXIT_INPUT, "%s: there are no pictures", out->name);
    return code;
}

gan_status eval_set_points(gan_tensor **out, const eval_set *set, gan_context *context)
{
    const int64_t shape[4] = {set->count, 1, 1, set->pictures.size[2]};
    gan_status status = gan_tensor_create(out, context, GAN_FLOAT32, 4, shape);
    for (int64_t i = 0; i < set->count && status == GAN_OK; i++) {
        const int64_t index = spread_index(i, set->count, set->pictures.count);
        gan_tensor *one;
        status = gan_tensor_slice(&one, *out, 0, i, 1);
        if (status == GAN_OK)
            status = gan_dataset_read(set->pictures.dataset, "image", &index, one);
        gan_tensor_release(one);
    }
    return status;
}

/* ---- a run's ---- */

/* One option of [data.FEED]; "" if it has none of that name. */
static void data_option(const gan_recipe *recipe, const char *feed, const char *key, char *value,
                        size_t size)
{
    char path[320];
    snprintf(path, sizeof path, "data.%s.%s", feed, key);
    if (gan_recipe_option(recipe, path, value, size) != GAN_OK) *value = '\0';
}

static gan_status set_option(gan_recipe *recipe, const char *feed, const char *key,
                             const char *value)
{
    char path[320];
    snprintf(path, sizeof path, "data.%s.%s", feed, key);
    return gan_recipe_set(recipe, path, value);
}

static gan_status open_parts(run_data *out, gan_recipe *recipe, gan_context *context)
{
    char part[32], share[64];
    gan_status status = GAN_OK;
    if (gan_recipe_option(recipe, "run.judge", out->judge, sizeof out->judge) != GAN_OK)
        out->judge[0] = '\0';
    data_option(recipe, out->feed, "path", out->path, sizeof out->path);
    if (!*out->path) snprintf(out->path, sizeof out->path, "data.%s", out->feed);
    data_option(recipe, out->feed, "part", part, sizeof part);
    data_option(recipe, out->feed, "heldout", share, sizeof share);
    out->seen = strtod(share, NULL) <= 0 || strcmp(part, "train") != 0;
    if (strtod(share, NULL) <= 0) status = set_option(recipe, out->feed, "heldout", "0.1");
    if (status == GAN_OK) status = set_option(recipe, out->feed, "part", "train");
    if (status == GAN_OK) status = gan_recipe_dataset(&out->train, recipe, context, out->feed);
    if (status == GAN_OK) status = set_option(recipe, out->feed, "part", "heldout");
    if (status == GAN_OK) status = gan_recipe_dataset(&out->heldout, recipe, context, out->feed);
    return status;
}

int run_data_open(run_data *out, const command *self, gan_context *context, const char *run,
                  const char *text, const char *feed)
{
    char path[PATH_SIZE];
    gan_recipe *recipe = NULL;
    if (!path_join(path, run, "run.recipe"))
        return complain(self, EXIT_USAGE, "the path %s is too long", run);
    snprintf(out->feed, sizeof out->feed, "%s", feed && *feed ? feed : "real");
    gan_status status = text ? gan_recipe_parse(&recipe, context, text, NULL)
                             : gan_recipe_load(&recipe, context, path);
    if (status == GAN_OK) status = open_parts(out, recipe, context);
    gan_recipe_release(recipe);
    return status == GAN_OK ? EXIT_GOOD : complain_status(self, context, status);
}

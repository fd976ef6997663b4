/* routes.c: which networks a run has for what a command does. The trainer of its checkpoint knows
 * its routes; what kind each is, its network's notes say. */
#include "routes.h"
#include "run_folder.h"

#include <string.h>

static bool is_kind(const gan_model *model, route_kind kind)
{
    const bool drawn = gan_model_note(model, "prior") != NULL;
    const bool pictures = gan_model_note(model, "range") != NULL;
    switch (kind) {
    case ROUTE_SAMPLE: return drawn && pictures;
    case ROUTE_TRANSLATE: return !drawn && pictures;
    default: return !drawn && !pictures;
    }
}

static const char *const does[] = {
    [ROUTE_SAMPLE] = "makes pictures of what is drawn",
    [ROUTE_TRANSLATE] = "makes pictures of pictures",
    [ROUTE_ENCODE] = "makes codes of pictures",
};

/* Whether two routes begin in one space. */
static bool begin_alike(const char *a, const char *b)
{
    const size_t length = strcspn(a, " ");
    return !strncmp(a, b, length) && b[length] == ' ';
}

static gan_status add_route(routes *r, gan_trainer *trainer, const char *name, route_kind kind)
{
    gan_model *model;
    if (r->count == MOST_ROUTES || (r->count > 0 && !begin_alike(r->names[0], name))) return GAN_OK;
    gan_status status = gan_trainer_route(&model, trainer, name, GAN_MODEL_AVERAGED);
    if (status != GAN_OK) return status;
    if (is_kind(model, kind)) {
        snprintf(r->names[r->count], sizeof r->names[0], "%s", name);
        r->models[r->count++] = model;
    } else {
        gan_model_release(model);
    }
    return GAN_OK;
}

/* Those that there are, of every kind. */
static int none(const command *self, const gan_trainer *trainer, const char *run, route_kind kind)
{
    char list[2048] = "";
    size_t used = 0;
    for (int32_t i = 0; i < gan_trainer_member_count(trainer) && used < sizeof list; i++)
        if (!strcmp(gan_trainer_member(trainer, i, "type"), "route"))
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? "; " : "",
                                     gan_trainer_member(trainer, i, "name"));
    return complain(self, EXIT_INPUT, "%s: no route of it %s; there are: %s", run, does[kind],
                    list);
}

static int of_trainer(routes *r, const command *self, gan_context *context, gan_trainer *trainer,
                      const char *wanted, route_kind kind)
{
    gan_status status = GAN_OK;
    if (wanted) {
        status = gan_trainer_route(&r->models[0], trainer, wanted, GAN_MODEL_AVERAGED);
        if (status != GAN_OK) return complain_status(self, context, status);
        r->count = 1;
        snprintf(r->names[0], sizeof r->names[0], "%s", wanted);
        if (is_kind(r->models[0], kind)) return EXIT_GOOD;
        return complain(self, EXIT_USAGE, "--route '%s' is none that %s", wanted, does[kind]);
    }
    for (int32_t i = 0; i < gan_trainer_member_count(trainer) && status == GAN_OK; i++)
        if (!strcmp(gan_trainer_member(trainer, i, "type"), "route"))
            status = add_route(r, trainer, gan_trainer_member(trainer, i, "name"), kind);
    return status == GAN_OK ? EXIT_GOOD : complain_status(self, context, status);
}

static int of_folder(routes *r, const command *self, gan_context *context, const char *run,
                     int64_t step, const char *wanted, route_kind kind)
{
    char path[PATH_SIZE];
    gan_trainer *trainer;
    if (!(step < 0 ? path_join(path, run, "checkpoint.safetensors")
                   : older_path(path, run, "checkpoint", step)))
        return complain(self, EXIT_USAGE, "the path %s is too long", run);
    gan_status status = gan_trainer_load(&trainer, context, path);
    if (status != GAN_OK) return complain_status(self, context, status);
    int code = of_trainer(r, self, context, trainer, wanted, kind);
    if (!code && r->count == 0) code = none(self, trainer, run, kind);
    gan_trainer_release(trainer);
    return code;
}

int routes_open(routes *out, const command *self, gan_context *context, const char *run,
                int64_t step, const char *wanted, route_kind kind)
{
    memset(out, 0, sizeof *out);
    if (path_is_folder(run)) return of_folder(out, self, context, run, step, wanted, kind);
    if (step >= 0)
        return complain(self, EXIT_USAGE, "--step %lld: %s is not the folder of a run",
                        (long long)step, run);
    if (wanted)
        return complain(self, EXIT_USAGE, "--route '%s': %s is not the folder of a run", wanted,
                        run);
    out->of_file = true;
    gan_status status = gan_model_load(&out->models[0], context, run);
    if (status != GAN_OK) return complain_status(self, context, status);
    out->count = 1;
    return EXIT_GOOD;
}

void routes_free(routes *r)
{
    for (int i = 0; i < r->count; i++) gan_model_release(r->models[i]);
    memset(r, 0, sizeof *r);
}

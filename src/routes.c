/* routes.c: which networks a run has for what a command does. The trainer of its checkpoint knows
 * its routes; what kind each is, its network's notes say. */
#include "routes.h"
#include "inputs.h"
#include "run_folder.h"

#include <string.h>

const char route_notes[] =
    "RUN is the folder of a run, whose checkpoint is used, with averaged weights if it has some; "
    "or\n"
    "a checkpoint, or the file of one network. gan info RUN tells its routes.\n";

const char step_help[] = "the kept checkpoint of this step, or \"best\"; else the newest";

bool routes_read_step(const command *self, const arguments *a, int64_t *out)
{
    const char *step = arguments_get(a, "step");
    *out = STEP_BEST;
    if (step && !strcmp(step, "best")) return true;
    return arguments_integer(self, a, "step", 0, INT64_MAX, STEP_NEWEST, out);
}

/* ---- kinds ---- */

static bool takes_pictures(const gan_model *model)
{
    for (int32_t i = 0; i < gan_model_input_count(model); i++)
        if (input_kind_of(model, i, INPUT_UNKNOWN) == INPUT_PICTURE) return true;
    return false;
}

static route_kind kind_of(const gan_model *model)
{
    const bool drawn = gan_model_note(model, "prior") != NULL;
    const bool pictures = gan_model_note(model, "range") != NULL;
    if (drawn) return pictures ? ROUTE_SAMPLE : ROUTE_OTHER;
    if (!takes_pictures(model)) return ROUTE_OTHER;
    return pictures ? ROUTE_TRANSLATE : ROUTE_ENCODE;
}

gan_status route_kind_of(gan_trainer *trainer, const char *route, route_kind *out)
{
    gan_model *model;
    gan_status status = gan_trainer_route(&model, trainer, route, GAN_MODEL_AVERAGED);
    if (status != GAN_OK) return status;
    *out = kind_of(model);
    gan_model_release(model);
    return GAN_OK;
}

/* Whether a route of this kind is what is asked for. */
static bool is_asked(const route_request *q, route_kind kind)
{
    if (q->kind != ROUTE_PICTURES) return kind == q->kind;
    return kind == ROUTE_SAMPLE || kind == ROUTE_TRANSLATE;
}

static const char *does(route_kind kind)
{
    return kind == ROUTE_PICTURES    ? "makes pictures"
           : kind == ROUTE_SAMPLE    ? "makes pictures of what is drawn"
           : kind == ROUTE_TRANSLATE ? "makes pictures of pictures"
                                     : "makes codes of pictures";
}

/* ---- of a trainer ---- */

/* Whether the route begins, or ends, in the space; NULL is any. */
static bool begins_in(const char *route, const char *space)
{
    const size_t length = space ? strlen(space) : 0;
    return !space || (!strncmp(route, space, length) && route[length] == ' ');
}

static bool ends_in(const char *route, const char *space)
{
    const char *last = strrchr(route, ' ');
    return !space || (last && !strcmp(last + 1, space));
}

/* Whether it ends where it began. */
static bool leads_back(const char *route)
{
    const char *last = strrchr(route, ' ');
    return last && begins_in(route, last + 1);
}

/* Whether two routes begin in one space. */
static bool begin_alike(const char *a, const char *b)
{
    const size_t length = strcspn(a, " ");
    return !strncmp(a, b, length) && b[length] == ' ';
}

static gan_status add_route(routes *r, gan_trainer *trainer, const char *name,
                            const route_request *q)
{
    const route_kind kind = q->kind;
    gan_model *model;
    if (!begins_in(name, q->start) || !ends_in(name, q->end)) return GAN_OK;
    if (r->count == MOST_ROUTES) return GAN_OK;
    if (kind == ROUTE_SAMPLE && r->count > 0 && !begin_alike(r->names[0], name)) return GAN_OK;
    gan_status status = gan_trainer_route(&model, trainer, name, GAN_MODEL_AVERAGED);
    if (status == GAN_E_STATE) return GAN_OK; /* a role on the way is without a network */
    if (status != GAN_OK) return status;
    if (is_asked(q, kind_of(model))) {
        snprintf(r->names[r->count], sizeof r->names[0], "%s", name);
        r->models[r->count++] = model;
    } else {
        gan_model_release(model);
    }
    return GAN_OK;
}

/* "'a > b', 'b > a'": those of the trainer, or those that were found. */
static void list_route(char list[2048], const char *name)
{
    const size_t used = strlen(list);
    snprintf(list + used, 2048 - used, "%s'%s'", used ? ", " : "", name);
}

static int complain_none(const route_request *q, const gan_trainer *trainer)
{
    char list[2048] = "", way[256] = "";
    for (int32_t i = 0; i < gan_trainer_member_count(trainer); i++)
        if (!strcmp(gan_trainer_member(trainer, i, "type"), "route"))
            list_route(list, gan_trainer_member(trainer, i, "name"));
    if (q->start || q->end)
        snprintf(way, sizeof way, "%s%.100s%s%s%.100s%s ", q->start ? "from '" : "",
                 q->start ? q->start : "", q->start ? (q->end ? "' " : "'") : "",
                 q->end ? "to '" : "", q->end ? q->end : "", q->end ? "'" : "");
    return complain(q->self, *way ? EXIT_USAGE : EXIT_INPUT,
                    "%s: no route %sof it %s; there are: %s", q->run, way, does(q->kind),
                    *list ? list : "none");
}

static int complain_several(const route_request *q, const routes *r)
{
    char list[2048] = "";
    for (int i = 0; i < r->count; i++) list_route(list, r->names[i]);
    return complain(q->self, EXIT_USAGE, "%s: more than one route of it %s; choose with %s: %s",
                    q->run, does(q->kind),
                    q->trainer ? "run.eval_route" : "--from, --to or --route", list);
}

/* Of several translations the one that does not lead back, if that is one alone. */
static void choose_route(routes *r)
{
    int chosen = -1;
    for (int i = 0; i < r->count; i++) {
        if (leads_back(r->names[i])) continue;
        if (chosen >= 0) return;
        chosen = i;
    }
    if (chosen < 0) return;
    for (int i = 0; i < r->count; i++)
        if (i != chosen) gan_model_release(r->models[i]);
    r->models[0] = r->models[chosen];
    memmove(r->names[0], r->names[chosen], sizeof r->names[0]);
    r->count = 1;
}

/* Of samples and translations the first samples, if there are some. */
static void choose_samples(routes *r)
{
    for (int chosen = 0; chosen < r->count; chosen++) {
        if (kind_of(r->models[chosen]) != ROUTE_SAMPLE) continue;
        for (int i = 0; i < r->count; i++)
            if (i != chosen) gan_model_release(r->models[i]);
        r->models[0] = r->models[chosen];
        memmove(r->names[0], r->names[chosen], sizeof r->names[0]);
        r->count = 1;
        return;
    }
}

/* The one that the command line names, whatever its length. */
static int find_wanted(routes *r, const route_request *q, gan_trainer *trainer)
{
    const char *asks = q->trainer ? "run.eval_route is" : "--route";
    gan_status status = gan_trainer_route(&r->models[0], trainer, q->wanted, GAN_MODEL_AVERAGED);
    if (status == GAN_E_ARGUMENT || status == GAN_E_TEXT)
        return complain(q->self, EXIT_USAGE, "%s '%s': %s", asks, q->wanted,
                        gan_context_message(q->context));
    if (status != GAN_OK) return complain_status(q->self, q->context, status);
    r->count = 1;
    snprintf(r->names[0], sizeof r->names[0], "%s", q->wanted);
    if (is_asked(q, kind_of(r->models[0]))) return EXIT_GOOD;
    return complain(q->self, EXIT_USAGE, "%s '%s'%s none that %s", asks, q->wanted,
                    q->trainer ? "," : " is", does(q->kind));
}

static bool draws_samples(const gan_trainer *trainer)
{
    for (int32_t i = 0; i < gan_trainer_member_count(trainer); i++)
        if (!strcmp(gan_trainer_member(trainer, i, "type"), "sample")) return true;
    return false;
}

static int find_routes(routes *r, const route_request *q, gan_trainer *trainer)
{
    gan_status status = GAN_OK;
    if (q->wanted) return find_wanted(r, q, trainer);
    for (int32_t i = 0; i < gan_trainer_member_count(trainer) && status == GAN_OK; i++)
        if (!strcmp(gan_trainer_member(trainer, i, "type"), "route"))
            status = add_route(r, trainer, gan_trainer_member(trainer, i, "name"), q);
    if (status != GAN_OK) return complain_status(q->self, q->context, status);
    const bool sampled = q->kind == ROUTE_SAMPLE || q->kind == ROUTE_PICTURES;
    r->sampler = r->count == 0 && sampled && draws_samples(trainer);
    if (r->sampler) return EXIT_GOOD;
    if (r->count == 0) return complain_none(q, trainer);
    if (q->kind == ROUTE_PICTURES) choose_samples(r);
    if (q->kind == ROUTE_TRANSLATE || (q->kind == ROUTE_PICTURES && r->count > 1)) choose_route(r);
    return r->count > 1 && q->kind != ROUTE_SAMPLE ? complain_several(q, r) : EXIT_GOOD;
}

/* ---- of a folder or file ---- */

/* A folder whose training has not saved yet, or from which the checkpoint was taken away. */
static int complain_no_checkpoint(const route_request *q)
{
    char path[PATH_SIZE];
    if (run_folder_model(path, q->run))
        return complain(q->self, EXIT_INPUT,
                        "%s has no checkpoint.safetensors; give a file, %s for example", q->run,
                        path);
    if (path_join(path, q->run, "run.recipe") && path_exists(path))
        return complain(q->self, EXIT_INPUT, "%s has no checkpoint.safetensors yet", q->run);
    return complain(
        q->self, EXIT_INPUT,
        "%s is not the folder of a run: it has no run.recipe, no checkpoint.safetensors", q->run);
}

static bool checkpoint_path(const route_request *q, char out[PATH_SIZE])
{
    if (q->step == STEP_BEST) return best_path(out, q->run, "checkpoint");
    return q->step < 0 ? path_join(out, q->run, "checkpoint.safetensors")
                       : older_path(out, q->run, "checkpoint", q->step);
}

static int open_folder(const route_request *q, gan_trainer **out)
{
    char path[PATH_SIZE];
    if (!checkpoint_path(q, path))
        return complain(q->self, EXIT_USAGE, "the path %s is too long", q->run);
    if (q->step == STEP_NEWEST && !path_exists(path)) return complain_no_checkpoint(q);
    if (q->step == STEP_BEST && !path_exists(path))
        return complain(q->self, EXIT_INPUT,
                        "%s has no checkpoint-best.safetensors: its training has measured nothing "
                        "(run.eval_every)",
                        q->run);
    gan_status status = gan_trainer_load(out, q->context, path);
    return status == GAN_OK ? EXIT_GOOD : complain_status(q->self, q->context, status);
}

int open_model_or_trainer(const command *self, gan_context *context, const char *path,
                          gan_model **model, gan_trainer **trainer)
{
    char message[512];
    *trainer = NULL;
    gan_status status = gan_model_load(model, context, path);
    if (status == GAN_OK) return EXIT_GOOD;
    if (status != GAN_E_FORMAT) return complain_status(self, context, status);
    snprintf(message, sizeof message, "%s", gan_context_message(context));
    status = gan_trainer_load(trainer, context, path);
    if (status == GAN_OK) return EXIT_GOOD;
    /* A file that is neither is told as what it says that it is. */
    if (strstr(message, "holds a 'trainer'")) return complain_status(self, context, status);
    return complain(self, EXIT_INPUT, "%s", message);
}

/* The trainer, or the one network of a file. */
static int open_run(routes *out, const route_request *q)
{
    const bool folder = path_is_folder(q->run);
    out->trainer = q->trainer;
    gan_trainer_retain(q->trainer);
    if (q->trainer) return EXIT_GOOD;
    if (q->step == STEP_BEST && !folder)
        return complain(q->self, EXIT_USAGE, "--step best: %s is not the folder of a run", q->run);
    if (q->step >= 0 && !folder)
        return complain(q->self, EXIT_USAGE, "--step %lld: %s is not the folder of a run",
                        (long long)q->step, q->run);
    return folder
               ? open_folder(q, &out->trainer)
               : open_model_or_trainer(q->self, q->context, q->run, &out->models[0], &out->trainer);
}

int routes_open(routes *out, const route_request *q)
{
    memset(out, 0, sizeof *out);
    int code = open_run(out, q);
    if (code) return code;
    if (out->trainer) return find_routes(out, q, out->trainer);
    out->count = 1;
    if (gan_model_note(out->models[0], "inputs") && !is_asked(q, kind_of(out->models[0])))
        return complain(q->self, EXIT_INPUT, "%s: it is no network that %s", q->run, does(q->kind));
    const char *asked = q->wanted ? q->wanted : q->start ? q->start : q->end;
    if (!asked) return EXIT_GOOD;
    return complain(q->self, EXIT_USAGE, "--%s '%s': %s is one network; it has no routes",
                    q->wanted  ? "route"
                    : q->start ? "from"
                               : "to",
                    asked, q->run);
}

void routes_free(routes *r)
{
    for (int i = 0; i < r->count; i++) gan_model_release(r->models[i]);
    gan_trainer_release(r->trainer);
    memset(r, 0, sizeof *r);
}

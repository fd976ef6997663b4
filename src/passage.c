/* passage.c: pictures are read, brought to the size that a network takes, wait until there are
 * enough of one size, and go through it together. */
#include "passage.h"
#include "signals.h"

#include <stdlib.h>
#include <string.h>

/* ---- the network ---- */

int passage_check_model(passage *p)
{
    if (gan_model_input_count(p->model) != 1)
        return complain(p->self, EXIT_INPUT, "%s: the network takes %d inputs, not pictures alone",
                        p->run, (int)gan_model_input_count(p->model));
    gan_status status = gan_model_input_shape(p->model, 0, p->wanted);
    if (status != GAN_OK) return complain_status(p->self, p->context, status);
    if (!p->fit) p->fit = gan_model_note(p->model, "fit");
    return EXIT_GOOD;
}

/* A data set says itself what its pictures are. */
int passage_check_data(const passage *p)
{
    const int64_t *in = p->pictures.size, *wanted = p->wanted;
    bool fits = true;
    for (int i = 0; i < 3; i++) fits = fits && (wanted[i] < 0 || wanted[i] == in[i]);
    if (fits || !p->pictures.dataset || p->pictures.array) return EXIT_GOOD;
    return complain(p->self, EXIT_INPUT,
                    "%s: the network takes pictures of %lldx%lldx%lld, %s has some of "
                    "%lldx%lldx%lld; size= and channels= of --data can make them so",
                    p->run, (long long)wanted[0], (long long)wanted[1], (long long)wanted[2],
                    p->pictures.source, (long long)in[0], (long long)in[1], (long long)in[2]);
}

static gan_status open_runner(passage *p, const int64_t size[3])
{
    char spec[96];
    if (p->runner && !memcmp(size, p->running, sizeof p->running)) return GAN_OK;
    gan_runner_release(p->runner);
    p->runner = NULL;
    snprintf(spec, sizeof spec, "batch=%lld height=%lld width=%lld", (long long)p->most,
             (long long)size[0], (long long)size[1]);
    memcpy(p->running, size, sizeof p->running);
    return gan_runner_create(&p->runner, p->context, p->model, spec);
}

/* ---- through it ---- */

static gan_status new_tensor(const passage *p, bool floats, int64_t n, const int64_t size[3],
                             gan_tensor **out)
{
    const int64_t shape[4] = {n, size[0], size[1], size[2]};
    return gan_tensor_create(out, p->context, floats ? GAN_FLOAT32 : GAN_UINT8, 4, shape);
}

/* The first output as *out, others nowhere. */
static gan_status run_network(const passage *p, gan_tensor *in, gan_tensor **out)
{
    enum { MOST_OUTPUTS = 16 };
    gan_tensor *outputs[MOST_OUTPUTS] = {NULL};
    const int32_t count = gan_model_output_count(p->model);
    gan_status status = count <= MOST_OUTPUTS ? GAN_OK : GAN_E_UNSUPPORTED;
    for (int32_t i = 0; i < count && status == GAN_OK; i++) {
        int64_t size[3];
        status = gan_runner_output_shape(p->runner, i, size);
        if (status == GAN_OK)
            status = new_tensor(p, i > 0 || p->results.floats, gan_tensor_shape(in)[0], size,
                                &outputs[i]);
    }
    if (status == GAN_OK) status = gan_runner_run(p->runner, &in, 1, outputs, count);
    for (int32_t i = status == GAN_OK ? 1 : 0; i < count && i < MOST_OUTPUTS; i++)
        gan_tensor_release(outputs[i]);
    *out = status == GAN_OK ? outputs[0] : NULL;
    return status;
}

/* What is waiting, side by side. */
static gan_status join_waiting(const passage *p, gan_tensor **out)
{
    gan_status status = new_tensor(p, true, p->count, gan_tensor_shape(p->waiting[0]), out);
    for (int64_t i = 0; i < p->count && status == GAN_OK; i++) {
        const size_t one = (size_t)gan_tensor_count(p->waiting[i]);
        memcpy((float *)gan_tensor_data(*out) + (size_t)i * one, gan_tensor_data(p->waiting[i]),
               one * sizeof(float));
    }
    return status;
}

static gan_status make_waiting(passage *p, gan_tensor **made)
{
    gan_tensor *in = NULL;
    *made = NULL;
    gan_status status = open_runner(p, gan_tensor_shape(p->waiting[0]));
    if (status == GAN_OK) status = join_waiting(p, &in);
    if (status == GAN_OK) status = run_network(p, in, made);
    gan_tensor_release(in);
    return status;
}

/* Picture i of `made` alone: a view, H x W x C. */
static gan_status view_one(const passage *p, gan_tensor *made, int64_t i, gan_tensor **out)
{
    const int64_t *size = gan_tensor_shape(made) + 1;
    const size_t width = gan_tensor_dtype(made) == GAN_UINT8 ? 1 : sizeof(float);
    const size_t one = (size_t)(size[0] * size[1] * size[2]) * width;
    return gan_tensor_wrap(out, p->context, gan_tensor_dtype(made), 3, size, NULL,
                           (char *)gan_tensor_data(made) + (size_t)i * one, NULL, NULL);
}

static int put_made(passage *p, gan_tensor *made)
{
    int code = EXIT_GOOD;
    for (int64_t i = 0; i < p->count && !code; i++) {
        gan_tensor *one;
        gan_status status = view_one(p, made, i, &one);
        code = status == GAN_OK ? results_put(&p->results, p->indices[i], one, p->waiting[i])
                                : complain_status(p->self, p->context, status);
        gan_tensor_release(one);
        if (!code) p->done++;
    }
    return code;
}

/* A picture that cannot be read or made is named. In a folder the others go on without it; a sheet
 * or an array would have a hole, and what one of an array is not, none of it is. */
static int tell_failed(passage *p, int64_t index, gan_status status)
{
    const char *message = gan_context_message(p->context);
    char name[PATH_SIZE];
    pictures_name(&p->pictures, index, name);
    make_printable(name); /* as the library's messages have it */
    if (p->pictures.array && status == GAN_E_SHAPE)
        complain(p->self, 0, "%s: %s; it is H x W x C = %lldx%lldx%lld", name, message,
                 (long long)p->pictures.size[0], (long long)p->pictures.size[1],
                 (long long)p->pictures.size[2]);
    else if (strncmp(message, name, strlen(name)) != 0)
        complain(p->self, 0, "%s: %s", name, message);
    else
        complain(p->self, 0, "%s", message);
    p->failed++;
    if (p->results.kind == RESULT_FOLDER && !p->pictures.array) return EXIT_GOOD;
    return status == GAN_E_MEMORY ? EXIT_FAILED : EXIT_INPUT;
}

/* Makes and saves what is waiting; afterwards nothing is. */
static int flush(passage *p)
{
    gan_tensor *made = NULL;
    int code = EXIT_GOOD;
    if (p->count == 0) return EXIT_GOOD;
    const gan_status status = make_waiting(p, &made);
    if (status == GAN_OK) code = put_made(p, made);
    for (int64_t i = 0; i < p->count; i++) {
        if (status != GAN_OK && !code) code = tell_failed(p, p->indices[i], status);
        gan_tensor_release(p->waiting[i]);
    }
    p->count = 0;
    gan_tensor_release(made);
    return code;
}

/* As the network takes it: of its size and channels, where it asks for some. */
static gan_status read_picture(const passage *p, int64_t index, gan_tensor **out)
{
    const int64_t *wanted = p->wanted;
    gan_tensor *picture;
    *out = NULL;
    gan_status status = pictures_read(&p->pictures, index, &picture);
    if (status == GAN_OK)
        status = gan_image_fit(out, picture, wanted[0] < 0 ? 0 : wanted[0],
                               wanted[1] < 0 ? 0 : wanted[1], wanted[2], p->fit);
    gan_tensor_release(picture);
    return status;
}

static int64_t most_of(const int64_t size[3])
{
    const int64_t most = MOST_PIXELS / (size[0] * size[1]);
    return most < 1 ? 1 : most < MOST_PICTURES ? most : MOST_PICTURES;
}

static int add_picture(passage *p, int64_t index)
{
    gan_tensor *picture;
    int code = EXIT_GOOD;
    gan_status status = read_picture(p, index, &picture);
    if (status != GAN_OK) return tell_failed(p, index, status);
    const int64_t *size = gan_tensor_shape(picture);
    if (p->count > 0 && memcmp(size, gan_tensor_shape(p->waiting[0]), 3 * sizeof *size))
        code = flush(p);
    if (code) {
        gan_tensor_release(picture);
        return code;
    }
    p->most = most_of(size) < p->pictures.count ? most_of(size) : p->pictures.count;
    p->indices[p->count] = index;
    p->waiting[p->count++] = picture;
    return p->count == p->most ? flush(p) : EXIT_GOOD;
}

/* ---- all of them ---- */

static int tell_end(const passage *p, int code)
{
    const int stop = signals_stop();
    if (!code && p->failed > 0 && p->results.kind == RESULT_FOLDER)
        complain(p->self, 0, "%lld of %lld pictures could not be made", (long long)p->failed,
                 (long long)p->pictures.count);
    if (code) return code;
    if (stop)
        fprintf(stderr, "stopped after %lld of %lld pictures%s\n", (long long)p->done,
                (long long)p->pictures.count,
                p->results.kind == RESULT_FOLDER ? "" : "; nothing is saved");
    if (stop) return 128 + stop;
    return p->failed > 0 ? EXIT_INPUT : EXIT_GOOD;
}

int passage_run(passage *p)
{
    int code = EXIT_GOOD;
    signals_catch();
    for (int64_t i = 0; i < p->pictures.count && !code && !signals_stop(); i++)
        code = add_picture(p, i);
    if (!code && !signals_stop()) code = flush(p);
    for (int64_t i = 0; i < p->count; i++) gan_tensor_release(p->waiting[i]);
    gan_runner_release(p->runner);
    const bool whole = !code && !signals_stop() && p->failed == 0;
    const int end = results_finish(&p->results, whole);
    return tell_end(p, code ? code : end);
}

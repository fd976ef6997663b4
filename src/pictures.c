/* pictures.c: files, an array or a data set, one picture at a time. */
#include "pictures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void pictures_free(pictures *p)
{
    file_list_free(&p->files);
    gan_dataset_release(p->dataset);
    memset(p, 0, sizeof *p);
}

/* ---- an array ---- */

/* Pictures of numbers in [-1, 1], as data sets have them. */
static int check_range(const picture_request *q, const gan_tensor *array)
{
    const float *values = gan_tensor_data(array);
    const int64_t count = gan_tensor_count(array), one = count / gan_tensor_shape(array)[0];
    if (gan_tensor_dtype(array) != GAN_FLOAT32) return EXIT_GOOD;
    for (int64_t i = 0; i < count; i++)
        if (!(fabsf(values[i]) <= 1.001f))
            return complain(q->self, EXIT_INPUT,
                            "%s: picture %lld has the value %g; numbers lie in [-1, 1], bytes are "
                            "uint8",
                            q->paths[0], (long long)(i / one), (double)values[i]);
    return EXIT_GOOD;
}

static int check_array(const picture_request *q, const gan_tensor *array)
{
    static const char *const types[] = {"", "float32", "uint8", "integers", "integers"};
    const int32_t rank = gan_tensor_rank(array), type = gan_tensor_dtype(array);
    if ((rank != 3 && rank != 4) || (type != GAN_FLOAT32 && type != GAN_UINT8))
        return complain(q->self, EXIT_INPUT,
                        "%s: %s of %d dimension%s; pictures are uint8, or float32 in [-1, 1], "
                        "N x H x W or N x H x W x C",
                        q->paths[0], types[type], (int)rank, rank == 1 ? "" : "s");
    if (gan_tensor_count(array) == 0)
        return complain(q->self, EXIT_INPUT, "%s: no picture in it", q->paths[0]);
    return check_range(q, array);
}

static int open_array(pictures *p, const picture_request *q)
{
    static const char *const field = "image";
    gan_tensor *array;
    gan_status status = gan_tensor_load(&array, q->context, q->paths[0]);
    if (status != GAN_OK) return complain_status(q->self, q->context, status);
    int code = check_array(q, array);
    p->array = true;
    p->floats = gan_tensor_dtype(array) == GAN_FLOAT32;
    if (!code) status = gan_dataset_from_tensors(&p->dataset, q->context, &field, &array, 1);
    gan_tensor_release(array);
    return status == GAN_OK ? code : complain_status(q->self, q->context, status);
}

/* ---- what there is ---- */

static int measure(pictures *p, const picture_request *q)
{
    int32_t rank;
    gan_status status = gan_dataset_field_shape(p->dataset, "image", &rank, p->size, NULL);
    if (status != GAN_OK) return complain_status(q->self, q->context, status);
    p->count = gan_dataset_count(p->dataset);
    if (q->count > 0 && q->count < p->count) p->count = q->count;
    return EXIT_GOOD;
}

static int open_files(pictures *p, const picture_request *q)
{
    for (int i = 0; i < q->path_count; i++)
        if (q->path_count > 1 && ends_with(q->paths[i], ".npy"))
            return complain(q->self, EXIT_USAGE, "%s: an .npy file is given alone", q->paths[i]);
    int code = file_list_open(&p->files, q->self, q->paths, q->path_count, q->except);
    p->count = (int64_t)p->files.count;
    return code;
}

int pictures_open(pictures *p, const picture_request *q)
{
    gan_status status;
    memset(p, 0, sizeof *p);
    p->context = q->context;
    p->source = q->data ? q->data : q->paths[0];
    if (q->data) {
        status = gan_dataset_open(&p->dataset, q->context, q->data);
        return status == GAN_OK ? measure(p, q) : complain_status(q->self, q->context, status);
    }
    if (!ends_with(q->paths[0], ".npy") || q->path_count > 1) return open_files(p, q);
    int code = open_array(p, q);
    return code ? code : measure(p, q);
}

/* ---- one of them ---- */

/* An array's bytes as bytes: as those of a file they can have alpha. */
static gan_status read_example(const pictures *p, int64_t index, gan_tensor **out)
{
    const int64_t shape[4] = {1, p->size[0], p->size[1], p->size[2]};
    const int32_t type = p->array && !p->floats ? GAN_UINT8 : GAN_FLOAT32;
    gan_tensor *one = NULL;
    gan_status status = gan_tensor_create(out, p->context, type, 3, p->size);
    if (status == GAN_OK)
        status = gan_tensor_wrap(&one, p->context, type, 4, shape, NULL, gan_tensor_data(*out),
                                 NULL, NULL);
    if (status == GAN_OK) status = gan_dataset_read(p->dataset, "image", &index, one);
    gan_tensor_release(one);
    return status;
}

gan_status pictures_read(const pictures *p, int64_t index, gan_tensor **out)
{
    *out = NULL;
    if (p->dataset) return read_example(p, index, out);
    return gan_image_load(out, p->context, p->files.files[index].path);
}

void pictures_name(const pictures *p, int64_t index, char name[PATH_SIZE])
{
    if (p->dataset)
        snprintf(name, PATH_SIZE, "%.*s: picture %lld", PATH_SIZE / 2, p->source, (long long)index);
    else
        snprintf(name, PATH_SIZE, "%s", p->files.files[index].path);
}

bool pictures_result_name(const pictures *p, int64_t index, char name[PATH_SIZE])
{
    if (p->dataset) return snprintf(name, PATH_SIZE, "%06lld.png", (long long)index) < PATH_SIZE;
    const char *own = p->files.files[index].name, *end = strrchr(own, '.');
    if (ends_with(own, ".png") || !end || strchr(end, '/')) end = own + strlen(own);
    return snprintf(name, PATH_SIZE, "%.*s%s", (int)(end - own), own,
                    ends_with(own, ".png") ? "" : ".png") < PATH_SIZE;
}

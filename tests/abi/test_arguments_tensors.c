/* Every public function of tensor.h refuses wrong arguments. */
#include "arguments.h"

static void refuse_tensor_shapes(world *w)
{
    static const int64_t three[] = {2, 3, 4}, below[] = {2, -1}, lowest[] = {INT64_MIN};
    static const int64_t wraps[] = {INT64_MAX, 2}, bytes[] = {INT64_MAX / 2}, root[] = {1LL << 32};
    static const int64_t nothing[] = {0, INT64_MAX, INT64_MAX};
    static const int32_t types[] = {0, -1, 5, INT32_MIN, INT32_MAX};
    gan_context *c = w->context;
    float data[24] = {0};
    void *bad;
    for (int i = 0; i < 5; i++) {
        NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "dtype", gan_tensor_create, c, types[i], 1, three);
        NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "dtype", gan_tensor_wrap, c, types[i], 1, three, NULL,
                 data, NULL, NULL);
    }
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_tensor_create, bad, GAN_FLOAT32, 3, three);
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_tensor_wrap, bad, GAN_FLOAT32, 3, three, NULL,
             data, NULL, NULL);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tensor_create, NULL, c, GAN_FLOAT32, 3, three);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tensor_wrap, NULL, c, GAN_FLOAT32, 3, three, NULL,
            data, NULL, NULL);
    const struct {
        int32_t rank;
        const int64_t *shape;
        gan_status status;
        const char *words;
    } shapes[] = {{-1, three, GAN_E_ARGUMENT, "rank -1"},
                  {GAN_MAX_RANK + 1, three, GAN_E_ARGUMENT, "rank 9"},
                  {INT32_MAX, three, GAN_E_ARGUMENT, "rank 2147483647"},
                  {INT32_MIN, three, GAN_E_ARGUMENT, "rank -2147483648"},
                  {1, NULL, GAN_E_ARGUMENT, "shape is NULL"},
                  {2, below, GAN_E_ARGUMENT, "shape[1] is -1"},
                  {1, lowest, GAN_E_ARGUMENT, "shape[0] is -9223372036854775808"},
                  {2, wraps, GAN_E_MEMORY, "too many elements"},
                  {1, bytes, GAN_E_MEMORY, "too many elements"},
                  {3, nothing, GAN_E_MEMORY, "too many elements"}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        NOT_MADE(gan_tensor, shapes[i].status, shapes[i].words, gan_tensor_create, c, GAN_FLOAT32,
                 shapes[i].rank, shapes[i].shape);
        NOT_MADE(gan_tensor, shapes[i].status, shapes[i].words, gan_tensor_wrap, c, GAN_FLOAT32,
                 shapes[i].rank, shapes[i].shape, NULL, data, NULL, NULL);
    }
    NOT_MADE(gan_tensor, GAN_E_MEMORY, "too many", gan_tensor_create, c, GAN_INT64, 8,
             (int64_t[]){1 << 10, 1 << 10, 1 << 10, 1 << 10, 1 << 10, 1 << 10, 1, 1});
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "strides[0]", gan_tensor_wrap, c, GAN_FLOAT32, 3, three,
             (int64_t[]){INT64_MAX, 1, 1}, data, NULL, NULL);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "strides[2]", gan_tensor_wrap, c, GAN_FLOAT32, 3, three,
             (int64_t[]){1, 1, INT64_MIN}, data, NULL, NULL);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "strides[0]", gan_tensor_wrap, c, GAN_UINT8, 1, root,
             (int64_t[]){1LL << 32}, data, NULL, NULL);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "data is NULL", gan_tensor_wrap, c, GAN_FLOAT32, 3, three,
             NULL, NULL, NULL, NULL);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "aligned", gan_tensor_wrap, c, GAN_FLOAT32, 3, three, NULL,
             (char *)data + 1, NULL, NULL);
}

static void refuse_tensor_views(world *w)
{
    static const int64_t cuts[][3] = {{-1, 0, 1},        {4, 0, 1},
                                      {INT32_MAX, 0, 0}, {0, -1, 1},
                                      {0, 7, 0},         {0, 0, 7},
                                      {0, 3, -1},        {0, 3, 4},
                                      {0, 5, INT64_MAX}, {0, INT64_MAX, 1},
                                      {0, INT64_MIN, 1}, {0, 1, INT64_MIN},
                                      {INT32_MIN, 0, 1}, {1, INT64_MAX, INT64_MAX}};
    static const int32_t orders[][4] = {
        {0, 0, 1, 2}, {0, 1, 2, 4}, {-1, 0, 1, 2}, {3, 2, 1, INT32_MAX}, {0, 1, 2, INT32_MIN}};
    void *bad;
    EACH_WRONG(TENSOR, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_tensor_slice, bad, 0, 0, 1);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tensor_slice, NULL, w->pictures, 0, 0, 1);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "gan_tensor_slice: ", gan_tensor_slice, w->pictures,
                 (int32_t)cuts[i][0], cuts[i][1], cuts[i][2]);
    }
    EACH_WRONG(TENSOR, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_tensor_permute, bad, orders[0]);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tensor_permute, NULL, w->pictures, orders[0]);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "order is NULL", gan_tensor_permute, w->pictures, NULL);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "order[", gan_tensor_permute, w->pictures, orders[i]);
}

/* What has no deleter serves for any number of calls; tests/files has those that are counted. */
static void refuse_loans(world *w)
{
    int64_t none[16] = {1};
    void *bad;
    EACH_WRONG(TENSOR, bad) NOT_MADE(void, GAN_E_ARGUMENT, NULL, gan_tensor_to_dlpack, bad, 0);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tensor_to_dlpack, NULL, w->made, 0);
    NOT_MADE(void, GAN_E_ARGUMENT, "flags is 8", gan_tensor_to_dlpack, w->made, 8);
    NOT_MADE(void, GAN_E_ARGUMENT, "flags has both", gan_tensor_to_dlpack, w->made, 6);
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_tensor_from_dlpack, bad, none, 0);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tensor_from_dlpack, NULL, w->context, none, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "managed is NULL", gan_tensor_from_dlpack, w->context,
             NULL, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "flags is -1", gan_tensor_from_dlpack, w->context, none,
             -1);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "flags has both", gan_tensor_from_dlpack, w->context, none,
             7);
    NOT_MADE(gan_tensor, GAN_E_UNSUPPORTED, "device type 0", gan_tensor_from_dlpack, w->context,
             none, 1);
}

static void refuse_tensor_rest(world *w)
{
    void *bad;
    EACH_WRONG(TENSOR, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tensor_copy, bad, w->made);
    EACH_WRONG(TENSOR, bad) REFUSED(GAN_E_ARGUMENT, "from", gan_tensor_copy, w->made, bad);
    REFUSED(GAN_E_SHAPE, "[2, 3] to [2, 4, 4, 1]", gan_tensor_copy, w->made, w->latent);
    EACH_WRONG(TENSOR, bad) IGNORED(gan_tensor_retain, bad);
    EACH_WRONG(TENSOR, bad) IGNORED(gan_tensor_release, bad);
    EACH_WRONG(TENSOR, bad) NOTHING_FROM(gan_tensor_dtype, bad);
    EACH_WRONG(TENSOR, bad) NOTHING_FROM(gan_tensor_rank, bad);
    EACH_WRONG(TENSOR, bad) NOTHING_FROM(gan_tensor_count, bad);
    EACH_WRONG(TENSOR, bad) NOTHING_FROM(gan_tensor_read_only, bad);
    EACH_WRONG(TENSOR, bad) NOTHING_FROM(gan_tensor_shape, bad);
    EACH_WRONG(TENSOR, bad) NOTHING_FROM(gan_tensor_strides, bad);
    EACH_WRONG(TENSOR, bad) NOTHING_FROM(gan_tensor_data, bad);
    EACH_WRONG(CONTEXT, bad) NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_tensor_load, bad, "a");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tensor_load, NULL, w->context, "a");
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "path is NULL", gan_tensor_load, w->context, NULL);
    NOT_MADE(gan_tensor, GAN_E_FILE, "none.npy", gan_tensor_load, w->context, "none.npy");
    EACH_WRONG(TENSOR, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tensor_save, bad, "a");
    REFUSED(GAN_E_ARGUMENT, "path is NULL", gan_tensor_save, w->made, NULL);
}

TEST(wrong_arguments)
{
    world opened, *w = &opened;
    open_world(w, "threads=1");
    refuse_tensor_shapes(w);
    refuse_tensor_views(w);
    refuse_loans(w);
    refuse_tensor_rest(w);
    check_all_called(4);
    CHECK_OK(gan_trainer_step(w->trainer)); /* all is as it was */
    close_world(w);
}

int main(void)
{
    RUN(wrong_arguments);
    return test_report();
}

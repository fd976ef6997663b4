/* Every allocation of a layer's life fails once: an error comes back and nothing is lost. */
#include "harness.h"

typedef struct counting {
    int64_t live, made, fails_at; /* fails_at < 0: never */
} counting;

static void *counting_allocate(void *user, size_t size, size_t alignment)
{
    counting *c = user;
    if (c->made++ == c->fails_at) return NULL;
    c->live++;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void counting_deallocate(void *user, void *memory)
{
    counting *c = user;
    c->live--;
    free(memory);
}

/* From the statement to two passes; workspace and state are the test's own. */
static gan_status live(gan_context *context, const char *statement, gan__shape in)
{
    fixture f;
    gan_status status = fixture_open(&f, context, statement, &in, 1, (setting){.training = true});
    if (status == GAN_OK) {
        counting *c = context->host.user;
        int64_t made = c->made;
        fixture_run(&f);
        fixture_run(&f);
        CHECK_INT(c->made, made);
    }
    fixture_close(&f);
    return status;
}

TEST(failing_allocations)
{
    static const char *const statements[] = {"dense 5",
                                             "conv2d 4 pad=reflect:1",
                                             "conv_transpose2d 4 init=orthogonal",
                                             "conv2d 4 spectral=yes",
                                             "batchnorm",
                                             "maxpool 2",
                                             "dropout 0.5",
                                             "prelu"};
    counting c = {0, 0, -1};
    const gan_host host = {.size = sizeof host,
                           .user = &c,
                           .allocate = counting_allocate,
                           .deallocate = counting_deallocate};
    gan_context *context;
    char message[256];
    CHECK_OK(gan_context_create(&context, "threads=2", &host, message, sizeof message));
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        gan_status status = GAN_E_MEMORY;
        for (int64_t n = 0; n < 200 && status != GAN_OK; n++) {
            int64_t before = c.live;
            c.made = 0;
            c.fails_at = n;
            status = live(context, statements[i], (gan__shape){2, 6, 6, 4});
            CHECK(status == GAN_OK || status == GAN_E_MEMORY);
            CHECK(c.live - before <= 2); /* the context keeps the scratch that it was asked for */
        }
        CHECK_OK(status);
        c.fails_at = -1;
        int64_t settled = c.live;
        CHECK_OK(live(context, statements[i], (gan__shape){2, 6, 6, 4}));
        CHECK_INT(c.live, settled);
    }
    gan_context_release(context);
    CHECK_INT(c.live, 0);
}

int main(void)
{
    RUN(failing_allocations);
    return test_report();
}

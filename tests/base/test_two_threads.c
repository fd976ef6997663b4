/* Two threads that use one context at the same time, which they must not: every call is refused or
 * served whole, and a thread is not shown what failed on the other. ThreadSanitizer sees the rest.
 */
#include "base/context.h"
#include "base/os.h"
#include "test.h"

#include <gan/gan.h>

#include <stdatomic.h>

enum { ROUNDS = 3000 };
static const char busy[] = "context: in use on another thread";

typedef struct misuser {
    gan_context *context;
    gan_tensor *tensor; /* both threads' */
    atomic_int *ready;  /* how many threads have started */
    int64_t refused, strange;
} misuser;

static void count_status(misuser *self, gan_status status, gan_status expected)
{
    if (status == GAN_E_BUSY)
        self->refused++;
    else if (status != expected)
        self->strange++;
}

static void misuse(void *argument)
{
    misuser *self = argument;
    const int64_t shape[] = {2, -1};
    gan_tensor *tensor;
    atomic_fetch_add(self->ready, 1);
    while (atomic_load(self->ready) < 2) gan__os_yield();
    for (int i = 0; i < ROUNDS; i++) {
        count_status(self, gan_tensor_save(self->tensor, NULL), GAN_E_ARGUMENT);
        count_status(self, gan_tensor_create(&tensor, self->context, GAN_FLOAT32, 1, shape),
                     GAN_OK);
        gan_tensor_release(tensor);
        count_status(self, gan_tensor_create(&tensor, self->context, GAN_FLOAT32, 2, shape),
                     GAN_E_ARGUMENT);
        count_status(self, gan_tensor_load(&tensor, self->context, NULL), GAN_E_ARGUMENT);
        count_status(self, gan_tensor_copy(self->tensor, NULL), GAN_E_ARGUMENT);
        if (!gan_context_message(self->context)) self->strange++;
    }
}

TEST(two_threads_in_one_context)
{
    const int64_t shape[] = {2, 3};
    atomic_int ready = 0;
    misuser one = {.ready = &ready}, two;
    CHECK_OK(gan_context_create(&one.context, "threads=1", NULL, NULL, 0));
    CHECK_OK(gan_tensor_create(&one.tensor, one.context, GAN_FLOAT32, 2, shape));
    two = one;
    gan__thread *thread = gan__thread_start(misuse, &two);
    if (!CHECK(thread != NULL)) return;
    misuse(&one);
    gan__thread_join(thread);
    CHECK_INT(one.strange, 0);
    CHECK_INT(two.strange, 0);
    CHECK_STATUS(gan_tensor_save(one.tensor, NULL), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(one.context), "gan_tensor_save: path is NULL");
    gan_tensor_release(one.tensor);
    gan_context_release(one.context);
}

static void ask_outside(void *argument)
{
    misuser *self = argument;
    const int64_t shape = 2;
    gan_tensor *tensor;
    CHECK_STATUS(gan_tensor_create(&tensor, self->context, GAN_FLOAT32, 1, &shape), GAN_E_BUSY);
    CHECK_TEXT(gan_context_message(self->context), busy);
    CHECK_STATUS(gan_tensor_save(self->tensor, NULL), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(self->context), busy);
}

/* The other thread's number stands in the context as its owner. */
TEST(what_a_refused_thread_reads)
{
    const int64_t shape = 2;
    misuser self = {0};
    gan_tensor *tensor;
    CHECK_OK(gan_context_create(&self.context, "threads=1", NULL, NULL, 0));
    CHECK_OK(gan_tensor_create(&self.tensor, self.context, GAN_FLOAT32, 1, &shape));
    CHECK_STATUS(gan_tensor_save(self.tensor, NULL), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(self.context), "gan_tensor_save: path is NULL");
    atomic_store(&self.context->owner, gan__os_thread_id() + 1);
    ask_outside(&self);
    atomic_store(&self.context->owner, 0);
    CHECK_TEXT(gan_context_message(self.context), busy); /* not the older one */
    CHECK_OK(gan_tensor_create(&tensor, self.context, GAN_FLOAT32, 1, &shape));
    gan_tensor_release(tensor);
    CHECK_TEXT(gan_context_message(self.context), "gan_tensor_save: path is NULL");
    gan_tensor_release(self.tensor);
    gan_context_release(self.context);
}

int main(void)
{
    RUN(two_threads_in_one_context);
    RUN(what_a_refused_thread_reads);
    return test_report();
}

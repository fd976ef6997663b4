/* test_jumps.c: a step callback that leaves by longjmp, which it must not: what is left is clearly
 * dead, and all else goes on. */
#include "base/os.h"
#include "world.h"

#include <fenv.h>
#include <setjmp.h>

static world w;
static jmp_buf back;
static int rounded_up;

/* The host's own rounding, which holds in its callback too. */
static int rounds_up(void)
{
    volatile float one = 1, little = 1e-10f;
    volatile float sum = one + little;
    return sum > 1;
}

static int32_t jump(void *user, gan_trainer *trainer)
{
    (void)user;
    (void)trainer;
    rounded_up += rounds_up();
    longjmp(back, 1);
}

static gan_status elsewhere;

static void step_elsewhere(void *argument)
{
    elsewhere = gan_trainer_step(argument);
}

static void check_dead(void)
{
    double loss;
    CHECK_INT(gan_trainer_steps(w.trainer), 1);
    CHECK_STATUS(gan_trainer_step(w.trainer), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(w.context),
               "gan: the step callback of gan_trainer_run has not returned");
    CHECK_STATUS(gan_trainer_run(w.trainer, 1, NULL, NULL), GAN_E_STATE);
    CHECK_OK(gan_trainer_value(w.trainer, "loss.generator", &loss));
    CHECK_OK(gan_trainer_save(w.trainer, "left"));
    gan__thread *thread = gan__thread_start(step_elsewhere, w.trainer);
    if (CHECK(thread != NULL)) gan__thread_join(thread);
    CHECK_STATUS(elsewhere, GAN_E_BUSY);
}

/* What was saved goes on in another trainer. */
static void check_successor(void)
{
    gan_trainer *next;
    if (!CHECK_OK(gan_trainer_load(&next, w.context, "left"))) return;
    CHECK_OK(gan_trainer_set_data(next, "real", w.dataset));
    CHECK_OK(gan_trainer_run(next, 2, NULL, NULL));
    CHECK_INT(gan_trainer_steps(next), 3);
    gan_trainer_release(next);
}

TEST(a_callback_that_never_returns)
{
    open_world(&w, "threads=2");
    CHECK_INT(fesetround(FE_UPWARD), 0);
    if (!setjmp(back)) {
        gan_status status = gan_trainer_run(w.trainer, 3, jump, NULL);
        CHECK_STATUS(status, GAN_E_INTERNAL); /* never reached */
    }
    CHECK_INT(rounded_up, 1);
    CHECK(rounds_up());
    fesetround(FE_TONEAREST);
    check_dead();
    check_successor();
    gan_trainer_release(w.trainer); /* the reference of the call that never returned */
    close_world(&w);
}

/* ---- handles of another context ---- */

TEST(data_of_another_context)
{
    static const char *const image = "image";
    gan_dataset *data;
    fault_host fault;
    memset(&fault, 0, sizeof fault);
    open_world(&w, "threads=1");
    gan_context *other = open_context(&fault, "threads=1");
    gan_tensor *pictures = make_tensor(other, 4, (int64_t[]){6, 4, 4, 1});
    CHECK_OK(gan_dataset_from_tensors(&data, other, &image, &pictures, 1));
    CHECK_STATUS(gan_trainer_set_data(w.trainer, "real", data), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(w.context),
               "gan_trainer_set_data: the data set for 'real' belongs to another context");
    CHECK_OK(gan_trainer_step(w.trainer)); /* with what it had */

    /* A tensor is memory, whosever it is. */
    CHECK_OK(gan_trainer_feed(w.trainer, "real", pictures));
    CHECK_OK(gan_trainer_step(w.trainer));
    gan_dataset_release(data);
    CHECK_OK(gan_dataset_from_tensors(&data, w.context, &image, &pictures, 1));
    CHECK_OK(gan_trainer_set_data(w.trainer, "real", data));
    CHECK_OK(gan_trainer_step(w.trainer));
    gan_dataset_release(data);
    gan_tensor_release(pictures);
    gan_context_release(other);
    close_world(&w);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    RUN(a_callback_that_never_returns);
    RUN(data_of_another_context);
    return test_report();
}

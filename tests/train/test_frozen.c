/* test_frozen.c: networks that stay as they are, and parts of them that others train. */
#include "rig.h"

#include "train/trainer.h"

enum { BATCH = 4 };

/* One step towards what has the same features; these have the part `own`, the generator `part`. */
static float *stepped(gan_model *part, gan_model *own, int64_t *count)
{
    static const char *const core = "core";
    static const char *const roles[3] = {"xy", "discriminator_y", "features"};
    const char *const texts[3] = {
        "input 2 2 3; part core", "input 2 2 3; dense 1 bias=no init=constant:0.1",
        "input 2 2 3; part core; conv2d 2 kernel=1 bias=no init=constant:0.3"};
    gan_trainer *t;
    gan_tensor *pictures;
    must(gan_tensor_create(&pictures, context, GAN_FLOAT32, 4, (int64_t[]){4, 2, 2, 3}));
    for (int i = 0; i < 4 * 12; i++)
        ((float *)gan_tensor_data(pictures))[i] = (float)(i * 37 % 101) / 50.5F - 1;
    must(gan_trainer_create(&t, context, "translate batch=4 perceptual=100"));
    for (int i = 0; i < 3; i++) {
        gan_model *model;
        gan_model *const placed = i == 2 ? own : part;
        must(gan_model_parse_parts(&model, context, texts[i], &core, &placed, i != 1));
        must(gan_trainer_set_model(t, roles[i], model));
        gan_model_release(model);
    }
    must(gan_trainer_feed(t, "x", pictures));
    must(gan_trainer_feed(t, "y", pictures));
    must(gan_trainer_step(t));
    gan_trainer_release(t);
    gan_tensor_release(pictures);
    *count = (int64_t)part->stores[0]->weight_count;
    return part->stores[0]->weights;
}

/* Features whose part a generator trains are no way for it to descend: they are as those of a copy.
 */
TEST(what_is_frozen_teaches_no_part_of_its_own)
{
    gan_model *part[2], *copy;
    float *weights[2];
    int64_t count;
    must(gan_model_parse(&part[0], context,
                         "input 2 2 3; conv2d 3 kernel=1 init=constant:0.2; tanh"));
    must(gan_model_copy(&part[1], part[0]));
    must(gan_model_copy(&copy, part[0]));
    weights[0] = stepped(part[0], part[0], &count);
    weights[1] = stepped(part[1], copy, &count);
    for (int64_t i = 0; i < count; i++) CHECK(weights[0][i] == weights[1][i]);
    CHECK(weights[0][0] != copy->stores[0]->weights[0]);
    for (int i = 0; i < 2; i++) gan_model_release(part[i]);
    gan_model_release(copy);
}

int main(void)
{
    rig_open(BATCH, "frozen.tmp");
    RUN(what_is_frozen_teaches_no_part_of_its_own);
    return rig_close();
}

/* A program of somebody else's, in plain C99. */
#include <gan/gan.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    gan_context *context;
    gan_tensor *tensor;
    char message[256];
    const int64_t shape[] = {2, 3};
    if (strcmp(gan_version(), GAN_VERSION) != 0) return 1;
    if (gan_context_create(&context, "threads=2 seed=7", NULL, message, sizeof message) != GAN_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    if (gan_tensor_create(&tensor, context, GAN_FLOAT32, 2, shape) != GAN_OK) {
        fprintf(stderr, "%s\n", gan_context_message(context));
        return 1;
    }
    printf("libgan %s, %s, %s, %d numbers\n", gan_version(), gan_context_text(context),
           gan_context_cpu(context), (int)gan_tensor_count(tensor));
    gan_tensor_release(tensor);
    gan_context_release(context);
    return 0;
}

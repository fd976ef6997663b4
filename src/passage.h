/* passage.h: pictures through a network, to where results go. */
#ifndef PASSAGE_H
#define PASSAGE_H

#include "results.h"

/* Pictures, and pixels of pictures, that go through at a time; of large pictures one alone. */
enum { MOST_PICTURES = 64, MOST_PIXELS = 1 << 18 };

/* Zero-initialise. The first seven are the caller's. */
typedef struct passage {
    const command *self;
    gan_context *context;
    const char *run;  /* what messages call the network */
    gan_model *model; /* takes pictures alone; borrowed */
    const char *fit;  /* how they are brought to its size; NULL: as its notes say */
    pictures pictures;
    results results;
    int64_t wanted[3]; /* H, W, C that it takes; -1: any */
    gan_runner *runner;
    int64_t running[3]; /* of the pictures that it takes */
    int64_t indices[MOST_PICTURES];
    gan_tensor *waiting[MOST_PICTURES]; /* pictures of one size, float32 */
    int64_t count, most;                /* of them */
    int64_t done, failed;
} passage;

/* What the network takes; EXIT_GOOD, or a code after a message if that is not pictures alone, or
 * not those of the data set. */
int passage_check_model(passage *p);
int passage_check_data(const passage *p);

/* All pictures: those of one size together, so many that memory stays bounded. Ends early where a
 * signal asks for it. EXIT_GOOD, or a code after a message. */
int passage_run(passage *p);

#endif

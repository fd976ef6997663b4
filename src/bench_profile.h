/* bench_profile.h: where the time of a training step goes, by layer and pass. */
#ifndef BENCH_PROFILE_H
#define BENCH_PROFILE_H

#include "bench_subject.h"
#include "command.h"

enum { MAX_ROUNDS = 64 };

typedef struct profile_order {
    const command *self;
    gan_context *context; /* the profile is made in one like it */
    const char *name;     /* "train.dcgan64" */
    int threads, rounds;
    bool json;
} profile_order;

/* Measures and prints; an exit code, after a message if that is none of success. */
int profile_print(const profile_order *order);

#endif

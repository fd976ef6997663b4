/* trainers.c: the list of all trainer kinds. */
#include "train/trainer.h"

extern const gan__trainer_kind gan__trainer_gan;

const gan__trainer_kind *const gan__trainer_kinds[] = {&gan__trainer_gan};
const int32_t gan__trainer_kind_count = sizeof gan__trainer_kinds / sizeof gan__trainer_kinds[0];

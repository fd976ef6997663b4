/* spread.h: some of many, from everywhere among them: pictures often lie class after class. */
#ifndef SPREAD_H
#define SPREAD_H

#include <stdint.h>

/* Number i of `count` that are chosen of `total`, for i in [0, count): each once, always the same.
 * All of them are in their order. */
int64_t spread_index(int64_t i, int64_t count, int64_t total);

#endif

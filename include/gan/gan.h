/* gan.h: all of libgan. */
#ifndef GAN_GAN_H
#define GAN_GAN_H

#include <gan/context.h>
#include <gan/data.h>
#include <gan/image.h>
#include <gan/layer.h>
#include <gan/metric.h>
#include <gan/model.h>
#include <gan/optimizer.h>
#include <gan/recipe.h>
#include <gan/runner.h>
#include <gan/status.h>
#include <gan/tape.h>
#include <gan/tensor.h>
#include <gan/trainer.h>

#endif

/* vectors.h: what NumPy and SciPy say, in double; made by make_vectors.py. */
#ifndef METRICS_VECTORS_H
#define METRICS_VECTORS_H

/* clang-format off */
static const double expected_frechet[] = {
    4.845420980322501,
    0.8939804863710155};
static const double expected_frechet_far[] = {
    18.128254977997997,
    7.750662732918867};
static const double expected_frechet_few[] = {
    49.79593791823237};
static const double expected_frechet_low[] = {
    33.50821271775919};
static const double expected_frechet_wide[] = {
    50.87581860436279,
    10.066150700856813};
static const double expected_score[] = {
    5.743031773949223,
    0.0,
    5.059621166707543,
    0.381711861021918};
static const double expected_kid[] = {
    0.022754253696639415,
    0.06893295002233923,
    0.15157067519402068};
static const double expected_neighbours[] = {
    0.25,
    0.9866666666666667,
    0.16666666666666666,
    0.25333333333333335,
    0.38,
    0.9933333333333333,
    0.182,
    0.4266666666666667};
static const double expected_diversity[] = {
    9.794876772676936,
    9.70025590931043,
    9.77918316165637,
    9.77918316165637};
static const double expected_agreement[] = {
    0.15};
static const double expected_auc[] = {
    0.64710407239819};
/* clang-format on */

#endif

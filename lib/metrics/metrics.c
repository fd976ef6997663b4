/* metrics.c: the list of all metrics. */
#include "metrics/metric.h"

const gan__metric_kind *const gan__metric_kinds[] = {
    &gan__metric_frechet,          &gan__metric_score, &gan__metric_kid,
    &gan__metric_precision_recall, &gan__metric_modes, &gan__metric_agreement,
    &gan__metric_diversity,        &gan__metric_auc,
};

const int32_t gan__metric_kind_count = sizeof gan__metric_kinds / sizeof gan__metric_kinds[0];

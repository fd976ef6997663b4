#include "layers/layer.h"
#include "base/memory.h"

struct gan__panel {
    gan_layer *layer; /* retained */
    const gan__parameter *weight;
    gan__conv conv;
    gan__pass pass;
    float *memory; /* NULL: nothing is packed, the weights themselves serve */
    uint64_t version; /* of the store when it was packed; 0: never */
};

static gan__panel *panel_find(const gan__panel_cache *cache, const gan_layer *layer,
                              const gan__parameter *weight, const gan__conv *conv, gan__pass pass)
{
    for (size_t i = 0; i < cache->count; i++) {
        gan__panel *panel = cache->panels[i];
        if (panel->layer == layer && panel->weight == weight && panel->pass == pass &&
            gan__conv_panel_shared(&panel->conv, conv, pass)) {
            return panel;
        }
    }
    return NULL;
}

gan_status gan__panel_get(gan__panel_cache *cache, gan_layer *layer, const gan__parameter *weight,
                          const gan__conv *conv, gan__pass pass, gan__panel **out)
{
    gan_context *context = cache->context;
    *out = panel_find(cache, layer, weight, conv, pass);
    if (*out) return GAN_OK;
    GAN__TRY(gan__grow(context, &cache->panels, &cache->capacity, cache->count + 1,
                       sizeof(gan__panel *)));
    gan__panel *panel;
    int64_t count = gan__conv_panel_count(context, conv, pass);
    GAN__TRY(gan__allocate(context, &panel, 1, sizeof *panel));
    gan_status status =
        gan__allocate(context, &panel->memory, (size_t)count, sizeof *panel->memory);
    if (status != GAN_OK) {
        gan__free(context, panel);
        return status;
    }
    panel->layer = layer;
    panel->weight = weight;
    panel->conv = *conv;
    panel->pass = pass;
    gan_layer_retain(layer);
    cache->panels[cache->count++] = panel;
    *out = panel;
    return GAN_OK;
}

const float *gan__panel_ready(gan_context *context, gan__panel *panel)
{
    uint64_t version = panel->layer->store->version;
    if (!panel->memory) return gan__parameter_value(panel->layer, panel->weight);
    if (panel->version != version) {
        gan__conv_pack(context, &panel->conv, panel->pass,
                       gan__parameter_value(panel->layer, panel->weight), panel->memory);
        panel->version = version;
    }
    return panel->memory;
}

void gan__panel_cache_free(gan__panel_cache *cache)
{
    for (size_t i = 0; i < cache->count; i++) {
        gan__panel *panel = cache->panels[i];
        gan_layer_release(panel->layer);
        gan__free(cache->context, panel->memory);
        gan__free(cache->context, panel);
    }
    gan__free(cache->context, cache->panels);
    cache->panels = NULL;
    cache->count = cache->capacity = 0;
}

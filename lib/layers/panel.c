/* panel.c: packed weights of the layers of all plans of a tape or a runner, packed again only when
 * the weights have changed; plans and both passes share what they can. */
#include "layers/layer.h"
#include "base/memory.h"
#include "base/watch.h"

struct gan__panel {
    int32_t users;    /* ops that asked for it and have not given it back */
    gan_layer *layer; /* retained */
    const gan__parameter *weight;
    gan__conv conv;
    gan__pass pass;
    float *memory;    /* NULL: nothing is packed, the weights themselves serve */
    int64_t count;    /* of the memory */
    uint64_t version; /* of the store when it was packed; 0: the memory holds something else */

    /* The same weights for the other pass, in the same memory: a training step goes forwards, then
     * backwards, and packs as often either way. NULL: none. */
    gan__panel *partner;
};

static gan__panel *panel_find(const gan__panel_cache *cache, const gan_layer *layer,
                              const gan__parameter *weight, const gan__conv *conv, gan__pass pass)
{
    for (size_t i = 0; i < cache->count; i++) {
        gan__panel *panel = cache->panels[i];
        if (panel->layer == layer && panel->weight == weight && panel->pass == pass &&
            gan__conv_panel_shared(&panel->conv, conv, pass))
            return panel;
    }
    return NULL;
}

static gan__panel *panel_find_partner(const gan__panel_cache *cache, const gan__panel *panel)
{
    for (size_t i = 0; i < cache->count; i++) {
        gan__panel *other = cache->panels[i];
        if (other->layer == panel->layer && other->weight == panel->weight &&
            other->pass != panel->pass && other->memory && !other->partner)
            return other;
    }
    return NULL;
}

static gan_status panel_allocate(gan__panel_cache *cache, gan__panel *panel)
{
    gan_context *context = cache->context;
    gan__panel *partner = panel->count > 0 ? panel_find_partner(cache, panel) : NULL;
    if (!partner || partner->count < panel->count)
        GAN__TRY(gan__allocate_raw(context, &panel->memory, (size_t)panel->count,
                                   sizeof *panel->memory));
    if (!partner) return GAN_OK;
    if (panel->memory) {
        gan__free(context, partner->memory);
        partner->memory = panel->memory;
        partner->count = panel->count;
        partner->version = 0;
    }
    panel->memory = partner->memory;
    panel->partner = partner;
    partner->partner = panel;
    return GAN_OK;
}

gan_status gan__panel_get(gan__panel_cache *cache, gan_layer *layer, const gan__parameter *weight,
                          const gan__conv *conv, gan__pass pass, gan__panel **out)
{
    gan_context *context = cache->context;
    *out = panel_find(cache, layer, weight, conv, pass);
    if (*out) {
        (*out)->users++;
        return GAN_OK;
    }
    GAN__TRY(gan__grow(context, &cache->panels, &cache->capacity, cache->count + 1,
                       sizeof(gan__panel *)));
    gan__panel *panel;
    GAN__TRY(gan__allocate(context, &panel, 1, sizeof *panel));
    *panel = (gan__panel){.users = 1,
                          .layer = layer,
                          .weight = weight,
                          .conv = *conv,
                          .pass = pass,
                          .count = gan__conv_panel_count(context, conv, pass)};
    gan_status status = panel_allocate(cache, panel);
    if (status != GAN_OK) {
        gan__free(context, panel);
        return status;
    }
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
        gan__watch watch;
        gan__watch_begin(context, &watch, panel->layer->kind->kind.name, "pack");
        gan__conv_pack(context, &panel->conv, panel->pass,
                       gan__parameter_value(panel->layer, panel->weight), panel->memory);
        gan__watch_end(context, &watch);
        panel->version = version;
        if (panel->partner) panel->partner->version = 0;
    }
    return panel->memory;
}

/* Memory that is shared is the partner's alone from now on. */
static void panel_destroy(gan_context *context, gan__panel *panel)
{
    if (panel->partner)
        panel->partner->partner = NULL;
    else
        gan__free(context, panel->memory);
    gan_layer_release(panel->layer);
    gan__free(context, panel);
}

void gan__panel_release(gan__panel_cache *cache, gan__panel *panel)
{
    size_t i = 0;
    if (!panel || --panel->users > 0) return;
    while (cache->panels[i] != panel) i++;
    cache->panels[i] = cache->panels[--cache->count];
    panel_destroy(cache->context, panel);
}

/* Partners share the memory of the larger one: that of the forward pass counts it if both are equal
 * in size. */
static int64_t panel_own_count(const gan__panel *panel)
{
    const gan__panel *partner = panel->partner;
    if (!panel->memory) return 0;
    if (!partner || panel->count > partner->count) return panel->count;
    return panel->count == partner->count && panel->pass < partner->pass ? panel->count : 0;
}

int64_t gan__panel_cache_memory(const gan__panel_cache *cache)
{
    int64_t count = 0;
    for (size_t i = 0; i < cache->count; i++) count += panel_own_count(cache->panels[i]);
    return count * (int64_t)sizeof(float);
}

void gan__panel_cache_free(gan__panel_cache *cache)
{
    gan__free(cache->context, cache->panels);
    cache->panels = NULL;
    cache->count = cache->capacity = 0;
}

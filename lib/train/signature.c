/* signature.c: the signature of a role, read.
 *
 *     signature = port {port} > port {port}
 *     port      = [NAME:]SPACE{|SPACE}[(OPTION)][...], in brackets where it may be missing
 *
 * The texts are those of the kinds' tables: one that is wrong is an error of the library's own. */
#include "train/signature.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "train/trainer.h"

typedef struct signature_reader {
    const gan__cast *cast;
    const gan__role *role;
    int32_t domain;
    const void *options;
} signature_reader;

static gan_status signature_fail(const signature_reader *r, const char *what, const char *text,
                                 size_t length)
{
    return gan__fail(r->cast->context, GAN_E_INTERNAL, "%s: %s: %s '%.*s'",
                     r->cast->kind->kind.name, r->role->row->signature, what, (int)length, text);
}

static gan_status signature_add_space(const signature_reader *r, gan__signature_port *port,
                                      const char *name, size_t length)
{
    int32_t i = gan__cast_space(r->cast, name, length);
    if (i < 0) return signature_fail(r, "unknown space", name, length);
    port->spaces[port->space_count++] = i;
    return GAN_OK;
}

/* With a star, it is that of the role's own domain, or those of all. */
static gan_status signature_space(const signature_reader *r, gan__signature_port *port,
                                  const char *name, size_t length)
{
    const gan__cast *cast = r->cast;
    const char *star = memchr(name, '*', length);
    if (!star) return signature_add_space(r, port, name, length);
    for (int32_t d = 0; d < cast->domain_count; d++) {
        char full[3 * GAN__CAST_NAME];
        if (r->domain >= 0 && r->domain != d) continue;
        int n = snprintf(full, sizeof full, "%.*s%s%.*s", (int)(star - name), name,
                         cast->domains[d], (int)(length - (size_t)(star - name) - 1), star + 1);
        GAN__TRY(signature_add_space(r, port, full, (size_t)n));
    }
    return GAN_OK;
}

/* "(OPTION)": a whole number from 1 on. */
static gan_status signature_times(const signature_reader *r, gan__signature_port *port,
                                  const char *name, size_t length)
{
    const gan__token key = {.kind = GAN__TOKEN_WORD, .text = name, .length = length};
    gan__text value = {.context = r->cast->context};
    gan_status status =
        gan__options_get(r->cast->context, &r->cast->kind->kind, r->options, &key, &value);
    if (status == GAN_OK &&
        (!gan__integer_parse(value.bytes, value.length, &port->times) || port->times < 1))
        status = signature_fail(r, "no count of values", name, length);
    gan__text_free(&value);
    return status;
}

/* The spaces of a port, once its brackets, its name and its dots are taken off. */
static gan_status signature_spaces(const signature_reader *r, gan__signature_port *port,
                                   const char *text, size_t length)
{
    const char *open = memchr(text, '(', length);
    const size_t names = open ? (size_t)(open - text) : length;
    GAN__TRY(gan__allocate(r->cast->context, &port->spaces, (size_t)r->cast->space_count,
                           sizeof *port->spaces));
    for (size_t at = 0, step; at < names; at += step + 1) {
        const char *bar = memchr(text + at, '|', names - at);
        step = bar ? (size_t)(bar - text) - at : names - at;
        GAN__TRY(signature_space(r, port, text + at, step));
    }
    return open ? signature_times(r, port, open + 1, length - names - 2) : GAN_OK;
}

static gan_status signature_port(const signature_reader *r, gan__signature_port *port,
                                 const char *text, size_t length)
{
    port->times = 1;
    port->optional = length > 2 && text[0] == '[';
    if (port->optional) text++, length -= 2;
    port->open = length > 3 && !memcmp(text + length - 3, "...", 3);
    if (port->open) length -= 3;
    const char *colon = memchr(text, ':', length);
    const char *spaces = colon ? colon + 1 : text;
    GAN__TRY(signature_spaces(r, port, spaces, length - (size_t)(spaces - text)));
    if (colon)
        snprintf(port->name, sizeof port->name, "%.*s", (int)(colon - text), text);
    else
        snprintf(port->name, sizeof port->name, "%s", r->cast->spaces[port->spaces[0]].name);
    return GAN_OK;
}

/* The ports up to the text's end. */
static gan_status signature_side(const signature_reader *r, const char *text, size_t length,
                                 gan__signature_port **ports, int32_t *count)
{
    size_t most = 1;
    for (size_t i = 0; i < length; i++) most += text[i] == ' ';
    GAN__TRY(gan__allocate(r->cast->context, ports, most, sizeof **ports));
    for (size_t at = 0; at < length;) {
        size_t step = 0;
        while (at + step < length && text[at + step] != ' ') step++;
        if (step > 0) GAN__TRY(signature_port(r, &(*ports)[(*count)++], text + at, step));
        at += step + 1;
    }
    return *count > 0 ? GAN_OK : signature_fail(r, "no port in", text, length);
}

gan_status gan__signature_parse(const gan__cast *cast, gan__role *role, int32_t domain,
                                const void *options)
{
    const signature_reader r = {cast, role, domain, options};
    const char *text = role->row->signature, *arrow = strchr(text, '>');
    if (!arrow) return signature_fail(&r, "no > in", text, strlen(text));
    GAN__TRY(signature_side(&r, text, (size_t)(arrow - text), &role->inputs, &role->input_count));
    return signature_side(&r, arrow + 1, strlen(arrow + 1), &role->outputs, &role->output_count);
}

static void signature_free_side(gan_context *context, gan__signature_port *ports, int32_t count)
{
    for (int32_t i = 0; i < count; i++) gan__free(context, ports[i].spaces);
    gan__free(context, ports);
}

void gan__signature_free(gan_context *context, gan__role *role)
{
    signature_free_side(context, role->inputs, role->input_count);
    signature_free_side(context, role->outputs, role->output_count);
}

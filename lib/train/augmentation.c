/* augmentation.c: the layer `augment` with the shares of its paper's program, for what is asked
 * for. */
#include "train/augmentation.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word, *option; /* of the layer */
} augment_words[] = {
    {"flip", " flip=yes"},
    {"translate", " translate=0.125"},
    {"colour", " colour=yes"},
    {"cutout", " cutout=0.5"},
};
enum { AUGMENT_WORDS = sizeof augment_words / sizeof augment_words[0] };

/* The number of the word at `at`, of `length` bytes; AUGMENT_WORDS: it is none. */
static int32_t augment_find(const char *at, size_t length)
{
    int32_t i = 0;
    while (i < AUGMENT_WORDS && (strlen(augment_words[i].word) != length ||
                                 memcmp(augment_words[i].word, at, length) != 0))
        i++;
    return i;
}

/* Whether each of the words is asked for; where it ends is the first word that is none. */
static const char *augment_read(const char *what, bool wanted[AUGMENT_WORDS + 1])
{
    memset(wanted, 0, (AUGMENT_WORDS + 1) * sizeof *wanted);
    for (const char *at = what; at && *at;) {
        const size_t length = strcspn(at, ",");
        const int32_t found = augment_find(at, length);
        if (found == AUGMENT_WORDS || wanted[found]) return at;
        wanted[found] = true;
        at += length;
        at += *at == ',';
    }
    return NULL;
}

gan_status gan__augment_check(gan_context *context, const char *what)
{
    bool wanted[AUGMENT_WORDS + 1];
    const char *bad = augment_read(what, wanted);
    if (!bad) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "augment=%s: '%.*s' is not another one of flip, translate, colour and cutout",
                     what, (int)strcspn(bad, ","), bad);
}

gan_status gan__augment_show(gan_trainer *t, const char *what, gan_value *x)
{
    bool wanted[AUGMENT_WORDS + 1];
    const char *options[AUGMENT_WORDS];
    char statement[96];
    if (!what) return GAN_OK;
    (void)augment_read(what, wanted);
    for (int32_t i = 0; i < AUGMENT_WORDS; i++)
        options[i] = wanted[i] ? augment_words[i].option : "";
    snprintf(statement, sizeof statement, "augment%s%s%s%s", options[0], options[1], options[2],
             options[3]);
    return gan_tape_layer(t->tape, statement, x, 1, x);
}

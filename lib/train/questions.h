/* questions.h: what a discriminator is asked that sees samples with their conditions: is the sample
 * real, and does it match?
 *
 *                      one score      or two heads: realness, match
 *     matched          yes                          yes       yes
 *     mismatched       no                           yes       no
 *     fake             no                           no        is not asked
 *
 * A head descends the objective's real term of the pairs that it should say yes to, all together,
 * and the fake terms of the others, with their weights; heads are summed. With the loss of a critic
 * what is compared has its weight on both sides. */
#ifndef GAN__QUESTIONS_H
#define GAN__QUESTIONS_H

#include "train/game.h"

/* The kinds of pairs, and the heads. One score stands in the place of the first. */
enum { GAN__MATCHED, GAN__MISMATCHED, GAN__FAKE, GAN__PAIRS };
enum { GAN__REALNESS, GAN__MATCH, GAN__HEADS };

/* mismatch= fake=. */
typedef struct gan__questions {
    double mismatch, fake;
} gan__questions;
extern const gan__option gan__questions_options[2];

/* Whether it is asked if samples match. */
static inline bool gan__questions_match(const gan__questions *questions)
{
    return questions->mismatch > 0;
}

/* How many heads of the role's network are asked: one that is not has no part in any loss. */
int32_t gan__questions_heads(const gan_trainer *trainer, const gan__questions *questions,
                             int32_t role);

/* What the role descends, `more` included. `said` is what each head says of N matched pairs, behind
 * them of as many mismatched ones, where it is asked if they match; then of N fakes. From `value`
 * on are measured the rows below: the loss and that of each of two heads, and of each head and kind
 * of pair the mean score and the share of right answers; what is not there is not measured. The
 * kind's options begin with gan__game. */
gan_status gan__questions_ask(gan_trainer *trainer, const gan__questions *questions, int32_t role,
                              const gan_value said[2 * GAN__HEADS], const gan__terms *more,
                              int32_t value, gan_value *out);

/* The rows begin at `[value] =`; `matches` is the row's function for gan__questions_match. */
enum { GAN__ANSWERS = 1 + GAN__HEADS + 2 * GAN__HEADS * GAN__PAIRS };
#define GAN__ANSWER_ROWS(matches)                                                                  \
    {"loss.discriminator", NULL, "what the discriminator descends"},                               \
        {"loss.realness", matches, "of two heads: what realness descends"},                        \
        {"loss.match", matches, "of two heads: what match descends"},                              \
        {"score.matched", NULL, "mean score of matched real pairs, of realness if there is"},      \
        {"score.mismatched", matches, "mean score of mismatched real pairs, likewise"},            \
        {"score.fake", NULL, "mean score of fakes, likewise"},                                     \
        {"accuracy.matched", NULL, "share of matched real pairs that are told right"},             \
        {"accuracy.mismatched", matches, "share of mismatched real pairs that are told right"},    \
        {"accuracy.fake", NULL, "share of fakes that are told right"},                             \
        {"score.match.matched", matches, "of two heads: match's mean score of matched pairs"},     \
        {"score.match.mismatched", matches, "of two heads: match's of mismatched pairs"},          \
        {"score.match.fake", matches, "of two heads: match's of fakes"},                           \
        {"accuracy.match.matched", matches, "of two heads: matched pairs that match tells right"}, \
        {"accuracy.match.mismatched", matches, "of two heads: mismatched pairs, likewise"},        \
    {                                                                                              \
        "accuracy.match.fake", matches, "of two heads: fakes that match takes for matched"         \
    }

#endif

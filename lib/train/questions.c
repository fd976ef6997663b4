/* questions.c: the losses of a discriminator's heads, and how well they answer. */
#include "train/questions.h"

const gan__option gan__questions_options[2] = {
    {"mismatch", GAN__OPTION_REAL, 0, "1", 0, 1e6, NULL, offsetof(gan__questions, mismatch),
     "weight of mismatched real pairs; 0: there are none, and a head 'match' is not trained"},
    {"fake", GAN__OPTION_REAL, 0, "1", 0, 1e6, NULL, offsetof(gan__questions, fake),
     "weight of fakes in what the discriminator descends"},
};

/* What a head should say of each kind of pair. */
typedef enum questions_answer { QUESTIONS_NO, QUESTIONS_YES, QUESTIONS_ANY } questions_answer;

typedef struct questions_head {
    questions_answer answers[GAN__PAIRS];
    double share; /* of a kind of pair among those of a yes */
} questions_head;

static const questions_head questions_score = {{QUESTIONS_YES, QUESTIONS_NO, QUESTIONS_NO}, 1};
static const questions_head questions_heads[GAN__HEADS] = {
    [GAN__REALNESS] = {{QUESTIONS_YES, QUESTIONS_YES, QUESTIONS_NO}, 0.5},
    [GAN__MATCH] = {{QUESTIONS_YES, QUESTIONS_NO, QUESTIONS_ANY}, 1},
};

int32_t gan__questions_heads(const gan_trainer *t, const gan__questions *questions, int32_t role)
{
    const bool two = t->players[role].outputs[GAN__MATCH] >= 0;
    return two && gan__questions_match(questions) ? GAN__HEADS : 1;
}

/* A head's scores of each kind of pair, (N, h, w, 1), of those of real ones, (2N, h, w, 1); -1:
 * there are none. */
static gan_status questions_split(gan_trainer *t, const gan__questions *questions, gan_value real,
                                  gan_value fake, gan_value scores[GAN__PAIRS])
{
    scores[GAN__MATCHED] = real;
    scores[GAN__MISMATCHED] = -1;
    scores[GAN__FAKE] = fake;
    if (!gan__questions_match(questions)) return GAN_OK;
    GAN__TRY(gan_tape_slice(t->tape, real, t->batch, t->batch, &scores[GAN__MISMATCHED]));
    return gan_tape_slice(t->tape, real, 0, t->batch, &scores[GAN__MATCHED]);
}

static gan_status questions_terms(gan_trainer *t, const gan__objective *o,
                                  const gan__questions *questions, const questions_head *head,
                                  const gan_value scores[GAN__PAIRS], gan__terms *terms)
{
    const double weights[GAN__PAIRS] = {0, questions->mismatch, questions->fake};
    double no = 0;
    for (int32_t k = 0; k < GAN__PAIRS; k++)
        no += head->answers[k] == QUESTIONS_NO ? weights[k] : 0;
    const double yes = head->share * (gan__objective_is_critic(o) ? no : 1);
    for (int32_t k = 0; k < GAN__PAIRS; k++) {
        if (scores[k] < 0) continue;
        if (head->answers[k] == QUESTIONS_YES)
            GAN__TRY(gan__objective_real(t, o, scores[k], yes, terms));
        if (head->answers[k] == QUESTIONS_NO)
            GAN__TRY(gan__objective_fake(t, o, scores[k], weights[k], terms));
    }
    return GAN_OK;
}

/* Of what a head is not asked, a yes is what the maker wants. */
static gan_status questions_measure(gan_trainer *t, const gan__objective *o,
                                    const questions_head *head, const gan_value scores[GAN__PAIRS],
                                    int32_t value)
{
    const int32_t no = head->answers[GAN__FAKE] == QUESTIONS_NO ? GAN__FAKE : GAN__MISMATCHED;
    for (int32_t k = 0; k < GAN__PAIRS; k++) {
        const bool yes = head->answers[k] != QUESTIONS_NO;
        if (scores[k] < 0) continue;
        GAN__TRY(gan__objective_tell(t, o, scores[k], scores[yes ? no : GAN__MATCHED], yes,
                                     value + k, value + GAN__PAIRS + k));
    }
    return GAN_OK;
}

gan_status gan__questions_ask(gan_trainer *t, const gan__questions *questions, int32_t role,
                              const gan_value said[2 * GAN__HEADS], const gan__terms *more,
                              int32_t value, gan_value *out)
{
    const gan__objective *o = &gan__game_options(t)->objective;
    const int32_t heads = gan__questions_heads(t, questions, role);
    const int32_t losses = value + 1, told = losses + GAN__HEADS;
    gan_value scores[GAN__PAIRS];
    gan__terms all = *more;
    for (int32_t h = 0; h < heads; h++) {
        const questions_head *head = heads == 1 ? &questions_score : &questions_heads[h];
        gan__terms own = {.count = 0};
        if (heads == 1) own = *more;
        GAN__TRY(questions_split(t, questions, said[h], said[GAN__HEADS + h], scores));
        GAN__TRY(questions_terms(t, o, questions, head, scores, &own));
        GAN__TRY(gan__trainer_sum(t, &own, heads == 1 ? value : losses + h, out));
        GAN__TRY(questions_measure(t, o, head, scores, told + h * 2 * GAN__PAIRS));
        gan__terms_add(&all, *out, 1);
    }
    return heads == 1 ? GAN_OK : gan__trainer_sum(t, &all, value, out);
}

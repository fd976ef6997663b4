/* name_map.c: reads and applies the rules strip, rename and drop; `*` takes as few characters as it
 * can, a number may be moved. */
#include "model/name_map.h"
#include "base/memory.h"
#include "base/option_value.h"

#include <inttypes.h>
#include <string.h>

/* In one pattern. */
enum { NAME_STARS = 8, NAME_DIGITS = 9 };

static const char *const name_verbs[] = {"strip", "rename", "drop"};
enum { NAME_VERBS = sizeof name_verbs / sizeof name_verbs[0] };

/* ---- reading ---- */

static gan_status name_fail(const gan__name_map *map, const gan__token *at, const char *what)
{
    char place[48];
    return gan__fail(map->context, GAN_E_TEXT, "%s%s", what, gan__place_print(at->place, place));
}

static gan_status name_read_verb(const gan__name_map *map, const gan__token *token,
                                 gan__name_verb *out)
{
    const int length = token->length > 200 ? 200 : (int)token->length;
    char place[48];
    for (int i = 0; i < NAME_VERBS; i++) {
        *out = (gan__name_verb)i;
        if (gan__token_is(token, name_verbs[i])) return GAN_OK;
    }
    const char *nearest = token->kind == GAN__TOKEN_WORD
                              ? gan__nearest(token->text, token->length, name_verbs, NAME_VERBS)
                              : NULL;
    return gan__fail(
        map->context, GAN_E_TEXT, "unknown statement '%.*s', %s%s%s%s", length, token->text,
        nearest ? "did you mean '" : "there are: ", nearest ? nearest : "strip, rename, drop",
        nearest ? "'?" : "", gan__place_print(token->place, place));
}

/* A word as it is meant, without its quotes. */
static gan_status name_read_word(const gan__name_map *map, const gan__token *token, char **out)
{
    if (token->kind != GAN__TOKEN_WORD || token->length == 0)
        return name_fail(map, token, "the name of a tensor is missing");
    GAN__TRY(gan__copy_text(map->context, out, token->text, token->length));
    char *to = *out;
    for (const char *from = *out; token->quoted && *from; to++) {
        if (*from == '\\' && (from[1] == '\\' || from[1] == '"')) from++;
        *to = *from++;
    }
    if (token->quoted) *to = '\0';
    return GAN_OK;
}

static int name_stars(const char *text)
{
    int count = 0;
    for (; *text; text++) count += *text == '*';
    return count;
}

/* The number behind a `*` of a target: "+3", "-10"; 0 if there is none. Returns its length, or more
 * than any number may have. */
static size_t name_shift(const char *text, int64_t *out)
{
    size_t length = 1;
    *out = 0;
    if (*text != '+' && *text != '-') return 0;
    for (; text[length] >= '0' && text[length] <= '9' && length <= NAME_DIGITS + 1; length++)
        *out = *out * 10 + (text[length] - '0');
    if (*text == '-') *out = -*out;
    return length > 1 ? length : 0;
}

static gan_status name_check(const gan__name_map *map, const gan__name_rule *rule,
                             const gan__token *at)
{
    int stars = name_stars(rule->pattern);
    if (rule->verb == GAN__NAME_STRIP && stars > 0)
        return name_fail(map, at, "strip takes a plain prefix, without '*'");
    if (stars > NAME_STARS) return name_fail(map, at, "a pattern has at most eight '*'");
    if (!rule->target) return GAN_OK;
    if (name_stars(rule->target) != stars)
        return name_fail(map, at, "pattern and target must have the same number of '*'");
    for (const char *star = strchr(rule->target, '*'); star; star = strchr(star + 1, '*')) {
        int64_t shift;
        if (name_shift(star + 1, &shift) <= NAME_DIGITS + 1) continue;
        return name_fail(map, at, "the number behind '*' is too large");
    }
    return GAN_OK;
}

/* The rest of a statement whose first word is in *token; what ends it is there afterwards. */
static gan_status name_read_rule(gan__name_map *map, gan__lexer *lexer, gan__token *token)
{
    gan__token first = *token;
    GAN__TRY(
        gan__grow(map->context, &map->rules, &map->capacity, map->count + 1, sizeof *map->rules));
    gan__name_rule *rule = &map->rules[map->count++];
    *rule = (gan__name_rule){.place = token->place};
    GAN__TRY(name_read_verb(map, token, &rule->verb));
    GAN__TRY(gan__lexer_next(lexer, token));
    GAN__TRY(name_read_word(map, token, &rule->pattern));
    if (rule->verb == GAN__NAME_RENAME) {
        GAN__TRY(gan__lexer_next(lexer, token));
        GAN__TRY(name_read_word(map, token, &rule->target));
    }
    GAN__TRY(name_check(map, rule, &first));
    GAN__TRY(gan__lexer_next(lexer, token));
    if (token->kind == GAN__TOKEN_BREAK || token->kind == GAN__TOKEN_END) return GAN_OK;
    return name_fail(map, token, "a statement is longer than it can be");
}

gan_status gan__name_map_parse(gan_context *context, const char *text, gan__name_map *out)
{
    const gan__passage passage = {text ? text : "", 1};
    gan__lexer lexer;
    gan__token token;
    *out = (gan__name_map){.context = context};
    gan__lexer_start(&lexer, context, &passage);
    gan_status status;
    do {
        status = gan__lexer_next(&lexer, &token);
        bool empty = token.kind == GAN__TOKEN_BREAK || token.kind == GAN__TOKEN_END;
        if (status == GAN_OK && !empty) status = name_read_rule(out, &lexer, &token);
    } while (status == GAN_OK && token.kind != GAN__TOKEN_END);
    if (status == GAN_OK) return GAN_OK;
    gan__name_map_free(out);
    return gan__fail_in(context, status, "name map");
}

void gan__name_map_free(gan__name_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        gan__free(map->context, map->rules[i].pattern);
        gan__free(map->context, map->rules[i].target);
    }
    gan__free(map->context, map->rules);
    memset(map, 0, sizeof *map);
}

/* ---- applying ---- */

/* What one `*` of a pattern stands for. */
typedef struct name_piece {
    const char *text;
    size_t length;
} name_piece;

/* Where piece[0..length) is found first behind the character at `start`; as the last piece, at the
 * end of the name. NULL: nowhere. */
static const char *name_seek(const char *start, const char *piece, size_t length, bool last)
{
    size_t left = strlen(start);
    if (left < length + 1) return NULL;
    const char *at = last ? start + left - length : start + 1;
    for (; at + length <= start + left; at++)
        if (memcmp(at, piece, length) == 0) return at;
    return NULL;
}

/* Each `*` takes one character or more, and as few as it can. */
static bool name_matches(const char *pattern, const char *name, name_piece *stars)
{
    size_t length = strcspn(pattern, "*");
    if (strncmp(name, pattern, length) != 0) return false;
    for (name += length, pattern += length; *pattern; pattern += length) {
        length = strcspn(++pattern, "*");
        const char *found = name_seek(name, pattern, length, !pattern[length]);
        if (!found) return false;
        *stars++ = (name_piece){name, (size_t)(found - name)};
        name = found + length;
    }
    return !*name;
}

/* The number that a piece is, moved; false for what is none, and where it ends below 0. */
static bool name_move(const name_piece *piece, int64_t shift, int64_t *out)
{
    *out = 0;
    if (piece->length > NAME_DIGITS) return false;
    for (size_t i = 0; i < piece->length; i++) {
        char digit = piece->text[i];
        if (digit < '0' || digit > '9') return false;
        *out = *out * 10 + (digit - '0');
    }
    *out += shift;
    return *out >= 0;
}

static bool name_print(const char *target, const name_piece *stars, gan__text *out)
{
    const size_t start = out->length;
    for (size_t length; *target; target += length) {
        int64_t shift, moved;
        length = strcspn(target, "*");
        gan__text_append(out, target, length);
        if (!target[length]) continue;
        size_t digits = name_shift(target + length + 1, &shift);
        length += 1 + digits;
        if (digits == 0) {
            gan__text_append(out, stars->text, stars->length);
        } else if (name_move(stars, shift, &moved)) {
            gan__text_print(out, "%" PRId64, moved);
        } else {
            out->length = start;
            return false;
        }
        stars++;
    }
    return true;
}

/* Whether the rule decides; the name that it makes is appended. */
static bool name_settle(const gan__name_rule *rule, const char *name, gan__text *out)
{
    name_piece stars[NAME_STARS];
    if (!name_matches(rule->pattern, name, stars)) return false;
    return rule->verb == GAN__NAME_DROP || name_print(rule->target, stars, out);
}

bool gan__name_map_apply(gan__name_map *map, const char *name, gan__text *out)
{
    for (size_t i = 0; i < map->count; i++) {
        gan__name_rule *rule = &map->rules[i];
        size_t length = strlen(rule->pattern);
        if (rule->verb == GAN__NAME_STRIP) {
            if (strncmp(name, rule->pattern, length) != 0 || !name[length]) continue;
            name += length;
            rule->used = true;
        } else if (name_settle(rule, name, out)) {
            rule->used = true;
            return rule->verb == GAN__NAME_RENAME;
        }
    }
    gan__text_append(out, name, strlen(name));
    return true;
}

void gan__name_map_complain(const gan__name_map *map, const char *file)
{
    for (size_t i = 0; i < map->count; i++) {
        const gan__name_rule *rule = &map->rules[i];
        char place[48];
        if (rule->used) continue;
        gan__log(map->context, GAN_LOG_WARNING, "%s: no tensor is called as in '%s %.200s'%s", file,
                 name_verbs[rule->verb], rule->pattern, gan__place_print(rule->place, place));
    }
}

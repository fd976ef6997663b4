/* number.c: exact conversion by whole numbers of any size: no table, no rounding mode and no locale
 * enters. The digits are those of Steele and White, "How to print floating-point numbers
 * accurately" (1990). */
#include "base/number.h"

#include <string.h>

/* 768 digits decide between any two doubles, and one more tells whether something follows. No
 * number here passes 10^1100 * 2^64 or 10^769 * 2^1075, and so 3800 bits. */
enum { NUMBER_DIGITS = 769, NUMBER_WORDS = 128 };

typedef struct number_big {
    int32_t length; /* words in use; the last one is not 0 */
    uint32_t word[NUMBER_WORDS];
} number_big;

static void big_set(number_big *a, uint64_t value)
{
    a->word[0] = (uint32_t)value;
    a->word[1] = (uint32_t)(value >> 32);
    a->length = a->word[1] ? 2 : a->word[0] ? 1 : 0;
}

/* a = a * factor + addend. */
static void big_scale(number_big *a, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (int32_t i = 0; i < a->length; i++) {
        carry += (uint64_t)a->word[i] * factor;
        a->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) a->word[a->length++] = (uint32_t)carry;
}

static void big_power_of_ten(number_big *a, int32_t exponent)
{
    for (; exponent >= 9; exponent -= 9) big_scale(a, 1000000000u, 0);
    for (; exponent > 0; exponent--) big_scale(a, 10, 0);
}

static void big_shift(number_big *a, int32_t bits)
{
    int32_t words = bits / 32;
    if (a->length == 0) return;
    memmove(a->word + words, a->word, (size_t)a->length * sizeof a->word[0]);
    memset(a->word, 0, (size_t)words * sizeof a->word[0]);
    a->length += words;
    big_scale(a, 1u << bits % 32, 0);
}

static int32_t big_compare(const number_big *a, const number_big *b)
{
    if (a->length != b->length) return a->length < b->length ? -1 : 1;
    for (int32_t i = a->length - 1; i >= 0; i--)
        if (a->word[i] != b->word[i]) return a->word[i] < b->word[i] ? -1 : 1;
    return 0;
}

/* Compares a + b with c. */
static int32_t big_compare_sum(const number_big *a, const number_big *b, const number_big *c)
{
    number_big sum = *a;
    uint64_t carry = 0;
    for (int32_t i = 0; i < sum.length || i < b->length || carry; i++) {
        if (i < b->length) carry += b->word[i];
        if (i < sum.length)
            carry += sum.word[i];
        else
            sum.length = i + 1;
        sum.word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return big_compare(&sum, c);
}

/* a = a - b, for a >= b. */
static void big_subtract(number_big *a, const number_big *b)
{
    uint64_t borrow = 0;
    for (int32_t i = 0; i < a->length; i++) {
        uint64_t taken = borrow + (i < b->length ? b->word[i] : 0);
        borrow = a->word[i] < taken;
        a->word[i] = (uint32_t)(a->word[i] - taken);
    }
    while (a->length > 0 && a->word[a->length - 1] == 0) a->length--;
}

static int32_t big_bits(const number_big *a)
{
    int32_t bits = 32 * (a->length - 1);
    for (uint32_t top = a->word[a->length - 1]; top; top >>= 1) bits++;
    return bits;
}

/* ---- printing ---- */

/* The shortest digits d1 d2 ... of a positive finite value, with value = 0.d1d2... * 10^*exponent.
 * Invariant: value = r / s * 10^..., and m_low, m_high are half the gaps to the neighbours; digits
 * are made until what is left is inside a gap. */
static int32_t number_digits(double value, char digits[20], int32_t *exponent)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int32_t biased = (int32_t)(bits >> 52 & 0x7FF);
    uint64_t fraction = bits & 0xFFFFFFFFFFFFFu;
    uint64_t f = biased ? fraction | (uint64_t)1 << 52 : fraction;
    int32_t e = (biased ? biased : 1) - 1075;
    bool even = (f & 1) == 0; /* then a tie reads back as this value: the gap's end belongs to it */
    int32_t narrow = fraction == 0 && biased > 1; /* below a power of two the gap is half as wide */

    number_big r, s, m_low, m_high;
    big_set(&r, f);
    big_set(&s, 1);
    big_set(&m_low, 1);
    big_shift(&r, (e > 0 ? e : 0) + 1 + narrow);
    big_shift(&s, (e < 0 ? -e : 0) + 1 + narrow);
    big_shift(&m_low, e > 0 ? e : 0);
    m_high = m_low;
    big_shift(&m_high, narrow);

    /* log10(2) = 0.30103 from below gives the power of ten or one less. */
    int32_t k = (int32_t)(((int64_t)(big_bits(&r) - big_bits(&s) - 1) * 30103 - 99999) / 100000);
    big_power_of_ten(&s, k);
    big_power_of_ten(&r, -k);
    big_power_of_ten(&m_low, -k);
    big_power_of_ten(&m_high, -k);
    while (big_compare_sum(&r, &m_high, &s) >= (even ? 0 : 1)) {
        big_scale(&s, 10, 0);
        k++;
    }

    int32_t count = 0;
    *exponent = k;
    for (;;) {
        char digit = '0';
        big_scale(&r, 10, 0);
        big_scale(&m_low, 10, 0);
        big_scale(&m_high, 10, 0);
        for (; big_compare(&r, &s) >= 0; digit++) big_subtract(&r, &s);
        bool low = big_compare(&r, &m_low) < (even ? 1 : 0);
        bool high = big_compare_sum(&r, &m_high, &s) >= (even ? 0 : 1);
        if (low || high) {
            big_scale(&r, 2, 0);
            if (high && (!low || big_compare(&r, &s) >= 0)) digit++;
        }
        digits[count++] = digit;
        if (low || high) return count;
    }
}

/* Plain from 1e-4 up to 1e16, else with an exponent of at least two digits. */
static char *number_layout(char *out, const char *digits, int32_t count, int32_t exponent)
{
    if (exponent > -4 && exponent <= 16) {
        if (exponent <= 0) {
            *out++ = '0';
            *out++ = '.';
        }
        for (int32_t i = exponent; i < 0; i++) *out++ = '0';
        for (int32_t i = 0; i < count || i < exponent; i++) {
            if (i > 0 && i == exponent) *out++ = '.';
            *out++ = i < count ? digits[i] : '0';
        }
        return out;
    }
    *out++ = digits[0];
    if (count > 1) *out++ = '.';
    for (int32_t i = 1; i < count; i++) *out++ = digits[i];
    int32_t power = exponent - 1;
    *out++ = 'e';
    *out++ = power < 0 ? '-' : '+';
    if (power < 0) power = -power;
    if (power >= 100) *out++ = (char)('0' + power / 100);
    *out++ = (char)('0' + power / 10 % 10);
    *out++ = (char)('0' + power % 10);
    return out;
}

const char *gan__number_print(double value, char text[GAN__NUMBER_SIZE])
{
    uint64_t bits;
    char *out = text;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) {
        strcpy(text, "nan");
        return text;
    }
    if (bits >> 63) {
        *out++ = '-';
        bits &= INT64_MAX;
        memcpy(&value, &bits, sizeof bits);
    }
    if (bits >> 52 == 0x7FF) {
        strcpy(out, "inf");
    } else if (bits == 0) {
        strcpy(out, "0");
    } else {
        char digits[20];
        int32_t exponent, count = number_digits(value, digits, &exponent);
        *number_layout(out, digits, count, exponent) = '\0';
    }
    return text;
}

/* ---- reading ---- */

static int32_t number_bits(uint64_t value)
{
    int32_t bits = 0;
    for (; value; value >>= 1) bits++;
    return bits;
}

/* The double nearest to (quotient + something in [0, 1), 0 if exact) * 2^power, ties to even; with
 * at least one bit more in the quotient than a double keeps. False if it is too large. */
static bool number_round(uint64_t quotient, bool exact, int32_t power, double *out)
{
    const int32_t lowest = -1074;
    int32_t extra = number_bits(quotient) - 53;
    if (extra < lowest - power) extra = lowest - power;
    uint64_t bits = quotient >> extra, half = (uint64_t)1 << (extra - 1);
    uint64_t rest = quotient & (2 * half - 1);
    if (rest > half || (rest == half && (!exact || bits & 1))) bits++;
    /* The bits with the hidden one on top, added to the exponent's field less one, count that one
     * in; so a carry out of the fraction is right as well, and a denormal's exponent is 0. */
    uint64_t biased = (uint64_t)(power + extra - lowest);
    if (biased > 2046) return false;
    bits += biased << 52;
    if (bits >> 52 >= 2047) return false;
    memcpy(out, &bits, sizeof bits);
    return true;
}

/* The double nearest to n * 10^exponent. */
static bool number_compose(number_big *n, int32_t exponent, double *out)
{
    number_big s;
    big_set(&s, 1);
    big_power_of_ten(n, exponent);
    big_power_of_ten(&s, -exponent);

    /* n / s lies between 2^(bits - 1) and 2^(bits + 1); with this power the quotient has 54 or 55
     * bits, or fewer where it starts half the smallest double. */
    int32_t power = big_bits(n) - big_bits(&s) - 54;
    if (power < -1075) power = -1075;
    big_shift(n, power < 0 ? -power : 0);
    big_shift(&s, (power > 0 ? power : 0) + 55);
    uint64_t quotient = 0;
    for (int32_t i = 0; i <= 55; i++) {
        quotient <<= 1;
        if (big_compare(n, &s) >= 0) {
            big_subtract(n, &s);
            quotient |= 1;
        }
        big_scale(n, 2, 0);
    }
    return number_round(quotient, n->length == 0, power, out);
}

static bool number_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "e-12" and the like, at the end of a number. Values beyond what any double needs are cut. */
static bool number_exponent(const char *text, const char *end, int64_t *out)
{
    int64_t value = 0;
    bool negative = false;
    if (text < end && (*text == '-' || *text == '+')) negative = *text++ == '-';
    if (text == end) return false;
    for (; text < end; text++) {
        if (!number_is_digit(*text)) return false;
        if (value < INT64_MAX / 100) value = value * 10 + (*text - '0');
    }
    *out = negative ? -value : value;
    return true;
}

/* Digits with at most one point. Leading zeros count for nothing; digits past the limit only say,
 * by a last digit 1, whether one of them was not 0. */
static bool number_mantissa(const char **text, const char *end, number_big *n, int64_t *exponent)
{
    int32_t kept = 0;
    bool any = false, point = false, more = false;
    const char *c = *text;
    big_set(n, 0);
    for (; c < end && (number_is_digit(*c) || (*c == '.' && !point)); c++) {
        if (*c == '.') {
            point = true;
            continue;
        }
        any = true;
        if (point) (*exponent)--;
        if (kept < NUMBER_DIGITS - 1) {
            big_scale(n, 10, (uint32_t)(*c - '0'));
            if (n->length > 0) kept++;
        } else {
            more = more || *c != '0';
            (*exponent)++;
        }
    }
    if (more) {
        big_scale(n, 10, 1);
        (*exponent)--;
    }
    *text = c;
    return any;
}

bool gan__number_parse(const char *text, size_t length, double *out)
{
    const char *end = text + length;
    int64_t shift = 0, exponent = 0;
    number_big n;
    double value = 0;
    bool negative = false;
    if (text < end && (*text == '-' || *text == '+')) negative = *text++ == '-';
    if (!number_mantissa(&text, end, &n, &shift)) return false;
    if (text < end) {
        if (*text != 'e' && *text != 'E') return false;
        if (!number_exponent(text + 1, end, &exponent)) return false;
    }
    exponent += shift;
    if (n.length > 0 && exponent > 310) return false;
    /* Below, even 769 digits come to less than half the smallest double. */
    if (n.length > 0 && exponent > -1100) {
        if (!number_compose(&n, (int32_t)exponent, &value)) return false;
    }
    *out = negative ? -value : value;
    return true;
}

bool gan__integer_parse(const char *text, size_t length, int64_t *out)
{
    const char *end = text + length;
    int64_t value = 0;
    bool negative = false;
    if (text < end && (*text == '-' || *text == '+')) negative = *text++ == '-';
    if (text == end) return false;
    for (; text < end; text++) {
        if (!number_is_digit(*text)) return false;
        int64_t digit = *text - '0';
        if (value < (INT64_MIN + digit) / 10) return false;
        value = value * 10 - digit; /* downwards, where there is room for one more */
    }
    if (!negative && value == INT64_MIN) return false;
    *out = negative ? value : -value;
    return true;
}

double gan__power(double base, int64_t exponent)
{
    double power = 1;
    for (; exponent > 0; exponent >>= 1, base *= base)
        if (exponent & 1) power *= base;
    return power;
}

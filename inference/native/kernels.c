/* The loops that decide how long a picture takes, for x86-64 with AVX2, FMA and F16C; with AVX-512 and VNNI, the inner
 * products are up to four times as fast, with the same results.
 *
 * multiply_int8: rows, in whole numbers of 8 bits or up to 16, times a matrix of 8-bit ones; sums are exact, so a row is
 *          worth the same in any company.
 * attend:  one query a row against that row's own cached keys and values, read once, where they lie.
 * decode:  all layers of a decoder out of these two: for a small model, a hundred calls took as long as their work.
 * conv3x3: 3 x 3 convolution by Winograd's F(4x4, 3x3) (Lavin and Gray 2015, https://arxiv.org/abs/1509.09308), which
 *          needs a quarter of the multiplications, in whole numbers of 16 bits, whose sums are exact, too; doubling the
 *          side before it, and bias and residual after it, happen on the way in and out.
 * moments, activate: the group norm and the SiLU before a convolution.
 *
 * inference/native/__init__.py builds this file, says what the arguments are and checks them.  Threads come from OpenMP,
 * the same pool as PyTorch's.  A result depends on nothing but its own inputs: not on threads, not on neighbours.
 */

#include <immintrin.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LANES 8
typedef __m256 vec;

static inline vec splat(float x) { return _mm256_set1_ps(x); }

/* e^x for -87 <= x <= 88: 2^n * e^r with |r| <= ln(2)/2, the second by its Taylor polynomial; error below 2e-7 of it */
static inline vec exp_vec(vec x) {
    x = _mm256_min_ps(_mm256_max_ps(x, splat(-87.0f)), splat(88.0f));
    vec n = _mm256_round_ps(_mm256_mul_ps(x, splat(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    vec r = _mm256_fnmadd_ps(n, splat(0.693359375f), x);
    r = _mm256_fnmadd_ps(n, splat(-2.12194440e-4f), r);
    vec p = splat(1.0f / 5040);
    p = _mm256_fmadd_ps(p, r, splat(1.0f / 720));
    p = _mm256_fmadd_ps(p, r, splat(1.0f / 120));
    p = _mm256_fmadd_ps(p, r, splat(1.0f / 24));
    p = _mm256_fmadd_ps(p, r, splat(1.0f / 6));
    p = _mm256_fmadd_ps(p, r, splat(0.5f));
    p = _mm256_fmadd_ps(p, r, splat(1.0f));
    p = _mm256_fmadd_ps(p, r, splat(1.0f));
    __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(p, _mm256_castsi256_ps(power));
}

static inline float sum_vec(vec v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

/* ------------------------------------------------------------------------------------------------ 8-bit product */

#define ALONE (24 << 20) /* products that one thread adds up in half a millisecond: it would only wait for company */
#define PANEL 16 /* outputs that lie side by side in a weight: (out / 16, ..., 16, inputs of one step) */
#define EPSILON 1e-5f
enum { GATED = 1, BEFORE = 2, AFTER = 4, FINE = 8 };

typedef struct {
    const float *weight, *bias; /* either may be missing */
} affine;

/* rows need not be whole vectors: what is missing of the last one is zero, and is not written */
static inline __m256i mask_of(int64_t left) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(left < LANES ? left : LANES)),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vec load_part(const float *p, int64_t left) {
    return left >= LANES ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, mask_of(left));
}
static inline void store_part(float *p, int64_t left, vec v) {
    if (left >= LANES)
        _mm256_storeu_ps(p, v); /* a masked one takes a dozen cycles */
    else
        _mm256_maskstore_ps(p, mask_of(left), v);
}

/* x * Phi(x), the distribution function by Abramowitz and Stegun 7.1.26 (error below 1.5e-7) */
static inline vec gelu(vec x) {
    const vec sign = splat(-0.0f);
    vec z = _mm256_mul_ps(_mm256_andnot_ps(sign, x), splat(0.70710678f));
    vec t = _mm256_div_ps(splat(1.0f), _mm256_fmadd_ps(splat(0.3275911f), z, splat(1.0f)));
    vec p = _mm256_fmadd_ps(splat(1.061405429f), t, splat(-1.453152027f));
    p = _mm256_fmadd_ps(p, t, splat(1.421413741f));
    p = _mm256_fmadd_ps(p, t, splat(-0.284496736f));
    p = _mm256_mul_ps(_mm256_fmadd_ps(p, t, splat(0.254829592f)), t);
    vec erf = _mm256_fnmadd_ps(p, exp_vec(_mm256_sub_ps(_mm256_setzero_ps(), _mm256_mul_ps(z, z))), splat(1.0f));
    erf = _mm256_or_ps(erf, _mm256_and_ps(sign, x));
    vec half = _mm256_mul_ps(splat(0.5f), x);
    return _mm256_fmadd_ps(half, erf, half);
}

/* layer norm, in place */
static void normalize(int64_t width, float *x, affine by) {
    vec sum = _mm256_setzero_ps(), squares = _mm256_setzero_ps();
    for (int64_t i = 0; i < width; i += LANES) sum = _mm256_add_ps(sum, load_part(x + i, width - i));
    vec mean = splat(sum_vec(sum) / (float)width);
    for (int64_t i = 0; i < width; i += LANES) {
        vec d = _mm256_sub_ps(load_part(x + i, width - i), mean);
        d = _mm256_and_ps(d, _mm256_castsi256_ps(mask_of(width - i)));
        squares = _mm256_fmadd_ps(d, d, squares);
    }
    vec factor = splat(1.0f / __builtin_sqrtf(sum_vec(squares) / (float)width + EPSILON));
    for (int64_t i = 0; i < width; i += LANES) {
        vec v = _mm256_mul_ps(_mm256_sub_ps(load_part(x + i, width - i), mean), factor);
        if (by.weight) v = _mm256_mul_ps(v, load_part(by.weight + i, width - i));
        if (by.bias) v = _mm256_add_ps(v, load_part(by.bias + i, width - i));
        store_part(x + i, width - i, v);
    }
}

/* x / largest * levels, in whole vectors, in 16 bits where fine, else in 8 with 128 added; returns largest / levels */
static float quantize_row(int64_t in, int fine, float levels, const float *x, void *q) {
    const vec sign = splat(-0.0f);
    vec most = splat(1e-30f);
    for (int64_t i = 0; i < in; i += LANES)
        most = _mm256_max_ps(most, _mm256_andnot_ps(sign, load_part(x + i, in - i)));
    float lanes[LANES], largest = 0;
    _mm256_storeu_ps(lanes, most);
    for (int j = 0; j < LANES; j++) largest = lanes[j] > largest ? lanes[j] : largest;
    vec factor = splat(levels / largest);
    for (int64_t i = 0; i < in; i += LANES) {
        __m256i whole = _mm256_cvtps_epi32(_mm256_mul_ps(load_part(x + i, in - i), factor));
        __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
        if (fine) {
            _mm_storeu_si128((__m128i *)((int16_t *)q + i), words);
        } else {
            words = _mm_add_epi16(words, _mm_set1_epi16(128));
            _mm_storel_epi64((__m128i *)((uint8_t *)q + i), _mm_packus_epi16(words, words));
        }
    }
    return largest / levels;
}

/* PANEL sums, and one step of them: a word of two inputs of 16 bits (the same for all) times two weights each, or of four
 * of 8 bits times four */
#define AHEAD 4096 /* bytes of weights to fetch before they are needed */
#ifdef __AVX512VNNI__
#define INT8_ROWS 24
#define SPLIT_ROWS 3 /* so few rows have two sums each, so as not to wait for the last one */
typedef __m512i sums;
static inline sums no_sums(void) { return _mm512_setzero_si512(); }
static inline sums add_sums(sums a, sums b) { return _mm512_add_epi32(a, b); }
static inline sums load_pairs(const int16_t *w) { return _mm512_load_si512(w); }
static inline sums widen_pairs(const int8_t *w) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)w));
}
static inline sums load_fours(const int8_t *w) { return _mm512_loadu_si512(w); }
static inline sums add_twos(sums s, int32_t two, sums w) { return _mm512_dpwssd_epi32(s, _mm512_set1_epi32(two), w); }
static inline sums add_fours(sums s, int32_t four, sums w) { return _mm512_dpbusd_epi32(s, _mm512_set1_epi32(four), w); }
static inline void store_sums(int32_t *to, sums s) { _mm512_storeu_si512(to, s); }
#else
#define INT8_ROWS 6
#define SPLIT_ROWS 0
typedef struct {
    __m256i low, high;
} sums;
static inline sums no_sums(void) { return (sums){_mm256_setzero_si256(), _mm256_setzero_si256()}; }
static inline sums add_sums(sums a, sums b) {
    return (sums){_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
}
static inline sums load_pairs(const int16_t *w) {
    return (sums){_mm256_load_si256((const __m256i *)w), _mm256_load_si256((const __m256i *)(w + PANEL))};
}
static inline sums widen_pairs(const int8_t *w) {
    return (sums){_mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)w)),
                  _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + PANEL)))};
}
static inline sums load_fours(const int8_t *w) {
    return (sums){_mm256_loadu_si256((const __m256i *)w), _mm256_loadu_si256((const __m256i *)(w + PANEL * 2))};
}
static inline sums add_twos(sums s, int32_t two, sums w) {
    __m256i x = _mm256_set1_epi32(two);
    return add_sums(s, (sums){_mm256_madd_epi16(x, w.low), _mm256_madd_epi16(x, w.high)});
}
static inline sums add_fours(sums s, int32_t four, sums w) {
    /* at most 255 * 64 * 2, which is why these weights go to 64 only: beyond 32767 the first instruction saturates */
    const __m256i x = _mm256_set1_epi32(four), ones = _mm256_set1_epi16(1);
    return add_sums(s, (sums){_mm256_madd_epi16(_mm256_maddubs_epi16(x, w.low), ones),
                              _mm256_madd_epi16(_mm256_maddubs_epi16(x, w.high), ones)});
}
static inline void store_sums(int32_t *to, sums s) {
    _mm256_storeu_si256((__m256i *)to, s.low);
    _mm256_storeu_si256((__m256i *)(to + LANES), s.high);
}
#endif

/* rows (a constant to the compiler, as is fine) times one panel */
static inline __attribute__((always_inline)) void panel_int8(const int rows, const int fine, int64_t words,
                                                             const int32_t *q, int64_t stride, const int8_t *w,
                                                             int32_t acc[INT8_ROWS][PANEL]) {
    const int ways = rows <= SPLIT_ROWS ? 2 : 1;
    sums sum[2][INT8_ROWS];
#pragma GCC unroll 24
    for (int r = 0; r < rows; r++) sum[0][r] = sum[1][r] = no_sums();
    for (int64_t k = 0; k < words; k += ways) /* the number of words is even */
#pragma GCC unroll 2
        for (int i = 0; i < ways; i++, q += stride, w += fine ? PANEL * 2 : PANEL * 4) {
            __builtin_prefetch(w + AHEAD); /* a line is two words' weights, or one's */
            sums weights = fine ? widen_pairs(w) : load_fours(w);
#pragma GCC unroll 24
            for (int r = 0; r < rows; r++)
                sum[i][r] = fine ? add_twos(sum[i][r], q[r], weights) : add_fours(sum[i][r], q[r], weights);
        }
#pragma GCC unroll 24
    for (int r = 0; r < rows; r++) store_sums(acc[r], ways == 2 ? add_sums(sum[0][r], sum[1][r]) : sum[0][r]);
}

/* a product prepared once, with what stands before and after it; from `bias` on each may be missing */
typedef struct {
    int64_t in, out, levels, steps; /* levels: what inputs go to, of either sign, so that no sum leaves 32 bits */
    const int8_t *weight;  /* (out / 16, in / 2, 16, 2) where fine, else (out / 16, in / 4, 16, 4) */
    const int32_t *offset; /* (out), what 128 more in each input adds; missing where fine */
    const float *scale, *bias, *before_weight, *before_bias, *after_weight, *after_bias;
} linear;

/* what inputs take as words of four bytes, in whole vectors */
static int64_t words_of(int64_t in, int fine) { return (in + LANES - 1) / LANES * (fine ? LANES / 2 : LANES / 4); }

/* what a team of threads works with: q and row_scale are common to it, row and own each thread's */
typedef struct {
    int32_t *q; /* (rows, words) */
    float *row_scale, *row;
    int32_t *own;
} workspace;

/* (words, rows) in place of (rows, words): what one step reads lies together. Each thread has its own, in its cache. */
static void interleave(int64_t rows, int64_t words, const int32_t *q, int32_t *to) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < words; k++) to[k * rows + r] = q[r * words + k];
}

/* outputs o to o + 16 of all rows */
static void multiply_panel(const linear *s, int64_t rows, const workspace *space, int64_t o, float *y) {
    int fine = (s->steps & FINE) != 0;
    int64_t words = words_of(s->in, fine), parts = (rows + INT8_ROWS - 1) / INT8_ROWS, first = 0;
    const int8_t *panel = s->weight + o * words * (fine ? 2 : 4);
    for (int64_t part = 0; part < parts; part++) {
        int32_t acc[INT8_ROWS][PANEL];
        int64_t count = (rows - first) / (parts - part); /* as equal as can be */
        switch (count) {
#define ROWS_CASE(n) \
    case n: \
        if (fine) \
            panel_int8(n, 1, words, space->own + first, rows, panel, acc); \
        else \
            panel_int8(n, 0, words, space->own + first, rows, panel, acc); \
        break;
#define SIX_CASES(n) \
    ROWS_CASE(n) ROWS_CASE(n + 1) ROWS_CASE(n + 2) ROWS_CASE(n + 3) ROWS_CASE(n + 4) ROWS_CASE(n + 5)
            SIX_CASES(1)
#if INT8_ROWS > 6
            SIX_CASES(7)
            SIX_CASES(13)
            SIX_CASES(19)
#endif
        }
        for (int64_t r = 0; r < count; r++)
            for (int half = 0; half < 2; half++) {
                int64_t at = o + half * LANES;
                if (at >= s->out) continue;
                __m256i sum = _mm256_loadu_si256((const __m256i *)(acc[r] + half * LANES));
                if (!fine) sum = _mm256_sub_epi32(sum, _mm256_loadu_si256((const __m256i *)(s->offset + at)));
                vec value = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_loadu_ps(s->scale + at));
                value = _mm256_mul_ps(value, splat(space->row_scale[first + r]));
                if (s->bias) value = _mm256_add_ps(value, _mm256_loadu_ps(s->bias + at));
                store_part(y + (first + r) * s->out + at, s->out - at, value);
            }
        first += count;
    }
}

/* y = residual + after(weight @ before(gated(x)) + bias), each part where it is asked for; called by all of a team */
static void multiply_team(const linear *s, int64_t rows, const float *x, int64_t x_stride, const float *residual,
                          float *y, const workspace *space) {
    int fine = (s->steps & FINE) != 0;
    int64_t in = s->in, out = s->out, words = words_of(in, fine);
    affine before = {s->before_weight, s->before_bias}, after = {s->after_weight, s->after_bias};
    float *row = space->row;
#pragma omp for schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        const float *from = x + r * x_stride;
        if (s->steps & GATED)
            for (int64_t i = 0; i < in; i += LANES)
                store_part(row + i, in - i, _mm256_mul_ps(gelu(load_part(from + i, in - i)),
                                                          load_part(from + in + i, in - i)));
        else
            memcpy(row, from, (size_t)in * sizeof(float));
        if (s->steps & BEFORE) normalize(in, row, before);
        space->row_scale[r] = quantize_row(in, fine, (float)s->levels, row, space->q + r * words);
    }
    interleave(rows, words, space->q, space->own);
#pragma omp for schedule(guided, 4) /* long stretches: what follows in memory is fetched beforehand */
    for (int64_t o = 0; o < out; o += PANEL) multiply_panel(s, rows, space, o, y);
    if (residual || s->steps & AFTER) {
#pragma omp for schedule(static)
        for (int64_t r = 0; r < rows; r++) {
            float *to = y + r * out;
            if (s->steps & AFTER) normalize(out, to, after);
            for (int64_t i = 0; residual && i < out; i += LANES)
                store_part(to + i, out - i, _mm256_add_ps(load_part(to + i, out - i),
                                                          load_part(residual + r * out + i, out - i)));
        }
    }
}

static workspace common_space(int64_t rows, int64_t in) {
    return (workspace){malloc((size_t)(rows * words_of(in, 1) * 4)), malloc((size_t)rows * sizeof(float)), 0, 0};
}
static workspace thread_space(workspace common, int64_t rows, int64_t in) {
    common.row = malloc((size_t)in * sizeof(float));
    common.own = malloc((size_t)(rows * words_of(in, 1) * 4));
    return common;
}

void multiply_int8(const linear *s, int64_t rows, const float *x, int64_t x_stride, const float *residual, float *y) {
    workspace common = common_space(rows, s->in);
#pragma omp parallel if (rows * s->in * s->out > ALONE)
    {
        workspace space = thread_space(common, rows, s->in);
        multiply_team(s, rows, x, x_stride, residual, y, &space);
        free(space.row);
        free(space.own);
    }
    free(common.q);
    free(common.row_scale);
}

/* ---------------------------------------------------------------------------------------------------- attention */

#define LINE 32 /* 16-bit numbers of a line of the cache */

static inline vec load_half(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
static inline void store_half(uint16_t *p, vec v) { _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(v, 0)); }

typedef struct {
    int64_t rows, heads, width, room, stride; /* stride of the rows of q, new_keys and new_values */
    const float *q, *new_keys, *new_values;   /* the new ones are missing where nothing is to be stored */
    uint16_t *keys, *values;                  /* (slots, heads, room, width) */
    const int64_t *slots, *lengths;           /* lengths count the new position, which is the last */
    float *out;
} attention;

static vec dot(int64_t width, const float *q, const uint16_t *key) {
    vec even = _mm256_setzero_ps(), odd = _mm256_setzero_ps();
    int64_t i = 0;
    for (; i + 2 * LANES <= width; i += 2 * LANES) {
        even = _mm256_fmadd_ps(_mm256_loadu_ps(q + i), load_half(key + i), even);
        odd = _mm256_fmadd_ps(_mm256_loadu_ps(q + i + LANES), load_half(key + i + LANES), odd);
    }
    if (i < width) even = _mm256_fmadd_ps(_mm256_loadu_ps(q + i), load_half(key + i), even);
    return _mm256_add_ps(even, odd);
}

/* scores of positions t to t + 4, as long as the row of scores has room for them */
static void score_four(int64_t width, const float *q, const uint16_t *key, float scale, float *scores) {
    vec a = dot(width, q, key), b = dot(width, q, key + width);
    vec c = dot(width, q, key + 2 * width), d = dot(width, q, key + 3 * width);
    vec halves = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps(halves, 1));
    _mm_storeu_ps(scores, _mm_mul_ps(four, _mm_set1_ps(scale)));
}

/* `parts` vectors (a constant to the compiler) of the output */
static inline __attribute__((always_inline)) void mix(const int parts, int64_t width, int64_t length, const float *scores,
                                                      const uint16_t *values, vec norm, float *out) {
    vec acc[8];
#pragma GCC unroll 8
    for (int j = 0; j < parts; j++) acc[j] = _mm256_setzero_ps();
    for (int64_t t = 0; t < length; t++) {
        vec weight = _mm256_broadcast_ss(scores + t);
#pragma GCC unroll 8
        for (int j = 0; j < parts; j++)
            acc[j] = _mm256_fmadd_ps(weight, load_half(values + t * width + j * LANES), acc[j]);
    }
#pragma GCC unroll 8
    for (int j = 0; j < parts; j++) _mm256_storeu_ps(out + j * LANES, _mm256_mul_ps(acc[j], norm));
}

static void attend_one(const attention *s, int64_t row, int64_t head, float *scores) {
    int64_t width = s->width, length = s->lengths[row], start = (s->slots[row] * s->heads + head) * s->room * width;
    int64_t own = row * s->stride + head * width;
    uint16_t *keys = s->keys + start, *values = s->values + start;
    for (int64_t i = 0; s->new_keys && i < width; i += LANES) {
        store_half(keys + (length - 1) * width + i, _mm256_loadu_ps(s->new_keys + own + i));
        store_half(values + (length - 1) * width + i, _mm256_loadu_ps(s->new_values + own + i));
    }
    const float *q = s->q + own;
    float scale = 1.0f / __builtin_sqrtf((float)width);
    int64_t i, t = 0, padded = (length + LANES - 1) / LANES * LANES;
    for (; t + 4 <= length; t += 4) {
        for (i = t * width; i < (t + 4) * width; i += LINE) __builtin_prefetch(values + i); /* their turn comes next */
        score_four(width, q, keys + t * width, scale, scores + t);
    }
    for (; t < length; t++) scores[t] = sum_vec(dot(width, q, keys + t * width)) * scale;
    for (; t < padded; t++) scores[t] = -1e30f;
    float best = scores[0];
    for (t = 1; t < length; t++) best = scores[t] > best ? scores[t] : best;
    vec total = _mm256_setzero_ps();
    for (t = 0; t < padded; t += LANES) {
        vec e = exp_vec(_mm256_sub_ps(_mm256_loadu_ps(scores + t), splat(best)));
        e = _mm256_and_ps(e, _mm256_castsi256_ps(mask_of(length - t)));
        _mm256_storeu_ps(scores + t, e);
        total = _mm256_add_ps(total, e);
    }
    vec norm = splat(1.0f / sum_vec(total));
    float *out = s->out + (row * s->heads + head) * width;
    for (i = 0; i + 8 * LANES <= width; i += 8 * LANES) mix(8, width, length, scores, values + i, norm, out + i);
    for (; i < width; i += LANES) mix(1, width, length, scores, values + i, norm, out + i);
}

/* called by all of a team */
static void attend_team(attention s) {
    float *scores = malloc((size_t)(s.room + LANES) * sizeof(float));
#pragma omp for schedule(guided, 8)
    for (int64_t task = 0; task < s.rows * s.heads; task++) attend_one(&s, task / s.heads, task % s.heads, scores);
    free(scores);
}

void attend(int64_t rows, int64_t heads, int64_t width, int64_t room, const float *q, const float *new_keys,
            const float *new_values, int64_t stride, uint16_t *keys, uint16_t *values, const int64_t *slots,
            const int64_t *lengths, float *out) {
    attention s = {rows, heads, width, room, stride, q, new_keys, new_values, keys, values, slots, lengths, out};
#pragma omp parallel
    attend_team(s);
}

/* ------------------------------------------------------------------------------------------------------- decoder */

typedef struct {
    const linear *qkv, *out, *text_q, *text_out, *gate_up, *down;
    uint16_t *keys, *values, *text_keys, *text_values;
} layer;

/* weights of all layers up to which a thread takes rows of its own, if there are enough, and waits for nobody before the
 * end: they stay in the processor's cache. Of larger ones all threads read a part each, for all rows. */
#define SMALL_BYTES (16 << 20)

/* as decode, by a number of threads together */
static void decode_rows(int64_t threads, int64_t count, const layer *layers, int64_t rows, int64_t heads,
                        int64_t width, int64_t room, int64_t text_room, const int64_t *slots, const int64_t *lengths, const int64_t *text_lengths,
                        float *x) {
    int64_t d = heads * width, inner = layers->gate_up->out, /* the same in all layers */
            widest = inner > 3 * d ? inner : 3 * d;
    float *wide = malloc((size_t)(rows * widest) * sizeof(float));
    float *mixed = malloc((size_t)(rows * d) * sizeof(float)), *spare = malloc((size_t)(rows * d) * sizeof(float));
    workspace common = common_space(rows, widest);
#pragma omp parallel num_threads((int)threads)
    {
        workspace space = thread_space(common, rows, widest);
        float *from = x, *to = spare;
        for (const layer *l = layers; l < layers + count; l++) {
            multiply_team(l->qkv, rows, from, d, 0, wide, &space);
            attend_team((attention){rows, heads, width, room, 3 * d, wide, wide + d, wide + 2 * d, l->keys, l->values,
                                    slots, lengths, mixed});
            multiply_team(l->out, rows, mixed, d, from, to, &space);
            multiply_team(l->text_q, rows, to, d, 0, wide, &space);
            attend_team((attention){rows, heads, width, text_room, d, wide, 0, 0, l->text_keys, l->text_values, slots,
                                    text_lengths, mixed});
            multiply_team(l->text_out, rows, mixed, d, to, from, &space);
            multiply_team(l->gate_up, rows, from, d, 0, wide, &space);
            multiply_team(l->down, rows, wide, inner, from, to, &space);
            float *swapped = from;
            from = to;
            to = swapped;
        }
        free(space.row);
        free(space.own);
    }
    if (count % 2) memcpy(x, spare, (size_t)(rows * d) * sizeof(float));
    free(wide);
    free(mixed);
    free(spare);
    free(common.q);
    free(common.row_scale);
}

/* x (rows, heads * width) through all layers, in place */
void decode(int64_t count, const layer *layers, int64_t rows, int64_t heads, int64_t width, int64_t room,
            int64_t text_room, const int64_t *slots, const int64_t *lengths, const int64_t *text_lengths, float *x) {
    int64_t d = heads * width, bytes = count * d * (6 * d + layers->gate_up->out + layers->down->in);
    int64_t threads = omp_get_max_threads(), most = rows * bytes / ALONE, parts = most < threads ? most : threads;
    if (bytes > SMALL_BYTES || parts < 2) {
        threads = bytes > SMALL_BYTES ? threads : 1;
        decode_rows(threads, count, layers, rows, heads, width, room, text_room, slots, lengths, text_lengths, x);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads((int)parts)
    for (int64_t part = 0; part < parts; part++) {
        int64_t first = rows * part / parts, some = rows * (part + 1) / parts - first;
        decode_rows(1, count, layers, some, heads, width, room, text_room, slots + first, lengths + first,
                    text_lengths + first, x + first * d);
    }
}

/* -------------------------------------------------------------------------------------------------- convolution */

#define PLANES 36               /* a tile of 6 x 6, transformed */
#define FULL 32767.0f           /* the norm of transformed inputs and weights: by Cauchy and Schwarz no sum overflows */
#define BLOCK_BYTES (256 << 10) /* of transformed input: it stays in a core's cache until all outputs are made */

#ifdef __AVX512VNNI__
#define ROWS 12 /* tiles at a time: as many as there are registers for */
#else
#define ROWS 6
#endif

/* one dimension of the input's transform, B^T of F(4, 3) */
static inline void transform_in(const vec d[6], vec out[6]) {
    vec four = splat(4.0f), two = splat(2.0f);
    vec a = _mm256_fnmadd_ps(four, d[2], d[4]), b = _mm256_fnmadd_ps(four, d[1], d[3]);
    vec c = _mm256_sub_ps(d[4], d[2]), e = _mm256_mul_ps(two, _mm256_sub_ps(d[3], d[1]));
    out[0] = _mm256_fmadd_ps(four, d[0], _mm256_fnmadd_ps(splat(5.0f), d[2], d[4]));
    out[1] = _mm256_add_ps(a, b);
    out[2] = _mm256_sub_ps(a, b);
    out[3] = _mm256_add_ps(c, e);
    out[4] = _mm256_sub_ps(c, e);
    out[5] = _mm256_fmadd_ps(four, d[1], _mm256_fnmadd_ps(splat(5.0f), d[3], d[5]));
}

/* one dimension of the output's, A^T */
static inline void transform_out(const vec m[6], vec out[4]) {
    vec a = _mm256_add_ps(m[1], m[2]), b = _mm256_sub_ps(m[1], m[2]);
    vec c = _mm256_add_ps(m[3], m[4]), d = _mm256_sub_ps(m[3], m[4]);
    out[0] = _mm256_add_ps(_mm256_add_ps(m[0], a), c);
    out[1] = _mm256_fmadd_ps(splat(2.0f), d, b);
    out[2] = _mm256_fmadd_ps(splat(4.0f), c, a);
    out[3] = _mm256_add_ps(_mm256_fmadd_ps(splat(8.0f), d, b), m[5]);
}

/* c (tiles, 16) = a (tiles, in) @ b (in / 2, 16, 2) */
static void multiply_int16(int64_t in, int64_t tiles, const int16_t *a, const int16_t *b, int32_t *c) {
    for (int64_t t = 0; t < tiles; t += ROWS) {
        sums acc[ROWS];
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; r++) acc[r] = no_sums();
        const int16_t *row = a + t * in;
        for (int64_t k = 0; k < in; k += 2) {
            sums weights = load_pairs(b + k * PANEL);
#pragma GCC unroll 12
            for (int r = 0; r < ROWS; r++)
                acc[r] = add_twos(acc[r], *(const int32_t *)(row + r * in + k), weights);
        }
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; r++) store_sums(c + (t + r) * PANEL, acc[r]);
    }
}

typedef struct {
    int64_t height, width, in, out, doubled, half; /* height and width are the output's; half: x has 16 bits */
    const void *x;                                 /* one picture's */
    const int16_t *weight;                         /* (out / 16, 36, in / 2, 16, 2) */
    const float *scale;                            /* of the weights, (out / 16, 36, 16) */
    const float *bias, *residual;
    float *y;
} conv;

/* the 36 planes of one tile (36, in), of the 6 x 6 inputs whose first is at (top, left) */
static void tile_in(const conv *s, int64_t top, int64_t left, float *planes) {
    int64_t in_width = s->width >> s->doubled, place[PLANES];
    for (int64_t i = 0; i < PLANES; i++) {
        int64_t y = top + i / 6, x = left + i % 6;
        int outside = y < 0 || y >= s->height || x < 0 || x >= s->width;
        place[i] = outside ? -1 : ((y >> s->doubled) * in_width + (x >> s->doubled)) * s->in;
    }
    for (int64_t c = 0; c < s->in; c += LANES) {
        vec rows[PLANES];
        for (int i = 0; i < PLANES; i += 6) {
            vec d[6];
            for (int j = 0; j < 6; j++) {
                int64_t at = place[i + j] + c;
                if (place[i + j] < 0)
                    d[j] = splat(0.0f);
                else
                    d[j] = s->half ? load_half((const uint16_t *)s->x + at) : _mm256_loadu_ps((const float *)s->x + at);
            }
            transform_in(d, rows + i);
        }
        for (int j = 0; j < 6; j++) {
            vec d[6], t[6];
            for (int i = 0; i < 6; i++) d[i] = rows[i * 6 + j];
            transform_in(d, t);
            for (int i = 0; i < 6; i++) _mm256_store_ps(planes + (i * 6 + j) * s->in + c, t[i]);
        }
    }
}

/* x as whole numbers of the norm FULL; returns what one is worth */
static float quantize_plane(int64_t in, const float *x, int16_t *q) {
    vec squares = splat(0.0f);
    for (int64_t c = 0; c < in; c += LANES) {
        vec v = _mm256_load_ps(x + c);
        squares = _mm256_fmadd_ps(v, v, squares);
    }
    float norm = __builtin_sqrtf(sum_vec(squares)) + 1e-20f;
    vec factor = splat(FULL / norm);
    for (int64_t c = 0; c < in; c += LANES) {
        __m256i whole = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_load_ps(x + c), factor));
        _mm_store_si128((__m128i *)(q + c),
                        _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1)));
    }
    return norm / FULL;
}

/* sixteen output channels of one tile, from o on; sums and what one of them is worth lie so far apart for each plane */
static void tile_out(const conv *s, int64_t o, const int32_t *sum, int64_t apart, const float *worth,
                     int64_t worth_apart, int64_t top, int64_t left) {
    for (int half = 0; half < PANEL; half += LANES) {
        vec rows[4][6], bias = _mm256_loadu_ps(s->bias + o + half);
        const float *scale = s->scale + o * PLANES + half;
        for (int j = 0; j < 6; j++) {
            vec d[6], t[4];
            for (int i = 0; i < 6; i++) {
                int k = i * 6 + j;
                vec value = _mm256_cvtepi32_ps(_mm256_load_si256((const __m256i *)(sum + k * apart + half)));
                vec factor = _mm256_mul_ps(splat(worth[k * worth_apart]), _mm256_loadu_ps(scale + k * PANEL));
                d[i] = _mm256_mul_ps(value, factor);
            }
            transform_out(d, t);
            for (int i = 0; i < 4; i++) rows[i][j] = t[i];
        }
        for (int i = 0; i < 4 && top + i < s->height; i++) {
            vec t[4];
            transform_out(rows[i], t);
            for (int j = 0; j < 4 && left + j < s->width; j++) {
                int64_t place = ((top + i) * s->width + left + j) * s->out + o + half;
                vec value = _mm256_add_ps(t[j], bias);
                if (s->residual) value = _mm256_add_ps(value, _mm256_loadu_ps(s->residual + place));
                _mm256_storeu_ps(s->y + place, value);
            }
        }
    }
}

/* to (lines, 2, channels): sums of each line's values (lines, width, channels), and of their squares */
void moments(int64_t lines, int64_t width, int64_t channels, const float *x, float *to) {
#pragma omp parallel for schedule(static)
    for (int64_t line = 0; line < lines; line++)
        for (int64_t c = 0; c < channels; c += LANES) {
            vec sum = _mm256_setzero_ps(), squares = _mm256_setzero_ps();
            for (int64_t i = 0; i < width; i++) {
                vec v = _mm256_loadu_ps(x + (line * width + i) * channels + c);
                sum = _mm256_add_ps(sum, v);
                squares = _mm256_fmadd_ps(v, v, squares);
            }
            _mm256_storeu_ps(to + line * 2 * channels + c, sum);
            _mm256_storeu_ps(to + (line * 2 + 1) * channels + c, squares);
        }
}

/* silu(x * scale + shift), in 16 bits; x (batch, pixels, channels), scale and shift (batch, channels) */
void activate(int64_t batch, int64_t pixels, int64_t channels, const float *x, const float *scale, const float *shift,
              uint16_t *y) {
#pragma omp parallel for schedule(static)
    for (int64_t pixel = 0; pixel < batch * pixels; pixel++) {
        const float *from = x + pixel * channels, *a = scale + pixel / pixels * channels;
        const float *b = shift + pixel / pixels * channels;
        for (int64_t c = 0; c < channels; c += LANES) {
            vec h = _mm256_fmadd_ps(_mm256_loadu_ps(from + c), _mm256_loadu_ps(a + c), _mm256_loadu_ps(b + c));
            vec e = exp_vec(_mm256_sub_ps(splat(0.0f), h));
            store_half(y + pixel * channels + c, _mm256_div_ps(h, _mm256_add_ps(splat(1.0f), e)));
        }
    }
}

void conv3x3(int64_t batch, int64_t height, int64_t width, int64_t in, int64_t out, int64_t doubled, int64_t half,
             const void *x, const int16_t *weight, const float *scale, const float *bias, const float *residual,
             float *y) {
    int64_t across = (width + 3) / 4, tiles = across * ((height + 3) / 4), threads = omp_get_max_threads();
    int64_t in_bytes = (height >> doubled) * (width >> doubled) * in * (half ? 2 : 4), out_size = height * width * out;
    /* a block is small enough for the cache, and small maps are cut so that every thread has some */
    int64_t most = BLOCK_BYTES / (PLANES * in * 2), share = (batch * tiles + threads - 1) / threads;
    int64_t size = most < share ? most : share, block = (size < 1 ? ROWS : size + ROWS - 1) / ROWS * ROWS;
    int64_t blocks = (tiles + block - 1) / block;
    /* from one plane to the next: never a multiple of what the cache repeats itself after */
    int64_t apart_in = block * in + 32, apart_out = block * PANEL + PANEL;
#pragma omp parallel
    {
        float *planes = aligned_alloc(64, PLANES * (size_t)in * sizeof(float));
        int16_t *v = aligned_alloc(64, PLANES * (size_t)apart_in * sizeof(int16_t));
        int32_t *sum = aligned_alloc(64, PLANES * (size_t)apart_out * sizeof(int32_t));
        float *worth = malloc(PLANES * (size_t)block * sizeof(float));
        memset(v, 0, PLANES * (size_t)apart_in * sizeof(int16_t));
#pragma omp for schedule(dynamic)
        for (int64_t task = 0; task < batch * blocks; task++) {
            int64_t image = task / blocks, first = task % blocks * block;
            int64_t count = tiles - first < block ? tiles - first : block, padded = (count + ROWS - 1) / ROWS * ROWS;
            conv s = {height, width, in, out, doubled, half, (const char *)x + image * in_bytes, weight, scale, bias,
                      residual ? residual + image * out_size : 0, y + image * out_size};
            for (int64_t t = 0; t < count; t++) {
                tile_in(&s, (first + t) / across * 4 - 1, (first + t) % across * 4 - 1, planes);
                for (int k = 0; k < PLANES; k++)
                    worth[k * block + t] = quantize_plane(in, planes + k * in, v + k * apart_in + t * in);
            }
            for (int64_t o = 0; o < out; o += PANEL) {
                const int16_t *panel = weight + o * PLANES * in;
                for (int k = 0; k < PLANES; k++)
                    multiply_int16(in, padded, v + k * apart_in, panel + k * in * PANEL, sum + k * apart_out);
                for (int64_t t = 0; t < count; t++)
                    tile_out(&s, o, sum + t * PANEL, apart_out, worth + t, block, (first + t) / across * 4,
                             (first + t) % across * 4);
            }
        }
        free(planes);
        free(v);
        free(sum);
        free(worth);
    }
}

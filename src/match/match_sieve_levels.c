/* SPDX-License-Identifier: Apache-2.0 */
/* The sieve's block for each kind of processor: how 64 bytes become masks; everything else is the same text, compiled for it. */
#include "match/match_sieve_priv.h"

struct masks {
	uint64_t word, dot, hex, colon, slash, back, high;
};

/* ---- portable: eight bytes at a time ---- */

/* The lowest bit of each byte, gathered. */
static inline uint64_t gather(uint64_t v)
{
	return (v & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56;
}

/* 0x01 in each byte that is c. */
static inline uint64_t equal(uint64_t v, uint8_t c)
{
	uint64_t y = v ^ UINT64_C(0x0101010101010101) * c;

	y |= (y & UINT64_C(0x7F7F7F7F7F7F7F7F)) + UINT64_C(0x7F7F7F7F7F7F7F7F);
	return ~y >> 7;
}

static inline void masks_portable(const uint8_t *p, struct masks *m)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < 64; i += 8) {
		uint64_t v = match_load8(p + i), class = 0;

		for (unsigned k = 0; k < 8; k++)
			class |= (uint64_t)token_class[p[i + k]] << 8 * k;
		m->hex |= gather(class | class >> 1) << i; /* digits and a-f */
		m->dot |= gather(class >> 5) << i;
		m->word |= gather(class | class >> 1 | class >> 2 | class >> 3 | class >> 4) << i;
		m->colon |= gather(equal(v, ':')) << i;
		m->slash |= gather(equal(v, '/')) << i;
		m->back |= gather(equal(v, '\\')) << i;
		m->high |= gather(v >> 7) << i;
	}
}
_Static_assert(C_DIGIT == 1 && C_AF == 2 && C_LETTER == 4 && C_HYPHEN == 8 && C_UNDER == 16 && C_DOT == 32, "masks_portable shifts by these");

#define NAME(f) f##_portable
#define TARGET
#define MASKS masks_portable
#include "match/match_sieve_body_priv.h"
#undef NAME
#undef TARGET
#undef MASKS

#ifdef __x86_64__
#include <immintrin.h>

/* Class of a byte: LOW of its lower half & HIGH of its upper one.  1: '-', 2: digits, 4 and 8: letters, 16: '_', 32: a-f. */
#define LOW 10, 46, 46, 46, 46, 46, 46, 14, 14, 14, 12, 4, 4, 5, 4, 20
#define HIGH 0, 0, 1, 2, 36, 24, 36, 8, 0, 0, 0, 0, 0, 0, 0, 0
#define HEX 34

/* ---- SSE4.2 ---- */

#define TARGET __attribute__((target("sse4.2,popcnt")))

TARGET static inline void masks_sse42(const uint8_t *p, struct masks *m)
{
	const __m128i low = _mm_setr_epi8(LOW), high = _mm_setr_epi8(HIGH), none = _mm_setzero_si128();

	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < 64; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		__m128i class = _mm_and_si128(_mm_shuffle_epi8(low, v), _mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(15))));

		m->word |= (uint64_t)(uint16_t)~_mm_movemask_epi8(_mm_cmpeq_epi8(class, none)) << i;
		m->hex |= (uint64_t)(uint16_t)~_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(class, _mm_set1_epi8(HEX)), none)) << i;
		m->dot |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.'))) << i;
		m->colon |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(':'))) << i;
		m->slash |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('/'))) << i;
		m->back |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))) << i;
		m->high |= (uint64_t)(uint16_t)_mm_movemask_epi8(v) << i;
	}
}

#define NAME(f) f##_sse42
#define MASKS masks_sse42
#include "match/match_sieve_body_priv.h"
#undef NAME
#undef TARGET
#undef MASKS

/* ---- AVX2 ---- */

#define TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))

TARGET static inline uint64_t equal_avx2(__m256i a, __m256i b, __m256i c)
{
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, c)) | (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, c)) << 32;
}

TARGET static inline __m256i class_avx2(__m256i v)
{
	const __m256i low = _mm256_setr_epi8(LOW, LOW), high = _mm256_setr_epi8(HIGH, HIGH);

	return _mm256_and_si256(_mm256_shuffle_epi8(low, v), _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15))));
}

TARGET static inline void masks_avx2(const uint8_t *p, struct masks *m)
{
	const __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p), b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
	const __m256i ca = class_avx2(a), cb = class_avx2(b), none = _mm256_setzero_si256(), hex = _mm256_set1_epi8(HEX);

	m->word = ~equal_avx2(ca, cb, none);
	m->hex = ~equal_avx2(_mm256_and_si256(ca, hex), _mm256_and_si256(cb, hex), none);
	m->dot = equal_avx2(a, b, _mm256_set1_epi8('.'));
	m->colon = equal_avx2(a, b, _mm256_set1_epi8(':'));
	m->slash = equal_avx2(a, b, _mm256_set1_epi8('/'));
	m->back = equal_avx2(a, b, _mm256_set1_epi8('\\'));
	m->high = (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

#define NAME(f) f##_avx2
#define MASKS masks_avx2
#include "match/match_sieve_body_priv.h"
#undef NAME
#undef TARGET
#undef MASKS

/* ---- AVX-512 ---- */

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2,lzcnt,popcnt")))

TARGET static inline void masks_avx512(const uint8_t *p, struct masks *m)
{
	const __m512i v = _mm512_loadu_si512(p);
	const __m512i low = _mm512_broadcast_i32x4(_mm_setr_epi8(LOW)), high = _mm512_broadcast_i32x4(_mm_setr_epi8(HIGH));
	const __m512i class = _mm512_and_si512(_mm512_shuffle_epi8(low, v), _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(15))));

	m->word = _mm512_test_epi8_mask(class, class);
	m->hex = _mm512_test_epi8_mask(class, _mm512_set1_epi8(HEX));
	m->dot = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('.'));
	m->colon = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(':'));
	m->slash = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('/'));
	m->back = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
	m->high = _mm512_movepi8_mask(v);
}

#define NAME(f) f##_avx512
#define MASKS masks_avx512
#include "match/match_sieve_body_priv.h"
#undef NAME
#undef TARGET
#undef MASKS
#else
void sieve_block_sse42(struct match_sieve *s, size_t n)
{
	sieve_block_portable(s, n);
}
void sieve_block_avx2(struct match_sieve *s, size_t n)
{
	sieve_block_portable(s, n);
}
void sieve_block_avx512(struct match_sieve *s, size_t n)
{
	sieve_block_portable(s, n);
}
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 with the processor's own instructions where it has them: libsodium's portable form alone takes as long as storing the object. */
#include "sign/sign_priv.h"
#include <sodium.h>
#include <stdatomic.h>

#if defined(__x86_64__)
#include <immintrin.h>

static const uint32_t k[64] __attribute__((aligned(16))) = {
	0x428a2f98,
	0x71374491,
	0xb5c0fbcf,
	0xe9b5dba5,
	0x3956c25b,
	0x59f111f1,
	0x923f82a4,
	0xab1c5ed5,
	0xd807aa98,
	0x12835b01,
	0x243185be,
	0x550c7dc3,
	0x72be5d74,
	0x80deb1fe,
	0x9bdc06a7,
	0xc19bf174,
	0xe49b69c1,
	0xefbe4786,
	0x0fc19dc6,
	0x240ca1cc,
	0x2de92c6f,
	0x4a7484aa,
	0x5cb0a9dc,
	0x76f988da,
	0x983e5152,
	0xa831c66d,
	0xb00327c8,
	0xbf597fc7,
	0xc6e00bf3,
	0xd5a79147,
	0x06ca6351,
	0x14292967,
	0x27b70a85,
	0x2e1b2138,
	0x4d2c6dfc,
	0x53380d13,
	0x650a7354,
	0x766a0abb,
	0x81c2c92e,
	0x92722c85,
	0xa2bfe8a1,
	0xa81a664b,
	0xc24b8b70,
	0xc76c51a3,
	0xd192e819,
	0xd6990624,
	0xf40e3585,
	0x106aa070,
	0x19a4c116,
	0x1e376c08,
	0x2748774c,
	0x34b0bcb5,
	0x391c0cb3,
	0x4ed8aa4a,
	0x5b9cca4f,
	0x682e6ff3,
	0x748f82ee,
	0x78a5636f,
	0x84c87814,
	0x8cc70208,
	0x90befffa,
	0xa4506ceb,
	0xbef9a3f7,
	0xc67178f2,
};

/* state[0] holds A B E F, state[1] C D G H, as the instructions want them. */
__attribute__((target("sha,sse4.1"))) static void blocks(__m128i state[2], const unsigned char *p, size_t n)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	for (; n; n--, p += 64) {
		__m128i abef = state[0], cdgh = state[1], w[4];
		for (int i = 0; i < 16; i++) {
			/* w[i % 4]: message words 4i … 4i + 3; from the fifth four on made of the last sixteen (FIPS 180-4 §6.2.2). */
			if (i < 4) {
				w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), swap);
			} else {
				__m128i x = _mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]);
				x = _mm_add_epi32(x, _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4));
				w[i % 4] = _mm_sha256msg2_epu32(x, w[(i + 3) % 4]);
			}
			__m128i m = _mm_add_epi32(w[i % 4], _mm_load_si128((const __m128i *)(const void *)(k + 4 * i)));
			__m128i next = _mm_sha256rnds2_epu32(cdgh, abef, m);
			cdgh = abef;
			abef = next;
			next = _mm_sha256rnds2_epu32(cdgh, abef, _mm_shuffle_epi32(m, 0x0e));
			cdgh = abef;
			abef = next;
		}
		state[0] = _mm_add_epi32(state[0], abef);
		state[1] = _mm_add_epi32(state[1], cdgh);
	}
}

static void digest_fast(struct span bytes, uint8_t out[static SIGN_DIGEST])
{
	__m128i state[2] = { _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c), _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19) };
	unsigned char last[128] = { 0 };
	size_t whole = bytes.n / 64, rest = bytes.n % 64, n = rest < 56 ? 1 : 2;
	blocks(state, (const unsigned char *)bytes.p, whole);
	if (rest)
		memcpy(last, bytes.p + whole * 64, rest);
	last[rest] = 0x80;
	for (size_t i = 0; i < 8; i++)
		last[n * 64 - 1 - i] = (unsigned char)((uint64_t)bytes.n * 8 >> 8 * i);
	blocks(state, last, n);
	uint32_t abef[4], cdgh[4];
	_mm_storeu_si128((__m128i *)(void *)abef, state[0]);
	_mm_storeu_si128((__m128i *)(void *)cdgh, state[1]);
	const uint32_t h[8] = { abef[3], abef[2], cdgh[3], cdgh[2], abef[1], abef[0], cdgh[1], cdgh[0] };
	for (size_t i = 0; i < SIGN_DIGEST; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - i % 4 * 8));
}

static bool has_instructions(void)
{
	static _Atomic int known; /* 0: not asked yet, 1: no, 2: yes */
	int v = atomic_load_explicit(&known, memory_order_relaxed);
	if (!v) {
		unsigned a = 7, b = 0, c = 0, d = 0;
		__asm__("cpuid"
			: "+a"(a), "=b"(b), "+c"(c), "=d"(d));
		v = b >> 29 & 1 && __builtin_cpu_supports("sse4.1") ? 2 : 1;
		atomic_store_explicit(&known, v, memory_order_relaxed);
	}
	return v == 2;
}
#endif

void sign_sha256(struct span bytes, uint8_t out[static SIGN_DIGEST])
{
#if defined(__x86_64__)
	if (has_instructions()) {
		digest_fast(bytes, out);
		return;
	}
#endif
	crypto_hash_sha256(out, (const uint8_t *)bytes.p, bytes.n);
}

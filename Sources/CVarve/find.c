// Search for bytes.
#include "CVarve.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline uint8_t folded(uint8_t byte) {
  return (uint8_t)(byte - 'A') < 26 ? (uint8_t)(byte | 0x20) : byte;
}

static int matches(const uint8_t *text, const uint8_t *needle, size_t count, int fold) {
  if (!fold) return memcmp(text, needle, count) == 0;
  for (size_t i = 0; i < count; i++) {
    if (folded(text[i]) != needle[i]) return 0;
  }
  return 1;
}

#if defined(__SSE2__)
static inline __m128i equal(__m128i block, __m128i small, __m128i large) {
  return _mm_or_si128(_mm_cmpeq_epi8(block, small), _mm_cmpeq_epi8(block, large));
}
#endif

ptrdiff_t cvarve_find(
    const uint8_t *text, size_t count, const uint8_t *needle, size_t needle_count, int fold) {
  if (needle_count == 0) return 0;
  if (needle_count > count) return -1;
  size_t last = count - needle_count;
  size_t at = 0;
#if defined(__SSE2__)
  uint8_t first_small = needle[0], last_small = needle[needle_count - 1];
  uint8_t first_large = first_small, last_large = last_small;
  if (fold && (uint8_t)(first_small - 'a') < 26) first_large ^= 0x20;
  if (fold && (uint8_t)(last_small - 'a') < 26) last_large ^= 0x20;
  __m128i a = _mm_set1_epi8((char)first_small), b = _mm_set1_epi8((char)first_large);
  __m128i c = _mm_set1_epi8((char)last_small), d = _mm_set1_epi8((char)last_large);
  while (at + 16 + needle_count - 1 <= count) {
    __m128i head = _mm_loadu_si128((const __m128i *)(text + at));
    __m128i tail = _mm_loadu_si128((const __m128i *)(text + at + needle_count - 1));
    unsigned mask =
        (unsigned)_mm_movemask_epi8(_mm_and_si128(equal(head, a, b), equal(tail, c, d)));
    while (mask) {
      size_t place = at + (size_t)__builtin_ctz(mask);
      if (matches(text + place, needle, needle_count, fold)) return (ptrdiff_t)place;
      mask &= mask - 1;
    }
    at += 16;
  }
#endif
  for (; at <= last; at++) {
    if (matches(text + at, needle, needle_count, fold)) return (ptrdiff_t)at;
  }
  return -1;
}

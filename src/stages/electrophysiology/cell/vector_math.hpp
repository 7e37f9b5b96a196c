#pragma once
/// exp and log as plain arithmetic without branches, so that the compiler turns loops over them into vector code (a
/// call of the library's exp would keep a loop scalar). Relative errors below 1e-14 (exp) and absolute ones below 1e-14
/// (log); in single precision 2e-7.

#include <bit>
#include <cstdint>

namespace cardiotwin::electrophysiology {

#if defined(__GNUC__)
#define CARDIOTWIN_INLINE [[gnu::always_inline]] inline
#else
#define CARDIOTWIN_INLINE inline
#endif

// One object, three instruction sets: the loader picks the widest that the machine has.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define CARDIOTWIN_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CARDIOTWIN_VECTOR_CLONES
#endif

/// e^x for |x| < 700; beyond that the value at the bound.
CARDIOTWIN_INLINE double fast_exp(double x) {
  constexpr double log2_e = 1.4426950408889634, ln2_high = 6.93145751953125e-1, ln2_low = 1.42860682030941723212e-6;
  constexpr double shifter = 6755399441055744.0;  // 1.5 * 2^52: adding it leaves the rounded integer in the low bits
  x = x < -700.0 ? -700.0 : x;
  x = x > 700.0 ? 700.0 : x;
  const double shifted = x * log2_e + shifter;
  const double n = shifted - shifter;
  const double r = (x - n * ln2_high) - n * ln2_low;  // |r| <= ln 2 / 2
  double p = 1.0 / 39916800;                          // Taylor's series to r^11
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(p) + (std::bit_cast<std::uint64_t>(shifted) << 52));
}

/// ln x for normal positive x.
CARDIOTWIN_INLINE double fast_log(double x) {
  constexpr std::uint64_t root_half = 0x3fe6a09e667f3bcdull, bias = 1023ull << 52;
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t exponent = (bits - root_half + bias) >> 52;  // biased, of x / m with m in [sqrt(1/2), sqrt 2)
  const double m = std::bit_cast<double>(bits - ((exponent - 1023ull) << 52));
  const double e = std::bit_cast<double>(exponent | 0x4330000000000000ull) - (4503599627370496.0 + 1023.0);
  const double s = (m - 1.0) / (m + 1.0), z = s * s;
  double p = 1.0 / 19;  // 2 artanh s
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  p = p * z + 1.0;
  return 2.0 * s * p + e * 0.69314718055994530942;
}

/// |x| < 87
CARDIOTWIN_INLINE float fast_exp(float x) {
  constexpr float log2_e = 1.44269504F, ln2_high = 0.693359375F, ln2_low = -2.12194440e-4F;
  constexpr float shifter = 12582912.0F;  // 1.5 * 2^23
  x = x < -87.0F ? -87.0F : x;
  x = x > 87.0F ? 87.0F : x;
  const float shifted = x * log2_e + shifter;
  const float n = shifted - shifter;
  const float r = (x - n * ln2_high) - n * ln2_low;
  float p = 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(p) + (std::bit_cast<std::uint32_t>(shifted) << 23));
}

CARDIOTWIN_INLINE float fast_log(float x) {
  constexpr std::uint32_t root_half = 0x3f3504f3U, bias = 127U << 23;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t exponent = (bits - root_half + bias) >> 23;
  const auto m = std::bit_cast<float>(bits - ((exponent - 127U) << 23));
  const auto e = static_cast<float>(static_cast<std::int32_t>(exponent) - 127);
  const float s = (m - 1.0F) / (m + 1.0F), z = s * s;
  float p = 1.0F / 9;
  p = p * z + 1.0F / 7;
  p = p * z + 1.0F / 5;
  p = p * z + 1.0F / 3;
  p = p * z + 1.0F;
  return 2.0F * s * p + e * 0.693147181F;
}

CARDIOTWIN_INLINE float square(float x) { return x * x; }
CARDIOTWIN_INLINE float cube(float x) { return x * x * x; }
CARDIOTWIN_INLINE double square(double x) { return x * x; }
CARDIOTWIN_INLINE double cube(double x) { return x * x * x; }
/// 1/(1 + e^x)
CARDIOTWIN_INLINE double logistic(double x) { return 1.0 / (1.0 + fast_exp(x)); }

}  // namespace cardiotwin::electrophysiology

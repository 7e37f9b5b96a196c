#pragma once
/// Random numbers and textures that are the same on every machine: integer hashing only, no library distributions.

#include <cmath>
#include <cstdint>
#include <numbers>

namespace cardiotwin::phantom {

/// SplitMix64 finaliser (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195).
inline std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// In [0, 1).
inline double unit(std::uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1.0p-53; }

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(mix(seed)) {}
  std::uint64_t next() { return mix(state_ += 0x632be59bd9b4e019ULL); }
  double uniform(double low, double high) { return low + (high - low) * unit(next()); }
  bool chance(double probability) { return unit(next()) < probability; }
  /// Standard normal (Box-Muller).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - unit(next())));
    return radius * std::cos(2.0 * std::numbers::pi * unit(next()));
  }

 private:
  std::uint64_t state_;
};

/// Smooth value noise in [-1, 1] with features of about one unit.
inline double value_noise(double x, double y, double z, std::uint64_t seed) {
  const double fx = std::floor(x), fy = std::floor(y), fz = std::floor(z);
  const auto i = static_cast<std::int64_t>(fx), j = static_cast<std::int64_t>(fy), k = static_cast<std::int64_t>(fz);
  const auto ease = [](double t) { return t * t * (3.0 - 2.0 * t); };
  const double u = ease(x - fx), v = ease(y - fy), w = ease(z - fz);
  const auto corner = [&](std::int64_t a, std::int64_t b, std::int64_t c) {
    const auto key = static_cast<std::uint64_t>((i + a) * 73856093 ^ (j + b) * 19349663 ^ (k + c) * 83492791);
    return 2.0 * unit(mix(key ^ seed)) - 1.0;
  };
  const auto along_x = [&](std::int64_t b, std::int64_t c) { return std::lerp(corner(0, b, c), corner(1, b, c), u); };
  return std::lerp(std::lerp(along_x(0, 0), along_x(1, 0), v), std::lerp(along_x(0, 1), along_x(1, 1), v), w);
}

}  // namespace cardiotwin::phantom

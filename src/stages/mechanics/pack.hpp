#pragma once
/// Four doubles at a time, so that one element kernel works on four tetrahedra.

#include <cmath>
#include <cstddef>

namespace cardiotwin::mechanics {

inline constexpr int lanes = 4;
using Pack = double __attribute__((vector_size(lanes * sizeof(double))));
/// Of everything in memory that holds packs: code for the baseline machine and its AVX2 clone must agree on it.
inline constexpr std::size_t pack_alignment = lanes * sizeof(double);

template <class T>
inline T constant(double value);
template <>
inline double constant<double>(double value) {
  return value;
}
template <>
inline Pack constant<Pack>(double value) {
  return Pack{value, value, value, value};
}

inline double lane(double x, int) { return x; }
inline double lane(const Pack& x, int i) { return x[i]; }

template <class Function>
inline double each(double x, Function f) {
  return f(x);
}
template <class Function>
inline Pack each(Pack x, Function f) {
  for (int i = 0; i < lanes; ++i) x[i] = f(x[i]);
  return x;
}

template <class Function>
inline double each2(double x, double y, Function f) {
  return f(x, y);
}
template <class Function>
inline Pack each2(Pack x, const Pack& y, Function f) {
  for (int i = 0; i < lanes; ++i) x[i] = f(x[i], y[i]);
  return x;
}

template <class T>
inline T exponential(const T& x) {
  return each(x, [](double v) { return std::exp(v); });
}
template <class T>
inline T square_root(const T& x) {
  return each(x, [](double v) { return std::sqrt(v); });
}
/// x^(-2/3) of a positive x; NaN else, which the caller looks for.
template <class T>
inline T inverse_two_thirds(const T& x) {
  return each(x, [](double v) { return v > 0 ? 1 / std::cbrt(v * v) : std::nan(""); });
}

}  // namespace cardiotwin::mechanics

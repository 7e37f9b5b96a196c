#pragma once
/// Active stress along the fibre as the wall sees it: at every quadrature point a tension that depends on the stretch
/// at the end of the step.
///
///   S_active = S_a f0 x f0,   S_a = T or T/lambda,   T(lambda) = max(0, amplitude f_l(lambda) + slope (lambda - from))
///   f_l = tanh^2(a6 (l - a7)) / tanh^2(a6 (l0 - a7)),  l = l0 lambda, 0 below a7
///
/// lambda = sqrt(C11) stretch of the fibre; l sarcomere length, l0 at rest [um]. T/lambda makes T the force per area of
/// the reference (first Piola-Kirchhoff); T alone is the convention of Land et al., Proc R Soc A 471 (2015) 20150641.
/// The slope is what a step's own shortening takes from the tension: with it in the tangent the feedback between force
/// and stretch is stable (Regazzoni, Quarteroni, CMAME 381 (2021) 113773, doi 10.1016/j.cma.2021.113773). f_l:
/// Kerckhoffs, Bovendeerd, Kotte, Prinzen, Smits, Arts, Ann Biomed Eng 31 (2003) 536-547.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <vector>

#include "../pack.hpp"

namespace cardiotwin::mechanics {

/// What the tension at a given amplitude depends on.
struct ActiveLaw {
  bool over_stretch = false;  ///< S_a = T/lambda
  bool length_dependence = false;
  double rest_length = 2.1;   ///< l0 [um]
  double a6 = 2.0, a7 = 1.5;  ///< [1/um], [um]
};

/// Tension at all quadrature points of a rank, in the order of Wall's slots.
struct TensionField {
  std::vector<double> amplitude, slope;  ///< [kPa]
  std::vector<double> from;              ///< stretch at the last accepted step [1]
  explicit TensionField(std::size_t slots = 0) : amplitude(slots, 0.0), slope(slots, 0.0), from(slots, 1.0) {}
};

/// The field at the quadrature points of four elements.
struct TensionAt {
  const double *amplitude, *slope, *from;
  static Pack load(const double* values, std::size_t point) {
    Pack p;
    std::memcpy(&p, values + point * lanes, sizeof p);
    return p;
  }
};
inline TensionAt at(const TensionField& field, std::size_t first_slot) {
  return {field.amplitude.data() + first_slot, field.slope.data() + first_slot, field.from.data() + first_slot};
}

/// S_a and its derivative by E11 at the fibre component C11 of the right Cauchy-Green tensor.
template <class T>
void active_stress(const ActiveLaw& law, const T& amplitude, const T& slope, const T& from, const T& c11, T& stress,
                   T& stiffness) {
  const T stretch = square_root(c11);
  T tension = amplitude + slope * (stretch - from), by_stretch = slope;
  if (law.length_dependence) {
    const double at_rest = std::tanh(law.a6 * (law.rest_length - law.a7));
    const T x =
        each(law.a6 * (law.rest_length * stretch - law.a7), [](double v) { return std::tanh(std::max(v, 0.0)); });
    const T scaled = amplitude * (1 / (at_rest * at_rest));
    tension = scaled * x * x + slope * (stretch - from);
    by_stretch = slope + scaled * 2.0 * x * (1.0 - x * x) * (law.a6 * law.rest_length);
  }
  by_stretch = each2(by_stretch, tension, [](double d, double t) { return t < 0 ? 0.0 : d; });  // it does not push
  tension = each(tension, [](double t) { return t < 0 ? 0.0 : t; });
  // d lambda / d E11 = 1 / lambda
  stress = law.over_stretch ? tension / stretch : tension;
  stiffness = law.over_stretch ? (by_stretch - tension / stretch) / c11 : by_stretch / stretch;
}

}  // namespace cardiotwin::mechanics

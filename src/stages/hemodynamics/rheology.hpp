#pragma once
/// Viscosity of blood as a function of the shear rate g = sqrt(2 eps:eps) [1/ms]:
///   mu(g) = mu_inf + (mu_0 - mu_inf) (1 + (lambda g)^a)^((n - 1)/a)     (Carreau-Yasuda)
/// Newtonian where mu_0 = mu_inf. Values for blood (mu_0 0.16, mu_inf 0.0035 Pa s, lambda 8.2 s, a 0.64, n 0.2128):
/// Abraham, Behr, Heinkenschloss, Comput. Methods Biomech. Biomed. Eng. 8 (2005) 127-137.

#include <cmath>

namespace cardiotwin::hemodynamics {

struct Rheology {
  double infinite = 3.5e-3;  ///< mu_inf [kPa ms]
  double zero = 3.5e-3;      ///< mu_0 [kPa ms]
  double time = 8200;        ///< lambda [ms]
  double transition = 0.64;  ///< a
  double power = 0.2128;     ///< n

  bool newtonian() const { return zero == infinite; }
  double viscosity(double shear_rate) const {
    if (newtonian()) return infinite;
    return infinite +
           (zero - infinite) * std::pow(1 + std::pow(time * shear_rate, transition), (power - 1) / transition);
  }
};

inline Rheology newtonian(double viscosity) { return {.infinite = viscosity, .zero = viscosity}; }

}  // namespace cardiotwin::hemodynamics

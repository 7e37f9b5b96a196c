#pragma once
/// Backward differences of second order with a variable step:
///   du/dt(t_new) ~ a0 u_new + a1 u + a2 u_old,   u(t_new) ~ e1 u + e2 u_old.
/// With step = t_new - t, previous = t - t_old, r = step / previous. The first step (previous = 0) is of first order.
/// Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, section III.5.

namespace cardiotwin::hemodynamics {

struct Bdf2 {
  double a0, a1, a2;  ///< [1/ms]
  double e1, e2;      ///< [1]
};

inline Bdf2 bdf2(double step, double previous) {
  const double r = previous > 0 ? step / previous : 0;
  return {(1 + 2 * r) / (1 + r) / step, -(1 + r) / step, r * r / (1 + r) / step, 1 + r, -r};
}

}  // namespace cardiotwin::hemodynamics

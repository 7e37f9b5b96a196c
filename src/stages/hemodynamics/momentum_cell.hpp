#pragma once
/// The momentum equation on one P1 tetrahedron (equation and symbols: navier_stokes.hpp), test function
/// v_a + tau (c.grad v_a). Convection of a linear c is integrated exactly; SUPG takes the mean of c.
///   tau = [(2/dt)^2 + (sum |c.grad N_a|)^2 + (4 nu/h^2)^2]^(-1/2),  h the smallest altitude
/// Source: Tezduyar, Osawa, CMAME 190 (2000), UGN-based tau, with the sum of the three limits.

#include <algorithm>
#include <array>
#include <cmath>

#include "cardiotwin/fem/element.hpp"

namespace cardiotwin::hemodynamics {

/// What one tetrahedron sees of the fields.
struct MomentumInput {
  std::array<Vec3, 4> convecting;  ///< c [mm/ms]
  std::array<Vec3, 4> history;     ///< a1 u^n + a2 u^(n-1) [mm/ms^2]
  Vec3 pressure_gradient;          ///< of p# [kPa/mm]
};
struct MomentumScales {
  double density, viscosity, a0, step;
};
struct MomentumCell {
  std::array<double, 16> matrix;  ///< of each velocity component [mg/ms]
  std::array<Vec3, 4> rhs;        ///< [mN]
  double tau;                     ///< [ms]
  double courant;                 ///< step * sum |c.grad N| / 2 [1]
};

inline MomentumCell momentum_cell(const fem::AffineCell& shape, const MomentumInput& in, const MomentumScales& s) {
  const auto& g = shape.gradients;
  const Vec3 c_sum = in.convecting[0] + in.convecting[1] + in.convecting[2] + in.convecting[3];
  const Vec3 h_sum = in.history[0] + in.history[1] + in.history[2] + in.history[3];
  std::array<double, 4> along;  // mean c . grad N
  double advection = 0, steepest = 0;
  for (int a = 0; a < 4; ++a) {
    along[a] = 0.25 * dot(c_sum, g[a]);
    advection += std::abs(along[a]);
    steepest = std::max(steepest, dot(g[a], g[a]));  // 1 / h^2
  }
  MomentumCell out;
  const double unsteady = 2 / s.step, diffusion = 4 * s.viscosity / s.density * steepest;
  out.tau = 1 / std::sqrt(unsteady * unsteady + advection * advection + diffusion * diffusion);
  out.courant = 0.5 * s.step * advection;

  const double mass = s.density * shape.volume / 20;
  const double viscous = s.viscosity * shape.volume;
  for (int a = 0; a < 4; ++a) {
    const double upwind = out.tau * along[a];
    const Vec3 carried = mass * (in.convecting[a] + c_sum);
    const double upwind_mass = s.density * shape.volume * upwind;
    for (int b = 0; b < 4; ++b)
      out.matrix[4 * a + b] = s.a0 * mass * (a == b ? 2 : 1) + dot(carried, g[b]) + viscous * dot(g[a], g[b]) +
                              upwind_mass * (0.25 * s.a0 + along[b]);
    out.rhs[a] = (-mass) * (in.history[a] + h_sum) - (0.25 * upwind_mass) * h_sum -
                 (shape.volume * (0.25 + upwind)) * in.pressure_gradient;
  }
  return out;
}

}  // namespace cardiotwin::hemodynamics

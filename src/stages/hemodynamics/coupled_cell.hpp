#pragma once
/// The coupled equations of coupled_scheme.hpp on one P1 tetrahedron, for test functions v and q:
///   (v, rho (a0 u + h + c~.grad u)) + (grad v, mu grad u) - (div v, p)
///     + (c~.grad v, tau R) + (div v, rho tau_c div u),     R = rho (a0 u + h + c~.grad u) + grad p - f
///   (q, div u) + (grad q, tau R / rho)
/// with h = a1 u^n + a2 u^(n-1), and of the last iterate
///   c~ = c + u', u' = -tau R/rho   convection by the subscale velocity too (mean over the cell): brings the cross and
///                                  Reynolds stresses without coupling components; c~ is weakly free of divergence
///   f = div(Pi mu grad u)          the viscous force, which P1 does not have within a cell (Pi: lumped projection).
///                                  Without it, where diffusion sets tau, an artificial boundary condition of the
///                                  pressure costs half an order in velocity
/// Where the viscosity varies, 2 mu eps(u) replaces mu grad u.
///   tau   = [(2/dt)^2 + (sum |c.grad N_a|)^2 + (4 nu/h^2)^2]^(-1/2), h the smallest altitude: as in momentum_cell.hpp
///   tau_c = 1 / (tau G), G = 3 sum |grad N_a|^2, the trace of the metric (12/h^2 for a regular tetrahedron)
/// Altitudes do not depend on the order of a cell's nodes, as the metric tensor of a map from the reference tetrahedron
/// would.
/// Sources: Bazilevs, Calo, Cottrell, Hughes, Reali, Scovazzi, CMAME 197 (2007) 173-201; Forti, Dede, Computers &
/// Fluids 117 (2015) 168-182 (BDF, semi-implicit); Taylor, Hughes, Zarins, CMAME 158 (1998) 155-196 (convection by
/// u + u'); Jansen, Collis, Whiting, Shakib, CMAME 174 (1999) 153-170 (f).

#include <algorithm>
#include <array>
#include <cmath>

#include "cardiotwin/fem/element.hpp"

namespace cardiotwin::hemodynamics {

/// What one tetrahedron sees of the fields.
struct CoupledInput {
  std::array<Vec3, 4> iterate;     ///< velocity about which the equations are linear [mm/ms]
  std::array<Vec3, 4> convecting;  ///< c: the same, seen from the mesh [mm/ms]
  std::array<Vec3, 4> history;     ///< h [mm/ms^2]
  Vec3 pressure_gradient;          ///< of the pressure that goes with the iterate [kPa/mm]
  Vec3 viscous_force;              ///< div(mu grad u) of the iterate [kPa/mm]
};
struct CoupledScales {
  double density, viscosity, a0, step;
  double mass_weight;  ///< of the mass balance, which makes its unit that of the momentum balance [mg/(mm^2 ms)]
  bool symmetric;      ///< viscous term with the whole rate of strain
};
/// Four unknowns a node: u_x, u_y, u_z, p. Rows: momentum, then weighted mass balance [mN].
struct CoupledCell {
  std::array<std::array<double, 16>, 16> blocks;  ///< of nodes 4 a + b; each 4 x 4, column after column
  std::array<std::array<double, 4>, 4> rhs;       ///< of each node
  double tau;                                     ///< [ms]
  double courant;                                 ///< step * sum |c.grad N| / 2 [1]
};

struct Stabilisation {
  double tau, tau_c;  ///< [ms], [mm^2/ms]
  double courant;
};
inline Stabilisation stabilisation(const fem::AffineCell& shape, const Vec3& convecting, const CoupledScales& s) {
  double advection = 0, steepest = 0, trace = 0;
  for (const Vec3& g : shape.gradients) {
    const double square = dot(g, g);  // 1 / altitude^2
    advection += std::abs(dot(convecting, g));
    steepest = std::max(steepest, square);
    trace += 3 * square;
  }
  const double unsteady = 2 / s.step, diffusion = 4 * s.viscosity / s.density * steepest;
  const double tau = 1 / std::sqrt(unsteady * unsteady + advection * advection + diffusion * diffusion);
  return {tau, 1 / (tau * trace), 0.5 * s.step * advection};
}

inline void coupled_cell(const fem::AffineCell& shape, const CoupledInput& in, const CoupledScales& s,
                         CoupledCell& out) {
  const auto& g = shape.gradients;
  const double volume = shape.volume;
  const Vec3 c_mean = 0.25 * (in.convecting[0] + in.convecting[1] + in.convecting[2] + in.convecting[3]);
  const Vec3 h_mean = 0.25 * (in.history[0] + in.history[1] + in.history[2] + in.history[3]);
  const auto [tau, tau_c, courant] = stabilisation(shape, c_mean, s);
  out.tau = tau;
  out.courant = courant;

  const Vec3 known = h_mean - (1 / s.density) * in.viscous_force;  // of R / rho
  Vec3 residual = known + (1 / s.density) * in.pressure_gradient;  // R / rho of the iterate
  for (int a = 0; a < 4; ++a) residual = residual + (0.25 * s.a0 + dot(c_mean, g[a])) * in.iterate[a];
  const Vec3 subscale = (-tau) * residual;

  std::array<double, 4> along;  // mean c~ . grad N
  for (int a = 0; a < 4; ++a) along[a] = dot(c_mean + subscale, g[a]);
  const double mass = s.density * volume / 20, viscous = s.viscosity * volume, quarter = 0.25 * volume;
  const double squeeze = s.density * tau_c * volume;
  for (int a = 0; a < 4; ++a) {
    // the sum over the cell of N_a c~: exact for linear c
    const Vec3 carried = mass * (in.convecting[a] + 4 * c_mean + 5 * subscale);
    const double upwind = tau * volume * along[a];
    const Vec3 rising = (tau * volume) * g[a];
    for (int b = 0; b < 4; ++b) {
      auto& block = out.blocks[4 * a + b];
      const double inertia = 0.25 * s.a0 + along[b];
      const double scalar = s.a0 * mass * (a == b ? 2 : 1) + dot(carried, g[b]) + viscous * dot(g[a], g[b]) +
                            s.density * upwind * inertia;
      for (int j = 0; j < 3; ++j) {
        for (int i = 0; i < 3; ++i)
          block[4 * j + i] = squeeze * g[a][i] * g[b][j] + (s.symmetric ? viscous * g[b][i] * g[a][j] : 0.0);
        block[4 * j + j] += scalar;
        block[4 * j + 3] = s.mass_weight * (quarter * g[b][j] + rising[j] * inertia);
        block[12 + j] = upwind * g[b][j] - quarter * g[a][j];
      }
      block[15] = s.mass_weight / s.density * dot(rising, g[b]);
    }
    const Vec3 momentum = (-mass) * (in.history[a] + 4 * h_mean) - (s.density * upwind) * known;
    out.rhs[a] = {momentum[0], momentum[1], momentum[2], -s.mass_weight * dot(rising, known)};
  }
}

}  // namespace cardiotwin::hemodynamics

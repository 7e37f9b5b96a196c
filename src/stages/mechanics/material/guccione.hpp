#pragma once
/// Guccione: W = C/2 (e^Q - 1),  Q = bf E11^2 + bt (E22^2 + E33^2 + 2 E23^2) + 2 bfs (E12^2 + E13^2).
///
/// C [kPa], exponents dimensionless; E isochoric Green-Lagrange strain, 1 along the fibre.
/// Guccione, McCulloch, Waldman, J Biomech Eng 113 (1991) 42-55, doi 10.1115/1.2894084.

#include "response.hpp"

namespace cardiotwin::mechanics {

struct Guccione {
  double C = 0.88, bf = 18.5, bt = 3.58, bfs = 1.63;

  static constexpr const char* name = "guccione";
  static constexpr std::array<MaterialParameter<Guccione>, 4> parameters() {
    return {{{&Guccione::C, "C", "kPa", false, "scale"},
             {&Guccione::bf, "bf", "", false, "exponent along the fibre"},
             {&Guccione::bt, "bt", "", false, "exponent across the fibre"},
             {&Guccione::bfs, "bfs", "", false, "exponent of shear with the fibre"}}};
  }
  /// Mean over the directions of the stiffness at rest.
  double shear_modulus() const { return C * (bf + 2 * bt + bt + 2 * bfs) / 12; }
};

template <class T>
void respond(const Guccione& m, const std::array<T, 6>& e, Response<T>& r) {
  // Q = sum w_i e_i^2 with doubled shear strains.
  const std::array<double, 6> w{m.bf, m.bt, m.bt, 0.5 * m.bt, 0.5 * m.bfs, 0.5 * m.bfs};
  T q = constant<T>(0);
  std::array<T, 6> half_gradient;  // of Q
  for (int i = 0; i < 6; ++i) {
    half_gradient[i] = w[i] * e[i];
    q = q + half_gradient[i] * e[i];
  }
  const T scale = m.C * exponential(q);
  for (int i = 0; i < 6; ++i) {
    r.stress[i] = scale * half_gradient[i];
    for (int j = 0; j < 6; ++j) r.stiffness[i][j] = 2.0 * scale * half_gradient[i] * half_gradient[j];
    r.stiffness[i][i] = r.stiffness[i][i] + scale * w[i];
  }
}

}  // namespace cardiotwin::mechanics

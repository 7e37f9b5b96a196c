#pragma once
/// Neo-Hooke: W = mu/2 (I1 - 3).
///
/// mu shear modulus [kPa], I1 trace of the right Cauchy-Green tensor C = 2 E + 1.
/// Rivlin, Phil Trans R Soc A 240 (1948) 459-490.

#include "response.hpp"

namespace cardiotwin::mechanics {

struct NeoHooke {
  double mu = 5;

  static constexpr const char* name = "neo_hooke";
  static constexpr std::array<MaterialParameter<NeoHooke>, 1> parameters() {
    return {{{&NeoHooke::mu, "mu", "kPa", false, "shear modulus"}}};
  }
  double shear_modulus() const { return mu; }
};

template <class T>
void respond(const NeoHooke& m, const std::array<T, 6>&, Response<T>& r) {
  for (int i = 0; i < 6; ++i) {
    r.stress[i] = constant<T>(i < 3 ? m.mu : 0);  // I1 - 3 = 2 tr E
    for (int j = 0; j < 6; ++j) r.stiffness[i][j] = constant<T>(0);
  }
}

}  // namespace cardiotwin::mechanics

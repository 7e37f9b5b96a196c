#pragma once
/// Mooney-Rivlin: W = c1 (I1 - 3) + c2 (I2 - 3).
///
/// c1, c2 [kPa]; I1 = tr C, I2 = (I1^2 - C : C) / 2, C = 2 E + 1. dW/dE = 2 (c1 + c2 I1) 1 - 2 c2 C.
/// Mooney, J Appl Phys 11 (1940) 582-592; Rivlin, Phil Trans R Soc A 241 (1948) 379-397.

#include "response.hpp"

namespace cardiotwin::mechanics {

struct MooneyRivlin {
  double c1 = 2, c2 = 0.5;

  static constexpr const char* name = "mooney_rivlin";
  static constexpr std::array<MaterialParameter<MooneyRivlin>, 2> parameters() {
    return {{{&MooneyRivlin::c1, "c1", "kPa", false, "factor of the first invariant"},
             {&MooneyRivlin::c2, "c2", "kPa", true, "factor of the second invariant"}}};
  }
  double shear_modulus() const { return 2 * (c1 + c2); }
};

template <class T>
void respond(const MooneyRivlin& m, const std::array<T, 6>& e, Response<T>& r) {
  const T i1 = 3 + 2.0 * (e[0] + e[1] + e[2]);
  for (int i = 0; i < 6; ++i) {
    r.stress[i] = i < 3 ? 2 * (m.c1 + m.c2 * i1) - 2 * m.c2 * (1 + 2.0 * e[i]) : -2 * m.c2 * e[i];
    for (int j = 0; j < 6; ++j) r.stiffness[i][j] = constant<T>(i < 3 && j < 3 && i != j ? 4 * m.c2 : 0);
    if (i >= 3) r.stiffness[i][i] = constant<T>(-2 * m.c2);
  }
}

}  // namespace cardiotwin::mechanics

#pragma once
/// Holzapfel-Ogden: W = a/2b (e^{b(I1-3)} - 1) + sum_{f,s} a_i/2b_i (e^{b_i <I4i-1>^2} - 1) + afs/2bfs (e^{bfs I8^2} -
/// 1).
///
/// a, af, as, afs [kPa]; I4f = 1 + 2 E11, I4s = 1 + 2 E22, I8 = 2 E12. <x> acts in tension only: the family's stress is
/// switched by the smooth step H = 1/(1 + e^{-k x}), so that the energy stays a function of x.
/// Holzapfel, Ogden, Phil Trans R Soc A 367 (2009) 3445-3475, doi 10.1098/rsta.2009.0091; the smooth step as in
/// Arostica et al., CMAME 435 (2025) 117485. With `whole_fibres` I4 and I8 are those of the whole strain, as there, and
/// I1 alone is isochoric.

#include "response.hpp"

namespace cardiotwin::mechanics {

struct HolzapfelOgden {
  double a = 0.059, b = 8.023, af = 18.472, bf = 16.026, as = 2.481, bs = 11.12, afs = 0.216, bfs = 11.436;
  double k = 100;
  bool whole_fibres = false;

  static constexpr const char* name = "holzapfel_ogden";
  static constexpr std::array<MaterialParameter<HolzapfelOgden>, 9> parameters() {
    using P = HolzapfelOgden;
    return {{{&P::a, "a", "kPa", false, "isotropic scale"},
             {&P::b, "b", "", false, "isotropic exponent"},
             {&P::af, "af", "kPa", true, "fibre scale"},
             {&P::bf, "bf", "", false, "fibre exponent"},
             {&P::as, "as", "kPa", true, "sheet scale"},
             {&P::bs, "bs", "", false, "sheet exponent"},
             {&P::afs, "afs", "kPa", true, "fibre-sheet shear scale"},
             {&P::bfs, "bfs", "", false, "fibre-sheet shear exponent"},
             {&P::k, "switch", "", false, "sharpness of the step between compression and tension of a family"}}};
  }
  /// Mean over the directions of the stiffness at rest; half of the families' as they only act in tension.
  double shear_modulus() const { return a + (af + as) / 3; }
};

/// d/dE and d2/dE2 of a family's energy at x = 2 e.
template <class T>
void tension_family(double a, double b, double k, const T& e, T& stress, T& stiffness) {
  const T x = 2.0 * e;
  const T h = 1.0 / (1.0 + exponential(-k * x)), ex = exponential(b * x * x);
  const T s = 2.0 * a * x * ex;
  stress = s * h;
  stiffness = 2.0 * (2.0 * a * ex * (1.0 + 2.0 * b * x * x) * h + s * k * h * (1.0 - h));
}

/// Adds the two families and their shear at a strain.
template <class T>
void add_fibres(const HolzapfelOgden& m, const std::array<T, 6>& e, Response<T>& r) {
  T s, d;
  tension_family(m.af, m.bf, m.k, e[0], s, d);
  r.stress[0] = r.stress[0] + s, r.stiffness[0][0] = r.stiffness[0][0] + d;
  tension_family(m.as, m.bs, m.k, e[1], s, d);
  r.stress[1] = r.stress[1] + s, r.stiffness[1][1] = r.stiffness[1][1] + d;
  const T shear = m.afs * exponential(m.bfs * e[5] * e[5]);  // I8 = 2 E12
  r.stress[5] = r.stress[5] + shear * e[5];
  r.stiffness[5][5] = r.stiffness[5][5] + shear * (1.0 + 2.0 * m.bfs * e[5] * e[5]);
}

template <class T>
void respond(const HolzapfelOgden& m, const std::array<T, 6>& e, Response<T>& r) {
  const T i1 = 2.0 * (e[0] + e[1] + e[2]);
  const T iso = m.a * exponential(m.b * i1);
  for (int i = 0; i < 6; ++i) {
    r.stress[i] = i < 3 ? iso : constant<T>(0);
    for (int j = 0; j < 6; ++j) r.stiffness[i][j] = i < 3 && j < 3 ? 2.0 * m.b * iso : constant<T>(0);
  }
  if (!m.whole_fibres) add_fibres(m, e, r);
}

}  // namespace cardiotwin::mechanics

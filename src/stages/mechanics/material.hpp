#pragma once
/// Passive laws of the wall, in the axes of the fibre: 1 fibre, 2 sheet, 3 normal.
///
/// A law gives the strain energy W(E) [kPa] of the ISOCHORIC Green-Lagrange strain through its first and second
/// derivative; the split into isochoric and volumetric part is the kernel's. Voigt order 11 22 33 23 13 12, shear
/// strains doubled. T is double or a pack of doubles.
///
///   neo_hooke        W = mu/2 (I1 - 3)
///   guccione         W = C/2 (e^Q - 1),  Q = bf E11^2 + bt (E22^2 + E33^2 + 2 E23^2) + 2 bfs (E12^2 + E13^2)
///                    Guccione, McCulloch, Waldman, J Biomech Eng 113 (1991) 42-55
///   holzapfel_ogden  W = a/2b (e^{b(I1-3)} - 1) + sum_{f,s} a_i/2b_i (e^{b_i <I4i-1>^2} - 1) + afs/2bfs (e^{bfs I8^2}
///   - 1)
///                    Holzapfel, Ogden, Phil Trans R Soc A 367 (2009) 3445-3475; <x> is x H(x) with H = 1/(1+e^{-k x})

#include <array>
#include <string_view>

#include "pack.hpp"

namespace cardiotwin::mechanics {

struct NeoHooke {
  double mu = 5;  ///< [kPa]
};
struct Guccione {
  double C = 0.88, bf = 18.5, bt = 3.58, bfs = 1.63;  ///< [kPa], [1]
};
struct HolzapfelOgden {
  double a = 0.059, b = 8.023, af = 18.472, bf = 16.026, as = 2.481, bs = 11.12, afs = 0.216, bfs = 11.436;
  double k = 100;  ///< sharpness of the switch between tension and compression
};

/// First derivative (stress) and second derivative (stiffness, 6 x 6 symmetric) of W by the strain.
template <class T>
struct Response {
  std::array<T, 6> stress;
  std::array<std::array<T, 6>, 6> stiffness;
};

template <class T>
void respond(const NeoHooke& m, const std::array<T, 6>&, Response<T>& r) {
  for (int i = 0; i < 6; ++i) {
    r.stress[i] = constant<T>(i < 3 ? m.mu : 0);  // I1 - 3 = 2 tr E
    for (int j = 0; j < 6; ++j) r.stiffness[i][j] = constant<T>(0);
  }
}

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

/// d/dE and d2/dE2 of (a/2b)(e^{b x^2} - 1) H-blended for tension only, with x = 2 e.
template <class T>
void tension_family(double a, double b, double k, const T& e, T& stress, T& stiffness) {
  const T x = 2.0 * e;
  // The stress 2 a x e^{b x^2} is switched on by the smooth step, so that the energy stays a function of x.
  const T h = 1.0 / (1.0 + exponential(-k * x)), ex = exponential(b * x * x);
  const T s = 2.0 * a * x * ex;
  stress = s * h;
  stiffness = 2.0 * (2.0 * a * ex * (1.0 + 2.0 * b * x * x) * h + s * k * h * (1.0 - h));
}

template <class T>
void respond(const HolzapfelOgden& m, const std::array<T, 6>& e, Response<T>& r) {
  const T i1 = 2.0 * (e[0] + e[1] + e[2]);
  const T iso = m.a * exponential(m.b * i1);
  for (int i = 0; i < 6; ++i) {
    r.stress[i] = i < 3 ? iso : constant<T>(0);
    for (int j = 0; j < 6; ++j) r.stiffness[i][j] = i < 3 && j < 3 ? 2.0 * m.b * iso : constant<T>(0);
  }
  T s, d;
  tension_family(m.af, m.bf, m.k, e[0], s, d);
  r.stress[0] = r.stress[0] + s, r.stiffness[0][0] = r.stiffness[0][0] + d;
  tension_family(m.as, m.bs, m.k, e[1], s, d);
  r.stress[1] = r.stress[1] + s, r.stiffness[1][1] = r.stiffness[1][1] + d;
  const T shear = m.afs * exponential(m.bfs * e[5] * e[5]);  // I8 = 2 E12
  r.stress[5] = r.stress[5] + shear * e[5];
  r.stiffness[5][5] = r.stiffness[5][5] + shear * (1.0 + 2.0 * m.bfs * e[5] * e[5]);
}

}  // namespace cardiotwin::mechanics

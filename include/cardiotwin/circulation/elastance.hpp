#pragma once
/// A heart chamber whose stiffness is a given function of time.
///
///   P = E(t) (V - V0),    E(t) = E_passive + E_active e(t)
///   e = (1 - cos(pi a / c)) / 2           0 <= a < c        contraction
///   e = (1 + cos(pi (a - c) / r)) / 2     c <= a < c + r    relaxation
///   e = 0                                 else
///
/// a = t / T - start, modulo 1: part of the period T since the start of contraction; c, r lengths of contraction and
/// relaxation as parts of the period. Source: Blanco, Feijoo, Med Eng Phys 32 (2010) 652-667, as used by Regazzoni et
/// al., J Comput Phys 457 (2022) 111083.

#include <string>

namespace cardiotwin::circulation {

struct Chamber {
  double active = 0, passive = 0;  ///< E_active, E_passive [kPa/mm^3]
  double unloaded_volume = 0;      ///< V0 [mm^3]
  double start = 0, contraction = 0, relaxation = 0;
};

double elastance(const Chamber& chamber, double period_ms, double time_ms);

/// Throws core::Error (configuration) naming `key` and the member that is out of its range.
void check(const Chamber& chamber, const std::string& key);

/// A left ventricle that stands alone.
struct ElastanceVentricle {
  Chamber chamber;
  double period_ms = 0;
  double stiffness(double time_ms) const { return elastance(chamber, period_ms, time_ms); }
  double volume(double pressure, double time_ms) const {
    return chamber.unloaded_volume + pressure / stiffness(time_ms);
  }
};

}  // namespace cardiotwin::circulation

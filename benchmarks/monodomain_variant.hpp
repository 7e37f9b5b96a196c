#pragma once
/// Schemes for the monodomain equation that the product does not have, on the slab of Niederer et al. 2011, written
/// plainly for comparison: matrices and solver of PETSc, double precision, any quadrature rule. Serial.
///
///   (M_a + dt K) V^(n+1) = M_a V^n - dt F   (monodomain.hpp),   F_i = integral of N_i I_ion,
///
/// with N_i of order 1 or 2. In cells over which V spreads by more than a threshold, V and state are interpolated to
/// the points of a quadrature rule and I_ion is evaluated there; elsewhere F = M_b I of the nodal currents I. With
/// M_a = M_b in all cells this is operator splitting.

#include <vector>

#include "slab.hpp"

namespace cardiotwin::electrophysiology {

struct Variant {
  int order = 1;
  double lumped_mass = 0.5;                                    ///< a; 0 for order 2, where lumped masses are negative
  double lumped_load = 0;                                      ///< b; 0 unless the threshold is infinite
  double threshold_mV = Options().interpolation_threshold_mV;  ///< infinite: nodal currents everywhere
  int quadrature_degree = 2;                                   ///< of the state's rule, 1 to 5
};

/// Activation times [ms] of the slab's points (then, for order 2, of the middles of its edges), -1 where there was none
/// before `end_ms`; all else is as in Options.
std::vector<double> activation(const Slab& slab, const Variant& variant, double end_ms);

}  // namespace cardiotwin::electrophysiology

#pragma once
/// Inertia of the wall in time: the generalised-alpha scheme with forces at the end of the step (alpha_f = 0).
///
///   rho M ((1 - am) a + am a_n) + f(u) = 0,   am = (r - 1)/(r + 1)
///   u = u_n + h v_n + h^2 ((1/2 - b) a_n + b a),   v = v_n + h ((1 - g) a_n + g a),   g = 1/2 - am,  b = (1 - am)^2/4
///
/// rho density [kPa ms^2/mm^2; 1 is 1000 kg/m^3], M mass of the displacement's functions [mm^3], h step [ms], r
/// spectral radius at infinite frequency. Second order, unconditionally stable for linear problems. Source: Chung,
/// Hulbert, J Appl Mech 60 (1993) 371-375, doi 10.1115/1.2900803; alpha_f = 0 is the member of Wood, Bossak,
/// Zienkiewicz (1980).

#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"
#include "pattern.hpp"

namespace cardiotwin::mechanics {

struct AlphaScheme {
  double radius = 0.5;
  double am() const { return (radius - 1) / (radius + 1); }
  double gamma() const { return 0.5 - am(); }
  double beta() const { return 0.25 * (1 - am()) * (1 - am()); }
};

/// Rates of a wall that has inertia; both empty without it. At local displacement nodes, interlaced.
struct WallRates {
  std::vector<double> velocity, acceleration;  ///< [mm/ms], [mm/ms^2]
};

/// rates at the end of a step from u_n to u.
WallRates rates_after(const AlphaScheme& scheme, std::span<const double> u, std::span<const double> previous,
                      const WallRates& rates, double step);

class Inertia {
 public:
  /// Local. `volumes` of the local cells [mm^3]; `cell_blocks` positions of each cell's node pairs in `uu`.
  Inertia(const fem::Space& space, const BlockPattern& uu, std::span<const std::int32_t> cell_blocks,
          std::span<const double> volumes, double density);
  /// Adds rho M a to the force at local nodes.
  void add_force(std::span<const double> acceleration, std::span<double> force) const;
  /// Adds factor rho M to the diagonals of the uu blocks.
  void add_stiffness(double factor, std::span<double> blocks) const;

 private:
  const BlockPattern* uu_;
  std::vector<double> mass_;  ///< rho M per block of uu, of this rank's cells
};

}  // namespace cardiotwin::mechanics

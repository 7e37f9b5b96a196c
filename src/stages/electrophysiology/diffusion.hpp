#pragma once
/// The diffusion part of a step on P1 tetrahedra:
///
///   (M_a + dt K) V^(n+1) = M_a V^n - dt (M I + c),    M_a = (1 - a) M + a L
///
/// with M the consistent and L the lumped mass [mm^3], K the stiffness of D [mm^3/ms], I the nodal current [mV/ms], c a
/// correction of its load [mV mm^3/ms]. Solved by conjugate gradients, preconditioned with the diagonal, from the
/// quadratic extrapolation of the last three potentials: one or two iterations.
///
/// Memory is what this costs, so the constant matrices are kept in single precision, without the diagonal, and once for
/// both triangles: as rows of M have the sum L and rows of K the sum zero,
///   (M w + K x)_i = L_i w_i + sum_j (M_ij (w_j - w_i) + K_ij (x_j - x_i)),
/// where i and j exchange the same flux. So constants are kept and charge is conserved, however entries are rounded. A
/// rank keeps what its own cells make, for all its local nodes; ghosts' sums are added to their owners.

#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"

namespace cardiotwin::electrophysiology {

/// D along and across the fibre [mm^2/ms].
struct Diffusivity {
  double along = 0, across = 0;
};

class Diffusion {
 public:
  /// Collective. `fibres` one a mesh point, `diffusivity` one a mesh cell. `tolerance_mV`: root mean square of the
  /// residual over the matrix's diagonal, which is an error in mV.
  Diffusion(const fem::Space& space, const mesh::TetMesh& mesh, std::span<const Vec3> fibres,
            std::span<const Diffusivity> diffusivity, double lumped_fraction, double time_step_ms, double tolerance_mV);

  /// Collective. V^n and the two before it, ghosts included; `current` and this rank's part of `correction` at local
  /// nodes. The new potential takes the place of the oldest, and `correction` is zero afterwards. Returns the number of
  /// iterations. Throws core::Error (numerical) when it does not converge, on every rank.
  int step(Vec now, Vec old, Vec older, std::span<const double> current, std::span<double> correction);

  std::span<const double> cell_volumes() const { return volumes_; }  ///< of local cells [mm^3]

 private:
  void assemble(const mesh::TetMesh& mesh, std::span<const Vec3> fibres, std::span<const Diffusivity> diffusivity);
  void precondition();
  void residual(Vec now, Vec old, Vec older, std::span<const double> current, std::span<double> correction);
  void apply();
  int solve(Vec solution);
  [[noreturn]] void give_up(double residual_mV, int iterations) const;

  const fem::Space& space_;
  double a_, dt_, tolerance_mV_;
  std::vector<double> volumes_;
  // Rows right of their diagonals; columns are local nodes.
  struct Coupling {
    std::int32_t column;
    float mass, stiffness;
  };
  struct Entry {
    std::int32_t column;
    float value;  ///< of M_a + dt K
  };
  std::vector<std::int64_t> row_;
  std::vector<Coupling> couplings_;
  std::vector<Entry> entries_;
  std::vector<float> lumped_;
  std::vector<float> jacobi_;  ///< 1 / whole diagonal of M_a + dt K at owned nodes
  struct Pair {
    float mass_side, stiffness_side;
  };
  std::vector<Pair> sides_;  ///< what M and K are applied to
  fem::Vector residual_, direction_, product_;
};

}  // namespace cardiotwin::electrophysiology

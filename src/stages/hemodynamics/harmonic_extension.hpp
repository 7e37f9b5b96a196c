#pragma once
/// Extends vectors given at some nodes to the others: div(kappa grad d) = 0, kappa constant an element.

#include <cstdint>
#include <string>
#include <vector>

#include "cardiotwin/fem/solver.hpp"
#include "halo.hpp"
#include "node_matrix.hpp"

namespace cardiotwin::hemodynamics {

/// Element stiffness (width x width each, row major) of kappa = (mean volume / volume)^stiffening on tetrahedra: small
/// cells move as if rigid. Collective.
std::vector<double> tetrahedron_stiffness(const fem::Space& space, double stiffening);
/// The same with kappa = 1 on triangles in space; `triangles` are local.
std::vector<double> triangle_stiffness(const fem::Space& space, std::span<const std::int32_t> triangles);

class HarmonicExtension {
 public:
  /// Collective. `elements` are local nodes (x width); `fixed` per local node. Nodes of no element must be fixed.
  /// `tolerance`: relative residual.
  HarmonicExtension(Halo& halo, const std::string& name, std::span<const std::int32_t> elements, int width,
                    std::vector<double> stiffness, std::vector<std::uint8_t> fixed, double tolerance);
  /// Collective. Free values are start values on entry; ghosts are right on return.
  void extend(Vectors& field);

 private:
  Halo& halo_;
  std::vector<std::int32_t> elements_;
  int width_;
  std::vector<double> stiffness_;
  std::vector<std::uint8_t> fixed_;
  NodeMatrix<1> matrix_;
  fem::LinearSolver solver_;
  fem::Vector rhs_, solution_;
};

}  // namespace cardiotwin::hemodynamics

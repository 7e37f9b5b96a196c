#pragma once
/// The cavity: its volume and the pressure on its wall, on the displacement's triangles.
///
///   V = 1/3 int (x - c) . da,     L_a = int N_a da,    da along the normal from the cavity into the wall
///
/// c is the centroid of the rim's nodes and moves with them. A lid of straight lines from c to the rim has (x - c) . da
/// = 0, so it closes the cavity without being integrated, and V is exact for a moving base.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"
#include "pattern.hpp"

namespace cardiotwin::mechanics {

/// Closed borders of a surface: one where a cavity is open at its base, more where it has holes. Local.
std::size_t rims(const mesh::TetMesh& mesh, std::int32_t surface);

class CavitySurface {
 public:
  CavitySurface() = default;
  /// Collective. `surface` 0: no cavity.
  CavitySurface(const mesh::TetMesh& mesh, const fem::Space& space, std::int32_t surface, const BlockPattern& uu);

  struct Values {
    double volume = 0;                   ///< of all ranks [mm^3]
    std::vector<double> load, gradient;  ///< L and dV/du, per nodes() and component; to be summed over ranks
  };
  /// Collective. `position` of the local nodes, interlaced.
  Values evaluate(const core::Comm& comm, std::span<const double> position) const;
  /// Adds -pressure dL/du to the uu blocks. Local.
  void add_stiffness(std::span<const double> position, double pressure, std::span<double> blocks) const;
  /// Local nodes that load and gradient are given for.
  std::span<const std::int32_t> nodes() const { return nodes_; }
  bool exists() const { return exists_; }

 private:
  struct Side {
    std::array<std::int32_t, 6> node, slot;  ///< local node, and its place in nodes_
    std::array<std::int32_t, 36> block;
  };
  struct At {
    double weight;
    std::array<double, 6> n;
    std::array<std::array<double, 2>, 6> gradient;
  };
  bool exists_ = false;
  int per_side_ = 6;  ///< nodes of a triangle
  std::vector<At> at_;
  std::vector<Side> sides_;
  std::vector<std::int32_t> nodes_;
  std::vector<std::int32_t> rim_slot_;  ///< owned nodes of the rim, as places in nodes_
  double rim_weight_ = 0;               ///< one over the number of all rim nodes
};

}  // namespace cardiotwin::mechanics

#pragma once
/// The nodes where they are now, and what follows from that.

#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/fem/element.hpp"
#include "halo.hpp"

namespace cardiotwin::hemodynamics {

/// Mean-ratio quality of a tetrahedron: 12 (3 V)^(2/3) / sum of squared edges, with the sign of V; 1 for a regular one.
double mean_ratio(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d);

class FlowMesh {
 public:
  /// At the space's own coordinates. Collective; `space` must outlive it and be of order 1.
  explicit FlowMesh(const fem::Space& space);

  struct Cell {
    std::array<std::int32_t, 4> nodes;
    const fem::AffineCell& shape;
  };
  std::size_t cells() const { return shapes_.size(); }
  Cell cell(std::size_t c) const {
    const std::int32_t* n = space_.cell_nodes().data() + 4 * c;
    return {{n[0], n[1], n[2], n[3]}, shapes_[c]};
  }

  /// Collective. Nothing is computed where the nodes have not moved.
  void move_to(std::span<const Vec3> positions);
  /// Grows with every motion: what was computed from the mesh serves while it stays.
  std::int64_t revision() const { return revision_; }

  const fem::Space& space() const { return space_; }
  Halo& halo() { return halo_; }
  const Halo& halo() const { return halo_; }
  std::span<const Vec3> positions() const { return positions_; }
  /// Nodal volumes [mm^3]; owned nodes.
  const Scalars& lumped_volume() const { return lumped_volume_; }
  double volume() const { return volume_; }                      ///< of all ranks' cells [mm^3]
  double smallest_quality() const { return smallest_quality_; }  ///< of all ranks' cells; <= 0 where inverted

 private:
  void compute();
  const fem::Space& space_;
  Halo halo_;
  std::vector<Vec3> positions_;
  std::vector<fem::AffineCell> shapes_;  ///< of local cells
  Scalars lumped_volume_;
  double volume_ = 0, smallest_quality_ = 1;
  std::int64_t revision_ = 0;
};

}  // namespace cardiotwin::hemodynamics

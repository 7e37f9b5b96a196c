#pragma once
/// Springs and dashpots on a surface of the reference wall, along its normal N and in its plane:
///
///   t = -(k_n N x N + k_t (1 - N x N)) u - (c_n N x N + c_t (1 - N x N)) du/dt      [kPa]
///
/// Values for the epicardium (pericardium): Pfaller et al., Biomech Model Mechanobiol 18 (2019) 503-529.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cardiotwin/fem/space.hpp"
#include "pattern.hpp"

namespace cardiotwin::mechanics {

struct Support {
  std::int32_t surface = 0;
  double normal_stiffness = 0, tangential_stiffness = 0;  ///< [kPa/mm]
  double normal_viscosity = 0, tangential_viscosity = 0;  ///< [kPa ms/mm]
  std::vector<char> part = {};  ///< per triangle of the mesh, 1: belongs to it; empty: the whole surface
};

/// The triangles of this rank that one support acts on.
class SupportSurface {
 public:
  SupportSurface(const mesh::TetMesh& mesh, const fem::Space& space, const Support& support, const BlockPattern& uu);
  /// Normals and areas at the quadrature points, from the reference positions of the local nodes (interlaced).
  void set_reference(std::span<const double> position);
  /// Adds to the force at local nodes.
  void add_force(std::span<const double> u, std::span<const double> previous, double rate,
                 std::span<double> force) const;
  /// Adds to the uu blocks (9 values each).
  void add_stiffness(double rate, std::span<double> blocks) const;

 private:
  static constexpr int max_nodes = 6, max_points = 6;
  struct Side {
    std::array<std::int32_t, max_nodes> node;
    std::array<std::int32_t, max_nodes * max_nodes> block;
    std::array<Vec3, max_points> normal;  ///< unit
    std::array<double, max_points> area;  ///< weight times area
  };
  struct At {
    double weight;
    std::array<double, max_nodes> n;
    std::array<Vec3, max_nodes> gradient;
  };
  /// Area times (normal N x N + tangential (1 - N x N)) at a point.
  static std::array<double, 9> stiffness(const Side& side, std::size_t q, double normal, double tangential);

  Support support_;
  int nodes_ = 6;  ///< of a triangle
  std::vector<At> at_;
  std::vector<Side> sides_;
};

}  // namespace cardiotwin::mechanics

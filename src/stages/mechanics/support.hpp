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
};

/// The triangles of this rank that one support acts on.
class SupportSurface {
 public:
  SupportSurface(const mesh::TetMesh& mesh, const fem::Space& space, const Support& support, const BlockPattern& uu);
  /// Normals and areas from the reference positions of the local nodes (interlaced).
  void set_reference(std::span<const double> position);
  /// Adds to the force at local nodes.
  void add_force(std::span<const double> u, std::span<const double> previous, double rate,
                 std::span<double> force) const;
  /// Adds to the uu blocks (9 values each).
  void add_stiffness(double rate, std::span<double> blocks) const;

 private:
  struct Side {
    std::array<std::int32_t, 6> node;
    std::array<std::int32_t, 36> block;
    std::array<double, 9> spring, dashpot;  ///< times twice the area
  };
  Support support_;
  std::vector<Side> sides_;
  std::array<double, 36> mass_;  ///< of the reference triangle
};

}  // namespace cardiotwin::mechanics

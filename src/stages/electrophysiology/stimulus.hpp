#pragma once
/// Where and when current is injected.

#include <cstdint>
#include <string>
#include <vector>

#include "cardiotwin/core/vec3.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::electrophysiology {

/// A train of rectangular pulses on a set of mesh points, each with its own delay.
struct Stimulus {
  std::string name;
  std::vector<std::int32_t> points;
  std::vector<double> delay_ms;  ///< per point, on top of start_ms
  double start_ms = 0, duration_ms = 2;
  double strength_uA_per_mm3 = 50;  ///< per volume of tissue
  double period_ms = 0;             ///< between pulses; 0 with count 1
  int count = 1;

  double first_ms() const;  ///< when the first point is first stimulated
  double last_ms() const;   ///< when the last pulse ends at the last point
};

/// Which part of the step [t, t + dt] the pulses of a point with this delay cover, 0 to 1: the charge is then exact for
/// any dt.
double pulse_fraction(const Stimulus& stimulus, double delay_ms, double t_ms, double dt_ms);

/// Points within `radius` of `centre`.
std::vector<std::int32_t> points_within(const mesh::TetMesh& mesh, const Vec3& centre, double radius_mm);
/// Points within the axis-parallel box that starts at `corner`.
std::vector<std::int32_t> points_in_box(const mesh::TetMesh& mesh, const Vec3& corner, const Vec3& size_mm);

/// The point nearest to a position.
std::int32_t nearest_point(const mesh::TetMesh& mesh, const Vec3& position);

/// A wave that runs over the tagged surface with `speed` (m/s = mm/ms) from the `seeds`, along its edges (Dijkstra):
/// the Purkinje network in its simplest form. Points of the layer of cells at the surface are stimulated as the wave
/// passes.
void spread_over_surface(const mesh::TetMesh& mesh, std::int32_t tag, const std::vector<std::int32_t>& seeds,
                         double speed, Stimulus& stimulus);

}  // namespace cardiotwin::electrophysiology

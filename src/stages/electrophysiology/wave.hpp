#pragma once
/// What activation and repolarisation times say about the wave that made them. Times in ms, lengths in mm, speeds in
/// mm/ms = m/s. A time below zero is unknown, and so is a result of -1 or an absent one; nothing is ever NaN.
///
/// Where T(x) is the activation time, the wave runs along grad T, at
///   speed v = 1 / |grad T|,   velocity grad T / |grad T|^2,
/// and in a tissue of speeds v_l along and v_t across the fibre f (the eikonal equation without curvature)
///   v^2 = v_l^2 cos^2 + v_t^2 sin^2   of the angle between grad T and f.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::electrophysiology {

/// Velocity in each cell; zero where a corner was never activated and where waves meet or start: there T is level, so
/// that the speed comes out above `fastest`. A stimulus that travels (the Purkinje wave) has its own speed: its cells
/// are the caller's to leave out, by a zero.
std::vector<Vec3> conduction_velocity(const mesh::TetMesh& mesh, std::span<const double> activation_ms,
                                      double fastest_m_per_s = 5);

/// v_l and v_t: medians over the cells whose wave runs within 30 degrees of the fibre, and within 30 degrees of its
/// normal plane. Each cell's speed is turned to the axis by the equation above, since 30 degrees from the normal
/// plane the wave is already faster than across by 60 per cent.
struct ConductionSpeeds {
  std::optional<double> along, across;
  std::int64_t cells_along = 0, cells_across = 0;
};
ConductionSpeeds conduction_speeds(const mesh::TetMesh& mesh, std::span<const Vec3> velocity,
                                   std::span<const Vec3> fibres);

/// From the first to the last known time.
std::optional<double> spread_ms(std::span<const double> times_ms);

/// Repolarisation less activation, APD90; -1 where either is unknown.
std::vector<double> action_potential_durations(std::span<const double> activation_ms,
                                               std::span<const double> repolarisation_ms);

/// One AHA segment. Means over its points, weighted by their share of its volume.
struct SegmentTimes {
  double activation_ms = -1, earliest_ms = -1, latest_ms = -1;  ///< mean, first and last activation
  double repolarisation_ms = -1, duration_ms = -1;              ///< means
};
/// Of segments 1 to 17; `segment` one a cell, other numbers do not count.
std::array<SegmentTimes, 17> segment_times(const mesh::TetMesh& mesh, std::span<const std::int32_t> segment,
                                           std::span<const double> activation_ms,
                                           std::span<const double> repolarisation_ms);

}  // namespace cardiotwin::electrophysiology

#pragma once
/// Conductivities with which waves travel at wanted speeds on elements of a given size.
///
/// The speed of the discrete wave depends on the elements as much as on sigma once edges are longer than the front is
/// thick. Across the fibre it also depends on how the edges lie: an edge that is oblique to the fibre lets the large
/// conductivity along the fibre act in the direction of the wave. A wave along the edges of a box of cubes sees nothing
/// of that; with edges of 0.5 mm it is a fifth slower across the fibre than one in a mesh without order.
///
/// So speeds are measured in a rod that is cut out of the tetrahedra between the points of a body-centred cubic
/// lattice, whose shapes are close to those of a good mesh without order. They have the symmetry of the cube; the mean
/// over all directions of what has this symmetry, up to degree 7 in the direction n of the wave, is its value where
///   n_1^4 + n_2^4 + n_3^4 = 3/5,   n_1^2 n_2^2 n_3^2 = 1/105,   |n| = 1
/// (the cubic harmonics of degree 4 and 6 vanish there). This is the axis of the rod. For the wave across, fibres turn
/// about the axis from end to end, so that all directions across it have their share.

#include <filesystem>
#include <string>

#include "eikonal.hpp"
#include "monodomain.hpp"

namespace cardiotwin::electrophysiology {

struct Calibration {
  const IonicModel& model;
  CellKind kind;
  Speed target;        ///< along and across the fibre [m/s]
  double edge_mm = 0;  ///< mean edge of the mesh, as mean_edge() has it
  Options options;     ///< all that the speed depends on: time step, chi, C_m, thresholds, tolerance, lumping
};

/// Speed of a plane wave along and across the fibre [m/s]; zero where it dies out. Serial, as all that follows: for one
/// rank.
double measured_speed(const Calibration& setup, const Conductivity& sigma, bool along);

/// The conductivities that give the target speeds to 1 %. Seconds. Throws core::Error (numerical), with the slowest
/// wave and the edges that it takes, when these elements cannot have waves so slow: long ones carry them across the
/// fibre whatever sigma is.
Conductivity calibrate(const Calibration& setup);

/// All that the result depends on, as text.
std::string calibration_key(const Calibration& setup);
/// calibrate(), kept in `folder` (kept.hpp).
Conductivity calibrate(const Calibration& setup, const std::filesystem::path& folder);

}  // namespace cardiotwin::electrophysiology

#pragma once
/// Domains of flow by formula, swept in layers: the benchmarks' channel with a cylinder, the straight pipe, the nozzle.

#include "cardiotwin/artifacts/vessel_mesh.hpp"

namespace cardiotwin::meshing {

/// A box channel along x with a cylinder along z all the way through it: Schaefer and Turek, Benchmark computations of
/// laminar flow around a cylinder (1996), doi 10.1007/978-3-322-89849-4_39, geometry 3D-Z. Lengths in mm.
struct Channel {
  double length = 2.5, height = 0.41, depth = 0.41;  ///< along x, y, z from the origin
  double cylinder_x = 0.5, cylinder_y = 0.2, cylinder_diameter = 0.1;
  double edge = 0.007;  ///< at the cylinder; at distance d from it edge + growth * d, but at most cap
  double growth = 0.1, cap = 0.032;
  double wall_edge = 0.007;    ///< at the cylinder across its surface
  int layers = 17;             ///< along z
  double layer_grading = 0.5;  ///< 0: all as deep; 1: as the cosine has it, thin at both walls
};
/// Surfaces inlet (x = 0), outlet, wall, cylinder.
artifacts::VesselMesh make_channel(const Channel& channel);

/// A straight round pipe along z from the origin. Lengths in mm.
struct Pipe {
  double radius = 5, length = 20;
  double edge = 1;         ///< in the middle
  double wall_edge = 0.5;  ///< across the last ring
  int layers = 20;
};
/// Surfaces inlet (z = 0), outlet, wall.
artifacts::VesselMesh make_pipe(const Pipe& pipe);

/// The nozzle of the FDA's benchmark in the orientation of the sudden expansion, axis z: a pipe, a cone of 20 degrees,
/// a throat, and at z = 0 the pipe again. Hariharan et al. 2011, doi 10.1115/1.4003440. Lengths in mm.
struct Nozzle {
  double pipe_radius = 6, throat_radius = 2, throat_length = 40, cone_length = 22.685;
  double inlet = -120, outlet = 120;  ///< z of both ends
  double edge = 0.34;                 ///< in the throat; all others follow from it
  double wall_fraction = 0.5;         ///< of edge: across the ring at the throat's wall and in the jet's shear layer
  double stretch = 1;                 ///< of the layers in throat and jet, where the flow changes little along z
};
/// Surfaces inlet, outlet, wall.
artifacts::VesselMesh make_nozzle(const Nozzle& nozzle);

}  // namespace cardiotwin::meshing

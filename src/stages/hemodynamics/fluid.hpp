#pragma once
/// What every scheme for the flow shares: the fluid, its state, and what the surroundings impose.
///
///   rho (du/dt|_X + (u - w).grad u) = -grad p + div(2 mu eps(u)),   div u = 0
///
/// u velocity [mm/ms = m/s], w mesh velocity, p pressure [kPa], rho density [mg/mm^3], mu viscosity [kPa ms].

#include <cstdint>
#include <optional>
#include <vector>

#include "halo.hpp"
#include "rheology.hpp"

namespace cardiotwin::hemodynamics {

struct FluidOptions {
  double density = 1.06;  ///< [mg/mm^3]
  Rheology rheology = {};
  double backflow = 0.5;             ///< factor beta of the backflow term beta rho (c.n)_- u on open surfaces
  double momentum_tolerance = 1e-6;  ///< relative residual
  double pressure_tolerance = 1e-4;  ///< relative residual
  int momentum_iterations = 500;     ///< most; beyond, a step counts as diverged
};

/// All that the next step depends on; copies are snapshots. Fields on local nodes, ghosts included.
struct FluidState {
  double previous_step = 0;  ///< [ms]; 0 before the first step
  Vectors u, u_old;          ///< velocity now and one step earlier [m/s]
  Scalars p;                 ///< pressure [kPa]
  Scalars psi, psi_old;      ///< increments of the pressure by their step, of the last two steps [kPa ms]
};

/// A surface through which blood passes freely, without viscous traction. Outside it stands the pressure
/// P = pressure + resistance * Q, Q the flow out of the domain [mm^3/ms].
struct Opening {
  std::vector<std::int32_t> triangles = {};  ///< local
  double pressure = 0;                       ///< [kPa]
  double resistance = 0;                     ///< [kPa ms/mm^3]
  std::optional<double> flux = {};           ///< of u, outward, where it is known: then the pressure follows [mm^3/ms]
};

/// What the surroundings impose at the new time. On local nodes, ghosts included.
struct Boundary {
  std::vector<std::uint8_t> velocity_fixed, pressure_fixed;
  Vectors velocity;  ///< where fixed [m/s]
  Scalars pressure;  ///< where fixed [kPa]
  std::vector<Opening> openings;
};

/// What a step did.
struct StepReport {
  int momentum_iterations = 0, pressure_iterations = 0;
  double largest_speed = 0;     ///< over all nodes and ranks [m/s]
  double courant = 0;           ///< largest step * sum |c.grad N| / 2 [1]
  double smallest_quality = 1;  ///< mean-ratio quality, 1 for a regular tetrahedron, <= 0 where inverted
  std::vector<double> outflow;  ///< through each opening: what the discrete mass balance sees [mm^3/ms]
};

}  // namespace cardiotwin::hemodynamics

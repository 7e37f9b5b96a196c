#pragma once
/// Incompressible Navier-Stokes on a moving tetrahedral mesh, non-conservative ALE form:
///   rho (du/dt|_X + (u - w).grad u) = -grad p + mu lap u,   div u = 0,
/// u velocity [mm/ms = m/s], w mesh velocity, p pressure [kPa], rho density [mg/mm^3], mu viscosity [kPa ms].
///
/// P1-P1, BDF2, one fractional step in incremental form (Guermond, Minev, Shen, CMAME 195 (2006), section 3 and 8):
///   rho (a0 u + a1 u^n + a2 u^(n-1)) + rho (c.grad) u - mu lap u = -grad p#,   c = e1 u^n + e2 u^(n-1) - w,
///   p# = p^n - a1 psi^n - a2 psi^(n-1)   (the earlier projections, so that u never needs one),
///   lap phi = rho a0 div u,   p = p^n + phi,   psi = phi / a0,
/// with SUPG in the momentum equation and s (grad p^n - Pi grad p^n, grad q), s = min(1, a0 tau), in the Poisson
/// equation (Codina, J. Comput. Phys. 170 (2001) for the stabilisation of the split). All integrals are on the new
/// mesh; nodal values travel with their nodes, so a uniform flow stays uniform whatever the mesh does. Source of the
/// choices: measurements in docs/theory/hemodynamics.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "bdf2.hpp"
#include "cardiotwin/fem/element.hpp"
#include "cardiotwin/fem/solver.hpp"
#include "halo.hpp"
#include "nodal_matrix.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

struct FluidOptions {
  double density = 1.06;             ///< [mg/mm^3]
  double viscosity = 3.5e-3;         ///< [kPa ms]
  double backflow = 0.5;             ///< factor beta of the backflow term beta rho (c.n)_- u on open surfaces
  double momentum_tolerance = 1e-6;  ///< relative residual
  double pressure_tolerance = 1e-4;  ///< relative residual
};

/// All that the next step depends on; copies are snapshots. Fields on local nodes, ghosts included.
struct FluidState {
  double previous_step = 0;  ///< [ms]; 0 before the first step
  Vectors u, u_old;          ///< velocity now and one step earlier [m/s]
  Scalars p;                 ///< pressure [kPa]
  Scalars psi, psi_old;      ///< phi / a0 of the last two steps [kPa ms]
};

/// What the surroundings impose at the new time. On local nodes, ghosts included.
struct Boundary {
  std::vector<std::uint8_t> velocity_fixed, pressure_fixed;
  Vectors velocity;                          ///< where fixed [m/s]
  Scalars pressure;                          ///< where fixed [kPa]
  std::optional<double> open_flux;           ///< of u, outward, through all open triangles [mm^3/ms], where it is known
  std::vector<std::int32_t> open_triangles;  ///< local triangles without traction: blood enters or leaves
};

/// What a step did.
struct StepReport {
  int momentum_iterations = 0, pressure_iterations = 0;
  double largest_speed = 0;     ///< over all nodes and ranks [m/s]
  double courant = 0;           ///< largest step * sum |c.grad N| / 2 [1]
  double smallest_quality = 1;  ///< mean-ratio quality, 1 for a regular tetrahedron, <= 0 where inverted
};

/// Mean-ratio quality of a tetrahedron: 12 (3 V)^(2/3) / sum of squared edges, with the sign of V.
double mean_ratio(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d);

class NavierStokes {
 public:
  /// Collective; `space` must outlive the solver and be of order 1.
  NavierStokes(const fem::Space& space, const FluidOptions& options);

  FluidState state;
  FluidState state_at_rest() const;

  /// Collective. One step of `step` ms onto the nodes `positions`, with mesh velocity `mesh_velocity`. Throws
  /// core::Error (numerical) on every rank when a cell is inverted, a solver fails or the velocity is not finite or
  /// beyond 50 m/s; `state` is then useless and the caller goes back to a copy.
  StepReport step(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity, const Boundary& boundary);

  /// Collective. Builds the pressure preconditioner from the mesh `positions`; it serves until the next call.
  void build_preconditioner(std::span<const Vec3> positions, const Boundary& boundary);

  /// Collective. Finds the velocity that an impulsive start of `boundary` leaves behind (fluid at rest before), with
  /// zero pressure: the start of a computation whose walls already move.
  void start(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity, const Boundary& boundary);

  /// Collective. Force of the fluid on the no-slip boundary [mN] at each node of `wall`, owned nodes: the residual of
  /// the last step's momentum equation, which is minus the integral of mu du/dn there (no pressure; the transposed
  /// gradient is left out: without slip it acts along the normal, but for the wall's own small rate of strain).
  Vectors viscous_force(std::span<const std::uint8_t> wall);

  /// Of the current mesh, this rank's part [mm^3].
  double volume() const;
  /// This rank's part [uJ = mg (mm/ms)^2].
  double kinetic_energy() const;
  /// Nodal volumes of the current mesh [mm^3]; owned nodes.
  const Scalars& lumped_volume() const { return lumped_volume_; }
  std::span<const Vec3> positions() const { return positions_; }
  Halo& halo() { return halo_; }

 private:
  struct Cell {
    std::array<std::int32_t, 4> nodes;
    const fem::AffineCell& shape;
  };
  Cell cell(std::size_t c) const;
  double update_geometry(std::span<const Vec3> positions);
  void prepare_history(const Bdf2& weights, const Vectors& mesh_velocity);
  double assemble_momentum(double step, const Boundary& boundary);
  void add_open_boundary(const Boundary& boundary);
  void fix_velocity(const Boundary& boundary);
  int solve_momentum(const Boundary& boundary);
  int solve_components(const Vectors& load, Vectors& field);
  void meet_flux(const Boundary& boundary);
  void assemble_laplacian(const Boundary& boundary);
  void assemble_pressure_rhs(const Boundary& boundary);
  int solve_pressure(const Boundary& boundary);
  double check_velocity() const;

  const fem::Space& space_;
  FluidOptions options_;
  Halo halo_;
  std::vector<Vec3> positions_;
  std::vector<fem::AffineCell> shapes_;  ///< of local cells
  Scalars lumped_volume_;
  Bdf2 weights_{};
  double step_ = 0;
  Vectors convecting_, history_, extrapolated_;
  Scalars p_hash_, tau_;
  NodalMatrix momentum_, laplacian_;
  fem::LinearSolver momentum_solver_, pressure_solver_;
  fem::Vector rhs_, solution_;
  Vectors force_;
  Scalars pressure_rhs_, phi_;
};

}  // namespace cardiotwin::hemodynamics

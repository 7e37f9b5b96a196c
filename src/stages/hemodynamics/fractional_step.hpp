#pragma once
/// The fast scheme for the equations of fluid.hpp. P1-P1, BDF2, one fractional step in incremental form (Guermond,
/// Minev, Shen, CMAME 195 (2006), section 3 and 8), non-conservative ALE form:
///   rho (a0 u + a1 u^n + a2 u^(n-1)) + rho (c.grad) u - div(mu grad u) = -grad p#,   c = e1 u^n + e2 u^(n-1) - w,
///   p# = p^n - a1 psi^n - a2 psi^(n-1)   (the earlier projections, so that u never needs one),
///   lap phi = rho a0 div u,   p = p^n + phi,   psi = phi / a0,
/// with SUPG in the momentum equation and s (grad p^n - Pi grad p^n, grad q), s = min(1, a0 tau), in the Poisson
/// equation (Codina, J. Comput. Phys. 170 (2001) for the stabilisation of the split). Where the viscosity varies, it is
/// that of the extrapolated velocity, and the transposed gradient that of u^n: extrapolated too it is as large as the
/// implicit part, and the flow blows up. All integrals are on the new mesh; nodal values
/// travel with their nodes, so a uniform flow stays uniform whatever the mesh does. Source of the choices: measurements
/// in docs/theory/hemodynamics.md.
///
/// Openings whose pressure is known (or follows from their outflow) have it as a fixed value of p. With q = 1 on the
/// nodes of opening o the Poisson equation gives the outflow that the projected velocity has there,
///   rho a0 (Q~_o - Q_o) = sum over its nodes of (grad phi, grad q) + rho a0 (q, div u) + stabilisation,
/// Q~ of u, so that all Q add up to nothing to the solver's tolerance. With P_o = pressure + resistance Q_o this is a
/// small linear system: phi is the field with Q = 0 in P, and a multiple of one harmonic field an opening (Bertoglio,
/// Caiazzo, Fernandez, SIAM J. Sci. Comput. 35 (2013), for the implicit coupling in the projection).

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "bdf2.hpp"
#include "cardiotwin/fem/solver.hpp"
#include "component_solver.hpp"
#include "momentum_cell.hpp"
#include "node_matrix.hpp"
#include "pressure_guess.hpp"
#include "scheme.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

class FractionalStep final : public Scheme {
 public:
  /// Collective; `space` must outlive the solver and be of order 1. `timers` may be null.
  FractionalStep(const fem::Space& space, const FluidOptions& options, core::Timers* timers = nullptr);

  StepReport step(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                  const Boundary& boundary) override;
  void build_preconditioner(std::span<const Vec3> positions, const Boundary& boundary) override;
  void start(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
             const Boundary& boundary) override;
  Vectors viscous_force(std::span<const std::uint8_t> wall) override;
  void save(stage::State& to) override { guess_.save(to); }
  void load(const stage::State& from) override { guess_.load(from); }

 private:
  /// An opening as the Poisson equation sees it.
  struct Port {
    std::vector<std::uint8_t> nodes;
    std::vector<std::int32_t> cells;  ///< local cells with a node of the opening
    Scalars influence;                ///< harmonic, 1 at its nodes, 0 at other fixed ones; empty until it is needed
  };

  // momentum
  void prepare_history(const Vectors& mesh_velocity);
  void update_viscosity();
  double assemble_momentum(const Boundary& boundary);
  void add_openings(const Boundary& boundary);
  void fix_velocity(const Boundary& boundary);
  int solve_momentum(const Boundary& boundary);
  void meet_flux(const Boundary& boundary, const Opening& opening);
  MomentumCell momentum_of(std::size_t c) const;

  // pressure
  bool same_layout(const Boundary& boundary) const;
  void set_layout(const Boundary& boundary);
  void assemble_laplacian(const Boundary& boundary);
  void set_fixed_increments(const Boundary& boundary);
  void assemble_pressure_rhs();
  int solve_poisson(const Scalars& load, Scalars& field);
  std::array<double, 4> cell_balances(std::size_t c) const;
  double reaction(const Port& port, const Scalars& field) const;
  double balance_residual(const Port& port) const;
  void find_influences();
  void meet_resistances(const Boundary& boundary, std::vector<double>& outflow);
  int solve_pressure(const Boundary& boundary, std::vector<double>& outflow);

  Bdf2 weights_{};
  double step_ = 0;
  Vectors convecting_, history_, extrapolated_, before_;  ///< before_: u^n
  Scalars p_hash_, tau_, viscosity_;                      ///< the last two per cell
  NodeMatrix<1> momentum_, laplacian_;
  double laplacian_scale_ = 1;  ///< diagonal entry of fixed rows
  ComponentSolver momentum_solver_;
  fem::LinearSolver pressure_solver_;
  PressureGuess guess_;
  fem::Vector rhs_, solution_;
  Vectors force_, projected_;  ///< projected_: Pi grad p^n
  Scalars pressure_rhs_, phi_;

  // The Poisson equation serves while mesh and layout stay.
  std::int64_t laplacian_revision_ = -1, laplacian_number_ = 0;
  std::vector<std::uint8_t> velocity_fixed_, pressure_fixed_;  ///< the latter with the openings of known pressure
  std::vector<std::vector<std::int32_t>> opening_triangles_;
  std::vector<Port> ports_;  ///< one an opening; empty nodes where the flux is known
};

}  // namespace cardiotwin::hemodynamics

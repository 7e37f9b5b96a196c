#pragma once
/// The robust scheme for the equations of fluid.hpp: velocity and pressure in one linear system a step, P1-P1 with the
/// subscales of coupled_cell.hpp, BDF2, convection with c = e1 u^n + e2 u^(n-1) - w or, in further (Picard) iterations,
/// with the last iterate. Non-conservative ALE form: all integrals are on the new mesh, nodal values travel with their
/// nodes, so a uniform flow stays uniform. The pressure is integrated by parts, so that the pressure P outside an
/// opening is the natural traction -P n there, and all outflows add up to nothing to the solver's tolerance.
///
/// P = pressure + resistance Q, or the P that makes the flux what it has to be (the Lagrange multiplier of Formaggia,
/// Gerbeau, Nobile, Quarteroni, SIAM J. Numer. Anal. 40 (2002)), follow by superposition: the solution at a guess of
/// P, and the answers to a unit pressure at each such opening, by a small linear system. Where all openings have a
/// given flux and no pressure is fixed, the last one's flux follows from the mass balance, and `pressure` stands
/// outside.

#include <span>

#include "bdf2.hpp"
#include "cardiotwin/fem/solver.hpp"
#include "coupled_cell.hpp"
#include "coupled_preconditioner.hpp"
#include "node_matrix.hpp"
#include "scheme.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

class CoupledScheme final : public Scheme {
 public:
  /// Collective; `space` must outlive the solver and be of order 1. `timers` may be null. Each of `picard_iterations` a
  /// step solves one linear system; one keeps the second order.
  CoupledScheme(const fem::Space& space, const FluidOptions& options, core::Timers* timers = nullptr,
                int picard_iterations = 1);

  /// Throws core::Error (configuration) on every rank when neither an opening nor a fixed pressure sets the level of
  /// the pressure. momentum_iterations of the report are those of all linear systems together.
  StepReport step(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
                  const Boundary& boundary) override;
  void build_preconditioner(std::span<const Vec3> positions, const Boundary& boundary) override;
  void start(double step, std::span<const Vec3> positions, const Vectors& mesh_velocity,
             const Boundary& boundary) override;
  Vectors viscous_force(std::span<const std::uint8_t> wall) override;

 private:
  /// An opening in the linear system.
  struct Port {
    Vectors load;          ///< integral of N n over it, but for fixed velocities [mm^2]
    double outside = 0;    ///< pressure in the linear system [kPa]
    bool follows = false;  ///< the pressure follows from the flow
  };
  /// What a unit less of pressure outside an opening does.
  struct Answer {
    std::size_t opening;
    fem::Vector solution;
  };

  void find_ports(const Boundary& boundary);
  void build_hierarchy(const Boundary& boundary);

  // The linear system about the iterate.
  void extrapolate();
  void linearise(const Boundary& boundary, const Vectors& mesh_velocity, StepReport& report);
  void follow_iterate(const Boundary& boundary, const Vectors& mesh_velocity);
  void project_stress();
  double mean_pressure(const Opening& opening) const;
  double assemble(const Boundary& boundary);
  CoupledScales scales(std::size_t c) const;
  CoupledInput input(std::size_t c) const;
  void add_backflow(const Boundary& boundary);
  void add_outside_pressures();
  void add_fixed_pressures(const Boundary& boundary);
  void fix_values(const Boundary& boundary);

  // Its solution.
  void accept(Vectors velocity, Scalars pressure);
  void get(Vec solution, Vectors& velocity, Scalars& pressure) const;
  std::vector<double> outflows(const Boundary& boundary, const Vectors& velocity) const;
  std::vector<double> outflows_of(const Boundary& boundary, Vec solution) const;
  int meet_openings(const Boundary& boundary);
  std::vector<double> find_misses(const Boundary& boundary, std::span<const double> outflow,
                                  std::vector<Answer>& answers, double tolerance, int& iterations, double& left);
  void set_unit_pressure(const Port& port);

  int picard_iterations_;
  Bdf2 weights_{};
  double step_ = 0, mass_weight_ = 0;
  Vectors history_, iterate_, convecting_;
  std::array<Vectors, 3> stress_;                    ///< row by row
  Scalars iterate_pressure_, viscosity_, mobility_;  ///< the last two per cell
  std::vector<Port> ports_;
  NodeMatrix<4> matrix_;
  fem::LinearSolver solver_;
  CoupledPreconditioner preconditioner_;
  fem::Vector rhs_, solution_;
};

}  // namespace cardiotwin::hemodynamics

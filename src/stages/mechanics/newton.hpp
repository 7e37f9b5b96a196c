#pragma once
/// Newton's method for the wall with its cavity pressure; one factorisation serves many systems.

#include <memory>

#include "cardiotwin/core/timer.hpp"
#include "cardiotwin/fem/solver.hpp"
#include "multigrid.hpp"
#include "wall.hpp"

namespace cardiotwin::mechanics {

enum class LinearMethod { automatic, direct, multigrid };

/// Automatic takes multigrid, where it applies, from this many unknowns on: below it a direct factorisation is as fast.
inline constexpr PetscInt multigrid_unknowns = 60000;

struct NewtonOptions {
  double tolerance = 1e-6;  ///< of the force of 1 kPa on the cavity, of the nodal volumes, of the cavity's volume
  int max_iterations = 15;
  /// Bounds on the growth of the residual in one iteration, tried in this order: bending needs the first, inflation the
  /// second.
  std::array<double, 2> largest_rise{1e3, 5};
  LinearMethod linear_method = LinearMethod::automatic;
  double linear_tolerance = 1e-2;  ///< of the direct method, whose preconditioner is nearly exact
  /// Every rank factorises the whole matrix, which repeats bit for bit; else the ranks share the work, which does not.
  bool repeatable = true;
};

/// What a solve ended with; `converged` is the same on every rank.
struct NewtonReport {
  bool converged = false;
  int iterations = 0;
  double residual = 0;  ///< largest of the three, relative to the tolerance's reference
  double volume = 0;    ///< of the cavity [mm^3]
  std::string reason;   ///< why it did not converge
};

class Newton {
 public:
  /// Collective. Throws core::Error (configuration) where multigrid is asked for and does not apply.
  /// `timers`: takes the wall time of residual, tangent, preconditioner and Krylov solve; may be null.
  Newton(Wall& wall, NewtonOptions options, core::Timers* timers = nullptr);
  /// Collective. Solves for the state at the end of a step; the state is unchanged when it does not converge. Full
  /// steps as long as J > 0 and everything is finite and the residual grows by no more than the bound; else half of
  /// them.
  NewtonReport solve(WallState& state, const WallState& previous, double rate, const CavityLaw& law);

  /// The factorisation in use, with multigrid that of its coarse level, is that of the tangent at a state; with it a
  /// resumed run repeats the same arithmetic.
  struct Factored {
    WallState state, previous;
    TensionField tension;
    double rate = 0;
    CavityEquation equation;   ///< values at that state
    int fresh_iterations = 0;  ///< that the first solve with it took
    bool exists = false;
    bool stale = true;  ///< rebuild before the next solve
  };
  const Factored& factored() const { return factored_; }
  /// Collective. Rebuilds the factorisation.
  void restore(Factored factored);
  /// Forget the factorisation, e.g. because the reference moved. Local.
  void invalidate() { factored_.stale = true; }
  /// Counts so far, of a resumed run. Local.
  void set_counters(int factorisations, int linear_iterations, int direct_solves) {
    factorisations_ = factorisations;
    linear_iterations_ = linear_iterations;
    direct_solves_ = direct_solves;
  }
  /// Why the last solve failed, for messages.
  const std::string& reason() const { return reason_; }
  int factorisations() const { return factorisations_; }
  int linear_iterations() const { return linear_iterations_; }
  bool uses_multigrid() const { return multigrid_ != nullptr; }
  /// Systems that multigrid could not solve and a direct factorisation did.
  int direct_solves() const { return direct_solves_; }

 private:
  NewtonReport attempt(WallState& state, const WallState& previous, double rate, const CavityLaw& law,
                       double largest_rise);
  bool solve_linear(const WallState& state, const WallState& previous, double rate, const CavityEquation& equation);
  LinearReport precondition_and_solve(bool fresh, const CavityEquation& equation);
  LinearReport solve_direct(bool fresh);
  bool solve_direct_once();
  double relative(const Residual& r, double pressure_row) const;

  Wall& wall_;
  NewtonOptions options_;
  core::Timers own_timers_;  // where nobody asks for them
  core::Timers& timers_;
  fem::LinearSolver direct_;
  std::unique_ptr<Multigrid> multigrid_;
  fem::Vector b_, x_;
  Factored factored_;
  Wall::Scale scale_;
  std::string reason_;
  int factorisations_ = 0, linear_iterations_ = 0, direct_solves_ = 0;
};

}  // namespace cardiotwin::mechanics

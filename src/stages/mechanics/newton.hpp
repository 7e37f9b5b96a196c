#pragma once
/// Newton's method for the wall with its cavity pressure; one factorisation serves many systems.

#include "cardiotwin/fem/solver.hpp"
#include "wall.hpp"

namespace cardiotwin::mechanics {

struct NewtonOptions {
  double tolerance = 1e-6;  ///< of the force of 1 kPa on the cavity, of the nodal volumes, of the cavity's volume
  int max_iterations = 15;
  /// Bounds on the growth of the residual in one iteration, tried in this order: bending needs the first, inflation the
  /// second.
  std::array<double, 2> largest_rise{1e3, 5};
  double linear_tolerance = 1e-2;
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
  Newton(Wall& wall, NewtonOptions options);
  /// Collective. Solves for the state at the end of a step; the state is unchanged when it does not converge. Full
  /// steps as long as J > 0 and everything is finite and the residual grows by no more than the bound; else half of
  /// them.
  NewtonReport solve(WallState& state, const WallState& previous, double rate, const CavityLaw& law);

  /// The factorisation in use is that of the tangent at a state; with it a resumed run repeats the same arithmetic.
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
  void set_counters(int factorisations, int linear_iterations) {
    factorisations_ = factorisations;
    linear_iterations_ = linear_iterations;
  }
  /// Why the last solve failed, for messages.
  const std::string& reason() const { return reason_; }
  int factorisations() const { return factorisations_; }
  int linear_iterations() const { return linear_iterations_; }

 private:
  NewtonReport attempt(WallState& state, const WallState& previous, double rate, const CavityLaw& law,
                       double largest_rise);
  bool solve_linear(const WallState& state, const WallState& previous, double rate, const CavityEquation& equation);
  double relative(const Residual& r, double pressure_row) const;

  Wall& wall_;
  NewtonOptions options_;
  fem::LinearSolver solver_;
  fem::Vector b_, x_;
  Factored factored_;
  Wall::Scale scale_;
  std::string reason_;
  int factorisations_ = 0, linear_iterations_ = 0;
};

}  // namespace cardiotwin::mechanics

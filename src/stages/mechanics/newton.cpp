#include "newton.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cardiotwin/core/log.hpp"

namespace cardiotwin::mechanics {
namespace {

/// One direct factorisation, used as the preconditioner of GMRES until it has aged. The dense row and column of the
/// cavity cost nothing: they are eliminated last.
std::string direct_options(const core::Comm& comm, bool repeatable) {
  const std::string krylov = "-ksp_type gmres -ksp_gmres_restart 60 -ksp_max_it 60 ";
  if (repeatable && comm.size() > 1)
    return krylov +
           "-pc_type redundant -redundant_ksp_type preonly -redundant_pc_type lu "
           "-redundant_pc_factor_mat_solver_type mumps -redundant_mat_mumps_icntl_14 60";
  return krylov + "-pc_type lu -pc_factor_mat_solver_type mumps -mat_mumps_icntl_14 60";
}

}  // namespace

Newton::Newton(Wall& wall, NewtonOptions options, core::Timers* timers)
    : wall_(wall),
      options_(options),
      timers_(timers ? *timers : own_timers_),
      direct_(wall.comm(), "mechanics_", direct_options(wall.comm(), options.repeatable)),
      b_(wall.make_vector()),
      x_(wall.make_vector()) {
  fem::check(KSPSetTolerances(direct_.ksp(), options.linear_tolerance, 1e-50, 1e6, PETSC_DEFAULT), "KSPSetTolerances");
  fem::check(KSPSetInitialGuessNonzero(direct_.ksp(), PETSC_FALSE), "KSPSetInitialGuessNonzero");
  const bool large = wall.unknowns() >= multigrid_unknowns && Multigrid::applies_to(wall);
  if (options.linear_method == LinearMethod::multigrid || (options.linear_method == LinearMethod::automatic && large))
    multigrid_ = std::make_unique<Multigrid>(wall, options.repeatable);
}

double Newton::relative(const Residual& r, double cavity_scale) const {
  return std::max({r.force_norm / scale_.force, r.dilation_norm / scale_.dilation, std::abs(r.cavity) / cavity_scale});
}

bool Newton::solve_linear(const WallState& state, const WallState& previous, double rate,
                          const CavityEquation& equation) {
  for (;;) {
    const bool fresh = factored_.stale;
    if (fresh) {
      factored_ = {state, previous, wall_.tension(), rate, equation, 0, true, false};
      ++factorisations_;
    }
    const LinearReport linear = precondition_and_solve(fresh, equation);
    linear_iterations_ += linear.iterations;
    if (fresh) factored_.fresh_iterations = linear.iterations;
    if (linear.converged) {
      // An aged factorisation is renewed before the next system.
      factored_.stale =
          linear.iterations > std::max(1.6 * factored_.fresh_iterations, factored_.fresh_iterations + 4.0);
      return true;
    }
    factored_.stale = true;
    if (fresh) return multigrid_ && solve_direct_once();
  }
}

LinearReport Newton::precondition_and_solve(bool fresh, const CavityEquation& equation) {
  if (!multigrid_) return solve_direct(fresh);
  {
    const auto scope = timers_.scope("mechanics.preconditioner");
    multigrid_->set_up(!fresh);
  }
  const auto scope = timers_.scope("mechanics.krylov");
  Wall::Scale scale = scale_;
  if (equation.by_volume == 0) scale.cavity = 1;
  return multigrid_->solve(b_, x_, scale);
}

LinearReport Newton::solve_direct(bool fresh) {
  direct_.set_matrix(wall_.matrix());
  direct_.keep_preconditioner(!fresh);
  {
    const auto scope = timers_.scope("mechanics.preconditioner");
    fem::check(KSPSetUp(direct_.ksp()), "mechanics: factorisation");
  }
  const auto scope = timers_.scope("mechanics.krylov");
  fem::check(KSPSolve(direct_.ksp(), b_, x_), "mechanics: linear solve");
  KSPConvergedReason reason{};
  PetscInt iterations = 0;
  fem::check(KSPGetConvergedReason(direct_.ksp(), &reason), "KSPGetConvergedReason");
  fem::check(KSPGetIterationNumber(direct_.ksp(), &iterations), "KSPGetIterationNumber");
  return {reason > 0, static_cast<int>(iterations)};
}

/// Where multigrid fails, far from equilibrium, a factorisation gets through. Its memory is given back at once.
bool Newton::solve_direct_once() {
  ++direct_solves_;
  const LinearReport linear = solve_direct(true);
  linear_iterations_ += linear.iterations;
  fem::check(KSPReset(direct_.ksp()), "KSPReset");
  return linear.converged;
}

NewtonReport Newton::solve(WallState& state, const WallState& previous, double rate, const CavityLaw& law) {
  NewtonReport report;
  int spent = 0;
  for (double rise : options_.largest_rise) {
    report = attempt(state, previous, rate, law, rise);
    report.iterations = spent += report.iterations;
    if (report.converged) break;
    factored_.stale = true;
    reason_ = fmt::format("{}, residual {:.1e}", report.reason, report.residual);
  }
  return report;
}

NewtonReport Newton::attempt(WallState& state, const WallState& previous, double rate, const CavityLaw& law,
                             double largest_rise) {
  NewtonReport report;
  scale_ = wall_.scale(state);
  WallState current = state;
  const auto evaluate = [&](const WallState& of) {
    const auto scope = timers_.scope("mechanics.residual");
    return wall_.residual(of, previous, rate, law);
  };
  Residual r = evaluate(current);
  const CavityEquation first = law(r.volume, current.pressure);
  const double cavity_scale = first.by_volume != 0 ? scale_.cavity : 1.0;
  const auto bad = [](const Residual& residual) { return !residual.finite || residual.smallest_j <= 0; };
  if (bad(r)) {
    report.reason = "the start state is inverted or not finite";
    return report;
  }
  for (;; ++report.iterations) {
    report.residual = relative(r, cavity_scale);
    report.volume = r.volume;
    if (report.residual <= options_.tolerance) {
      report.converged = true;
      state = std::move(current);
      return report;
    }
    if (report.iterations == options_.max_iterations) {
      report.reason = "no convergence in " + std::to_string(report.iterations) + " Newton iterations";
      return report;
    }
    {
      const auto scope = timers_.scope("mechanics.tangent");
      wall_.tangent(current, previous, rate, law);
    }
    wall_.right_hand_side(r, b_);
    if (!solve_linear(current, previous, rate, law(r.volume, current.pressure))) {
      report.reason = "the linear solver failed";
      return report;
    }
    double alpha = 1;
    for (int halving = 0;; ++halving, alpha *= 0.5) {
      if (halving == 8) {
        report.reason = "no step keeps the wall from inverting";
        return report;
      }
      WallState trial = current;
      wall_.add(trial, alpha, x_);
      Residual next = evaluate(trial);
      if (bad(next)) continue;
      if (relative(next, cavity_scale) > largest_rise * std::max(report.residual, options_.tolerance)) continue;
      current = std::move(trial);
      r = std::move(next);
      break;
    }
  }
}

void Newton::restore(Factored factored) {
  factored_ = std::move(factored);
  if (!factored_.exists || factored_.stale) return;
  const CavityEquation equation = factored_.equation;
  const TensionField now = std::exchange(wall_.tension(), factored_.tension);
  wall_.tangent(factored_.state, factored_.previous, factored_.rate, [&](double, double) { return equation; });
  wall_.tension() = now;
  if (multigrid_) return multigrid_->set_up(false);
  direct_.set_matrix(wall_.matrix());
  direct_.keep_preconditioner(false);
  fem::check(KSPSetUp(direct_.ksp()), "mechanics: factorisation");
}

}  // namespace cardiotwin::mechanics

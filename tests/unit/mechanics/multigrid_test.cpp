/// Multigrid against the direct solver: the same states, with a bounded number of iterations.
#include "multigrid.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "cardiotwin/config/config.hpp"
#include "newton.hpp"
#include "settings.hpp"
#include "support/ellipsoid.hpp"

namespace cardiotwin::mechanics {
namespace {

struct Load {
  double rate = 0, tension = 0;
  CavityLaw law;
};

CavityLaw pressure(double target) {
  return [target](double, double p) { return CavityEquation{p - target, 0, 1}; };
}

struct Problem {
  artifacts::HeartMesh heart;
  WallSetup setup;
  std::vector<Load> path;
};

artifacts::HeartMesh ventricle(int around, int across, test::Ellipsoid e = {}) {
  e.around = e.along = around, e.across = across, e.core_layers = 1, e.with_blood = false;
  return test::ellipsoid(e);
}

/// A clamped base and a growing pressure, up to large deformation: Land et al. 2015, problem 2.
Problem inflation(int around = 2, int across = 1) {
  Problem problem{
      .heart = ventricle(
          around, across,
          {.inner_short = 7, .inner_long = 17, .inner_base = 5, .outer_short = 10, .outer_long = 20, .outer_base = 5}),
      .setup = {},
      .path = {}};
  problem.setup.tissue.material = Guccione{10, 1, 1, 1};
  problem.setup.cavity_surface = artifacts::surface_endocardium;
  problem.setup.clamped = {artifacts::surface_base};
  for (const double p : {1.0, 2.0}) problem.path.push_back({.law = pressure(p)});
  return problem;
}

/// A wall on springs is filled and contracts: against closed valves, then into a resistance above 6 kPa.
Problem contraction() {
  Problem problem{.heart = ventricle(2, 1), .setup = {}, .path = {}};
  problem.setup.tissue.viscosity = 10;
  problem.setup.fibre = problem.heart.fibre;
  problem.setup.sheet = problem.heart.sheet;
  problem.setup.cavity_surface = artifacts::surface_endocardium;
  problem.setup.supports = {{artifacts::surface_epicardium, 0.1, 0, 5, 0}, {artifacts::surface_base, 4, 0.5, 0, 0}};
  problem.path.push_back({.law = pressure(0.5)});
  problem.path.push_back({.law = pressure(1)});
  const auto start = std::make_shared<double>(0);  // volume when the valves close
  for (const double tension : {10.0, 20.0, 30.0, 40.0})
    problem.path.push_back({.rate = 0.25, .tension = tension, .law = [start](double v, double p) {
                              if (*start == 0) *start = v;
                              const double open = p > 6 ? 1 : 0;
                              return CavityEquation{v - *start + open * 2000 * (p - 6), 1, open * 2000};
                            }});
  return problem;
}

struct Solved {
  WallState state;
  double volume = 0;
  int newton = 0, factorisations = 0, linear = 0, direct = 0;
};

/// The end of the path; `resume_at`: a second solver takes over there, from what a restart file keeps.
Solved solve(const Problem& problem, LinearMethod method, core::Comm comm = core::Comm(),
             std::size_t resume_at = 1000) {
  const auto options = [&] {
    NewtonOptions o;
    o.tolerance = 1e-9;  // for a comparison of solutions
    o.max_iterations = 25;
    o.linear_method = method;
    return o;
  }();
  Wall wall(comm, test::tet_mesh(problem.heart), problem.setup);
  auto newton = std::make_unique<Newton>(wall, options);
  Solved solved{.state = wall.zero()};
  for (std::size_t k = 0; k < problem.path.size(); ++k) {
    if (k == resume_at) {
      const auto before = std::move(newton);
      newton = std::make_unique<Newton>(wall, options);
      newton->restore(before->factored());
      newton->set_counters(before->factorisations(), before->linear_iterations(), before->direct_solves());
    }
    const Load& load = problem.path[k];
    std::ranges::fill(wall.tension().amplitude, load.tension);
    const WallState previous = solved.state;
    const NewtonReport report = newton->solve(solved.state, previous, load.rate, load.law);
    EXPECT_TRUE(report.converged) << k << ": " << report.reason;
    solved.newton += report.iterations;
    solved.volume = report.volume;
  }
  EXPECT_EQ(newton->uses_multigrid(), method == LinearMethod::multigrid);
  solved.factorisations = newton->factorisations();
  solved.linear = newton->linear_iterations();
  solved.direct = newton->direct_solves();
  return solved;
}

void expect_as_direct(const Problem& problem) {
  const Solved direct = solve(problem, LinearMethod::direct), multigrid = solve(problem, LinearMethod::multigrid);
  // Both stop at a residual of 1e-9 kPa of pressure on walls of about 1 kPa/mm.
  ASSERT_EQ(direct.state.u.size(), multigrid.state.u.size());
  double largest = 0;
  for (std::size_t i = 0; i < direct.state.u.size(); ++i) {
    EXPECT_NEAR(direct.state.u[i], multigrid.state.u[i], 1e-6);
    largest = std::max(largest, std::abs(direct.state.u[i]));
  }
  EXPECT_GT(core::Comm().max(largest), 1);  // mm
  EXPECT_NEAR(direct.state.pressure, multigrid.state.pressure, 1e-6);
  EXPECT_NEAR(direct.volume, multigrid.volume, 1e-3);
  EXPECT_EQ(multigrid.direct, 0);
  EXPECT_LT(multigrid.linear, 14 * multigrid.newton);  // 8 to 10 on these meshes
}

TEST(Multigrid, InflatesAsTheDirectSolverDoes) { expect_as_direct(inflation()); }
TEST(Multigrid, ContractsAgainstAVolumeAsTheDirectSolverDoes) { expect_as_direct(contraction()); }

TEST(Multigrid, DoesNotDependOnTheNumberOfRanks) {
  const Solved together = solve(inflation(), LinearMethod::multigrid);
  const Solved alone = solve(inflation(), LinearMethod::multigrid, core::Comm(MPI_COMM_SELF));
  EXPECT_NEAR(together.volume, alone.volume, 1e-3);
  // The levels are the same on any partition; rounding may move a count.
  EXPECT_EQ(together.newton, alone.newton);
  EXPECT_NEAR(together.linear, alone.linear, 0.05 * alone.linear);
}

TEST(Multigrid, NeedsHardlyMoreIterationsOnAFinerMesh) {
  const Solved coarse = solve(inflation(1, 1), LinearMethod::multigrid);
  const Solved fine = solve(inflation(3, 2), LinearMethod::multigrid);  // 11 times the unknowns
  EXPECT_LT(fine.linear / fine.newton, 20);
  EXPECT_LT(static_cast<double>(fine.linear) / fine.newton, 1.5 * coarse.linear / coarse.newton);
}

TEST(Multigrid, RepeatsBitForBitAndAfterARestart) {
  const Solved first = solve(contraction(), LinearMethod::multigrid);
  EXPECT_LT(first.factorisations, first.newton);  // else there is nothing to restore
  for (const Solved& other : {solve(contraction(), LinearMethod::multigrid),
                              solve(contraction(), LinearMethod::multigrid, core::Comm(), 3)}) {
    EXPECT_EQ(first.state.u, other.state.u);
    EXPECT_EQ(first.state.p, other.state.p);
    EXPECT_EQ(first.state.pressure, other.state.pressure);
    EXPECT_EQ(first.linear, other.linear);
    EXPECT_EQ(first.factorisations, other.factorisations);
  }
}

TEST(Multigrid, LeavesWhatItCannotSolveToTheDirectSolver) {
  fem::check(PetscOptionsSetValue(nullptr, "-mechanics_multigrid_ksp_divtol", "1e-10"));  // it gives up at once
  const Solved left = solve(inflation(1, 1), LinearMethod::multigrid);
  fem::check(PetscOptionsClearValue(nullptr, "-mechanics_multigrid_ksp_divtol"));
  const Solved direct = solve(inflation(1, 1), LinearMethod::direct);
  EXPECT_EQ(left.direct, left.newton);
  EXPECT_NEAR(left.volume, direct.volume, 1e-3);
}

TEST(Multigrid, IsTakenWhereItAppliesOnly) {
  Problem problem = inflation(1, 1);
  const auto method = [&](LinearMethod m) {
    Wall wall(core::Comm(), test::tet_mesh(problem.heart), problem.setup);
    NewtonOptions options;
    options.linear_method = m;
    return Newton(wall, options).uses_multigrid();
  };
  EXPECT_FALSE(method(LinearMethod::automatic));  // too small
  problem.setup.tissue.bulk_modulus = 100;
  EXPECT_THROW(method(LinearMethod::multigrid), core::Error);
  problem.setup.tissue.bulk_modulus = 0;
  problem.setup.order = 1;
  EXPECT_THROW(method(LinearMethod::multigrid), core::Error);
  EXPECT_FALSE(method(LinearMethod::direct));
}

TEST(Multigrid, IsChosenInTheCaseFile) {
  const auto method = [](const char* name) {
    return newton_options(config::section_of(parameters(), {{"linear_solver", name}})).linear_method;
  };
  EXPECT_EQ(method("automatic"), LinearMethod::automatic);
  EXPECT_EQ(method("direct"), LinearMethod::direct);
  EXPECT_EQ(method("multigrid"), LinearMethod::multigrid);
}

}  // namespace
}  // namespace cardiotwin::mechanics

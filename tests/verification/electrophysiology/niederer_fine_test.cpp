// The slab of Niederer et al. 2011 at the resolutions of the publication: minutes, so for the nightly run.

#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>

#include "slab.hpp"

namespace cardiotwin::electrophysiology {
namespace {

using namespace core;

/// Runs the slab, prints the nine points and the cost, returns the activation time of P8 [ms].
double last_corner(int cubes_per_mm) {
  const Comm comm;
  const Slab slab(cubes_per_mm);
  Options options;
  options.end_time_ms = 100;
  Monodomain solver = slab.solver(comm, options);
  const std::clock_t start = std::clock();
  while (!solver.finished()) solver.advance();
  const double cpu_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const auto times = activation(comm, solver);
  const auto at = [&](const Vec3& x) { return times[nearest_point(slab.mesh, x)]; };
  if (comm.is_root()) {
    for (const Vec3& x : {Vec3{0, 0, 0},
                          {0, 7, 0},
                          {20, 0, 0},
                          {20, 7, 0},
                          {0, 0, 3},
                          {0, 7, 3},
                          {20, 0, 3},
                          {20, 7, 3},
                          {10, 3.5, 1.5}})
      std::printf("(%g, %g, %g) mm: %.2f ms\n", x[0], x[1], x[2], at(x));
    std::printf("%d nodes, %lld steps, %.2f CG iterations a step, %.2f million node-steps a CPU second\n",
                solver.space().nodes(), static_cast<long long>(solver.steps()), solver.mean_iterations(),
                1e-6 * solver.space().owned() * static_cast<double>(solver.steps()) / cpu_s);
  }
  return at({20, 7, 3});
}

TEST(NiedererFine, FifthOfAMillimetreIsWithinFivePercent) { EXPECT_NEAR(last_corner(5), 42.3, 0.05 * 42.3); }
TEST(NiedererFine, TenthOfAMillimetreIsWithinTwoPercent) { EXPECT_NEAR(last_corner(10), 42.3, 0.02 * 42.3); }

}  // namespace
}  // namespace cardiotwin::electrophysiology

// Niederer et al. 2011 (doi 10.1098/rsta.2011.0139): a slab of 20 x 7 x 3 mm, stimulated in a corner.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "slab.hpp"

namespace cardiotwin::electrophysiology {
namespace {

using namespace core;

TEST(Niederer, CoarseSlabIsWithinTheBar) {
  const Comm comm;
  const Slab slab(2);
  Options options;
  options.end_time_ms = 100;
  options.solver_tolerance_mV = 1e-5;  // so that ranks differ by nothing else
  Monodomain solver = slab.solver(comm, options);
  while (!solver.finished()) solver.advance();
  const auto times = activation(comm, solver);
  const auto at = [&](const Vec3& x) { return times[nearest_point(slab.mesh, x)]; };
  // The bar: 15 % of the converged 42.3 ms at 0.5 mm.
  EXPECT_NEAR(at({20, 7, 3}), 42.3, 0.15 * 42.3);
  EXPECT_NEAR(at({0, 0, 0}), 1.22, 0.05);
  // The same figures on 1, 2 and 3 ranks: measured on one. Rounding, amplified by the upstroke, stays far below 1e-4
  // ms.
  EXPECT_NEAR(at({20, 7, 3}), 36.49302, 1e-4);
  EXPECT_NEAR(at({20, 0, 0}), 35.61894, 1e-4);
  EXPECT_NEAR(at({10, 3.5, 1.5}), 18.17907, 1e-4);
}

TEST(Niederer, StopAndResumeGivesTheSameBits) {
  const Comm comm;
  const Slab slab(2);
  const Options options;
  Monodomain whole = slab.solver(comm, options), first = slab.solver(comm, options),
             second = slab.solver(comm, options);
  const auto advance = [](Monodomain& solver, int steps) {
    for (int i = 0; i < steps; ++i) solver.advance();
  };
  advance(whole, 160);
  advance(first, 67);
  stage::State saved, shared;
  first.save(saved);
  // As the time loop does it: rank 0 writes, every rank reads.
  std::vector<std::string> names;
  std::string list;
  for (const auto& [name, values] : saved.arrays()) list += name + "\n";
  comm.broadcast(list);
  for (std::size_t begin = 0; begin < list.size(); begin = list.find('\n', begin) + 1) {
    const std::string name = list.substr(begin, list.find('\n', begin) - begin);
    std::vector<double> values = saved.has(name) ? saved.get(name) : std::vector<double>{};
    comm.broadcast(values);
    shared.put(name, values);
  }
  second.load(shared);
  advance(second, 93);
  EXPECT_EQ(second.time_ms(), whole.time_ms());
  EXPECT_EQ(second.potential(), whole.potential());
  EXPECT_EQ(second.activation_times(), whole.activation_times());
}

TEST(Niederer, RestsWithoutAStimulusAndEndsWhenTheWaveIsGone) {
  const Comm comm;
  Slab slab(2);
  slab.corner.strength_uA_per_mm3 = 1;  // far below threshold
  Monodomain solver = slab.solver(comm, {});
  while (!solver.finished()) solver.advance();
  EXPECT_LT(solver.time_ms(), 5);  // soon after the stimulus, not at end_time_ms
  for (double t : activation(comm, solver)) EXPECT_EQ(t, -1);
}

}  // namespace
}  // namespace cardiotwin::electrophysiology

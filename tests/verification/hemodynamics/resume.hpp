#pragma once
/// Stop and resume of a flow problem, by its state in memory.

#include <gtest/gtest.h>

#include <string>

#include "flow_problem.hpp"

namespace cardiotwin::hemodynamics {

/// Rank 0's state on every rank, as the time loop hands it to load(). Collective.
inline stage::State on_every_rank(const core::Comm& comm, const stage::State& state) {
  std::string names;
  for (const auto& [name, values] : state.arrays()) names += name + "\n";
  comm.broadcast(names);
  stage::State whole;
  for (std::size_t from = 0; from < names.size();) {
    const std::size_t end = names.find('\n', from);
    const std::string name = names.substr(from, end - from);
    std::vector<double> values;
    if (comm.is_root()) values = state.get(name);
    comm.broadcast(values);
    whole.put(name, std::move(values));
    from = end + 1;
  }
  return whole;
}

/// Collective. 30 steps leave the same bits as 12, a stop, and 18 more of a problem made anew. `make` makes the same
/// one each time, as `->problem` of what it returns; the one that never stopped is handed back.
template <class Make>
auto expect_bitwise_resume(const core::Comm& comm, Make make) {
  auto through = make(), stopped = make(), resumed = make();
  for (int i = 0; i < 30; ++i) through.problem->advance();
  for (int i = 0; i < 12; ++i) stopped.problem->advance();
  stage::State state;
  stopped.problem->save(state);
  resumed.problem->load(on_every_rank(comm, state));
  EXPECT_EQ(resumed.problem->time_ms(), stopped.problem->time_ms());
  for (int i = 0; i < 18; ++i) resumed.problem->advance();

  stage::State a, b;
  through.problem->save(a);
  resumed.problem->save(b);
  EXPECT_EQ(a.arrays().size(), b.arrays().size());
  for (const auto& [name, values] : a.arrays()) EXPECT_TRUE(b.has(name) && b.get(name) == values) << name;
  return through;
}

}  // namespace cardiotwin::hemodynamics

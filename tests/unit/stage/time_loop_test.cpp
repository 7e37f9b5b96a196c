#include "cardiotwin/stage/time_loop.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/workbench.hpp"

namespace cardiotwin::stage {
namespace {

/// A chaotic map: any lost bit shows.
class LogisticMap : public Steppable {
 public:
  LogisticMap(core::Comm comm, int stop_at, core::StopRequest& stop) : comm_(comm), stop_at_(stop_at), stop_(stop) {}
  double time_ms() const override { return n_; }
  double end_ms() const override { return 200; }
  void advance() override {
    x_ = 3.99 * x_ * (1 - x_);
    n_ += 1;
    steps_ += 1;
    if (n_ == stop_at_) stop_.request();
  }
  void save(State& state) override {
    if (!comm_.is_root()) return;
    state.put("x", x_);
    state.put("counts/n", n_);  // a name may have folders
  }
  void load(const State& state) override {
    x_ = state.scalar("x");
    n_ = state.scalar("counts/n");
  }
  double x() const { return x_; }
  int steps() const { return steps_; }

 private:
  core::Comm comm_;
  double x_ = 0.3, n_ = 0;
  int stop_at_, steps_ = 0;
  core::StopRequest& stop_;
};

class MapStage : public Stage {
 public:
  explicit MapStage(int stop_at) : stop_at_(stop_at) {}
  Contract contract() const override { return {.name = "map"}; }
  config::Spec parameters() const override {
    return {{.key = "seed", .type = config::Type::integer, .fallback = 0, .meaning = "resume key"}};
  }
  Outcome run(Context& context) override {
    LogisticMap map(context.comm, stop_at_, context.stop);
    const auto outcome = run_time_loop(context, map);
    x = map.x();
    steps = map.steps();
    if (context.comm.is_root() && outcome == Outcome::complete) context.artifacts.output().write("/x", x);
    return outcome;
  }
  double x = 0;
  int steps = 0;

 private:
  int stop_at_;
};

double undisturbed() {
  double x = 0.3;
  for (int i = 0; i < 200; ++i) x = 3.99 * x * (1 - x);
  return x;
}

TEST(TimeLoop, StopAndResumeGiveTheSameBits) {
  test::Workbench bench;
  MapStage stopped(70), resumed(-1);
  ASSERT_EQ(bench.run(stopped), Outcome::interrupted);
  EXPECT_EQ(stopped.steps, 70);
  bench.stop = core::StopRequest();
  ASSERT_EQ(bench.run(resumed), Outcome::complete);
  EXPECT_EQ(resumed.steps, 130);
  EXPECT_EQ(resumed.x, undisturbed());
}

TEST(TimeLoop, ADamagedNewestStateFallsBackToTheOneBefore) {
  const core::Comm comm;
  test::Workbench bench;
  MapStage first(50), second(90), resumed(-1);
  ASSERT_EQ(bench.run(first), Outcome::interrupted);  // slot 0
  bench.stop = core::StopRequest();
  ASSERT_EQ(bench.run(second), Outcome::interrupted);  // slot 1
  bench.stop = core::StopRequest();
  core::on_root(comm, [&] { std::filesystem::resize_file(bench.folder() / "map.state.1", 100); });
  ASSERT_EQ(bench.run(resumed), Outcome::complete);
  EXPECT_EQ(resumed.steps, 150);
  EXPECT_EQ(resumed.x, undisturbed());
}

TEST(TimeLoop, AnotherConfigurationStartsAfresh) {
  test::Workbench bench;
  MapStage first(50), other(-1);
  ASSERT_EQ(bench.run(first), Outcome::interrupted);
  bench.stop = core::StopRequest();
  ASSERT_EQ(bench.run(other, {{"seed", 1}}), Outcome::complete);
  EXPECT_EQ(other.steps, 200);
}

TEST(TimeLoop, WritesRollingStatesByWallTime) {
  const core::Comm comm;
  test::Workbench bench;
  bench.checkpoint_interval_s = 0;
  MapStage map(-1);
  ASSERT_EQ(bench.run(map), Outcome::complete);
  comm.barrier();
  EXPECT_TRUE(std::filesystem::exists(bench.folder() / "map.state.0"));
  EXPECT_TRUE(std::filesystem::exists(bench.folder() / "map.state.1"));
}

}  // namespace
}  // namespace cardiotwin::stage

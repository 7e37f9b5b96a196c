#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "cardiotwin/core/mpi.hpp"
#include "cardiotwin/core/stop.hpp"
#include "cardiotwin/core/timer.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::core {
namespace {

TEST(Error, SaysWhereExpectedFoundRemedyInThatOrder) {
  const Error error(ExitCode::input, {"a.json: x.y", "a number", "\"0,05\"", "write 0.05"});
  EXPECT_STREQ(error.what(), "a.json: x.y\n  expected a number, got \"0,05\"\n  write 0.05");
  EXPECT_EQ(error.code(), ExitCode::input);
}

TEST(Collectively, OneRanksFailureIsEveryones) {
  const Comm comm;
  const int last = comm.size() - 1;
  try {
    collectively(comm, [&] {
      if (comm.rank() == last) fail_integrity({"here", "this", "that", "do so"});
    });
    FAIL() << "no error on rank " << comm.rank();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::integrity);
    EXPECT_EQ(error.fault().found, "that");
    EXPECT_TRUE(error.is_collective());
  }
}

TEST(Collectively, ForeignExceptionsBecomeErrors) {
  const Comm comm;
  EXPECT_THROW(on_root(comm, [] { throw std::runtime_error("boom"); }), Error);
}

TEST(Comm, ReducesAndBroadcasts) {
  const Comm comm;
  const int n = comm.size();
  EXPECT_DOUBLE_EQ(comm.sum(1.5), 1.5 * n);
  EXPECT_DOUBLE_EQ(comm.max(comm.rank()), n - 1);
  EXPECT_DOUBLE_EQ(comm.min(comm.rank()), 0);
  EXPECT_TRUE(comm.any(comm.rank() == n - 1));
  EXPECT_FALSE(comm.any(false));
  std::vector<int> values;
  std::string text;
  if (comm.is_root()) {
    values = {1, 2, 3};
    text = "root's word";
  }
  comm.broadcast(values);
  comm.broadcast(text);
  EXPECT_EQ(values, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(text, "root's word");
}

TEST(StopRequest, IsAgreedWhenOneRankIsAsked) {
  const Comm comm;
  StopRequest stop;
  EXPECT_FALSE(stop.agreed(comm));
  if (comm.rank() == comm.size() - 1) stop.request();
  EXPECT_TRUE(stop.agreed(comm));
}

TEST(StopRequest, SeesTheStopFile) {
  const Comm comm;
  const test::TemporaryFolder folder(comm);
  StopRequest stop(folder.path() / "STOP");
  EXPECT_FALSE(stop.agreed(comm));
  on_root(comm, [&] { std::ofstream(folder.path() / "STOP") << ""; });
  EXPECT_TRUE(stop.agreed(comm));
}

TEST(StopRequest, SignalOnlySetsAFlag) {
  StopRequest::install_handlers();
  StopRequest stop;
  ASSERT_FALSE(stop.seen());
  std::raise(SIGUSR1);
  EXPECT_TRUE(stop.seen());
}

TEST(PeakRss, CountsWhatIsTouched) {
  reset_peak_rss();
  const double before = peak_rss_mib();
  {
    std::vector<char> touched(64U << 20U, 1);
    ASSERT_EQ(touched[12345], 1);
  }
  EXPECT_GT(peak_rss_mib(), before + 50);
}

}  // namespace
}  // namespace cardiotwin::core

// What is computed once: values in a file, and single cells that were paced.

#include "electrophysiology/kept.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "cardiotwin/io/files.hpp"
#include "electrophysiology/cell/drugs.hpp"
#include "electrophysiology/cell/single_cell.hpp"
#include "electrophysiology/cell/ten_tusscher_2006.hpp"
#include "electrophysiology/cell/tor_ord.hpp"
#include "electrophysiology/pacing.hpp"

namespace cardiotwin::electrophysiology {
namespace {

namespace fs = std::filesystem;

class Kept : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder); }
  void TearDown() override { fs::remove_all(folder); }

  /// Values kept under "key", and how often they were computed so far.
  std::vector<double> values(const std::string& key = "key") {
    return kept(folder, key, [&] { return ++computed, result; });
  }
  fs::path file() const { return fs::directory_iterator(folder)->path(); }

  const fs::path folder = fs::path(testing::TempDir()) / "cardiotwin_kept_test" / "deep";
  std::vector<double> result{0.1, -1e-300, 1.0 / 3};
  int computed = 0;
};

TEST_F(Kept, ComputesOnceAndReadsTheSameBits) {
  EXPECT_EQ(values(), result);
  EXPECT_EQ(values(), result);
  EXPECT_EQ(computed, 1);
  EXPECT_EQ(values("another key"), result);
  EXPECT_EQ(computed, 2);
}

TEST_F(Kept, ComputesAgainWhatIsDamagedAndMendsTheFile) {
  values();
  const std::string whole = io::read_file(file());
  std::string digit = whole, key = whole;
  digit[digit.find("0.1") + 2] = '2';
  key.replace(key.find("\"key\": \"key\""), 12, "\"key\": \"kex\"");
  for (const std::string& text : {whole.substr(0, whole.size() / 2), std::string(), std::string("{}"), digit, key}) {
    io::replace_file(file(), text);
    computed = 0;
    EXPECT_EQ(values(), result) << text;
    EXPECT_EQ(computed, 1) << text;
    EXPECT_EQ(io::read_file(file()), whole);
  }
}

TEST_F(Kept, ComputesEveryTimeWhatCannotBeWritten) {
  values();
  for (int time = 0; time < 2; ++time)
    EXPECT_EQ(kept(file() / "no folder", "key", [&] { return ++computed, result; }), result);
  EXPECT_EQ(computed, 3);
}

TEST_F(Kept, DoesNotKeepWhatIsNotANumber) {
  result[1] = std::numeric_limits<double>::quiet_NaN();
  values();
  EXPECT_FALSE(fs::exists(folder));
}

const Pacing two_beats{.cycle_ms = 600, .beats = 2, .time_step_ms = 0.05};

TEST_F(Kept, PacedCellStandsWherePacingLeavesIt) {
  const CellKind start = cell_kind(ten_tusscher_2006(), "mid");
  CellKind expected = start;
  pace(ten_tusscher_2006(), expected, two_beats.cycle_ms, two_beats.beats, two_beats.time_step_ms);
  for (int time = 0; time < 2; ++time) {
    const CellKind found = paced(ten_tusscher_2006(), start, two_beats, folder);
    EXPECT_EQ(found.potential, expected.potential);
    EXPECT_EQ(found.state, expected.state);
    EXPECT_EQ(found.scaling, start.scaling);
    EXPECT_EQ(found.variant, start.variant);
  }
}

TEST_F(Kept, PacedCellIsReadAndNotPacedAgain) {
  const CellKind start = cell_kind(ten_tusscher_2006(), "mid");
  kept(folder, pacing_key(ten_tusscher_2006(), start, two_beats),
       [&] { return std::vector<double>(start.state.size() + 1, 42); });
  const CellKind found = paced(ten_tusscher_2006(), start, two_beats, folder);
  EXPECT_EQ(found.potential, 42);
  EXPECT_EQ(found.state, std::vector<double>(start.state.size(), 42));
}

TEST(PacingKey, DiffersInAllThatTheCellDependsOn) {
  const IonicModel& model = ten_tusscher_2006();
  const CellKind kind = cell_kind(model, "mid");
  CellKind drugged = kind, elsewhere = kind;
  scale(model, drug("dofetilide"), 1e-9, drugged.scaling);  // blocks some 1e-7 of I_Kr
  ASSERT_NE(drugged.scaling, kind.scaling);
  elsewhere.state.back() += 1e-12;
  const std::set<std::string> keys{
      pacing_key(model, kind, two_beats),
      pacing_key(model, drugged, two_beats),
      pacing_key(model, elsewhere, two_beats),
      pacing_key(model, cell_kind(model, "epicardial"), two_beats),
      pacing_key(tor_ord(), cell_kind(tor_ord(), "mid"), two_beats),
      pacing_key(model, kind, {.cycle_ms = 601, .beats = 2, .time_step_ms = 0.05}),
      pacing_key(model, kind, {.cycle_ms = 600, .beats = 3, .time_step_ms = 0.05}),
      pacing_key(model, kind, {.cycle_ms = 600, .beats = 2, .time_step_ms = 0.02}),
  };
  EXPECT_EQ(keys.size(), 8);
}

}  // namespace
}  // namespace cardiotwin::electrophysiology

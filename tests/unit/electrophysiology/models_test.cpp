#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "electrophysiology/cell/bueno_orovio.hpp"
#include "electrophysiology/cell/mitchell_schaeffer.hpp"
#include "electrophysiology/cell/single_cell.hpp"
#include "electrophysiology/cell/ten_tusscher_2006.hpp"
#include "electrophysiology/cell/tor_ord.hpp"

namespace cardiotwin::electrophysiology {
namespace {

std::vector<double> apd90(const IonicModel& model, std::string_view variant, int beats, double dt) {
  CellKind kind = cell_kind(model, variant);
  std::vector<double> durations;
  for (const Beat& beat : pace(model, kind, 1000, beats, dt)) durations.push_back(beat.apd90_ms);
  return durations;
}

// First and hundredth beat at 1 Hz, from the project's table of benchmarks.
TEST(TenTusscher2006, ActionPotentialDurationUnderPacing) {
  struct {
    const char* variant;
    double first, hundredth;
  } const references[] = {{"epicardial", 290.0, 302.8}, {"endocardial", 281.6, 298.5}, {"mid", 351.2, 394.2}};
  for (const auto& reference : references) {
    const auto apd = apd90(ten_tusscher_2006(), reference.variant, 100, 0.05);
    EXPECT_NEAR(apd.front(), reference.first, 2) << reference.variant;
    EXPECT_NEAR(apd.back(), reference.hundredth, 2) << reference.variant;
  }
}

// At 1 Hz; known of the model are about 269 ms (epicardial) and 410 ms (mid). The endocardial figure is this program's.
TEST(BuenoOrovio, ActionPotentialDurationAtOneHertz) {
  EXPECT_NEAR(apd90(bueno_orovio(), "epicardial", 20, 0.02).back(), 269, 2);
  EXPECT_NEAR(apd90(bueno_orovio(), "mid", 20, 0.02).back(), 410, 4);
  EXPECT_NEAR(apd90(bueno_orovio(), "endocardial", 20, 0.02).back(), 263, 2);
}

// Known of the model is a steady APD90 of 265 to 275 ms at 1 Hz.
TEST(TorOrd, ActionPotentialDurationAtOneHertz) {
  const auto apd = apd90(tor_ord(), "endocardial", 20, 0.05);
  EXPECT_NEAR(apd.back(), 270, 5);
  EXPECT_NEAR(apd.back(), apd.front(), 0.5);
}

// The published start is the steady state of the authors' own program: a wrong constant makes the cell leave it.
TEST(TorOrd, EndocardialCellReturnsToItsPublishedState) {
  CellKind kind = cell_kind(tor_ord(), "endocardial");
  const CellVariant& published = tor_ord().variants[kind.variant];
  pace(tor_ord(), kind, 1000, 2, 0.01);
  EXPECT_NEAR(kind.potential, published.potential, 0.002);
  for (std::size_t k = 0; k < published.state.size(); ++k)
    if (published.state[k] > 1e-6) {
      EXPECT_NEAR(kind.state[k] / published.state[k], 1, 0.003) << tor_ord().variables[k];
    }
}

// Order as published; the figures are this program's.
TEST(TorOrd, MidWallIsLongerAndEpicardiumShorter) {
  EXPECT_NEAR(apd90(tor_ord(), "mid", 5, 0.05).back(), 326, 4);
  EXPECT_NEAR(apd90(tor_ord(), "epicardial", 5, 0.05).back(), 239, 4);
}

/// Duration from the upstroke until h has fallen to h_min = 4 tau_in/tau_out, for the diastole that the beat itself
/// leaves of the cycle.
double asymptotic_duration(double measured, double cycle) {
  const double h_min = 4 * 0.3 / 6, tau_open = 120, tau_close = 150;
  return tau_close * std::log((1 - (1 - h_min) * std::exp(-(cycle - measured) / tau_open)) / h_min);
}

// The formula neglects how long the cell takes over its upstroke and its repolarisation. With both currents k times as
// large h_min is the same and the formula becomes exact.
TEST(MitchellSchaeffer, DurationTendsToTheAsymptoticFormula) {
  double previous = std::numeric_limits<double>::infinity();
  for (double k : {1.0, 8.0, 64.0}) {
    CellKind kind = cell_kind(mitchell_schaeffer(), "ventricular");
    kind.scaling = {k, k};
    const double apd = pace(mitchell_schaeffer(), kind, 500, 10, 0.002).back().apd50_ms;
    const double error = std::abs(apd - asymptotic_duration(apd, 500));
    EXPECT_LT(error, 0.4 * previous) << k;
    previous = error;
  }
  EXPECT_LT(previous, 2.0);
}

class EveryModel : public testing::TestWithParam<const IonicModel*> {};
INSTANTIATE_TEST_SUITE_P(, EveryModel, testing::ValuesIn(ionic_models().begin(), ionic_models().end()),
                         [](const auto& model) { return std::string(model.param->name); });

/// A block of cells of one variant, at its start.
struct Cells {
  CellKind kind;
  std::unique_ptr<Membrane> membrane;
  std::vector<double> state, potential, current;

  Cells(const IonicModel& model, const CellVariant& variant, double time_step)
      : kind(cell_kind(model, variant.name)),
        membrane(model.membrane(kind.variant, kind.scaling, time_step)),
        potential(block, kind.potential),
        current(block) {
    for (double y : kind.state) state.insert(state.end(), block, y);
  }
  void advance(std::size_t cells = block) { membrane->advance(cells, potential.data(), state.data(), current.data()); }
};

TEST_P(EveryModel, AnswersAPulseAndComesBack) {
  for (const CellVariant& variant : GetParam()->variants) {
    CellKind kind = cell_kind(*GetParam(), variant.name);
    const Beat beat = pace(*GetParam(), kind, 1000, 1, 0.02).front();
    EXPECT_EQ(beat.resting_mV, variant.potential);
    EXPECT_TRUE(beat.peak_mV > 10 && beat.peak_mV < 60) << variant.name << " " << beat.peak_mV;
    EXPECT_TRUE(beat.apd90_ms > 200 && beat.apd90_ms < 500) << variant.name << " " << beat.apd90_ms;
    EXPECT_TRUE(beat.apd50_ms > 150 && beat.apd50_ms < beat.apd90_ms) << variant.name << " " << beat.apd50_ms;
    EXPECT_NEAR(kind.potential, variant.potential, 2) << variant.name;
  }
}

TEST_P(EveryModel, ConvergesInTheTimeStep) {
  const std::string_view variant = GetParam()->variants.front().name;
  const double coarse = apd90(*GetParam(), variant, 1, 0.05)[0], fine = apd90(*GetParam(), variant, 1, 0.01)[0];
  EXPECT_NEAR(coarse, fine, 0.5);
}

TEST_P(EveryModel, StaysAtRestAndEveryLaneGivesTheSame) {
  for (const CellVariant& variant : GetParam()->variants) {
    Cells cells(*GetParam(), variant, 0.05);
    for (int step = 0; step < 4000; ++step) {
      cells.advance(padding);
      for (std::size_t c = 0; c < padding; ++c) cells.potential[c] -= 0.05 * cells.current[c];
    }
    EXPECT_NEAR(cells.potential[0], variant.potential, 1)
        << variant.name;  // the published rest is that of a paced cell
    for (std::size_t c = 1; c < padding; ++c) EXPECT_EQ(cells.potential[c], cells.potential[0]) << variant.name;
  }
}

TEST_P(EveryModel, CurrentAloneIsTheCurrentOfTheStep) {
  for (const CellVariant& variant : GetParam()->variants) {
    Cells cells(*GetParam(), variant, 1e-12);  // so short that the state stays as it is
    for (std::size_t c = 0; c < block; ++c) cells.potential[c] = -95 + 2.5 * static_cast<double>(c);  // 0 mV among them
    std::vector<double> alone(block);
    cells.membrane->current(block, cells.potential.data(), cells.state.data(), alone.data());
    cells.advance();
    for (std::size_t c = 0; c < block; ++c)
      // Models may sum their currents in single precision, in an order that the compiler chooses.
      EXPECT_NEAR(alone[c], cells.current[c], 1e-6 * (1 + std::abs(alone[c]))) << variant.name << cells.potential[c];
  }
}

TEST_P(EveryModel, EveryCurrentCanBeScaled) {
  const IonicModel& model = *GetParam();
  const CellVariant& variant = model.variants.front();
  Cells cells(model, variant, 0.05);
  for (std::size_t c = 0; c < block; ++c) cells.potential[c] = -95 + 2.5 * static_cast<double>(c);
  for (int step = 0; step < 20; ++step) cells.advance();  // so that channels are open
  std::vector<double> whole(block), without(block);
  cells.membrane->current(block, cells.potential.data(), cells.state.data(), whole.data());
  for (std::size_t k = 0; k < model.currents.size(); ++k) {
    auto scaling = cells.kind.scaling;
    scaling[k] = 0;
    const auto blocked = model.membrane(cells.kind.variant, scaling, 0.05);
    blocked->current(block, cells.potential.data(), cells.state.data(), without.data());
    double difference = 0;
    for (std::size_t c = 0; c < block; ++c) difference = std::max(difference, std::abs(whole[c] - without[c]));
    EXPECT_GT(difference, 1e-5) << model.currents[k];
  }
}

TEST_P(EveryModel, StaysFiniteAtAbsurdPotentials) {
  for (const CellVariant& variant : GetParam()->variants)
    for (double v : {-1e8, -1e4, -500.0, -150.0, 120.0, 500.0, 1e4, 1e8}) {
      Cells cells(*GetParam(), variant, 0.05);
      cells.potential.assign(block, v);
      for (int step = 0; step < 400; ++step) cells.advance(padding);
      EXPECT_TRUE(std::isfinite(cells.current[0])) << variant.name << " " << v;
      for (std::size_t k = 0; k < variant.state.size(); ++k)
        EXPECT_TRUE(std::isfinite(cells.state[k * block]))
            << variant.name << " " << v << " " << GetParam()->variables[k];
    }
}

TEST(Pace, LeavesTheCellAtTheEndOfItsLastDiastole) {
  CellKind kind = cell_kind(ten_tusscher_2006(), "epicardial"), again = kind;
  const auto both = pace(ten_tusscher_2006(), kind, 600, 2, 0.05);
  pace(ten_tusscher_2006(), again, 600, 1, 0.05);
  EXPECT_EQ(pace(ten_tusscher_2006(), again, 600, 1, 0.05).front().apd90_ms, both.back().apd90_ms);
  EXPECT_EQ(again.state, kind.state);
  EXPECT_EQ(again.potential, kind.potential);
  EXPECT_TRUE(
      std::isnan(pace(ten_tusscher_2006(), kind, 100, 1, 0.05).front().apd90_ms));  // a cycle too short to return
}

}  // namespace
}  // namespace cardiotwin::electrophysiology

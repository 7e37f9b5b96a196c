#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "cardiotwin/core/error.hpp"
#include "electrophysiology/cell/single_cell.hpp"
#include "electrophysiology/cell/ten_tusscher_2006.hpp"
#include "electrophysiology/cell/vector_math.hpp"

namespace cardiotwin::electrophysiology {
namespace {

TEST(VectorMath, ExpAndLogAgreeWithTheLibrary) {
  for (double x = -690; x < 690; x += 0.37) EXPECT_NEAR(fast_exp(x) / std::exp(x), 1, 2e-14) << x;
  EXPECT_EQ(fast_exp(0.0), 1);
  EXPECT_EQ(fast_exp(-1e6), fast_exp(-700.0));
  EXPECT_EQ(fast_exp(1e6), fast_exp(700.0));
  for (double x = 1e-8; x < 1e9; x *= 1.0173)
    EXPECT_NEAR(fast_log(x), std::log(x), 1e-14 * (1 + std::abs(std::log(x)))) << x;
  EXPECT_EQ(fast_log(1.0), 0);
}

TEST(VectorMath, ExpAndLogInSinglePrecision) {
  for (float x = -86; x < 87; x += 0.037F) EXPECT_NEAR(fast_exp(x) / std::exp(static_cast<double>(x)), 1, 4e-7) << x;
  EXPECT_EQ(fast_exp(-1e6F), fast_exp(-87.0F));
  for (float x = 1e-8F; x < 1e9F; x *= 1.0173F) {
    const double exact = std::log(static_cast<double>(x));
    EXPECT_NEAR(fast_log(x), exact, 2e-7 * (1 + std::abs(exact))) << x;
  }
}

double first_apd90(std::string_view variant, double time_step_ms) {
  CellKind kind = cell_kind(ten_tusscher_2006(), variant);
  return pace(ten_tusscher_2006(), kind, 1000, 1, time_step_ms).front().apd90_ms;
}

// Reference durations of the first beat at 1 Hz, from the project's table of benchmarks: 290.0, 281.6 and 351.2 ms. The
// definition of the upstroke's instant (steepest slope, threshold, begin of the stimulus) moves the figure by up to 0.5
// ms, the stimulus by 0.1 ms, and the reference is given to 0.1 ms; a wrong gate or constant moves it by several ms.
TEST(TenTusscher2006, ActionPotentialDurationOfTheFirstBeat) {
  EXPECT_NEAR(first_apd90("epicardial", 0.02), 290.0, 0.6);
  EXPECT_NEAR(first_apd90("endocardial", 0.02), 281.6, 0.6);
  EXPECT_NEAR(first_apd90("mid", 0.02), 351.2, 0.6);
}

// The stimulated corner of the slab benchmark, whose neighbours are stimulated too: 1.22 ms in the extrapolated table.
TEST(TenTusscher2006, LatencyIsThatOfTheStimulatedCornerOfTheSlab) {
  const CellKind kind = cell_kind(ten_tusscher_2006(), "epicardial");
  EXPECT_NEAR(latency(ten_tusscher_2006(), kind, 50 / 1.4, 2, 0), 1.22, 0.05);
  EXPECT_EQ(latency(ten_tusscher_2006(), kind, 5, 2, 0), -1);
}

TEST(TenTusscher2006, ConvergesInTheTimeStep) {
  const double coarse = first_apd90("epicardial", 0.05), middle = first_apd90("epicardial", 0.025),
               fine = first_apd90("epicardial", 0.0125);
  EXPECT_LT(std::abs(middle - fine), 0.75 * std::abs(coarse - middle));
  EXPECT_LT(std::abs(coarse - fine), 0.3);
}

TEST(IonicModels, AreFoundByNameAndUnknownOnesAreRefusedWithTheList) {
  for (const IonicModel* model : ionic_models()) {
    EXPECT_EQ(&ionic_model(model->name), model);
    ASSERT_FALSE(model->variants.empty());
    for (const CellVariant& variant : model->variants)
      EXPECT_EQ(variant.state.size(), model->variables.size()) << model->name << " " << variant.name;
  }
  try {
    ionic_model("ten_tuscher");
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find("ten_tusscher_2006"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace cardiotwin::electrophysiology

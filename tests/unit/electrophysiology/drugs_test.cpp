#include "electrophysiology/cell/drugs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cardiotwin/core/error.hpp"
#include "electrophysiology/cell/single_cell.hpp"

namespace cardiotwin::electrophysiology {
namespace {

TEST(Drugs, BlockFollowsTheHillCurve) {
  const Block b{"I_Kr", 2.0, 1.5};
  EXPECT_EQ(remaining(b, 0), 1);
  EXPECT_DOUBLE_EQ(remaining(b, 2), 0.5);
  EXPECT_DOUBLE_EQ(remaining(b, 8), 1 / (1 + 8.0));  // 4^1.5
  EXPECT_NEAR(remaining(b, 1e9), 0, 1e-12);
}

TEST(Drugs, TableIsSound) {
  for (const Drug& d : drugs()) {
    EXPECT_EQ(&drug(d.name), &d);
    EXPECT_GT(d.free_cmax_uM, 0) << d.name;
    for (const Block& b : d.blocks) {
      EXPECT_GT(b.ic50_uM, 0) << d.name;
      EXPECT_TRUE(b.hill > 0.1 && b.hill < 4) << d.name;
      EXPECT_EQ(std::ranges::count(d.blocks, b.current, &Block::current), 1) << d.name << " " << b.current;
    }
  }
}

// Dofetilide at its therapeutic concentration of 2 nM, IC50 of I_Kr 6.1 nM.
TEST(Drugs, ScaleMultipliesTheFactorsOfTheBlockedCurrents) {
  const IonicModel& model = ionic_model("ten_tusscher_2006");
  CellKind kind = cell_kind(model, "endocardial");
  kind.scaling[3] = 2;  // of I_Kr, from elsewhere
  ASSERT_EQ(model.currents[3], "I_Kr");
  ASSERT_EQ(model.currents[4], "I_Ks");
  EXPECT_EQ(scale(model, drug("dofetilide"), 0.002, kind.scaling), std::vector<std::string>{"I_NaL"});
  EXPECT_NEAR(kind.scaling[3], 2 * 0.7699, 1e-3);
  EXPECT_EQ(kind.scaling[4], 1);
}

std::string refusal(auto&& call) {
  try {
    call();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::configuration);
    return error.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return "";
}

TEST(Drugs, UnknownNamesAreRefusedWithTheList) {
  EXPECT_NE(refusal([] { drug("dofetilid"); }).find("dofetilide"), std::string::npos);
  const IonicModel& model = ionic_model("ten_tusscher_2006");
  std::vector<double> scaling(model.currents.size(), 1.0);
  const std::vector<Block> own{{"I_f", 1, 1}};
  EXPECT_NE(refusal([&] { scale(model, own, 1, scaling); }).find("I_Kr"), std::string::npos);
}

// Mexiletine blocks the late sodium current most, which ten Tusscher and Panfilov's cell lacks.
TEST(Drugs, ADrugWhoseMainCurrentTheModelLacksIsRefused) {
  const IonicModel& model = ionic_model("ten_tusscher_2006");
  std::vector<double> scaling(model.currents.size(), 1.0);
  EXPECT_NE(refusal([&] { scale(model, drug("mexiletine"), 4.129, scaling); }).find("\"I_NaL\""), std::string::npos);
  const IonicModel& minimal = ionic_model("bueno_orovio");
  scaling.assign(minimal.currents.size(), 1.0);
  refusal([&] { scale(minimal, drug("dofetilide"), 0.002, scaling); });
}

double apd90(const Drug* d, double concentration_uM) {
  const IonicModel& model = ionic_model("tor_ord");
  CellKind kind = cell_kind(model, "endocardial");
  if (d != nullptr) {
    EXPECT_TRUE(scale(model, *d, concentration_uM, kind.scaling).empty());
  }
  return pace(model, kind, 1000, 3, 0.05).back().apd90_ms;
}

// Blockers of I_Kr prolong, a blocker of calcium shortens.
TEST(Drugs, ChangeTheActionPotentialAsTheyDoInCells) {
  const double control = apd90(nullptr, 0);
  EXPECT_GT(apd90(&drug("dofetilide"), 0.002), control + 15);
  EXPECT_GT(apd90(&drug("quinidine"), 3.237), control + 60);
  EXPECT_LT(apd90(&drug("diltiazem"), 0.122), control - 5);
}

}  // namespace
}  // namespace cardiotwin::electrophysiology

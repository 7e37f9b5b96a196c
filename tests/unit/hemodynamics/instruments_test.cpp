/// Instruments in fields that they must read exactly: linear ones, for P1.

#include "instruments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "make_scheme.hpp"

namespace cardiotwin::hemodynamics {
namespace {

const Vec3 slope{0.3, -0.2, 0.5};  ///< of the pressure [kPa/mm]
Vec3 velocity(const Vec3& x) { return {1 + 0.2 * x[1], -0.4 + 0.1 * x[0] - 0.3 * x[2], 0.5 * x[0] + 0.2 * x[1]}; }

/// A box of 3 x 2 x 1 mm.
struct Field {
  Field() {
    for (std::int32_t n = 0; n < space.locals(); ++n) {
      const Vec3& x = space.coordinates()[n];
      for (int d = 0; d < 3; ++d) scheme->state.u[d][n] = velocity(x)[d];
      scheme->state.p[n] = 7 + dot(slope, x);
    }
  }
  /// Twice the field.
  void grow() {
    for (Scalars& component : scheme->state.u)
      for (double& value : component) value *= 2;
    for (double& value : scheme->state.p) value *= 2;
  }
  Instruments instruments(InstrumentPlan plan) { return {scheme->mesh(), floor, std::move(plan)}; }
  void read(Instruments& instruments, double step) { instruments.read(*scheme, shear, step); }

  mesh::TetMesh mesh = mesh::box({0, 0, 0}, {3, 2, 1}, {7, 5, 3});
  fem::Space space{core::Comm(), mesh, 1};
  std::unique_ptr<Scheme> scheme = make_scheme(SchemeKind::fractional_step, space, {}, nullptr);
  SurfaceSet floor = surface_set(space, mesh, {5});
  Vectors shear = scheme->halo().vectors();  ///< [kPa]
};

const Vec3 from{0.3, 0.7, 0.2}, to{2.6, 1.1, 0.9};
/// Through the cut below; over a circle a linear field has the mean of its middle.
const Vec3 centre{1.4, 1.1, 0.45};
const double through = dot(velocity(centre), {1, 2, -2}) / 3;
const InstrumentPlan plan{.cuts = {{"oblique", centre, {1, 2, -2}, 0.4}}, .differences = {{"drop", from, to}}};

TEST(Instruments, ReadALinearFieldExactly) {
  Field field;
  Instruments instruments = field.instruments(plan);
  field.read(instruments, 1);
  ASSERT_EQ(instruments.difference()[0].size(), 1u);
  EXPECT_NEAR(instruments.difference()[0][0], dot(slope, from - to), 1e-12);
  for (double value : instruments.cut_profile(0)) EXPECT_NEAR(value, through, 1e-12);
}

/// A node belongs to cells of several ranks where their parts meet.
TEST(Instruments, CountAPlaceOnceWhereRanksMeet) {
  Field field;
  InstrumentPlan nodes;
  for (int i = 0; i <= 7; ++i) nodes.differences.push_back({"node", {3.0 * i / 7, 0.8, 1.0 / 3}, to});
  Instruments instruments = field.instruments(nodes);
  field.read(instruments, 1);
  for (std::size_t i = 0; i < nodes.differences.size(); ++i)
    EXPECT_NEAR(instruments.difference()[i][0], dot(slope, nodes.differences[i].from - to), 1e-12);
}

TEST(Instruments, AverageOverTimeByTheStep) {
  Field field;
  Instruments instruments = field.instruments(plan);
  field.read(instruments, 1);
  field.grow();
  field.read(instruments, 3);
  for (double value : instruments.cut_profile(0)) EXPECT_NEAR(value, (1 + 3 * 2) / 4.0 * through, 1e-12);
  EXPECT_NEAR(instruments.difference()[0][1], 2 * instruments.difference()[0][0], 1e-12);
}

/// A circle counts with its part inside the flow, and as nothing where there is none.
TEST(Instruments, CutsEndWhereTheFlowDoes) {
  Field field;
  for (int d = 0; d < 3; ++d) std::ranges::fill(field.scheme->state.u[d], d == 2 ? 0.8 : 0.0);
  Instruments instruments = field.instruments({.cuts = {{"beyond", {1.5, 0.4, 0.5}, {0, 0, 2}, 8}}});
  field.read(instruments, 1);
  const auto profile = instruments.cut_profile(0);
  ASSERT_EQ(profile.size(), static_cast<std::size_t>(Instruments::radii));
  const double farthest = std::hypot(1.5, 1.6);  // the corner
  for (int i = 0; i < Instruments::radii; ++i) {
    const double r = 8.0 * i / (Instruments::radii - 1);
    if (r >= 1.5 && r <= farthest) continue;
    EXPECT_NEAR(profile[i], r < 1.5 ? 0.8 : 0.0, 1e-12) << r;
  }
}

TEST(Instruments, BandsAverageTheShearAlongTheirAxis) {
  Field field;
  for (std::int32_t n = 0; n < field.space.locals(); ++n) field.shear[0][n] = 1e-3 * field.space.coordinates()[n][0];
  Instruments instruments = field.instruments({.bands = {{"middle", {1.5, 0, 0}, {2, 0, 0}, 1.6}}});
  field.read(instruments, 1);
  EXPECT_NEAR(instruments.shear()[0][0], 1.5, 1e-12);  // [Pa]; the band's nodes lie evenly about its middle
}

TEST(Instruments, ForgetAndGoOnFromAState) {
  Field field;
  Instruments whole = field.instruments(plan), resumed = field.instruments(plan);
  field.read(whole, 4);
  whole.forget();
  EXPECT_TRUE(whole.difference()[0].empty());
  field.read(whole, 1);
  EXPECT_NEAR(whole.cut_profile(0).front(), through, 1e-12);
  stage::State state;
  whole.save(state);
  resumed.load(state);
  field.grow();
  for (Instruments* instruments : {&whole, &resumed}) field.read(*instruments, 0.7);
  EXPECT_EQ(resumed.difference(), whole.difference());
  EXPECT_EQ(resumed.cut_profile(0), whole.cut_profile(0));
  EXPECT_EQ(whole.difference()[0].size(), 2u);
}

TEST(Instruments, RefuseAPlaceOutside) {
  Field field;
  const auto expect_refusal = [&](const InstrumentPlan& outside, const char* what) {
    try {
      field.instruments(outside);
      ADD_FAILURE() << "accepted: " << what;
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), core::ExitCode::configuration);
      EXPECT_THAT(error.what(), testing::HasSubstr(what));
    }
  };
  expect_refusal({.cuts = {{"left", {-1, 1, 0.5}, {1, 0, 0}, 0.1}}}, "hemodynamics.cuts: left");
  expect_refusal({.differences = {{"drop", from, {2.6, 1.1, 1.2}}}}, "hemodynamics.pressure_differences: drop");
  expect_refusal({.bands = {{"far", {9, 0, 0}, {1, 0, 0}, 1}}}, "hemodynamics.wall_bands: far");
}

}  // namespace
}  // namespace cardiotwin::hemodynamics

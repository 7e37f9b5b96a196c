/// Clean-up of labels on drawn hearts.
#include "cleanup.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cardiotwin/core/error.hpp"
#include "heart_stack.hpp"
#include "morphology.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::lv_cavity;
using artifacts::lv_wall;
using artifacts::rv_cavity;

/// A square of labels around (i, j) in slice k.
void draw(const artifacts::Geometry& g, std::vector<std::uint8_t>& labels, std::int64_t i, std::int64_t j,
          std::int64_t k, std::int64_t half, std::uint8_t value) {
  for (std::int64_t b = j - half; b <= j + half; ++b)
    for (std::int64_t a = i - half; a <= i + half; ++a) labels[static_cast<std::size_t>(g.index(a, b, k))] = value;
}

TEST(Morphology, HullOfAHorseshoeIsFull) {
  const Size size{1, 20, 24};
  Mask horseshoe(480, 0);
  for (std::int64_t j = 4; j < 15; ++j)
    for (std::int64_t i = 5; i < 19; ++i) horseshoe[static_cast<std::size_t>(j * 24 + i)] = i < 8 || i > 15 || j > 11;
  const Mask hull = convex_hull(horseshoe, size);
  EXPECT_EQ(std::ranges::count(hull, 1), 11 * 14);
}

TEST(Morphology, HullOfATriangleIsTheTriangle) {
  const Size size{1, 30, 30};
  Mask corners(900, 0);
  corners[2 * 30 + 3] = corners[2 * 30 + 23] = corners[22 * 30 + 3] = 1;
  const Mask hull = convex_hull(corners, size);
  EXPECT_EQ(std::ranges::count(hull, 1), 21 * 22 / 2);  // Pick's theorem: half the square, diagonal included
  EXPECT_EQ(hull[2 * 30 + 24], 0);
}

TEST(Morphology, DistanceIsExact) {
  const Size size{3, 7, 9};
  Mask mask(static_cast<std::size_t>(count(size)), 0);
  mask[static_cast<std::size_t>((0 * 7 + 1) * 9 + 2)] = mask[static_cast<std::size_t>((2 * 7 + 6) * 9 + 8)] = 1;
  const auto d = distance_to(mask, size, {4, 1, 2});
  for (std::int64_t k = 0; k < 3; ++k)
    for (std::int64_t j = 0; j < 7; ++j)
      for (std::int64_t i = 0; i < 9; ++i) {
        const auto far = [&](double c, double b, double a) {
          return std::hypot(4 * (static_cast<double>(k) - c), static_cast<double>(j) - b,
                            2 * (static_cast<double>(i) - a));
        };
        EXPECT_NEAR(d[static_cast<std::size_t>((k * 7 + j) * 9 + i)], std::min(far(0, 1, 2), far(2, 6, 8)), 1e-5);
      }
}

TEST(CleanPhase, LeavesAGoodHeartAlone) {
  const test::EllipsoidHeart heart;
  const auto truth = heart.labels();
  auto labels = truth;
  clean_phase(heart.geometry, labels.data());
  EXPECT_EQ(labels, truth);
}

TEST(CleanPhase, UndoesIslandsPapillaryMusclesAndHoles) {
  const test::EllipsoidHeart heart;
  const auto truth = heart.labels();
  const auto& g = heart.geometry;
  const auto ci = std::llround(heart.middle_x() / g.spacing[0]), cj = std::llround(heart.middle_y() / g.spacing[1]);
  const std::int64_t k = g.size[2] - 4;
  auto labels = truth;
  draw(g, labels, 8, 8, k, 3, lv_cavity);                // an island of cavity
  draw(g, labels, 8, 70, k, 3, rv_cavity);               // and one of RV
  draw(g, labels, ci + 11, cj, k, 2, lv_wall);           // a papillary muscle, free in the blood
  draw(g, labels, ci, cj, k, 1, artifacts::background);  // a hole
  ASSERT_NE(labels, truth);
  clean_phase(g, labels.data());
  EXPECT_EQ(labels, truth);
}

artifacts::Labels beat(const test::EllipsoidHeart& heart, const std::vector<double>& sizes) {
  artifacts::Labels labels;
  labels.geometry = heart.geometry;
  for (const double size : sizes) {
    labels.phase_times_ms.push_back(30.0 * static_cast<double>(labels.phase_times_ms.size()));
    const auto phase = heart.labels(size);
    labels.labels.insert(labels.labels.end(), phase.begin(), phase.end());
  }
  return labels;
}

TEST(SettleBeat, FindsMomentsAndBaseWhicheverWayTheStackRuns) {
  for (const bool base_last : {true, false}) {
    const test::EllipsoidHeart heart(8, 1.4, base_last);
    auto labels = beat(heart, {0.9, 0.8, 0.75, 0.95, 1.0, 0.97});
    const SliceRange range = settle_beat(labels);
    EXPECT_EQ(labels.end_diastole, 4);
    EXPECT_EQ(labels.end_systole, 2);
    EXPECT_EQ(range.base_is_last, base_last);
    EXPECT_EQ(range.size(), 9);  // centres at 4, 12 ... 68 mm below the base, the apex at 70
    EXPECT_EQ(base_last ? range.last : range.first, base_last ? heart.geometry.size[2] - 1 : 0);
  }
}

TEST(SettleBeat, LeavesOutOpenRingsInEveryPhase) {
  const test::EllipsoidHeart heart;
  const auto& g = heart.geometry;
  auto labels = beat(heart, {1.0, 0.8});
  const std::int64_t top = g.size[2] - 1;
  for (std::int64_t p = 0; p < 2; ++p)  // half of the basal ring is missing, as below the outflow tract
    for (std::int64_t j = 0; j < g.size[1] / 2; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i) {
        auto& label = labels.labels[static_cast<std::size_t>(p * g.voxels() + g.index(i, j, top))];
        if (label == lv_wall) label = 0;
      }
  const SliceRange range = settle_beat(labels);
  EXPECT_EQ(range.last, top - 1);
  for (std::int64_t p = 0; p < 2; ++p) {
    const std::uint8_t* slice = labels.phase(p) + top * g.size[0] * g.size[1];
    EXPECT_TRUE(std::all_of(slice, slice + g.size[0] * g.size[1], [](auto l) { return l == 0; }));
  }
}

TEST(SettleBeat, CutsAwayAMisledApex) {
  const test::EllipsoidHeart heart;
  const auto& g = heart.geometry;
  auto labels = beat(heart, {1.0, 0.8});
  for (std::int64_t p = 0; p < 2; ++p) {  // below the apex: a ring twice as large as its neighbour's
    std::vector<std::uint8_t> phase(labels.phase(p), labels.phase(p) + g.voxels());
    draw(g, phase, 50, 44, 0, 20, lv_wall);
    draw(g, phase, 50, 44, 0, 12, lv_cavity);
    std::ranges::copy(phase, labels.labels.begin() + p * g.voxels());
  }
  settle_beat(labels);
  const std::uint8_t* slice = labels.phase(0);
  EXPECT_TRUE(std::all_of(slice, slice + g.size[0] * g.size[1], [](auto l) { return l == 0; }));
}

TEST(SettleBeat, RefusesWhatIsNoVentricle) {
  const test::EllipsoidHeart heart;
  auto labels = beat(heart, {1.0});
  std::ranges::fill(labels.labels, std::uint8_t{0});
  try {
    settle_beat(labels);
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
    EXPECT_NE(error.fault().expected.find("left ventricle"), std::string::npos);
    EXPECT_EQ(error.fault().found, "none");
  }
}

}  // namespace
}  // namespace cardiotwin::segmentation

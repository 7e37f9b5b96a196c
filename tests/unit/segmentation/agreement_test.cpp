/// Dice, Hausdorff-95 and the table of observers.
#include "cardiotwin/segmentation/agreement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <sstream>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/imaging/review.hpp"
#include "heart_stack.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Geometry;
using artifacts::Labels;

Geometry grid(std::array<std::int64_t, 3> size, Vec3 spacing) {
  Geometry g;
  g.size = size, g.spacing = spacing;
  return g;
}

/// A ball of label 1 around a point [mm].
std::vector<std::uint8_t> ball(const Geometry& g, const Vec3& middle, double radius) {
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(g.voxels()), 0);
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i) {
        const Vec3 at{static_cast<double>(i) * g.spacing[0], static_cast<double>(j) * g.spacing[1],
                      static_cast<double>(k) * g.spacing[2]};
        if (core::norm(at - middle) <= radius) labels[static_cast<std::size_t>(g.index(i, j, k))] = 1;
      }
  return labels;
}

Slices all_of(const Geometry& g) { return Slices(static_cast<std::size_t>(g.size[2]), true); }

/// Border voxels of label 1 in mm, found without the code under test: inside the image and beside a voxel without it.
std::vector<Vec3> border_points(const Geometry& g, const std::vector<std::uint8_t>& labels) {
  const auto in = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    if (i < 0 || j < 0 || k < 0 || i >= g.size[0] || j >= g.size[1] || k >= g.size[2]) return true;
    return labels[static_cast<std::size_t>(g.index(i, j, k))] == 1;
  };
  std::vector<Vec3> points;
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i)
        if (in(i, j, k) && !(in(i - 1, j, k) && in(i + 1, j, k) && in(i, j - 1, k) && in(i, j + 1, k) &&
                             in(i, j, k - 1) && in(i, j, k + 1)))
          points.push_back({static_cast<double>(i) * g.spacing[0], static_cast<double>(j) * g.spacing[1],
                            static_cast<double>(k) * g.spacing[2]});
  return points;
}

double percentile95_by_hand(const std::vector<Vec3>& from, const std::vector<Vec3>& to) {
  std::vector<double> distances;
  for (const Vec3& p : from) {
    double nearest = INFINITY;
    for (const Vec3& q : to) nearest = std::min(nearest, core::norm(p - q));
    distances.push_back(nearest);
  }
  std::ranges::sort(distances);
  const double at = 0.95 * static_cast<double>(distances.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double upper = distances[std::min(below + 1, distances.size() - 1)];
  return distances[below] + (at - static_cast<double>(below)) * (upper - distances[below]);
}

TEST(Agreement, EqualsPairwiseDistancesOfRandomShapes) {
  const Geometry g = grid({30, 26, 9}, {1.4, 1.1, 5});
  std::mt19937 random(7);
  std::uniform_real_distribution<double> place(10, 30), size(5, 14);
  for (int n = 0; n < 8; ++n) {
    auto a = ball(g, {place(random), place(random), place(random)}, size(random));
    auto b = ball(g, {place(random), place(random), place(random)}, size(random));
    const auto more = ball(g, {place(random), place(random), place(random)}, 6);
    std::ranges::transform(a, more, a.begin(), [](auto x, auto y) { return std::max(x, y); });
    const auto found = agreement(g, a.data(), b.data(), 1, all_of(g));
    ASSERT_TRUE(found && found->hausdorff95_mm);
    const auto of_a = border_points(g, a), of_b = border_points(g, b);
    // Distances are kept in single precision.
    EXPECT_NEAR(*found->hausdorff95_mm, std::max(percentile95_by_hand(of_a, of_b), percentile95_by_hand(of_b, of_a)),
                1e-4);
    const auto in_both = std::inner_product(a.begin(), a.end(), b.begin(), 0);
    EXPECT_DOUBLE_EQ(found->dice,
                     2.0 * in_both / static_cast<double>(std::ranges::count(a, 1) + std::ranges::count(b, 1)));
  }
}

TEST(Agreement, OfConcentricBallsIsTheDifferenceOfRadii) {
  const Geometry g = grid({40, 40, 40}, {1, 1, 1});
  const auto small = ball(g, {19.5, 19.5, 19.5}, 11), large = ball(g, {19.5, 19.5, 19.5}, 15);
  const auto found = agreement(g, small.data(), large.data(), 1, all_of(g));
  // Border voxels lie up to a voxel inside the surfaces.
  EXPECT_NEAR(found->hausdorff95_mm.value(), 4, 0.5);
  EXPECT_NEAR(found->dice, 2 * std::pow(11, 3) / (std::pow(11, 3) + std::pow(15, 3)), 0.01);
}

TEST(Agreement, CountsOnlyTheSlicesNamed) {
  const Geometry g = grid({20, 20, 6}, {1, 1, 8});
  std::vector<std::uint8_t> reference(2400, 0), found(2400, 0);
  for (std::int64_t k = 0; k < 6; ++k)
    for (std::int64_t j = 5; j < 12; ++j)
      for (std::int64_t i = 5; i < 12; ++i) {
        if (k == 2 || k == 3) reference[static_cast<std::size_t>(g.index(i, j, k))] = 1;
        found[static_cast<std::size_t>(g.index(i, j, k))] = 1;
      }
  const Slices slices = labelled_slices(g, reference.data());
  EXPECT_EQ(slices, (Slices{false, false, true, true, false, false}));
  const auto result = agreement(g, found.data(), reference.data(), 1, slices);
  EXPECT_EQ(result->dice, 1);
  EXPECT_EQ(result->hausdorff95_mm, 0);
  EXPECT_FALSE(at_border(g, reference.data(), slices, 8, 8, 2)) << "beyond slice 2 nothing is known";
  EXPECT_TRUE(at_border(g, reference.data(), all_of(g), 8, 8, 2));
  EXPECT_LT(agreement(g, found.data(), reference.data(), 1, all_of(g))->dice, 0.6);
}

TEST(Agreement, OfALabelThatOneLacks) {
  const Geometry g = grid({20, 20, 5}, {1, 1, 1});
  const auto there = ball(g, {10, 10, 2}, 4);
  const std::vector<std::uint8_t> nothing(there.size(), 0);
  const auto result = agreement(g, there.data(), nothing.data(), 1, all_of(g));
  EXPECT_EQ(result->dice, 0);
  EXPECT_FALSE(result->hausdorff95_mm);
  EXPECT_FALSE(agreement(g, there.data(), nothing.data(), 2, all_of(g)));
}

/// Two phases of the drawn heart on disk, the cavity drawn `grow` times as wide.
std::filesystem::path observer(const std::filesystem::path& folder, const test::EllipsoidHeart& heart, double grow) {
  Labels labels = heart.artifact({0.8 * grow, grow});
  find_moments(labels);
  EXPECT_EQ(labels.end_diastole, 1);
  EXPECT_EQ(labels.end_systole, 0);
  std::filesystem::create_directory(folder);
  imaging::write_review(labels, heart.image({0.8, 1}), "nrrd", folder);
  return folder / "labels_all_phases.nrrd";
}

TEST(AgreementTable, ComparesEveryPairOfObservers) {
  const test::TemporaryFolder folder;
  const test::EllipsoidHeart heart;
  const std::vector files{observer(folder.path() / "a", heart, 1), observer(folder.path() / "b", heart, 0.95),
                          observer(folder.path() / "c", heart, 1)};
  const std::string table = agreement_table(files);
  int compared = 0;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string moment, label;
    std::size_t a = 0, b = 0;
    double dice = 0, hausdorff = 0, ml_a = 0, ml_b = 0;
    if (!(words >> moment >> label >> a >> b >> dice >> hausdorff >> ml_a >> ml_b)) continue;
    ++compared;
    const bool same = a == 1 && b == 3;
    if (label == "rv_cavity" || same) {
      EXPECT_EQ(dice, 1) << line;
      EXPECT_EQ(hausdorff, 0) << line;
    } else {
      EXPECT_LT(dice, 0.99) << line;
      EXPECT_GT(hausdorff, 1) << line;
    }
    if (label == "lv_cavity" && moment == "ed" && !same) {
      EXPECT_NEAR(a == 2 ? ml_a : ml_b, std::pow(0.95, 3) * heart.cavity_ml(), 0.02 * heart.cavity_ml()) << line;
    }
  }
  EXPECT_EQ(compared, 2 * 3 * 3) << table;
}

TEST(AgreementTable, RefusesOneFileAndAnotherGridByName) {
  const test::TemporaryFolder folder;
  test::EllipsoidHeart heart;
  const auto first = observer(folder.path() / "a", heart, 1);
  EXPECT_THROW(agreement_table({first}), core::Error);
  heart.geometry.origin[2] += 4;
  const auto moved = observer(folder.path() / "moved", heart, 1);
  try {
    agreement_table({first, moved});
    FAIL() << "accepted";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
    EXPECT_EQ(error.fault().where, moved.string());
  }
  const auto one_phase = moved.parent_path() / "labels_end_diastole.nrrd";
  EXPECT_THROW(agreement_table({moved, one_phase}), core::Error);
}

}  // namespace
}  // namespace cardiotwin::segmentation

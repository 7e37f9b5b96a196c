/// The isotropic anatomy of an ellipsoidal ventricle against its exact volumes.
#include "anatomy.hpp"

#include <gtest/gtest.h>

#include <random>

#include "heart_stack.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Anatomy;
using artifacts::lv_cavity;
using artifacts::lv_wall;

Anatomy anatomy_of(const test::EllipsoidHeart& heart, const AnatomyOptions& options = {}) {
  artifacts::Labels labels;
  labels.geometry = heart.geometry;
  labels.phase_times_ms = {0};
  labels.labels = heart.labels();
  const SliceRange range = settle_beat(labels);
  return build_anatomy(heart.geometry, labels.phase(0), range, options);
}

/// Faces between cavity and anything but wall, but for those at the end of the grid beyond the base.
std::int64_t leaks(const Anatomy& anatomy) {
  const auto& g = anatomy.geometry;
  std::int64_t found = 0;
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i) {
        if (anatomy.labels[static_cast<std::size_t>(g.index(i, j, k))] != lv_cavity) continue;
        for (const auto& d : {std::array<int, 3>{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}}) {
          const std::int64_t a = i + d[0], b = j + d[1], c = k + d[2];
          if (a < 0 || b < 0 || c < 0 || a >= g.size[0] || b >= g.size[1] || c >= g.size[2]) continue;
          const auto other = anatomy.labels[static_cast<std::size_t>(g.index(a, b, c))];
          found += other != lv_cavity && other != lv_wall;
        }
      }
  return found;
}

class Thickness : public testing::TestWithParam<double> {};

TEST_P(Thickness, VolumesAgreeAndTheWallIsClosed) {
  for (const bool base_last : {true, false}) {
    const test::EllipsoidHeart heart(GetParam(), 1.4, base_last);
    const Anatomy anatomy = anatomy_of(heart);
    EXPECT_NEAR(volume_below_base_ml(anatomy, lv_cavity) / heart.cavity_ml(), 1, 0.02);
    EXPECT_NEAR(volume_below_base_ml(anatomy, lv_wall) / heart.wall_ml(), 1, 0.05);
    EXPECT_EQ(leaks(anatomy), 0);
    const double sign = base_last ? 1 : -1;
    EXPECT_NEAR(norm(anatomy.base_normal - sign * heart.geometry.axes[2]), 0, 1e-12);
    // The base lies on the basal face of the most basal slice.
    const Vec3 at = heart.geometry.to_index(anatomy.base_point);
    EXPECT_NEAR(at[2], base_last ? static_cast<double>(heart.geometry.size[2]) - 0.5 : -0.5, 1e-9);
    EXPECT_NEAR(at[0] * heart.geometry.spacing[0], heart.middle_x(), 0.5);
    EXPECT_NEAR(at[1] * heart.geometry.spacing[1], heart.middle_y(), 0.5);
  }
}
INSTANTIATE_TEST_SUITE_P(OfSlices, Thickness, testing::Values(4.0, 8.0, 10.0));

/// Labels of one phase whose slices were breathed away by up to `largest_mm` along each axis.
std::vector<std::uint8_t> breathed(const test::EllipsoidHeart& heart, double largest_mm, unsigned seed) {
  const auto& g = heart.geometry;
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> shift(-largest_mm, largest_mm);
  std::vector<std::uint8_t> labels;
  for (std::int64_t k = 0; k < g.size[2]; ++k) {
    const double dx = shift(random), dy = shift(random);
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i)
        labels.push_back(heart.label(static_cast<double>(i) * g.spacing[0] - heart.middle_x() - dx,
                                     static_cast<double>(j) * g.spacing[1] - heart.middle_y() - dy, heart.height(k)));
  }
  return labels;
}

/// Mean distance of a structure's surface below the base from an ellipsoid about the stack's axis [mm]; first order.
template <class Predicate>
double mean_distance(const Anatomy& anatomy, const test::EllipsoidHeart& heart, double radius, double length,
                     Predicate inside) {
  const auto& g = anatomy.geometry;
  const auto& slices = heart.geometry;
  double sum = 0, count = 0;
  for (std::int64_t k = 1; k < g.size[2]; ++k)
    for (std::int64_t j = 1; j < g.size[1]; ++j)
      for (std::int64_t i = 1; i < g.size[0]; ++i)
        for (std::size_t a = 0; a < 3; ++a) {
          const bool here = inside(anatomy.labels[static_cast<std::size_t>(g.index(i, j, k))]);
          Vec3 at{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
          if (here ==
              inside(anatomy.labels[static_cast<std::size_t>(g.index(i - (a == 0), j - (a == 1), k - (a == 2)))]))
            continue;
          at[a] -= 0.5;
          const Vec3 index = slices.to_index(g.to_world(at));
          const double x = index[0] * slices.spacing[0] - heart.middle_x(),
                       y = index[1] * slices.spacing[1] - heart.middle_y();
          const double from_base =
              heart.base_last ? static_cast<double>(slices.size[2]) - 0.5 - index[2] : index[2] + 0.5;
          const double z = -from_base * slices.spacing[2];
          if (z > 0) continue;
          const double value = std::sqrt((x * x + y * y) / (radius * radius) + z * z / (length * length));
          const double slope = std::sqrt((x * x + y * y) / std::pow(radius, 4) + z * z / std::pow(length, 4)) / value;
          sum += std::abs(value - 1) / slope;
          count += 1;
        }
  return sum / count;
}

struct Errors {
  double cavity_volume = 0, endocardium_mm = 0, epicardium_mm = 0;
};

/// Means over two sets of shifts, one in each direction of the stack.
Errors errors_of(double slice_mm, double shift_mm, double alignment) {
  Errors mean;
  for (const unsigned seed : {1U, 2U}) {
    const test::EllipsoidHeart heart(slice_mm, 1.4, seed == 1);
    artifacts::Labels labels;
    labels.geometry = heart.geometry;
    labels.phase_times_ms = {0};
    labels.labels = breathed(heart, shift_mm, seed);
    const SliceRange range = settle_beat(labels);
    const Anatomy found =
        build_anatomy(heart.geometry, labels.phase(0), range, {.spacing_mm = 1.5, .slice_alignment = alignment});
    EXPECT_EQ(leaks(found), 0);
    mean.cavity_volume += std::abs(volume_below_base_ml(found, lv_cavity) / heart.cavity_ml() - 1) / 2;
    mean.endocardium_mm +=
        mean_distance(found, heart, heart.radius, heart.length, [](auto l) { return l == lv_cavity; }) / 2;
    mean.epicardium_mm += mean_distance(found, heart, heart.radius + heart.wall, heart.length + heart.wall,
                                        [](auto l) { return l == lv_cavity || l == lv_wall; }) /
                          2;
  }
  return mean;
}

/// Distance between the centres of the slices [mm].
class Gaps : public testing::TestWithParam<double> {};

TEST_P(Gaps, SurfacesLieWhereTheyWereCut) {
  const Errors found = errors_of(GetParam(), 0, 1);
  EXPECT_LT(found.cavity_volume, 0.02);
  // A surface of cubes of 1.5 mm misses a smooth one by a quarter of their edge.
  EXPECT_LT(found.endocardium_mm, 0.55);
  EXPECT_LT(found.epicardium_mm, 0.55);
}

TEST_P(Gaps, ShiftsOfUpToFiveMillimetresAreReduced) {
  const Errors with = errors_of(GetParam(), 5, 1), without = errors_of(GetParam(), 5, 0);
  // The wall is there, whatever slices do to it: shifts hardly change volumes.
  EXPECT_LT(with.cavity_volume, 0.04);
  EXPECT_LT(with.endocardium_mm, 3);
  EXPECT_LT(with.epicardium_mm, 3);
  // Of the offsets of n slices three hide in the parabola of the axis: the more slices, the more is gained.
  const double left = GetParam() < 10 ? 0.85 : GetParam() < 15 ? 0.95 : 1.0001;
  EXPECT_LT(with.endocardium_mm, left * without.endocardium_mm);
  EXPECT_LT(with.epicardium_mm, left * without.epicardium_mm);
}
INSTANTIATE_TEST_SUITE_P(OfSlices, Gaps, testing::Values(8.0, 12.0, 18.0));

TEST(Anatomy, LiesWhereTheSlicesLie) {
  const test::EllipsoidHeart heart;
  const Anatomy anatomy = anatomy_of(heart);
  const auto& g = anatomy.geometry;
  std::int64_t wrong = 0, all = 0;
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i) {
        const Vec3 at = heart.geometry.to_index(
            g.to_world({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}));
        const double z = (at[2] - (static_cast<double>(heart.geometry.size[2]) - 0.5)) * heart.geometry.spacing[2];
        if (z > 0) continue;
        const auto truth = heart.label(at[0] * heart.geometry.spacing[0] - heart.middle_x(),
                                       at[1] * heart.geometry.spacing[1] - heart.middle_y(), z);
        if (truth != lv_cavity && truth != lv_wall) continue;
        ++all;
        wrong += anatomy.labels[static_cast<std::size_t>(g.index(i, j, k))] != truth;
      }
  EXPECT_LT(static_cast<double>(wrong) / static_cast<double>(all), 0.04);
}

TEST(Anatomy, ThickensAWallThatIsTooThin) {
  test::EllipsoidHeart heart;
  heart.wall = 1.5;
  AnatomyOptions options;
  options.thinnest_wall_mm = 4;
  const Anatomy anatomy = anatomy_of(heart, options);
  EXPECT_EQ(leaks(anatomy), 0);
  EXPECT_NEAR(volume_below_base_ml(anatomy, lv_cavity) / heart.cavity_ml(), 1, 0.02);
  const double thick = test::EllipsoidHeart::half_ellipsoid_ml(heart.radius + 4, heart.length + 4) - heart.cavity_ml();
  EXPECT_NEAR(volume_below_base_ml(anatomy, lv_wall) / thick, 1, 0.08);
}

TEST(Anatomy, UndoesShiftsOfSlices) {
  const test::EllipsoidHeart heart;
  const auto& g = heart.geometry;
  auto shifted = heart.labels();
  const std::int64_t k = g.size[2] - 4;  // one slice, breathed 3 pixels away
  for (std::int64_t j = 0; j < g.size[1]; ++j) {
    auto row = shifted.begin() + g.index(0, j, k);
    std::rotate(row, row + g.size[0] - 3, row + g.size[0]);
  }
  artifacts::Labels labels;
  labels.geometry = g;
  labels.phase_times_ms = {0};
  labels.labels = shifted;
  const SliceRange range = settle_beat(labels);
  const Anatomy truth = anatomy_of(heart);
  const auto differing = [&](double alignment) {
    AnatomyOptions options;
    options.slice_alignment = alignment;
    const Anatomy found = build_anatomy(g, labels.phase(0), range, options);
    std::int64_t wrong = 0;
    for (std::int64_t c = 0; c < truth.geometry.size[2]; ++c)
      for (std::int64_t b = 0; b < truth.geometry.size[1]; ++b)
        for (std::int64_t a = 0; a < truth.geometry.size[0]; ++a) {
          const Vec3 at = found.geometry.to_index(
              truth.geometry.to_world({static_cast<double>(a), static_cast<double>(b), static_cast<double>(c)}));
          const auto i = std::llround(at[0]), j = std::llround(at[1]), l = std::llround(at[2]);
          if (i < 0 || j < 0 || l < 0 || i >= found.geometry.size[0] || j >= found.geometry.size[1] ||
              l >= found.geometry.size[2])
            continue;
          wrong += found.labels[static_cast<std::size_t>(found.geometry.index(i, j, l))] !=
                   truth.labels[static_cast<std::size_t>(truth.geometry.index(a, b, c))];
        }
    return wrong;
  };
  // Of 4.2 mm, 1 - (2 / 4.2)^2 = 0.77 are undone.
  EXPECT_LT(3 * differing(1), 2 * differing(0));
}

}  // namespace
}  // namespace cardiotwin::segmentation

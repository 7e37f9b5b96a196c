#include "electrophysiology/eikonal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace cardiotwin::electrophysiology {
namespace {

constexpr double side = 10;  // of the box [mm]
constexpr Vec3 middle{5, 5, 5};
const Vec3 oblique = normalised({1, -0.7, 0.4});
constexpr Speed isotropic{0.6, 0.6}, anisotropic{0.6, 0.22};

/// A box whose inner points are moved by up to a fifth of an edge, so that no two cells are alike.
mesh::TetMesh crooked_box(int cubes) {
  mesh::TetMesh mesh = mesh::box({0, 0, 0}, {side, side, side}, {cubes, cubes, cubes});
  for (std::size_t p = 0; p < mesh.points.size(); ++p)
    for (int d = 0; d < 3; ++d)
      if (double& x = mesh.points[p][d]; x > 1e-9 && x < side - 1e-9)
        x += 0.2 * side / cubes * std::sin(12.9898 * static_cast<double>(3 * p + d));
  return mesh;
}

std::vector<double> arrival(const mesh::TetMesh& mesh, const Vec3& fibre, const Speed& speed,
                            const std::vector<Source>& sources) {
  return first_arrival(mesh, std::vector<Vec3>(mesh.points.size(), fibre), std::vector<Speed>(mesh.cells.size(), speed),
                       sources);
}

/// sqrt(x . V^-1 x)
double travel_time(const Vec3& x, const Vec3& fibre, const Speed& speed) {
  const double along = dot(x, fibre);
  return std::hypot(along / speed.along, norm(x - along * fibre) / speed.across);
}

struct Errors {
  double mean = 0, largest = 0, earliest = 0;  ///< root mean square; of the absolute; of the signed [ms]
};

/// Of a wave from the middle, whose exact times are given within `radius` and at the nearest point.
Errors errors_around(double radius, int cubes, const Vec3& fibre, const Speed& speed) {
  const mesh::TetMesh mesh = crooked_box(cubes);
  const std::int32_t nearest = nearest_point(mesh, middle);
  const Vec3 centre = radius > 0 ? middle : mesh.points[nearest];
  std::vector<double> exact;
  for (const Vec3& x : mesh.points) exact.push_back(travel_time(x - centre, fibre, speed));
  std::vector<Source> sources{{nearest, exact[nearest]}};
  for (std::int32_t p : points_within(mesh, centre, radius)) sources.push_back({p, exact[p]});
  const auto times = arrival(mesh, fibre, speed, sources);
  Errors errors;
  for (std::size_t p = 0; p < times.size(); ++p) {
    const double late = times[p] - exact[p];
    errors.mean += late * late / static_cast<double>(times.size());
    errors.largest = std::max(errors.largest, std::abs(late));
    errors.earliest = std::min(errors.earliest, late);
  }
  errors.mean = std::sqrt(errors.mean);
  return errors;
}

TEST(Eikonal, PlaneWavesAreExact) {
  const mesh::TetMesh mesh = crooked_box(12);
  for (const Speed& speed : {isotropic, anisotropic}) {
    const Vec3 normal = normalised({3, 1, 2});
    const double along = dot(normal, oblique);
    const double front = std::sqrt(speed.across * speed.across * (1 - along * along) +
                                   speed.along * speed.along * along * along);  // sqrt(n . V n)
    std::vector<double> exact;
    std::vector<Source> sources;  // where the wave comes in
    for (const Vec3& x : mesh.points) {
      exact.push_back(dot(normal, x) / front);
      if (*std::min_element(x.begin(), x.end()) < 1e-9 || x[1] > side - 1e-9)
        sources.push_back({static_cast<std::int32_t>(exact.size() - 1), exact.back()});
    }
    const auto times = arrival(mesh, oblique, speed, sources);
    for (std::size_t p = 0; p < times.size(); ++p) EXPECT_NEAR(times[p], exact[p], 2e-3) << speed.across;
  }
}

TEST(Eikonal, RoundWavesAreOfFirstOrder) {
  // From a ball of 2 mm. Farthest arrivals are at 14 ms, and 39 ms where it is slow across fibres.
  const Errors even = errors_around(2, 20, {1, 0, 0}, isotropic),
               even_fine = errors_around(2, 40, {1, 0, 0}, isotropic);
  EXPECT_NEAR(std::log2(even.mean / even_fine.mean), 1, 0.2);
  EXPECT_LT(even_fine.mean, 0.15);
  EXPECT_LT(even_fine.largest, 0.3);
  for (const Vec3& fibre : {Vec3{0, 0, 1}, oblique}) {
    const Errors coarse = errors_around(2, 20, fibre, anisotropic), fine = errors_around(2, 40, fibre, anisotropic);
    EXPECT_NEAR(std::log2(coarse.mean / fine.mean), 1, 0.2);
    EXPECT_LT(fine.mean, 0.45);
    EXPECT_LT(fine.largest, 1.6);
    EXPECT_GT(fine.earliest, -1e-6);
  }
}

TEST(Eikonal, ASinglePointIsASource) {
  const Errors coarse = errors_around(0, 20, oblique, anisotropic), fine = errors_around(0, 40, oblique, anisotropic);
  EXPECT_NEAR(std::log2(coarse.mean / fine.mean), 0.66, 0.1);  // h log(1/h)
  EXPECT_LT(fine.mean, 1);
  EXPECT_GT(fine.earliest, -1e-6);
}

TEST(Eikonal, ScarIsNotCrossed) {
  const mesh::TetMesh mesh = mesh::box({0, 0, 0}, {10, 4, 1}, {40, 16, 4});
  const std::vector<Vec3> fibres(mesh.points.size(), {1, 0, 0});
  std::vector<Speed> speed(mesh.cells.size(), {0.5, 0.5});
  const auto scar_up_to = [&](double y) {  // across the middle of the box
    for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
      Vec3 centre{0, 0, 0};
      for (std::int32_t p : mesh.cells[c]) centre = centre + 0.25 * mesh.points[p];
      if (std::abs(centre[0] - 5) < 1 && centre[1] < y) speed[c] = {0, 0};
    }
  };
  std::vector<Source> sources;
  for (std::int32_t p : points_in_box(mesh, {0, 0, 0}, {0, 4, 1})) sources.push_back({p, 0});
  const auto at = [&](const std::vector<double>& times, const Vec3& x) { return times[nearest_point(mesh, x)]; };

  scar_up_to(3);
  const auto around = first_arrival(mesh, fibres, speed, sources);
  EXPECT_NEAR(at(around, {10, 4, 0.5}), 20, 1e-2);
  EXPECT_NEAR(at(around, {6, 0, 0.5}), (4 + 2 + 3) / 0.5, 0.5);  // over the corner of the scar and down behind it
  EXPECT_EQ(at(around, {5, 1, 0.5}), -1);                        // inside
  scar_up_to(4);
  const auto blocked = first_arrival(mesh, fibres, speed, sources);
  EXPECT_NEAR(at(blocked, {4, 2, 0.5}), 8, 1e-2);
  for (std::int32_t p : points_in_box(mesh, {4.5, 0, 0}, {5.5, 4, 1})) EXPECT_EQ(blocked[p], -1);
}

TEST(Eikonal, TheEarliestOfAllSourcesCounts) {
  const mesh::TetMesh mesh = mesh::box({0, 0, 0}, {8, 1, 1}, {16, 2, 2});
  std::vector<Stimulus> stimuli(2);
  stimuli[0].points = points_in_box(mesh, {0, 0, 0}, {0, 1, 1});
  stimuli[0].delay_ms.assign(stimuli[0].points.size(), 1);
  stimuli[0].start_ms = 2;
  stimuli[1].points = points_in_box(mesh, {0, 0, 0}, {8, 1, 1});  // everywhere, but late
  stimuli[1].delay_ms.assign(stimuli[1].points.size(), 7);
  const auto times = arrival(mesh, {0, 1, 0}, {1, 0.5}, sources_of(stimuli));
  for (std::size_t p = 0; p < times.size(); ++p)
    EXPECT_NEAR(times[p], std::min(7.0, 3 + mesh.points[p][0] / 0.5), 1e-3);
  for (double t : arrival(mesh, {0, 1, 0}, {1, 0.5}, {})) EXPECT_EQ(t, -1);

  const auto late = sources_of(stimuli, std::vector{0.5, 100.0});
  EXPECT_EQ(late.front().time_ms, 3.5);
  EXPECT_EQ(late.back().time_ms, 107);
}

}  // namespace
}  // namespace cardiotwin::electrophysiology

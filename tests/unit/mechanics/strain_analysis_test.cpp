#include "strain_analysis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

#include "cardiotwin/fem/element.hpp"
#include "support/ellipsoid.hpp"

namespace cardiotwin::mechanics {
namespace {

constexpr double degree = std::numbers::pi / 180;

using Motion = std::function<Vec3(const Vec3&)>;

/// The idealised ventricle with straight edges and quadratic displacement: axis z, apex below, septum at +x.
struct Ventricle {
  explicit Ventricle(const Motion& filling = [](const Vec3& x) { return x; }) {
    test::Ellipsoid shape;
    shape.with_blood = false;
    heart = test::ellipsoid(shape);
    sub = mesh::extract(test::tet_mesh(heart), std::array<std::int32_t, 1>{artifacts::region_lv_wall});
    image = sub.mesh.points;
    for (const auto& [p, q] : mesh::edges(sub.mesh)) image.push_back(0.5 * (image[p] + image[q]));
    std::vector<Vec3> filled;
    for (const Vec3& x : image) filled.push_back(filling(x));
    wall = end_diastole(heart, sub, image, filled);
  }
  std::vector<Vec3> moved(const Motion& motion) const {
    std::vector<Vec3> nodes;
    for (const Vec3& x : wall.nodes) nodes.push_back(motion(x));
    return nodes;
  }
  Vec3 middle(std::size_t cell) const {
    Vec3 sum{0, 0, 0};
    for (const auto p : wall.cells[cell]) sum = sum + 0.25 * wall.nodes[p];
    return sum;
  }
  artifacts::HeartMesh heart;
  mesh::SubMesh sub;
  std::vector<Vec3> image;
  EndDiastole wall;
};

Vec3 turned(const Vec3& x, double angle) {
  return {std::cos(angle) * x[0] - std::sin(angle) * x[1], std::sin(angle) * x[0] + std::cos(angle) * x[1], x[2]};
}

/// A turn about an axis of no special direction, and a shift.
Vec3 rigid(const Vec3& x) {
  const Vec3 axis = normalised(Vec3{1, -2, 0.5}), shift{7, -3, 11};
  const double angle = 25 * degree;
  return std::cos(angle) * x + std::sin(angle) * cross(axis, x) + ((1 - std::cos(angle)) * dot(axis, x)) * axis + shift;
}

TEST(EndDiastole, HasTheAxesOfTheVentricle) {
  const Ventricle v;
  double tip = 0, volume = 0;
  for (std::size_t c = 0; c < v.wall.volume.size(); ++c) {
    volume += v.wall.volume[c];
    EXPECT_NEAR(norm(v.wall.fibre[c]), 1, 1e-12);
    EXPECT_NEAR(dot(v.wall.fibre[c], v.wall.sheet[c]), 0, 1e-12);
    EXPECT_NEAR(dot(v.wall.sheet[c], v.wall.sheet_normal[c]), 0, 1e-12);
    if (norm(v.wall.radial[c]) == 0) {
      tip += v.wall.volume[c];
      continue;
    }
    EXPECT_GT(dot(v.wall.radial[c], v.middle(c / sites_per_cell)), 0) << "outwards";
    EXPECT_GT(v.wall.longitudinal[c][2], 0) << "to the base";
    EXPECT_NEAR(norm(v.wall.circumferential[c]), 1, 1e-12);
  }
  EXPECT_LT(tip, 0.03 * volume);
  EXPECT_NEAR(volume, mesh::volume(v.sub.mesh, artifacts::region_lv_wall), 1e-6 * volume);
}

TEST(SiteStrains, OfAUniformStretchAreExact) {
  const Ventricle v;
  const double a = 0.8, b = 1.1, c = 1.3;
  const auto points = v.moved([&](const Vec3& x) { return Vec3{a * x[0] + 4, b * x[1], c * x[2] - 9}; });
  const auto strains = site_strains(v.wall, points);
  const auto expected = [&](const Vec3& d) {
    return ((a * a - 1) * d[0] * d[0] + (b * b - 1) * d[1] * d[1] + (c * c - 1) * d[2] * d[2]) / 2;
  };
  for (std::size_t i = 0; i < v.wall.volume.size(); ++i) {
    EXPECT_NEAR(strains.radial[i], expected(v.wall.radial[i]), 1e-12);
    EXPECT_NEAR(strains.circumferential[i], expected(v.wall.circumferential[i]), 1e-12);
    EXPECT_NEAR(strains.longitudinal[i], expected(v.wall.longitudinal[i]), 1e-12);
    EXPECT_NEAR(strains.fibre[i], expected(v.wall.fibre[i]), 1e-12);
    EXPECT_NEAR(strains.sheet[i], expected(v.wall.sheet[i]), 1e-12);
    EXPECT_NEAR(strains.sheet_normal[i], expected(v.wall.sheet_normal[i]), 1e-12);
  }
}

TEST(SiteStrains, OfAQuadraticMotionAreExact) {
  // x + k z^2 e_x: F = I + 2 k z e_x e_z, so that E = k z (e_x e_z + e_z e_x) + 2 (k z)^2 e_z e_z.
  const Ventricle v;
  const double k = 0.003;
  const auto strains = site_strains(v.wall, v.moved([&](const Vec3& x) {
    return Vec3{x[0] + k * x[2] * x[2], x[1], x[2]};
  }));
  const auto quadrature = fem::tetrahedron_quadrature(2);
  for (std::size_t site = 0; site < v.wall.volume.size(); ++site) {
    const mesh::Cell& cell = v.wall.cells[site / sites_per_cell];
    const Vec3& xi = quadrature.points[site % sites_per_cell];
    double z = (1 - xi[0] - xi[1] - xi[2]) * v.wall.nodes[cell[0]][2];
    for (int i = 0; i < 3; ++i) z += xi[i] * v.wall.nodes[cell[i + 1]][2];
    const Vec3& d = v.wall.fibre[site];
    EXPECT_NEAR(strains.fibre[site], 2 * k * z * d[0] * d[2] + 2 * k * k * z * z * d[2] * d[2], 1e-12);
  }
}

TEST(SiteStrains, OfTheSameStretchEverywhereAreItsLengthChange) {
  const Ventricle v;
  const auto points = v.moved([](const Vec3& x) { return 0.85 * rigid(x); });
  const auto strains = site_strains(v.wall, points);
  const std::vector<std::int32_t> segments{1, 9, 17};
  for (const auto* values : {&strains.radial, &strains.circumferential, &strains.longitudinal, &strains.fibre}) {
    EXPECT_NEAR(wall_mean(v.wall, length_changes(*values)), -0.15, 1e-12);
    for (const double mean : segment_means(v.wall, segments, length_changes(*values))) EXPECT_NEAR(mean, -0.15, 1e-12);
  }
  EXPECT_NEAR(wall_thickening(v.wall, segments, points), -0.15, 1e-12);
}

TEST(SiteStrains, CountFromEndDiastoleWithFibresCarriedThere) {
  // The image is stretched to end diastole along z, then back: what was a fibre stays the same material line.
  const auto filling = [](const Vec3& x) { return Vec3{x[0], x[1], 1.25 * x[2]}; };
  const Ventricle v(filling), image;
  const auto strains = site_strains(v.wall, v.wall.nodes);
  for (const double e : strains.fibre) EXPECT_NEAR(e, 0, 1e-12);
  const auto emptied = site_strains(v.wall, image.wall.nodes);
  const auto filled = site_strains(image.wall, v.wall.nodes);
  for (std::size_t c = 0; c < v.wall.volume.size(); ++c)
    EXPECT_NEAR((1 + 2 * emptied.fibre[c]) * (1 + 2 * filled.fibre[c]), 1, 1e-12);
}

TEST(Thickening, IsNotFooledByShear) {
  // Layers slide over each other around the axis: radial lines grow longer, the wall no thicker.
  const Ventricle v;
  const auto points = v.moved([](const Vec3& x) { return turned(x, 0.02 * (std::hypot(x[0], x[1]) - 29)); });
  const auto strains = site_strains(v.wall, points);
  const std::vector<std::int32_t> segments{1, 2, 3, 4, 5, 6};
  EXPECT_GT(wall_mean(v.wall, length_changes(strains.radial)), 0.05);
  EXPECT_NEAR(wall_thickening(v.wall, segments, points), 0, 0.01);  // radial of flat cells of 10 mm
}

TEST(RigidMotion, IsNoStrainAndNoTwist) {
  const Ventricle v;
  const std::vector<std::vector<Vec3>> frames{v.wall.nodes, v.moved(rigid)};
  const auto strain = wall_strain(v.wall, std::vector<double>{0, 100}, frames, 1);
  EXPECT_EQ(strain.segments.size(), 17);
  for (const auto* curves : {&strain.radial, &strain.circumferential, &strain.longitudinal, &strain.fibre})
    for (const auto& curve : *curves) EXPECT_NEAR(curve[1], 0, 1e-12);
  for (const double e : strain.end_systole.sheet_normal) EXPECT_NEAR(e, 0, 1e-12);
  EXPECT_NEAR(strain.twist_deg[1], 0, 1e-9);
  EXPECT_EQ(strain.time_to_peak_ms, std::vector<double>(17, -1)) << "nothing shortens";
  EXPECT_FALSE(dyssynchrony_index(strain));
}

TEST(Twist, IsTheRotationThatWasPrescribed) {
  const Ventricle v;
  const Twist twist(v.wall);
  ASSERT_TRUE(twist.exists());
  // 2 degrees a centimetre, clockwise about z below the origin: counter-clockwise as seen from the apex.
  const double per_mm = 0.2;
  const auto wrung = [&](const Vec3& x) { return turned(x, per_mm * degree * x[2]); };
  const double torsion = twist.degrees(v.moved(wrung)) / twist.distance();
  EXPECT_NEAR(torsion, per_mm, 0.005 * per_mm);  // a wrung cell of 10 mm turns with its nodes
  EXPECT_NEAR(twist.degrees(v.moved([&](const Vec3& x) { return rigid(wrung(x)); })), torsion * twist.distance(), 1e-9);
  EXPECT_NEAR(twist.degrees(v.moved([](const Vec3& x) { return turned(x, 20 * degree); })), 0, 1e-9);
}

TEST(Twist, OfATiltedWallWithoutSymmetryIsStillNone) {
  const Ventricle v([](const Vec3& x) { return Vec3{x[0] + 0.5 * x[1], 0.7 * x[1], x[2] + 0.3 * x[0]}; });
  EXPECT_NEAR(Twist(v.wall).degrees(v.moved(rigid)), 0, 1e-9);
}

TEST(TimeOfLeast, LiesBetweenFrames) {
  const std::vector<double> times{0, 10, 15, 40};
  std::vector<double> parabola;
  for (const double t : times) parabola.push_back(3 * (t - 12.5) * (t - 12.5) - 7);
  EXPECT_NEAR(time_of_least(times, parabola), 12.5, 1e-12);
  EXPECT_EQ(time_of_least(times, std::vector<double>{4, 3, 2, 1}), 40);
  EXPECT_EQ(time_of_least(times, std::vector<double>{1, 2, 2, 2}), 0);
}

/// A wall that shrinks towards its axis by 15 % at 300 ms, the lateral wall `delay` later.
artifacts::WallStrain late_lateral_wall(const Ventricle& v, double delay) {
  std::vector<double> times(101);
  std::vector<std::vector<Vec3>> frames;
  for (std::size_t k = 0; k < times.size(); ++k) {
    times[k] = 10.0 * double(k);
    frames.push_back(v.wall.nodes);
  }
  artifacts::WallStrain strain = wall_strain(v.wall, times, frames, 30);
  for (std::size_t s = 0; s < strain.segments.size(); ++s) {
    const std::int32_t n = strain.segments[s];
    const bool late = n == 5 || n == 6 || n == 11 || n == 12;
    for (std::size_t k = 0; k < times.size(); ++k) {
      const double t = times[k] - 300 - (late ? delay : 0);
      strain.circumferential[s][k] = -0.15 * std::exp(-t * t / (2 * 80 * 80));
    }
    strain.time_to_peak_ms[s] = time_of_least(times, strain.circumferential[s]);
  }
  return strain;
}

TEST(Dyssynchrony, IsTheSpreadOfTheTimesToPeak) {
  const Ventricle v;
  EXPECT_NEAR(dyssynchrony_index(late_lateral_wall(v, 0)).value(), 0, 1e-9);
  const auto late = late_lateral_wall(v, 84);
  EXPECT_NEAR(late.time_to_peak_ms[4], 384, 0.1);  // a Gaussian is nearly a parabola there
  EXPECT_NEAR(late.time_to_peak_ms[0], 300, 0.1);
  // Four of sixteen: variance 4 (84 * 3/4)^2 + 12 (84 / 4)^2 over 15.
  EXPECT_NEAR(dyssynchrony_index(late).value(), 84 * std::sqrt(3.0 / 15), 0.1);
}

TEST(Dyssynchrony, FindsTheSegmentThatIsMovedLate) {
  // The basal inferolateral part (segment 5) contracts towards the axis 80 ms after the rest.
  const Ventricle v;
  std::vector<char> late(v.wall.nodes.size(), 0);
  const std::size_t per_cell = v.wall.cell_nodes.size() / v.wall.cells.size();
  for (std::size_t i = 0; i < v.wall.cell_nodes.size(); ++i)
    if (v.wall.segment[sites_per_cell * (i / per_cell)] == 5) late[v.wall.cell_nodes[i]] = 1;
  std::vector<double> times;
  std::vector<std::vector<Vec3>> frames;
  for (int k = 0; k <= 80; ++k) {
    times.push_back(10.0 * k);
    auto& points = frames.emplace_back(v.wall.nodes);
    for (std::size_t p = 0; p < points.size(); ++p) {
      const double t = times.back() - (late[p] ? 380 : 300);
      const double shrink = 1 - 0.15 * (std::exp(-t * t / 6400) - (late[p] ? 0 : std::exp(-300.0 * 300 / 6400)));
      points[p] = {shrink * points[p][0], shrink * points[p][1], points[p][2]};
    }
  }
  const auto strain = wall_strain(v.wall, times, frames, 30);
  EXPECT_NEAR(strain.time_to_peak_ms[7], 300, 1) << "mid anteroseptal, far away";
  EXPECT_NEAR(strain.circumferential[7][30], -0.15, 1e-3);
  EXPECT_NEAR(strain.time_to_peak_ms[4], 380, 5);  // its cells have no other points
  EXPECT_GT(dyssynchrony_index(strain).value(), 15);
}

TEST(SystolicStretch, IsTheShareOfStretchingInShortening) {
  const Ventricle v;
  auto strain = late_lateral_wall(v, 0);
  EXPECT_EQ(systolic_stretch_fraction(v.wall, strain, 30).value(), 0);
  // One segment is stretched as much as it shortened before.
  strain.circumferential[0] = std::vector<double>(101, 0);
  strain.circumferential[0][10] = -0.1;
  double first = 0, others = 0;
  for (std::size_t c = 0; c < v.wall.segment.size(); ++c) (v.wall.segment[c] == 1 ? first : others) += v.wall.volume[c];
  const double shortening = 0.15 * (1 - std::exp(-300.0 * 300 / 12800));
  EXPECT_NEAR(systolic_stretch_fraction(v.wall, strain, 30).value(), 0.1 * first / (0.1 * first + shortening * others),
              1e-9);
}

}  // namespace
}  // namespace cardiotwin::mechanics

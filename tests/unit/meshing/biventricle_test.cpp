// Both ventricles: the geometry by formula, its coordinates and fibres, and a right wall made around a label.
#include "biventricle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>

#include "boundary.hpp"
#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "phantom.hpp"
#include "support/ellipsoid.hpp"
#include "support/workbench.hpp"

namespace cardiotwin {
namespace {

using artifacts::HeartMesh;
using core::cross;
using core::dot;
using core::norm;
using core::normalised;
using meshing::Biventricle;
using test::LabelPhantom;
using ::testing::HasSubstr;

constexpr double degree = std::numbers::pi / 180;
constexpr std::uint32_t endo = 1u << artifacts::surface_endocardium, epi = 1u << artifacts::surface_epicardium,
                        rv_endo = 1u << artifacts::surface_rv_endocardium, base = 1u << artifacts::surface_base;

/// The formula once more, as semi-axes, written from the header's words.
struct Shape {
  Biventricle size;
  double base = size.lv_length_mm / 4, down = 3 * size.lv_length_mm / 4;
  double outer = size.lv_radius_mm + size.lv_wall_mm;
  double rv_centre = -outer * std::cos(60 * degree), rv_y = outer * std::sin(60 * degree);
  double rv_x = rv_centre + outer + size.rv_width_mm, rv_z = size.rv_length_mm - base;

  /// Volume below the base of an ellipsoid of revolution about z.
  double volume(double radius, double length) const {
    return M_PI * radius * radius * (base - base * base * base / (3 * length * length) + 2 * length / 3);
  }
  double lv_cavity() const { return volume(size.lv_radius_mm, down); }
  double lv_wall() const { return volume(outer, down + size.lv_wall_mm) - lv_cavity(); }
  bool in_rv(const Vec3& x) const {
    const double r = (x[0] * x[0] + x[1] * x[1]) / (outer * outer) + std::pow(x[2] / (down + size.lv_wall_mm), 2);
    return x[0] < 0 && x[2] < base && r > 1 &&
           std::pow((x[0] - rv_centre) / rv_x, 2) + std::pow(x[1] / rv_y, 2) + std::pow(x[2] / rv_z, 2) < 1;
  }
  /// By counting, 0.7 mm apart.
  double rv_cavity() const {
    constexpr double h = 0.7;
    double count = 0;
    for (double x = -100; x < 0; x += h)
      for (double y = -50; y < 50; y += h)
        for (double z = -80; z < base; z += h) count += in_rv({x, y, z});
    return count * h * h * h;
  }
};

struct DefaultRun {
  Shape shape;
  test::Workbench bench;
  HeartMesh heart;
  mesh::TetMesh mesh;
  std::vector<std::uint32_t> at;
  DefaultRun() {
    // Not the negative of the other angle, so that the epicardium and the septum's far side differ.
    bench.run(*meshing::make_stage(), {{"source", "biventricle"}, {"fibre_endo_deg", 60}, {"fibre_epi_deg", -45}});
    heart = bench.result<HeartMesh>();
    mesh = test::tet_mesh(heart);
    at = meshing::surfaces_at_points(mesh);
  }
};

class BothVentricles : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { run_ = std::make_unique<DefaultRun>(); }
  static void TearDownTestSuite() { run_.reset(); }  // before MPI ends
  static const DefaultRun& run() { return *run_; }

 private:
  static inline std::unique_ptr<DefaultRun> run_;
};

/// Volume between a surface and the plane through `on_plane` that closes it.
double enclosed(const mesh::TetMesh& mesh, std::int32_t tag, const Vec3& on_plane) {
  double sum = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
    if (mesh.surface[t] == tag)
      sum -= dot(mesh.points[mesh.triangles[t][0]] - on_plane, mesh::vector_area(mesh.points, mesh.triangles[t])) / 3;
  return sum;
}

/// Angle of the fibre above the circumference on a surface with this outward normal [deg]; `up` need not be tangential.
double helix(const Vec3& fibre, const Vec3& outward, const Vec3& up) {
  const Vec3 n = normalised(outward), along = normalised(up - dot(up, n) * n), around = cross(along, n);
  const double c = dot(fibre, around), s = dot(fibre, along);
  return std::atan2(c < 0 ? -s : s, std::abs(c)) / degree;
}

TEST_F(BothVentricles, VolumesAreThoseOfTheFormula) {
  const auto& r = run();
  const double lv_wall = mesh::volume(r.mesh, artifacts::region_lv_wall);
  EXPECT_NEAR(mesh::volume(r.mesh, artifacts::region_lv_blood), r.shape.lv_cavity(), 0.002 * r.shape.lv_cavity());
  // Whole cells belong to one wall or the other: the border is off by up to half a cell here and there.
  EXPECT_NEAR(lv_wall, r.shape.lv_wall(), 0.02 * r.shape.lv_wall());
  // Voxels and smoothing round the right cavity's sharp edges off.
  const double rv = r.shape.rv_cavity();
  EXPECT_NEAR(enclosed(r.mesh, artifacts::surface_rv_endocardium, {0, 0, r.shape.base}), rv, 0.01 * rv);
  EXPECT_NEAR(r.bench.quantity("rv_wall_volume"), mesh::volume(r.mesh, artifacts::region_rv_wall) / 1000, 1e-9);
  EXPECT_GT(r.bench.quantity("min_dihedral_angle"), 15);
}

TEST_F(BothVentricles, TheRightWallIsAsThickAsAsked) {
  // Along the ray from the middle of the right ventricle outwards, at several heights.
  const auto& r = run();
  for (const double z : {-20.0, -5.0, 10.0}) {
    const auto crossing = [&](std::int32_t tag) {
      double out = 0;
      for (std::size_t t = 0; t < r.mesh.triangles.size(); ++t) {
        if (r.mesh.surface[t] != tag) continue;
        std::array<Vec3, 3> x;
        for (int i = 0; i < 3; ++i) x[i] = r.mesh.points[r.mesh.triangles[t][i]];
        // The triangle around (y, z) = (0, z), seen along x.
        std::array<double, 3> w;
        for (int i = 0; i < 3; ++i) {
          const Vec3 &a = x[(i + 1) % 3], &b = x[(i + 2) % 3];
          w[i] = a[1] * (b[2] - z) - b[1] * (a[2] - z);
        }
        if ((w[0] < 0) != (w[1] < 0) || (w[1] < 0) != (w[2] < 0)) continue;
        out = std::min(out, (w[0] * x[0][0] + w[1] * x[1][0] + w[2] * x[2][0]) / (w[0] + w[1] + w[2]));
      }
      return out;
    };
    // The wall is thicker along the ray than along its normal, which leans by the ellipsoid's slope.
    const double inner = crossing(artifacts::surface_rv_endocardium), outer = crossing(artifacts::surface_epicardium);
    const double slope = (z / std::pow(r.shape.rv_z, 2)) / ((inner - r.shape.rv_centre) / std::pow(r.shape.rv_x, 2));
    EXPECT_NEAR((inner - outer) / std::hypot(1, slope), 4, 0.5) << "half a voxel, at z = " << z;
  }
}

TEST_F(BothVentricles, SurfacesAreTaggedAsTheyLie) {
  const auto& r = run();
  EXPECT_TRUE(meshing::surface_defects(r.mesh).empty());
  for (const auto tag : {artifacts::surface_endocardium, artifacts::surface_epicardium, artifacts::surface_base,
                         artifacts::surface_rv_endocardium})
    EXPECT_EQ(meshing::surface_parts(r.mesh, tag).size(), 1u) << artifacts::surface_name(tag);
  for (const auto region : {artifacts::region_lv_wall, artifacts::region_rv_wall})
    EXPECT_EQ(meshing::parts(r.mesh, region).size(), 1u);
  double septal = 0, free = 0, right_of_septum = -100;  // [mm^2]
  for (std::size_t t = 0; t < r.mesh.triangles.size(); ++t) {
    if (r.mesh.surface[t] != artifacts::surface_rv_endocardium) continue;
    const Vec3 area = mesh::vector_area(r.mesh.points, r.mesh.triangles[t]);
    (area[0] < 0 ? septal : free) += norm(area);
    for (const auto p : r.mesh.triangles[t]) right_of_septum = std::max(right_of_septum, r.mesh.points[p][0]);
  }
  EXPECT_GT(septal, 3000);
  EXPECT_GT(free, septal) << "the free wall bulges";
  EXPECT_LT(right_of_septum, 0);
}

TEST_F(BothVentricles, TransmuralDepthIsZeroAtBothEndocardiaAndOneAtTheEpicardium) {
  const auto& r = run();
  double deepest_in_septum = 0;
  for (std::size_t p = 0; p < r.at.size(); ++p) {
    const double t = r.heart.transmural[p];
    ASSERT_TRUE(t >= 0 && t <= 1);
    if (r.at[p] & (endo | rv_endo)) {
      EXPECT_EQ(t, 0);
    } else if (r.at[p] & epi) {
      EXPECT_EQ(t, 1);
    }
    const Vec3& x = r.mesh.points[p];
    const bool in_septum = x[0] < -20 && norm(x) < 40 && std::abs(x[1]) < 15 && x[2] > -20;
    if (in_septum) deepest_in_septum = std::max(deepest_in_septum, t);
  }
  EXPECT_NEAR(deepest_in_septum, 0.5, 0.1);
}

TEST_F(BothVentricles, FibresFollowTheHelixAngleInBothVentricles) {
  const auto& r = run();
  struct Error {
    double square = 0, worst = 0;
    int count = 0;
    void add(double e) { square += e * e, worst = std::max(worst, std::abs(e)), ++count; }
    double rms() const { return std::sqrt(square / count); }
  };
  std::map<std::string, Error> errors;
  const Vec3 up{0, 0, 1};
  const double lv_down = r.shape.down, lv_outer_down = r.shape.down + r.shape.size.lv_wall_mm;
  for (std::size_t p = 0; p < r.at.size(); ++p) {
    const Vec3 &x = r.mesh.points[p], &f = r.heart.fibre[p];
    if (norm(f) == 0 || x[2] < -25) continue;
    ASSERT_NEAR(norm(f), 1, 1e-12);
    ASSERT_NEAR(dot(f, r.heart.sheet[p]), 0, 1e-12);
    const double lv_in = std::pow(r.shape.size.lv_radius_mm, 2), lv_out = std::pow(r.shape.outer, 2);
    const Vec3 inner{x[0] / lv_in, x[1] / lv_in, x[2] / (lv_down * lv_down)};
    const Vec3 outer{x[0] / lv_out, x[1] / lv_out, x[2] / (lv_outer_down * lv_outer_down)};
    const Vec3 right{(x[0] - r.shape.rv_centre) / std::pow(r.shape.rv_x, 2), x[1] / std::pow(r.shape.rv_y, 2),
                     x[2] / std::pow(r.shape.rv_z, 2)};
    const bool is_septal = x[0] < 0 && std::hypot(x[0], x[1]) < r.shape.outer + 1 && std::abs(x[1]) < 18;
    const bool is_free_rv = x[0] < r.shape.rv_centre - 18 && x[2] > 0;
    if (r.at[p] & endo) errors["left endocardium"].add(helix(f, inner, up) - 60);
    if ((r.at[p] & epi) && x[0] > 5) errors["left epicardium"].add(helix(f, outer, up) + 45);
    if ((r.at[p] & rv_endo) && is_free_rv) errors["right endocardium"].add(helix(f, right, up) - 60);
    if ((r.at[p] & epi) && is_free_rv) errors["right epicardium"].add(helix(f, right, up) + 45);
    // Seen from the right cavity the normal turns round, and with it the helix: +60 there is -60 from the left.
    if ((r.at[p] & rv_endo) && is_septal) errors["septum's right side"].add(helix(f, -1.0 * outer, up) - 60);
    if (!r.at[p] && is_septal) {  // between the ellipsoids the angle is linear in depth
      const double depth =
          (std::hypot(x[0], x[1]) - r.shape.size.lv_radius_mm * std::sqrt(1 - std::pow(x[2] / lv_down, 2))) /
          r.shape.size.lv_wall_mm;
      errors["septum"].add(helix(f, outer, up) - (60 - 120 * depth));
    }
  }
  // The longitudinal axis of the rule runs along grad psi, which leans away from z and the meridians the more the
  // farther below the base; measured, and a third more.
  const std::map<std::string, double> allowed{{"left endocardium", 3.2},
                                              {"left epicardium", 2.3},
                                              {"right endocardium", 3.7},
                                              {"right epicardium", 3.6},
                                              {"septum", 5},
                                              {"septum's right side", 0.6}};
  for (const auto& [place, bound] : allowed) {
    ASSERT_GT(errors[place].count, 10) << place;
    EXPECT_LT(errors[place].rms(), bound) << place << ", worst " << errors[place].worst;
  }
}

TEST_F(BothVentricles, SegmentsAreOfTheLeftWallAlone) {
  const auto& r = run();
  std::map<int, double> volume;
  for (std::size_t c = 0; c < r.mesh.cells.size(); ++c) {
    const int segment = r.heart.aha_segment[c];
    ASSERT_EQ(segment == 0, r.mesh.region[c] != artifacts::region_lv_wall);
    volume[segment] += mesh::signed_volume(r.mesh, r.mesh.cells[c]);
  }
  for (int segment = 1; segment <= 17; ++segment) EXPECT_GT(volume[segment], 500) << segment;
  for (std::size_t p = 0; p < r.at.size(); ++p) {
    if (r.at[p] & base) {
      EXPECT_NEAR(r.heart.apicobasal[p], 1, 1e-9);
    }
  }
}

TEST(RightWall, IsMadeAroundTheLabelWhenAsked) {
  LabelPhantom phantom;
  phantom.voxel_mm = 2;
  artifacts::Anatomy anatomy = phantom.anatomy();
  std::int64_t n = 0;
  const auto& g = anatomy.geometry;
  for (std::int64_t k = 0; k < g.size[2]; ++k)  // the phantom's ball is apart from the wall: a right ventricle is not
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i, ++n) {
        const Vec3 x = phantom.local(g.to_world({double(i), double(j), double(k)}));
        const bool ball = LabelPhantom::level({x[0] - phantom.outer_short, x[1], x[2] + 5}, 25, 40) < 0;
        if (anatomy.labels[n] == artifacts::background && ball && x[2] < phantom.base_z)
          anatomy.labels[n] = artifacts::rv_cavity;
      }
  test::Workbench bench;
  bench.give(anatomy);
  bench.run(*meshing::make_stage(), {{"rv_wall_mm", 5}, {"wall_edge_mm", 6}, {"blood_edge_mm", 8}});
  const auto heart = bench.result<HeartMesh>();
  EXPECT_GT(bench.quantity("min_dihedral_angle"), 15);
  EXPECT_GT(bench.quantity("rv_wall_volume"), 10);
  // The left wall's volume is the one it has alone.
  EXPECT_NEAR(bench.quantity("wall_volume"), phantom.wall_mm3() / 1000, 0.03 * phantom.wall_mm3() / 1000);
  for (std::size_t c = 0; c < heart.cells.size(); ++c) {
    if (heart.region[c] != artifacts::region_rv_wall) continue;
    Vec3 centre{};
    for (const auto p : heart.cells[c]) centre = centre + 0.25 * heart.points[p];
    EXPECT_GT(phantom.local(centre)[0], 0);
  }
}

TEST(RightWall, WithoutALabelIsRefused) {
  LabelPhantom phantom;
  phantom.voxel_mm = 2, phantom.with_rv = false;
  test::Workbench bench;
  bench.give(phantom.anatomy());
  try {
    bench.run(*meshing::make_stage(), {{"rv_wall_mm", 4}});
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
    EXPECT_THAT(error.what(), HasSubstr("at least 1 ml of right ventricular cavity (label 3)"));
  }
}

TEST(RightWall, SizesThatMakeNoHeartAreRefused) {
  test::Workbench bench;
  for (const config::Json& sizes :
       {config::Json{{"biventricle_lv_mm", {27, 82, 0}}}, config::Json{{"biventricle_rv_mm", {40, 20, 4}}}}) {
    config::Json settings{{"source", "biventricle"}};
    settings.update(sizes);
    EXPECT_THROW(bench.run(*meshing::make_stage(), settings), core::Error);
  }
}

}  // namespace
}  // namespace cardiotwin

// Domains of flow: volumes and areas against formulae, surfaces that close, names, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <numbers>
#include <set>

#include "bifurcation.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "lumen.hpp"
#include "section_mesher.hpp"
#include "support/workbench.hpp"
#include "sweep.hpp"

namespace cardiotwin::meshing {
namespace {

using artifacts::VesselMesh;
using std::numbers::pi;
using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

mesh::TetMesh tet_mesh(const VesselMesh& v) {
  return {v.points, v.cells, std::vector<std::int32_t>(v.cells.size(), 1), v.triangles, v.surface};
}
double volume(const VesselMesh& v) { return mesh::volume(tet_mesh(v), 1); }

std::vector<double> areas(const VesselMesh& v) {
  std::vector<double> result(v.surface_names.size(), 0.0);
  for (std::size_t t = 0; t < v.triangles.size(); ++t)
    result.at(v.surface[t]) += core::norm(mesh::vector_area(v.points, v.triangles[t]));
  return result;
}

/// Of a regular polygon with corners on a circle.
double polygon_area(double radius, int corners) { return 0.5 * corners * radius * radius * std::sin(2 * pi / corners); }

/// Points of the triangles of one surface.
std::set<std::int32_t> points_of(const VesselMesh& v, std::int32_t surface) {
  std::set<std::int32_t> result;
  for (std::size_t t = 0; t < v.triangles.size(); ++t)
    if (v.surface[t] == surface) result.insert(v.triangles[t].begin(), v.triangles[t].end());
  return result;
}

/// One body, positive cells, every boundary face a triangle once, normals outwards, a sphere (or, with a hole all the
/// way through, a torus) by Euler's number.
void expect_sound(const VesselMesh& v, int euler = 2) {
  const mesh::TetMesh solid = tet_mesh(v);
  std::map<mesh::Triangle, int> faces;
  for (const mesh::Cell& c : v.cells) {
    ASSERT_GT(mesh::signed_volume(solid, c), 0);
    for (int skip = 0; skip < 4; ++skip) {
      mesh::Triangle t{};
      for (int i = 0, n = 0; i < 4; ++i)
        if (i != skip) t[n++] = c[i];
      std::sort(t.begin(), t.end());
      ++faces[t];
    }
  }
  std::map<mesh::Triangle, int> given;
  std::map<mesh::Edge, int> edges;
  std::set<std::int32_t> corners;
  Vec3 sum{};
  double gauss = 0;  // the integral of x . n / 3
  for (mesh::Triangle t : v.triangles) {
    const Vec3 area = mesh::vector_area(v.points, t);
    sum = sum + area;
    gauss += core::dot(v.points[t[0]], area) / 3;
    std::sort(t.begin(), t.end());
    EXPECT_EQ(++given[t], 1);
    corners.insert(t.begin(), t.end());
    for (const mesh::Edge& e : {mesh::Edge{t[0], t[1]}, {t[1], t[2]}, {t[0], t[2]}}) ++edges[e];
  }
  std::size_t outer = 0;
  for (const auto& [face, cells] : faces) {
    ASSERT_LE(cells, 2);
    outer += cells == 1;
    ASSERT_EQ(given.count(face), cells == 1 ? 1u : 0u);
  }
  EXPECT_EQ(outer, v.triangles.size());
  EXPECT_EQ(v.surface.size(), v.triangles.size());
  for (const auto& [edge, uses] : edges) ASSERT_EQ(uses, 2);
  const double extent = std::cbrt(volume(v));
  EXPECT_LT(core::norm(sum), 1e-9 * extent * extent);
  EXPECT_NEAR(gauss, volume(v), 1e-9 * volume(v));
  EXPECT_EQ(static_cast<long>(corners.size()) - static_cast<long>(edges.size()) + static_cast<long>(given.size()),
            euler);
  std::set<std::int32_t> used;
  for (const mesh::Cell& c : v.cells) used.insert(c.begin(), c.end());
  EXPECT_EQ(used.size(), v.points.size());
}

void expect_same(const VesselMesh& a, const VesselMesh& b) {
  EXPECT_EQ(a.points, b.points);
  EXPECT_EQ(a.cells, b.cells);
  EXPECT_EQ(a.triangles, b.triangles);
  EXPECT_EQ(a.surface, b.surface);
}

const Channel small_channel{.edge = 0.02, .growth = 0.15, .cap = 0.08, .layers = 6};
const Nozzle small_nozzle{.inlet = -80, .outlet = 30, .edge = 0.66};

TEST(Sweep, GradedStepsFollowTheSize) {
  const auto x = graded(-1, 3, [](double at) { return 0.02 + 0.1 * (at + 1); });
  EXPECT_EQ(x.front(), -1);
  EXPECT_EQ(x.back(), 3);
  for (std::size_t i = 1; i < x.size(); ++i)  // the step over the size in its middle, the same all along
    EXPECT_NEAR((x[i] - x[i - 1]) / (0.02 + 0.1 * (0.5 * (x[i] + x[i - 1]) + 1)), 1, 0.03);
  EXPECT_THAT(graded(5, 1, [](double) { return 2.0; }), ElementsAre(5, DoubleNear(3, 1e-9), 1));
  EXPECT_EQ(graded(0, 1, [](double) { return 9.0; }).size(), 2u);
}

TEST(Sweep, DiscCoversItsPolygonWithPointsOnTheCircle) {
  const Section section = disc({0.5, 1, 1.6, 2}, {6, 12, 18, 18});
  EXPECT_EQ(section.points.size(), 1u + 6 + 12 + 18 + 18);
  EXPECT_EQ(section.triangles.size(), 6u + 18 + 30 + 36);
  double area = 0;
  for (const auto& [a, b, c] : section.triangles) {
    const auto &p = section.points[a], &q = section.points[b], &r = section.points[c];
    const double twice = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    EXPECT_GT(twice, 0);
    area += 0.5 * twice;
  }
  EXPECT_NEAR(area, polygon_area(2, 18), 1e-12);
  for (std::size_t p = section.points.size() - 18; p < section.points.size(); ++p)
    EXPECT_NEAR(std::hypot(section.points[p][0], section.points[p][1]), 2, 1e-14);
}

TEST(Sweep, LayersMayRunEitherWay) {
  const Section section = disc({1}, {6});
  for (const double way : {1.0, -1.0})
    expect_sound(with_surfaces(sweep(section, {3,
                                               [&](const Vec2& x, int k) {
                                                 return Vec3{x[0], x[1], way * k};
                                               }}),
                               {"all"}, [](const Vec3&) { return 0; }));
}

TEST(SectionMesher, KeepsBoundaryPointsAndSize) {
  const std::vector<Vec2> square{{0, 0}, {.25, 0}, {.5, 0}, {.75, 0}, {1, 0}, {1, .25}, {1, .5}, {1, .75},
                                 {1, 1}, {.75, 1}, {.5, 1}, {.25, 1}, {0, 1}, {0, .75}, {0, .5}, {0, .25}};
  const auto size = [](const Vec2&) { return 0.25; };
  const Section section = triangulate({square}, size);
  for (std::size_t p = 0; p < square.size(); ++p) EXPECT_EQ(section.points[p], square[p]);
  double area = 0, edges = 0;
  for (const auto& [a, b, c] : section.triangles) {
    const auto &p = section.points[a], &q = section.points[b], &r = section.points[c];
    area += 0.5 * ((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
    edges += std::hypot(q[0] - p[0], q[1] - p[1]);
  }
  EXPECT_NEAR(area, 1, 1e-12);
  EXPECT_NEAR(edges / static_cast<double>(section.triangles.size()), 0.25, 0.05);
}

TEST(Lumen, ChannelIsABoxLessAPolygon) {
  const Channel& c = small_channel;
  const VesselMesh channel = make_channel(c);
  expect_sound(channel, 0);
  const int around = static_cast<int>(std::lround(pi * c.cylinder_diameter / c.edge));
  const double hole = polygon_area(0.5 * c.cylinder_diameter, around), face = c.length * c.height - hole;
  EXPECT_NEAR(volume(channel), face * c.depth, 1e-12);
  EXPECT_THAT(channel.surface_names, ElementsAre("inlet", "outlet", "wall", "cylinder"));
  const auto area = areas(channel);
  EXPECT_NEAR(area[0], c.height * c.depth, 1e-12);
  EXPECT_NEAR(area[1], c.height * c.depth, 1e-12);
  EXPECT_NEAR(area[2], 2 * face + 2 * c.length * c.depth, 1e-12);
  EXPECT_NEAR(area[3], around * c.cylinder_diameter * std::sin(pi / around) * c.depth, 1e-12);
  EXPECT_EQ(points_of(channel, 3).size(), static_cast<std::size_t>(around * (c.layers + 1)));
  for (const auto p : points_of(channel, 3))
    EXPECT_NEAR(std::hypot(channel.points[p][0] - c.cylinder_x, channel.points[p][1] - c.cylinder_y),
                0.5 * c.cylinder_diameter, 1e-14);
}

TEST(Lumen, DefaultChannelHasTheBenchmarksSize) {
  const VesselMesh channel = make_channel({});
  EXPECT_NEAR(static_cast<double>(channel.cells.size()), 168'000, 2'000);
  EXPECT_GT(mesh::quality(tet_mesh(channel)).smallest_dihedral_deg, 10);
}

TEST(Lumen, PipeIsAPrism) {
  const Pipe p{.radius = 4, .length = 12, .edge = 1, .wall_edge = 0.3, .layers = 10};
  const VesselMesh pipe = make_pipe(p);
  expect_sound(pipe);
  EXPECT_THAT(pipe.surface_names, ElementsAre("inlet", "outlet", "wall"));
  const std::set<std::int32_t> wall = points_of(pipe, 2);
  for (const auto q : wall) EXPECT_NEAR(std::hypot(pipe.points[q][0], pipe.points[q][1]), p.radius, 1e-14);
  const int around = static_cast<int>(wall.size()) / (p.layers + 1);
  EXPECT_NEAR(2 * pi * p.radius / around, p.edge, 0.1);
  EXPECT_NEAR(volume(pipe), polygon_area(p.radius, around) * p.length, 1e-10);
  EXPECT_NEAR(areas(pipe)[0], polygon_area(p.radius, around), 1e-12);
  EXPECT_NEAR(areas(pipe)[1], polygon_area(p.radius, around), 1e-12);
  // The outermost points inside are a wall edge from the wall.
  double inner = 0;
  for (std::size_t q = 0; q < pipe.points.size(); ++q)
    if (!wall.contains(static_cast<std::int32_t>(q)))
      inner = std::max(inner, std::hypot(pipe.points[q][0], pipe.points[q][1]));
  EXPECT_NEAR(p.radius - inner, p.wall_edge, 0.25 * p.wall_edge);
}

TEST(Lumen, NozzleHasItsConeAndItsStep) {
  const Nozzle& n = small_nozzle;
  const VesselMesh nozzle = make_nozzle(n);
  expect_sound(nozzle);
  EXPECT_THAT(nozzle.surface_names, ElementsAre("inlet", "outlet", "wall"));
  EXPECT_NEAR(n.cone_length, (n.pipe_radius - n.throat_radius) / std::tan(10 * pi / 180), 1e-3);
  const auto area = areas(nozzle);
  EXPECT_NEAR(area[0], polygon_area(6, 18), 1e-9);  // 18 points 0.7 mm apart around the throat
  // Exact volume of the solid, its circles replaced by the polygon: all radii share one number of corners.
  const double polygon = area[0] / (pi * 36);
  const double R = n.pipe_radius, r = n.throat_radius, before = -n.throat_length - n.cone_length - n.inlet;
  const double upstream = pi * (before * R * R + n.cone_length * (R * R + R * r + r * r) / 3 + n.throat_length * r * r);
  EXPECT_NEAR(volume(nozzle), polygon * (upstream + pi * R * R * n.outlet), 1e-3 * volume(nozzle));
  double step = 0;
  for (std::size_t t = 0; t < nozzle.triangles.size(); ++t) {
    const auto& [a, b, c] = nozzle.triangles[t];
    if (nozzle.points[a][2] != 0 || nozzle.points[b][2] != 0 || nozzle.points[c][2] != 0) continue;
    EXPECT_EQ(nozzle.surface[t], 2);
    const Vec3 normal = mesh::vector_area(nozzle.points, nozzle.triangles[t]);
    EXPECT_LT(normal[2], 0);
    step -= normal[2];
  }
  EXPECT_NEAR(step, polygon * pi * (R * R - r * r), 1e-9);
  for (const auto p : points_of(nozzle, 2)) {
    const Vec3& x = nozzle.points[p];
    if (x[2] == 0) continue;
    const double cone = std::clamp((-n.throat_length - x[2]) / n.cone_length, 0.0, 1.0);
    EXPECT_NEAR(std::hypot(x[0], x[1]), x[2] > 0 ? R : r + cone * (R - r), 1e-12);
  }
}

TEST(Lumen, NozzleScalesWithOneParameter) {
  Nozzle finer = small_nozzle;
  finer.edge /= 2;
  const double ratio = static_cast<double>(make_nozzle(finer).cells.size()) /
                       static_cast<double>(make_nozzle(small_nozzle).cells.size());
  EXPECT_NEAR(std::cbrt(ratio), 2, 0.25);  // rings and steps of growth come in whole numbers
}

TEST(Lumen, SameInputGivesTheSameBits) {
  expect_same(make_channel(small_channel), make_channel(small_channel));
  expect_same(make_nozzle(small_nozzle), make_nozzle(small_nozzle));
}

TEST(Bifurcation, OpeningsAreFlatCircles) {
  Bifurcation shape;
  shape.edge = 1.2;
  Improvement improvement;
  const VesselMesh vessel = make_bifurcation(shape, 18, 12, improvement);
  expect_sound(vessel);
  EXPECT_THAT(vessel.surface_names, ElementsAre("wall", "inlet", "outlet_left", "outlet_right"));
  const auto area = areas(vessel);
  // A circle of radius r cut into chords of 0.8 edges loses 1 - sin(x) / x of its area, x = 0.8 edge / r: up to 4 %.
  EXPECT_NEAR(area[1], pi * 3.2 * 3.2, 0.04 * pi * 3.2 * 3.2);
  EXPECT_NEAR(area[2], pi * 2.5 * 2.5, 0.04 * pi * 2.5 * 2.5);
  EXPECT_NEAR(area[3], pi * 2 * 2, 0.05 * pi * 2 * 2);
  const double a = shape.left_angle_deg * pi / 180;
  const Vec3 along{std::sin(a), 0, std::cos(a)};
  for (const auto p : points_of(vessel, 2)) {
    EXPECT_NEAR(core::dot(vessel.points[p], along), shape.left.length, 1e-9);
    EXPECT_LT(core::norm(vessel.points[p] - shape.left.length * along), shape.left.radius_at_opening + 1e-9);
  }
  // Each tube is a truncated cone; what they share near the junction is less than the parent's last diameter.
  auto cone = [](const Tube& t) {
    const double r = t.radius_at_junction, s = t.radius_at_opening;
    return pi * t.length * (r * r + r * s + s * s) / 3;
  };
  const double sum = cone(shape.parent) + cone(shape.left) + cone(shape.right);
  EXPECT_LT(volume(vessel), sum);
  EXPECT_GT(volume(vessel), sum - pi * 3.2 * 3.2 * 6.4);
  EXPECT_GT(mesh::quality(tet_mesh(vessel)).smallest_dihedral_deg, 15);
  Improvement again;
  expect_same(vessel, make_bifurcation(shape, 18, 12, again));
}

class VesselStage : public ::testing::Test {
 protected:
  test::Workbench bench;
  std::filesystem::path file = bench.folder() / "vessel.vtu";
  config::Json of_file{
      {"source", "vessel_file"}, {"mesh_file", file.string()}, {"vessel_surface_names", {"inlet", "outlet", "wall"}}};

  VesselMesh run(const config::Json& options) {
    bench.run(*make_stage(), options);
    return bench.result<VesselMesh>();
  }
  std::string refusal(const config::Json& options, core::ExitCode code = core::ExitCode::configuration) {
    try {
      bench.run(*make_stage(), options);
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }
  /// As other programs write it; `tag` turns the artifact's surface of triangle t into that of the file, 0 leaves the
  /// triangle out.
  void write(const VesselMesh& v, const std::function<int(std::size_t t)>& tag) {
    core::on_root(core::Comm(), [&] {
      std::vector<std::size_t> kept;
      for (std::size_t t = 0; t < v.triangles.size(); ++t)
        if (tag(t) != 0) kept.push_back(t);
      std::ofstream f(file);
      f.precision(17);
      f << "<VTKFile type=\"UnstructuredGrid\" version=\"0.1\"><UnstructuredGrid><Piece NumberOfPoints=\""
        << v.points.size() << "\" NumberOfCells=\"" << v.cells.size() + kept.size() << "\"><Points>"
        << "<DataArray type=\"Float64\" NumberOfComponents=\"3\" format=\"ascii\">\n";
      for (const Vec3& x : v.points) f << x[0] << ' ' << x[1] << ' ' << x[2] << '\n';
      f << "</DataArray></Points><Cells><DataArray type=\"Int32\" Name=\"connectivity\" format=\"ascii\">\n";
      for (const auto& c : v.cells) f << c[1] << ' ' << c[0] << ' ' << c[2] << ' ' << c[3] << '\n';  // turned over
      for (const auto t : kept) f << v.triangles[t][0] << ' ' << v.triangles[t][1] << ' ' << v.triangles[t][2] << '\n';
      f << "</DataArray><DataArray type=\"Int32\" Name=\"offsets\" format=\"ascii\">\n";
      for (std::size_t c = 0; c < v.cells.size(); ++c) f << 4 * (c + 1) << ' ';
      for (std::size_t t = 0; t < kept.size(); ++t) f << 4 * v.cells.size() + 3 * (t + 1) << ' ';
      f << "</DataArray><DataArray type=\"UInt8\" Name=\"types\" format=\"ascii\">\n";
      for (std::size_t c = 0; c < v.cells.size(); ++c) f << "10 ";
      for (std::size_t t = 0; t < kept.size(); ++t) f << "5 ";
      f << "</DataArray></Cells><CellData><DataArray type=\"Int32\" Name=\"surface\" format=\"ascii\">\n";
      for (std::size_t c = 0; c < v.cells.size(); ++c) f << "0 ";
      for (const auto t : kept) f << tag(t) << ' ';
      f << "</DataArray></CellData></Piece></UnstructuredGrid></VTKFile>\n";
    });
  }
};

TEST_F(VesselStage, BoxHasItsSidesByName) {
  const VesselMesh box =
      run({{"source", "box"}, {"box_low_mm", {-1, 0, 1}}, {"box_high_mm", {1, 3, 2}}, {"box_elements", {2, 3, 4}}});
  expect_sound(box);
  EXPECT_EQ(box.cells.size(), 2u * 3 * 4 * 6);
  EXPECT_NEAR(volume(box), 6, 1e-12);
  EXPECT_THAT(box.surface_names, ElementsAre("x_low", "x_high", "y_low", "y_high", "z_low", "z_high"));
  for (std::int32_t side = 0; side < 6; ++side)
    for (const auto p : points_of(box, side))
      EXPECT_EQ(box.points[p][side / 2], (side % 2 == 0 ? Vec3{-1, 0, 1} : Vec3{1, 3, 2})[side / 2]);
}

TEST_F(VesselStage, PipeIsReported) {
  const VesselMesh pipe = run({{"source", "pipe"}, {"pipe_edge_mm", 2}, {"pipe_wall_edge_mm", 1}, {"pipe_layers", 5}});
  expect_sound(pipe);
  EXPECT_NEAR(bench.quantity("volume"), volume(pipe) / 1000, 1e-12);
  EXPECT_NEAR(bench.quantity("area.inlet"), areas(pipe)[0], 1e-9);
  EXPECT_EQ(bench.quantity("tetrahedra"), static_cast<double>(pipe.cells.size()));
}

TEST_F(VesselStage, FileComesBackAsItWent) {
  const VesselMesh pipe = make_pipe({.edge = 2, .wall_edge = 1, .layers = 4});
  write(pipe, [&](std::size_t t) { return pipe.surface[t] + 1; });
  const VesselMesh read = run(of_file);
  expect_sound(read);
  EXPECT_EQ(read.points, pipe.points);
  EXPECT_NEAR(volume(read), volume(pipe), 1e-9);
  for (int s = 0; s < 3; ++s) EXPECT_NEAR(areas(read)[s], areas(pipe)[s], 1e-9);
  EXPECT_EQ(read.surface_names, pipe.surface_names);
  of_file["mesh_scale"] = 10;
  EXPECT_NEAR(volume(run(of_file)), 1000 * volume(pipe), 1e-6);
}

TEST_F(VesselStage, BadFilesAreRefused) {
  const VesselMesh pipe = make_pipe({.edge = 2, .wall_edge = 1, .layers = 4});
  // A hole in the wall: the position of the face without a triangle is named.
  const std::size_t hole = std::find(pipe.surface.begin(), pipe.surface.end(), 2) - pipe.surface.begin();
  Vec3 at{};
  for (const auto p : pipe.triangles[hole]) at = at + (1.0 / 3) * pipe.points[p];
  write(pipe, [&](std::size_t t) { return t == hole ? 0 : pipe.surface[t] + 1; });
  EXPECT_THAT(refusal(of_file, core::ExitCode::input),
              AllOf(HasSubstr("1 faces without one"),
                    HasSubstr(fmt::format("({:.4g}, {:.4g}, {:.4g}) mm", at[0], at[1], at[2]))));
  // A tag that has no name, and a name that has no tag.
  write(pipe, [&](std::size_t t) { return t == hole ? 7 : pipe.surface[t] + 1; });
  EXPECT_THAT(refusal(of_file, core::ExitCode::input), AllOf(HasSubstr("surface 1 to 3"), HasSubstr("2 outlet")));
  write(pipe, [&](std::size_t t) { return pipe.surface[t] + 1; });
  of_file["vessel_surface_names"] = {"inlet", "outlet", "wall", "branch"};
  EXPECT_THAT(refusal(of_file, core::ExitCode::numerical), HasSubstr("no triangle on surface branch"));
  of_file["vessel_surface_names"] = config::Json::array();
  EXPECT_THAT(refusal(of_file), HasSubstr("vessel_surface_names"));
  EXPECT_THAT(refusal({{"source", "vessel_file"}}), HasSubstr("meshing.mesh_file"));
}

TEST_F(VesselStage, ImpossibleShapesAreRefused) {
  EXPECT_THAT(refusal({{"source", "box"}, {"box_high_mm", {1, 0, 1}}}), HasSubstr("box_high_mm"));
  EXPECT_THAT(refusal({{"source", "box"}, {"box_elements", {1, 0.5, 1}}}), HasSubstr("box_elements"));
  EXPECT_THAT(refusal({{"source", "channel"}, {"cylinder_y_mm", 0.04}}), HasSubstr("a cylinder within the channel"));
  EXPECT_THAT(refusal({{"source", "pipe"}, {"pipe_edge_mm", 6}}), HasSubstr("at most the radius"));
  EXPECT_THAT(refusal({{"source", "nozzle"}, {"nozzle_inlet_mm", -50}}), HasSubstr("where the cone begins"));
  EXPECT_THAT(refusal({{"source", "bifurcation"}, {"bifurcation_left_deg", 3}, {"bifurcation_right_deg", 3}}),
              AllOf(HasSubstr("bifurcation_left_mm"), HasSubstr("open the angle")));
  EXPECT_THAT(refusal({{"source", "bifurcation"}, {"bifurcation_edge_mm", 3}}), HasSubstr("bifurcation_edge_mm"));
  EXPECT_THAT(refusal({{"source", "pipe"}, {"pipe_length_mm", 5000}, {"pipe_layers", 1}}, core::ExitCode::numerical),
              HasSubstr("largest aspect ratio"));
}

}  // namespace
}  // namespace cardiotwin::meshing

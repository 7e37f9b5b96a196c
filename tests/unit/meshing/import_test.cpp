// Meshes made elsewhere: what is read, what is refused, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "boundary.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "mesh_import.hpp"
#include "support/ellipsoid.hpp"
#include "support/workbench.hpp"

namespace cardiotwin {
namespace {

using artifacts::HeartMesh;
using ::testing::HasSubstr;

/// A .vtu as other programs write it, in ASCII; arrays can be left out by name.
void write_vtu(const std::filesystem::path& path, const HeartMesh& m, const std::string& without = "") {
  std::ofstream f(path);
  f.precision(17);
  const std::size_t nc = m.cells.size(), nt = m.triangles.size();
  auto array = [&](const std::string& type, const std::string& name, int components, auto&& body) {
    if (name == without) return;
    f << "<DataArray type=\"" << type << "\" Name=\"" << name << "\" NumberOfComponents=\"" << components
      << "\" format=\"ascii\">\n";
    body();
    f << "</DataArray>\n";
  };
  auto vectors = [&](const std::vector<Vec3>& v) {
    for (const Vec3& x : v) f << x[0] << ' ' << x[1] << ' ' << x[2] << '\n';
  };
  f << "<VTKFile type=\"UnstructuredGrid\" version=\"0.1\" byte_order=\"LittleEndian\"><UnstructuredGrid><Piece "
       "NumberOfPoints=\""
    << m.points.size() << "\" NumberOfCells=\"" << nc + nt << "\">\n<PointData>\n";
  if (!m.fibre.empty()) array("Float64", "fibre", 3, [&] { vectors(m.fibre); });
  f << "</PointData>\n<CellData>\n";
  array("Int32", "region", 1, [&] {
    for (const auto r : m.region) f << r << ' ';
    for (std::size_t t = 0; t < nt; ++t) f << "0 ";
  });
  array("Int32", "surface", 1, [&] {
    for (std::size_t c = 0; c < nc; ++c) f << "0 ";
    for (const auto s : m.surface) f << s << ' ';
  });
  f << "</CellData>\n<Points>\n";
  array("Float64", "Points", 3, [&] { vectors(m.points); });
  f << "</Points>\n<Cells>\n";
  array("Int32", "connectivity", 1, [&] {
    for (const auto& c : m.cells) f << c[0] << ' ' << c[1] << ' ' << c[2] << ' ' << c[3] << '\n';
    for (const auto& t : m.triangles) f << t[0] << ' ' << t[1] << ' ' << t[2] << '\n';
  });
  array("Int32", "offsets", 1, [&] {
    for (std::size_t c = 0; c < nc; ++c) f << 4 * (c + 1) << ' ';
    for (std::size_t t = 0; t < nt; ++t) f << 4 * nc + 3 * (t + 1) << ' ';
  });
  array("UInt8", "types", 1, [&] {
    for (std::size_t c = 0; c < nc; ++c) f << "10 ";
    for (std::size_t t = 0; t < nt; ++t) f << "5 ";
  });
  f << "</Cells>\n</Piece></UnstructuredGrid></VTKFile>\n";
}

class MeshImport : public ::testing::Test {
 protected:
  test::Workbench bench;
  std::filesystem::path file = bench.folder() / "heart.vtu";
  // The idealised ventricle's rounded half cube has flatter angles than our own meshes.
  config::Json options{
      {"source", "file"}, {"mesh_file", file.string()}, {"smallest_dihedral_deg", 2}, {"rv_direction", {1, 0, 0}}};

  void write(const HeartMesh& mesh, const std::string& without = "") {
    core::on_root(core::Comm(), [&] { write_vtu(file, mesh, without); });
  }
  std::string refusal(core::ExitCode code) {
    try {
      bench.run(*meshing::make_stage(), options);
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }
};

TEST_F(MeshImport, RoundTripKeepsMeshAndTags) {
  HeartMesh given = test::ellipsoid({});
  for (std::size_t t = 0; t < given.triangles.size(); t += 3) std::swap(given.triangles[t][0], given.triangles[t][1]);
  for (std::size_t c = 0; c < given.cells.size(); c += 5) std::swap(given.cells[c][0], given.cells[c][1]);
  for (Vec3& x : given.points) x = 0.001 * x;  // in m
  write(given);
  options["mesh_scale"] = 1000;
  bench.run(*meshing::make_stage(), options);
  const HeartMesh original = test::ellipsoid({}), read = bench.result<HeartMesh>();
  ASSERT_EQ(read.points.size(), original.points.size());
  for (std::size_t p = 0; p < read.points.size(); ++p) EXPECT_LT(core::norm(read.points[p] - original.points[p]), 1e-9);
  EXPECT_EQ(read.region, original.region);
  const mesh::TetMesh mesh = test::tet_mesh(read);
  EXPECT_EQ(mesh::quality(mesh).inverted, 0);
  // The same triangles with the same tags, normals as the artifact promises whatever the file had.
  auto tagged_area = [](const HeartMesh& m, int tag) {
    Vec3 sum{};
    for (std::size_t t = 0; t < m.triangles.size(); ++t)
      if (m.surface[t] == tag) sum = sum + mesh::vector_area(m.points, m.triangles[t]);
    return sum;
  };
  for (int tag = 1; tag <= 6; ++tag)
    EXPECT_LT(core::norm(tagged_area(read, tag) - tagged_area(original, tag)), 1e-6) << tag;
  // The file's own fibres are kept.
  for (std::size_t p = 0; p < read.points.size(); ++p) {
    if (core::norm(original.fibre[p]) == 0) continue;
    EXPECT_LT(core::norm(read.fibre[p] - original.fibre[p]), 1e-9);
  }
  if (core::Comm().is_root()) {
    EXPECT_THAT(bench.findings.warnings(), ::testing::Contains(HasSubstr("negative volume")));
  }
}

TEST_F(MeshImport, MissingFibresAreComputed) {
  const HeartMesh given = test::ellipsoid({});
  write(given, "fibre");
  bench.run(*meshing::make_stage(), options);
  const HeartMesh read = bench.result<HeartMesh>();
  // The idealised mesh carries analytic fibres by the same rule: compare where the axes are well defined.
  double worst = 0;
  for (std::size_t p = 0; p < read.points.size(); ++p) {
    if (core::norm(given.fibre[p]) == 0 || read.apicobasal[p] < 0.5) continue;
    worst = std::max(worst, std::acos(std::min(1.0, std::abs(core::dot(read.fibre[p], given.fibre[p])))));
  }
  EXPECT_LT(worst * 180 / M_PI, 16);
}

TEST_F(MeshImport, AWallWithoutBloodIsAccepted) {
  test::Ellipsoid shape;
  shape.with_blood = false;
  write(test::ellipsoid(shape));
  bench.run(*meshing::make_stage(), options);
  const HeartMesh read = bench.result<HeartMesh>();
  EXPECT_EQ(std::count(read.region.begin(), read.region.end(), 1), static_cast<std::ptrdiff_t>(read.cells.size()));
  EXPECT_GT(read.long_axis[2], 0.99);
  shape.with_blood = true;
  EXPECT_NEAR(bench.quantity("cavity_volume"), mesh::volume(test::tet_mesh(test::ellipsoid(shape)), 2) / 1000, 1e-6);
}

TEST_F(MeshImport, APublishedVentricleIsRead) {
  const auto source = test::shared_data() / "monoventricular-mesh" / "ellipsoid_0.005.h5";
  if (test::shared_data().empty() || !std::filesystem::exists(source))
    GTEST_SKIP() << "needs monoventricular-mesh in the shared data";
  const io::Reader h5(source);
  HeartMesh given;
  const auto corner = h5.read<std::int64_t>("/Mesh/mesh/topology"),
             face = h5.read<std::int64_t>("/MeshTags/mesh_tags/topology");
  given.points = h5.read_vec3("/Mesh/mesh/geometry");
  for (std::size_t c = 0; c < corner.size(); c += 4) {
    auto at = [&](std::size_t i) { return static_cast<std::int32_t>(corner[c + i]); };
    given.cells.push_back({at(0), at(1), at(2), at(3)});
    given.region.push_back(1);
  }
  const auto tag = h5.read<std::int32_t>("/MeshTags/mesh_tags/Values");
  for (std::size_t t = 0; t < tag.size(); ++t) {
    auto at = [&](std::size_t i) { return static_cast<std::int32_t>(face[3 * t + i]); };
    given.triangles.push_back({at(0), at(1), at(2)});
    given.surface.push_back(tag[t]);
  }
  write(given);
  options["mesh_scale"] = 1000;
  options["smallest_dihedral_deg"] = 5;
  bench.run(*meshing::make_stage(), options);
  EXPECT_EQ(bench.quantity("points"), 4579);
  EXPECT_EQ(bench.quantity("tetrahedra"), 17674);
  const HeartMesh heart = bench.result<HeartMesh>();
  std::vector<int> count(18, 0);
  for (const auto segment : heart.aha_segment) ++count[segment];
  for (int segment = 1; segment <= 17; ++segment) EXPECT_GT(count[segment], 0) << segment;
}

TEST_F(MeshImport, RefusalsNameFileAndArray) {
  const HeartMesh good = test::ellipsoid({});
  write(good, "region");
  EXPECT_THAT(refusal(core::ExitCode::input),
              ::testing::AllOf(HasSubstr("heart.vtu"), HasSubstr("no cell data `region`")));
  write(good, "surface");
  EXPECT_THAT(refusal(core::ExitCode::input), HasSubstr("no cell data `surface`"));

  HeartMesh open = good;
  open.triangles.resize(open.triangles.size() / 2);
  open.surface.resize(open.triangles.size());
  write(open);
  EXPECT_THAT(refusal(core::ExitCode::input), HasSubstr("faces without one"));

  HeartMesh foreign = good;
  foreign.region[7] = 12;
  write(foreign);
  EXPECT_THAT(refusal(core::ExitCode::input), HasSubstr("12 on cell 7"));

  core::on_root(core::Comm(), [&] { std::ofstream(file) << "this is no mesh"; });
  EXPECT_THAT(refusal(core::ExitCode::input), HasSubstr("something else, or a truncated file"));
}

TEST_F(MeshImport, TheGateHoldsForImportsToo) {
  write(test::ellipsoid({}));
  options["smallest_dihedral_deg"] = 59;
  const std::string message = refusal(core::ExitCode::numerical);
  EXPECT_THAT(message, HasSubstr("smallest dihedral angle"));
  EXPECT_THAT(message, HasSubstr("limit 59 deg"));
}

TEST_F(MeshImport, WithoutAFileItSaysSo) {
  options["mesh_file"] = "";
  EXPECT_THAT(refusal(core::ExitCode::configuration), HasSubstr("the path of a .vtu mesh"));
}

}  // namespace
}  // namespace cardiotwin

/// Meshes in other programs' layouts, read again: by our own import, by VTK, and as text.

#include "cardiotwin/interchange/interchange.hpp"

#include <gtest/gtest.h>
#include <vtkCellData.h>
#include <vtkDataArray.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLPolyDataReader.h>
#include <vtkXMLUnstructuredGridReader.h>

#include <fstream>
#include <map>
#include <set>

#include "mesh_import.hpp"
#include "support/ellipsoid.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::interchange {
namespace {

namespace fs = std::filesystem;

class Interchange : public testing::Test {
 protected:
  Body wall() const { return part(whole(heart), "wall", {artifacts::region_lv_wall}); }

  artifacts::HeartMesh heart = test::ellipsoid({.around = 3});
  test::TemporaryFolder home;
  fs::path folder = home.path();
};

TEST_F(Interchange, OurImportTakesTheVtuBack) {
  write_vtu(whole(heart), folder / "heart.vtu");
  std::vector<std::string> warnings;
  const artifacts::HeartMesh back = meshing::import_vtu(folder / "heart.vtu", 1, warnings);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(back.points, heart.points);
  EXPECT_EQ(back.cells, heart.cells);
  EXPECT_EQ(back.region, heart.region);
  EXPECT_EQ(back.triangles, heart.triangles);
  EXPECT_EQ(back.surface, heart.surface);
  ASSERT_EQ(back.fibre.size(), heart.fibre.size());
  for (std::size_t n = 0; n < back.fibre.size(); ++n) {
    EXPECT_LT(core::norm(back.fibre[n] - heart.fibre[n]), 1e-12);
    EXPECT_LT(core::norm(back.sheet[n] - heart.sheet[n]), 1e-12);
  }
}

TEST_F(Interchange, AVesselKeepsTheNamesOfItsSurfaces) {
  const mesh::TetMesh box = mesh::box({0, 0, 0}, {1, 1, 1}, {2, 2, 2});
  artifacts::VesselMesh vessel{box.points, box.cells, box.triangles, box.surface, {"a", "b", "c", "d", "e", "f"}};
  for (std::int32_t& tag : vessel.surface) --tag;
  write_vtu(whole(vessel), folder / "lumen.vtu");
  std::vector<std::string> warnings;
  const auto back = meshing::import_vessel(folder / "lumen.vtu", 1, vessel.surface_names, warnings);
  // The import orders triangles by their cells.
  const auto tags = [](const artifacts::VesselMesh& mesh) {
    std::map<std::set<std::int32_t>, std::int32_t> tag;
    for (std::size_t t = 0; t < mesh.triangles.size(); ++t)
      tag[{mesh.triangles[t].begin(), mesh.triangles[t].end()}] = mesh.surface[t];
    return tag;
  };
  EXPECT_EQ(tags(back), tags(vessel));
  EXPECT_EQ(whole(vessel).faces.at(1 + vessel.surface.front()), vessel.surface_names.at(vessel.surface.front()));
}

TEST_F(Interchange, OpenCarpHasTheWallInMicrometres) {
  const Body body = wall();
  write_opencarp(body, folder);
  std::ifstream points_file(folder / "wall.pts"), elements(folder / "wall.elem"), directions(folder / "wall.lon");
  std::size_t count = 0;
  points_file >> count;
  ASSERT_EQ(count, body.mesh.points.size());
  std::vector<Vec3> points(count);
  for (Vec3& x : points) points_file >> x[0] >> x[1] >> x[2];
  elements >> count;
  ASSERT_EQ(count, body.mesh.cells.size());
  int axes = 0;
  directions >> axes;
  EXPECT_EQ(axes, 2);
  double volume = 0;
  for (std::size_t c = 0; c < count; ++c) {
    std::string kind;
    mesh::Cell cell;
    std::int32_t region = 0;
    elements >> kind >> cell[0] >> cell[1] >> cell[2] >> cell[3] >> region;
    ASSERT_EQ(kind, "Tt");
    EXPECT_EQ(region, artifacts::region_lv_wall);
    const Vec3 origin = points.at(cell[0]);
    volume +=
        core::dot(core::cross(points.at(cell[1]) - origin, points.at(cell[2]) - origin), points.at(cell[3]) - origin) /
        6;
    Vec3 fibre, sheet;
    for (Vec3* v : {&fibre, &sheet}) directions >> (*v)[0] >> (*v)[1] >> (*v)[2];
    EXPECT_NEAR(core::norm(fibre), 1, 1e-6);
    EXPECT_NEAR(core::dot(fibre, sheet), 0, 1e-6);
  }
  // Nine digits are written.
  EXPECT_NEAR(volume / 1e9 / mesh::volume(body.mesh, artifacts::region_lv_wall), 1, 1e-7);
  std::ifstream nodes(folder / "epicardium.vtx");
  std::string where;
  nodes >> count >> where;
  EXPECT_EQ(where, "extra");
  EXPECT_GT(count, 10u);
}

TEST_F(Interchange, SvMultiPhysicsFacesCarryTheVolumesNumbers) {
  const Body blood = part(whole(heart), "blood", {artifacts::region_lv_blood});
  write_svmultiphysics(blood, folder);
  vtkNew<vtkXMLUnstructuredGridReader> volume;
  volume->SetFileName((folder / "blood/mesh-complete.mesh.vtu").c_str());
  volume->Update();
  ASSERT_EQ(volume->GetOutput()->GetNumberOfCells(), static_cast<vtkIdType>(blood.mesh.cells.size()));
  Vec3 area{};
  std::set<std::string> names;
  for (const auto& file : fs::directory_iterator(folder / "blood/mesh-surfaces")) {
    names.insert(file.path().stem().string());
    vtkNew<vtkXMLPolyDataReader> reader;
    reader->SetFileName(file.path().c_str());
    reader->Update();
    vtkPolyData* face = reader->GetOutput();
    vtkDataArray* nodes = face->GetPointData()->GetArray("GlobalNodeID");
    vtkDataArray* elements = face->GetCellData()->GetArray("GlobalElementID");
    ASSERT_TRUE(nodes && elements);
    for (vtkIdType t = 0; t < face->GetNumberOfCells(); ++t) {
      const mesh::Cell& cell = blood.mesh.cells.at(static_cast<std::size_t>(elements->GetTuple1(t)) - 1);
      std::array<Vec3, 3> x;
      for (int a = 0; a < 3; ++a) {
        const vtkIdType p = face->GetCell(t)->GetPointId(a);
        face->GetPoint(p, x[a].data());
        const auto node = static_cast<std::int32_t>(nodes->GetTuple1(p)) - 1;
        EXPECT_EQ(blood.mesh.points.at(node), x[a]);
        EXPECT_TRUE(std::ranges::find(cell, node) != cell.end());
      }
      area = area + 0.5 * core::cross(x[1] - x[0], x[2] - x[0]);
    }
  }
  EXPECT_EQ(names, (std::set<std::string>{"endocardium", "mitral", "aortic", "lid"}));
  EXPECT_LT(core::norm(area), 1e-9);  // the faces close, all outward
}

TEST_F(Interchange, SvMultiPhysicsHasFibresPerCell) {
  const Body body = wall();
  write_svmultiphysics(body, folder);
  vtkNew<vtkXMLUnstructuredGridReader> reader;
  reader->SetFileName((folder / "wall/fibersLong.vtu").c_str());
  reader->Update();
  vtkDataArray* fibres = reader->GetOutput()->GetCellData()->GetArray("FIB_DIR");
  ASSERT_TRUE(fibres);
  const mesh::Cell& first = body.mesh.cells.front();
  Vec3 fibre;
  fibres->GetTuple(0, fibre.data());
  EXPECT_GT(std::abs(core::dot(fibre, body.fibre[first[0]])), 0.5);
  EXPECT_NEAR(core::norm(fibre), 1, 1e-12);
}

}  // namespace
}  // namespace cardiotwin::interchange

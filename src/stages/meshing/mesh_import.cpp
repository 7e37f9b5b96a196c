#include "mesh_import.hpp"

#include <spdlog/fmt/fmt.h>
#include <vtkCellData.h>
#include <vtkCellType.h>
#include <vtkDataArray.h>
#include <vtkIdList.h>
#include <vtkNew.h>
#include <vtkObject.h>
#include <vtkPointData.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLUnstructuredGridReader.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "boundary.hpp"
#include "cardiotwin/core/error.hpp"

namespace cardiotwin::meshing {
namespace {

using namespace artifacts;
using core::norm;

constexpr const char* expected_arrays =
    "tetrahedra with cell data `region` (1 LV wall, 2 LV blood, 3 RV wall) and triangles with cell data `surface` (1 "
    "to 7)";
constexpr const char* all_surfaces =
    "1 endocardium, 2 epicardium, 3 base, 4 mitral, 5 aortic, 6 rest of the lid, 7 RV endocardium";

class Import {
 public:
  Import(const std::filesystem::path& file, double scale) : file_(file) {
    vtkObject::GlobalWarningDisplayOff();  // the reader's own words go to stderr; ours say more
    reader_->SetFileName(file.c_str());
    if (!reader_->CanReadFile(file.c_str()))
      fail("a VTK XML unstructured grid (.vtu)", "something else, or a truncated file",
           "export the mesh as .vtu again");
    reader_->Update();
    grid_ = reader_->GetOutput();
    if (reader_->GetErrorCode() != 0 || grid_->GetNumberOfPoints() == 0 || grid_->GetNumberOfCells() == 0)
      fail("a readable VTK XML unstructured grid with points and cells",
           fmt::format("{} points and {} cells", grid_->GetNumberOfPoints(), grid_->GetNumberOfCells()),
           "the file seems truncated or empty: export the mesh again");
    for (vtkIdType p = 0; p < grid_->GetNumberOfPoints(); ++p) {
      double x[3];
      grid_->GetPoint(p, x);
      mesh.points.push_back({scale * x[0], scale * x[1], scale * x[2]});
      if (!std::isfinite(norm(mesh.points.back())))
        fail("finite coordinates", fmt::format("point {} is not a number", p), "export the mesh again");
    }
    read_cells();
  }

  [[noreturn]] void fail(std::string expected, std::string found, std::string remedy) const {
    core::fail_input(
        {"meshing.mesh_file: " + file_.string(), std::move(expected), std::move(found), std::move(remedy)});
  }

  /// One unit vector a point, or empty when the file has none.
  std::vector<Vec3> directions(const char* name) const {
    vtkDataArray* array = grid_->GetPointData()->GetArray(name);
    if (!array) return {};
    if (array->GetNumberOfComponents() != 3)
      fail(fmt::format("point data `{}` with 3 components", name), fmt::format("{}", array->GetNumberOfComponents()),
           "write unit vectors, or leave the array out to have it computed");
    std::vector<Vec3> result;
    for (vtkIdType p = 0; p < array->GetNumberOfTuples(); ++p) {
      double v[3];
      array->GetTuple(p, v);
      result.push_back(core::normalised(Vec3{v[0], v[1], v[2]}));
    }
    return result;
  }

  mesh::TetMesh mesh;
  std::vector<std::int32_t> tissue;  ///< per cell, from cell data `tissue`, or empty

 private:
  vtkDataArray* tags(const char* name) const {
    vtkDataArray* array = grid_->GetCellData()->GetArray(name);
    if (!array)
      fail(expected_arrays, fmt::format("no cell data `{}`", name),
           "add the array; see docs/theory/meshing.md, Import");
    return array;
  }

  void read_cells() {
    vtkDataArray* region = tags("region");
    vtkDataArray* surface = tags("surface");
    vtkDataArray* classes = grid_->GetCellData()->GetArray("tissue");
    vtkNew<vtkIdList> corners;
    for (vtkIdType c = 0; c < grid_->GetNumberOfCells(); ++c) {
      grid_->GetCellPoints(c, corners);
      auto corner = [&](int i) { return static_cast<std::int32_t>(corners->GetId(i)); };
      const int type = grid_->GetCellType(c);
      if (type == VTK_TETRA) {
        mesh.cells.push_back({corner(0), corner(1), corner(2), corner(3)});
        mesh.region.push_back(static_cast<std::int32_t>(region->GetComponent(c, 0)));
        if (classes) tissue.push_back(static_cast<std::int32_t>(classes->GetComponent(c, 0)));
        if (mesh.region.back() < region_lv_wall || mesh.region.back() > region_rv_wall)
          fail("region 1 (LV wall), 2 (LV blood) or 3 (RV wall) on every tetrahedron",
               fmt::format("{} on cell {}", mesh.region.back(), c),
               "renumber the regions, or take other parts out of the mesh");
      } else if (type == VTK_TRIANGLE) {
        mesh.triangles.push_back({corner(0), corner(1), corner(2)});
        mesh.surface.push_back(static_cast<std::int32_t>(surface->GetComponent(c, 0)));
        if (mesh.surface.back() < surface_endocardium || mesh.surface.back() > last_surface)
          fail("surface 1 to 7 on every triangle", fmt::format("{} on cell {}", mesh.surface.back(), c), all_surfaces);
      } else {
        fail("tetrahedra and triangles with straight edges only", fmt::format("VTK cell type {} at cell {}", type, c),
             "convert the mesh to linear tetrahedra");
      }
    }
    if (std::find(mesh.region.begin(), mesh.region.end(), region_lv_wall) == mesh.region.end())
      fail("tetrahedra of region 1 (LV wall)", "none", "tag the wall's cells with region 1");
  }

  std::filesystem::path file_;
  vtkNew<vtkXMLUnstructuredGridReader> reader_;
  vtkUnstructuredGrid* grid_ = nullptr;
};

int orient_cells(mesh::TetMesh& mesh) {
  int turned = 0;
  for (mesh::Cell& cell : mesh.cells)
    if (mesh::signed_volume(mesh, cell) < 0) std::swap(cell[2], cell[3]), ++turned;
  return turned;
}

/// Every boundary face gets the tag of the file's triangle there; a face between wall and blood is endocardium anyway.
void tag_faces(Import& import) {
  mesh::TetMesh& mesh = import.mesh;
  auto key = [](mesh::Triangle t) {
    std::sort(t.begin(), t.end());
    return t;
  };
  std::map<mesh::Triangle, std::int32_t> given;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) given[key(mesh.triangles[t])] = mesh.surface[t];
  mesh.triangles.clear();
  mesh.surface.clear();
  int missing = 0;
  for (const Face& face : surface_faces(mesh)) {
    const auto tag = given.find(key(face.triangle));
    if (tag == given.end() && face.beyond < 0) ++missing;
    mesh.triangles.push_back(face.triangle);
    mesh.surface.push_back(face.beyond >= 0 ? surface_endocardium : tag == given.end() ? 0 : tag->second);
    if (tag != given.end()) given.erase(tag);
  }
  if (missing > 0)
    import.fail("a tagged triangle on every face of the outer boundary", fmt::format("{} faces without one", missing),
                std::string("tag the whole boundary: ") + all_surfaces);
  if (!given.empty())
    import.fail("tagged triangles on the boundary and between wall and blood only",
                fmt::format("{} triangles elsewhere", given.size()),
                "take them out; triangles must use the points of the tetrahedra");
}

}  // namespace

HeartMesh import_vtu(const std::filesystem::path& file, double scale, std::vector<std::string>& warnings) {
  Import import(file, scale);
  if (const int turned = orient_cells(import.mesh); turned > 0)
    warnings.push_back(
        fmt::format("{} tetrahedra of {} had negative volume and were turned", turned, file.filename().string()));
  tag_faces(import);

  HeartMesh heart;
  heart.fibre = import.directions("fibre");
  heart.sheet = import.directions("sheet");
  // Points that only triangles or nothing used would make every solver's matrix singular.
  const std::size_t before = import.mesh.points.size();
  std::vector<char> used(before, 0);
  for (const auto& cell : import.mesh.cells)
    for (const auto p : cell) used[p] = 1;
  auto keep_used = [&](std::vector<Vec3>& values) {
    std::size_t kept = 0;
    for (std::size_t p = 0; p < values.size(); ++p)
      if (used[p]) values[kept++] = values[p];
    values.resize(kept);
  };
  keep_used(heart.fibre);
  keep_used(heart.sheet);
  drop_unused_points(import.mesh);
  if (import.mesh.points.size() < before)
    warnings.push_back(
        fmt::format("{} points that no tetrahedron uses were dropped", before - import.mesh.points.size()));
  heart.points = std::move(import.mesh.points);
  heart.cells = std::move(import.mesh.cells);
  heart.region = std::move(import.mesh.region);
  heart.triangles = std::move(import.mesh.triangles);
  heart.surface = std::move(import.mesh.surface);
  heart.tissue = std::move(import.tissue);
  return heart;
}

}  // namespace cardiotwin::meshing

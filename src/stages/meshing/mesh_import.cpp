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

/// What tags a file should have.
struct Tags {
  const char* arrays;         ///< all of them, in words
  bool with_region;           ///< without: all cells are one region
  std::int32_t last_surface;  ///< they start at 1
  std::string surfaces;       ///< their names
};
const Tags heart_tags{
    "tetrahedra with cell data `region` (1 LV wall, 2 LV blood, 3 RV wall) and triangles with cell data `surface` (1 "
    "to 7)",
    true, last_surface, "1 endocardium, 2 epicardium, 3 base, 4 mitral, 5 aortic, 6 rest of the lid, 7 RV endocardium"};

class Import {
 public:
  Import(const std::filesystem::path& file, double scale, const Tags& wanted) : tags(wanted), file_(file) {
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

  const Tags& tags;
  mesh::TetMesh mesh;
  std::vector<std::int32_t> tissue;  ///< per cell, from cell data `tissue`, or empty

 private:
  vtkDataArray* tag_array(const char* name) const {
    vtkDataArray* array = grid_->GetCellData()->GetArray(name);
    if (!array)
      fail(tags.arrays, fmt::format("no cell data `{}`", name), "add the array; see docs/theory/meshing.md, Import");
    return array;
  }

  void read_cells() {
    vtkDataArray* region = tags.with_region ? tag_array("region") : nullptr;
    vtkDataArray* surface = tag_array("surface");
    vtkDataArray* classes = grid_->GetCellData()->GetArray("tissue");
    vtkNew<vtkIdList> corners;
    for (vtkIdType c = 0; c < grid_->GetNumberOfCells(); ++c) {
      grid_->GetCellPoints(c, corners);
      auto corner = [&](int i) { return static_cast<std::int32_t>(corners->GetId(i)); };
      const int type = grid_->GetCellType(c);
      if (type == VTK_TETRA) {
        mesh.cells.push_back({corner(0), corner(1), corner(2), corner(3)});
        mesh.region.push_back(region ? static_cast<std::int32_t>(region->GetComponent(c, 0)) : region_lv_wall);
        if (classes) tissue.push_back(static_cast<std::int32_t>(classes->GetComponent(c, 0)));
        if (mesh.region.back() < region_lv_wall || mesh.region.back() > region_rv_wall)
          fail("region 1 (LV wall), 2 (LV blood) or 3 (RV wall) on every tetrahedron",
               fmt::format("{} on cell {}", mesh.region.back(), c),
               "renumber the regions, or take other parts out of the mesh");
      } else if (type == VTK_TRIANGLE) {
        mesh.triangles.push_back({corner(0), corner(1), corner(2)});
        mesh.surface.push_back(static_cast<std::int32_t>(surface->GetComponent(c, 0)));
        if (mesh.surface.back() < 1 || mesh.surface.back() > tags.last_surface)
          fail(fmt::format("surface 1 to {} on every triangle", tags.last_surface),
               fmt::format("{} on cell {}", mesh.surface.back(), c), tags.surfaces);
      } else {
        fail("tetrahedra and triangles with straight edges only", fmt::format("VTK cell type {} at cell {}", type, c),
             "convert the mesh to linear tetrahedra");
      }
    }
    if (std::find(mesh.region.begin(), mesh.region.end(), region_lv_wall) == mesh.region.end())
      fail(tags.with_region ? "tetrahedra of region 1 (LV wall)" : "tetrahedra", "none",
           tags.with_region ? "tag the wall's cells with region 1" : "fill the surface with tetrahedra");
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
  Vec3 hole{};
  for (const Face& face : surface_faces(mesh)) {
    const auto tag = given.find(key(face.triangle));
    if (tag == given.end() && face.beyond < 0 && ++missing == 1)
      for (const auto p : face.triangle) hole = hole + (1.0 / 3) * mesh.points[p];
    mesh.triangles.push_back(face.triangle);
    mesh.surface.push_back(face.beyond >= 0 ? surface_endocardium : tag == given.end() ? 0 : tag->second);
    if (tag != given.end()) given.erase(tag);
  }
  if (missing > 0)
    import.fail("a tagged triangle on every face of the outer boundary",
                fmt::format("{} faces without one, the first at ({:.4g}, {:.4g}, {:.4g}) mm", missing, hole[0], hole[1],
                            hole[2]),
                "close the hole, tag the whole boundary: " + import.tags.surfaces);
  if (!given.empty())
    import.fail("tagged triangles on the boundary and between wall and blood only",
                fmt::format("{} triangles elsewhere", given.size()),
                "take them out; triangles must use the points of the tetrahedra");
}

/// The file's mesh with cells turned, faces tagged and no unused points; what was repaired is a warning. Returns the
/// points that are left, by their numbers in the file.
std::vector<std::size_t> clean(Import& import, const std::filesystem::path& file, std::vector<std::string>& warnings) {
  if (const int turned = orient_cells(import.mesh); turned > 0)
    warnings.push_back(
        fmt::format("{} tetrahedra of {} had negative volume and were turned", turned, file.filename().string()));
  tag_faces(import);
  // Points that only triangles or nothing used would make every solver's matrix singular.
  std::vector<char> used(import.mesh.points.size(), 0);
  for (const auto& cell : import.mesh.cells)
    for (const auto p : cell) used[p] = 1;
  std::vector<std::size_t> kept;
  for (std::size_t p = 0; p < used.size(); ++p)
    if (used[p]) kept.push_back(p);
  drop_unused_points(import.mesh);
  if (kept.size() < used.size())
    warnings.push_back(fmt::format("{} points that no tetrahedron uses were dropped", used.size() - kept.size()));
  return kept;
}

std::vector<Vec3> select(const std::vector<Vec3>& values, const std::vector<std::size_t>& kept) {
  std::vector<Vec3> result;
  if (!values.empty())
    for (const std::size_t p : kept) result.push_back(values[p]);
  return result;
}

}  // namespace

HeartMesh import_vtu(const std::filesystem::path& file, double scale, std::vector<std::string>& warnings) {
  Import import(file, scale, heart_tags);
  const std::vector<std::size_t> kept = clean(import, file, warnings);
  HeartMesh heart;
  heart.fibre = select(import.directions("fibre"), kept);
  heart.sheet = select(import.directions("sheet"), kept);
  heart.points = std::move(import.mesh.points);
  heart.cells = std::move(import.mesh.cells);
  heart.region = std::move(import.mesh.region);
  heart.triangles = std::move(import.mesh.triangles);
  heart.surface = std::move(import.mesh.surface);
  heart.tissue = std::move(import.tissue);
  return heart;
}

VesselMesh import_vessel(const std::filesystem::path& file, double scale, const std::vector<std::string>& names,
                         std::vector<std::string>& warnings) {
  Tags tags{"tetrahedra, and triangles with cell data `surface`", false, static_cast<std::int32_t>(names.size()), {}};
  for (std::size_t n = 0; n < names.size(); ++n)
    tags.surfaces += fmt::format("{}{} {}", n == 0 ? "" : ", ", n + 1, names[n]);
  Import import(file, scale, tags);
  clean(import, file, warnings);
  for (std::int32_t& tag : import.mesh.surface) --tag;
  return {std::move(import.mesh.points), std::move(import.mesh.cells), std::move(import.mesh.triangles),
          std::move(import.mesh.surface), names};
}

}  // namespace cardiotwin::meshing

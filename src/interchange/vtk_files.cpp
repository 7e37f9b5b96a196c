#include <vtkCellData.h>
#include <vtkCellType.h>
#include <vtkDoubleArray.h>
#include <vtkIntArray.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLPolyDataWriter.h>
#include <vtkXMLUnstructuredGridWriter.h>

#include <algorithm>
#include <numeric>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/interchange/interchange.hpp"
#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::interchange {

namespace {

namespace fs = std::filesystem;

vtkSmartPointer<vtkIntArray> integers(const char* name, const std::vector<std::int32_t>& values) {
  auto array = vtkSmartPointer<vtkIntArray>::New();
  array->SetName(name);
  array->SetNumberOfTuples(static_cast<vtkIdType>(values.size()));
  std::ranges::copy(values, array->GetPointer(0));
  return array;
}

vtkSmartPointer<vtkDoubleArray> vectors(const char* name, const std::vector<Vec3>& values) {
  auto array = vtkSmartPointer<vtkDoubleArray>::New();
  array->SetName(name);
  array->SetNumberOfComponents(3);
  array->SetNumberOfTuples(static_cast<vtkIdType>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) array->SetTuple(static_cast<vtkIdType>(i), values[i].data());
  return array;
}

vtkSmartPointer<vtkPoints> places(const std::vector<Vec3>& values) {
  auto points = vtkSmartPointer<vtkPoints>::New();
  points->SetDataTypeToDouble();
  points->SetData(vectors("points", values));
  return points;
}

/// 1, 2, ...
std::vector<std::int32_t> ids(std::size_t count) {
  std::vector<std::int32_t> all(count);
  std::iota(all.begin(), all.end(), 1);
  return all;
}

template <std::size_t N>
void add_cells(vtkUnstructuredGrid& grid, int type, const std::vector<std::array<std::int32_t, N>>& cells) {
  for (const auto& cell : cells) {
    std::array<vtkIdType, N> corners;
    std::ranges::copy(cell, corners.begin());
    grid.InsertNextCell(type, N, corners.data());
  }
}

template <class Writer, class Data>
void write(Data& data, const fs::path& file) {
  if (file.has_parent_path()) fs::create_directories(file.parent_path());
  vtkNew<Writer> writer;
  writer->SetFileName(file.c_str());
  writer->SetInputData(&data);
  if (writer->Write() == 0 || writer->GetErrorCode() != 0)
    core::fail_input({file.string(), "a file that can be written", "an error of the file system",
                      "look at the folder's permissions and free space"});
}

vtkSmartPointer<vtkUnstructuredGrid> tetrahedra(const Body& body) {
  auto grid = vtkSmartPointer<vtkUnstructuredGrid>::New();
  grid->SetPoints(places(body.mesh.points));
  add_cells(*grid, VTK_TETRA, body.mesh.cells);
  grid->GetCellData()->AddArray(integers("GlobalElementID", ids(body.mesh.cells.size())));
  return grid;
}

/// One named surface, with the numbers that it has in the volume.
void write_face(const Body& body, std::int32_t tag, const std::vector<std::array<std::int32_t, 2>>& owner,
                const fs::path& file) {
  std::vector<std::int32_t> number(body.mesh.points.size(), -1), nodes, elements;
  std::vector<Vec3> points;
  vtkNew<vtkCellArray> cells;
  for (std::size_t t = 0; t < body.mesh.triangles.size(); ++t) {
    if (body.mesh.surface[t] != tag) continue;
    std::array<vtkIdType, 3> corners;
    for (int a = 0; a < 3; ++a) {
      const std::int32_t p = body.mesh.triangles[t][a];
      if (number[p] < 0) {
        number[p] = static_cast<std::int32_t>(points.size());
        points.push_back(body.mesh.points[p]);
        nodes.push_back(p + 1);
      }
      corners[a] = number[p];
    }
    cells->InsertNextCell(3, corners.data());
    elements.push_back(owner[t][0] + 1);
  }
  if (elements.empty()) return;
  vtkNew<vtkPolyData> face;
  face->SetPoints(places(points));
  face->SetPolys(cells);
  face->GetPointData()->AddArray(integers("GlobalNodeID", nodes));
  face->GetCellData()->AddArray(integers("GlobalElementID", elements));
  write<vtkXMLPolyDataWriter>(*face, file);
}

}  // namespace

void write_vtu(const Body& body, const fs::path& file) {
  vtkNew<vtkUnstructuredGrid> grid;
  grid->SetPoints(places(body.mesh.points));
  add_cells(*grid, VTK_TETRA, body.mesh.cells);
  add_cells(*grid, VTK_TRIANGLE, body.mesh.triangles);
  std::vector<std::int32_t> region = body.mesh.region, surface(body.mesh.cells.size(), 0);
  region.resize(region.size() + body.mesh.triangles.size(), 0);
  surface.insert(surface.end(), body.mesh.surface.begin(), body.mesh.surface.end());
  grid->GetCellData()->AddArray(integers("region", region));
  grid->GetCellData()->AddArray(integers("surface", surface));
  if (!body.fibre.empty()) grid->GetPointData()->AddArray(vectors("fibre", body.fibre));
  if (!body.sheet.empty()) grid->GetPointData()->AddArray(vectors("sheet", body.sheet));
  write<vtkXMLUnstructuredGridWriter>(*grid, file);
}

void write_svmultiphysics(const Body& body, const fs::path& folder) {
  const auto volume = tetrahedra(body);
  volume->GetPointData()->AddArray(integers("GlobalNodeID", ids(body.mesh.points.size())));
  volume->GetCellData()->AddArray(integers("ModelRegionID", body.mesh.region));
  write<vtkXMLUnstructuredGridWriter>(*volume, folder / body.name / "mesh-complete.mesh.vtu");
  const auto owner = mesh::triangle_cells(body.mesh);
  for (std::size_t tag = 0; tag < body.faces.size(); ++tag)
    write_face(body, static_cast<std::int32_t>(tag), owner,
               folder / body.name / "mesh-surfaces" / (body.faces[tag] + ".vtp"));
  for (const auto& [name, directions] :
       {std::pair{"fibersLong.vtu", &body.fibre}, std::pair{"fibersSheet.vtu", &body.sheet}}) {
    if (directions->empty()) continue;
    const auto grid = tetrahedra(body);
    grid->GetCellData()->AddArray(vectors("FIB_DIR", cell_directions(body, *directions)));
    write<vtkXMLUnstructuredGridWriter>(*grid, folder / body.name / name);
  }
}

}  // namespace cardiotwin::interchange

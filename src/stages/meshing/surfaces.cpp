#include "surfaces.hpp"

#include <vtkFlyingEdges3D.h>
#include <vtkIdList.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPolyData.h>
#include <vtkWindowedSincPolyDataFilter.h>

#include <algorithm>

namespace cardiotwin::meshing {

double TriangleSurface::volume_mm3() const {
  double sum = 0;
  for (const auto& [a, b, c] : triangles)
    sum += core::dot(points[a] - points[0], core::cross(points[b] - points[0], points[c] - points[0])) / 6;
  return sum;
}

TriangleSurface marching_cubes(const artifacts::Geometry& geometry, const std::vector<std::uint8_t>& mask,
                               int iterations) {
  vtkNew<vtkImageData> image;  // in voxel coordinates: the way to patient space may be a rotation
  image->SetDimensions(static_cast<int>(geometry.size[0]), static_cast<int>(geometry.size[1]),
                       static_cast<int>(geometry.size[2]));
  image->AllocateScalars(VTK_UNSIGNED_CHAR, 1);
  std::copy(mask.begin(), mask.end(), static_cast<std::uint8_t*>(image->GetScalarPointer()));
  vtkNew<vtkFlyingEdges3D> contour;
  contour->SetInputData(image);
  contour->SetValue(0, 0.5);
  contour->ComputeNormalsOff();
  contour->ComputeGradientsOff();
  contour->ComputeScalarsOff();
  vtkNew<vtkWindowedSincPolyDataFilter> smooth;
  smooth->SetInputConnection(contour->GetOutputPort());
  smooth->SetNumberOfIterations(iterations);
  smooth->SetPassBand(0.05);
  smooth->NormalizeCoordinatesOn();
  smooth->NonManifoldSmoothingOn();
  smooth->BoundarySmoothingOff();
  smooth->FeatureEdgeSmoothingOff();
  smooth->Update();

  TriangleSurface surface;
  vtkPolyData* result = smooth->GetOutput();
  for (vtkIdType p = 0; p < result->GetNumberOfPoints(); ++p) {
    double x[3];
    result->GetPoint(p, x);
    surface.points.push_back(geometry.to_world({x[0], x[1], x[2]}));
  }
  vtkNew<vtkIdList> corners;
  for (vtkIdType c = 0; c < result->GetNumberOfCells(); ++c) {
    result->GetCellPoints(c, corners);
    if (corners->GetNumberOfIds() != 3) continue;
    surface.triangles.push_back({static_cast<std::int32_t>(corners->GetId(0)),
                                 static_cast<std::int32_t>(corners->GetId(1)),
                                 static_cast<std::int32_t>(corners->GetId(2))});
  }
  if (surface.volume_mm3() < 0)
    for (auto& triangle : surface.triangles) std::swap(triangle[1], triangle[2]);
  return surface;
}

}  // namespace cardiotwin::meshing

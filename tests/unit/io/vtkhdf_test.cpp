/// What we write, VTK's own reader opens.

#include <gtest/gtest.h>
#include <vtkCellData.h>
#include <vtkDataArray.h>
#include <vtkHDFReader.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkUnstructuredGrid.h>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/image.hpp"
#include "support/workbench.hpp"

namespace cardiotwin {
namespace {

TEST(VtkHdf, VtkReadsAMesh) {
  const test::TemporaryFolder folder;
  artifacts::HeartMesh mesh;
  mesh.points = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 2}};
  mesh.cells = {{0, 1, 2, 3}};
  mesh.region = {1};
  mesh.aha_segment = {7};
  mesh.fibre.assign(4, {1, 0, 0});
  mesh.sheet.assign(4, {0, 1, 0});
  mesh.transmural = {0, 0.1, 0.2, 0.3};
  mesh.apicobasal.assign(4, 0.5);
  mesh.rotational.assign(4, 0.0);
  io::Writer file(folder.path() / "mesh.h5");
  save(file, mesh);
  file.close();
  vtkNew<vtkHDFReader> reader;
  reader->SetFileName((folder.path() / "mesh.h5").c_str());
  reader->Update();
  auto* grid = vtkUnstructuredGrid::SafeDownCast(reader->GetOutput());
  ASSERT_NE(grid, nullptr);
  EXPECT_EQ(grid->GetNumberOfPoints(), 4);
  EXPECT_EQ(grid->GetNumberOfCells(), 1);
  EXPECT_DOUBLE_EQ(grid->GetPoint(3)[2], 2.0);
  EXPECT_DOUBLE_EQ(grid->GetPointData()->GetArray("transmural")->GetTuple1(3), 0.3);
  EXPECT_EQ(grid->GetPointData()->GetArray("fibre")->GetNumberOfComponents(), 3);
  EXPECT_DOUBLE_EQ(grid->GetCellData()->GetArray("aha_segment")->GetTuple1(0), 7);

  artifacts::HeartMesh back;
  load(io::Reader(folder.path() / "mesh.h5"), back);
  EXPECT_EQ(back.points, mesh.points);
  EXPECT_EQ(back.aha_segment, mesh.aha_segment);
}

TEST(VtkHdf, VtkReadsAnImage) {
  const test::TemporaryFolder folder;
  artifacts::Image image;
  image.geometry.size = {3, 2, 2};
  image.geometry.spacing = {1.5, 2, 8};
  image.geometry.origin = {-10, 5, 7};
  image.phase_times_ms = {0, 400};
  for (int v = 0; v < 24; ++v) image.voxels.push_back(static_cast<float>(v));
  image.facts.modality = "MR";
  io::Writer file(folder.path() / "image.h5");
  save(file, image);
  file.close();
  vtkNew<vtkHDFReader> reader;
  reader->SetFileName((folder.path() / "image.h5").c_str());
  reader->Update();
  auto* grid = vtkImageData::SafeDownCast(reader->GetOutput());
  ASSERT_NE(grid, nullptr);
  EXPECT_EQ(grid->GetDimensions()[2], 2);
  EXPECT_DOUBLE_EQ(grid->GetOrigin()[0], -10);
  EXPECT_DOUBLE_EQ(grid->GetPointData()->GetArray("intensity")->GetTuple1(7), 7);

  artifacts::Image back;
  load(io::Reader(folder.path() / "image.h5"), back);
  EXPECT_EQ(back.voxels, image.voxels);
  EXPECT_EQ(back.geometry, image.geometry);
  EXPECT_EQ(back.facts.modality, "MR");
}

}  // namespace
}  // namespace cardiotwin

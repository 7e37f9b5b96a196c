/// Opens each file named on the command line with VTK's own reader and prints what it holds.

#include <vtkDataSet.h>
#include <vtkHDFReader.h>
#include <vtkNew.h>
#include <vtkPointData.h>

#include <cstdio>

int main(int argc, char** argv) {
  int unread = 0;
  for (int n = 1; n < argc; ++n) {
    vtkNew<vtkHDFReader> reader;
    reader->SetFileName(argv[n]);
    reader->Update();
    auto* data = vtkDataSet::SafeDownCast(reader->GetOutput());
    const bool good = data != nullptr && data->GetNumberOfPoints() > 0 && data->GetNumberOfCells() > 0;
    unread += good ? 0 : 1;
    std::printf("%s: %lld points, %lld cells, %d point fields\n", argv[n], good ? data->GetNumberOfPoints() : 0,
                good ? data->GetNumberOfCells() : 0, good ? data->GetPointData()->GetNumberOfArrays() : 0);
  }
  return unread;
}

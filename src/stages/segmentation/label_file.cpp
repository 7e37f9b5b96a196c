#include "label_file.hpp"

#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/sha256.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Geometry;
using artifacts::Labels;

constexpr const char* remedy =
    "write labels 0 to 3 on the image's grid as NRRD or NIfTI (3D, or 4D with one volume a phase)";

itk::ImageIOBase::Pointer reader_for(const std::filesystem::path& path) {
  const std::vector<itk::ImageIOBase::Pointer> known{itk::NrrdImageIO::New().GetPointer(),
                                                     itk::NiftiImageIO::New().GetPointer(),
                                                     itk::MetaImageIO::New().GetPointer()};
  for (const auto& io : known)
    if (io->CanReadFile(path.c_str())) return io;
  core::fail_input({path.string(), "a NRRD, NIfTI or MetaImage file", "another kind of file", remedy});
}

Geometry geometry_of(const itk::ImageIOBase& io) {
  Geometry g;
  for (unsigned a = 0; a < 3; ++a) {
    const bool there = a < io.GetNumberOfDimensions();
    g.size[a] = there ? static_cast<std::int64_t>(io.GetDimensions(a)) : 1;
    g.spacing[a] = there ? io.GetSpacing(a) : 1;
    g.origin[a] = there ? io.GetOrigin(a) : 0;
    if (!there) continue;
    const auto direction = io.GetDirection(a);
    for (unsigned row = 0; row < 3; ++row) g.axes[a][row] = row < direction.size() ? direction[row] : 0;
  }
  return g;
}

Labels read_with_itk(const std::filesystem::path& path) {
  const auto io = reader_for(path);
  io->SetFileName(path.string());
  io->ReadImageInformation();
  if (io->GetNumberOfDimensions() < 3 || io->GetNumberOfDimensions() > 4 || io->GetNumberOfComponents() != 1)
    core::fail_input({path.string(), "a label volume of 3 or 4 dimensions",
                      std::to_string(io->GetNumberOfDimensions()) + " dimensions, " +
                          std::to_string(io->GetNumberOfComponents()) + " values a voxel",
                      remedy});
  Labels labels;
  labels.geometry = geometry_of(*io);
  const std::size_t phases = io->GetNumberOfDimensions() == 4 ? io->GetDimensions(3) : 1;
  labels.phase_times_ms.resize(phases);
  std::iota(labels.phase_times_ms.begin(), labels.phase_times_ms.end(), 0.0);
  using Volume = itk::Image<double, 4>;
  const auto reader = itk::ImageFileReader<Volume>::New();
  reader->SetImageIO(io);
  reader->SetFileName(path.string());
  reader->Update();
  const double* voxels = reader->GetOutput()->GetBufferPointer();
  const std::size_t count = reader->GetOutput()->GetPixelContainer()->Size();
  labels.labels.reserve(count);
  for (std::size_t v = 0; v < count; ++v) {
    if (!(voxels[v] >= 0 && voxels[v] < artifacts::label_count && voxels[v] == std::floor(voxels[v])))
      core::fail_input({path.string(), "labels 0 background, 1 LV cavity, 2 LV wall, 3 RV cavity",
                        "the value " + std::to_string(voxels[v]), remedy});
    labels.labels.push_back(static_cast<std::uint8_t>(voxels[v]));
  }
  return labels;
}

std::string words(const Geometry& g) {
  char text[320];
  std::snprintf(text, sizeof text,
                "%lld x %lld x %lld voxels of %.4g x %.4g x %.4g mm, first at (%.2f, %.2f, %.2f), slice normal (%.3f, "
                "%.3f, %.3f)",
                static_cast<long long>(g.size[0]), static_cast<long long>(g.size[1]), static_cast<long long>(g.size[2]),
                g.spacing[0], g.spacing[1], g.spacing[2], g.origin[0], g.origin[1], g.origin[2], g.axes[2][0],
                g.axes[2][1], g.axes[2][2]);
  return text;
}

}  // namespace

Labels read_label_file(const std::filesystem::path& path) {
  Labels labels;
  if (path.extension() == ".h5") {
    load(io::Reader(path), labels);
  } else {
    try {
      labels = read_with_itk(path);
    } catch (const itk::ExceptionObject& error) {
      core::fail_input(
          {path.string(), "a readable label volume", std::string("an error: ") + error.GetDescription(), remedy});
    }
  }
  labels.confidence.clear();
  labels.source = path.filename().string() + " sha256 " + io::sha256_file(path);
  return labels;
}

void check_same_grid(const std::filesystem::path& file, const Geometry& expected, const Geometry& found) {
  if (found.same_as(expected)) return;
  core::fail_input({file.string(), "the image's own grid: " + words(expected), words(found),
                    "resample the labels onto the image, or export them from the same series"});
}

}  // namespace cardiotwin::segmentation

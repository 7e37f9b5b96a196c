#include "cardiotwin/imaging/label_file.hpp"

#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <itkVectorImage.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "cardiotwin/artifacts/untrusted.hpp"
#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "cardiotwin/sandbox/sandbox.hpp"

namespace cardiotwin::imaging {
namespace {

using artifacts::Geometry;
using artifacts::Labels;

constexpr const char* remedy = "write whole numbers as NRRD or NIfTI (3D, or 4D with one volume a phase)";

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

template <class Volume>
typename Volume::Pointer read_volume(const itk::ImageIOBase::Pointer& io) {
  const auto reader = itk::ImageFileReader<Volume>::New();
  reader->SetImageIO(io);
  reader->SetFileName(io->GetFileName());
  reader->Update();
  return reader->GetOutput();
}

/// All values, phase slowest. A time axis arrives as a fourth dimension (NIfTI) or as the components of a voxel (NRRD,
/// kind "list").
std::vector<float> read_values(const itk::ImageIOBase::Pointer& io, std::size_t phases) {
  if (io->GetNumberOfDimensions() == 4) {
    const auto volume = read_volume<itk::Image<float, 4>>(io);
    const float* first = volume->GetBufferPointer();
    return {first, first + volume->GetPixelContainer()->Size()};
  }
  const auto volume = read_volume<itk::VectorImage<float, 3>>(io);
  const float* first = volume->GetBufferPointer();
  const std::size_t voxels = volume->GetPixelContainer()->Size() / phases;
  std::vector<float> values(voxels * phases);
  for (std::size_t p = 0; p < phases; ++p)
    for (std::size_t v = 0; v < voxels; ++v) values[p * voxels + v] = first[v * phases + p];
  return values;
}

Labels read_with_itk(const std::filesystem::path& path, int highest, const std::string& expected) {
  const auto io = reader_for(path);
  io->SetFileName(path.string());
  io->ReadImageInformation();
  const unsigned dimensions = io->GetNumberOfDimensions(), components = io->GetNumberOfComponents();
  if (dimensions < 3 || dimensions > 4 || (dimensions == 4 && components != 1))
    core::fail_input({path.string(), "a label volume, or one for each phase",
                      std::to_string(dimensions) + " dimensions with " + std::to_string(components) + " values a voxel",
                      remedy});
  Labels labels;
  labels.geometry = geometry_of(*io);
  const std::size_t phases = dimensions == 4 ? io->GetDimensions(3) : components;
  labels.phase_times_ms.resize(phases);
  std::iota(labels.phase_times_ms.begin(), labels.phase_times_ms.end(), 0.0);
  for (const float value : read_values(io, phases)) {
    if (!(value >= 0 && value <= static_cast<float>(highest) && value == std::floor(value)))
      core::fail_input({path.string(), expected, "the value " + std::to_string(value), remedy});
    labels.labels.push_back(static_cast<std::uint8_t>(value));
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

/// In a process of its own: the readers of ITK and HDF5 meet a foreign file.
void read_confined(sandbox::Parcel& request, sandbox::Parcel& answer) {
  const std::filesystem::path path = request.get<std::string>();
  const auto highest = request.get<std::int32_t>();
  const auto expected = request.get<std::string>();
  Labels labels;
  if (path.extension() == ".h5") {
    load(io::Reader(path), labels);
  } else {
    try {
      labels = read_with_itk(path, highest, expected);
    } catch (const itk::ExceptionObject& error) {
      core::fail_input(
          {path.string(), "a readable label volume", std::string("an error: ") + error.GetDescription(), remedy});
    }
  }
  answer.put(labels.geometry);
  answer.put(labels.phase_times_ms);
  answer.put(labels.labels);
  answer.put(labels.end_diastole);
  answer.put(labels.end_systole);
}

const sandbox::Job reading_job("read-labels", read_confined);

}  // namespace

Labels read_label_file(const std::filesystem::path& path, int highest, const std::string& expected) {
  sandbox::Parcel request;
  request.put(path.string());
  request.put(static_cast<std::int32_t>(highest));
  request.put(expected);
  auto answer = reading_job.run(request, path.string());
  Labels labels;
  answer.get(labels.geometry);
  answer.get(labels.phase_times_ms);
  answer.get(labels.labels);
  answer.get(labels.end_diastole);
  answer.get(labels.end_systole);
  const std::int64_t phases = std::ssize(labels.phase_times_ms);
  const auto is_phase = [&](std::int64_t p) { return p >= 0 && p < phases; };
  if (!artifacts::is_filled(labels.geometry, phases, labels.labels.size()) || !is_phase(labels.end_diastole) ||
      !is_phase(labels.end_systole))
    answer.refuse();
  if (const int most = *std::ranges::max_element(labels.labels); most > highest)
    core::fail_input({path.string(), expected, "the value " + std::to_string(most), remedy});
  labels.source = path.filename().string() + " sha256 " + io::sha256_file(path);
  return labels;
}

Labels read_chamber_labels(const std::filesystem::path& path) {
  return read_label_file(
      path, artifacts::label_count - 1,
      "labels 0 background, 1 LV cavity, 2 LV wall, 3 RV cavity, 4 left atrium, 5 right atrium, 6 ascending "
      "aorta, 7 pulmonary artery");
}

void check_same_grid(const std::filesystem::path& file, const Geometry& expected, const Geometry& found) {
  if (found.same_as(expected)) return;
  core::fail_input({file.string(), "the image's own grid: " + words(expected), words(found),
                    "resample the labels onto the image, or export them from the same series"});
}

}  // namespace cardiotwin::imaging

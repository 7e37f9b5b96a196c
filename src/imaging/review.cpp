#include "cardiotwin/imaging/review.hpp"

#include <itkImage.h>
#include <itkImageFileWriter.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <itkVectorImage.h>

#include <array>
#include <cstdio>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/files.hpp"

namespace cardiotwin::imaging {
namespace {

namespace fs = std::filesystem;
using artifacts::Geometry;
using artifacts::Labels;

/// Places a volume; a fourth axis is time, `step_s` seconds a phase.
template <class Volume>
void place(Volume& volume, const Geometry& g, std::size_t phases, double step_s) {
  typename Volume::SizeType size;
  typename Volume::SpacingType spacing;
  typename Volume::PointType origin;
  typename Volume::DirectionType direction;
  direction.SetIdentity();
  size.Fill(phases), spacing.Fill(step_s), origin.Fill(0);
  for (unsigned a = 0; a < 3; ++a) {
    size[a] = static_cast<itk::SizeValueType>(g.size[a]);
    spacing[a] = g.spacing[a];
    origin[a] = g.origin[a];
    for (unsigned row = 0; row < 3; ++row) direction[row][a] = g.axes[a][row];
  }
  volume.SetRegions(size);
  volume.SetSpacing(spacing);
  volume.SetOrigin(origin);
  volume.SetDirection(direction);
}

template <class Volume>
void write(const Volume* volume, const fs::path& path) {
  itk::ImageIOBase::Pointer io;
  if (path.extension() == ".nrrd")
    io = itk::NrrdImageIO::New();
  else
    io = itk::NiftiImageIO::New();
  const auto writer = itk::ImageFileWriter<Volume>::New();
  writer->SetImageIO(io);
  writer->SetFileName(path.string());
  writer->SetInput(volume);
  writer->UseCompressionOn();
  try {
    writer->Update();
  } catch (const itk::ExceptionObject& error) {
    core::fail_input({path.string(), "a file that can be written", std::string("an error: ") + error.GetDescription(),
                      "name another folder, or make room"});
  }
}

/// ITK reads from where the values lie; nothing is copied.
template <class Volume, class Value>
typename Volume::Pointer lend(const Value* values, const Geometry& g, std::size_t phases, double step_s) {
  const auto volume = Volume::New();
  place(*volume, g, phases, step_s);
  volume->GetPixelContainer()->SetImportPointer(const_cast<Value*>(values),
                                                static_cast<std::size_t>(g.voxels()) * phases, false);
  return volume;
}

template <class Value>
void write_volume(const Value* values, const Geometry& g, const fs::path& path) {
  write<itk::Image<Value, 3>>(lend<itk::Image<Value, 3>>(values, g, 1, 1), path);
}

/// All phases: a fourth axis in NIfTI, the components of a voxel in NRRD, as read_label_file takes them.
void write_phases(const Labels& labels, const fs::path& path) {
  const Geometry& g = labels.geometry;
  const std::size_t phases = labels.phase_times_ms.size(), voxels = static_cast<std::size_t>(g.voxels());
  const double step_s = (labels.phase_times_ms[1] - labels.phase_times_ms[0]) / 1000;
  if (path.extension() != ".nrrd") {
    using Volume = itk::Image<std::uint8_t, 4>;
    write<Volume>(lend<Volume>(labels.labels.data(), g, phases, step_s > 0 ? step_s : 1), path);
    return;
  }
  std::vector<std::uint8_t> interleaved(labels.labels.size());
  for (std::size_t p = 0; p < phases; ++p)
    for (std::size_t v = 0; v < voxels; ++v) interleaved[v * phases + p] = labels.labels[p * voxels + v];
  using Volume = itk::VectorImage<std::uint8_t, 3>;
  const auto volume = Volume::New();
  place(*volume, g, phases, 1);
  volume->SetNumberOfComponentsPerPixel(static_cast<unsigned>(phases));
  volume->GetPixelContainer()->SetImportPointer(interleaved.data(), interleaved.size(), false);
  write<Volume>(volume, path);
}

/// Numbers, names and colours of the labels, for ITK-SNAP and for 3D Slicer.
void write_tables(const fs::path& folder) {
  constexpr std::array<std::array<int, 3>, artifacts::label_count> colours{{{0, 0, 0},
                                                                            {216, 60, 50},
                                                                            {90, 170, 90},
                                                                            {60, 110, 210},
                                                                            {240, 150, 60},
                                                                            {60, 190, 200},
                                                                            {200, 90, 180},
                                                                            {130, 90, 200}}};
  std::string snap = "# ITK-SnAP Label Description File\n# IDX -R- -G- -B- -A- VIS MSH LABEL\n";
  std::string slicer = "# Color table file\n";
  for (int label = 0; label < artifacts::label_count; ++label) {
    const auto& [r, g, b] = colours.at(static_cast<std::size_t>(label));
    const int seen = label > 0;
    const std::string name(artifacts::label_name(label));
    char line[96];
    std::snprintf(line, sizeof line, "%d %d %d %d %d %d %d \"%s\"\n", label, r, g, b, seen, seen, seen, name.c_str());
    snap += line;
    std::snprintf(line, sizeof line, "%d %s %d %d %d %d\n", label, name.c_str(), r, g, b, 255 * seen);
    slicer += line;
  }
  io::write_durably(folder / "labels.txt", snap);
  io::write_durably(folder / "labels.ctbl", slicer);
}

}  // namespace

std::vector<std::string> write_review(const Labels& labels, const artifacts::Image& image, const std::string& extension,
                                      const fs::path& folder) {
  const Geometry& g = labels.geometry;
  const bool beats = labels.phase_times_ms.size() > 1;
  std::vector<std::string> written;
  const auto target = [&](const std::string& name) {
    written.push_back(name + "." + extension);
    return folder / written.back();
  };
  const auto write_moment = [&](std::int64_t phase, const std::string& moment) {
    write_volume(labels.phase(phase), g, target("labels_" + moment));
    if (!labels.confidence.empty())
      write_volume(labels.confidence.data() + phase * g.voxels(), g, target("confidence_" + moment));
    write_volume(image.phase(phase), g, target("image_" + moment));
  };
  write_moment(labels.end_diastole, "end_diastole");
  if (beats) {
    write_moment(labels.end_systole, "end_systole");
    write_phases(labels, target("labels_all_phases"));
  }
  write_tables(folder);
  return written;
}

}  // namespace cardiotwin::imaging

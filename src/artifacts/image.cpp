#include "cardiotwin/artifacts/image.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/io/vtkhdf.hpp"
#include "geometry_io.hpp"

namespace cardiotwin::artifacts {

Vec3 Geometry::to_world(const Vec3& ijk) const {
  Vec3 world = origin;
  for (std::size_t a = 0; a < 3; ++a) world = world + (ijk[a] * spacing[a]) * axes[a];
  return world;
}

Vec3 Geometry::to_index(const Vec3& world) const {
  const Vec3 offset = world - origin;
  return {dot(offset, axes[0]) / spacing[0], dot(offset, axes[1]) / spacing[1], dot(offset, axes[2]) / spacing[2]};
}

bool Geometry::same_as(const Geometry& other) const {
  if (size != other.size) return false;
  // Compare where the corner voxels lie, in voxels of this grid.
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 ijk{};
    for (std::size_t a = 0; a < 3; ++a)
      ijk[a] = (static_cast<unsigned>(corner) >> a) & 1U ? static_cast<double>(size[a] - 1) : 0.0;
    const Vec3 seen = to_index(other.to_world(ijk));
    for (std::size_t a = 0; a < 3; ++a)
      if (std::abs(seen[a] - ijk[a]) > 1e-4 * std::max<double>(1, static_cast<double>(size[a]))) return false;
  }
  return true;
}

void save_geometry(io::Writer& file, const std::string& group, const Geometry& g) {
  file.write(group + "/size", std::span<const std::int64_t>(g.size));
  file.write(group + "/spacing_mm", std::span<const double>(g.spacing));
  file.write(group + "/origin_mm", std::span<const double>(g.origin));
  file.write(group + "/axes", std::vector<Vec3>(g.axes.begin(), g.axes.end()));
}

Geometry load_geometry(const io::Reader& file, const std::string& group) {
  Geometry g;
  std::ranges::copy(file.read<std::int64_t>(group + "/size"), g.size.begin());
  std::ranges::copy(file.read<double>(group + "/spacing_mm"), g.spacing.begin());
  std::ranges::copy(file.read<double>(group + "/origin_mm"), g.origin.begin());
  std::ranges::copy(file.read_vec3(group + "/axes"), g.axes.begin());
  return g;
}

void show_image(io::Writer& file, const Geometry& g, const std::vector<io::ImageField>& fields) {
  std::array<double, 9> direction{};
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column) direction[3 * row + column] = g.axes[column][row];
  io::write_image_data(file, g.size, g.origin, g.spacing, direction, fields);
}

void save(io::Writer& file, const Image& image) {
  const auto count = static_cast<std::size_t>(image.geometry.voxels());
  show_image(file, image.geometry, {{"intensity", std::span(image.voxels).first(count), {}}});
  const std::string group = "/state/image";
  const auto extent = [&](std::size_t a) { return static_cast<std::uint64_t>(image.geometry.size[a]); };
  save_geometry(file, group + "/geometry", image.geometry);
  file.write(group + "/phase_times_ms", image.phase_times_ms);
  file.write(group + "/cycle_length_ms", image.cycle_length_ms);
  file.write(group + "/voxels", image.voxels, {image.phase_times_ms.size(), extent(2), extent(1), extent(0)});
  const StudyFacts& f = image.facts;
  file.write(group + "/facts", std::vector<std::string>{f.modality, f.acquisition_date, f.manufacturer, f.scanner,
                                                        f.series_description, f.pseudonym});
  file.write(group + "/slice_thickness_mm", f.slice_thickness_mm);
}

void load(const io::Reader& file, Image& image) {
  const std::string group = "/state/image";
  image.geometry = load_geometry(file, group + "/geometry");
  image.phase_times_ms = file.read<double>(group + "/phase_times_ms");
  image.cycle_length_ms = file.read_scalar(group + "/cycle_length_ms");
  image.voxels = file.read<float>(group + "/voxels");
  auto facts = file.read_texts(group + "/facts");
  facts.resize(6);
  image.facts = {.modality = facts[0],
                 .acquisition_date = facts[1],
                 .manufacturer = facts[2],
                 .scanner = facts[3],
                 .series_description = facts[4],
                 .pseudonym = facts[5],
                 .slice_thickness_mm = file.read_scalar(group + "/slice_thickness_mm")};
}

namespace {

void save(io::Writer& file, const std::string& group, const ClinicalValue& v) {
  file.write(group + "/value", v.value);
  file.write(group + "/uncertainty", v.uncertainty);
  file.write(group + "/about", std::vector<std::string>{v.unit, v.time, v.source});
}

void load(const io::Reader& file, const std::string& group, ClinicalValue& v) {
  v.value = file.read_scalar(group + "/value");
  v.uncertainty = file.read_scalar(group + "/uncertainty");
  auto about = file.read_texts(group + "/about");
  about.resize(3);
  v.unit = about[0];
  v.time = about[1];
  v.source = about[2];
}

}  // namespace

void save(io::Writer& file, const ClinicalValues& values) {
  const std::string group = "/state/clinical_values";
  save(file, group + "/heart_rate", values.heart_rate);
  save(file, group + "/systolic_pressure", values.systolic_pressure);
  save(file, group + "/diastolic_pressure", values.diastolic_pressure);
  file.write(group + "/warnings", values.warnings);
}

void load(const io::Reader& file, ClinicalValues& values) {
  const std::string group = "/state/clinical_values";
  load(file, group + "/heart_rate", values.heart_rate);
  load(file, group + "/systolic_pressure", values.systolic_pressure);
  load(file, group + "/diastolic_pressure", values.diastolic_pressure);
  values.warnings = file.read_texts(group + "/warnings");
}

}  // namespace cardiotwin::artifacts

#include "cardiotwin/artifacts/labels.hpp"

#include <algorithm>

#include "geometry_io.hpp"

namespace cardiotwin::artifacts {

std::string_view label_name(int label) {
  static constexpr std::string_view names[label_count] = {"background",  "lv_cavity",    "lv_wall", "rv_cavity",
                                                          "left_atrium", "right_atrium", "aorta",   "pulmonary_artery"};
  return names[label];
}

void save(io::Writer& file, const Labels& labels) {
  const std::string group = "/state/labels";
  const auto extent = [&](std::size_t a) { return static_cast<std::uint64_t>(labels.geometry.size[a]); };
  const io::Shape shape{labels.phase_times_ms.size(), extent(2), extent(1), extent(0)};
  save_geometry(file, group + "/geometry", labels.geometry);
  file.write(group + "/phase_times_ms", labels.phase_times_ms);
  file.write(group + "/labels", labels.labels, shape);
  if (!labels.confidence.empty()) file.write(group + "/confidence", labels.confidence, shape);
  file.write(group + "/phases", std::vector<std::int64_t>{labels.end_diastole, labels.end_systole});
  file.write(group + "/source", labels.source);
}

void load(const io::Reader& file, Labels& labels) {
  const std::string group = "/state/labels";
  labels.geometry = load_geometry(file, group + "/geometry");
  labels.phase_times_ms = file.read<double>(group + "/phase_times_ms");
  labels.labels = file.read<std::uint8_t>(group + "/labels");
  labels.confidence = file.has(group + "/confidence") ? file.read<float>(group + "/confidence") : std::vector<float>{};
  const auto phases = file.read<std::int64_t>(group + "/phases");
  labels.end_diastole = phases.at(0);
  labels.end_systole = phases.at(1);
  labels.source = file.read_text(group + "/source");
}

double MeasuredVolumes::ejection_fraction() const {
  if (lv_ml.size() < 2) return 0;
  const auto [smallest, largest] = std::ranges::minmax(lv_ml);
  return largest > 0 ? 1 - smallest / largest : 0;
}

void save(io::Writer& file, const MeasuredVolumes& volumes) {
  const std::string group = "/state/measured_volumes/";
  file.write(group + "phase_times_ms", volumes.phase_times_ms);
  file.write(group + "lv_ml", volumes.lv_ml);
}

void load(const io::Reader& file, MeasuredVolumes& volumes) {
  const std::string group = "/state/measured_volumes/";
  if (!file.has(group + "lv_ml")) return;  // an older file
  volumes.phase_times_ms = file.read<double>(group + "phase_times_ms");
  volumes.lv_ml = file.read<double>(group + "lv_ml");
}

void save(io::Writer& file, const Anatomy& anatomy) {
  show_image(file, anatomy.geometry, {{"label", {}, anatomy.labels}});
  const std::string group = "/state/anatomy";
  save_geometry(file, group + "/geometry", anatomy.geometry);
  file.write(group + "/base", std::vector<Vec3>{anatomy.base_point, anatomy.base_normal});
  file.write(group + "/time_ms", anatomy.time_ms);
}

void load(const io::Reader& file, Anatomy& anatomy) {
  const std::string group = "/state/anatomy";
  anatomy.geometry = load_geometry(file, group + "/geometry");
  anatomy.labels = file.read<std::uint8_t>("/VTKHDF/PointData/label");
  const auto base = file.read_vec3(group + "/base");
  anatomy.base_point = base.at(0);
  anatomy.base_normal = base.at(1);
  anatomy.time_ms = file.read_scalar(group + "/time_ms");
}

}  // namespace cardiotwin::artifacts

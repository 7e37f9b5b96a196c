#include "cardiotwin/artifacts/physics.hpp"

#include <algorithm>

namespace cardiotwin::artifacts {

namespace {

/// Fields that not every run computes and older files do not have: written where there is something, read where they
/// are.
template <class T>
void write_if_any(io::Writer& file, const std::string& path, const std::vector<T>& values) {
  if (!values.empty()) file.write(path, values);
}
void read_if_any(const io::Reader& file, const std::string& path, std::vector<double>& values) {
  if (file.has(path)) values = file.read<double>(path);
}
void read_if_any(const io::Reader& file, const std::string& path, std::vector<std::int32_t>& values) {
  if (file.has(path)) values = file.read<std::int32_t>(path);
}
void read_if_any(const io::Reader& file, const std::string& path, std::vector<std::vector<double>>& frames) {
  if (file.has(path)) frames = file.read_frames(path);
}
void read_if_any(const io::Reader& file, const std::string& path, std::vector<std::vector<Vec3>>& frames) {
  if (file.has(path)) frames = file.read_vec3_frames(path);
}

}  // namespace

void save(io::Writer& file, const Activation& a) {
  const std::string group = "/state/activation/";
  file.write(group + "activation_time_ms", a.activation_time_ms);
  file.write(group + "repolarisation_time_ms", a.repolarisation_time_ms);
  write_if_any(file, group + "apd_ms", a.apd_ms);
  write_if_any(file, group + "ecg_times_ms", a.ecg_times_ms);
  write_if_any(file, group + "ecg_mV", a.ecg_mV);
  write_if_any(file, group + "snapshot_times_ms", a.snapshot_times_ms);
  write_if_any(file, group + "snapshots_mV", a.snapshots_mV);
}

void load(const io::Reader& file, Activation& a) {
  const std::string group = "/state/activation/";
  a.activation_time_ms = file.read<double>(group + "activation_time_ms");
  a.repolarisation_time_ms = file.read<double>(group + "repolarisation_time_ms");
  read_if_any(file, group + "apd_ms", a.apd_ms);
  read_if_any(file, group + "ecg_times_ms", a.ecg_times_ms);
  read_if_any(file, group + "ecg_mV", a.ecg_mV);
  read_if_any(file, group + "snapshot_times_ms", a.snapshot_times_ms);
  read_if_any(file, group + "snapshots_mV", a.snapshots_mV);
}

namespace {

/// `transfer(name, field)` for every field of a strain.
template <class Strain, class Transfer>
void each_field(Strain& s, const Transfer& transfer) {
  transfer("segments", s.segments);
  transfer("radial", s.radial);
  transfer("circumferential", s.circumferential);
  transfer("longitudinal", s.longitudinal);
  transfer("fibre", s.fibre);
  transfer("time_to_peak_ms", s.time_to_peak_ms);
  transfer("twist_deg", s.twist_deg);
  transfer("end_systole/radial", s.end_systole.radial);
  transfer("end_systole/circumferential", s.end_systole.circumferential);
  transfer("end_systole/longitudinal", s.end_systole.longitudinal);
  transfer("end_systole/fibre", s.end_systole.fibre);
  transfer("end_systole/sheet", s.end_systole.sheet);
  transfer("end_systole/sheet_normal", s.end_systole.sheet_normal);
}

}  // namespace

std::size_t end_systolic_frame(const WallMotion& m) {
  std::vector<double> volume;
  for (const double time : m.frame_times_ms) {
    const auto step = std::ranges::lower_bound(m.times_ms, time - 1e-6) - m.times_ms.begin();
    if (step >= std::ssize(m.lv_volume_ml)) break;
    volume.push_back(m.lv_volume_ml[step]);
  }
  if (volume.empty()) return 0;
  // Until the mitral valve opens the volume stays where ejection left it: the first of these frames, in spite of
  // rounding.
  const auto [least, largest] = std::ranges::minmax(volume);
  const double enough = least + 1e-4 * (largest - least);
  return std::ranges::find_if(volume, [&](double v) { return v <= enough; }) - volume.begin();
}

void save(io::Writer& file, const WallMotion& m) {
  const std::string group = "/state/wall_motion/";
  file.write(group + "frame_times_ms", m.frame_times_ms);
  file.write(group + "displacement", m.displacement);
  file.write(group + "fibre_strain", m.fibre_strain);
  write_if_any(file, group + "fibre_stress_kPa", m.fibre_stress_kPa);
  file.write(group + "times_ms", m.times_ms);
  file.write(group + "lv_volume_ml", m.lv_volume_ml);
  file.write(group + "lv_pressure_kPa", m.lv_pressure_kPa);
  file.write(group + "aortic_pressure_kPa", m.aortic_pressure_kPa);
  file.write(group + "mitral_flow_ml_per_s", m.mitral_flow_ml_per_s);
  file.write(group + "aortic_flow_ml_per_s", m.aortic_flow_ml_per_s);
  write_if_any(file, group + "probes", m.probes);
  each_field(m.strain,
             [&](const char* name, const auto& field) { write_if_any(file, group + "strain/" + name, field); });
}

void load(const io::Reader& file, WallMotion& m) {
  const std::string group = "/state/wall_motion/";
  m.frame_times_ms = file.read<double>(group + "frame_times_ms");
  m.displacement = file.read_vec3_frames(group + "displacement");
  m.fibre_strain = file.read_frames(group + "fibre_strain");
  read_if_any(file, group + "fibre_stress_kPa", m.fibre_stress_kPa);
  m.times_ms = file.read<double>(group + "times_ms");
  m.lv_volume_ml = file.read<double>(group + "lv_volume_ml");
  m.lv_pressure_kPa = file.read<double>(group + "lv_pressure_kPa");
  m.aortic_pressure_kPa = file.read<double>(group + "aortic_pressure_kPa");
  m.mitral_flow_ml_per_s = file.read<double>(group + "mitral_flow_ml_per_s");
  m.aortic_flow_ml_per_s = file.read<double>(group + "aortic_flow_ml_per_s");
  if (file.has(group + "probes")) m.probes = file.read_vec3_frames(group + "probes");
  each_field(m.strain, [&](const char* name, auto& field) { read_if_any(file, group + "strain/" + name, field); });
}

namespace {

/// Every array of a flow that may be empty, and its name in the file.
template <class F, class Visit>
void each_optional(F& flow, const Visit& visit) {
  visit("displacement", flow.displacement);
  visit("wall_shear_Pa", flow.wall_shear_Pa);
  visit("residence_time_ms", flow.residence_time_ms);
}

}  // namespace

const std::vector<double>* flow_through(const Flow& flow, std::string_view passage) {
  for (std::size_t i = 0; i < flow.passages.size(); ++i)
    if (flow.passages[i] == passage) return &flow.flow_ml_per_s[i];
  return nullptr;
}

void save(io::Writer& file, const Flow& f) {
  const std::string group = "/state/flow/";
  file.write(group + "points", f.points);
  file.write(group + "cells", f.cells);
  file.write(group + "wall_triangles", f.wall_triangles);
  file.write(group + "frame_times_ms", f.frame_times_ms);
  file.write(group + "velocity", f.velocity);
  file.write(group + "pressure_kPa", f.pressure_kPa);
  file.write(group + "tawss_Pa", f.tawss_Pa);
  file.write(group + "osi", f.osi);
  each_optional(f, [&](const char* name, const auto& values) { write_if_any(file, group + name, values); });
  file.write(group + "times_ms", f.times_ms);
  file.write(group + "passages", f.passages);
  file.write(group + "flow_ml_per_s", f.flow_ml_per_s);
  file.write(group + "volume_ml", f.volume_ml);
  file.write(group + "mass_error", f.mass_error);
}

void load(const io::Reader& file, Flow& f) {
  const std::string group = "/state/flow/";
  f.points = file.read_vec3(group + "points");
  f.cells = file.read_cells(group + "cells");
  f.wall_triangles = file.read_triangles(group + "wall_triangles");
  f.frame_times_ms = file.read<double>(group + "frame_times_ms");
  f.velocity = file.read_vec3_frames(group + "velocity");
  f.pressure_kPa = file.read_frames(group + "pressure_kPa");
  f.tawss_Pa = file.read<double>(group + "tawss_Pa");
  f.osi = file.read<double>(group + "osi");
  each_optional(f, [&](const char* name, auto& values) { read_if_any(file, group + name, values); });
  f.times_ms = file.read<double>(group + "times_ms");
  f.passages = file.read_texts(group + "passages");
  f.flow_ml_per_s = file.read_frames(group + "flow_ml_per_s");
  f.volume_ml = file.read<double>(group + "volume_ml");
  f.mass_error = file.read<double>(group + "mass_error");
}

}  // namespace cardiotwin::artifacts

#include "results.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "cardiotwin/core/units.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/vtkhdf.hpp"
#include "strain_analysis.hpp"

namespace cardiotwin::mechanics {

using artifacts::WallMotion;

WallMotion wall_motion(const Beat& beat, const WallMesh& wall, std::size_t heart_points) {
  WallMotion motion;
  const auto& first = beat.frames().front();
  for (const Frame& frame : beat.frames()) {
    std::vector<Vec3> displacement(heart_points, {0, 0, 0});
    std::vector<double> strain(heart_points, 0.0), stress(heart_points, 0.0);
    for (std::size_t p = 0; p < frame.fibre_strain.size(); ++p) {
      displacement[wall.sub.parent_point[p]] = frame.displacement[p];
      strain[wall.sub.parent_point[p]] = ((1 + 2 * frame.fibre_strain[p]) / (1 + 2 * first.fibre_strain[p]) - 1) / 2;
      stress[wall.sub.parent_point[p]] = frame.fibre_stress[p];
    }
    motion.frame_times_ms.push_back(frame.time);
    motion.displacement.push_back(std::move(displacement));
    motion.fibre_strain.push_back(std::move(strain));
    motion.fibre_stress_kPa.push_back(std::move(stress));
  }
  const Trace& t = beat.trace();
  motion.times_ms = t.time;
  motion.lv_pressure_kPa = t.pressure;
  motion.aortic_pressure_kPa = t.aortic_pressure;
  motion.mitral_flow_ml_per_s = t.mitral_flow;  // mm^3/ms is ml/s
  motion.aortic_flow_ml_per_s = t.aortic_flow;
  for (double v : t.volume) motion.lv_volume_ml.push_back(v / core::mm3_per_ml);
  const std::size_t width = t.probes.size() / t.time.size();
  for (std::size_t k = 0; width > 0 && k < t.time.size(); ++k) {
    motion.probes.emplace_back();
    for (std::size_t i = k * width; i < (k + 1) * width; i += 3)
      motion.probes.back().push_back({t.probes[i], t.probes[i + 1], t.probes[i + 2]});
  }
  return motion;
}

void report_run(stage::Context& context, const Beat& beat, const Newton& newton) {
  const auto put = [&](const std::string& name, double value, const char* unit) {
    context.findings.quantity(name, value, unit);
  };
  put("steps", beat.steps(), "1");
  put("cut_steps", beat.cut_steps(), "1");
  put("newton_iterations_mean", double(beat.newton_iterations()) / std::max(beat.steps(), 1), "1");
  put("factorisations", newton.factorisations(), "1");
  put("linear_iterations", newton.linear_iterations(), "1");
  if (newton.uses_multigrid()) put("direct_solves", newton.direct_solves(), "1");
  put("cavity_volume", beat.trace().volume.back(), "mm^3");
  const auto probes = context.config.list("probes");
  const auto& x = beat.trace().probes;
  const auto position = [&](std::size_t step, std::size_t probe) {
    const double* at = &x[3 * (step * probes.size() + probe)];
    return Vec3{at[0], at[1], at[2]};
  };
  const std::size_t steps = beat.trace().time.size();
  for (std::size_t k = 0; k < probes.size(); ++k) {
    const std::string name = probes[k].text("name");
    double largest = 0;
    for (std::size_t s = 0; s < steps; ++s) largest = std::max(largest, core::norm(position(s, k) - position(0, k)));
    for (std::size_t i = 0; i < 3; ++i) put(name + "." + "xyz"[i], position(steps - 1, k)[i], "mm");
    put(name + ".largest_displacement", largest, "mm");
  }
}

void write_curves(stage::Context& context, const WallMotion& motion) {
  std::string text =
      "time_ms,lv_volume_ml,lv_pressure_kPa,aortic_pressure_kPa,mitral_flow_ml_per_s,aortic_flow_ml_per_s";
  for (const config::Section& probe : context.config.list("probes"))
    for (const char axis : {'x', 'y', 'z'}) text += fmt::format(",{}.{}_mm", probe.text("name"), axis);
  text += '\n';
  for (std::size_t k = 0; k < motion.times_ms.size(); ++k) {
    text += fmt::format("{:.10g},{:.10g},{:.10g},{:.10g},{:.10g},{:.10g}", motion.times_ms[k], motion.lv_volume_ml[k],
                        motion.lv_pressure_kPa[k], motion.aortic_pressure_kPa[k], motion.mitral_flow_ml_per_s[k],
                        motion.aortic_flow_ml_per_s[k]);
    if (!motion.probes.empty())
      for (const Vec3& x : motion.probes[k]) text += fmt::format(",{:.10g},{:.10g},{:.10g}", x[0], x[1], x[2]);
    text += '\n';
  }
  io::replace_file(context.run_folder / "mechanics_curves.csv", text);
}

void report_beat(stage::Context& context, const Beat& beat, const WallMotion& motion) {
  const Trace& t = beat.trace();
  const auto put = [&](const char* name, double value, const char* unit) {
    context.findings.quantity(name, value, unit);
  };
  const double ml = core::mm3_per_ml, mmHg = core::kPa_per_mmHg;
  const double largest = t.volume.front() / ml, smallest = *std::min_element(t.volume.begin(), t.volume.end()) / ml;
  double rise = 0, fall = 0, inflow = 0;
  for (std::size_t k = 1; k < t.time.size(); ++k) {
    const double slope = (t.pressure[k] - t.pressure[k - 1]) / (t.time[k] - t.time[k - 1]);
    rise = std::max(rise, slope), fall = std::min(fall, slope);
    inflow = std::max(inflow, t.mitral_flow[k]);
  }
  put("end_diastolic_volume", largest, "ml");
  put("end_systolic_volume", smallest, "ml");
  put("stroke_volume", largest - smallest, "ml");
  put("ejection_fraction", 100 * (largest - smallest) / largest, "%");
  put("end_diastolic_pressure", t.pressure.front() / mmHg, "mmHg");
  put("peak_pressure", *std::max_element(t.pressure.begin(), t.pressure.end()) / mmHg, "mmHg");
  put("peak_aortic_pressure", *std::max_element(t.aortic_pressure.begin(), t.aortic_pressure.end()) / mmHg, "mmHg");
  put("dp_dt_max", rise / mmHg * core::ms_per_s, "mmHg/s");
  put("dp_dt_min", fall / mmHg * core::ms_per_s, "mmHg/s");
  put("peak_aortic_flow", *std::max_element(t.aortic_flow.begin(), t.aortic_flow.end()), "ml/s");
  put("peak_mitral_flow", inflow, "ml/s");
  put("cycle_length", t.time.back(), "ms");

  const auto& frames = beat.frames();
  double change = 0, gap = 0;
  for (const Frame& frame : frames) change = std::max(change, 100 * std::abs(frame.volume_ratio - 1));
  for (std::size_t p = 0; p < motion.displacement.front().size(); ++p)
    gap = std::max(gap, core::norm(motion.displacement.back()[p] - motion.displacement.front()[p]));
  put("fibre_stress.end_diastole", frames.front().mean_fibre_stress, "kPa");
  put("fibre_stress.peak", std::ranges::max(frames, {}, &Frame::mean_fibre_stress).mean_fibre_stress, "kPa");
  put("wall_volume_change", change, "%");
  put("cycle_closure_error", std::abs(t.volume.back() - t.volume.front()) / ml, "ml");
  put("cycle_closure_displacement", gap, "mm");
  put("unloading_error", beat.unloading_error(), "mm");
  put("beats", double(beat.beats().size()), "1");
  put("limit_cycle_change", 100 * beat.beats().back().change(), "%");
}

void report_fit(stage::Context& context, const Beat& beat) {
  if (beat.fit().target() == 0) return;
  const double found = beat.beats().back().ejection_fraction(), wanted = beat.fit().target();
  context.findings.quantity("tension_factor", beat.fit().factor(), "1");
  context.findings.quantity("tension_trials", beat.trials(), "1");
  context.findings.quantity("expected_ejection_fraction", 100 * wanted, "%");
  if (!beat.fit().accepts(found))
    context.findings.warning(
        fmt::format("the fit of the tension ended at an ejection fraction of {:.1f} % instead of {:.1f} %, with the "
                    "tension times {:.2f}: raise mechanics.beats ({} were run), or look at pressures and stiffness",
                    100 * found, 100 * wanted, beat.fit().factor(), beat.beats().size()));
}

namespace {

/// Values of the wall's cells as values of the whole mesh's, zero elsewhere.
std::vector<double> on_heart(const std::vector<double>& values, const mesh::SubMesh& wall, std::size_t heart_cells) {
  std::vector<double> result(heart_cells, 0.0);
  for (std::size_t c = 0; c < values.size(); ++c) result[wall.parent_cell[c]] = values[c];
  return result;
}

std::vector<double> on_wall(const std::vector<double>& values, const mesh::SubMesh& wall) {
  std::vector<double> result;
  for (const std::int32_t c : wall.parent_cell) result.push_back(values[c]);
  return result;
}

/// Mean over the mesh's points of the fibre strain from end diastole, of the quadratic displacement.
double mean_fibre_strain(const Frame& first, const Frame& frame) {
  double sum = 0;
  for (std::size_t p = 0; p < frame.fibre_strain.size(); ++p)
    sum += ((1 + 2 * frame.fibre_strain[p]) / (1 + 2 * first.fibre_strain[p]) - 1) / 2;
  return sum / std::max<double>(1, double(frame.fibre_strain.size()));
}

}  // namespace

artifacts::WallStrain report_strain(stage::Context& context, const Beat& beat, const artifacts::HeartMesh& heart,
                                    const WallMesh& wall, const WallMotion& motion) {
  const auto& frames = beat.frames();
  std::vector<std::vector<Vec3>> nodes;
  for (const Frame& frame : frames) {
    nodes.push_back(beat.image());
    for (std::size_t n = 0; n < nodes.back().size(); ++n) nodes.back()[n] = nodes.back()[n] + frame.displacement[n];
  }
  const std::size_t systole = end_systolic_frame(motion);
  const EndDiastole start = end_diastole(heart, wall.sub, beat.reference(), nodes.front());
  artifacts::WallStrain strain = wall_strain(start, motion.frame_times_ms, nodes, systole);

  const auto put = [&](const std::string& name, double value, const char* unit) {
    context.findings.quantity(name, value, unit);
  };
  put("end_systolic_time", motion.frame_times_ms[systole], "ms");
  put("fibre_strain_end_systole", 100 * mean_fibre_strain(frames.front(), frames[systole]), "%");
  const artifacts::CellStrains sites = site_strains(start, nodes[systole]);
  const auto put_mean = [&](const char* name, const std::vector<double>& strains) {
    put(name, 100 * wall_mean(start, length_changes(strains)), "%");
  };
  put_mean("global_longitudinal_strain", sites.longitudinal);
  put_mean("global_circumferential_strain", sites.circumferential);
  put_mean("global_radial_strain", sites.radial);
  put("wall_thickening", 100 * wall_thickening(start, strain.segments, nodes[systole]), "%");
  if (const Twist twist(start); twist.exists()) {
    put("twist", strain.twist_deg[systole], "deg");
    put("torsion", 10 * strain.twist_deg[systole] / twist.distance(), "deg/cm");
  }
  if (const auto index = dyssynchrony_index(strain)) put("dyssynchrony_index", *index, "ms");
  if (const auto fraction = systolic_stretch_fraction(start, strain, systole))
    put("systolic_stretch_fraction", 100 * *fraction, "%");
  for (std::size_t s = 0; s < strain.segments.size(); ++s)
    if (strain.time_to_peak_ms[s] >= 0)
      put(fmt::format("time_to_peak_strain.segment_{}", strain.segments[s]), strain.time_to_peak_ms[s], "ms");

  artifacts::CellStrains& cells = strain.end_systole;
  for (auto* values :
       {&cells.radial, &cells.circumferential, &cells.longitudinal, &cells.fibre, &cells.sheet, &cells.sheet_normal})
    *values = on_heart(*values, wall.sub, heart.cells.size());
  return strain;
}

void write_picture(stage::Context& context, const WallMesh& wall, const artifacts::Activation* activation,
                   const WallMotion& motion) {
  const std::size_t k = end_systolic_frame(motion);
  std::vector<Vec3> displacement;
  std::vector<double> strain, stress, time;
  for (std::int32_t p : wall.sub.parent_point) {
    displacement.push_back(motion.displacement[k][p]);
    strain.push_back(motion.fibre_strain[k][p]);
    stress.push_back(motion.fibre_stress_kPa[k][p]);
    time.push_back(activation ? activation->activation_time_ms[p] : -1);
  }
  const artifacts::CellStrains& cells = motion.strain.end_systole;
  std::map<std::string, std::vector<double>> cell_values;
  if (!cells.fibre.empty())
    cell_values = {{"strain_radial", on_wall(cells.radial, wall.sub)},
                   {"strain_circumferential", on_wall(cells.circumferential, wall.sub)},
                   {"strain_longitudinal", on_wall(cells.longitudinal, wall.sub)},
                   {"strain_fibre", on_wall(cells.fibre, wall.sub)},
                   {"strain_sheet", on_wall(cells.sheet, wall.sub)},
                   {"strain_sheet_normal", on_wall(cells.sheet_normal, wall.sub)}};
  std::vector<io::Field> cell_fields;
  for (const auto& [name, values] : cell_values) cell_fields.push_back(io::field(name, values));
  io::write_unstructured_grid(context.artifacts.output(), wall.sub.mesh.points, wall.sub.mesh.cells,
                              {io::field("displacement", displacement), io::field("fibre_strain", strain),
                               io::field("fibre_stress_kPa", stress), io::field("activation_time_ms", time)},
                              cell_fields);
}

}  // namespace cardiotwin::mechanics

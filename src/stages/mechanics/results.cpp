#include "results.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/core/units.hpp"
#include "cardiotwin/io/vtkhdf.hpp"

namespace cardiotwin::mechanics {

using artifacts::WallMotion;

WallMotion wall_motion(const Beat& beat, const WallMesh& wall, std::size_t heart_points) {
  WallMotion motion;
  const auto& first = beat.frames().front();
  for (const Frame& frame : beat.frames()) {
    std::vector<Vec3> displacement(heart_points, {0, 0, 0});
    std::vector<double> strain(heart_points, 0.0);
    for (std::size_t p = 0; p < frame.displacement.size(); ++p) {
      displacement[wall.sub.parent_point[p]] = frame.displacement[p];
      strain[wall.sub.parent_point[p]] = ((1 + 2 * frame.fibre_strain[p]) / (1 + 2 * first.fibre_strain[p]) - 1) / 2;
    }
    motion.frame_times_ms.push_back(frame.time);
    motion.displacement.push_back(std::move(displacement));
    motion.fibre_strain.push_back(std::move(strain));
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

namespace {

/// Frame with the smallest cavity: its time is nearest to that of the smallest volume of the trace.
std::size_t end_systole(const Beat& beat) {
  const Trace& t = beat.trace();
  const double time = t.time[std::min_element(t.volume.begin(), t.volume.end()) - t.volume.begin()];
  std::size_t best = 0;
  for (std::size_t k = 0; k < beat.frames().size(); ++k)
    if (std::abs(beat.frames()[k].time - time) < std::abs(beat.frames()[best].time - time)) best = k;
  return best;
}

}  // namespace

void report_run(stage::Context& context, const Beat& beat, const Newton& newton) {
  const auto put = [&](const std::string& name, double value, const char* unit) {
    context.findings.quantity(name, value, unit);
  };
  put("steps", beat.steps(), "1");
  put("cut_steps", beat.cut_steps(), "1");
  put("newton_iterations_mean", double(beat.newton_iterations()) / std::max(beat.steps(), 1), "1");
  put("factorisations", newton.factorisations(), "1");
  put("linear_iterations", newton.linear_iterations(), "1");
  put("cavity_volume", beat.trace().volume.back(), "mm^3");
  const auto probes = context.config.list("probes");
  const auto& x = beat.trace().probes;
  for (std::size_t k = 0; k < probes.size(); ++k)
    for (std::size_t i = 0; i < 3; ++i)
      put(probes[k].text("name") + "." + "xyz"[i], x[x.size() - 3 * (probes.size() - k) + i], "mm");
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

  const std::size_t systole = end_systole(beat);
  const auto& frames = beat.frames();
  put("end_systolic_time", frames[systole].time, "ms");
  put("global_longitudinal_strain", 100 * (frames[systole].long_stretch / frames.front().long_stretch - 1), "%");
  double change = 0, gap = 0, mean = 0, counted = 0;
  for (const Frame& frame : frames) change = std::max(change, 100 * std::abs(frame.volume_ratio - 1));
  for (std::size_t p = 0; p < motion.displacement.front().size(); ++p)
    gap = std::max(gap, core::norm(motion.displacement.back()[p] - motion.displacement.front()[p]));
  for (std::size_t p = 0; p < frames[systole].fibre_strain.size(); ++p) {
    mean += ((1 + 2 * frames[systole].fibre_strain[p]) / (1 + 2 * frames.front().fibre_strain[p]) - 1) / 2;
    ++counted;
  }
  put("fibre_strain_end_systole", 100 * mean / std::max(counted, 1.0), "%");
  put("wall_volume_change", change, "%");
  put("cycle_closure_error", std::abs(t.volume.back() - t.volume.front()) / ml, "ml");
  put("cycle_closure_displacement", gap, "mm");
  put("unloading_error", beat.unloading_error(), "mm");
  put("beats", double(beat.beats().size()), "1");
  put("limit_cycle_change", 100 * beat.beats().back().change(), "%");
}

void write_picture(stage::Context& context, const WallMesh& wall, const artifacts::Activation* activation,
                   const Beat& beat, const WallMotion& motion) {
  const std::size_t k = end_systole(beat);
  std::vector<Vec3> displacement;
  std::vector<double> strain, time;
  for (std::int32_t p : wall.sub.parent_point) {
    displacement.push_back(motion.displacement[k][p]);
    strain.push_back(motion.fibre_strain[k][p]);
    time.push_back(activation ? activation->activation_time_ms[p] : -1);
  }
  io::write_unstructured_grid(context.artifacts.output(), wall.sub.mesh.points, wall.sub.mesh.cells,
                              {io::field("displacement", displacement), io::field("fibre_strain", strain),
                               io::field("activation_time_ms", time)},
                              {});
}

}  // namespace cardiotwin::mechanics

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "chapters.hpp"
#include "flow_scenes.hpp"
#include "measures.hpp"
#include "plots.hpp"

namespace cardiotwin::report {
namespace {

using artifacts::Flow;

/// True of blood in a beating ventricle, through its two valves.
bool is_ventricle(const Flow& flow) {
  const auto *mitral = artifacts::flow_through(flow, "mitral"), *aortic = artifacts::flow_through(flow, "aortic");
  return mitral && aortic && !mitral->empty() && !aortic->empty();
}

/// True where pictures can be made of every frame.
bool has_frames(const Flow& flow) {
  const auto whole = [&](const auto& frames) {
    return frames.size() == flow.frame_times_ms.size() &&
           std::ranges::all_of(frames, [&](const auto& frame) { return frame.size() == flow.points.size(); });
  };
  const bool timed = flow.residence_time_ms.empty() || flow.residence_time_ms.size() == flow.points.size();
  return !flow.points.empty() && !flow.frame_times_ms.empty() && whole(flow.velocity) && whole(flow.pressure_kPa) &&
         (flow.displacement.empty() || whole(flow.displacement)) && timed;
}

std::string curves(const Flow& f) {
  std::string html;
  std::vector<Series> flows;
  for (std::size_t i = 0; i < f.passages.size(); ++i)
    flows.push_back({words(f.passages[i]), f.times_ms, f.flow_ml_per_s[i], false, false, {}, {}});
  const bool ventricle = is_ventricle(f), moves = !f.displacement.empty();
  if (!flows.empty())
    html += plot(line_plot({ventricle ? "Flow through the orifices" : "Flow through inlets and outlets",
                            "time [ms]",
                            "flow [ml/s]",
                            {},
                            false,
                            false},
                           flows),
                 ventricle ? "Positive into the ventricle (mitral) and out of it (aortic)."
                           : "Positive into the vessel at inlets and out of it at outlets.");
  if (moves)
    html += plot(line_plot({"Volume of the cavity", "time [ms]", "volume [ml]", {}, true, false},
                           {{"", f.times_ms, f.volume_ml, false, false, {}, {}}}),
                 "Volume of the moving mesh of the blood.");
  std::vector<double> error = f.mass_error;
  for (double& e : error) e = std::abs(e);
  return html + plot(line_plot({"Mass error", "time [ms]", "relative error", {}, false, true},
                               {{"", f.times_ms, error, false, false, {}, {}}}),
                     moves ? "What flows in and out against the change of volume, every time step, relative to the "
                             "largest flow or rate of volume of the cycle."
                           : "What flows in against what flows out, every time step, relative to the largest flow of "
                             "the cycle.");
}

std::string shear_from(Draft& draft, const Viewpoint& view, std::string name, std::string_view side,
                       std::string_view css_class) {
  const Flow& flow = *draft.dossier.flow;
  if (flow.tawss_Pa.size() != flow.points.size()) return {};
  return draft.picture(
      [&] {
        return shear_picture({flow, view, std::move(name), draft.options.picture_height},
                             fmt::format("Time-averaged wall shear stress, {}.", side));
      },
      css_class);
}

std::string ventricle_pictures(Draft& draft) {
  const Flow& f = *draft.dossier.flow;
  const auto shot = [&](const char* name) { return FlowShot{f, draft.view, name, draft.options.picture_height}; };
  const auto at_peak = [&](const char* passage, const char* name, const char* phase) {
    const std::size_t frame = frame_of_most_flow(f, passage);
    return draft.picture([&] {
      return velocity_picture(shot(name), frame, top_speed(f, frame),
                              fmt::format("Velocity at peak {} ({:.0f} ms): speed, and direction in the plane.", phase,
                                          f.frame_times_ms[frame]));
    });
  };
  std::string html = at_peak("aortic", "velocity_ejection", "ejection");
  html += at_peak("mitral", "velocity_filling", "filling");
  html += shear_from(draft, draft.view, "wall_shear_front", "seen from the side of the cut", "half");
  html += shear_from(draft, from_behind(draft.view), "wall_shear_back", "seen from behind the cut plane", "half");
  return grid(html);
}

std::string vessel_pictures(Draft& draft) {
  const Flow& f = *draft.dossier.flow;
  const int height = draft.options.picture_height;
  const std::size_t frame = frame_of_most_flow(f);
  std::string html = draft.picture(
      [&] {
        return velocity_picture({f, draft.view, "velocity", height}, frame, top_speed(f, frame),
                                fmt::format("Velocity at the largest flow ({:.0f} ms), in the plane of the two longest "
                                            "axes: speed, and direction in the plane.",
                                            f.frame_times_ms[frame]));
      },
      "");
  html += draft.picture([&] { return pressure_picture({f, draft.view, "pressure", height}, frame); }, "");
  html += shear_from(draft, draft.view, "wall_shear_front", "from the side of the cut", "");
  html += shear_from(draft, from_behind(draft.view), "wall_shear_back", "from the other side", "");
  return row(html, 4);
}

}  // namespace

std::string flow_html(Draft& draft, const StageRecord& record) {
  if (!draft.dossier.flow) return {};
  const Flow& flow = *draft.dossier.flow;
  const bool frames = has_frames(flow), ventricle = is_ventricle(flow);
  std::string html = key_figures(
      record, {"peak_velocity", "peak_mitral_flow", "peak_aortic_flow", "stroke_volume", "e_wave_flow", "a_wave_flow",
               "e_to_a_ratio", "base_to_apex_pressure_max", "base_to_apex_pressure_min", "tawss_mean", "osi_mean",
               "peak_kinetic_energy", "energy_change", "cycle_change", "mass_error_max"});
  if (frames) html += ventricle ? ventricle_pictures(draft) : vessel_pictures(draft);
  html += grid(curves(flow));
  return html + flow_markers(draft, record, frames);
}

}  // namespace cardiotwin::report

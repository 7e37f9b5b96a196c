#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "chapters.hpp"
#include "measures.hpp"
#include "plots.hpp"

namespace cardiotwin::report {

std::string flow_html(Draft& draft, const StageRecord& /*record*/) {
  if (!draft.dossier.flow) return {};
  const auto& f = *draft.dossier.flow;
  std::string html;
  std::vector<Series> flows;
  for (std::size_t i = 0; i < f.passages.size(); ++i)
    flows.push_back({f.passages[i], f.times_ms, f.flow_ml_per_s[i], false, false, {}, {}});
  const auto *mitral = artifacts::flow_through(f, "mitral"), *aortic = artifacts::flow_through(f, "aortic");
  const bool heart = mitral && aortic && !mitral->empty() && !aortic->empty();
  html += plot(line_plot({"Flow through the orifices", "time [ms]", "flow [ml/s]", {}, false, false}, flows),
               heart ? "Positive into the ventricle (mitral) and out of it (aortic)."
                     : "Positive into the vessel at inlets and out of it at outlets.");
  html += plot(line_plot({"Volume of the cavity", "time [ms]", "volume [ml]", {}, true, false},
                         {{"", f.times_ms, f.volume_ml, false, false, {}, {}}}),
               "Volume of the moving mesh of the blood.");
  std::vector<double> error = f.mass_error;
  for (double& e : error) e = std::abs(e);
  html += plot(
      line_plot({"Mass error", "time [ms]", "relative error", {}, false, true},
                {{"", f.times_ms, error, false, false, {}, {}}}),
      "What flows in and out against the change of volume, every time step, relative to the largest rate of volume.");
  const bool fits = !f.frame_times_ms.empty() && f.velocity.size() == f.frame_times_ms.size() &&
                    f.velocity[0].size() == f.points.size();
  const std::string plots = grid(html);
  if (!fits || !draft.dossier.mesh || !heart) return plots;
  const auto peak = [&](const std::vector<double>& trace) {
    const auto step = static_cast<std::size_t>(std::max_element(trace.begin(), trace.end()) - trace.begin());
    return nearest_frame(f.frame_times_ms, f.times_ms[step]);
  };
  const std::size_t ejection = peak(*aortic), filling = peak(*mitral);
  const auto at = [&](std::size_t frame) {
    return fmt::format(" ({:.0f} ms): speed, and direction in the plane.", f.frame_times_ms[frame]);
  };
  html = draft.picture([&] {
    return velocity_picture(f, ejection, draft.view, top_speed(f, ejection), "velocity_ejection",
                            "Velocity at peak ejection" + at(ejection), draft.options.picture_height);
  });
  html += draft.picture([&] {
    return velocity_picture(f, filling, draft.view, top_speed(f, filling), "velocity_filling",
                            "Velocity at peak filling" + at(filling), draft.options.picture_height);
  });
  if (f.tawss_Pa.size() == f.points.size()) {
    html += draft.picture([&] { return shear_picture(f, draft.view, false, draft.options.picture_height); });
    html += draft.picture([&] { return shear_picture(f, draft.view, true, draft.options.picture_height); });
  }
  return grid(html) + plots;
}

}  // namespace cardiotwin::report

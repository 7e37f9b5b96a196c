#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/core/units.hpp"
#include "chapters.hpp"
#include "measures.hpp"
#include "motion_plots.hpp"
#include "plots.hpp"
#include "scenes.hpp"

namespace cardiotwin::report {
namespace {

constexpr std::string_view fibre_caption =
    ", cut open, with its Green-Lagrange strain along the fibres; the pale shape is the wall as it was meshed.";

std::vector<std::string> probe_names(const StageRecord& record) {
  std::vector<std::string> names;  // a probe is three figures: name.x, name.y, name.z
  for (const auto& q : record.quantities)
    if (q.unit == "mm" && q.name.ends_with(".x")) names.push_back(q.name.substr(0, q.name.size() - 2));
  return names;
}

/// Whether the motion's frames are of the mesh.
bool motion_fits(const Dossier& dossier) {
  const auto& m = *dossier.motion;
  return dossier.mesh && !m.frame_times_ms.empty() && m.displacement.size() == m.frame_times_ms.size() &&
         m.fibre_strain.size() == m.frame_times_ms.size() && m.displacement[0].size() == dossier.mesh->points.size();
}

std::string given_loads(Draft& draft, const StageRecord& record) {
  const auto& mesh = draft.dossier.mesh;
  const auto& m = *draft.dossier.motion;
  std::string html = plot(line_plot({"Load", "time [ms]", "pressure [kPa]", {}, true, false},
                                    {{"", m.times_ms, m.lv_pressure_kPa, false, m.times_ms.size() < 10, {}, {}}}),
                          "Pressure on the endocardium.");
  if (std::ranges::any_of(m.lv_volume_ml, [](double v) { return v > 0; }))
    html += plot(line_plot({"Volume", "time [ms]", "volume [ml]", {}, false, false},
                           {{"", m.times_ms, m.lv_volume_ml, false, m.times_ms.size() < 10, {}, {}}}),
                 "Volume behind the endocardium.");
  const bool fits = motion_fits(draft.dossier);
  html += probe_plots(m, probe_names(record));
  if (fits)
    html += draft.picture([&] {
      const std::string when = fmt::format("The wall at {} ms", number(m.frame_times_ms.back()));
      return strain_picture(*mesh, m.displacement.back(), m.fibre_strain.back(),
                            across_motion(draft.view, m.displacement.back()), "strain_at_the_end", "fibre strain",
                            when + std::string(fibre_caption), draft.options.picture_height);
    });
  return grid(html) + (mesh && !fits ? mismatch("wall_motion") : std::string());
}

/// Pressures, volumes and flows of the beat.
std::string curves(const Dossier& dossier) {
  const auto& m = *dossier.motion;
  std::string html;
  const auto mmHg = [](std::vector<double> values) {
    for (double& v : values) v /= core::kPa_per_mmHg;
    return values;
  };
  const auto lv = mmHg(m.lv_pressure_kPa);
  html += plot(line_plot({"Pressure-volume loop", "LV volume [ml]", "LV pressure [mmHg]", {}, true, false},
                         {{"", m.lv_volume_ml, lv, false, false, {}, {}}}),
               "One beat of the left ventricle.");
  html += plot(line_plot({"Pressures", "time [ms]", "pressure [mmHg]", {}, true, false},
                         {{"left ventricle", m.times_ms, lv, false, false, {}, {}},
                          {"aorta", m.times_ms, mmHg(m.aortic_pressure_kPa), false, false, {}, {}}}),
               "Pressures over the beat.");
  std::vector<Series> volumes{{"model", m.times_ms, m.lv_volume_ml, false, false, {}, {}}};
  if (dossier.labels && dossier.labels->phase_times_ms.size() > 1) {
    volumes.push_back({"images",
                       dossier.labels->phase_times_ms,
                       label_volumes_ml(*dossier.labels, artifacts::lv_cavity),
                       true,
                       true,
                       {},
                       {}});
  }
  html +=
      plot(line_plot({"LV volume", "time [ms]", "volume [ml]", {}, true, false}, volumes),
           volumes.size() > 1 ? "Volume of the model; the images' volume beside it, in their own time from the R wave."
                              : "Volume of the model over the beat.");
  html += plot(line_plot({"Valve flows", "time [ms]", "flow [ml/s]", {}, false, false},
                         {{"mitral", m.times_ms, m.mitral_flow_ml_per_s, false, false, {}, {}},
                          {"aortic", m.times_ms, m.aortic_flow_ml_per_s, false, false, {}, {}}}),
               "Flow through the valves of the circulation model.");
  return html;
}

/// The wall at end systole, coloured by its strains.
std::string strain_pictures(Draft& draft, std::size_t systole) {
  const auto& mesh = *draft.dossier.mesh;
  const auto& m = *draft.dossier.motion;
  const std::string when = fmt::format("The wall at end systole ({:.0f} ms)", m.frame_times_ms[systole]);
  std::string html = draft.picture([&] {
    return strain_picture(mesh, m.displacement[systole], m.fibre_strain[systole], draft.view, "strain_end_systole",
                          "fibre strain", when + std::string(fibre_caption), draft.options.picture_height);
  });
  const auto& circumferential = m.strain.end_systole.circumferential;
  if (circumferential.size() == mesh.cells.size())
    html += draft.picture([&] {
      return strain_picture(mesh, m.displacement[systole], point_means(mesh, circumferential), draft.view,
                            "circumferential_strain_end_systole", "circumferential strain",
                            when + ", cut open, with its Green-Lagrange strain around the ventricle.",
                            draft.options.picture_height);
    });
  return html;
}

/// How a value at the points spreads over the wall, from frame to frame: median and the band that holds 80 per cent.
std::string spread_plot(const artifacts::HeartMesh& mesh, const std::vector<double>& times,
                        const std::vector<std::vector<double>>& frames, const Axes& axes, std::string_view caption) {
  Series spread{"median", times, {}, false, false, {}, {}};
  for (const auto& frame : frames) {
    const Sample sample = wall_sample(mesh, frame, -1e30);
    spread.y.push_back(quantile(sample, 0.5));
    spread.low.push_back(quantile(sample, 0.1));
    spread.high.push_back(quantile(sample, 0.9));
  }
  return plot(line_plot(axes, {spread}), caption);
}

std::string fibre_plots(const artifacts::HeartMesh& mesh, const artifacts::WallMotion& m, std::size_t systole) {
  const std::vector<std::pair<double, std::string>> marks{{m.frame_times_ms[systole], "ES"}};
  std::string html = spread_plot(mesh, m.frame_times_ms, m.fibre_strain,
                                 {"Fibre strain", "time [ms]", "Green-Lagrange strain", marks, false, false},
                                 "Green-Lagrange strain along the fibres, from end diastole: median of the wall, and "
                                 "the band that holds 80 per cent of it.");
  if (m.fibre_stress_kPa.size() == m.frame_times_ms.size())
    html += spread_plot(mesh, m.frame_times_ms, m.fibre_stress_kPa,
                        {"Fibre stress", "time [ms]", "Cauchy stress [kPa]", marks, false, false},
                        "Cauchy stress along the fibres, of passive and active wall together: median of the wall, and "
                        "the band that holds 80 per cent of it.");
  return html;
}

std::string fibre_strain_map(const artifacts::HeartMesh& mesh, const artifacts::WallMotion& m, std::size_t systole) {
  const auto means = segment_means(mesh, m.fibre_strain[systole], -1e30);
  double limit = 0.01;
  for (const double v : means) limit = std::isfinite(v) ? std::max(limit, std::abs(v)) : limit;
  limit = ticks(0, limit, 2).back();
  return plot(bulls_eye("Fibre strain at end systole", means, {"mean fibre strain", "", -limit, limit, blue_red()}),
              "Mean of each of the 17 AHA segments.");
}

std::string heart_beat(Draft& draft, const StageRecord& record) {
  const auto& mesh = draft.dossier.mesh;
  const auto& m = *draft.dossier.motion;
  std::string html = curves(draft.dossier) + probe_plots(m, probe_names(record));
  const std::string key =
      key_figures(record, {"ejection_fraction", "expected_ejection_fraction", "tension_factor",
                           "global_longitudinal_strain", "global_circumferential_strain", "global_radial_strain",
                           "wall_thickening", "twist", "torsion", "dyssynchrony_index"});
  if (!motion_fits(draft.dossier)) return key + grid(html) + (mesh ? mismatch("wall_motion") : std::string());

  const std::size_t systole = end_systolic_frame(m);
  html += strain_pictures(draft, systole) + fibre_plots(*mesh, m, systole);
  const std::string strains = grid(strain_plots(m));
  if (!strains.empty())
    return key + grid(html) +
           "<h3>Strain</h3><p class=\"soft\">Relative change of length from end diastole, means of the AHA "
           "segments; twist beside them.</p>" +
           strains + strain_table(m);
  return key + grid(html + fibre_strain_map(*mesh, m, systole));
}

}  // namespace

std::string mechanics_html(Draft& draft, const StageRecord& record) {
  if (!draft.dossier.motion) return {};
  return is_heart_beat(*draft.dossier.motion) ? heart_beat(draft, record) : given_loads(draft, record);
}

}  // namespace cardiotwin::report

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "chapters.hpp"
#include "measures.hpp"
#include "plots.hpp"
#include "scenes.hpp"

namespace cardiotwin::report {
namespace {

std::string electrocardiogram(const artifacts::Activation& a) {
  const auto whole = [&](const auto& lead) { return lead.size() == a.ecg_times_ms.size(); };
  if (a.ecg_times_ms.empty() || a.ecg_mV.size() != artifacts::ecg_leads.size() ||
      !std::all_of(a.ecg_mV.begin(), a.ecg_mV.end(), whole))
    return {};
  std::vector<Series> leads;
  for (std::size_t l = 0; l < a.ecg_mV.size(); ++l)
    leads.push_back({std::string(artifacts::ecg_leads[l]), a.ecg_times_ms, a.ecg_mV[l], false, false, {}, {}});
  return figure(
      panels("12-lead electrocardiogram", "time [ms]", "potential [mV]", leads, 3),
      "What the wave in the meshed walls would give on an endless uniform body; electrodes at standard places, "
      "not the patient's. No atria, and no ventricle that is not meshed.",
      "wide");
}

std::string segment_table(const artifacts::HeartMesh& mesh, const artifacts::Activation& a) {
  const auto show = [](double v) { return std::isfinite(v) ? number(v, 3) : std::string("-"); };
  const auto mean = [&](const std::vector<double>& values) {  // nothing where no segment has a value
    auto means = values.size() == mesh.points.size() ? segment_means(mesh, values, 0) : std::vector<double>();
    if (std::none_of(means.begin(), means.end(), [](double v) { return std::isfinite(v); })) means.clear();
    return means;
  };
  const auto ranges = segment_ranges(mesh, a.activation_time_ms, 0);
  const auto active = mean(a.activation_time_ms), repolarised = mean(a.repolarisation_time_ms), lasted = mean(a.apd_ms);
  if (active.empty()) return {};
  std::vector<std::string> header{"segment", "activation [ms]", "first", "last"};
  if (!repolarised.empty()) header.emplace_back("repolarisation [ms]");
  if (!lasted.empty()) header.emplace_back("action potential [ms]");
  std::vector<std::vector<std::string>> rows;
  for (std::size_t s = 0; s < active.size(); ++s) {
    rows.push_back({fmt::format("{} {}", s + 1, segment_name(static_cast<std::int32_t>(s + 1))), show(active[s]),
                    show(ranges[s].least), show(ranges[s].largest)});
    if (!repolarised.empty()) rows.back().push_back(show(repolarised[s]));
    if (!lasted.empty()) rows.back().push_back(show(lasted[s]));
  }
  return "<details><summary>Times by AHA segment: means by volume, first and last activation</summary>" +
         table(header, rows) + "</details>";
}

}  // namespace

std::string activation_html(Draft& draft, const StageRecord& /*record*/) {
  if (!draft.dossier.mesh || !draft.dossier.activation) return {};
  const auto& mesh = *draft.dossier.mesh;
  const auto& activation = *draft.dossier.activation;
  const auto& times = activation.activation_time_ms;
  if (times.size() != mesh.points.size()) return mismatch("activation");
  std::string html = draft.picture(
      [&] { return activation_picture(mesh, activation, draft.view, false, draft.options.picture_height); });
  html += draft.picture(
      [&] { return activation_picture(mesh, activation, draft.view, true, draft.options.picture_height); });
  const Sample sample = wall_sample(mesh, times, 0);
  const double last = sample.values.empty() ? 1 : *std::max_element(sample.values.begin(), sample.values.end());
  std::vector<double> levels;
  for (int n = 0; n <= 100; ++n) levels.push_back(last * n / 100);
  html += plot(line_plot({"Activated wall", "time [ms]", "share of the wall [%]", {}, true, false},
                         {{"", levels, cumulative_percent(sample, levels), false, false, {}, {}}}),
               "Share of the wall's volume that the wave has reached.");
  const Scale scale{"mean activation time", "ms", 0, ticks(0, std::max(last, 1.0), 5).back(), viridis()};
  html += plot(histogram({"Activation times", "activation time [ms]", "share of the wall [%]", {}, true, false},
                         sample.values, sample.weights, 30, &scale),
               "How the wall's volume spreads over activation times.");
  html += plot(bulls_eye("Activation by AHA segment", segment_means(mesh, times, 0), scale),
               "Mean activation time of each of the 17 segments [ms].");
  return grid(html) + electrocardiogram(activation) + segment_table(mesh, activation);
}

}  // namespace cardiotwin::report

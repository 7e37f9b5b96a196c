#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "cardiotwin/core/units.hpp"
#include "chapters.hpp"
#include "measures.hpp"
#include "references.hpp"

namespace cardiotwin::report {
namespace {

std::string card(std::string_view name, const std::string& value, std::string_view unit, std::string_view note) {
  return fmt::format("<div class=\"card\"><span>{}</span><b>{} <small>{}</small></b><span>{}</span></div>",
                     escape(name), escape(value), escape(unit), escape(note));
}

std::string reference_text(std::string_view name, std::string_view unit) {
  const auto* r = reference_for(name, unit);
  return r ? "reference " + std::string(r->text) : std::string();
}

std::string cards_html(const Dossier& dossier) {
  std::string cards;
  if (dossier.labels && !dossier.labels->phase_times_ms.empty()) {
    const auto volumes = label_volumes_ml(*dossier.labels, artifacts::lv_cavity);
    const double edv = volumes.at(static_cast<std::size_t>(dossier.labels->end_diastole));
    const double esv = volumes.at(static_cast<std::size_t>(dossier.labels->end_systole));
    cards +=
        card("End-diastolic volume, images", number(edv, 3), "ml", reference_text("lv_end_diastolic_volume", "ml"));
    cards += card("End-systolic volume, images", number(esv, 3), "ml", reference_text("lv_end_systolic_volume", "ml"));
    if (const auto fraction = ejection_fraction(*dossier.labels))
      cards += card("Ejection fraction, images", number(*fraction, 3), "%", reference_text("ejection_fraction", "%"));
  }
  if (dossier.activation && !dossier.activation->activation_time_ms.empty()) {
    const auto& t = dossier.activation->activation_time_ms;
    cards +=
        card("Last activation", number(*std::max_element(t.begin(), t.end()), 3), "ms", "after the first stimulus");
  }
  if (dossier.motion && !dossier.motion->lv_volume_ml.empty() && is_heart_beat(*dossier.motion)) {
    const auto* record = dossier.stage("mechanics");
    const auto& p = dossier.motion->lv_pressure_kPa;
    if (const auto fraction = ejection_fraction(*dossier.motion))
      cards += card("Ejection fraction, model", number(*fraction, 3), "%", reference_text("ejection_fraction", "%"));
    if (const auto* strain = record ? record->quantity("global_longitudinal_strain") : nullptr)
      cards +=
          card("Global longitudinal strain, model", number(strain->value, 3), "%", reference_text(strain->name, "%"));
    cards += card("Peak LV pressure, model", number(*std::max_element(p.begin(), p.end()) / core::kPa_per_mmHg, 3),
                  "mmHg", reference_text("peak_pressure", "mmHg"));
  }
  if (dossier.flow)
    for (std::size_t i = 0; i < dossier.flow->passages.size(); ++i)
      if (const auto& flow = dossier.flow->flow_ml_per_s[i]; !flow.empty())
        cards += card("Peak " + words(dossier.flow->passages[i]) + " flow, model",
                      number(*std::max_element(flow.begin(), flow.end()), 3), "ml/s", "");
  return cards.empty() ? std::string() : "<div class=\"cards\">" + cards + "</div>";
}

}  // namespace

std::string summary_html(const Draft& draft, const std::vector<std::string>& missing_stages) {
  std::string html = cards_html(draft.dossier);
  std::vector<std::string> warnings;
  for (const auto& s : draft.dossier.stages) {
    for (const auto& w : s.warnings) warnings.push_back(s.name + ": " + w);
  }
  for (const auto& w : draft.report.warnings) warnings.push_back("report: " + w);
  if (!missing_stages.empty()) {
    std::string list;
    for (const auto& m : missing_stages) list += (list.empty() ? "" : ", ") + m;
    html += "<p class=\"notice\">Not part of this report, because they have not been run: " + escape(list) + ".</p>";
  }
  html += warnings.empty() ? std::string("<p>No stage has raised a warning.</p>")
                           : "<h3>Warnings of all stages</h3>" + bullet_list(warnings, "warnings");
  return html;
}

}  // namespace cardiotwin::report

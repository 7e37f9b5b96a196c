#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "chapters.hpp"
#include "montage.hpp"

namespace cardiotwin::report {

std::string imaging_html(Draft& draft, const StageRecord& /*record*/) {
  const Dossier& dossier = draft.dossier;
  std::vector<std::vector<std::string>> rows;
  std::string html;
  if (dossier.image) {
    const auto& image = *dossier.image;
    const auto& g = image.geometry;
    rows.push_back({"modality", escape(image.facts.modality)});
    rows.push_back({"scanner", escape(image.facts.manufacturer + " " + image.facts.scanner)});
    rows.push_back({"voxels", fmt::format("{} x {} x {}", g.size[0], g.size[1], g.size[2])});
    rows.push_back(
        {"spacing", fmt::format("{} x {} x {} mm", number(g.spacing[0]), number(g.spacing[1]), number(g.spacing[2]))});
    if (image.facts.slice_thickness_mm > 0)
      rows.push_back({"slice thickness", number(image.facts.slice_thickness_mm) + " mm"});
    rows.push_back({"cardiac phases", std::to_string(image.phases())});
    if (image.cycle_length_ms > 0) rows.push_back({"cycle length", number(image.cycle_length_ms) + " ms"});
    html += "<h3>Study</h3>" + table({}, rows);
    if (!dossier.labels) html += montage_figure(draft, nullptr);
  }
  if (dossier.clinical) {
    rows.clear();
    const auto add = [&](const char* name, const artifacts::ClinicalValue& v) {
      rows.push_back({name, escape(number(v.value) + " ± " + number(v.uncertainty, 2) + " " + v.unit), escape(v.source),
                      escape(v.time)});
    };
    add("heart rate", dossier.clinical->heart_rate);
    add("systolic pressure", dossier.clinical->systolic_pressure);
    add("diastolic pressure", dossier.clinical->diastolic_pressure);
    html += "<h3>Physiology</h3>" + table({"value", "with one standard deviation", "source", "time"}, rows) +
            bullet_list(dossier.clinical->warnings, "warnings");
  }
  return html;
}

std::string montage_figure(Draft& draft, const artifacts::Labels* labels) {
  const auto& image = *draft.dossier.image;
  if (image.phases() == 0 || image.geometry.voxels() == 0) return {};
  MontageRequest request{{0}, draft.options.montage_columns, 170};
  std::string caption = "Slices of the study.";
  if (labels) {
    request.phases = {labels->end_diastole};
    if (labels->end_systole != labels->end_diastole) request.phases.push_back(labels->end_systole);
    std::erase_if(request.phases, [&](auto p) { return p < 0 || p >= image.phases(); });
    caption = "Slices of the study at end diastole (above) and end systole (below) with the outlines of the labels.";
    if (request.phases.size() < 2) caption = "Slices of the study with the outlines of the labels.";
    if (request.phases.empty()) return {};
  }
  return grid(draft.picture(
      [&] {
        Picture p{"montage", caption, montage(image, labels, request), {}, {}};
        if (labels) {
          p.legend = {{"LV cavity", label_colour(1)}, {"LV wall", label_colour(2)}, {"RV cavity", label_colour(3)}};
        }
        return p;
      },
      "wide"));
}

}  // namespace cardiotwin::report

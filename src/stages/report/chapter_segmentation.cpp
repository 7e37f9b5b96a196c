#include <algorithm>

#include "chapters.hpp"
#include "measures.hpp"
#include "plots.hpp"

namespace cardiotwin::report {

std::string segmentation_html(Draft& draft, const StageRecord& /*record*/) {
  if (!draft.dossier.labels) return {};
  const auto& labels = *draft.dossier.labels;
  std::string html;
  if (draft.dossier.image) html += montage_figure(draft, &labels);
  if (labels.phase_times_ms.size() > 1) {
    const auto& t = labels.phase_times_ms;
    const auto cavity = label_volumes_ml(labels, artifacts::lv_cavity),
               rv = label_volumes_ml(labels, artifacts::rv_cavity);
    std::vector<Series> series{{"LV cavity", t, cavity, false, true, {}, {}},
                               {"LV wall", t, label_volumes_ml(labels, artifacts::lv_wall), true, false, {}, {}}};
    if (*std::max_element(rv.begin(), rv.end()) > 0) series.push_back({"RV cavity", t, rv, true, false, {}, {}});
    Axes axes{"Volumes over the cardiac cycle", "time after the R wave [ms]", "volume [ml]", {}, true, false};
    axes.marks.emplace_back(t.at(static_cast<std::size_t>(labels.end_diastole)), "ED");
    axes.marks.emplace_back(t.at(static_cast<std::size_t>(labels.end_systole)), "ES");
    html += grid(plot(line_plot(axes, series), "Time-volume curves from the labels of every phase."));
  }
  return html + "<p class=\"soft\">Labels from: " + escape(labels.source) + "</p>";
}

}  // namespace cardiotwin::report

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

#include "chapters.hpp"
#include "flow_scenes.hpp"

namespace cardiotwin::report {
namespace {

/// Beyond these a place counts: what the stage ran with, and its defaults where that is not told.
struct Thresholds {
  double stasis_speed = 0.05, low_tawss = 0.4, high_rrt = 10, high_ecap = 1.4;  ///< [m/s], [Pa], [1/Pa], [1/Pa]
  bool told = false;
};

Thresholds thresholds_of(const StageRecord& record) {
  Thresholds t;
  t.told = record.setting("stasis_speed_m_per_s").has_value();
  t.stasis_speed = record.setting("stasis_speed_m_per_s").value_or(t.stasis_speed);
  t.low_tawss = record.setting("low_tawss_Pa").value_or(t.low_tawss);
  t.high_rrt = record.setting("high_rrt_per_Pa").value_or(t.high_rrt);
  t.high_ecap = record.setting("high_ecap_per_Pa").value_or(t.high_ecap);
  return t;
}

struct Marker {
  std::string_view quantity, name;
  std::string threshold, source;
};

std::vector<Marker> markers(const Thresholds& t) {
  const auto wall = [](std::string_view what, double limit, std::string_view unit) {
    return fmt::format("{} {} {}", what, number(limit), unit);
  };
  return {
      {"stasis_volume", "Stasis volume", wall("mean speed below", t.stasis_speed, "m/s"), "convention"},
      {"residence_time_mean", "Mean residence time", "none", "Esmaily-Moghadam 2013, Phys. Fluids 25:110802"},
      {"first_blood_left", "First blood still inside", "none", ""},
      {"low_tawss_area", "Wall with low TAWSS", wall("TAWSS below", t.low_tawss, "Pa"),
       "Malek 1999, doi 10.1001/jama.282.21.2035"},
      {"high_rrt_area", "Wall with high RRT", wall("RRT above", t.high_rrt, "per Pa"),
       "convention; RRT: Himburg 2004, Am. J. Physiol. 286:H1916"},
      {"high_ecap_area", "Wall with high ECAP", wall("ECAP above", t.high_ecap, "per Pa"),
       "Di Achille 2014, doi 10.1098/rspa.2014.0163"},
  };
}

std::string marker_table(const StageRecord& record, const Thresholds& limits) {
  constexpr std::array<std::string_view, 3> thirds{"apical", "mid", "basal"};
  const auto quantity = [&](std::string_view name, std::string_view third) {
    return record.quantity(third.empty() ? std::string(name) : fmt::format("{}.{}", name, third));
  };
  const bool parted = std::ranges::any_of(record.quantities, [](const auto& q) { return q.name.ends_with(".apical"); });
  std::vector<std::string> header{"marker", "whole"};
  if (parted) header.insert(header.end(), thirds.begin(), thirds.end());
  header.insert(header.end(), {"threshold", "source"});
  std::vector<std::vector<std::string>> rows;
  for (const auto& marker : markers(limits)) {
    const auto* whole = quantity(marker.quantity, "");
    if (!whole) continue;
    rows.push_back({std::string(marker.name), number(whole->value, 3) + " " + escape(whole->unit)});
    for (const auto third : thirds) {
      const auto* part = quantity(marker.quantity, third);
      if (parted) rows.back().push_back(part ? number(part->value, 3) + " " + escape(part->unit) : std::string());
    }
    rows.back().push_back(escape(marker.threshold));
    rows.back().push_back("<span class=\"soft\">" + escape(marker.source) + "</span>");
  }
  return table(header, rows, "markers");
}

/// Three pictures of one view: in the cut plane, and twice on the wall.
std::string marker_pictures(Draft& draft, const Viewpoint& view, const Thresholds& limits, const std::string& side) {
  const auto& flow = *draft.dossier.flow;
  const int height = draft.options.picture_height;
  const auto shot = [&](const std::string& name) { return FlowShot{flow, view, name + "_" + side, height}; };
  std::string html = draft.picture([&] { return stasis_picture(shot("stasis"), limits.stasis_speed); }, "");
  if (flow.tawss_Pa.size() != flow.points.size()) return html;
  html += draft.picture([&] { return low_shear_picture(shot("low_wall_shear"), limits.low_tawss); }, "");
  if (flow.osi.size() != flow.points.size()) return html;
  return html + draft.picture([&] { return high_residence_picture(shot("high_rrt"), limits.high_rrt); }, "");
}

}  // namespace

std::string flow_markers(Draft& draft, const StageRecord& record, bool frames) {
  const Thresholds limits = thresholds_of(record);
  std::string html;
  if (frames && draft.options.pictures) {
    for (const auto& [view, side] :
         {std::pair{draft.view, std::string("front")}, {from_behind(draft.view), std::string("back")}})
      html += fmt::format("<p class=\"soft\">From {} the cut plane:</p>", side == "front" ? "the side of" : "behind") +
              row(marker_pictures(draft, view, limits, side), 3);
  }
  html += marker_table(record, limits);
  if (html.empty()) return {};
  std::string lead =
      "Places where blood rests and where the wall feels little shear are studied in the literature beside thrombosis: "
      "they are markers, not a prediction for this patient, and for research only.";
  if (!limits.told) lead += " The run does not tell its thresholds; those of the stage's defaults stand here.";
  return "<h3>Markers of stasis and low wall shear</h3><p>" + lead + "</p>" + html;
}

}  // namespace cardiotwin::report

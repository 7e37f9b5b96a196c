#pragma once
/// The chapters of the report, a file each, and the pieces that they share.

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "compose.hpp"
#include "viewpoint.hpp"

namespace cardiotwin::report {

/// What the chapters are written from, and what they leave beside their text.
struct Draft {
  const Dossier& dossier;
  const Options& options;
  Viewpoint view;
  Report report;

  /// A rendered picture, kept for the report folder, half a page wide or as wide as its row says; nothing where
  /// pictures are off.
  std::string picture(const std::function<Picture()>& make, std::string_view css_class = "half");
};

// What the chapters show of the artifacts, as HTML; empty without the artifact that they are about.
std::string summary_html(const Draft& draft, const std::vector<std::string>& missing_stages);
std::string imaging_html(Draft& draft, const StageRecord& record);
std::string segmentation_html(Draft& draft, const StageRecord& record);
std::string mesh_html(Draft& draft, const StageRecord& record);
std::string activation_html(Draft& draft, const StageRecord& record);
std::string mechanics_html(Draft& draft, const StageRecord& record);
std::string flow_html(Draft& draft, const StageRecord& record);
std::string provenance_html(const Dossier& dossier);

/// Where blood rests and the wall feels too little of it: figures beside their thresholds and, where the flow has
/// frames, pictures side by side.
std::string flow_markers(Draft& draft, const StageRecord& record, bool frames);

/// Figures side by side; nothing of nothing.
std::string grid(const std::string& content);

/// Figures of the same width in rows of `columns`, whose pictures stand at the same height; nothing of nothing.
std::string row(const std::string& content, int columns);

/// A plot that takes half of the page's width.
std::string plot(const std::string& svg, std::string_view caption);

/// Slices of the study, with the outlines of the labels where there are any.
std::string montage_figure(Draft& draft, const artifacts::Labels* labels);

/// Every figure of a stage beside its reference; many are folded away.
std::string all_figures(const StageRecord& record);

/// Those of a stage's figures that say most, in this order.
std::string key_figures(const StageRecord& record, std::initializer_list<std::string_view> names);

/// Says that an artifact is of another mesh than the run's.
std::string mismatch(std::string_view artifact);

}  // namespace cardiotwin::report

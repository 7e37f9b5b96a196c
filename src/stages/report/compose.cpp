#include "compose.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "chapters.hpp"
#include "measures.hpp"

namespace cardiotwin::report {
namespace {

struct StageText {
  std::string_view name, title, lead;
  std::string (*html)(Draft&, const StageRecord&);
};
constexpr StageText stage_texts[] = {
    {"ingest", "Imaging", "The study as it was read, and the physiology the model is driven with.", imaging_html},
    {"segmentation", "Segmentation", "Which voxel belongs to what, in every phase; volumes are voxel counts.",
     segmentation_html},
    {"meshing", "Mesh", "One conforming tetrahedral mesh of wall and blood, with fibres and AHA segments.", mesh_html},
    {"electrophysiology", "Activation", "The electrical wave through the wall, from the monodomain model.",
     activation_html},
    {"mechanics", "Mechanics", "One beat of the wall against a model of the circulation.", mechanics_html},
    {"hemodynamics", "Blood flow", "Flow in the moving cavity over the beat, from the Navier-Stokes equations.",
     flow_html}};

/// Largest difference between the ejection fractions of images and model that goes without a warning [points]: more
/// than readers of the same images differ by.
constexpr double tolerated_ejection_fraction = 10;

std::vector<std::string> disagreements(const Dossier& dossier) {
  std::vector<std::string> found;
  if (!dossier.labels || !dossier.motion) return found;
  const auto images = ejection_fraction(*dossier.labels), model = ejection_fraction(*dossier.motion);
  if (images && model && std::abs(*model - *images) > tolerated_ejection_fraction)
    found.push_back(fmt::format(
        "the model ejects {:.0f} % of its volume, the heart in the images {:.0f} %: tension and stiffness are not "
        "fitted to this patient, so the model's pressures, strains and flows are not this patient's either",
        *model, *images));
  return found;
}

std::string imaging_age(const Dossier& dossier, const Options& options) {
  if (!dossier.image) return "<p class=\"alert\">No imaging study stands behind this report.</p>";
  const auto& date = dossier.image->facts.acquisition_date;
  int days = 0;
  if (date.empty() || !days_between(date, options.date, days)) {
    return "<p class=\"alert\">The study does not say when it was made: how old the imaging behind this model is, is "
           "unknown.</p>";
  }
  if (days < 0) {
    return fmt::format("<p class=\"alert\">The study is dated {}, after the day of this report: check the clocks.</p>",
                       escape(date));
  }
  const std::string text =
      fmt::format("This model is based on imaging from {}, {} day{} ago", escape(date), days, days == 1 ? "" : "s");
  if (days <= options.stale_after_days) return "<p class=\"notice\">" + text + ".</p>";
  return fmt::format("<p class=\"alert\">{}: more than {} days. The heart may have changed since.</p>", text,
                     options.stale_after_days);
}

std::string banner(const Dossier& dossier, const Options& options) {
  std::string html = "<h1>" + escape(options.title) + "</h1>";
  std::vector<std::string> facts;
  if (dossier.image) {
    const auto& f = dossier.image->facts;
    if (!f.pseudonym.empty()) facts.push_back("Pseudonym <code>" + escape(f.pseudonym) + "</code>");
    facts.push_back(escape(f.modality + " " + f.series_description));
  }
  facts.push_back("Report of " + escape(options.date));
  html += "<p class=\"soft\">";
  for (std::size_t n = 0; n < facts.size(); ++n) html += (n ? " &#183; " : "") + facts[n];
  html += "</p>" + imaging_age(dossier, options);
  return html +
         "<p class=\"notice\"><strong>Research use only.</strong> A computed model; not a medical "
         "device, not for diagnosis or treatment.</p>";
}

/// What a chapter is about; not all runs are of a beating heart.
std::string_view lead_of(const StageText& text, const Dossier& dossier) {
  if (text.name == "mechanics" && dossier.motion && !is_heart_beat(*dossier.motion))
    return "The wall under given loads: no heart beat.";
  if (text.name == "meshing" && dossier.vessel) return "One tetrahedral mesh of a lumen whose walls stand still.";
  if (text.name == "hemodynamics" && dossier.flow && dossier.flow->displacement.empty())
    return "Flow between walls that stand still, over a cycle, from the Navier-Stokes equations.";
  return text.lead;
}

Viewpoint view_of(const Dossier& dossier) {
  if (dossier.mesh) return viewpoint(*dossier.mesh);
  if (dossier.vessel) return viewpoint(dossier.vessel->points, dossier.vessel->cells);
  if (dossier.flow) return viewpoint(dossier.flow->points, dossier.flow->cells);
  return {};
}

/// False of the stages of a heart where a vessel is looked at.
bool belongs(const StageText& text, const Dossier& dossier) {
  return !dossier.vessel || (text.name != "electrophysiology" && text.name != "mechanics");
}

/// What every stage tells, around what the chapter shows of its artifacts.
Chapter stage_chapter(Draft& draft, const StageText& text, const StageRecord& record) {
  std::string body =
      "<p class=\"soft\">" + std::string(lead_of(text, draft.dossier)) + "</p>\n" + text.html(draft, record);
  body += all_figures(record);
  if (!record.warnings.empty()) body += "<h3>Warnings</h3>" + bullet_list(record.warnings, "warnings");
  if (!record.assumptions.empty()) body += "<h3>Assumptions</h3>" + bullet_list(record.assumptions, "plain");
  if (!record.seconds.empty()) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [what, s] : record.seconds) rows.push_back({escape(what), number(s, 3) + " s"});
    body += "<details><summary class=\"soft\">Where the time went</summary>" + table({"part", "wall time"}, rows) +
            "</details>";
  }
  return {std::string(text.name), std::string(text.title), std::move(body)};
}

}  // namespace

Report compose(const Dossier& dossier, const Options& options, core::Log& log) {
  Draft draft{dossier, options, view_of(dossier), {}};
  draft.report.warnings = disagreements(dossier);
  std::vector<Chapter> chapters;
  std::vector<std::string> missing;
  for (const auto& text : stage_texts) {
    if (const auto* record = dossier.stage(text.name)) {
      log.detail("report: {}", text.name);
      chapters.push_back(stage_chapter(draft, text, *record));
    } else if (belongs(text, dossier)) {
      missing.emplace_back(text.name);
    }
  }
  chapters.insert(chapters.begin(), {"summary", "Summary", summary_html(draft, missing)});
  chapters.push_back({"provenance", "Provenance", provenance_html(dossier)});
  draft.report.html = page(options.title, banner(dossier, options), chapters);
  return std::move(draft.report);
}

}  // namespace cardiotwin::report

#include "sections.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cardiotwin/core/units.hpp"
#include "measures.hpp"
#include "montage.hpp"
#include "motion_plots.hpp"
#include "plots.hpp"
#include "references.hpp"

namespace cardiotwin::report {
namespace {

struct StageText {
  std::string_view name, title, lead;
};
constexpr StageText stage_texts[] = {
    {"ingest", "Imaging", "The study as it was read, and the physiology the model is driven with."},
    {"segmentation", "Segmentation", "Which voxel belongs to what, in every phase; volumes are voxel counts."},
    {"meshing", "Mesh", "One conforming tetrahedral mesh of wall and blood, with fibres and AHA segments."},
    {"electrophysiology", "Activation", "The electrical wave through the wall, from the monodomain model."},
    {"mechanics", "Mechanics", "One beat of the wall against a model of the circulation."},
    {"hemodynamics", "Blood flow", "Flow in the moving cavity over the beat, from the Navier-Stokes equations."}};

/// "anatomy.lv_cavity_volume" as words: "anatomy: lv cavity volume".
std::string words(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 2)) name.replace(dot, 1, ": ");
  return name;
}

std::string with_unit(double value, std::string_view unit) {
  std::string text = number(value);
  if (unit != "1" && !unit.empty()) text += " " + std::string(unit);
  if (unit == "kPa") text += fmt::format(" ({} mmHg)", number(value / core::kPa_per_mmHg, 3));
  return text;
}

std::string card(std::string_view name, const std::string& value, std::string_view unit, std::string_view note) {
  return fmt::format("<div class=\"card\"><span>{}</span><b>{} <small>{}</small></b><span>{}</span></div>",
                     escape(name), escape(value), escape(unit), escape(note));
}

std::string grid(const std::string& content) {
  return content.empty() ? std::string() : "<div class=\"grid\">" + content + "</div>\n";
}

std::string plot(const std::string& svg, std::string_view caption) { return figure(svg, caption, "half"); }

std::string show(const Picture& picture) {
  std::string content = inline_png(encode_png(picture.pixels), picture.caption);
  if (picture.scale) content += colour_bar(*picture.scale);
  if (!picture.legend.empty()) {
    content += "<p class=\"soft\">";
    for (const auto& [name, colour] : picture.legend) {
      content += fmt::format(
                     "<svg width=\"12\" height=\"12\" viewBox=\"0 0 12 12\"><rect width=\"12\" height=\"12\" "
                     "fill=\"{}\"/></svg> "
                     "{}&#160;&#160; ",
                     hex(colour), escape(name))
                     .insert(4, " style=\"display:inline-block\"");
    }
    content += "</p>";
  }
  return figure(content, picture.caption, picture.name == "montage" ? "wide" : "half");
}

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

class Composer {
 public:
  Composer(const Dossier& dossier, const Options& options, core::Log& log) : d_(dossier), options_(options), log_(log) {
    if (d_.mesh) view_ = viewpoint(*d_.mesh);
  }

  Report compose() {
    report_.warnings = disagreements(d_);
    std::vector<Chapter> chapters;
    for (const auto& text : stage_texts) {
      if (auto chapter = stage_chapter(text); !chapter.body.empty()) chapters.push_back(std::move(chapter));
    }
    chapters.insert(chapters.begin(), {"summary", "Summary", summary()});
    chapters.push_back({"provenance", "Provenance", provenance()});
    report_.html = page(options_.title, banner(), chapters);
    return std::move(report_);
  }

 private:
  /// Renders a picture unless pictures are off; keeps it for the report folder.
  template <class Make>
  std::string picture(Make make) {
    if (!options_.pictures) return {};
    report_.pictures.push_back(make());
    return show(report_.pictures.back());
  }

  std::string banner() const {
    std::string html = "<h1>" + escape(options_.title) + "</h1>";
    std::vector<std::string> facts;
    if (d_.image) {
      const auto& f = d_.image->facts;
      if (!f.pseudonym.empty()) facts.push_back("Pseudonym <code>" + escape(f.pseudonym) + "</code>");
      facts.push_back(escape(f.modality + " " + f.series_description));
    }
    facts.push_back("Report of " + escape(options_.date));
    html += "<p class=\"soft\">";
    for (std::size_t n = 0; n < facts.size(); ++n) html += (n ? " &#183; " : "") + facts[n];
    html += "</p>" + imaging_age();
    return html +
           "<p class=\"notice\"><strong>Research use only.</strong> A computed model of one heart; not a medical "
           "device, not for diagnosis or treatment.</p>";
  }

  std::string imaging_age() const {
    if (!d_.image) return "<p class=\"alert\">No imaging study stands behind this report.</p>";
    const auto& date = d_.image->facts.acquisition_date;
    int days = 0;
    if (date.empty() || !days_between(date, options_.date, days)) {
      return "<p class=\"alert\">The study does not say when it was made: how old the imaging behind this model is, is "
             "unknown.</p>";
    }
    if (days < 0) {
      return fmt::format(
          "<p class=\"alert\">The study is dated {}, after the day of this report: check the clocks.</p>",
          escape(date));
    }
    const std::string text =
        fmt::format("This model is based on imaging from {}, {} day{} ago", escape(date), days, days == 1 ? "" : "s");
    if (days <= options_.stale_after_days) return "<p class=\"notice\">" + text + ".</p>";
    return fmt::format("<p class=\"alert\">{}: more than {} days. The heart may have changed since.</p>", text,
                       options_.stale_after_days);
  }

  std::string summary() const {
    std::string cards;
    if (d_.labels && !d_.labels->phase_times_ms.empty()) {
      const auto volumes = label_volumes_ml(*d_.labels, artifacts::lv_cavity);
      const double edv = volumes.at(static_cast<std::size_t>(d_.labels->end_diastole));
      const double esv = volumes.at(static_cast<std::size_t>(d_.labels->end_systole));
      cards +=
          card("End-diastolic volume, images", number(edv, 3), "ml", reference_text("lv_end_diastolic_volume", "ml"));
      cards +=
          card("End-systolic volume, images", number(esv, 3), "ml", reference_text("lv_end_systolic_volume", "ml"));
      if (const auto fraction = ejection_fraction(*d_.labels))
        cards += card("Ejection fraction, images", number(*fraction, 3), "%", reference_text("ejection_fraction", "%"));
    }
    if (d_.activation && !d_.activation->activation_time_ms.empty()) {
      const auto& t = d_.activation->activation_time_ms;
      cards +=
          card("Last activation", number(*std::max_element(t.begin(), t.end()), 3), "ms", "after the first stimulus");
    }
    if (d_.motion && !d_.motion->lv_volume_ml.empty() && is_heart_beat(*d_.motion)) {
      const auto& p = d_.motion->lv_pressure_kPa;
      if (const auto fraction = ejection_fraction(*d_.motion))
        cards += card("Ejection fraction, model", number(*fraction, 3), "%", reference_text("ejection_fraction", "%"));
      if (const auto* strain = quantity("mechanics", "global_longitudinal_strain"))
        cards +=
            card("Global longitudinal strain, model", number(strain->value, 3), "%", reference_text(strain->name, "%"));
      cards += card("Peak LV pressure, model", number(*std::max_element(p.begin(), p.end()) / core::kPa_per_mmHg, 3),
                    "mmHg", reference_text("peak_pressure", "mmHg"));
    }
    if (d_.flow && !d_.flow->aortic_flow_ml_per_s.empty()) {
      const auto& f = *d_.flow;
      cards +=
          card("Peak aortic flow, model",
               number(*std::max_element(f.aortic_flow_ml_per_s.begin(), f.aortic_flow_ml_per_s.end()), 3), "ml/s", "");
      cards +=
          card("Peak mitral flow, model",
               number(*std::max_element(f.mitral_flow_ml_per_s.begin(), f.mitral_flow_ml_per_s.end()), 3), "ml/s", "");
    }
    std::string html = cards.empty() ? std::string() : "<div class=\"cards\">" + cards + "</div>";

    std::vector<std::string> missing, warnings;
    for (const auto& text : stage_texts) {
      if (!d_.stage(text.name)) missing.emplace_back(text.name);
    }
    for (const auto& s : d_.stages) {
      for (const auto& w : s.warnings) warnings.push_back(s.name + ": " + w);
    }
    for (const auto& w : report_.warnings) warnings.push_back("report: " + w);
    if (!missing.empty()) {
      std::string list;
      for (const auto& m : missing) list += (list.empty() ? "" : ", ") + m;
      html += "<p class=\"notice\">Not part of this report, because they have not been run: " + escape(list) + ".</p>";
    }
    html += warnings.empty() ? std::string("<p>No stage has raised a warning.</p>")
                             : "<h3>Warnings of all stages</h3>" + bullet_list(warnings, "warnings");
    return html;
  }

  const stage::Quantity* quantity(std::string_view stage, std::string_view name) const {
    const auto* record = d_.stage(stage);
    if (!record) return nullptr;
    const auto found = std::ranges::find(record->quantities, name, &stage::Quantity::name);
    return found == record->quantities.end() ? nullptr : &*found;
  }

  static std::string reference_text(std::string_view name, std::string_view unit) {
    const auto* r = reference_for(name, unit);
    return r ? "reference " + std::string(r->text) : std::string();
  }

  Chapter stage_chapter(const StageText& text) {
    const auto* record = d_.stage(text.name);
    if (!record) return {};
    log_.detail("report: {}", text.name);
    const bool loads = text.name == "mechanics" && d_.motion && !is_heart_beat(*d_.motion);
    const std::string_view lead = loads ? "The wall under given loads: no heart beat." : text.lead;
    std::string body = "<p class=\"soft\">" + std::string(lead) + "</p>\n";
    if (text.name == "ingest") body += imaging();
    if (text.name == "segmentation") body += segmentation();
    if (text.name == "meshing" && d_.mesh) body += mesh();
    if (text.name == "electrophysiology" && d_.mesh && d_.activation) body += activation();
    if (text.name == "mechanics" && d_.motion) body += loads ? given_loads(*record) : mechanics(*record);
    if (text.name == "hemodynamics" && d_.flow) body += flow();
    body += figures(*record);
    if (!record->warnings.empty()) body += "<h3>Warnings</h3>" + bullet_list(record->warnings, "warnings");
    if (!record->assumptions.empty()) body += "<h3>Assumptions</h3>" + bullet_list(record->assumptions, "plain");
    if (!record->seconds.empty()) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& [what, s] : record->seconds) rows.push_back({escape(what), number(s, 3) + " s"});
      body += "<details><summary class=\"soft\">Where the time went</summary>" + table({"part", "wall time"}, rows) +
              "</details>";
    }
    return {std::string(text.name), std::string(text.title), std::move(body)};
  }

  static std::string figure_table(const std::vector<stage::Quantity>& quantities) {
    std::vector<std::vector<std::string>> rows;
    bool any_reference = false;
    for (const auto& q : quantities) {
      std::vector<std::string> row{escape(words(q.name)), escape(with_unit(q.value, q.unit)), "", ""};
      if (const auto* r = reference_for(q.name, q.unit)) {
        const double value = in_unit_of(*r, q.value, q.unit);
        const bool outside = value < r->low || value > r->high;
        row[2] = escape(r->text) + (outside ? " <strong>(outside)</strong>" : "");
        row[3] = "<span class=\"soft\">" + escape(r->source) + "</span>";
        any_reference = true;
      }
      rows.push_back(std::move(row));
    }
    std::vector<std::string> header{"figure", "value", "reference", "source"};
    if (!any_reference) {
      header.resize(2);
      for (auto& row : rows) row.resize(2);
    }
    return table(header, rows);
  }

  static std::string figures(const StageRecord& record) {
    if (record.quantities.empty()) return {};
    const std::string content = figure_table(record.quantities);
    if (record.quantities.size() <= 20) return "<h3>Figures</h3>" + content;
    return fmt::format("<h3>Figures</h3><details><summary>All {} figures of this stage</summary>{}</details>",
                       record.quantities.size(), content);
  }

  /// Those of a stage's figures that say most, in this order.
  static std::string key_figures(const StageRecord& record, std::initializer_list<std::string_view> names) {
    std::vector<stage::Quantity> chosen;
    for (const auto name : names)
      for (const auto& q : record.quantities)
        if (q.name == name) chosen.push_back(q);
    return chosen.empty() ? std::string() : "<h3>Key figures</h3>" + figure_table(chosen);
  }

  std::string imaging() {
    std::vector<std::vector<std::string>> rows;
    std::string html;
    if (d_.image) {
      const auto& image = *d_.image;
      const auto& g = image.geometry;
      rows.push_back({"modality", escape(image.facts.modality)});
      rows.push_back({"scanner", escape(image.facts.manufacturer + " " + image.facts.scanner)});
      rows.push_back({"voxels", fmt::format("{} x {} x {}", g.size[0], g.size[1], g.size[2])});
      rows.push_back({"spacing", fmt::format("{} x {} x {} mm", number(g.spacing[0]), number(g.spacing[1]),
                                             number(g.spacing[2]))});
      if (image.facts.slice_thickness_mm > 0)
        rows.push_back({"slice thickness", number(image.facts.slice_thickness_mm) + " mm"});
      rows.push_back({"cardiac phases", std::to_string(image.phases())});
      if (image.cycle_length_ms > 0) rows.push_back({"cycle length", number(image.cycle_length_ms) + " ms"});
      html += "<h3>Study</h3>" + table({}, rows);
      if (!d_.labels) html += montage_figure(nullptr);
    }
    if (d_.clinical) {
      rows.clear();
      const auto add = [&](const char* name, const artifacts::ClinicalValue& v) {
        rows.push_back({name, escape(number(v.value) + " ± " + number(v.uncertainty, 2) + " " + v.unit),
                        escape(v.source), escape(v.time)});
      };
      add("heart rate", d_.clinical->heart_rate);
      add("systolic pressure", d_.clinical->systolic_pressure);
      add("diastolic pressure", d_.clinical->diastolic_pressure);
      html += "<h3>Physiology</h3>" + table({"value", "with one standard deviation", "source", "time"}, rows) +
              bullet_list(d_.clinical->warnings, "warnings");
    }
    return html;
  }

  std::string montage_figure(const artifacts::Labels* labels) {
    const auto& image = *d_.image;
    if (image.phases() == 0 || image.geometry.voxels() == 0) return {};
    MontageRequest request{{0}, options_.montage_columns, 170};
    std::string caption = "Slices of the study.";
    if (labels) {
      request.phases = {labels->end_diastole};
      if (labels->end_systole != labels->end_diastole) request.phases.push_back(labels->end_systole);
      std::erase_if(request.phases, [&](auto p) { return p < 0 || p >= image.phases(); });
      caption = "Slices of the study at end diastole (above) and end systole (below) with the outlines of the labels.";
      if (request.phases.size() < 2) caption = "Slices of the study with the outlines of the labels.";
      if (request.phases.empty()) return {};
    }
    return grid(picture([&] {
      Picture p{"montage", caption, montage(image, labels, request), {}, {}};
      if (labels) {
        p.legend = {{"LV cavity", label_colour(1)}, {"LV wall", label_colour(2)}, {"RV cavity", label_colour(3)}};
      }
      return p;
    }));
  }

  std::string segmentation() {
    if (!d_.labels) return {};
    const auto& labels = *d_.labels;
    std::string html;
    if (d_.image) html += montage_figure(&labels);
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

  std::string mesh() {
    const auto& mesh = *d_.mesh;
    std::string html = picture([&] { return mesh_picture(mesh, view_, options_.picture_height); });
    html += picture([&] { return orifice_picture(mesh, view_, options_.picture_height); });
    html += picture([&] { return fibre_picture(mesh, view_, false, options_.picture_height); });
    html += picture([&] { return fibre_picture(mesh, view_, true, options_.picture_height); });
    html += plot(
        histogram({"Quality of the tetrahedra", "smallest dihedral angle [deg]", "share of cells [%]", {}, true, false},
                  smallest_dihedral_angles(mesh), {}),
        "The gate asks for more than 15 degrees everywhere.");
    return grid(html);
  }

  std::string activation() {
    const auto& mesh = *d_.mesh;
    const auto& times = d_.activation->activation_time_ms;
    if (times.size() != mesh.points.size()) return mismatch("activation");
    std::string html =
        picture([&] { return activation_picture(mesh, *d_.activation, view_, false, options_.picture_height); });
    html += picture([&] { return activation_picture(mesh, *d_.activation, view_, true, options_.picture_height); });
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
    return grid(html) + electrocardiogram() + segment_table();
  }

  std::string electrocardiogram() {
    const auto& a = *d_.activation;
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

  std::string segment_table() const {
    const auto& a = *d_.activation;
    const auto& mesh = *d_.mesh;
    const auto show = [](double v) { return std::isfinite(v) ? number(v, 3) : std::string("-"); };
    const auto mean = [&](const std::vector<double>& values) {  // nothing where no segment has a value
      auto means = values.size() == mesh.points.size() ? segment_means(mesh, values, 0) : std::vector<double>();
      if (std::none_of(means.begin(), means.end(), [](double v) { return std::isfinite(v); })) means.clear();
      return means;
    };
    const auto ranges = segment_ranges(mesh, a.activation_time_ms, 0);
    const auto active = mean(a.activation_time_ms), repolarised = mean(a.repolarisation_time_ms),
               lasted = mean(a.apd_ms);
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

  static constexpr std::string_view fibre_caption =
      ", cut open, with its Green-Lagrange strain along the fibres; the pale shape is the wall as it was meshed.";

  static std::vector<std::string> probe_names(const StageRecord& record) {
    std::vector<std::string> names;  // a probe is three figures: name.x, name.y, name.z
    for (const auto& q : record.quantities)
      if (q.unit == "mm" && q.name.ends_with(".x")) names.push_back(q.name.substr(0, q.name.size() - 2));
    return names;
  }

  /// Whether the motion's frames are of the mesh.
  bool motion_fits() const {
    const auto& m = *d_.motion;
    return d_.mesh && !m.frame_times_ms.empty() && m.displacement.size() == m.frame_times_ms.size() &&
           m.fibre_strain.size() == m.frame_times_ms.size() && m.displacement[0].size() == d_.mesh->points.size();
  }

  std::string given_loads(const StageRecord& record) {
    const auto& m = *d_.motion;
    std::string html = plot(line_plot({"Load", "time [ms]", "pressure [kPa]", {}, true, false},
                                      {{"", m.times_ms, m.lv_pressure_kPa, false, m.times_ms.size() < 10, {}, {}}}),
                            "Pressure on the endocardium.");
    if (std::ranges::any_of(m.lv_volume_ml, [](double v) { return v > 0; }))
      html += plot(line_plot({"Volume", "time [ms]", "volume [ml]", {}, false, false},
                             {{"", m.times_ms, m.lv_volume_ml, false, m.times_ms.size() < 10, {}, {}}}),
                   "Volume behind the endocardium.");
    html += probe_plots(m, probe_names(record));
    if (motion_fits())
      html += picture([&] {
        const std::string when = fmt::format("The wall at {} ms", number(m.frame_times_ms.back()));
        return strain_picture(*d_.mesh, m.displacement.back(), m.fibre_strain.back(),
                              across_motion(view_, m.displacement.back()), "strain_at_the_end", "fibre strain",
                              when + std::string(fibre_caption), options_.picture_height);
      });
    return grid(html) + (d_.mesh && !motion_fits() ? mismatch("wall_motion") : std::string());
  }

  std::string mechanics(const StageRecord& record) {
    const auto& m = *d_.motion;
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
    if (d_.labels && d_.labels->phase_times_ms.size() > 1) {
      volumes.push_back({"images",
                         d_.labels->phase_times_ms,
                         label_volumes_ml(*d_.labels, artifacts::lv_cavity),
                         true,
                         true,
                         {},
                         {}});
    }
    html += plot(line_plot({"LV volume", "time [ms]", "volume [ml]", {}, true, false}, volumes),
                 volumes.size() > 1
                     ? "Volume of the model; the images' volume beside it, in their own time from the R wave."
                     : "Volume of the model over the beat.");
    html += plot(line_plot({"Valve flows", "time [ms]", "flow [ml/s]", {}, false, false},
                           {{"mitral", m.times_ms, m.mitral_flow_ml_per_s, false, false, {}, {}},
                            {"aortic", m.times_ms, m.aortic_flow_ml_per_s, false, false, {}, {}}}),
                 "Flow through the valves of the circulation model.");
    html += probe_plots(m, probe_names(record));
    const std::string key =
        key_figures(record, {"ejection_fraction", "global_longitudinal_strain", "global_circumferential_strain",
                             "global_radial_strain", "wall_thickening", "twist", "torsion", "dyssynchrony_index"});
    if (!motion_fits()) return key + grid(html) + (d_.mesh ? mismatch("wall_motion") : std::string());

    const auto& mesh = *d_.mesh;
    const std::size_t systole = end_systolic_frame(m);
    const std::string when = fmt::format("The wall at end systole ({:.0f} ms)", m.frame_times_ms[systole]);
    html += picture([&] {
      return strain_picture(mesh, m.displacement[systole], m.fibre_strain[systole], view_, "strain_end_systole",
                            "fibre strain", when + std::string(fibre_caption), options_.picture_height);
    });
    const auto& circumferential = m.strain.end_systole.circumferential;
    if (circumferential.size() == mesh.cells.size())
      html += picture([&] {
        return strain_picture(mesh, m.displacement[systole], point_means(mesh, circumferential), view_,
                              "circumferential_strain_end_systole", "circumferential strain",
                              when + ", cut open, with its Green-Lagrange strain around the ventricle.",
                              options_.picture_height);
      });
    Series strain{"median", m.frame_times_ms, {}, false, false, {}, {}};
    for (const auto& frame : m.fibre_strain) {
      const Sample sample = wall_sample(mesh, frame, -1e30);
      strain.y.push_back(quantile(sample, 0.5));
      strain.low.push_back(quantile(sample, 0.1));
      strain.high.push_back(quantile(sample, 0.9));
    }
    html += plot(
        line_plot(
            {"Fibre strain", "time [ms]", "Green-Lagrange strain", {{m.frame_times_ms[systole], "ES"}}, false, false},
            {strain}),
        "Green-Lagrange strain along the fibres, from end diastole: median of the wall, and the band that holds 80 per "
        "cent of it.");
    const std::string strains = grid(strain_plots(m));
    if (!strains.empty())
      return key + grid(html) +
             "<h3>Strain</h3><p class=\"soft\">Relative change of length from end diastole, means of the AHA "
             "segments; twist beside them.</p>" +
             strains + strain_table(m);
    const auto means = segment_means(mesh, m.fibre_strain[systole], -1e30);
    double limit = 0.01;
    for (const double v : means) limit = std::isfinite(v) ? std::max(limit, std::abs(v)) : limit;
    limit = ticks(0, limit, 2).back();
    html += plot(bulls_eye("Fibre strain at end systole", means, {"mean fibre strain", "", -limit, limit, blue_red()}),
                 "Mean of each of the 17 AHA segments.");
    return key + grid(html);
  }

  std::string flow() {
    const auto& f = *d_.flow;
    std::string html;
    html += plot(line_plot({"Flow through the orifices", "time [ms]", "flow [ml/s]", {}, false, false},
                           {{"mitral", f.times_ms, f.mitral_flow_ml_per_s, false, false, {}, {}},
                            {"aortic", f.times_ms, f.aortic_flow_ml_per_s, false, false, {}, {}}}),
                 "Positive into the ventricle (mitral) and out of it (aortic).");
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
                      f.displacement.size() == f.frame_times_ms.size() && f.velocity[0].size() == f.points.size();
    const std::string plots = grid(html);
    if (!fits || !d_.mesh || f.aortic_flow_ml_per_s.empty() || f.mitral_flow_ml_per_s.empty()) return plots;
    const auto peak = [&](const std::vector<double>& trace) {
      const auto step = static_cast<std::size_t>(std::max_element(trace.begin(), trace.end()) - trace.begin());
      return nearest_frame(f.frame_times_ms, f.times_ms[step]);
    };
    const std::size_t ejection = peak(f.aortic_flow_ml_per_s), filling = peak(f.mitral_flow_ml_per_s);
    const auto at = [&](std::size_t frame) {
      return fmt::format(" ({:.0f} ms): speed, and direction in the plane.", f.frame_times_ms[frame]);
    };
    html = picture([&] {
      return velocity_picture(f, ejection, view_, top_speed(f, ejection), "velocity_ejection",
                              "Velocity at peak ejection" + at(ejection), options_.picture_height);
    });
    html += picture([&] {
      return velocity_picture(f, filling, view_, top_speed(f, filling), "velocity_filling",
                              "Velocity at peak filling" + at(filling), options_.picture_height);
    });
    if (f.tawss_Pa.size() == f.points.size()) {
      html += picture([&] { return shear_picture(f, view_, false, options_.picture_height); });
      html += picture([&] { return shear_picture(f, view_, true, options_.picture_height); });
    }
    return grid(html) + plots;
  }

  std::string mismatch(std::string_view artifact) const {
    return fmt::format(
        "<p class=\"alert\">The artifact {} belongs to another mesh than the one of this run: rerun the stage that "
        "writes "
        "it.</p>",
        artifact);
  }

  std::string provenance() const {
    std::vector<std::vector<std::string>> made, hashes;
    for (const auto& s : d_.stages) {
      const auto get = [&](const char* key) {
        const auto found = s.provenance.find(key);
        return found == s.provenance.end() || found->second.empty() ? std::string("not recorded")
                                                                    : escape(found->second);
      };
      made.push_back({escape(s.name), get("created"), get("software_version"), "<code>" + get("git_commit") + "</code>",
                      get("host"), get("ranks"), s.provenance.empty() ? "not recorded" : number(s.wall_s, 3) + " s",
                      s.provenance.empty() ? "not recorded" : number(s.peak_rss_mib, 3) + " MiB"});
      hashes.push_back({escape(s.file.filename().string()), "<code>" + escape(s.sha256) + "</code>",
                        "<code>" + get("config_hash") + "</code>"});
    }
    std::string html =
        table({"stage", "made", "version", "commit", "host", "ranks", "wall time", "peak memory"}, made, "provenance");
    html += "<h3>Checkpoints</h3>" + table({"file", "SHA-256", "SHA-256 of its configuration"}, hashes, "provenance");
    html += "<h3>Audit log</h3>";
    if (d_.audit_head.empty()) return html + "<p>This run has no audit log.</p>";
    return html + fmt::format(
                      "<p>{} records when this report was made; hash of the last one <code>{}</code>. Check with "
                      "<code>cardiotwin audit verify RUN</code>. The software supports 21 CFR Part 11 records.</p>",
                      d_.audit_records, escape(d_.audit_head));
  }

  const Dossier& d_;
  const Options& options_;
  core::Log& log_;
  Viewpoint view_;
  Report report_;
};

}  // namespace

Report compose(const Dossier& dossier, const Options& options, core::Log& log) {
  return Composer(dossier, options, log).compose();
}

}  // namespace cardiotwin::report

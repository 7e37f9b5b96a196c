/// The segmentation stage: image -> labels on the image's grid, and one isotropic end-diastolic anatomy.

#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "anatomy.hpp"
#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/timer.hpp"
#include "cardiotwin/imaging/label_file.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "cardiotwin/segmentation/agreement.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "cleanup.hpp"
#include "confidence.hpp"
#include "model.hpp"
#include "study.hpp"
#include "whole_heart.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Anatomy;
using artifacts::Geometry;
using artifacts::Image;
using artifacts::Labels;
using artifacts::LongAxisViews;
using config::Type;

constexpr const char* short_axis_model = "models/short_axis_cine_mr.h5";
constexpr const char* whole_heart_model = "models/whole_heart_ct.h5";
constexpr const char* manifest = "MANIFEST";  ///< hashes of all shipped models

/// A file of data/: in a folder above the program (source or installation tree), else in the tree it was built from.
std::filesystem::path shipped(const char* name) {
  const auto file = std::filesystem::path("data") / name;
  std::error_code ignored;
  for (auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    for (const char* prefix : {"", "share/cardiotwin"})
      if (auto path = folder / prefix / file; std::filesystem::exists(path, ignored)) return path;
  return std::filesystem::path(CARDIOTWIN_SOURCE_DIR) / file;
}

/// Labels from a file, one volume or one a phase.
Labels given_labels(const std::filesystem::path& path, const Image& image) {
  Labels labels = imaging::read_chamber_labels(path);
  imaging::check_same_grid(path, image.geometry, labels.geometry);
  const std::size_t volumes = labels.phase_times_ms.size();
  if (volumes != 1 && volumes != image.phase_times_ms.size())
    core::fail_input(
        {path.string(), "one label volume, or one for each of " + std::to_string(image.phases()) + " phases",
         std::to_string(volumes) + " volumes", "export the labels of every phase, or of end diastole alone"});
  labels.geometry = image.geometry;
  labels.phase_times_ms = volumes == 1 ? std::vector<double>{image.phase_times_ms[0]} : image.phase_times_ms;
  return labels;
}

artifacts::MeasuredVolumes measured_volumes(const Labels& labels) {
  artifacts::MeasuredVolumes measured{.phase_times_ms = labels.phase_times_ms, .lv_ml = {}};
  for (std::int64_t p = 0; p < std::ssize(labels.phase_times_ms); ++p)
    measured.lv_ml.push_back(volume_ml(labels.geometry, labels.phase(p), artifacts::lv_cavity));
  return measured;
}

std::string figure_name(const char* figure, int label) {
  return std::string(figure) + "." + std::string(artifacts::label_name(label));
}

void report_volumes(const Labels& labels, stage::Findings& findings) {
  const Geometry& g = labels.geometry;
  const bool beats = labels.phase_times_ms.size() > 1;
  for (int label = 1; label < artifacts::label_count; ++label) {
    const double ed = volume_ml(g, labels.phase(labels.end_diastole), label),
                 es = volume_ml(g, labels.phase(labels.end_systole), label);
    if (ed == 0 && es == 0) continue;
    findings.quantity(figure_name("volume", label) + ".ed", ed, "ml");
    if (beats) findings.quantity(figure_name("volume", label) + ".es", es, "ml");
  }
  findings.quantity("end_diastolic_phase", static_cast<double>(labels.end_diastole), "1");
  if (!beats) {
    findings.assumption("only one phase is labelled: it is taken for end diastole, and no ejection fraction is told");
    return;
  }
  findings.quantity("end_systolic_phase", static_cast<double>(labels.end_systole), "1");
  findings.quantity("ejection_fraction", 100 * measured_volumes(labels).ejection_fraction(), "%");
}

/// Dice and Hausdorff-95 against reference labels on the same grid, over the slices that the reference has labelled in
/// that phase.
void report_agreement(const Labels& labels, const Labels& reference, stage::Findings& findings) {
  const Geometry& g = labels.geometry;
  const auto over = [&](std::int64_t phase, const std::string& moment) {
    const std::uint8_t *found = labels.phase(phase), *truth = reference.phase(phase);
    const Slices slices = labelled_slices(g, truth);
    for (int label = 1; label < artifacts::label_count; ++label) {
      if (std::find(truth, truth + g.voxels(), label) == truth + g.voxels()) continue;
      const auto result = agreement(g, found, truth, label, slices);
      findings.quantity(figure_name("dice", label) + moment, result->dice, "1");
      if (result->hausdorff95_mm)
        findings.quantity(figure_name("hausdorff95", label) + moment, *result->hausdorff95_mm, "mm");
    }
  };
  // The reference's own moments: manual contours name their phases, and the network's may differ by one.
  over(reference.end_diastole, "");
  if (reference.end_systole != reference.end_diastole) over(reference.end_systole, ".es");
}

/// What a person has changed: voxels of each label that the given labels have and the earlier ones had not, and the
/// reverse. Labels of one volume alone stand for end diastole.
config::Json changes_since(const Labels& earlier, const Labels& given) {
  const bool one = given.phase_times_ms.size() == 1;
  if (!earlier.geometry.same_as(given.geometry)) return "another grid";
  if (!one && earlier.phase_times_ms.size() != given.phase_times_ms.size()) return "another number of phases";
  const std::uint8_t* before = earlier.phase(one ? earlier.end_diastole : 0);
  std::array<std::int64_t, artifacts::label_count> added{}, removed{};
  for (std::size_t v = 0; v < given.labels.size(); ++v)
    if (before[v] != given.labels[v]) ++added.at(given.labels[v]), ++removed.at(before[v]);
  config::Json changes = config::Json::object();
  for (int label = 1; label < artifacts::label_count; ++label)
    if (const auto l = static_cast<std::size_t>(label); added[l] + removed[l] > 0)
      changes[std::string(artifacts::label_name(label))] = {{"added", added[l]}, {"removed", removed[l]}};
  return changes;
}

/// Rank 0: who labelled, with what file, and what that changed against the labels this run folder had before.
void audit_labels(const std::filesystem::path& path, const Labels& labels, stage::Context& context) {
  config::Json what{{"labels_file", path.filename().string()}, {"sha256", io::sha256_file(path)}, {"source", "given"}};
  try {
    if (context.artifacts.has(Labels::id)) {
      const auto earlier = context.artifacts.read<Labels>();
      what["earlier_source"] = earlier.source;
      what["changed_voxels"] = changes_since(earlier, labels);
    }
  } catch (const core::Error&) {
    what["earlier_source"] = "unreadable";  // no reason to refuse the new labels
  }
  context.audit("segmentation.labels", what);
}

class Segmentation : public stage::Stage {
 public:
  stage::Contract contract() const override {
    return {.name = "segmentation",
            .summary = "labels of heart chambers and wall, and the end-diastolic anatomy",
            .reads = {Image::id},
            .writes = {Labels::id, artifacts::MeasuredVolumes::id, Anatomy::id},
            .reads_if_present = {LongAxisViews::id},
            .serial = true};
  }

  config::Spec parameters() const override {
    return {
        {.key = "model_file",
         .type = Type::path,
         .fallback = "",
         .meaning = "network to run; empty for a shipped one: short-axis cine MR, or whole-heart CT with contrast",
         .exists = config::Exists::file,
         .stand_in = shipped(manifest)},
        {.key = "labels_file",
         .type = Type::path,
         .fallback = "",
         .meaning =
             "labels to use instead of a network (NRRD, NIfTI, or a segmentation checkpoint), on the image's grid",
         .exists = config::Exists::file},
        {.key = "reference_file",
         .type = Type::path,
         .fallback = "",
         .meaning = "labels to compare with (Dice, Hausdorff-95), on the image's grid",
         .exists = config::Exists::file},
        {.key = "test_time_flips",
         .type = Type::boolean,
         .fallback = false,
         .meaning = "average the network over mirrored images: 4 times the work in 2D, up to 8 times in 3D"},
        {.key = "minimum_confidence",
         .fallback = 0.6,
         .unit = "1",
         .range = "[0, 1]",
         .meaning = "mean probability of the chosen labels below which the result is refused"},
        {.key = "isotropic_spacing_mm",
         .fallback = 1.25,
         .unit = "mm",
         .range = "[0.4, 4]",
         .meaning = "voxel size of the anatomy handed to meshing"},
        {.key = "minimum_wall_thickness_mm",
         .fallback = 4.0,
         .unit = "mm",
         .range = "[0, 15]",
         .meaning = "the anatomy's wall is thickened to this where it is thinner or open"},
        {.key = "slice_alignment",
         .fallback = 1.0,
         .unit = "1",
         .range = "[0, 1]",
         .meaning = "part of each slice's breath-hold shift against a smooth long axis that is undone"},
        {.key = "long_axis_views",
         .type = Type::boolean,
         .fallback = true,
         .meaning = "place the basal plane and the apex by the study's long-axis views, where it has them"},
        {.key = "threads",
         .type = Type::integer,
         .fallback = 0,
         .range = "[0, 1024]",
         .meaning = "threads of each rank; 0 for as many as OpenMP offers"},
    };
  }

  stage::Outcome run(stage::Context& context) override {
    const double start = core::wall_seconds();
    if (const auto threads = context.config.integer("threads"); threads > 0)
      omp_set_num_threads(static_cast<int>(threads));
    Image image;
    core::on_root(context.comm, [&] { image = context.artifacts.read<Image>(); });
    Labels labels = find_labels(image, context);
    core::on_root(context.comm, [&] { use_labels(image, std::move(labels), context); });
    context.findings.quantity("seconds", core::wall_seconds() - start, "s");
    return stage::Outcome::complete;
  }

 private:
  /// On rank 0: everything after the labels of the single phases.
  static void use_labels(const Image& image, Labels labels, stage::Context& context) {
    const config::Section& config = context.config;
    const bool whole_heart = is_whole_heart(labels.geometry, labels.phase(0));
    SliceRange range;
    if (whole_heart)
      settle_volume(labels);
    else
      range = settle_beat(labels);
    if (!labels.confidence.empty()) check_confidence(labels, context);
    report_volumes(labels, context.findings);
    if (!whole_heart) context.findings.quantity("slices_used", static_cast<double>(range.size()), "1");
    if (const auto path = config.path("reference_file"); !path.empty()) {
      Labels reference = given_labels(path, image);
      if (reference.phase_times_ms.size() == 1) reference.phase_times_ms = {labels.phase_times_ms[0]};
      find_moments(reference);
      report_agreement(labels, reference, context.findings);
    }
    const auto timer = context.timers.scope("anatomy");
    const Anatomy anatomy =
        whole_heart ? whole_heart_at_end_diastole(labels, context) : end_diastolic_anatomy(labels, range, context);
    context.artifacts.write(labels);
    context.artifacts.write(measured_volumes(labels));
    context.artifacts.write(anatomy);
    context.log.info("end-diastolic volume {:.1f} ml, phase {}; end systole at phase {}",
                     volume_ml(labels.geometry, labels.phase(labels.end_diastole), artifacts::lv_cavity),
                     labels.end_diastole, labels.end_systole);
  }

  /// Collective; image and result are rank 0's.
  static Labels find_labels(const Image& image, stage::Context& context) {
    const config::Section& config = context.config;
    Labels labels;
    if (const auto path = config.path("labels_file"); !path.empty()) {
      context.findings.assumption("labels were given in " + path.filename().string() + " and are used as they are");
      core::on_root(context.comm, [&] {
        labels = given_labels(path, image);
        audit_labels(path, labels, context);
      });
      return labels;
    }
    const auto timer = context.timers.scope("network");
    const auto given = config.path("model_file");
    std::string modality = image.facts.modality;
    context.comm.broadcast(modality);
    Model model;
    core::collectively(context.comm, [&] {
      model = load_model(given.empty() ? shipped(modality == "CT" ? whole_heart_model : short_axis_model) : given);
    });
    context.log.info("network {} ({}), hash {}", model.name, model.modality, model.sha256.substr(0, 12));
    core::Progress progress(context.log, "segmentation", 1);
    labels = predict_study(context.comm, image, model, {config.boolean("test_time_flips"), 8},
                           [&](double done) { progress.update(done); });
    if (!context.comm.is_root()) return labels;
    labels.source = "network " + model.name + " sha256 " + model.sha256;
    if (model.orientation == "short-axis") {
      context.findings.assumption("the slices are short-axis planes of the left ventricle");
      const Vec3& normal = image.geometry.axes[2];
      if (std::max({std::abs(normal[0]), std::abs(normal[1]), std::abs(normal[2])}) > 0.985)
        context.findings.warning("the slices lie along a body axis, within 10 degrees: short-axis planes rarely do");
    }
    for (std::int64_t p = 0; p < image.phases(); ++p) {
      std::uint8_t* phase = labels.labels.data() + p * image.geometry.voxels();
      if (is_whole_heart(image.geometry, phase))
        clean_whole_heart(image.geometry, phase);
      else
        clean_phase(image.geometry, phase);
    }
    return labels;
  }

  static void check_confidence(const Labels& labels, stage::Context& context) {
    const Confidences means = confidences(labels);
    const double confidence = means.heart.mean(), limit = context.config.number("minimum_confidence");
    context.findings.quantity("mean_confidence", confidence, "1");
    if (confidence < limit) {
      char found[64];
      std::snprintf(found, sizeof found, "%.3f", confidence);
      core::fail_input({"segmentation of the study", "a mean confidence of at least " + std::to_string(limit), found,
                        "look at the images; give segmentation.labels_file, or lower segmentation.minimum_confidence "
                        "if the labels are good"});
    }
    if (confidence < 0.8)
      context.findings.warning("the network is unsure of this study: look at the labels before using the results");
    for (int label = 1; label < artifacts::label_count; ++label) {
      const auto l = static_cast<std::size_t>(label);
      if (means.of_label[l].voxels == 0) continue;
      context.findings.quantity(figure_name("confidence", label), means.of_label[l].mean(), "1");
      context.findings.quantity(figure_name("border_confidence", label), means.at_border[l].mean(), "1");
      if (const auto doubt = doubt_about(label, means)) context.findings.warning(*doubt);
    }
  }

  static Anatomy whole_heart_at_end_diastole(const Labels& labels, stage::Context& context) {
    Anatomy anatomy = whole_heart_anatomy(labels.geometry, labels.phase(labels.end_diastole),
                                          context.config.number("isotropic_spacing_mm"));
    anatomy.time_ms = labels.phase_times_ms[static_cast<std::size_t>(labels.end_diastole)];
    return anatomy;
  }

  static LongAxisMarks long_axis_marks(const Labels& labels, const SliceRange& range, stage::Context& context) {
    if (!context.config.boolean("long_axis_views") || !context.artifacts.has(LongAxisViews::id)) return {};
    const auto views = context.artifacts.read<LongAxisViews>();
    LongAxisMarks marks =
        find_marks(views, labels.end_diastole, labels.geometry, labels.phase(labels.end_diastole), range);
    context.findings.quantity("anatomy.long_axis_views", marks.views, "1");
    context.findings.quantity("anatomy.base_marks", static_cast<double>(marks.base.size()), "1");
    return marks;
  }

  static Anatomy end_diastolic_anatomy(const Labels& labels, const SliceRange& range, stage::Context& context) {
    const config::Section& config = context.config;
    const LongAxisMarks marks = long_axis_marks(labels, range, context);
    Anatomy anatomy = build_anatomy(labels.geometry, labels.phase(labels.end_diastole), range,
                                    {config.number("isotropic_spacing_mm"), config.number("minimum_wall_thickness_mm"),
                                     config.number("slice_alignment")},
                                    marks);
    anatomy.time_ms = labels.phase_times_ms[static_cast<std::size_t>(labels.end_diastole)];
    context.findings.quantity("anatomy.lv_cavity_volume", volume_below_base_ml(anatomy, artifacts::lv_cavity), "ml");
    context.findings.quantity("anatomy.lv_wall_volume", volume_below_base_ml(anatomy, artifacts::lv_wall), "ml");
    const double cosine = std::min(1.0, std::abs(dot(anatomy.base_normal, anatomy.geometry.axes[2])));
    context.findings.quantity("anatomy.base_tilt", std::acos(cosine) * 180 / M_PI, "deg");
    if (marks.base.empty()) context.findings.assumption("the basal plane is the face of the most basal slice used");
    if (!marks.apex_mm) context.findings.assumption("the apex below the last slice is closed like an ellipsoid");
    return anatomy;
  }
};

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<Segmentation>(); }

}  // namespace cardiotwin::segmentation

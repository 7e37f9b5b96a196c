/// The segmentation stage: image -> labels on the image's grid, and one isotropic end-diastolic anatomy.

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "anatomy.hpp"
#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/core/error.hpp"
#include "cardiotwin/imaging/label_file.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "cleanup.hpp"
#include "model.hpp"
#include "study.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Anatomy;
using artifacts::Geometry;
using artifacts::Image;
using artifacts::Labels;
using config::Type;

constexpr const char* shipped_model = "data/models/short_axis_cine_mr.h5";

/// The shipped network: in a folder above the program (source or installation tree), else in the tree it was built
/// from.
std::filesystem::path find_shipped_model() {
  std::error_code ignored;
  for (auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    for (const char* prefix : {"", "share/cardiotwin"})
      if (auto path = folder / prefix / shipped_model; std::filesystem::exists(path, ignored)) return path;
  return std::filesystem::path(CARDIOTWIN_SOURCE_DIR) / shipped_model;
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

/// Mean probability of the chosen label over the heart, in all phases.
double mean_confidence(const Labels& labels) {
  double sum = 0, n = 0;
  for (std::size_t v = 0; v < labels.labels.size(); ++v)
    if (labels.labels[v] != artifacts::background) {
      sum += labels.confidence[v];
      n += 1;
    }
  return n > 0 ? sum / n : 0;
}

void report_volumes(const Labels& labels, const SliceRange& range, stage::Findings& findings) {
  const Geometry& g = labels.geometry;
  const std::uint8_t *ed = labels.phase(labels.end_diastole), *es = labels.phase(labels.end_systole);
  const double edv = volume_ml(g, ed, artifacts::lv_cavity), esv = volume_ml(g, es, artifacts::lv_cavity);
  findings.quantity("end_diastolic_volume", edv, "ml");
  findings.quantity("wall_volume", volume_ml(g, ed, artifacts::lv_wall), "ml");
  findings.quantity("rv_end_diastolic_volume", volume_ml(g, ed, artifacts::rv_cavity), "ml");
  findings.quantity("end_diastolic_phase", static_cast<double>(labels.end_diastole), "1");
  findings.quantity("slices_used", static_cast<double>(range.size()), "1");
  if (labels.phase_times_ms.size() < 2) {
    findings.assumption("only one phase is labelled: it is taken for end diastole, and no ejection fraction is told");
    return;
  }
  findings.quantity("end_systolic_volume", esv, "ml");
  findings.quantity("end_systolic_phase", static_cast<double>(labels.end_systole), "1");
  findings.quantity("ejection_fraction", 100 * measured_volumes(labels).ejection_fraction(), "%");
}

/// Dice against reference labels on the same grid, over the slices that the reference has labelled in that phase.
void report_dice(const Labels& labels, const Labels& reference, stage::Findings& findings) {
  const Geometry& g = labels.geometry;
  const std::int64_t pixels = g.size[0] * g.size[1];
  const auto over = [&](std::int64_t phase, const std::string& moment) {
    std::vector<std::uint8_t> found, truth;
    for (std::int64_t k = 0; k < g.size[2]; ++k) {
      const std::uint8_t* slice = reference.phase(phase) + k * pixels;
      if (std::all_of(slice, slice + pixels, [](auto l) { return l == 0; })) continue;
      truth.insert(truth.end(), slice, slice + pixels);
      found.insert(found.end(), labels.phase(phase) + k * pixels, labels.phase(phase) + (k + 1) * pixels);
    }
    for (int label = 1; label < artifacts::label_count; ++label) {
      if (std::ranges::find(truth, label) == truth.end()) continue;
      const auto n = static_cast<std::int64_t>(truth.size());
      findings.quantity("dice." + std::string(artifacts::label_name(label)) + "." + moment,
                        dice(found.data(), truth.data(), n, label), "1");
    }
  };
  // The reference's own moments: manual contours name their phases, and the network's may differ by one.
  over(reference.end_diastole, "end_diastole");
  if (reference.end_systole != reference.end_diastole) over(reference.end_systole, "end_systole");
}

/// The phases in which a reference labels most and least cavity.
void find_moments(Labels& reference) {
  double largest = -1, smallest = INFINITY;
  for (std::size_t p = 0; p < reference.phase_times_ms.size(); ++p) {
    const auto phase = static_cast<std::int64_t>(p);
    const double volume = volume_ml(reference.geometry, reference.phase(phase), artifacts::lv_cavity);
    if (volume <= 0) continue;
    if (volume > largest) {
      largest = volume;
      reference.end_diastole = phase;
    }
    if (volume < smallest) {
      smallest = volume;
      reference.end_systole = phase;
    }
  }
}

class Segmentation : public stage::Stage {
 public:
  stage::Contract contract() const override {
    return {"segmentation",
            "labels of heart chambers and wall, and the end-diastolic anatomy",
            {Image::id},
            {Labels::id, artifacts::MeasuredVolumes::id, Anatomy::id},
            {},
            true};
  }

  config::Spec parameters() const override {
    return {
        {.key = "model_file",
         .type = Type::path,
         .fallback = "",
         .meaning = "network to run; empty for the shipped one for short-axis cine MR",
         .exists = config::Exists::file,
         .stand_in = find_shipped_model()},
        {.key = "labels_file",
         .type = Type::path,
         .fallback = "",
         .meaning =
             "labels to use instead of a network (NRRD, NIfTI, or a segmentation checkpoint), on the image's grid",
         .exists = config::Exists::file},
        {.key = "reference_labels_file",
         .type = Type::path,
         .fallback = "",
         .meaning = "labels to compare with (Dice), on the image's grid",
         .exists = config::Exists::file},
        {.key = "test_time_flips",
         .type = Type::boolean,
         .fallback = false,
         .meaning = "average the network over mirrored images: four times the work"},
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
         .fallback = 0.0,
         .unit = "1",
         .range = "[0, 1]",
         .meaning = "part of each slice's offset from a smooth long axis that is undone (breath-hold shifts)"},
        {.key = "threads",
         .type = Type::integer,
         .fallback = 0,
         .range = "[0, 1024]",
         .meaning = "threads on rank 0; 0 for as many as OpenMP offers"},
    };
  }

  stage::Outcome run(stage::Context& context) override {
    core::on_root(context.comm, [&] { run_on_root(context); });
    return stage::Outcome::complete;
  }

 private:
  static void run_on_root(stage::Context& context) {
    const config::Section& config = context.config;
    if (const auto threads = config.integer("threads"); threads > 0) omp_set_num_threads(static_cast<int>(threads));
    const auto image = context.artifacts.read<Image>();
    Labels labels = find_labels(image, context);
    const SliceRange range = settle_beat(labels);
    if (!labels.confidence.empty()) check_confidence(labels, context);
    report_volumes(labels, range, context.findings);
    if (const auto path = config.path("reference_labels_file"); !path.empty()) {
      Labels reference = given_labels(path, image);
      if (reference.phase_times_ms.size() == 1) reference.phase_times_ms = {labels.phase_times_ms[0]};
      find_moments(reference);
      report_dice(labels, reference, context.findings);
    }
    const auto timer = context.timers.scope("anatomy");
    const Anatomy anatomy = end_diastolic_anatomy(labels, range, context);
    context.artifacts.write(labels);
    context.artifacts.write(measured_volumes(labels));
    context.artifacts.write(anatomy);
    context.log.info("end-diastolic volume {:.1f} ml in {} slices, phase {}; end systole at phase {}",
                     volume_ml(labels.geometry, labels.phase(labels.end_diastole), artifacts::lv_cavity), range.size(),
                     labels.end_diastole, labels.end_systole);
  }

  static Labels find_labels(const Image& image, stage::Context& context) {
    const config::Section& config = context.config;
    if (const auto path = config.path("labels_file"); !path.empty()) {
      context.findings.assumption("labels were given in " + path.filename().string() + " and are used as they are");
      return given_labels(path, image);
    }
    const auto timer = context.timers.scope("network");
    const auto given = config.path("model_file");
    const Model model = load_model(given.empty() ? find_shipped_model() : given);
    context.log.info("network {} ({}), hash {}", model.name, model.modality, model.sha256.substr(0, 12));
    core::Progress progress(context.log, "segmentation", 1);
    Labels labels = predict_study(image, model, {config.boolean("test_time_flips"), 8},
                                  [&](double done) { progress.update(done); });
    labels.source = "network " + model.name + " sha256 " + model.sha256;
    if (model.orientation == "short-axis") {
      context.findings.assumption("the slices are short-axis planes of the left ventricle");
      const Vec3& normal = image.geometry.axes[2];
      if (std::max({std::abs(normal[0]), std::abs(normal[1]), std::abs(normal[2])}) > 0.985)
        context.findings.warning("the slices lie along a body axis, within 10 degrees: short-axis planes rarely do");
    }
    for (std::int64_t p = 0; p < image.phases(); ++p)
      clean_phase(image.geometry, labels.labels.data() + p * image.geometry.voxels());
    return labels;
  }

  static void check_confidence(const Labels& labels, stage::Context& context) {
    const double confidence = mean_confidence(labels), limit = context.config.number("minimum_confidence");
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
  }

  static Anatomy end_diastolic_anatomy(const Labels& labels, const SliceRange& range, stage::Context& context) {
    const config::Section& config = context.config;
    Anatomy anatomy = build_anatomy(labels.geometry, labels.phase(labels.end_diastole), range,
                                    {config.number("isotropic_spacing_mm"), config.number("minimum_wall_thickness_mm"),
                                     config.number("slice_alignment")});
    anatomy.time_ms = labels.phase_times_ms[static_cast<std::size_t>(labels.end_diastole)];
    context.findings.quantity("anatomy.lv_cavity_volume", volume_below_base_ml(anatomy, artifacts::lv_cavity), "ml");
    context.findings.quantity("anatomy.lv_wall_volume", volume_below_base_ml(anatomy, artifacts::lv_wall), "ml");
    context.findings.assumption(
        "the apex below the last slice is closed like an ellipsoid, and the basal plane is the face of the most basal "
        "slice used");
    return anatomy;
  }
};

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<Segmentation>(); }

}  // namespace cardiotwin::segmentation

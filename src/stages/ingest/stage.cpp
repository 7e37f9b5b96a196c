#include <cmath>

#include "cardiotwin/io/sha256.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "dates.hpp"
#include "read_study.hpp"
#include "vitals.hpp"

namespace cardiotwin::ingest {
namespace {

using config::Exists;
using config::Type;

constexpr const char* public_salt = "cardiotwin";

config::Parameter parameter(std::string key, Type type, config::Json fallback, std::string unit, std::string range,
                            std::string meaning) {
  config::Parameter p;
  p.key = std::move(key), p.type = type, p.fallback = std::move(fallback);
  p.unit = std::move(unit), p.range = std::move(range), p.meaning = std::move(meaning);
  return p;
}

class Ingest : public stage::Stage {
 public:
  stage::Contract contract() const override {
    return {.name = "ingest",
            .summary = "reads a DICOM study and vital signs, in patient coordinates and without identity",
            .writes = {artifacts::Image::id, artifacts::LongAxisViews::id, artifacts::ClinicalValues::id},
            .serial = true};
  }

  config::Spec parameters() const override {
    auto folder = parameter("dicom_folder", Type::path, nullptr, "", "",
                            "folder of the study; searched with all folders below it");
    folder.exists = Exists::folder;
    auto modality =
        parameter("modality", Type::text, "MR", "", "", "kind of images that later stages expect; others are refused");
    modality.choices = {"MR", "CT", "any"};
    auto bundle = parameter("fhir_bundle", Type::path, "", "", "", "FHIR R4 bundle with heart rate and blood pressure");
    bundle.exists = Exists::file;
    return {
        folder,
        modality,
        parameter(
            "series", Type::text, "", "", "",
            "series to use: number, part of the description, or end of the UID; \"\" takes the largest cine stack"),
        bundle,
        parameter("heart_rate_per_min", Type::number, 0.0, "1/min", "[0, 220]",
                  "heart rate; 0 takes the record's, then the study's"),
        parameter("systolic_pressure_mmHg", Type::number, 0.0, "mmHg", "[0, 260]",
                  "systolic blood pressure; 0 takes the record's, then 120"),
        parameter("diastolic_pressure_mmHg", Type::number, 0.0, "mmHg", "[0, 160]",
                  "diastolic blood pressure; 0 takes the record's, then 80"),
        parameter("deidentify", Type::boolean, true, "", "", "write a pseudonym in place of the patient identifier"),
        parameter("pseudonym", Type::text, "", "", "",
                  "pseudonym of the patient; \"\" takes a salted hash of the patient identifier"),
        parameter("pseudonym_salt", Type::text, public_salt, "", "",
                  "salt of that hash; with the public default a guessed identifier can be confirmed"),
        parameter("reference_date", Type::text, "", "", "",
                  "date (YYYY-MM-DD) against which the age of imaging and record is judged; \"\" is today"),
        config::integer("threads", 0, "[0, 1024]", "threads that read files on rank 0; 0 for all that it is given"),
        parameter("stale_after_days", Type::number, 180.0, "days", "(0, inf)", "older imaging is flagged"),
        parameter("clock_skew_limit_days", Type::number, 30.0, "days", "(0, inf)",
                  "vital signs further from the imaging are flagged"),
    };
  }

  stage::Outcome run(stage::Context& context) override {
    core::on_root(context.comm, [&] { run_on_root(context); });
    return stage::Outcome::complete;
  }

 private:
  static std::string reference_date(const config::Section& config) {
    const std::string given = config.text("reference_date");
    if (!given.empty() && !seconds_of(given))
      core::fail_configuration({.where = "ingest.reference_date",
                                .expected = "a date such as 2025-03-31",
                                .found = "\"" + given + "\"",
                                .remedy = "write YYYY-MM-DD, or leave it empty for today"});
    return given.empty() ? today() : given;
  }

  static artifacts::StudyFacts facts_of(const FileFacts& file, const config::Section& config, Notes& notes) {
    artifacts::StudyFacts facts{.modality = file.modality,
                                .acquisition_date = iso_date(file.study_date),
                                .manufacturer = file.manufacturer,
                                .scanner = file.scanner,
                                .series_description = file.series_description,
                                .pseudonym = config.text("pseudonym"),
                                .slice_thickness_mm = file.slice_thickness_mm};
    if (facts.acquisition_date.empty())
      notes.warnings.push_back(file.study_date.empty()
                                   ? "the study has no date: its age is not known"
                                   : "the study's date is no day of the calendar: its age is not known");
    if (!config.boolean("deidentify")) {
      facts.pseudonym = file.patient_id;
      notes.warnings.push_back("deidentify is off: the patient identifier stands in the outputs");
    } else if (facts.pseudonym.empty()) {
      const std::string salt = config.text("pseudonym_salt");
      facts.pseudonym = io::sha256(salt + '\0' + file.patient_key).substr(0, 16);
      if (salt == public_salt)
        notes.assumptions.push_back(
            "the pseudonym is a hash with the public salt; set ingest.pseudonym_salt to one of your own");
    }
    return facts;
  }

  static void flag_age(const artifacts::StudyFacts& facts, const std::string& now, double limit_days,
                       stage::Findings& findings, Notes& notes) {
    if (facts.acquisition_date.empty()) return;
    const double days = std::floor((*seconds_of(now) - *seconds_of(facts.acquisition_date)) / seconds_per_day);
    findings.quantity("imaging_age", days, "days");
    if (days < 0)
      notes.warnings.push_back("the imaging of " + facts.acquisition_date + " lies in the future of " + now);
    if (days > limit_days)
      notes.warnings.push_back("the imaging of " + facts.acquisition_date + " is " +
                               std::to_string(static_cast<long>(days)) + " days old; over " +
                               std::to_string(static_cast<long>(limit_days)) + " days a heart may have changed");
  }

  static void run_on_root(stage::Context& context) {
    const auto& config = context.config;
    const std::string now = reference_date(config);
    const int threads = static_cast<int>(config.integer("threads"));
    ReadStudy study = [&] {
      const auto reading = context.timers.scope("reading");
      return read_study(config.path("dicom_folder"),
                        {.modality = config.text("modality"), .series = config.text("series")}, threads);
    }();
    for (const auto& reason : study.skipped) context.log.info("skipped {}", reason);
    context.log.info("{} of {} images: {}", study.images_used, study.images, study.stack);
    Notes& notes = study.notes;
    artifacts::Image& image = study.image;
    image.facts = facts_of(study.facts, config, notes);
    flag_age(image.facts, now, config.number("stale_after_days"), context.findings, notes);

    Record record;
    const auto bundle = config.path("fhir_bundle");
    if (!bundle.empty()) record = read_fhir(bundle, *seconds_of(now));
    auto vitals =
        resolve_vitals({.record = bundle.empty() ? nullptr : &record,
                        .given = {config.number("heart_rate_per_min"), config.number("systolic_pressure_mmHg"),
                                  config.number("diastolic_pressure_mmHg")},
                        .image_cycle_ms = image.cycle_length_ms,
                        .image_date = image.facts.acquisition_date,
                        .skew_limit_days = config.number("clock_skew_limit_days")});
    context.artifacts.write(image);
    context.artifacts.write(study.views);
    context.artifacts.write(vitals.values);
    context.findings.quantity("long_axis_views", static_cast<double>(study.views.views.size()), "1");
    report(context, study, vitals);
  }

  static void report(stage::Context& context, const ReadStudy& study, const Vitals& vitals) {
    const artifacts::Image& image = study.image;
    auto& f = context.findings;
    const auto count = [](auto n) { return static_cast<double>(n); };
    f.quantity("files", count(study.files), "1");
    f.quantity("images_used", count(study.images_used), "1");
    f.quantity("images_left_out", count(study.images - study.images_used), "1");
    f.quantity("columns", count(image.geometry.size[0]), "1");
    f.quantity("rows", count(image.geometry.size[1]), "1");
    f.quantity("slices", count(image.geometry.size[2]), "1");
    f.quantity("phases", count(image.phases()), "1");
    f.quantity("spacing.x", image.geometry.spacing[0], "mm");
    f.quantity("spacing.y", image.geometry.spacing[1], "mm");
    f.quantity("spacing.z", image.geometry.spacing[2], "mm");
    f.quantity("cycle_length", image.cycle_length_ms, "ms");
    f.quantity("heart_rate", vitals.values.heart_rate.value, "1/min");
    f.quantity("systolic_pressure", vitals.values.systolic_pressure.value, "mmHg");
    f.quantity("diastolic_pressure", vitals.values.diastolic_pressure.value, "mmHg");
    if (const double ef = vitals.reported[ejection_fraction]; ef > 0) f.quantity("recorded_ejection_fraction", ef, "%");
    if (const double height = vitals.reported[body_height]; height > 0) f.quantity("height", height, "cm");
    if (const double weight = vitals.reported[body_weight]; weight > 0) f.quantity("weight", weight, "kg");
    for (const auto& list : {&study.notes.warnings, &vitals.values.warnings})
      for (const auto& text : *list) f.warning(text);
    for (const auto& list : {&study.notes.assumptions, &vitals.assumptions})
      for (const auto& text : *list) f.assumption(text);
  }
};

}  // namespace

std::unique_ptr<stage::Stage> make_stage() { return std::make_unique<Ingest>(); }

}  // namespace cardiotwin::ingest

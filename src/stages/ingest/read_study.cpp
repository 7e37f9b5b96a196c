#include "read_study.hpp"

#include "cardiotwin/artifacts/untrusted.hpp"
#include "cardiotwin/sandbox/sandbox.hpp"
#include "views.hpp"
#include "volume.hpp"

namespace cardiotwin::ingest {
namespace {

/// What both sides hand over, in one order for both: `field` puts it or gets it.
template <class Study, class Field>
void each_field(Study& study, const Field& field) {
  field(study.image.geometry);
  field(study.image.phase_times_ms);
  field(study.image.cycle_length_ms);
  field(study.image.voxels);
  auto& facts = study.facts;
  for (auto* text : {&facts.patient_key, &facts.patient_id, &facts.modality, &facts.series_description,
                     &facts.manufacturer, &facts.scanner, &facts.study_date})
    field(*text);
  field(facts.slice_thickness_mm);
  field(study.notes.warnings);
  field(study.notes.assumptions);
  field(study.stack);
  field(study.skipped);
  field(study.files);
  field(study.images);
  field(study.images_used);
}

void read_confined(sandbox::Parcel& request, sandbox::Parcel& answer) {
  const std::filesystem::path folder = request.get<std::string>();
  Selection selection;
  request.get(selection.modality);
  request.get(selection.series);
  const auto threads = request.get<std::int32_t>();
  ReadStudy study;
  const Scan scan = scan_folder(folder, threads);
  for (const auto& [reason, count] : scan.skipped) study.skipped.push_back(std::to_string(count) + " x " + reason);
  const Stack stack = choose_stack(scan, selection, study.notes.warnings);
  study.stack = stack.describe();
  study.image = read_volume(scan, stack, threads, study.notes);
  study.views = read_views(scan, stack, study.notes);
  study.facts = *stack.first().file;
  study.files = static_cast<std::int64_t>(scan.files);
  study.images = std::ssize(scan.frames);
  study.images_used = static_cast<std::int64_t>(stack.frames());
  each_field(study, [&](const auto& value) { answer.put(value); });
  answer.put(static_cast<std::int64_t>(study.views.views.size()));
  for (const auto& view : study.views.views) {
    answer.put(view.geometry);
    answer.put(view.pixels);
  }
}

const sandbox::Job reading_job("read-study", read_confined);

}  // namespace

ReadStudy read_study(const std::filesystem::path& folder, const Selection& selection, int threads) {
  sandbox::Parcel request;
  request.put(folder.string());
  request.put(selection.modality);
  request.put(selection.series);
  request.put(static_cast<std::int32_t>(threads));
  auto answer = reading_job.run(request, "ingest.dicom_folder " + folder.string());
  ReadStudy study;
  each_field(study, [&](auto& value) { answer.get(value); });
  const std::int64_t phases = study.image.phases();
  if (!artifacts::is_filled(study.image.geometry, phases, study.image.voxels.size())) answer.refuse();
  for (auto views = answer.get<std::int64_t>(); views > 0; --views) {
    auto& view = study.views.views.emplace_back();
    answer.get(view.geometry);
    answer.get(view.pixels);
    if (!artifacts::is_filled(view.geometry, phases, view.pixels.size())) answer.refuse();
  }
  return study;
}

}  // namespace cardiotwin::ingest

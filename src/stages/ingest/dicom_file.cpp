#include "dicom_file.hpp"

#include <cmath>

#include "dicom_parser.hpp"

namespace cardiotwin::ingest {
namespace {

constexpr const char* dicomdir_class = "1.2.840.10008.1.3.10";

FileFacts read_facts(const DataSet& d, const std::filesystem::path& path) {
  FileFacts f;
  f.path = path;
  f.patient_id = d.text({0x0010, 0x0020});
  f.patient_key = f.patient_id.empty() ? d.text({0x0010, 0x0010}) : f.patient_id;
  f.study_uid = d.text({0x0020, 0x000d});
  f.series_uid = d.text({0x0020, 0x000e});
  f.instance_uid = d.text({0x0008, 0x0018});
  f.sop_class = d.text({0x0008, 0x0016});
  f.modality = d.text({0x0008, 0x0060});
  f.series_description = d.text({0x0008, 0x103e});
  f.manufacturer = d.text({0x0008, 0x0070});
  f.scanner = d.text({0x0008, 0x1090});
  f.study_date = d.text({0x0008, 0x0022});
  if (f.study_date.empty()) f.study_date = d.text({0x0008, 0x0020});
  f.series_number = d.integer({0x0020, 0x0011});
  f.instance_number = d.integer({0x0020, 0x0013});
  f.columns = d.unsigned_short({0x0028, 0x0011});
  f.rows = d.unsigned_short({0x0028, 0x0010});
  f.frames = d.integer({0x0028, 0x0008}, 1);
  f.samples_per_pixel = d.unsigned_short({0x0028, 0x0002}, 1);
  f.photometric = d.text({0x0028, 0x0004});
  f.slice_thickness_mm = d.decimal({0x0018, 0x0050}).value_or(0);
  f.gantry_tilt_deg = d.decimal({0x0018, 0x1120}).value_or(0);
  f.nominal_interval_ms = d.decimal({0x0018, 0x1062}).value_or(0);
  f.heart_rate_per_min = d.decimal({0x0018, 0x1088}).value_or(0);
  return f;
}

std::string image_kind(const DataSet& data, Tag tag) {
  const auto parts = data.texts(tag);
  return parts.size() > 2 ? parts[2] : "";
}

/// Position, orientation and pixel spacing into `frame`; false when one is missing or makes no sense.
bool place(Frame& frame, const std::vector<double>& position, const std::vector<double>& orientation,
           const std::vector<double>& spacing) {
  if (position.size() != 3 || orientation.size() != 6 || spacing.size() != 2) return false;
  frame.position = {position[0], position[1], position[2]};
  frame.row = {orientation[0], orientation[1], orientation[2]};
  frame.column = {orientation[3], orientation[4], orientation[5]};
  frame.spacing_column_mm = spacing[0], frame.spacing_row_mm = spacing[1];
  const bool unit = std::abs(core::norm(frame.row) - 1) < 1e-2 && std::abs(core::norm(frame.column) - 1) < 1e-2;
  const bool right_angle = std::abs(core::dot(frame.row, frame.column)) < 1e-2;
  if (!unit || !right_angle || !(spacing[0] > 0) || !(spacing[1] > 0)) return false;
  frame.row = core::normalised(frame.row);
  frame.column = core::normalised(frame.column - core::dot(frame.column, frame.row) * frame.row);
  return true;
}

bool read_classic(const DataSet& d, Frame& frame) {
  frame.trigger_ms = d.decimal({0x0018, 0x1060});
  frame.slope = d.decimal({0x0028, 0x1053}).value_or(1);
  frame.intercept = d.decimal({0x0028, 0x1052}).value_or(0);
  frame.kind = image_kind(d, {0x0008, 0x0008});
  return place(frame, d.decimals({0x0020, 0x0032}), d.decimals({0x0020, 0x0037}), d.decimals({0x0028, 0x0030}));
}

/// Enhanced objects keep what differs between frames in per-frame functional groups, and what does not in shared ones.
class FunctionalGroups {
 public:
  FunctionalGroups(const DataSet& data, std::size_t frame)
      : per_frame_(data.item({0x5200, 0x9230}, frame)), shared_(data.item({0x5200, 0x9229}, 0)) {}
  /// The macro's item for this frame, or an empty data set.
  DataSet macro(Tag tag) const {
    for (const auto* group : {&per_frame_, &shared_})
      if (*group)
        if (auto item = (*group)->item(tag, 0)) return std::move(*item);
    return {};
  }

 private:
  std::optional<DataSet> per_frame_, shared_;
};

bool read_enhanced(const DataSet& d, Frame& frame, FileFacts& facts) {
  const FunctionalGroups groups(d, static_cast<std::size_t>(frame.number));
  const DataSet measures = groups.macro({0x0028, 0x9110}), gating = groups.macro({0x0018, 0x9118});
  const DataSet rescale = groups.macro({0x0028, 0x9145}), type = groups.macro({0x0018, 0x9226});
  frame.trigger_ms = gating.real({0x0020, 0x9153});
  frame.slope = rescale.decimal({0x0028, 0x1053}).value_or(1);
  frame.intercept = rescale.decimal({0x0028, 0x1052}).value_or(0);
  frame.kind = image_kind(type, {0x0008, 0x9007});
  if (facts.nominal_interval_ms <= 0) facts.nominal_interval_ms = gating.real({0x0020, 0x9251}).value_or(0);
  if (facts.slice_thickness_mm <= 0) facts.slice_thickness_mm = measures.decimal({0x0018, 0x0050}).value_or(0);
  return place(frame, groups.macro({0x0020, 0x9113}).decimals({0x0020, 0x0032}),
               groups.macro({0x0020, 0x9116}).decimals({0x0020, 0x0037}), measures.decimals({0x0028, 0x0030}));
}

DicomFile without_image(FileKind kind, std::shared_ptr<FileFacts> facts, std::string problem) {
  return {.kind = kind, .facts = std::move(facts), .frames = {}, .problem = std::move(problem)};
}

}  // namespace

DicomFile read_header(const std::filesystem::path& path) {
  const MappedFile file(path);
  const Parsed parsed = parse(file.bytes());
  if (!parsed.is_dicom) return without_image(FileKind::foreign, nullptr, "not a DICOM file");
  auto facts = std::make_shared<FileFacts>(read_facts(parsed.data, path));
  if (parsed.transfer_syntax == "1.2.840.10008.1.2.1.99")
    return without_image(FileKind::other_dicom, facts, "a deflated DICOM file, which is not supported");
  const bool image = facts->rows > 0 && facts->columns > 0 && facts->sop_class != dicomdir_class;
  if (!parsed.complete) return without_image(FileKind::damaged, facts, "the file is truncated or damaged");
  if (!image || !parsed.data.find(pixel_data))
    return without_image(
        FileKind::other_dicom, facts,
        "a DICOM file without an image" + (facts->modality.empty() ? "" : " (" + facts->modality + ")"));
  const bool enhanced = parsed.data.find({0x5200, 0x9230}) && parsed.data.decimals({0x0020, 0x0032}).empty();
  if (!enhanced && facts->frames != 1)
    return without_image(FileKind::unplaced, facts, "a multi-frame image without per-frame geometry");
  DicomFile result{.kind = FileKind::image, .facts = facts, .frames = {}, .problem = {}};
  for (int n = 0; n < facts->frames; ++n) {
    Frame frame;
    frame.file = facts, frame.number = n;
    if (!(enhanced ? read_enhanced(parsed.data, frame, *facts) : read_classic(parsed.data, frame)))
      return without_image(FileKind::unplaced, facts,
                           "an image without a usable position, orientation or pixel spacing");
    result.frames.push_back(std::move(frame));
  }
  return result;
}

}  // namespace cardiotwin::ingest

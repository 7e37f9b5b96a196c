#include "dicom_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "dicom_parser.hpp"

namespace cardiotwin::ingest {
namespace {

constexpr const char* dicomdir_class = "1.2.840.10008.1.3.10";
/// A matrix must have something between its pixels; no scanner makes more than 4096.
constexpr int smallest_matrix = 2, largest_matrix = 8192;
/// Further than any patient from any scanner [mm]; pixels no smaller than a micrometre.
constexpr double furthest_mm = 1e6, smallest_pixel_mm = 1e-3, largest_pixel_mm = 1e3;
/// A trigger time beyond this is no time within a beat [ms].
constexpr double latest_trigger_ms = 1e6;
/// Rescaled values must stay within single precision.
constexpr double largest_rescale = 1e12;

FileFacts read_facts(const DataSet& d, const std::filesystem::path& path) {
  FileFacts f;
  f.path = path;
  f.patient_id = d.text({0x0010, 0x0020});
  f.patient_key = f.patient_id.empty() ? d.text({0x0010, 0x0010}) : f.patient_id;
  f.study_uid = d.text({0x0020, 0x000d});
  f.series_uid = d.text({0x0020, 0x000e});
  f.instance_uid = d.text({0x0008, 0x0018});
  f.frame_of_reference_uid = d.text({0x0020, 0x0052});
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
  f.packing.allocated = d.unsigned_short({0x0028, 0x0100}, 16);
  f.packing.stored = d.unsigned_short({0x0028, 0x0101}, f.packing.allocated);
  f.packing.highest = d.unsigned_short({0x0028, 0x0102}, f.packing.stored - 1);
  f.packing.is_signed = d.unsigned_short({0x0028, 0x0103}) == 1;
  f.slice_thickness_mm = d.decimal({0x0018, 0x0050}).value_or(0);
  f.gantry_tilt_deg = d.decimal({0x0018, 0x1120}).value_or(0);
  f.nominal_interval_ms = d.decimal({0x0018, 0x1062}).value_or(0);
  f.heart_rate_per_min = d.decimal({0x0018, 0x1088}).value_or(0);
  return f;
}

/// Values of Image Type or Frame Type from the third on, which say what is shown.
std::string contrast(const DataSet& data, Tag tag) {
  const auto parts = data.texts(tag);
  std::string text;
  for (std::size_t n = 2; n < parts.size(); ++n) text += '/' + parts[n];
  return text;
}

bool within(std::span<const double> values, double low, double high) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v >= low && v <= high; });
}

std::optional<double> moment(std::optional<double> ms) {
  return ms && std::abs(*ms) < latest_trigger_ms ? ms : std::nullopt;
}

/// Position, orientation and pixel spacing into `frame`; false when one is missing or makes no sense.
bool place(Frame& frame, const std::vector<double>& position, const std::vector<double>& orientation,
           const std::vector<double>& spacing) {
  if (position.size() != 3 || orientation.size() != 6 || spacing.size() != 2) return false;
  if (!within(position, -furthest_mm, furthest_mm) || !within(orientation, -1.1, 1.1) ||
      !within(spacing, smallest_pixel_mm, largest_pixel_mm))
    return false;
  frame.position = {position[0], position[1], position[2]};
  frame.row = {orientation[0], orientation[1], orientation[2]};
  frame.column = {orientation[3], orientation[4], orientation[5]};
  frame.spacing_column_mm = spacing[0], frame.spacing_row_mm = spacing[1];
  const bool unit = std::abs(core::norm(frame.row) - 1) < 1e-2 && std::abs(core::norm(frame.column) - 1) < 1e-2;
  const bool right_angle = std::abs(core::dot(frame.row, frame.column)) < 1e-2;
  if (!unit || !right_angle) return false;
  frame.row = core::normalised(frame.row);
  frame.column = core::normalised(frame.column - core::dot(frame.column, frame.row) * frame.row);
  return true;
}

/// Slope and intercept of `d` into `frame`; false when they are there and make no sense.
bool rescale(const DataSet& d, Frame& frame) {
  constexpr Tag slope{0x0028, 0x1053}, intercept{0x0028, 0x1052};
  const auto unreadable = [&](Tag tag) { return !d.text(tag).empty() && !d.decimal(tag); };
  if (unreadable(slope) || unreadable(intercept)) return false;
  frame.slope = d.decimal(slope).value_or(1);
  frame.intercept = d.decimal(intercept).value_or(0);
  return frame.slope != 0 && within(std::array{frame.slope, frame.intercept}, -largest_rescale, largest_rescale);
}

constexpr const char* not_placed = "an image without a usable position, orientation or pixel spacing";
constexpr const char* not_rescaled = "an image whose rescale slope or intercept makes no sense";

/// Why the frame cannot be used; empty when it can.
std::string read_classic(const DataSet& d, Frame& frame) {
  frame.trigger_ms = moment(d.decimal({0x0018, 0x1060}));
  frame.kind = contrast(d, {0x0008, 0x0008}) + '/' + d.text({0x0018, 0x0086}) + '/' + d.text({0x0018, 0x1210});
  if (!place(frame, d.decimals({0x0020, 0x0032}), d.decimals({0x0020, 0x0037}), d.decimals({0x0028, 0x0030})))
    return not_placed;
  return rescale(d, frame) ? "" : not_rescaled;
}

/// Enhanced objects keep what differs between frames in per-frame functional groups, and what does not in shared ones.
struct FunctionalGroups {
  std::vector<DataSet> per_frame, shared;
  explicit FunctionalGroups(const DataSet& data)
      : per_frame(data.items({0x5200, 0x9230})), shared(data.items({0x5200, 0x9229}, 1)) {}
  /// The macro's item for this frame, or an empty data set.
  DataSet macro(std::size_t frame, Tag tag) const {
    for (const auto* group : {&per_frame[frame], shared.empty() ? nullptr : &shared[0]})
      if (group)
        if (auto items = group->items(tag, 1); !items.empty()) return std::move(items[0]);
    return {};
  }
};

std::string read_enhanced(const FunctionalGroups& groups, Frame& frame, FileFacts& facts) {
  const auto macro = [&](Tag tag) { return groups.macro(static_cast<std::size_t>(frame.number), tag); };
  const DataSet measures = macro({0x0028, 0x9110}), gating = macro({0x0018, 0x9118});
  frame.trigger_ms = moment(gating.real({0x0020, 0x9153}));
  frame.kind = contrast(macro({0x0018, 0x9226}), {0x0008, 0x9007});
  if (facts.nominal_interval_ms <= 0) facts.nominal_interval_ms = gating.real({0x0020, 0x9251}).value_or(0);
  if (facts.slice_thickness_mm <= 0) facts.slice_thickness_mm = measures.decimal({0x0018, 0x0050}).value_or(0);
  if (!place(frame, macro({0x0020, 0x9113}).decimals({0x0020, 0x0032}),
             macro({0x0020, 0x9116}).decimals({0x0020, 0x0037}), measures.decimals({0x0028, 0x0030})))
    return not_placed;
  return rescale(macro({0x0028, 0x9145}), frame) ? "" : not_rescaled;
}

/// Why the pixels are no plain grey values; empty when they are.
std::string not_grey(const DataSet& d, const FileFacts& f) {
  const std::string photometric = d.text({0x0028, 0x0004});
  const bool grey = photometric.empty() || photometric == "MONOCHROME1" || photometric == "MONOCHROME2";
  if (!grey || d.unsigned_short({0x0028, 0x0002}, 1) != 1) return "a colour image (" + photometric + ")";
  if (std::min(f.rows, f.columns) < smallest_matrix || std::max(f.rows, f.columns) > largest_matrix)
    return "an image of " + std::to_string(f.columns) + " x " + std::to_string(f.rows) + " pixels";
  const Packing& p = f.packing;
  const bool known = p.allocated == 8 || p.allocated == 16 || p.allocated == 32;
  if (!known || p.stored < 1 || p.highest >= p.allocated || p.highest + 1 < p.stored)
    return "an image whose pixels have " + std::to_string(p.stored) + " bits, up to bit " + std::to_string(p.highest) +
           ", in " + std::to_string(p.allocated);
  if (d.find({0x0028, 0x3000})) return "an image whose values follow from a table (Modality LUT Sequence)";
  return "";
}

/// Frames of an image in the order of the file, or why it cannot be used.
std::string read_frames(const DataSet& d, const std::shared_ptr<FileFacts>& facts, std::vector<Frame>& frames) {
  const bool enhanced = d.find({0x5200, 0x9230}) && d.decimals({0x0020, 0x0032}).empty();
  if (!enhanced && facts->frames != 1) return "a multi-frame image without per-frame geometry";
  const FunctionalGroups groups(d);
  if (enhanced && (facts->frames < 1 || groups.per_frame.size() != static_cast<std::size_t>(facts->frames)))
    return "a multi-frame image of " + std::to_string(facts->frames) + " frames with the geometry of " +
           std::to_string(groups.per_frame.size());
  for (int n = 0; n < facts->frames; ++n) {
    Frame frame;
    frame.file = facts, frame.number = n;
    const std::string problem = enhanced ? read_enhanced(groups, frame, *facts) : read_classic(d, frame);
    if (!problem.empty()) return problem;
    frames.push_back(std::move(frame));
  }
  return "";
}

}  // namespace

DicomFile interpret(std::span<const std::uint8_t> bytes, const std::filesystem::path& path) {
  const auto result = [&](FileKind kind, std::shared_ptr<const FileFacts> facts, std::string problem) {
    return DicomFile{
        .kind = kind, .path = path, .facts = std::move(facts), .frames = {}, .problem = std::move(problem)};
  };
  const Parsed parsed = parse(bytes);
  const DataSet& d = parsed.data;
  if (!parsed.is_dicom) return result(FileKind::foreign, nullptr, bytes.empty() ? "an empty file" : "not a DICOM file");
  if (parsed.media_class == dicomdir_class)
    return result(FileKind::other_dicom, nullptr, "an index of DICOM files (DICOMDIR)");
  const auto facts = std::make_shared<FileFacts>(read_facts(d, path));
  facts->transfer_syntax = parsed.transfer_syntax;
  if (!parsed.complete) return result(FileKind::damaged, facts, parsed.problem);
  if (facts->rows <= 0 || facts->columns <= 0 || !d.find(pixel_data))
    return result(FileKind::other_dicom, facts,
                  "a DICOM file without an image" + (facts->modality.empty() ? "" : " (" + facts->modality + ")"));
  if (std::string problem = not_grey(d, *facts); !problem.empty())
    return result(FileKind::not_grey, facts, std::move(problem));
  DicomFile file = result(FileKind::image, facts, "");
  file.problem = read_frames(d, facts, file.frames);
  if (!file.problem.empty()) file.kind = FileKind::unplaced, file.frames.clear();
  return file;
}

DicomFile read_header(const std::filesystem::path& path) {
  const MappedFile file(path);
  if (!file.problem().empty())
    return {.kind = FileKind::damaged,
            .path = path,
            .facts = nullptr,
            .frames = {},
            .problem = "the file cannot be opened: " + file.problem()};
  return interpret(file.bytes(), path);
}

}  // namespace cardiotwin::ingest

#pragma once
/// Codestreams of one grey frame, decoded. A picture that its decoder has doubts about is no picture: warnings of a
/// decoder count as errors.

#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "dicom_file.hpp"

namespace cardiotwin::ingest {

/// Why a codestream was not decoded, as the end of a sentence.
class Undecodable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the DICOM header says of the frame.
struct FrameShape {
  int columns = 0, rows = 0;
  Packing packing;
  std::size_t pixels() const { return static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows); }
};

/// The bits of each pixel, row by row, not yet masked or sign-extended.
using StoredBits = std::vector<std::uint32_t>;

/// RLE (PS3.5 G). Throws Undecodable, as all of these.
StoredBits decode_rle(std::span<const std::uint8_t> stream, const FrameShape& shape);
/// JPEG baseline, extended and lossless (ITU-T T.81), by DCMTK.
StoredBits decode_jpeg(std::span<const std::uint8_t> stream, const FrameShape& shape);
/// JPEG-LS (ITU-T T.87), by DCMTK.
StoredBits decode_jpeg_ls(std::span<const std::uint8_t> stream, const FrameShape& shape);
/// JPEG 2000 (ITU-T T.800), by OpenJPEG. `shape.packing` becomes that of the codestream: its precision counts.
StoredBits decode_jpeg_2000(std::span<const std::uint8_t> stream, FrameShape& shape);

}  // namespace cardiotwin::ingest

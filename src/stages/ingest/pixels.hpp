#pragma once
/// Pixels of a DICOM file, without rescale.

#include "cardiotwin/sandbox/whereabouts.hpp"
#include "decoders.hpp"
#include "dicom_parser.hpp"
#include "transfer_syntax.hpp"

namespace cardiotwin::ingest {

/// Pixels of one file, decoded frame by frame. `name` stands in messages.
class PixelFile {
 public:
  /// Throws core::Error (input) when the file has changed since its header was read, has fewer pixels than it
  /// promises, or is compressed in a way that is not known.
  PixelFile(const FileFacts& facts, std::string name);
  /// Stored values of frame `n`, row by row. Throws core::Error (input) when it cannot be decoded.
  std::vector<float> frame(int n) const;

 private:
  StoredBits bits(std::size_t n, FrameShape& shape) const;
  [[noreturn]] void refuse(const std::string& found) const;

  std::string name_;
  sandbox::Whereabouts here_;
  FrameShape shape_;
  MappedFile file_;
  Parsed parsed_;
  const Element* pixels_ = nullptr;
  syntax::Coding coding_ = syntax::Coding::none;
  std::vector<std::vector<std::uint8_t>> streams_;  ///< of compressed pixels
};

/// All frames of a file, one after the other.
std::vector<float> read_pixels(const FileFacts& facts, const std::string& name);

}  // namespace cardiotwin::ingest

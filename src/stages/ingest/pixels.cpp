#include "pixels.hpp"

#include "cardiotwin/core/error.hpp"
#include "codestreams.hpp"

namespace cardiotwin::ingest {
namespace {

StoredBits unpack(Bytes bytes, int allocated, bool big_endian) {
  const auto width = static_cast<std::size_t>(allocated / 8);
  StoredBits bits(bytes.size() / width);
  for (std::size_t n = 0; n < bits.size(); ++n)
    for (std::size_t b = 0; b < width; ++b)
      bits[n] = bits[n] << 8 | bytes[n * width + (big_endian ? b : width - 1 - b)];
  return bits;
}

/// Bits above the stored ones may hold anything (old overlays); signed values are extended from the highest stored bit.
std::vector<float> values_of(const StoredBits& bits, const Packing& p) {
  std::vector<float> values(bits.size());
  const int up = 63 - p.highest, down = 64 - p.stored;
  for (std::size_t n = 0; n < bits.size(); ++n) {
    const std::uint64_t top = std::uint64_t{bits[n]} << up;
    values[n] =
        p.is_signed ? static_cast<float>(static_cast<std::int64_t>(top) >> down) : static_cast<float>(top >> down);
  }
  return values;
}

}  // namespace

PixelFile::PixelFile(const FileFacts& facts, std::string name)
    : name_(std::move(name)),
      here_(name_),
      shape_{facts.columns, facts.rows, facts.packing},
      file_(facts.path),
      parsed_(parse(file_.bytes())) {
  pixels_ = parsed_.complete ? parsed_.data.find(pixel_data) : nullptr;
  if (!pixels_ || parsed_.transfer_syntax != facts.transfer_syntax)
    refuse("a file that changed, or ends early, since its header was read");
  coding_ = syntax::coding_of(parsed_.transfer_syntax, pixels_->undefined_length);
  if (coding_ == syntax::Coding::unknown)
    refuse("pixels compressed by a method that is not known here (transfer syntax " + parsed_.transfer_syntax + ")");
  if (coding_ == syntax::Coding::none) {
    const std::size_t expected = shape_.pixels() * static_cast<std::size_t>(facts.frames) *
                                 static_cast<std::size_t>(shape_.packing.allocated / 8);
    const std::size_t there = pixels_->value.size(), frame = expected / static_cast<std::size_t>(facts.frames);
    if (there < expected || there >= expected + frame)  // padding is less than a frame
      refuse(std::to_string(pixels_->value.size()) + " bytes of pixels where the header promises " +
             std::to_string(expected));
  } else if (streams_ = codestreams(*pixels_, facts.frames); streams_.empty()) {
    refuse("compressed pixels whose fragments do not make " + std::to_string(facts.frames) + " frames");
  }
}

StoredBits PixelFile::bits(std::size_t n, FrameShape& shape) const {
  const std::size_t size = shape.pixels() * static_cast<std::size_t>(shape.packing.allocated / 8);
  switch (coding_) {
    case syntax::Coding::rle:
      return decode_rle(streams_[n], shape);
    case syntax::Coding::jpeg:
      return decode_jpeg(streams_[n], shape);
    case syntax::Coding::jpeg_ls:
      return decode_jpeg_ls(streams_[n], shape);
    case syntax::Coding::jpeg_2000:
      return decode_jpeg_2000(streams_[n], shape);
    default:
      return unpack(pixels_->value.subspan(n * size, size), shape.packing.allocated, pixels_->encoding.big_endian);
  }
}

std::vector<float> PixelFile::frame(int n) const {
  try {
    FrameShape shape = shape_;
    const StoredBits stored = bits(static_cast<std::size_t>(n), shape);
    return values_of(stored, shape.packing);
  } catch (const Undecodable& problem) {
    refuse(problem.what());
  }
}

void PixelFile::refuse(const std::string& found) const {
  core::fail_input({.where = name_,
                    .expected = "a complete greyscale DICOM image",
                    .found = found,
                    .remedy = "export this file from the archive again; an incomplete stack is not used"});
}

std::vector<float> read_pixels(const FileFacts& facts, const std::string& name) {
  const PixelFile file(facts, name);
  std::vector<float> values;
  for (int n = 0; n < facts.frames; ++n) {
    const auto frame = file.frame(n);
    values.insert(values.end(), frame.begin(), frame.end());
  }
  return values;
}

}  // namespace cardiotwin::ingest

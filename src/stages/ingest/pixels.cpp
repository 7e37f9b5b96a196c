#include "pixels.hpp"

#include <gdcmImageReader.h>
#include <gdcmTrace.h>

#include <algorithm>

#include "cardiotwin/core/error.hpp"
#include "dicom_parser.hpp"

namespace cardiotwin::ingest {
namespace {

/// How the whole numbers of a pixel are packed.
struct Packing {
  int allocated = 16, stored = 16, highest = 15;
  bool is_signed = false, big_endian = false;
};

[[noreturn]] void refuse(const std::string& name, const std::string& found) {
  core::fail_input({.where = name,
                    .expected = "a complete greyscale DICOM image",
                    .found = found,
                    .remedy = "export this file from the archive again; an incomplete stack is not used"});
}

/// Bits above the stored ones may hold anything (old overlays); signed values are extended from the highest stored bit.
std::vector<float> unpack(std::span<const std::uint8_t> bytes, const Packing& p) {
  const auto width = static_cast<std::size_t>(p.allocated / 8);
  std::vector<float> values(bytes.size() / width);
  for (std::size_t n = 0; n < values.size(); ++n) {
    std::uint64_t raw = 0;
    for (std::size_t b = 0; b < width; ++b) raw = raw << 8 | bytes[n * width + (p.big_endian ? b : width - 1 - b)];
    const std::uint64_t up = raw << (63 - p.highest);
    const int shift = 64 - p.stored;
    values[n] =
        p.is_signed ? static_cast<float>(static_cast<std::int64_t>(up) >> shift) : static_cast<float>(up >> shift);
  }
  return values;
}

/// Compressed pixels, decoded; the packing is that of the decoder's output.
std::vector<std::uint8_t> decode(const FileFacts& file, const std::string& name, Packing& packing) {
  gdcm::Trace::DebugOff(), gdcm::Trace::WarningOff(), gdcm::Trace::ErrorOff();
  try {
    gdcm::ImageReader reader;
    reader.SetFileName(file.path.c_str());
    if (!reader.Read()) refuse(name, "compressed pixels that cannot be decoded");
    const gdcm::Image& image = reader.GetImage();
    const gdcm::PixelFormat& format = image.GetPixelFormat();
    packing = {.allocated = format.GetBitsAllocated(),
               .stored = format.GetBitsStored(),
               .highest = format.GetHighBit(),
               .is_signed = format.GetPixelRepresentation() == 1,
               .big_endian = false};
    std::vector<std::uint8_t> bytes(image.GetBufferLength());
    if (!image.GetBuffer(reinterpret_cast<char*>(bytes.data())))
      refuse(name, "compressed pixels that cannot be decoded");
    return bytes;
  } catch (const core::Error&) {
    throw;
  } catch (const std::exception&) {
    refuse(name, "compressed pixels that cannot be decoded");
  }
}

}  // namespace

std::vector<float> read_pixels(const FileFacts& file, const std::string& name) {
  if (file.samples_per_pixel != 1) refuse(name, "a colour image (" + file.photometric + ")");
  const MappedFile mapped(file.path);
  const Parsed parsed = parse(mapped.bytes());
  const Element* const element = parsed.complete ? parsed.data.find(pixel_data) : nullptr;
  if (!element) refuse(name, "a file that changed, or ends early, since its header was read");
  const int allocated = parsed.data.unsigned_short({0x0028, 0x0100}, 16);
  const int stored = parsed.data.unsigned_short({0x0028, 0x0101}, allocated);
  Packing packing{.allocated = allocated,
                  .stored = stored,
                  .highest = parsed.data.unsigned_short({0x0028, 0x0102}, stored - 1),
                  .is_signed = parsed.data.unsigned_short({0x0028, 0x0103}) == 1,
                  .big_endian = element->encoding.big_endian};
  std::vector<std::uint8_t> decoded;
  std::span<const std::uint8_t> bytes = element->value;
  if (element->undefined_length) bytes = decoded = decode(file, name, packing);
  const bool known = packing.allocated == 8 || packing.allocated == 16 || packing.allocated == 32;
  if (!known || packing.stored < 1 || packing.highest >= packing.allocated || packing.highest + 1 < packing.stored)
    refuse(name, "pixels of " + std::to_string(packing.stored) + " in " + std::to_string(packing.allocated) + " bits");
  const std::size_t expected = static_cast<std::size_t>(file.columns) * static_cast<std::size_t>(file.rows) *
                               static_cast<std::size_t>(file.frames) * static_cast<std::size_t>(packing.allocated / 8);
  if (bytes.size() < expected)
    refuse(name,
           std::to_string(bytes.size()) + " bytes of pixels where the header promises " + std::to_string(expected));
  return unpack(bytes.first(expected), packing);
}

}  // namespace cardiotwin::ingest

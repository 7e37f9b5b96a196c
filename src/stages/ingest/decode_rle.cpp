/// RLE (PS3.5 G): a header of 16 numbers (segments, and where each begins), then a segment for each byte of a pixel,
/// the most significant first, packed by PackBits.

#include "decoders.hpp"

namespace cardiotwin::ingest {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::size_t number(Bytes bytes, std::size_t at) {
  return bytes[at] | std::size_t{bytes[at + 1]} << 8 | std::size_t{bytes[at + 2]} << 16 |
         std::size_t{bytes[at + 3]} << 24;
}

/// Adds the bytes of a segment to the pixels, below the bytes that they have.
void unpack(Bytes segment, StoredBits& pixels) {
  std::size_t pixel = 0;
  const auto put = [&](std::uint8_t byte) {
    if (pixel == pixels.size()) throw Undecodable("an RLE segment with more bytes than the image has pixels");
    pixels[pixel] = pixels[pixel] << 8 | byte;
    ++pixel;
  };
  for (std::size_t at = 0; at < segment.size() && pixel < pixels.size();) {
    const int code = static_cast<std::int8_t>(segment[at++]);
    if (code == -128) continue;
    const std::size_t count = static_cast<std::size_t>(code < 0 ? 1 - code : 1 + code), taken = code < 0 ? 1 : count;
    if (taken > segment.size() - at) throw Undecodable("an RLE segment that ends within a run");
    for (std::size_t n = 0; n < count; ++n) put(segment[at + (code < 0 ? 0 : n)]);
    at += taken;
  }
  if (pixel < pixels.size()) throw Undecodable("an RLE segment with fewer bytes than the image has pixels");
}

}  // namespace

StoredBits decode_rle(Bytes stream, const FrameShape& shape) {
  constexpr std::size_t header = 64;
  const auto segments = static_cast<std::size_t>(shape.packing.allocated / 8);
  if (stream.size() < header || number(stream, 0) != segments)
    throw Undecodable("an RLE stream that has not one segment for each byte of a pixel");
  StoredBits pixels(shape.pixels());
  for (std::size_t s = 0; s < segments; ++s) {
    const std::size_t begin = number(stream, 4 + 4 * s);
    const std::size_t end = s + 1 < segments ? number(stream, 8 + 4 * s) : stream.size();
    if (begin < header || begin > end || end > stream.size())
      throw Undecodable("an RLE stream whose segments lie outside of it");
    unpack(stream.subspan(begin, end - begin), pixels);
  }
  return pixels;
}

}  // namespace cardiotwin::ingest

/// PNG (ISO/IEC 15948): signature, IHDR, one IDAT (zlib stream of filtered rows), IEND. Truecolour, 8 bits a channel.

#include <zlib.h>

#include "cardiotwin/core/error.hpp"
#include "raster.hpp"

namespace cardiotwin::report {
namespace {

void append_u32(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
}

void append_chunk(std::string& png, const std::string& type, const std::string& data) {
  append_u32(png, static_cast<std::uint32_t>(data.size()));
  const std::string body = type + data;
  png += body;
  append_u32(png, static_cast<std::uint32_t>(
                      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}

}  // namespace

std::string encode_png(const Pixels& pixels) {
  const auto row = static_cast<std::size_t>(pixels.width) * 3;
  std::string rows;
  rows.reserve((row + 1) * static_cast<std::size_t>(pixels.height));
  for (int y = 0; y < pixels.height; ++y) {  // filter 1, "sub": each byte minus the one a pixel to its left
    rows += '\1';
    const std::uint8_t* line = pixels.rgb.data() + static_cast<std::size_t>(y) * row;
    for (std::size_t i = 0; i < row; ++i) rows += static_cast<char>(line[i] - (i >= 3 ? line[i - 3] : 0));
  }
  uLongf size = compressBound(static_cast<uLong>(rows.size()));
  std::string packed(size, '\0');
  const int status = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                               reinterpret_cast<const Bytef*>(rows.data()), static_cast<uLong>(rows.size()), 6);
  if (status != Z_OK) {
    core::fail_input({.where = "report: a picture",
                      .expected = "memory for the compression of its pixels",
                      .found = "zlib status " + std::to_string(status),
                      .remedy = "free some memory, or set report.pictures to false"});
  }
  packed.resize(size);

  std::string header;
  append_u32(header, static_cast<std::uint32_t>(pixels.width));
  append_u32(header, static_cast<std::uint32_t>(pixels.height));
  header += std::string("\x08\x02\x00\x00\x00", 5);
  std::string png = "\x89PNG\r\n\x1a\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", packed);
  append_chunk(png, "IEND", "");
  return png;
}

}  // namespace cardiotwin::report

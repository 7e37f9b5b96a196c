#include "inflate.hpp"

#include <zlib.h>

#include <algorithm>

namespace cardiotwin::ingest {

Inflated inflate_raw(std::span<const std::uint8_t> deflated) {
  constexpr std::size_t step = std::size_t{1} << 20;
  Inflated result;
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return {{}, "no memory to inflate the file"};
  stream.next_in = const_cast<Bytef*>(deflated.data());
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(deflated.size(), largest_inflated));
  int status = Z_OK;
  while (status == Z_OK && result.bytes.size() < largest_inflated) {
    const std::size_t before = result.bytes.size();
    result.bytes.resize(before + step);
    stream.next_out = result.bytes.data() + before;
    stream.avail_out = step;
    status = inflate(&stream, Z_NO_FLUSH);
    result.bytes.resize(before + step - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status == Z_OK)
    result.problem = "a deflated DICOM file of over " + std::to_string(largest_inflated >> 20) + " MiB";
  else if (status != Z_STREAM_END)
    result.problem = "the file is truncated or damaged: its deflate stream does not come to an end";
  return result;
}

}  // namespace cardiotwin::ingest

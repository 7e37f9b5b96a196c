#include "codestreams.hpp"

#include <algorithm>

namespace cardiotwin::ingest {
namespace {

using Stream = std::vector<std::uint8_t>;

void append(Stream& stream, Bytes fragment) { stream.insert(stream.end(), fragment.begin(), fragment.end()); }

/// A fragment that begins a JPEG (SOI) or JPEG 2000 (SOC, SIZ) codestream.
bool begins_stream(Bytes f) {
  return f.size() >= 4 && f[0] == 0xff && ((f[1] == 0xd8 && f[2] == 0xff) || (f[1] == 0x4f && f[2] == 0xff));
}

/// Is fragment `n`, which starts `offset` bytes after the first, named by the offset table?
bool in_table(Bytes table, std::size_t offset) {
  for (std::size_t at = 0; at + 4 <= table.size(); at += 4) {
    const std::size_t entry = table[at] | std::size_t{table[at + 1]} << 8 | std::size_t{table[at + 2]} << 16 |
                              std::size_t{table[at + 3]} << 24;
    if (entry == offset) return true;
  }
  return false;
}

}  // namespace

std::vector<Stream> codestreams(const Element& pixels, int frames) {
  const auto parts = fragments(pixels);
  if (parts.size() < 2 || frames < 1) return {};
  const auto wanted = static_cast<std::size_t>(frames);
  const bool one_each = parts.size() - 1 == wanted;
  std::vector<Stream> streams;
  std::size_t offset = 0;
  for (std::size_t n = 1; n < parts.size(); ++n) {
    const bool starts =
        one_each || n == 1 || (wanted > 1 && (parts[0].empty() ? begins_stream(parts[n]) : in_table(parts[0], offset)));
    if (starts) streams.emplace_back();
    append(streams.back(), parts[n]);
    offset += parts[n].size() + 8;
  }
  if (streams.size() != wanted) streams.clear();
  return streams;
}

std::optional<JpegHead> jpeg_head(Bytes s) {
  constexpr std::uint8_t lossless = 0xc3, jpeg_ls = 0xf7, scan = 0xda;
  const auto word = [&](std::size_t at) { return s[at] << 8 | s[at + 1]; };
  if (s.size() < 4 || s[0] != 0xff || s[1] != 0xd8) return std::nullopt;
  JpegHead head;
  std::uint8_t process = 0;
  for (std::size_t at = 2; at + 4 <= s.size();) {
    if (s[at] != 0xff) return std::nullopt;
    const std::uint8_t marker = s[at + 1];
    if (marker == 0xff) {  // fill byte
      ++at;
      continue;
    }
    const auto length = static_cast<std::size_t>(word(at + 2));
    if (length < 2 || length > s.size() - at - 2) return std::nullopt;
    const bool tables = marker == 0xc4 || marker == 0xc8 || marker == 0xcc;
    if (marker == jpeg_ls || (marker >= 0xc0 && marker <= 0xcf && !tables)) {
      if (process != 0 || length < 8) return std::nullopt;
      process = marker, head = {word(at + 7), word(at + 5), s[at + 4], s[at + 9], true};
    }
    if (marker == scan) {
      if (process == 0 || length < 6) return std::nullopt;
      const std::uint8_t* const last = s.data() + at + 2 + length - 3;
      head.usual_scan = process == lossless || process == jpeg_ls || (last[0] == 0 && last[1] == 63 && last[2] == 0);
      return head;
    }
    at += 2 + length;
  }
  return std::nullopt;
}

bool ends_with(Bytes stream, std::uint8_t marker) {
  while (!stream.empty() && stream.back() == 0) stream = stream.first(stream.size() - 1);
  const auto ends = [&](Bytes s) { return s.size() >= 2 && s[s.size() - 2] == 0xff && s.back() == marker; };
  return ends(stream) || (!stream.empty() && ends(stream.first(stream.size() - 1)));
}

}  // namespace cardiotwin::ingest

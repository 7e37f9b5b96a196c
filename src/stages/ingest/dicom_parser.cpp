#include "dicom_parser.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "inflate.hpp"
#include "transfer_syntax.hpp"

namespace cardiotwin::ingest {
namespace {

constexpr Tag item_start{0xfffe, 0xe000}, item_end{0xfffe, 0xe00d}, sequence_end{0xfffe, 0xe0dd};
constexpr std::uint32_t undefined = 0xffffffff;
constexpr int deepest = 32;
/// Of one data set; the largest of real images have some hundreds.
constexpr std::size_t most_elements = 100'000;

/// The structure contradicts itself or ends early.
struct Malformed {};

std::uint64_t whole_number(Bytes bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t n = 0; n < bytes.size(); ++n) value = value << 8 | bytes[big_endian ? n : bytes.size() - 1 - n];
  return value;
}

/// Walks through elements; every step stays within `bytes`.
class Cursor {
 public:
  Cursor(Bytes bytes, Encoding encoding, int depth) : bytes_(bytes), encoding_(encoding), depth_(depth) {
    if (depth > deepest) throw Malformed{};
  }
  bool at_end() const { return at_ >= bytes_.size(); }
  std::size_t position() const { return at_; }
  Bytes take(std::size_t count) {
    if (count > bytes_.size() - at_) throw Malformed{};
    const Bytes taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }
  Tag tag() {
    const auto group = number(2);
    return {static_cast<std::uint16_t>(group), static_cast<std::uint16_t>(number(2))};
  }
  std::uint32_t number(std::size_t bytes) {
    return static_cast<std::uint32_t>(whole_number(take(bytes), encoding_.big_endian));
  }

  Element element() {
    Element e{.tag = tag(), .encoding = encoding_, .undefined_length = false, .value = {}};
    std::uint32_t length = 0;
    if (encoding_.explicit_vr && e.tag.group != 0xfffe) {
      const Bytes letters = take(2);
      const std::string vr(letters.begin(), letters.end());
      if (!std::all_of(vr.begin(), vr.end(), [](unsigned char c) { return std::isupper(c); })) throw Malformed{};
      static constexpr std::string_view long_ones[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                       "SV", "UC", "UN", "UR", "UT", "UV"};
      const bool is_long = std::find(std::begin(long_ones), std::end(long_ones), vr) != std::end(long_ones);
      if (is_long) take(2);
      length = number(is_long ? 4 : 2);
      // PS3.5 6.2.2: a sequence of unknown type and length is written implicitly.
      if (vr == "UN" && length == undefined) e.encoding = {.explicit_vr = false, .big_endian = false};
    } else {
      length = number(4);
    }
    e.undefined_length = length == undefined;
    e.value = !e.undefined_length ? take(length) : e.tag == item_start ? item(e.encoding) : sequence(e.encoding);
    return e;
  }

 private:
  /// Content of a sequence, or of encapsulated pixels, up to its delimiter.
  Bytes sequence(Encoding inner) {
    const std::size_t start = at_;
    while (true) {
      const std::size_t here = at_;
      const Tag next = tag();
      const std::uint32_t length = number(4);
      if (next == sequence_end) return bytes_.subspan(start, here - start);
      if (next != item_start) throw Malformed{};
      length != undefined ? take(length) : item(inner);
    }
  }

  /// Content of an item of undefined length, up to its delimiter.
  Bytes item(Encoding inner) {
    const std::size_t start = at_;
    Cursor inside(bytes_.subspan(at_), inner, depth_ + 1);
    while (true) {
      const std::size_t before = inside.at_;
      if (inside.tag() == item_end) {
        inside.number(4);
        at_ += inside.at_;
        return bytes_.subspan(start, before);
      }
      inside.at_ = before;
      inside.element();
    }
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  Encoding encoding_;
  int depth_;
};

/// Elements up to and with the pixels; false when the structure ends early.
bool read_elements(Bytes bytes, Encoding encoding, DataSet& data) {
  try {
    for (Cursor cursor(bytes, encoding, 0); !cursor.at_end();) {
      Element e = cursor.element();
      if (e.tag == item_end) break;
      if (data.elements.size() == most_elements) return false;
      data.elements.push_back(e);
      if (data.elements.back().tag == pixel_data) break;
    }
    return true;
  } catch (const Malformed&) {
    return false;
  }
}

bool is_vr(std::uint8_t a, std::uint8_t b) { return std::isupper(a) && std::isupper(b); }

/// For files that do not say how they are written: the first tag is of a low even group.
std::optional<Encoding> guess(Bytes bytes) {
  if (bytes.size() < 16) return std::nullopt;
  const bool little = bytes[1] == 0 && (bytes[0] == 8 || bytes[0] == 2),
             big = bytes[0] == 0 && (bytes[1] == 8 || bytes[1] == 2);
  if (!little && !big) return std::nullopt;
  return Encoding{.explicit_vr = is_vr(bytes[4], bytes[5]), .big_endian = big};
}

struct Meta {
  std::string transfer_syntax, media_class;
  std::size_t end = 0;  ///< where the data set begins
};

/// The file meta group is explicit little endian, whatever follows.
Meta read_meta(Bytes bytes, std::size_t at) {
  DataSet group;
  try {
    while (at + 8 <= bytes.size() && bytes[at] == 2 && bytes[at + 1] == 0) {
      Cursor cursor(bytes.subspan(at), {}, 0);
      group.elements.push_back(cursor.element());
      at += cursor.position();
    }
  } catch (const Malformed&) {
    at = bytes.size();
  }
  return {.transfer_syntax = group.text({0x0002, 0x0010}), .media_class = group.text({0x0002, 0x0002}), .end = at};
}

std::string after_last(const DataSet& data) {
  if (data.elements.empty()) return "";
  char text[32];
  std::snprintf(text, sizeof text, " after element (%04x,%04x)", unsigned{data.elements.back().tag.group},
                unsigned{data.elements.back().tag.element});
  return text;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) {
    problem_ = std::strerror(errno);
  } else if (status.st_size > 0) {
    void* const data = mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, file, 0);
    if (data != MAP_FAILED)
      data_ = static_cast<const std::uint8_t*>(data), size_ = static_cast<std::size_t>(status.st_size);
    else
      problem_ = std::strerror(errno);
  }
  if (file >= 0) close(file);
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<std::uint8_t*>(data_), size_);
}

const Element* DataSet::find(Tag tag) const {
  const auto it = std::find_if(elements.begin(), elements.end(), [&](const Element& e) { return e.tag == tag; });
  return it == elements.end() ? nullptr : &*it;
}

std::string DataSet::text(Tag tag) const {
  const Element* const e = find(tag);
  if (!e || e->undefined_length) return "";
  static constexpr std::string_view padding("\0 \t\r\n", 5);
  const std::string_view all(reinterpret_cast<const char*>(e->value.data()), e->value.size());
  const auto first = all.find_first_not_of(padding);
  return first == all.npos ? "" : std::string(all.substr(first, all.find_last_not_of(padding) - first + 1));
}

std::vector<std::string> DataSet::texts(Tag tag) const {
  std::string rest = text(tag);
  std::vector<std::string> parts;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\\'), rest.size());
    std::string part = rest.substr(0, end);
    part.erase(0, std::min(part.find_first_not_of(' '), part.size()));
    part.erase(part.find_last_not_of(' ') + 1);
    parts.push_back(std::move(part));
    rest.erase(0, end + 1);
  }
  return parts;
}

std::vector<double> DataSet::decimals(Tag tag) const {
  std::vector<double> values;
  for (const auto& part : texts(tag)) {
    const char* const end = part.data() + part.size();
    double value = 0;
    const auto [stop, error] = std::from_chars(part.data() + (part.starts_with('+') ? 1 : 0), end, value);
    if (error != std::errc() || stop != end || !std::isfinite(value)) break;
    values.push_back(value);
  }
  return values;
}

std::optional<double> DataSet::decimal(Tag tag) const {
  const auto values = decimals(tag);
  return values.empty() ? std::nullopt : std::optional(values[0]);
}

std::optional<double> DataSet::real(Tag tag) const {
  const Element* const e = find(tag);
  if (!e || e->value.size() < 8) return std::nullopt;
  const double value = std::bit_cast<double>(whole_number(e->value.first(8), e->encoding.big_endian));
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

int DataSet::integer(Tag tag, int fallback) const {
  const auto value = decimal(tag);
  return value && std::abs(*value) < 2e9 ? static_cast<int>(*value) : fallback;
}

int DataSet::unsigned_short(Tag tag, int fallback) const {
  const Element* const e = find(tag);
  return e && e->value.size() >= 2 ? static_cast<int>(whole_number(e->value.first(2), e->encoding.big_endian))
                                   : fallback;
}

std::vector<DataSet> DataSet::items(Tag tag, std::size_t most) const {
  std::vector<DataSet> items;
  const Element* const e = find(tag);
  if (!e) return items;
  try {
    for (Cursor cursor(e->value, e->encoding, 0); !cursor.at_end() && items.size() < most;) {
      const Element item = cursor.element();
      if (item.tag != item_start) break;
      read_elements(item.value, item.encoding, items.emplace_back());
    }
  } catch (const Malformed&) {
  }
  return items;
}

std::vector<Bytes> fragments(const Element& pixels) {
  std::vector<Bytes> parts;
  try {
    for (Cursor cursor(pixels.value, {}, 0); !cursor.at_end();) {
      const Element item = cursor.element();
      if (item.tag != item_start || item.undefined_length) return {};
      parts.push_back(item.value);
    }
  } catch (const Malformed&) {
    return {};
  }
  return parts;
}

Parsed parse(Bytes file) {
  Parsed parsed;
  const bool prefix = file.size() >= 132 && std::memcmp(file.data() + 128, "DICM", 4) == 0;
  if (!prefix && !guess(file)) return parsed;
  const Meta meta = read_meta(file, prefix ? 132 : 0);
  Bytes body = file.subspan(std::min(meta.end, file.size()));
  std::optional<Encoding> encoding = Encoding{};
  if (meta.transfer_syntax == syntax::implicit_little)
    encoding->explicit_vr = false;
  else if (meta.transfer_syntax == syntax::explicit_big)
    encoding->big_endian = true;
  else if (meta.transfer_syntax.empty())
    encoding = guess(body);
  parsed.is_dicom = prefix || (encoding && !body.empty());
  parsed.transfer_syntax = meta.transfer_syntax, parsed.media_class = meta.media_class;
  parsed.problem = "the file is truncated or damaged";
  if (!encoding) return parsed;
  if (meta.transfer_syntax == syntax::deflated) {
    auto [bytes, problem] = inflate_raw(body);
    if (parsed.problem = problem; !problem.empty()) return parsed;
    parsed.inflated = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
    body = *parsed.inflated;
  }
  parsed.complete = read_elements(body, *encoding, parsed.data) && !parsed.data.elements.empty();
  parsed.problem = parsed.complete ? "" : "the file is truncated or damaged" + after_last(parsed.data);
  // Without a prefix, a file that falls apart at once is something else that begins with these bytes.
  if (!prefix && !parsed.complete && parsed.data.elements.size() < 4) parsed.is_dicom = false;
  if (meta.transfer_syntax.empty())
    parsed.transfer_syntax = encoding->big_endian    ? syntax::explicit_big
                             : encoding->explicit_vr ? syntax::explicit_little
                                                     : syntax::implicit_little;
  return parsed;
}

}  // namespace cardiotwin::ingest

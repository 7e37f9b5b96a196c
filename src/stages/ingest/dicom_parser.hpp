#pragma once
/// The structure of a DICOM file (PS3.5 section 7, PS3.10 section 7), read with bounds checked at every step.
///
/// Why not a toolkit's reader for this: Debian builds GDCM with assertions, so that one odd file in a folder ends the
/// program. Decoders of compressed pixels see the codestreams of files whose structure has been found whole.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cardiotwin::ingest {

using Bytes = std::span<const std::uint8_t>;

struct Tag {
  std::uint16_t group, element;
  auto operator<=>(const Tag&) const = default;
};

/// How a data set is written down.
struct Encoding {
  bool explicit_vr = true;
  bool big_endian = false;
};

/// A file mapped into memory; nothing is read before it is looked at.
class MappedFile {
 public:
  /// Without bytes when the file is empty or cannot be opened.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  Bytes bytes() const { return {data_, size_}; }
  const std::string& problem() const { return problem_; }  ///< why it cannot be opened; empty when it can

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::string problem_;
};

struct Element {
  Tag tag{};
  Encoding encoding;  ///< of what is inside
  bool undefined_length = false;
  Bytes value;
};

/// A view: lives as long as the bytes it was read from.
class DataSet {
 public:
  const Element* find(Tag tag) const;
  std::string text(Tag tag) const;                ///< without padding; empty when missing
  std::vector<std::string> texts(Tag tag) const;  ///< parts between backslashes
  std::vector<double> decimals(Tag tag) const;    ///< DS and IS; parts that are no numbers end the list
  std::optional<double> decimal(Tag tag) const;
  std::optional<double> real(Tag tag) const;            ///< FD
  int integer(Tag tag, int fallback = 0) const;         ///< IS
  int unsigned_short(Tag tag, int fallback = 0) const;  ///< US
  /// Items of a sequence, up to the first that is damaged, and no more than `most`; empty when it is missing.
  std::vector<DataSet> items(Tag tag, std::size_t most = SIZE_MAX) const;
  std::vector<Element> elements;
};

/// What the outermost layer of a file says.
struct Parsed {
  bool is_dicom = false;
  bool complete = false;  ///< every element is whole, and so are the pixels, compressed or not
  std::string problem;    ///< why it is not complete
  std::string transfer_syntax, media_class;
  DataSet data;                                               ///< as far as it could be read
  std::shared_ptr<const std::vector<std::uint8_t>> inflated;  ///< what `data` is a view of when the file is deflated
};

inline constexpr Tag pixel_data{0x7fe0, 0x0010};

/// Never throws for what the bytes contain.
Parsed parse(Bytes file);

/// Items of encapsulated pixels (PS3.5 A.4): the offset table, which may be empty, then the fragments. Empty when the
/// items do not fill the element.
std::vector<Bytes> fragments(const Element& pixels);

}  // namespace cardiotwin::ingest

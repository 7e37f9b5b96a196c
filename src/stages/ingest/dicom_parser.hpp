#pragma once
/// The structure of a DICOM file (PS3.5 section 7, PS3.10 section 7), read with bounds checked at every step.
///
/// Why not GDCM for this: Debian builds it with assertions, so that one odd file in a folder ends the program. GDCM
/// decodes compressed pixels, of files whose structure has been found whole.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cardiotwin::ingest {

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
  /// Empty when the file cannot be opened.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

struct Element {
  Tag tag{};
  Encoding encoding;  ///< of what is inside
  bool undefined_length = false;
  std::span<const std::uint8_t> value;
};

/// A view: lives as long as the mapped file.
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
  /// Item `index` (from 0) of a sequence.
  std::optional<DataSet> item(Tag tag, std::size_t index) const;
  std::vector<Element> elements;
};

/// What the outermost layer of a file says.
struct Parsed {
  bool is_dicom = false;
  bool complete = false;  ///< every element is whole, and so are the pixels, compressed or not
  std::string transfer_syntax;
  DataSet data;  ///< as far as it could be read
};

inline constexpr Tag pixel_data{0x7fe0, 0x0010};

/// Never throws for what the bytes contain.
Parsed parse(std::span<const std::uint8_t> file);

}  // namespace cardiotwin::ingest

#pragma once
/// Transfer syntaxes (PS3.5 A, PS3.6 A) that make a difference here.

#include <string>
#include <string_view>

namespace cardiotwin::ingest::syntax {

inline constexpr const char* implicit_little = "1.2.840.10008.1.2";
inline constexpr const char* explicit_little = "1.2.840.10008.1.2.1";
inline constexpr const char* deflated = "1.2.840.10008.1.2.1.99";
inline constexpr const char* explicit_big = "1.2.840.10008.1.2.2";

/// How pixels are compressed.
enum class Coding { none, rle, jpeg, jpeg_ls, jpeg_2000, unknown };

/// `encapsulated`: the pixels come in fragments, so that an unknown syntax must be a compression.
constexpr Coding coding_of(std::string_view uid, bool encapsulated) {
  constexpr std::string_view jpeg = "1.2.840.10008.1.2.4.";
  if (!encapsulated) return Coding::none;
  if (uid == "1.2.840.10008.1.2.5") return Coding::rle;
  if (!uid.starts_with(jpeg)) return Coding::unknown;
  const std::string_view kind = uid.substr(jpeg.size());
  if (kind == "50" || kind == "51" || kind == "57" || kind == "70") return Coding::jpeg;
  if (kind == "80" || kind == "81") return Coding::jpeg_ls;
  if (kind == "90" || kind == "91") return Coding::jpeg_2000;
  return Coding::unknown;
}

}  // namespace cardiotwin::ingest::syntax

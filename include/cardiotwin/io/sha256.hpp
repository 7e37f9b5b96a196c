#pragma once
/// SHA-256 as lower-case hexadecimal text.

#include <filesystem>
#include <string>
#include <string_view>

namespace cardiotwin::io {

std::string sha256(std::string_view bytes);
/// Throws core::Error (input) when the file cannot be read.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace cardiotwin::io

#pragma once
/// Files that are either whole or not there.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace cardiotwin::io {

/// Writes all bytes and fsyncs; a failure removes the file and throws core::Error (input) that names it and the reason.
void write_durably(const std::filesystem::path& path, std::span<const char> bytes);
/// Renames and fsyncs the folder.
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);
/// write_durably to `<path>.partial`, then rename_durably: readers see the old file or the new one.
void replace_file(const std::filesystem::path& path, std::string_view text);
/// Throws core::Error (input) when the folder of `path` does not exist or cannot be written.
void check_writable(const std::filesystem::path& path);
/// Whole file; throws core::Error (input) that names it.
std::string read_file(const std::filesystem::path& path);

}  // namespace cardiotwin::io

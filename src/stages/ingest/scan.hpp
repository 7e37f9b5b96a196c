#pragma once
/// All of a folder, looked at once.

#include <map>
#include <string>

#include "dicom_file.hpp"

namespace cardiotwin::ingest {

struct Scan {
  std::filesystem::path folder;
  std::size_t files = 0;
  std::vector<Frame> frames;  ///< of images placed in patient space
  std::vector<DicomFile> damaged;
  std::map<std::string, int> skipped;  ///< reason -> number of files
  std::vector<std::string> same_name;  ///< different images under one instance UID
  std::vector<std::string> repeated;   ///< copies of an image already seen
  /// Path for messages: relative to the folder.
  std::string name(const std::filesystem::path& path) const;
};

/// Recursive; in the order of the paths, headers read on up to `threads` threads (0: all there are). Throws core::Error
/// (input) when the folder is missing, unreadable, empty or without any image.
Scan scan_folder(const std::filesystem::path& folder, int threads = 0);

}  // namespace cardiotwin::ingest

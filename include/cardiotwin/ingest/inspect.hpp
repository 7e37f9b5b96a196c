#pragma once
/// A look at DICOM files before they are used.

#include <filesystem>
#include <optional>
#include <string>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::ingest {

struct Inspection {
  std::string text;                    ///< for people; no identifiers
  std::optional<core::Fault> refusal;  ///< of a single file that ingest would not use
};

/// Studies, series and stacks of a folder with geometry and phases, which stack would be chosen for each kind of image,
/// what is skipped and why. Reads no pixels. Throws core::Error (input) when there is no image at all. Local.
Inspection inspect_folder(const std::filesystem::path& folder);

/// What one file holds and whether it can be read: geometry, range of values, and their SHA-256 (single precision,
/// little endian, frame by frame) for comparison with other readers. Local.
Inspection inspect_file(const std::filesystem::path& file);

}  // namespace cardiotwin::ingest

#pragma once
/// A look into a DICOM folder before it is used.

#include <filesystem>
#include <string>

namespace cardiotwin::ingest {

/// Lists what a folder holds: stacks with geometry and phases, which one would be chosen, what is skipped and why; no
/// identifiers. Throws core::Error (input) when there is no image at all. Local.
std::string inspect_folder(const std::filesystem::path& folder);

}  // namespace cardiotwin::ingest

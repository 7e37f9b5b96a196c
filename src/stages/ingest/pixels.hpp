#pragma once
/// Pixels of a DICOM file as real-world values.

#include <vector>

#include "dicom_file.hpp"

namespace cardiotwin::ingest {

/// Stored values of all frames of a file (frame x row x column), decompressed, without rescale.
/// Throws core::Error (input) that names the file when it is truncated, in colour, or cannot be decoded.
std::vector<float> read_pixels(const FileFacts& file, const std::string& name);

}  // namespace cardiotwin::ingest

#pragma once
/// The files of a synthetic study: DICOM folder, labels and truth.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "cardiotwin/artifacts/image.hpp"

namespace cardiotwin::phantom {

/// `output`/dicom, made and empty. Throws core::Error (input) otherwise.
std::filesystem::path dicom_folder(const std::filesystem::path& output);
std::filesystem::path file_name(int number);

/// NRRD with one volume a phase. Each throws core::Error (input) where the disk refuses.
void write_labels(const std::filesystem::path& path, const artifacts::Geometry& geometry,
                  std::span<const std::uint8_t> labels);
void write_truth(const std::filesystem::path& path, const nlohmann::json& truth);

/// Throws core::Error (configuration) that names the option unless `right`.
void check_option(bool right, const std::string& option, const std::string& expected, double found);

}  // namespace cardiotwin::phantom

#pragma once
/// Synthetic patients: a DICOM study of a parametric heart, with the truth beside it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cardiotwin/artifacts/image.hpp"

namespace cardiotwin::phantom {

/// What a short-axis cine MR phantom is made of. Whatever is left open is drawn from the seed.
struct CineMrOptions {
  std::filesystem::path output;  ///< gets dicom/*.dcm, truth.nrrd, truth.json
  std::uint64_t seed = 1;
  int phases = 10;
  int slices = 0;                           ///< 0: as many as reach from above the base to below the apex
  int matrix = 0;                           ///< rows and columns; 0: from the seed
  double pixel_spacing_mm = 0;              ///< 0: from the seed
  double slice_thickness_mm = 8;            ///< slices are contiguous
  std::optional<double> edv_ml;             ///< end-diastolic volume of the LV cavity, papillary muscles included
  std::optional<double> ejection_fraction;  ///< in (0, 1)
  std::optional<double> wall_thickness_mm;  ///< mid-ventricular, end-diastolic
  std::optional<double> heart_rate_per_min;
  std::optional<double> noise;    ///< standard deviation of the noise relative to blood
  double interval_jitter = 0;     ///< relative spread of the RR interval between slices
  bool series_per_slice = false;  ///< as some scanners write cine MR
  int first_file_number = 1;
};

/// What a contrast-enhanced CT phantom of a whole heart is made of.
struct CtOptions {
  std::filesystem::path output;  ///< gets dicom/*.dcm, truth.nrrd, truth.json
  std::uint64_t seed = 1;
  int slices = 0;                      ///< 0: as many as cover the heart
  int matrix = 256;                    ///< rows and columns
  double pixel_spacing_mm = 0;         ///< 0: from the seed
  double slice_thickness_mm = 1.25;    ///< slices are contiguous
  std::optional<double> noise;         ///< standard deviation [HU]
  std::filesystem::path heart_labels;  ///< a label volume to be scanned instead of a heart by formula
};

/// What was written: the study as a reader should find it, and the truth.
struct Phantom {
  artifacts::Geometry geometry;  ///< slices in increasing position along the normal (apex to base)
  std::vector<double> phase_times_ms;
  double cycle_length_ms = 0;
  std::vector<float> voxels;         ///< (phase x k x j x i), in real-world values after rescale
  std::vector<std::uint8_t> labels;  ///< same shape; artifacts::Label
  std::vector<double> lv_volume_ml;  ///< analytic, one per phase; cine MR only, as the figures below
  double edv_ml = 0, esv_ml = 0, ejection_fraction = 0;
  std::vector<std::filesystem::path> files;
};

/// Writes the study and its truth into `options.output` and returns it. Deterministic in the options. Local.
/// Throws core::Error (configuration) for options out of range and core::Error (input) where the disk refuses.
Phantom make_cine_mr(const CineMrOptions& options);

/// The same for a CT: one phase, labels of four chambers, wall and great vessels.
Phantom make_ct(const CtOptions& options);

}  // namespace cardiotwin::phantom

#pragma once
/// Artifact `image`: the cine study or CT that every later stage starts from. Written by ingest.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cardiotwin/core/vec3.hpp"
#include "cardiotwin/io/hdf5.hpp"

namespace cardiotwin::artifacts {

/// A regular voxel grid placed in patient coordinates (LPS, mm). Voxel (i,j,k) has its centre at
/// origin + axis_i*spacing_i*i + axis_j*spacing_j*j + axis_k*spacing_k*k; i runs fastest in memory.
struct Geometry {
  std::array<std::int64_t, 3> size{0, 0, 0};
  Vec3 spacing{1, 1, 1};                                                  ///< [mm]
  Vec3 origin{0, 0, 0};                                                   ///< centre of voxel (0,0,0) [mm]
  std::array<Vec3, 3> axes{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};  ///< unit vectors of i, j, k

  std::int64_t voxels() const { return size[0] * size[1] * size[2]; }
  std::int64_t index(std::int64_t i, std::int64_t j, std::int64_t k) const { return i + size[0] * (j + size[1] * k); }
  double voxel_volume() const { return spacing[0] * spacing[1] * spacing[2]; }  ///< [mm^3]
  Vec3 to_world(const Vec3& ijk) const;
  Vec3 to_index(const Vec3& world) const;
  /// Same grid to 1e-4 of a voxel?
  bool same_as(const Geometry& other) const;
  bool operator==(const Geometry&) const = default;
};

/// De-identified facts of a study; no name, birth date or identifier ever stands here.
struct StudyFacts {
  std::string modality;          ///< DICOM Modality: "MR", "CT"
  std::string acquisition_date;  ///< ISO 8601 date, or empty when the study does not say or says nonsense
  std::string manufacturer, scanner;
  std::string series_description;
  std::string pseudonym;  ///< salted hash, or the case file's own
  double slice_thickness_mm = 0;
};

struct Image {
  static constexpr std::string_view id = "image";
  Geometry geometry;
  std::vector<double> phase_times_ms;  ///< one per cardiac phase, from the R wave; {0} for a static volume
  double cycle_length_ms = 0;          ///< RR interval of the study; 0 when unknown
  std::vector<float> voxels;           ///< phase slowest: (n_phases x k x j x i), rescale slope and intercept applied
  StudyFacts facts;

  std::int64_t phases() const { return static_cast<std::int64_t>(phase_times_ms.size()); }
  const float* phase(std::int64_t p) const { return voxels.data() + p * geometry.voxels(); }
};
void save(io::Writer& file, const Image& image);
void load(const io::Reader& file, Image& image);

/// One bedside or record value with where it came from.
struct ClinicalValue {
  double value = 0;
  std::string unit, time, source;  ///< source: "Observation/<id>", "case file" or "default"
  double uncertainty = 0;          ///< one standard deviation, in `unit`; wider for defaults
};

/// Artifact `clinical_values`: what physiology the twin is driven with. Written by ingest.
struct ClinicalValues {
  static constexpr std::string_view id = "clinical_values";
  ClinicalValue heart_rate;                             ///< [1/min]
  ClinicalValue systolic_pressure, diastolic_pressure;  ///< [mmHg]
  std::vector<std::string> warnings;                    ///< gates that spoke: quarantined, conflicting, missing, stale
};
void save(io::Writer& file, const ClinicalValues& values);
void load(const io::Reader& file, ClinicalValues& values);

}  // namespace cardiotwin::artifacts

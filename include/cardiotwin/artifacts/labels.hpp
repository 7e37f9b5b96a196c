#pragma once
/// Artifacts `labels` and `anatomy`: what the segmentation found. Written by segmentation.

#include "cardiotwin/artifacts/image.hpp"

namespace cardiotwin::artifacts {

/// Values of a label volume. Short-axis stacks have the first four; a whole heart has them all.
enum Label : std::uint8_t {
  background = 0,
  lv_cavity = 1,
  lv_wall = 2,
  rv_cavity = 3,
  left_atrium = 4,
  right_atrium = 5,
  aorta = 6,  ///< ascending
  pulmonary_artery = 7,
};
inline constexpr int label_count = 8;
std::string_view label_name(int label);

/// Artifact `labels`: labels on the image's own grid, for every cardiac phase.
struct Labels {
  static constexpr std::string_view id = "labels";
  Geometry geometry;
  std::vector<double> phase_times_ms;
  std::vector<std::uint8_t> labels;  ///< (n_phases x k x j x i)
  std::vector<float> confidence;     ///< probability of the chosen label, same shape; empty when labels were given
  std::int64_t end_diastole = 0;     ///< phase index
  std::int64_t end_systole = 0;      ///< phase index
  std::string source;                ///< model name and hash, or the labels file

  const std::uint8_t* phase(std::int64_t p) const { return labels.data() + p * geometry.voxels(); }
};
void save(io::Writer& file, const Labels& labels);
void load(const io::Reader& file, Labels& labels);

/// Artifact `measured_volumes`: the cavity over the cycle, as the labels have it. Written by segmentation.
struct MeasuredVolumes {
  static constexpr std::string_view id = "measured_volumes";
  std::vector<double> phase_times_ms;
  std::vector<double> lv_ml;  ///< per phase
  /// Largest less smallest over largest [1]; 0 where less than two phases are labelled.
  double ejection_fraction() const;
};
void save(io::Writer& file, const MeasuredVolumes& volumes);
void load(const io::Reader& file, MeasuredVolumes& volumes);

/// Artifact `anatomy`: one isotropic end-diastolic label volume, apex closed, ready for meshing.
/// `base` cuts the heart: meshing keeps what lies on the apex's side of the plane. A whole heart has none.
struct Anatomy {
  static constexpr std::string_view id = "anatomy";
  Geometry geometry;                 ///< isotropic spacing
  std::vector<std::uint8_t> labels;  ///< (k x j x i)
  Vec3 base_point{},
      base_normal{};   ///< basal plane [mm]; the normal is a unit vector that points from the apex to the base
  double time_ms = 0;  ///< of the phase it shows

  bool is_whole_heart() const { return core::norm(base_normal) == 0; }
};
void save(io::Writer& file, const Anatomy& anatomy);
void load(const io::Reader& file, Anatomy& anatomy);

}  // namespace cardiotwin::artifacts

#pragma once
/// A heart given as a label volume instead of a formula: real anatomies in synthetic scans.

#include <filesystem>

#include "cardiotwin/artifacts/labels.hpp"
#include "whole_heart.hpp"

namespace cardiotwin::phantom {

class LabelHeart {
 public:
  /// Reads the first volume of a label file; what lies within `thin_wall_mm` of a labelled voxel becomes thin wall.
  /// Throws core::Error (input) as imaging::read_chamber_labels does.
  LabelHeart(const std::filesystem::path& file, double thin_wall_mm);
  Organ organ(const Vec3& patient_point) const;
  std::uint8_t label(const Vec3& patient_point) const { return label_of(organ(patient_point)); }
  /// Middle of the labelled box, in patient coordinates.
  const Vec3& centre() const { return centre_; }

 private:
  artifacts::Geometry geometry_;
  std::vector<Organ> organs_;
  Vec3 centre_{};
};

}  // namespace cardiotwin::phantom

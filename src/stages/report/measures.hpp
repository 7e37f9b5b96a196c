#pragma once
/// Figures that the report derives from artifacts for its plots. Nothing here is a new model: sums, means, maxima.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/artifacts/physics.hpp"

namespace cardiotwin::report {

/// Volume of a label in every phase [ml].
std::vector<double> label_volumes_ml(const artifacts::Labels& labels, int label);

/// 100 (EDV - ESV) / EDV [%] of the labelled LV cavity; nothing where fewer than two phases or no cavity is labelled.
std::optional<double> ejection_fraction(const artifacts::Labels& labels);

/// The same of the model's LV volume over the beat; nothing of what is no heart beat.
std::optional<double> ejection_fraction(const artifacts::WallMotion& motion);

/// Volume of every cell [mm^3].
std::vector<double> cell_volumes(const artifacts::HeartMesh& mesh);

/// Name of an AHA segment, 1 to 17.
std::string_view segment_name(std::int32_t segment);

/// Mean over the wall cells of each AHA segment, weighted by volume, of a value at points; points with a value below
/// `valid_from` do not count. A segment without any is NaN (drawn as "no value"). 17 entries.
std::vector<double> segment_means(const artifacts::HeartMesh& mesh, const std::vector<double>& values,
                                  double valid_from);

/// Least and largest value at the points of each AHA segment; points and segments without a value as above. 17 entries.
struct SegmentRange {
  double least, largest;
};
std::vector<SegmentRange> segment_ranges(const artifacts::HeartMesh& mesh, const std::vector<double>& values,
                                         double valid_from);

/// A value at points as one value a wall cell with its volume as weight.
struct Sample {
  std::vector<double> values, weights;
};
Sample wall_sample(const artifacts::HeartMesh& mesh, const std::vector<double>& values, double valid_from);

/// A value a cell as one a point: the mean by volume over its cells of the LV wall; zero elsewhere.
std::vector<double> point_means(const artifacts::HeartMesh& mesh, const std::vector<double>& cell_values);

/// Share of the sample's weight at or below each of `levels` [%].
std::vector<double> cumulative_percent(const Sample& sample, const std::vector<double>& levels);

/// The value below which `share` of the weight lies; NaN of an empty sample.
double quantile(Sample sample, double share);

/// Linear interpolation in an ascending table, constant beyond its ends; NaN when it is empty.
double interpolate(const std::vector<double>& x, const std::vector<double>& y, double at);

/// Frame whose time is nearest.
std::size_t nearest_frame(const std::vector<double>& frame_times, double time);

/// False where the wall moves under given loads, without a circulation.
bool is_heart_beat(const artifacts::WallMotion& motion);

/// Smallest dihedral angle of each cell [deg].
std::vector<double> smallest_dihedral_angles(std::span<const Vec3> points,
                                             std::span<const std::array<std::int32_t, 4>> cells);

/// Speed at each point, averaged over the stored frames by their times [m/s].
std::vector<double> mean_speed(const artifacts::Flow& flow);

/// (1 - 2 OSI) TAWSS at each point, the reciprocal of the relative residence time [Pa]. Source: Himburg et al., Am. J.
/// Physiol. 286 (2004) H1916-H1922.
std::vector<double> reciprocal_residence(const artifacts::Flow& flow);

/// The frame at whose time most passes through the passage, or all passages together; of the largest speed where no
/// blood passes.
std::size_t frame_of_most_flow(const artifacts::Flow& flow, std::string_view passage = {});

/// Days from one ISO date ("2026-03-01", a time behind it is ignored) to another; false when either is no date.
bool days_between(const std::string& from, const std::string& to, int& days);

}  // namespace cardiotwin::report

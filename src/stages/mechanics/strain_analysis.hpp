#pragma once
/// What imaging measures of a beating wall, from the positions of the displacement's nodes in every frame:
///
///     F = dx/dX,   E = (F^T F - 1) / 2,   length change along a unit vector d:  sqrt(1 + 2 d.E.d) - 1
///
/// X, x   positions in the first frame (end diastole) and later [mm], linear or quadratic in every cell
/// E      Green-Lagrange strain [1], taken at four sites a cell: the quadrature points of degree 2
/// Directions are those at end diastole. Radial is across the wall, outwards; longitudinal in the wall, towards the
/// base; circumferential in the wall, around the long axis. Where the wall is across the axis (the tip of the apex)
/// they do not exist, and such cells count for no mean.
///
/// Nodes are the mesh's points, and for quadratic displacement the middles of its edges behind them (mesh::edges). The
/// points alone would not do: on the reference patient's wall, one or two cells thick, they miss a tenth of the fibres'
/// shortening.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::mechanics {

/// Sites of a cell.
inline constexpr std::size_t sites_per_cell = 4;

/// The wall at end diastole: what every later frame is compared with.
struct EndDiastole {
  std::vector<mesh::Cell> cells;
  std::vector<std::int32_t> cell_nodes;  ///< 4 or 10 a cell
  std::vector<Vec3> nodes;               ///< as they are then
  Vec3 long_axis{0, 0, 1};               ///< unit vector from apex to base
  // Per site, cell by cell.
  std::vector<double> volume;         ///< [mm^3]
  std::vector<std::int32_t> segment;  ///< AHA, 1 to 17
  /// Unit vectors; the first three are zero where the wall is across the axis.
  std::vector<Vec3> radial, circumferential, longitudinal, fibre, sheet, sheet_normal;
};
/// `reference`, `nodes`: where the nodes of the wall are when stress-free and at end diastole. Fibres and sheets are
/// carried from there, as the solver has it. Local.
EndDiastole end_diastole(const artifacts::HeartMesh& heart, const mesh::SubMesh& wall, std::span<const Vec3> reference,
                         std::span<const Vec3> nodes);

/// Green-Lagrange strains of the sites with the nodes at `nodes`; zero along directions that do not exist.
artifacts::CellStrains site_strains(const EndDiastole& wall, std::span<const Vec3> nodes);
/// Means by volume of the cells.
std::vector<double> cell_means(const EndDiastole& wall, std::span<const double> values);

/// Relative change of the wall's thickness, per site: of the distance between the surfaces of equal depth,
/// 1 / |F^-T n| - 1 with n radial. Shear does not make a wall thicker, though it makes a radial line longer.
std::vector<double> thickening(const EndDiastole& wall, std::span<const Vec3> nodes);

/// Means by volume of values of the sites, over each of `segments` and over the whole wall.
std::vector<double> segment_means(const EndDiastole& wall, std::span<const std::int32_t> segments,
                                  std::span<const double> values);
double wall_mean(const EndDiastole& wall, std::span<const double> values);

/// Mean of the thickening over `segments` but the apex, each counting once.
double wall_thickening(const EndDiastole& wall, std::span<const std::int32_t> segments, std::span<const Vec3> nodes);

/// Green-Lagrange strains as relative changes of length.
std::vector<double> length_changes(std::span<const double> strains);

/// Rotation of a slice near the apex against one near the base. Slices are of the whole thickness of the wall, between
/// 15 and 30 and between 80 and 95 % of its length from apex to base; the long axis goes through their centroids and
/// moves with them, so that no rigid motion is a twist.
class Twist {
 public:
  explicit Twist(const EndDiastole& wall);
  /// False on meshes so coarse that a slice has no site.
  bool exists() const { return !apical_.empty() && !basal_.empty(); }
  /// Apex minus base, counter-clockwise as seen from the apex being positive, as in echocardiography [deg].
  double degrees(std::span<const Vec3> nodes) const;
  /// Of the levels at which the two rotations are measured, at end diastole [mm].
  double distance() const;

 private:
  using Slice = std::vector<std::size_t>;  ///< sites
  Vec3 centroid(const Slice& slice, const std::vector<Vec3>& positions) const;
  double level(const Slice& slice) const;
  double rotation(const Slice& slice, const std::vector<Vec3>& now, const Vec3& axis, const Vec3& axis_now) const;

  const EndDiastole& wall_;
  std::vector<Vec3> positions_;  ///< of the sites at end diastole
  Slice apical_, basal_;
};

/// Time at which the curve is lowest, of the parabola through the lowest value and its neighbours [ms].
double time_of_least(std::span<const double> times, std::span<const double> values);

/// Strains of a beat: `nodes` in every frame, the first at end diastole. Those of `end_systole` are per cell of the
/// wall.
artifacts::WallStrain wall_strain(const EndDiastole& wall, std::span<const double> times,
                                  const std::vector<std::vector<Vec3>>& nodes, std::size_t end_systole);

/// Standard deviation of the time to peak circumferential shortening over segments 1 to 16 [ms], after the index of
/// C.-M. Yu et al., Circulation 105 (2002) 438-445, doi 10.1161/hc0402.102623, which is of velocities in 12 segments.
/// Nothing where fewer than two segments shorten.
std::optional<double> dyssynchrony_index(const artifacts::WallStrain& strain);

/// Circumferential stretching over shortening until `end_systole`, both summed over frames and segments: 0 where all
/// segments shorten all the time. After B. Kirn et al., Am J Physiol Heart Circ Physiol 295 (2008) H640-H646 (internal
/// stretch fraction), there during ejection. Nothing where nothing shortens.
std::optional<double> systolic_stretch_fraction(const EndDiastole& wall, const artifacts::WallStrain& strain,
                                                std::size_t end_systole);

}  // namespace cardiotwin::mechanics

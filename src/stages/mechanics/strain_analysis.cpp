#include "strain_analysis.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "anatomy.hpp"
#include "cardiotwin/fem/element.hpp"
#include "cardiotwin/mesh/edge_index.hpp"

namespace cardiotwin::mechanics {
namespace {

using artifacts::CellStrains;
using artifacts::WallStrain;
using Matrix = std::array<Vec3, 3>;  // rows

constexpr std::int32_t apex_segment = 17;
/// Circumferential shortening below which a segment has no peak that means anything.
constexpr double least_shortening = 0.01;

/// Shape functions at the sites.
struct Shapes {
  explicit Shapes(std::size_t nodes) : quadrature(fem::tetrahedron_quadrature(2)) {
    for (std::size_t q = 0; q < sites_per_cell; ++q) {
      values[q].resize(nodes);
      gradients[q].resize(nodes);
      fem::tetrahedron_shape(nodes == 4 ? 1 : 2, quadrature.points[q], values[q], gradients[q]);
    }
  }
  fem::Quadrature quadrature;
  std::array<std::vector<double>, sites_per_cell> values;
  std::array<std::vector<Vec3>, sites_per_cell> gradients;
};

std::size_t nodes_per_cell(const EndDiastole& wall) { return wall.cell_nodes.size() / wall.cells.size(); }

/// Of the map from the reference tetrahedron; rows are of the position.
Matrix jacobian(std::span<const std::int32_t> cell, std::span<const Vec3> gradients, std::span<const Vec3> nodes) {
  Matrix j{};
  for (std::size_t a = 0; a < cell.size(); ++a)
    for (int i = 0; i < 3; ++i) j[i] = j[i] + nodes[cell[a]][i] * gradients[a];
  return j;
}

double determinant(const Matrix& m) { return dot(m[0], cross(m[1], m[2])); }

/// Its columns are the reciprocal rows.
Matrix inverse(const Matrix& m) {
  const double d = 1 / determinant(m);
  const Vec3 a = d * cross(m[1], m[2]), b = d * cross(m[2], m[0]), c = d * cross(m[0], m[1]);
  return {Vec3{a[0], b[0], c[0]}, Vec3{a[1], b[1], c[1]}, Vec3{a[2], b[2], c[2]}};
}

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 3; ++k) c[i] = c[i] + a[i][k] * b[k];
  return c;
}

/// A material vector at end diastole, later.
Vec3 carried(const Matrix& m, const Vec3& v) { return {dot(m[0], v), dot(m[1], v), dot(m[2], v)}; }

/// Calls visit(site, F) with the deformation gradient from `before` to `now` at every site.
template <class Visit>
void visit_sites(const EndDiastole& wall, std::span<const Vec3> before, std::span<const Vec3> now, Visit visit) {
  const std::size_t n = nodes_per_cell(wall);
  const Shapes shapes(n);
  for (std::size_t c = 0; c < wall.cells.size(); ++c) {
    const std::span<const std::int32_t> cell(&wall.cell_nodes[n * c], n);
    for (std::size_t q = 0; q < sites_per_cell; ++q) {
      const auto& gradients = shapes.gradients[q];
      visit(sites_per_cell * c + q,
            product(jacobian(cell, gradients, now), inverse(jacobian(cell, gradients, before))));
    }
  }
}

/// Green-Lagrange strain along a unit vector; zero along the zero vector.
double strain_along(const Matrix& f, const Vec3& direction) {
  const Vec3 now = carried(f, direction);
  return (dot(now, now) - dot(direction, direction)) / 2;
}

/// Mean of axes, which have no sign, at a cell's corners: all are turned towards `sense`.
Vec3 mean_axis(const mesh::Cell& cell, const mesh::SubMesh& wall, const std::vector<Vec3>& values,
               const std::vector<double>& weights, Vec3 sense) {
  if (norm(sense) == 0) sense = values[wall.parent_point[cell[0]]];
  Vec3 sum{0, 0, 0};
  for (int a = 0; a < 4; ++a) {
    const Vec3& v = values[wall.parent_point[cell[a]]];
    sum = sum + (dot(sense, v) < 0 ? -weights[a] : weights[a]) * v;
  }
  return sum;
}

std::vector<std::int32_t> nodes_of_cells(const mesh::TetMesh& mesh, bool quadratic) {
  const mesh::EdgeIndex edges(mesh);
  std::vector<std::int32_t> nodes;
  for (const mesh::Cell& cell : mesh.cells) {
    nodes.insert(nodes.end(), cell.begin(), cell.end());
    if (!quadratic) continue;
    for (const auto& [a, b] : mesh::cell_edges)
      nodes.push_back(static_cast<std::int32_t>(mesh.points.size()) + edges.find(cell[a], cell[b]));
  }
  return nodes;
}

/// Where the sites are.
std::vector<Vec3> positions(const EndDiastole& wall, std::span<const Vec3> nodes) {
  const std::size_t n = nodes_per_cell(wall);
  const Shapes shapes(n);
  std::vector<Vec3> result(wall.volume.size(), {0, 0, 0});
  for (std::size_t site = 0; site < result.size(); ++site)
    for (std::size_t a = 0; a < n; ++a)
      result[site] = result[site] +
                     shapes.values[site % sites_per_cell][a] * nodes[wall.cell_nodes[n * (site / sites_per_cell) + a]];
  return result;
}

bool has_axes(const EndDiastole& wall, std::size_t site) { return norm(wall.radial[site]) > 0; }

/// Numbers of the segments that have sites with axes.
std::vector<std::int32_t> segments_of(const EndDiastole& wall) {
  std::vector<std::int32_t> segments;
  for (std::size_t site = 0; site < wall.segment.size(); ++site)
    if (has_axes(wall, site) && wall.segment[site] > 0) segments.push_back(wall.segment[site]);
  std::ranges::sort(segments);
  segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
  return segments;
}

}  // namespace

EndDiastole end_diastole(const artifacts::HeartMesh& heart, const mesh::SubMesh& wall, std::span<const Vec3> reference,
                         std::span<const Vec3> nodes) {
  const std::size_t points = wall.mesh.points.size();
  mesh::SubMesh moved = wall;
  moved.mesh.points.assign(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(points));
  const WallDirections directions = wall_directions(heart, moved);
  EndDiastole e;
  e.cells = wall.mesh.cells;
  e.cell_nodes = nodes_of_cells(wall.mesh, nodes.size() > points);
  e.nodes.assign(nodes.begin(), nodes.end());
  e.long_axis = heart.long_axis;
  const Shapes shapes(nodes_per_cell(e)), corners(4);
  visit_sites(e, reference, nodes, [&](std::size_t site, const Matrix& f) {
    const std::size_t c = site / sites_per_cell, q = site % sites_per_cell, n = nodes_per_cell(e);
    const std::size_t parent = wall.parent_cell[c];
    const Matrix j = jacobian({&e.cell_nodes[n * c], n}, shapes.gradients[q], nodes);
    e.volume.push_back(determinant(j) * shapes.quadrature.weights[q]);
    e.segment.push_back(heart.aha_segment.empty() ? 0 : heart.aha_segment[parent]);
    e.longitudinal.push_back(directions.longitudinal[c]);
    e.circumferential.push_back(directions.circumferential[c]);
    e.radial.push_back(cross(directions.circumferential[c], directions.longitudinal[c]));
    // Fibres, and the planes that they span with the sheets, are material.
    const std::size_t within = sites_per_cell * parent + q;
    const auto& weights = corners.values[q];
    const Vec3 along = heart.cell_fibre.empty()
                           ? mean_axis(e.cells[c], wall, heart.fibre, weights, e.circumferential.back())
                           : heart.cell_fibre[within];
    const Vec3 across = heart.cell_sheet.empty() ? mean_axis(e.cells[c], wall, heart.sheet, weights, e.radial.back())
                                                 : heart.cell_sheet[within];
    const Vec3 fibre = normalised(carried(f, along)), normal = normalised(cross(fibre, carried(f, across)));
    e.fibre.push_back(fibre);
    e.sheet.push_back(cross(normal, fibre));
    e.sheet_normal.push_back(normal);
  });
  return e;
}

CellStrains site_strains(const EndDiastole& wall, std::span<const Vec3> nodes) {
  CellStrains e;
  visit_sites(wall, wall.nodes, nodes, [&](std::size_t site, const Matrix& f) {
    e.radial.push_back(strain_along(f, wall.radial[site]));
    e.circumferential.push_back(strain_along(f, wall.circumferential[site]));
    e.longitudinal.push_back(strain_along(f, wall.longitudinal[site]));
    e.fibre.push_back(strain_along(f, wall.fibre[site]));
    e.sheet.push_back(strain_along(f, wall.sheet[site]));
    e.sheet_normal.push_back(strain_along(f, wall.sheet_normal[site]));
  });
  return e;
}

std::vector<double> cell_means(const EndDiastole& wall, std::span<const double> values) {
  std::vector<double> means(wall.cells.size(), 0.0), volumes(wall.cells.size(), 0.0);
  for (std::size_t site = 0; site < values.size(); ++site) {
    means[site / sites_per_cell] += wall.volume[site] * values[site];
    volumes[site / sites_per_cell] += wall.volume[site];
  }
  for (std::size_t c = 0; c < means.size(); ++c) means[c] /= volumes[c];
  return means;
}

std::vector<double> thickening(const EndDiastole& wall, std::span<const Vec3> nodes) {
  std::vector<double> change;
  visit_sites(wall, nodes, wall.nodes, [&](std::size_t site, const Matrix& back) {
    Vec3 n{0, 0, 0};  // F^-T n: the gradient of the depth, later
    for (int i = 0; i < 3; ++i) n = n + wall.radial[site][i] * back[i];
    change.push_back(norm(n) > 0 ? 1 / norm(n) - 1 : 0);
  });
  return change;
}

std::vector<double> segment_means(const EndDiastole& wall, std::span<const std::int32_t> segments,
                                  std::span<const double> values) {
  std::array<double, apex_segment + 1> sums{}, volumes{};
  for (std::size_t site = 0; site < values.size(); ++site) {
    if (!has_axes(wall, site)) continue;
    sums[wall.segment[site]] += wall.volume[site] * values[site];
    volumes[wall.segment[site]] += wall.volume[site];
  }
  std::vector<double> means;
  for (const std::int32_t s : segments) means.push_back(volumes[s] > 0 ? sums[s] / volumes[s] : 0);
  return means;
}

double wall_mean(const EndDiastole& wall, std::span<const double> values) {
  double sum = 0, volume = 0;
  for (std::size_t site = 0; site < values.size(); ++site) {
    if (!has_axes(wall, site)) continue;
    sum += wall.volume[site] * values[site];
    volume += wall.volume[site];
  }
  return volume > 0 ? sum / volume : 0;
}

double wall_thickening(const EndDiastole& wall, std::span<const std::int32_t> segments, std::span<const Vec3> nodes) {
  const std::vector<double> means = segment_means(wall, segments, thickening(wall, nodes));
  double sum = 0, counted = 0;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    if (segments[s] == apex_segment) continue;
    sum += means[s];
    ++counted;
  }
  return sum / std::max(counted, 1.0);
}

std::vector<double> length_changes(std::span<const double> strains) {
  std::vector<double> changes;
  for (const double e : strains) changes.push_back(std::sqrt(std::max(1 + 2 * e, 0.0)) - 1);
  return changes;
}

Twist::Twist(const EndDiastole& wall) : wall_(wall), positions_(positions(wall, wall.nodes)) {
  const auto height = [&](const Vec3& x) { return dot(x, wall.long_axis); };
  const auto [lowest, highest] = std::ranges::minmax(wall.nodes, {}, height);
  for (std::size_t site = 0; site < positions_.size(); ++site) {
    const double part = (height(positions_[site]) - height(lowest)) / (height(highest) - height(lowest));
    if (part > 0.15 && part < 0.30) apical_.push_back(site);
    if (part > 0.80 && part < 0.95) basal_.push_back(site);
  }
}

Vec3 Twist::centroid(const Slice& slice, const std::vector<Vec3>& positions) const {
  Vec3 sum{0, 0, 0};
  double volume = 0;
  for (const std::size_t site : slice) {
    sum = sum + wall_.volume[site] * positions[site];
    volume += wall_.volume[site];
  }
  return (1 / volume) * sum;
}

/// About `axis` of a slice around its centroid, after the axis has been turned back [rad]: the rotation in the plane
/// across the axis that fits best.
double Twist::rotation(const Slice& slice, const std::vector<Vec3>& now, const Vec3& axis, const Vec3& axis_now) const {
  const Vec3 centre = centroid(slice, positions_), centre_now = centroid(slice, now);
  const Vec3 both = axis + axis_now;
  double sine = 0, cosine = 0;
  for (const std::size_t site : slice) {
    const Vec3 before = positions_[site] - centre;
    Vec3 after = now[site] - centre_now;
    // The smallest rotation that takes axis_now to axis, but for its part along the axis.
    after = after - (dot(both, after) / (1 + dot(axis, axis_now))) * both;
    sine += wall_.volume[site] * dot(axis, cross(before, after));
    cosine += wall_.volume[site] * (dot(before, after) - dot(axis, before) * dot(axis, after));
  }
  return std::atan2(sine, cosine);
}

double Twist::degrees(std::span<const Vec3> nodes) const {
  const std::vector<Vec3> now = positions(wall_, nodes);
  const auto axis_of = [&](const std::vector<Vec3>& x) {
    return normalised(centroid(basal_, x) - centroid(apical_, x));
  };
  const Vec3 axis = axis_of(positions_), axis_now = axis_of(now);
  // Who looks from the apex along the axis sees rotations about it clockwise.
  const double apical = -rotation(apical_, now, axis, axis_now), basal = -rotation(basal_, now, axis, axis_now);
  return (apical - basal) * 180 / std::numbers::pi;
}

/// Where along the axis a slice's rotation is taken: its outer and wider parts count more, as in rotation().
double Twist::level(const Slice& slice) const {
  const Vec3 centre = centroid(slice, positions_);
  double sum = 0, moment = 0;
  for (const std::size_t site : slice) {
    const Vec3& x = positions_[site];
    const double r = norm(cross(wall_.long_axis, x - centre));
    sum += wall_.volume[site] * r * r * dot(wall_.long_axis, x);
    moment += wall_.volume[site] * r * r;
  }
  return sum / moment;
}

double Twist::distance() const { return level(basal_) - level(apical_); }

double time_of_least(std::span<const double> times, std::span<const double> values) {
  const auto k = static_cast<std::size_t>(std::ranges::min_element(values) - values.begin());
  if (k == 0 || k + 1 == values.size()) return times[k];
  const double before = times[k - 1] - times[k], after = times[k + 1] - times[k];
  const double fall = (values[k - 1] - values[k]) / before, rise = (values[k + 1] - values[k]) / after;
  const double curvature = (rise - fall) / (after - before);  // half the second derivative
  if (!(curvature > 0)) return times[k];
  return times[k] + (before + after) / 4 - (fall + rise) / (4 * curvature);
}

WallStrain wall_strain(const EndDiastole& wall, std::span<const double> times,
                       const std::vector<std::vector<Vec3>>& nodes, std::size_t end_systole) {
  WallStrain strain;
  strain.segments = segments_of(wall);
  for (auto* curves : {&strain.radial, &strain.circumferential, &strain.longitudinal, &strain.fibre})
    curves->resize(strain.segments.size());
  const Twist twist(wall);
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const CellStrains e = site_strains(wall, nodes[k]);
    const auto add = [&](const std::vector<double>& values, std::vector<std::vector<double>>& curves) {
      const std::vector<double> means = segment_means(wall, strain.segments, length_changes(values));
      for (std::size_t s = 0; s < means.size(); ++s) curves[s].push_back(means[s]);
    };
    add(e.radial, strain.radial);
    add(e.circumferential, strain.circumferential);
    add(e.longitudinal, strain.longitudinal);
    add(e.fibre, strain.fibre);
    if (twist.exists()) strain.twist_deg.push_back(twist.degrees(nodes[k]));
    if (k == end_systole)
      strain.end_systole = {cell_means(wall, e.radial),       cell_means(wall, e.circumferential),
                            cell_means(wall, e.longitudinal), cell_means(wall, e.fibre),
                            cell_means(wall, e.sheet),        cell_means(wall, e.sheet_normal)};
  }
  for (const std::vector<double>& curve : strain.circumferential) {
    const bool shortens = *std::ranges::min_element(curve) < -least_shortening;
    strain.time_to_peak_ms.push_back(shortens ? time_of_least(times, curve) : -1);
  }
  return strain;
}

std::optional<double> dyssynchrony_index(const WallStrain& strain) {
  std::vector<double> times;
  for (std::size_t s = 0; s < strain.segments.size(); ++s)
    if (strain.segments[s] != apex_segment && strain.time_to_peak_ms[s] >= 0)
      times.push_back(strain.time_to_peak_ms[s]);
  if (times.size() < 2) return {};
  double mean = 0, squares = 0;
  for (const double t : times) mean += t / static_cast<double>(times.size());
  for (const double t : times) squares += (t - mean) * (t - mean);
  return std::sqrt(squares / static_cast<double>(times.size() - 1));
}

std::optional<double> systolic_stretch_fraction(const EndDiastole& wall, const WallStrain& strain,
                                                std::size_t end_systole) {
  double stretching = 0, shortening = 0;
  for (std::size_t s = 0; s < strain.segments.size(); ++s) {
    double volume = 0;
    for (std::size_t site = 0; site < wall.segment.size(); ++site)
      if (wall.segment[site] == strain.segments[s]) volume += wall.volume[site];
    for (std::size_t k = 1; k <= end_systole; ++k) {
      const double change = strain.circumferential[s][k] - strain.circumferential[s][k - 1];
      (change > 0 ? stretching : shortening) += volume * std::abs(change);
    }
  }
  if (!(shortening > 0)) return {};
  return stretching / shortening;
}

}  // namespace cardiotwin::mechanics

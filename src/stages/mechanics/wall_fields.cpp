/// The wall's geometry and fields: fibre axes, activation, reference positions, strains, gather and scatter.

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "cardiotwin/fem/element.hpp"
#include "cardiotwin/mesh/edge_index.hpp"
#include "wall.hpp"

namespace cardiotwin::mechanics {
namespace {

/// Fibres are directions without a sense, so values at the vertices are given one before the mean: that of `sense`, or
/// where it is zero that of the first vertex. Across a wall one element thick the helix turns by more than 90 degrees,
/// and only the circumferential sense leads through the circumferential direction.
Vec3 mean_direction(const std::vector<Vec3>& field, const mesh::Cell& cell, const std::array<double, 4>& lambda,
                    Vec3 sense) {
  Vec3 mean{0, 0, 0};
  for (int a = 0; a < 4; ++a) {
    const Vec3& d = field[cell[a]];
    if (core::norm(sense) == 0) sense = d;
    mean = mean + (core::dot(d, sense) < 0 ? -lambda[a] : lambda[a]) * d;
  }
  return core::normalised(mean);
}

Vec3 any_normal(const Vec3& f) {
  const Vec3 axis = std::abs(f[0]) < 0.6 ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
  return core::normalised(core::cross(f, axis));
}

/// Right-handed orthonormal axes: fibre, sheet made orthogonal to it, and their normal.
std::array<Vec3, 3> axes(const WallSetup& setup, const mesh::TetMesh& mesh, std::int32_t index, const Point& point,
                         std::size_t number) {
  if (setup.fibre.empty()) return {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};
  const mesh::Cell& cell = mesh.cells[index];
  const Vec3 none{0, 0, 0};
  const Vec3 sense = setup.circumferential.empty() ? none : setup.circumferential[index];
  const std::size_t at = 4 * static_cast<std::size_t>(index) + number;
  Vec3 f = setup.cell_fibre.empty() ? mean_direction(setup.fibre, cell, point.lambda, sense) : setup.cell_fibre[at];
  if (core::norm(f) == 0) f = {1, 0, 0};
  Vec3 s = none;
  if (!setup.cell_sheet.empty())
    s = setup.cell_sheet[at];
  else if (!setup.sheet.empty())
    s = mean_direction(setup.sheet, cell, point.lambda, none);
  s = s - core::dot(s, f) * f;
  s = core::norm(s) > 1e-3 ? core::normalised(s) : any_normal(f);
  return {f, s, core::cross(f, s)};
}

/// Mean over the vertices that are activated; negative when less than half of the weight is.
double activation_at(const WallSetup& setup, const mesh::Cell& cell, const std::array<double, 4>& lambda) {
  if (setup.activation.empty()) return -1;
  double weight = 0, sum = 0;
  for (int a = 0; a < 4; ++a) {
    if (setup.activation[cell[a]] < 0) continue;
    weight += lambda[a];
    sum += lambda[a] * setup.activation[cell[a]];
  }
  return weight >= 0.5 ? sum / weight : -1;
}

/// The map from the reference element at a point: gradients of the barycentric coordinates, and 6 times the volume that
/// the whole element would have with it.
struct MappedPoint {
  std::array<Vec3, 4> gradients;
  double jacobian;
};
MappedPoint map_point(int order, std::span<const Vec3> x, const std::array<double, 4>& lambda) {
  std::array<double, 10> value;
  std::array<Vec3, 10> gradient;
  fem::tetrahedron_shape(order, {lambda[1], lambda[2], lambda[3]}, std::span(value).first(x.size()),
                         std::span(gradient).first(x.size()));
  std::array<Vec3, 3> d{};  // dx/dxi_k
  for (std::size_t a = 0; a < x.size(); ++a)
    for (int k = 0; k < 3; ++k) d[k] = d[k] + gradient[a][k] * x[a];
  const double jacobian = core::dot(d[0], core::cross(d[1], d[2]));
  MappedPoint mapped{{Vec3{0, 0, 0}, (1 / jacobian) * core::cross(d[1], d[2]), (1 / jacobian) * core::cross(d[2], d[0]),
                      (1 / jacobian) * core::cross(d[0], d[1])},
                     jacobian};
  for (int k = 1; k < 4; ++k) mapped.gradients[0] = mapped.gradients[0] - mapped.gradients[k];
  return mapped;
}

/// Finds the weights of an element's nodes at `x` by Newton's method; false when x is not in the element.
bool locate(int order, std::span<const Vec3> corners, const Vec3& x, std::vector<double>& weight) {
  double size = 0;
  for (int a = 1; a < 4; ++a) size = std::max(size, core::norm(corners[a] - corners[0]));
  if (core::norm(corners[0] - x) > 2 * size) return false;
  weight.resize(corners.size());
  std::vector<Vec3> gradient(corners.size());
  std::array<double, 4> lambda{0.25, 0.25, 0.25, 0.25};
  for (int iteration = 0; iteration < 20; ++iteration) {
    fem::tetrahedron_shape(order, {lambda[1], lambda[2], lambda[3]}, weight, gradient);
    Vec3 miss = x;
    for (std::size_t a = 0; a < corners.size(); ++a) miss = miss - weight[a] * corners[a];
    if (core::norm(miss) < 1e-10 * size) return *std::ranges::min_element(lambda) > -1e-9;
    const MappedPoint at = map_point(order, corners, lambda);
    for (int a = 0; a < 4; ++a) lambda[a] += core::dot(at.gradients[a], miss);
    if (*std::ranges::max_element(lambda) > 3) return false;
  }
  return false;
}

}  // namespace

void Wall::set_frames(const WallSetup& setup) {
  const std::size_t cells = space_u_.cells().size(), batches = (cells + lanes - 1) / lanes;
  // Fields within cells are given at the four points of degree 2.
  if (setup.quadrature_degree != 2 && !setup.cell_fibre.empty())
    throw std::logic_error("fibres within cells need quadrature of degree 2");
  frames_.resize(batches * points_.size());
  geometry_.resize(batches);
  tension_ = TensionField(slots());
  sites_.activation.resize(slots());
  sites_.factor.assign(slots(), 1.0);
  for (std::size_t b = 0; b < batches; ++b)
    for (int l = 0; l < lanes; ++l) {
      const std::int32_t cell = space_u_.cells()[std::min(b * lanes + l, cells - 1)];
      geometry_[b].stiffness[l] = setup.cell_stiffness.empty() ? 1 : setup.cell_stiffness[cell];
      for (std::size_t q = 0; q < points_.size(); ++q) {
        const std::size_t slot = (b * points_.size() + q) * lanes + l;
        frames_[b * points_.size() + q][l] = axes(setup, mesh_, cell, points_[q], q);
        sites_.activation[slot] = activation_at(setup, mesh_.cells[cell], points_[q].lambda);
        if (!setup.cell_tension.empty()) sites_.factor[slot] = setup.cell_tension[cell];
      }
    }
}

std::vector<Vec3> Wall::mesh_nodes() const {
  std::vector<Vec3> nodes = mesh_.points;
  if (space_u_.order() == 1) return nodes;
  if (!edge_points_.empty()) {
    nodes.insert(nodes.end(), edge_points_.begin(), edge_points_.end());
  } else {
    for (const auto& [a, b] : mesh::edges(mesh_)) nodes.push_back(0.5 * (mesh_.points[a] + mesh_.points[b]));
  }
  return nodes;
}

void Wall::set_reference(std::vector<Vec3> nodes) {
  reference_ = std::move(nodes);
  position_.resize(3 * static_cast<std::size_t>(space_u_.locals()));
  for (std::int32_t i = 0; i < space_u_.locals(); ++i)
    std::ranges::copy(reference_[space_u_.node()[i]], position_.begin() + 3 * static_cast<std::ptrdiff_t>(i));
  const std::size_t cells = space_u_.cells().size();
  const int n = nodes_per_cell();
  std::vector<Vec3> x(n);
  std::vector<double> volumes(cells, 0.0);
  for (std::size_t b = 0; b < geometry_.size(); ++b) {
    geometry_[b].at.resize(points_.size());
    for (int l = 0; l < lanes; ++l) {
      const std::size_t cell = std::min(b * lanes + l, cells - 1);
      for (int a = 0; a < n; ++a) x[a] = reference_[space_u_.node()[space_u_.cell_nodes()[n * cell + a]]];
      for (std::size_t q = 0; q < points_.size(); ++q) {
        const MappedPoint mapped = map_point(space_u_.order(), x, points_[q].lambda);
        auto& at = geometry_[b].at[q];
        at.volume[l] = mapped.jacobian / 6 * points_[q].weight;
        if (b * lanes + l < cells) volumes[cell] += at.volume[l];
        for (int a = 0; a < 4; ++a)
          for (int d = 0; d < 3; ++d)
            at.gradient[a][d][l] = core::dot(mapped.gradients[a], frames_[b * points_.size() + q][l][d]);
      }
    }
  }
  for (auto& support : supports_) support.set_reference(position_);
  if (density_ > 0) inertia_ = std::make_unique<Inertia>(space_u_, uu_, cell_uu_, volumes, density_);
}

double Wall::smallest_jacobian(std::span<const Vec3> nodes, std::span<const Vec3> other) const {
  double smallest = std::numeric_limits<double>::max();
  const int n = nodes_per_cell();
  std::vector<Vec3> x(n), y(n);
  for (std::size_t c = 0; c < space_u_.cells().size(); ++c) {
    for (int a = 0; a < n; ++a) {
      const std::int32_t node = space_u_.node()[space_u_.cell_nodes()[n * c + a]];
      x[a] = nodes[node], y[a] = other[node];
    }
    for (const Point& point : points_)
      smallest = std::min(smallest, map_point(space_u_.order(), x, point.lambda).jacobian /
                                        map_point(space_u_.order(), y, point.lambda).jacobian);
  }
  return comm().min(smallest);
}

std::vector<double> Wall::stretches(const WallState& state) const {
  std::vector<double> result(slots(), 1.0);
  visit_strains(state, [&](std::size_t cell, std::size_t q, double, const std::array<double, 6>& e, double) {
    result[slot(cell, q)] = std::sqrt(std::max(1 + 2 * e[0], 0.0));
  });
  return result;
}

std::pair<MaterialPoint, double> Wall::find(const Vec3& x) const {
  const std::vector<Vec3> nodes = mesh_nodes();
  const mesh::EdgeIndex edges(mesh_);
  const auto points = static_cast<std::int32_t>(mesh_.points.size());
  for (const mesh::Cell& cell : mesh_.cells) {
    MaterialPoint point{{cell.begin(), cell.end()}, {}};
    if (space_u_.order() == 2)
      for (const auto& [a, b] : mesh::cell_edges) point.node.push_back(points + edges.find(cell[a], cell[b]));
    std::vector<Vec3> corners;
    for (std::int32_t n : point.node) corners.push_back(nodes[n]);
    if (locate(space_u_.order(), corners, x, point.weight)) return {point, 0.0};
  }
  const auto nearest = std::ranges::min_element(nodes, {}, [&](const Vec3& n) { return core::norm(n - x); });
  return {{{static_cast<std::int32_t>(nearest - nodes.begin())}, {1.0}}, core::norm(*nearest - x)};
}

std::vector<double> Wall::positions(const WallState& state, std::span<const MaterialPoint> points) const {
  std::vector<double> result(3 * points.size(), 0.0);
  const auto owned = space_u_.node().first(space_u_.owned());
  for (std::size_t p = 0; p < points.size(); ++p)
    for (std::size_t k = 0; k < points[p].node.size(); ++k) {
      const auto at = std::ranges::find(owned, points[p].node[k]);
      if (at == owned.end()) continue;
      const auto n = 3 * static_cast<std::size_t>(at - owned.begin());
      for (std::size_t i = 0; i < 3; ++i)
        result[3 * p + i] += points[p].weight[k] * (position_[n + i] + state.u[n + i]);
    }
  if (!points.empty()) comm().sum(result);
  return result;
}

std::vector<double> Wall::gather_slots(std::span<const double> values) const {
  const std::size_t cells = space_u_.cells().size(), q = points_.size(), fields = values.size() / slots();
  std::vector<double> result(fields * mesh_.cells.size() * q, 0.0);
  for (std::size_t f = 0; f < fields; ++f)
    for (std::size_t c = 0; c < cells; ++c)
      for (std::size_t k = 0; k < q; ++k)
        result[(f * mesh_.cells.size() + space_u_.cells()[c]) * q + k] = values[f * slots() + slot(c, k)];
  comm().sum(result);  // every cell is on one rank
  return result;
}

std::vector<double> Wall::scatter_slots(std::span<const double> values) const {
  const std::size_t cells = space_u_.cells().size(), q = points_.size();
  const std::size_t fields = values.size() / (mesh_.cells.size() * q);
  std::vector<double> result(fields * slots());
  for (std::size_t f = 0; f < fields; ++f)
    for (std::size_t s = 0; s < slots(); ++s) {
      const std::size_t c = std::min(s / (lanes * q) * lanes + s % lanes, cells - 1), k = s / lanes % q;
      result[f * slots() + s] = values[(f * mesh_.cells.size() + space_u_.cells()[c]) * q + k];
    }
  return result;
}

template <int N>
void Wall::visit_strains_of(const WallState& state, const StrainVisitor& visit) const {
  const std::size_t cells = space_u_.cells().size();
  ElementState<N> element;
  std::vector<ElementStrain> strain;
  for (std::size_t b = 0; b < geometry_.size(); ++b) {
    gather_element(b, state, nullptr, element);
    strains<N>(points_, geometry_[b], element, strain);
    for (std::size_t l = 0; l < lanes && b * lanes + l < cells; ++l)
      for (std::size_t q = 0; q < points_.size(); ++q) {
        std::array<double, 6> e;
        for (int v = 0; v < 6; ++v) e[v] = strain[q].strain[v][l];
        visit(b * lanes + l, q, geometry_[b].at[q].volume[l], e, strain[q].j[l]);
      }
  }
}

void Wall::visit_strains(const WallState& state, const StrainVisitor& visit) const {
  if (space_u_.order() == 2)
    visit_strains_of<10>(state, visit);
  else
    visit_strains_of<4>(state, visit);
}

template <int N>
std::vector<double> Wall::fibre_stress_of(const WallState& state, const WallState& previous, double rate) const {
  std::vector<double> result(slots());
  ElementState<N> element;
  std::vector<Pack> stress;
  const std::size_t batch_slots = points_.size() * lanes;
  for (std::size_t b = 0; b < geometry_.size(); ++b) {
    gather_element(b, state, &previous, element);
    mechanics::fibre_stress<N>(tissue_, points_, geometry_[b], element, at(tension_, b * batch_slots), rate, stress);
    for (std::size_t q = 0; q < points_.size(); ++q)
      for (std::size_t l = 0; l < lanes; ++l) result[b * batch_slots + q * lanes + l] = stress[q][l];
  }
  return result;
}

std::vector<double> Wall::fibre_stress(const WallState& state, const WallState& previous, double rate) const {
  return space_u_.order() == 2 ? fibre_stress_of<10>(state, previous, rate) : fibre_stress_of<4>(state, previous, rate);
}

std::vector<double> Wall::gather_displacement(std::span<const double> u) const {
  {
    fem::LocalArray local(ghost_u_);
    std::ranges::copy(u, local.data());
  }
  return space_u_.gather(ghost_u_, 3);
}

std::vector<double> Wall::gather_pressure(const WallState& state) const {
  {
    fem::LocalArray local(ghost_p_);
    std::copy(state.p.begin(), state.p.end(), local.data());
  }
  return space_p_.gather(ghost_p_, 1);
}

WallState Wall::scatter(std::span<const double> u, std::span<const double> p, double pressure) const {
  WallState state = zero();
  for (std::int32_t i = 0; i < space_u_.locals(); ++i)
    std::copy_n(&u[3 * static_cast<std::size_t>(space_u_.node()[i])], 3, &state.u[3 * static_cast<std::size_t>(i)]);
  for (std::int32_t i = 0; i < space_p_.locals(); ++i) state.p[i] = p[space_p_.node()[i]];
  state.pressure = pressure;
  return state;
}

}  // namespace cardiotwin::mechanics

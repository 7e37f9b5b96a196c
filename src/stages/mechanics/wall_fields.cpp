/// The wall's geometry and fields: fibre axes, activation, reference positions, strains, gather and scatter.

#include <algorithm>
#include <cmath>

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
std::array<Vec3, 3> axes(const WallSetup& setup, const mesh::TetMesh& mesh, std::int32_t index,
                         const std::array<double, 4>& lambda) {
  if (setup.fibre.empty()) return {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};
  const mesh::Cell& cell = mesh.cells[index];
  const Vec3 none{0, 0, 0};
  Vec3 f =
      mean_direction(setup.fibre, cell, lambda, setup.circumferential.empty() ? none : setup.circumferential[index]);
  if (core::norm(f) == 0) f = {1, 0, 0};
  Vec3 s = setup.sheet.empty() ? Vec3{0, 0, 0} : mean_direction(setup.sheet, cell, lambda, none);
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

}  // namespace

void Wall::set_frames(const WallSetup& setup) {
  const std::size_t cells = space_u_.cells().size(), batches = (cells + lanes - 1) / lanes;
  frames_.resize(batches * points_.size());
  activation_.resize(batches * points_.size());
  tension_.resize(batches * points_.size());
  geometry_.resize(batches);
  for (std::size_t b = 0; b < batches; ++b)
    for (std::size_t q = 0; q < points_.size(); ++q)
      for (int l = 0; l < lanes; ++l) {
        const std::int32_t cell = space_u_.cells()[std::min(b * lanes + l, cells - 1)];
        frames_[b * points_.size() + q][l] = axes(setup, mesh_, cell, points_[q].lambda);
        activation_[b * points_.size() + q][l] = activation_at(setup, mesh_.cells[cell], points_[q].lambda);
      }
}

void Wall::set_reference(std::span<const Vec3> points) {
  reference_.assign(points.begin(), points.end());
  position_.resize(3 * static_cast<std::size_t>(space_u_.locals()));
  const mesh::EdgeIndex edges(mesh_);
  const auto count = static_cast<std::int32_t>(mesh_.points.size());
  for (std::int32_t i = 0; i < space_u_.locals(); ++i) {
    const std::int32_t n = space_u_.node()[i];
    Vec3 x;
    if (n < count) {
      x = reference_[n];
    } else {
      const auto [a, b] = edges.edges()[n - count];
      x = 0.5 * (reference_[a] + reference_[b]);
    }
    std::copy(x.begin(), x.end(), position_.begin() + 3 * static_cast<std::ptrdiff_t>(i));
  }
  const std::size_t cells = space_u_.cells().size();
  for (std::size_t b = 0; b < geometry_.size(); ++b) {
    geometry_[b].at.resize(points_.size());
    for (int l = 0; l < lanes; ++l) {
      const mesh::Cell& v = mesh_.cells[space_u_.cells()[std::min(b * lanes + l, cells - 1)]];
      const auto cell = fem::affine_cell(reference_[v[0]], reference_[v[1]], reference_[v[2]], reference_[v[3]]);
      for (std::size_t q = 0; q < points_.size(); ++q) {
        auto& at = geometry_[b].at[q];
        at.volume[l] = cell.volume * points_[q].weight;
        for (int a = 0; a < 4; ++a)
          for (int d = 0; d < 3; ++d)
            at.gradient[a][d][l] = core::dot(cell.gradients[a], frames_[b * points_.size() + q][l][d]);
      }
    }
  }
  for (auto& support : supports_) support.set_reference(position_);
}

void Wall::set_time(double time) {
  for (std::size_t k = 0; k < tension_.size(); ++k)
    for (int l = 0; l < lanes; ++l)
      tension_[k].value[l] = time < 0 ? 0 : tension(tissue_.twitch, twitch_scale_, time, activation_[k][l]);
}

void Wall::visit_strains(
    const WallState& state,
    const std::function<void(std::size_t, std::size_t, double, const std::array<double, 6>&, double)>& visit) const {
  const std::size_t cells = space_u_.cells().size();
  ElementState element;
  std::vector<ElementStrain> strain;
  for (std::size_t b = 0; b < geometry_.size(); ++b) {
    gather_element(b, state, nullptr, element);
    strains(points_, geometry_[b], element, strain);
    for (int l = 0; l < lanes && b * lanes + l < cells; ++l)
      for (std::size_t q = 0; q < points_.size(); ++q) {
        std::array<double, 6> e;
        for (int v = 0; v < 6; ++v) e[v] = strain[q].strain[v][l];
        visit(b * lanes + l, q, geometry_[b].at[q].volume[l], e, strain[q].j[l]);
      }
  }
}

std::vector<double> Wall::gather_displacement(const WallState& state) const {
  {
    fem::LocalArray local(ghost_u_);
    std::copy(state.u.begin(), state.u.end(), local.data());
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

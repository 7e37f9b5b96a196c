#include "support/ellipsoid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

namespace cardiotwin::test {
namespace {

using std::numbers::pi;
using Index3 = std::array<int, 3>;
using Hex = std::array<std::int32_t, 8>;

/// A point of the ellipsoidal coordinates: direction on the half sphere (z <= 0) and layer. `depth` runs from 0 at the
/// centre of the lid to 1 at the endocardium and to 2 at the epicardium.
struct Place {
  Vec3 direction;
  double depth;
};

/// Lattice of the half cube [-n,n]^2 x [-m,0], extended by layers over its five outer faces. A lattice point is
/// (i, j, k, layer): layer 0 is the block itself, higher layers exist over its surface only.
class Lattice {
 public:
  explicit Lattice(const Ellipsoid& shape) : shape_(shape), half_(shape.around), height_(shape.along) {}

  bool on_surface(const Index3& p) const {
    return std::abs(p[0]) == half_ || std::abs(p[1]) == half_ || p[2] == -height_;
  }

  /// Cube coordinates in [-1,1]^2 x [-1,0], spaced evenly in angle as seen from the centre.
  Vec3 cube(const Index3& p) const {
    const auto even = [](double s) { return std::tan(pi / 4 * s); };
    return {even(double(p[0]) / half_), even(double(p[1]) / half_), even(double(p[2]) / height_)};
  }

  Place place(const Index3& p, int layer) const {
    const Vec3 q = cube(p);
    const Vec3 direction = core::normalised(q);
    if (layer > shape_.core_layers) return {direction, 1 + double(layer - shape_.core_layers) / shape_.across};
    // The block is a half cube of half width 0.45, slightly rounded; around it layers that end on the half sphere.
    const double largest = std::max({std::abs(q[0]), std::abs(q[1]), std::abs(q[2])});
    const Vec3 block = 0.45 * (0.7 * q + 0.3 * largest * 1.2 * direction);
    const double t = double(layer) / std::max(shape_.core_layers, 1);
    const Vec3 mixed = (1 - t) * block + t * direction;
    return {core::normalised(mixed), core::norm(mixed)};
  }

  std::int32_t number(const Index3& p, int layer) {
    const auto [it, fresh] = numbers_.try_emplace({p[0], p[1], p[2], layer}, static_cast<std::int32_t>(places_.size()));
    if (fresh) places_.push_back(place(p, layer));
    return it->second;
  }
  const std::vector<Place>& places() const { return places_; }
  int half() const { return half_; }
  int height() const { return height_; }

 private:
  const Ellipsoid& shape_;
  int half_, height_;
  std::map<std::array<int, 4>, std::int32_t> numbers_;
  std::vector<Place> places_;
};

/// Position on the ellipsoid with semi-axes (a, b): polar fraction s from the apex (0) to the basal plane (1).
Vec3 on_ellipsoid(double a, double b, double base_z, double s, double phi) {
  const double mu = s * std::acos(-base_z / b);
  return {a * std::sin(mu) * std::cos(phi), a * std::sin(mu) * std::sin(phi), -b * std::cos(mu)};
}

struct Polar {
  double s, phi;
};
Polar polar(const Vec3& direction) {
  return {std::acos(std::clamp(-direction[2], -1.0, 1.0)) / (pi / 2), std::atan2(direction[1], direction[0])};
}

Vec3 layer_point(const Ellipsoid& e, double t, const Polar& at) {
  return on_ellipsoid(e.inner_short + t * (e.outer_short - e.inner_short),
                      e.inner_long + t * (e.outer_long - e.inner_long), e.base_z, at.s, at.phi);
}

Vec3 position(const Ellipsoid& e, const Place& place) {
  if (place.depth >= 1) return layer_point(e, place.depth - 1, polar(place.direction));
  const Vec3 centre{0, 0, e.base_z};  // the cavity is star-shaped about the centre of its lid, and the lid stays flat
  return centre + place.depth * (layer_point(e, 0, polar(place.direction)) - centre);
}

/// Six tetrahedra from the smallest corner; every face is cut through its own smallest corner, so neighbours agree.
void split(const Hex& hex, std::int32_t region, artifacts::HeartMesh& mesh) {
  static constexpr int faces[6][4] = {{0, 1, 2, 3}, {4, 5, 6, 7}, {0, 1, 5, 4},
                                      {1, 2, 6, 5}, {2, 3, 7, 6}, {3, 0, 4, 7}};
  const std::int32_t apex = *std::min_element(hex.begin(), hex.end());
  for (const auto& face : faces) {
    std::array<std::int32_t, 4> q{hex[face[0]], hex[face[1]], hex[face[2]], hex[face[3]]};
    if (std::find(q.begin(), q.end(), apex) != q.end()) continue;
    std::rotate(q.begin(), std::min_element(q.begin(), q.end()), q.end());
    for (std::array<std::int32_t, 4> cell : {std::array{apex, q[0], q[1], q[2]}, std::array{apex, q[0], q[2], q[3]}}) {
      const auto& x = mesh.points;
      const Vec3 a = x[cell[1]] - x[cell[0]], b = x[cell[2]] - x[cell[0]], c = x[cell[3]] - x[cell[0]];
      if (core::dot(core::cross(a, b), c) < 0) std::swap(cell[2], cell[3]);
      mesh.cells.push_back(cell);
      mesh.region.push_back(region);
    }
  }
}

struct Block {
  std::vector<Hex> wall, blood;
};

/// The hexahedra over one lattice square of the block's surface, layer by layer.
void raise(Lattice& lattice, const Ellipsoid& e, const std::array<Index3, 4>& square, Block& block) {
  const int first = e.with_blood ? 0 : e.core_layers;
  for (int layer = first; layer < e.core_layers + e.across; ++layer) {
    Hex hex;
    for (int corner = 0; corner < 4; ++corner) {
      hex[corner] = lattice.number(square[corner], layer);
      hex[corner + 4] = lattice.number(square[corner], layer + 1);
    }
    (layer < e.core_layers ? block.blood : block.wall).push_back(hex);
  }
}

Block hexahedra(Lattice& lattice, const Ellipsoid& e) {
  Block block;
  const int n = lattice.half(), m = lattice.height();
  if (e.with_blood)
    for (int k = -m; k < 0; ++k)
      for (int j = -n; j < n; ++j)
        for (int i = -n; i < n; ++i) {
          Hex hex;
          const std::array<Index3, 4> square{{{i, j, k}, {i + 1, j, k}, {i + 1, j + 1, k}, {i, j + 1, k}}};
          for (int corner = 0; corner < 4; ++corner) {
            hex[corner] = lattice.number(square[corner], 0);
            Index3 above = square[corner];
            ++above[2];
            hex[corner + 4] = lattice.number(above, 0);
          }
          block.blood.push_back(hex);
        }
  for (int j = -n; j < n; ++j)
    for (int i = -n; i < n; ++i)
      raise(lattice, e, {{{i, j, -m}, {i + 1, j, -m}, {i + 1, j + 1, -m}, {i, j + 1, -m}}}, block);
  for (int side : {-n, n})
    for (int k = -m; k < 0; ++k)
      for (int i = -n; i < n; ++i) {
        raise(lattice, e, {{{side, i, k}, {side, i + 1, k}, {side, i + 1, k + 1}, {side, i, k + 1}}}, block);
        raise(lattice, e, {{{i, side, k}, {i + 1, side, k}, {i + 1, side, k + 1}, {i, side, k + 1}}}, block);
      }
  return block;
}

std::int32_t lid_tag(const Ellipsoid& e, const Vec3& centre) {
  const double mitral = std::hypot(centre[0] + 0.38 * e.inner_short, centre[1]);
  const double aortic = std::hypot(centre[0] - 0.52 * e.inner_short, centre[1]);
  if (mitral < 0.46 * e.inner_short) return artifacts::surface_mitral;
  if (aortic < 0.36 * e.inner_short) return artifacts::surface_aortic;
  return artifacts::surface_lid;
}

/// The faces of cells that are outer or lie between wall and blood, with their tags.
void tag_surfaces(const Ellipsoid& e, const std::vector<Place>& places, artifacts::HeartMesh& mesh) {
  static constexpr int faces[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};  // normals point outwards
  struct Face {
    std::array<std::int32_t, 3> corners;
    std::int32_t region;
    int count = 0;
    bool mixed = false;
  };
  std::map<std::array<std::int32_t, 3>, Face> all;
  for (std::size_t c = 0; c < mesh.cells.size(); ++c)
    for (const auto& f : faces) {
      const auto& cell = mesh.cells[c];
      const std::array<std::int32_t, 3> corners{cell[f[0]], cell[f[1]], cell[f[2]]};
      auto key = corners;
      std::sort(key.begin(), key.end());
      const auto [it, fresh] = all.try_emplace(key, Face{corners, mesh.region[c], 0, false});
      Face& face = it->second;
      ++face.count;
      face.mixed |= face.region != mesh.region[c];
      if (face.mixed && mesh.region[c] == artifacts::region_lv_wall) face.corners = corners;
    }
  for (const auto& [key, face] : all) {
    if (face.count == 2 && !face.mixed) continue;
    const auto depth = [&](auto test) {
      return std::all_of(key.begin(), key.end(), [&](auto p) { return test(places[p].depth); });
    };
    std::int32_t tag = artifacts::surface_base;
    if (depth([](double d) { return d > 2 - 1e-9; }))
      tag = artifacts::surface_epicardium;
    else if (face.mixed || (!e.with_blood && depth([](double d) { return d < 1 + 1e-9; })))
      tag = artifacts::surface_endocardium;
    else if (face.region == artifacts::region_lv_blood)
      tag = lid_tag(e, (1.0 / 3) * (mesh.points[key[0]] + mesh.points[key[1]] + mesh.points[key[2]]));
    mesh.triangles.push_back(face.corners);
    mesh.surface.push_back(tag);
  }
}

/// 17 segments: basal and mid 60 degrees each from the septum's middle, apical 90 degrees, apex.
std::int32_t aha(double apicobasal, double angle) {
  const double turn = std::fmod(angle / (2 * pi) + 1.0, 1.0);
  if (apicobasal < 0.12) return 17;
  if (apicobasal < 0.4) return 13 + static_cast<int>(std::fmod(turn + 1.0 / 8, 1.0) * 4);
  return (apicobasal < 0.7 ? 7 : 1) + static_cast<int>(std::fmod(turn + 1.0 / 12, 1.0) * 6);
}

void set_coordinates(const Ellipsoid& e, const std::vector<Place>& places, artifacts::HeartMesh& mesh) {
  const std::size_t n = mesh.points.size();
  mesh.fibre.assign(n, {0, 0, 0});
  mesh.sheet.assign(n, {0, 0, 0});
  for (auto* field : {&mesh.transmural, &mesh.apicobasal, &mesh.rotational}) field->assign(n, 0.0);
  mesh.aha_segment.assign(mesh.cells.size(), 0);
  for (std::size_t p = 0; p < n; ++p) {
    if (places[p].depth < 1 - 1e-9) continue;
    const Polar at = polar(places[p].direction);
    const double t = places[p].depth - 1;
    mesh.transmural[p] = std::clamp(t, 0.0, 1.0);
    mesh.apicobasal[p] = std::clamp(at.s, 0.0, 1.0);
    mesh.rotational[p] = at.phi;
    // Differences along the coordinate lines; at the apex the direction of growing s along phi is as good as any.
    const double s = std::max(at.s, 1e-3), d = 1e-5;
    const Vec3 up = core::normalised(layer_point(e, t, {s + d, at.phi}) - layer_point(e, t, {s - d, at.phi}));
    const Vec3 around{-std::sin(at.phi), std::cos(at.phi), 0};
    const Vec3 out = core::normalised(core::cross(around, up));
    const double angle = (e.fibre_endo_deg + t * (e.fibre_epi_deg - e.fibre_endo_deg)) * pi / 180;
    mesh.fibre[p] = core::normalised(std::cos(angle) * around + std::sin(angle) * up);
    mesh.sheet[p] = out;
  }
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    if (mesh.region[c] != artifacts::region_lv_wall) continue;
    double height = 0;
    Vec3 centre{0, 0, 0};
    for (auto p : mesh.cells[c]) {
      height += 0.25 * mesh.apicobasal[p];
      centre = centre + 0.25 * mesh.points[p];
    }
    mesh.aha_segment[c] = aha(height, std::atan2(centre[1], centre[0]));
  }
}

}  // namespace

artifacts::HeartMesh ellipsoid(const Ellipsoid& shape) {
  Lattice lattice(shape);
  const Block block = hexahedra(lattice, shape);
  artifacts::HeartMesh mesh;
  for (const Place& place : lattice.places()) mesh.points.push_back(position(shape, place));
  for (const Hex& hex : block.wall) split(hex, artifacts::region_lv_wall, mesh);
  for (const Hex& hex : block.blood) split(hex, artifacts::region_lv_blood, mesh);
  tag_surfaces(shape, lattice.places(), mesh);
  set_coordinates(shape, lattice.places(), mesh);
  return mesh;
}

artifacts::Activation ellipsoid_activation(const artifacts::HeartMesh& mesh, double speed) {
  std::size_t apex = 0;
  double lowest = std::numeric_limits<double>::max();
  std::vector<char> wall(mesh.points.size(), 0);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c)
    if (mesh.region[c] == artifacts::region_lv_wall)
      for (auto p : mesh.cells[c]) wall[p] = 1;
  for (std::size_t p = 0; p < mesh.points.size(); ++p)
    if (wall[p] && mesh.transmural[p] < 1e-9 && mesh.apicobasal[p] < lowest) {
      lowest = mesh.apicobasal[p];
      apex = p;
    }
  artifacts::Activation activation;
  for (std::size_t p = 0; p < mesh.points.size(); ++p) {
    const double time = wall[p] ? core::norm(mesh.points[p] - mesh.points[apex]) / speed : -1;
    activation.activation_time_ms.push_back(time);
    activation.repolarisation_time_ms.push_back(wall[p] ? time + 280 : -1);
  }
  return activation;
}

mesh::TetMesh tet_mesh(const artifacts::HeartMesh& heart) {
  return {heart.points, heart.cells, heart.region, heart.triangles, heart.surface};
}

}  // namespace cardiotwin::test

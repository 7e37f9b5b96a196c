#include "ellipsoid.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <tuple>

#include "boundary.hpp"
#include "cardiotwin/core/error.hpp"
#include "cardiotwin/mesh/edge_index.hpp"
#include "coordinates.hpp"

namespace cardiotwin::meshing {
namespace {

using std::numbers::pi;
using Index3 = std::array<int, 3>;
using Hex = std::array<std::int32_t, 8>;

/// Of the lattice (see Lattice): whole numbers at mesh points, halves in the middle of edges.
struct Site {
  Vec3 cube;
  double layer;
};

/// A direction on the half sphere z <= 0 and how far to go: `depth` runs from 0 at the centre of the lid to 1 at the
/// endocardium and to 2 at the epicardium.
struct Place {
  Vec3 direction;
  double depth;
};

/// Lattice of the half cube [-n,n]^2 x [-m,0], extended by layers over its five outer faces. A lattice point is
/// (i, j, k, layer): layer 0 is the block itself, higher layers exist over its surface only.
class Lattice {
 public:
  explicit Lattice(const Ellipsoid& shape) : shape_(shape) {}

  Place place(const Site& site) const {
    // Cube coordinates in [-1,1]^2 x [-1,0], spaced evenly in angle as seen from the centre.
    const auto even = [](double part, int whole) { return std::tan(pi / 4 * part / whole); };
    const double shrink = towards_apex(site.cube);
    const Vec3 q{even(shrink * site.cube[0], shape_.around), even(shrink * site.cube[1], shape_.around),
                 even(site.cube[2], shape_.along)};
    const Vec3 direction = core::normalised(q);
    if (site.layer >= shape_.core_layers) return {direction, 1 + (site.layer - shape_.core_layers) / shape_.across};
    // The block is a half cube of half width 0.45, slightly rounded; around it layers that end on the half sphere.
    const double largest = std::max({std::abs(q[0]), std::abs(q[1]), std::abs(q[2])});
    const Vec3 block = 0.45 * (0.7 * q + 0.3 * largest * 1.2 * direction);
    const double t = site.layer / shape_.core_layers;
    const Vec3 mixed = (1 - t) * block + t * direction;
    return {core::normalised(mixed), core::norm(mixed)};
  }

  /// By how much a site moves to the cube's axis: fully on its lower face, not at all on the lid, linearly between two
  /// rings, so that a middle stays in the middle.
  double towards_apex(const Vec3& cube) const {
    const double ring = std::max(std::abs(cube[0]), std::abs(cube[1])), low = cube[2] / shape_.along;
    if (ring == 0 || shape_.apex_grading == 1) return 1;
    const double inner = std::floor(ring), outer = inner + 1, n = shape_.around;
    const auto end = [&](double k) { return n * std::pow(k / n, shape_.apex_grading); };
    const double graded = end(inner) + (ring - inner) * (end(outer) - end(inner));
    return 1 + (graded / ring - 1) * low * low;
  }

  /// In order of first use, until sorted() is called.
  std::int32_t number(const Index3& p, int layer) {
    const auto [it, fresh] = numbers_.try_emplace({p[0], p[1], p[2], layer}, static_cast<std::int32_t>(sites_.size()));
    if (fresh) sites_.push_back({{double(p[0]), double(p[1]), double(p[2])}, double(layer)});
    return it->second;
  }
  const std::vector<Site>& sites() const { return sites_; }

  /// Renumbers the points, layer by layer from the cube's far corners to the middle of its faces, and returns the new
  /// number of each. split() then cuts quadrilaterals from middle to corner: at the corner three of them meet with
  /// angles of 120 degrees, which the cut halves.
  std::vector<std::int32_t> sorted();

 private:
  const Ellipsoid& shape_;
  std::map<std::array<int, 4>, std::int32_t> numbers_;
  std::vector<Site> sites_;
};

std::vector<std::int32_t> Lattice::sorted() {
  const auto rank = [&](std::int32_t p) {
    const auto& [cube, layer] = sites_[p];
    return std::tuple(layer, -(std::abs(cube[0]) + std::abs(cube[1]) + std::abs(cube[2])), p);
  };
  std::vector<std::int32_t> old(sites_.size()), fresh(sites_.size());
  std::iota(old.begin(), old.end(), 0);
  std::ranges::sort(old, {}, rank);
  std::vector<Site> sites;
  for (std::size_t p = 0; p < old.size(); ++p) {
    fresh[old[p]] = static_cast<std::int32_t>(p);
    sites.push_back(sites_[old[p]]);
  }
  sites_ = std::move(sites);
  return fresh;
}

/// Semi-axes and height of the base at a depth of the wall.
struct Shell {
  double a, b, h;
};
Shell shell(const Ellipsoid& e, double t) {
  return {e.inner_short + t * (e.outer_short - e.inner_short), e.inner_long + t * (e.outer_long - e.inner_long),
          e.inner_base + t * (e.outer_base - e.inner_base)};
}

/// Wall coordinates.
struct Polar {
  double t, s, phi;
};
Polar polar(const Place& place) {
  const Vec3& d = place.direction;
  return {place.depth - 1, std::atan2(std::hypot(d[0], d[1]), -d[2]) / (pi / 2), std::atan2(d[1], d[0])};
}

struct Frame {
  Vec3 position, circumferential, longitudinal, outwards;
};
Frame frame(const Ellipsoid& e, const Polar& at) {
  const auto [a, b, h] = shell(e, at.t);
  const double mu = at.s * std::acos(-h / b);
  const Vec3 radial{std::cos(at.phi), std::sin(at.phi), 0}, axial{0, 0, 1};
  Frame f;
  f.position = a * std::sin(mu) * radial - b * std::cos(mu) * axial;
  f.circumferential = {-radial[1], radial[0], 0};
  f.longitudinal = core::normalised(a * std::cos(mu) * radial + b * std::sin(mu) * axial);
  f.outwards = core::cross(f.circumferential, f.longitudinal);
  return f;
}

Vec3 position(const Ellipsoid& e, const Place& place) {
  const Polar at = polar(place);
  if (place.depth >= 1) return frame(e, at).position;
  const Vec3 centre{0, 0, e.inner_base};  // the cavity is star-shaped about the centre of its lid, which stays flat
  return centre + place.depth * (frame(e, {0, at.s, at.phi}).position - centre);
}

struct Directions {
  Vec3 fibre{0, 0, 0}, sheet{0, 0, 0};
};
Directions directions(const Ellipsoid& e, const Place& place) {
  if (place.depth < 1) return {};
  const Polar at = polar(place);
  const Frame f = frame(e, at);
  const double angle = (e.fibre_endo_deg + at.t * (e.fibre_epi_deg - e.fibre_endo_deg)) * pi / 180;
  const Vec3 fibre = std::cos(angle) * f.circumferential + std::sin(angle) * f.longitudinal;
  return {fibre, e.sheet == Sheet::transmural ? f.outwards : core::cross(f.outwards, fibre)};
}

/// Six tetrahedra from the smallest corner; every face is cut through its own smallest corner, so neighbours agree.
void split(const Hex& hex, std::int32_t region, mesh::TetMesh& mesh) {
  static constexpr int faces[6][4] = {{0, 1, 2, 3}, {4, 5, 6, 7}, {0, 1, 5, 4},
                                      {1, 2, 6, 5}, {2, 3, 7, 6}, {3, 0, 4, 7}};
  const std::int32_t apex = *std::min_element(hex.begin(), hex.end());
  for (const auto& face : faces) {
    std::array<std::int32_t, 4> q{hex[face[0]], hex[face[1]], hex[face[2]], hex[face[3]]};
    if (std::find(q.begin(), q.end(), apex) != q.end()) continue;
    std::rotate(q.begin(), std::min_element(q.begin(), q.end()), q.end());
    for (mesh::Cell cell : {mesh::Cell{apex, q[0], q[1], q[2]}, mesh::Cell{apex, q[0], q[2], q[3]}}) {
      if (mesh::signed_volume(mesh, cell) < 0) std::swap(cell[2], cell[3]);
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
  for (int layer = e.with_blood ? 0 : e.core_layers; layer < e.core_layers + e.across; ++layer) {
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
  const int n = e.around, m = e.along;
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

void tag(const Ellipsoid& e, const std::vector<Place>& places, mesh::TetMesh& mesh) {
  for (const Face& face : surface_faces(mesh)) {
    const mesh::Triangle& corners = face.triangle;
    const auto all_at = [&](double depth) {
      return std::ranges::all_of(corners, [&](auto p) { return std::abs(places[p].depth - depth) < 1e-9; });
    };
    std::int32_t surface = artifacts::surface_base;
    if (mesh.region[face.cell] == artifacts::region_lv_blood)
      surface = lid_tag(e, (1.0 / 3) * (mesh.points[corners[0]] + mesh.points[corners[1]] + mesh.points[corners[2]]));
    else if (all_at(1))
      surface = artifacts::surface_endocardium;
    else if (all_at(2))
      surface = artifacts::surface_epicardium;
    mesh.triangles.push_back(corners);
    mesh.surface.push_back(surface);
  }
}

void set_coordinates(const Ellipsoid& e, const std::vector<Place>& places, artifacts::HeartMesh& heart) {
  for (const Place& place : places) {
    const bool wall = place.depth >= 1;
    const Polar at = wall ? polar(place) : Polar{0, 0, 0};
    const Directions along = directions(e, place);
    heart.transmural.push_back(std::clamp(at.t, 0.0, 1.0));
    heart.apicobasal.push_back(std::clamp(at.s, 0.0, 1.0));
    heart.rotational.push_back(at.phi);
    heart.fibre.push_back(along.fibre);
    heart.sheet.push_back(along.sheet);
  }
  for (std::size_t c = 0; c < heart.cells.size(); ++c) {
    Vec3 centre{0, 0, 0};
    for (const auto p : heart.cells[c]) centre = centre + 0.25 * heart.points[p];
    const double level = (centre[2] + e.inner_long) / (e.inner_base + e.inner_long);
    heart.aha_segment.push_back(
        heart.region[c] == artifacts::region_lv_wall ? aha_segment(level, std::atan2(centre[1], centre[0])) : 0);
  }
}

/// Middles of edges on the coordinate lines of the lattice.
void curve(const Ellipsoid& e, const Lattice& lattice, const mesh::TetMesh& mesh, artifacts::HeartMesh& heart) {
  for (const auto& [a, b] : mesh::edges(mesh)) {
    const Site &from = lattice.sites()[a], &to = lattice.sites()[b];
    const Place middle = lattice.place({0.5 * (from.cube + to.cube), 0.5 * (from.layer + to.layer)});
    heart.edge_points.push_back(middle.depth < 1 ? 0.5 * (mesh.points[a] + mesh.points[b]) : position(e, middle));
  }
}

/// Fibre and sheet within the cells of the wall.
void set_cell_fibres(const Ellipsoid& e, const Lattice& lattice, artifacts::HeartMesh& heart) {
  for (std::size_t c = 0; c < heart.cells.size(); ++c)
    for (std::size_t k = 0; k < artifacts::cell_points; ++k) {
      Site site{{0, 0, 0}, 0};
      for (std::size_t v = 0; v < 4; ++v) {
        const Site& corner = lattice.sites()[heart.cells[c][v]];
        const double weight = artifacts::cell_point_weight(k, v);
        site.cube = site.cube + weight * corner.cube;
        site.layer += weight * corner.layer;
      }
      const bool wall = heart.region[c] == artifacts::region_lv_wall;
      const Directions along = wall ? directions(e, lattice.place(site)) : Directions{};
      heart.cell_fibre.push_back(along.fibre);
      heart.cell_sheet.push_back(along.sheet);
    }
}

void check(const Ellipsoid& e) {
  const auto fail = [&](const char* key, const char* expected, const Shell& found, const char* remedy) {
    core::fail_configuration({.where = std::string("meshing.") + key,
                              .expected = expected,
                              .found = fmt::format("[{:g}, {:g}, {:g}]", found.a, found.b, found.h),
                              .remedy = remedy});
  };
  const Shell inner = shell(e, 0), outer = shell(e, 1);
  for (const auto& [key, at] : {std::pair{"ellipsoid_inner_mm", inner}, {"ellipsoid_outer_mm", outer}}) {
    if (!(at.a > 0 && at.b > 0)) fail(key, "semi-axes longer than 0 mm", at, "give [short, long, base] in mm");
    if (!(std::abs(at.h) < at.b))
      fail(key, "a base between both poles", at, "lower the third number, the base's height above the centre");
  }
  if (!(outer.a > inner.a && outer.b > inner.b))
    fail("ellipsoid_outer_mm", "both semi-axes longer than those of ellipsoid_inner_mm", outer,
         "make the outer ellipsoid larger, or the inner one smaller");
}

}  // namespace

artifacts::HeartMesh make_ellipsoid(const Ellipsoid& shape) {
  check(shape);
  Lattice lattice(shape);
  Block block = hexahedra(lattice, shape);
  const std::vector<std::int32_t> fresh = lattice.sorted();
  for (auto* hexes : {&block.wall, &block.blood})
    for (Hex& hex : *hexes)
      for (std::int32_t& p : hex) p = fresh[p];
  std::vector<Place> places;
  mesh::TetMesh mesh;
  for (const Site& site : lattice.sites()) {
    places.push_back(lattice.place(site));
    mesh.points.push_back(position(shape, places.back()));
  }
  for (const Hex& hex : block.wall) split(hex, artifacts::region_lv_wall, mesh);
  for (const Hex& hex : block.blood) split(hex, artifacts::region_lv_blood, mesh);
  tag(shape, places, mesh);
  artifacts::HeartMesh heart;
  curve(shape, lattice, mesh, heart);
  heart.points = std::move(mesh.points);
  heart.cells = std::move(mesh.cells);
  heart.region = std::move(mesh.region);
  heart.triangles = std::move(mesh.triangles);
  heart.surface = std::move(mesh.surface);
  set_coordinates(shape, places, heart);
  set_cell_fibres(shape, lattice, heart);
  return heart;
}

EllipsoidVolumes volumes(const Ellipsoid& e) {
  const auto below = [](const Shell& at) {  // its plane
    return pi * at.a * at.a * (at.h - at.h * at.h * at.h / (3 * at.b * at.b) + 2 * at.b / 3);
  };
  const double cavity = below(shell(e, 0));
  // Between the planes of both rims the base bounds the body: pi r^2 dh along it, by Simpson's rule.
  double skirt = 0;
  constexpr int intervals = 200;
  for (int i = 0; i <= intervals; ++i) {
    const auto [a, b, h] = shell(e, double(i) / intervals);
    const double weight = (i == 0 || i == intervals ? 1.0 : i % 2 == 1 ? 4.0 : 2.0) / (3.0 * intervals);
    skirt += weight * pi * a * a * (1 - h * h / (b * b)) * (e.inner_base - e.outer_base);
  }
  return {below(shell(e, 1)) + skirt - cavity, cavity};
}

}  // namespace cardiotwin::meshing

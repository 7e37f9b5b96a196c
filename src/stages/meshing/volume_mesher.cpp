// CGAL Mesh_3 on a labelled function with protected rings. CGAL: https://www.cgal.org, 3D Mesh Generation (Alliez,
// Jamin, Rineau, Tayeb, Tournois, Yvinec). Sequential on purpose: the parallel mesher never gives the same mesh twice.
#include "volume_mesher.hpp"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Labeled_mesh_domain_3.h>
#include <CGAL/Mesh_complex_3_in_triangulation_3.h>
#include <CGAL/Mesh_criteria_3.h>
#include <CGAL/Mesh_domain_with_polyline_features_3.h>
#include <CGAL/Mesh_triangulation_3.h>
#include <CGAL/Random.h>
#include <CGAL/make_mesh_3.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <unordered_map>

namespace cardiotwin::meshing {
namespace {

using Kernel = CGAL::Exact_predicates_inexact_constructions_kernel;
using CgalDomain = CGAL::Mesh_domain_with_polyline_features_3<CGAL::Labeled_mesh_domain_3<Kernel>>;
using Triangulation = CGAL::Mesh_triangulation_3<CgalDomain>::type;
using Complex =
    CGAL::Mesh_complex_3_in_triangulation_3<Triangulation, CgalDomain::Corner_index, CgalDomain::Curve_index>;
using Criteria = CGAL::Mesh_criteria_3<Triangulation>;
using Point = Kernel::Point_3;
namespace parameters = CGAL::parameters;

/// Size by region inside and by the regions at both sides on a surface.
struct RegionSize {
  using FT = Kernel::FT;
  using Point_3 = Point;
  using Index = CgalDomain::Index;
  double wall_mm, blood_mm;

  double of(int region) const {
    return !is_meshed(region) ? std::max(wall_mm, blood_mm) : region == wall ? wall_mm : blood_mm;
  }
  FT operator()(const Point_3&, int, const Index& index) const {
    if (const int* region = boost::get<int>(&index)) return of(*region);
    const auto& patch = boost::get<CgalDomain::Surface_patch_index>(index);
    return std::min(of(patch.first), of(patch.second));
  }
};

/// Length of the edges of each ring; rings are numbered from 1 in the order in which they were added.
struct RingSize {
  using FT = Kernel::FT;
  using Point_3 = Point;
  using Index = CgalDomain::Index;
  std::vector<double> edge_mm;
  double smallest;

  FT operator()(const Point_3&, int dimension, const Index& index) const {
    const int* ring = dimension == 1 ? boost::get<int>(&index) : nullptr;
    return ring && *ring >= 1 && *ring <= static_cast<int>(edge_mm.size()) ? edge_mm[*ring - 1] : smallest;
  }
};

CgalDomain make_domain(const Domain& domain, CGAL::Random& random) {
  const Kernel::Sphere_3 bounds(Point(domain.centre[0], domain.centre[1], domain.centre[2]),
                                domain.radius_mm * domain.radius_mm);
  auto space = [&domain](const Point& p) { return domain.space({p.x(), p.y(), p.z()}); };
  CgalDomain result(
      parameters::function = space, parameters::bounding_object = bounds, parameters::relative_error_bound = 1e-6,
      parameters::p_rng = &random, parameters::null_subdomain_index = [](int region) { return !is_meshed(region); });
  std::vector<std::vector<Point>> lines;
  for (const Ring& ring : domain.rings) {
    auto& line = lines.emplace_back();
    for (const Vec3& p : ring.points) line.emplace_back(p[0], p[1], p[2]);
    if (ring.closed) line.push_back(line.front());
  }
  result.add_features(lines.begin(), lines.end());
  return result;
}

/// First points of a cavity's surface, evenly spread as seen from its centre: rings in one plane alone may let a coarse
/// refinement miss the whole volume, and CGAL's own first points come in clusters that stay in the mesh as fine spots.
void seed(Complex& complex, const Domain& domain, const Cavity& cavity) {
  constexpr int count = 40;
  for (int i = 0; i < count; ++i) {
    const double z = 1 - (2 * i + 1.0) / count, angle = i * std::numbers::pi * (3 - std::sqrt(5.0));  // a golden spiral
    const Vec3 ray{std::sqrt(1 - z * z) * std::cos(angle), std::sqrt(1 - z * z) * std::sin(angle), z};
    double near = 0, far = 0, step = domain.radius_mm / 200;
    while (far < domain.radius_mm && domain.space(cavity.centre + far * ray) == cavity.space) near = far, far += step;
    const int beyond = domain.space(cavity.centre + far * ray);
    if (beyond == cavity.space || beyond == above_base) continue;  // the lid has its rings
    for (int halving = 0; halving < 30; ++halving) {
      const double middle = 0.5 * (near + far);
      (domain.space(cavity.centre + middle * ray) == cavity.space ? near : far) = middle;
    }
    const Vec3 x = cavity.centre + near * ray;
    const auto vertex = complex.triangulation().insert(Triangulation::Weighted_point(Point(x[0], x[1], x[2])));
    if (vertex == Triangulation::Vertex_handle()) continue;  // inside a ring's protecting ball
    const auto [low, high] = std::minmax(beyond, cavity.space);
    complex.set_dimension(vertex, 2);
    complex.set_index(vertex, CgalDomain::Index(CgalDomain::Surface_patch_index(low, high)));
  }
}

mesh::TetMesh copy(const Complex& complex) {
  mesh::TetMesh result;
  std::unordered_map<Triangulation::Vertex_handle, std::int32_t> number;
  number.reserve(complex.triangulation().number_of_vertices());
  for (auto cell = complex.cells_in_complex_begin(); cell != complex.cells_in_complex_end(); ++cell) {
    mesh::Cell points;
    for (int i = 0; i < 4; ++i) {
      const auto [entry, is_new] = number.try_emplace(cell->vertex(i), static_cast<std::int32_t>(result.points.size()));
      if (is_new) {
        const auto& p = cell->vertex(i)->point();
        result.points.push_back({p.x(), p.y(), p.z()});
      }
      points[i] = entry->second;
    }
    result.cells.push_back(points);
    result.region.push_back(complex.subdomain_index(cell));
  }
  return result;
}

}  // namespace

mesh::TetMesh tetrahedralise(const Domain& domain, const Sizes& sizes) {
  CGAL::get_default_random() = CGAL::Random(0);
  CGAL::Random random(0);
  const CgalDomain cgal_domain = make_domain(domain, random);

  const RegionSize size{sizes.wall_mm, sizes.blood_mm};
  RingSize ring_size{{}, std::min(sizes.wall_mm, sizes.blood_mm)};
  for (const Ring& ring : domain.rings) ring_size.edge_mm.push_back(ring.edge_mm);
  const Criteria criteria(parameters::edge_size = ring_size, parameters::facet_angle = 30.0,
                          parameters::facet_size = size, parameters::facet_distance = sizes.distance_mm,
                          parameters::cell_radius_edge_ratio = 2.0, parameters::cell_size = size);
  Complex complex;
  CGAL::Mesh_3::internal::init_c3t3_with_features(complex, cgal_domain, criteria);
  for (const Cavity& cavity : domain.cavities) seed(complex, domain, cavity);
  // Without CGAL's optimisers: ODT moves points into the balls that protect the rings, where the triangulation hides
  // them and the program dies (seen with 5.5.1). improve.hpp does their work.
  constexpr std::size_t most_points = 4'000'000;  // rather a mesh that fails the gate than one that never ends
  CGAL::refine_mesh_3(complex, cgal_domain, criteria, parameters::no_reset_c3t3(), parameters::no_perturb(),
                      parameters::no_lloyd(), parameters::no_odt(), parameters::exude(parameters::time_limit = 0.0),
                      parameters::mesh_3_options(parameters::maximal_number_of_vertices = most_points));
  return copy(complex);
}

}  // namespace cardiotwin::meshing

#include "velocity_profile.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::hemodynamics {

namespace {

using Complex = std::complex<double>;
constexpr int womersley_harmonics = 16;

double distance_to_segment(const Vec3& x, const Vec3& a, const Vec3& b) {
  const Vec3 ab = b - a;
  const double along = std::clamp(dot(x - a, ab) / dot(ab, ab), 0.0, 1.0);
  return norm(x - a - along * ab);
}

/// A tagged surface: its points, its rim, its middle.
struct Face {
  std::vector<mesh::Triangle> triangles;
  std::vector<std::int32_t> inside;  ///< points off the rim
  std::vector<mesh::Edge> rim;
  Vec3 area{}, middle{};
};

Face face_of(const mesh::TetMesh& mesh, std::int32_t tag) {
  Face face;
  std::map<mesh::Edge, int> uses;
  double total = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (mesh.surface[t] != tag) continue;
    const auto& n = mesh.triangles[t];
    face.triangles.push_back(n);
    for (int a = 0; a < 3; ++a) ++uses[{std::min(n[a], n[(a + 1) % 3]), std::max(n[a], n[(a + 1) % 3])}];
    const Vec3 area = mesh::vector_area(mesh.points, n);
    face.area = face.area + area;
    face.middle = face.middle + (norm(area) / 3) * (mesh.points[n[0]] + mesh.points[n[1]] + mesh.points[n[2]]);
    total += norm(area);
  }
  face.middle = (1 / total) * face.middle;
  std::vector<std::uint8_t> on_rim(mesh.points.size(), 0), seen(mesh.points.size(), 0);
  for (const auto& [edge, count] : uses)
    if (count == 1) {
      face.rim.push_back(edge);
      on_rim[edge[0]] = on_rim[edge[1]] = 1;
    }
  for (const auto& n : face.triangles)
    for (std::int32_t p : n)
      if (!on_rim[p] && !seen[p]) {
        seen[p] = 1;
        face.inside.push_back(p);
      }
  return face;
}

/// 0 in the middle, 1 at the rim.
double relative_radius(const mesh::TetMesh& mesh, const Face& face, const Vec3& x) {
  double nearest = 1e300;
  for (const auto& [a, b] : face.rim)
    nearest = std::min(nearest, distance_to_segment(x, mesh.points[a], mesh.points[b]));
  const double r = norm(x - face.middle);
  return r / (r + nearest);
}

double rectangle(const mesh::TetMesh& mesh, const Face& face, const Vec3& x) {
  Vec3 low = face.middle, high = face.middle;
  for (const auto& n : face.triangles)
    for (std::int32_t p : n)
      for (int d = 0; d < 3; ++d) {
        low[d] = std::min(low[d], mesh.points[p][d]);
        high[d] = std::max(high[d], mesh.points[p][d]);
      }
  double product = 1;
  const double size = norm(high - low);
  for (int d = 0; d < 3; ++d)
    if (high[d] - low[d] > 1e-6 * size)
      product *= 4 * (x[d] - low[d]) * (high[d] - x[d]) / ((high[d] - low[d]) * (high[d] - low[d]));
  return product;
}

/// The shape of harmonic k at s.
Complex womersley(double s, double alpha) {
  if (alpha == 0) return 1 - s * s;
  const Complex root = std::polar(1.0, 0.75 * std::numbers::pi);  // i^(3/2)
  return 1.0 - bessel_j0(root * alpha * s) / bessel_j0(root * alpha);
}

}  // namespace

Complex bessel_j0(Complex z) {
  Complex term = 1, sum = 1;
  const Complex quarter = -0.25 * z * z;
  for (int k = 1; k < 200; ++k) {
    term *= quarter / static_cast<double>(k * k);
    sum += term;
    if (std::abs(term) < 1e-17 * std::abs(sum)) break;
  }
  return sum;
}

VelocityProfile::VelocityProfile(const fem::Space& space, const mesh::TetMesh& mesh, std::int32_t tag,
                                 const std::string& name, Profile profile, const Waveform& flow, bool is_speed,
                                 double kinematic_viscosity)
    : flow_(flow), harmonics_{1.0}, steady_(profile != Profile::womersley) {
  const Face face = face_of(mesh, tag);
  if (face.inside.empty())
    core::fail_input({.where = "surface " + name,
                      .expected = "points off its rim, where the velocity is given",
                      .found = "none",
                      .remedy = "refine the mesh there"});
  inward_ = -1.0 * normalised(face.area);
  if (!steady_) harmonics_ = flow.harmonics(womersley_harmonics);
  const double radius = std::sqrt(norm(face.area) / std::numbers::pi);
  std::map<std::int32_t, std::vector<Complex>> weight;
  for (std::int32_t p : face.inside) {
    const Vec3& x = mesh.points[p];
    auto& w = weight[p];
    for (std::size_t k = 0; k < harmonics_.size(); ++k) {
      const double omega = flow.period() > 0 ? 2 * std::numbers::pi * static_cast<double>(k) / flow.period() : 0;
      if (profile == Profile::flat) w.emplace_back(1.0);
      if (profile == Profile::parabolic) w.emplace_back(1 - std::pow(relative_radius(mesh, face, x), 2));
      if (profile == Profile::rectangular) w.emplace_back(rectangle(mesh, face, x));
      if (profile == Profile::womersley)
        w.push_back(womersley(relative_radius(mesh, face, x), radius * std::sqrt(omega / kinematic_viscosity)));
    }
  }
  std::vector<Complex> carried(harmonics_.size(), 0.0);  // by the shape as it is
  for (const auto& n : face.triangles) {
    const double area = -dot(mesh::vector_area(mesh.points, n), inward_);
    for (std::int32_t p : n)
      if (const auto found = weight.find(p); found != weight.end())
        for (std::size_t k = 0; k < carried.size(); ++k) carried[k] += area / 3 * found->second[k];
  }
  if (is_speed) {
    carried_ = carried[0].real();
    carried.assign(carried.size(), 1.0);
  }
  for (std::int32_t n = 0; n < space.locals(); ++n) {
    const auto found = weight.find(space.node()[n]);
    if (found == weight.end()) continue;
    Node& node = nodes_.emplace_back(Node{n, found->second});
    for (std::size_t k = 0; k < carried.size(); ++k) node.weight[k] /= carried[k];
  }
}

void VelocityProfile::add_to(double time, double share, Vectors& velocity) const {
  const double now = flow_.at(time);
  for (const Node& node : nodes_) {
    Complex sum = 0;
    if (steady_) {
      sum = node.weight[0] * now;
    } else {
      const double angle = flow_.period() > 0 ? 2 * std::numbers::pi * time / flow_.period() : 0;
      for (std::size_t k = 0; k < harmonics_.size(); ++k)
        sum += node.weight[k] * harmonics_[k] * std::polar(1.0, static_cast<double>(k) * angle);
    }
    for (int d = 0; d < 3; ++d) velocity[d][node.local] += share * sum.real() * inward_[d];
  }
}

}  // namespace cardiotwin::hemodynamics

#include "sweep.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "boundary.hpp"

namespace cardiotwin::meshing {
namespace {

/// The triangles between two rings of points that start at angle 0: goes round once, always by the shorter diagonal.
void zip(const std::vector<std::int32_t>& inner, const std::vector<std::int32_t>& outer, Section& section) {
  const auto& x = section.points;
  auto distance = [&](std::int32_t a, std::int32_t b) { return std::hypot(x[a][0] - x[b][0], x[a][1] - x[b][1]); };
  auto at = [](const std::vector<std::int32_t>& ring, std::size_t i) {
    return ring[i < ring.size() ? i : i - ring.size()];
  };
  const std::size_t n = inner.size(), m = outer.size();
  std::size_t i = 0, o = 0;
  while (i < n || o < m) {
    const std::int32_t a = at(inner, i), b = at(outer, o), next_a = at(inner, i + 1), next_b = at(outer, o + 1);
    // The relative tolerance decides ties alike all the way round.
    const bool outwards = o < m && (i == n || distance(a, next_b) <= (1 + 1e-9) * distance(next_a, b));
    section.triangles.push_back(outwards ? mesh::Triangle{a, b, next_b} : mesh::Triangle{a, b, next_a});
    ++(outwards ? o : i);
  }
}

/// Corners in ascending order, and whether that took an odd number of swaps.
std::pair<mesh::Triangle, bool> ascending(mesh::Triangle t) {
  bool odd = false;
  for (const auto& [i, j] : {std::pair{0, 1}, {1, 2}, {0, 1}})
    if (t[i] > t[j]) std::swap(t[i], t[j]), odd = !odd;
  return {t, odd};
}

}  // namespace

std::vector<double> graded(double from, double to, const std::function<double(double)>& size) {
  constexpr int samples = 20'000;
  const double dx = (to - from) / samples;
  std::vector<double> steps(samples + 1, 0.0);  // the integral of dx / size up to each sample
  for (int s = 0; s < samples; ++s) steps[s + 1] = steps[s] + std::abs(dx) / size(from + (s + 0.5) * dx);
  const int n = std::max(1, static_cast<int>(std::ceil(steps.back() - 1e-6)));
  std::vector<double> places{from};
  for (int i = 1, s = 0; i < n; ++i) {
    const double wanted = steps.back() * i / n;
    while (steps[s + 1] < wanted) ++s;
    places.push_back(from + dx * (s + (wanted - steps[s]) / (steps[s + 1] - steps[s])));
  }
  places.push_back(to);
  return places;
}

Section disc(const std::vector<double>& radius, const std::vector<int>& count) {
  Section section{{{0, 0}}, {}};
  std::vector<std::int32_t> inner, outer;
  bool turned = false;  // of two rings with as many points, one stands in the other's gaps
  for (std::size_t r = 0; r < radius.size(); ++r) {
    turned = r > 0 && count[r] == count[r - 1] && !turned;
    outer.clear();
    for (int i = 0; i < count[r]; ++i) {
      const double angle = 2 * std::numbers::pi * (i + (turned ? 0.5 : 0.0)) / count[r];
      outer.push_back(static_cast<std::int32_t>(section.points.size()));
      section.points.push_back({radius[r] * std::cos(angle), radius[r] * std::sin(angle)});
    }
    if (r == 0)
      for (std::size_t i = 0; i < outer.size(); ++i)
        section.triangles.push_back({0, outer[i], outer[(i + 1) % outer.size()]});
    else
      zip(inner, outer, section);
    inner = outer;
  }
  return section;
}

mesh::TetMesh sweep(const Section& section, const Sweep& along) {
  mesh::TetMesh mesh;
  auto first = [&](std::size_t triangle) { return along.first.empty() ? 0 : along.first[triangle]; };
  std::vector<int> begins(section.points.size(), along.layers + 1);
  for (std::size_t t = 0; t < section.triangles.size(); ++t)
    for (const auto p : section.triangles[t]) begins[p] = std::min(begins[p], first(t));

  std::vector<std::int32_t> below, here(section.points.size(), -1);
  for (int layer = 0; layer <= along.layers; ++layer) {
    below = here;
    for (std::size_t p = 0; p < section.points.size(); ++p) {
      if (begins[p] > layer) continue;
      here[p] = static_cast<std::int32_t>(mesh.points.size());
      mesh.points.push_back(along.place(section.points[p], layer));
    }
    for (std::size_t t = 0; t < section.triangles.size(); ++t) {
      if (first(t) >= layer) continue;
      // Numbers ascend with the layers, and within a layer with those of the section.
      const auto [corner, odd] = ascending(section.triangles[t]);
      const std::int32_t a = below[corner[0]], b = below[corner[1]], c = below[corner[2]];
      const std::int32_t A = here[corner[0]], B = here[corner[1]], C = here[corner[2]];
      for (const mesh::Cell& cell : {mesh::Cell{a, b, c, C}, {a, b, C, B}, {a, B, C, A}})
        mesh.cells.push_back(odd ? mesh::Cell{cell[0], cell[2], cell[1], cell[3]} : cell);
    }
  }
  mesh.region.assign(mesh.cells.size(), 1);
  if (mesh::volume(mesh, 1) < 0)
    for (mesh::Cell& cell : mesh.cells) std::swap(cell[0], cell[1]);
  return mesh;
}

artifacts::VesselMesh with_surfaces(mesh::TetMesh mesh, std::vector<std::string> names,
                                    const std::function<std::int32_t(const Vec3& centre)>& name_of) {
  artifacts::VesselMesh vessel;
  for (const Face& face : all_faces(mesh)) {
    if (face.beyond >= 0) continue;
    const auto& [a, b, c] = face.triangle;
    vessel.triangles.push_back(face.triangle);
    vessel.surface.push_back(name_of((1.0 / 3) * (mesh.points[a] + mesh.points[b] + mesh.points[c])));
  }
  vessel.points = std::move(mesh.points);
  vessel.cells = std::move(mesh.cells);
  vessel.surface_names = std::move(names);
  return vessel;
}

}  // namespace cardiotwin::meshing

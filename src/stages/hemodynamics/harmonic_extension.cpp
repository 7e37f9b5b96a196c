#include "harmonic_extension.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/fem/element.hpp"
#include "pressure_laplacian.hpp"

namespace cardiotwin::hemodynamics {

std::vector<double> tetrahedron_stiffness(const fem::Space& space, double stiffening) {
  const auto nodes = space.cell_nodes();
  const auto x = space.coordinates();
  const std::size_t cells = space.cells().size();
  std::vector<fem::AffineCell> shapes(cells);
  double total = 0;
  for (std::size_t c = 0; c < cells; ++c) {
    const std::int32_t* n = nodes.data() + 4 * c;
    shapes[c] = fem::affine_cell(x[n[0]], x[n[1]], x[n[2]], x[n[3]]);
    total += shapes[c].volume;
  }
  const double mean = space.comm().sum(total) / static_cast<double>(space.comm().sum(static_cast<std::int64_t>(cells)));
  std::vector<double> stiffness(16 * cells);
  for (std::size_t c = 0; c < cells; ++c) {
    const double kappa = std::pow(mean / shapes[c].volume, stiffening);
    for (int a = 0; a < 4; ++a)
      for (int b = 0; b < 4; ++b)
        stiffness[16 * c + 4 * a + b] = kappa * shapes[c].volume * dot(shapes[c].gradients[a], shapes[c].gradients[b]);
  }
  return stiffness;
}

std::vector<double> triangle_stiffness(const fem::Space& space, std::span<const std::int32_t> triangles) {
  const auto x = space.coordinates();
  std::vector<double> stiffness;
  stiffness.reserve(9 * triangles.size());
  for (std::int32_t t : triangles) {
    const std::int32_t* n = space.triangle_nodes().data() + 3 * t;
    const std::array<Vec3, 3> opposite{x[n[2]] - x[n[1]], x[n[0]] - x[n[2]], x[n[1]] - x[n[0]]};
    const double four_areas = 2 * norm(cross(opposite[0], opposite[1]));
    for (const Vec3& a : opposite)
      for (const Vec3& b : opposite) stiffness.push_back(dot(a, b) / four_areas);
  }
  return stiffness;
}

HarmonicExtension::HarmonicExtension(Halo& halo, const std::string& name, std::span<const std::int32_t> elements,
                                     int width, std::vector<double> stiffness, std::vector<std::uint8_t> fixed,
                                     double tolerance)
    : halo_(halo),
      elements_(elements.begin(), elements.end()),
      width_(width),
      stiffness_(std::move(stiffness)),
      fixed_(std::move(fixed)),
      matrix_(halo.space(), elements_, width),
      solver_(halo.space().comm(), "hemodynamics_" + name + "_",
              // A frame of the resting wall has a right side of rounding errors: absolute tolerance, no alarm.
              fmt::format("-ksp_type cg {} -ksp_atol 1e-9 -ksp_divtol 1e30 -ksp_norm_type unpreconditioned "
                          "-ksp_max_it 1000 -ksp_rtol {:g}",
                          laplacian_multigrid, tolerance)),
      rhs_(halo.space().make_vector()),
      solution_(halo.space().make_vector()) {
  const std::size_t entries = static_cast<std::size_t>(width) * width;
  matrix_.begin();
  for (std::size_t first = 0, e = 0; first < elements_.size(); first += width, ++e) {
    std::array<double, 16> element;
    for (int a = 0; a < width; ++a)
      for (int b = 0; b < width; ++b)
        element[a * width + b] = fixed_[elements_[first + a]] || fixed_[elements_[first + b]]
                                     ? 0.0
                                     : stiffness_[e * entries + a * width + b];
    matrix_.add(e, element.data());
  }
  for (std::int32_t n = 0; n < halo.space().owned(); ++n)
    if (fixed_[n]) matrix_.add_diagonal(n, 0, 1.0);
  matrix_.finish();
  solver_.set_matrix(matrix_.get());
}

void HarmonicExtension::extend(Vectors& field) {
  const std::size_t entries = static_cast<std::size_t>(width_) * width_;
  for (Scalars& values : field) {
    Scalars load = halo_.scalars();
    for (std::size_t first = 0, e = 0; first < elements_.size(); first += width_, ++e)
      for (int a = 0; a < width_; ++a)
        for (int b = 0; b < width_; ++b)
          if (fixed_[elements_[first + b]])
            load[elements_[first + a]] -= stiffness_[e * entries + a * width_ + b] * values[elements_[first + b]];
    halo_.add(load);
    {
      fem::LocalArray rhs(rhs_), x(solution_);
      for (std::int32_t n = 0; n < halo_.space().owned(); ++n) {
        rhs[n] = fixed_[n] ? values[n] : load[n];
        x[n] = values[n];
      }
    }
    solver_.solve(rhs_, solution_);
    std::copy_n(fem::LocalArray(solution_).data(), halo_.space().owned(), values.begin());
    halo_.update(values);
  }
}

}  // namespace cardiotwin::hemodynamics

#include "diffusion.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "cardiotwin/fem/element.hpp"
#include "fibre.hpp"

namespace cardiotwin::electrophysiology {

using namespace core;
using fem::LocalArray;

namespace {

constexpr int most_iterations = 500;

}  // namespace

Diffusion::Diffusion(const fem::Space& space, const mesh::TetMesh& mesh, std::span<const Vec3> fibres,
                     std::span<const Diffusivity> diffusivity, double lumped_fraction, double time_step_ms,
                     double tolerance_mV)
    : space_(space),
      a_(lumped_fraction),
      dt_(time_step_ms),
      tolerance_mV_(tolerance_mV),
      sides_(space.locals()),
      residual_(space.make_vector()),
      direction_(space.make_vector()),
      product_(space.make_vector()) {
  assemble(mesh, fibres, diffusivity);
  precondition();
}

void Diffusion::assemble(const mesh::TetMesh& mesh, std::span<const Vec3> fibres,
                         std::span<const Diffusivity> diffusivity) {
  struct Sum {
    std::int32_t column;
    double mass, stiffness;
  };
  std::vector<std::vector<Sum>> rows(space_.locals());
  std::vector<double> lumped(space_.locals(), 0.0);
  for (std::size_t c = 0; c < space_.cells().size(); ++c) {
    const std::int32_t number = space_.cells()[c];
    const mesh::Cell& cell = mesh.cells[number];
    const fem::AffineCell affine =
        fem::affine_cell(mesh.points[cell[0]], mesh.points[cell[1]], mesh.points[cell[2]], mesh.points[cell[3]]);
    const Vec3 fibre = cell_fibre(fibres, cell);
    const double across = diffusivity[number].across, extra = diffusivity[number].along - across;
    const auto nodes = space_.cell_nodes().subspan(4 * c, 4);
    for (int i = 0; i < 4; ++i) {
      lumped[nodes[i]] += affine.volume / 4;
      for (int j = 0; j < 4; ++j) {
        if (nodes[j] <= nodes[i]) continue;
        const Vec3 &gi = affine.gradients[i], &gj = affine.gradients[j];
        const double mass = affine.volume / 20;
        const double stiffness = affine.volume * (across * dot(gi, gj) + extra * dot(gi, fibre) * dot(gj, fibre));
        auto& row = rows[nodes[i]];
        const auto found = std::ranges::find(row, nodes[j], &Sum::column);
        if (found == row.end())
          row.push_back({nodes[j], mass, stiffness});
        else
          found->mass += mass, found->stiffness += stiffness;
      }
    }
    volumes_.push_back(affine.volume);
  }
  LocalArray diagonal(product_);
  lumped_.assign(lumped.begin(), lumped.end());
  std::copy(lumped_.begin(), lumped_.end(), diagonal.data());
  row_.push_back(0);
  for (std::int32_t n = 0; n < space_.locals(); ++n) {
    std::ranges::sort(rows[n], {}, &Sum::column);
    for (const Sum& sum : rows[n]) {
      const Coupling entry{sum.column, static_cast<float>(sum.mass), static_cast<float>(sum.stiffness)};
      couplings_.push_back(entry);
      entries_.push_back({entry.column, static_cast<float>((1 - a_) * entry.mass + dt_ * entry.stiffness)});
      diagonal[n] -= entries_.back().value;
      diagonal[entry.column] -= entries_.back().value;
    }
    row_.push_back(static_cast<std::int64_t>(entries_.size()));
  }
}

void Diffusion::precondition() {
  fem::Space::add_ghosts(product_);
  LocalArray diagonal(product_);
  jacobi_.assign(space_.owned(), 0.0F);
  for (std::int32_t n = 0; n < space_.owned(); ++n) jacobi_[n] = static_cast<float>(1 / diagonal[n]);
}

int Diffusion::step(Vec now, Vec old, Vec older, std::span<const double> current, std::span<double> correction) {
  residual(now, old, older, current, correction);
  const int iterations = solve(older);
  fem::Space::update_ghosts(older);
  return iterations;
}

/// The guess x = 3 V - 3 V' + V'' in place of `older`, and its residual
/// M ((1 - a)(V - x) - dt I) + a L (V - x) - dt K x - dt c.
void Diffusion::residual(Vec now, Vec old, Vec older, std::span<const double> current, std::span<double> correction) {
  {
    LocalArray v(now), v_old(old), x(older), r(residual_);
    for (std::int32_t n = 0; n < space_.locals(); ++n) {
      x[n] += 3 * (v[n] - v_old[n]);
      const double change = v[n] - x[n], mass_side = (1 - a_) * change - dt_ * current[n];
      sides_[n] = {static_cast<float>(mass_side), static_cast<float>(-dt_ * x[n])};
      r[n] = lumped_[n] * (mass_side + a_ * change) - dt_ * correction[n];
      correction[n] = 0;
    }
    for (std::int32_t n = 0; n < space_.locals(); ++n) {
      const Pair own = sides_[n];
      double sum = 0;
      for (auto e = row_[n]; e < row_[n + 1]; ++e) {
        const Coupling& entry = couplings_[e];
        const Pair& other = sides_[entry.column];
        const double flux = entry.mass * (other.mass_side - own.mass_side) +
                            entry.stiffness * (other.stiffness_side - own.stiffness_side);
        sum += flux;
        r[entry.column] -= flux;
      }
      r[n] += sum;
    }
  }
  fem::Space::add_ghosts(residual_);
}

/// q = (M_a + dt K) p, with p's ghosts up to date.
void Diffusion::apply() {
  fem::Space::update_ghosts(direction_);
  {
    LocalArray p(direction_), q(product_);
    for (std::int32_t n = 0; n < space_.locals(); ++n) q[n] = lumped_[n] * p[n];
    for (std::int32_t n = 0; n < space_.locals(); ++n) {
      const double own = p[n];
      double sum = 0;
      for (auto e = row_[n]; e < row_[n + 1]; ++e) {
        const double flux = entries_[e].value * (p[entries_[e].column] - own);
        sum += flux;
        q[entries_[e].column] -= flux;
      }
      q[n] += sum;
    }
  }
  fem::Space::add_ghosts(product_);
}

int Diffusion::solve(Vec solution) {
  const Comm& comm = space_.comm();
  const std::int32_t owned = space_.owned();
  const double enough = tolerance_mV_ * tolerance_mV_ * space_.nodes();
  std::vector<double> sums(2);  // r . z and z . z, with z = r / diagonal
  {
    LocalArray r(residual_), p(direction_);
    for (std::int32_t n = 0; n < owned; ++n) {
      p[n] = r[n] * jacobi_[n];
      sums[0] += r[n] * p[n];
      sums[1] += p[n] * p[n];
    }
  }
  comm.sum(sums);
  for (int iteration = 0;; ++iteration) {
    if (sums[1] <= enough) return iteration;
    if (iteration == most_iterations || !std::isfinite(sums[1]))
      give_up(std::sqrt(sums[1] / space_.nodes()), iteration);
    apply();
    LocalArray x(solution), r(residual_), p(direction_), q(product_);
    double p_dot_q = 0;
    for (std::int32_t n = 0; n < owned; ++n) p_dot_q += p[n] * q[n];
    const double before = sums[0], alpha = before / comm.sum(p_dot_q);
    sums.assign(2, 0.0);
    for (std::int32_t n = 0; n < owned; ++n) {
      x[n] += alpha * p[n];
      r[n] -= alpha * q[n];
      const double z = r[n] * jacobi_[n];
      sums[0] += r[n] * z;
      sums[1] += z * z;
    }
    comm.sum(sums);
    const double beta = sums[0] / before;
    for (std::int32_t n = 0; n < owned; ++n) p[n] = r[n] * jacobi_[n] + beta * p[n];
  }
}

void Diffusion::give_up(double residual_mV, int iterations) const {
  fail_numerical({.where = "electrophysiology, diffusion",
                  .expected = fmt::format("a residual below {:.3g} mV", tolerance_mV_),
                  .found = fmt::format("{:.3g} mV after {} iterations", residual_mV, iterations),
                  .remedy = "reduce electrophysiology.time_step_ms; check conductivities and the mesh"});
}

}  // namespace cardiotwin::electrophysiology

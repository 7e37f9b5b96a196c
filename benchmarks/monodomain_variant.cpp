#include "monodomain_variant.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "cardiotwin/fem/assembly.hpp"
#include "cardiotwin/fem/element.hpp"
#include "cardiotwin/fem/solver.hpp"

namespace cardiotwin::electrophysiology {

namespace {

using fem::LocalArray;

constexpr Options defaults;
constexpr double dt = defaults.time_step_ms;
constexpr double per_sigma = 1 / (defaults.surface_to_volume * defaults.capacitance);  // sigma to D [mm^2/ms]

/// Shape functions at the points of a rule, with weights that sum to 1.
struct Rule {
  Rule(int order, int degree) : nodes(order == 1 ? 4 : 10) {
    const fem::Quadrature rule = fem::tetrahedron_quadrature(degree);
    for (std::size_t q = 0; q < rule.points.size(); ++q) {
      weight.push_back(6 * rule.weights[q]);
      values.emplace_back(nodes), gradients.emplace_back(nodes);
      fem::tetrahedron_shape(order, rule.points[q], values.back(), gradients.back());
    }
  }
  std::size_t nodes;
  std::vector<double> weight;
  std::vector<std::vector<double>> values;
  std::vector<std::vector<Vec3>> gradients;  ///< reference
};

class Solver {
 public:
  Solver(const Slab& slab, const Variant& variant)
      : variant_(variant),
        space_(core::Comm(), slab.mesh, variant.order),
        exact_(variant.order, 2 * variant.order),
        rule_(variant.order, variant.quadrature_degree),
        kind_(cell_kind(ten_tusscher_2006(), "epicardial")),
        ionic_(ten_tusscher_2006(), std::span(&kind_, 1), std::vector<std::int32_t>(space_.locals(), 0), dt),
        mass_(space_.make_matrix()),
        load_(space_.make_matrix()),
        system_(space_.make_matrix()),
        conjugate_gradients_(core::Comm(), "variant_", "-ksp_type cg -pc_type jacobi -ksp_rtol 1e-5"),
        current_(space_.locals()),
        correction_(space_.locals()),
        point_state_(ionic_.model().variables.size() * block) {
    assemble(slab.mesh);
    conjugate_gradients_.set_matrix(system_);
    for (auto* vector : {&v_, &v_old_, &v_older_, &right_, &work_}) *vector = space_.make_vector();
    for (Vec vector : {v_.get(), v_old_.get(), v_older_.get()}) fem::check(VecSet(vector, kind_.potential));
    for (std::size_t k = 0; k < kind_.state.size(); ++k) std::fill_n(&point_state_[k * block], block, kind_.state[k]);
    const double tiny = 1e-9;
    for (std::int32_t n = 0; n < space_.locals(); ++n)
      if (std::ranges::max(space_.coordinates()[n]) <= 1.5 + tiny) stimulated_.push_back(n);
  }

  /// First upward crossings of 0 mV, in the numbering of the space.
  std::vector<double> run(const Stimulus& stimulus, double end_ms) {
    std::vector<double> times(space_.locals(), -1.0);
    for (int step = 0; step * dt < end_ms && std::ranges::count(times, -1.0) > 0; ++step) {
      react();
      const double part = pulse_fraction(stimulus, 0, step * dt, dt);
      for (std::int32_t n : stimulated_) current_[n] -= part * per_sigma * stimulus.strength_uA_per_mm3;
      diffuse();
      LocalArray before(v_old_), now(v_);
      for (std::size_t n = 0; n < times.size(); ++n)
        if (times[n] < 0 && before[n] < 0 && now[n] >= 0) times[n] = dt * (step + before[n] / (before[n] - now[n]));
    }
    std::vector<double> by_node(times.size());
    for (std::size_t n = 0; n < times.size(); ++n) by_node[space_.node()[n]] = times[n];
    return by_node;
  }

 private:
  std::span<const std::int32_t> nodes_of(std::size_t cell) const {
    return space_.cell_nodes().subspan(exact_.nodes * cell, exact_.nodes);
  }

  void assemble(const mesh::TetMesh& mesh) {
    const Conductivity sigma;
    fem::MatrixAssembly mass(space_, mass_), load(space_, load_), system(space_, system_);
    const std::size_t n = exact_.nodes;
    std::vector<double> m(n * n), l(n * n), s(n * n);
    for (std::size_t c = 0; c < space_.cells().size(); ++c) {
      const mesh::Cell& cell = mesh.cells[space_.cells()[c]];
      const auto [grad, volume] =
          fem::affine_cell(mesh.points[cell[0]], mesh.points[cell[1]], mesh.points[cell[2]], mesh.points[cell[3]]);
      volumes_.push_back(volume);
      std::ranges::fill(m, 0.0), std::ranges::fill(l, 0.0), std::ranges::fill(s, 0.0);
      for (std::size_t q = 0; q < exact_.weight.size(); ++q) {
        std::vector<Vec3> g;
        for (const Vec3& d : exact_.gradients[q]) g.push_back(d[0] * grad[1] + d[1] * grad[2] + d[2] * grad[3]);
        for (std::size_t i = 0; i < n; ++i)
          for (std::size_t j = 0; j < n; ++j) {
            const double w = volume * exact_.weight[q], both = w * exact_.values[q][i] * exact_.values[q][j];
            const double k =
                w * per_sigma * (sigma.across * dot(g[i], g[j]) + (sigma.along - sigma.across) * g[i][0] * g[j][0]);
            add_lumped(m, variant_.lumped_mass, i, j, both);
            add_lumped(l, variant_.lumped_load, i, j, both);
            add_lumped(s, variant_.lumped_mass, i, j, both);
            s[i * n + j] += dt * k;
          }
      }
      mass.add(nodes_of(c), m), load.add(nodes_of(c), l), system.add(nodes_of(c), s);
    }
    mass.finish(), load.finish(), system.finish();
  }
  void add_lumped(std::vector<double>& block_of_cell, double fraction, std::size_t i, std::size_t j,
                  double value) const {
    block_of_cell[i * exact_.nodes + j] += (1 - fraction) * value;
    block_of_cell[i * exact_.nodes + i] += fraction * value;
  }

  /// Nodal currents, and what interpolated state adds to their load.
  void react() {
    LocalArray potential(v_);
    const std::span<const double> v(potential.data(), current_.size());
    ionic_.advance(v, current_);
    std::ranges::fill(correction_, 0.0);
    if (!std::isfinite(variant_.threshold_mV)) return;
    for (std::size_t c = 0; c < volumes_.size(); ++c) {
      double lowest = 1e300, highest = -1e300;
      for (std::int32_t n : nodes_of(c)) lowest = std::min(lowest, v[n]), highest = std::max(highest, v[n]);
      if (highest - lowest > variant_.threshold_mV) correct(c, v);
    }
    evaluate();
  }

  void correct(std::size_t cell, std::span<const double> v) {
    const auto nodes = nodes_of(cell);
    for (std::size_t q = 0; q < exact_.weight.size(); ++q) {
      double nodal = 0;
      for (std::size_t i = 0; i < nodes.size(); ++i) nodal += exact_.values[q][i] * current_[nodes[i]];
      for (std::size_t i = 0; i < nodes.size(); ++i)
        correction_[nodes[i]] -= volumes_[cell] * exact_.weight[q] * exact_.values[q][i] * nodal;
    }
    for (std::size_t q = 0; q < rule_.weight.size(); ++q) {
      if (waiting_.size() == block) evaluate();
      const std::size_t place = waiting_.size();
      waiting_.push_back({cell, q});
      point_potential_[place] = 0;
      for (std::size_t k = place; k < point_state_.size(); k += block) point_state_[k] = 0;
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        const double share = rule_.values[q][i], *state = ionic_.state_of(nodes[i]);
        point_potential_[place] += share * v[nodes[i]];
        for (std::size_t k = 0; k < point_state_.size(); k += block) point_state_[k + place] += share * state[k];
      }
    }
  }

  /// The waiting points' currents go into the correction.
  void evaluate() {
    std::array<double, block> current;
    ionic_.membrane(0).current(block, point_potential_.data(), point_state_.data(), current.data());
    for (std::size_t p = 0; p < waiting_.size(); ++p) {
      const auto [cell, q] = waiting_[p];
      const auto nodes = nodes_of(cell);
      for (std::size_t i = 0; i < nodes.size(); ++i)
        correction_[nodes[i]] += volumes_[cell] * rule_.weight[q] * rule_.values[q][i] * current[p];
    }
    waiting_.clear();
  }

  /// Solved to about 1e-3 mV.
  void diffuse() {
    {
      LocalArray current(work_);
      std::ranges::copy(current_, current.data());
    }
    fem::check(MatMult(load_, work_, right_));
    {
      LocalArray right(right_);
      for (std::size_t n = 0; n < correction_.size(); ++n) right[n] = -dt * (right[n] + correction_[n]);
    }
    fem::check(MatMultAdd(mass_, v_, right_, right_));
    // The guess 3 V - 3 V' + V'' takes the place of V''.
    fem::check(VecAXPBYPCZ(v_older_, 3, -3, 1, v_, v_old_));
    conjugate_gradients_.solve(right_, v_older_);
    std::swap(v_, v_older_);
    std::swap(v_older_, v_old_);
  }

  Variant variant_;
  fem::Space space_;
  Rule exact_, rule_;  ///< for products of two shape functions, and for the state
  CellKind kind_;
  IonicNodes ionic_;
  fem::Matrix mass_, load_, system_;  ///< M_a, M_b, M_a + dt K
  fem::LinearSolver conjugate_gradients_;
  std::vector<double> volumes_, current_, correction_;
  std::vector<std::int32_t> stimulated_;
  struct Point {
    std::size_t cell, q;
  };
  std::vector<Point> waiting_;
  std::array<double, block> point_potential_{};
  std::vector<double> point_state_;
  fem::Vector v_, v_old_, v_older_, right_, work_;
};

}  // namespace

std::vector<double> activation(const Slab& slab, const Variant& variant, double end_ms) {
  return Solver(slab, variant).run(slab.corner, end_ms);
}

}  // namespace cardiotwin::electrophysiology

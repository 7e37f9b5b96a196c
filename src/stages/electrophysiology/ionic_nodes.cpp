#include "ionic_nodes.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::electrophysiology {

using namespace tt2006;

namespace {

/// Cells of the front that are evaluated together: their quadrature points' state fits the second-level cache.
constexpr std::size_t batch_cells = 64, batch_points = 4 * batch_cells;
/// The four-point rule: at point q the value is a (sum of the four) + (b - a) (value at vertex q).
const double a_weight = (5 - std::sqrt(5.0)) / 20;
const double own_weight = (5 + 3 * std::sqrt(5.0)) / 20 - a_weight;

}  // namespace

IonicNodes::IonicNodes(std::span<const CellType> types) : place_of_(types.size()) {
  for (CellType type : {CellType::endocardial, CellType::mid, CellType::epicardial}) {
    const std::size_t begin = node_of_.size();
    for (std::size_t n = 0; n < types.size(); ++n) {
      if (types[n] != type) continue;
      place_of_[n] = static_cast<std::int32_t>(node_of_.size());
      node_of_.push_back(static_cast<std::int32_t>(n));
    }
    if (node_of_.size() == begin) continue;
    while (node_of_.size() % padding != 0) node_of_.push_back(node_of_.back());
    runs_.push_back({type, begin, node_of_.size() - begin});
  }
  stride_ = node_of_.size();
  state_.resize(variables * stride_);
  potential_.resize(stride_);
  current_.resize(stride_);
  for (const Run& run : runs_)
    for (int k = 0; k < variables; ++k)
      std::fill_n(state_.begin() + static_cast<std::ptrdiff_t>(k * stride_ + run.begin), run.count,
                  rest(run.type).state[k]);
  for (CellType type : types) {
    g_to_.push_back(variant(type).g_to);
    g_ks_.push_back(variant(type).g_ks);
  }
  front_state_.resize(variables * batch_points);
  for (auto* buffer : {&front_potential_, &front_g_to_, &front_g_ks_, &front_current_}) buffer->resize(batch_points);
}

void IonicNodes::advance(double dt_ms, std::span<const double> potential, std::span<double> current) {
  for (std::size_t i = 0; i < stride_; ++i) potential_[i] = potential[node_of_[i]];
  for (const Run& run : runs_)
    tt2006::advance(variant(run.type), dt_ms, run.count, stride_, &potential_[run.begin], &state_[run.begin],
                    &current_[run.begin]);
  for (std::size_t n = 0; n < place_of_.size(); ++n) current[n] = current_[place_of_[n]];
}

void IonicNodes::correct_front(double threshold_mV, std::span<const std::int32_t> cell_nodes,
                               std::span<const double> volumes, std::span<const double> potential,
                               std::span<const double> current, std::span<double> load) {
  front_.clear();
  for (std::size_t c = 0; c < volumes.size(); ++c) {
    const std::int32_t* n = &cell_nodes[4 * c];
    const double v0 = potential[n[0]], v1 = potential[n[1]], v2 = potential[n[2]], v3 = potential[n[3]];
    const double spread = std::max(std::max(v0, v1), std::max(v2, v3)) - std::min(std::min(v0, v1), std::min(v2, v3));
    if (!(spread > threshold_mV)) continue;
    front_.push_back(static_cast<std::int32_t>(c));
    if (front_.size() == batch_cells) flush_front(cell_nodes, volumes, potential, current, load);
  }
  flush_front(cell_nodes, volumes, potential, current, load);
}

void IonicNodes::flush_front(std::span<const std::int32_t> cell_nodes, std::span<const double> volumes,
                             std::span<const double> potential, std::span<const double> current,
                             std::span<double> load) {
  if (front_.empty()) return;
  const auto to_points = [](double x0, double x1, double x2, double x3, double* at) {
    const double shared = a_weight * (x0 + x1 + x2 + x3);
    at[0] = shared + own_weight * x0, at[1] = shared + own_weight * x1;
    at[2] = shared + own_weight * x2, at[3] = shared + own_weight * x3;
  };
  const auto nodal = [&](std::span<const double> values, const std::int32_t* n, double* at) {
    to_points(values[n[0]], values[n[1]], values[n[2]], values[n[3]], at);
  };
  for (std::size_t f = 0; f < front_.size(); ++f) {
    const std::int32_t* n = &cell_nodes[4 * static_cast<std::size_t>(front_[f])];
    nodal(potential, n, &front_potential_[4 * f]);
    nodal(g_to_, n, &front_g_to_[4 * f]);
    nodal(g_ks_, n, &front_g_ks_[4 * f]);
    const std::size_t p0 = place_of_[n[0]], p1 = place_of_[n[1]], p2 = place_of_[n[2]], p3 = place_of_[n[3]];
    for (int k = 0; k < variables; ++k) {
      const double* y = &state_[k * stride_];
      to_points(y[p0], y[p1], y[p2], y[p3], &front_state_[k * batch_points + 4 * f]);
    }
  }
  ionic_current(4 * front_.size(), batch_points, front_potential_.data(), front_state_.data(), front_g_to_.data(),
                front_g_ks_.data(), front_current_.data());
  for (std::size_t f = 0; f < front_.size(); ++f) {
    const std::int32_t* n = &cell_nodes[4 * static_cast<std::size_t>(front_[f])];
    const double* at = &front_current_[4 * f];
    const double volume = volumes[front_[f]];
    double tested[4];  // sum over the points of N_i I; the rule's matrix is symmetric
    to_points(at[0], at[1], at[2], at[3], tested);
    const double sum = current[n[0]] + current[n[1]] + current[n[2]] + current[n[3]];
    for (int i = 0; i < 4; ++i) load[n[i]] += volume * (tested[i] / 4 - (current[n[i]] + sum) / 20);
  }
  front_.clear();
}

std::vector<double> IonicNodes::variable(int k) const {
  std::vector<double> values(place_of_.size());
  for (std::size_t n = 0; n < values.size(); ++n) values[n] = state_[k * stride_ + place_of_[n]];
  return values;
}

void IonicNodes::set_variable(int k, std::span<const double> values) {
  for (std::size_t i = 0; i < stride_; ++i) state_[k * stride_ + i] = values[node_of_[i]];
}

std::vector<double> IonicNodes::rest_potential() const {
  std::vector<double> values(place_of_.size());
  for (const Run& run : runs_)
    for (std::size_t i = run.begin; i < run.begin + run.count; ++i) values[node_of_[i]] = rest(run.type).potential;
  return values;
}

}  // namespace cardiotwin::electrophysiology

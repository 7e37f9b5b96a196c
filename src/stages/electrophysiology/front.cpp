#include "front.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::electrophysiology {

namespace {

constexpr std::size_t group_cells = 128;
/// The four-point rule: at point q the value is shared (sum of the four) + own (value at vertex q); exact to degree 2.
const double shared_weight = (5 - std::sqrt(5.0)) / 20;
const double own_weight = (5 + 3 * std::sqrt(5.0)) / 20 - shared_weight;

}  // namespace

Front::Front(const IonicNodes& nodes, std::span<const std::int32_t> cell_nodes, std::span<const double> volumes)
    : nodes_(nodes), cell_nodes_(cell_nodes), volumes_(volumes), batches_(nodes.kinds()) {
  std::vector<std::int32_t> unique;
  for (std::size_t first = 0; first < volumes.size(); first += group_cells) {
    const std::size_t end = std::min(first + group_cells, volumes.size());
    unique.assign(cell_nodes.begin() + static_cast<std::ptrdiff_t>(4 * first),
                  cell_nodes.begin() + static_cast<std::ptrdiff_t>(4 * end));
    std::sort(unique.begin(), unique.end());
    unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
    groups_.push_back({first, group_nodes_.size()});
    group_nodes_.insert(group_nodes_.end(), unique.begin(), unique.end());
  }
  groups_.push_back({volumes.size(), group_nodes_.size()});
  for (Batch& batch : batches_) {
    batch.state.assign(nodes.model().variables.size() * block, 1.0);
    batch.potential.assign(block, 0.0);
    batch.current.assign(block, 0.0);
  }
}

void Front::correct(double threshold_mV, std::span<const double> potential, std::span<const double> current,
                    std::span<double> load) {
  for (std::size_t g = 0; g + 1 < groups_.size(); ++g) {
    double lowest = potential[group_nodes_[groups_[g].first_node]], highest = lowest;
    for (std::size_t n = groups_[g].first_node; n < groups_[g + 1].first_node; ++n) {
      lowest = std::min(lowest, potential[group_nodes_[n]]);
      highest = std::max(highest, potential[group_nodes_[n]]);
    }
    if (!(highest - lowest > threshold_mV)) continue;
    for (std::size_t c = groups_[g].first_cell; c < groups_[g + 1].first_cell; ++c)
      look_into(c, threshold_mV, potential, current, load);
  }
  for (std::size_t kind = 0; kind < batches_.size(); ++kind) evaluate(kind, load);
}

void Front::look_into(std::size_t cell, double threshold_mV, std::span<const double> potential,
                      std::span<const double> current, std::span<double> load) {
  const std::int32_t* n = &cell_nodes_[4 * cell];
  const double v0 = potential[n[0]], v1 = potential[n[1]], v2 = potential[n[2]], v3 = potential[n[3]];
  const double spread = std::max(std::max(v0, v1), std::max(v2, v3)) - std::min(std::min(v0, v1), std::min(v2, v3));
  if (!(spread > threshold_mV)) return;
  const double sum = current[n[0]] + current[n[1]] + current[n[2]] + current[n[3]];
  for (int i = 0; i < 4; ++i) load[n[i]] -= volumes_[cell] * (current[n[i]] + sum) / 20;
  const std::size_t kind = nodes_.kind_of(n[0]);
  if (nodes_.kind_of(n[1]) == kind && nodes_.kind_of(n[2]) == kind && nodes_.kind_of(n[3]) == kind)
    add_points(cell, potential, load);
  else
    for (int i = 0; i < 4; ++i) add_point(cell, i, potential, load);
}

/// The four points of a cell of one kind.
void Front::add_points(std::size_t cell, std::span<const double> potential, std::span<double> load) {
  const std::int32_t* n = &cell_nodes_[4 * cell];
  const std::size_t kind = nodes_.kind_of(n[0]);
  Batch& batch = batches_[kind];
  if (batch.cell.size() + 4 > block) evaluate(kind, load);
  const std::size_t place = batch.cell.size();
  for (int i = 0; i < 4; ++i) {
    batch.cell.push_back(static_cast<std::int32_t>(cell));
    batch.corner.push_back(i);
  }
  const auto to_points = [](double a, double b, double c, double d, double* at) {
    const double shared = shared_weight * (a + b + c + d);
    at[0] = shared + own_weight * a;
    at[1] = shared + own_weight * b;
    at[2] = shared + own_weight * c;
    at[3] = shared + own_weight * d;
  };
  to_points(potential[n[0]], potential[n[1]], potential[n[2]], potential[n[3]], &batch.potential[place]);
  const double *a = nodes_.state_of(n[0]), *b = nodes_.state_of(n[1]), *c = nodes_.state_of(n[2]),
               *d = nodes_.state_of(n[3]);
  for (std::size_t k = 0; k < batch.state.size(); k += block)
    to_points(a[k], b[k], c[k], d[k], &batch.state[k + place]);
}

void Front::add_point(std::size_t cell, int corner, std::span<const double> potential, std::span<double> load) {
  const std::int32_t* n = &cell_nodes_[4 * cell];
  const std::size_t kind = nodes_.kind_of(n[corner]);
  Batch& batch = batches_[kind];
  if (batch.cell.size() == block) evaluate(kind, load);
  const std::size_t place = batch.cell.size();
  batch.cell.push_back(static_cast<std::int32_t>(cell));
  batch.corner.push_back(corner);
  batch.potential[place] = shared_weight * (potential[n[0]] + potential[n[1]] + potential[n[2]] + potential[n[3]]) +
                           own_weight * potential[n[corner]];
  const double *a = nodes_.state_of(n[0]), *b = nodes_.state_of(n[1]), *c = nodes_.state_of(n[2]),
               *d = nodes_.state_of(n[3]), *own = nodes_.state_of(n[corner]);
  for (std::size_t k = 0; k < batch.state.size(); k += block)
    batch.state[k + place] = shared_weight * (a[k] + b[k] + c[k] + d[k]) + own_weight * own[k];
}

void Front::evaluate(std::size_t kind, std::span<double> load) {
  Batch& batch = batches_[kind];
  if (batch.cell.empty()) return;
  const std::size_t full = (batch.cell.size() + padding - 1) / padding * padding;  // the rest is left from before
  nodes_.membrane(kind).current(full, batch.potential.data(), batch.state.data(), batch.current.data());
  for (std::size_t p = 0; p < batch.cell.size(); ++p) {
    const std::int32_t* n = &cell_nodes_[4 * static_cast<std::size_t>(batch.cell[p])];
    const double part = volumes_[batch.cell[p]] / 4 * batch.current[p];
    for (int i = 0; i < 4; ++i) load[n[i]] += part * shared_weight;
    load[n[batch.corner[p]]] += part * own_weight;
  }
  batch.cell.clear();
  batch.corner.clear();
}

}  // namespace cardiotwin::electrophysiology

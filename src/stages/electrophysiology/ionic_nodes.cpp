#include "ionic_nodes.hpp"

#include <algorithm>
#include <array>

namespace cardiotwin::electrophysiology {

IonicNodes::IonicNodes(const IonicModel& model, std::span<const CellKind> kinds, std::span<const std::int32_t> kind_of,
                       double time_step_ms)
    : model_(model),
      kinds_(kinds.begin(), kinds.end()),
      kind_of_(kind_of.begin(), kind_of.end()),
      place_of_(kind_of.size()) {
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
    membranes_.push_back(model.membrane(kinds_[kind].variant, kinds_[kind].scaling, time_step_ms));
    const std::size_t begin = node_of_.size();
    for (std::size_t n = 0; n < kind_of.size(); ++n) {
      if (kind_of[n] != static_cast<std::int32_t>(kind)) continue;
      place_of_[n] = static_cast<std::int32_t>(node_of_.size());
      node_of_.push_back(static_cast<std::int32_t>(n));
    }
    if (node_of_.size() == begin) continue;
    while (node_of_.size() % block != 0) node_of_.push_back(node_of_.back());
    kind_of_block_.resize(node_of_.size() / block, kind);
  }
  for (const std::size_t kind : kind_of_block_)
    for (const double y : kinds_[kind].state) state_.insert(state_.end(), block, y);
}

void IonicNodes::advance(std::span<const double> potential, std::span<double> current) {
  const std::size_t size = model_.variables.size() * block;
  alignas(64) std::array<double, block> v, i;
  for (std::size_t b = 0; b < kind_of_block_.size(); ++b) {
    const std::int32_t* node = &node_of_[b * block];
    for (std::size_t c = 0; c < block; ++c) v[c] = potential[node[c]];
    membranes_[kind_of_block_[b]]->advance(block, v.data(), &state_[b * size], i.data());
    for (std::size_t c = 0; c < block; ++c) current[node[c]] = i[c];
  }
}

std::vector<double> IonicNodes::variable(std::size_t k) const {
  std::vector<double> values(place_of_.size());
  for (std::size_t n = 0; n < values.size(); ++n) values[n] = state_of(static_cast<std::int32_t>(n))[k * block];
  return values;
}

void IonicNodes::set_variable(std::size_t k, std::span<const double> values) {
  const std::size_t variables = model_.variables.size();
  for (std::size_t i = 0; i < node_of_.size(); ++i)
    state_[(i / block * variables + k) * block + i % block] = values[node_of_[i]];
}

std::vector<double> IonicNodes::start_potential() const {
  std::vector<double> values(kind_of_.size());
  for (std::size_t n = 0; n < values.size(); ++n) values[n] = kinds_[kind_of_[n]].potential;
  return values;
}

}  // namespace cardiotwin::electrophysiology

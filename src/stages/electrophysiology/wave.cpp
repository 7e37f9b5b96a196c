#include "wave.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/fem/element.hpp"
#include "fibre.hpp"

namespace cardiotwin::electrophysiology {

namespace {

/// A wave in a cell: the square of its speed, and of the cosine of its angle to the fibre.
struct Crossing {
  double speed2, cosine2;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Median over the cells of the square of the speed along one axis, given that across it: (v^2 - share' other^2) /
/// share, where share is what the equation weighs the wanted square with.
template <class Share>
double median_square(const std::vector<Crossing>& cells, double other2, Share share) {
  std::vector<double> squares;
  for (const Crossing& c : cells) {
    const double s = share(c.cosine2);
    squares.push_back((c.speed2 - (1 - s) * other2) / s);
  }
  return std::max(0.0, median(std::move(squares)));
}

/// Sums of a quantity over a segment, with the volume they stand for.
struct Mean {
  double sum = 0, weight = 0;
  void add(double value, double w) { sum += w * value, weight += w; }
  double value() const { return weight > 0 ? sum / weight : -1; }
};

}  // namespace

std::vector<Vec3> conduction_velocity(const mesh::TetMesh& mesh, std::span<const double> activation, double fastest) {
  std::vector<Vec3> velocity;
  velocity.reserve(mesh.cells.size());
  for (const mesh::Cell& cell : mesh.cells) {
    const bool known = std::all_of(cell.begin(), cell.end(), [&](std::int32_t p) { return activation[p] >= 0; });
    const fem::AffineCell affine =
        fem::affine_cell(mesh.points[cell[0]], mesh.points[cell[1]], mesh.points[cell[2]], mesh.points[cell[3]]);
    Vec3 gradient{0, 0, 0};
    for (int i = 0; i < 4; ++i) gradient = gradient + activation[cell[i]] * affine.gradients[i];
    const bool runs = known && norm(gradient) * fastest >= 1;
    velocity.push_back(runs ? (1 / dot(gradient, gradient)) * gradient : Vec3{0, 0, 0});
  }
  return velocity;
}

ConductionSpeeds conduction_speeds(const mesh::TetMesh& mesh, std::span<const Vec3> velocity,
                                   std::span<const Vec3> fibres) {
  constexpr double near_axis = 0.75;  // the square of the cosine of 30 degrees
  std::vector<Crossing> along, across;
  for (std::size_t c = 0; c < velocity.size(); ++c) {
    const double speed2 = dot(velocity[c], velocity[c]);
    if (speed2 == 0) continue;
    const double projection = dot(velocity[c], cell_fibre(fibres, mesh.cells[c])),
                 cosine2 = projection * projection / speed2;
    if (cosine2 >= near_axis) along.push_back({speed2, cosine2});
    if (1 - cosine2 >= near_axis) across.push_back({speed2, cosine2});
  }
  ConductionSpeeds speeds{.along = {},
                          .across = {},
                          .cells_along = static_cast<std::int64_t>(along.size()),
                          .cells_across = static_cast<std::int64_t>(across.size())};
  const auto cosine2 = [](double c2) { return c2; };
  const auto sine2 = [](double c2) { return 1 - c2; };
  const auto one = [](double) { return 1.0; };
  double along2 = along.empty() ? 0 : median_square(along, 0, one);
  double across2 = across.empty() ? 0 : median_square(across, 0, one);
  // Each square enters the other with a weight below 1/3: every round takes nine tenths off what is left of the error.
  for (int round = 0; round < 10 && !along.empty() && !across.empty(); ++round) {
    along2 = median_square(along, across2, cosine2);
    across2 = median_square(across, along2, sine2);
  }
  if (!along.empty()) speeds.along = std::sqrt(along2);
  if (!across.empty()) speeds.across = std::sqrt(across2);
  return speeds;
}

std::optional<double> spread_ms(std::span<const double> times) {
  std::optional<double> first, last;
  for (double t : times) {
    if (t < 0) continue;
    first = std::min(first.value_or(t), t);
    last = std::max(last.value_or(t), t);
  }
  return first ? std::optional(*last - *first) : std::nullopt;
}

std::vector<double> action_potential_durations(std::span<const double> activation,
                                               std::span<const double> repolarisation) {
  std::vector<double> duration(activation.size(), -1.0);
  for (std::size_t p = 0; p < duration.size(); ++p)
    if (activation[p] >= 0 && repolarisation[p] >= activation[p]) duration[p] = repolarisation[p] - activation[p];
  return duration;
}

std::array<SegmentTimes, 17> segment_times(const mesh::TetMesh& mesh, std::span<const std::int32_t> segment,
                                           std::span<const double> activation, std::span<const double> repolarisation) {
  std::array<SegmentTimes, 17> table;
  std::array<Mean, 17> active, repolarised, lasted;
  const auto duration = action_potential_durations(activation, repolarisation);
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    const std::int32_t s = segment[c] - 1;
    if (s < 0 || s >= 17) continue;
    const double quarter = mesh::signed_volume(mesh, mesh.cells[c]) / 4;
    for (std::int32_t p : mesh.cells[c]) {
      if (repolarisation[p] >= 0) repolarised[s].add(repolarisation[p], quarter);
      if (duration[p] >= 0) lasted[s].add(duration[p], quarter);
      if (activation[p] < 0) continue;
      active[s].add(activation[p], quarter);
      if (table[s].earliest_ms < 0 || activation[p] < table[s].earliest_ms) table[s].earliest_ms = activation[p];
      table[s].latest_ms = std::max(table[s].latest_ms, activation[p]);
    }
  }
  for (int s = 0; s < 17; ++s) {
    table[s].activation_ms = active[s].value();
    table[s].repolarisation_ms = repolarised[s].value();
    table[s].duration_ms = lasted[s].value();
  }
  return table;
}

}  // namespace cardiotwin::electrophysiology

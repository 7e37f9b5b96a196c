#include "cardiotwin/segmentation/agreement.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/imaging/label_file.hpp"
#include "cleanup.hpp"
#include "morphology.hpp"

namespace cardiotwin::segmentation {

using artifacts::Geometry;
using artifacts::Labels;

namespace {

/// The smallest box of voxels around a label in either labelling; low > high where there is none.
struct Box {
  std::array<std::int64_t, 3> low, high{-1, -1, -1};  ///< i, j, k
  Size size() const { return {high[2] - low[2] + 1, high[1] - low[1] + 1, high[0] - low[0] + 1}; }
};

template <class Visit>
void for_voxels(const Geometry& g, const Slices& slices, const Visit& visit) {
  for (std::int64_t k = 0; k < g.size[2]; ++k) {
    if (!slices[static_cast<std::size_t>(k)]) continue;
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i) visit(i, j, k, g.index(i, j, k));
  }
}

/// The label's border voxels inside the box.
Mask border_in(const Box& box, const Geometry& g, const std::uint8_t* labels, int label, const Slices& slices) {
  Mask mask;
  mask.reserve(static_cast<std::size_t>(count(box.size())));
  for (std::int64_t k = box.low[2]; k <= box.high[2]; ++k)
    for (std::int64_t j = box.low[1]; j <= box.high[1]; ++j)
      for (std::int64_t i = box.low[0]; i <= box.high[0]; ++i)
        mask.push_back(slices[static_cast<std::size_t>(k)] && labels[g.index(i, j, k)] == label &&
                       at_border(g, labels, slices, i, j, k));
  return mask;
}

/// 95th percentile, between the two nearest where it falls between them, of the distances from one border to another.
double percentile95(const Mask& from, const std::vector<float>& distance_to_other) {
  std::vector<float> distances;
  for (std::size_t v = 0; v < from.size(); ++v)
    if (from[v]) distances.push_back(distance_to_other[v]);
  const double at = 0.95 * static_cast<double>(distances.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(at);
  const auto middle = distances.begin() + below;
  std::ranges::nth_element(distances, middle);
  const double lower = *middle;
  const double upper = middle + 1 == distances.end() ? lower : *std::ranges::min_element(middle + 1, distances.end());
  return lower + (at - static_cast<double>(below)) * (upper - lower);
}

}  // namespace

Slices labelled_slices(const Geometry& g, const std::uint8_t* labels) {
  Slices slices;
  const std::int64_t pixels = g.size[0] * g.size[1];
  for (std::int64_t k = 0; k < g.size[2]; ++k)
    slices.push_back(std::any_of(labels + k * pixels, labels + (k + 1) * pixels,
                                 [](std::uint8_t l) { return l != artifacts::background; }));
  return slices;
}

bool at_border(const Geometry& g, const std::uint8_t* labels, const Slices& slices, std::int64_t i, std::int64_t j,
               std::int64_t k) {
  const std::int64_t row = g.size[0], plane = g.size[0] * g.size[1], v = g.index(i, j, k);
  const auto other = [&](bool known, std::int64_t neighbour) { return known && labels[neighbour] != labels[v]; };
  const auto counts = [&](std::int64_t slice) {
    return slice >= 0 && slice < g.size[2] && slices[static_cast<std::size_t>(slice)];
  };
  return other(i > 0, v - 1) || other(i + 1 < g.size[0], v + 1) || other(j > 0, v - row) ||
         other(j + 1 < g.size[1], v + row) || other(counts(k - 1), v - plane) || other(counts(k + 1), v + plane);
}

std::optional<Agreement> agreement(const Geometry& g, const std::uint8_t* a, const std::uint8_t* b, int label,
                                   const Slices& slices) {
  Box box{.low = g.size};
  std::int64_t both = 0, sum = 0;
  for_voxels(g, slices, [&](std::int64_t i, std::int64_t j, std::int64_t k, std::int64_t v) {
    const int in_a = a[v] == label, in_b = b[v] == label;
    if (in_a + in_b == 0) return;
    both += in_a * in_b, sum += in_a + in_b;
    const std::array<std::int64_t, 3> at{i, j, k};
    for (std::size_t d = 0; d < 3; ++d)
      box.low[d] = std::min(box.low[d], at[d]), box.high[d] = std::max(box.high[d], at[d]);
  });
  if (sum == 0) return std::nullopt;
  Agreement result{.dice = 2 * static_cast<double>(both) / static_cast<double>(sum), .hausdorff95_mm = {}};
  const Mask border_a = border_in(box, g, a, label, slices), border_b = border_in(box, g, b, label, slices);
  if (std::ranges::find(border_a, 1) == border_a.end() || std::ranges::find(border_b, 1) == border_b.end())
    return result;
  const std::array<double, 3> spacing{g.spacing[2], g.spacing[1], g.spacing[0]};
  result.hausdorff95_mm = std::max(percentile95(border_a, distance_to(border_b, box.size(), spacing)),
                                   percentile95(border_b, distance_to(border_a, box.size(), spacing)));
  return result;
}

void find_moments(Labels& labels) {
  double largest = -1, smallest = INFINITY;
  for (std::int64_t p = 0; p < std::ssize(labels.phase_times_ms); ++p) {
    const double volume = volume_ml(labels.geometry, labels.phase(p), artifacts::lv_cavity);
    if (volume <= 0) continue;
    if (volume > largest) largest = volume, labels.end_diastole = p;
    if (volume < smallest) smallest = volume, labels.end_systole = p;
  }
}

namespace {

std::vector<Labels> read_observers(const std::vector<std::filesystem::path>& files) {
  constexpr const char* remedy = "name the files of observers who labelled the same image";
  if (files.size() < 2)
    core::fail_input({"agreement", "two or more label files", std::to_string(files.size()), remedy});
  std::vector<Labels> observers;
  for (const auto& file : files) {
    observers.push_back(imaging::read_chamber_labels(file));
    const Labels &first = observers.front(), &last = observers.back();
    imaging::check_same_grid(file, first.geometry, last.geometry);
    if (first.phase_times_ms.size() != last.phase_times_ms.size())
      core::fail_input({file.string(), std::to_string(first.phase_times_ms.size()) + " phases, as " + files[0].string(),
                        std::to_string(last.phase_times_ms.size()), remedy});
  }
  find_moments(observers.front());
  return observers;
}

/// One line for two observers (counted from 1), or nothing where neither has the label.
std::string line_of(const std::string& moment, std::int64_t phase, int label, std::span<const Labels> observers,
                    std::size_t a, std::size_t b) {
  const Geometry& g = observers[a].geometry;
  const std::uint8_t *in_a = observers[a].phase(phase), *in_b = observers[b].phase(phase);
  const auto found = agreement(g, in_a, in_b, label, Slices(static_cast<std::size_t>(g.size[2]), true));
  if (!found) return {};
  const double ml_a = volume_ml(g, in_a, label), ml_b = volume_ml(g, in_b, label);
  const bool compared = ml_a > 0 && ml_b > 0;  // else one of them left the label out
  return fmt::format("{:<7} {:<17} {:>2} {:>2} {:>6} {:>13} {:>9.1f} {:>9.1f}\n", moment, artifacts::label_name(label),
                     a + 1, b + 1, compared ? fmt::format("{:.3f}", found->dice) : "-",
                     found->hausdorff95_mm ? fmt::format("{:.2f}", *found->hausdorff95_mm) : "-", ml_a, ml_b);
}

}  // namespace

std::string agreement_table(const std::vector<std::filesystem::path>& files) {
  const std::vector<Labels> observers = read_observers(files);
  std::string table;
  for (std::size_t f = 0; f < files.size(); ++f) table += fmt::format("{} = {}\n", f + 1, files[f].string());
  const std::int64_t ed = observers[0].end_diastole, es = observers[0].end_systole;
  table += fmt::format("ed is volume {}, es volume {} (the largest and the smallest cavity of 1)\n", ed, es);
  table += fmt::format("{:<7} {:<17} {:>2} {:>2} {:>6} {:>13} {:>9} {:>9}\n", "moment", "label", "A", "B", "Dice",
                       "Hausdorff95mm", "A ml", "B ml");
  std::vector<std::pair<std::string, std::int64_t>> moments{{"ed", ed}};
  if (es != ed) moments.emplace_back("es", es);
  for (const auto& [moment, phase] : moments)
    for (int label = 1; label < artifacts::label_count; ++label)
      for (std::size_t a = 0; a < files.size(); ++a)
        for (std::size_t b = a + 1; b < files.size(); ++b) table += line_of(moment, phase, label, observers, a, b);
  return table;
}

}  // namespace cardiotwin::segmentation

#include "whole_heart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "cardiotwin/core/error.hpp"
#include "cleanup.hpp"
#include "morphology.hpp"

namespace cardiotwin::segmentation {

using artifacts::Geometry;

bool is_whole_heart(const Geometry& geometry, const std::uint8_t* labels) {
  return std::any_of(labels, labels + geometry.voxels(), [](std::uint8_t l) { return l > artifacts::rv_cavity; });
}

void clean_whole_heart(const Geometry& geometry, std::uint8_t* labels) {
  const Size size{geometry.size[2], geometry.size[1], geometry.size[0]};
  for (std::uint8_t label = 1; label < artifacts::label_count; ++label) {
    Mask mask(static_cast<std::size_t>(geometry.voxels()));
    std::transform(labels, labels + geometry.voxels(), mask.begin(), [&](std::uint8_t l) { return l == label; });
    const Mask kept = largest_component(mask, size);
    for (std::size_t v = 0; v < mask.size(); ++v)
      if (mask[v] && !kept[v]) labels[v] = artifacts::background;
  }
}

void settle_volume(artifacts::Labels& labels) {
  double largest = 0, smallest = std::numeric_limits<double>::max();
  for (std::int64_t p = 0; p < std::ssize(labels.phase_times_ms); ++p) {
    const double volume = volume_ml(labels.geometry, labels.phase(p), artifacts::lv_cavity);
    if (volume > largest) largest = volume, labels.end_diastole = p;
    if (volume < smallest) smallest = volume, labels.end_systole = p;
  }
  if (largest == 0)
    core::fail_input({"segmentation of the study", "a left ventricular cavity (label 1) in some phase", "none",
                      "look at the images and at the labels; give segmentation.labels_file"});
}

artifacts::Anatomy whole_heart_anatomy(const Geometry& g, const std::uint8_t* labels, double spacing_mm) {
  std::array<std::int64_t, 3> low = g.size, high{-1, -1, -1};
  for (std::int64_t k = 0, n = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i, ++n) {
        if (labels[n] == artifacts::background) continue;
        const std::array<std::int64_t, 3> at{i, j, k};
        for (int a = 0; a < 3; ++a) low[a] = std::min(low[a], at[a]), high[a] = std::max(high[a], at[a]);
      }
  artifacts::Anatomy anatomy;
  Geometry& fine = anatomy.geometry;
  fine = g;
  constexpr double margin_mm = 5;
  Vec3 first;
  for (int a = 0; a < 3; ++a) {
    fine.spacing[a] = spacing_mm;
    first[a] = static_cast<double>(low[a]) - margin_mm / g.spacing[a];
    const double length_mm = static_cast<double>(high[a] - low[a]) * g.spacing[a] + 2 * margin_mm;
    fine.size[a] = static_cast<std::int64_t>(std::ceil(length_mm / spacing_mm)) + 1;
  }
  fine.origin = g.to_world(first);
  anatomy.labels.reserve(static_cast<std::size_t>(fine.voxels()));
  for (std::int64_t k = 0; k < fine.size[2]; ++k)
    for (std::int64_t j = 0; j < fine.size[1]; ++j)
      for (std::int64_t i = 0; i < fine.size[0]; ++i) {
        std::array<std::int64_t, 3> at;
        const std::array<std::int64_t, 3> here{i, j, k};
        bool there = true;
        for (int a = 0; a < 3; ++a) {
          at[a] = std::llround(first[a] + static_cast<double>(here[a]) * spacing_mm / g.spacing[a]);
          there &= at[a] >= 0 && at[a] < g.size[a];
        }
        anatomy.labels.push_back(there ? labels[g.index(at[0], at[1], at[2])] : std::uint8_t{artifacts::background});
      }
  return anatomy;
}

}  // namespace cardiotwin::segmentation

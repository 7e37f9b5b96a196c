#include "montage.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::report {
namespace {

/// Index box of what is shown.
struct Box {
  std::array<std::int64_t, 3> low{0, 0, 0}, high{0, 0, 0};  ///< both inclusive
};

Box whole(const artifacts::Geometry& g) { return {{0, 0, 0}, {g.size[0] - 1, g.size[1] - 1, g.size[2] - 1}}; }

/// Box around all labels of the shown phases: in the slices with a margin of a third, across them exact.
Box labelled(const artifacts::Labels& labels, const std::vector<std::int64_t>& phases) {
  const auto& g = labels.geometry;
  Box box{{g.size[0], g.size[1], g.size[2]}, {-1, -1, -1}};
  for (const auto phase : phases) {
    const auto* voxels = labels.phase(phase);
    for (std::int64_t k = 0; k < g.size[2]; ++k) {
      for (std::int64_t j = 0; j < g.size[1]; ++j) {
        for (std::int64_t i = 0; i < g.size[0]; ++i) {
          if (voxels[g.index(i, j, k)] == artifacts::background) continue;
          const std::array<std::int64_t, 3> at{i, j, k};
          for (std::size_t c = 0; c < 3; ++c) {
            box.low[c] = std::min(box.low[c], at[c]);
            box.high[c] = std::max(box.high[c], at[c]);
          }
        }
      }
    }
  }
  if (box.high[0] < 0) return whole(g);
  for (std::size_t c = 0; c < 2; ++c) {
    const auto margin = std::max<std::int64_t>(3, (box.high[c] - box.low[c]) / 3);
    box.low[c] = std::max<std::int64_t>(0, box.low[c] - margin);
    box.high[c] = std::min(g.size[c] - 1, box.high[c] + margin);
  }
  return box;
}

std::pair<double, double> window(const artifacts::Image& image, std::int64_t phase) {
  const float* first = image.phase(phase);
  std::vector<float> values(first, first + image.geometry.voxels());
  const auto at = [&](double share) {
    const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + rank, values.end());
    return static_cast<double>(values[static_cast<std::size_t>(rank)]);
  };
  const double low = at(0.01), high = at(0.99);
  return {low, high > low ? high : low + 1};
}

}  // namespace

Rgb label_colour(int label) {
  switch (label) {
    case artifacts::lv_cavity:
      return {.96, .30, .26};
    case artifacts::lv_wall:
      return {.28, .80, .42};
    case artifacts::rv_cavity:
      return {.30, .62, .98};
    default:
      return {.5, .5, .5};
  }
}

Pixels montage(const artifacts::Image& image, const artifacts::Labels* labels, const MontageRequest& request) {
  const auto& g = image.geometry;
  const bool overlay =
      labels && labels->geometry.same_as(g) && labels->phase_times_ms.size() == image.phase_times_ms.size();
  const Box box = overlay ? labelled(*labels, request.phases) : whole(g);
  const auto slices = box.high[2] - box.low[2] + 1;
  const int columns = static_cast<int>(std::min<std::int64_t>(request.columns, slices));

  // Tiles are square millimetres: the longer side of the box fills the tile.
  const double wide = static_cast<double>(box.high[0] - box.low[0] + 1) * g.spacing[0];
  const double tall = static_cast<double>(box.high[1] - box.low[1] + 1) * g.spacing[1];
  const double mm = std::max(wide, tall) / request.tile;
  const int w = std::max(1, static_cast<int>(wide / mm)), h = std::max(1, static_cast<int>(tall / mm));
  constexpr int gap = 3;
  Pixels pixels(columns * (w + gap) - gap, static_cast<int>(request.phases.size()) * (h + gap) - gap, {1, 1, 1});

  for (std::size_t row = 0; row < request.phases.size(); ++row) {
    const auto phase = request.phases[row];
    const float* voxels = image.phase(phase);
    const auto [low, high] = window(image, phase);
    for (int column = 0; column < columns; ++column) {
      const auto k = box.low[2] + (columns > 1 ? (slices - 1) * column / (columns - 1) : slices / 2);
      const auto label_at = [&](int x, int y) {
        const auto i =
            std::clamp(box.low[0] + static_cast<std::int64_t>((x + 0.5) * mm / g.spacing[0]), box.low[0], box.high[0]);
        const auto j =
            std::clamp(box.low[1] + static_cast<std::int64_t>((y + 0.5) * mm / g.spacing[1]), box.low[1], box.high[1]);
        return static_cast<int>(labels->phase(phase)[g.index(i, j, k)]);
      };
      for (int y = 0; y < h; ++y) {
        for (int x = 0; x < w; ++x) {
          // Bilinear between voxel centres.
          const double u = std::clamp((x + 0.5) * mm / g.spacing[0] - 0.5 + static_cast<double>(box.low[0]), 0.0,
                                      static_cast<double>(g.size[0] - 1));
          const double v = std::clamp((y + 0.5) * mm / g.spacing[1] - 0.5 + static_cast<double>(box.low[1]), 0.0,
                                      static_cast<double>(g.size[1] - 1));
          const auto i = static_cast<std::int64_t>(u), j = static_cast<std::int64_t>(v);
          const auto i1 = std::min(i + 1, g.size[0] - 1), j1 = std::min(j + 1, g.size[1] - 1);
          const double a = u - static_cast<double>(i), b = v - static_cast<double>(j);
          const double value = (1 - b) * ((1 - a) * voxels[g.index(i, j, k)] + a * voxels[g.index(i1, j, k)]) +
                               b * ((1 - a) * voxels[g.index(i, j1, k)] + a * voxels[g.index(i1, j1, k)]);
          const double grey = std::clamp((value - low) / (high - low), 0.0, 1.0);
          Rgb colour{grey, grey, grey};
          if (overlay) {  // a pixel is on an outline where its right or lower neighbour has another label
            const int here = label_at(x, y);
            const int right = x + 1 < w ? label_at(x + 1, y) : here, below = y + 1 < h ? label_at(x, y + 1) : here;
            if (here != right || here != below) {
              const int other = here != right ? right : below;
              // The cavity's outline wins over the wall's where they meet.
              const int shown = here == artifacts::background    ? other
                                : other == artifacts::background ? here
                                                                 : std::min(here, other);
              colour = label_colour(shown);
            }
          }
          pixels.set(column * (w + gap) + x, static_cast<int>(row) * (h + gap) + y, colour);
        }
      }
    }
  }
  return pixels;
}

}  // namespace cardiotwin::report

#include "inference.hpp"

#include <algorithm>
#include <cmath>

namespace cardiotwin::segmentation {
namespace {

/// The q-th quantile (0..1) with linear interpolation between order statistics; reorders `values`.
double quantile(std::vector<float>& values, double q) {
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), at, values.end());
  const double low = *at;
  if (below + 1 == values.size()) return low;
  const double high = *std::min_element(at + 1, values.end());
  return low + (position - static_cast<double>(below)) * (high - low);
}

Size patch_of(const Model& model) {
  const auto& p = model.patch_size;
  return model.dimensions == 2 ? Size{1, p[0], p[1]} : Size{p[0], p[1], p[2]};
}

std::vector<float> gaussian_weights(const Size& patch) {
  std::array<std::vector<double>, 3> axes;
  for (std::size_t a = 0; a < 3; ++a)
    for (std::int64_t x = 0; x < patch[a]; ++x) {
      const double offset = static_cast<double>(x) - 0.5 * static_cast<double>(patch[a] - 1);
      const double sigma = static_cast<double>(patch[a]) / 8;
      axes[a].push_back(std::exp(-0.5 * offset * offset / (sigma * sigma)));
    }
  std::vector<float> weights;
  weights.reserve(static_cast<std::size_t>(count(patch)));
  for (const double k : axes[0])
    for (const double j : axes[1])
      for (const double i : axes[2]) weights.push_back(static_cast<float>(k * j * i));
  return weights;
}

/// In place, over the labels of one patch (labels x voxels).
void softmax(std::span<float> values, std::int64_t labels) {
  const std::size_t voxels = values.size() / static_cast<std::size_t>(labels);
  for (std::size_t v = 0; v < voxels; ++v) {
    float largest = values[v], sum = 0;
    for (std::size_t c = v; c < values.size(); c += voxels) largest = std::max(largest, values[c]);
    for (std::size_t c = v; c < values.size(); c += voxels) sum += values[c] = std::exp(values[c] - largest);
    for (std::size_t c = v; c < values.size(); c += voxels) values[c] /= sum;
  }
}

}  // namespace

void normalise(const Normalisation& n, std::span<float> patch) {
  double low = n.low, high = n.high, mean = n.mean, deviation = n.deviation;
  switch (n.kind) {
    case Normalisation::Kind::percentiles: {
      std::vector<float> sorted(patch.begin(), patch.end());
      low = quantile(sorted, n.low / 100);
      high = quantile(sorted, n.high / 100);
      mean = low;
      deviation = std::max(high - low, 1e-6);
      break;
    }
    case Normalisation::Kind::standard_score: {
      double sum = 0, squares = 0;
      for (const float v : patch) sum += v;
      mean = sum / static_cast<double>(patch.size());
      for (const float v : patch) squares += (v - mean) * (v - mean);
      deviation = std::max(std::sqrt(squares / static_cast<double>(patch.size())), 1e-8);
      low = -INFINITY;
      high = INFINITY;
      break;
    }
    case Normalisation::Kind::window:
      break;
  }
  for (float& v : patch) v = static_cast<float>((std::clamp<double>(v, low, high) - mean) / deviation);
}

std::vector<std::int64_t> patch_starts(std::int64_t size, std::int64_t patch) {
  if (size <= patch) return {0};
  const std::int64_t step = std::max<std::int64_t>(1, patch / 2), steps = (size - patch + step - 1) / step;
  std::vector<std::int64_t> starts;
  for (std::int64_t s = 0; s <= steps; ++s)
    starts.push_back(
        std::llround(static_cast<double>(s) * static_cast<double>(size - patch) / static_cast<double>(steps)));
  return starts;
}

/// A patch of an image, possibly mirrored.
struct Predictor::Tile {
  const float* image;
  std::int64_t number;  ///< of the image
  Size size, start;     ///< of the image, of the patch in it
  std::array<bool, 3> mirrored;
};

namespace {

/// Calls visit(voxel of the patch as the network sees it, voxel of the unmirrored patch, voxel of the image or -1
/// outside).
template <class Tile, class Visit>
void for_each_voxel(const Tile& tile, const Size& patch, Visit visit) {
  std::int64_t seen = 0;
  for (std::int64_t k = 0; k < patch[0]; ++k)
    for (std::int64_t j = 0; j < patch[1]; ++j)
      for (std::int64_t i = 0; i < patch[2]; ++i, ++seen) {
        const Size at{tile.mirrored[0] ? patch[0] - 1 - k : k, tile.mirrored[1] ? patch[1] - 1 - j : j,
                      tile.mirrored[2] ? patch[2] - 1 - i : i};
        const Size in{at[0] + tile.start[0], at[1] + tile.start[1], at[2] + tile.start[2]};
        const bool inside = in[0] < tile.size[0] && in[1] < tile.size[1] && in[2] < tile.size[2];
        visit(seen, (at[0] * patch[1] + at[1]) * patch[2] + at[2],
              inside ? (in[0] * tile.size[1] + in[1]) * tile.size[2] + in[2] : -1);
      }
}

}  // namespace

Predictor::Predictor(const Model& model, std::int64_t batch, bool flips)
    : normalisation_(model.normalisation),
      patch_(patch_of(model)),
      labels_(static_cast<std::int64_t>(model.labels.size())),
      flips_(flips),
      weights_(gaussian_weights(patch_)),
      network_(model, batch, model.patch_size) {}

void Predictor::run(std::vector<Tile>& tiles, std::vector<float>& sums) {
  const auto voxels = static_cast<std::size_t>(count(patch_));
  const auto tile_count = static_cast<std::ptrdiff_t>(tiles.size());
  const auto labels = static_cast<std::size_t>(labels_);
#pragma omp parallel for schedule(static)
  for (std::ptrdiff_t t = 0; t < tile_count; ++t) {
    const auto patch = network_.input().subspan(static_cast<std::size_t>(t) * voxels, voxels);
    const Tile& tile = tiles[static_cast<std::size_t>(t)];
    for_each_voxel(tile, patch_, [&](std::int64_t seen, std::int64_t, std::int64_t in) {
      patch[static_cast<std::size_t>(seen)] = in < 0 ? 0.0F : tile.image[in];
    });
    normalise(normalisation_, patch);
  }
  const auto logits = network_.run();
  std::vector<float> probability(labels * voxels);
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    std::ranges::copy(logits.subspan(t * labels * voxels, labels * voxels), probability.begin());
    softmax(probability, labels_);
    const auto stride = static_cast<std::size_t>(count(tiles[t].size));
    float* sum = sums.data() + static_cast<std::size_t>(tiles[t].number) * labels * stride;
    for_each_voxel(tiles[t], patch_, [&](std::int64_t seen, std::int64_t unmirrored, std::int64_t in) {
      if (in < 0) return;
      const float weight = weights_[static_cast<std::size_t>(unmirrored)];
      for (std::size_t c = 0; c < labels; ++c)
        sum[c * stride + static_cast<std::size_t>(in)] +=
            weight * probability[c * voxels + static_cast<std::size_t>(seen)];
    });
  }
  tiles.clear();
}

std::vector<float> Predictor::probabilities(std::span<const float> images, std::int64_t n, const Size& size) {
  const auto voxels = static_cast<std::size_t>(count(size));
  const auto labels = static_cast<std::size_t>(labels_);
  std::vector<float> sums(static_cast<std::size_t>(n) * labels * voxels, 0.0F);
  std::vector<Tile> tiles;
  const int variants = flips_ ? 4 : 1;
  for (std::int64_t image = 0; image < n; ++image)
    for (const auto k : patch_starts(size[0], patch_[0]))
      for (const auto j : patch_starts(size[1], patch_[1]))
        for (const auto i : patch_starts(size[2], patch_[2]))
          for (int variant = 0; variant < variants; ++variant) {
            tiles.push_back({images.data() + static_cast<std::size_t>(image) * voxels,
                             image,
                             size,
                             {k, j, i},
                             {false, (variant & 1) != 0, (variant & 2) != 0}});
            if (static_cast<std::int64_t>(tiles.size()) == network_.images()) run(tiles, sums);
          }
  if (!tiles.empty()) run(tiles, sums);
  // The probabilities of a voxel sum to the sum of the weights it got.
  for (std::size_t image = 0; image < static_cast<std::size_t>(n); ++image) {
    float* first = sums.data() + image * labels * voxels;
    for (std::size_t v = 0; v < voxels; ++v) {
      float total = 0;
      for (std::size_t c = 0; c < labels; ++c) total += first[c * voxels + v];
      for (std::size_t c = 0; c < labels; ++c) first[c * voxels + v] /= total;
    }
  }
  return sums;
}

}  // namespace cardiotwin::segmentation

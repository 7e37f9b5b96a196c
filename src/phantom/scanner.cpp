#include "scanner.hpp"

#include <algorithm>
#include <array>

namespace cardiotwin::phantom {
namespace {

constexpr int in_plane = 2;       ///< subsamples of a pixel in each direction
constexpr int through_plane = 4;  ///< subsamples of the slice thickness
constexpr int samples = in_plane * in_plane * through_plane;

/// Image coordinates of a subsample.
Vec3 sample_point(const artifacts::Geometry& grid, std::int64_t i, std::int64_t j, std::int64_t k, int sample) {
  const int u = sample % in_plane, v = sample / in_plane % in_plane, w = sample / (in_plane * in_plane);
  return {(static_cast<double>(i) + (u + 0.5) / in_plane - 0.5) * grid.spacing[0],
          (static_cast<double>(j) + (v + 0.5) / in_plane - 0.5) * grid.spacing[1],
          (static_cast<double>(k) + (w + 0.5) / through_plane - 0.5) * grid.spacing[2]};
}

double heart_signal(Tissue tissue, const Vec3& at, const Contrast& c) {
  const double fine = value_noise(at[0] / 6, at[1] / 6, at[2] / 10, 11);
  switch (tissue) {
    case Tissue::lv_blood:
    case Tissue::rv_blood:
    case Tissue::other_blood:
      return c.blood * (1 + c.blood_texture * fine);
    case Tissue::fat:
      return c.fat * (1 + c.tissue_texture * fine);
    default:
      return c.muscle * (1 + c.tissue_texture * fine);
  }
}

void blur(std::vector<double>& image, std::int64_t columns, std::int64_t rows, double sigma) {
  const int reach = std::max(1, static_cast<int>(std::ceil(3 * sigma)));
  std::vector<double> weights;
  for (int d = -reach; d <= reach; ++d) weights.push_back(std::exp(-0.5 * d * d / (sigma * sigma)));
  const auto pass = [&](std::int64_t count, std::int64_t lines, std::int64_t step, std::int64_t line_step) {
    std::vector<double> line(static_cast<std::size_t>(count));
    for (std::int64_t l = 0; l < lines; ++l) {
      for (std::int64_t n = 0; n < count; ++n) {
        double sum = 0, weight = 0;
        for (int d = -reach; d <= reach; ++d) {
          if (n + d < 0 || n + d >= count) continue;
          sum += weights[d + reach] * image[l * line_step + (n + d) * step], weight += weights[d + reach];
        }
        line[n] = sum / weight;
      }
      for (std::int64_t n = 0; n < count; ++n) image[l * line_step + n * step] = line[n];
    }
  };
  pass(columns, rows, 1, columns);
  pass(rows, columns, columns, 1);
}

}  // namespace

Vec3 Placement::to_heart(const Vec3& image_point) const {
  const Vec3 d = image_point - heart_centre;
  return {core::dot(turn[0], d), core::dot(turn[1], d), core::dot(turn[2], d) + reference_z};
}

Scanner Scanner::draw(Random& random, const CineMrOptions& options) {
  Scanner s{};
  s.contrast = Contrast::draw(random);
  s.thorax = Thorax::draw(random);
  s.blur_pixels = random.uniform(0.45, 0.85);
  s.noise = random.uniform(0.01, 0.05);
  s.gain = random.uniform(300, 1400);
  s.bias = {random.uniform(0.1, 0.55), random.uniform(0, 6.28), random.uniform(-0.2, 0.2), random.uniform(-0.2, 0.45)};
  s.slope = std::array{1.0, 0.5, 2.0}[random.next() % 3];
  s.intercept = std::array{0.0, 0.0, -16.0}[random.next() % 3];
  s.noise_seed = random.next();
  if (options.noise) s.noise = *options.noise;
  return s;
}

std::vector<float> still_signal(const Scanner& scanner, const Placement& placement, const artifacts::Geometry& grid,
                                std::int64_t k) {
  std::vector<float> still;
  still.reserve(static_cast<std::size_t>(grid.size[0] * grid.size[1] * samples));
  for (std::int64_t j = 0; j < grid.size[1]; ++j)
    for (std::int64_t i = 0; i < grid.size[0]; ++i)
      for (int s = 0; s < samples; ++s)
        still.push_back(static_cast<float>(
            scanner.thorax.signal(sample_point(grid, i, j, k, s) - placement.heart_centre, scanner.contrast)));
  return still;
}

Slice expose(const Scanner& scanner, const Placement& placement, const artifacts::Geometry& grid, std::int64_t k,
             const Heart& heart, const std::vector<float>& still) {
  Slice slice;
  const auto pixels = static_cast<std::size_t>(grid.size[0] * grid.size[1]);
  slice.signal.resize(pixels), slice.labels.resize(pixels);
  std::size_t pixel = 0;
  for (std::int64_t j = 0; j < grid.size[1]; ++j) {
    for (std::int64_t i = 0; i < grid.size[0]; ++i, ++pixel) {
      const float* const behind = still.data() + pixel * samples;
      const Vec3 centre = placement.to_heart(sample_point(grid, i, j, k, 0));
      double sum = 0;
      if (std::hypot(centre[0], centre[1]) > heart.reach_mm() + 5) {
        for (int s = 0; s < samples; ++s) sum += behind[s];
        slice.signal[pixel] = sum / samples;
        continue;
      }
      std::array<int, artifacts::label_count> votes{};
      for (int s = 0; s < samples; ++s) {
        const Vec3 at = placement.to_heart(sample_point(grid, i, j, k, s));
        const Tissue tissue = heart.tissue(at);
        sum += tissue == Tissue::none ? behind[s] : heart_signal(tissue, at, scanner.contrast);
        ++votes[label_of(tissue)];
      }
      slice.signal[pixel] = sum / samples;
      slice.labels[pixel] = static_cast<std::uint8_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
    }
  }
  return slice;
}

std::vector<std::int16_t> digitise(const Scanner& scanner, const artifacts::Geometry& grid, std::vector<double> signal,
                                   std::uint64_t stream) {
  blur(signal, grid.size[0], grid.size[1], scanner.blur_pixels);
  Random random(scanner.noise_seed ^ mix(stream));
  std::vector<std::int16_t> stored(signal.size());
  std::size_t pixel = 0;
  for (std::int64_t j = 0; j < grid.size[1]; ++j) {
    for (std::int64_t i = 0; i < grid.size[0]; ++i, ++pixel) {
      const double x = 2.0 * static_cast<double>(i) / static_cast<double>(grid.size[0]) - 1;
      const double y = 2.0 * static_cast<double>(j) / static_cast<double>(grid.size[1]) - 1;
      const double along = x * std::cos(scanner.bias[1]) + y * std::sin(scanner.bias[1]) - scanner.bias[2];
      const double sensitivity = std::exp(scanner.bias[0] * along + scanner.bias[3] * (x * x + y * y));
      const double real = signal[pixel] * sensitivity + scanner.noise * random.normal();
      const double magnitude = std::hypot(real, scanner.noise * random.normal());
      const double value = std::round((scanner.gain * magnitude - scanner.intercept) / scanner.slope);
      stored[pixel] = static_cast<std::int16_t>(std::clamp(value, 0.0, 32767.0));
    }
  }
  return stored;
}

}  // namespace cardiotwin::phantom

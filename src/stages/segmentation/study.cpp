#include "study.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "cardiotwin/core/error.hpp"
#include "inference.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Geometry;
using artifacts::Image;

/// Where a sampled grid lies in the index space of the image: index_a = origin_a + step_a * n, axes ordered (k, j, i).
struct Sampling {
  Size size;
  std::array<double, 3> origin, step;
};

std::array<double, 3> image_size(const Geometry& g) {
  return {static_cast<double>(g.size[2]), static_cast<double>(g.size[1]), static_cast<double>(g.size[0])};
}

/// A grid of the model's spacing and of `size` whose middle is at `centre` (index space).
Sampling grid_at(const Geometry& g, const Model& model, const Size& size, const std::array<double, 3>& centre) {
  const bool flat = model.dimensions == 2;
  Sampling s{size, {}, {}};
  for (std::size_t a = 0; a < 3; ++a) {
    const double wanted = flat ? (a == 0 ? g.spacing[2] : model.spacing_mm[a - 1]) : model.spacing_mm[a];
    s.step[a] = wanted / g.spacing[2 - a];
    s.origin[a] = centre[a] - 0.5 * static_cast<double>(size[a] - 1) * s.step[a];
  }
  return s;
}

/// The whole image at the model's spacing (slices kept as they are for two-dimensional networks).
Sampling grid_of_all(const Geometry& g, const Model& model) {
  Sampling s = grid_at(g, model, {1, 1, 1}, {0, 0, 0});
  const auto n = image_size(g);
  std::array<double, 3> centre{};
  for (std::size_t a = 0; a < 3; ++a) {
    s.size[a] = std::max<std::int64_t>(1, std::llround(std::ceil(n[a] / s.step[a] - 1e-6)));
    centre[a] = 0.5 * (n[a] - 1);
  }
  return grid_at(g, model, s.size, centre);
}

/// In place, along one axis: a Gaussian that removes what a coarser grid cannot show. sigma in voxels.
void blur(std::vector<float>& volume, const Size& size, std::size_t axis, double sigma) {
  const auto reach = static_cast<std::int64_t>(std::ceil(3 * sigma));
  std::vector<double> weights;
  for (std::int64_t w = -reach; w <= reach; ++w)
    weights.push_back(std::exp(-0.5 * static_cast<double>(w * w) / (sigma * sigma)));
  const std::array<std::int64_t, 3> stride{size[1] * size[2], size[2], 1};
  const std::int64_t n = size[axis], lines = count(size) / n;
  std::vector<float> line(static_cast<std::size_t>(n));
  for (std::int64_t l = 0; l < lines; ++l) {
    const std::int64_t inner = l % stride[axis], start = (l - inner) * n + inner;
    for (std::int64_t p = 0; p < n; ++p)
      line[static_cast<std::size_t>(p)] = volume[static_cast<std::size_t>(start + p * stride[axis])];
    for (std::int64_t p = 0; p < n; ++p) {
      double sum = 0, total = 0;
      for (std::int64_t w = std::max(-reach, -p); w <= std::min(reach, n - 1 - p); ++w) {
        const double weight = weights[static_cast<std::size_t>(w + reach)];
        sum += weight * line[static_cast<std::size_t>(p + w)];
        total += weight;
      }
      volume[static_cast<std::size_t>(start + p * stride[axis])] = static_cast<float>(sum / total);
    }
  }
}

/// A phase of the image, low-pass filtered where the model's spacing is coarser.
std::vector<float> filtered_phase(const Image& image, std::int64_t phase, const Sampling& sampling) {
  const Geometry& g = image.geometry;
  std::vector<float> volume(image.phase(phase), image.phase(phase) + g.voxels());
  for (std::size_t a = 0; a < 3; ++a)
    if (const double step = sampling.step[a]; step > 1.2)
      blur(volume, {g.size[2], g.size[1], g.size[0]}, a, 0.5 * std::sqrt(step * step - 1));
  return volume;
}

/// Linear interpolation of one value array on `size` at a position in index space; `outside` beyond the outermost
/// centres.
struct Stencil {
  std::array<std::int64_t, 2> at;
  std::array<float, 2> weight;
};
Stencil stencil(double position, std::int64_t n) {
  if (position < -0.5 || position > static_cast<double>(n) - 0.5) return {{-1, -1}, {0, 0}};
  position = std::clamp(position, 0.0, static_cast<double>(n - 1));
  const auto low = std::min(static_cast<std::int64_t>(position), std::max<std::int64_t>(0, n - 2));
  const auto t = static_cast<float>(position - static_cast<double>(low));
  return {{low, std::min(low + 1, n - 1)}, {1 - t, t}};
}
std::vector<Stencil> stencils(std::int64_t n, double origin, double step, std::int64_t source) {
  std::vector<Stencil> all;
  for (std::int64_t p = 0; p < n; ++p) all.push_back(stencil(origin + step * static_cast<double>(p), source));
  return all;
}
float interpolate(const float* values, const Size& size, const Stencil& k, const Stencil& j, const Stencil& i) {
  float sum = 0;
  for (std::size_t a = 0; a < 2; ++a)
    for (std::size_t b = 0; b < 2; ++b) {
      const float weight = k.weight[a] * j.weight[b];
      if (weight == 0) continue;
      const float* row = values + (k.at[a] * size[1] + j.at[b]) * size[2];
      sum += weight * (i.weight[0] * row[i.at[0]] + i.weight[1] * row[i.at[1]]);
    }
  return sum;
}

/// The image on a sampled grid; zero outside.
std::vector<float> sample(const std::vector<float>& volume, const Geometry& g, const Sampling& s) {
  const Size source{g.size[2], g.size[1], g.size[0]};
  std::array<std::vector<Stencil>, 3> along;
  for (std::size_t a = 0; a < 3; ++a) along[a] = stencils(s.size[a], s.origin[a], s.step[a], source[a]);
  std::vector<float> result;
  result.reserve(static_cast<std::size_t>(count(s.size)));
  for (const auto& k : along[0])
    for (const auto& j : along[1])
      for (const auto& i : along[2])
        result.push_back(k.at[0] < 0 || j.at[0] < 0 || i.at[0] < 0 ? 0.0F
                                                                   : interpolate(volume.data(), source, k, j, i));
  return result;
}

/// Probabilities of a sampled grid (labels x sampled size), as (slices x labels x patch) for two-dimensional networks.
std::vector<float> probabilities(Predictor& predictor, const std::vector<float>& sampled, const Size& size, bool flat) {
  return flat ? predictor.probabilities(sampled, size[0], {1, size[1], size[2]})
              : predictor.probabilities(sampled, 1, size);
}

/// Middle of the left ventricle in the image's index space: the place where most slices show cavity and wall. The
/// network slides over every second slice of the first phase; far from the heart it knows little, so single slices are
/// outvoted and places near the middle of the image, where operators put the heart, count more.
std::array<double, 3> find_heart(const Image& image, const Model& model, Predictor& predictor) {
  constexpr double ventricle_mm = 15, off_centre_mm = 60;  // sigma of a ventricle, and of where it may be
  const Geometry& g = image.geometry;
  std::array<double, 3> centre = image_size(g);
  for (double& c : centre) c = 0.5 * (c - 1);
  Sampling s = grid_of_all(g, model);
  if (s.size[1] <= predictor.patch()[1] && s.size[2] <= predictor.patch()[2]) return centre;
  s.step[0] = 2;
  s.origin[0] = g.size[2] > 2 ? 1 : 0;
  s.size[0] = std::max<std::int64_t>(1, (g.size[2] - (g.size[2] > 2 ? 1 : 0) + 1) / 2);
  const auto probability = probabilities(predictor, sample(filtered_phase(image, 0, s), g, s), s.size, true);
  const auto labels = static_cast<std::size_t>(predictor.labels());
  const auto pixels = static_cast<std::size_t>(s.size[1] * s.size[2]);
  std::vector<float> votes(pixels, 0);
  for (std::size_t k = 0; k < static_cast<std::size_t>(s.size[0]); ++k)
    for (std::size_t v = 0; v < pixels; ++v) {
      const float* p = probability.data() + k * labels * pixels + v;
      votes[v] += p[artifacts::lv_cavity * pixels] + p[artifacts::lv_wall * pixels];
    }
  for (const std::size_t axis : {1U, 2U})
    blur(votes, {1, s.size[1], s.size[2]}, axis, ventricle_mm / model.spacing_mm[axis - 1]);
  double most = 0;
  for (std::size_t v = 0; v < pixels; ++v) {
    const std::int64_t column = static_cast<std::int64_t>(v) % s.size[2],
                       row = static_cast<std::int64_t>(v) / s.size[2];
    const double i = static_cast<double>(column), j = static_cast<double>(row);
    const double y = (j - 0.5 * static_cast<double>(s.size[1] - 1)) * model.spacing_mm[0];
    const double x = (i - 0.5 * static_cast<double>(s.size[2] - 1)) * model.spacing_mm[1];
    const double score = votes[v] * std::exp(-0.5 * (x * x + y * y) / (off_centre_mm * off_centre_mm));
    if (score <= most) continue;
    most = score;
    centre[1] = s.origin[1] + s.step[1] * j;
    centre[2] = s.origin[2] + s.step[2] * i;
  }
  return centre;
}

/// Label and confidence of every voxel of one phase from the probabilities on the sampled grid.
void to_image_grid(const std::vector<float>& probability, const Sampling& s, const Geometry& g, std::int64_t labels,
                   bool flat, std::uint8_t* label, float* confidence) {
  std::array<std::vector<Stencil>, 3> along;
  const Size target{g.size[2], g.size[1], g.size[0]};
  for (std::size_t a = 0; a < 3; ++a)
    along[a] = stencils(target[a], -s.origin[a] / s.step[a], 1 / s.step[a], s.size[a]);
  const Size slab = flat ? Size{1, s.size[1], s.size[2]} : s.size;
  const std::int64_t field = count(slab);
  const Stencil this_slice{{0, 0}, {1, 0}};
#pragma omp parallel for schedule(static)
  for (std::int64_t k = 0; k < target[0]; ++k)
    for (std::int64_t j = 0; j < target[1]; ++j)
      for (std::int64_t i = 0; i < target[2]; ++i) {
        const Stencil &sk = along[0][static_cast<std::size_t>(k)], &sj = along[1][static_cast<std::size_t>(j)],
                      &si = along[2][static_cast<std::size_t>(i)];
        const std::int64_t v = (k * target[1] + j) * target[2] + i;
        label[v] = 0;
        confidence[v] = 1;  // the network was not asked: far from the heart
        if (sk.at[0] < 0 || sj.at[0] < 0 || si.at[0] < 0) continue;
        const float* first = probability.data() + (flat ? k * labels * field : 0);
        float best = -1;
        for (std::int64_t c = 0; c < labels; ++c)
          if (const float p = interpolate(first + c * field, slab, flat ? this_slice : sk, sj, si); p > best) {
            best = p;
            label[v] = static_cast<std::uint8_t>(c);
          }
        confidence[v] = std::min(best, 1.0F);
      }
}

}  // namespace

void check_fit(const Image& image, const Model& model) {
  if (image.facts.modality != model.modality)
    core::fail_input({"segmentation.model_file", "a network for the study's modality, " + image.facts.modality,
                      "network \"" + model.name + "\" for " + model.modality,
                      "set segmentation.model_file to a network for " + image.facts.modality +
                          ", or segmentation.labels_file to labels of this study"});
  if (model.labels.size() != artifacts::label_count)
    core::fail_input({"segmentation.model_file", "a network for background, lv_cavity, lv_wall and rv_cavity",
                      "network \"" + model.name + "\" with " + std::to_string(model.labels.size()) + " labels",
                      "set segmentation.model_file to a network with these four labels"});
  if (model.orientation == "short-axis" && image.geometry.size[2] < 3)
    core::fail_input({"image", "a stack of at least 3 short-axis slices",
                      std::to_string(image.geometry.size[2]) + " slices",
                      "give the folder of the short-axis cine stack"});
}

artifacts::Labels predict_study(const Image& image, const Model& model, const PredictionOptions& options,
                                const std::function<void(double)>& progress) {
  check_fit(image, model);
  const Geometry& g = image.geometry;
  const bool flat = model.dimensions == 2;
  Predictor predictor(model, flat ? options.batch : 1, options.flips);
  Sampling s = grid_of_all(g, model);
  if (flat) {
    const Size patch{g.size[2], predictor.patch()[1], predictor.patch()[2]};
    s = grid_at(g, model, patch, find_heart(image, model, predictor));
  }
  artifacts::Labels result;
  result.geometry = g;
  result.phase_times_ms = image.phase_times_ms;
  result.labels.resize(image.voxels.size());
  result.confidence.resize(image.voxels.size());
  for (std::int64_t p = 0; p < image.phases(); ++p) {
    const auto probability = probabilities(predictor, sample(filtered_phase(image, p, s), g, s), s.size, flat);
    to_image_grid(probability, s, g, predictor.labels(), flat, result.labels.data() + p * g.voxels(),
                  result.confidence.data() + p * g.voxels());
    progress(static_cast<double>(p + 1) / static_cast<double>(image.phases()));
  }
  return result;
}

}  // namespace cardiotwin::segmentation

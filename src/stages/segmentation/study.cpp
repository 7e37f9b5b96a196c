#include "study.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "cardiotwin/core/error.hpp"
#include "inference.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Geometry;
using artifacts::Image;
using artifacts::Labels;

/// A phase of the image with its axes in the network's order, and what of it the network is to see.
struct Volume {
  Size size;                           ///< of `values`
  std::array<double, 3> spacing;       ///< [mm]
  std::array<std::int64_t, 3> stride;  ///< in the image
  std::int64_t first = 0;              ///< voxel of the image (within its phase) behind the first value
  std::vector<float> values;
};

/// Where a sampled grid lies in the index space of a volume: index_a = origin_a + step_a * n.
struct Sampling {
  Size size;
  std::array<double, 3> origin, step;
};

Volume volume_of(const Image& image, const Model& model, std::int64_t phase) {
  const Geometry& g = image.geometry;
  const Size size{g.size[2], g.size[1], g.size[0]};
  const std::array<std::int64_t, 3> stride{g.size[0] * g.size[1], g.size[0], 1};
  Volume v;
  for (std::size_t a = 0; a < 3; ++a) {
    v.size[a] = size[model.axes[a]];
    v.spacing[a] = g.spacing[2 - model.axes[a]];
    v.stride[a] = stride[model.axes[a]];
  }
  v.values.reserve(static_cast<std::size_t>(g.voxels()));
  const float* from = image.phase(phase);
  for (std::int64_t k = 0; k < v.size[0]; ++k)
    for (std::int64_t j = 0; j < v.size[1]; ++j)
      for (std::int64_t i = 0; i < v.size[2]; ++i)
        v.values.push_back(from[k * v.stride[0] + j * v.stride[1] + i * v.stride[2]]);
  return v;
}

/// In place: values outside the box [low, high) are cut off, and the mask with them.
void crop(Volume& v, std::vector<std::uint8_t>& mask, const Size& low, const Size& high) {
  std::vector<float> values;
  std::vector<std::uint8_t> kept;
  for (std::int64_t k = low[0]; k < high[0]; ++k)
    for (std::int64_t j = low[1]; j < high[1]; ++j)
      for (std::int64_t i = low[2]; i < high[2]; ++i) {
        const auto at = static_cast<std::size_t>((k * v.size[1] + j) * v.size[2] + i);
        values.push_back(v.values[at]);
        kept.push_back(mask[at]);
      }
  for (std::size_t a = 0; a < 3; ++a) {
    v.first += low[a] * v.stride[a];
    v.size[a] = high[a] - low[a];
  }
  v.values = std::move(values);
  mask = std::move(kept);
}

/// In place: crop and normalisation of the whole image, as far as the model asks for them.
void prepare(Volume& v, const Model& model) {
  const Normalisation& n = model.normalisation[0];
  std::vector<std::uint8_t> mask;
  if (model.crop_to_nonzero || n.region == Normalisation::Region::nonzero) mask = nonzero_region(v.values, v.size);
  if (model.crop_to_nonzero) {
    Size low = v.size, high{0, 0, 0};
    for (std::int64_t x = 0; x < count(v.size); ++x) {
      if (!mask[static_cast<std::size_t>(x)]) continue;
      const Size at{x / (v.size[1] * v.size[2]), x / v.size[2] % v.size[1], x % v.size[2]};
      for (std::size_t a = 0; a < 3; ++a) {
        low[a] = std::min(low[a], at[a]);
        high[a] = std::max(high[a], at[a] + 1);
      }
    }
    if (high[0] > 0) crop(v, mask, low, high);
  }
  if (n.region == Normalisation::Region::patch) return;
  normalise(n, v.values, n.region == Normalisation::Region::nonzero ? mask : std::vector<std::uint8_t>());
}

/// Steps of the model's spacing (one slice for two-dimensional networks).
std::array<double, 3> steps_of(const Volume& v, const Model& model) {
  if (model.dimensions == 2) return {1, model.spacing_mm[0] / v.spacing[1], model.spacing_mm[1] / v.spacing[2]};
  return {model.spacing_mm[0] / v.spacing[0], model.spacing_mm[1] / v.spacing[1], model.spacing_mm[2] / v.spacing[2]};
}

/// The whole volume at about the model's spacing: as many voxels as come closest, border to border.
Sampling sampling_of_all(const Volume& v, const Model& model) {
  Sampling s{{}, {}, steps_of(v, model)};
  for (std::size_t a = 0; a < 3; ++a) {
    const auto n = static_cast<double>(v.size[a]);
    s.size[a] = std::max<std::int64_t>(1, std::llrint(n / s.step[a]));
    s.step[a] = n / static_cast<double>(s.size[a]);
    s.origin[a] = 0.5 * s.step[a] - 0.5;
  }
  return s;
}

/// A patch of all slices at the model's spacing whose middle is at `centre` (index space).
Sampling sampling_at(const Volume& v, const Model& model, const std::array<double, 3>& centre) {
  Sampling s{{v.size[0], model.patch_size[0], model.patch_size[1]}, {}, steps_of(v, model)};
  for (std::size_t a = 0; a < 3; ++a) s.origin[a] = centre[a] - 0.5 * static_cast<double>(s.size[a] - 1) * s.step[a];
  return s;
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

/// In place: low-pass filtered where the sampled grid is coarser.
void filter(Volume& v, const Sampling& sampling) {
  for (std::size_t a = 0; a < 3; ++a)
    if (const double step = sampling.step[a]; step > 1.2) blur(v.values, v.size, a, 0.5 * std::sqrt(step * step - 1));
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

/// The volume on a sampled grid; zero outside.
std::vector<float> sample(const Volume& v, const Sampling& s) {
  std::array<std::vector<Stencil>, 3> along;
  for (std::size_t a = 0; a < 3; ++a) along[a] = stencils(s.size[a], s.origin[a], s.step[a], v.size[a]);
  std::vector<float> result;
  result.reserve(static_cast<std::size_t>(count(s.size)));
  for (const auto& k : along[0])
    for (const auto& j : along[1])
      for (const auto& i : along[2])
        result.push_back(k.at[0] < 0 || j.at[0] < 0 || i.at[0] < 0 ? 0.0F
                                                                   : interpolate(v.values.data(), v.size, k, j, i));
  return result;
}

/// The output channel of a label; -1 where the network has none.
std::int64_t channel_of(const Model& model, artifacts::Label label) {
  const auto found = std::ranges::find(model.labels, artifacts::label_name(label));
  return found == model.labels.end() ? -1 : found - model.labels.begin();
}

/// Middle of the left ventricle in the volume's index space: the place where most slices show cavity and wall. The
/// network slides over every second slice of the first phase; far from the heart it knows little, so single slices are
/// outvoted and places near the middle of the image, where operators put the heart, count more.
std::array<double, 3> find_heart(Volume v, const Model& model, Predictor& predictor) {
  constexpr double ventricle_mm = 15, off_centre_mm = 60;  // sigma of a ventricle, and of where it may be
  std::array<double, 3> centre;
  for (std::size_t a = 0; a < 3; ++a) centre[a] = 0.5 * static_cast<double>(v.size[a] - 1);
  Sampling s = sampling_of_all(v, model);
  if (s.size[1] <= predictor.patch()[1] && s.size[2] <= predictor.patch()[2]) return centre;
  s.step[0] = 2;
  s.origin[0] = v.size[0] > 2 ? 1 : 0;
  s.size[0] = std::max<std::int64_t>(1, (v.size[0] - (v.size[0] > 2 ? 1 : 0) + 1) / 2);
  filter(v, s);
  const auto labels = static_cast<std::size_t>(predictor.labels());
  const auto pixels = static_cast<std::size_t>(s.size[1] * s.size[2]);
  const auto cavity = static_cast<std::size_t>(channel_of(model, artifacts::lv_cavity)),
             wall = static_cast<std::size_t>(channel_of(model, artifacts::lv_wall));
  std::vector<float> votes(pixels, 0);
  predictor.logits(sample(v, s), s.size, [&](std::int64_t, std::int64_t slices, std::span<const float> logits) {
    for (std::size_t k = 0; k < static_cast<std::size_t>(slices); ++k)
      for (std::size_t p = 0; p < pixels; ++p) {
        const float* first = logits.data() + k * labels * pixels + p;
        float sum = 0;
        for (std::size_t c = 0; c < labels; ++c) sum += std::exp(first[c * pixels] - first[cavity * pixels]);
        votes[p] += (1 + std::exp(first[wall * pixels] - first[cavity * pixels])) / sum;
      }
  });
  for (const std::size_t axis : {1U, 2U})
    blur(votes, {1, s.size[1], s.size[2]}, axis, ventricle_mm / model.spacing_mm[axis - 1]);
  double most = 0;
  for (std::size_t p = 0; p < pixels; ++p) {
    const std::int64_t column = static_cast<std::int64_t>(p) % s.size[2],
                       row = static_cast<std::int64_t>(p) / s.size[2];
    const double i = static_cast<double>(column), j = static_cast<double>(row);
    const double y = (j - 0.5 * static_cast<double>(s.size[1] - 1)) * model.spacing_mm[0];
    const double x = (i - 0.5 * static_cast<double>(s.size[2] - 1)) * model.spacing_mm[1];
    const double score = votes[p] * std::exp(-0.5 * (x * x + y * y) / (off_centre_mm * off_centre_mm));
    if (score <= most) continue;
    most = score;
    centre[1] = s.origin[1] + s.step[1] * j;
    centre[2] = s.origin[2] + s.step[2] * i;
  }
  return centre;
}

/// Takes logits slice by slice and writes label and confidence of the image's voxels between them.
class Painter {
 public:
  /// `label` and `confidence` are those of the phase; they stay as they are outside the sampled grid.
  Painter(const Volume& volume, const Sampling& sampling, const Model& model, std::uint8_t* label, float* confidence)
      : volume_(volume), sampling_(sampling), label_(label + volume.first), confidence_(confidence + volume.first) {
    for (std::size_t a = 0; a < 3; ++a)
      along_[a] =
          stencils(volume.size[a], -sampling.origin[a] / sampling.step[a], 1 / sampling.step[a], sampling.size[a]);
    for (const auto& name : model.labels)
      for (int l = 0; l < artifacts::label_count; ++l)
        if (artifacts::label_name(l) == name) values_.push_back(static_cast<std::uint8_t>(l));
  }

  void take(std::int64_t first, std::int64_t slices, std::span<const float> logits) {
    held_.insert(held_.end(), logits.begin(), logits.end());
    const std::int64_t end = first + slices;
    for (; next_ < volume_.size[0]; ++next_) {
      const Stencil& s = along_[0][static_cast<std::size_t>(next_)];
      if (s.at[1] >= end) break;
      if (s.at[0] >= 0) paint(next_, s);
    }
    // The next slice of the image may lie between the last one held and the next one to come.
    const auto slice = static_cast<std::ptrdiff_t>(values_.size()) * sampling_.size[1] * sampling_.size[2];
    held_.erase(held_.begin(), held_.end() - slice);
    held_first_ = end - 1;
  }

 private:
  void paint(std::int64_t k, const Stencil& along_k) {
    const std::int64_t field = sampling_.size[1] * sampling_.size[2], labels = std::ssize(values_);
    const Size plane{1, sampling_.size[1], sampling_.size[2]};
    const Stencil flat{{0, 0}, {1, 0}};
#pragma omp parallel for schedule(static)
    for (std::int64_t j = 0; j < volume_.size[1]; ++j)
      for (std::int64_t i = 0; i < volume_.size[2]; ++i) {
        const Stencil &sj = along_[1][static_cast<std::size_t>(j)], &si = along_[2][static_cast<std::size_t>(i)];
        if (sj.at[0] < 0 || si.at[0] < 0) continue;
        const auto logit = [&](std::int64_t c) {
          float sum = 0;
          for (std::size_t a = 0; a < 2; ++a)
            if (along_k.weight[a] != 0)
              sum +=
                  along_k.weight[a] *
                  interpolate(held_.data() + ((along_k.at[a] - held_first_) * labels + c) * field, plane, flat, sj, si);
          return sum;
        };
        float best = logit(0), sum = 1;  // of exp(logit - best)
        std::size_t chosen = 0;
        for (std::int64_t c = 1; c < labels; ++c)
          if (const float l = logit(c); l > best) {
            sum = sum * std::exp(best - l) + 1;
            best = l;
            chosen = static_cast<std::size_t>(c);
          } else {
            sum += std::exp(l - best);
          }
        const std::int64_t v = k * volume_.stride[0] + j * volume_.stride[1] + i * volume_.stride[2];
        label_[v] = values_[chosen];
        confidence_[v] = 1 / sum;
      }
  }

  const Volume& volume_;
  const Sampling& sampling_;
  std::array<std::vector<Stencil>, 3> along_;
  std::vector<std::uint8_t> values_;  ///< label of each channel
  std::uint8_t* label_;
  float* confidence_;
  std::vector<float> held_;  ///< logits of the slices from `held_first_` on
  std::int64_t held_first_ = 0, next_ = 0;
};

using Refuse = std::function<void(const std::string& expected, const std::string& found, const std::string& remedy)>;

/// Every label must be one that later stages know, and the left ventricle must be among them.
void check_labels(const Model& model, const Refuse& refuse) {
  std::vector<std::string> known;
  std::string list;
  for (int l = 0; l < artifacts::label_count; ++l) {
    known.emplace_back(artifacts::label_name(l));
    list += (l ? ", " : "") + known.back();
  }
  for (const auto& name : model.labels)
    if (std::ranges::find(known, name) == known.end())
      refuse("labels among " + list, "with a label \"" + name + "\"",
             "export the network again with its labels renamed (scripts/export_model.py --rename)");
  for (const auto label : {artifacts::background, artifacts::lv_cavity, artifacts::lv_wall})
    if (channel_of(model, label) < 0)
      refuse("the labels background, lv_cavity and lv_wall at least",
             "without the label " + std::string(artifacts::label_name(label)),
             "set segmentation.model_file to a network for the left ventricle");
}

/// Detail that the network was trained on cannot be made up by interpolation.
void check_spacing(const Geometry& g, const Model& model, const Refuse& refuse) {
  constexpr double limit = 4;
  const std::size_t offset = model.dimensions == 2 ? 1 : 0;
  for (std::size_t a = 0; a < model.spacing_mm.size(); ++a) {
    const double spacing = g.spacing[2 - model.axes[a + offset]];
    if (spacing > limit * model.spacing_mm[a]) {
      std::ostringstream expected, found;
      expected << "a network for the study's spacing, " << spacing << " mm along axis "
               << "kji"[model.axes[a + offset]];
      found << "for " << model.spacing_mm[a] << " mm (at most " << limit << " times that is taken)";
      refuse(expected.str(), found.str(),
             "give a finer series, or set segmentation.model_file to a network for this spacing");
    }
  }
}

}  // namespace

void check_fit(const Image& image, const Model& model) {
  const std::string where = "segmentation.model_file", network = "network \"" + model.name + "\" ";
  const auto refuse = [&](const std::string& expected, const std::string& found, const std::string& remedy) {
    core::fail_input({where, expected, network + found, remedy});
  };
  const std::string other = ", or segmentation.labels_file to labels of this study";
  if (image.facts.modality != model.modality)
    refuse("a network for the study's modality, " + image.facts.modality, "for " + model.modality,
           "set segmentation.model_file to a network for " + image.facts.modality + other);
  if (model.input_channels != 1)
    refuse("a network that sees one image, the study",
           "with " + std::to_string(model.input_channels) + " input channels",
           "set segmentation.model_file to a network with one input channel" + other);
  check_labels(model, refuse);
  if (model.orientation == "short-axis" && image.geometry.size[2] < 3)
    core::fail_input({"image", "a stack of at least 3 short-axis slices",
                      std::to_string(image.geometry.size[2]) + " slices",
                      "give the folder of the short-axis cine stack"});
  if (model.orientation == "axial" && std::abs(image.geometry.axes[2][2]) < std::sqrt(0.5))
    refuse("a network for the study's slices, which are not axial", "for axial slices",
           "give an axial series, or set segmentation.model_file to a network for this orientation" + other);
  check_spacing(image.geometry, model, refuse);
}

Labels predict_study(const core::Comm& comm, const Image& image, const Model& model, const PredictionOptions& options,
                     const std::function<void(double)>& progress) {
  core::on_root(comm, [&] { check_fit(image, model); });
  const bool flat = model.dimensions == 2;
  const bool around_heart = flat && model.normalisation[0].region == Normalisation::Region::patch;
  Predictor predictor(model, flat ? options.batch : 1, options.flips, comm);
  Labels result;
  predictor.share([&] {
    result.geometry = image.geometry;
    result.phase_times_ms = image.phase_times_ms;
    result.labels.resize(image.voxels.size(), artifacts::background);
    result.confidence.resize(image.voxels.size(), 1.0F);  // where the network is not asked: far from the heart
    std::array<double, 3> heart{};
    if (around_heart) heart = find_heart(volume_of(image, model, 0), model, predictor);
    for (std::int64_t p = 0; p < image.phases(); ++p) {
      Volume volume = volume_of(image, model, p);
      prepare(volume, model);
      const Sampling s = around_heart ? sampling_at(volume, model, heart) : sampling_of_all(volume, model);
      if (model.normalisation[0].region == Normalisation::Region::patch) filter(volume, s);
      const std::int64_t first = p * image.geometry.voxels();
      std::vector<float> sampled = sample(volume, s);
      volume.values = {};
      Painter painter(volume, s, model, result.labels.data() + first, result.confidence.data() + first);
      predictor.logits(
          std::move(sampled), s.size,
          [&](std::int64_t k, std::int64_t n, std::span<const float> logits) { painter.take(k, n, logits); },
          [&](double done) { progress((static_cast<double>(p) + done) / static_cast<double>(image.phases())); });
    }
  });
  return result;
}

}  // namespace cardiotwin::segmentation

/// A contrast-enhanced, ECG-gated CT of a whole heart: axial slices in Hounsfield units, blurred as detectors and
/// reconstruction blur, with noise whose grain is as wide as the blur.

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/core/units.hpp"
#include "cardiotwin/phantom/phantom.hpp"
#include "chest.hpp"
#include "dicom_writer.hpp"
#include "label_heart.hpp"
#include "study_output.hpp"
#include "whole_heart.hpp"

namespace cardiotwin::phantom {
namespace {

/// Hounsfield units of the heart; the bolus decides how bright each side is.
struct Enhancement {
  double left, right, pulmonary, caval, muscle, fat, texture, unmixed;
  explicit Enhancement(Random& random) {
    left = random.uniform(230, 520);
    const bool even = random.chance(0.4);
    right = even ? random.uniform(0.85, 1.1) * left : random.uniform(170, 480);
    pulmonary = random.chance(0.6) ? random.uniform(0.85, 1.15) * right : random.uniform(170, 480);
    caval = random.uniform(80, 800);
    muscle = random.uniform(60, std::min(140.0, 0.55 * std::min({left, right, pulmonary})));
    fat = -random.uniform(60, 110);
    texture = random.uniform(2, 12);
    unmixed = random.uniform(0, 0.25);
  }
  double hounsfield(Organ organ, const Vec3& p, std::uint64_t seed) const {
    const double grain = texture * value_noise(p[0] / 6, p[1] / 6, p[2] / 6, seed);
    const double mixing = 1 + unmixed * value_noise(p[0] / 22, p[1] / 22, p[2] / 22, seed + 1);
    switch (organ) {
      case Organ::lv_blood:
      case Organ::left_atrium:
      case Organ::aorta:
      case Organ::vein:
        return left + grain;
      case Organ::rv_blood:
        return right * (0.5 + 0.5 * mixing) + grain;
      case Organ::right_atrium:
        return right * mixing + grain;
      case Organ::pulmonary_artery:
        return pulmonary + grain;
      case Organ::vena_cava:
        return caval * mixing + grain;
      case Organ::fat:
        return fat + grain;
      default:
        return muscle + grain;
    }
  }
};

/// One axis of a Gaussian, in place; sigma in voxels.
void blur_axis(std::vector<float>& image, const artifacts::Geometry& g, int axis, double sigma) {
  const auto reach = static_cast<std::int64_t>(std::ceil(3 * sigma));
  if (sigma < 0.05) return;
  std::vector<float> weights;
  for (std::int64_t d = -reach; d <= reach; ++d)
    weights.push_back(static_cast<float>(std::exp(-0.5 * static_cast<double>(d * d) / (sigma * sigma))));
  const float total = std::accumulate(weights.begin(), weights.end(), 0.0F);
  const std::int64_t step = axis == 0 ? 1 : axis == 1 ? g.size[0] : g.size[0] * g.size[1], n = g.size[axis];
  std::vector<float> line(static_cast<std::size_t>(n + 2 * reach));
  for (std::int64_t first = 0; first < g.voxels(); ++first) {
    if (first / step % n != 0) continue;
    for (std::int64_t i = -reach; i < n + reach; ++i)
      line[i + reach] = image[first + step * std::clamp<std::int64_t>(i, 0, n - 1)];
    for (std::int64_t i = 0; i < n; ++i)
      image[first + step * i] = std::inner_product(weights.begin(), weights.end(), line.begin() + i, 0.0F) / total;
  }
}

/// Gaussian noise of one voxel, blurred to the grain of the reconstruction and brought back to its deviation.
void add_noise(std::vector<float>& image, const artifacts::Geometry& g, double deviation, double grain,
               Random& random) {
  std::vector<float> noise(image.size());
  for (float& value : noise) value = static_cast<float>(random.normal());
  for (int axis = 0; axis < 3; ++axis) blur_axis(noise, g, axis, axis == 2 ? 0.5 * grain : grain);
  double square = 0;
  for (const float value : noise) square += static_cast<double>(value) * value;
  const auto scale = static_cast<float>(deviation / std::sqrt(square / static_cast<double>(noise.size())));
  for (std::size_t v = 0; v < image.size(); ++v) image[v] += scale * noise[v];
}

/// The heart's axes in the patient, with the scatter of bodies: z from apex to base, x to the lateral wall.
std::array<Vec3, 3> draw_turn(Random& random) {
  const auto scatter = [&](const Vec3& v) {
    return core::normalised(
        v + Vec3{random.uniform(-0.22, 0.22), random.uniform(-0.22, 0.22), random.uniform(-0.22, 0.22)});
  };
  const Vec3 z = scatter({-0.6, 0.65, 0.45}), guess = scatter({0.6, 0.75, -0.05});
  const Vec3 x = core::normalised(guess - core::dot(guess, z) * z);
  return {x, core::cross(z, x), z};
}

artifacts::Geometry draw_grid(Random& random, const CtOptions& o) {
  artifacts::Geometry g;
  const double drawn = std::round(1e4 * random.uniform(190, 270) / o.matrix) / 1e4;
  const double spacing = o.pixel_spacing_mm > 0 ? o.pixel_spacing_mm : drawn;
  const double above = random.uniform(62, 84), below = random.uniform(82, 100);
  const auto slices =
      o.slices ? o.slices : static_cast<std::int64_t>(std::ceil((above + below) / o.slice_thickness_mm));
  g.size = {o.matrix, o.matrix, slices};
  g.spacing = {spacing, spacing, o.slice_thickness_mm};
  const double width = spacing * o.matrix;
  // The origin of patient coordinates is the middle of the heart's base.
  g.origin = {-0.5 * width + random.uniform(-14, 22), -0.5 * width + random.uniform(-22, 12),
              above - o.slice_thickness_mm * static_cast<double>(slices)};
  for (double& x : g.origin) x = std::round(x * 1e3) / 1e3;
  return g;
}

void check(const CtOptions& o) {
  check_option(o.slices == 0 || (o.slices >= 3 && o.slices <= 2000), "slices", "0 (by size) or 3 to 2000", o.slices);
  check_option(o.matrix >= 32 && o.matrix <= 1024, "matrix", "32 to 1024", o.matrix);
  check_option(o.pixel_spacing_mm == 0 || (o.pixel_spacing_mm >= 0.2 && o.pixel_spacing_mm <= 8), "pixel_spacing_mm",
               "0 (by seed) or 0.2 to 8", o.pixel_spacing_mm);
  check_option(o.slice_thickness_mm >= 0.2 && o.slice_thickness_mm <= 10, "slice_thickness_mm", "0.2 to 10",
               o.slice_thickness_mm);
  check_option(!o.noise || (*o.noise >= 0 && *o.noise <= 200), "noise", "0 to 200", o.noise.value_or(0));
}

using HeartAt = std::function<Organ(const Vec3& patient)>;

void expose(Phantom& p, const HeartAt& heart, Random& random, const CtOptions& o) {
  const artifacts::Geometry& g = p.geometry;
  const Chest chest(random);
  const Enhancement enhancement(random);
  const std::uint64_t texture = random.next();
  const double sharpness_mm = random.uniform(0.35, 0.75);
  const double deviation = o.noise.value_or(random.uniform(10, 40)), grain = random.uniform(0.4, 0.9);
  for (std::int64_t k = 0, v = 0; k < g.size[2]; ++k)
    for (std::int64_t j = 0; j < g.size[1]; ++j)
      for (std::int64_t i = 0; i < g.size[0]; ++i, ++v) {
        const Vec3 x = g.to_world({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const Organ organ = heart(x);
        p.labels[v] = label_of(organ);
        p.voxels[v] =
            static_cast<float>(organ == Organ::none ? chest.hounsfield(x) : enhancement.hounsfield(organ, x, texture));
      }
  for (int axis = 0; axis < 3; ++axis) blur_axis(p.voxels, g, axis, sharpness_mm / g.spacing[axis]);
  add_noise(p.voxels, g, deviation, grain, random);
}

void write_slices(Phantom& p, const CtOptions& o) {
  constexpr double intercept = -1024;
  const artifacts::Geometry& g = p.geometry;
  const auto folder = dicom_folder(o.output);
  const std::uint64_t study = mix(o.seed ^ 0xc701) >> 1;
  const std::int64_t pixels = g.size[0] * g.size[1];
  for (std::int64_t k = 0; k < g.size[2]; ++k) {
    MrImage image{.modality = "CT",
                  .patient_name = "PHANTOM^CT SEED " + std::to_string(o.seed),
                  .patient_id = "PHANTOM-CT-" + std::to_string(o.seed),
                  .study_key = study,
                  .series_key = study + 2,
                  .instance_key = study + 1000 + static_cast<std::uint64_t>(k),
                  .series_description = "coronary CTA",
                  .series_number = 1,
                  .instance_number = static_cast<int>(g.size[2] - k),
                  .phases = 1,
                  .rows = static_cast<std::uint16_t>(g.size[1]),
                  .columns = static_cast<std::uint16_t>(g.size[0]),
                  .pixel_spacing_mm = g.spacing[0],
                  .slice_thickness_mm = g.spacing[2],
                  .position = g.origin + g.spacing[2] * static_cast<double>(k) * g.axes[2],
                  .row_direction = g.axes[0],
                  .column_direction = g.axes[1],
                  .trigger_time_ms = 0,
                  .interval_ms = 0,
                  .slope = 1,
                  .intercept = intercept,
                  .pixels = {}};
    for (std::int64_t n = k * pixels; n < (k + 1) * pixels; ++n) {
      const double stored = std::clamp(std::round(p.voxels[n] - intercept), 0.0, 4095.0);
      image.pixels.push_back(static_cast<std::int16_t>(stored));
      p.voxels[n] = static_cast<float>(stored + intercept);
    }
    p.files.push_back(folder / file_name(image.instance_number));
    write_dicom(p.files.back(), image);
  }
}

nlohmann::json truth_of(const Phantom& p, const CtOptions& o) {
  nlohmann::json names, volumes;
  for (int label = 0; label < artifacts::label_count; ++label) {
    const std::string name(artifacts::label_name(label));
    names[std::to_string(label)] = name;
    volumes[name] =
        static_cast<double>(std::ranges::count(p.labels, label)) * p.geometry.voxel_volume() / core::mm3_per_ml;
  }
  const auto& g = p.geometry;
  return {{"seed", o.seed},          {"labels", names},           {"volume_ml", volumes}, {"size", g.size},
          {"spacing_mm", g.spacing}, {"origin_lps_mm", g.origin}, {"axes_lps", g.axes}};
}

}  // namespace

Phantom make_ct(const CtOptions& o) {
  check(o);
  Random random(o.seed);
  Phantom p;
  p.geometry = draw_grid(random, o);
  p.phase_times_ms = {0};
  p.voxels.resize(static_cast<std::size_t>(p.geometry.voxels())), p.labels.resize(p.voxels.size());
  const auto turn = draw_turn(random);
  if (o.heart_labels.empty()) {
    const WholeHeart heart(random, turn);
    const auto at = [&](const Vec3& x) {
      return heart.organ({core::dot(turn[0], x), core::dot(turn[1], x), core::dot(turn[2], x)});
    };
    expose(p, at, random, o);
  } else {
    constexpr double thin_wall_mm = 2;
    const LabelHeart heart(o.heart_labels, thin_wall_mm);
    expose(
        p, [&](const Vec3& x) { return heart.organ(x + heart.centre()); }, random, o);
  }
  write_slices(p, o);
  write_labels(o.output / "truth.nrrd", p.geometry, p.labels);
  write_truth(o.output / "truth.json", truth_of(p, o));
  return p;
}

}  // namespace cardiotwin::phantom

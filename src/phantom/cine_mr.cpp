#include <algorithm>
#include <nlohmann/json.hpp>
#include <numbers>

#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/units.hpp"
#include "cardiotwin/phantom/phantom.hpp"
#include "dicom_writer.hpp"
#include "scanner.hpp"
#include "study_output.hpp"

namespace cardiotwin::phantom {
namespace {

void check(const CineMrOptions& o) {
  check_option(o.phases >= 2 && o.phases <= 100, "phases", "2 to 100", o.phases);
  check_option(o.slices == 0 || (o.slices >= 3 && o.slices <= 100), "slices", "0 (by size) or 3 to 100", o.slices);
  check_option(o.matrix == 0 || (o.matrix >= 32 && o.matrix <= 1024), "matrix", "0 (by seed) or 32 to 1024", o.matrix);
  check_option(o.pixel_spacing_mm == 0 || (o.pixel_spacing_mm >= 0.5 && o.pixel_spacing_mm <= 8), "pixel_spacing_mm",
               "0 (by seed) or 0.5 to 8", o.pixel_spacing_mm);
  check_option(o.slice_thickness_mm >= 1 && o.slice_thickness_mm <= 20, "slice_thickness_mm", "1 to 20",
               o.slice_thickness_mm);
  check_option(!o.edv_ml || (*o.edv_ml >= 20 && *o.edv_ml <= 500), "edv_ml", "20 to 500", o.edv_ml.value_or(0));
  check_option(!o.ejection_fraction || (*o.ejection_fraction > 0.02 && *o.ejection_fraction < 0.85),
               "ejection_fraction", "0.02 to 0.85", o.ejection_fraction.value_or(0));
  check_option(!o.wall_thickness_mm || (*o.wall_thickness_mm >= 3 && *o.wall_thickness_mm <= 25), "wall_thickness_mm",
               "3 to 25", o.wall_thickness_mm.value_or(0));
  check_option(!o.heart_rate_per_min || (*o.heart_rate_per_min >= 30 && *o.heart_rate_per_min <= 200),
               "heart_rate_per_min", "30 to 200", o.heart_rate_per_min.value_or(0));
  check_option(!o.noise || (*o.noise >= 0 && *o.noise <= 0.5), "noise", "0 to 0.5", o.noise.value_or(0));
  check_option(o.interval_jitter >= 0 && o.interval_jitter <= 0.2, "interval_jitter", "0 to 0.2", o.interval_jitter);
}

HeartShape draw_shape(Random& random, const CineMrOptions& o) {
  HeartShape shape = HeartShape::draw(random);
  const double size = o.edv_ml ? std::cbrt(*o.edv_ml / shape.edv_ml) : 1;
  const double squeeze = o.ejection_fraction ? *o.ejection_fraction / shape.ejection_fraction : 1;
  const double thickness = o.wall_thickness_mm ? *o.wall_thickness_mm / shape.wall_mm : 1;
  shape.edv_ml *= size * size * size, shape.length_mm *= size;
  shape.ejection_fraction *= squeeze, shape.longitudinal_shortening *= squeeze;
  shape.wall_mm *= thickness, shape.apex_wall_mm *= thickness;
  return shape;
}

/// Short-axis planes of a supine patient, viewed from the apex, with the scatter of real planning.
std::array<Vec3, 3> draw_axes(Random& random) {
  const auto scatter = [&](const Vec3& v) {
    return core::normalised(v + Vec3{random.uniform(-0.2, 0.2), random.uniform(-0.2, 0.2), random.uniform(-0.2, 0.2)});
  };
  const Vec3 normal = scatter({-0.65, 0.55, 0.5});  // from apex to base
  const Vec3 guess = scatter({0.6, 0.75, -0.05});
  const Vec3 row = core::normalised(guess - core::dot(guess, normal) * normal);
  // Orientation tags carry ten decimals.
  const auto rounded = [](Vec3 v) {
    for (double& x : v) x = std::round(x * 1e10) / 1e10;
    return v;
  };
  const Vec3 i = rounded(row), j = rounded(core::cross(normal, row));
  return {i, j, core::cross(i, j)};
}

/// Image planes are never quite at right angles to the heart's axis, nor is its septum quite to the left.
std::array<Vec3, 3> draw_turn(Random& random) {
  const double turn = random.uniform(-0.45, 0.45), tilt_x = random.uniform(-0.12, 0.12),
               tilt_y = random.uniform(-0.12, 0.12);
  const Vec3 z = core::normalised(Vec3{tilt_x, tilt_y, 1});
  const Vec3 guess{std::cos(turn), std::sin(turn), 0};
  const Vec3 x = core::normalised(guess - core::dot(guess, z) * z);
  return {x, core::cross(z, x), z};
}

artifacts::Geometry draw_grid(Random& random, const CineMrOptions& o, double heart_length) {
  artifacts::Geometry grid;
  const std::int64_t drawn_matrix = std::array{192, 224, 256}[random.next() % 3];
  const double drawn_view = random.uniform(280, 380);
  const std::int64_t matrix = o.matrix ? o.matrix : drawn_matrix;
  const double spacing =
      o.pixel_spacing_mm > 0 ? o.pixel_spacing_mm : std::round(1e4 * drawn_view / static_cast<double>(matrix)) / 1e4;
  const auto needed = static_cast<std::int64_t>(std::ceil(heart_length / o.slice_thickness_mm + 2.1)) + 1;
  grid.size = {matrix, matrix, o.slices ? o.slices : needed};
  grid.spacing = {spacing, spacing, o.slice_thickness_mm};
  grid.axes = draw_axes(random);
  const Vec3 heart{random.uniform(15, 35), random.uniform(-55, -25), random.uniform(-30, 30)};
  const Vec3 middle = 0.5 * Vec3{spacing * static_cast<double>(matrix - 1), spacing * static_cast<double>(matrix - 1),
                                 o.slice_thickness_mm * static_cast<double>(grid.size[2] - 1)};
  grid.origin = heart - middle[0] * grid.axes[0] - middle[1] * grid.axes[1] - middle[2] * grid.axes[2];
  for (double& x : grid.origin) x = std::round(x * 1e6) / 1e6;
  return grid;
}

void tell_truth(const std::filesystem::path& path, const Phantom& p, const std::vector<Heart>& hearts,
                const Placement& placement, const CineMrOptions& o, const HeartShape& shape) {
  nlohmann::json per_phase = nlohmann::json::array();
  for (const auto& heart : hearts)
    per_phase.push_back({{"lv_volume_ml", heart.lv_volume_ml()}, {"base_descent_mm", -heart.base_z()}});
  const auto& g = p.geometry;
  // Heart point (0, 0, 0), the middle of the end-diastolic base, in patient coordinates.
  const Vec3 image_point = placement.heart_centre - placement.reference_z * placement.turn[2];
  const auto world = [&](const Vec3& v) { return v[0] * g.axes[0] + v[1] * g.axes[1] + v[2] * g.axes[2]; };
  const nlohmann::json truth = {
      {"seed", o.seed},
      {"labels", {{"0", "background"}, {"1", "LV cavity"}, {"2", "LV wall"}, {"3", "RV cavity"}}},
      {"convention", "papillary muscles and trabeculae count as cavity; a voxel takes the majority of its thickness"},
      {"phase_times_ms", p.phase_times_ms},
      {"cycle_length_ms", p.cycle_length_ms},
      {"edv_ml", p.edv_ml},
      {"esv_ml", p.esv_ml},
      {"ejection_fraction_percent", 100 * p.ejection_fraction},
      {"wall_thickness_mm", shape.wall_mm},
      {"lv_volume_ml", p.lv_volume_ml},
      {"base_point_lps_mm", g.origin + world(image_point)},
      {"base_normal_lps", world(placement.turn[2])},
      {"phases", per_phase},
      {"size", g.size},
      {"spacing_mm", g.spacing},
      {"origin_lps_mm", g.origin},
      {"axes_lps", g.axes}};
  write_truth(path, truth);
}

/// Everything that the seed decides, drawn in one fixed order.
struct Plan {
  Plan(Random& random, const CineMrOptions& o)
      : shape(draw_shape(random, o)), scanner(Scanner::draw(random, o)), placement{draw_turn(random), {}, 0} {
    const double heart_length = shape.length_mm + shape.apex_wall_mm;
    grid = draw_grid(random, o, heart_length);
    const double drawn_rate = random.uniform(52, 92);
    cycle_length_ms = std::round(60 * core::ms_per_s / o.heart_rate_per_min.value_or(drawn_rate));
    base_first = random.chance(0.6);
    // The top slice centre lies 1 to 2 slices above the end-diastolic base; the rest follows downwards.
    placement.reference_z = -0.5 * heart_length;
    const double above = random.uniform(0.9, 1.6) * o.slice_thickness_mm;
    const double top = o.slice_thickness_mm * static_cast<double>(grid.size[2] - 1);
    placement.heart_centre = {0.5 * grid.spacing[0] * static_cast<double>(grid.size[0] - 1) + random.uniform(-12, 22),
                              0.5 * grid.spacing[1] * static_cast<double>(grid.size[1] - 1) + random.uniform(-15, 15),
                              top - above + placement.reference_z};
    for (std::int64_t k = 0; k < grid.size[2]; ++k)
      intervals_ms.push_back(cycle_length_ms * (1 + o.interval_jitter * random.uniform(-1, 1)));
  }
  HeartShape shape;
  Scanner scanner;
  Placement placement;
  artifacts::Geometry grid;
  double cycle_length_ms = 0;
  bool base_first = false;           ///< order of acquisition
  std::vector<double> intervals_ms;  ///< one per slice, in order of acquisition
};

/// The beat of the heart: end systole falls on a phase, so that the smallest volume is there to be found.
std::vector<Heart> beat(const Plan& plan, const CineMrOptions& o, Phantom& p) {
  const double systole = std::max(1.0, std::round(0.36 * o.phases)) / o.phases;
  std::vector<Heart> hearts;
  for (int phase = 0; phase < o.phases; ++phase) {
    const double tau = static_cast<double>(phase) / o.phases;
    hearts.emplace_back(plan.shape, contraction_at(tau, systole));
    p.phase_times_ms.push_back(std::round(tau * plan.cycle_length_ms * 1e3) / 1e3);
    p.lv_volume_ml.push_back(hearts.back().lv_volume_ml());
  }
  p.edv_ml = *std::max_element(p.lv_volume_ml.begin(), p.lv_volume_ml.end());
  p.esv_ml = *std::min_element(p.lv_volume_ml.begin(), p.lv_volume_ml.end());
  p.ejection_fraction = (p.edv_ml - p.esv_ml) / p.edv_ml;
  return hearts;
}

/// The header of phase `phase` of the slice that is acquired as number `order` and lies at `k`.
MrImage describe(const Plan& plan, const CineMrOptions& o, std::int64_t order, std::int64_t k, int phase) {
  const auto& g = plan.grid;
  const std::uint64_t study = mix(o.seed ^ 0x5741) >> 1;
  const auto slice = static_cast<int>(order), number = slice * o.phases + phase;
  const double interval = plan.intervals_ms[static_cast<std::size_t>(order)];
  return {.patient_name = "PHANTOM^SEED " + std::to_string(o.seed),
          .patient_id = "PHANTOM-" + std::to_string(o.seed),
          .study_key = study,
          .series_key = study + 2 + (o.series_per_slice ? static_cast<std::uint64_t>(slice) : 0),
          .instance_key = study + 1000 + static_cast<std::uint64_t>(number),
          .series_description = "cine short axis",
          .series_number = o.series_per_slice ? slice + 1 : 1,
          .instance_number = o.series_per_slice ? phase + 1 : number + 1,
          .phases = o.phases,
          .rows = static_cast<std::uint16_t>(g.size[1]),
          .columns = static_cast<std::uint16_t>(g.size[0]),
          .pixel_spacing_mm = g.spacing[0],
          .slice_thickness_mm = g.spacing[2],
          .position = g.origin + g.spacing[2] * static_cast<double>(k) * g.axes[2],
          .row_direction = g.axes[0],
          .column_direction = g.axes[1],
          .trigger_time_ms = interval * phase / o.phases,
          .interval_ms = interval,
          .slope = plan.scanner.slope,
          .intercept = plan.scanner.intercept,
          .pixels = {}};
}

}  // namespace

Phantom make_cine_mr(const CineMrOptions& o) {
  check(o);
  Random random(o.seed);
  const Plan plan(random, o);
  const auto& g = plan.grid;
  Phantom p;
  p.geometry = g, p.cycle_length_ms = plan.cycle_length_ms;
  const auto hearts = beat(plan, o, p);
  const auto folder = dicom_folder(o.output);
  p.voxels.resize(static_cast<std::size_t>(g.voxels() * o.phases)), p.labels.resize(p.voxels.size());
  for (std::int64_t order = 0; order < g.size[2]; ++order) {
    const std::int64_t k = plan.base_first ? g.size[2] - 1 - order : order;
    const auto still = still_signal(plan.scanner, plan.placement, g, k);
    for (int phase = 0; phase < o.phases; ++phase) {
      const Slice slice = expose(plan.scanner, plan.placement, g, k, hearts[static_cast<std::size_t>(phase)], still);
      const auto number = static_cast<int>(order) * o.phases + phase;
      MrImage image = describe(plan, o, order, k, phase);
      image.pixels = digitise(plan.scanner, g, slice.signal, static_cast<std::uint64_t>(number));
      p.files.push_back(folder / file_name(o.first_file_number + number));
      write_dicom(p.files.back(), image);
      const std::int64_t start = g.size[0] * g.size[1] * (k + g.size[2] * phase);
      std::copy(slice.labels.begin(), slice.labels.end(), p.labels.begin() + start);
      std::transform(image.pixels.begin(), image.pixels.end(), p.voxels.begin() + start,
                     [&](std::int16_t stored) { return static_cast<float>(stored * image.slope + image.intercept); });
    }
  }
  write_labels(o.output / "truth.nrrd", g, p.labels);
  tell_truth(o.output / "truth.json", p, hearts, plan.placement, o, plan.shape);
  return p;
}

}  // namespace cardiotwin::phantom

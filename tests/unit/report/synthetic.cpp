#include "synthetic.hpp"

#include <cmath>
#include <numbers>

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "support/ellipsoid.hpp"

namespace cardiotwin::test {
namespace {

constexpr double cycle_ms = 800;

/// Share of the stroke that is out at a time of the beat: 0 at the ends, 1 at 320 ms.
double emptied(double time_ms) {
  if (time_ms <= 60) return 0;
  if (time_ms <= 320) return 0.5 - 0.5 * std::cos(std::numbers::pi * (time_ms - 60) / 260);
  return 0.5 + 0.5 * std::cos(std::numbers::pi * (time_ms - 320) / (cycle_ms - 320));
}

/// A contraction towards the long axis and the base.
Vec3 contraction(const Vec3& x, double amount) {
  return {-0.18 * amount * x[0], -0.18 * amount * x[1], 0.10 * amount * (18 - x[2])};
}

/// Durations that fall from base to apex, curves of twelve leads, two snapshots.
void fill_activation(Synthetic& s) {
  auto& a = s.activation;
  for (std::size_t p = 0; p < a.activation_time_ms.size(); ++p)
    a.apd_ms.push_back(a.activation_time_ms[p] < 0 ? -1 : a.repolarisation_time_ms[p] - a.activation_time_ms[p]);
  for (int t = 0; t <= 450; ++t) a.ecg_times_ms.push_back(t);
  for (std::size_t l = 0; l < artifacts::ecg_leads.size(); ++l) {
    auto& lead = a.ecg_mV.emplace_back();
    for (const double t : a.ecg_times_ms)
      lead.push_back((0.9 - 0.15 * double(l)) * std::exp(-std::pow((t - 45) / 15, 2)) -
                     0.3 * std::exp(-std::pow((t - 75) / 12, 2)) + 0.2 * std::exp(-std::pow((t - 330) / 35, 2)));
  }
  for (const double t : {20.0, 60.0}) {
    a.snapshot_times_ms.push_back(t);
    auto& v = a.snapshots_mV.emplace_back();
    for (const double active : a.activation_time_ms) v.push_back(active >= 0 && active < t ? 20 : -85);
  }
}

void fill_images(Synthetic& s, const Ellipsoid& shape) {
  auto& image = s.image;
  image.geometry.size = {72, 72, 10};
  image.geometry.spacing = {1.6, 1.6, 8};
  image.geometry.origin = {-57, -57, -60};
  image.cycle_length_ms = cycle_ms;
  image.facts = {"MR", "2026-05-04", "ACME & Sons <Magnets>", "Model \"X\"", "SAX cine", "a1b2c3", 8};
  s.labels.geometry = image.geometry;
  s.labels.source = "formula";
  constexpr int phases = 12;
  for (int p = 0; p < phases; ++p) {
    image.phase_times_ms.push_back(cycle_ms * p / phases);
    const double squeeze = 1 - 0.18 * emptied(image.phase_times_ms.back());
    for (std::int64_t k = 0; k < 10; ++k) {
      for (std::int64_t j = 0; j < 72; ++j) {
        for (std::int64_t i = 0; i < 72; ++i) {
          const Vec3 x{-57 + 1.6 * double(i), -57 + 1.6 * double(j), -60 + 8 * double(k)};
          const auto level = [&](double a, double c, double shift) {
            return ((x[0] - shift) * (x[0] - shift) + x[1] * x[1]) / (a * a) + x[2] * x[2] / (c * c);
          };
          int label = artifacts::background;
          if (level(shape.inner_short * squeeze, shape.inner_long, 0) < 1)
            label = artifacts::lv_cavity;
          else if (level(shape.outer_short * (0.6 + 0.4 * squeeze), shape.outer_long, 0) < 1)
            label = artifacts::lv_wall;
          else if (level(30 * squeeze, 50, -28) < 1)
            label = artifacts::rv_cavity;
          const float grey[] = {60, 240, 90, 225};
          image.voxels.push_back(grey[label] + 12 * std::sin(float(7 * i + 3 * j + 11 * k)));
          s.labels.labels.push_back(static_cast<std::uint8_t>(label));
        }
      }
    }
  }
  s.labels.phase_times_ms = image.phase_times_ms;
  s.labels.end_systole = 5;
}

void fill_motion(Synthetic& s) {
  auto& m = s.motion;
  for (int f = 0; f <= 16; ++f) {
    const double t = cycle_ms * f / 16;
    m.frame_times_ms.push_back(t);
    auto& displacement = m.displacement.emplace_back();
    auto& strain = m.fibre_strain.emplace_back();
    for (const auto& x : s.mesh.points) {
      displacement.push_back(contraction(x, emptied(t)));
      strain.push_back(-0.16 * emptied(t) * (1 + 0.2 * std::sin(0.08 * x[0])));
    }
  }
  for (int n = 0; n <= 400; ++n) {
    const double t = cycle_ms * n / 400, out = emptied(t);
    const double rate = (emptied(t + 1) - emptied(t - 1)) / 2;
    m.times_ms.push_back(t);
    m.lv_volume_ml.push_back(100 - 55 * out);
    m.lv_pressure_kPa.push_back(t < 380 ? 1 + 15 * std::sin(std::numbers::pi * t / 380) : 1);
    m.aortic_pressure_kPa.push_back(10 + 6 * std::exp(-std::pow((t - 220) / 150, 2)));
    m.aortic_flow_ml_per_s.push_back(std::max(0.0, 55 * rate * 1000));
    m.mitral_flow_ml_per_s.push_back(std::max(0.0, -55 * rate * 1000));
  }
}

/// Segments that contract one after the other, the apex not at all.
void fill_strain(Synthetic& s) {
  auto& e = s.motion.strain;
  for (int segment = 1; segment <= 17; ++segment) {
    e.segments.push_back(segment);
    const double late = 4.0 * segment, share = segment == 17 ? 0 : 1;
    e.time_to_peak_ms.push_back(segment == 17 ? -1 : 320 + late);
    for (auto* curves : {&e.radial, &e.circumferential, &e.longitudinal, &e.fibre}) curves->emplace_back();
    for (const double t : s.motion.frame_times_ms) {
      const double amount = share * emptied(t - late);
      e.radial.back().push_back(0.4 * amount);
      e.circumferential.back().push_back(-0.2 * amount);
      e.longitudinal.back().push_back(-0.15 * amount);
      e.fibre.back().push_back(-0.16 * amount);
    }
  }
  for (const double t : s.motion.frame_times_ms) e.twist_deg.push_back(12 * emptied(t));
  for (const auto region : s.mesh.region) {
    const double amount = region == artifacts::region_lv_wall ? 1 : 0;
    e.end_systole.radial.push_back(0.5 * amount);
    e.end_systole.circumferential.push_back(-0.18 * amount);
    e.end_systole.longitudinal.push_back(-0.14 * amount);
    e.end_systole.fibre.push_back(-0.15 * amount);
    e.end_systole.sheet.push_back(0.2 * amount);
    e.end_systole.sheet_normal.push_back(0.1 * amount);
  }
  for (const double t : s.motion.times_ms) s.motion.probes.push_back({{0, 0, -60 + 6 * emptied(t)}});
}

void fill_flow(Synthetic& s) {
  auto& f = s.flow;
  const std::int32_t blood = artifacts::region_lv_blood;
  const auto part = mesh::extract(tet_mesh(s.mesh), std::span(&blood, 1));
  f.points = part.mesh.points;
  f.cells = part.mesh.cells;
  for (std::size_t t = 0; t < part.mesh.triangles.size(); ++t) {
    if (part.mesh.surface[t] == artifacts::surface_endocardium) f.wall_triangles.push_back(part.mesh.triangles[t]);
  }
  f.frame_times_ms = s.motion.frame_times_ms;
  for (const double t : f.frame_times_ms) {
    auto& displacement = f.displacement.emplace_back();
    auto& velocity = f.velocity.emplace_back();
    auto& pressure = f.pressure_kPa.emplace_back();
    f.wall_shear_Pa.emplace_back(f.points.size(), Vec3{0, 0, 0});
    const double rate = (emptied(t + 1) - emptied(t - 1)) / 2 * 200;
    for (const auto& x : f.points) {
      displacement.push_back(contraction(x, emptied(t)));
      velocity.push_back({-0.02 * rate * x[1], 0.02 * rate * x[0], rate * (x[2] + 54) / 72});
      pressure.push_back(1);
    }
  }
  for (const auto& x : f.points) {
    f.tawss_Pa.push_back(0.4 + 0.3 * std::sin(0.1 * x[2]));
    f.osi.push_back(x[0] > 0 ? 0.1 : 0.3);
    f.residence_time_ms.push_back(600 - 8 * (x[2] + 54));
  }
  f.times_ms = s.motion.times_ms;
  f.passages = {"mitral", "aortic"};
  f.flow_ml_per_s = {s.motion.mitral_flow_ml_per_s, s.motion.aortic_flow_ml_per_s};
  f.volume_ml = s.motion.lv_volume_ml;
  f.mass_error.assign(f.times_ms.size(), 3e-9);
}

}  // namespace

Synthetic synthetic() {
  Synthetic s;
  const Ellipsoid shape;
  s.mesh = ellipsoid(shape);
  s.activation = ellipsoid_activation(s.mesh);
  s.clinical.heart_rate = {75, "1/min", "2026-05-04T09:00:00Z", "Observation/1", 2};
  s.clinical.systolic_pressure = {122, "mmHg", "", "case file", 5};
  s.clinical.diastolic_pressure = {80, "mmHg", "", "default", 10};
  s.clinical.warnings = {"diastolic pressure is missing; the default stands in <here>"};
  fill_activation(s);
  fill_images(s, shape);
  fill_motion(s);
  fill_strain(s);
  fill_flow(s);
  return s;
}

}  // namespace cardiotwin::test

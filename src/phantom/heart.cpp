#include "heart.hpp"

#include <algorithm>
#include <numbers>

#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/core/units.hpp"

namespace cardiotwin::phantom {
namespace {

using std::numbers::pi;

constexpr double thickest_fat = 1.8;

/// Volume of an ellipsoid of revolution cut at t c above its centre, divided by pi a^2.
double cut_factor(double c, double t) { return c * (2.0 / 3.0 + t - t * t * t / 3.0); }

double ease(double t) {
  t = std::clamp(t, 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t);
}

}  // namespace

std::uint8_t label_of(Tissue tissue) {
  switch (tissue) {
    case Tissue::lv_blood:
    case Tissue::papillary:
      return artifacts::lv_cavity;
    case Tissue::lv_wall:
      return artifacts::lv_wall;
    case Tissue::rv_blood:
    case Tissue::rv_trabecula:
      return artifacts::rv_cavity;
    default:
      return artifacts::background;
  }
}

double contraction_at(double tau, double systole) {
  if (tau <= systole) return 0.5 * (1.0 - std::cos(pi * tau / systole));
  const double early = ease((tau - systole) / 0.28), late = ease((tau - 0.80) / 0.18);
  return 1.0 - 0.75 * early - 0.25 * late;
}

HeartShape HeartShape::draw(Random& random) {
  HeartShape s{};
  s.edv_ml = std::exp(random.uniform(std::log(80.0), std::log(250.0)));
  s.ejection_fraction = random.uniform(0.20, s.edv_ml > 190 ? 0.45 : 0.70);
  s.wall_mm = random.uniform(6.0, 13.0);
  s.apex_wall_mm = random.uniform(0.65, 0.95) * s.wall_mm;
  s.length_mm = random.uniform(1.45, 1.8) * std::cbrt(s.edv_ml * core::mm3_per_ml);
  s.truncation = random.uniform(0.2, 0.45);
  s.longitudinal_shortening = random.uniform(0.2, 0.32) * s.ejection_fraction;
  s.roundness2 = random.uniform(0.0, 0.06), s.angle2 = random.uniform(0, 2 * pi);
  s.roundness3 = random.uniform(0.0, 0.025), s.angle3 = random.uniform(0, 2 * pi);
  s.bend_x = random.uniform(-8e-4, 8e-4), s.bend_y = random.uniform(-8e-4, 8e-4);
  s.rv_reach_mm = random.uniform(16, 42);
  s.rv_height = random.uniform(0.95, 1.25);
  s.rv_apex = random.uniform(0.08, 0.3);
  s.rv_shortening = random.uniform(0.25, 0.6);
  s.papillary_mm = random.uniform(2.5, 5.0);
  s.papillary_angle[0] = random.uniform(0.5, 1.2), s.papillary_angle[1] = random.uniform(-1.2, -0.5);
  s.trabecula_mm = random.uniform(0.5, 2.2);
  s.fat_mm = random.uniform(2, 8);
  s.atrium_shift = {random.uniform(-6, 6), random.uniform(-6, 6), random.uniform(-4, 4)};
  s.texture = random.next();
  return s;
}

Heart::Heart(const HeartShape& shape, double contraction) : s_(shape) {
  const double edv = s_.edv_ml * core::mm3_per_ml;
  const double c0 = s_.length_mm / (1 + s_.truncation);
  const double a0 = std::sqrt(edv / (pi * cut_factor(c0, s_.truncation)));
  const double epi_c0 = c0 + s_.apex_wall_mm;
  const double epi_a0 = a0 + s_.wall_mm;
  const double wall = pi * epi_a0 * epi_a0 * cut_factor(epi_c0, s_.truncation * c0 / epi_c0) - edv;

  volume_ml_ = s_.edv_ml * (1 - s_.ejection_fraction * contraction);
  apex_ = -s_.length_mm - s_.apex_wall_mm;
  base_ = -s_.longitudinal_shortening * s_.length_mm * contraction;
  const double apex_wall = s_.apex_wall_mm * (1 + 0.4 * s_.ejection_fraction * contraction);
  c_ = (base_ - apex_ - apex_wall) / (1 + s_.truncation);
  a_ = std::sqrt(volume_ml_ * core::mm3_per_ml / (pi * cut_factor(c_, s_.truncation)));
  centre_ = base_ - s_.truncation * c_;
  epi_c_ = centre_ - apex_;
  const double outside = (wall + volume_ml_ * core::mm3_per_ml) / (pi * cut_factor(epi_c_, (base_ - centre_) / epi_c_));
  epi_a_ = std::sqrt(outside);

  const double squeeze = 1 - s_.rv_shortening * contraction;
  const double rv_length = (1 - s_.rv_apex) * (base_ - apex_) / (1 + s_.truncation);
  rv_ = {{-0.6 * epi_a_, 0, base_ - s_.truncation * rv_length},
         {0.4 * epi_a_ + s_.rv_reach_mm * squeeze, s_.rv_height * epi_a0 * (1 - 0.12 * contraction), rv_length}};
  rv_outside_ = rv_.grown(3);
  const double fill = 1 + 0.12 * contraction;
  const Vec3 shift = s_.atrium_shift + Vec3{0, 0, base_};
  left_atrium_ = {shift + Vec3{2, 8, 20}, fill * Vec3{a0 + 2, a0, 24}};
  aorta_ = {shift + Vec3{-0.45 * a0, -0.5 * a0, 30}, {14, 14, 34}};
  right_atrium_ = {shift + Vec3{-epi_a0 - 8, 14, 22}, fill * Vec3{24, 22, 25}};
  outflow_ = {shift + Vec3{-0.8 * epi_a0, -epi_a0, 14}, {17, 14, 26}};
  // f = (1 + e2 cos(2 theta - phi2) + e3 cos(3 theta - phi3)) / n, with n such that the mean of f^2 is 1.
  const double e2 = s_.roundness2, e3 = s_.roundness3, n = std::sqrt(1 + 0.5 * (e2 * e2 + e3 * e3));
  round_ = {1 / n, e2 * std::cos(s_.angle2) / n, e2 * std::sin(s_.angle2) / n, e3 * std::cos(s_.angle3) / n,
            e3 * std::sin(s_.angle3) / n};
  reach_ = std::max(epi_a0 + s_.rv_reach_mm, epi_a0 + 40) + s_.fat_mm * thickest_fat + 8;
}

double Heart::out_of_round(double x, double y, double r) const {
  if (r < 1e-9) return 1;
  const double cosine = x / r, sine = y / r;
  const double cosine2 = cosine * cosine - sine * sine, sine2 = 2 * sine * cosine;
  const double cosine3 = cosine2 * cosine - sine2 * sine, sine3 = sine2 * cosine + cosine2 * sine;
  return round_[0] + round_[1] * cosine2 + round_[2] * sine2 + round_[3] * cosine3 + round_[4] * sine3;
}

Tissue Heart::tissue(const Vec3& point) const {
  Vec3 p = point;
  const double from_centre = p[2] + 0.5 * s_.length_mm;
  p[0] -= s_.bend_x * from_centre * from_centre;
  p[1] -= s_.bend_y * from_centre * from_centre;
  const double r = std::hypot(p[0], p[1]);
  const double rho = r / out_of_round(p[0], p[1], r);
  const double z = (p[2] - centre_);
  const double epi = rho * rho / (epi_a_ * epi_a_) + z * z / (epi_c_ * epi_c_);
  const bool below_base = p[2] < base_;

  if (below_base && epi < 1) {
    const double height = z / c_;
    if (rho * rho / (a_ * a_) + height * height >= 1) return Tissue::lv_wall;
    const double radius = a_ * std::sqrt(1 - height * height);
    const double rough = s_.trabecula_mm * (1 + value_noise(p[0] / 4, p[1] / 4, p[2] / 9, s_.texture));
    if (height < 0.2 && rho > radius - 0.6 * rough) return Tissue::papillary;
    if (height > -0.75 && height < 0.1) {
      const double size = s_.papillary_mm * (1 - std::abs(height + 0.33) / 0.45);
      for (const double angle : s_.papillary_angle) {
        const double at = std::max(radius - s_.papillary_mm - 1.5, 0.0);
        const double dx = p[0] - at * std::cos(angle), dy = p[1] - at * std::sin(angle);
        if (size > 0 && dx * dx + dy * dy < size * size) return Tissue::papillary;
      }
    }
    return Tissue::lv_blood;
  }
  if (below_base && rv_.level(p) < 1) {
    const double rough = 0.06 * (1 + value_noise(p[0] / 5, p[1] / 5, p[2] / 9, s_.texture + 1));
    return rv_.level(p) > 1 - rough ? Tissue::rv_trabecula : Tissue::rv_blood;
  }
  if (below_base && rv_outside_.level(p) < 1) return Tissue::thin_wall;
  if (p[2] > base_ - 4) {
    const Ellipsoid* const chambers[] = {&aorta_, &left_atrium_, &right_atrium_, &outflow_};
    for (const auto* chamber : chambers)
      if (!below_base && chamber->level(p) < 1) return Tissue::other_blood;
    for (const auto* chamber : chambers)
      if (!below_base && chamber->grown(2.5).level(p) < 1) return Tissue::thin_wall;
  }
  // Fat lies in patches around both ventricles, up to thickest_fat * fat_mm thick.
  const auto within = [&](double margin) {
    const double across = epi_a_ + margin, along = epi_c_ + margin;
    return rho * rho / (across * across) + z * z / (along * along) < 1 || rv_outside_.grown(margin).level(p) < 1;
  };
  if (p[2] < base_ + 25 && within(thickest_fat * s_.fat_mm)) {
    const double patch =
        0.5 * thickest_fat * s_.fat_mm * (1 + value_noise(p[0] / 14, p[1] / 14, p[2] / 20, s_.texture + 2));
    if (patch > 0.5 && within(patch)) return Tissue::fat;
  }
  return Tissue::none;
}

}  // namespace cardiotwin::phantom

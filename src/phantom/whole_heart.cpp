#include "whole_heart.hpp"

#include <algorithm>
#include <limits>

#include "cardiotwin/artifacts/labels.hpp"

namespace cardiotwin::phantom {
namespace {

/// First-order distance to an ellipsoid with centre and axes of its own: level / |grad level|.
double ellipsoid_distance(const Vec3& p, const Vec3& semi_axes) {
  Vec3 scaled, gradient;
  for (int a = 0; a < 3; ++a) scaled[a] = p[a] / semi_axes[a], gradient[a] = scaled[a] / semi_axes[a];
  const double level = core::norm(scaled), slope = core::norm(gradient);
  return slope < 1e-12 ? -std::min({semi_axes[0], semi_axes[1], semi_axes[2]}) : level * (level - 1) / slope;
}

double tube_distance(const Vec3& p, const Tube& tube) {
  const Vec3 along = tube.b - tube.a;
  const double t = std::clamp(core::dot(p - tube.a, along) / core::dot(along, along), 0.0, 1.0);
  return core::norm(p - tube.a - t * along) - std::lerp(tube.radius_a, tube.radius_b, t);
}

/// Polynomial smooth minimum: the smaller one, less up to a quarter of `blend` where both are alike.
double smooth_min(double a, double b, double blend) {
  const double h = std::max(blend - std::abs(a - b), 0.0) / blend;
  return std::min(a, b) - 0.25 * blend * h * h;
}

double tubes_distance(const std::vector<Tube>& tubes, const Vec3& p, double blend) {
  double d = std::numeric_limits<double>::max();
  for (const Tube& tube : tubes) d = smooth_min(d, tube_distance(p, tube), blend);
  return d;
}

Tube to(const Tube& before, const Vec3& end, double radius) { return {before.b, end, before.radius_b, radius}; }

}  // namespace

std::uint8_t label_of(Organ organ) {
  switch (organ) {
    case Organ::lv_blood:
      return artifacts::lv_cavity;
    case Organ::lv_wall:
      return artifacts::lv_wall;
    case Organ::rv_blood:
      return artifacts::rv_cavity;
    case Organ::left_atrium:
      return artifacts::left_atrium;
    case Organ::right_atrium:
      return artifacts::right_atrium;
    case Organ::aorta:
      return artifacts::aorta;
    case Organ::pulmonary_artery:
      return artifacts::pulmonary_artery;
    default:
      return artifacts::background;
  }
}

WholeHeart::WholeHeart(Random& random, const std::array<Vec3, 3>& turn) {
  const auto in_heart = [&](const Vec3& v) {
    return Vec3{core::dot(turn[0], v), core::dot(turn[1], v), core::dot(turn[2], v)};
  };
  left_ = in_heart({1, 0, 0}), posterior_ = in_heart({0, 1, 0}), superior_ = in_heart({0, 0, 1});
  right_wall_ = random.uniform(2.0, 4.5), thin_wall_ = random.uniform(1.2, 2.5), fat_ = random.uniform(1, 9);
  warp_mm_ = random.uniform(1, 5), warp_length_ = random.uniform(34, 60);
  texture_ = random.next();
  place_left_ventricle(random);
  place_left_atrium(random);
  place_right_heart(random);
  place_aorta(random);
  place_pulmonary_artery(random);
}

void WholeHeart::place_left_ventricle(Random& random) {
  radius_ = random.uniform(20, 31);
  const double length = radius_ * random.uniform(2.7, 3.6), truncation = random.uniform(0.15, 0.4);
  half_length_ = length / (1 + truncation), centre_ = -truncation * half_length_;
  wall_ = random.uniform(6.5, 13), apex_wall_ = wall_ * random.uniform(0.55, 0.95);
  bend_x_ = random.uniform(-8e-4, 8e-4), bend_y_ = random.uniform(-8e-4, 8e-4);
  const double turn = random.uniform(-0.35, 0.35);  // of the line from aortic to mitral valve
  const Vec3 line{std::cos(0.9 + turn), std::sin(0.9 + turn), 0};
  mitral_ = (random.uniform(0.32, 0.42) * radius_) * line;
  aortic_ = (-random.uniform(0.46, 0.54) * radius_) * line;
}

void WholeHeart::place_left_atrium(Random& random) {
  const double mitral_radius = random.uniform(0.5, 0.6) * radius_;
  const Vec3 size{random.uniform(24, 38), random.uniform(15, 25), random.uniform(20, 31)};
  const Vec3 centre = mitral_ + Vec3{0, 0, random.uniform(18, 26)} + random.uniform(2, 12) * posterior_ -
                      random.uniform(0, 12) * left_ + random.uniform(-4, 6) * superior_;
  left_atrium_.body = {centre, size};
  left_atrium_.blend_mm = random.uniform(5, 10);
  left_atrium_.parts = {{mitral_ - Vec3{0, 0, 2}, centre, mitral_radius, 0.75 * size[1]}};
  for (const double side : {-1.0, 1.0})
    for (const double height : {-1.0, 1.0}) {
      const Vec3 out = core::normalised(side * left_ + random.uniform(0.1, 0.7) * posterior_ +
                                        height * random.uniform(0.15, 0.55) * superior_);
      const Vec3 root = centre + (side * 0.6 * size[0]) * left_ + (0.45 * size[1]) * posterior_ +
                        (height * 0.42 * size[2]) * superior_;
      const double radius = random.uniform(4.5, 8);
      left_atrium_.parts.push_back({root, root + random.uniform(10, 16) * out, radius + 2, radius});
      left_atrium_.vessels.push_back(to(left_atrium_.parts.back(), root + 70.0 * out, 0.6 * radius));
    }
  const Vec3 appendage = centre + (0.75 * size[0]) * left_ - (0.4 * size[1]) * posterior_ + (0.2 * size[2]) * superior_;
  const Vec3 tip = appendage - random.uniform(12, 24) * posterior_ + random.uniform(-4, 8) * left_ +
                   random.uniform(-6, 8) * superior_;
  left_atrium_.parts.push_back({appendage, tip, random.uniform(7, 10), random.uniform(4, 7)});
}

void WholeHeart::place_right_heart(Random& random) {
  const double epicardium = radius_ + wall_, reach = random.uniform(16, 36);
  const double length = random.uniform(0.72, 0.95) * (half_length_ + apex_wall_ - centre_);
  tricuspid_ = random.uniform(-10, 2);
  rv_body_ = {{-0.6 * epicardium, random.uniform(-0.15, 0.1) * epicardium, -0.25 * length},
              {0.4 * epicardium + reach, random.uniform(0.9, 1.2) * epicardium, 0.75 * length}};
  // The pulmonary valve lies above, in front and to the left of the aortic one.
  pulmonary_valve_ = aortic_ + random.uniform(12, 22) * superior_ - random.uniform(22, 30) * posterior_ +
                     random.uniform(8, 18) * left_;
  const double outflow = random.uniform(11, 14);
  const Vec3 infundibulum{-0.8 * epicardium, -0.75 * epicardium, random.uniform(-14, -4)};
  rv_outflow_ = {{{-0.9 * epicardium, -0.35 * epicardium, -22}, infundibulum, 17, 15},
                 {infundibulum, pulmonary_valve_, 15, outflow}};

  const Vec3 valve{-0.85 * epicardium - 0.42 * reach, random.uniform(0.15, 0.4) * epicardium, tricuspid_};
  const Vec3 size{random.uniform(19, 29), random.uniform(20, 30), random.uniform(22, 33)};
  const Vec3 centre = valve + Vec3{0, 0, random.uniform(16, 23)} - random.uniform(2, 10) * left_;
  right_atrium_.body = {centre, size};
  right_atrium_.blend_mm = random.uniform(5, 10);
  right_atrium_.parts = {{valve - Vec3{0, 0, 2}, centre, random.uniform(14, 19), 0.8 * size[0]}};
  const Vec3 above = centre + (0.7 * size[2]) * superior_ + random.uniform(2, 8) * posterior_;
  right_atrium_.parts.push_back({above, above + 14.0 * superior_, random.uniform(9, 12), random.uniform(8, 10)});
  right_atrium_.vessels.push_back(to(right_atrium_.parts.back(), above + 120.0 * superior_ + 6.0 * left_, 9));
  const Vec3 below = centre - (0.7 * size[2]) * superior_ + random.uniform(0, 8) * posterior_;
  right_atrium_.parts.push_back({below, below - 12.0 * superior_, random.uniform(10, 14), random.uniform(9, 13)});
  right_atrium_.vessels.push_back(to(right_atrium_.parts.back(), below - 110.0 * superior_ + 10.0 * posterior_, 11));
}

void WholeHeart::place_aorta(Random& random) {
  const double radius = random.uniform(0.42, 0.5) * radius_, ascending = random.uniform(11, 18);
  const Vec3 out = core::normalised(Vec3{0, 0, random.uniform(0.7, 1.1)} + random.uniform(0.5, 0.9) * superior_ -
                                    random.uniform(0.1, 0.4) * left_);
  const Vec3 sinus = aortic_ + random.uniform(11, 15) * out;
  aorta_ = {{aortic_ - 2.0 * out, sinus, radius, random.uniform(1.2, 1.4) * radius}};
  const Vec3 middle =
      sinus + random.uniform(22, 32) * superior_ - random.uniform(2, 12) * left_ - random.uniform(0, 8) * posterior_;
  aorta_.push_back(to(aorta_.back(), middle, ascending));
  const Vec3 top = middle + random.uniform(22, 40) * superior_ + random.uniform(-2, 6) * left_;
  aorta_.push_back(to(aorta_.back(), top, 0.95 * ascending));
  const Vec3 arch = top + 14.0 * superior_ + 24.0 * posterior_ + 12.0 * left_;
  const Vec3 isthmus = arch - 12.0 * superior_ + random.uniform(26, 36) * posterior_ + random.uniform(8, 18) * left_;
  const double descending = random.uniform(9.5, 13);
  aorta_beyond_ = {to(aorta_.back(), arch, 0.85 * ascending)};
  aorta_beyond_.push_back(to(aorta_beyond_.back(), isthmus, descending));
  const Vec3 behind = isthmus - 60.0 * superior_ + random.uniform(0, 10) * posterior_;
  aorta_beyond_.push_back(to(aorta_beyond_.back(), behind, descending));
  aorta_beyond_.push_back(to(aorta_beyond_.back(), behind - 170.0 * superior_ - 12.0 * left_, 0.9 * descending));
}

void WholeHeart::place_pulmonary_artery(Random& random) {
  const double radius = random.uniform(11, 16), branch = random.uniform(8, 12);
  // The trunk passes the aorta on its left, the right branch behind it.
  const Vec3 fork = aortic_ + random.uniform(42, 56) * superior_ + random.uniform(4, 14) * posterior_ +
                    random.uniform(16, 26) * left_;
  const Vec3 behind = fork + random.uniform(14, 20) * posterior_ - random.uniform(14, 20) * left_;
  const double inlet = rv_outflow_.back().radius_b;
  const Vec3 to_left = fork + random.uniform(14, 22) * posterior_ + random.uniform(10, 20) * left_;
  const Vec3 to_right = behind - random.uniform(24, 40) * left_ - random.uniform(0, 6) * superior_;
  pulmonary_ = {{pulmonary_valve_, fork, inlet, radius}};
  pulmonary_.push_back({fork, to_left, 0.9 * radius, branch});
  pulmonary_.push_back({fork, behind, 0.85 * radius, branch});
  pulmonary_.push_back({behind, to_right, branch, branch});
  pulmonary_beyond_ = {to(pulmonary_[1], to_left + 26.0 * posterior_ + 36.0 * left_, 0.55 * branch),
                       to(pulmonary_[3], to_right + 14.0 * posterior_ - 44.0 * left_, 0.55 * branch)};
}

Vec3 WholeHeart::warped(const Vec3& point) const {
  Vec3 p = point;
  const double s = 1 / warp_length_;
  for (int a = 0; a < 3; ++a)
    p[a] += warp_mm_ * value_noise(point[0] * s, point[1] * s, point[2] * s, texture_ + static_cast<std::uint64_t>(a));
  const double from_middle = p[2] + 0.5 * half_length_;
  p[0] -= bend_x_ * from_middle * from_middle, p[1] -= bend_y_ * from_middle * from_middle;
  return p;
}

double WholeHeart::distance(const Chamber& chamber, const Vec3& point) const {
  const double body = ellipsoid_distance(to_patient(point - chamber.body.centre), chamber.body.semi_axes);
  if (body > 70) return body;
  return smooth_min(body, tubes_distance(chamber.parts, point, chamber.blend_mm), chamber.blend_mm);
}

Organ WholeHeart::organ(const Vec3& point) const {
  if (core::norm(point) > 260) return Organ::none;
  const Vec3 p = warped(point);
  const Vec3 q = p - Vec3{0, 0, centre_};
  const double epicardium = ellipsoid_distance(q, {radius_ + wall_, radius_ + wall_, half_length_ + apex_wall_});
  if (p[2] < 0 && epicardium < 0)
    return ellipsoid_distance(q, {radius_, radius_, half_length_}) < 0 ? Organ::lv_blood : Organ::lv_wall;

  constexpr double blend = 4;
  const double aorta = tubes_distance(aorta_, p, blend), beyond = tubes_distance(aorta_beyond_, p, blend);
  if (std::min(aorta, beyond) < 0) return aorta < beyond ? Organ::aorta : Organ::vein;
  const double atrium = distance(left_atrium_, p);
  const double veins = tubes_distance(left_atrium_.vessels, p, blend);
  const double trunk = tubes_distance(pulmonary_, p, blend), branches = tubes_distance(pulmonary_beyond_, p, blend);
  if (trunk < 0) return Organ::pulmonary_artery;
  if (atrium < 0 && (p[2] >= 0 || epicardium > 0)) return Organ::left_atrium;
  const double body = std::max(ellipsoid_distance(p - rv_body_.centre, rv_body_.semi_axes), p[2] - tricuspid_);
  const double ventricle = smooth_min(body, tubes_distance(rv_outflow_, p, blend), 6);
  if (ventricle < 0 && epicardium > 0) return Organ::rv_blood;
  const double right = distance(right_atrium_, p);
  if (right < 0 && p[2] >= tricuspid_) return Organ::right_atrium;
  if (veins < 0) return Organ::vein;
  const double caval = tubes_distance(right_atrium_.vessels, p, blend);
  if (std::min(caval, branches) < 0) return Organ::vena_cava;

  const double thin = std::min({aorta, beyond, atrium, trunk, right, veins, caval, branches});
  if (thin < thin_wall_ || ventricle < right_wall_) return Organ::thin_wall;
  const double patch = fat_ * (1 + value_noise(p[0] / 16, p[1] / 16, p[2] / 22, texture_ + 7)) - 0.5;
  const double around = std::min({p[2] < 0 ? epicardium : std::max(epicardium, p[2]), ventricle - right_wall_,
                                  std::min({right, atrium, aorta, trunk}) - thin_wall_});
  return around < patch ? Organ::fat : Organ::none;
}

}  // namespace cardiotwin::phantom

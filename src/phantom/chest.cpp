#include "chest.hpp"

namespace cardiotwin::phantom {

Chest::Chest(Random& random) {
  midline_ = -random.uniform(8, 28);
  const double rx = random.uniform(145, 195), ry = random.uniform(100, 140);
  fat_mm_ = random.uniform(4, 26), muscle_mm_ = random.uniform(12, 24);
  const double front = random.uniform(62, 92);  // from the heart's base to the skin over the sternum, less the wall
  body_ = {midline_, ry - front - fat_mm_, rx, ry};
  const double back = body_.y + ry - fat_mm_;
  spine_ = {midline_, back - random.uniform(44, 56), random.uniform(17, 23), random.uniform(14, 18)};
  canal_ = {midline_, spine_.y + spine_.radius_y + 8, 10, 8};
  mediastinum_ = {midline_ + random.uniform(2, 14), random.uniform(-14, 6), random.uniform(34, 54),
                  random.uniform(60, 86)};
  gullet_ = {midline_ + random.uniform(0, 12), spine_.y - spine_.radius_y - random.uniform(6, 10),
             random.uniform(7, 10), random.uniform(4, 6)};
  rib_gap_ = random.uniform(26, 34), rib_tilt_ = random.uniform(0.35, 0.7), rib_phase_ = random.uniform(0, 30);
  diaphragm_ = -random.uniform(52, 82), dome_ = random.uniform(14, 34);
  fat_ = -random.uniform(70, 115), muscle_ = random.uniform(35, 70), lung_ = -random.uniform(740, 890);
  liver_ = random.uniform(60, 130), stomach_ = random.uniform(0, 45);
  marrow_ = random.uniform(120, 260), cortex_ = random.uniform(400, 900);
  lung_vessel_ = random.uniform(-50, 380), vessel_threshold_ = random.uniform(0.5, 0.68);
  strands_ = random.uniform(0.1, 0.6);
  texture_ = random.next();
}

double Chest::chest_wall(const Vec3& p, double fine, double coarse) const {
  const double fat = fat_mm_ * (1 + 0.4 * coarse);
  if (body_.level(p, fat) > 1) return fat_ + 8 * fine;
  const double sideways = std::abs(p[0] - midline_);
  if (p[1] < body_.y && sideways < 17 && body_.level(p, fat + 4) < 1 && body_.level(p, fat + 14) > 1)
    return body_.level(p, fat + 6) > 1 || body_.level(p, fat + 12) < 1 ? cortex_ : marrow_;
  // Ribs slope downwards to the front.
  const double height =
      std::fmod(p[2] - rib_tilt_ * (p[1] - body_.y) + rib_phase_ + 40 * rib_gap_, rib_gap_) / rib_gap_;
  if (height < 0.4 && body_.level(p, fat + 0.45 * muscle_mm_) < 1)
    return height < 0.1 || height > 0.3 ? cortex_ : marrow_;
  return (fine + coarse > 0.5 ? fat_ : muscle_) + 8 * fine;
}

double Chest::abdomen(const Vec3& p, double fine, double coarse) const {
  const double side = (p[0] - midline_) / 60 + 0.8 * coarse;
  if (side < 0.5) {
    const double vessel = value_noise(p[0] / 9, p[1] / 9, p[2] / 14, texture_ + 2);
    return liver_ + 8 * fine + (vessel > vessel_threshold_ ? 50 : 0);
  }
  if (side < 0.75) return fat_ + 10 * fine;
  return fine > 0.35 && p[1] < 0 ? -900 : stomach_ + 15 * fine;
}

double Chest::hounsfield(const Vec3& p) const {
  const double fine = value_noise(p[0] / 5, p[1] / 5, p[2] / 6, texture_);
  const double coarse = value_noise(p[0] / 30, p[1] / 30, p[2] / 34, texture_ + 1);
  if (body_.level(p) > 1) return -1000;
  if (canal_.level(p) < 1) return 20;
  if (spine_.level(p) < 1)
    return std::fmod(std::abs(p[2] + 400), 28.0) < 5 ? muscle_ + 40
           : spine_.level(p, 2.5) > 1                ? cortex_
                                                     : marrow_ + 50 * fine;
  if (body_.level(p, fat_mm_ * (1 + 0.4 * coarse) + muscle_mm_) > 1) return chest_wall(p, fine, coarse);
  const double from_middle = (p[0] - midline_) * (p[0] - midline_) + (p[1] - body_.y) * (p[1] - body_.y);
  const double dome = diaphragm_ + dome_ * (1 - from_middle / 9000) + 8 * coarse;
  if (p[2] < dome) return p[2] > dome - 3 ? muscle_ : abdomen(p, fine, coarse);
  if (gullet_.level(p) < 1) return fine > 0.5 ? -700 : muscle_;
  if (mediastinum_.level(p) < 1 + 0.5 * coarse + 0.15 * fine)
    return fine + coarse > 1 - strands_ ? muscle_ : fat_ + 12 * fine;
  const double vessel = value_noise(p[0] / 7, p[1] / 7, p[2] / 8, texture_ + 3);
  return vessel > vessel_threshold_ ? lung_vessel_ : lung_ + 40 * fine;
}

}  // namespace cardiotwin::phantom

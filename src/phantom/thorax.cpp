#include "thorax.hpp"

namespace cardiotwin::phantom {

Contrast Contrast::draw(Random& random) {
  Contrast c{};
  c.blood = 1;
  c.muscle = random.uniform(0.24, 0.45);
  c.fat = random.uniform(0.65, 1.25);
  c.lung = random.uniform(0.02, 0.12);
  c.liver = random.uniform(0.3, 0.6);
  c.skeletal = random.uniform(0.18, 0.4);
  c.marrow = random.uniform(0.35, 0.7);
  c.blood_texture = random.uniform(0.03, 0.14);
  c.tissue_texture = random.uniform(0.06, 0.16);
  return c;
}

double Thorax::Disc::level(double px, double py) const {
  const double dx = (px - x) / radius_x, dy = (py - y) / radius_y;
  return dx * dx + dy * dy;
}

Thorax Thorax::draw(Random& random) {
  Thorax t;
  const double rx = random.uniform(150, 210), ry = random.uniform(120, 165);
  const double bx = random.uniform(-20, 50),
               by = ry - random.uniform(75, 115);  // the chest wall is in front of the heart
  t.fat_mm_ = random.uniform(4, 24), t.muscle_mm_ = random.uniform(6, 16);
  t.body_ = {bx, by, rx, ry};
  const double wall = t.fat_mm_ + t.muscle_mm_;
  t.inner_ = {bx, by, rx - wall, ry - wall};
  t.heart_sac_ = {random.uniform(-30, -12), random.uniform(-6, 8), random.uniform(46, 66), random.uniform(38, 54)};
  t.diaphragm_ = random.uniform(36, 62), t.diaphragm_slope_ = random.uniform(-0.25, 0.35);
  t.organ_border_ = random.uniform(-0.3, 0.2);
  t.aorta_ = {random.uniform(40, 72), random.uniform(40, 70), random.uniform(9, 14), random.uniform(9, 14)};
  t.spine_ = {t.aorta_.x + random.uniform(10, 35), t.aorta_.y + random.uniform(18, 40), random.uniform(16, 24),
              random.uniform(14, 20)};
  t.tilt_ = random.uniform(-0.5, 0.5);
  t.vessel_threshold_ = random.uniform(0.42, 0.66);
  t.texture_ = random.next();
  return t;
}

double Thorax::abdomen(const Vec3& point, const Contrast& c, double fine, double coarse) const {
  const double mottled = 1 + c.tissue_texture * (fine + coarse);
  const double organ = value_noise(point[0] / 42, point[1] / 30, point[2] / 55, texture_ + 4) + 0.006 * point[0];
  if (organ < organ_border_) {  // liver on the patient's right, left in the picture
    const double vessel = value_noise(point[0] / 9, point[1] / 9, point[2] / 25, texture_ + 2);
    return vessel > vessel_threshold_ ? 0.8 * c.blood : c.liver * mottled;
  }
  if (organ < organ_border_ + 0.22) return 0.85 * c.fat * mottled;
  if (organ < organ_border_ + 0.6) return c.skeletal * mottled;  // stomach wall, spleen
  return (fine > 0 ? c.lung : 1.1 * c.marrow) * mottled;         // gas and contents of the bowel
}

double Thorax::signal(const Vec3& point, const Contrast& c) const {
  const double z = point[2];
  const double fine = value_noise(point[0] / 5, point[1] / 5, z / 12, texture_);
  const double coarse = value_noise(point[0] / 28, point[1] / 28, z / 40, texture_ + 1);
  const double warp = 8 * coarse + 0.8 * fine;
  const double x = std::cos(tilt_) * point[0] - std::sin(tilt_) * point[1] + warp;
  const double y = std::sin(tilt_) * point[0] + std::cos(tilt_) * point[1] + 0.7 * warp;
  const double mottled = 1 + c.tissue_texture * (fine + coarse);

  if (body_.level(x, y) > 1) return 0;
  if (aorta_.level(point[0], point[1]) < 1) return c.blood * (1 + c.blood_texture * fine);
  if (inner_.level(x, y) > 1) {
    const double fat = fat_mm_ * (1 + 0.5 * coarse);
    const Disc muscle{body_.x, body_.y, body_.radius_x - fat, body_.radius_y - fat};
    if (muscle.level(x, y) > 1) return c.fat * (1 + 0.5 * c.tissue_texture * fine);
    return fine + 0.5 * coarse > 0.45 ? 0.8 * c.fat : c.skeletal * mottled;  // fat between muscles and ribs
  }
  if (spine_.level(x, y) < 1) return c.marrow * mottled;
  if (point[1] + 0.6 * warp > diaphragm_ + diaphragm_slope_ * point[0] + 0.35 * z + 0.0025 * point[0] * point[0])
    return abdomen(point, c, fine, coarse);
  const double narrowing = z < 0 ? 1 + 0.006 * z : 1;  // towards the apex
  if (heart_sac_.level(x / narrowing, y / narrowing) < 1)
    return coarse + 0.6 * fine > 0.2 ? 0.8 * c.fat * mottled : c.skeletal * mottled;
  const double vessel = value_noise(point[0] / 7, point[1] / 7, z / 14, texture_ + 3);
  return vessel > vessel_threshold_ + 0.12 ? 0.5 * c.blood : c.lung * (1 + fine);
}

}  // namespace cardiotwin::phantom

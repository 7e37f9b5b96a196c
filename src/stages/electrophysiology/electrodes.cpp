#include "electrodes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::electrophysiology {

namespace {

constexpr double half_width = 150, half_depth = 100;    // of the torso [mm]
constexpr double heart_left = 40, heart_front = 25;     // from the torso's axis to the middle of the wall [mm]
constexpr double fourth_space = 20, fifth_space = -10;  // heights above the middle of the wall [mm]
constexpr double farthest_from_usual_deg = 60;          // more than hearts differ by
constexpr Vec3 usual_apex{1, -1.0355, -0.7813};         // left; tan 46 deg to the front; tan 38 deg down
constexpr Vec3 usual_right_ventricle{-1, -1, 0};

/// Two directions as an orthonormal right-handed frame, the first kept.
std::array<Vec3, 3> frame(const Vec3& first, const Vec3& second) {
  const Vec3 a = normalised(first), b = normalised(second - dot(second, a) * a);
  return {a, b, cross(a, b)};
}

/// Mean of the wall's cell centres, by volume.
Vec3 middle_of_wall(const artifacts::HeartMesh& heart) {
  Vec3 sum{0, 0, 0};
  double volume = 0;
  for (std::size_t c = 0; c < heart.cells.size(); ++c) {
    if (heart.region[c] != artifacts::region_lv_wall) continue;
    const auto& [i, j, k, l] = heart.cells[c];
    const Vec3 &p = heart.points[i], &q = heart.points[j], &r = heart.points[k], &s = heart.points[l];
    const double six = dot(q - p, cross(r - p, s - p));
    sum = sum + 0.25 * six * (p + q + r + s);
    volume += six;
  }
  return (1 / volume) * sum;
}

/// Towards the septum, across the long axis: the first harmonic of the wall's radius in `rotational`. Zero when the
/// mesh has no such angles.
Vec3 towards_septum(const artifacts::HeartMesh& heart, const Vec3& middle) {
  Vec3 sum{0, 0, 0}, offset{0, 0, 0};
  double cosines = 0, radius = 0, corners = 0;
  for (std::size_t c = 0; c < heart.cells.size(); ++c) {
    if (heart.region[c] != artifacts::region_lv_wall) continue;
    for (std::int32_t p : heart.cells[c]) {
      const Vec3 away = heart.points[p] - middle, across = away - dot(away, heart.long_axis) * heart.long_axis;
      const double cosine = std::cos(heart.rotational[p]);
      sum = sum + cosine * across;
      offset = offset + across;
      cosines += cosine;
      radius += norm(across);
      corners += 1;
    }
  }
  sum = sum - (cosines / corners) * offset;  // the middle need not be that of the corners
  return norm(sum) > 0.05 * radius ? sum : Vec3{0, 0, 0};
}

}  // namespace

BodyAxes usual_body_axes(const artifacts::HeartMesh& heart) {
  const Vec3 septum = towards_septum(heart, middle_of_wall(heart));
  if (norm(septum) == 0) return {};
  const auto here = frame(-1.0 * heart.long_axis, septum), usual = frame(usual_apex, usual_right_ventricle);
  const auto turned = [&](int axis) {  // the image of a patient axis in the rotation from `usual` to `here`
    return usual[0][axis] * here[0] + usual[1][axis] * here[1] + usual[2][axis] * here[2];
  };
  return {turned(0), turned(1), turned(2)};
}

double angle_between_deg(const BodyAxes& a, const BodyAxes& b) {
  const double trace = dot(a.left, b.left) + dot(a.back, b.back) + dot(a.up, b.up);
  return std::acos(std::clamp((trace - 1) / 2, -1.0, 1.0)) * 180 / std::numbers::pi;
}

Electrodes place_electrodes(const Vec3& middle, const BodyAxes& body) {
  const Vec3 torso = middle - heart_left * body.left + heart_front * body.back;
  const auto at = [&](double left, double back, double up) {
    return torso + left * body.left + back * body.back + up * body.up;
  };
  const auto chest = [&](double left, double up) {
    return at(left, -half_depth * std::sqrt(1 - std::pow(left / half_width, 2)), up);
  };
  return {at(-140, 0, 130),         at(140, 0, 130),         at(80, 0, -220),
          chest(-20, fourth_space), chest(20, fourth_space), chest(50, (fourth_space + fifth_space) / 2),
          chest(80, fifth_space),   chest(120, fifth_space), chest(half_width, fifth_space)};
}

Placement place_electrodes(const artifacts::HeartMesh& heart) {
  const BodyAxes patient, usual = usual_body_axes(heart);
  const bool in_patient = angle_between_deg(patient, usual) <= farthest_from_usual_deg;
  return {place_electrodes(middle_of_wall(heart), in_patient ? patient : usual), in_patient};
}

}  // namespace cardiotwin::electrophysiology

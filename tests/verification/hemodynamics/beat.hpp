#pragma once
/// An idealised left ventricle with a prescribed beat: the wall is scaled across and along its axis.

#include <algorithm>
#include <cmath>

#include "cardiotwin/mesh/tet_mesh.hpp"
#include "support/ellipsoid.hpp"
#include "ventricle.hpp"

namespace cardiotwin::hemodynamics {

/// A smooth rise from 0 to 1 between two times.
inline double rise(double t, double from, double to) {
  const double s = std::clamp((t - from) / (to - from), 0.0, 1.0);
  return s * s * s * (10 - 15 * s + 6 * s * s);
}

/// Contraction of an 800 ms beat, 0 at end diastole: ejection, early filling, pause, atrial filling.
inline double contraction(double t) { return rise(t, 40, 340) - 0.75 * rise(t, 400, 590) - 0.25 * rise(t, 640, 780); }

inline Vec3 beating(const Vec3& x, double t) {
  const double c = contraction(t), apex = -54;
  return {x[0] * (1 - 0.25 * c), x[1] * (1 - 0.25 * c), apex + (x[2] - apex) * (1 - 0.12 * c)};
}

struct Beat {
  mesh::NestedMesh mesh;
  WallFrames wall;
};

/// Blood of the idealised ventricle, refined `times` times, with `frames` frames of its wall.
inline Beat idealised_beat(const test::Ellipsoid& shape, int times, int frames) {
  const std::vector<std::int32_t> blood{artifacts::region_lv_blood};
  Beat beat{mesh::refine(mesh::extract(test::tet_mesh(test::ellipsoid(shape)), blood).mesh, times), {}};
  for (int f = 0; f <= frames; ++f) {
    const double t = 800.0 * f / frames;
    beat.wall.times_ms.push_back(t);
    auto& displacement = beat.wall.displacement.emplace_back();
    for (const Vec3& x : beat.mesh.coarse.points) displacement.push_back(beating(x, t) - x);
  }
  return beat;
}

}  // namespace cardiotwin::hemodynamics

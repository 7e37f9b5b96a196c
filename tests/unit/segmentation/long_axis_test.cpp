/// Base and apex from drawn long-axis views of the ellipsoidal ventricle.
#include "long_axis.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "anatomy.hpp"
#include "heart_stack.hpp"

namespace cardiotwin::segmentation {
namespace {

/// The ventricle of the stack as an image sees it: wall up to a tilted ring `above` the basal face of the stack, beyond
/// it an atrium with a thin wall and thin leaflets, lung outside.
struct Scene {
  test::EllipsoidHeart heart;
  double above = 6, tilt = 0.15;  ///< height of the ring over the axis [mm], and its rise a mm along x

  explicit Scene(double slice_mm = 12, bool base_last = true) : heart(slice_mm, 1.4, base_last) {}
  Vec3 up() const { return (heart.base_last ? 1.0 : -1.0) * heart.geometry.axes[2]; }
  /// The middle of the stack's basal face.
  Vec3 middle() const {
    const auto& g = heart.geometry;
    return g.to_world({heart.middle_x() / g.spacing[0], heart.middle_y() / g.spacing[1],
                       heart.base_last ? static_cast<double>(g.size[2]) - 0.5 : -0.5});
  }
  double ring_at(double x) const { return above + tilt * x; }
  float intensity(double x, double y, double z) const {
    constexpr float blood = 200, muscle = 70, lung = 20;
    const double height = z - ring_at(x), r = std::hypot(x, y);
    if (height > 0) return r < 22 ? blood : r < 24 ? muscle : lung + (r < 35 ? 120.0F : 0.0F);  // atrium in fat
    if (height > -1 && r > 12 && r < 20) return muscle;                                         // leaflets
    // Above the widest place, the stack's basal face, the walls go straight up.
    const double deep = std::min(z, 0.0);
    if (test::EllipsoidHeart::inside(x, y, deep, heart.radius, heart.length)) return blood;
    if (test::EllipsoidHeart::inside(x, y, deep, heart.radius + heart.wall, heart.length + heart.wall)) return muscle;
    return lung;
  }
  /// A plane through the axis, turned about it, moved aside; 160 x 160 pixels of 1.2 mm.
  artifacts::LongAxisView view(double degrees, double aside = 0) const {
    const auto& g = heart.geometry;
    const double a = degrees * M_PI / 180;
    const Vec3 along = std::cos(a) * g.axes[0] + std::sin(a) * g.axes[1];
    const Vec3 normal = cross(along, up());
    artifacts::LongAxisView v;
    v.geometry = {.size = {160, 160, 1},
                  .spacing = {1.2, 1.2, 1},
                  .origin = middle() - 96.0 * along - 110.0 * up() + aside * normal,
                  .axes = {along, up(), normal}};
    for (std::int64_t j = 0; j < 160; ++j)
      for (std::int64_t i = 0; i < 160; ++i) {
        const Vec3 at = v.geometry.to_world({static_cast<double>(i), static_cast<double>(j), 0}) - middle();
        v.pixels.push_back(intensity(dot(at, g.axes[0]), dot(at, g.axes[1]), dot(at, up())));
      }
    return v;
  }
  struct Labelled {
    artifacts::Labels labels;
    SliceRange range;
  };
  Labelled labelled() const {
    Labelled l;
    l.labels.geometry = heart.geometry;
    l.labels.phase_times_ms = {0};
    l.labels.labels = heart.labels();
    l.range = settle_beat(l.labels);
    return l;
  }
  LongAxisMarks marks(const std::vector<artifacts::LongAxisView>& views) const {
    const Labelled l = labelled();
    return find_marks({views}, 0, heart.geometry, l.labels.phase(0), l.range);
  }
};

TEST(LongAxis, FindsRingAndApexWhicheverWayTheStackRuns) {
  for (const bool base_last : {true, false})
    for (const double slice_mm : {8.0, 12.0, 18.0}) {
      const Scene scene(slice_mm, base_last);
      const auto marks = scene.marks({scene.view(0), scene.view(60), scene.view(120)});
      EXPECT_EQ(marks.views, 3);
      ASSERT_EQ(marks.base.size(), 6U);
      for (const Vec3& mark : marks.base) {
        const Vec3 at = mark - scene.middle();
        const double x = dot(at, scene.heart.geometry.axes[0]);
        // Rays are two degrees apart, 1 mm at the ring; a run must be 6 mm thick, which a leaning ray misses below it.
        EXPECT_NEAR(dot(at, scene.up()), scene.ring_at(x), 3) << slice_mm;
      }
      for (const double part : marks.narrowing) EXPECT_NEAR(part, 1, 0.12);
      ASSERT_TRUE(marks.apex_mm);
      const double lowest = std::floor((scene.heart.length / slice_mm) - 0.5) * slice_mm + 0.5 * slice_mm;
      EXPECT_NEAR(*marks.apex_mm, scene.heart.length - lowest, 1.5) << slice_mm;
    }
}

TEST(LongAxis, LeavesOutViewsThatDoNotShowTheVentricle) {
  const Scene scene;
  auto grey = scene.view(30);
  for (float& pixel : grey.pixels) pixel = 100 + 0.1F * pixel;  // blood 120, muscle 107
  auto parallel = scene.view(0);
  parallel.geometry.axes = {scene.heart.geometry.axes[0], scene.heart.geometry.axes[1], scene.up()};
  const auto marks = scene.marks({scene.view(0, 20), grey, parallel});
  EXPECT_EQ(marks.views, 0);
  EXPECT_TRUE(marks.base.empty());
  EXPECT_FALSE(marks.apex_mm);
}

TEST(LongAxis, AnatomyTakesHeightAndTiltFromTheViews) {
  for (const bool base_last : {true, false}) {
    const Scene scene(18, base_last);
    const auto l = scene.labelled();
    const auto marks = scene.marks({scene.view(0), scene.view(60), scene.view(120)});
    const auto with = build_anatomy(scene.heart.geometry, l.labels.phase(0), l.range, {}, marks);
    const auto without = build_anatomy(scene.heart.geometry, l.labels.phase(0), l.range, {});
    // Above the basal face the cavity is a cylinder: what lies below a tilted plane is its height over the axis.
    const double extra_ml = M_PI * scene.heart.radius * scene.heart.radius * scene.above / 1000;
    const double truth = scene.heart.cavity_ml() + extra_ml;
    EXPECT_NEAR(volume_below_base_ml(with, artifacts::lv_cavity) / truth, 1, 0.05);
    EXPECT_LT(volume_below_base_ml(without, artifacts::lv_cavity) / truth, 0.92);
    const Vec3 normal = normalised(scene.up() - scene.tilt * scene.heart.geometry.axes[0]);
    EXPECT_GT(dot(with.base_normal, normal), std::cos(4 * M_PI / 180));
  }
}

}  // namespace
}  // namespace cardiotwin::segmentation

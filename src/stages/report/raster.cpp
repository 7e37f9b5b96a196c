#include "raster.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace cardiotwin::report {
namespace {

constexpr int oversampling = 2;  // per direction
constexpr double far_away = -std::numeric_limits<double>::infinity();
constexpr Rgb background{1, 1, 1};

Rgb mix(const Rgb& a, const Rgb& b, double weight_b) {
  return {a[0] + weight_b * (b[0] - a[0]), a[1] + weight_b * (b[1] - a[1]), a[2] + weight_b * (b[2] - a[2])};
}

/// Colour and depth a pixel; larger depth is nearer.
struct Layer {
  int width, height;
  std::vector<Rgb> colour;
  std::vector<float> depth;
  Layer(int w, int h)
      : width(w),
        height(h),
        colour(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), background),
        depth(colour.size(), static_cast<float>(far_away)) {}
};

/// All that decides how large the picture is.
void for_each_point(const Scene& scene, const std::function<void(const Vec3&)>& include) {
  std::ranges::for_each(scene.room, include);
  if (!scene.room.empty()) return;
  for (const auto& s : scene.surfaces) {
    for (const auto& t : s.triangles) {
      for (const auto p : t) include(s.points[static_cast<std::size_t>(p)]);
    }
  }
  for (const auto& s : scene.strokes) {
    for (const auto& piece : s.pieces) {
      include(piece.from);
      include(piece.to);
    }
  }
}

/// From patient space to pixels (x right, y down, z towards the viewer, all in pixels).
class View {
 public:
  View(const Scene& scene, int height) {
    z_ = core::normalised(scene.camera.towards);
    x_ = core::normalised(core::cross(scene.camera.up, z_));
    y_ = core::cross(z_, x_);
    focus_ = scene.camera.focus;
    Vec3 low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
    const auto include = [&](const Vec3& p) {
      const Vec3 q = along(p);
      for (std::size_t c = 0; c < 3; ++c) {
        low[c] = std::min(low[c], q[c]);
        high[c] = std::max(high[c], q[c]);
      }
    };
    for_each_point(scene, include);
    if (low[0] > high[0]) low = high = {0, 0, 0};
    const double tall = std::max(high[1] - low[1], 1e-6), wide = std::max(high[0] - low[0], 1e-6);
    const double margin = 0.04 * std::max(tall, wide);
    height_ = height * oversampling;
    scale_ = height_ / std::max(tall + 2 * margin, (wide + 2 * margin) / 1.6);
    width_ =
        std::max(oversampling, oversampling * static_cast<int>(std::ceil((wide + 2 * margin) * scale_ / oversampling)));
    width_ = std::min(width_, static_cast<int>(1.6 * height_) / oversampling * oversampling);
    middle_ = 0.5 * (low + high);
  }
  Vec3 project(const Vec3& p) const {
    const Vec3 q = along(p) - middle_;
    return {0.5 * width_ + scale_ * q[0], 0.5 * height_ - scale_ * q[1], scale_ * q[2]};
  }
  Vec3 turn(const Vec3& v) const { return {core::dot(v, x_), core::dot(v, y_), core::dot(v, z_)}; }
  double scale() const { return scale_; }
  int width() const { return width_; }
  int height() const { return height_; }

 private:
  Vec3 along(const Vec3& p) const { return turn(p - focus_); }
  Vec3 x_, y_, z_, focus_, middle_{};
  double scale_ = 1;
  int width_ = 1, height_ = 1;
};

struct Corner {
  Vec3 at;  ///< pixels
  Rgb colour;
};

/// Fills a triangle; `edge_px` > 0 darkens a line of that width along its sides.
void fill(Layer& layer, const Corner& a, const Corner& b, const Corner& c, double edge_px) {
  const double area = (b.at[0] - a.at[0]) * (c.at[1] - a.at[1]) - (c.at[0] - a.at[0]) * (b.at[1] - a.at[1]);
  if (!(std::abs(area) > 1e-9)) return;
  const auto side = [](const Vec3& p, const Vec3& q) { return std::hypot(q[0] - p[0], q[1] - p[1]); };
  const double size = std::abs(area);
  const double heights[3] = {size / side(b.at, c.at), size / side(c.at, a.at), size / side(a.at, b.at)};
  const auto from = [](double u, double v, double w) {
    return std::max(0, static_cast<int>(std::floor(std::min({u, v, w}))));
  };
  const auto to = [](double u, double v, double w, int end) {
    return std::min(end - 1, static_cast<int>(std::ceil(std::max({u, v, w}))));
  };
  const int x_end = to(a.at[0], b.at[0], c.at[0], layer.width), y_end = to(a.at[1], b.at[1], c.at[1], layer.height);
  for (int y = from(a.at[1], b.at[1], c.at[1]); y <= y_end; ++y) {
    for (int x = from(a.at[0], b.at[0], c.at[0]); x <= x_end; ++x) {
      const double px = x + 0.5, py = y + 0.5;
      const double u = ((b.at[0] - px) * (c.at[1] - py) - (c.at[0] - px) * (b.at[1] - py)) / area;
      const double v = ((c.at[0] - px) * (a.at[1] - py) - (a.at[0] - px) * (c.at[1] - py)) / area;
      const double w = 1 - u - v;
      if (u < -1e-9 || v < -1e-9 || w < -1e-9) continue;
      const auto n = static_cast<std::size_t>(y) * static_cast<std::size_t>(layer.width) + static_cast<std::size_t>(x);
      const auto z = static_cast<float>(u * a.at[2] + v * b.at[2] + w * c.at[2]);
      if (!(z > layer.depth[n])) continue;
      layer.depth[n] = z;
      Rgb colour;
      for (std::size_t k = 0; k < 3; ++k) colour[k] = u * a.colour[k] + v * b.colour[k] + w * c.colour[k];
      if (edge_px > 0 && std::min({u * heights[0], v * heights[1], w * heights[2]}) < 0.5 * edge_px) {
        colour = mix(colour, {0.1, 0.13, 0.17}, 0.55);
      }
      layer.colour[n] = colour;
    }
  }
}

/// Normals at points, from the areas of the triangles around them.
std::vector<Vec3> normals(const Surface& surface) {
  std::vector<Vec3> sums(surface.points.size(), Vec3{0, 0, 0});
  for (const auto& t : surface.triangles) {
    const auto& a = surface.points[static_cast<std::size_t>(t[0])];
    const Vec3 area = core::cross(surface.points[static_cast<std::size_t>(t[1])] - a,
                                  surface.points[static_cast<std::size_t>(t[2])] - a);
    for (const auto p : t) {
      auto& sum = sums[static_cast<std::size_t>(p)];
      // Cut faces have triangles of either orientation.
      sum = core::dot(sum, area) < 0 ? sum - area : sum + area;
    }
  }
  for (auto& sum : sums) sum = core::normalised(sum);
  return sums;
}

void draw(Layer& layer, const View& view, const Surface& surface) {
  const Vec3 light = core::normalised(Vec3{-0.35, 0.45, 1});
  const auto normal = normals(surface);
  std::vector<Corner> corners(surface.points.size());
  for (std::size_t p = 0; p < corners.size(); ++p) {
    Vec3 n = view.turn(normal[p]);
    if (n[2] < 0) n = -1.0 * n;
    const double shade = core::dot(n, n) > 0 ? 0.58 + 0.44 * std::max(0.0, core::dot(n, light)) : 1;
    corners[p].at = view.project(surface.points[p]);
    for (std::size_t k = 0; k < 3; ++k) corners[p].colour[k] = std::min(1.0, shade * surface.colours[p][k]);
  }
  for (const auto& t : surface.triangles) {
    fill(layer, corners[static_cast<std::size_t>(t[0])], corners[static_cast<std::size_t>(t[1])],
         corners[static_cast<std::size_t>(t[2])], surface.edges ? 1.1 * oversampling : 0);
  }
}

void draw(Layer& layer, const View& view, const Strokes& strokes) {
  const double half = std::max(0.5 * strokes.width_mm * view.scale(), 0.5 * oversampling);
  const double lift = strokes.lift_mm * view.scale();
  for (const auto& stroke : strokes.pieces) {
    Vec3 from = view.project(stroke.from), to = view.project(stroke.to);
    from[2] += lift;
    to[2] += lift;
    const double length = std::hypot(to[0] - from[0], to[1] - from[1]);
    if (!(length > 1e-6)) continue;
    const Vec3 along = (1 / length) * (to - from);
    const Vec3 across{-along[1], along[0], 0};
    const Rgb& c = stroke.colour;
    Vec3 neck = to;
    if (strokes.arrows) {
      const double head = std::min(0.6 * length, 6 * half);
      neck = to - head * along;
      fill(layer, {neck + (0.45 * head) * across, c}, {neck - (0.45 * head) * across, c}, {to, c}, 0);
    }
    fill(layer, {from + half * across, c}, {from - half * across, c}, {neck + half * across, c}, 0);
    fill(layer, {neck + half * across, c}, {neck - half * across, c}, {from - half * across, c}, 0);
  }
}

/// A thin dark line where the depth jumps: shapes stand out from what is behind them.
void outline(Layer& layer, double jump) {
  const auto original = layer.colour;
  const auto w = static_cast<std::size_t>(layer.width);
  for (std::size_t y = 1; y + 1 < static_cast<std::size_t>(layer.height); ++y) {
    for (std::size_t x = 1; x + 1 < w; ++x) {
      const std::size_t n = y * w + x;
      const float z = layer.depth[n];
      if (z == static_cast<float>(far_away)) continue;
      const float deepest = std::min({layer.depth[n - 1], layer.depth[n + 1], layer.depth[n - w], layer.depth[n + w]});
      if (z - deepest > static_cast<float>(jump)) layer.colour[n] = mix(original[n], {0.1, 0.13, 0.17}, 0.5);
    }
  }
}

}  // namespace

Pixels::Pixels(int w, int h, const Rgb& fill_colour)
    : width(w), height(h), rgb(3 * static_cast<std::size_t>(w) * static_cast<std::size_t>(h)) {
  for (int y = 0; y < h; ++y) {
    for (int x = 0; x < w; ++x) set(x, y, fill_colour);
  }
}

void Pixels::set(int x, int y, const Rgb& colour) {
  const auto n = 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x));
  for (std::size_t c = 0; c < 3; ++c) {
    rgb[n + c] = static_cast<std::uint8_t>(std::lround(255 * std::clamp(colour[c], 0.0, 1.0)));
  }
}

Pixels render(const Scene& scene, int height) {
  const View view(scene, height);
  Layer picture(view.width(), view.height());
  for (const auto& surface : scene.surfaces) {
    if (surface.opacity >= 1) draw(picture, view, surface);
  }
  outline(picture, 0.025 * view.height());
  for (const auto& strokes : scene.strokes) draw(picture, view, strokes);
  for (const auto& surface : scene.surfaces) {
    if (surface.opacity >= 1) continue;
    Layer veil(view.width(), view.height());  // the nearest layer of a transparent surface is blended once
    draw(veil, view, surface);
    for (std::size_t n = 0; n < veil.depth.size(); ++n) {
      if (veil.depth[n] > picture.depth[n]) picture.colour[n] = mix(picture.colour[n], veil.colour[n], surface.opacity);
    }
  }
  Pixels pixels(view.width() / oversampling, view.height() / oversampling, background);
  for (int y = 0; y < pixels.height; ++y) {
    for (int x = 0; x < pixels.width; ++x) {
      Rgb sum{0, 0, 0};
      for (int dy = 0; dy < oversampling; ++dy) {
        for (int dx = 0; dx < oversampling; ++dx) {
          const auto n = static_cast<std::size_t>(oversampling * y + dy) * static_cast<std::size_t>(view.width()) +
                         static_cast<std::size_t>(oversampling * x + dx);
          for (std::size_t c = 0; c < 3; ++c) sum[c] += picture.colour[n][c] / (oversampling * oversampling);
        }
      }
      pixels.set(x, y, sum);
    }
  }
  return pixels;
}

}  // namespace cardiotwin::report

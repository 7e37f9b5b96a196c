#pragma once
/// A small software renderer: orthographic, depth-buffered, supersampled, the same picture on every machine. No
/// display, no graphics library, no driver is needed, so that a report made on a compute node has its pictures.

#include <cstdint>
#include <string>
#include <vector>

#include "colour.hpp"
#include "patch.hpp"

namespace cardiotwin::report {

/// 8-bit RGB, rows from the top.
struct Pixels {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
  Pixels() = default;
  Pixels(int w, int h, const Rgb& fill);
  void set(int x, int y, const Rgb& colour);
};

/// A compressed PNG file of `pixels`, as bytes.
std::string encode_png(const Pixels& pixels);

/// Triangles with a colour a point.
struct Surface {
  std::vector<Vec3> points;
  std::vector<Triangle> triangles;
  std::vector<Rgb> colours;
  double opacity = 1;
  bool edges = false;  ///< draw the outline of every triangle
};

/// Straight pieces that face the viewer; with a head at `to` they are arrows.
struct Stroke {
  Vec3 from, to;
  Rgb colour;
};
struct Strokes {
  std::vector<Stroke> pieces;
  double width_mm = 0.5;
  bool arrows = false;
  double lift_mm = 0;  ///< drawn this much nearer, so that lines on a surface are seen
};

/// Looks along -towards at `focus`; `up` is upwards in the picture.
struct Camera {
  Vec3 focus{}, towards{0, 0, 1}, up{0, 1, 0};
};

struct Scene {
  Camera camera;
  std::vector<Surface> surfaces;
  std::vector<Strokes> strokes;
  std::vector<Vec3> room{};  ///< what there is room for, so that pictures have one scale; empty: for all that is drawn
};

/// The scene with a margin around it, `height` pixels high and as wide as it needs (at most 1.6 times that).
Pixels render(const Scene& scene, int height);

}  // namespace cardiotwin::report

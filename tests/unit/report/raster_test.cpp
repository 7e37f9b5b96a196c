#include "raster.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include "cardiotwin/mesh/tet_mesh.hpp"

namespace cardiotwin::report {
namespace {

Rgb pixel(const Pixels& p, int x, int y) {
  const auto n = 3 * static_cast<std::size_t>(y * p.width + x);
  return {p.rgb[n] / 255.0, p.rgb[n + 1] / 255.0, p.rgb[n + 2] / 255.0};
}

Surface square(double z, double half, const Rgb& colour) {
  return {{{-half, -half, z}, {half, -half, z}, {half, half, z}, {-half, half, z}},
          {{0, 1, 2}, {0, 2, 3}},
          {colour, colour, colour, colour},
          1,
          false};
}

TEST(Raster, NearerSurfaceHidesTheFartherOne) {
  Scene scene;
  scene.surfaces = {square(1, 1, {1, 0, 0}), square(0, 2, {0, 0, 1})};
  const auto picture = render(scene, 100);
  const Rgb middle = pixel(picture, picture.width / 2, 50), edge = pixel(picture, picture.width / 2, 12);
  EXPECT_GT(middle[0], 0.8);
  EXPECT_LT(middle[2], 0.1);
  EXPECT_GT(edge[2], 0.8);
  EXPECT_LT(edge[0], 0.1);
  EXPECT_EQ(pixel(picture, 0, 0), (Rgb{1, 1, 1}));
}

TEST(Raster, TransparentSurfaceMixesWithWhatIsBehind) {
  Scene scene;
  auto glass = square(1, 1, {1, 1, 1});
  glass.opacity = 0.5;
  scene.surfaces = {glass, square(0, 1, {0, 0, 0})};
  const auto picture = render(scene, 64);
  EXPECT_NEAR(pixel(picture, picture.width / 2, 32)[0], 0.5, 0.03);
}

TEST(Raster, SamePictureEveryTime) {
  Scene scene;
  scene.surfaces = {square(0, 1, {.3, .5, .7})};
  scene.strokes.push_back({{{{0, 0, 0}, {1, 1, 0}, {1, 0, 0}}}, 0.1, true, 0.1});
  EXPECT_EQ(render(scene, 80).rgb, render(scene, 80).rgb);
}

TEST(Raster, EmptySceneIsWhite) {
  const auto picture = render({}, 20);
  ASSERT_GT(picture.rgb.size(), 0U);
  for (const auto byte : picture.rgb) EXPECT_EQ(byte, 255);
}

TEST(Png, DecodesToItsPixels) {
  Pixels picture(3, 2, {0, 0, 0});
  picture.set(0, 0, {1, 0, 0});
  picture.set(2, 1, {0.2, 0.4, 0.6});
  const std::string png = encode_png(picture);
  ASSERT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  const auto u32 = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t b = 0; b < 4; ++b) value = value << 8 | static_cast<unsigned char>(png[at + b]);
    return value;
  };
  EXPECT_EQ(u32(16), 3U);
  EXPECT_EQ(u32(20), 2U);
  ASSERT_EQ(png.substr(37, 4), "IDAT");
  const auto length = u32(33);
  const auto* packed = reinterpret_cast<const Bytef*>(png.data() + 41);
  EXPECT_EQ(crc32(0, reinterpret_cast<const Bytef*>(png.data() + 37), length + 4), u32(41 + length));
  std::string rows(2 * (1 + 9), '\0');
  uLongf size = rows.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(rows.data()), &size, packed, length), Z_OK);
  ASSERT_EQ(size, rows.size());
  for (std::size_t y = 0; y < 2; ++y) {
    ASSERT_EQ(rows[y * 10], '\1');
    std::array<std::uint8_t, 3> left{0, 0, 0};
    for (std::size_t i = 0; i < 9; ++i) {
      left[i % 3] = static_cast<std::uint8_t>(left[i % 3] + static_cast<std::uint8_t>(rows[y * 10 + 1 + i]));
      EXPECT_EQ(left[i % 3], picture.rgb[y * 9 + i]);
    }
  }
}

TEST(Patch, CutThroughABoxHasTheAreaOfItsCrossSection) {
  const auto box = mesh::box({0, 0, 0}, {2, 3, 4}, {3, 4, 5});
  std::vector<double> x_plus_z;
  for (const auto& p : box.points) x_plus_z.push_back(p[0] + p[2]);
  const auto all = [](std::size_t) { return true; };
  const auto face = slice(box.points, box.cells, x_plus_z, all, {{0, 1.3, 0}, {0, 1, 0}});
  const auto area = [](const Patch& patch) {
    double sum = 0;
    for (const auto& t : patch.triangles) {
      const auto& a = patch.points[static_cast<std::size_t>(t[0])];
      sum += 0.5 * norm(cross(patch.points[static_cast<std::size_t>(t[1])] - a,
                              patch.points[static_cast<std::size_t>(t[2])] - a));
    }
    return sum;
  };
  EXPECT_NEAR(area(face), 8, 1e-12);
  for (std::size_t p = 0; p < face.points.size(); ++p) {
    EXPECT_NEAR(face.points[p][1], 1.3, 1e-12);
    EXPECT_NEAR(face.values[p], face.points[p][0] + face.points[p][2], 1e-12);
  }
  // Of the surface (52 mm^2), what is left below y = 1.3: bottom 8, four sides 1.3 * 12.
  const auto rest = clip(gather(box.points, box.triangles, x_plus_z, all), {{0, 1.3, 0}, {0, 1, 0}});
  EXPECT_NEAR(area(rest), 8 + 1.3 * 12, 1e-12);
  // The line x + z = 2.5 on the face is sqrt(2) times its extent in x.
  double length = 0;
  for (const auto& [from, to] : isoline(face, 2.5)) length += norm(to - from);
  EXPECT_NEAR(length, 2 * std::sqrt(2.0), 1e-12);
  // x + z <= 2.5 is a trapezoid from z = 2.5 down to z = 0.5.
  const auto [below, above] = parted(face, 2.5);
  EXPECT_NEAR(area(below), 3, 1e-12);
  EXPECT_NEAR(area(above), 5, 1e-12);
}

TEST(Raster, PicturesWithTheSameRoomAreOfOneScale) {
  const Surface small{{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}, {{0, 1, 2}}, {{1, 0, 0}, {1, 0, 0}, {1, 0, 0}}};
  const auto red = [](const Pixels& picture) {
    int count = 0;
    for (std::size_t n = 0; n < picture.rgb.size(); n += 3) count += picture.rgb[n] > 50 && picture.rgb[n + 1] < 50;
    return count;
  };
  const auto alone = render({{}, {small}, {}}, 80);
  const auto in_room = render({{}, {small}, {}, {{0, 0, 0}, {2, 2, 0}}}, 80);
  EXPECT_NEAR(static_cast<double>(red(alone)) / red(in_room), 4, 0.4);  // edges are a pixel's width
}

}  // namespace
}  // namespace cardiotwin::report

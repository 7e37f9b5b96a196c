/// From a study to labels and back: what a network is refused for, normalisation, crop, axes, spacing, slices streamed.
#include "inference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "cardiotwin/core/error.hpp"
#include "study.hpp"

namespace cardiotwin::segmentation {
namespace {

/// A network of one 1 x 1 convolution: logits 0, value - 1, 2 value - 3, so that the label is round(value) in 0..2.
Model rounding_network(int dimensions) {
  const auto d = static_cast<std::size_t>(dimensions);
  Model model;
  model.name = "rounding";
  model.modality = "CT";
  model.orientation = "any";
  model.dimensions = dimensions;
  model.labels = {"background", "lv_cavity", "lv_wall"};
  model.spacing_mm.assign(d, 1.0);
  model.patch_size.assign(d, 8);
  model.normalisation = {{.kind = Normalisation::Kind::none, .region = Normalisation::Region::image}};
  Node input, last;
  input.name = "input";
  last.name = "last";
  last.operation = Operation::convolution;
  last.inputs = {0};
  last.kernel = last.stride = std::vector<std::int64_t>(d, 1);
  last.padding = std::vector<std::int64_t>(d, 0);
  std::vector<std::int64_t> shape{3, 1};
  shape.resize(d + 2, 1);
  last.weights["weight"] = {shape, {0, 1, 2}};
  last.weights["bias"] = {{3}, {0, -0.5, -2}};
  model.graph = {input, last};
  return model;
}

artifacts::Image image_of(const Size& size, const Vec3& spacing) {
  artifacts::Image image;
  image.geometry.size = {size[2], size[1], size[0]};
  image.geometry.spacing = spacing;
  image.phase_times_ms = {0};
  image.voxels.resize(static_cast<std::size_t>(count(size)));
  image.facts.modality = "CT";
  return image;
}

artifacts::Labels predict(const artifacts::Image& image, const Model& model, bool flips = false) {
  double last = 0;
  auto labels = predict_study(core::Comm(), image, model, {.flips = flips, .batch = 3}, [&](double done) {
    EXPECT_GE(done, last);
    last = done;
  });
  EXPECT_EQ(last, core::Comm().is_root() ? 1 : 0);
  return labels;
}

class Rounding : public testing::TestWithParam<std::tuple<int, std::vector<std::size_t>, bool>> {};

/// With the image's own spacing every voxel comes back to its place, whatever axis the windows run along.
TEST_P(Rounding, GivesEveryVoxelItsLabel) {
  const auto& [dimensions, axes, flips] = GetParam();
  Model model = rounding_network(dimensions);
  model.axes = axes;
  model.mirror_axes = dimensions == 3 ? std::vector{0, 1, 2} : std::vector{0, 1};
  artifacts::Image image = image_of({13, 9, 21}, {1, 1, 1});
  for (std::size_t v = 0; v < image.voxels.size(); ++v) image.voxels[v] = static_cast<float>((v * 7919) % 3);
  const auto found = predict(image, model, flips);
  if (!core::Comm().is_root()) return;
  ASSERT_EQ(found.labels.size(), image.voxels.size());
  std::size_t wrong = 0;
  for (std::size_t v = 0; v < image.voxels.size(); ++v) {
    wrong += static_cast<float>(found.labels[v]) != image.voxels[v] ? 1U : 0U;
    const double x = image.voxels[v], best = std::max({0.0, x - 0.5, 2 * x - 2});
    EXPECT_NEAR(found.confidence[v], std::exp(best) / (1 + std::exp(x - 0.5) + std::exp(2 * x - 2)), 1e-5);
  }
  EXPECT_EQ(wrong, 0U);
}
INSTANTIATE_TEST_SUITE_P(AxesAndViews, Rounding,
                         testing::Values(std::tuple(3, std::vector<std::size_t>{0, 1, 2}, false),
                                         std::tuple(3, std::vector<std::size_t>{0, 1, 2}, true),
                                         std::tuple(3, std::vector<std::size_t>{2, 0, 1}, true),
                                         std::tuple(2, std::vector<std::size_t>{0, 1, 2}, true),
                                         std::tuple(2, std::vector<std::size_t>{1, 2, 0}, false)));

/// A ball at a coarser and anisotropic spacing keeps its place and size.
TEST(Study, KeepsPlaceAndSizeAtAnotherSpacing) {
  Model model = rounding_network(3);
  model.spacing_mm = {2.0, 1.5, 1.25};
  artifacts::Image image = image_of({40, 44, 48}, {0.9, 1.1, 1.3});
  const Vec3 centre{20, 26, 28};  // [mm] from the first voxel along i, j, k
  const auto distance = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    return std::hypot(static_cast<double>(i) * 0.9 - centre[0], static_cast<double>(j) * 1.1 - centre[1],
                      static_cast<double>(k) * 1.3 - centre[2]);
  };
  for (std::int64_t k = 0, v = 0; k < 40; ++k)
    for (std::int64_t j = 0; j < 44; ++j)
      for (std::int64_t i = 0; i < 48; ++i, ++v)
        image.voxels[static_cast<std::size_t>(v)] =
            static_cast<float>(std::clamp(0.5 + (12 - distance(i, j, k)) / 4, 0.0, 1.0));
  const auto found = predict(image, model);
  if (!core::Comm().is_root()) return;
  double n = 0;
  Vec3 mean{};
  for (std::int64_t k = 0, v = 0; k < 40; ++k)
    for (std::int64_t j = 0; j < 44; ++j)
      for (std::int64_t i = 0; i < 48; ++i, ++v)
        if (found.labels[static_cast<std::size_t>(v)] == 1) {
          n += 1;
          mean = mean + Vec3{static_cast<double>(i) * 0.9, static_cast<double>(j) * 1.1, static_cast<double>(k) * 1.3};
        }
  const double ball = 4.0 / 3.0 * std::numbers::pi * 12 * 12 * 12;
  EXPECT_NEAR(n * 0.9 * 1.1 * 1.3, ball, 0.03 * ball);  // linear interpolation of a curved ramp shrinks it a little
  for (std::size_t a = 0; a < 3; ++a) EXPECT_NEAR(mean[a] / n, centre[a], 0.1);
}

/// Of an image with a zero margin only what lies within is seen; a hole in it counts as inside.
TEST(Study, CropsToTheNonzeroRegionBeforeNormalising) {
  Model model = rounding_network(3);
  model.crop_to_nonzero = true;
  model.normalisation[0] = {.kind = Normalisation::Kind::range, .region = Normalisation::Region::image};
  artifacts::Image image = image_of({10, 12, 14}, {1, 1, 1});
  const auto voxel = [](std::int64_t i, std::int64_t j, std::int64_t k) {
    return static_cast<std::size_t>((k * 12 + j) * 14 + i);
  };
  for (std::int64_t k = 2; k < 8; ++k)
    for (std::int64_t j = 3; j < 9; ++j)
      for (std::int64_t i = 4; i < 12; ++i) image.voxels[voxel(i, j, k)] = i < 8 ? 100.0F : 200.0F;
  const auto cropped = predict(image, model);
  image.voxels[voxel(6, 5, 4)] = 0;
  const auto with_hole = predict(image, model);
  if (!core::Comm().is_root()) return;
  EXPECT_EQ(cropped.labels[voxel(0, 0, 0)], 0);
  EXPECT_EQ(cropped.labels[voxel(5, 5, 4)], 0);   // 100 is the least within: 0
  EXPECT_EQ(cropped.labels[voxel(10, 5, 4)], 1);  // 200 the most: 1
  EXPECT_EQ(with_hole.labels[voxel(5, 5, 4)], 0);
  EXPECT_NEAR(with_hole.confidence[voxel(10, 5, 4)], cropped.confidence[voxel(10, 5, 4)], 1e-6);
  EXPECT_LT(with_hole.confidence[voxel(5, 5, 4)], cropped.confidence[voxel(5, 5, 4)]);  // now (100 - 0) / 200 = 0.5
}

TEST(Normalisation, DoesWhatItsNamesSay) {
  using Kind = Normalisation::Kind;
  const std::vector<float> given{0, 2, 4, 10, 0, 8};
  const std::vector<std::uint8_t> mask{0, 1, 1, 1, 0, 1};
  const auto result = [&](const Normalisation& n, bool masked) {
    std::vector<float> values = given;
    normalise(n, values, masked ? std::span<const std::uint8_t>(mask) : std::span<const std::uint8_t>());
    return values;
  };
  EXPECT_EQ(result({.kind = Kind::none}, false), given);
  EXPECT_EQ(result({.kind = Kind::range}, false), (std::vector<float>{0, 0.2F, 0.4F, 1, 0, 0.8F}));
  const double deviation = std::sqrt((16 + 4 + 16 + 4) / 4.0);  // of 2, 4, 10, 8 about 6
  const auto score = result({.kind = Kind::standard_score}, true);
  EXPECT_EQ(score[0], 0);
  EXPECT_NEAR(score[1], -4 / deviation, 1e-6);
  EXPECT_NEAR(score[3], 4 / deviation, 1e-6);
  const auto window =
      result({.kind = Kind::window, .region = {}, .low = 1, .high = 9, .mean = 5, .deviation = 2}, false);
  EXPECT_EQ(window, (std::vector<float>{-2, -1.5F, -0.5F, 2, -2, 1.5F}));
}

/// The error that a network and an image give together.
core::Fault fault_of(const artifacts::Image& image, const Model& model) {
  try {
    check_fit(image, model);
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
    EXPECT_FALSE(error.fault().remedy.empty());
    return error.fault();
  }
  ADD_FAILURE() << "the network was accepted";
  return {};
}

TEST(ANetworkForSomethingElse, IsRefusedByName) {
  const artifacts::Image image = image_of({5, 5, 5}, {1, 1, 1});
  const Model good = rounding_network(3);
  EXPECT_NO_THROW(check_fit(image, good));
  Model model = good;
  model.modality = "MR";
  EXPECT_NE(fault_of(image, model).found.find("\"rounding\" for MR"), std::string::npos);
  model = good;
  model.input_channels = 2;
  EXPECT_NE(fault_of(image, model).found.find("2 input channels"), std::string::npos);
  model = good;
  model.labels[2] = "liver";
  EXPECT_NE(fault_of(image, model).found.find("\"liver\""), std::string::npos);
  model.labels[2] = "wall";  // part of a known name
  EXPECT_NE(fault_of(image, model).found.find("\"wall\""), std::string::npos);
  model.labels = {"background", "rv_cavity"};
  EXPECT_NE(fault_of(image, model).found.find("without the label lv_cavity"), std::string::npos);
  model = good;
  model.spacing_mm = {1, 1, 0.2};
  const auto fault = fault_of(image, model);
  EXPECT_NE(fault.expected.find("1 mm along axis i"), std::string::npos) << fault.expected;
  EXPECT_NE(fault.found.find("for 0.2 mm"), std::string::npos) << fault.found;
  model = good;
  model.orientation = "axial";
  EXPECT_NO_THROW(check_fit(image, model));
  artifacts::Image sagittal = image;
  sagittal.geometry.axes = {Vec3{0, 1, 0}, Vec3{0, 0, -1}, Vec3{1, 0, 0}};
  EXPECT_NE(fault_of(sagittal, model).found.find("axial"), std::string::npos);
  model = rounding_network(2);
  model.orientation = "short-axis";
  EXPECT_NE(fault_of(image_of({2, 5, 5}, {1, 1, 1}), model).found.find("2 slices"), std::string::npos);
}

/// What fails on one rank fails on all, and none waits for ever.
TEST(Sharing, AnErrorEndsItOnEveryRank) {
  const Model model = rounding_network(3);
  Predictor predictor(model, 1, false, core::Comm());
  const Size size{9, 9, 9};
  const std::vector<float> image(static_cast<std::size_t>(count(size)), 1.0F);
  const auto ignore = [](std::int64_t, std::int64_t, std::span<const float>) {};
  EXPECT_THROW(predictor.share([&] {
    predictor.logits(image, size, ignore);
    core::fail_input({"test", "nothing", "an error between two sweeps", "none"});
  }),
               core::Error);
  EXPECT_THROW(predictor.share([&] {
    predictor.logits(image, size, [](std::int64_t, std::int64_t, std::span<const float>) {
      core::fail_input({"test", "nothing", "an error while slices are taken", "none"});
    });
  }),
               core::Error);
  EXPECT_NO_THROW(predictor.share([&] { predictor.logits(image, size, ignore); }));
}

}  // namespace
}  // namespace cardiotwin::segmentation

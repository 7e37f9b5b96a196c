/// The engine against PyTorch, on random networks that use every operation of the format.
#include "network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "cardiotwin/io/hdf5.hpp"
#include "inference.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::segmentation {
namespace {

/// The networks and answers, made once; the folder is empty where PyTorch is absent.
class Networks : public testing::Environment {
 public:
  void SetUp() override {
    if (std::system("/usr/bin/python3 -c 'import torch, h5py' 2>/dev/null") != 0) return;
    folder_ = std::make_unique<test::TemporaryFolder>();
    const std::string command = "/usr/bin/python3 " CARDIOTWIN_SOURCE_DIR
                                "/tests/unit/segmentation/random_networks.py " +
                                folder_->path().string() + " > /dev/null";
    core::on_root(core::Comm(), [&] { ASSERT_EQ(std::system(command.c_str()), 0) << command; });
  }
  void TearDown() override { folder_.reset(); }
  std::filesystem::path folder() const { return folder_ ? folder_->path() : std::filesystem::path(); }

 private:
  std::unique_ptr<test::TemporaryFolder> folder_;
};
auto* const environment = static_cast<Networks*>(testing::AddGlobalTestEnvironment(new Networks));
std::filesystem::path networks() { return environment->folder(); }
#define NEED_PYTORCH()    \
  if (networks().empty()) \
  GTEST_SKIP() << "python3-torch and python3-h5py are not installed; scripts/install_dependencies does it"

/// Largest difference relative to the largest value expected.
double relative_error(std::span<const float> found, const std::vector<float>& expected) {
  EXPECT_EQ(found.size(), expected.size());
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference = std::max(difference, static_cast<double>(std::abs(found[i] - expected[i])));
    largest = std::max(largest, static_cast<double>(std::abs(expected[i])));
  }
  return difference / largest;
}

class AgainstPyTorch : public testing::TestWithParam<const char*> {};

TEST_P(AgainstPyTorch, GivesTheSameLogits) {
  NEED_PYTORCH();
  const Model model = load_model(networks() / (std::string(GetParam()) + ".h5"));
  const io::Reader answer(networks() / (std::string(GetParam()) + "_answer.h5"));
  Network network(model, 3, model.patch_size);
  for (int repeat = 0; repeat < 2; ++repeat) {  // a second run must not see what the first left in the buffers
    std::ranges::copy(answer.read<float>("/input"), network.input().begin());
    EXPECT_LT(relative_error(network.run(), answer.read<float>("/logits")), 1e-4);
  }
}

/// Logits of the answer's image, as (labels x k x j x i).
std::vector<float> logits_by_sliding_window(const std::string& name, bool mirrored) {
  const Model model = load_model(networks() / (name + ".h5"));
  const io::Reader answer(networks() / (name + "_answer.h5"));
  auto shape = answer.shape("/image");
  if (shape.size() == 3) shape.insert(shape.begin() + 1, 1);
  const Size size{static_cast<std::int64_t>(shape[1]), static_cast<std::int64_t>(shape[2]),
                  static_cast<std::int64_t>(shape[3])};
  const auto labels = std::ssize(model.labels), plane = size[1] * size[2];
  std::vector<float> found(static_cast<std::size_t>(labels * count(size)));
  Predictor predictor(model, 3, mirrored, core::Comm());
  std::int64_t expected = 0;
  predictor.share([&] {
    predictor.logits(answer.read<float>("/image"), size,
                     [&](std::int64_t first, std::int64_t slices, std::span<const float> logits) {
                       EXPECT_EQ(first, expected);
                       expected += slices;
                       for (std::int64_t k = 0; k < slices; ++k)
                         for (std::int64_t c = 0; c < labels; ++c)
                           std::ranges::copy(logits.subspan(static_cast<std::size_t>((k * labels + c) * plane),
                                                            static_cast<std::size_t>(plane)),
                                             found.begin() + (c * size[0] + first + k) * plane);
                     });
    EXPECT_EQ(expected, size[0]);
  });
  return found;
}

TEST_P(AgainstPyTorch, GivesTheSameLogitsBySlidingWindow) {
  NEED_PYTORCH();
  const io::Reader answer(networks() / (std::string(GetParam()) + "_answer.h5"));
  for (const bool mirrored : {false, true}) {
    const auto found = logits_by_sliding_window(GetParam(), mirrored);
    if (!core::Comm().is_root()) continue;
    EXPECT_LT(relative_error(found, answer.read<float>(mirrored ? "/mirrored" : "/plain")), 1e-4) << mirrored;
  }
}

INSTANTIATE_TEST_SUITE_P(RandomNetworks, AgainstPyTorch,
                         testing::Values("unet2d", "unet3d", "mixed2d", "mixed3d", "nnunet_plain2d", "nnunet_plain3d",
                                         "nnunet_old_plans3d", "nnunet_residual2d", "nnunet_residual3d", "monai_unet2d",
                                         "monai_unet3d", "monai_unet_by_channel2d", "monai_dynunet2d",
                                         "monai_dynunet3d", "monai_basicunet2d", "monai_basicunet3d"),
                         [](const auto& which) { return std::string(which.param); });

TEST(Exporter, CarriesNnUNetsPreprocessingOver) {
  NEED_PYTORCH();
  const Model model = load_model(networks() / "nnunet_plain3d.h5");
  EXPECT_EQ(model.modality, "CT");
  EXPECT_EQ(model.labels, (std::vector<std::string>{"background", "lv_cavity", "aorta"}));  // one was renamed
  EXPECT_EQ(model.input_channels, 2);
  EXPECT_EQ(model.patch_size, (std::vector<std::int64_t>{8, 24, 16}));
  EXPECT_EQ(model.spacing_mm, (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(model.axes, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(model.mirror_axes, (std::vector<int>{0, 1, 2}));
  EXPECT_TRUE(model.crop_to_nonzero);
  ASSERT_EQ(model.normalisation.size(), 2U);
  const Normalisation& n = model.normalisation[1];
  EXPECT_EQ(n.kind, Normalisation::Kind::window);
  EXPECT_EQ(n.region, Normalisation::Region::image);
  EXPECT_EQ((std::array{n.low, n.high, n.mean, n.deviation}), (std::array{10.0, 200.0, 90.0, 35.0}));
}

TEST(SlidingWindow, CoversTheImageAndOverlapsByHalf) {
  EXPECT_EQ(patch_starts(100, 128), std::vector<std::int64_t>{-14});  // centred
  EXPECT_EQ(patch_starts(3, 1), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(patch_starts(110, 64), (std::vector<std::int64_t>{0, 23, 46}));
  EXPECT_EQ(patch_starts(128, 128), std::vector<std::int64_t>{0});
  EXPECT_EQ(patch_starts(256, 128), (std::vector<std::int64_t>{0, 64, 128}));
  for (std::int64_t size = 16; size < 90; ++size) {
    const auto starts = patch_starts(size, 16);
    EXPECT_EQ(starts.front(), 0);
    EXPECT_EQ(starts.back(), size - 16);
    for (std::size_t s = 1; s < starts.size(); ++s) EXPECT_LE(starts[s] - starts[s - 1], 8);
  }
}

}  // namespace
}  // namespace cardiotwin::segmentation

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
                                folder_->path().string();
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
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

TEST_P(AgainstPyTorch, GivesTheSameProbabilitiesBySlidingWindow) {
  NEED_PYTORCH();
  const Model model = load_model(networks() / (std::string(GetParam()) + ".h5"));
  const io::Reader answer(networks() / (std::string(GetParam()) + "_answer.h5"));
  auto shape = answer.shape("/image");
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  const Size size{static_cast<std::int64_t>(shape[0]), static_cast<std::int64_t>(shape[1]),
                  static_cast<std::int64_t>(shape[2])};
  Predictor predictor(model, 4, answer.read_scalar("/flips") > 0);
  const auto image = answer.read<float>("/image");
  EXPECT_LT(relative_error(predictor.probabilities(image, 1, size), answer.read<float>("/probabilities")), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(RandomNetworks, AgainstPyTorch, testing::Values("unet2d", "unet3d", "mixed2d", "mixed3d"));

TEST(SlidingWindow, CoversTheImageAndOverlapsByHalf) {
  EXPECT_EQ(patch_starts(100, 128), std::vector<std::int64_t>{0});
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

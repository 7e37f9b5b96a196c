/// Which labels a network is unsure of.
#include "confidence.hpp"

#include <gtest/gtest.h>

#include "cardiotwin/segmentation/agreement.hpp"
#include "heart_stack.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Labels;

/// The drawn heart, with `inner` away from borders and `outer` at those of one label.
Labels sure_but_at_borders_of(int label, float inner, float outer) {
  const test::EllipsoidHeart heart;
  Labels labels = heart.artifact({1, 0.8});
  const artifacts::Geometry& g = labels.geometry;
  const Slices all(static_cast<std::size_t>(g.size[2]), true);
  labels.confidence.assign(labels.labels.size(), inner);
  for (std::int64_t p = 0, v = 0; p < 2; ++p)
    for (std::int64_t k = 0; k < g.size[2]; ++k)
      for (std::int64_t j = 0; j < g.size[1]; ++j)
        for (std::int64_t i = 0; i < g.size[0]; ++i, ++v)
          if (labels.phase(p)[g.index(i, j, k)] == label && at_border(g, labels.phase(p), all, i, j, k))
            labels.confidence[static_cast<std::size_t>(v)] = outer;
  return labels;
}

TEST(Confidence, NamesTheLabelWhoseBorderIsUnsure) {
  const Confidences means = confidences(sure_but_at_borders_of(artifacts::rv_cavity, 0.98F, 0.6F));
  EXPECT_NEAR(means.at_border[artifacts::rv_cavity].mean(), 0.6, 1e-6);
  EXPECT_NEAR(means.of_label[artifacts::lv_cavity].mean(), 0.98, 1e-6);
  EXPECT_GT(means.heart.mean(), 0.9) << "the study as a whole looks good";
  EXPECT_FALSE(doubt_about(artifacts::lv_cavity, means));
  EXPECT_FALSE(doubt_about(artifacts::lv_wall, means));
  EXPECT_FALSE(doubt_about(artifacts::left_atrium, means)) << "not in the image";
  const auto doubt = doubt_about(artifacts::rv_cavity, means);
  ASSERT_TRUE(doubt);
  EXPECT_NE(doubt->find("unsure of rv_cavity"), std::string::npos) << *doubt;
  EXPECT_NE(doubt->find("0.60 at its border"), std::string::npos) << *doubt;
}

TEST(Confidence, NamesALabelThatIsUnsureThroughout) {
  const Confidences means = confidences(sure_but_at_borders_of(artifacts::lv_wall, 0.78F, 0.78F));
  EXPECT_TRUE(doubt_about(artifacts::lv_wall, means));
  EXPECT_TRUE(doubt_about(artifacts::lv_cavity, means));
}

}  // namespace
}  // namespace cardiotwin::segmentation

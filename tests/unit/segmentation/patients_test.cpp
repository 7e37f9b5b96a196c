/// The shipped network on patients it has never seen: the contoured Sunnybrook SCD0000301, and a phantom.
#include <gtest/gtest.h>

#include <cstdlib>

#include "cardiotwin/phantom/phantom.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "support/workbench.hpp"

namespace cardiotwin {
namespace {

/// Ingests a study and segments it, compared with reference labels.
void segment(test::Workbench& bench, const std::filesystem::path& dicom, const std::filesystem::path& reference) {
  const auto ingest = ingest::make_stage();
  test::Workbench study;
  study.run(*ingest, {{"dicom_folder", dicom.string()}});
  bench.give(study.result<artifacts::Image>());
  const auto segmentation = segmentation::make_stage();
  ASSERT_EQ(bench.run(*segmentation, {{"reference_file", reference.string()}}), stage::Outcome::complete);
}

TEST(Sunnybrook301, AgreesWithManualContours) {
  const auto data = test::shared_data() / "scd-sunnybrook";
  if (test::shared_data().empty()) GTEST_SKIP() << "no real data: set CARDIOTWIN_SHARED_DATA to its folder";
  test::Workbench bench;
  const auto reference = bench.folder() / "reference.nrrd";
  const std::string command = "/usr/bin/python3 " CARDIOTWIN_SOURCE_DIR "/scripts/contours_to_labels.py " +
                              data.string() + " SCD0000301 " + reference.string() + " > /dev/null";
  if (std::system("/usr/bin/python3 -c 'import pydicom, scipy' 2>/dev/null") != 0)
    GTEST_SKIP() << "python3-pydicom and python3-scipy are not installed";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  segment(bench, data / "full_cine" / "SCD0000301", reference);
  EXPECT_GT(bench.quantity("dice.lv_cavity"), 0.945);
  EXPECT_GT(bench.quantity("dice.lv_cavity.es"), 0.94);
  EXPECT_GT(bench.quantity("dice.lv_wall"), 0.81);
  // Manual: 229.7 and 179.6 ml (contour area times thickness).
  EXPECT_NEAR(bench.quantity("volume.lv_cavity.ed"), 229.7, 0.1 * 229.7);
  EXPECT_NEAR(bench.quantity("volume.lv_cavity.es"), 179.6, 0.1 * 179.6);
}

TEST(Phantom, AgreesWithItsTruth) {
  test::Workbench bench;
  phantom::CineMrOptions options;
  options.output = bench.folder() / "phantom";
  options.seed = 4711;  // neither trained on (1001...) nor held out (2001...)
  options.phases = 4;
  const auto truth = phantom::make_cine_mr(options);
  segment(bench, options.output / "dicom", options.output / "truth.nrrd");
  EXPECT_GT(bench.quantity("dice.lv_cavity"), 0.90);
  EXPECT_GT(bench.quantity("dice.lv_cavity.es"), 0.90);
  EXPECT_GT(bench.quantity("dice.lv_wall"), 0.85);
  EXPECT_GT(bench.quantity("dice.rv_cavity"), 0.85);
  // Sure of good labels: no warning names one.
  EXPECT_GT(bench.quantity("border_confidence.lv_wall"), 0.8);
  for (const auto& warning : bench.findings.warnings()) EXPECT_EQ(warning.find("unsure"), std::string::npos) << warning;
  // One basal slice more or less is 8 mm of about 14 cm^2.
  EXPECT_NEAR(bench.quantity("volume.lv_cavity.ed"), truth.edv_ml, 22);
}

}  // namespace
}  // namespace cardiotwin

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/ingest/inspect.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "pixels.hpp"
#include "read_study.hpp"
#include "scan.hpp"
#include "support/workbench.hpp"
#include "views.hpp"
#include "volume.hpp"

namespace cardiotwin::ingest {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class RealData : public testing::Test {
 protected:
  void SetUp() override {
    if (data_.empty()) GTEST_SKIP() << "no shared data beside the project: set CARDIOTWIN_SHARED_DATA";
  }
  artifacts::Image ingest(const fs::path& folder, config::Json parameters = config::Json::object()) {
    parameters["dicom_folder"] = (data_ / folder).string();
    parameters["reference_date"] = "2026-01-01";
    const auto stage = make_stage();
    bench_.run(*stage, parameters);
    return bench_.result<artifacts::Image>();
  }
  std::string refusal(const fs::path& folder, const config::Json& parameters = config::Json::object()) {
    try {
      ingest(folder, parameters);
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), core::ExitCode::input);
      return error.what();
    }
    ADD_FAILURE() << "not refused";
    return "";
  }
  const fs::path data_ = test::shared_data();
  test::Workbench bench_;
};

TEST_F(RealData, Sunnybrook301) {
  const auto image = ingest("scd-sunnybrook/full_cine/SCD0000301");
  EXPECT_EQ(image.geometry.size, (std::array<std::int64_t, 3>{256, 256, 10}));
  EXPECT_EQ(image.phases(), 20);
  EXPECT_NEAR(image.geometry.spacing[0], 1.2891, 1e-9);
  EXPECT_NEAR(image.geometry.spacing[2], 8, 1e-3);
  EXPECT_NEAR(bench_.quantity("heart_rate"), 65, 0.01);
  EXPECT_NEAR(image.phase_times_ms.front(), 10, 1e-9);
  EXPECT_NEAR(image.phase_times_ms.back(), 886, 1e-9);
  EXPECT_EQ(image.facts.acquisition_date, "");
  EXPECT_THAT(bench_.findings.warnings(), testing::Contains(HasSubstr("no day of the calendar")));
  // 1.dcm is the uppermost slice at its first phase: position and first pixels as its header and bytes have them.
  const Vec3 corner = image.geometry.to_world({0, 0, 9});
  EXPECT_LT(core::norm(corner - Vec3{-28.7592, -199.666, 111.184}), 1e-3);
  const auto file = read_header(data_ / "scd-sunnybrook/full_cine/SCD0000301/1.dcm");
  const auto pixels = read_pixels(*file.facts, "1.dcm");
  const auto start = image.voxels.begin() + 9 * 256 * 256;
  EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), start));
  EXPECT_EQ(*std::max_element(pixels.begin(), pixels.end()), 723);  // LargestImagePixelValue of the header
}

/// Bit by bit what the same functions read here, in this process.
TEST_F(RealData, WhatIsReadInAProcessOfItsOwnIsTheSame) {
  const struct {
    const char *folder, *modality;
  } studies[] = {{"chest-ct-ricord", "CT"}, {"scd-sunnybrook/full_cine/SCD0000301", "MR"}, {"bivme-cine4d", "MR"}};
  for (const auto& [folder, modality] : studies) {
    const ReadStudy confined = read_study(data_ / folder, {modality, ""}, 0);
    Notes notes;
    const Scan scan = scan_folder(data_ / folder);
    const Stack stack = choose_stack(scan, {modality, ""}, notes.warnings);
    const auto image = read_volume(scan, stack, 0, notes);
    const auto views = read_views(scan, stack, notes);
    EXPECT_EQ(confined.image.geometry, image.geometry);
    EXPECT_EQ(confined.image.phase_times_ms, image.phase_times_ms);
    EXPECT_EQ(confined.image.voxels, image.voxels);
    ASSERT_EQ(confined.views.views.size(), views.views.size());
    for (std::size_t n = 0; n < views.views.size(); ++n)
      EXPECT_EQ(confined.views.views[n].pixels, views.views[n].pixels);
    EXPECT_EQ(confined.notes.warnings, notes.warnings);
    EXPECT_EQ(confined.notes.assumptions, notes.assumptions);
  }
}

TEST_F(RealData, SunnybrookWithOnlyTwoPhasesIsReadAndSaid) {
  for (const char* name : {"SCD0000101", "SCD0000201"}) {
    const auto image = ingest(fs::path("scd-sunnybrook/ed_es_only") / name);
    EXPECT_EQ(image.geometry.size[2], 9);
    EXPECT_EQ(image.phases(), 2);
    EXPECT_THAT(bench_.findings.warnings(), testing::Contains(HasSubstr("only 2 phases")));
  }
}

TEST_F(RealData, OneSeriesPerSliceAmongLongAxes) {
  const auto image = ingest("bivme-cine4d");
  EXPECT_EQ(image.geometry.size, (std::array<std::int64_t, 3>{256, 208, 6}));
  EXPECT_EQ(image.phases(), 9);
  EXPECT_NEAR(image.geometry.spacing[2], 17.7, 1e-3);
  EXPECT_NEAR(image.cycle_length_ms, (831 + 814 + 776 + 829 + 860 + 863) / 6.0, 1e-9);
  EXPECT_EQ(image.facts.acquisition_date, "2025-05-14");
}

TEST_F(RealData, Pig) {
  const auto image = ingest("pig-cine-ep/E774S5-shortAxis");
  EXPECT_EQ(image.geometry.size, (std::array<std::int64_t, 3>{256, 256, 20}));
  EXPECT_THAT(image.phase_times_ms, testing::Pointwise(testing::DoubleNear(1e-9), {10.0, 136.0, 231.0, 420.0}));
}

TEST_F(RealData, CompressedChestCt) {
  EXPECT_THAT(refusal("chest-ct-ricord"), AllOf(HasSubstr("images of modality MR"), HasSubstr("126 of modality CT")));
  const auto image = ingest("chest-ct-ricord", {{"modality", "CT"}});
  EXPECT_EQ(image.geometry.size, (std::array<std::int64_t, 3>{512, 512, 126}));
  EXPECT_EQ(image.phases(), 1);
  EXPECT_NEAR(image.geometry.spacing[2], 1.25, 1e-6);
  const auto [low, high] = std::minmax_element(image.voxels.begin(), image.voxels.end());
  EXPECT_LE(*low, -1000);  // air, in Hounsfield units
  EXPECT_GT(*high, 500);   // bone
  EXPECT_LT(*high, 4096);
}

TEST_F(RealData, UnevenTiltedHeadCtIsRefused) {
  EXPECT_THAT(refusal("dicom-edge-cases/ct-gantry-tilt-nonuniform", {{"modality", "CT"}}), HasSubstr("mm between"));
}

TEST_F(RealData, ThreePatientsInOneFolder) {
  EXPECT_THAT(refusal("scd-sunnybrook"), AllOf(HasSubstr("got 3 patients"), HasSubstr("images such as")));
}

TEST_F(RealData, EnhancedMultiFrame) {
  const test::TemporaryFolder folder;
  for (int n = 1; n <= 4; ++n) {
    const std::string name = "siemens_xa10_6_" + std::to_string(n) + ".dcm";
    fs::copy_file(data_ / "dicom-edge-cases/enhanced-mr" / name, folder.path() / name);
  }
  const auto image = ingest(folder.path());
  EXPECT_EQ(image.geometry.size, (std::array<std::int64_t, 3>{64, 64, 6}));
  EXPECT_EQ(image.phases(), 4);
  EXPECT_NEAR(image.geometry.spacing[0], 3.375, 1e-9);
}

TEST_F(RealData, AFieldMapIsNoSecondPhase) {
  const test::TemporaryFolder folder;
  fs::copy_file(data_ / "dicom-edge-cases/enhanced-mr/IM_0027_fMAP.dcm", folder.path() / "map.dcm");
  const auto image = ingest(folder.path());
  EXPECT_EQ(image.geometry.size, (std::array<std::int64_t, 3>{64, 64, 32}));
  EXPECT_EQ(image.phases(), 1);
  EXPECT_GE(*std::min_element(image.voxels.begin(), image.voxels.end()), 0);  // the map has negative frequencies
}

TEST_F(RealData, EveryLosslessCodingGivesTheSamePixels) {
  const auto folder = data_ / "dicom-edge-cases/transfer-syntaxes-wg04";
  for (const std::string image : {"CT1", "CT2", "MR1"}) {
    const auto plain = read_header(folder / (image + "_UNC"));
    ASSERT_EQ(plain.kind, FileKind::image);
    const auto pixels = read_pixels(*plain.facts, image);
    for (const std::string coding : {"_JPLL", "_JLSL", "_J2KR", "_RLE"}) {
      const auto file = read_header(folder / (image + coding));
      ASSERT_EQ(file.kind, FileKind::image);
      EXPECT_EQ(read_pixels(*file.facts, image + coding), pixels) << image << coding;
    }
  }
}

TEST_F(RealData, EveryOddFileIsReadOrRefusedInASentence) {
  int images = 0, decoded = 0, damaged = 0;
  for (const auto& entry : fs::recursive_directory_iterator(data_ / "dicom-edge-cases")) {
    if (!entry.is_regular_file()) continue;
    const auto file = read_header(entry.path());
    if (file.kind != FileKind::image) {
      EXPECT_FALSE(file.problem.empty()) << entry.path();
      damaged += file.kind == FileKind::damaged;
      continue;
    }
    ++images;
    try {
      const auto pixels = read_pixels(*file.facts, entry.path().filename());
      EXPECT_EQ(pixels.size(),
                std::size_t(file.facts->columns) * std::size_t(file.facts->rows) * std::size_t(file.facts->frames));
      ++decoded;
    } catch (const core::Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("expected a complete greyscale DICOM image")) << entry.path();
    }
  }
  EXPECT_GE(images, 90);
  EXPECT_EQ(decoded, images - 1);  // badVR.dcm has 15 frames and says "1A"
  EXPECT_GE(damaged, 3);
}

TEST_F(RealData, AnyCutOfAFileIsSurvived) {
  const test::TemporaryFolder folder;
  for (const char* name :
       {"MR_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm", "emri_small.dcm"}) {
    const auto source = data_ / "dicom-edge-cases/pydicom-testfiles" / name;
    if (!fs::exists(source)) continue;
    const auto whole = read_header(source);
    for (std::uintmax_t size = 0; size < fs::file_size(source); size += size < 2000 ? 7 : 997) {
      const auto copy = folder.path() / "cut.dcm";
      fs::copy_file(source, copy, fs::copy_options::overwrite_existing);
      fs::resize_file(copy, size);
      EXPECT_NE(read_header(copy).kind, FileKind::image) << name << " cut to " << size;
    }
  }
}

}  // namespace
}  // namespace cardiotwin::ingest

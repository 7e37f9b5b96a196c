/// The stage as the pipeline runs it: given labels, refusals, figures.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "heart_stack.hpp"
#include "support/workbench.hpp"

namespace cardiotwin {
namespace {

using artifacts::Anatomy;
using artifacts::Labels;

/// Labels as NRRD, phase after phase.
void write_nrrd(const std::filesystem::path& path, const artifacts::Geometry& g,
                const std::vector<std::uint8_t>& labels, std::size_t phases) {
  std::ofstream file(path, std::ios::binary);
  file.precision(15);
  const auto vector = [&](const Vec3& v) { file << "(" << v[0] << "," << v[1] << "," << v[2] << ")"; };
  file << "NRRD0005\ntype: uint8\ndimension: " << (phases > 1 ? 4 : 3)
       << "\nspace: left-posterior-superior\nsizes: " << g.size[0] << " " << g.size[1] << " " << g.size[2];
  if (phases > 1) file << " " << phases;
  file << "\nspace directions: ";
  for (std::size_t a = 0; a < 3; ++a) {
    vector(g.spacing[a] * g.axes[a]);
    file << " ";
  }
  if (phases > 1) file << "none\nkinds: domain domain domain list";
  file << "\nencoding: raw\nspace origin: ";
  vector(g.origin);
  file << "\n\n";
  file.write(reinterpret_cast<const char*>(labels.data()), static_cast<std::streamsize>(labels.size()));
}

class StageOnDrawnHeart : public testing::Test {
 protected:
  StageOnDrawnHeart() : stage(segmentation::make_stage()) {}
  void SetUp() override {
    const std::vector<double> sizes{1.0, 0.8, 0.9};
    bench.give(heart.image(sizes));
    for (const double size : sizes) {
      const auto phase = heart.labels(size);
      labels.insert(labels.end(), phase.begin(), phase.end());
    }
  }
  std::filesystem::path file(const char* name) const { return bench.folder() / name; }
  core::Error error_of(const config::Json& overrides) {
    try {
      bench.run(*stage, overrides);
    } catch (const core::Error& error) {
      return error;
    }
    throw std::logic_error("the stage accepted it");
  }
  test::EllipsoidHeart heart;
  std::vector<std::uint8_t> labels;
  test::Workbench bench;
  std::unique_ptr<stage::Stage> stage;
};

TEST_F(StageOnDrawnHeart, TheShippedNetworkStandsInForAnEmptyName) {
  for (const auto& parameter : stage->parameters())
    if (parameter.key == "model_file") {
      EXPECT_TRUE(std::filesystem::is_regular_file(parameter.stand_in));  // another one makes the stage stale
      return;
    }
  FAIL() << "no model_file";
}

TEST_F(StageOnDrawnHeart, UsesGivenLabelsOfEveryPhase) {
  core::on_root(core::Comm(), [&] { write_nrrd(file("labels.nrrd"), heart.geometry, labels, 3); });
  EXPECT_EQ(bench.run(*stage, {{"labels_file", "labels.nrrd"}}), stage::Outcome::complete);
  const auto found = bench.result<Labels>();
  EXPECT_EQ(found.end_diastole, 0);
  EXPECT_EQ(found.end_systole, 1);
  EXPECT_TRUE(found.confidence.empty());
  EXPECT_NE(found.source.find("labels.nrrd sha256 "), std::string::npos);
  const double voxel = heart.geometry.voxel_volume() / 1000;
  const auto voxels = static_cast<std::size_t>(heart.geometry.voxels());
  const auto cavity = std::count(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(voxels), 1);
  EXPECT_NEAR(bench.quantity("end_diastolic_volume"), static_cast<double>(cavity) * voxel, 0.01 * heart.cavity_ml());
  EXPECT_NEAR(bench.quantity("end_diastolic_volume"), heart.cavity_ml(), 0.02 * heart.cavity_ml());
  EXPECT_NEAR(bench.quantity("ejection_fraction"), 100 * (1 - std::pow(0.8, 3)), 2);
  const auto anatomy = bench.result<Anatomy>();
  EXPECT_EQ(anatomy.time_ms, 0);
  EXPECT_EQ(anatomy.geometry.spacing, (Vec3{1.25, 1.25, 1.25}));
}

TEST_F(StageOnDrawnHeart, TakesOneVolumeForEndDiastole) {
  core::on_root(core::Comm(), [&] { write_nrrd(file("one.nrrd"), heart.geometry, heart.labels(), 1); });
  bench.run(*stage, {{"labels_file", "one.nrrd"}, {"reference_labels_file", "one.nrrd"}});
  EXPECT_EQ(bench.result<Labels>().phase_times_ms.size(), 1U);
  EXPECT_EQ(bench.quantity("dice.rv_cavity.end_diastole"), 1);
  for (const auto& quantity : bench.findings.quantities()) EXPECT_NE(quantity.name, "ejection_fraction");
}

TEST_F(StageOnDrawnHeart, RefusesLabelsOfAnotherGeometryAndStatesBoth) {
  auto other = heart.geometry;
  other.origin[0] += 5;
  core::on_root(core::Comm(), [&] { write_nrrd(file("moved.nrrd"), other, heart.labels(), 1); });
  const core::Error error = error_of({{"labels_file", "moved.nrrd"}});
  EXPECT_EQ(error.code(), core::ExitCode::input);
  EXPECT_NE(error.fault().where.find("moved.nrrd"), std::string::npos);
  EXPECT_NE(error.fault().expected.find("(-31.00, 12.00, 100.00)"), std::string::npos) << error.what();
  EXPECT_NE(error.fault().found.find("(-26.00, 12.00, 100.00)"), std::string::npos) << error.what();
}

TEST_F(StageOnDrawnHeart, RefusesUnknownLabelValues) {
  auto wrong = heart.labels();
  wrong[5] = 7;
  core::on_root(core::Comm(), [&] { write_nrrd(file("wrong.nrrd"), heart.geometry, wrong, 1); });
  const core::Error error = error_of({{"labels_file", "wrong.nrrd"}});
  EXPECT_EQ(error.code(), core::ExitCode::input);
  EXPECT_NE(error.fault().found.find("the value 7"), std::string::npos);
}

TEST_F(StageOnDrawnHeart, RefusesAFileThatIsNoImage) {
  core::on_root(core::Comm(), [&] { std::ofstream(file("text.nrrd")) << "hello"; });
  EXPECT_EQ(error_of({{"labels_file", "text.nrrd"}}).code(), core::ExitCode::input);
}

TEST_F(StageOnDrawnHeart, RefusesAnotherModalityByName) {
  auto image = heart.image();
  image.facts.modality = "CT";
  bench.give(image);
  const core::Error error = error_of({});
  EXPECT_EQ(error.code(), core::ExitCode::input);
  EXPECT_NE(error.fault().expected.find("CT"), std::string::npos) << error.what();
  EXPECT_NE(error.fault().found.find("for MR"), std::string::npos) << error.what();
}

TEST_F(StageOnDrawnHeart, RefusesAnImageWithoutAHeart) {
  auto image = heart.image();
  for (std::size_t v = 0; v < image.voxels.size(); ++v) image.voxels[v] = static_cast<float>((v * 7919) % 97);
  bench.give(image);
  const core::Error error = error_of({});
  EXPECT_EQ(error.code(), core::ExitCode::input);
  EXPECT_NE(error.fault().where.find("segmentation"), std::string::npos) << error.what();
}

}  // namespace
}  // namespace cardiotwin

/// The stage as the pipeline runs it: given labels, refusals, figures.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/imaging/review.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"
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
  EXPECT_NEAR(bench.quantity("volume.lv_cavity.ed"), static_cast<double>(cavity) * voxel, 0.01 * heart.cavity_ml());
  EXPECT_NEAR(bench.quantity("volume.lv_cavity.ed"), heart.cavity_ml(), 0.02 * heart.cavity_ml());
  const double smaller = std::pow(0.8, 3);
  EXPECT_NEAR(bench.quantity("volume.lv_cavity.es"), smaller * heart.cavity_ml(), 0.02 * heart.cavity_ml());
  EXPECT_NEAR(bench.quantity("volume.lv_wall.ed"), heart.wall_ml(), 0.05 * heart.wall_ml());
  EXPECT_GT(bench.quantity("volume.rv_cavity.es"), 0);
  EXPECT_NEAR(bench.quantity("ejection_fraction"), 100 * (1 - std::pow(0.8, 3)), 2);
  const auto anatomy = bench.result<Anatomy>();
  EXPECT_EQ(anatomy.time_ms, 0);
  EXPECT_EQ(anatomy.geometry.spacing, (Vec3{1.25, 1.25, 1.25}));
}

TEST_F(StageOnDrawnHeart, TakesOneVolumeForEndDiastole) {
  core::on_root(core::Comm(), [&] { write_nrrd(file("one.nrrd"), heart.geometry, heart.labels(), 1); });
  bench.run(*stage, {{"labels_file", "one.nrrd"}, {"reference_file", "one.nrrd"}});
  EXPECT_EQ(bench.result<Labels>().phase_times_ms.size(), 1U);
  EXPECT_EQ(bench.quantity("dice.rv_cavity"), 1);
  EXPECT_EQ(bench.quantity("hausdorff95.lv_wall"), 0);
  for (const auto& quantity : bench.findings.quantities()) {
    EXPECT_NE(quantity.name, "ejection_fraction");
    EXPECT_FALSE(quantity.name.ends_with(".es")) << quantity.name;
    EXPECT_EQ(quantity.name.find("left_atrium"), std::string::npos) << quantity.name;
  }
}

TEST_F(StageOnDrawnHeart, ComparesWithAReferenceAtItsOwnMoments) {
  const auto reference = heart.labels(1.1), systole = heart.labels(0.8);
  auto both = reference;
  both.insert(both.end(), systole.begin(), systole.end());
  both.resize(labels.size(), 0);  // contours of two phases
  core::on_root(core::Comm(), [&] {
    write_nrrd(file("labels.nrrd"), heart.geometry, labels, 3);
    write_nrrd(file("reference.nrrd"), heart.geometry, both, 3);
  });
  bench.run(*stage, {{"labels_file", "labels.nrrd"}, {"reference_file", "reference.nrrd"}});
  // The reference's cavity is wider by 2.5 mm and longer by 7 mm: pixels are 1.4 mm wide, slices 8 mm thick.
  EXPECT_GT(bench.quantity("hausdorff95.lv_cavity"), 2.5 - 1.4);
  EXPECT_LT(bench.quantity("hausdorff95.lv_cavity"), 8);
  EXPECT_NEAR(bench.quantity("dice.lv_cavity"), 2 / (1 + std::pow(1.1, 3)), 0.02);
  EXPECT_EQ(bench.quantity("dice.lv_cavity.es"), 1);
  EXPECT_EQ(bench.quantity("hausdorff95.lv_cavity.es"), 0);
}

/// Formats of the export, and what a person would give back.
class ReviewedLabels : public StageOnDrawnHeart, public testing::WithParamInterface<const char*> {
 protected:
  /// Exports what the stage made of the drawn heart.
  void export_first_run() {
    core::on_root(core::Comm(), [&] { write_nrrd(file("first.nrrd"), heart.geometry, labels, 3); });
    bench.run(*stage, {{"labels_file", "first.nrrd"}});
    core::on_root(core::Comm(), [&] {
      exported = bench.result<Labels>();
      exported.confidence.assign(exported.labels.size(), 0.5F);
      imaging::write_review(exported, heart.image({1.0, 0.8, 0.9}), GetParam(), bench.folder());
    });
  }
  std::string name(const std::string& stem) const { return stem + "." + GetParam(); }
  Labels exported;
};
INSTANTIATE_TEST_SUITE_P(Formats, ReviewedLabels, testing::Values("nrrd", "nii.gz"),
                         [](const auto& format) { return std::string(format.param).substr(0, 3); });

TEST_P(ReviewedLabels, ComeBackVoxelForVoxel) {
  export_first_run();
  for (const auto& volumes : {std::string("labels_all_phases"), std::string("labels_end_systole")}) {
    EXPECT_EQ(bench.run(*stage, {{"labels_file", name(volumes)}}), stage::Outcome::complete);
    core::on_root(core::Comm(), [&] {
      const auto back = bench.result<Labels>();
      EXPECT_TRUE(back.geometry.same_as(heart.geometry));
      const auto first = exported.labels.begin() + (back.phase_times_ms.size() == 1 ? heart.geometry.voxels() : 0);
      EXPECT_TRUE(std::equal(back.labels.begin(), back.labels.end(), first)) << volumes;
      for (const char* made : {"image_end_systole", "confidence_end_diastole"})
        EXPECT_TRUE(std::filesystem::exists(file(name(made).c_str()))) << made;
    });
  }
}

TEST_P(ReviewedLabels, AreRefusedOnAnotherGridAndWithUnknownLabels) {
  auto moved = heart;
  moved.geometry.axes = {Vec3{0.6, 0.8, 0}, Vec3{0.48, -0.36, -0.8}, Vec3{-0.64, 0.48, -0.6}};
  core::on_root(core::Comm(), [&] {
    std::filesystem::create_directory(file("moved"));
    std::filesystem::create_directory(file("unknown"));
    Labels wrong = moved.artifact();
    imaging::write_review(wrong, moved.image(), GetParam(), file("moved"));
    wrong.geometry = heart.geometry;
    wrong.labels[1000] = 9;
    imaging::write_review(wrong, heart.image(), GetParam(), file("unknown"));
  });
  const core::Error grid = error_of({{"labels_file", name("moved/labels_end_diastole")}});
  EXPECT_NE(grid.fault().where.find(name("moved/labels_end_diastole")), std::string::npos) << grid.what();
  EXPECT_NE(grid.fault().expected.find("grid"), std::string::npos) << grid.what();
  const core::Error value = error_of({{"labels_file", name("unknown/labels_end_diastole")}});
  EXPECT_NE(value.fault().where.find(name("unknown/labels_end_diastole")), std::string::npos) << value.what();
  EXPECT_NE(value.fault().found.find("the value 9"), std::string::npos) << value.what();
}

TEST_F(StageOnDrawnHeart, ExportsInPatientCoordinatesWithNames) {
  core::on_root(core::Comm(), [&] {
    const Labels one = heart.artifact();
    const auto written = imaging::write_review(one, heart.image(), "nrrd", bench.folder());
    EXPECT_EQ(written, (std::vector<std::string>{"labels_end_diastole.nrrd", "image_end_diastole.nrrd"}));
    const std::string header = io::read_file(file("labels_end_diastole.nrrd")).substr(0, 600);
    EXPECT_NE(header.find("space: left-posterior-superior"), std::string::npos) << header;
    EXPECT_NE(header.find("space origin: (-31,12,100)"), std::string::npos) << header;
    EXPECT_NE(header.find("type: unsigned char"), std::string::npos) << header;
    EXPECT_NE(io::read_file(file("labels.txt")).find("1 216 60 50 1 1 1 \"lv_cavity\"\n"), std::string::npos);
    EXPECT_NE(io::read_file(file("labels.ctbl")).find("\n7 pulmonary_artery "), std::string::npos);
  });
}

/// The records of an action that the stage left for the audit log.
std::vector<config::Json> records(const std::filesystem::path& folder, const std::string& action) {
  std::vector<config::Json> found;
  std::ifstream file(folder / "audit.jsonl");
  for (std::string line; std::getline(file, line);)
    if (const auto record = config::Json::parse(line); record["action"] == action) found.push_back(record["what"]);
  return found;
}

TEST_F(StageOnDrawnHeart, RecordsWhatAPersonChanged) {
  auto corrected = labels;
  const auto cavity = std::ranges::find(corrected, artifacts::lv_cavity);
  std::fill(cavity, cavity + 3, std::uint8_t{artifacts::lv_wall});
  Labels before = heart.artifact({1.0, 0.8, 0.9});
  before.source = "network of the test";
  bench.give(before);
  core::on_root(core::Comm(), [&] { write_nrrd(file("corrected.nrrd"), heart.geometry, corrected, 3); });
  bench.run(*stage, {{"labels_file", "corrected.nrrd"}});
  core::on_root(core::Comm(), [&] {
    const auto found = records(bench.folder(), "segmentation.labels");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0]["labels_file"], "corrected.nrrd");
    EXPECT_EQ(found[0]["sha256"], io::sha256_file(file("corrected.nrrd")));
    EXPECT_EQ(found[0]["earlier_source"], "network of the test");
    const config::Json expected = {{"lv_cavity", {{"added", 0}, {"removed", 3}}},
                                   {"lv_wall", {{"added", 3}, {"removed", 0}}}};
    EXPECT_EQ(found[0]["changed_voxels"], expected) << found[0];
  });
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
  wrong[5] = 8;
  core::on_root(core::Comm(), [&] { write_nrrd(file("wrong.nrrd"), heart.geometry, wrong, 1); });
  const core::Error error = error_of({{"labels_file", "wrong.nrrd"}});
  EXPECT_EQ(error.code(), core::ExitCode::input);
  EXPECT_NE(error.fault().found.find("the value 8"), std::string::npos);
}

TEST_F(StageOnDrawnHeart, RefusesAFileThatIsNoImage) {
  core::on_root(core::Comm(), [&] { std::ofstream(file("text.nrrd")) << "hello"; });
  EXPECT_EQ(error_of({{"labels_file", "text.nrrd"}}).code(), core::ExitCode::input);
}

TEST_F(StageOnDrawnHeart, RefusesAnotherModalityByName) {
  auto image = heart.image();
  image.facts.modality = "CT";
  bench.give(image);
  const core::Error error = error_of({{"model_file", CARDIOTWIN_SOURCE_DIR "/data/models/short_axis_cine_mr.h5"}});
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

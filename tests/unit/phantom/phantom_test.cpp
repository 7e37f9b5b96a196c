#include "cardiotwin/phantom/phantom.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/units.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::phantom {
namespace {

using testing::HasSubstr;

/// Fine enough that counted volumes can be held against the formula.
CineMrOptions fine(const std::filesystem::path& output, std::uint64_t seed) {
  CineMrOptions o;
  o.output = output, o.seed = seed;
  o.phases = 2, o.matrix = 128, o.pixel_spacing_mm = 1.75, o.slice_thickness_mm = 4;
  return o;
}

CineMrOptions coarse(const std::filesystem::path& output, std::uint64_t seed) {
  CineMrOptions o;
  o.output = output, o.seed = seed;
  o.phases = 3, o.matrix = 48, o.pixel_spacing_mm = 5, o.slice_thickness_mm = 16;
  return o;
}

double counted_ml(const Phantom& p, std::size_t phase, int label) {
  const auto n = static_cast<std::ptrdiff_t>(p.geometry.voxels());
  const auto begin = p.labels.begin() + n * static_cast<std::ptrdiff_t>(phase);
  return static_cast<double>(std::count(begin, begin + n, label)) * p.geometry.voxel_volume() / core::mm3_per_ml;
}

double mean_of(const Phantom& p, int label) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t n = 0; n < p.labels.size(); ++n)
    if (p.labels[n] == label) sum += p.voxels[n], ++count;
  return sum / static_cast<double>(count);
}

TEST(Phantom, CountedVolumesAreThoseOfTheFormula) {
  for (const std::uint64_t seed : {1, 5}) {
    const test::TemporaryFolder folder;
    const Phantom p = make_cine_mr(fine(folder.path(), seed));
    const std::size_t es = 1;
    EXPECT_EQ(p.esv_ml, p.lv_volume_ml[es]);
    for (const std::size_t phase : {std::size_t{0}, es})
      EXPECT_NEAR(counted_ml(p, phase, artifacts::lv_cavity), p.lv_volume_ml[phase], 0.02 * p.lv_volume_ml[phase])
          << seed;
    // The wall keeps its volume while the cavity empties.
    const double wall = counted_ml(p, 0, artifacts::lv_wall);
    EXPECT_NEAR(counted_ml(p, es, artifacts::lv_wall), wall, 0.02 * wall) << seed;
    EXPECT_GT(counted_ml(p, 0, artifacts::rv_cavity), counted_ml(p, es, artifacts::rv_cavity));
  }
}

TEST(Phantom, ReachesFromAboveTheBaseToBelowTheApex) {
  const test::TemporaryFolder folder;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CineMrOptions o = coarse(folder.path() / std::to_string(seed), seed);
    o.slice_thickness_mm = 8, o.phases = 2;
    const Phantom p = make_cine_mr(o);
    const auto plane = static_cast<std::ptrdiff_t>(p.geometry.size[0] * p.geometry.size[1]);
    const auto ventricle = [&](std::ptrdiff_t k) {
      const auto begin = p.labels.begin() + k * plane;
      return std::any_of(begin, begin + plane, [](int label) { return label == 1 || label == 2; });
    };
    EXPECT_FALSE(ventricle(p.geometry.size[2] - 1)) << seed;
    EXPECT_TRUE(ventricle(p.geometry.size[2] - 3)) << seed;
    EXPECT_FALSE(ventricle(0)) << seed;
    EXPECT_TRUE(ventricle(3)) << seed;
  }
}

TEST(Phantom, KeepsToItsOptions) {
  const test::TemporaryFolder folder;
  CineMrOptions o = coarse(folder.path(), 3);
  o.edv_ml = 150, o.ejection_fraction = 0.6, o.heart_rate_per_min = 75, o.slices = 8;
  const Phantom p = make_cine_mr(o);
  EXPECT_NEAR(p.edv_ml, 150, 1e-9);
  EXPECT_NEAR(p.ejection_fraction, 0.6, 1e-9);
  EXPECT_EQ(p.cycle_length_ms, 800);
  EXPECT_EQ(p.geometry.size, (std::array<std::int64_t, 3>{48, 48, 8}));
  EXPECT_EQ(p.files.size(), 8U * 3U);
}

TEST(Phantom, LooksLikeSteadyStateFreePrecession) {
  const test::TemporaryFolder folder;
  const Phantom p = make_cine_mr(fine(folder.path(), 4));
  EXPECT_GT(mean_of(p, artifacts::lv_cavity), 1.5 * mean_of(p, artifacts::lv_wall));
  EXPECT_GT(mean_of(p, artifacts::rv_cavity), 1.3 * mean_of(p, artifacts::lv_wall));
}

TEST(Phantom, IsDeterministicInItsSeed) {
  const test::TemporaryFolder folder;
  const Phantom a = make_cine_mr(coarse(folder.path() / "a", 7)), b = make_cine_mr(coarse(folder.path() / "b", 7));
  const Phantom c = make_cine_mr(coarse(folder.path() / "c", 8));
  ASSERT_EQ(a.files.size(), b.files.size());
  for (std::size_t n = 0; n < a.files.size(); ++n) EXPECT_EQ(io::sha256_file(a.files[n]), io::sha256_file(b.files[n]));
  EXPECT_EQ(io::sha256_file(folder.path() / "a/truth.nrrd"), io::sha256_file(folder.path() / "b/truth.nrrd"));
  EXPECT_NE(a.voxels, c.voxels);
}

TEST(Phantom, WritesItsTruthBesideTheImages) {
  const test::TemporaryFolder folder;
  const Phantom p = make_cine_mr(coarse(folder.path(), 9));
  const std::string file = io::read_file(folder.path() / "truth.nrrd");
  const auto end = file.find("\n\n");
  EXPECT_THAT(file.substr(0, end), HasSubstr("sizes: 48 48 " + std::to_string(p.geometry.size[2]) + " 3\n"));
  EXPECT_THAT(file.substr(0, end), HasSubstr("space: left-posterior-superior\n"));
  EXPECT_TRUE(std::equal(p.labels.begin(), p.labels.end(), file.begin() + static_cast<std::ptrdiff_t>(end) + 2,
                         file.end(), [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }));
  const auto truth = nlohmann::json::parse(io::read_file(folder.path() / "truth.json"));
  EXPECT_EQ(truth["edv_ml"], p.edv_ml);
  EXPECT_EQ(truth["lv_volume_ml"].size(), 3U);
  // The base point lies inside the stack, between the two uppermost slices.
  const auto point = truth["base_point_lps_mm"].get<Vec3>();
  const double k = p.geometry.to_index(point)[2];
  EXPECT_GT(k, static_cast<double>(p.geometry.size[2]) - 3);
  EXPECT_LT(k, static_cast<double>(p.geometry.size[2]) - 1);
}

TEST(Phantom, RefusesImpossibleOptionsAndUsedFolders) {
  const test::TemporaryFolder folder;
  CineMrOptions o = coarse(folder.path() / "x", 1);
  o.ejection_fraction = 0.95;
  EXPECT_THROW(make_cine_mr(o), core::Error);
  make_cine_mr(coarse(folder.path() / "y", 1));
  try {
    make_cine_mr(coarse(folder.path() / "y", 1));
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a folder with files in it"));
  }
}

}  // namespace
}  // namespace cardiotwin::phantom

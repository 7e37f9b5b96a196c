#include <fstream>
#include <numeric>

#include "cardiotwin/core/vec3.hpp"
#include "cardiotwin/ingest/inspect.hpp"
#include "cardiotwin/io/files.hpp"
#include "dicom_writer.hpp"
#include "study.hpp"

namespace cardiotwin::ingest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

artifacts::Image ingest(test::Workbench& bench, const config::Json& parameters) {
  const auto stage = make_stage();
  EXPECT_EQ(bench.run(*stage, parameters), stage::Outcome::complete);
  return bench.result<artifacts::Image>();
}

void expect_same(const artifacts::Image& image, const phantom::Phantom& p) {
  if (!core::Comm().is_root()) return;  // the phantom is known on rank 0
  const auto& g = image.geometry;
  ASSERT_EQ(g.size, p.geometry.size);
  for (const Vec3 corner :
       {Vec3{0, 0, 0}, Vec3{39, 0, 0}, Vec3{0, 39, 0}, Vec3{39, 39, static_cast<double>(g.size[2] - 1)}})
    EXPECT_LT(core::norm(g.to_world(corner) - p.geometry.to_world(corner)), 1e-5);
  EXPECT_GT(core::dot(core::cross(g.axes[0], g.axes[1]), g.axes[2]), 0.999999);
  ASSERT_EQ(image.phases(), static_cast<std::int64_t>(p.phase_times_ms.size()));
  EXPECT_EQ(image.voxels, p.voxels);
}

TEST(Stack, IsWhereAndWhatThePhantomWrote) {
  const test::TemporaryFolder folder;
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const auto p = make(small(folder.path() / std::to_string(seed), seed));
    test::Workbench bench;
    const auto image = ingest(bench, {{"dicom_folder", (folder.path() / std::to_string(seed) / "dicom").string()}});
    expect_same(image, p);
    EXPECT_EQ(bench.quantity("slices"), static_cast<double>(image.geometry.size[2]));  // collective
    if (!core::Comm().is_root()) continue;
    for (std::size_t n = 0; n < p.phase_times_ms.size(); ++n)
      EXPECT_NEAR(image.phase_times_ms[n], p.phase_times_ms[n], 1e-3);
    EXPECT_NEAR(image.cycle_length_ms, p.cycle_length_ms, 1e-9);
    EXPECT_EQ(image.facts.modality, "MR");
    EXPECT_EQ(image.facts.acquisition_date, "2025-01-02");
    EXPECT_EQ(image.facts.slice_thickness_mm, 16);
  }
}

TEST(Stack, IsOrderedByGeometryAndTimeNotByName) {
  const test::TemporaryFolder folder;
  const auto p = make(small(folder.path() / "study"));
  on_disk([&] {
    const auto mixed = folder.path() / "mixed";
    for (std::size_t n = 0; n < p.files.size(); ++n) {
      const auto place = mixed / std::to_string(n * 7 % 5);
      fs::create_directories(place);
      fs::rename(p.files[n], place / std::to_string(n * 37 % p.files.size()));
    }
    std::ofstream(mixed / "notes.txt") << "not an image\n";
  });
  test::Workbench bench;
  expect_same(ingest(bench, {{"dicom_folder", (folder.path() / "mixed").string()}}), p);
}

TEST(Stack, MayComeAsOneSeriesPerSliceWithIntervalsOfTheirOwn) {
  const test::TemporaryFolder folder;
  auto options = small(folder.path());
  options.series_per_slice = true, options.interval_jitter = 0.15;
  const auto p = make(options);
  test::Workbench bench;
  const auto image = ingest(bench, {{"dicom_folder", (folder.path() / "dicom").string()}});
  expect_same(image, p);
  EXPECT_TRUE(warned(bench, "the RR interval differs between slices"));
  for (std::size_t n = 1; n < image.phase_times_ms.size(); ++n)
    EXPECT_NEAR(image.phase_times_ms[n] / image.cycle_length_ms, static_cast<double>(n) / 4, 2e-3);
}

TEST(Stack, IgnoresFilesThatRepeatAnImage) {
  const test::TemporaryFolder folder;
  const auto p = make(small(folder.path()));
  on_disk([&] { fs::copy_file(p.files[3], folder.path() / "dicom/again.dcm"); });
  test::Workbench bench;
  expect_same(ingest(bench, {{"dicom_folder", (folder.path() / "dicom").string()}}), p);
  EXPECT_TRUE(warned(bench, "repeat an image"));
}

TEST(Stack, TellsNobodyWhoThePatientIs) {
  const test::TemporaryFolder folder;
  make(small(folder.path() / "p", 4711));
  const config::Json parameters = {{"dicom_folder", (folder.path() / "p/dicom").string()}};
  test::Workbench bench, again, salted;
  const auto image = ingest(bench, parameters);
  for (const auto& file : {bench.output_file(), bench.folder() / "log.txt"})
    for (const char* secret : {"PHANTOM^SEED", "PHANTOM-4711"})
      EXPECT_THAT(io::read_file(file), Not(HasSubstr(secret))) << file;
  EXPECT_EQ(image.facts.pseudonym.size(), 16U);
  EXPECT_EQ(image.facts.pseudonym, ingest(again, parameters).facts.pseudonym);
  auto other = parameters;
  other["pseudonym_salt"] = "secret";
  EXPECT_NE(image.facts.pseudonym, ingest(salted, other).facts.pseudonym);
}

TEST(Stack, OldImagingIsFlagged) {
  const test::TemporaryFolder folder;
  make(small(folder.path()));
  test::Workbench bench;
  ingest(bench, {{"dicom_folder", (folder.path() / "dicom").string()}, {"reference_date", "2025-07-01"}});
  EXPECT_EQ(bench.quantity("imaging_age"), 180);
  const bool flagged = core::Comm().is_root() && warned(bench, "days old");
  EXPECT_FALSE(flagged);
  ingest(bench, {{"dicom_folder", (folder.path() / "dicom").string()}, {"reference_date", "2025-07-02"}});
  EXPECT_TRUE(warned(bench, "181 days old"));
}

/// A plane of 8 x 8 pixels, all of one value, at height z.
phantom::MrImage flat(double z, double trigger_ms, int value) {
  static std::uint64_t key = 1000;
  return {.patient_name = "A",
          .patient_id = "A",
          .study_key = 1,
          .series_key = 2,
          .instance_key = ++key,
          .series_description = "flat",
          .instance_number = static_cast<int>(key),
          .rows = 8,
          .columns = 8,
          .position = {0, 0, z},
          .trigger_time_ms = trigger_ms,
          .interval_ms = 900,
          .pixels = std::vector<std::int16_t>(64, static_cast<std::int16_t>(value))};
}

void write_all(const fs::path& folder, const std::vector<phantom::MrImage>& images) {
  fs::create_directories(folder);
  for (const auto& image : images) phantom::write_dicom(folder / std::to_string(image.instance_key), image);
}

TEST(Stack, PhasesFollowTheTriggerTimeNotTheInstanceNumber) {
  const test::TemporaryFolder folder;
  on_disk([&] {
    std::vector<phantom::MrImage> images;
    for (const int phase : {2, 0, 1})
      for (const int k : {1, 3, 0, 2}) images.push_back(flat(10 * k, 300 * phase, 10 * k + phase));
    write_all(folder.path() / "study", images);
  });
  test::Workbench bench;
  const auto image = ingest(bench, {{"dicom_folder", (folder.path() / "study").string()}});
  EXPECT_THAT(image.phase_times_ms, testing::Pointwise(testing::DoubleNear(1e-9), {0.0, 300.0, 600.0}));
  for (std::int64_t phase = 0; phase < 3; ++phase)
    for (std::int64_t k = 0; k < 4; ++k) EXPECT_EQ(image.phase(phase)[64 * k], static_cast<float>(10 * k + phase));
}

TEST(Stack, ARepeatedSliceReplacesTheEarlierOne) {
  const test::TemporaryFolder folder;
  on_disk([&] {
    std::vector<phantom::MrImage> images;
    for (int k = 0; k < 4; ++k)
      for (int repeat = 0; repeat < (k == 2 ? 2 : 1); ++repeat) {
        images.push_back(flat(10 * k, 0, 10 * k + repeat));
        images.back().series_number = 5 + k + 10 * repeat,
        images.back().series_key = 50 + static_cast<std::uint64_t>(images.size());
      }
    write_all(folder.path() / "study", images);
  });
  test::Workbench bench;
  const auto image = ingest(bench, {{"dicom_folder", (folder.path() / "study").string()}});
  EXPECT_EQ(image.voxels[2 * 64], 21);
  EXPECT_TRUE(warned(bench, "slice at 20 mm was imaged in 2 series; series 17, the last, is used"));
}

TEST(Stack, TwoImagesOfOneMomentAreRefusedByName) {
  const test::TemporaryFolder folder;
  on_disk([&] {
    std::vector<phantom::MrImage> images;
    for (int k = 0; k < 4; ++k)
      for (int p = 0; p < 3; ++p) images.push_back(flat(10 * k, 100 * p, 1));
    images.push_back(flat(20, 100, 2));
    write_all(folder.path() / "study", images);
  });
  test::Workbench bench;
  EXPECT_THAT(refusal(bench, {{"dicom_folder", (folder.path() / "study").string()}}),
              testing::AllOf(HasSubstr("one image for each position and moment"), HasSubstr("at 20 mm, 100 ms")));
}

TEST(Stack, ImagesOfAnotherOrientationAreLeftOutAndSaid) {
  const test::TemporaryFolder folder;
  on_disk([&] {
    std::vector<phantom::MrImage> images;
    for (int k = 0; k < 4; ++k) images.push_back(flat(10 * k, 0, k));
    images.push_back(flat(0, 0, 99));
    images.back().column_direction = {0, 0, 1};
    write_all(folder.path() / "study", images);
  });
  test::Workbench bench;
  const auto image = ingest(bench, {{"dicom_folder", (folder.path() / "study").string()}});
  EXPECT_EQ(image.geometry.size[2], 4);
  EXPECT_TRUE(warned(bench, "1 images of the chosen series have another orientation"));
}

TEST(Stack, TheLargestCineIsTakenAndTheSeriesMayBeChosen) {
  const test::TemporaryFolder folder;
  on_disk([&] {
    std::vector<phantom::MrImage> images;
    const auto add = [&](int series, const char* name, int slices, int phases) {
      for (int k = 0; k < slices; ++k)
        for (int p = 0; p < phases; ++p) {
          images.push_back(flat(10 * k, 100 * p, series));
          images.back().series_number = series, images.back().series_key = 100 + static_cast<std::uint64_t>(series);
          images.back().series_description = name;
        }
    };
    add(1, "localiser", 9, 1), add(2, "cine short axis", 5, 4), add(3, "perfusion", 3, 12), add(4, "cine rest", 5, 4);
    write_all(folder.path() / "study", images);
  });
  test::Workbench bench;
  config::Json parameters = {{"dicom_folder", (folder.path() / "study").string()}};
  const std::string both = refusal(bench, parameters);
  EXPECT_THAT(
      both, testing::AllOf(HasSubstr("expected one stack that fits best"), HasSubstr("series 2 \"cine short axis\"")));
  for (const auto& [series, value] : {std::pair("short AXIS", 2.0F), std::pair("4", 4.0F), std::pair("1", 1.0F)}) {
    parameters["series"] = series;
    EXPECT_EQ(ingest(bench, parameters).voxels[0], value) << series;
  }
}

TEST(Stack, ADamagedFileOfNoKnownSeriesIsSaidAndLeftOut) {
  const test::TemporaryFolder folder;
  const auto p = make(small(folder.path()));
  on_disk([&] {
    fs::copy_file(p.files[0], folder.path() / "dicom/broken.dcm");
    fs::resize_file(folder.path() / "dicom/broken.dcm", 300);
  });
  test::Workbench bench;
  expect_same(ingest(bench, {{"dicom_folder", (folder.path() / "dicom").string()}}), p);
  EXPECT_TRUE(warned(bench, "broken.dcm: the file is truncated or damaged; left out"));
}

/// Six planes of which plane k is displaced by `drift` mm a slice along the rows, of an image linear in patient x and
/// y.
void write_tilted(const fs::path& folder, double drift, double second_gap) {
  fs::create_directories(folder);
  for (int k = 0; k < 6; ++k) {
    phantom::MrImage image{.patient_name = "A",
                           .patient_id = "A",
                           .study_key = 1,
                           .series_key = 2,
                           .instance_key = static_cast<std::uint64_t>(100 + k),
                           .series_description = "ramp",
                           .instance_number = k,
                           .rows = 20,
                           .columns = 30,
                           .pixel_spacing_mm = 2,
                           .slice_thickness_mm = 5,
                           .interval_ms = 1000,
                           .pixels = {}};
    image.position = {drift * k, 0, 5.0 * k + (k > 1 ? second_gap - 5 : 0)};
    for (int j = 0; j < 20; ++j)
      for (int i = 0; i < 30; ++i)
        image.pixels.push_back(static_cast<std::int16_t>(100 * (drift * k + 2 * i) + 30 * j));
    phantom::write_dicom(folder / (std::to_string(k) + ".dcm"), image);
  }
}

TEST(Stack, DisplacedPlanesAreShiftedBack) {
  const test::TemporaryFolder folder;
  on_disk([&] { write_tilted(folder.path() / "tilt", 1.5, 5); });
  test::Workbench bench;
  const auto image = ingest(bench, {{"dicom_folder", (folder.path() / "tilt").string()}});
  EXPECT_TRUE(warned(bench, "shifted by up to 4.5 mm"));
  ASSERT_EQ(image.geometry.size, (std::array<std::int64_t, 3>{30, 20, 6}));
  for (std::int64_t k = 0; k < 6; ++k)
    for (std::int64_t j = 0; j < 20; ++j)
      for (std::int64_t i = 4; i < 26; ++i) {  // away from the continued border
        const double x = image.geometry.to_world({double(i), double(j), double(k)})[0];
        ASSERT_NEAR(image.voxels[static_cast<std::size_t>(image.geometry.index(i, j, k))], 100 * x + 30.0 * double(j),
                    1e-2);
      }
}

TEST(Stack, UnevenSpacingIsRefusedAndSlightUnevennessSaid) {
  const test::TemporaryFolder folder;
  on_disk([&] {
    write_tilted(folder.path() / "uneven", 0, 6.5);
    write_tilted(folder.path() / "slight", 0, 5.15);
  });
  test::Workbench bench;
  EXPECT_THAT(refusal(bench, {{"dicom_folder", (folder.path() / "uneven").string()}}),
              HasSubstr("got 6.5 mm between 1.dcm"));
  ingest(bench, {{"dicom_folder", (folder.path() / "slight").string()}});
  EXPECT_TRUE(warned(bench, "not quite evenly spaced"));
}

TEST(Inspect, ListsWhatIsThere) {
  const test::TemporaryFolder folder;
  make(small(folder.path()));
  const std::string text = inspect_folder(folder.path()).text;
  EXPECT_THAT(text, HasSubstr("2 x not a DICOM file"));
  EXPECT_THAT(text, HasSubstr("would choose series 1 \"cine short axis\": MR 40 x 40"));
  EXPECT_THAT(text, Not(HasSubstr("SEED")));
}

}  // namespace
}  // namespace cardiotwin::ingest

/// Folders as archives and people leave them: copies, gaps, mixtures, broken identifiers, indices, and much that is no
/// image at all.

#include <chrono>
#include <fstream>

#include "cardiotwin/ingest/inspect.hpp"
#include "cardiotwin/io/files.hpp"
#include "dicom_writer.hpp"
#include "study.hpp"

namespace cardiotwin::ingest {
namespace {

namespace fs = std::filesystem;
using phantom::MrImage;
using testing::AllOf;
using testing::HasSubstr;

class MadeCase : public testing::Test {
 protected:
  /// A still plane of 8 x 8 pixels at height z whose values differ, in a study and series of its patient.
  static MrImage plane(double z, int value = 0) {
    static std::uint64_t key = 1000;
    MrImage image;
    image.patient_name = image.patient_id = "A";
    image.study_key = 1, image.series_key = 2, image.instance_key = ++key;
    image.series_description = "stack";
    image.instance_number = static_cast<int>(key);
    image.rows = image.columns = 8;
    image.position = {0, 0, z};
    image.interval_ms = 900;
    for (int n = 0; n < 64; ++n)
      image.pixels.push_back(static_cast<std::int16_t>(100 * static_cast<int>(z) + n % 7 + value));
    return image;
  }
  static std::vector<MrImage> stack(int slices) {
    std::vector<MrImage> images;
    for (int k = 0; k < slices; ++k) images.push_back(plane(10 * k));
    return images;
  }
  fs::path study() const { return folder_.path() / "study"; }
  fs::path file_of(const MrImage& image) const { return study() / std::to_string(image.instance_key); }
  void write(const std::vector<MrImage>& images) {
    on_disk([&] {
      fs::create_directories(study());
      for (const auto& image : images) phantom::write_dicom(file_of(image), image);
    });
  }
  /// Replaces text of equal length in a file.
  static void patch(const fs::path& file, const std::string& from, const std::string& to) {
    std::string bytes = io::read_file(file);
    ASSERT_EQ(from.size(), to.size());
    for (auto at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + 1))
      bytes.replace(at, from.size(), to);
    std::ofstream(file, std::ios::binary) << bytes;
  }
  artifacts::Image image(config::Json more = config::Json::object()) {
    more["dicom_folder"] = study().string();
    const auto stage = make_stage();
    bench_.run(*stage, more);
    return bench_.result<artifacts::Image>();
  }
  std::string refused(config::Json more = config::Json::object()) {
    more["dicom_folder"] = study().string();
    return refusal(bench_, more);
  }

  test::TemporaryFolder folder_;
  test::Workbench bench_;
};

TEST_F(MadeCase, ASliceCopiedUnderANewIdentifierIsRefusedByName) {
  auto images = stack(5);
  images.push_back(images[2]);
  images.back().instance_key = 77;
  write(images);
  EXPECT_THAT(refused(), AllOf(HasSubstr("one image for each position and moment"), HasSubstr(" and 77 at 20 mm")));
}

TEST_F(MadeCase, AStackCopiedUnderNewIdentifiersIsNoSecondPhase) {
  auto images = stack(4);
  for (int k = 0; k < 4; ++k) {
    images.push_back(images[static_cast<std::size_t>(k)]);
    images.back().instance_key = static_cast<std::uint64_t>(70 + k);
  }
  write(images);
  EXPECT_THAT(refused(), AllOf(HasSubstr("the same pixels in"), HasSubstr("at 0 mm"), HasSubstr("remove the copies")));
}

TEST_F(MadeCase, OneIdentifierForEveryImageLosesNone) {
  auto images = stack(4);
  write(images);
  on_disk([&] {
    for (const auto& i : images) patch(file_of(i), "2.25." + std::to_string(i.instance_key), "2.25.1001");
  });
  EXPECT_EQ(image().geometry.size[2], 4);
  EXPECT_TRUE(warned(bench_, "carry the identifier of another image"));
}

TEST_F(MadeCase, InvalidIdentifiersAndDatesAreTextLikeAnyOther) {
  auto images = stack(4);
  for (auto& i : images) i.series_key = 123456;
  write(images);
  on_disk([&] {
    for (const auto& i : images) {
      patch(file_of(i), "2.25.123456", "2.025.0.x..");
      patch(file_of(i), "20250102", "20251340");
    }
  });
  EXPECT_EQ(image().geometry.size[2], 4);
  EXPECT_TRUE(warned(bench_, "no day of the calendar"));
  EXPECT_EQ(bench_.result<artifacts::Image>().facts.acquisition_date, "");
}

TEST_F(MadeCase, MissingSlicesAreCounted) {
  auto images = stack(9);
  images.erase(images.begin() + 3, images.begin() + 5);
  write(images);
  EXPECT_THAT(refused(), AllOf(HasSubstr("2 missing between"), HasSubstr("at 20 mm"), HasSubstr("at 50 mm")));
}

TEST_F(MadeCase, MixedModalitiesGiveTheOneAskedFor) {
  auto images = stack(4);
  for (int k = 0; k < 6; ++k) {
    images.push_back(plane(5 * k));
    images.back().modality = "CT", images.back().series_key = 9, images.back().series_number = 9;
  }
  write(images);
  EXPECT_EQ(image().geometry.size[2], 4);
  EXPECT_EQ(image({{"modality", "CT"}}).geometry.size[2], 6);
}

TEST_F(MadeCase, MixedPatientsAreRefusedEvenWithOneStray) {
  auto images = stack(4);
  images.push_back(plane(90));
  images.back().patient_name = images.back().patient_id = "B";
  write(images);
  EXPECT_THAT(refused(), AllOf(HasSubstr("got 2 patients"), HasSubstr("1 images such as")));
}

TEST_F(MadeCase, TwoKindsAtOnePlaceAreNoPhases) {
  auto images = stack(4);
  for (int k = 0; k < 4; ++k) images.push_back(plane(10 * k, 1000));
  write(images);
  on_disk([&] {
    for (std::size_t n = 4; n < 8; ++n) patch(file_of(images[n]), "\\M ", "\\P ");
  });
  const auto result = image();
  EXPECT_EQ(result.phases(), 1);
  EXPECT_LT(result.voxels[0], 1000);  // magnitude
  EXPECT_TRUE(warned(bench_, "4 images of the chosen series have another orientation, matrix or kind"));
}

TEST_F(MadeCase, ADicomdirTreeIsReadWithoutItsIndex) {
  auto images = stack(5);
  write(images);
  on_disk([&] {
    for (std::size_t n = 0; n < images.size(); ++n) {
      const auto place = study() / "PT000000/ST000000" / ("SE00000" + std::to_string(n % 2));
      fs::create_directories(place);
      fs::rename(file_of(images[n]), place / ("IM00000" + std::to_string(n)));
    }
    // An index: the preamble, and a meta group that names the class of media directories.
    std::string index(128, '\0');
    const std::string media = "1.2.840.10008.1.3.10", syntax = "1.2.840.10008.1.2.1";
    index += "DICM" + std::string("\x02\x00\x02\x00UI", 6) + static_cast<char>(media.size()) + '\0' + media;
    index += std::string("\x02\x00\x10\x00UI", 6) + static_cast<char>(syntax.size() + 1) + '\0' + syntax + '\0';
    index += std::string(
        "\x04\x00\x30\x11"
        "CS\x02\x00IX",
        10);
    std::ofstream(study() / "DICOMDIR", std::ios::binary) << index;
  });
  EXPECT_EQ(image().geometry.size[2], 5);
  EXPECT_THAT(inspect_folder(study()).text, HasSubstr("1 x an index of DICOM files (DICOMDIR)"));
}

TEST_F(MadeCase, TwentyThousandUnrelatedFilesTakeSeconds) {
  write(stack(5));
  on_disk([&] {
    for (int n = 0; n < 20'000; ++n) {
      const auto place = study() / ("d" + std::to_string(n / 1000));
      if (n % 1000 == 0) fs::create_directories(place);
      std::ofstream(place / std::to_string(n)) << "file " << n << '\n';
    }
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(image().geometry.size[2], 5);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  EXPECT_LT(taken.count(), 20);  // measured: under a second; a busy machine gets room
  EXPECT_EQ(bench_.quantity("files"), 20'005);
}

TEST_F(MadeCase, OneFileIsInspectedWithItsValues) {
  const auto images = stack(1);
  write(images);
  const auto found = inspect_file(file_of(images[0]));
  EXPECT_FALSE(found.refusal);
  EXPECT_THAT(found.text, AllOf(HasSubstr("MR 8 x 8 pixels, 1 frames"), HasSubstr("stored values 0 to 6")));
  on_disk([&] { std::ofstream(study() / "note.txt") << "text"; });
  const auto none = inspect_file(study() / "note.txt");
  ASSERT_TRUE(none.refusal);
  EXPECT_THAT(none.refusal->where, HasSubstr("note.txt"));
  EXPECT_EQ(none.refusal->found, "not a DICOM file");
}

}  // namespace
}  // namespace cardiotwin::ingest

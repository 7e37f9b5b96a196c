#include <fstream>

#include "study.hpp"

namespace cardiotwin::ingest {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Refusal : public testing::Test {
 protected:
  std::string of(const fs::path& path, config::Json more = config::Json::object()) {
    more["dicom_folder"] = path.string();
    return refusal(bench_, more);
  }
  fs::path here() const { return folder_.path(); }
  /// A study in `name`/dicom after `change` was applied to its files on rank 0.
  fs::path study(const std::string& name, const std::function<void(const phantom::Phantom&)>& change) {
    const auto p = make(small(here() / name));
    on_disk([&] { change(p); });
    return here() / name / "dicom";
  }

  test::TemporaryFolder folder_;
  test::Workbench bench_;
};

TEST_F(Refusal, FoldersWithoutAStudy) {
  on_disk([&] {
    fs::create_directory(here() / "empty");
    fs::create_directory(here() / "texts");
    std::ofstream(here() / "texts/a.txt") << "hello";
    std::ofstream(here() / "texts/b.dcm") << std::string(400, 'x');
    std::ofstream(here() / "texts/c.dcm");
  });
  EXPECT_THAT(of(here() / "empty"), HasSubstr("an empty folder"));
  EXPECT_THAT(of(here() / "texts"),
              AllOf(HasSubstr("expected DICOM images"), HasSubstr("3 files: 1 x an empty file, 2 x not a DICOM file")));
}

TEST_F(Refusal, TruncatedFileOfTheStack) {
  // Cut within the pixels, within the header, and one byte short.
  const auto cut = [&](const std::string& name, auto size_of) {
    return study(name,
                 [&](const phantom::Phantom& p) { fs::resize_file(p.files[5], size_of(fs::file_size(p.files[5]))); });
  };
  const auto half = cut("half", [](auto size) { return size / 2; });
  EXPECT_THAT(of(half), AllOf(HasSubstr("IM-000006.dcm"), HasSubstr("truncated")));
  const auto byte = cut("byte", [](auto size) { return size - 1; });
  EXPECT_THAT(of(byte), AllOf(HasSubstr("IM-000006.dcm"), HasSubstr("truncated")));
  // Where the header ends before the series is named, its place in the stack is what is missed.
  const auto head = cut("head", [](auto) { return 300; });
  EXPECT_THAT(of(head), AllOf(HasSubstr("4 phases in each"), HasSubstr("got 3 at")));
}

TEST_F(Refusal, MissingPhaseSliceAndSurplusImage) {
  const auto phase = study("phase", [](const phantom::Phantom& p) { fs::remove(p.files[9]); });
  EXPECT_THAT(of(phase), AllOf(HasSubstr("expected 4 phases in each"), HasSubstr("got 3 at")));
  const auto slice = study("slice", [](const phantom::Phantom& p) {
    for (int n = 8; n < 12; ++n) fs::remove(p.files[static_cast<std::size_t>(n)]);
  });
  EXPECT_THAT(of(slice), AllOf(HasSubstr("1 missing between"), HasSubstr("add the missing slices")));
}

TEST_F(Refusal, TwoPatients) {
  make(small(here() / "a", 1));
  make(small(here() / "b", 2));
  const auto text = of(here());
  EXPECT_THAT(text, AllOf(HasSubstr("expected images of one patient, got 2 patients"), HasSubstr("a/dicom/")));
  EXPECT_THAT(text, testing::Not(HasSubstr("PHANTOM-")));
}

TEST_F(Refusal, OtherModalityOrSeries) {
  const auto folder = study("mr", [](const phantom::Phantom&) {});
  EXPECT_THAT(of(folder, {{"modality", "CT"}}), AllOf(HasSubstr("images of modality CT"), HasSubstr("of modality MR")));
  EXPECT_THAT(of(folder, {{"series", "long axis"}}), HasSubstr("choose among: series 1 \"cine short axis\""));
}

TEST_F(Refusal, TooFewSlices) {
  const auto folder = study("two", [](const phantom::Phantom& p) {
    for (std::size_t n = 8; n < p.files.size(); ++n) fs::remove(p.files[n]);
  });
  EXPECT_THAT(of(folder), HasSubstr("a stack of at least 3 parallel slices"));
}

TEST_F(Refusal, ReferenceDateThatIsNone) {
  const auto folder = study("date", [](const phantom::Phantom&) {});
  const auto stage = make_stage();
  EXPECT_THROW(bench_.run(*stage, {{"dicom_folder", folder.string()}, {"reference_date", "31.12.2025"}}), core::Error);
}

}  // namespace
}  // namespace cardiotwin::ingest

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <fstream>

#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/hdf5.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::io {
namespace {

namespace fs = std::filesystem;

/// Lets files grow to `bytes` only: the same refusal that a full disk gives, without a disk to fill.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(Hdf5, ReturnsWhatWasWritten) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "a.h5";
  {
    Writer file(path);
    file.write("/a/b", std::vector<double>{1, 2, 3});
    file.write("/a/frames", std::vector<std::vector<Vec3>>{{{1, 2, 3}}, {{4, 5, 6}}});
    file.write("/text", std::string("a\nb"));
    file.write("/texts", std::vector<std::string>{"one", "", "three"});
    file.attribute("/a", "name", "value");
    file.close();
  }
  const Reader file(path);
  EXPECT_EQ(file.read<double>("/a/b"), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(file.read_vec3_frames("/a/frames").at(1).at(0), (Vec3{4, 5, 6}));
  EXPECT_EQ(file.read_text("/text"), "a\nb");
  EXPECT_EQ(file.read_texts("/texts"), (std::vector<std::string>{"one", "", "three"}));
  EXPECT_EQ(file.text_attribute("/a", "name"), "value");
  EXPECT_EQ(file.children("/a"), (std::vector<std::string>{"b", "frames"}));
  EXPECT_FALSE(file.has("/a/c"));
}

TEST(Hdf5, NonFiniteValuesAreNeverWritten) {
  const test::TemporaryFolder folder;
  Writer file(folder.path() / "a.h5");
  try {
    file.write("/pressure", std::vector<double>{1, NAN});
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::numerical);
    EXPECT_NE(std::string(error.what()).find("/pressure"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("position 1"), std::string::npos);
  }
}

TEST(Hdf5, FullDiskLeavesNothingBehind) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "a.h5";
  const FileSizeLimit full(100'000);
  Writer file(path);
  file.write("/big", std::vector<double>(100'000, 1.0));
  try {
    file.close();
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
    EXPECT_NE(std::string(error.what()).find("a.h5"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("free some space"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(Hdf5, TruncatedAndForeignFilesAreNamed) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "a.h5";
  Writer file(path);
  file.write("/a", std::vector<double>(10'000, 1.0));
  file.close();
  fs::resize_file(path, 5'000);
  EXPECT_THROW(Reader{path}, core::Error);
  std::ofstream(path) << "not HDF5";
  EXPECT_THROW(Reader{path}, core::Error);
  EXPECT_THROW(Reader{folder.path() / "none.h5"}, core::Error);
}

TEST(Files, ReplaceIsAllOrNothing) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "a.json";
  replace_file(path, "old");
  {
    const FileSizeLimit full(10);
    EXPECT_THROW(replace_file(path, std::string(1000, 'x')), core::Error);
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_FALSE(fs::exists(folder.path() / "a.json.partial"));
}

TEST(Sha256, KnownAnswer) {  // FIPS 180-2, example "abc"
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace cardiotwin::io

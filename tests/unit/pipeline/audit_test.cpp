#include "audit.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::pipeline {
namespace {

namespace fs = std::filesystem;

class Audit : public testing::Test {
 protected:
  void SetUp() override {
    AuditLog log(folder_.path());
    log.append("run_started", {{"ranks", 2}});
    io::replace_file(folder_.path() / "result.txt", "42");
    log.append("file", {{"file", "result.txt"}, {"sha256", io::sha256("42")}});
    log.append("run_ended", {{"status", 0}});
  }
  fs::path log_path() const { return folder_.path() / "audit.jsonl"; }
  std::vector<core::Fault> verify() const { return verify_audit(folder_.path()); }
  test::TemporaryFolder folder_;
};

TEST_F(Audit, AnUntouchedFolderHolds) { EXPECT_TRUE(verify().empty()); }

TEST_F(Audit, EveryAlteredByteOfTheLogIsFound) {
  const std::string whole = io::read_file(log_path());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    std::ofstream(log_path(), std::ios::binary) << altered;
    EXPECT_FALSE(verify().empty()) << "byte " << at;
  }
}

TEST_F(Audit, TheFirstBadRecordIsNamed) {
  std::string text = io::read_file(log_path());
  text.replace(text.find("run_ended"), 9, "run_faked");
  std::ofstream(log_path(), std::ios::binary) << text;
  ASSERT_EQ(verify().size(), 1U);
  EXPECT_NE(verify()[0].where.find("record 2"), std::string::npos);
  EXPECT_THROW(AuditLog{folder_.path()}, core::Error);
}

TEST_F(Audit, AChangedOrMissingFileIsNamed) {
  std::ofstream(folder_.path() / "result.txt") << "43";
  ASSERT_EQ(verify().size(), 1U);
  EXPECT_NE(verify()[0].where.find("result.txt"), std::string::npos);
  fs::remove(folder_.path() / "result.txt");
  EXPECT_EQ(verify().size(), 1U);
}

TEST_F(Audit, ALineTornByACrashIsMendedAndRecorded) {
  fs::resize_file(log_path(), fs::file_size(log_path()) - 20);
  EXPECT_FALSE(verify().empty());
  AuditLog log(folder_.path());
  log.append("run_started", {{"ranks", 2}});
  EXPECT_TRUE(verify().empty());
  EXPECT_NE(io::read_file(log_path()).find("audit_repaired"), std::string::npos);
}

TEST_F(Audit, RerunsAppend) {
  const auto before = fs::file_size(log_path());
  AuditLog log(folder_.path());
  log.append("run_started", {{"ranks", 1}});
  EXPECT_GT(fs::file_size(log_path()), before);
  EXPECT_TRUE(verify().empty());
}

}  // namespace
}  // namespace cardiotwin::pipeline

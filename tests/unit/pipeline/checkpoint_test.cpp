#include "checkpoint.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "cardiotwin/io/sha256.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::pipeline {
namespace {

namespace fs = std::filesystem;
using config::Json;

TEST(ResumeKey, FollowsConfigurationAndUpstream) {
  const ResumeKey key{{{"a", 1}}, {{"meshing", "x"}}};
  EXPECT_EQ(key.hash(), (ResumeKey{{{"a", 1}}, {{"meshing", "x"}}}.hash()));
  EXPECT_NE(key.hash(), (ResumeKey{{{"a", 2}}, {{"meshing", "x"}}}.hash()));
  EXPECT_NE(key.hash(), (ResumeKey{{{"a", 1}}, {{"meshing", "y"}}}.hash()));
}

TEST(ResumeKey, SaysWhichKeysChanged) {
  Provenance then;
  then.config = {{"a", 1}, {"b", "same"}};
  then.upstream = {{"meshing", "x"}};
  const auto changes = differences(ResumeKey{{{"a", 2}, {"b", "same"}}, {{"meshing", "y"}}}, then);
  EXPECT_EQ(changes, (std::vector<std::string>{"a: 1 -> 2", "the checkpoint of meshing is another one"}));
}

TEST(ResumeKey, PathsStandForTheirContent) {
  const test::TemporaryFolder folder;
  const config::Spec spec{{.key = "model_file", .type = config::Type::path, .fallback = "", .meaning = "model"}};
  const auto print = [&](const std::string& name) {
    return fingerprinted(config::section_of(spec, {{"model_file", name}}, folder.path()), spec)["model_file"]
        .get<std::string>();
  };
  std::ofstream(folder.path() / "a") << "same";
  std::ofstream(folder.path() / "b") << "same";
  std::ofstream(folder.path() / "c") << "other";
  EXPECT_EQ(print("a"), print("b"));
  EXPECT_NE(print("a"), print("c"));
  EXPECT_EQ(print("none"), "absent");
  EXPECT_EQ(print(""), "");
  config::Spec with_stand_in = spec;
  with_stand_in[0].stand_in = folder.path() / "a";
  EXPECT_EQ(fingerprinted(config::section_of(with_stand_in), with_stand_in)["model_file"].get<std::string>(),
            print("a"));
}

class Recovery : public testing::Test {
 protected:
  /// A checkpoint in `<stage>.h5.partial`, recorded or not, as a kill may leave it.
  std::string leave_partial(AuditLog& audit, bool recorded) {
    const fs::path partial = folder_.path() / "meshing.h5.partial";
    io::Writer file(partial);
    file.write("/a", 1.0);
    file.close();
    const std::string hash = io::sha256_file(partial);
    if (recorded) audit.append("checkpoint", {{"file", "meshing.h5"}, {"sha256", hash}});
    return hash;
  }
  test::TemporaryFolder folder_;
  StageTable table_;
};

TEST_F(Recovery, FinishesARecordedCheckpoint) {
  AuditLog audit(folder_.path());
  const auto hash = leave_partial(audit, true);
  recover(folder_.path(), table_, audit);
  EXPECT_EQ(checked_hash(folder_.path(), "meshing", audit), hash);
  EXPECT_TRUE(verify_audit(folder_.path()).empty());
}

TEST_F(Recovery, ClearsAnUnrecordedOne) {
  AuditLog audit(folder_.path());
  (void)leave_partial(audit, false);
  recover(folder_.path(), table_, audit);
  EXPECT_FALSE(checked_hash(folder_.path(), "meshing", audit).has_value());
  EXPECT_FALSE(fs::exists(folder_.path() / "meshing.h5.partial"));
}

TEST_F(Recovery, AnAlteredCheckpointIsNotOpened) {
  AuditLog audit(folder_.path());
  (void)leave_partial(audit, true);
  recover(folder_.path(), table_, audit);
  EXPECT_TRUE(is_recorded(folder_.path(), "meshing", audit));
  std::ofstream(folder_.path() / "meshing.h5") << "HDF5 would refuse this";
  EXPECT_FALSE(is_recorded(folder_.path(), "meshing", audit));
  EXPECT_FALSE(is_recorded(folder_.path(), "mechanics", audit));
}

TEST_F(Recovery, AnAlteredCheckpointIsRefusedByName) {
  AuditLog audit(folder_.path());
  (void)leave_partial(audit, true);
  recover(folder_.path(), table_, audit);
  std::fstream file(folder_.path() / "meshing.h5", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file.put('!');
  file.close();
  try {
    (void)checked_hash(folder_.path(), "meshing", audit);
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::integrity);
    EXPECT_NE(std::string(error.what()).find("meshing.h5"), std::string::npos);
  }
}

}  // namespace
}  // namespace cardiotwin::pipeline

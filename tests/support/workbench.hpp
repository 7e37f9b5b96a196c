#pragma once
/// A stage on its own: a temporary run folder, artifacts given by the test, and the stage's own output read back.

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "cardiotwin/stage/stage.hpp"
#include "cardiotwin/stage/time_loop.hpp"

namespace cardiotwin::test {

/// Folder of real data beside the project, or empty. Tests that need it say so with GTEST_SKIP.
std::filesystem::path shared_data();

/// A folder that is removed at the end; the same path on every rank.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(core::Comm comm = core::Comm());
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  core::Comm comm_;
  std::filesystem::path path_;
};

/// An artifact store of files in a folder, one file an artifact given plus `output.h5` of the stage.
class Workbench : public stage::ArtifactStore {
 public:
  explicit Workbench(core::Comm comm = core::Comm());

  /// Collective. Makes an artifact available to the stage.
  template <class T>
  void give(const T& value) {
    core::on_root(comm_, [&] {
      io::Writer file(folder_.path() / (std::string(T::id) + ".h5"));
      save(file, value);
      file.close();
    });
    given_.insert(std::string(T::id));
  }
  /// Collective. Runs the stage with defaults plus `overrides`; its output is then in output_file().
  stage::Outcome run(stage::Stage& stage, const config::Json& overrides = config::Json::object());
  /// What the last run wrote. Local.
  template <class T>
  T result() const {
    T value;
    load(io::Reader(output_file()), value);
    return value;
  }
  std::filesystem::path output_file() const { return folder_.path() / "output.h5"; }
  std::filesystem::path folder() const { return folder_.path(); }
  double quantity(
      const std::string& name) const;  ///< of the last run; rank 0's on every rank; fails the test when missing

  bool has(std::string_view artifact) const override { return given_.contains(std::string(artifact)); }
  std::filesystem::path file_of(std::string_view artifact) const override;
  io::Writer& output() override;

  core::StopRequest stop;
  stage::Findings findings;
  double checkpoint_interval_s = 60;

 private:
  core::Comm comm_;
  TemporaryFolder folder_;
  std::set<std::string> given_;
  std::unique_ptr<io::Writer> output_;
};

}  // namespace cardiotwin::test

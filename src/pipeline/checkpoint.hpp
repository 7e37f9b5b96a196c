#pragma once
/// Checkpoints: what stands around a stage's artifacts, when one may be reused, and the store that hands them out.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit.hpp"
#include "cardiotwin/stage/context.hpp"
#include "case_file.hpp"
#include "stage_table.hpp"

namespace cardiotwin::pipeline {

/// [major, minor]: the same major version is read.
inline constexpr std::int64_t format_major = 1, format_minor = 0;

std::string utc_now();
std::string host_name();
std::string software_version();  ///< "0.1.0"
std::string git_commit();        ///< of the source tree at build time

/// What a checkpoint's content follows from. Parameters that are paths stand as fingerprints of what they point to.
struct ResumeKey {
  config::Json config;                          ///< the stage's own section
  std::map<std::string, std::string> upstream;  ///< SHA-256 of the checkpoints read, by stage
  std::string hash() const;
};

/// `section` with paths replaced by fingerprints of content: a file's SHA-256, a folder's list of names and sizes. An
/// empty path counts as its stand-in.
config::Json fingerprinted(const config::Section& section, const config::Spec& spec);

/// What is known of a checkpoint without reading its artifacts.
struct Provenance {
  config::Json config;
  std::map<std::string, std::string> upstream;
  std::string created, host, software_version, git_commit, findings, timers;
  std::int64_t ranks = 1;
  double wall_s = 0, peak_rss_mib = 0;
};
void save_provenance(io::Writer& file, const Provenance& provenance, const std::string& key,
                     const std::string& audit_head);
/// Throws core::Error (integrity) for a file of another major version or without provenance.
Provenance load_provenance(const std::filesystem::path& file);

/// "key: old -> new" for every difference of two resume keys.
std::vector<std::string> differences(const ResumeKey& now, const Provenance& then);

std::filesystem::path checkpoint_path(const std::filesystem::path& run_folder, const std::string& stage);

/// Finishes or clears what a killed run left: a complete `.partial` whose hash is recorded is put in place, others go.
void recover(const std::filesystem::path& run_folder, const StageTable& table, const AuditLog& audit);

/// Has a stage's checkpoint the SHA-256 on record? HDF5 opens no other. False where there is none.
bool is_recorded(const std::filesystem::path& run_folder, const std::string& stage, const AuditLog& audit);

/// SHA-256 of a stage's checkpoint, or nothing where there is none. Throws core::Error (integrity) when the file is not
/// the recorded one.
std::optional<std::string> checked_hash(const std::filesystem::path& run_folder, const std::string& stage,
                                        const AuditLog& audit);

/// Artifacts from and to the checkpoints of a run folder.
class CheckpointStore : public stage::ArtifactStore {
 public:
  CheckpointStore(std::filesystem::path run_folder, const StageTable& table)
      : folder_(std::move(run_folder)), table_(table) {}
  bool has(std::string_view artifact) const override;
  std::filesystem::path file_of(std::string_view artifact) const override;
  io::Writer& output() override;
  /// Rank 0. Starts and drops the file that the running stage writes.
  void open(const std::string& stage);
  void discard();
  std::filesystem::path partial_path() const;

 private:
  std::filesystem::path folder_;
  const StageTable& table_;
  std::string stage_;
  std::unique_ptr<io::Writer> writer_;
};

}  // namespace cardiotwin::pipeline

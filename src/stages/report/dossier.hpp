#pragma once
/// Everything a report is made from: what the run folder holds at this moment.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "cardiotwin/artifacts/vessel_mesh.hpp"
#include "cardiotwin/stage/context.hpp"

namespace cardiotwin::report {

/// One finished stage, as its checkpoint tells it.
struct StageRecord {
  std::string name;
  std::filesystem::path file;
  std::string sha256;                             ///< of the checkpoint file
  std::map<std::string, std::string> provenance;  ///< software_version, git_commit, config_hash, host, ranks, ...
  std::vector<stage::Quantity> quantities;
  std::vector<std::string> warnings, assumptions;
  std::map<std::string, double> seconds;  ///< wall time by name
  double wall_s = 0, peak_rss_mib = 0;
  config::Json config{};  ///< what the stage ran with; null where it is not told

  const stage::Quantity* quantity(std::string_view wanted) const;  ///< null where it is not told
  /// A number of the configuration; nothing where it is not told.
  std::optional<double> setting(const std::string& key) const;
};

struct Dossier {
  std::vector<StageRecord> stages;  ///< in the order of the pipeline
  std::optional<artifacts::Image> image;
  std::optional<artifacts::ClinicalValues> clinical;
  std::optional<artifacts::Labels> labels;
  std::optional<artifacts::Anatomy> anatomy;
  std::optional<artifacts::HeartMesh> mesh;
  std::optional<artifacts::VesselMesh> vessel;  ///< in place of `mesh` where no heart is looked at
  std::optional<artifacts::Activation> activation;
  std::optional<artifacts::WallMotion> motion;
  std::optional<artifacts::Flow> flow;
  config::Json summary;    ///< summary.json of the run; null when there is none
  std::string audit_head;  ///< hash of the last audit record; empty when there is none
  std::int64_t audit_records = 0;

  const StageRecord* stage(std::string_view name) const;
};

/// Artifact ids that a report uses where they exist.
std::vector<std::string_view> wanted_artifacts();

/// Reads all there is. Local.
Dossier collect(const stage::ArtifactStore& artifacts, const std::filesystem::path& run_folder);

}  // namespace cardiotwin::report

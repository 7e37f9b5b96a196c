#include "dossier.hpp"

#include <algorithm>
#include <fstream>

#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"

namespace cardiotwin::report {
namespace {

using config::Json;

struct Source {
  std::string_view artifact, stage;
};
constexpr Source sources[] = {{artifacts::Image::id, "ingest"},
                              {artifacts::ClinicalValues::id, "ingest"},
                              {artifacts::Labels::id, "segmentation"},
                              {artifacts::Anatomy::id, "segmentation"},
                              {artifacts::HeartMesh::id, "meshing"},
                              {artifacts::VesselMesh::id, "meshing"},
                              {artifacts::Activation::id, "electrophysiology"},
                              {artifacts::WallMotion::id, "mechanics"},
                              {artifacts::Flow::id, "hemodynamics"}};

/// JSON that cannot be read is no JSON: a report is made from what can be read.
Json parse(const std::string& text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); }

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

void read_findings(const Json& findings, StageRecord& record) {
  if (!findings.is_object()) return;
  for (const auto& q : findings.value("quantities", Json::array())) {
    if (q.is_object() && q.contains("name") && q.contains("value") && q["value"].is_number()) {
      record.quantities.push_back({q["name"].get<std::string>(), q["value"].get<double>(), q.value("unit", "")});
    }
  }
  for (const auto& text : findings.value("warnings", Json::array())) record.warnings.push_back(text_of(text));
  for (const auto& text : findings.value("assumptions", Json::array())) record.assumptions.push_back(text_of(text));
}

StageRecord read_record(std::string_view name, const std::filesystem::path& path) {
  StageRecord record{std::string(name), path, io::sha256_file(path), {}, {}, {}, {}, {}, 0, 0};
  const io::Reader file(path);
  if (!file.has("/provenance")) return record;
  for (const char* name_of : {"software_version", "git_commit", "created", "host", "config_hash", "audit_head"}) {
    record.provenance[name_of] = file.text_attribute("/provenance", name_of);
  }
  record.provenance["ranks"] = std::to_string(file.integer_attribute("/provenance", "ranks").at(0));
  record.wall_s = file.read_scalar("/provenance/wall_s");
  record.peak_rss_mib = file.read_scalar("/provenance/peak_rss_mib");
  read_findings(parse(file.read_text("/provenance/findings")), record);
  if (file.has("/provenance/config")) record.config = parse(file.read_text("/provenance/config"));
  const Json timers = parse(file.read_text("/provenance/timers"));
  if (!timers.is_object()) return record;
  for (const auto& [what, seconds] : timers.items()) {
    if (seconds.is_number()) record.seconds[what] = seconds.get<double>();
  }
  return record;
}

void read_audit(const std::filesystem::path& path, Dossier& dossier) {
  std::ifstream stream(path);
  std::string line, last;
  while (std::getline(stream, line)) {
    if (line.empty()) continue;
    ++dossier.audit_records;
    last = line;
  }
  const Json record = parse(last);
  if (record.is_object() && record.contains("hash")) dossier.audit_head = text_of(record["hash"]);
}

}  // namespace

const stage::Quantity* StageRecord::quantity(std::string_view wanted) const {
  const auto found = std::ranges::find(quantities, wanted, &stage::Quantity::name);
  return found == quantities.end() ? nullptr : &*found;
}

std::optional<double> StageRecord::setting(const std::string& key) const {
  if (!config.is_object() || !config.contains(key) || !config[key].is_number()) return {};
  return config[key].get<double>();
}

const StageRecord* Dossier::stage(std::string_view name) const {
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const auto& s) { return s.name == name; });
  return found == stages.end() ? nullptr : &*found;
}

std::vector<std::string_view> wanted_artifacts() {
  std::vector<std::string_view> ids;
  for (const auto& source : sources) ids.push_back(source.artifact);
  return ids;
}

Dossier collect(const stage::ArtifactStore& artifacts, const std::filesystem::path& run_folder) {
  Dossier dossier;
  const auto read = [&]<class T>(std::optional<T>& target) {
    if (artifacts.has(T::id)) target = artifacts.read<T>();
  };
  read(dossier.image);
  read(dossier.clinical);
  read(dossier.labels);
  read(dossier.anatomy);
  read(dossier.mesh);
  read(dossier.vessel);
  read(dossier.activation);
  read(dossier.motion);
  read(dossier.flow);
  for (const auto& [artifact, stage] : sources) {
    if (!artifacts.has(artifact) || dossier.stage(stage)) continue;
    dossier.stages.push_back(read_record(stage, artifacts.file_of(artifact)));
  }
  if (const auto path = run_folder / "summary.json"; std::filesystem::exists(path)) {
    dossier.summary = parse(io::read_file(path));
  }
  read_audit(run_folder / "audit.jsonl", dossier);
  return dossier;
}

}  // namespace cardiotwin::report

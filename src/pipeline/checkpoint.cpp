#include "checkpoint.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/sha256.hpp"

#ifndef CARDIOTWIN_VERSION
#error "the build names the version"
#endif

namespace cardiotwin::pipeline {
namespace {

namespace fs = std::filesystem;
using config::Json;

std::string fingerprint(const fs::path& path) {
  if (path.empty()) return "";
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return "sha256:" + io::sha256_file(path);
  if (!fs::is_directory(path, ignored)) return "absent";
  std::vector<std::string> entries;
  for (const auto& entry :
       fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, ignored))
    if (entry.is_regular_file(ignored))
      entries.push_back(fs::relative(entry.path(), path).string() + " " + std::to_string(entry.file_size(ignored)) +
                        "\n");
  std::ranges::sort(entries);
  std::string list;
  for (const auto& entry : entries) list += entry;
  return "folder:" + io::sha256(list);
}

}  // namespace

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string software_version() { return CARDIOTWIN_VERSION; }
std::string git_commit() { return CARDIOTWIN_COMMIT; }

std::string ResumeKey::hash() const {
  const Json all{{"config", config}, {"upstream", upstream}, {"format", {format_major, format_minor}}};
  return io::sha256(all.dump());
}

Json fingerprinted(const config::Section& section, const config::Spec& spec) {
  Json config = section.json();
  for (const auto& parameter : spec)
    if (parameter.type == config::Type::path && config.contains(parameter.key)) {
      const fs::path given = section.path(parameter.key);
      config[parameter.key] = fingerprint(given.empty() ? parameter.stand_in : given);
    }
  return config;
}

void save_provenance(io::Writer& file, const Provenance& p, const std::string& key, const std::string& audit_head) {
  static constexpr std::array<std::int64_t, 2> version{format_major, format_minor};
  const std::string group = "/provenance";
  file.attribute(group, "format_version", version);
  for (const auto& [name, value] : std::map<std::string, std::string>{{"software_version", p.software_version},
                                                                      {"git_commit", p.git_commit},
                                                                      {"created", p.created},
                                                                      {"host", p.host},
                                                                      {"config_hash", io::sha256(p.config.dump())},
                                                                      {"resume_key", key},
                                                                      {"audit_head", audit_head}})
    file.attribute(group, name, value);
  file.attribute(group, "ranks", std::span<const std::int64_t>(&p.ranks, 1));
  file.write(group + "/config", p.config.dump());
  file.write(group + "/upstream", Json(p.upstream).dump());
  file.write(group + "/findings", p.findings);
  file.write(group + "/timers", p.timers);
  file.write(group + "/wall_s", p.wall_s);
  file.write(group + "/peak_rss_mib", p.peak_rss_mib);
}

Provenance load_provenance(const fs::path& path) {
  const io::Reader file(path);
  const std::string group = "/provenance";
  if (!file.has(group))
    core::fail_integrity(
        {path.string(), "a checkpoint of cardiotwin", "an HDF5 file without /provenance", "name another file"});
  const auto version = file.integer_attribute(group, "format_version");
  if (version.empty() || version[0] != format_major)
    core::fail_integrity({path.string(), "format version " + std::to_string(format_major) + ".x",
                          version.empty() ? "none" : std::to_string(version[0]), "rerun the stage with this version"});
  Provenance p;
  p.config = Json::parse(file.read_text(group + "/config"), nullptr, false);
  const Json upstream = Json::parse(file.read_text(group + "/upstream"), nullptr, false);
  if (p.config.is_discarded() || !upstream.is_object())
    core::fail_integrity({path.string() + ": " + group, "JSON", "something else", "rerun the stage with --force"});
  p.upstream = upstream.get<std::map<std::string, std::string>>();
  p.created = file.text_attribute(group, "created");
  p.host = file.text_attribute(group, "host");
  p.software_version = file.text_attribute(group, "software_version");
  p.git_commit = file.text_attribute(group, "git_commit");
  p.ranks = file.integer_attribute(group, "ranks").at(0);
  p.findings = file.read_text(group + "/findings");
  p.timers = file.read_text(group + "/timers");
  p.wall_s = file.read_scalar(group + "/wall_s");
  p.peak_rss_mib = file.read_scalar(group + "/peak_rss_mib");
  return p;
}

std::vector<std::string> differences(const ResumeKey& now, const Provenance& then) {
  std::vector<std::string> found;
  std::set<std::string> keys;
  for (const auto& config : {now.config, then.config})
    for (const auto& [key, value] : config.items()) keys.insert(key);
  const auto shown = [](const Json& config, const std::string& key) {
    const std::string text = config.contains(key) ? config[key].dump() : "nothing";
    return text.size() > 40 ? text.substr(0, 37) + "..." : text;
  };
  for (const auto& key : keys)
    if (shown(now.config, key) != shown(then.config, key) ||
        now.config.value(key, Json()) != then.config.value(key, Json()))
      found.push_back(key + ": " + shown(then.config, key) + " -> " + shown(now.config, key));
  for (const auto& [stage, hash] : now.upstream)
    if (const auto old = then.upstream.find(stage); old == then.upstream.end() || old->second != hash)
      found.push_back("the checkpoint of " + stage + " is another one");
  for (const auto& [stage, hash] : then.upstream)
    if (!now.upstream.contains(stage)) found.push_back("the checkpoint of " + stage + " is gone");
  return found;
}

fs::path checkpoint_path(const fs::path& run_folder, const std::string& stage) { return run_folder / (stage + ".h5"); }

void recover(const fs::path& run_folder, const StageTable& table, const AuditLog& audit) {
  for (const auto& entry : table.entries()) {
    const fs::path final_path = checkpoint_path(run_folder, entry.contract.name);
    fs::path partial = final_path;
    partial += ".partial";
    if (!fs::exists(partial)) continue;
    const auto recorded = audit.recorded(final_path.filename().string());
    if (recorded && io::sha256_file(partial) == *recorded)
      io::rename_durably(partial, final_path);
    else
      fs::remove(partial);
  }
}

bool is_recorded(const fs::path& run_folder, const std::string& stage, const AuditLog& audit) {
  const fs::path path = checkpoint_path(run_folder, stage);
  const auto recorded = audit.recorded(path.filename().string());
  return recorded && fs::exists(path) && io::sha256_file(path) == *recorded;
}

std::optional<std::string> checked_hash(const fs::path& run_folder, const std::string& stage, const AuditLog& audit) {
  const fs::path path = checkpoint_path(run_folder, stage);
  if (!fs::exists(path)) return std::nullopt;
  const std::string hash = io::sha256_file(path);
  const auto recorded = audit.recorded(path.filename().string());
  if (recorded != hash)
    core::fail_integrity(
        {path.string(),
         recorded ? "SHA-256 " + recorded->substr(0, 16) + "... as recorded in audit.jsonl" : "a record in audit.jsonl",
         recorded ? hash.substr(0, 16) + "..." : "none",
         "the file was altered, truncated or comes from elsewhere: restore it, or rerun with --from " + stage});
  return hash;
}

bool CheckpointStore::has(std::string_view artifact) const {
  const std::string writer = table_.writer_of(artifact);
  const fs::path path = checkpoint_path(folder_, writer);
  return !writer.empty() && fs::exists(path) && io::Reader(path).has("/state/" + std::string(artifact));
}

fs::path CheckpointStore::file_of(std::string_view artifact) const {
  const std::string writer = table_.writer_of(artifact);
  const fs::path path = checkpoint_path(folder_, writer);
  if (writer.empty() || !fs::exists(path))
    core::fail_input({path.string(), "the checkpoint with \"" + std::string(artifact) + "\"", "no file",
                      "run the stage that writes it first: --from " + writer});
  if (!has(artifact))
    core::fail_input({path.string(), "the artifact \"" + std::string(artifact) + "\"",
                      "none: " + writer + " made something else here",
                      "let " + writer + " make it, or leave out the stages that need it"});
  return path;
}

fs::path CheckpointStore::partial_path() const {
  fs::path path = checkpoint_path(folder_, stage_);
  path += ".partial";
  return path;
}

void CheckpointStore::open(const std::string& stage) {
  stage_ = stage;
  writer_ = std::make_unique<io::Writer>(partial_path());
}

io::Writer& CheckpointStore::output() {
  if (!writer_) throw std::logic_error("no stage is running on this rank");
  return *writer_;
}

void CheckpointStore::discard() {
  writer_.reset();
  std::error_code ignored;
  fs::remove(partial_path(), ignored);
}

}  // namespace cardiotwin::pipeline

#include "summary.hpp"

#include <spdlog/fmt/fmt.h>

namespace cardiotwin::pipeline {

using config::Json;

Json summarise(const std::filesystem::path& run_folder, const StageTable& table, const StageStatus& status,
               const AuditLog& audit) {
  Json quantities = Json::object(), stages = Json::object();
  for (const auto& entry : table.entries()) {
    const std::string& name = entry.contract.name;
    const auto known = status.find(name);
    const auto path = checkpoint_path(run_folder, name);
    if (!std::filesystem::exists(path)) {
      if (known != status.end()) stages[name]["status"] = known->second;
      continue;
    }
    if (!is_recorded(run_folder, name, audit)) {
      stages[name]["status"] = "altered";
      continue;
    }
    const Provenance p = load_provenance(path);
    stages[name] = {{"status", known == status.end() ? "complete" : known->second},
                    {"wall_s", p.wall_s},
                    {"peak_rss_mib", p.peak_rss_mib},
                    {"ranks", p.ranks}};
    const Json findings = Json::parse(p.findings, nullptr, false);
    for (const auto& q : findings.value("quantities", Json::array()))
      quantities[name + "." + q.value("name", "")] = {{"value", q["value"]}, {"unit", q["unit"]}};
    for (const char* list : {"warnings", "assumptions"})
      if (findings.contains(list) && !findings[list].empty()) stages[name][list] = findings[list];
    stages[name]["timers_s"] = Json::parse(p.timers, nullptr, false);
  }
  return {{"quantities", quantities}, {"stages", stages}, {"audit_head", audit.head()}};
}

std::string table_text(const Json& summary, const StageTable& table) {
  std::string text = fmt::format("  {:<20} {:<10} {:>9} {:>12}\n", "stage", "status", "wall s", "peak MiB");
  double total = 0;
  for (const auto& entry : table.entries()) {
    const Json stage = summary["stages"].value(entry.contract.name, Json::object());
    if (stage.empty()) continue;
    const double wall = stage.value("wall_s", 0.0);
    const std::string status = stage.value("status", "");
    if (status == "complete") total += wall;
    text += fmt::format("  {:<20} {:<10} {:>9.1f} {:>12.0f}\n", entry.contract.name, status, wall,
                        stage.value("peak_rss_mib", 0.0));
  }
  return text + fmt::format("  {:<20} {:<10} {:>9.1f}", "this run", "", total);
}

}  // namespace cardiotwin::pipeline

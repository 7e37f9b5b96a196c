#include "plan.hpp"

#include <algorithm>

namespace cardiotwin::pipeline {

namespace fs = std::filesystem;

std::set<std::string> selected_stages(const Request& request, const std::vector<std::string>& listed,
                                      const StageTable& table) {
  std::size_t first = 0, last = table.entries().size() - 1;
  if (!request.from.empty()) first = table.find(request.from, "--from");
  if (!request.to.empty()) last = table.find(request.to, "--to");
  if (!request.only.empty()) {
    if (!request.from.empty() || !request.to.empty())
      core::fail_configuration(
          {"--only " + request.only, "--only alone", "--from or --to beside it", "leave one of them out"});
    first = last = table.find(request.only, "--only");
  }
  if (first > last)
    core::fail_configuration(
        {"--from " + request.from + " --to " + request.to, "--from before --to", "the other order", "swap them"});
  std::set<std::string> names;
  for (std::size_t i = first; i <= last; ++i) names.insert(table.entries()[i].contract.name);
  if (listed.empty() || !request.only.empty()) return names;
  std::set<std::string> of_case;
  for (const auto& name : listed) of_case.insert(table.entries()[table.find(name, "stages")].contract.name);
  std::erase_if(names, [&](const auto& name) { return !of_case.contains(name); });
  return names;
}

ResumeKey resume_key(const StageTable::Entry& entry, const Case& patient, const StageTable& table,
                     const fs::path& run_folder, const AuditLog& audit) {
  ResumeKey key{.config = fingerprinted(patient.sections.at(entry.contract.name), entry.parameters), .upstream = {}};
  for (const auto& stage : table.upstream(entry))
    if (const auto hash = checked_hash(run_folder, stage, audit)) key.upstream[stage] = *hash;
  return key;
}

namespace {

/// Fills `current` and `reasons` from the checkpoint that is there.
void judge(PlannedStage& planned, const StageTable::Entry& entry, const Case& patient, const StageTable& table,
           const fs::path& run_folder, const AuditLog& audit, const std::set<std::string>& renewed) {
  const fs::path path = checkpoint_path(run_folder, planned.name);
  if (!fs::exists(path)) {
    planned.reasons.push_back("no checkpoint yet");
    return;
  }
  (void)checked_hash(run_folder, planned.name, audit);
  planned.reasons = differences(resume_key(entry, patient, table, run_folder, audit), load_provenance(path));
  for (const auto& stage : table.upstream(entry))
    if (renewed.contains(stage)) planned.reasons.push_back(stage + " is rerun or not current");
  planned.current = planned.reasons.empty();
}

}  // namespace

std::vector<PlannedStage> make_plan(const Request& request, const Case& patient, const StageTable& table,
                                    const fs::path& run_folder, const AuditLog& audit) {
  const auto& selected = patient.selected;
  const bool forced = request.force || !request.from.empty();
  std::vector<PlannedStage> plan;
  std::set<std::string> renewed;  // will be other than their readers have seen
  for (const auto& entry : table.entries()) {
    PlannedStage planned{.name = entry.contract.name, .reasons = {}};
    planned.selected = selected.contains(planned.name);
    if (planned.selected && forced)
      planned.reasons.push_back(request.force ? "asked by --force" : "asked by --from");
    else
      judge(planned, entry, patient, table, run_folder, audit, renewed);
    planned.runs = planned.selected && !planned.current;
    // A stage that is neither run nor there is as its readers have seen it.
    const bool absent = !planned.runs && !fs::exists(checkpoint_path(run_folder, planned.name));
    if (!planned.current && !absent) renewed.insert(planned.name);
    plan.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace cardiotwin::pipeline

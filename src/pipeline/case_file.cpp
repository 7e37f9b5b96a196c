#include "case_file.hpp"

#include <algorithm>

#include "cardiotwin/config/range.hpp"

namespace cardiotwin::pipeline {
namespace {

namespace fs = std::filesystem;
using config::Json;
using config::Type;

std::string named(const fs::path& file) { return file.filename().string(); }

const config::Parameter* find_parameter(const std::string& section, const std::string& key, const StageTable& table,
                                        const config::Spec& run) {
  const auto among = [&](const config::Spec& spec) -> const config::Parameter* {
    const auto found = std::ranges::find(spec, key, &config::Parameter::key);
    return found == spec.end() ? nullptr : &*found;
  };
  if (section.empty()) return among(run);
  for (const auto& entry : table.entries())
    if (entry.contract.name == section) return among(entry.parameters);
  return nullptr;
}

/// Of a stage that does not run: files need not be there, and a required path may be left out.
config::Spec without_files(config::Spec spec) {
  for (auto& parameter : spec) {
    parameter.exists = config::Exists::no_matter;
    if (parameter.type == Type::path && parameter.fallback.is_null()) parameter.fallback = "";
  }
  return spec;
}

}  // namespace

config::Spec run_parameters() {
  return {
      {.key = "name",
       .type = Type::text,
       .fallback = "patient",
       .meaning = "short name of the case; names the run folder"},
      {.key = "output",
       .type = Type::path,
       .fallback = "",
       .meaning = "run folder; empty: runs/<name> in the current folder"},
      {.key = "private",
       .type = Type::boolean,
       .fallback = true,
       .meaning = "files of the run are readable by their owner alone (modes 0600 and 0700)"},
      {.key = "checkpoint_interval_s",
       .type = Type::number,
       .fallback = 60.0,
       .unit = "s",
       .range = "[0, inf)",
       .meaning = "wall time between the rolling states of a solver"},
      {.key = "stages",
       .type = Type::texts,
       .fallback = Json::array(),
       .meaning = "the stages this case consists of, e.g. a benchmark's; empty: all"},
      {.key = "plugins",
       .type = Type::texts,
       .fallback = Json::array(),
       .meaning = "shared libraries with stages of your own"},
  };
}

Json parse_case(const fs::path& file, const std::string& text) {
  std::vector<std::set<std::string>> open;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(parsed.get<std::string>()).second)
      core::fail_configuration({named(file) + ": " + parsed.get<std::string>(), "each key once",
                                "this key twice in one section", "remove one of them"});
    return true;
  };
  try {
    Json given = Json::parse(text, watch, true, true);
    if (!given.is_object())
      core::fail_configuration(
          {named(file), "an object, { ... }", given.type_name(), "start from configs/patients/phantom.json"});
    return given;
  } catch (const Json::exception& error) {
    core::fail_configuration(
        {named(file), "JSON (comments with // are allowed)", error.what(), "look at the line and column named above"});
  }
}

void apply_set(Json& given, const std::string& assignment, const StageTable& table) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    core::fail_configuration(
        {"--set " + assignment, "section.key=value", "no \"=\"", "for example --set ingest.modality=MR"});
  const std::string key = assignment.substr(0, equals), text = assignment.substr(equals + 1);
  const auto dot = key.find('.');
  const std::string section = dot == std::string::npos ? "" : key.substr(0, dot);
  const std::string leaf = dot == std::string::npos ? key : key.substr(dot + 1);
  const config::Spec run = run_parameters();
  const auto* parameter = find_parameter(section, leaf, table, run);
  const bool wants_text = parameter && (parameter->type == Type::text || parameter->type == Type::path);
  Json value = wants_text ? Json(text) : Json::parse(text, nullptr, false);
  if (value.is_discarded()) value = text;
  if (parameter && parameter->type == Type::path && !text.empty())
    value = fs::absolute(text).lexically_normal().string();
  if (section.empty())
    given[leaf] = value;
  else
    given[section][leaf] = value;
}

Case resolve_case(const fs::path& file, const Json& given, const StageTable& table, const std::set<std::string>& runs,
                  std::vector<core::Fault>& problems) {
  const fs::path base = fs::absolute(file).parent_path();
  Case result{.file = file, .run = {}, .sections = {}, .selected = runs, .resolved = Json::object()};
  Json top = Json::object();
  config::Spec spec = run_parameters();
  std::vector<std::string> known;
  for (const auto& p : spec) known.push_back(p.key);
  for (const auto& entry : table.entries()) known.push_back(entry.contract.name);
  for (const auto& [key, value] : given.items()) {
    if (std::ranges::find(known, key) == known.end())
      problems.push_back({named(file) + ": " + key, "a known section or key", "\"" + key + "\"",
                          "did you mean \"" + config::nearest(key, known) + "\"?"});
    if (std::ranges::find(spec, key, &config::Parameter::key) != spec.end()) top[key] = value;
  }
  const Json run = config::resolve(top, spec, named(file), base, problems);
  result.run = config::Section(run, base);
  result.resolved = run;
  for (const auto& entry : table.entries()) {
    const std::string& name = entry.contract.name;
    const Json section = given.value(name, Json::object());
    if (!section.is_object()) {
      problems.push_back(
          {named(file) + ": " + name, "a section, { ... }", section.dump(), "put the stage's parameters in braces"});
      continue;
    }
    const auto checked = runs.contains(name) ? entry.parameters : without_files(entry.parameters);
    const Json resolved = config::resolve(section, checked, named(file) + ": " + name, base, problems);
    result.sections[name] = config::Section(resolved, base);
    result.resolved[name] = resolved;
  }
  return result;
}

void refuse(const std::vector<core::Fault>& problems) {
  if (problems.empty()) return;
  if (problems.size() == 1) core::fail_configuration(problems.front());
  std::string text = std::to_string(problems.size()) + " problems";
  for (const auto& problem : problems) text += "\nerror: " + core::format(problem);
  core::fail_configuration({text, "", "", ""});
}

}  // namespace cardiotwin::pipeline

#pragma once
/// A case file after reading, `--set`, defaults and checks.

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cardiotwin/config/config.hpp"
#include "cardiotwin/pipeline/pipeline.hpp"
#include "stage_table.hpp"

namespace cardiotwin::pipeline {

/// Parameters of the run itself, at the top level of a case file beside the stages' sections.
config::Spec run_parameters();

struct Case {
  std::filesystem::path file;
  config::Section run;                              ///< of run_parameters()
  std::map<std::string, config::Section> sections;  ///< by stage
  std::set<std::string> selected;                   ///< stages that are to run where they are not current
  config::Json resolved;                            ///< all of it, as it stands in resolved_config.json
};

/// The text with comments as JSON; throws core::Error (configuration) for a syntax error or a duplicate key.
config::Json parse_case(const std::filesystem::path& file, const std::string& text);

/// Puts "section.key=value" into `given`. Values are JSON where they can be, text otherwise.
void apply_set(config::Json& given, const std::string& assignment, const StageTable& table);

/// Files named by parameters are looked for only for the stages in `runs`. Appends every problem.
Case resolve_case(const std::filesystem::path& file, const config::Json& given, const StageTable& table,
                  const std::set<std::string>& runs, std::vector<core::Fault>& problems);

/// Throws one core::Error (configuration) that holds all problems.
void refuse(const std::vector<core::Fault>& problems);

}  // namespace cardiotwin::pipeline

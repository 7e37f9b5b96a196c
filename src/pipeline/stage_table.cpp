#include "stage_table.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <set>

#include "cardiotwin/config/range.hpp"
#include "cardiotwin/stage/plugin.hpp"
#include "cardiotwin/stages/stages.hpp"

namespace cardiotwin::pipeline {
namespace {

std::shared_ptr<void> open_library(const std::filesystem::path& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    core::fail_configuration({"plugins: " + path.string(), "a shared library that can be loaded",
                              reason ? reason : "none", "build it against this version of cardiotwin"});
  }
  return {handle, [](void* h) { dlclose(h); }};
}

template <class Function>
Function symbol(const std::shared_ptr<void>& library, const std::filesystem::path& path, const char* name) {
  void* found = dlsym(library.get(), name);
  if (found == nullptr)
    core::fail_configuration({"plugins: " + path.string(), std::string("the function ") + name, "none",
                              "use the macro CARDIOTWIN_PLUGIN(YourStage) in the plugin's source"});
  return reinterpret_cast<Function>(found);
}

std::unique_ptr<stage::Stage> load(const std::shared_ptr<void>& library, const std::filesystem::path& path) {
  const int abi = symbol<int (*)()>(library, path, "cardiotwin_plugin_abi")();
  if (abi != stage::plugin_abi)
    core::fail_configuration({"plugins: " + path.string(), "plugin ABI " + std::to_string(stage::plugin_abi),
                              std::to_string(abi), "rebuild the plugin against this version of cardiotwin"});
  return std::unique_ptr<stage::Stage>(symbol<stage::Stage* (*)()>(library, path, "cardiotwin_plugin_stage")());
}

}  // namespace

StageTable::StageTable(const std::vector<std::filesystem::path>& plugins) {
  for (const auto make :
       {ingest::make_stage, segmentation::make_stage, meshing::make_stage, electrophysiology::make_stage,
        mechanics::make_stage, hemodynamics::make_stage, report::make_stage})
    add(make(), false);
  for (const auto& path : plugins) {
    libraries_.push_back(open_library(path));
    add(load(libraries_.back(), path), true);
  }
  check_chain();
}

void StageTable::add(std::unique_ptr<stage::Stage> stage, bool before_report) {
  Entry entry{.stage = std::move(stage), .contract = {}, .parameters = {}};
  entry.contract = entry.stage->contract();
  entry.parameters = entry.stage->parameters();
  entries_.insert(before_report ? entries_.end() - 1 : entries_.end(), std::move(entry));
}

void StageTable::check_chain() const {
  std::set<std::string_view> names, made;
  for (const auto& [stage, contract, parameters] : entries_) {
    if (!names.insert(contract.name).second)
      core::fail_configuration(
          {"plugins", "stages of different names", "\"" + contract.name + "\" twice", "rename the plugin's stage"});
    for (const auto artifact : contract.reads)
      if (!made.contains(artifact))
        core::fail_configuration({"stage " + contract.name,
                                  "an earlier stage that writes \"" + std::string(artifact) + "\"", "none",
                                  "name the plugin that writes it before this one"});
    made.insert(contract.writes.begin(), contract.writes.end());
  }
}

std::size_t StageTable::find(const std::string& name, const std::string& option) const {
  std::vector<std::string> names;
  std::string list;
  for (const auto& entry : entries_) {
    names.push_back(entry.contract.name);
    list += (list.empty() ? "" : ", ") + entry.contract.name;
  }
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    core::fail_configuration(
        {option, "one of " + list, "\"" + name + "\"", "did you mean \"" + config::nearest(name, names) + "\"?"});
  return static_cast<std::size_t>(found - names.begin());
}

std::string StageTable::writer_of(std::string_view artifact) const {
  for (const auto& entry : entries_)
    if (std::ranges::find(entry.contract.writes, artifact) != entry.contract.writes.end()) return entry.contract.name;
  return {};
}

std::vector<std::string> StageTable::upstream(const Entry& entry) const {
  std::set<std::string> writers;
  for (const auto& list : {entry.contract.reads, entry.contract.reads_if_present})
    for (const auto artifact : list)
      if (const auto writer = writer_of(artifact); !writer.empty()) writers.insert(writer);
  std::vector<std::string> ordered;
  for (const auto& other : entries_)
    if (writers.contains(other.contract.name)) ordered.push_back(other.contract.name);
  return ordered;
}

}  // namespace cardiotwin::pipeline

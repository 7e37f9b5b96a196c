#pragma once
/// The one table of stages: the built-in ones in their order, then plugins where their inputs allow.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cardiotwin/stage/stage.hpp"

namespace cardiotwin::pipeline {

class StageTable {
 public:
  /// Throws core::Error (configuration) for a plugin that cannot be loaded, has another ABI, or breaks the chain.
  explicit StageTable(const std::vector<std::filesystem::path>& plugins = {});

  struct Entry {
    std::unique_ptr<stage::Stage> stage;
    stage::Contract contract;
    config::Spec parameters;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  /// Position of a stage; throws core::Error (configuration) with the nearest name.
  std::size_t find(const std::string& name, const std::string& option) const;
  /// Names of the stages whose artifacts this one reads.
  std::vector<std::string> upstream(const Entry& entry) const;
  /// Stage that writes the artifact, or "".
  std::string writer_of(std::string_view artifact) const;

 private:
  void add(std::unique_ptr<stage::Stage> stage, bool before_report);
  void check_chain() const;
  std::vector<std::shared_ptr<void>> libraries_;  ///< outlive the stages made by them
  std::vector<Entry> entries_;
};

}  // namespace cardiotwin::pipeline

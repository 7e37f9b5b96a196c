#pragma once
/// audit.jsonl: a hash-chained record of every action of every run in a folder.
///
/// A record is one line of canonical JSON (sorted keys): seq, time (UTC), user, host, action, what, previous (hash of
/// the record before; 64 zeros for the first) and hash = SHA-256 of the record without `hash`. It supports 21 CFR Part
/// 11 records; it does not make a system compliant.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cardiotwin/config/config.hpp"

namespace cardiotwin::pipeline {

class AuditLog {
 public:
  /// Reads what is there. A last line that a crash left incomplete is cut off, and the next record says so.
  /// Throws core::Error (integrity) when the chain is broken.
  explicit AuditLog(const std::filesystem::path& run_folder);
  /// Appends and fsyncs.
  void append(const std::string& action, const config::Json& what);
  const std::string& head() const { return head_; }
  /// Last recorded SHA-256 of a file of the run folder.
  std::optional<std::string> recorded(const std::string& file) const;

 private:
  std::filesystem::path path_;
  std::string head_;
  std::int64_t next_ = 0;
  std::map<std::string, std::string> files_;
};

/// What is wrong with a run folder's evidence: one fault each, the first bad record or each changed file; empty when
/// all holds.
std::vector<core::Fault> verify_audit(const std::filesystem::path& run_folder);

}  // namespace cardiotwin::pipeline

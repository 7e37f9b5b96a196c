#include "audit.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cardiotwin/io/files.hpp"
#include "cardiotwin/io/hdf5.hpp"
#include "cardiotwin/io/sha256.hpp"
#include "checkpoint.hpp"

namespace cardiotwin::pipeline {
namespace {

namespace fs = std::filesystem;
using config::Json;

const std::string no_hash(64, '0');

std::string user_name() {
  const passwd* entry = getpwuid(geteuid());
  return entry ? entry->pw_name : std::to_string(geteuid());
}

struct Chain {
  std::string head = no_hash;
  std::int64_t next = 0;
  std::map<std::string, std::string> files;  ///< last recorded hash
  std::vector<std::string> hashes;
  std::string torn;  ///< an incomplete last line
  std::optional<core::Fault> broken;
};

/// Follows the chain until its end or the first record that does not hold.
Chain follow(const fs::path& path) {
  Chain chain;
  if (!fs::exists(path)) return chain;
  const std::string text = io::read_file(path);
  const std::string remedy = "restore the file from a backup; records after this one prove nothing";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) {
      chain.torn = text.substr(at);
      break;
    }
    const std::string where = path.string() + ": record " + std::to_string(chain.next);
    const std::string line = text.substr(at, end - at);
    Json record = Json::parse(line, nullptr, false);
    const bool canonical = record.dump() == line;
    if (!record.is_object() || !record.contains("hash") || !record.contains("previous")) {
      chain.broken = core::Fault{where, "a record", "something else", remedy};
      break;
    }
    const Json stated = record["hash"];
    record.erase("hash");
    const std::string hash = io::sha256(record.dump());
    if (stated != hash || record["previous"] != chain.head || record.value("seq", Json(-1)) != chain.next ||
        !canonical) {
      chain.broken = core::Fault{where, "hash " + hash.substr(0, 12) + "... after " + chain.head.substr(0, 12) + "...",
                                 "an altered, missing or inserted record", remedy};
      break;
    }
    chain.head = hash;
    chain.hashes.push_back(hash);
    chain.next += 1;
    const Json& what = record["what"];
    if (what.contains("file") && what.contains("sha256")) chain.files[what["file"]] = what["sha256"];
    at = end + 1;
  }
  return chain;
}

}  // namespace

AuditLog::AuditLog(const fs::path& run_folder) : path_(run_folder / "audit.jsonl") {
  const Chain chain = follow(path_);
  if (chain.broken) core::fail_integrity(*chain.broken);
  head_ = chain.head;
  next_ = chain.next;
  files_ = chain.files;
  if (chain.torn.empty()) return;
  fs::resize_file(path_, fs::file_size(path_) - chain.torn.size());
  append("audit_repaired", {{"incomplete_record_cut", chain.torn.size()}});
}

void AuditLog::append(const std::string& action, const Json& what) {
  Json record{{"seq", next_},     {"time", utc_now()}, {"user", user_name()}, {"host", host_name()},
              {"action", action}, {"what", what},      {"previous", head_}};
  const std::string hash = io::sha256(record.dump());
  record["hash"] = hash;
  const std::string line = record.dump() + "\n";
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  const bool written =
      fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!written)
    core::fail_input(
        {path_.string(), "to append a record", std::strerror(error),
         "free some space or check permissions, then run the same command again: finished stages are kept"});
  head_ = hash;
  next_ += 1;
  if (what.contains("file") && what.contains("sha256")) files_[what["file"]] = what["sha256"];
}

std::optional<std::string> AuditLog::recorded(const std::string& file) const {
  const auto found = files_.find(file);
  if (found == files_.end()) return std::nullopt;
  return found->second;
}

namespace {

void verify_files(const fs::path& folder, const Chain& chain, std::vector<core::Fault>& faults) {
  for (const auto& [name, hash] : chain.files) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) {
      faults.push_back({file.string(), "the file recorded in audit.jsonl", "none", "restore it, or rerun its stage"});
    } else if (const auto found = io::sha256_file(file); found != hash) {
      faults.push_back({file.string(), "SHA-256 " + hash.substr(0, 16) + "... as recorded", found.substr(0, 16) + "...",
                        "the file was altered after it was written: restore it, or rerun its stage with --force"});
    }
  }
}

/// Heads that stand outside the log show a cut tail or a full rewrite.
void verify_heads(const fs::path& folder, const Chain& chain, std::vector<core::Fault>& faults) {
  const auto known = [&](const std::string& head) {
    return head == no_hash || std::ranges::find(chain.hashes, head) != chain.hashes.end();
  };
  const std::string remedy = "audit.jsonl was cut or rewritten: restore it from a backup";
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".h5") continue;
    const std::string name = entry.path().filename().string();
    if (!chain.files.contains(name)) {
      faults.push_back({entry.path().string(), "a record of this checkpoint in audit.jsonl", "none", remedy});
      continue;
    }
    if (io::sha256_file(entry.path()) != chain.files.at(name)) continue;  // named above; HDF5 does not open it
    try {
      if (const auto head = io::Reader(entry.path()).text_attribute("/provenance", "audit_head"); !known(head))
        faults.push_back({entry.path().string(), "the audit head it was written after, " + head.substr(0, 12) + "...",
                          "no such record", remedy});
    } catch (const core::Error&) {
      // As it was written, and yet unreadable: whoever needs it says so.
    }
  }
  const fs::path summary = folder / "summary.json";
  if (!fs::exists(summary)) return;
  const Json content = Json::parse(io::read_file(summary), nullptr, false);
  if (content.is_object() && content.contains("audit_head") && !known(content["audit_head"].get<std::string>()))
    faults.push_back({summary.string(), "an audit head that is in audit.jsonl", "no such record", remedy});
}

}  // namespace

std::vector<core::Fault> verify_audit(const fs::path& run_folder) {
  std::vector<core::Fault> faults;
  const fs::path path = run_folder / "audit.jsonl";
  if (!fs::exists(path)) {
    faults.push_back({path.string(), "the audit log of a run", "no file", "name the run folder"});
    return faults;
  }
  const Chain chain = follow(path);
  if (chain.broken) faults.push_back(*chain.broken);
  if (!chain.torn.empty())
    faults.push_back({path.string() + ": record " + std::to_string(chain.next), "a whole line",
                      "an incomplete one, as a crash or a cut leaves it",
                      "the next run in this folder repairs and records it"});
  if (!faults.empty()) return faults;
  verify_files(run_folder, chain, faults);
  verify_heads(run_folder, chain, faults);
  return faults;
}

}  // namespace cardiotwin::pipeline

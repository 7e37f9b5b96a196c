#include "scan.hpp"

#include <algorithm>
#include <set>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::ingest {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> list(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code problem;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, problem), end;
       !problem && it != end; it.increment(problem))
    if (std::error_code ignored; it->is_regular_file(ignored)) paths.push_back(it->path());
  if (problem)
    core::fail_input({.where = folder.string(),
                      .expected = "a folder that can be read",
                      .found = problem.message(),
                      .remedy = "check its permissions"});
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string summary(const Scan& scan) {
  std::string text = std::to_string(scan.files) + (scan.files == 1 ? " file: " : " files: ");
  for (const auto& [reason, count] : scan.skipped) text += std::to_string(count) + " x " + reason + ", ";
  if (!scan.damaged.empty()) text += std::to_string(scan.damaged.size()) + " x damaged DICOM, ";
  return text.substr(0, text.size() - 2);
}

}  // namespace

std::string Scan::name(const fs::path& path) const { return path.lexically_relative(folder).string(); }

Scan scan_folder(const fs::path& folder) {
  const std::string where = "ingest.dicom_folder " + folder.string();
  if (!fs::is_directory(folder))
    core::fail_input({.where = where,
                      .expected = "a folder with a DICOM study",
                      .found = fs::exists(folder) ? "a file" : "nothing of that name",
                      .remedy = "name the folder that holds the study; relative paths start at the case file"});
  Scan scan;
  scan.folder = folder;
  const auto paths = list(folder);
  scan.files = paths.size();
  if (paths.empty())
    core::fail_input({.where = where,
                      .expected = "a folder with a DICOM study",
                      .found = "an empty folder",
                      .remedy = "copy the study there, or name another folder"});
  std::set<std::string> seen;
  for (const auto& path : paths) {
    DicomFile file = read_header(path);
    if (file.kind == FileKind::damaged) {
      scan.damaged.push_back(std::move(file));
    } else if (file.kind != FileKind::image) {
      ++scan.skipped[file.problem];
    } else if (!file.facts->instance_uid.empty() && !seen.insert(file.facts->instance_uid).second) {
      scan.repeated.push_back(scan.name(path));
    } else {
      std::move(file.frames.begin(), file.frames.end(), std::back_inserter(scan.frames));
    }
  }
  if (scan.frames.empty())
    core::fail_input({.where = where,
                      .expected = "DICOM images with position and orientation",
                      .found = summary(scan),
                      .remedy = "name the folder that holds the images of the study"});
  return scan;
}

}  // namespace cardiotwin::ingest

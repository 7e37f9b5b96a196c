#include "scan.hpp"

#include <algorithm>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/sandbox/whereabouts.hpp"
#include "dicom_parser.hpp"
#include "parallel.hpp"

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

/// Do two files hold the same pixels as written?
bool same_pixels(const fs::path& a, const fs::path& b) {
  const MappedFile file_a(a), file_b(b);
  const Parsed parsed_a = parse(file_a.bytes()), parsed_b = parse(file_b.bytes());
  const Element *const pixels_a = parsed_a.data.find(pixel_data), *const pixels_b = parsed_b.data.find(pixel_data);
  return pixels_a && pixels_b && std::ranges::equal(pixels_a->value, pixels_b->value);
}

/// An instance UID names one image for all time (PS3.5 9). A file that repeats one, pixels included, is a copy and is
/// left out; where software gave one UID to several images, all of them count.
void add_image(Scan& scan, DicomFile file, std::map<std::string, Frame>& seen) {
  const std::string& uid = file.facts->instance_uid;
  if (!uid.empty()) {
    const auto [entry, fresh] = seen.emplace(uid, file.frames.front());
    const Frame &first = entry->second, &here = file.frames.front();
    if (!fresh && first.position == here.position && first.trigger_ms == here.trigger_ms &&
        same_pixels(first.file->path, file.path)) {
      scan.repeated.push_back(scan.name(file.path));
      return;
    }
    if (!fresh) scan.same_name.push_back(scan.name(file.path));
  }
  std::move(file.frames.begin(), file.frames.end(), std::back_inserter(scan.frames));
}

}  // namespace

std::string Scan::name(const fs::path& path) const { return path.lexically_relative(folder).string(); }

Scan scan_folder(const fs::path& folder, int threads) {
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
  std::vector<DicomFile> files(paths.size());
  for_each(paths.size(), threads, [&](std::size_t n) {
    const sandbox::Whereabouts here(scan.name(paths[n]));
    files[n] = read_header(paths[n]);
  });
  std::map<std::string, Frame> seen;  // by instance UID
  for (auto& file : files) {
    if (file.kind == FileKind::damaged)
      scan.damaged.push_back(std::move(file));
    else if (file.kind != FileKind::image)
      ++scan.skipped[file.problem];
    else
      add_image(scan, std::move(file), seen);
  }
  if (scan.frames.empty())
    core::fail_input({.where = where,
                      .expected = "DICOM images with position and orientation",
                      .found = summary(scan),
                      .remedy = "name the folder that holds the images of the study"});
  return scan;
}

}  // namespace cardiotwin::ingest

#include "study_output.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::phantom {
namespace {

void finish(std::ofstream& file, const std::filesystem::path& path, const std::string& what) {
  file.close();
  if (!file)
    core::fail_input({.where = path.string(),
                      .expected = "room for the " + what,
                      .found = "an error of the file system",
                      .remedy = "free some space"});
}

}  // namespace

std::filesystem::path dicom_folder(const std::filesystem::path& output) {
  const auto folder = output / "dicom";
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem || (std::filesystem::exists(folder) && !std::filesystem::is_empty(folder, problem)))
    core::fail_input({.where = folder.string(),
                      .expected = "a new or empty folder",
                      .found = problem ? problem.message() : "a folder with files in it",
                      .remedy = "name another --output, or remove this one"});
  return folder;
}

std::filesystem::path file_name(int number) {
  char name[32];
  std::snprintf(name, sizeof name, "IM-%06d.dcm", number);
  return name;
}

void write_labels(const std::filesystem::path& path, const artifacts::Geometry& g,
                  std::span<const std::uint8_t> labels) {
  std::ofstream file(path, std::ios::binary);
  file.precision(12);
  const auto vector = [](std::ostream& out, const Vec3& v) { out << '(' << v[0] << ',' << v[1] << ',' << v[2] << ')'; };
  file << "NRRD0005\ntype: uint8\ndimension: 4\nspace: left-posterior-superior\nsizes: " << g.size[0] << ' '
       << g.size[1] << ' ' << g.size[2] << ' ' << static_cast<std::int64_t>(labels.size()) / g.voxels()
       << "\nspace directions: ";
  for (int axis = 0; axis < 3; ++axis) vector(file, g.spacing[axis] * g.axes[axis]), file << ' ';
  file << "none\nkinds: domain domain domain list\nencoding: raw\nspace origin: ";
  vector(file, g.origin);
  file << "\n\n";
  file.write(reinterpret_cast<const char*>(labels.data()), static_cast<std::streamsize>(labels.size()));
  finish(file, path, "labels");
}

void write_truth(const std::filesystem::path& path, const nlohmann::json& truth) {
  std::ofstream file(path);
  file << truth.dump(2) << '\n';
  finish(file, path, "truth");
}

void check_option(bool right, const std::string& option, const std::string& expected, double found) {
  if (!right)
    core::fail_configuration({.where = "phantom: " + option,
                              .expected = expected,
                              .found = std::to_string(found),
                              .remedy = "choose a value in this range, or leave it to the seed"});
}

}  // namespace cardiotwin::phantom

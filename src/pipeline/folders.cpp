#include "folders.hpp"

#include <fcntl.h>
#include <mpi.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cardiotwin/io/files.hpp"
#include "checkpoint.hpp"
#include "plan.hpp"

namespace cardiotwin::pipeline {

namespace fs = std::filesystem;
using config::Json;

Loaded load_case(const Request& request) {
  if (!fs::exists(request.case_file))
    core::fail_configuration(
        {request.case_file.string(), "a case file", "no file", "start from configs/patients/phantom.json"});
  Json given = parse_case(request.case_file, io::read_file(request.case_file));
  const fs::path base = fs::absolute(request.case_file).parent_path();
  std::vector<fs::path> plugins;
  if (given.contains("plugins") && given["plugins"].is_array())
    for (const auto& plugin : given["plugins"])
      if (plugin.is_string()) plugins.push_back(base / plugin.get<std::string>());
  Loaded loaded{.table = StageTable(plugins), .patient = {}};
  for (const auto& assignment : request.set) apply_set(given, assignment, loaded.table);
  std::vector<core::Fault> problems;
  std::vector<std::string> listed;
  if (given.contains("stages") && given["stages"].is_array())
    for (const auto& name : given["stages"])
      if (name.is_string()) listed.push_back(name.get<std::string>());
  loaded.patient =
      resolve_case(request.case_file, given, loaded.table, selected_stages(request, listed, loaded.table), problems);
  refuse(problems);
  return loaded;
}

fs::path run_folder(const Request& request, const Case& patient) {
  if (!request.output.empty()) return fs::absolute(request.output).lexically_normal();
  if (const fs::path given = patient.run.path("output"); !given.empty()) return given;
  return fs::absolute(fs::path("runs") / patient.run.text("name"));
}

void make_run_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder / "log", error);
  if (error)
    core::fail_input(
        {folder.string(), "a run folder that can be made", error.message(), "choose another one with --output"});
  io::check_writable(folder / "summary.json");
}

Json build_facts() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> mpi{};
  int length = 0;
  MPI_Get_library_version(mpi.data(), &length);
  std::string mpi_text(mpi.data());
  return {{"version", software_version()}, {"commit", git_commit()},
          {"compiler", __VERSION__},       {"mpi", mpi_text.substr(0, mpi_text.find(','))},
          {"petsc", CARDIOTWIN_PETSC},     {"hdf5", CARDIOTWIN_HDF5}};
}

Lock::Lock(const fs::path& folder) {
  const fs::path path = folder / ".lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  if (fd_ >= 0) ::close(fd_);
  if (error == EWOULDBLOCK)
    core::fail_input({folder.string(), "a run folder that no other run uses", "one in use by a running cardiotwin",
                      "wait for it, stop it (touch STOP in the folder), or choose another folder with --output"});
  core::fail_input({path.string(), "to lock the run folder", std::strerror(error), "check its permissions"});
}

Lock::~Lock() { ::close(fd_); }

}  // namespace cardiotwin::pipeline

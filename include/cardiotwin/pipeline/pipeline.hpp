#pragma once
/// What the command line can ask for. Everything else of the pipeline is private to src/pipeline.

#include <filesystem>
#include <string>
#include <vector>

#include "cardiotwin/core/mpi.hpp"

namespace cardiotwin::pipeline {

/// Words of `run`, `plan` and `validate`.
struct Request {
  std::filesystem::path case_file;
  std::filesystem::path output;  ///< empty: the case file's own, or runs/<name>
  std::string from, to, only;    ///< stage names; empty for all
  std::vector<std::string> set;  ///< "section.key=value"; relative paths are relative to the current folder
  bool force = false;
};

// Each returns the exit status of the program; errors are thrown as core::Error.

/// Collective.
core::ExitCode run(const core::Comm& comm, const Request& request);
/// Rank 0: what would run or be reused, and why.
core::ExitCode plan(const Request& request);
/// Rank 0: every problem of the case file.
core::ExitCode validate(const Request& request);
/// Rank 0: the parameters of all stages as JSON Schema, or as Markdown.
std::string schema();
std::string reference();
/// Rank 0: what is in a checkpoint, or in a DICOM folder.
core::ExitCode inspect(const std::filesystem::path& file);
/// Rank 0: the mesh of a run in the layout "vtu", "opencarp" or "svmultiphysics", or its labels, image and confidence
/// as "nifti" or "nrrd" volumes, into a folder.
core::ExitCode export_run(const std::filesystem::path& run_folder, const std::string& format,
                          const std::filesystem::path& output);
/// Rank 0: how far label files of several observers agree, as a table.
core::ExitCode agreement(const std::vector<std::filesystem::path>& files);
/// Rank 0: the run's figures against expected ones, with their tolerances. numerical when one is off.
core::ExitCode compare(const std::filesystem::path& run_folder, const std::filesystem::path& expected);
/// Rank 0: the hash chain and every recorded file. integrity when something was altered.
core::ExitCode audit_verify(const std::filesystem::path& run_folder);

}  // namespace cardiotwin::pipeline

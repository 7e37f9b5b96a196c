#pragma once
/// Small studies to read, and the stage's answer to them. Everything here is collective.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/core/mpi.hpp"
#include "cardiotwin/phantom/phantom.hpp"
#include "cardiotwin/stages/stages.hpp"
#include "support/workbench.hpp"

namespace cardiotwin::ingest {

/// A phantom of 6 to 8 slices x 4 phases of 40 x 40 pixels, in `folder`; made on rank 0, the same on all.
inline phantom::CineMrOptions small(const std::filesystem::path& folder, std::uint64_t seed = 1) {
  phantom::CineMrOptions o;
  o.output = folder, o.seed = seed;
  o.phases = 4, o.matrix = 40, o.pixel_spacing_mm = 6, o.slice_thickness_mm = 16;
  return o;
}

inline phantom::Phantom make(const phantom::CineMrOptions& options) {
  phantom::Phantom p;
  core::on_root(core::Comm(), [&] { p = phantom::make_cine_mr(options); });
  return p;
}

/// Work on files, on rank 0 alone.
inline void on_disk(const std::function<void()>& work) { core::on_root(core::Comm(), work); }

/// What the stage says when it refuses; fails the test when it does not.
inline std::string refusal(test::Workbench& bench, const config::Json& parameters) {
  const auto stage = make_stage();
  try {
    bench.run(*stage, parameters);
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input);
    EXPECT_TRUE(error.is_collective());
    return error.what();
  }
  ADD_FAILURE() << "the stage did not refuse";
  return "";
}

/// Is one of the warnings of the last run like this? Rank 0 knows; others say yes.
inline bool warned(const test::Workbench& bench, const std::string& part) {
  if (!core::Comm().is_root()) return true;
  for (const auto& warning : bench.findings.warnings())
    if (warning.find(part) != std::string::npos) return true;
  return false;
}

}  // namespace cardiotwin::ingest

#pragma once
/// A request to stop: SIGUSR1, SIGTERM, or a file named STOP in the run folder.

#include <filesystem>

#include "cardiotwin/core/mpi.hpp"

namespace cardiotwin::core {

class StopRequest {
 public:
  explicit StopRequest(std::filesystem::path stop_file = {}) : stop_file_(std::move(stop_file)) {}
  /// The handlers only set a flag. Call once, from main.
  static void install_handlers();
  /// For tests.
  void request() { requested_ = true; }
  /// Collective: true on every rank once any rank has been asked.
  bool agreed(const Comm& comm);
  /// Local: has this rank seen a request?
  bool seen();

 private:
  std::filesystem::path stop_file_;
  bool requested_ = false;
};

}  // namespace cardiotwin::core

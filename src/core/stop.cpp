#include "cardiotwin/core/stop.hpp"

#include <csignal>

namespace cardiotwin::core {
namespace {
// The only state that outlives a call: a signal handler has nowhere else to leave its word.
volatile std::sig_atomic_t signalled = 0;
void on_signal(int) { signalled = 1; }
}  // namespace

void StopRequest::install_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool StopRequest::seen() {
  std::error_code ignored;
  return requested_ || signalled != 0 || (!stop_file_.empty() && std::filesystem::exists(stop_file_, ignored));
}

bool StopRequest::agreed(const Comm& comm) { return comm.any(seen()); }

}  // namespace cardiotwin::core

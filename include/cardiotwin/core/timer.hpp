#pragma once
/// Where the wall time went, by name.

#include <chrono>
#include <map>
#include <string>

namespace cardiotwin::core {

/// Seconds of wall time since an arbitrary start; monotonic.
double wall_seconds();
/// Peak resident memory of this process since the last reset [MiB].
double peak_rss_mib();
/// Starts the count of peak_rss_mib() anew, where the kernel allows it.
void reset_peak_rss();

class Timers {
 public:
  /// Adds the time until the guard's end to `name`.
  class Scope {
   public:
    Scope(Timers& timers, std::string name) : timers_(timers), name_(std::move(name)), start_(wall_seconds()) {}
    ~Scope() { timers_.seconds_[name_] += wall_seconds() - start_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Timers& timers_;
    std::string name_;
    double start_;
  };
  [[nodiscard]] Scope scope(std::string name) { return Scope(*this, std::move(name)); }
  double seconds(const std::string& name) const;
  const std::map<std::string, double>& all() const { return seconds_; }

 private:
  std::map<std::string, double> seconds_;
};

}  // namespace cardiotwin::core

#pragma once
/// The log of a run: console lines and a full file. Rank 0 speaks, the others are silent.

#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <memory>
#include <string>

namespace cardiotwin::core {

class Log {
 public:
  /// `speaks` is true on rank 0; an empty `file` means console only.
  Log(bool speaks, const std::filesystem::path& file, bool quiet_console = false);
  ~Log();

  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    line(Level::info, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) {
    line(Level::warning, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    line(Level::error, fmt::format(format, std::forward<Args>(args)...));
  }
  /// File only.
  template <class... Args>
  void detail(fmt::format_string<Args...> format, Args&&... args) {
    line(Level::detail, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  enum class Level { detail, info, warning, error };
  void line(Level level, const std::string& text);
  struct Sinks;
  std::unique_ptr<Sinks> sinks_;
};

/// One console line that says how far a long piece of work is, at most every few seconds, with the time still needed.
class Progress {
 public:
  Progress(Log& log, std::string what, double total);
  /// `done` in the units of `total`; `note` stands at the end of the line.
  void update(double done, const std::string& note = {});

 private:
  Log& log_;
  std::string what_;
  double total_;
  double first_done_ = -1, first_s_ = 0, next_s_ = 0;
};

}  // namespace cardiotwin::core

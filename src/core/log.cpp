#include "cardiotwin/core/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "cardiotwin/core/timer.hpp"

namespace cardiotwin::core {

struct Log::Sinks {
  std::unique_ptr<spdlog::logger> console, file;
};

Log::Log(bool speaks, const std::filesystem::path& file, bool quiet_console) : sinks_(std::make_unique<Sinks>()) {
  if (!speaks) return;
  if (!quiet_console) {
    sinks_->console = std::make_unique<spdlog::logger>("console", std::make_shared<spdlog::sinks::stdout_sink_st>());
    sinks_->console->set_pattern("%v");
    sinks_->console->flush_on(spdlog::level::trace);
  }
  if (!file.empty()) {
    sinks_->file =
        std::make_unique<spdlog::logger>("file", std::make_shared<spdlog::sinks::basic_file_sink_st>(file.string()));
    sinks_->file->set_pattern("%Y-%m-%dT%H:%M:%S.%e %-7l %v");
    sinks_->file->set_level(spdlog::level::trace);
    sinks_->file->flush_on(spdlog::level::trace);
    // A log that cannot be written (a full disk) must not end the run: the checkpoint writer will say so properly.
    sinks_->file->set_error_handler([](const std::string&) {});
  }
}

Log::~Log() = default;

void Log::line(Level level, const std::string& text) {
  static constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                         spdlog::level::err};
  static constexpr const char* marks[] = {"", "", "warning: ", "error: "};
  const auto which = static_cast<std::size_t>(level);
  if (sinks_->file) sinks_->file->log(levels[which], text);
  if (sinks_->console && level != Level::detail) sinks_->console->log(levels[which], marks[which] + text);
}

Progress::Progress(Log& log, std::string what, double total) : log_(log), what_(std::move(what)), total_(total) {}

void Progress::update(double done, const std::string& note) {
  constexpr double every_s = 10;
  const double now = wall_seconds();
  if (first_done_ < 0) {
    first_done_ = done;
    first_s_ = now;
    next_s_ = now + 1;
    return;
  }
  if (now < next_s_) return;
  next_s_ = now + every_s;
  const double rate = (done - first_done_) / (now - first_s_);
  const double left_s = rate > 0 ? (total_ - done) / rate : 0;
  log_.info("  {}{:3.0f} %  {:.0f} s left  {}", what_.empty() ? "" : what_ + " ", 100 * done / total_, left_s, note);
}

}  // namespace cardiotwin::core

#include "cardiotwin/stage/time_loop.hpp"

#include <spdlog/fmt/fmt.h>

#include <optional>

#include "cardiotwin/core/timer.hpp"
#include "cardiotwin/io/files.hpp"

namespace cardiotwin::stage {
namespace {

namespace fs = std::filesystem;

fs::path slot_path(const Context& context, int slot) {
  fs::path path = context.state_stem;
  path += "." + std::to_string(slot);
  return path;
}

/// Rank 0. Whole or not there; the other slot stays as it was.
void write_slot(const fs::path& path, const Context& context, const State& state, double serial) {
  fs::path partial = path;
  partial += ".partial";
  io::Writer file(partial);
  file.write("/resume_key", context.resume_key);
  file.write("/serial", serial);
  for (const auto& [name, values] : state.arrays()) file.write("/arrays/" + name, values);
  file.close();
  io::rename_durably(partial, path);
}

struct Slot {
  int index;
  double serial;
};

/// Local. The newest slot that is intact and belongs to this run; a damaged one is passed over.
std::optional<Slot> newest_slot(const Context& context, std::string& note) {
  std::optional<Slot> newest;
  for (int slot = 0; slot < 2; ++slot) {
    const fs::path path = slot_path(context, slot);
    if (!fs::exists(path)) continue;
    try {
      const io::Reader file(path);
      if (file.read_text("/resume_key") != context.resume_key) continue;
      const double serial = file.read_scalar("/serial");
      if (!newest || serial > newest->serial) newest = Slot{slot, serial};
    } catch (const core::Error&) {
      note = path.filename().string() + " is damaged and was passed over";
    }
  }
  return newest;
}

State read_slot(const fs::path& path) {
  const io::Reader file(path);
  State state;
  if (file.has("/arrays"))
    for (const auto& name : file.datasets("/arrays")) state.put(name, file.read<double>("/arrays/" + name));
  return state;
}

/// Keeps two rolling states and decides when the next is due.
class RollingState {
 public:
  explicit RollingState(Context& context) : context_(context), last_s_(core::wall_seconds()) {}

  bool resume(Steppable& solver) {
    std::vector<double> found;  // slot and serial, agreed with rank 0
    core::on_root(context_.comm, [&] {
      std::string note;
      if (const auto slot = newest_slot(context_, note)) found = {static_cast<double>(slot->index), slot->serial};
      if (!note.empty()) context_.log.warn("  rolling state {}", note);
    });
    context_.comm.broadcast(found);
    if (found.empty()) return false;
    slot_ = 1 - static_cast<int>(found[0]);
    serial_ = found[1];
    State state;
    core::collectively(context_.comm, [&] { state = read_slot(slot_path(context_, 1 - slot_)); });
    solver.load(state);
    return true;
  }

  bool due() const { return context_.comm.any(core::wall_seconds() - last_s_ > context_.checkpoint_interval_s); }

  void write(Steppable& solver) {
    const auto timing = context_.timers.scope("rolling_state");
    State state;
    solver.save(state);
    serial_ += 1;
    core::on_root(context_.comm, [&] { write_slot(slot_path(context_, slot_), context_, state, serial_); });
    slot_ = 1 - slot_;
    last_s_ = core::wall_seconds();
  }

 private:
  Context& context_;
  double last_s_;
  int slot_ = 0;
  double serial_ = 0;
};

}  // namespace

const std::vector<double>& State::get(const std::string& name) const {
  const auto found = arrays_.find(name);
  if (found == arrays_.end())
    core::fail_integrity({"rolling state: " + name, "this array", "none", "remove the *.state.* files and run again"});
  return found->second;
}

Outcome run_time_loop(Context& context, Steppable& solver) {
  RollingState rolling(context);
  if (rolling.resume(solver)) context.log.info("  resumed at {:.2f} ms", solver.time_ms());
  core::Progress progress(context.log, "", 1.0);
  while (!solver.finished()) {
    if (context.stop.agreed(context.comm)) {
      rolling.write(solver);
      context.log.info("  stopped on request at {:.2f} ms; run the same command again to go on", solver.time_ms());
      return Outcome::interrupted;
    }
    if (rolling.due()) rolling.write(solver);
    solver.advance();
    progress.update(solver.done(), fmt::format("{:.1f} ms  {}", solver.time_ms(), solver.status()));
  }
  return Outcome::complete;
}

}  // namespace cardiotwin::stage

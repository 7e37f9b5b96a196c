#include "pacing.hpp"

#include <spdlog/fmt/fmt.h>

#include "cell/single_cell.hpp"
#include "kept.hpp"

namespace cardiotwin::electrophysiology {

std::string pacing_key(const IonicModel& model, const CellKind& kind, const Pacing& pacing) {
  return fmt::format("pacing 1; {}; cycle {} ms; beats {}; step {} ms", description(model, kind), pacing.cycle_ms,
                     pacing.beats, pacing.time_step_ms);
}

CellKind paced(const IonicModel& model, CellKind kind, const Pacing& pacing, const std::filesystem::path& folder) {
  const auto values = kept(folder, pacing_key(model, kind, pacing), [&] {
    CellKind at_end = kind;
    pace(model, at_end, pacing.cycle_ms, pacing.beats, pacing.time_step_ms);
    std::vector<double> result{at_end.potential};
    result.insert(result.end(), at_end.state.begin(), at_end.state.end());
    return result;
  });
  kind.potential = values.front();
  kind.state.assign(values.begin() + 1, values.end());
  return kind;
}

}  // namespace cardiotwin::electrophysiology

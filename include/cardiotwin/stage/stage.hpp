#pragma once
/// All that a stage sees of the pipeline, and all that the pipeline sees of a stage.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cardiotwin/config/config.hpp"
#include "cardiotwin/stage/context.hpp"

namespace cardiotwin::stage {

/// What a stage reads and writes (artifact ids, `T::id`); the runner checks the whole chain before the first stage
/// starts.
struct Contract {
  std::string name = {};     ///< config key, CLI word and checkpoint name
  std::string summary = {};  ///< one line
  std::vector<std::string_view> reads = {}, writes = {};
  std::vector<std::string_view> reads_if_present = {};  ///< used where an upstream stage made it
  bool serial = false;                                  ///< works on rank 0 alone (threads); said by `plan`
};

enum class Outcome { complete, interrupted };

class Stage {
 public:
  virtual ~Stage() = default;
  virtual Contract contract() const = 0;
  virtual config::Spec parameters() const = 0;
  /// Collective. Returns `interrupted` only after a resumable state has been written.
  virtual Outcome run(Context& context) = 0;
};

}  // namespace cardiotwin::stage

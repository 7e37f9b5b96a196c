#pragma once
/// Checks of parameters, each naming its key. All throw core::Error (configuration).

#include <cmath>
#include <string>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/core/log.hpp"

namespace cardiotwin::circulation {

inline void require(bool holds, const std::string& key, const std::string& expected, double found) {
  if (!holds)
    core::fail_configuration({.where = "circulation." + key,
                              .expected = expected,
                              .found = fmt::format("{:g}", found),
                              .remedy = "correct this parameter of the circulation"});
}

inline void require_positive(double value, const std::string& key, const std::string& unit) {
  require(std::isfinite(value) && value > 0, key, "a number above 0 " + unit, value);
}

inline void require_not_negative(double value, const std::string& key, const std::string& unit) {
  require(std::isfinite(value) && value >= 0, key, "0 " + unit + " or more", value);
}

/// For set_state().
inline void require_state(bool holds, const std::string& model) {
  if (!holds)
    core::fail_integrity({.where = "state of the circulation",
                          .expected = "a state of the model " + model,
                          .found = "one of another size or with numbers that are not finite",
                          .remedy = "start the stage anew: the saved state is of another circulation"});
}

}  // namespace cardiotwin::circulation

#include "cardiotwin/core/error.hpp"

#include <utility>

namespace cardiotwin::core {

std::string format(const Fault& fault) {
  std::string text = fault.where;
  if (!fault.expected.empty()) text += "\n  expected " + fault.expected;
  if (!fault.found.empty()) text += (fault.expected.empty() ? "\n  got " : ", got ") + fault.found;
  if (!fault.remedy.empty()) text += "\n  " + fault.remedy;
  return text;
}

Error::Error(ExitCode code, Fault fault) : std::runtime_error(format(fault)), code_(code), fault_(std::move(fault)) {}

Error Error::as_collective() const {
  Error copy = *this;
  copy.collective_ = true;
  return copy;
}

void fail_configuration(Fault fault) { throw Error(ExitCode::configuration, std::move(fault)); }
void fail_input(Fault fault) { throw Error(ExitCode::input, std::move(fault)); }
void fail_numerical(Fault fault) { throw Error(ExitCode::numerical, std::move(fault)); }
void fail_integrity(Fault fault) { throw Error(ExitCode::integrity, std::move(fault)); }

}  // namespace cardiotwin::core

#include <algorithm>
#include <cmath>

#include "cardiotwin/stage/context.hpp"

namespace cardiotwin::stage {

void Findings::quantity(std::string name, double value, std::string unit) {
  if (!std::isfinite(value))
    core::fail_numerical(
        {"quantity " + name, "a finite value", std::to_string(value), "the stage's log says what its solver did last"});
  const auto known = std::ranges::find(quantities_, name, &Quantity::name);
  if (known != quantities_.end())
    known->value = value;
  else
    quantities_.push_back({std::move(name), value, std::move(unit)});
}

void Findings::warning(std::string text) { warnings_.push_back(std::move(text)); }
void Findings::assumption(std::string text) { assumptions_.push_back(std::move(text)); }

}  // namespace cardiotwin::stage

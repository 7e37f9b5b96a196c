#pragma once
/// Reference ranges of well-known figures, with where they come from.

#include <string>
#include <string_view>

namespace cardiotwin::report {

struct Reference {
  std::string_view figure;  ///< part of a quantity's name, snake_case
  std::string_view unit;    ///< unit of the range
  double low, high;         ///< a value outside is marked; women and men together
  std::string_view text;    ///< as it is shown
  std::string_view source;
};

/// The range for a quantity "stage.some_name" in `unit`, or null. Pressures in kPa find ranges in mmHg.
const Reference* reference_for(std::string_view name, std::string_view unit);

/// `value` in the unit of the reference.
double in_unit_of(const Reference& reference, double value, std::string_view unit);

}  // namespace cardiotwin::report

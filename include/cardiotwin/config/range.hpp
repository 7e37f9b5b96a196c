#pragma once
/// An interval as it is declared, checked and printed: "(0, 1]", "[0, inf)".

#include <string>
#include <string_view>
#include <vector>

namespace cardiotwin::config {

class Range {
 public:
  /// Throws std::logic_error on a malformed declaration.
  explicit Range(const std::string& text);
  bool holds(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }
  bool low_open() const { return low_open_; }
  bool high_open() const { return high_open_; }

 private:
  double low_ = 0, high_ = 0;
  bool low_open_ = false, high_open_ = false;
};

/// Levenshtein distance, and the known word nearest to `key` ("" when there is none): for hints.
std::size_t edit_distance(std::string_view a, std::string_view b);
std::string nearest(std::string_view key, const std::vector<std::string>& known);

}  // namespace cardiotwin::config

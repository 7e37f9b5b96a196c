#pragma once
/// A rendered picture, with caption and colour scale.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "raster.hpp"

namespace cardiotwin::report {

struct Picture {
  std::string name, caption;  ///< name: snake_case, also a file name
  Pixels pixels;
  std::optional<Scale> scale;
  std::vector<std::pair<std::string, Rgb>> legend;
};

}  // namespace cardiotwin::report

#pragma once
/// The report as one page: what stands at its top, and a chapter for each stage.

#include <string>
#include <vector>

#include "cardiotwin/core/log.hpp"
#include "dossier.hpp"
#include "html.hpp"
#include "picture.hpp"

namespace cardiotwin::report {

struct Options {
  std::string title;
  std::string date;  ///< ISO date of the report
  int stale_after_days = 180;
  bool pictures = true;
  int picture_height = 520;  ///< pixels
  int montage_columns = 7;
};

/// A finished document and the pictures in it.
struct Report {
  std::string html;
  std::vector<Picture> pictures;
  std::vector<std::string> warnings;  ///< what the stages' figures say when they are laid side by side
};

Report compose(const Dossier& dossier, const Options& options, core::Log& log);

}  // namespace cardiotwin::report

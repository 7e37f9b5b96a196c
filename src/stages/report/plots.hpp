#pragma once
/// Plots as inline SVG. Values that are not finite leave a gap; none ever reaches the SVG.

#include <string>
#include <utility>
#include <vector>

#include "colour.hpp"

namespace cardiotwin::report {

struct Series {
  std::string name;
  std::vector<double> x, y;
  bool dashed = false;
  bool points = false;            ///< a dot at every value as well
  std::vector<double> low, high;  ///< shaded band around the curve; empty for none
  int colour = -1;                ///< number of its colour; -1: by its place among the series
};

struct Axes {
  std::string title, x_label, y_label;
  std::vector<std::pair<double, std::string>> marks;  ///< vertical lines with a name
  bool y_from_zero = false;
  bool logarithmic_y = false;  ///< values <= 0 leave a gap
};

/// Curves in one frame, with a legend of those that have a name when there is more than one.
std::string line_plot(const Axes& axes, const std::vector<Series>& series);

/// A small plot for each series, column by column in `rows` rows, named by it. All have the same scales, whose numbers
/// stand at the left and below.
std::string panels(const std::string& title, const std::string& x_label, const std::string& y_label,
                   const std::vector<Series>& series, int rows);

/// Share of the weights by value, in `bins` equal bins, in per cent. Empty `weights` count each value once.
std::string histogram(const Axes& axes, const std::vector<double>& values, const std::vector<double>& weights,
                      int bins = 24, const Scale* colours = nullptr);

/// The 17 segments of the left ventricle as a polar map (Cerqueira et al. 2002, doi 10.1161/hc0402.102975): anterior
/// above, septum to the left, apex in the middle. values[s - 1] belongs to segment s; not finite: no value.
std::string bulls_eye(const std::string& title, const std::vector<double>& values, const Scale& scale);

/// Horizontal colour bar with ticks, for a picture; the limit and what is beyond it stand out.
std::string colour_bar(const Scale& scale);

/// Round tick values that cover [low, high], about `wanted` of them.
std::vector<double> ticks(double low, double high, int wanted);

}  // namespace cardiotwin::report

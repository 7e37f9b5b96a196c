#include "plots.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "html.hpp"

namespace cardiotwin::report {
namespace {

constexpr double width = 520, height = 310, left = 62, right = 16, top = 44, bottom = 46;
constexpr const char* palette[] = {"#1f5f8b", "#c2452d", "#3b8a4e", "#8a5aa8", "#c98a1b", "#4a5968"};

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
  /// A range that can be drawn: never empty, never a point.
  Range drawable() const {
    if (empty()) return {0, 1};
    if (high - low > 1e-12 * std::max(std::abs(low), std::abs(high)) && high - low > 1e-300) return *this;
    const double margin = low == 0 ? 1 : 0.1 * std::abs(low);
    return {low - margin, high + margin};
  }
};

std::string text(double x, double y, std::string_view content, std::string_view more) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>", x, y, more, escape(content));
}

std::string open_svg(double w, double h, std::string_view title) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "role=\"img\" aria-label=\"{2}\">",
      w, h, escape(title));
}

/// The frame of a plot: where data coordinates are on the picture, grid, ticks and labels.
class Frame {
 public:
  Frame(const Axes& axes, Range x, Range y) : axes_(axes), x_(x.drawable()), y_(y.drawable()) {
    x_ticks_ = ticks(x_.low, x_.high, 6);
    if (axes.logarithmic_y) {
      y_.low = std::floor(y_.low);
      y_.high = std::max(std::ceil(y_.high), y_.low + 1);
      const double step = std::max(1.0, std::ceil((y_.high - y_.low) / 6));
      for (double t = y_.low; t <= y_.high + 1e-9; t += step) y_ticks_.push_back(t);
    } else {
      y_ticks_ = ticks(y_.low, y_.high, 5);
      y_.low = std::min(y_.low, y_ticks_.front());
      y_.high = std::max(y_.high, y_ticks_.back());
    }
  }
  double px(double x) const { return left + (x - x_.low) / (x_.high - x_.low) * (width - left - right); }
  double py(double y) const { return height - bottom - (y - y_.low) / (y_.high - y_.low) * (height - top - bottom); }
  double value(double y) const {
    if (!axes_.logarithmic_y) return y;
    return y > 0 ? std::log10(y) : std::numeric_limits<double>::quiet_NaN();
  }
  double floor() const { return y_.low; }

  std::string open() const {
    std::string svg = open_svg(width, height, axes_.title);
    svg += text(left, 18, axes_.title, "font-size=\"14\" font-weight=\"600\" fill=\"#1d2733\"");
    for (const double t : y_ticks_) {
      const double y = py(t);
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"#e6ebf0\"/>", left, y, width - right);
      const std::string label = axes_.logarithmic_y ? fmt::format("1e{:.0f}", t) : number(t);
      svg += text(left - 7, y + 4, label, "font-size=\"11\" fill=\"#5b6775\" text-anchor=\"end\"");
    }
    for (const double t : x_ticks_) {
      if (t < x_.low - 1e-9 || t > x_.high + 1e-9) continue;
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}v5\" stroke=\"#8895a3\"/>", px(t), height - bottom);
      svg += text(px(t), height - bottom + 18, number(t), "font-size=\"11\" fill=\"#5b6775\" text-anchor=\"middle\"");
    }
    svg += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"#8895a3\"/>", left, height - bottom, width - right);
    svg += text((left + width - right) / 2, height - 8, axes_.x_label,
                "font-size=\"12\" fill=\"#1d2733\" text-anchor=\"middle\"");
    svg += fmt::format(
        "<text transform=\"translate(15 {:.1f}) rotate(-90)\" font-size=\"12\" fill=\"#1d2733\" "
        "text-anchor=\"middle\">{}</text>",
        (top + height - bottom) / 2, escape(axes_.y_label));
    for (const auto& [x, name] : axes_.marks) {
      if (!(x >= x_.low && x <= x_.high)) continue;
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}V{:.1f}\" stroke=\"#8895a3\" stroke-dasharray=\"3 3\"/>", px(x), top,
                         height - bottom);
      svg += text(px(x) + 3, top + 10, name, "font-size=\"10\" fill=\"#5b6775\"");
    }
    return svg;
  }

 private:
  const Axes& axes_;
  Range x_, y_;
  std::vector<double> x_ticks_, y_ticks_;
};

/// SVG path through the finite points; a gap starts a new piece.
template <class Frame>
std::string path(const Frame& frame, const std::vector<double>& x, const std::vector<double>& y) {
  std::string d;
  bool drawing = false;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    const double v = frame.value(y[i]);
    const bool finite = std::isfinite(x[i]) && std::isfinite(v);
    if (finite) d += fmt::format("{}{:.1f} {:.1f}", drawing ? 'L' : 'M', frame.px(x[i]), frame.py(v));
    drawing = finite;
  }
  return d;
}

/// The frame of one of several plots with the same scales.
struct Panel {
  double left, bottom, width, height;
  Range x, y;
  double px(double v) const { return left + (v - x.low) / (x.high - x.low) * width; }
  double py(double v) const { return bottom - (v - y.low) / (y.high - y.low) * height; }
  double value(double v) const { return v; }
};

std::string draw(const Panel& panel, const Series& series, const std::vector<double>& x_ticks,
                 const std::vector<double>& y_ticks) {
  std::string lines, svg;
  for (const double t : x_ticks)
    if (t >= panel.x.low && t <= panel.x.high)
      lines += fmt::format("M{:.1f} {:.1f}v{:.1f}", panel.px(t), panel.bottom, -panel.height);
  for (const double t : y_ticks) lines += fmt::format("M{:.1f} {:.1f}h{:.1f}", panel.left, panel.py(t), panel.width);
  svg += fmt::format("<path d=\"{}\" stroke=\"#e6ebf0\"/>", lines);
  if (const auto d = path(panel, series.x, series.y); !d.empty())
    svg += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\" stroke-linejoin=\"round\"/>", d,
                       palette[0]);
  return svg + text(panel.left + 5, panel.bottom - panel.height + 14, series.name,
                    "font-size=\"12\" font-weight=\"600\" fill=\"#1d2733\"");
}

std::string band(const Frame& frame, const Series& s) {
  std::string there, back;
  for (std::size_t i = 0; i < std::min({s.x.size(), s.low.size(), s.high.size()}); ++i) {
    const double low = frame.value(s.low[i]), high = frame.value(s.high[i]);
    if (!std::isfinite(s.x[i]) || !std::isfinite(low) || !std::isfinite(high)) continue;
    there += fmt::format("{}{:.1f} {:.1f}", there.empty() ? 'M' : 'L', frame.px(s.x[i]), frame.py(high));
    back.insert(0, fmt::format("L{:.1f} {:.1f}", frame.px(s.x[i]), frame.py(low)));
  }
  return there.empty() ? std::string() : there + back + "Z";
}

const char* colour_of(const std::vector<Series>& series, std::size_t n) {
  return palette[(series[n].colour < 0 ? n : static_cast<std::size_t>(series[n].colour)) % std::size(palette)];
}

std::string legend(const std::vector<Series>& series) {
  std::string svg;
  double x = width - right;
  for (std::size_t n = series.size(); n-- > 0;) {
    if (series[n].name.empty()) continue;
    x -= 7.0 * static_cast<double>(series[n].name.size()) + 34;
    svg += fmt::format("<path d=\"M{:.1f} 33h18\" stroke=\"{}\" stroke-width=\"2.5\"{}/>", x, colour_of(series, n),
                       series[n].dashed ? " stroke-dasharray=\"5 3\"" : "");
    svg += text(x + 22, 37, series[n].name, "font-size=\"11\" fill=\"#1d2733\"");
  }
  return svg;
}

/// A sector between two radii and two angles [deg], counter-clockwise from the right.
std::string sector(double cx, double cy, double inner, double outer, double from, double to) {
  const auto point = [&](double radius, double degrees) {
    const double angle = degrees * std::numbers::pi / 180;
    return fmt::format("{:.2f} {:.2f}", cx + radius * std::cos(angle), cy - radius * std::sin(angle));
  };
  return fmt::format("M{} A{:.2f} {:.2f} 0 0 0 {} L{} A{:.2f} {:.2f} 0 0 1 {} Z", point(outer, from), outer, outer,
                     point(outer, to), point(inner, to), inner, inner, point(inner, from));
}

double lightness(const Rgb& c) { return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2]; }

}  // namespace

std::vector<double> ticks(double low, double high, int wanted) {
  const double raw = (high - low) / std::max(1, wanted);
  if (!(raw > 0) || !std::isfinite(raw)) return {low};
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double candidate : {1.0, 2.0, 2.5, 5.0}) {
    if (candidate * power >= raw * 0.999) {
      step = candidate * power;
      break;
    }
  }
  std::vector<double> values;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double n = first; n <= last; n += 1) values.push_back(n == 0 ? 0.0 : n * step);
  return values;
}

std::string line_plot(const Axes& axes, const std::vector<Series>& series) {
  Range x, y;
  if (axes.y_from_zero) y.include(0);
  const auto include = [&](double v) { y.include(axes.logarithmic_y ? (v > 0 ? std::log10(v) : NAN) : v); };
  for (const auto& s : series) {
    for (const double v : s.x) x.include(v);
    for (const auto* values : {&s.y, &s.low, &s.high}) std::for_each(values->begin(), values->end(), include);
  }
  const Frame frame(axes, x, y);
  std::string svg = frame.open();
  for (std::size_t n = 0; n < series.size(); ++n) {
    const auto& s = series[n];
    const char* colour = colour_of(series, n);
    if (const auto area = band(frame, s); !area.empty()) {
      svg += fmt::format("<path d=\"{}\" fill=\"{}\" fill-opacity=\"0.15\"/>", area, colour);
    }
    const auto d = path(frame, s.x, s.y);
    if (!d.empty()) {
      svg += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{}/>",
                         d, colour, series.size() > std::size(palette) ? 1.2 : 2.0,
                         s.dashed ? " stroke-dasharray=\"5 3\"" : "");
    }
    for (std::size_t i = 0; s.points && i < std::min(s.x.size(), s.y.size()); ++i) {
      const double v = frame.value(s.y[i]);
      if (!std::isfinite(s.x[i]) || !std::isfinite(v)) continue;
      svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"/>", frame.px(s.x[i]), frame.py(v),
                         colour);
    }
  }
  if (series.size() > 1) svg += legend(series);
  return svg + "</svg>";
}

std::string panels(const std::string& title, const std::string& x_label, const std::string& y_label,
                   const std::vector<Series>& series, int rows) {
  constexpr double panel_width = 236, panel_height = 118, gap = 14;
  Range x, y;
  for (const auto& s : series) {
    for (const double v : s.x) x.include(v);
    for (const double v : s.y) y.include(v);
  }
  x = x.drawable();
  y = y.drawable();
  const auto x_ticks = ticks(x.low, x.high, 4), y_ticks = ticks(y.low, y.high, 4);
  y = {std::min(y.low, y_ticks.front()), std::max(y.high, y_ticks.back())};
  const int count = static_cast<int>(series.size()), columns = (count + rows - 1) / rows;
  const double below = 32 + rows * (panel_height + gap) - gap;
  std::string svg = open_svg(left + columns * (panel_width + gap), below + bottom, title);
  svg += text(left, 18, title, "font-size=\"14\" font-weight=\"600\" fill=\"#1d2733\"");
  for (int n = 0; n < count; ++n) {
    const int row = n % rows, column = n / rows;
    const Panel panel{left + column * (panel_width + gap),
                      32 + row * (panel_height + gap) + panel_height,
                      panel_width,
                      panel_height,
                      x,
                      y};
    svg += draw(panel, series[static_cast<std::size_t>(n)], x_ticks, y_ticks);
    for (const double t : y_ticks)
      if (column == 0)
        svg += text(left - 7, panel.py(t) + 4, number(t), "font-size=\"11\" fill=\"#5b6775\" text-anchor=\"end\"");
    for (const double t : x_ticks)
      if ((row == rows - 1 || n == count - 1) && t >= x.low && t <= x.high)
        svg +=
            text(panel.px(t), panel.bottom + 16, number(t), "font-size=\"11\" fill=\"#5b6775\" text-anchor=\"middle\"");
  }
  svg += text(left + columns * (panel_width + gap) / 2, below + bottom - 8, x_label,
              "font-size=\"12\" fill=\"#1d2733\" text-anchor=\"middle\"");
  svg += fmt::format(
      "<text transform=\"translate(15 {:.1f}) rotate(-90)\" font-size=\"12\" fill=\"#1d2733\" "
      "text-anchor=\"middle\">{}</text>",
      (32 + below) / 2, escape(y_label));
  return svg + "</svg>";
}

std::string histogram(const Axes& axes, const std::vector<double>& values, const std::vector<double>& weights, int bins,
                      const Scale* colours) {
  Range x;
  for (const double v : values) x.include(v);
  x = x.drawable();
  std::vector<double> share(static_cast<std::size_t>(std::max(1, bins)), 0.0);
  double total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = weights.empty() ? 1 : weights[i];
    if (!std::isfinite(values[i]) || !std::isfinite(weight)) continue;
    const double t = (values[i] - x.low) / (x.high - x.low);
    share[std::min(static_cast<std::size_t>(t * static_cast<double>(share.size())), share.size() - 1)] += weight;
    total += weight;
  }
  Range y;
  y.include(0);
  for (double& s : share) {
    s = total > 0 ? 100 * s / total : 0;
    y.include(s);
  }
  const Frame frame(axes, x, y);
  std::string svg = frame.open();
  const double bin = (x.high - x.low) / static_cast<double>(share.size());
  for (std::size_t b = 0; b < share.size(); ++b) {
    const double from = x.low + static_cast<double>(b) * bin;
    const double y_top = frame.py(share[b]), y_floor = frame.py(0);
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>",
                       frame.px(from) + 0.5, y_top, std::max(0.5, frame.px(from + bin) - frame.px(from) - 1),
                       y_floor - y_top, colours ? hex(colours->colour(from + bin / 2)) : "#6f9dbf");
  }
  return svg + "</svg>";
}

std::string bulls_eye(const std::string& title, const std::vector<double>& values, const Scale& scale) {
  constexpr double size = 340, cx = 170, cy = 186, ring = 36;
  struct Segment {
    double inner, outer, from, to;
  };
  std::vector<Segment> segments;
  for (const double outer : {4 * ring, 3 * ring}) {
    for (int s = 0; s < 6; ++s) segments.push_back({outer - ring, outer, 60.0 + 60 * s, 120.0 + 60 * s});
  }
  for (int s = 0; s < 4; ++s) segments.push_back({ring, 2 * ring, 45.0 + 90 * s, 135.0 + 90 * s});
  segments.push_back({0, ring, 0, 360});

  std::string svg = open_svg(size, 406, title);
  svg += text(8, 17, title, "font-size=\"14\" font-weight=\"600\" fill=\"#1d2733\"");
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const auto& [inner, outer, from, to] = segments[s];
    const bool known = s < values.size() && std::isfinite(values[s]);
    const Rgb colour = known ? scale.colour(values[s]) : Rgb{.93, .94, .95};
    const std::string fill = fmt::format("fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"2\"", hex(colour));
    if (inner > 0)
      svg += fmt::format("<path d=\"{}\" {}/>", sector(cx, cy, inner, outer, from, to), fill);
    else
      svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" {}/>", cx, cy, outer, fill);
    const double angle = (from + to) / 2 * std::numbers::pi / 180, radius = inner > 0 ? (inner + outer) / 2 : 0;
    const std::string ink = fmt::format("font-size=\"12\" text-anchor=\"middle\" fill=\"{}\"",
                                        lightness(colour) > 0.5 ? "#1d2733" : "#ffffff");
    svg += text(cx + radius * std::cos(angle), cy - radius * std::sin(angle) + 4,
                known ? number(values[s], std::abs(values[s]) >= 100 ? 3 : 2) : "-", ink);
  }
  const std::string small = "font-size=\"11\" fill=\"#5b6775\" text-anchor=\"middle\"";
  svg += text(cx, 347, "inferior", small) + text(cx, 38, "anterior", small);
  svg += fmt::format("<text transform=\"translate(14 {:.0f}) rotate(-90)\" {}>septum</text>", cy, small);
  svg += fmt::format("<text transform=\"translate(332 {:.0f}) rotate(-90)\" {}>lateral</text>", cy, small);
  svg += "<g transform=\"translate(30 356)\">" + colour_bar(scale) + "</g>";
  return svg + "</svg>";
}

std::string colour_bar(const Scale& scale) {
  constexpr double length = 250, thickness = 12;  // numbers at its ends have room for four digits
  constexpr int pieces = 50;
  std::string svg = open_svg(280, 46, scale.label);
  for (int p = 0; p < pieces; ++p) {
    svg +=
        fmt::format("<rect x=\"{:.1f}\" y=\"14\" width=\"{:.1f}\" height=\"{:.0f}\" fill=\"{}\"/>",
                    10 + length * p / pieces, length / pieces + 0.4, thickness, hex(at(scale.map, (p + 0.5) / pieces)));
  }
  const std::string label = scale.unit.empty() ? scale.label : scale.label + " [" + scale.unit + "]";
  svg += text(10, 10, label, "font-size=\"11\" fill=\"#1d2733\"");
  const double span = scale.high - scale.low;
  const auto place = [&](double t) { return 10 + length * (t - scale.low) / span; };
  const std::string quiet = "font-size=\"11\" fill=\"#5b6775\" text-anchor=\"middle\"";
  if (span > 0 && scale.limit) {
    const double end = scale.limit->below ? scale.low : scale.high, at_limit = place(scale.limit->value);
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"14\" width=\"{:.1f}\" height=\"{:.0f}\" fill=\"{}\"/>",
                       std::min(at_limit, place(end)), std::abs(place(end) - at_limit), thickness, hex(limit_colour));
    svg +=
        text(at_limit, 39, number(scale.limit->value),
             fmt::format("font-size=\"11\" font-weight=\"700\" fill=\"{}\" text-anchor=\"middle\"", hex(limit_colour)));
    svg += text(place(scale.low), 39, number(scale.low), quiet);
    return svg + text(place(scale.high), 39, "\u2265" + number(scale.high), quiet) + "</svg>";
  }
  for (const double t : ticks(scale.low, scale.high, 4)) {
    if (!(span > 0) || t < scale.low - 1e-9 * span || t > scale.high + 1e-9 * span) continue;
    svg += text(place(t), 39, number(t), quiet);
  }
  return svg + "</svg>";
}

}  // namespace cardiotwin::report

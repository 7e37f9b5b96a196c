#include "plots.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "html.hpp"
#include "xml.hpp"

namespace cardiotwin::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void expect_sound(const std::string& svg) {
  EXPECT_EQ(test::xml_problem(svg), "");
  EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("inf\""), std::string::npos) << svg;
  EXPECT_EQ(svg.find("inf "), std::string::npos) << svg;
}

TEST(Plots, TicksAreRoundAndCoverTheRange) {
  EXPECT_EQ(ticks(0, 97, 5), (std::vector<double>{0, 20, 40, 60, 80, 100}));
  const auto t = ticks(-0.18, 0.02, 4);
  EXPECT_LE(t.front(), -0.18);
  EXPECT_GE(t.back(), 0.02);
}

TEST(Plots, CurveRunsFromItsFirstToItsLastPoint) {
  const auto svg = line_plot({"A", "x", "y", {}, true, false}, {{"", {0, 10}, {0, 5}, false, false, {}, {}}});
  expect_sound(svg);
  // The frame is 520 x 310 with margins 62, 16, 44, 46: (0, 0) is at (62, 264), (10, 5) at (504, 44).
  EXPECT_NE(svg.find("d=\"M62.0 264.0L504.0 44.0\""), std::string::npos) << svg;
}

TEST(Plots, ValuesThatAreNotFiniteLeaveAGap) {
  const auto svg = line_plot({"A", "x", "y", {{nan, "never"}}, false, false},
                             {{"a", {0, 1, 2, 3, 4}, {1, 2, nan, infinity, 3}, false, true, {}, {}}});
  expect_sound(svg);
  EXPECT_EQ(count(svg, "<circle"), 3U);
  EXPECT_EQ(svg.find("never"), std::string::npos);
}

TEST(Plots, EmptyConstantAndHugeDataStillMakeAPlot) {
  expect_sound(line_plot({"A", "x", "y", {}, false, false}, {}));
  expect_sound(line_plot({"A", "x", "y", {}, false, true}, {{"", {1, 2}, {0, -1}, false, false, {}, {}}}));
  expect_sound(line_plot({"A", "x", "y", {}, false, false}, {{"", {1, 1}, {7, 7}, false, false, {}, {}}}));
  expect_sound(line_plot({"A", "x", "y", {}, false, false}, {{"", {0, 1e300}, {-1e300, 1e300}, false, false, {}, {}}}));
  expect_sound(histogram({"A", "x", "y", {}, true, false}, {}, {}));
  expect_sound(histogram({"A", "x", "y", {}, true, false}, {nan, infinity}, {}));
}

TEST(Plots, TextIsEscaped) {
  const auto svg =
      line_plot({"<b>&\"'", "x<y", "a&b", {{0.5, "<i>"}}, false, false},
                {{"<s>", {0, 1}, {0, 1}, false, false, {}, {}}, {"t", {0, 1}, {1, 0}, true, false, {}, {}}});
  expect_sound(svg);
  EXPECT_NE(svg.find("&lt;b&gt;&amp;&quot;&#39;"), std::string::npos);
}

TEST(Plots, LogarithmicAxisKeepsDecadesApart) {
  const auto svg =
      line_plot({"A", "x", "y", {}, false, true}, {{"", {0, 1, 2}, {1e-9, 1e-6, 0}, false, false, {}, {}}});
  expect_sound(svg);
  EXPECT_NE(svg.find("1e-9"), std::string::npos);
  EXPECT_NE(svg.find("1e-6"), std::string::npos);
}

TEST(Plots, PanelsShareTheirScales) {
  const auto svg = panels("A", "x", "y",
                          {{"<a>", {0, 10}, {0, 1}, false, false, {}, {}},
                           {"b", {0, 10}, {0, 2}, false, false, {}, {}},
                           {"c", {0, 10}, {nan, 2}, false, false, {}, {}}},
                          2);
  expect_sound(svg);
  // Panels are 236 x 118 with gaps of 14, from (62, 32): the first in the upper left, the second below, the third
  // right.
  EXPECT_NE(svg.find("d=\"M62.0 150.0L298.0 91.0\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("d=\"M62.0 282.0L298.0 164.0\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("d=\"M548.0 32.0\""), std::string::npos) << svg;
  expect_sound(panels("A", "x", "y", {}, 3));
  expect_sound(panels("A", "x", "y", {{"a", {0, 0}, {nan, infinity}, false, false, {}, {}}}, 3));
}

TEST(Plots, HistogramIsAShareOfTheWeights) {
  const auto svg = histogram({"A", "x", "y", {}, true, false}, {0, 0, 1}, {1, 1, 6}, 2);
  expect_sound(svg);
  // Heights of the two bars: 25 % and 75 % of the weight, on an axis to 80 over 220 pixels.
  EXPECT_NE(svg.find("height=\"68.8\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("height=\"206.2\""), std::string::npos) << svg;
}

TEST(Plots, BullsEyeHasSeventeenSegmentsAndSaysWhereAValueIsMissing) {
  std::vector<double> values(17, 42.0);
  values[3] = nan;
  const Scale scale{"time", "ms", 0, 100, viridis()};
  const auto svg = bulls_eye("Activation", values, scale);
  expect_sound(svg);
  EXPECT_EQ(count(svg, ">42<"), 16U);
  EXPECT_EQ(count(svg, ">-<"), 1U);
  // Segment 1 is anterior: its number stands above the middle (y = 186), on the vertical axis (x = 170).
  values.assign(17, 1);
  values[0] = 99;
  EXPECT_NE(bulls_eye("A", values, scale)
                .find("<text x=\"170.0\" y=\"64.0\" font-size=\"12\" text-anchor=\"middle\" fill=\"#1d2733\">99"),
            std::string::npos)
      << bulls_eye("A", values, scale);
}

TEST(Plots, ColourBarOfAnEmptyRangeIsSound) {
  expect_sound(colour_bar({"a", "", 0, 0, viridis()}));
  expect_sound(colour_bar({"a", "ms", 0, 90, viridis()}));
  expect_sound(colour_bar({"a", "Pa", 0, 0, slate(), Limit{0, true}}));
}

TEST(Plots, ColourBarShowsWhatIsBeyondTheLimit) {
  const std::string colour = "fill=\"" + hex(limit_colour) + "\"";
  const auto low = colour_bar({"a", "Pa", 0, 2, slate(), Limit{0.4, true}});
  expect_sound(low);
  EXPECT_NE(low.find("<rect x=\"10.0\" y=\"14\" width=\"50.0\" height=\"12\" " + colour), std::string::npos) << low;
  EXPECT_NE(low.find(">0.4</text>"), std::string::npos);
  const auto high = colour_bar({"a", "1/Pa", 0, 12.5, slate(), Limit{10, false}});
  EXPECT_NE(high.find("<rect x=\"210.0\" y=\"14\" width=\"50.0\" height=\"12\" " + colour), std::string::npos) << high;
  EXPECT_NE(high.find(">\u226512.5</text>"), std::string::npos);
  EXPECT_EQ(colour_bar({"a", "Pa", 0, 2, slate()}).find(colour), std::string::npos);
}

TEST(Colours, MapsRunFromEndToEnd) {
  EXPECT_EQ(hex(at(viridis(), 0)), "#440154");
  EXPECT_EQ(hex(at(viridis(), 5)), hex(at(viridis(), 1)));
  EXPECT_EQ(hex(at(viridis(), nan)), "#440154");
  const Scale signed_scale{"strain", "", -0.2, 0.2, blue_red()};
  EXPECT_EQ(hex(signed_scale.colour(0)), hex({.955, .955, .955}));
}

TEST(Html, NumbersAreAsAPersonReadsThem) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(123.456), "123.5");
  EXPECT_EQ(number(0.000123456), "0.0001235");
  EXPECT_EQ(number(1234567), "1234567");
  EXPECT_EQ(number(3.2e-9), "3.2e-09");
  EXPECT_EQ(number(-2.5), "-2.5");
  EXPECT_EQ(number(nan), "unknown");
}

TEST(Html, ControlCharactersNeverReachThePage) { EXPECT_EQ(escape(std::string("a\0b\x1b<", 5)), "a b &lt;"); }

TEST(Html, PngIsInlinedAsBase64) {
  // RFC 4648, section 10.
  EXPECT_NE(inline_png("foobar", "x").find("base64,Zm9vYmFy\""), std::string::npos);
  EXPECT_NE(inline_png("fooba", "x").find("base64,Zm9vYmE=\""), std::string::npos);
  EXPECT_NE(inline_png("foob", "x").find("base64,Zm9vYg==\""), std::string::npos);
}

}  // namespace
}  // namespace cardiotwin::report

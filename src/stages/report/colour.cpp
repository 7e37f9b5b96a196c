#include "colour.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cardiotwin::report {
namespace {

// viridis and inferno: S. van der Walt, N. Smith, matplotlib colour maps (CC0), every sixteenth of the range or
// coarser.
constexpr std::array<Rgb, 9> viridis_stops{{{.267, .005, .329},
                                            {.279, .175, .483},
                                            {.231, .322, .546},
                                            {.173, .449, .558},
                                            {.128, .567, .551},
                                            {.158, .684, .502},
                                            {.369, .789, .383},
                                            {.678, .864, .190},
                                            {.993, .906, .144}}};
constexpr std::array<Rgb, 9> inferno_stops{{{.001, .000, .014},
                                            {.122, .048, .282},
                                            {.341, .062, .429},
                                            {.550, .161, .506},
                                            {.735, .216, .330},
                                            {.886, .322, .204},
                                            {.976, .512, .044},
                                            {.981, .754, .154},
                                            {.988, .998, .645}}};
constexpr std::array<Rgb, 7> blue_red_stops{{{.130, .260, .580},
                                             {.260, .490, .760},
                                             {.600, .770, .890},
                                             {.955, .955, .955},
                                             {.955, .690, .560},
                                             {.830, .370, .300},
                                             {.590, .080, .150}}};
constexpr std::array<Rgb, 2> slate_stops{{{.93, .94, .95}, {.30, .42, .55}}};

}  // namespace

ColourMap viridis() { return viridis_stops; }
ColourMap inferno() { return inferno_stops; }
ColourMap blue_red() { return blue_red_stops; }
ColourMap slate() { return slate_stops; }

Rgb at(ColourMap map, double t) {
  const double position = std::clamp(std::isfinite(t) ? t : 0.0, 0.0, 1.0) * static_cast<double>(map.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(position), map.size() - 2);
  const double weight = position - static_cast<double>(low);
  Rgb mixed;
  for (std::size_t c = 0; c < 3; ++c) mixed[c] = (1 - weight) * map[low][c] + weight * map[low + 1][c];
  return mixed;
}

std::string hex(const Rgb& colour) {
  char text[8];
  const auto byte = [](double c) { return static_cast<unsigned>(std::lround(255 * std::clamp(c, 0.0, 1.0))) & 0xffU; };
  std::snprintf(text, sizeof text, "#%02x%02x%02x", byte(colour[0]), byte(colour[1]), byte(colour[2]));
  return text;
}

}  // namespace cardiotwin::report

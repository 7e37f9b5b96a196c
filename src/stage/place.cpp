#include "cardiotwin/stage/place.hpp"

#include <algorithm>

namespace cardiotwin::stage {

config::Spec place_spec() {
  using config::integer, config::number, config::Type;
  return {
      {.key = "name", .type = Type::text, .fallback = "region", .meaning = "for messages"},
      {.key = "segments",
       .type = Type::numbers,
       .fallback = config::Json::array(),
       .range = "[1, 17]",
       .meaning = "AHA segments it lies in; empty: all"},
      integer("tissue", 0, "[0, 255]", "label of meshing.tissue_labels_file that it has; 0: any"),
      {.key = "position_mm",
       .type = Type::vec3,
       .fallback = {0.0, 0.0, 0.0},
       .unit = "mm",
       .meaning = "centre of the sphere it lies in (patient coordinates)"},
      number("radius_mm", 0, "mm", "[0, inf)", "radius of that sphere; 0: no sphere"),
      number("depth_from", 0, "", "[0, 1]", "part of the wall it begins at, from the endocardium"),
      number("depth_to", 1, "", "[0, 1]", "part of the wall it ends at"),
  };
}

config::Parameter probe_list(std::string meaning) {
  using config::Type;
  return {.key = "probes",
          .type = Type::list,
          .fallback = config::Json::array(),
          .meaning = std::move(meaning),
          .items = {{.key = "name", .type = Type::text, .meaning = "name in the summary"},
                    {.key = "position_mm", .type = Type::vec3, .unit = "mm", .meaning = "patient coordinates"}}};
}

bool holds(const config::Section& item, const Place& place) {
  const auto segments = item.numbers("segments");
  if (!segments.empty() && std::ranges::find(segments, static_cast<double>(place.aha_segment)) == segments.end())
    return false;
  if (item.integer("tissue") > 0 && place.tissue != item.integer("tissue")) return false;
  if (place.depth < item.number("depth_from") || place.depth > item.number("depth_to")) return false;
  const double radius = item.number("radius_mm");
  return radius == 0 || core::norm(place.middle - item.vec3("position_mm")) <= radius;
}

}  // namespace cardiotwin::stage

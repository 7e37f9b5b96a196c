#pragma once
/// Parts and points of the wall as case files name them: parts by AHA segment, tissue label, sphere and depth. One
/// meaning for all stages.

#include "cardiotwin/config/config.hpp"
#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::stage {

/// Where a cell of the wall lies.
struct Place {
  Vec3 middle{0, 0, 0};  ///< [mm]
  double depth = 0;      ///< transmural coordinate: 0 endocardium, 1 epicardium
  std::int32_t aha_segment = 0, tissue = 0;
};

/// The keys of a list item that select a part of the wall; to be followed by what holds there.
config::Spec place_spec();
/// True where every given condition of the item holds. Local.
bool holds(const config::Section& item, const Place& place);

/// The key `probes`: named points in patient coordinates.
config::Parameter probe_list(std::string meaning);

}  // namespace cardiotwin::stage

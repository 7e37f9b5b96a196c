#include "chamber_mask.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/core/error.hpp"

namespace cardiotwin::meshing {
namespace {

using namespace artifacts;

constexpr std::array<std::uint8_t, label_count> region_of_label{0,
                                                                region_lv_blood,
                                                                region_lv_wall,
                                                                region_rv_blood,
                                                                region_left_atrium,
                                                                region_right_atrium,
                                                                region_aorta,
                                                                region_pulmonary_artery};

constexpr std::uint32_t bit(int region) { return 1u << region; }

/// The labelled box with its margin, as regions.
ChamberMask cut_out(const Anatomy& anatomy, double margin_mm) {
  const Geometry& g = anatomy.geometry;
  Voxel low = g.size, high{-1, -1, -1};
  for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {
    if (anatomy.labels[n] == background) return;
    for (int a = 0; a < 3; ++a) low[a] = std::min(low[a], v[a]), high[a] = std::max(high[a], v[a]);
  });
  ChamberMask mask;
  mask.geometry = g;
  const auto margin = static_cast<std::int64_t>(std::ceil(margin_mm / g.spacing[0]));
  Voxel origin;
  for (int a = 0; a < 3; ++a) origin[a] = low[a] - margin, mask.geometry.size[a] = high[a] - low[a] + 1 + 2 * margin;
  mask.geometry.origin = centre_of(g, origin);
  mask.region.assign(static_cast<std::size_t>(mask.geometry.voxels()), 0);
  for_each_voxel(mask.geometry, [&](const Voxel& v, std::int64_t n) {
    const Voxel from{v[0] + origin[0], v[1] + origin[1], v[2] + origin[2]};
    if (inside(g, from)) mask.region[n] = region_of_label[anatomy.labels[g.index(from[0], from[1], from[2])]];
  });
  return mask;
}

Mask where(const std::vector<std::uint8_t>& region, std::uint32_t bits) {
  Mask result(region.size());
  std::ranges::transform(region, result.begin(), [&](std::uint8_t r) { return (bit(r) & bits) != 0; });
  return result;
}

/// Of every region but the outside the largest part stays. Returns the number of voxels dropped.
std::int64_t drop_islands(ChamberMask& mask) {
  std::int64_t dropped = 0;
  for (std::uint8_t r = region_lv_wall; r <= last_region; ++r) {
    const Mask here = where(mask.region, bit(r));
    const Components found = components(mask.geometry, here, 1);
    if (found.size.size() < 2) continue;
    const int keep = found.largest();
    for (std::size_t n = 0; n < here.size(); ++n)
      if (here[n] && found.of[n] != keep) mask.region[n] = 0, ++dropped;
  }
  return dropped;
}

/// Voxels of `open` take the region of the nearest labelled voxel, from neighbour to neighbour.
std::int64_t fill(ChamberMask& mask, Mask open) {
  const Geometry& g = mask.geometry;
  std::vector<std::pair<std::int64_t, std::uint8_t>> taken;
  std::int64_t filled = 0;
  do {
    taken.clear();
    for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {
      if (!open[n]) return;
      std::array<int, last_region + 1> votes{};
      for (int side = 0; side < 6; ++side) {
        Voxel w = v;
        w[side / 2] += side % 2 ? 1 : -1;
        if (inside(g, w)) ++votes[mask.region[g.index(w[0], w[1], w[2])]];
      }
      const auto most = std::max_element(votes.begin() + 1, votes.end());
      if (*most > 0) taken.emplace_back(n, static_cast<std::uint8_t>(most - votes.begin()));
    });
    for (const auto& [n, r] : taken) mask.region[n] = r, open[n] = 0, ++filled;
  } while (!taken.empty());
  return filled;
}

/// Calls f(index) for every voxel within `radius` voxels of those where `here`, seen from their surface.
template <class Here, class F>
void around(const Geometry& g, double radius, const Here& here, const F& f) {
  const std::vector<Voxel> near = ball(radius);
  for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {
    if (!here(n)) return;
    bool at_surface = false;
    for (int side = 0; side < 6 && !at_surface; ++side) {
      Voxel w = v;
      w[side / 2] += side % 2 ? 1 : -1;
      at_surface = inside(g, w) && !here(g.index(w[0], w[1], w[2]));
    }
    if (!at_surface) return;
    for (const Voxel& d : near)
      if (const Voxel w{v[0] + d[0], v[1] + d[1], v[2] + d[2]}; inside(g, w)) f(g.index(w[0], w[1], w[2]));
  });
}

/// Closes cracks narrower than twice `width` voxels between regions, and holes that no path leads out of.
std::int64_t close_cracks(ChamberMask& mask, double width) {
  const Geometry& g = mask.geometry;
  const Mask solid = where(mask.region, ~bit(0));
  Mask grown = solid;
  around(
      g, width, [&](std::int64_t n) { return solid[n] != 0; }, [&](std::int64_t m) { grown[m] = 1; });
  const Components outside = components(g, grown, 0);
  const auto open_air = [&](std::int64_t n) { return !grown[n] && outside.at_border[outside.of[n]]; };
  Mask open(grown.size());
  for (std::size_t n = 0; n < open.size(); ++n) open[n] = !solid[n] && !open_air(static_cast<std::int64_t>(n));
  around(g, width, open_air, [&](std::int64_t m) { open[m] = 0; });
  return fill(mask, std::move(open));
}

/// Voxels of the regions `of` within `radius` voxels of `inner` become `into`; returns how many.
std::int64_t wrap(ChamberMask& mask, std::uint8_t inner, double radius, std::uint32_t of, std::uint8_t into) {
  Mask reached(mask.region.size(), 0);
  around(
      mask.geometry, radius, [&](std::int64_t n) { return mask.region[n] == inner; },
      [&](std::int64_t m) { reached[m] = 1; });
  std::int64_t changed = 0;
  for (std::size_t n = 0; n < reached.size(); ++n)
    if (reached[n] && (bit(mask.region[n]) & of)) mask.region[n] = into, ++changed;
  return changed;
}

bool touches(const ChamberMask& mask, const Voxel& v, std::uint8_t other) {
  for (int side = 0; side < 6; ++side) {
    Voxel w = v;
    w[side / 2] += side % 2 ? 1 : -1;
    if (inside(mask.geometry, w) && mask.region[mask.geometry.index(w[0], w[1], w[2])] == other) return true;
  }
  return false;
}

/// Next to the ventricles' blood, which atrium or vessel a voxel belongs to is decided by the majority around it, so
/// that two valves side by side are parted by one line.
void part_valves(ChamberMask& mask) {
  const Geometry& g = mask.geometry;
  constexpr double near_voxels = 3, wide_voxels = 3;
  constexpr int sweeps = 3;
  Mask near(mask.region.size(), 0);
  for (const std::uint8_t blood : {region_lv_blood, region_rv_blood})
    around(
        g, near_voxels, [&](std::int64_t n) { return mask.region[n] == blood; }, [&](std::int64_t m) { near[m] = 1; });
  const std::vector<Voxel> wide = ball(wide_voxels);
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    std::vector<std::pair<std::int64_t, std::uint8_t>> changed;
    for_each_voxel(g, [&](const Voxel& v, std::int64_t n) {
      if (!near[n] || mask.region[n] < region_left_atrium) return;
      std::array<int, last_region + 1> votes{};
      for (const Voxel& d : wide)
        if (const Voxel w{v[0] + d[0], v[1] + d[1], v[2] + d[2]}; inside(g, w))
          ++votes[mask.region[g.index(w[0], w[1], w[2])]];
      const auto most = std::max_element(votes.begin() + region_left_atrium, votes.end());
      const auto winner = static_cast<std::uint8_t>(most - votes.begin());
      if (winner != mask.region[n]) changed.emplace_back(n, winner);
    });
    for (const auto& [n, r] : changed) mask.region[n] = r;
  }
}

/// A valve is one opening: where a ventricle's blood touches `beyond` elsewhere too, muscle comes between. Contacts
/// count as one where at most two voxels part them.
std::int64_t one_opening(ChamberMask& mask, std::uint8_t ventricle, std::uint8_t beyond, double apart) {
  const Geometry& g = mask.geometry;
  Mask contact(mask.region.size(), 0), joined(mask.region.size(), 0);
  for_each_voxel(
      g, [&](const Voxel& v, std::int64_t n) { contact[n] = mask.region[n] == ventricle && touches(mask, v, beyond); });
  const auto touching = [&](std::int64_t n) { return contact[n] != 0; };
  around(g, 1, touching, [&](std::int64_t m) { joined[m] = 1; });
  const Components found = components(g, joined, 1);
  if (found.size.size() < 2) return 0;
  const int valve = found.largest();
  Mask closed(mask.region.size(), 0);
  around(
      g, apart, [&](std::int64_t n) { return contact[n] && found.of[n] != valve; },
      [&](std::int64_t m) { closed[m] = 1; });
  around(
      g, 1, [&](std::int64_t n) { return contact[n] && found.of[n] == valve; }, [&](std::int64_t m) { closed[m] = 0; });
  std::int64_t changed = 0;
  for (std::size_t n = 0; n < closed.size(); ++n)
    if (closed[n] && mask.region[n] == ventricle) mask.region[n] = region_lv_wall, ++changed;
  return changed;
}

std::int64_t contacts(const ChamberMask& mask, std::uint8_t a, std::uint8_t b) {
  std::int64_t count = 0;
  for_each_voxel(mask.geometry,
                 [&](const Voxel& v, std::int64_t n) { count += mask.region[n] == a && touches(mask, v, b); });
  return count;
}

struct Valve {
  std::uint8_t ventricle, beyond;
};
constexpr Valve valves[] = {{region_lv_blood, region_left_atrium},
                            {region_lv_blood, region_aorta},
                            {region_rv_blood, region_right_atrium},
                            {region_rv_blood, region_pulmonary_artery}};

void check(const ChamberMask& mask) {
  const double ml = mask.geometry.voxel_volume() / 1000;
  for (std::uint8_t r = region_lv_wall; r <= last_region; ++r) {
    if (r == region_rv_wall) continue;
    const auto voxels = std::ranges::count(mask.region, r);
    constexpr double least_ml = 1;
    if (static_cast<double>(voxels) * ml < least_ml)
      core::fail_input(
          {.where = "meshing: labels of a whole heart",
           .expected = fmt::format("at least 1 ml of {}", region_name(r)),
           .found = fmt::format("{:.2f} ml", static_cast<double>(voxels) * ml),
           .remedy = "look at the segmentation; corrected labels can be given as segmentation.labels_file"});
  }
  for (const auto& [ventricle, beyond] : valves)
    if (const double area =
            static_cast<double>(contacts(mask, ventricle, beyond)) * std::pow(mask.geometry.spacing[0], 2);
        area < 50)
      core::fail_input({.where = "meshing: labels of a whole heart",
                        .expected = fmt::format("{} and {} to touch where their valve is", region_name(ventricle),
                                                region_name(beyond)),
                        .found = fmt::format("{:.0f} mm^2 of contact", area),
                        .remedy = "look at the labels there; correct them and give them as segmentation.labels_file"});
}

}  // namespace

ChamberMask chamber_mask(const Anatomy& anatomy, const Walls& walls, double margin_mm) {
  ChamberMask mask = cut_out(anatomy, margin_mm + walls.right_mm);
  const double ml = mask.geometry.voxel_volume() / 1000;
  const auto told = [&](std::int64_t voxels, const std::string& what) {
    if (static_cast<double>(voxels) * ml >= 0.05)
      mask.warnings.push_back(fmt::format("{} ({:.1f} ml)", what, static_cast<double>(voxels) * ml));
  };
  constexpr double crack_voxels = 1;
  std::int64_t dropped = drop_islands(mask);
  told(close_cracks(mask, crack_voxels), "cracks and holes between chambers were closed");

  part_valves(mask);

  // A ventricle's blood touches muscle, its atrium and its vessel, nothing else.
  constexpr std::uint32_t left_opens = bit(region_left_atrium) | bit(region_aorta);
  constexpr std::uint32_t right_opens = bit(region_right_atrium) | bit(region_pulmonary_artery);
  constexpr std::uint32_t bloods = bit(region_lv_blood) | bit(region_rv_blood);
  constexpr double apart_voxels = 2;
  told(wrap(mask, region_lv_blood, walls.least_voxels, bit(0), region_lv_wall),
       "the left wall was thinner than asked for");
  wrap(mask, region_lv_blood, apart_voxels, right_opens | bit(region_rv_blood), region_lv_wall);
  mask.left = where(mask.region, bit(region_lv_wall) | bit(region_lv_blood));
  for (const std::uint8_t beyond : {region_left_atrium, region_aorta})
    wrap(mask, beyond, apart_voxels, bit(region_rv_blood), region_lv_wall);
  wrap(mask, region_rv_blood, walls.right_mm / mask.geometry.spacing[0], bit(0), region_lv_wall);
  for (int sweep = 0; sweep < 2; ++sweep) {
    dropped += drop_islands(mask);
    close_cracks(mask, crack_voxels);
    wrap(mask, region_lv_blood, 1, ~(left_opens | bloods | bit(region_lv_wall)), region_lv_wall);
    wrap(mask, region_rv_blood, 1, ~(right_opens | bloods | bit(region_lv_wall)), region_lv_wall);
    for (const auto& [ventricle, beyond] : valves) one_opening(mask, ventricle, beyond, apart_voxels);
  }
  told(dropped, "islands of the labels were removed");
  check(mask);
  return mask;
}

}  // namespace cardiotwin::meshing

#include "cleanup.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cardiotwin/core/error.hpp"
#include "morphology.hpp"

namespace cardiotwin::segmentation {
namespace {

using artifacts::Geometry;
using artifacts::lv_cavity;
using artifacts::lv_wall;
using artifacts::rv_cavity;

template <class Predicate>
Mask mask_where(const std::uint8_t* labels, std::int64_t n, Predicate predicate) {
  Mask mask(static_cast<std::size_t>(n));
  for (std::int64_t v = 0; v < n; ++v) mask[static_cast<std::size_t>(v)] = predicate(labels[v]);
  return mask;
}
bool is_ventricle(std::uint8_t label) { return label == lv_cavity || label == lv_wall; }

/// In place, one slice whose labels 1 and 2 are the ventricle's: one piece, round cavity, no holes.
void clean_slice(const Size& size, std::uint8_t* labels) {
  const std::int64_t n = count(size);
  const Mask piece = largest_component(mask_where(labels, n, is_ventricle), size);
  for (std::int64_t v = 0; v < n; ++v)
    if (is_ventricle(labels[v]) && !piece[static_cast<std::size_t>(v)]) labels[v] = 0;
  const Mask cavity = largest_component(mask_where(labels, n, [](auto l) { return l == lv_cavity; }), size);
  if (std::ranges::find(cavity, 1) == cavity.end()) {
    const Mask solid = fill_holes(piece, size);
    for (std::int64_t v = 0; v < n; ++v)
      if (solid[static_cast<std::size_t>(v)]) labels[v] = lv_wall;
    return;
  }
  // The hull may not break through the wall: it stays inside the filled ventricle.
  const Mask inside = fill_holes(piece, size), round = convex_hull(cavity, size);
  for (std::int64_t v = 0; v < n; ++v) {
    const auto at = static_cast<std::size_t>(v);
    if (cavity[at] || (round[at] && inside[at])) {
      labels[v] = lv_cavity;
    } else if (inside[at]) {
      labels[v] = lv_wall;  // also lesser cavities and holes: islands inside the ring
    }
  }
}

}  // namespace

void clean_phase(const Geometry& g, std::uint8_t* labels) {
  const Size size{g.size[2], g.size[1], g.size[0]}, slice{1, g.size[1], g.size[0]};
  const Mask ventricle = largest_component(mask_where(labels, g.voxels(), is_ventricle), size);
  const Mask right = largest_component(mask_where(labels, g.voxels(), [](auto l) { return l == rv_cavity; }), size);
  for (std::int64_t v = 0; v < g.voxels(); ++v) {
    const auto at = static_cast<std::size_t>(v);
    if (!ventricle[at] && !right[at]) labels[v] = 0;
  }
  for (std::int64_t k = 0; k < g.size[2]; ++k) {
    std::uint8_t* pixels = labels + k * count(slice);
    clean_slice(slice, pixels);
    const Mask own = mask_where(pixels, count(slice), [](auto l) { return l == rv_cavity; });
    const Mask filled = fill_holes(own, slice);
    for (std::int64_t v = 0; v < count(slice); ++v)
      if (filled[static_cast<std::size_t>(v)] && pixels[v] == 0) pixels[v] = rv_cavity;
  }
}

double ring_closure(const Geometry& g, const std::uint8_t* labels, std::int64_t k) {
  const std::uint8_t* slice = labels + k * g.size[0] * g.size[1];
  std::int64_t border = 0, walled = 0;
  for (std::int64_t j = 0; j < g.size[1]; ++j)
    for (std::int64_t i = 0; i < g.size[0]; ++i) {
      if (slice[j * g.size[0] + i] != lv_cavity) continue;
      for (const auto& [di, dj] : {std::pair<int, int>{-1, 0}, {1, 0}, {0, -1}, {0, 1}}) {
        const std::int64_t ni = i + di, nj = j + dj;
        const bool inside = ni >= 0 && nj >= 0 && ni < g.size[0] && nj < g.size[1];
        const std::uint8_t other = inside ? slice[nj * g.size[0] + ni] : std::uint8_t{0};
        if (other == lv_cavity) continue;
        ++border;
        walled += other == lv_wall;
      }
    }
  return border > 0 ? static_cast<double>(walled) / static_cast<double>(border) : 0;
}

double volume_ml(const Geometry& g, const std::uint8_t* labels, int label) {
  return static_cast<double>(std::count(labels, labels + g.voxels(), label)) * g.voxel_volume() / 1000;
}

namespace {

/// One slice of a structure as a mask.
template <class Predicate>
Mask slice_mask(const Geometry& g, const std::uint8_t* labels, std::int64_t k, Predicate predicate) {
  const std::int64_t pixels = g.size[0] * g.size[1];
  return mask_where(labels + k * pixels, pixels, predicate);
}
std::int64_t pixels_in(const Mask& mask) { return std::ranges::count(mask, 1); }

/// Do the structures of two neighbouring slices lie mostly over each other?
bool overlap(const Mask& a, const Mask& b) {
  std::int64_t both = 0;
  for (std::size_t v = 0; v < a.size(); ++v) both += a[v] && b[v];
  return 2 * both >= std::min(pixels_in(a), pixels_in(b));
}

/// Radius of the disc with a mask's area [mm].
double radius_mm(const Geometry& g, const Mask& mask) {
  return std::sqrt(static_cast<double>(pixels_in(mask)) * g.spacing[0] * g.spacing[1] / M_PI);
}

/// Does a slice's structure continue the one in the slice next to it: mostly over it, and widening by at most
/// `steepest` mm of radius a mm of height?
bool continues(const Geometry& g, const Mask& mask, const Mask& neighbour, double steepest) {
  return overlap(mask, neighbour) && radius_mm(g, mask) <= radius_mm(g, neighbour) + steepest * g.spacing[2];
}

constexpr double open_ring = 0.65;          // less wall than this around the cavity: beyond the base
constexpr double least_solidity = 0.85;     // area over the area of its hull: less is no cavity but a misled network
constexpr double least_basal_part = 0.85;   // cavity of the most basal slice over that of its neighbour
constexpr double sure = 0.75;               // mean confidence of a slice of wall alone that counts
constexpr double smallest_cavity_mm2 = 20;  // less is noise

bool is_cavity(std::uint8_t label) { return label == lv_cavity; }

/// Slices around the largest cavity that hold a closed ring, each continuing its neighbour.
SliceRange closed_slices(const Geometry& g, const std::uint8_t* labels) {
  const Size slice{1, g.size[1], g.size[0]};
  const double pixel = g.spacing[0] * g.spacing[1];
  std::vector<Mask> cavity;
  for (std::int64_t k = 0; k < g.size[2]; ++k) cavity.push_back(slice_mask(g, labels, k, is_cavity));
  const auto of = [&](std::int64_t k) -> const Mask& { return cavity[static_cast<std::size_t>(k)]; };
  const auto closed = [&](std::int64_t k) {
    const auto n = static_cast<double>(pixels_in(of(k)));
    return n * pixel >= smallest_cavity_mm2 && ring_closure(g, labels, k) >= open_ring &&
           n >= least_solidity * static_cast<double>(pixels_in(convex_hull(of(k), slice)));
  };
  // The run of linked slices with the most cavity; a false ring at its end must not stand for it, so the walk that
  // settles the ends starts at the middle of the run.
  SliceRange range;
  std::int64_t most = 0, middle = -1;
  for (std::int64_t first = 0; first < g.size[2]; ++first) {
    if (!closed(first)) continue;
    std::int64_t last = first, volume = pixels_in(of(first));
    while (last + 1 < g.size[2] && closed(last + 1) && overlap(of(last), of(last + 1))) volume += pixels_in(of(++last));
    if (volume > most) {
      most = volume;
      middle = (first + last) / 2;
    }
    first = last;
  }
  if (middle < 0) return range;
  constexpr double steepest = 0.4;
  range.first = range.last = middle;
  while (range.first > 0 && closed(range.first - 1) && continues(g, of(range.first - 1), of(range.first), steepest))
    --range.first;
  while (range.last + 1 < g.size[2] && closed(range.last + 1) &&
         continues(g, of(range.last + 1), of(range.last), steepest))
    ++range.last;
  // The ventricle is widest towards its base.
  double moment = 0;
  for (std::int64_t k = range.first; k <= range.last; ++k)
    moment += static_cast<double>(pixels_in(of(k))) * static_cast<double>(2 * k - range.first - range.last);
  range.base_is_last = moment >= 0;
  // A most basal slice that narrows suddenly cuts through valves and atrium.
  if (range.size() > 3) {
    const std::int64_t base = range.base_is_last ? range.last : range.first,
                       below = range.base_is_last ? base - 1 : base + 1;
    if (static_cast<double>(pixels_in(of(base))) < least_basal_part * static_cast<double>(pixels_in(of(below))))
      (range.base_is_last ? range.last : range.first) = below;
  }
  return range;
}

/// Mean confidence over a mask; 1 where none is known.
double mean_over(const Mask& mask, const float* confidence) {
  if (confidence == nullptr) return 1;
  double sum = 0;
  for (std::size_t v = 0; v < mask.size(); ++v) sum += mask[v] ? confidence[v] : 0.0F;
  return sum / static_cast<double>(std::max<std::int64_t>(1, pixels_in(mask)));
}

/// In place: below the range, slices in which wall continues the ventricle towards the apex, surely, stay wall;
/// everything of the ventricle beyond that, and beyond the base, goes. `confidence` may be null.
void clear_beyond(const Geometry& g, const SliceRange& range, std::uint8_t* labels, const float* confidence) {
  const std::int64_t pixels = g.size[0] * g.size[1];
  const std::int64_t towards_apex = range.base_is_last ? -1 : 1, apical = range.base_is_last ? range.first : range.last;
  std::int64_t wall_end = apical;  // the most apical slice with wall
  for (std::int64_t k = apical + towards_apex; k >= 0 && k < g.size[2]; k += towards_apex) {
    const Mask region = slice_mask(g, labels, k, is_ventricle);
    if (pixels_in(region) == 0 || !continues(g, region, slice_mask(g, labels, k - towards_apex, is_ventricle), 0.15))
      break;
    if (mean_over(region, confidence == nullptr ? nullptr : confidence + k * pixels) < sure) break;
    wall_end = k;
  }
  for (std::int64_t k = 0; k < g.size[2]; ++k) {
    if (k >= range.first && k <= range.last) continue;
    const bool beyond_base = range.base_is_last ? k > range.last : k < range.first;
    const bool apical_wall = !beyond_base && (k - wall_end) * towards_apex <= 0;
    std::uint8_t* slice = labels + k * pixels;
    for (std::int64_t v = 0; v < pixels; ++v) {
      if (is_ventricle(slice[v])) slice[v] = apical_wall ? std::uint8_t{lv_wall} : std::uint8_t{0};
      if (slice[v] == rv_cavity && beyond_base) slice[v] = 0;
    }
  }
}

/// In place: the base descends in systole, so slices of the range may hold no closed ring in a later phase; the
/// ventricle ends below the first such slice.
void clear_open_base(const Geometry& g, const SliceRange& range, std::uint8_t* labels) {
  const SliceRange closed = closed_slices(g, labels);
  if (closed.size() <= 0) return;
  const std::int64_t pixels = g.size[0] * g.size[1];
  const std::int64_t first = range.base_is_last ? closed.last + 1 : range.first;
  const std::int64_t last = range.base_is_last ? range.last : closed.first - 1;
  for (std::int64_t k = first; k <= last; ++k)
    for (std::uint8_t* label = labels + k * pixels; label != labels + (k + 1) * pixels; ++label)
      if (is_ventricle(*label)) *label = 0;
}

}  // namespace

SliceRange settle_beat(artifacts::Labels& labels) {
  const Geometry& g = labels.geometry;
  const auto phases = static_cast<std::int64_t>(labels.phase_times_ms.size());
  const auto volume = [&](std::int64_t p) { return volume_ml(g, labels.phase(p), lv_cavity); };
  const auto largest_phase = [&] {
    std::int64_t best = 0;
    for (std::int64_t p = 1; p < phases; ++p)
      if (volume(p) > volume(best)) best = p;
    return best;
  };
  SliceRange range;
  // Leaving out slices may change which phase is the largest: once more is enough to agree.
  for (int pass = 0; pass < 2; ++pass) {
    labels.end_diastole = largest_phase();
    range = closed_slices(g, labels.phase(labels.end_diastole));
    if (range.size() < 3) {
      core::fail_input({"segmentation of the study",
                        "a left ventricle, a ring of wall around a cavity, in at least 3 slices",
                        range.size() <= 0 ? "none" : "one in " + std::to_string(range.size()) + " slices",
                        "check that the series is a short-axis cine stack, or give segmentation.labels_file"});
    }
    for (std::int64_t p = 0; p < phases; ++p) {
      std::uint8_t* phase = labels.labels.data() + p * g.voxels();
      clear_beyond(g, range, phase, labels.confidence.empty() ? nullptr : labels.confidence.data() + p * g.voxels());
      clear_open_base(g, range, phase);
    }
  }
  labels.end_systole = labels.end_diastole;
  for (std::int64_t p = 0; p < phases; ++p)
    if (volume(p) < volume(labels.end_systole)) labels.end_systole = p;
  return range;
}

}  // namespace cardiotwin::segmentation

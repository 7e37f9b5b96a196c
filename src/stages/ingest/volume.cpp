#include "volume.hpp"

#include <algorithm>
#include <cmath>

#include "cardiotwin/core/error.hpp"
#include "parallel.hpp"
#include "pixels.hpp"

namespace cardiotwin::ingest {
namespace {

/// A plane displaced by more than this many pixels is shifted back.
constexpr double aligned_pixels = 0.1;

/// Value at a position between pixels; the border is continued outwards.
float between(const float* plane, std::int64_t columns, std::int64_t rows, double x, double y) {
  x = std::clamp(x, 0.0, static_cast<double>(columns - 1)), y = std::clamp(y, 0.0, static_cast<double>(rows - 1));
  const auto i = std::min(static_cast<std::int64_t>(x), columns - 2),
             j = std::min(static_cast<std::int64_t>(y), rows - 2);
  const double u = x - static_cast<double>(i), v = y - static_cast<double>(j);
  const float* const p = plane + j * columns + i;
  return static_cast<float>((1 - v) * ((1 - u) * p[0] + u * p[1]) + v * ((1 - u) * p[columns] + u * p[columns + 1]));
}

/// A frame and where its values belong.
struct Task {
  const Frame* frame;
  std::int64_t slice, phase;
};

/// Frames of the stack file by file, so that a file is opened once.
std::vector<std::vector<Task>> by_file(const Stack& stack) {
  std::map<std::filesystem::path, std::vector<Task>> tasks;
  for (std::size_t k = 0; k < stack.slices.size(); ++k)
    for (std::size_t p = 0; p < stack.slices[k].frames.size(); ++p) {
      const Frame& frame = stack.slices[k].frames[p];
      tasks[frame.file->path].push_back({&frame, static_cast<std::int64_t>(k), static_cast<std::int64_t>(p)});
    }
  std::vector<std::vector<Task>> lists;
  for (auto& [path, list] : tasks) lists.push_back(std::move(list));
  return lists;
}

/// How far the plane must be moved to lie on the grid, in pixels along rows and columns.
struct Shift {
  double x = 0, y = 0;
  bool aligned() const { return std::max(std::abs(x), std::abs(y)) <= aligned_pixels; }
};

Shift shift_of(const artifacts::Geometry& g, const Task& task) {
  const Vec3 offset = g.to_world({0, 0, static_cast<double>(task.slice)}) - task.frame->position;
  return {core::dot(offset, g.axes[0]) / g.spacing[0], core::dot(offset, g.axes[1]) / g.spacing[1]};
}

void fill(const std::vector<float>& stored, const Task& task, artifacts::Image& image) {
  const auto& g = image.geometry;
  const Shift shift = shift_of(g, task);
  float* target = image.voxels.data() + g.voxels() * task.phase + g.index(0, 0, task.slice);
  for (std::int64_t j = 0; j < g.size[1]; ++j)
    for (std::int64_t i = 0; i < g.size[0]; ++i) {
      const float value = shift.aligned() ? stored[static_cast<std::size_t>(j * g.size[0] + i)]
                                          : between(stored.data(), g.size[0], g.size[1],
                                                    static_cast<double>(i) + shift.x, static_cast<double>(j) + shift.y);
      *target++ = static_cast<float>(task.frame->slope * value + task.frame->intercept);
    }
}

void say_shift(const Stack& stack, const artifacts::Geometry& g, Notes& notes) {
  double largest_mm = 0;
  bool shifted = false;
  for (const auto& tasks : by_file(stack))
    for (const auto& task : tasks) {
      const Shift shift = shift_of(g, task);
      largest_mm = std::max(largest_mm, std::hypot(shift.x * g.spacing[0], shift.y * g.spacing[1]));
      shifted = shifted || !shift.aligned();
    }
  if (!shifted) return;
  const double tilt = stack.first().file->gantry_tilt_deg;
  notes.warnings.push_back((tilt != 0 ? "gantry tilt of " + number(tilt) + " degrees: "
                                      : std::string("slices displaced within their planes: ")) +
                           "planes were shifted by up to " + number(largest_mm) + " mm to form an upright volume");
}

/// Noise makes every picture its own: two of one place with the same pixels are copies under different names. A plane
/// of one value says nothing.
void refuse_copies(const Scan& scan, const Stack& stack, const artifacts::Image& image) {
  const auto plane = [&](std::size_t k, std::size_t p) {
    const auto& g = image.geometry;
    const auto* const first = image.phase(static_cast<std::int64_t>(p)) + g.index(0, 0, static_cast<std::int64_t>(k));
    return std::span(first, static_cast<std::size_t>(g.size[0] * g.size[1]));
  };
  for (std::size_t k = 0; k < stack.slices.size(); ++k)
    for (std::size_t p = 1; p < stack.slices[k].frames.size(); ++p)
      for (std::size_t q = 0; q < p; ++q) {
        const auto a = plane(k, q), b = plane(k, p);
        if (!std::ranges::equal(a, b) || std::ranges::count(a, a[0]) == std::ssize(a)) continue;
        const auto& frames = stack.slices[k].frames;
        core::fail_input({.where = "ingest.dicom_folder " + scan.folder.string(),
                          .expected = "different images of one position",
                          .found = "the same pixels in " + scan.name(frames[q].file->path) + " and " +
                                   scan.name(frames[p].file->path) + " at " + number(stack.slices[k].position_mm) +
                                   " mm",
                          .remedy = "remove the copies"});
      }
}

}  // namespace

artifacts::Image read_volume(const Scan& scan, Stack stack, int threads, Notes& notes) {
  artifacts::Image image = plan_grid(scan, stack, notes);
  image.voxels.resize(static_cast<std::size_t>(image.geometry.voxels() * image.phases()));
  const auto files = by_file(stack);
  for_each(files.size(), threads, [&](std::size_t n) {
    const FileFacts& facts = *files[n].front().frame->file;
    const PixelFile pixels(facts, scan.name(facts.path));
    for (const Task& task : files[n]) fill(pixels.frame(task.frame->number), task, image);
  });
  say_shift(stack, image.geometry, notes);
  refuse_copies(scan, stack, image);
  return image;
}

}  // namespace cardiotwin::ingest

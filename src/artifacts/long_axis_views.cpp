#include "cardiotwin/artifacts/long_axis_views.hpp"

#include "geometry_io.hpp"

namespace cardiotwin::artifacts {
namespace {

std::string group_of(std::size_t view) { return "/state/long_axis_views/" + std::to_string(view); }

}  // namespace

void save(io::Writer& file, const LongAxisViews& all) {
  file.write("/state/long_axis_views/count", static_cast<double>(all.views.size()));
  for (std::size_t v = 0; v < all.views.size(); ++v) {
    const LongAxisView& view = all.views[v];
    const auto& size = view.geometry.size;
    const auto columns = static_cast<std::uint64_t>(size[0]), rows = static_cast<std::uint64_t>(size[1]);
    save_geometry(file, group_of(v) + "/geometry", view.geometry);
    file.write(group_of(v) + "/pixels", view.pixels, {view.pixels.size() / (rows * columns), rows, columns});
  }
}

void load(const io::Reader& file, LongAxisViews& all) {
  all.views.resize(static_cast<std::size_t>(file.read_scalar("/state/long_axis_views/count")));
  for (std::size_t v = 0; v < all.views.size(); ++v)
    all.views[v] = {load_geometry(file, group_of(v) + "/geometry"), file.read<float>(group_of(v) + "/pixels")};
}

}  // namespace cardiotwin::artifacts

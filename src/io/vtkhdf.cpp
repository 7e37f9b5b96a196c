#include "cardiotwin/io/vtkhdf.hpp"

#include <spdlog/fmt/fmt.h>

#include "cardiotwin/io/files.hpp"

namespace cardiotwin::io {
namespace {

void start(Writer& file, const std::string& type) {
  static constexpr std::array<std::int64_t, 2> version{1, 0};
  file.attribute("/VTKHDF", "Version", version);
  file.attribute("/VTKHDF", "Type", type, true);
}

void write_fields(Writer& file, const std::string& group, const std::vector<Field>& fields) {
  for (const auto& f : fields) {
    Shape shape{f.values.size() / static_cast<std::uint64_t>(f.components)};
    if (f.components > 1) shape.push_back(static_cast<std::uint64_t>(f.components));
    file.write(group + f.name, f.values, shape);
  }
}

}  // namespace

Field field(std::string name, const std::vector<Vec3>& values) {
  return {std::move(name), std::span<const double>(values.empty() ? nullptr : values.front().data(), 3 * values.size()),
          3};
}
Field field(std::string name, const std::vector<double>& values) { return {std::move(name), values, 1}; }

void write_unstructured_grid(Writer& file, std::span<const Vec3> points,
                             std::span<const std::array<std::int32_t, 4>> cells, const std::vector<Field>& point_fields,
                             const std::vector<Field>& cell_fields) {
  start(file, "UnstructuredGrid");
  const auto one = [&](const char* name, std::size_t count) {
    const auto value = static_cast<std::int64_t>(count);
    file.write(std::string("/VTKHDF/") + name, std::span<const std::int64_t>(&value, 1));
  };
  one("NumberOfPoints", points.size());
  one("NumberOfCells", cells.size());
  one("NumberOfConnectivityIds", 4 * cells.size());
  file.write("/VTKHDF/Points",
             std::span<const double>(points.empty() ? nullptr : points.front().data(), 3 * points.size()),
             Shape{points.size(), 3});
  std::vector<std::int64_t> connectivity, offsets{0};
  connectivity.reserve(4 * cells.size());
  for (const auto& cell : cells) {
    connectivity.insert(connectivity.end(), cell.begin(), cell.end());
    offsets.push_back(static_cast<std::int64_t>(connectivity.size()));
  }
  constexpr std::uint8_t vtk_tetra = 10;
  file.write("/VTKHDF/Connectivity", connectivity);
  file.write("/VTKHDF/Offsets", offsets);
  file.write("/VTKHDF/Types", std::vector<std::uint8_t>(cells.size(), vtk_tetra));
  write_fields(file, "/VTKHDF/PointData/", point_fields);
  write_fields(file, "/VTKHDF/CellData/", cell_fields);
}

void write_image_data(Writer& file, const std::array<std::int64_t, 3>& size, const Vec3& origin, const Vec3& spacing,
                      const std::array<double, 9>& direction, const std::vector<ImageField>& fields) {
  start(file, "ImageData");
  const std::array<std::int64_t, 6> extent{0, size[0] - 1, 0, size[1] - 1, 0, size[2] - 1};
  file.attribute("/VTKHDF", "WholeExtent", extent);
  file.attribute("/VTKHDF", "Origin", origin);
  file.attribute("/VTKHDF", "Spacing", spacing);
  file.attribute("/VTKHDF", "Direction", direction);
  const auto extent_of = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
  const Shape shape{extent_of(size[2]), extent_of(size[1]), extent_of(size[0])};
  for (const auto& f : fields) {
    const std::string path = "/VTKHDF/PointData/" + f.name;
    if (f.floats.empty())
      file.write(path, f.bytes, shape);
    else
      file.write(path, f.floats, shape);
  }
}

void write_xdmf(const std::filesystem::path& path, const Series& s) {
  std::string text =
      "<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\"><Domain>\n"
      "<Grid Name=\"series\" GridType=\"Collection\" CollectionType=\"Temporal\">\n";
  const auto frames = s.times_ms.size();
  for (std::size_t f = 0; f < frames; ++f) {
    text += fmt::format(
        "<Grid><Time Value=\"{}\"/>\n"
        "<Topology TopologyType=\"Tetrahedron\" NumberOfElements=\"{}\"><DataItem Format=\"HDF\" NumberType=\"Int\" "
        "Precision=\"4\" Dimensions=\"{} 4\">{}:{}</DataItem></Topology>\n"
        "<Geometry GeometryType=\"XYZ\"><DataItem Format=\"HDF\" Precision=\"8\" Dimensions=\"{} 3\">{}:{}</DataItem>"
        "</Geometry>\n",
        s.times_ms[f], s.cell_count, s.cell_count, s.mesh_file, s.cells, s.point_count, s.mesh_file, s.points);
    for (const auto& field : s.fields) {
      const std::string tail = field.components > 1 ? fmt::format(" {}", field.components) : "";
      const std::string zeros = field.components > 1 ? " 0" : "", ones = field.components > 1 ? " 1" : "";
      text += fmt::format(
          "<Attribute Name=\"{}\" AttributeType=\"{}\" Center=\"Node\"><DataItem ItemType=\"HyperSlab\" "
          "Dimensions=\"1 {}{}\"><DataItem Dimensions=\"3 {}\" Format=\"XML\">{} 0{} 1 1{} 1 {}{}</DataItem>"
          "<DataItem Format=\"HDF\" Precision=\"8\" Dimensions=\"{} {}{}\">{}:{}</DataItem></DataItem></Attribute>\n",
          field.name, field.components > 1 ? "Vector" : "Scalar", s.point_count, tail, field.components > 1 ? 3 : 2, f,
          zeros, ones, s.point_count, tail, frames, s.point_count, tail, s.series_file, field.path);
    }
    text += "</Grid>\n";
  }
  replace_file(path, text + "</Grid>\n</Domain></Xdmf>\n");
}

}  // namespace cardiotwin::io

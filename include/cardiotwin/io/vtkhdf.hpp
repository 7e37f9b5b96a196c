#pragma once
/// /VTKHDF groups that ParaView and VTK 9.1 open (format version 1.0), and XDMF for time series.
/// Source: VTK file formats, "VTKHDF File Format".

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "cardiotwin/io/hdf5.hpp"

namespace cardiotwin::io {

/// A named array over points or cells; `components` values each, interlaced.
struct Field {
  std::string name;
  std::span<const double> values;
  int components = 1;
};
/// Vectors as a field.
Field field(std::string name, const std::vector<Vec3>& values);
Field field(std::string name, const std::vector<double>& values);

/// /VTKHDF of type UnstructuredGrid. Rank 0.
void write_unstructured_grid(Writer& file, std::span<const Vec3> points,
                             std::span<const std::array<std::int32_t, 4>> cells, const std::vector<Field>& point_fields,
                             const std::vector<Field>& cell_fields);

/// A field of an image, i fastest.
struct ImageField {
  std::string name;
  std::span<const float> floats;
  std::span<const std::uint8_t> bytes;  ///< used when `floats` is empty
};
/// /VTKHDF of type ImageData; `direction` is row major: column j is the axis of index j. Rank 0.
void write_image_data(Writer& file, const std::array<std::int64_t, 3>& size, const Vec3& origin, const Vec3& spacing,
                      const std::array<double, 9>& direction, const std::vector<ImageField>& fields);

/// One array of a time series in a checkpoint: dataset `path` of shape (frames x n [x components]).
struct SeriesField {
  std::string name, path;
  int components = 1;
};
/// XDMF that shows a time series on tetrahedra: `mesh_file` holds datasets `points` and `cells` (flat or n x 4),
/// `series_file` the fields. Files are named relative to the XDMF file. Rank 0.
struct Series {
  std::string mesh_file, points, cells;
  std::uint64_t point_count = 0, cell_count = 0;
  std::string series_file;
  std::vector<double> times_ms;
  std::vector<SeriesField> fields;
};
void write_xdmf(const std::filesystem::path& path, const Series& series);

}  // namespace cardiotwin::io

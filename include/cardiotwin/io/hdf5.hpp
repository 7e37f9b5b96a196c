#pragma once
/// HDF5 as cardiotwin uses it: rank 0 writes, every rank may read, whole arrays in one global numbering.
/// See docs/decisions.md ("One writer"). Paths are absolute within the file; missing groups are created.

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cardiotwin/core/vec3.hpp"

namespace cardiotwin::io {

/// Shape of a dataset, slowest dimension first.
using Shape = std::vector<std::uint64_t>;

/// A file being written. Any failure (a full disk among them) throws core::Error (input). Finite doubles and floats
/// only: NaN or infinity throws core::Error (numerical) that names the dataset. Local.
class Writer {
 public:
  /// Creates (truncates) the file.
  explicit Writer(std::filesystem::path path);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  template <class T>  // double, float, int32, int64, uint8
  void write(const std::string& path, std::span<const T> values, Shape shape = {});
  template <class T>
  void write(const std::string& path, const std::vector<T>& values, Shape shape = {}) {
    write(path, std::span<const T>(values), std::move(shape));
  }
  void write(const std::string& path, const std::vector<Vec3>& values);  ///< (n x 3)
  void write(const std::string& path, const std::vector<std::array<std::int32_t, 3>>& values);
  void write(const std::string& path, const std::vector<std::array<std::int32_t, 4>>& values);
  void write(const std::string& path, const std::vector<std::vector<double>>& frames);  ///< (frames x n)
  void write(const std::string& path, const std::vector<std::vector<Vec3>>& frames);    ///< (frames x n x 3)
  void write(const std::string& path, double value);                                    ///< scalar
  void write(const std::string& path, const std::string& text);
  void write(const std::string& path, const std::vector<std::string>& texts);
  /// Attribute of a group or dataset; the object is created as a group when missing.
  void attribute(const std::string& object, const std::string& name, const std::string& value,
                 bool fixed_length = false);
  void attribute(const std::string& object, const std::string& name, std::span<const std::int64_t> values);
  void attribute(const std::string& object, const std::string& name, std::span<const double> values);
  /// Flushes and closes; throws where the destructor could only be silent. The file is on disk (fsync) afterwards.
  void close();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::int64_t file_ = -1;
};

/// An open file, read only. A missing, truncated or foreign file throws core::Error (integrity) that names it. Local.
class Reader {
 public:
  explicit Reader(std::filesystem::path path);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool has(const std::string& path) const;
  Shape shape(const std::string& path) const;
  template <class T>
  std::vector<T> read(const std::string& path) const;  ///< flat, row major
  std::vector<Vec3> read_vec3(const std::string& path) const;
  std::vector<std::array<std::int32_t, 3>> read_triangles(const std::string& path) const;
  std::vector<std::array<std::int32_t, 4>> read_cells(const std::string& path) const;
  std::vector<std::vector<double>> read_frames(const std::string& path) const;
  std::vector<std::vector<Vec3>> read_vec3_frames(const std::string& path) const;
  double read_scalar(const std::string& path) const;
  std::string read_text(const std::string& path) const;
  std::vector<std::string> read_texts(const std::string& path) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;
  std::vector<std::int64_t> integer_attribute(const std::string& object, const std::string& name) const;
  /// Names of the children of a group, sorted.
  std::vector<std::string> children(const std::string& group) const;
  /// Paths of all datasets below a group, relative to it.
  std::vector<std::string> datasets(const std::string& group) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::int64_t file_ = -1;
};

}  // namespace cardiotwin::io

#include "cardiotwin/io/hdf5.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/files.hpp"

namespace cardiotwin::io {
namespace {

template <class T>
hid_t memory_type() {
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
}

/// HDF5 prints its error stack by default; our messages replace it.
void silence_hdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

struct Id {
  hid_t id;
  herr_t (*closer)(hid_t);
  Id(hid_t i, herr_t (*c)(hid_t)) : id(i), closer(c) {}
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  ~Id() {
    if (id >= 0) closer(id);
  }
  operator hid_t() const { return id; }
};

[[noreturn]] void cannot_write(const std::filesystem::path& path, const std::string& what) {
  core::fail_input({path.string(), "to write " + what, "a refusal by HDF5", "check the memory of the machine"});
}

[[noreturn]] void cannot_read(const std::filesystem::path& path, const std::string& what) {
  core::fail_integrity({path.string() + ": " + what, "a readable dataset", "none, or one of another kind",
                        "the file is damaged or from another program: rerun the stage that wrote it with --force"});
}

Shape shape_or(Shape shape, std::size_t count) {
  if (shape.empty()) shape = {count};
  return shape;
}

template <class T>
void refuse_non_finite(const std::filesystem::path& path, const std::string& name, std::span<const T> values) {
  if constexpr (std::is_floating_point_v<T>) {
    const auto bad = std::ranges::find_if(values, [](T v) { return !std::isfinite(v); });
    if (bad != values.end())
      core::fail_numerical({path.string() + ": " + name, "finite values",
                            "a non-finite one at position " + std::to_string(bad - values.begin()),
                            "nothing was written; the stage's log says what its solver did last"});
  }
}

Id creation_list() {
  const hid_t list = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(list, 1);
  return {list, H5Pclose};
}

template <class V>
std::vector<double> flatten(const std::vector<V>& frames) {
  std::vector<double> flat;
  for (const auto& frame : frames)
    for (const auto& v : frame)
      if constexpr (std::is_same_v<std::decay_t<decltype(v)>, double>)
        flat.push_back(v);
      else
        flat.insert(flat.end(), v.begin(), v.end());
  return flat;
}

template <class V>
std::uint64_t frame_size(const std::filesystem::path& path, const std::string& name, const std::vector<V>& frames) {
  const std::size_t size = frames.empty() ? 0 : frames.front().size();
  for (const auto& frame : frames)
    if (frame.size() != size) throw std::logic_error(path.string() + name + ": frames of different size");
  return size;
}

}  // namespace

// The file is built in memory and written in one go when it is closed: a disk that fills up is then met by our own
// write(2), which reports it, and never by HDF5's cache, which cannot recover from it.
Writer::Writer(std::filesystem::path path) : path_(std::move(path)) {
  silence_hdf5();
  check_writable(path_);
  Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, 16U << 20U, 0);
  file_ = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (file_ < 0) cannot_write(path_, "a new file");
}

Writer::~Writer() {
  if (file_ >= 0) H5Fclose(file_);
}

void Writer::close() {
  if (file_ < 0) return;
  H5Fflush(file_, H5F_SCOPE_GLOBAL);
  const ssize_t size = H5Fget_file_image(file_, nullptr, 0);
  std::vector<char> image(size > 0 ? static_cast<std::size_t>(size) : 0);
  if (size <= 0 || H5Fget_file_image(file_, image.data(), image.size()) != size) cannot_write(path_, "the file");
  H5Fclose(std::exchange(file_, -1));
  write_durably(path_, image);
}

template <class T>
void Writer::write(const std::string& path, std::span<const T> values, Shape shape) {
  refuse_non_finite(path_, path, values);
  shape = shape_or(std::move(shape), values.size());
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  const Id space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
  const Id links = creation_list();
  const Id set(H5Dcreate2(file_, path.c_str(), memory_type<T>(), space, links, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
  if (set < 0) cannot_write(path_, path);
  if (!values.empty() && H5Dwrite(set, memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    cannot_write(path_, path);
}
template void Writer::write<double>(const std::string&, std::span<const double>, Shape);
template void Writer::write<float>(const std::string&, std::span<const float>, Shape);
template void Writer::write<std::int32_t>(const std::string&, std::span<const std::int32_t>, Shape);
template void Writer::write<std::int64_t>(const std::string&, std::span<const std::int64_t>, Shape);
template void Writer::write<std::uint8_t>(const std::string&, std::span<const std::uint8_t>, Shape);

void Writer::write(const std::string& path, const std::vector<Vec3>& values) {
  write(path, std::span<const double>(values.empty() ? nullptr : values.front().data(), 3 * values.size()),
        Shape{values.size(), 3});
}
void Writer::write(const std::string& path, const std::vector<std::array<std::int32_t, 3>>& values) {
  write(path, std::span<const std::int32_t>(values.empty() ? nullptr : values.front().data(), 3 * values.size()),
        Shape{values.size(), 3});
}
void Writer::write(const std::string& path, const std::vector<std::array<std::int32_t, 4>>& values) {
  write(path, std::span<const std::int32_t>(values.empty() ? nullptr : values.front().data(), 4 * values.size()),
        Shape{values.size(), 4});
}
void Writer::write(const std::string& path, const std::vector<std::vector<double>>& frames) {
  write(path, flatten(frames), Shape{frames.size(), frame_size(path_, path, frames)});
}
void Writer::write(const std::string& path, const std::vector<std::vector<Vec3>>& frames) {
  write(path, flatten(frames), Shape{frames.size(), frame_size(path_, path, frames), 3});
}
void Writer::write(const std::string& path, double value) { write(path, std::span<const double>(&value, 1)); }

void Writer::write(const std::string& path, const std::string& text) {
  const Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, std::max<std::size_t>(1, text.size()));
  H5Tset_cset(type, H5T_CSET_UTF8);
  const Id space(H5Screate(H5S_SCALAR), H5Sclose);
  const Id links = creation_list();
  const Id set(H5Dcreate2(file_, path.c_str(), type, space, links, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
  const std::string padded = text.empty() ? std::string(1, '\0') : text;
  if (set < 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()) < 0) cannot_write(path_, path);
}

void Writer::write(const std::string& path, const std::vector<std::string>& texts) {
  // One text per line: a list of strings that every reader understands.
  std::string joined;
  for (const auto& text : texts) joined += text + '\n';
  write(path, joined);
}

namespace {
Id object_of(hid_t file, const std::string& object) {
  if (object == "/") return {H5Gopen2(file, "/", H5P_DEFAULT), H5Oclose};
  hid_t id = H5Oopen(file, object.c_str(), H5P_DEFAULT);
  if (id < 0) {
    const Id links = creation_list();
    id = H5Gcreate2(file, object.c_str(), links, H5P_DEFAULT, H5P_DEFAULT);
  }
  return {id, H5Oclose};
}

void put_attribute(hid_t file, const std::string& object, const std::string& name, hid_t type, hid_t space,
                   const void* data) {
  const Id owner = object_of(file, object);
  const Id attribute(H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  H5Awrite(attribute, type, data);
}
}  // namespace

void Writer::attribute(const std::string& object, const std::string& name, const std::string& value,
                       bool fixed_length) {
  const Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, std::max<std::size_t>(1, value.size()));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, fixed_length ? H5T_CSET_ASCII : H5T_CSET_UTF8);
  const Id space(H5Screate(H5S_SCALAR), H5Sclose);
  put_attribute(file_, object, name, type, space, value.empty() ? "\0" : value.data());
}

void Writer::attribute(const std::string& object, const std::string& name, std::span<const std::int64_t> values) {
  const hsize_t count = values.size();
  const Id space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  put_attribute(file_, object, name, H5T_NATIVE_INT64, space, values.data());
}

void Writer::attribute(const std::string& object, const std::string& name, std::span<const double> values) {
  const hsize_t count = values.size();
  const Id space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  put_attribute(file_, object, name, H5T_NATIVE_DOUBLE, space, values.data());
}

Reader::Reader(std::filesystem::path path) : path_(std::move(path)) {
  silence_hdf5();
  file_ = H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file_ >= 0) return;
  std::error_code ignored;
  const bool there = std::filesystem::exists(path_, ignored);
  core::fail_integrity(
      {path_.string(), "an HDF5 file of cardiotwin",
       there ? "a truncated or foreign file of " + std::to_string(std::filesystem::file_size(path_, ignored)) + " bytes"
             : "no file",
       "rerun the stage that writes it (cardiotwin run CASE.json --from STAGE)"});
}

Reader::~Reader() {
  if (file_ >= 0) H5Fclose(file_);
}

bool Reader::has(const std::string& path) const {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string prefix = path.substr(0, at);
    if (H5Lexists(file_, prefix.c_str(), H5P_DEFAULT) <= 0) return false;
    if (at == std::string::npos) return true;
  }
}

Shape Reader::shape(const std::string& path) const {
  const Id set(H5Dopen2(file_, path.c_str(), H5P_DEFAULT), H5Dclose);
  if (set < 0) cannot_read(path_, path);
  const Id space(H5Dget_space(set), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0) cannot_read(path_, path);
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space, extents.data(), nullptr);
  return {extents.begin(), extents.end()};
}

template <class T>
std::vector<T> Reader::read(const std::string& path) const {
  std::uint64_t count = 1;
  for (const auto extent : shape(path)) count *= extent;
  const Id set(H5Dopen2(file_, path.c_str(), H5P_DEFAULT), H5Dclose);
  std::vector<T> values(count);
  if (count > 0 && H5Dread(set, memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    cannot_read(path_, path);
  return values;
}
template std::vector<double> Reader::read<double>(const std::string&) const;
template std::vector<float> Reader::read<float>(const std::string&) const;
template std::vector<std::int32_t> Reader::read<std::int32_t>(const std::string&) const;
template std::vector<std::int64_t> Reader::read<std::int64_t>(const std::string&) const;
template std::vector<std::uint8_t> Reader::read<std::uint8_t>(const std::string&) const;

namespace {
template <class T, std::size_t N>
std::vector<std::array<T, N>> rows(const Reader& file, const std::string& path) {
  const Shape shape = file.shape(path);
  if (shape.size() != 2 || shape[1] != N) cannot_read(file.path(), path);
  const std::vector<T> flat = file.read<T>(path);
  std::vector<std::array<T, N>> values(shape[0]);
  if (!flat.empty()) std::memcpy(values.data(), flat.data(), flat.size() * sizeof(T));
  return values;
}
}  // namespace

std::vector<Vec3> Reader::read_vec3(const std::string& path) const { return rows<double, 3>(*this, path); }
std::vector<std::array<std::int32_t, 3>> Reader::read_triangles(const std::string& path) const {
  return rows<std::int32_t, 3>(*this, path);
}
std::vector<std::array<std::int32_t, 4>> Reader::read_cells(const std::string& path) const {
  return rows<std::int32_t, 4>(*this, path);
}

std::vector<std::vector<double>> Reader::read_frames(const std::string& path) const {
  const Shape extents = shape(path);
  if (extents.size() != 2) cannot_read(path_, path);
  const auto flat = read<double>(path);
  std::vector<std::vector<double>> frames(extents[0]);
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const double* begin = flat.data() + f * extents[1];
    frames[f].assign(begin, begin + extents[1]);
  }
  return frames;
}

std::vector<std::vector<Vec3>> Reader::read_vec3_frames(const std::string& path) const {
  const Shape extents = shape(path);
  if (extents.size() != 3 || extents[2] != 3) cannot_read(path_, path);
  const auto flat = read<double>(path);
  std::vector<std::vector<Vec3>> frames(extents[0], std::vector<Vec3>(extents[1]));
  for (std::size_t f = 0; f < frames.size(); ++f)
    if (extents[1] > 0) std::memcpy(frames[f].data(), flat.data() + f * extents[1] * 3, extents[1] * sizeof(Vec3));
  return frames;
}

double Reader::read_scalar(const std::string& path) const {
  const auto values = read<double>(path);
  if (values.size() != 1) cannot_read(path_, path);
  return values[0];
}

std::string Reader::read_text(const std::string& path) const {
  const Id set(H5Dopen2(file_, path.c_str(), H5P_DEFAULT), H5Dclose);
  if (set < 0) cannot_read(path_, path);
  const Id type(H5Dget_type(set), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0) cannot_read(path_, path);
  std::string text(H5Tget_size(type), '\0');
  if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()) < 0) cannot_read(path_, path);
  if (const auto end = text.find('\0'); end != std::string::npos) text.resize(end);
  return text;
}

std::vector<std::string> Reader::read_texts(const std::string& path) const {
  const std::string joined = read_text(path);
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < joined.size();) {
    const std::size_t end = std::min(joined.find('\n', at), joined.size());
    texts.push_back(joined.substr(at, end - at));
    at = end + 1;
  }
  return texts;
}

std::string Reader::text_attribute(const std::string& object, const std::string& name) const {
  const Id attribute(H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (attribute < 0) cannot_read(path_, object + "@" + name);
  const Id type(H5Aget_type(attribute), H5Tclose);
  std::string text(H5Tget_size(type), '\0');
  if (H5Aread(attribute, type, text.data()) < 0) cannot_read(path_, object + "@" + name);
  if (const auto end = text.find('\0'); end != std::string::npos) text.resize(end);
  return text;
}

std::vector<std::int64_t> Reader::integer_attribute(const std::string& object, const std::string& name) const {
  const Id attribute(H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (attribute < 0) cannot_read(path_, object + "@" + name);
  const Id space(H5Aget_space(attribute), H5Sclose);
  std::vector<std::int64_t> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  if (H5Aread(attribute, H5T_NATIVE_INT64, values.data()) < 0) cannot_read(path_, object + "@" + name);
  return values;
}

std::vector<std::string> Reader::children(const std::string& group) const {
  const Id id(H5Gopen2(file_, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (id < 0) cannot_read(path_, group);
  std::vector<std::string> names;
  H5Literate(
      id, H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
        static_cast<std::vector<std::string>*>(out)->emplace_back(name);
        return 0;
      },
      &names);
  return names;
}

std::vector<std::string> Reader::datasets(const std::string& group) const {
  const Id id(H5Gopen2(file_, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (id < 0) cannot_read(path_, group);
  std::vector<std::string> paths;
  H5Ovisit(
      id, H5_INDEX_NAME, H5_ITER_INC,
      [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
        if (info->type == H5O_TYPE_DATASET) static_cast<std::vector<std::string>*>(out)->emplace_back(name);
        return 0;
      },
      &paths);
  return paths;
}

}  // namespace cardiotwin::io

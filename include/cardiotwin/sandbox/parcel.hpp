#pragma once
/// Values handed from one process to another: taken out in the order in which they were put in.

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace cardiotwin::sandbox {

/// A file without a name, in memory. Contents are not trusted: a length beyond what is there throws core::Error (input)
/// before anything of that length is made. No value may be of a type that has forbidden bit patterns (bool, enum).
class Parcel {
 public:
  /// A new one. `subject` stands in messages.
  explicit Parcel(std::string subject = "");
  /// Takes an open file over.
  Parcel(int descriptor, std::string subject);
  Parcel(Parcel&& other) noexcept;
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;
  ~Parcel();

  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>);
    append(&value, sizeof value);
  }
  void put(const std::string& text) { put_all(text); }
  template <class T>
  void put(const std::vector<T>& values) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      put_all(values);
    } else {
      put(static_cast<std::uint64_t>(values.size()));
      for (const T& value : values) put(value);
    }
  }

  template <class T>
  T get() {
    T value{};
    get(value);
    return value;
  }
  template <class T>
  void get(T& value) {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>);
    take(&value, sizeof value);
  }
  void get(std::string& text) {
    text.resize(count(1));
    take(text.data(), text.size());
  }
  template <class T>
  void get(std::vector<T>& values) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      values.resize(count(sizeof(T)));
      take(values.data(), values.size() * sizeof(T));
    } else {
      values.resize(count(sizeof(std::uint64_t)));
      for (T& value : values) get(value);
    }
  }

  /// Forgets what was put in after the first `bytes`.
  void cut(std::size_t bytes);
  int descriptor() const { return descriptor_; }
  /// The answer does not make sense: throws core::Error (input) about the subject.
  [[noreturn]] void refuse() const;

 private:
  template <class List>
  void put_all(const List& list) {
    put(static_cast<std::uint64_t>(list.size()));
    append(list.data(), list.size() * sizeof(*list.data()));
  }
  void append(const void* data, std::size_t bytes);
  void take(void* data, std::size_t bytes);
  /// A length of things of at least `size` bytes each.
  std::size_t count(std::size_t size);

  int descriptor_;
  std::size_t at_ = 0;  ///< of the next value taken out
  std::string subject_;
};

}  // namespace cardiotwin::sandbox

#pragma once
/// Which files a confined process is reading, for the message should it end there.

#include <cstddef>
#include <string>

namespace cardiotwin::sandbox {

/// While it lives, `file` is being read by the calling thread. Any thread; without effect outside a job.
class Whereabouts {
 public:
  explicit Whereabouts(std::string file);
  ~Whereabouts();
  Whereabouts(const Whereabouts&) = delete;
  Whereabouts& operator=(const Whereabouts&) = delete;

  /// Of the text that is kept: names after each other, ended by a zero.
  static constexpr std::size_t room = 4096;
  /// From now on the text stands in the open file `descriptor` at `offset`.
  static void keep_in(int descriptor, std::size_t offset);

 private:
  std::string file_;
};

}  // namespace cardiotwin::sandbox

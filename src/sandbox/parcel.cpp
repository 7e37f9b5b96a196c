#include "cardiotwin/sandbox/parcel.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::sandbox {
namespace {

/// The kernel moves less than 2 GiB in one call.
constexpr std::size_t most_at_once = std::size_t{1} << 30U;

[[noreturn]] void fail(const std::string& what) {
  core::fail_input({what, "room for the values of a file", std::strerror(errno), "check the memory of the machine"});
}

}  // namespace

Parcel::Parcel(std::string subject)
    : descriptor_(memfd_create("cardiotwin", MFD_CLOEXEC)), subject_(std::move(subject)) {
  if (descriptor_ < 0) fail("a file in memory");
}

Parcel::Parcel(int descriptor, std::string subject) : descriptor_(descriptor), subject_(std::move(subject)) {}

Parcel::Parcel(Parcel&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), at_(other.at_), subject_(std::move(other.subject_)) {}

Parcel::~Parcel() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Parcel::append(const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, from, std::min(bytes, most_at_once));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("a file in memory");
    from += written, bytes -= static_cast<std::size_t>(written);
  }
}

void Parcel::take(void* data, std::size_t bytes) {
  char* to = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor_, to, std::min(bytes, most_at_once), static_cast<off_t>(at_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) refuse();
    to += got, bytes -= static_cast<std::size_t>(got), at_ += static_cast<std::size_t>(got);
  }
}

std::size_t Parcel::count(std::size_t size) {
  const auto stated = get<std::uint64_t>();
  struct stat facts {};
  const bool known = ::fstat(descriptor_, &facts) == 0 && static_cast<std::size_t>(facts.st_size) >= at_;
  if (!known || stated > (static_cast<std::size_t>(facts.st_size) - at_) / size) refuse();
  return stated;
}

void Parcel::cut(std::size_t bytes) {
  if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0 ||
      ::lseek(descriptor_, static_cast<off_t>(bytes), SEEK_SET) < 0)
    fail("a file in memory");
}

void Parcel::refuse() const {
  core::fail_input({.where = subject_,
                    .expected = "a file that can be read",
                    .found = "an answer without sense from the process that read it",
                    .remedy = "the file may be made to harm: check where it comes from"});
}

}  // namespace cardiotwin::sandbox

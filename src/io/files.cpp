#include "cardiotwin/io/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::io {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, int error) {
  const bool space = error == ENOSPC || error == EDQUOT || error == EFBIG;
  core::fail_input({path.string(), "to write this file", std::strerror(error),
                    space ? "free some space or choose another folder with --output, then run the same command again: "
                            "finished stages are kept"
                          : "check the folder and its permissions, or choose another one with --output"});
}

/// Owns a file descriptor.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

void sync_folder(const std::filesystem::path& folder) {
  const Descriptor d{::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY)};
  if (d.fd >= 0) ::fsync(d.fd);
}

int write_all(int fd, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), 1U << 26U));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

}  // namespace

void write_durably(const std::filesystem::path& path, std::span<const char> bytes) {
  Descriptor d{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666)};
  if (d.fd < 0) refuse(path, errno);
  const int error = write_all(d.fd, bytes);
  if (error == 0) return;
  ::unlink(path.c_str());
  refuse(path, error);
}

void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) refuse(to, errno);
  sync_folder(to.parent_path());
}

void replace_file(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::path partial = path;
  partial += ".partial";
  write_durably(partial, text);
  rename_durably(partial, path);
}

void check_writable(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (::access(folder.c_str(), W_OK | X_OK) != 0) refuse(folder, errno);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    core::fail_input({path.string(), "a readable file", std::strerror(errno), "check the path and its permissions"});
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace cardiotwin::io

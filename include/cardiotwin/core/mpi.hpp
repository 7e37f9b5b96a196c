#pragma once
/// A thin, value-like view of an MPI communicator, and the rule by which one rank's failure becomes everyone's.

#include <mpi.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::core {

/// Non-owning handle: copies share the communicator.
class Comm {
 public:
  explicit Comm(MPI_Comm comm = MPI_COMM_WORLD);
  MPI_Comm get() const { return comm_; }
  int rank() const { return rank_; }
  int size() const { return size_; }
  bool is_root() const { return rank_ == 0; }

  // Collective, all of them.
  double sum(double value) const;
  std::int64_t sum(std::int64_t value) const;
  double max(double value) const;
  double min(double value) const;
  bool any(bool value) const;
  void sum(std::vector<double>& values) const;  ///< element-wise, in place
  void broadcast(std::string& text, int root = 0) const;
  void barrier() const;

  template <class T>
  void broadcast(std::vector<T>& values, int root = 0) const {
    static_assert(std::is_trivially_copyable_v<T>);
    auto count = static_cast<std::uint64_t>(values.size());
    broadcast_bytes(&count, sizeof count, root);
    values.resize(count);
    broadcast_bytes(values.data(), count * sizeof(T), root);
  }

 private:
  void broadcast_bytes(void* data, std::size_t bytes, int root) const;
  MPI_Comm comm_;
  int rank_ = 0;
  int size_ = 1;
};

/// Collective. Runs `work` on every rank; if it throws on any, every rank throws the error of the lowest failing rank.
/// `work` must not contain communication that the failing rank would leave unmatched.
void collectively(const Comm& comm, const std::function<void()>& work);

/// Collective. Runs `work` on rank 0 alone; its failure is thrown on every rank.
void on_root(const Comm& comm, const std::function<void()>& work);

}  // namespace cardiotwin::core

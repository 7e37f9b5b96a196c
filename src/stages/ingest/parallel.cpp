#include "parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace cardiotwin::ingest {

void for_each(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  const std::size_t offered = threads > 0 ? static_cast<std::size_t>(threads) : std::thread::hardware_concurrency();
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::size_t failed = count;
  std::mutex guard;
  const auto worker = [&] {
    for (std::size_t n = next++; n < count; n = next++) {
      try {
        work(n);
      } catch (...) {
        const std::lock_guard lock(guard);
        if (n < failed) failed = n, failure = std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t n = 1; n < std::min(offered, count); ++n) helpers.emplace_back(worker);
    worker();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace cardiotwin::ingest

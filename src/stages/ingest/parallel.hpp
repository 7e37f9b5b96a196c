#pragma once
/// Independent pieces of work on several threads.

#include <cstddef>
#include <functional>

namespace cardiotwin::ingest {

/// Calls `work(n)` once for each n below `count`, on up to `threads` threads (0: as many as the machine offers this
/// process). When one throws, no more are begun, and the exception of the smallest n is thrown on the caller's thread.
/// Local.
void for_each(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

}  // namespace cardiotwin::ingest

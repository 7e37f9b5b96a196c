#pragma once
/// What a process gives up before it looks at a foreign file.

#include "cardiotwin/sandbox/sandbox.hpp"

namespace cardiotwin::sandbox {

/// Limits of memory, processor time and size of what is written; no core file; ends with its parent.
void limit_self(const Limits& limits);

/// From here on, for all threads: reading of files and writing into what is open, memory, threads, clocks; every other
/// system call fails with EPERM, those that start programs or reach into processes end this one (SIGSYS). False where
/// the machine does not permit a filter. Throws std::bad_alloc.
bool filter_self();

}  // namespace cardiotwin::sandbox

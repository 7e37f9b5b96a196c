#pragma once
/// What takes long to compute and stays the same is computed once and kept in a file.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cardiotwin::electrophysiology {

/// compute(), kept in `folder` as a file named after the hash of `key`: all that the result depends on, as text. What
/// cannot be read whole is computed again, and what cannot be written is not kept. For one rank.
std::vector<double> kept(const std::filesystem::path& folder, const std::string& key,
                         const std::function<std::vector<double>()>& compute);

}  // namespace cardiotwin::electrophysiology

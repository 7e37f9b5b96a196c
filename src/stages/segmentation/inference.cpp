#include "inference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::segmentation {
namespace {

Size patch_of(const Model& model) {
  const auto& p = model.patch_size;
  return model.dimensions == 2 ? Size{1, p[0], p[1]} : Size{p[0], p[1], p[2]};
}

/// nnU-Net's: centred on voxel n / 2.
std::vector<float> gaussian(std::int64_t n) {
  std::vector<float> weights;
  const std::int64_t centre = n / 2;
  for (std::int64_t x = 0; x < n; ++x) {
    const double offset = 8.0 * static_cast<double>(x - centre) / static_cast<double>(n);
    weights.push_back(static_cast<float>(std::exp(-0.5 * offset * offset)));
  }
  return weights;
}

/// All combinations of the axes, none first.
std::vector<std::array<bool, 3>> views_of(const Model& model, bool mirror) {
  std::vector<std::array<bool, 3>> views{{false, false, false}};
  if (mirror)
    for (const auto axis : model.mirror_axes)
      for (std::size_t v = 0, n = views.size(); v < n; ++v) {
        views.push_back(views[v]);
        views.back()[static_cast<std::size_t>(axis + 3 - model.dimensions)] = true;
      }
  return views;
}

/// Sum over the windows of an axis of their weights at each voxel.
std::vector<float> total_weight(std::int64_t size, const std::vector<std::int64_t>& starts,
                                const std::vector<float>& weights) {
  std::vector<float> total(static_cast<std::size_t>(size), 0.0F);
  for (const auto start : starts)
    for (std::int64_t x = 0; x < std::ssize(weights); ++x)
      if (start + x >= 0 && start + x < size)
        total[static_cast<std::size_t>(start + x)] += weights[static_cast<std::size_t>(x)];
  return total;
}

/// To rank 0, element-wise, in place; collective.
void sum_to_root(const core::Comm& comm, std::span<float> values) {
  constexpr std::size_t piece = std::size_t{1} << 26;
  if (comm.size() == 1) return;
  for (std::size_t first = 0; first < values.size(); first += piece) {
    const auto n = static_cast<int>(std::min(piece, values.size() - first));
    float* at = values.data() + first;
    MPI_Reduce(comm.is_root() ? MPI_IN_PLACE : at, at, n, MPI_FLOAT, MPI_SUM, 0, comm.get());
  }
}

}  // namespace

std::vector<std::int64_t> patch_starts(std::int64_t size, std::int64_t patch) {
  if (size <= patch) return {-((patch - size) / 2)};
  const std::int64_t room = size - patch, steps = patch == 1 ? room : (2 * room + patch - 1) / patch;
  std::vector<std::int64_t> starts;
  for (std::int64_t s = 0; s <= steps; ++s)
    starts.push_back(std::llrint(static_cast<double>(room) / static_cast<double>(steps) * static_cast<double>(s)));
  return starts;
}

/// One view of one place.
struct Predictor::Window {
  Size start;
  std::array<bool, 3> mirrored;
};

/// The state of one pass over an image. `sums` holds weighted logits of `patch[0]` and more slices from `first` on, as
/// (slices x labels x j x i); each rank holds those of its own windows.
struct Predictor::Sweep {
  const std::vector<float>& image;
  Size size;
  std::array<std::vector<std::int64_t>, 3> starts;
  std::int64_t first = 0;
  std::vector<float> sums;
};

Predictor::Predictor(const Model& model, std::int64_t batch, bool mirror, core::Comm comm)
    : comm_(comm),
      normalisation_(model.normalisation),
      patch_(patch_of(model)),
      channels_(model.input_channels),
      labels_(static_cast<std::int64_t>(model.labels.size())),
      batch_(batch),
      views_(views_of(model, mirror)),
      network_(std::make_unique<Network>(model, batch, model.patch_size)) {
  for (std::size_t a = 0; a < 3; ++a) weights_[a] = gaussian(patch_[a]);
}

Predictor::~Predictor() = default;

void Predictor::share(const std::function<void()>& work) {
  std::vector<std::int64_t> size(1, 0);  // empty: rank 0 needs no more help
  if (!comm_.is_root()) {
    for (comm_.broadcast(size); !size.empty(); comm_.broadcast(size)) {
      std::vector<float> image;
      comm_.broadcast(image);
      sweep(image, {size[0], size[1], size[2]}, {}, {});
    }
    core::collectively(comm_, [] {});
    return;
  }
  others_wait_ = true;
  std::exception_ptr failure;
  try {
    work();
  } catch (...) {
    failure = std::current_exception();
  }
  if (!others_wait_) std::rethrow_exception(failure);  // they have failed with us
  size.clear();
  comm_.broadcast(size);
  core::collectively(comm_, [&] {
    if (failure) std::rethrow_exception(failure);
  });
}

void Predictor::logits(std::vector<float> image, const Size& size, const Take& take,
                       const std::function<void(double)>& progress) {
  std::vector<std::int64_t> header(size.begin(), size.end());
  comm_.broadcast(header);
  comm_.broadcast(image);
  // What fails here alone is thrown when the other ranks wait again.
  std::exception_ptr failure;
  const auto alone = [&](const auto& work) {
    try {
      if (!failure) work();
    } catch (...) {
      failure = std::current_exception();
    }
  };
  others_wait_ = false;
  sweep(
      image, size, [&](auto first, auto slices, auto found) { alone([&] { take(first, slices, found); }); },
      [&](double done) {
        if (progress) alone([&] { progress(done); });
      });
  others_wait_ = true;
  if (failure) std::rethrow_exception(failure);
}

std::vector<Predictor::Window> Predictor::windows_of_row(const Sweep& sweep, std::size_t row) const {
  std::vector<Window> windows;
  for (const auto j : sweep.starts[1])
    for (const auto i : sweep.starts[2])
      for (const auto& view : views_) windows.push_back({{sweep.starts[0][row], j, i}, view});
  return windows;
}

void Predictor::sweep(const std::vector<float>& image, const Size& size, const Take& take,
                      const std::function<void(double)>& progress) {
  Sweep sweep{image, size, {}, 0, {}};
  std::array<std::vector<float>, 3> total;
  for (std::size_t a = 0; a < 3; ++a) {
    sweep.starts[a] = patch_starts(size[a], patch_[a]);
    total[a] = total_weight(size[a], sweep.starts[a], weights_[a]);
  }
  const auto& rows = sweep.starts[0];
  const std::int64_t slice = labels_ * size[1] * size[2];
  // Slices of two-dimensional networks are done together so that batches fill.
  const std::size_t together = patch_[0] == 1 ? static_cast<std::size_t>(batch_ * comm_.size()) : 1;
  for (std::size_t row = 0; row < rows.size(); row += together) {
    const std::size_t next = std::min(rows.size(), row + together);
    const std::int64_t end = std::min(size[0], rows[next - 1] + patch_[0]);
    sweep.sums.resize(static_cast<std::size_t>((end - sweep.first) * slice), 0.0F);
    core::collectively(comm_, [&] {
      std::vector<Window> windows, mine;
      for (std::size_t r = row; r < next; ++r) std::ranges::copy(windows_of_row(sweep, r), std::back_inserter(windows));
      for (std::size_t w = 0; w < windows.size(); ++w)
        if (static_cast<int>(w) / static_cast<int>(batch_) % comm_.size() == comm_.rank()) mine.push_back(windows[w]);
      run(sweep, mine);
    });
    const std::int64_t done = next == rows.size() ? size[0] : std::max<std::int64_t>(0, rows[next]);
    const auto finished = std::span(sweep.sums).first(static_cast<std::size_t>((done - sweep.first) * slice));
    sum_to_root(comm_, finished);
    if (take) {
      std::size_t v = 0;
      for (std::int64_t k = sweep.first; k < done; ++k)
        for (std::int64_t c = 0; c < labels_; ++c)
          for (const float wj : total[1])
            for (const float wi : total[2])
              finished[v++] /= total[0][static_cast<std::size_t>(k)] * wj * wi * static_cast<float>(views_.size());
      take(sweep.first, done - sweep.first, finished);
    }
    sweep.sums.erase(sweep.sums.begin(), sweep.sums.begin() + std::ssize(finished));
    sweep.first = done;
    if (progress) progress(static_cast<double>(next) / static_cast<double>(rows.size()));
  }
}

void Predictor::run(Sweep& sweep, std::vector<Window>& windows) {
  const auto voxels = static_cast<std::size_t>(count(patch_));
  const std::int64_t row = patch_[2];
  // Along an axis: the voxel of the image behind voxel n of what the network sees, -1 outside.
  const auto source = [&](const Window& w, std::size_t axis, std::int64_t n) {
    const std::int64_t at = w.start[axis] + (w.mirrored[axis] ? patch_[axis] - 1 - n : n);
    return at >= 0 && at < sweep.size[axis] ? at : -1;
  };
  const auto read = [&](const Window& w, std::span<float> input) {
    for (std::int64_t c = 0; c < channels_; ++c) {
      const float* image = sweep.image.data() + c * count(sweep.size);
      const auto patch = input.subspan(static_cast<std::size_t>(c) * voxels, voxels);
      for (std::int64_t k = 0; k < patch_[0]; ++k)
        for (std::int64_t j = 0; j < patch_[1]; ++j) {
          float* to = patch.data() + (k * patch_[1] + j) * row;
          const std::int64_t ik = source(w, 0, k), ij = source(w, 1, j);
          for (std::int64_t i = 0; i < row; ++i) {
            const std::int64_t ii = source(w, 2, i);
            to[i] = ik < 0 || ij < 0 || ii < 0 ? 0.0F : image[(ik * sweep.size[1] + ij) * sweep.size[2] + ii];
          }
        }
      const Normalisation& n = normalisation_[static_cast<std::size_t>(c)];
      if (n.region == Normalisation::Region::patch) normalise(n, patch);
    }
  };
  const auto add = [&](const Window& w, const float* logits) {
#pragma omp parallel for collapse(2) schedule(static)
    for (std::int64_t k = 0; k < patch_[0]; ++k)
      for (std::int64_t c = 0; c < labels_; ++c) {
        const std::int64_t ik = source(w, 0, k);
        if (ik < 0) continue;
        const auto weight = [&](std::size_t axis, std::int64_t n) {
          return weights_[axis][static_cast<std::size_t>(w.mirrored[axis] ? patch_[axis] - 1 - n : n)];
        };
        for (std::int64_t j = 0; j < patch_[1]; ++j) {
          const std::int64_t ij = source(w, 1, j);
          if (ij < 0) continue;
          const float* from = logits + ((c * patch_[0] + k) * patch_[1] + j) * row;
          float* to = sweep.sums.data() + (((ik - sweep.first) * labels_ + c) * sweep.size[1] + ij) * sweep.size[2];
          const float wkj = weight(0, k) * weight(1, j);
          for (std::int64_t i = 0; i < row; ++i)
            if (const std::int64_t ii = source(w, 2, i); ii >= 0) to[ii] += wkj * weight(2, i) * from[i];
        }
      }
  };
  const auto input_values = static_cast<std::size_t>(channels_) * voxels;
  const auto output_values = static_cast<std::size_t>(labels_) * voxels;
  for (std::size_t first = 0; first < windows.size(); first += static_cast<std::size_t>(batch_)) {
    const auto n = std::min<std::ptrdiff_t>(batch_, std::ssize(windows) - static_cast<std::ptrdiff_t>(first));
#pragma omp parallel for schedule(static)
    for (std::ptrdiff_t t = 0; t < n; ++t)
      read(windows[first + static_cast<std::size_t>(t)],
           network_->input().subspan(static_cast<std::size_t>(t) * input_values, input_values));
    const auto result = network_->run();
    for (std::size_t t = 0; t < static_cast<std::size_t>(n); ++t)
      add(windows[first + t], result.data() + t * output_values);
  }
}

}  // namespace cardiotwin::segmentation
